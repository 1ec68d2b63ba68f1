"""After a breakdown, an absence or a new piece: an answer at once, certified, that moves only what must."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.planning import iterations, propose
from production.engine.proposal import Operation, Problem, Proposal, Zones
from production.engine.repairing import improve, right_shift
from tests.production.breakdowns import NOW, base_of, broken, by_place, certified, planned
from tests.workshops import DAY, HOUR, MONDAY, sign, sign_shop


def test_without_any_event_everything_stays() -> None:
    problem = planned(20)
    answer = certified(problem, right_shift(problem))
    assert by_place(answer) == by_place(base_of(problem))
    assert answer.runs == base_of(problem).runs


def test_after_a_breakdown_work_waits_for_its_machine_and_the_rest_stays() -> None:
    problem = planned(24)
    problem = replace(problem, shop=broken(problem.shop, "laser-1", NOW + 4 * HOUR))
    answer = certified(problem, right_shift(problem))
    assert answer.unplanned == ()
    before, after = by_place(base_of(problem)), by_place(answer)
    assert before.keys() == after.keys()
    assert {p: o.machine for p, o in before.items()} == {p: o.machine for p, o in after.items()}
    assert all(after[place].start >= before[place].start for place in before)
    other = [place for place in before if before[place].machine == "laser-2"]
    assert other
    assert all(after[place] == before[place] for place in other)
    assert any(after[place].start >= NOW + 4 * HOUR for place in before)


def test_work_of_a_machine_that_does_not_come_back_goes_to_another() -> None:
    problem = planned(12)
    gone = tuple(replace(m, calendar="") if m.code == "laser-2" else m for m in problem.shop.machines)
    problem = replace(problem, shop=replace(problem.shop, machines=gone))
    answer = certified(problem, right_shift(problem))
    assert answer.unplanned == ()
    assert "laser-2" not in {o.machine for o in answer.operations}


def test_a_new_piece_finds_a_place_between_the_others() -> None:
    problem = planned(12)
    problem = replace(problem, units=(*problem.units, sign(99, due=MONDAY + DAY)))
    answer = certified(problem, right_shift(problem))
    (new,) = [run for run in answer.runs if run.id.startswith("new-")]
    assert new.units == ("sign-99",)
    after = by_place(answer)
    for place, old in by_place(base_of(problem)).items():
        assert (after[place].machine, after[place].start, after[place].end) == (
            old.machine,
            old.start,
            old.end,
        )


def test_runs_that_stand_are_due_when_their_pieces_are_now() -> None:
    problem = planned(12)
    asked = replace(problem, units=tuple(replace(unit, due=MONDAY + 3 * HOUR) for unit in problem.units))
    for answer in (right_shift(asked), propose(asked, stop=iterations(20))):
        certified(asked, answer)
        assert {run.due for run in answer.runs} == {MONDAY + 3 * HOUR}


def test_a_run_that_lost_a_piece_is_formed_again() -> None:
    problem = planned(12)
    hit = base_of(problem).runs[0]
    lost = hit.units[0]
    problem = replace(problem, units=tuple(unit for unit in problem.units if unit.id != lost))
    answer = certified(problem, right_shift(problem))
    assert hit.id not in {run.id for run in answer.runs}
    assert sum(len(run.units) for run in answer.runs) == 11


def test_material_that_is_gone_takes_its_runs_apart_with_a_reason() -> None:
    problem = planned(8)
    none = tuple(replace(m, on_hand=0) if m.material == "walnut" else m for m in problem.shop.materials)
    problem = replace(problem, shop=replace(problem.shop, materials=none))
    answer = certified(problem, right_shift(problem))
    assert {unplanned.code for unplanned in answer.unplanned} == {"material-short"}
    assert len(answer.unplanned) == 4


def test_the_better_repair_never_costs_more_than_the_first() -> None:
    problem = planned(24)
    problem = replace(problem, shop=broken(problem.shop, "laser-1", NOW + 4 * HOUR))
    first = right_shift(problem)
    better = certified(problem, improve(problem, first, stop=iterations(30)))
    assert better.kpis.terms.cost <= first.kpis.terms.cost


def test_where_moves_are_dear_only_what_must_move_does() -> None:
    problem = planned(24)
    problem = replace(
        problem,
        shop=broken(problem.shop, "laser-1", NOW + 2 * HOUR),
        weights=replace(problem.weights, moved=10**6),
        zones=Zones(),
    )
    first = right_shift(problem)
    better = certified(problem, propose(problem, stop=iterations(400)))
    assert better.kpis.moved <= first.kpis.moved
    assert {frozenset(run.units) for run in better.runs} == {frozenset(run.units) for run in first.runs}
    before, after = by_unit(base_of(problem)), by_unit(better)
    other = [place for place in before if before[place].machine == "laser-2"]
    assert other
    assert all(
        (after[place].machine, after[place].start) == ("laser-2", before[place].start) for place in other
    )


def test_a_search_without_cause_leaves_everything_where_it_is() -> None:
    problem = planned(24)
    problem = replace(problem, weights=replace(problem.weights, moved=10**6))
    better = certified(problem, propose(problem, stop=iterations(200)))
    before, after = by_unit(base_of(problem)), by_unit(better)
    assert {place: (o.machine, o.start, o.end) for place, o in before.items()} == {
        place: (o.machine, o.start, o.end) for place, o in after.items()
    }


def by_unit(proposal: Proposal) -> dict[tuple[str, int], Operation]:
    return {(unit, o.step): o for o in proposal.operations for unit in o.units}


@pytest.mark.parametrize("base", [None, Proposal((), (), (), (), propose(Problem(sign_shop(), ())).kpis)])
def test_without_a_plan_the_first_answer_is_a_plan(base: Proposal | None) -> None:
    problem = replace(planned(5), base=base)
    answer = certified(problem, right_shift(problem))
    assert sum(len(run.units) for run in answer.runs) == 5


@settings(max_examples=12)
@given(
    units=st.integers(min_value=2, max_value=20),
    code=st.sampled_from(["laser-1", "laser-2", "finishing-1", "packing-1"]),
    hours=st.integers(min_value=1, max_value=40),
    later=st.integers(min_value=0, max_value=6),
    lost=st.integers(min_value=0, max_value=3),
    arrived=st.integers(min_value=0, max_value=3),
)
def test_whatever_happens_the_first_answer_is_certified(
    units: int, code: str, hours: int, later: int, lost: int, arrived: int
) -> None:
    problem = planned(units, seconds=1800)
    now = NOW + later * HOUR
    shop = replace(broken(problem.shop, code, now + hours * HOUR), now=now)
    asked = (*problem.units[lost:], *(sign(100 + n) for n in range(arrived)))
    problem = replace(problem, shop=shop, units=asked)
    answer = certified(problem, right_shift(problem))
    assert sum(len(run.units) for run in answer.runs) + len(answer.unplanned) == len(asked)
