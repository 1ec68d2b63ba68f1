"""Loads of ovens: never against a rule, never worse than greedy, best where everything can be tried."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.planning.osp_files import cost_of, faults, read
from production.engine.scheduling.ovens import Load, Oven, OvenJob, OvenProblem, fill_ovens, timed
from tests.conftest import SHARED_DATA

DAY = ((0, 480), (510, 990))


def problem(jobs: list[OvenJob], *, ovens: int = 2, capacity: int = 10) -> OvenProblem:
    return OvenProblem(
        jobs=tuple(jobs),
        ovens=(Oven(capacity, 0, DAY),) * ovens,
        setup_seconds=((0, 20, 30), (25, 0, 15), (10, 40, 0)),
        setup_costs=((0, 200, 300), (250, 0, 150), (100, 400, 0)),
        run_cost=2,
        load_cost=60,
    )


def job(family: int = 0, **facts: object) -> OvenJob:
    plain = OvenJob(4, family, 0, 300, 60, None, (0, 1), late=500, late_each=3)
    return replace(plain, **facts)  # type: ignore[arg-type]


JOBS = st.lists(
    st.builds(
        OvenJob,
        size=st.integers(1, 12),
        family=st.integers(0, 2),
        earliest=st.integers(0, 600),
        latest=st.one_of(st.none(), st.integers(60, 900)),
        shortest=st.integers(1, 300),
        longest=st.one_of(st.none(), st.integers(300, 400)),
        ovens=st.sampled_from([(0,), (1,), (0, 1)]),
        late=st.integers(0, 500),
        late_each=st.integers(0, 5),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(JOBS, st.integers(0, 1000))
def test_no_load_is_against_a_rule_and_its_cost_is_what_it_says(jobs: list[OvenJob], seed: int) -> None:
    asked = problem(jobs)
    greedy, found = fill_ovens(asked, moves=0), fill_ovens(asked, seed=seed, moves=600)
    for plan in (greedy, found):
        lost = [f"job {number} is in 0 loads" for number in plan.unplanned]
        assert list(faults(asked, plan.loads)) == lost
        assert cost_of(asked, plan.loads) == plan.cost
    assert (len(found.unplanned), found.cost) <= (len(greedy.unplanned), greedy.cost)
    assert found == fill_ovens(asked, seed=seed, moves=600)


def every_plan(asked: OvenProblem) -> Iterator[int]:
    """Costs of all plans of a few jobs: each order of the jobs, cut into loads, on each oven."""
    numbers = range(len(asked.jobs))
    for ovens in product(range(len(asked.ovens)), repeat=len(asked.jobs)):
        for order in permutations(numbers):
            for cuts in product((False, True), repeat=len(asked.jobs)):
                cost = 0
                for oven in range(len(asked.ovens)):
                    loads: list[tuple[int, ...]] = []
                    for number in (each for each in order if ovens[each] == oven):
                        if loads and not cuts[number]:
                            loads[-1] += (number,)
                        else:
                            loads.append((number,))
                    made, added, lost = timed(asked, oven, loads)
                    cost += added if not lost and not any(_broken(asked, load) for load in made) else 1 << 40
                yield cost


def _broken(asked: OvenProblem, load: Load) -> bool:
    jobs = [asked.jobs[number] for number in load.jobs]
    return len({each.family for each in jobs}) > 1 or sum(each.size for each in jobs) > 10


def test_a_few_jobs_get_the_best_plan_that_there_is() -> None:
    jobs = [job(0), job(1, latest=90), job(0, size=5, earliest=100), job(2, shortest=200, latest=240)]
    asked = problem(jobs)
    assert fill_ovens(asked, moves=20_000).cost == min(every_plan(asked))


def test_jobs_of_one_family_share_a_load_up_to_its_capacity() -> None:
    plan = fill_ovens(problem([job(ovens=(0,))] * 5, ovens=1), moves=2_000)
    assert sorted(len(load.jobs) for load in plan.loads) == [1, 2, 2]


def test_a_job_that_may_not_stay_as_long_gets_a_load_of_its_own() -> None:
    plan = fill_ovens(
        problem([job(longest=80, ovens=(0,)), job(shortest=90, ovens=(0,))], ovens=1), moves=2_000
    )
    assert len(plan.loads) == 2


def test_what_no_oven_holds_is_said_to_be_unplanned() -> None:
    plan = fill_ovens(problem([job(), job(size=11), job(shortest=481)]), moves=100)
    assert plan.unplanned == (1, 2)
    assert [load.jobs for load in plan.loads] == [(0,)]


def test_nothing_to_do_is_an_empty_plan() -> None:
    assert fill_ovens(problem([])).loads == ()


def test_more_ovens_than_can_be_planned_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="61 ovens"):
        fill_ovens(OvenProblem((job(),), (Oven(9, 0, DAY),) * 61, ((0,),), ((0,),)))


def test_it_stops_when_told() -> None:
    plan = fill_ovens(problem([job()] * 5), moves=1_000_000, stop=lambda done: done >= 4_000)
    assert plan.moves == 4_000


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda loads: loads[1:], "in 0 loads"),
        (lambda loads: [*loads, loads[0]], "in 2 loads"),
        (lambda loads: [replace(loads[0], end=loads[0].end - 1), *loads[1:]], "takes 60"),
        (lambda loads: [replace(loads[0], start=480, end=540), *loads[1:]], "not in working time"),
        (lambda loads: [replace(each, start=30, end=90) for each in loads], "the load before ends"),
        (lambda loads: [Load(0, (0, 1, 2), 20, 80)], "too full"),
        (lambda loads: [Load(0, (0, 3), 20, 80)], "families mixed"),
        (lambda loads: [replace(loads[0], start=0, end=60), *loads[1:]], "is not there yet"),
        (lambda loads: [replace(each, oven=1) for each in loads], "may not go there"),
    ],
)
def test_the_checker_of_the_benchmark_finds_what_is_wrong(change, says) -> None:
    asked = problem([job(0, earliest=10, ovens=(0,))] * 3 + [job(1, earliest=10, ovens=(0,))])
    loads = fill_ovens(asked, moves=500).loads
    assert list(faults(asked, loads)) == []
    assert any(says in fault for fault in faults(asked, change(list(loads))))


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="no folder shared/data")
@pytest.mark.parametrize("pattern", ["use-case-1/ISA433*.dat", "use-case-2/06*.dzn"])
def test_set_ups_of_an_instance_are_read_without_the_row_of_no_state(pattern) -> None:
    (path,) = (SHARED_DATA / "osp").glob(pattern)
    instance = read(path)
    first = {"ISA433": (11, 25, 15, 12, 3), "06Rand": None}[path.name[:6]]
    late = max(each.late for each in instance.problem.jobs)
    assert late > 0
    assert len(instance.problem.setup_costs) == len(instance.problem.setup_costs[0])
    if first:
        assert instance.problem.setup_costs[0] == tuple(51 * cost for cost in first)
    plan = fill_ovens(instance.problem, moves=3_000)
    assert list(faults(instance.problem, plan.loads)) == []
    assert 0 < plan.cost < instance.scale
