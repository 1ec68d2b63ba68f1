"""Each way to a date: runs that are joined, gaps, people, tools, loads, lots, overtime, alternates, rush."""

from dataclasses import replace

import pytest

from production.engine.promising import (
    Answer,
    Busy,
    Capacity,
    Load,
    OpenRun,
    OpenSheet,
    earliest,
    prepare,
    surcharge,
)
from production.engine.proposal import Key
from production.engine.shop import Calendar, Lot, Machine, Operator, Shop, Stock, Tool, WorkCentre
from production.engine.work import Alternate, Part, Step, Use, Work
from tests.workshops import DAY, HOUR, MONDAY, eight_hours_a_day

REVIEW = 900
EARLY = MONDAY + REVIEW


def shop(**changes: object) -> Shop:
    """One laser with a bed of one sheet, one bench, one oven of ten; eight hours a day."""
    small = Shop(
        work_centres=(
            WorkCentre("laser", "Laser", "bed", "engrave", load_seconds=60),
            WorkCentre("bench", "Bench", "bench", "pack"),
            WorkCentre("oven", "Oven", "batch", "cure", load_seconds=0, capacity=10),
        ),
        machines=(
            Machine("laser-1", "laser", 600_000, 400_000, 0, 0, 100, "day", ""),
            Machine("bench-1", "bench", 0, 0, 0, 0, 100, "day", ""),
            Machine("oven-1", "oven", 0, 0, 0, 0, 100, "day", ""),
        ),
        calendars=(Calendar("day", eight_hours_a_day(10)),),
        setups=(),
        materials=(Stock("oak", 100, "sheet", 600_000, 400_000), Stock("glue", 100, "ml")),
        now=MONDAY,
    )
    return replace(small, **changes)  # type: ignore[arg-type]


def work(*steps: Step, parts: tuple[Part, ...] = (), materials: tuple[Use, ...] = ()) -> Work:
    return Work(parts, "oak" if parts else "", steps, materials)


def asked(
    wanted: Work, capacity: Capacity, quantity: int = 1, *, slack: int = 0, sooner: bool = False
) -> Answer:
    return earliest(wanted, quantity, capacity, step_slack=slack, queue_percent=0, sooner=sooner)


def bench(seconds: int = 600, **changes: object) -> Step:
    return replace(Step(20, "bench", "any", seconds), **changes)  # type: ignore[arg-type]


BOARD = Part("board", 300_000, 400_000, 1, False)
ENGRAVE = Step(10, "laser", "oak", 600)
OAK = Key("laser", "oak", "oak", 10)


def an_open_run(*, width: int, due: int = MONDAY + 5 * DAY) -> Load:
    """A run that waits on the laser tomorrow, with one part of this width on its sheet; today is full, and
    ten minutes after it tomorrow too."""
    start = MONDAY + DAY
    return Load(
        busy=(
            Busy("laser-1", MONDAY, MONDAY, MONDAY + 8 * HOUR, "walnut"),
            Busy("laser-1", start, start, start + HOUR, "oak", ("r1",), 10, HOUR, due, fixed=False),
            Busy("laser-1", start + HOUR + 600, start + HOUR + 600, start + 8 * HOUR, "oak"),
            Busy(
                "bench-1", start + HOUR, start + HOUR, start + 2 * HOUR, "any", ("r1",), 20, HOUR, due,
                fixed=False,
            ),
        ),
        runs=(OpenRun("r1", OAK, (OpenSheet(600_000, 400_000, ((0, 0, width, 400_000),)),), due),),
    )  # fmt: skip


def test_what_nests_on_the_sheets_of_an_open_run_joins_it() -> None:
    answer = asked(work(ENGRAVE, bench(), parts=(BOARD,)), prepare(shop(), an_open_run(width=300_000)))
    assert answer.choices[0].joins == "r1"
    assert answer.ready_at == MONDAY + DAY + 2 * HOUR + 1200, "each of its operations takes ten minutes more"
    assert ("oak", 1) not in answer.uses, "it takes no sheet of its own"
    assert [(busy.machine, busy.end - busy.start) for busy in answer.choices[0].busy] == [
        ("laser-1", 600),
        ("bench-1", 600),
    ], "what is held of the machines is what the run's operations grow by"


def test_what_does_not_nest_gets_a_run_of_its_own() -> None:
    answer = asked(work(ENGRAVE, bench(), parts=(BOARD,)), prepare(shop(), an_open_run(width=301_000)))
    assert answer.choices[0].joins == ""
    assert ("oak", 1) in answer.uses


