"""What cannot hold together for a line that finds no time, and what was planned to help."""

from dataclasses import replace

import pytest

from production.engine.explaining import Bind, conflict
from production.engine.planning import propose
from production.engine.proposal import FrozenOperation, Limits, Problem
from production.engine.shop import Calendar, Lot, Machine, Operator, Shop, Stock, Tool, WorkCentre
from production.engine.work import Step, Unit, Use

HOUR = 3600
NOW = 1_772_431_200
TEN_DAYS = tuple((NOW + day * 24 * HOUR, NOW + day * 24 * HOUR + 8 * HOUR) for day in range(10))


def shop(**changes: object) -> Shop:
    """A mill that somebody runs and an oven, eight hours a day."""
    made = Shop(
        work_centres=(
            WorkCentre("mill", "Mill", "bench", "mill", skill="mill", attended="run"),
            WorkCentre("oven", "Oven", "bench", "cure"),
        ),
        machines=(
            Machine("mill-1", "mill", 0, 0, 0, 0, 100, "day", ""),
            Machine("oven-1", "oven", 0, 0, 0, 0, 100, "night", ""),
        ),
        calendars=(
            Calendar("day", TEN_DAYS),
            Calendar("night", tuple((start + 12 * HOUR, end + 12 * HOUR) for start, end in TEN_DAYS)),
            Calendar("short", tuple((start, start + HOUR) for start, _ in TEN_DAYS)),
        ),
        setups=(),
        materials=(Stock("paint", 0, lots=(Lot("p1", 5, NOW + 400 * HOUR),)),),
        now=NOW,
        operators=(Operator("ann", "Ann", ("mill",), "day"),),
        tools=(Tool("jig", 1),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def unit(*routing: Step, line: str = "l1", uses: tuple[Use, ...] = (), together: str = "") -> Unit:
    return Unit(f"{line}-1", line, "o", NOW + 9, NOW, (), "", routing, uses, together=together)


def asked(made: Shop, *units: Unit, frozen: tuple[FrozenOperation, ...] = ()) -> Problem:
    return Problem(made, units, frozen=frozen, limits=Limits(review_seconds=0))


def why(problem: Problem, line: str = "l1"):
    proposal = propose(problem)
    assert any(one.unit.startswith(line) for one in proposal.unplanned)
    return conflict(problem, proposal, line)


def all_day(number: int, run: str, day: int) -> FrozenOperation:
    start = NOW + day * 24 * HOUR
    return FrozenOperation(
        f"f{number}", run, 10, "mill", "mill-1", "", 8 * HOUR, start, start, start + 8 * HOUR, operator="ann"
    )


def test_somebody_who_is_there_too_short_binds_and_another_one_repairs_it() -> None:
    made = shop(operators=(Operator("ann", "Ann", ("mill",), "short"),))
    found = why(asked(made, unit(Step(10, "mill", "", 3 * HOUR))))
    assert found.binds == (Bind("horizon"), Bind("people", "mill"))
    assert Bind("people", "mill") in {repair.bind for repair in found.repairs}
    (helped,) = [repair for repair in found.repairs if repair.bind.kind == "people"]
    assert helped.end == NOW + 3 * HOUR


def test_a_longest_wait_that_closed_hours_break_binds_with_the_calendar_it_meets() -> None:
    steps = Step(10, "mill", "", HOUR), Step(20, "oven", "", HOUR, max_lag=HOUR)
    found = why(asked(shop(), unit(*steps)))
    assert {bind.kind for bind in found.binds} >= {"calendar", "lag"}
    kinds = {repair.bind for repair in found.repairs}
    assert Bind("lag", "20") in kinds
    (opened,) = [repair for repair in found.repairs if repair.bind == Bind("calendar", "oven-1")]
    assert opened.since < opened.until <= opened.end + 1


def test_released_work_that_takes_all_the_time_binds_and_without_it_there_is_a_place() -> None:
    frozen = tuple(all_day(day, f"run-{day}", day) for day in range(10))
    found = why(asked(shop(), unit(Step(10, "mill", "", 2 * HOUR)), frozen=frozen))
    assert Bind("horizon") in found.binds
    assert {bind.what for bind in found.binds if bind.kind == "run"} == {f"run-{day}" for day in range(10)}
    assert Bind("run", "run-3") in {repair.bind for repair in found.repairs}


def test_material_that_arrives_too_late_binds() -> None:
    found = why(asked(shop(), unit(Step(10, "mill", "", HOUR), uses=(Use("paint", 1),))))
    assert Bind("lot", "paint") in found.binds
    (helped,) = [repair for repair in found.repairs if repair.bind.kind == "lot"]
    assert helped.end == NOW + HOUR


def test_a_fixture_that_is_always_in_use_binds() -> None:
    busy = FrozenOperation(
        "f", "run-1", 10, "oven", "oven-1", "", 60, NOW, NOW, NOW + 240 * HOUR, started=True, tool="jig"
    )
    found = why(asked(shop(), unit(Step(10, "mill", "", HOUR, tool="jig")), frozen=(busy,)))
    assert set(found.binds) == {Bind("horizon"), Bind("run", "run-1"), Bind("tool", "jig")}
    assert Bind("tool", "jig") in {repair.bind for repair in found.repairs}


def test_a_planned_stop_binds_and_without_it_there_is_time() -> None:
    stops = ((NOW + HOUR, NOW + 240 * HOUR),)
    made = shop(machines=(replace(shop().machines[0], stops=stops), shop().machines[1]))
    later = replace(unit(Step(10, "mill", "", HOUR // 2)), release=NOW + 2 * HOUR)
    found = why(asked(made, later))
    assert set(found.binds) == {Bind("horizon"), Bind("stop", "mill-1")}
    (helped,) = [repair for repair in found.repairs if repair.bind.kind == "stop"]
    assert (helped.since, helped.until) == stops[0]


def test_other_runs_that_fill_all_shifts_bind() -> None:
    units = [unit(Step(10, "mill", str(n), 8 * HOUR), line=f"l{n}") for n in range(11)]
    problem = asked(shop(), *units)
    proposal = propose(problem)
    (left,) = proposal.unplanned
    found = conflict(problem, proposal, left.unit[:-2])
    assert found is not None and {Bind("plan"), Bind("horizon")} <= set(found.binds)
    assert Bind("plan") in {repair.bind for repair in found.repairs}


def test_what_ships_together_binds_by_the_other_line() -> None:
    steps = Step(10, "mill", "", HOUR), Step(20, "oven", "", HOUR, max_lag=HOUR)
    problem = asked(
        shop(), unit(Step(10, "oven", "", 60), together="box"), unit(*steps, line="l2", together="box")
    )
    assert Bind("lag", "20") in why(problem).binds


@pytest.mark.parametrize("routing", [(), (Step(10, "lathe", "", 60),)])
def test_an_obstacle_of_its_own_is_no_conflict(routing: tuple[Step, ...]) -> None:
    assert why(asked(shop(), unit(*routing))) is None


def test_of_a_line_that_is_planned_nothing_is_said() -> None:
    problem = asked(shop(), unit(Step(10, "mill", "", HOUR)))
    assert conflict(problem, propose(problem), "l1") is None
