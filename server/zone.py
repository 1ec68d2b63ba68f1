"""Pages show times in the workshop's zone; stored and computed they are UTC, and so the API says them."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class WorkshopZoneMiddleware:
    """Activates ``settings.WORKSHOP_ZONE`` for everything but ``/api/``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        with timezone.override(ZoneInfo(settings.WORKSHOP_ZONE)):
            return self.get_response(request)
