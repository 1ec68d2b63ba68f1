"""Pages show the workshop's time; the API says UTC."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from server.zone import WorkshopZoneMiddleware

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)  # 14:00 in Amsterdam


def _time_on(path: str) -> str:
    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(Template("{{ at|date:'H:i' }}").render(Context({"at": NOON})))

    return WorkshopZoneMiddleware(answer)(RequestFactory().get(path)).content.decode()


def test_pages_show_the_workshops_time() -> None:
    assert _time_on("/staff/plan/") == "14:00"
    assert _time_on("/admin/") == "14:00"


def test_the_api_stays_in_utc() -> None:
    assert _time_on("/api/v1/plans/") == "12:00"


def test_the_zone_ends_with_the_request() -> None:
    _time_on("/staff/plan/")
    assert timezone.get_current_timezone_name() == "UTC"
