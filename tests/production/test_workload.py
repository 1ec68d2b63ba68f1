"""Load against capacity: whole seconds of working time, a break counts for nobody, the fullest is named."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from production.models import Machine, Operation, Plan, Run
from production.workload import Workload, backlog_of, edges_of, workload
from tests.production.workshop import NOW, PlaceLine

ZONE = ZoneInfo("Europe/Amsterdam")
HOUR = timedelta(hours=1)
OPEN = datetime(2026, 3, 2, 5, tzinfo=UTC)  # 06:00 in Amsterdam; the shop works until 22:00


@pytest.fixture
def plan(shop: None) -> Plan:
    return Plan.objects.create(
        number=1,
        state="current",
        snapshot_hash="",
        certificate={},
        kpis={},
        unplanned=[],
        horizon_start=NOW,
        created_at=NOW,
        created_by="system:test",
    )


def planned(plan: Plan, machine: str, begin: datetime, setup: timedelta, work: timedelta) -> Operation:
    number = Run.objects.count() + 1
    run = Run.objects.create(plan=plan, number=number, key={}, why="")
    of = Machine.objects.get(code=machine)
    return Operation.objects.create(
        run=run,
        sequence=1,
        step=10,
        work_centre_id=of.work_centre_id,
        machine=of,
        setup_family="oak",
        units=1,
        seconds=1,
        setup_start=begin,
        start=begin + setup,
        end=begin + setup + work,
    )


def loaded(*, days: int = 2, step: str = "day") -> Workload:
    return workload(edges=edges_of(NOW, step=step, count=days, zone=ZONE), now=OPEN)


def test_two_machines_of_sixteen_hours_have_thirty_two(plan: Plan) -> None:
    laser = loaded().centres[0]
    assert [bucket.working for bucket in laser.buckets] == [32 * 3600, 32 * 3600]


def test_setup_and_work_are_told_apart(plan: Plan) -> None:
    planned(plan, "laser-1", OPEN, HOUR, 3 * HOUR)
    today = loaded().centres[0].buckets[0]
    assert (today.setup, today.work, today.permille) == (3600, 3 * 3600, 125)


def test_a_night_counts_for_neither_side(plan: Plan) -> None:
    planned(plan, "laser-1", OPEN + 15 * HOUR, timedelta(), 10 * HOUR)  # 21:00 to 07:00
    today, tomorrow = loaded().centres[0].buckets
    assert (today.work, tomorrow.work) == (3600, 3600)


def test_a_week_begins_on_monday() -> None:
    edges = edges_of(datetime(2026, 3, 5, 12, tzinfo=UTC), step="week", count=2, zone=ZONE)
    assert [edge.date().isoformat() for edge in edges] == ["2026-03-02", "2026-03-09", "2026-03-16"]


def test_the_fullest_work_centre_until_the_last_work_is_the_bottleneck(plan: Plan) -> None:
    planned(plan, "laser-1", OPEN, timedelta(), 4 * HOUR)
    planned(plan, "packing-1", OPEN, timedelta(), 3 * HOUR)  # of one machine: 75 % against 50 %
    found = loaded()
    assert found.bottleneck is not None and found.bottleneck.code == "packing"
    assert found.last == OPEN + 4 * HOUR


def test_without_work_there_is_no_bottleneck(plan: Plan) -> None:
    assert loaded().bottleneck is None


def test_work_on_a_machine_without_time_left_is_more_than_can_be_done(plan: Plan) -> None:
    planned(plan, "laser-1", OPEN, timedelta(), 4 * HOUR)
    Machine.objects.filter(code__startswith="laser").update(in_service=False)
    assert loaded().centres[0].buckets[0].permille in (0, 1000)


def test_what_is_not_planned_is_told_by_work_centre(place_line: PlaceLine) -> None:
    line = place_line(quantity=3, seconds=100)
    assert backlog_of([{"line": line.pk, "pieces": 2}]) == {"laser": 200, "packing": 60}
