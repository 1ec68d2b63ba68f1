"""What a plan costs, term by term, on a plan small enough to reckon by hand."""

from dataclasses import replace

from production.engine.measuring import measure
from production.engine.planning import propose
from production.engine.proposal import Operation, Problem, Proposal, Weights, Zones
from production.engine.shop import Calendar
from tests.workshops import DAY, HOUR, MONDAY, eight_hours_a_day, sign, sign_shop

WEIGHTS = Weights(tardiness=6, setup=60, run=7, load=11, overtime=30, energy=3600, preference=5, moved=13)


def laser(unit: str, start: int, *, setup: int = 360, seconds: int = 3600, load: str = "") -> Operation:
    return Operation(
        "r1",
        10,
        "laser",
        "oak",
        "laser-1",
        (unit,),
        seconds,
        start - setup,
        start,
        start + seconds,
        load=load,
    )


def problem(**changes: object) -> Problem:
    units = (sign(1, due=MONDAY + HOUR, finish=None), sign(2, due=None, finish=None))
    return Problem(replace(sign_shop(), **changes), units, weights=WEIGHTS)  # type: ignore[arg-type]


def test_a_late_line_counts_once_by_its_latest_unit_and_heaviest_weight() -> None:
    asked = problem()
    late, later = (
        replace(asked.units[0], id=unit, line="L", weight=weight) for unit, weight in (("a", 3), ("b", 2))
    )
    asked = replace(asked, units=(late, later))
    kpis = measure(asked, (), (laser("a", MONDAY + HOUR), laser("b", MONDAY + 3 * HOUR, setup=0)), 0)
    assert (kpis.tardy_units, kpis.tardiness) == (2, 4 * HOUR)
    assert kpis.terms.tardiness == 180 * 3 * 6


def test_what_ships_together_is_as_late_as_the_last() -> None:
    asked = problem()
    units = tuple(
        replace(unit, due=due, together="gift")
        for unit, due in zip(asked.units, (MONDAY + 2 * HOUR, None), strict=True)
    )
    early, late = laser("sign-1", MONDAY + 360), laser("sign-2", MONDAY + 3 * HOUR)
    assert measure(replace(asked, units=units), (), (early, late), 0).tardiness == 2 * HOUR


def test_a_load_of_two_runs_counts_once() -> None:
    shared = tuple(laser(unit, MONDAY + HOUR, load="l1") for unit in ("sign-1", "sign-2"))
    kpis = measure(problem(setups=(replace(sign_shop().setups[0], cost=900),)), (), shared, 0)
    assert (kpis.loads, kpis.setups, kpis.setup_seconds) == (1, 1, 360)
    assert (kpis.terms.loads, kpis.terms.setups) == (11, 60 * 6 + 900)


def test_overtime_energy_and_the_machine_count_working_time_alone() -> None:
    machine = replace(sign_shop().machines[0], power_w=1000, cost_rate=7200)
    night = (MONDAY + 7 * HOUR, MONDAY + 8 * HOUR)
    asked = problem(machines=(machine,), calendars=(Calendar("day", eight_hours_a_day(), overtime=(night,)),))
    # An hour of the evening and an hour of the next morning; the night between is no work.
    work = replace(laser("sign-1", MONDAY + 7 * HOUR, setup=0, seconds=2 * HOUR), end=MONDAY + DAY + HOUR)
    kpis = measure(asked, (), (work,), 0)
    assert kpis.overtime_seconds == HOUR
    assert (kpis.terms.overtime, kpis.terms.energy, kpis.terms.machines) == (30 * 60, 2 * 3600, 2 * 7200)


def test_another_machine_and_another_time_are_a_move_each() -> None:
    asked = replace(problem(), zones=Zones(slushy_until=MONDAY + 4 * HOUR, tolerance=600))
    near, far = laser("sign-1", MONDAY + 2 * HOUR), laser("sign-2", MONDAY + 5 * HOUR)
    asked = replace(asked, base=replace(_empty(asked), operations=(near, far)))
    late = replace(near, start=near.start + 601)
    assert measure(asked, (), (near, replace(far, start=far.start - 600)), 0).moved == 0
    assert measure(asked, (), (replace(near, units=("sign-2", "sign-1")), far), 0).moved == 0
    assert measure(asked, (), (late, far), 0).terms.moved == 13
    # Far work counts as near work does.
    assert measure(asked, (), (near, replace(far, machine="laser-2")), 0).moved == 1
    assert measure(asked, (), (replace(late, machine="laser-2"), far), 0).moved == 2
    assert measure(asked, (), (far,), 0).moved == 2
    assert measure(replace(asked, units=asked.units[1:]), (), (far,), 0).moved == 0


def _empty(asked: Problem) -> Proposal:
    return propose(replace(asked, units=(), base=None))
