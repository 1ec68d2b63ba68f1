"""No request waits long for the engine: what is too hard by then is told as not decided, and who would wait
too long for others is told to ask again."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from configurator.engine.allowance import allowance

SECONDS = 2.0  # of the processor, for all that one request asks of kernels
WAITING = 10.0  # by the clock, for its turns


class PatienceMiddleware:
    """Limits what a request may ask of the configuration engine in all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with allowance(SECONDS, WAITING):
            return self.get_response(request)
