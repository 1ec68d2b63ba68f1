"""A change of the question is the question as it would be; what names nothing known is refused."""

from dataclasses import replace

import pytest

from production.engine.certificate import certify
from production.engine.planning import propose
from production.engine.proposal import Problem
from production.engine.shop import Lot, Operator
from production.engine.whatif import (
    BadChange,
    Change,
    Demand,
    ExtraMachine,
    ExtraOperator,
    ExtraShift,
    LateMaterial,
    LeadTime,
    MachineDown,
    MoreMaterial,
    MovedStop,
    Price,
    Promise,
    Speed,
    changed,
)
from tests.workshops import DAY, HOUR, MONDAY, sign, sign_shop


def question() -> Problem:
    return Problem(sign_shop(), tuple(replace(sign(n), product=("Sign", "Plate")[n % 2]) for n in range(10)))


def sign_of(problem: Problem, line: str) -> int | None:
    return next(unit.due for unit in problem.units if unit.line == line)


def test_an_extra_shift_lengthens_the_day_and_counts_as_overtime() -> None:
    longer = changed(question(), [ExtraShift("day", MONDAY + 6 * HOUR, MONDAY + 10 * HOUR)])
    assert longer.shop.intervals["day"][0] == (MONDAY, MONDAY + 10 * HOUR)
    assert longer.shop.calendars[0].overtime == ((MONDAY + 8 * HOUR, MONDAY + 10 * HOUR),)


def test_a_machine_that_is_down_has_no_working_time_then() -> None:
    down = changed(question(), [MachineDown("laser-1", MONDAY + HOUR, MONDAY + 2 * DAY)])
    assert down.shop.windows["laser-1"][0] == (MONDAY, MONDAY + HOUR)
    assert down.shop.windows["laser-1"][1][0] == MONDAY + 2 * DAY


def test_a_planned_stop_moves() -> None:
    down = changed(question(), [MachineDown("laser-1", MONDAY, MONDAY + HOUR)])
    moved = changed(down, [MovedStop("laser-1", MONDAY, MONDAY + DAY)])
    assert moved.shop.machine["laser-1"].stops == ((MONDAY + DAY, MONDAY + DAY + HOUR),)


def test_more_machines_people_and_material_can_be_planned_with() -> None:
    shop = replace(sign_shop(), operators=(Operator("ann", "Ann", ("laser",), "day"),))
    more = changed(
        replace(question(), shop=shop),
        [ExtraMachine("laser-1"), ExtraOperator("ann"), MoreMaterial("oak", 5, MONDAY), Speed("laser-2", 50)],
    )
    assert {"laser-1", "laser-1-2"} <= more.shop.machine.keys()
    assert [operator.code for operator in more.shop.operators] == ["ann", "ann-2"]
    assert more.shop.stock["oak"].on_hand == 405
    assert more.shop.machine["laser-2"].speed_percent == 50
    assert certify(more, propose(more)).ok


def test_material_that_comes_later_is_a_lot_of_its_own() -> None:
    more = changed(question(), [MoreMaterial("oak", 5, MONDAY + DAY)])
    assert [(lot.quantity, lot.available_at) for lot in more.shop.stock["oak"].lots] == [
        (400, 0),
        (5, MONDAY + DAY),
    ]
    later = changed(more, [LateMaterial("oak", by=DAY)])
    assert later.shop.stock["oak"].lots[1] == Lot("what-if", 5, MONDAY + 2 * DAY)


def test_demand_grows_and_shrinks_product_by_product() -> None:
    more = changed(question(), [Demand(250, "Plate")])
    assert sum(unit.product == "Plate" for unit in more.units) == 12
    assert len({unit.id for unit in more.units}) == len(more.units) == 17
    assert len(changed(question(), [Demand(30)]).units) == 3


def test_promises_and_prices_change() -> None:
    before = question()
    rushed = changed(before, [Promise("line-3", MONDAY + HOUR, weight=9), LeadTime(DAY), Price("setup", 7)])
    assert sign_of(rushed, "line-3") == MONDAY + HOUR + DAY
    assert next(unit.weight for unit in rushed.units if unit.line == "line-3") == 9
    assert sign_of(rushed, "line-4") == (sign_of(before, "line-4") or 0) + DAY
    assert rushed.weights.setup == 7


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (ExtraShift("night", 0, 1), "no calendar 'night': day"),
        (ExtraShift("day", 5, 5), "end after it begins"),
        (MachineDown("laser-9", 0, 1), "no machine 'laser-9'"),
        (MovedStop("laser-1", 0, 1), "no planned stop"),
        (ExtraMachine("laser-9"), "no machine 'laser-9'"),
        (Speed("laser-1", 0), "at least 1 %"),
        (ExtraOperator("bob"), "no operator 'bob': none at all"),
        (MoreMaterial("gold", 1, 0), "no material 'gold'"),
        (MoreMaterial("oak", 0, 0), "at least 1"),
        (LateMaterial("oak", 5), "still to arrive"),
        (Demand(-1), "0 to 1000"),
        (Demand(50, "Boat"), "Nothing of Boat"),
        (Promise("line-99", 0), "not to be planned"),
        (Price("colour", 1), "no weight 'colour': tardiness"),
        (Price("setup", -1), "0 or more"),
    ],
)
def test_a_change_that_cannot_be_is_refused(change: Change, text: str) -> None:
    with pytest.raises(BadChange, match=text):
        changed(question(), [change])
