"""Calendars of runs over HTTP: made, read without a login, revoked."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from production import feeds
from production.models import CalendarFeed, Machine
from tests.api.conftest import Api, done, refused
from tests.production.workshop import load_test_shop

KEY = {"Idempotency-Key": "once"}


@pytest.fixture
def planner(bob: User, keyed: Any) -> Api:
    load_test_shop()
    api: Api = keyed(bob, "production:read", "production:write")
    return api


def test_a_calendar_that_is_made_is_read_by_whoever_has_its_address(planner: Api, client: Client) -> None:
    made = done(planner.post("calendars/", {"name": "Laser 1", "machine": "laser-1"}, KEY), 201)
    assert CalendarFeed.objects.get().machine == Machine.objects.get(code="laser-1")
    assert done(planner.get("calendars/"))["results"] == [made]
    address = urlsplit(made["url"]).path
    assert client.get(address).content.startswith(b"BEGIN:VCALENDAR")
    revoked = done(planner.post(f"calendars/{made['id']}/revoke/"))
    assert revoked["url"] is None and revoked["revoked_at"]
    assert client.get(address).status_code == 404
    assert done(planner.get("calendars/"))["results"] == []


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "x", "machine": "laser-9"}, {"name": "x", "machine": "laser-1", "work_centre": "laser"}],
)
def test_a_calendar_of_nothing_or_of_two_things_is_refused(planner: Api, body: dict[str, str]) -> None:
    refused(planner.post("calendars/", body, KEY), 400, "invalid-request")
    assert not CalendarFeed.objects.exists()


def test_more_calendars_than_anybody_reads_are_refused(planner: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "LIVE_FEEDS", 0)
    refused(planner.post("calendars/", {"name": "x"}, KEY), 409, "too-many-calendars")


def test_who_only_reads_does_not_see_addresses(bob: User, keyed: Any) -> None:
    refused(keyed(bob, "production:read").get("calendars/"), 403, "forbidden")
