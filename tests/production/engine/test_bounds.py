"""No plan costs less than its bound, and where nothing is to be decided the bound is the cost."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.planning import iterations, propose
from production.engine.proposal import Problem, Weights
from production.engine.scheduling.bounds import lower_bound
from tests.workshops import HOUR, MONDAY, shelf, sign, sign_shop


def test_one_piece_that_cannot_be_in_time_costs_its_bound() -> None:
    unit = sign(1, finish=None, due=MONDAY + 900)
    shop = replace(sign_shop(), setups=())
    problem = Problem(shop, (unit,), weights=replace(Weights(), setup=0))
    problem = replace(problem, limits=replace(problem.limits, review_seconds=0))
    proposal = propose(problem)
    assert proposal.kpis.terms.cost == proposal.kpis.bound == lower_bound(problem)


def test_a_second_sheet_is_in_the_bound() -> None:
    units = tuple(sign(n, width=500, height=350) for n in range(3))
    weights = Weights(0, 0, 0, 0, 5, 0, 0, 0, 0)
    proposal = propose(Problem(sign_shop(), units, weights=weights))
    assert proposal.kpis.terms.cost == proposal.kpis.bound == 3 * 5 * 24


@settings(max_examples=20)
@given(
    signs=st.lists(st.tuples(st.integers(50, 500), st.sampled_from(("oak", "walnut"))), max_size=12),
    shelves=st.integers(0, 3),
    hours=st.integers(0, 40),
)
def test_no_plan_is_below_its_bound(signs: list[tuple[int, str]], shelves: int, hours: int) -> None:
    due = MONDAY + hours * HOUR
    units = [sign(n, width=size, material=kind, due=due) for n, (size, kind) in enumerate(signs)]
    units += [shelf(n, due=due) for n in range(shelves)]
    shop = sign_shop()
    rated = tuple(replace(machine, cost_rate=3000, power_w=800) for machine in shop.machines)
    problem = Problem(replace(shop, machines=rated), tuple(units))
    proposal = propose(problem, stop=iterations(80))
    assert 0 <= proposal.kpis.bound <= proposal.kpis.terms.cost
