"""Calendars of runs: who has the address reads them, until it is revoked; nobody else does."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from ledger.models import Entry
from production import feeds, planning
from production.models import CalendarFeed, Machine, Operation, Plan, Run
from production.words import read_names
from tests.production.workshop import NOW, PlaceLine


@pytest.fixture
def plan(place_line: PlaceLine) -> Plan:
    place_line(quantity=2)
    place_line(material="walnut")
    stored = planning.store(planning.compute(actor="user:bob", now=NOW), now=NOW)
    assert stored is not None
    return stored


@pytest.fixture
def feed(plan: Plan) -> CalendarFeed:
    return feeds.create(name="Everything", centre=None, machine=None, actor="user:bob", now=NOW)


def address(feed: CalendarFeed) -> str:
    return f"/staff/calendars/{feeds.token_of(feed)}.ics"


def events(text: str) -> dict[str, dict[str, str]]:
    """By UID the lines of each event."""
    plain = text.replace("\r\n ", "")
    found = {}
    for block in re.findall(r"BEGIN:VEVENT\r\n(.*?)END:VEVENT", plain, flags=re.S):
        lines = dict(line.split(":", 1) for line in block.strip().split("\r\n"))
        found[lines["UID"]] = lines
    return found


def read(feed: CalendarFeed) -> dict[str, dict[str, str]]:
    return events(feeds.text_of(feed, names=read_names(), now=NOW))


def test_every_operation_is_an_event_with_a_name_of_its_own(feed: CalendarFeed) -> None:
    assert len(read(feed)) == Operation.objects.count() > 2


def test_it_is_read_without_logging_in(feed: CalendarFeed, client: Client) -> None:
    answer = client.get(address(feed))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.content.startswith(b"BEGIN:VCALENDAR\r\n")


def test_a_revoked_address_leads_nowhere(feed: CalendarFeed, client: Client) -> None:
    feeds.revoke(feed=feed, actor="user:bob", now=NOW)
    assert client.get(address(feed)).status_code == 404


def test_an_address_that_was_not_signed_here_leads_nowhere(feed: CalendarFeed, client: Client) -> None:
    for token in (feed.pk, f"{feed.pk}~forged", "~", "x" * 300):
        assert client.get(f"/staff/calendars/{token}.ics").status_code == 404


def test_a_machines_calendar_has_nothing_of_other_machines(plan: Plan) -> None:
    machine = Machine.objects.get(code="packing-1")
    feed = feeds.create(name="Packing", centre=None, machine=machine, actor="user:bob", now=NOW)
    assert {event["LOCATION"] for event in read(feed).values()} == {"Packing 1"}


def test_a_run_that_goes_on_keeps_its_name_and_counts_up(
    feed: CalendarFeed, plan: Plan, place_line: PlaceLine
) -> None:
    before = read(feed)
    Run.objects.update(pinned=True)
    place_line(material="walnut", quantity=3)
    planning.store(planning.compute(actor="user:bob", now=NOW), now=NOW)
    after = read(feed)
    assert before.keys() < after.keys()
    assert all(int(after[uid]["SEQUENCE"]) > int(before[uid]["SEQUENCE"]) for uid in before)


def test_it_betrays_no_shopper(feed: CalendarFeed, client: Client) -> None:
    text = client.get(address(feed)).content.decode()
    assert "Ann" not in text and "example.org" not in text


def test_a_planner_makes_and_revokes_one_and_the_ledger_knows(plan: Plan, bob_client: Client) -> None:
    bob_client.post("/staff/calendars/new/", {"name": "Lasers", "of": "centre:laser"})
    feed = CalendarFeed.objects.get()
    assert feed.work_centre_id == "laser"
    page = bob_client.get("/staff/calendars/").content.decode()
    assert feeds.token_of(feed) in page
    bob_client.post(f"/staff/calendars/{feed.pk}/revoke/")
    assert feeds.token_of(feed) not in bob_client.get("/staff/calendars/").content.decode()
    kinds = list(Entry.objects.filter(stream=f"calendar:{feed.pk}").values_list("kind", flat=True))
    assert kinds == ["calendar.created", "calendar.revoked"]


def test_who_may_not_plan_sees_no_address(feed: CalendarFeed, charlie_on_the_floor: Client) -> None:
    page = charlie_on_the_floor.get("/staff/calendars/").content.decode()
    assert "Everything" in page and feeds.token_of(feed) not in page


@pytest.fixture
def charlie_on_the_floor(db: None) -> Client:
    user = User.objects.create_user("finn", is_staff=True)
    user.groups.add(Group.objects.get_or_create(name="floor")[0])
    client = Client()
    client.force_login(user)
    return client
