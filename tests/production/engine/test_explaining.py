"""Why then, why together, what would help: each answer is held against the plan or a plan made anew."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.explaining import KINDS, Explainer, NotPlanned, chain, remedies, together
from production.engine.planning import propose
from production.engine.proposal import FrozenOperation, Problem, Proposal
from production.engine.shop import Lot, Stock
from production.engine.whatif import ExtraShift
from tests.workshops import DAY, HOUR, MONDAY, sign, sign_shop


def planned(problem: Problem) -> tuple[Problem, Proposal]:
    return problem, propose(problem)


def busy(count: int = 60, *, due: int = MONDAY + 6 * HOUR) -> Problem:
    units = tuple(
        sign(n, material=("oak", "walnut")[n % 2], seconds=900, finish=("oil", "wax", None)[n % 3], due=due)
        for n in range(count)
    )
    return Problem(sign_shop(), units)


@settings(max_examples=20)
@given(st.integers(1, 50), st.integers(60, 2000), st.integers(0, 3))
def test_the_spans_of_a_chain_follow_one_another_from_now_to_the_end(
    count: int, seconds: int, stops: int
) -> None:
    units = tuple(
        sign(n, material=("oak", "walnut")[n % 2], seconds=seconds, finish=("oil", "wax", None)[n % 3])
        for n in range(count)
    )
    shop = sign_shop()
    stopped = tuple(
        replace(
            m, stops=tuple((MONDAY + (3 + 9 * k) * HOUR, MONDAY + (5 + 9 * k) * HOUR) for k in range(stops))
        )
        for m in shop.machines
    )
    problem, proposal = planned(Problem(replace(shop, machines=stopped), units))
    explainer = Explainer(problem, proposal)
    for unit in units:
        why = explainer.chain(unit.line)
        assert why.spans[0].start == MONDAY
        assert why.spans[-1].end == why.end
        assert all(before.end == after.start for before, after in pairwise(why.spans))
        assert {span.kind for span in why.spans} <= set(KINDS)
        assert sum(span.seconds for span in why.spans) == why.end - MONDAY


def test_a_line_that_waits_for_a_machine_says_for_which() -> None:
    problem, proposal = planned(busy())
    why = next(Explainer(problem, proposal).late())
    assert why.late > 0
    assert any(span.kind == "queue" and span.machine.startswith("laser") for span in why.spans)


def test_a_night_is_told_as_closed() -> None:
    problem, proposal = planned(busy(due=MONDAY + 2 * HOUR))
    last = next(Explainer(problem, proposal).late())
    nights = [span for span in last.spans if span.kind == "closed"]
    assert nights and all(span.seconds >= 15 * HOUR for span in nights)


def test_frozen_work_has_its_chain_too() -> None:
    problem, proposal = planned(busy(24, due=MONDAY + 2 * HOUR))
    last = next(Explainer(problem, proposal).late())
    names: dict[tuple[str, int], str] = {}
    frozen = []
    for n, each in enumerate(proposal.operations):
        after = tuple(name for (run, _), name in names.items() if run == each.run)
        names[each.run, each.step] = f"f{n}"
        frozen.append(
            FrozenOperation(
                f"f{n}", each.run, each.step, each.work_centre, each.machine, each.setup_family,
                each.seconds, each.setup_start, each.start, each.end, after=after,
            )
        )  # fmt: skip
    floor = replace(problem, units=(), frozen=tuple(frozen))
    released = replace(proposal, runs=(), operations=(), frozen=tuple(frozen))
    own = [each.id for each in frozen if each.run == last.run]
    why = Explainer(floor, released).chain(last.line, frozen=own, due=MONDAY + 2 * HOUR)
    assert (why.end, why.late, why.run) == (last.end, last.late, last.run)
    assert why.spans[0].start == MONDAY
    assert all(before.end == after.start for before, after in pairwise(why.spans))
    assert sum(span.seconds for span in why.spans) == why.end - MONDAY
    assert {span.kind for span in why.spans} >= {"work"}


def test_a_line_in_no_run_is_refused() -> None:
    problem, proposal = planned(busy(3))
    with pytest.raises(NotPlanned, match="in no run"):
        chain(problem, proposal, "line-99")


def test_company_saves_what_a_run_of_its_own_would_cost() -> None:
    problem, proposal = planned(busy(12, due=MONDAY + 5 * DAY))
    company = together(problem, proposal, "line-0")
    assert company.pieces == 1 and company.others > 0
    assert company.alone.runs == company.as_planned.runs + 1
    assert company.alone.terms.cost >= company.as_planned.terms.cost
    assert company.alone.sheets >= company.as_planned.sheets


def test_what_would_help_was_planned_and_makes_fewer_lines_late() -> None:
    problem, proposal = planned(busy(due=MONDAY + 9 * HOUR))
    evening = ExtraShift("day", MONDAY + 8 * HOUR, MONDAY + 12 * HOUR)
    found = remedies(problem, proposal, extra_shifts=(evening,))
    assert found
    for remedy in found:
        assert remedy.late_after < remedy.late_before
        assert len(remedy.saved) >= remedy.late_before - remedy.late_after
    assert any(remedy.code.startswith("machine:laser") for remedy in found)


def test_a_plan_without_late_lines_needs_no_remedy() -> None:
    problem, proposal = planned(busy(4, due=MONDAY + 20 * DAY))
    assert remedies(problem, proposal) == ()


def test_material_that_comes_late_is_named() -> None:
    """Once the planner waits for lots: until then this plan cannot be made."""
    shop = sign_shop()
    oil = Stock("oil", 0, "ml", lots=(Lot("O-1", 10_000, MONDAY + 3 * DAY),))
    problem = Problem(
        replace(shop, materials=tuple(oil if s.material == "oil" else s for s in shop.materials)),
        (sign(1, due=MONDAY + DAY),),
    )
    proposal = propose(problem)
    if not proposal.runs or proposal.operations[0].start < MONDAY + 3 * DAY:
        pytest.skip("the planner does not wait for lots yet")
    why = chain(problem, proposal, "line-1")
    assert why.late and why.binds == ("material", "oil")
