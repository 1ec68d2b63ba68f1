"""What holds a late line up is what the plan shows right before it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from orders.models import Line
from production.delays import Cause, causes
from production.lateness import late_lines
from production.models import Machine, MachineStop, Operation, Piece, Plan, Run
from production.words import read_names
from tests.production.workshop import NOW, PlaceLine

HOUR = timedelta(hours=1)
Plans = Callable[..., Run]


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


@pytest.fixture
def planned(plan: Plan) -> Plans:
    """``planned(line, (1, 2), (2, 3))``: engraved from 1 to 2 hours after now, packed from 2 to 3."""

    def make(line: Line, engraved: tuple[float, float], packed: tuple[float, float]) -> Run:
        run = Run.objects.create(plan=plan, number=Run.objects.count() + 1, key={}, why="")
        Piece.objects.create(line=line, index=1, run=run, state="planned")
        for step, code, family, (begin, end) in (
            (10, "laser-1", "oak", engraved),
            (20, "packing-1", "any", packed),
        ):
            machine = Machine.objects.get(code=code)
            Operation.objects.create(
                run=run,
                sequence=step,
                step=step,
                work_centre_id=machine.work_centre_id,
                machine=machine,
                setup_family=family,
                units=1,
                seconds=1,
                setup_start=NOW + begin * HOUR,
                start=NOW + begin * HOUR,
                end=NOW + end * HOUR,
            )
        return run

    return make


def cause_of(line: Line) -> Cause:
    return causes(late_lines(now=NOW), names=read_names(), now=NOW)[line.pk]


def test_a_machine_that_worked_on_another_run_until_then_binds(place_line: PlaceLine, planned: Plans) -> None:
    line = place_line(due_days=0.1)
    first = planned(place_line(), (0, 4), (4, 5))
    planned(line, (4, 6), (6, 7))
    cause = cause_of(line)
    assert (cause.kind, cause.machine) == ("machine", "laser-1")
    assert f"R-{first.number}" in cause.text


def test_the_search_goes_back_through_the_steps_of_the_run(place_line: PlaceLine, planned: Plans) -> None:
    line = place_line(due_days=0.1)
    planned(place_line(), (0, 4), (4.5, 4.6))
    planned(line, (4, 6), (6, 7))  # packing is idle before it: the laser is what binds
    assert cause_of(line).machine == "laser-1"


def test_a_run_that_begins_at_once_is_late_for_its_own_work(place_line: PlaceLine, planned: Plans) -> None:
    line = place_line(due_days=0.05)
    planned(line, (0, 2), (2, 3))
    assert cause_of(line).kind == "work"


def test_a_rest_between_two_steps_is_not_called_closed_time(place_line: PlaceLine, planned: Plans) -> None:
    planned(place_line(due_days=0.01), (0, 2), (2, 2.1))
    second = place_line(due_days=0.01)
    planned(second, (2, 3), (9, 10))
    found = cause_of(second)
    assert (found.kind, found.machine) == ("machine", "laser-1")


def test_a_machine_that_is_stopped_until_then_binds(place_line: PlaceLine, planned: Plans) -> None:
    line = place_line(due_days=0.01)
    planned(line, (5, 6), (6, 7))
    laser = Machine.objects.get(code="laser-1")
    MachineStop.objects.create(machine=laser, start=NOW, end=NOW + 5 * HOUR, reason="lens", kind="breakdown")
    found = cause_of(line)
    assert (found.kind, found.machine) == ("stop", "laser-1")
    assert f"{laser.name} is stopped until" in found.text


def test_a_night_between_its_steps_binds(place_line: PlaceLine, planned: Plans) -> None:
    line = place_line(due_days=0.6)
    planned(line, (0, 13), (21, 22))  # engraved until 22:00, packed from 06:00 on
    assert cause_of(line).kind == "closed"


def test_a_promise_that_had_passed_is_nobodys_fault(place_line: PlaceLine, planned: Plans) -> None:
    line = place_line(due_days=-1)
    planned(line, (0, 2), (2, 3))
    assert cause_of(line).kind == "past"
