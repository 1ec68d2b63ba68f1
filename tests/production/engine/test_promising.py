"""What can be promised, and that it is kept."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.planning import propose
from production.engine.promising import Busy, Capacity, Load, earliest, prepare
from production.engine.proposal import Problem
from production.engine.shop import Calendar
from production.engine.work import Unit, Work
from tests.workshops import DAY, HOUR, MONDAY, shelf, sign, sign_shop


def work_of(unit: Unit) -> Work:
    return Work(unit.parts, unit.sheet_material, unit.routing, unit.materials)


def idle() -> Capacity:
    return prepare(sign_shop(), Load())


def test_an_idle_shop_makes_a_sign_today() -> None:
    answer = earliest(work_of(sign(1)), 1, idle(), step_slack=0)
    assert answer.ready_at is not None
    assert answer.ready_at < MONDAY + HOUR


def test_the_slack_of_a_run_is_working_time() -> None:
    assert (earliest(work_of(sign(1)), 1, idle()).ready_at or 0) >= MONDAY + 6 * HOUR


def test_more_pieces_take_longer() -> None:
    one = earliest(work_of(sign(1)), 1, idle()).ready_at
    many = earliest(work_of(sign(1)), 300, idle()).ready_at
    assert one is not None and many is not None and many > one + DAY


def test_planned_work_comes_first() -> None:
    busy = tuple(
        Busy(code, start, start, start + 8 * HOUR, "oak")
        for code in ("laser-1", "laser-2")
        for start in (MONDAY, MONDAY + DAY)
    )
    answer = earliest(work_of(sign(1)), 1, prepare(sign_shop(), Load(busy=busy)))
    assert answer.ready_at is not None and answer.ready_at > MONDAY + 2 * DAY


def test_owed_work_comes_first() -> None:
    waiting = Load(backlog={"laser": 3 * 8 * HOUR})
    answer = earliest(work_of(sign(1)), 1, prepare(sign_shop(), waiting))
    assert answer.ready_at is not None and answer.ready_at > MONDAY + DAY


@pytest.mark.parametrize(
    ("unit", "quantity", "says"),
    [
        (replace(sign(1), routing=()), 1, "no routing"),
        (sign(1, width=700), 1, "larger than the usable"),
        (sign(1, material="gold"), 1, "no sheets of 'gold'"),
        (sign(1), 20_000, "oil: 120000 ml needed, 100000 free"),
    ],
)
def test_what_cannot_be_made_says_why(unit: Unit, quantity: int, says: str) -> None:
    answer = earliest(work_of(unit), quantity, idle())
    assert answer.ready_at is None
    assert says in answer.reason


def test_a_shop_without_working_time_promises_nothing() -> None:
    shop = replace(sign_shop(), calendars=(Calendar("day", ((MONDAY, MONDAY + 60),)),))
    answer = earliest(work_of(sign(1)), 1, prepare(shop, Load()))
    assert answer.ready_at is None
    assert "working time" in answer.reason


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["oak", "walnut"]), st.integers(1, 6)), min_size=1, max_size=25))
def test_what_is_promised_one_after_the_other_is_kept_by_the_planner(wanted: list[tuple[str, int]]) -> None:
    """Each promise knows the ones before as owed work; the plan for all of them is on time."""
    backlog: dict[str, int] = {}
    units: list[Unit] = []
    for number, (material, quantity) in enumerate(wanted):
        unit = sign(number, material=material)
        answer = earliest(work_of(unit), quantity, prepare(sign_shop(), Load(backlog=dict(backlog))))
        assert answer.ready_at is not None
        for piece in range(quantity):
            units.append(replace(unit, id=f"{unit.id}-{piece}", due=answer.ready_at))
        for step in unit.routing:
            backlog[step.work_centre] = backlog.get(step.work_centre, 0) + step.seconds * quantity
    proposal = propose(Problem(sign_shop(), tuple(units)))
    assert proposal.kpis.tardy_units == 0


def test_a_promise_takes_a_few_milliseconds_with_a_full_plan() -> None:
    demand = [sign(n, material=("oak", "walnut")[n % 2], width=120 + n % 90) for n in range(600)]
    demand += [shelf(n) for n in range(60)]
    problem = Problem(sign_shop(), tuple(demand))
    plan = propose(problem)
    busy = tuple(Busy(o.machine, o.setup_start, o.start, o.end, o.setup_family) for o in plan.operations)
    capacity = prepare(problem.shop, Load(busy=busy))
    times = []
    for number in range(60):
        begin = time.process_time()
        answer = earliest(work_of(sign(1, width=100 + number)), 1 + number % 40, capacity)
        times.append(time.process_time() - begin)
        assert answer.ready_at is not None
    assert sorted(times)[len(times) // 2] < 0.005, f"median {sorted(times)[30] * 1000:.2f} ms"
