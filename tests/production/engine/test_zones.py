"""The plan in force in its zones: what is near stays, what is far may be planned anew."""

from dataclasses import replace

from production.engine.certificate import certify
from production.engine.planning import iterations, propose
from production.engine.proposal import Problem, Zones
from tests.workshops import DAY, HOUR, MONDAY, sign, sign_shop


def two_days() -> Problem:
    units = tuple(
        sign(n, width=290, height=190, material=("oak", "walnut")[n % 2], seconds=900, due=MONDAY + 3 * DAY)
        for n in range(40)
    )
    return Problem(sign_shop(), units)


def places(problem: Problem, until: int) -> set[tuple[frozenset[str], int, str, int]]:
    assert problem.base is not None
    return {
        (frozenset(o.units), o.step, o.machine, o.start)
        for o in problem.base.operations
        if o.setup_start < until
    }


def test_what_begins_in_the_frozen_zone_stays_whatever_comes() -> None:
    first = two_days()
    until = MONDAY + 3 * HOUR
    rush = tuple(sign(100 + n, width=500, height=350, due=MONDAY + 4 * HOUR) for n in range(6))
    problem = replace(
        first,
        units=(*first.units, *rush),
        base=propose(first, stop=iterations(60)),
        zones=Zones(frozen_until=until),
    )
    proposal = propose(problem, stop=iterations(120))
    assert certify(problem, proposal).breaches == ()
    now = {(frozenset(o.units), o.step, o.machine, o.start) for o in proposal.operations}
    assert places(problem, until) and places(problem, until) <= now


def test_a_run_of_the_slushy_zone_keeps_its_units() -> None:
    first = two_days()
    base = propose(first, stop=iterations(60))
    problem = replace(first, base=base, zones=Zones(slushy_until=MONDAY + 2 * DAY))
    proposal = propose(problem, stop=iterations(120))
    assert certify(problem, proposal).breaches == ()
    assert {frozenset(run.units) for run in base.runs} == {frozenset(run.units) for run in proposal.runs}


def test_a_run_that_lost_a_unit_is_taken_apart() -> None:
    first = two_days()
    base = propose(first, stop=iterations(60))
    problem = replace(first, units=first.units[1:], base=base, zones=Zones(frozen_until=MONDAY + 2 * HOUR))
    proposal = propose(problem, stop=iterations(60))
    assert certify(problem, proposal).breaches == ()
    assert proposal.kpis.unplanned == 0
