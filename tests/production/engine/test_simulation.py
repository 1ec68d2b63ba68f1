"""A plan played many times: what it says is what the same seed says again, and what pure planning says."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.planning import propose
from production.engine.proposal import Problem, Proposal
from production.engine.simulation import Failures, Spread, Uncertainty, percentile, simulate
from tests.workshops import DAY, HOUR, MONDAY, sign, sign_shop

AS_PLANNED = Uncertainty(setup=Spread(1000, 1000), work=Spread(1000, 1000))


def plan(count: int = 30, *, due: int = MONDAY + 2 * DAY) -> tuple[Problem, Proposal]:
    units = tuple(
        sign(n, material=("oak", "walnut")[n % 2], finish=("oil", "wax", None)[n % 3], due=due + n * 600)
        for n in range(count)
    )
    problem = Problem(sign_shop(), units)
    return problem, propose(problem)


@settings(max_examples=15)
@given(st.integers(1, 40), st.integers(0, 3))
def test_without_spread_and_failures_every_line_ends_as_planned(count: int, days: int) -> None:
    outcome = simulate(*plan(count, due=MONDAY + days * DAY), AS_PLANNED, replications=2)
    assert len(outcome.lines) == count
    for line in outcome.lines:
        assert line.median == line.late_end == line.planned
        assert line.due is not None
        assert line.kept == (1000 if line.planned <= line.due else 0)


def test_the_same_seed_says_the_same_and_another_seed_does_not() -> None:
    question = plan()
    first = simulate(*question, seed=7)
    assert simulate(*question, seed=7) == first
    assert simulate(*question, seed=8) != first


def test_longer_work_makes_later_ends() -> None:
    question = plan()
    slow = simulate(*question, Uncertainty(work=Spread(1500, 1500)), replications=5)
    for line in slow.lines:
        assert line.median > line.planned


def test_a_failing_machine_is_counted_and_found_to_bind() -> None:
    problem, proposal = plan(due=MONDAY + 3 * HOUR)
    failing = replace(AS_PLANNED, failures={"laser-1": Failures(2 * HOUR, 6 * HOUR)})
    outcome = simulate(problem, proposal, failing, replications=100)
    machines = {machine.machine: machine for machine in outcome.machines}
    assert machines["laser-1"].repairs > 0
    assert machines["laser-1"].critical > 0
    assert machines["packing-1"].repairs == 0
    calm = simulate(problem, proposal, AS_PLANNED, replications=1)
    assert outcome.kept < calm.kept
    assert outcome.kept_low <= outcome.kept <= outcome.kept_high


def test_the_slack_that_is_advised_keeps_the_wanted_share() -> None:
    problem, proposal = plan(due=MONDAY + HOUR)
    loose = Uncertainty(work=Spread(800, 2500))
    outcome = simulate(problem, proposal, loose, replications=100, wanted=900)
    assert outcome.slack > 0 and outcome.kept < 900
    later = replace(
        problem,
        units=tuple(replace(u, due=None if u.due is None else u.due + outcome.slack) for u in problem.units),
    )
    assert simulate(later, proposal, loose, replications=100).kept >= 900


def test_an_empty_plan_keeps_everything() -> None:
    problem = Problem(sign_shop(), ())
    outcome = simulate(problem, propose(problem))
    assert (outcome.kept, outcome.slack, outcome.lines) == (1000, 0, ())


def test_a_spread_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="a share above 0"):
        Spread(0, 1000)


def test_fewer_than_one_replication_is_refused() -> None:
    with pytest.raises(ValueError, match="one replication"):
        simulate(*plan(1), replications=0)


def test_percentiles_are_values_that_were_seen() -> None:
    assert percentile([1, 2, 3, 4], 500) == 2
    assert percentile([1, 2, 3, 4], 501) == 3
    assert percentile([5], 950) == 5
