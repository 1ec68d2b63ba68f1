"""What can be said of a body before any of it is read."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from configurator.receiving import LengthMissing
from server import problems


class BodiesMiddleware:
    """Refuses bodies that do not say their length: Django would take them for empty ones."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            return problems.answer(LengthMissing())
        return self.get_response(request)