@pytest.mark.parametrize(
    ("defect", "joins"),
    [
        ((450_000, 200_000, 1_000, 1_000), ""),  # in the middle of what is free
        ((602_000, 0, 8_000, 400_000), "r1"),  # at the edge: the board ends before it, without a gap
        ((599_999, 0, 1, 400_000), ""),  # the board would lie on it
        ((0, 0, 600_000, 400_000), ""),
    ],
)
def test_nothing_joins_on_a_defect_of_an_offcut(defect: tuple[int, int, int, int], joins: str) -> None:
    """A board of 300 mm beside one of 295 mm, 5 mm between them, ends at 600 mm of 610."""
    laser = replace(shop().machines[0], gap_um=5_000, bed_width_um=610_000)
    load = an_open_run(width=295_000)
    sheet = replace(load.runs[0].sheets[0], width_um=610_000, defects=(defect,))
    capacity = prepare(
        shop(machines=(laser, *shop().machines[1:])),
        replace(load, runs=(replace(load.runs[0], sheets=(sheet,)),)),
    )
    assert asked(work(ENGRAVE, bench(), parts=(BOARD,)), capacity).choices[0].joins == joins


def test_a_run_whose_work_is_released_is_not_joined() -> None:
    load = an_open_run(width=100_000)
    released = replace(load, busy=tuple(busy._replace(fixed=True) for busy in load.busy))
    assert asked(work(ENGRAVE, bench(), parts=(BOARD,)), prepare(shop(), released)).choices[0].joins == ""


def test_a_run_that_would_become_late_is_not_joined() -> None:
    load = an_open_run(width=100_000, due=MONDAY + DAY + 2 * HOUR)
    assert asked(work(ENGRAVE, bench(), parts=(BOARD,)), prepare(shop(), load)).choices[0].joins == ""


def full_bench(*, due: int) -> Load:
    """The bench is planned full today and tomorrow, movable, with this promise."""
    days = [MONDAY + REVIEW, MONDAY + DAY]
    return Load(
        busy=tuple(
            Busy(
                "bench-1", start, start, MONDAY + day * DAY + 8 * HOUR, "any", (f"r{day}",), 20,
                MONDAY + day * DAY + 8 * HOUR - start, due, fixed=False,
            )
            for day, start in enumerate(days)
        )
    )  # fmt: skip


def test_a_rush_takes_the_slack_of_others_at_a_price() -> None:
    answer = asked(work(bench()), prepare(shop(), full_bench(due=MONDAY + 9 * DAY)), sooner=True)
    standard, rush = answer.choices
    assert (standard.code, standard.ready_at) == ("standard", MONDAY + 2 * DAY + 600)
    assert (rush.code, rush.ready_at) == ("rush", EARLY + 600)
    assert rush.moves == 2 and rush.cost > standard.cost


def test_a_rush_that_makes_another_promise_late_is_refused() -> None:
    answer = asked(work(bench()), prepare(shop(), full_bench(due=MONDAY + 2 * DAY)), sooner=True)
    assert [choice.code for choice in answer.choices] == ["standard"]


def test_overtime_is_offered_as_a_sooner_date() -> None:
    saturday = (MONDAY + 9 * HOUR, MONDAY + 11 * HOUR)
    hours = tuple(sorted([*eight_hours_a_day(10), saturday]))
    with_overtime = shop(calendars=(Calendar("day", hours, overtime=(saturday,)),))
    load = Load(busy=(Busy("bench-1", MONDAY, MONDAY, MONDAY + 8 * HOUR, "any"),))
    answer = asked(work(bench()), prepare(with_overtime, load), sooner=True)
    assert [choice.code for choice in answer.choices] == ["standard", "overtime"]
    assert answer.choices[1].ready_at == MONDAY + 9 * HOUR + 600
    assert answer.choices[1].terms.overtime == 400, "ten minutes at 40 a minute"


def test_a_dearer_work_centre_is_offered_as_a_sooner_date() -> None:
    busy = Load(busy=(Busy("bench-1", MONDAY, MONDAY, MONDAY + 8 * HOUR, "any"),))
    step = bench(alternates=(Alternate("laser", 700, preference=3),))
    answer = asked(work(step), prepare(shop(), busy), sooner=True)
    assert [choice.code for choice in answer.choices] == ["standard", "alternate"]
    assert answer.choices[1].terms.preference == 300


def test_a_work_centre_that_is_as_good_costs_nothing() -> None:
    busy = Load(busy=(Busy("bench-1", MONDAY, MONDAY, MONDAY + 8 * HOUR, "any"),))
    step = bench(alternates=(Alternate("laser", 700),))
    assert asked(work(step), prepare(shop(), busy)).ready_at == EARLY + 700


def test_work_waits_for_who_attends_it() -> None:
    late = tuple((start + 4 * HOUR, end) for start, end in eight_hours_a_day(10))
    attended = replace(shop().work_centres[1], skill="packing", attended="run")
    staffed = shop(
        work_centres=(shop().work_centres[0], attended, shop().work_centres[2]),
        calendars=(*shop().calendars, Calendar("late", late)),
        operators=(Operator("ann", "Ann", ("packing",), "late"),),
    )
    assert asked(work(bench()), prepare(staffed, Load())).ready_at == MONDAY + 4 * HOUR + 600
    busy = Busy("bench-1", MONDAY + 4 * HOUR, MONDAY + 4 * HOUR, MONDAY + 5 * HOUR, "any", operator="ann")
    assert asked(work(bench()), prepare(staffed, Load(busy=(busy,)))).ready_at == MONDAY + 5 * HOUR + 600


