"""The shop's page: what it is made of, and what staff change of it."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ledger.models import Entry, Job
from production import shopkeeping, wishes
from production.facts import planner_settings, read_shop
from production.forms import Hours, Told
from production.models import (
    Machine,
    MachineStop,
    MaterialLot,
    Operator,
    OperatorAbsence,
    PlanEvent,
    PlannerSettings,
    Shift,
)
from production.shopfile import load
from production.views.shop import week_of
from tests.production.repairs import first_laser, plan_now
from tests.production.test_shopfile import FULL
from tests.production.workshop import NOW, PlaceLine

pytestmark = pytest.mark.django_db
SOON, LATER = NOW + timedelta(hours=1), NOW + timedelta(hours=5)


@pytest.fixture
def full() -> None:
    load(text=FULL, actor="user:bob", now=NOW)


@pytest.mark.usefixtures("full")
def test_the_page_shows_what_the_shop_is_made_of(bob_client: Client) -> None:
    page = bob_client.get("/staff/shop/").content.decode()
    for text in (
        "Oven 1",
        "in loads of up to 30",
        "600 an hour",
        "takt 30 s",
        "Jig",
        "Dentist",
        "Hall 2",
        "heat",
        "overtime",
    ):
        assert text in page or text == "Dentist"  # the absence is in the past by now
    laser = Machine.objects.exclude(cost_rate=0).first()
    assert laser is not None and f"€{laser.cost_rate / 100:,.2f}" in page
    assert "anything else" in page and "7.5" in page


@pytest.mark.usefixtures("full")
def test_the_page_takes_the_same_queries_for_more_machines(bob_client: Client) -> None:
    counts = []
    for number in (1, 20):
        for index in range(number):
            Machine.objects.create(
                code=f"m-{number}-{index}", name="M", work_centre_id="oven", calendar_id="day"
            )
        with CaptureQueriesContext(connection) as queries:
            bob_client.get("/staff/shop/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.usefixtures("full")
def test_planned_maintenance_keeps_work_away_and_asks_for_a_plan() -> None:
    oven = Machine.objects.get(code="oven-2")
    stop = shopkeeping.plan_stop(
        machine=oven, reason="Door", start=SOON, end=LATER, actor="user:bob", now=NOW
    )
    assert read_shop(now=NOW).machine["oven-2"].stops == ((int(SOON.timestamp()), int(LATER.timestamp())),)
    told = Entry.objects.of("machine:oven-2").last()
    assert told is not None and told.kind == "machine.stop_planned"
    assert Job.objects.filter(kind=wishes.JOB_KIND).exists()
    assert not Job.objects.filter(kind="production.demand").exists()
    shopkeeping.cancel_stop(stop=stop, actor="user:bob", now=NOW + timedelta(hours=2))
    stop.refresh_from_db()
    assert stop.end == NOW + timedelta(hours=2)
    assert Job.objects.filter(kind="production.demand").count() == 1


def test_a_planned_stop_and_an_absence_ask_for_a_repair_of_the_plan(place_line: PlaceLine) -> None:
    place_line(quantity=2)
    plan_now()
    Job.objects.all().delete()
    laser = first_laser()
    shopkeeping.plan_stop(machine=laser, reason="Lens", start=SOON, end=LATER, actor="user:bob", now=NOW)
    ann = Operator.objects.create(code="ann", name="Ann")
    shopkeeping.note_absence(operator=ann, reason="Ill", start=SOON, end=LATER, actor="user:bob", now=NOW)
    assert [event.kind for event in PlanEvent.objects.open().order_by("pk")] == ["machine_down", "absent"]
    assert [job.kind for job in Job.objects.all()] == [wishes.REPAIR_KIND]


@pytest.mark.usefixtures("full")
def test_an_absence_that_was_cancelled_before_it_began_is_gone() -> None:
    ann = Operator.objects.get(code="ann")
    absence = shopkeeping.note_absence(
        operator=ann, reason="Course", start=SOON, end=LATER, actor="user:bob", now=NOW
    )
    shopkeeping.cancel_absence(absence=absence, actor="user:bob", now=NOW)
    assert not OperatorAbsence.objects.filter(pk=absence.pk).exists()


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    ("reason", "start", "end", "says"),
    [
        (" ", SOON, LATER, "Say why"),
        ("x", LATER, SOON, "end after it begins"),
        ("x", NOW - timedelta(hours=5), NOW, "over already"),
        ("x", NOW, NOW + timedelta(days=400), "more than a year"),
    ],
)
def test_maintenance_that_makes_no_sense_is_refused(
    reason: str, start: datetime, end: datetime, says: str
) -> None:
    before = MachineStop.objects.count()
    with pytest.raises(shopkeeping.ShopkeepingRefused, match=says):
        shopkeeping.plan_stop(
            machine=Machine.objects.get(code="oven-2"),
            reason=reason,
            start=start,
            end=end,
            actor="user:bob",
            now=NOW,
        )
    assert MachineStop.objects.count() == before


@pytest.mark.usefixtures("full")
def test_staff_tell_the_planner_on_the_page(bob_client: Client) -> None:
    settings = planner_settings()
    wanted = {**as_typed(settings), "weight_overtime": 99}
    answer = bob_client.post("/staff/shop/planner/", wanted, follow=True)
    assert "The planner is told" in answer.content.decode()
    assert planner_settings().weights.overtime == 99
    told = Entry.objects.of("shop").last()
    assert told is not None and told.data["settings"] == {"weight_overtime": 99}
    again = bob_client.post("/staff/shop/planner/", wanted | {"weight_overtime": 1}, follow=True)
    assert "look again" in again.content.decode() and planner_settings().weights.overtime == 99


@pytest.mark.usefixtures("full")
def test_a_frozen_zone_beyond_the_slushy_one_is_refused(bob_client: Client) -> None:
    settings = planner_settings()
    wanted = {**as_typed(settings), "frozen_seconds": "2.5"}
    page = bob_client.post("/staff/shop/planner/", wanted, follow=True).content.decode()
    assert planner_settings().frozen_seconds == 0 and "no further than the slushy" in page


@pytest.mark.usefixtures("full")
def test_times_are_typed_in_hours_and_kept_in_seconds(bob_client: Client) -> None:
    page = bob_client.get("/staff/shop/").content.decode()
    assert "Slushy zone, in hours</label>" in page and 'name="slushy_seconds" value="2"' in page
    wanted = {**as_typed(planner_settings()), "slushy_seconds": "1.25", "limit_seconds": "0.0278"}
    bob_client.post("/staff/shop/planner/", wanted)
    assert (planner_settings().slushy_seconds, planner_settings().limit_seconds) == (4500, 100)
    assert 'name="limit_seconds" value="0.0278"' in bob_client.get("/staff/shop/").content.decode()


@pytest.mark.parametrize("typed", ["-1", "nan", "1e9", "later", ""])
@pytest.mark.usefixtures("full")
def test_a_time_that_is_none_is_refused_by_its_name(typed: str, bob_client: Client) -> None:
    wanted = {**as_typed(planner_settings()), "slushy_seconds": typed}
    page = bob_client.post("/staff/shop/planner/", wanted, follow=True).content.decode()
    assert "Slushy zone, in hours:" in page and planner_settings().slushy_seconds == 7200


def test_every_second_survives_being_shown_in_hours() -> None:
    field = Hours(label="x")
    for seconds in (*range(4000), 28_799, 28_801, 24 * 366 * 3600):
        assert field.clean(field.prepare_value(seconds)) == seconds


def as_typed(settings: PlannerSettings) -> dict[str, Any]:
    """What the form of the page sends back unchanged."""
    form = Told(instance=settings)
    typed = {field.name: field.value() for field in form}
    return {**typed, "limit_units": "", "version": settings.version}


def test_a_week_is_told_in_as_few_words_as_it_can_be() -> None:
    def shift(day: int, start: int, end: int, *, overtime: bool = False) -> Shift:
        return Shift(weekday=day, start=time(start), end=time(end % 24), overtime=overtime)

    days = [shift(day, *hours) for day in (0, 1, 2, 4) for hours in ((6, 14), (14, 22))]
    week = week_of([*days, shift(5, 8, 12, overtime=True), shift(6, 8, 24)])
    assert [(part.days, part.hours, part.overtime) for part in week] == [
        ("Mon–Wed, Fri", "06:00–14:00, 14:00–22:00", False),
        ("Sat", "08:00–12:00", True),
        ("Sun", "08:00–00:00", False),
    ]


@pytest.mark.usefixtures("full")
def test_maintenance_is_planned_and_cancelled_on_the_page(bob_client: Client) -> None:
    wanted = {"machine": "oven-2", "reason": "Door", "start": "2030-01-07T08:00", "end": "2030-01-07T09:00"}
    assert "is planned" in bob_client.post("/staff/shop/stops/", wanted, follow=True).content.decode()
    stop = MachineStop.objects.get(reason="Door")
    bob_client.post(f"/staff/shop/stops/{stop.pk}/cancel/")
    assert not MachineStop.objects.filter(reason="Door").exists()
    backwards = bob_client.post("/staff/shop/stops/", wanted | {"end": "2030-01-07T07:00"}, follow=True)
    assert "end after it begins" in backwards.content.decode()


@pytest.mark.usefixtures("full")
def test_a_lot_is_received_and_counted_on_its_materials_page(bob_client: Client) -> None:
    page = "/staff/materials/box/"
    came = {"quantity": 5, "lot": "b1", "expires": "2040-01-01T00:00", "supplier": "Acme"}
    bob_client.post(f"{page}receive/", came)
    shown = bob_client.get(page).content.decode()
    assert "b1" in shown and "Acme" in shown and "Sun 1 Jan 2040" in shown
    bob_client.post(f"{page}count/", {"quantity": 3, "lot": "b1"})
    assert {lot.code: lot.on_hand for lot in MaterialLot.objects.filter(material="box")} == {
        "unlabelled": 100,
        "b1": 3,
    }
    without = bob_client.post(f"{page}receive/", {"quantity": 5}, follow=True).content.decode()
    assert "say which lot came in" in without


@pytest.mark.usefixtures("full")
def test_an_expired_lot_is_marked_on_the_page(bob_client: Client) -> None:
    assert "expired" in bob_client.get("/staff/materials/resin/").content.decode()
