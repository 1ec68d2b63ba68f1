"""Lines are never less late than the bound says, held against every order there is."""

from dataclasses import replace
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.planning import iterations, propose
from production.engine.proposal import Limits, Problem
from production.engine.scheduling.bounds import lower_bound
from production.engine.scheduling.tardiness import least_lateness, shortest_remaining_first
from production.engine.shop import Calendar, Machine, SetupRule, Shop, WorkCentre
from production.engine.work import Alternate, Step, Unit

NOW = 1_000_000
WINDOWS = ((NOW, NOW + 300), (NOW + 400, NOW + 800), (NOW + 900, NOW + 9_000))
RULES = (
    SetupRule("mill", None, "red", 40),
    SetupRule("mill", None, "blue", 60),
    SetupRule("mill", "red", "blue", 20),
)


def mill(*speeds: int) -> Shop:
    machines = (Machine(f"mill-{n}", "mill", 0, 0, 0, 0, speed, "day", "") for n, speed in enumerate(speeds))
    return Shop(
        work_centres=(WorkCentre("mill", "Mill", "bench", "mill"),),
        machines=tuple(machines),
        calendars=(Calendar("day", WINDOWS),),
        setups=RULES,
        materials=(),
        now=NOW,
    )


def line(number: int, family: str, seconds: int, release: int, due: int, weight: int = 1) -> Unit:
    step = Step(10, "mill", family, seconds)
    name = f"l{number}"
    return Unit(name, name, name, NOW + due, NOW + release, (), "", (step,), (), weight=weight)


def least_of_all(shop: Shop, units: list[Unit]) -> int:
    """By trying every order on every choice of machines; each piece as early as it can be."""
    best = None
    for order in permutations(units):
        for machines in product(shop.machines, repeat=len(units)):
            free = {machine.code: (NOW, "") for machine in shop.machines}
            total = 0
            for unit, machine in zip(order, machines, strict=True):
                at, family = free[machine.code]
                step = unit.routing[0]
                setup = shop.setup_seconds("mill", family, step.setup_family)
                end = _end(machine.duration(step.seconds), setup, at, unit.release)
                free[machine.code] = end, step.setup_family
                total += unit.weight * max(end - (unit.due or 0), 0)
            best = total if best is None else min(best, total)
    assert best is not None
    return best


def _end(seconds: int, setup: int, free: int, release: int) -> int:
    for opens, closes in WINDOWS:
        start = max(max(opens, free) + setup, release)
        if start + seconds <= closes:
            return start + seconds
    raise AssertionError("the last window is long enough")


LINES = st.lists(
    st.tuples(
        st.sampled_from(("red", "blue")),
        st.integers(1, 250),
        st.integers(0, 400),
        st.integers(0, 900),
        st.sampled_from((1, 1, 2, 5)),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(lines=LINES, speeds=st.sampled_from(((100,), (100, 70))))
def test_no_order_is_less_late_than_the_bound(
    lines: list[tuple[str, int, int, int, int]], speeds: tuple[int, ...]
) -> None:
    units = [line(number, *facts) for number, facts in enumerate(lines)]
    shop = mill(*speeds)
    problem = Problem(shop, tuple(units), limits=Limits(review_seconds=0))
    setups = {("mill", family): 20 for family, *_ in lines if family == "blue"}
    assert least_lateness(units, problem, setups=setups) <= least_of_all(shop, units)


def test_a_queue_of_equal_lines_is_exactly_as_late_as_the_bound() -> None:
    units = [line(number, "", 50, 0, 0) for number in range(5)]
    problem = Problem(mill(100), tuple(units), limits=Limits(review_seconds=0))
    assert least_lateness(units, problem) == 50 + 100 + 150 + 200 + 250 == least_of_all(mill(100), units)


def test_heavy_lines_count_first() -> None:
    units = [line(0, "", 50, 0, 0, weight=3), line(1, "", 50, 0, 0)]
    problem = Problem(mill(100), tuple(units), limits=Limits(review_seconds=0))
    assert least_lateness(units, problem) == 3 * 50 + 100


def test_closed_hours_are_no_time_to_work_in() -> None:
    units = [line(number, "", 300, 0, 300) for number in range(2)]
    problem = Problem(mill(100), tuple(units), limits=Limits(review_seconds=0))
    # The second line ends 300 s after the mill opens again.
    assert least_lateness(units, problem) == 400


@pytest.mark.parametrize(
    ("jobs", "ends"),
    [
        ([], []),
        ([(0, 5), (1, 2)], [3, 7]),  # the second is nearer to its end
        ([(0, 5), (4, 2)], [5, 7]),
        ([(0, 2), (9, 1)], [2, 10]),
    ],
)
def test_what_is_nearest_to_its_end_goes_on(jobs: list[tuple[int, int]], ends: list[int]) -> None:
    assert shortest_remaining_first(jobs) == ends


@settings(max_examples=25)
@given(lines=LINES, hours=st.integers(-1, 1))
def test_plans_are_never_below_the_whole_bound(
    lines: list[tuple[str, int, int, int, int]], hours: int
) -> None:
    units = tuple(line(number, *facts) for number, facts in enumerate(lines))
    units = tuple(replace(unit, due=(unit.due or 0) + 300 * hours) for unit in units)
    proposal = propose(Problem(mill(100, 70), units, limits=Limits(review_seconds=0)), stop=iterations(60))
    assert lower_bound(Problem(mill(100, 70), units, limits=Limits(review_seconds=0))) >= 0
    assert proposal.kpis.bound <= proposal.kpis.terms.cost


def test_a_family_that_an_alternate_may_bring_makes_a_set_up_shorter() -> None:
    """Changing from what only an alternate step brings can be quicker than any other way."""
    shop = mill(100)
    quick = SetupRule("mill", "green", "red", 5)
    other = Step(20, "lathe", "green", 10)
    shop = replace(
        shop,
        work_centres=(*shop.work_centres, WorkCentre("lathe", "Lathe", "bench", "turn")),
        machines=(*shop.machines, Machine("lathe-1", "lathe", 0, 0, 0, 0, 100, "day", "")),
        setups=(*shop.setups, quick),
    )
    from_lathe = replace(other, alternates=(Alternate("mill", 10),))
    units = (line(0, "red", 10, 0, 900), replace(line(1, "red", 10, 0, 900), routing=(from_lathe,)))
    problem = Problem(shop, units, limits=Limits(review_seconds=0))
    alone = Problem(shop, units[:1], limits=Limits(review_seconds=0))
    saved = lower_bound(alone) - (lower_bound(problem) - problem.weights.run)
    assert saved == problem.weights.setup * 40 // 60 - problem.weights.setup * 5 // 60