def test_a_tool_is_in_use_once() -> None:
    benches = (*shop().machines, Machine("bench-2", "bench", 0, 0, 0, 0, 100, "day", ""))
    tools = shop(machines=benches, tools=(Tool("jig", 1),))
    busy = Busy("bench-1", MONDAY, MONDAY, MONDAY + 3 * HOUR, "any", tool="jig")
    load = Load(busy=(busy,))
    assert asked(work(bench()), prepare(tools, load)).ready_at == EARLY + 600
    assert asked(work(bench(tool="jig")), prepare(tools, load)).ready_at == MONDAY + 3 * HOUR + 600


CURE = Step(10, "oven", "warm", 1800, load=4)


def test_a_load_with_room_takes_more_in() -> None:
    start = MONDAY + 2 * HOUR
    load = Busy(
        "oven-1", start, start, start + 1800, "warm", ("r1",), 10, 1800, fixed=False, load="l1", filled=6
    )
    full = Busy("oven-1", MONDAY, MONDAY, start, "cold")
    taken = asked(work(CURE), prepare(shop(), Load(busy=(full, load))))
    assert taken.ready_at == start + 1800
    held = taken.choices[0].busy
    assert [(each.load, each.seconds, each.filled) for each in held] == [("l1", 0, 4)], "no time of its own"
    again = asked(work(CURE), prepare(shop(), Load(busy=(full, load), held=held)))
    assert again.ready_at == start + 3600, "the room of the load is taken"
    more = asked(work(CURE), prepare(shop(), Load(busy=(full, load._replace(filled=7)))))
    assert more.ready_at == start + 3600


def test_what_does_not_fit_one_load_takes_several() -> None:
    assert asked(work(CURE), prepare(shop(), Load()), 5).ready_at == EARLY + 3 * 1800


def test_a_planned_stop_is_no_working_time() -> None:
    machines = tuple(
        replace(m, stops=((MONDAY, MONDAY + DAY + HOUR),)) if m.code == "bench-1" else m
        for m in shop().machines
    )
    answer = asked(work(bench()), prepare(shop(machines=machines), Load()))
    assert answer.ready_at == MONDAY + DAY + HOUR + 600


def test_what_may_not_wait_is_not_begun_too_early() -> None:
    busy = Load(busy=(Busy("bench-1", MONDAY, MONDAY, MONDAY + 4 * HOUR, "any"),))
    answer = asked(work(CURE, bench(max_lag=600)), prepare(shop(), busy))
    cured = answer.choices[0].busy[0]
    assert answer.ready_at == MONDAY + 4 * HOUR + 600
    assert cured.end >= MONDAY + 4 * HOUR - 600


def test_a_step_waits_at_least_its_lag() -> None:
    assert (
        asked(work(CURE, bench(min_lag=HOUR)), prepare(shop(), Load())).ready_at == EARLY + 1800 + HOUR + 600
    )


def glue(*lots: Lot) -> Shop:
    here = sum(lot.quantity for lot in lots if lot.available_at <= MONDAY)
    return shop(materials=(shop().materials[0], Stock("glue", here, "ml", lots=lots)))


GLUED = work(bench(), materials=(Use("glue", 10),))


def test_work_begins_when_the_lot_has_come() -> None:
    arrives = glue(Lot("a", 5), Lot("b", 20, available_at=MONDAY + 2 * DAY))
    assert asked(GLUED, prepare(arrives, Load())).ready_at == MONDAY + 2 * DAY + 600
    assert asked(GLUED, prepare(arrives, Load(claims={"glue": 16}))).ready_at is None


def test_a_lot_that_spoils_first_is_not_used() -> None:
    spoils = glue(Lot("a", 20, expires_at=MONDAY + REVIEW + 60), Lot("b", 20, available_at=MONDAY + DAY))
    assert asked(GLUED, prepare(spoils, Load())).ready_at == MONDAY + DAY + 600


def test_what_is_held_for_another_is_not_promised_again() -> None:
    first = asked(work(bench()), prepare(shop(), Load()))
    second = asked(work(bench()), prepare(shop(), Load(held=first.choices[0].busy)))
    assert (first.ready_at, second.ready_at) == (EARLY + 600, EARLY + 1200)


def test_what_is_held_gives_way_to_the_plan_and_keeps_its_length() -> None:
    held = asked(work(bench()), prepare(shop(), Load())).choices[0].busy
    planned = Busy("bench-1", EARLY, EARLY, EARLY + 600, "any")
    answer = asked(work(bench()), prepare(shop(), Load(busy=(planned,), held=held)))
    assert answer.ready_at == EARLY + 1800


def test_the_price_of_a_sooner_date_is_its_cost_with_a_margin() -> None:
    answer = asked(work(bench()), prepare(shop(), full_bench(due=MONDAY + 9 * DAY)), sooner=True)
    standard, rush = answer.choices
    more = rush.cost - standard.cost
    assert surcharge(rush, standard, percent=50, least=0) == more + -(-more // 2)
    assert surcharge(rush, standard, percent=50, least=99_999) == 99_999
    assert surcharge(standard, standard, percent=50, least=99_999) == 0
