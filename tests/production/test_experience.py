"""Real times against planned ones: what the floor wrote down, or careful figures where it is too little."""

from datetime import timedelta

import pytest

from orders.models import Line
from production import planning, upkeep
from production.engine.simulation import Failures, Spread
from production.experience import FEWEST_OPERATIONS, read_experience
from production.models import Machine, Operation
from tests.production.workshop import NOW, PlaceLine

pytestmark = pytest.mark.django_db
BOB = "user:bob"


@pytest.fixture
def planned(shop: None, place_line: PlaceLine) -> list[Line]:
    lines = [place_line(quantity=2, seconds=1200) for _ in range(3)]
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    return lines


def finished(count: int, *, share: float) -> None:
    """As if the first operation had been done so often, in so much of its planned time."""
    first = Operation.objects.order_by("pk")[0]
    Operation.objects.bulk_create(
        Operation(
            run=first.run,
            sequence=100 + n,
            step=first.step,
            work_centre=first.work_centre,
            machine=first.machine,
            setup_family=first.setup_family,
            units=1,
            seconds=3600,
            setup_start=NOW - timedelta(days=n + 1),
            start=NOW - timedelta(days=n + 1),
            end=NOW - timedelta(days=n + 1) + timedelta(hours=1),
            started_at=NOW - timedelta(days=n + 1),
            finished_at=NOW - timedelta(days=n + 1) + timedelta(hours=share),
            state="finished",
        )
        for n in range(count)
    )


def test_before_anything_was_made_careful_figures_stand_in(planned: list[Line]) -> None:
    known = read_experience(now=NOW)
    assert (known.operations, known.machines, known.uncertainty.work) == (0, (), Spread())


def test_the_spread_is_what_finished_operations_took(planned: list[Line]) -> None:
    finished(FEWEST_OPERATIONS, share=1.25)
    known = read_experience(now=NOW)
    assert known.operations == FEWEST_OPERATIONS
    assert known.uncertainty.work == Spread(1250, 1250)


def test_what_was_left_open_over_night_does_not_count(planned: list[Line]) -> None:
    finished(FEWEST_OPERATIONS, share=20)
    assert read_experience(now=NOW).operations == 0


def test_a_machine_that_stopped_twice_is_reckoned_to_fail(planned: list[Line]) -> None:
    finished(10, share=1)
    laser = Operation.objects.order_by("pk")[0].machine
    for day in (3, 1):
        upkeep.stop(machine=laser, reason="lens", actor=BOB, now=NOW - timedelta(days=day))
        upkeep.start(machine=laser, actor=BOB, now=NOW - timedelta(days=day) + timedelta(hours=2))
    known = read_experience(now=NOW)
    assert known.machines == (laser.code,)
    assert known.uncertainty.failures[laser.code] == Failures(between=5 * 3600, repair=2 * 3600)


def test_one_stop_says_nothing_yet(planned: list[Line]) -> None:
    laser = Machine.objects.get(code="laser-1")
    upkeep.stop(machine=laser, reason="lens", actor=BOB, now=NOW - timedelta(days=1))
    upkeep.start(machine=laser, actor=BOB, now=NOW)
    assert read_experience(now=NOW).machines == ()
