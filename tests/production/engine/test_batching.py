"""What may be in a run together, on which sheets and offcuts, and from which lots."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.batching import form_runs, nest_again
from production.engine.proposal import Limits, Run, Sheet, Unplanned
from production.engine.routing import key_of, sheet_size
from production.engine.shop import Lot, Machine, Offcut, Shop, Stock, WorkCentre
from production.engine.work import Step, Unit
from tests.workshops import DAY, HOUR, MONDAY, sign, sign_shop

OVEN = WorkCentre("oven", "Oven", "batch", "cure", 600, capacity=8)


def with_oven(*capacities: int) -> Shop:
    shop = sign_shop()
    ovens = tuple(
        Machine(f"oven-{n}", "oven", 0, 0, 0, 0, 100, "day", "", capacity=capacity)
        for n, capacity in enumerate(capacities, start=1)
    )
    return replace(shop, work_centres=(*shop.work_centres, OVEN), machines=(*shop.machines, *ovens))


def cured(number: int, *, load: int = 1) -> Unit:
    """A small sign that is cured for an hour after the laser."""
    unit = sign(number, width=60, height=40, finish=None)
    return replace(unit, routing=(unit.routing[0], Step(20, "oven", "140", HOUR, load=load), unit.routing[1]))


def with_stock(shop: Shop, *stocks: Stock) -> Shop:
    named = {stock.material: stock for stock in stocks}
    return replace(shop, materials=tuple(named.get(stock.material, stock) for stock in shop.materials))


def codes(answered: list[Unplanned]) -> dict[str, str]:
    return {each.unit: each.code for each in answered}


def loads(run: Run, units: list[Unit]) -> int:
    by_id = {unit.id: unit for unit in units}
    return sum(step.load for name in run.units for step in by_id[name].routing if step.work_centre == "oven")


# --- capacity ---------------------------------------------------------------------------------------------


def test_a_run_fits_one_load_of_the_smallest_oven_that_takes_it() -> None:
    units = [cured(n) for n in range(20)]
    runs, answered = form_runs(units, with_oven(8, 6))
    assert not answered
    assert [loads(run, units) for run in runs] == [6, 6, 6, 2]


def test_an_oven_too_small_for_one_unit_does_not_count() -> None:
    units = [cured(n, load=3) for n in range(6)]
    runs, _ = form_runs(units, with_oven(8, 2))
    assert [loads(run, units) for run in runs] == [6, 6, 6]


def test_hours_in_an_oven_are_not_added_up() -> None:
    runs, _ = form_runs([cured(n) for n in range(8)], with_oven(8), limits=Limits(max_seconds=2 * HOUR))
    assert len(runs) == 1


# --- together ---------------------------------------------------------------------------------------------


def test_what_ships_with_something_that_lacks_material_is_not_planned() -> None:
    shop = with_stock(sign_shop(), Stock("walnut", 0, "sheet", 600_000, 400_000))
    units = [
        replace(sign(1), together="box"),
        replace(sign(2, material="walnut"), together="box"),
        sign(3),
    ]
    runs, answered = form_runs(units, shop)
    assert [run.units for run in runs] == [("sign-3",)]
    assert codes(answered) == {"sign-1": "together", "sign-2": "material-short"}


def test_material_of_a_shipment_that_falls_out_goes_to_others() -> None:
    shop = with_stock(
        sign_shop(), Stock("walnut", 0, "sheet", 600_000, 400_000), Stock("oil", 6, "ml"),
    )  # fmt: skip
    units = [
        replace(sign(1, due=MONDAY + DAY), together="box"),
        replace(sign(2, material="walnut", finish=None), together="box"),
        sign(3),
    ]
    runs, answered = form_runs(units, shop)
    assert [run.units for run in runs] == [("sign-3",)]
    assert codes(answered) == {"sign-1": "together", "sign-2": "material-short"}


def test_a_shipment_is_taken_wholly_or_later() -> None:
    units = [sign(1, due=MONDAY + DAY), *(replace(sign(n), together="box") for n in (2, 3))]
    runs, answered = form_runs(units, sign_shop(), limits=Limits(max_units=2))
    assert [run.units for run in runs] == [("sign-1",)]
    assert codes(answered) == {"sign-2": "together", "sign-3": "later"}


# --- lots -------------------------------------------------------------------------------------------------


def lots_of(runs: list[Run], material: str) -> Counter[str]:
    used: Counter[str] = Counter()
    for run in runs:
        used.update({use.lot: use.quantity for use in run.lots if use.material == material})
    return used


def oil(*lots: Lot) -> Shop:
    here = sum(lot.quantity for lot in lots if lot.available_at <= MONDAY)
    return with_stock(sign_shop(), Stock("oil", here, "ml", lots=lots))


def test_what_expires_first_is_used_first() -> None:
    shop = oil(Lot("a", 100, expires_at=MONDAY + 30 * DAY), Lot("b", 10, expires_at=MONDAY + 9 * DAY))
    runs, answered = form_runs([sign(1), sign(2)], shop)
    assert not answered
    assert lots_of(runs, "oil") == {"b": 10, "a": 2}


def test_expired_material_is_not_used() -> None:
    shop = oil(Lot("gone", 100, expires_at=MONDAY), Lot("good", 6))
    runs, answered = form_runs([sign(1), sign(2)], shop)
    assert codes(answered) == {"sign-2": "material-short"}
    assert lots_of(runs, "oil") == {"good": 6}


def test_who_waits_for_material_keeps_nobody_waiting() -> None:
    shop = oil(Lot("here", 12), Lot("comes", 100, available_at=MONDAY + 2 * DAY))
    runs, answered = form_runs([sign(n) for n in range(5)], shop)
    assert not answered
    assert [lots_of([run], "oil") for run in runs] == [{"here": 12}, {"comes": 18}]


def test_sheets_that_are_here_are_not_kept_waiting_by_those_that_come() -> None:
    lots = (Lot("here", 2), Lot("comes", 9, available_at=MONDAY + DAY))
    shop = with_stock(sign_shop(), Stock("oak", 2, "sheet", 600_000, 400_000, lots))
    runs, answered = form_runs([sign(n, width=500, height=300, finish=None) for n in range(5)], shop)
    assert not answered
    assert [lots_of([run], "oak") for run in runs] == [{"here": 2}, {"comes": 3}]


def test_an_order_takes_its_material_from_one_lot() -> None:
    shop = oil(Lot("a", 10), Lot("b", 13))
    units = [replace(sign(n, order="calm"), same_lot=True) for n in (1, 2)]
    runs, answered = form_runs([*units, sign(3)], shop)
    assert codes(answered) == {}
    (run,) = runs
    assert {(use.lot, use.quantity, use.order) for use in run.lots} == {("b", 12, "calm"), ("a", 6, "")}


def test_an_order_that_no_lot_holds_is_short() -> None:
    units = [replace(sign(n, order="calm"), same_lot=True) for n in (1, 2)]
    runs, answered = form_runs([*units, sign(3)], oil(Lot("a", 10), Lot("b", 11)))
    assert codes(answered) == {"sign-1": "material-short", "sign-2": "material-short"}
    assert "takes its 12 ml from one lot" in answered[0].text
    assert [run.units for run in runs] == [("sign-3",)]


def test_sheets_of_one_lot_are_not_shared_with_other_orders() -> None:
    lots = (Lot("a", 1), Lot("b", 4))
    shop = with_stock(sign_shop(), Stock("oak", 5, "sheet", 600_000, 400_000, lots))
    calm = [replace(sign(n, width=500, height=300, order="calm", finish=None), same_lot=True) for n in (1, 2)]
    runs, answered = form_runs([*calm, sign(3, finish=None)], shop)
    assert not answered
    assert {run.units: lots_of([run], "oak") for run in runs} == {
        ("sign-1", "sign-2"): {"b": 2},
        ("sign-3",): {"a": 1},
    }


# --- offcuts ----------------------------------------------------------------------------------------------


def with_offcuts(*offcuts: Offcut) -> Shop:
    return replace(sign_shop(), offcuts=offcuts)


def offcuts_of(run: Run) -> list[str]:
    return [sheet.offcut for sheet in run.sheets]


def test_an_offcut_takes_the_place_of_a_sheet() -> None:
    shop = with_offcuts(Offcut("large", "oak", 400_000, 300_000), Offcut("small", "oak", 250_000, 150_000))
    (run,), _ = form_runs([sign(1)], shop)
    assert offcuts_of(run) == ["small"]
    assert run.why == (
        "1 piece of 1 order (Sign) share 1 offcut of oak, 64 % used, and one set-up, oak, at laser."
    )


def test_an_offcut_that_saves_no_sheet_stays() -> None:
    shop = with_offcuts(Offcut("small", "oak", 250_000, 150_000), Offcut("other", "walnut", 600_000, 400_000))
    (run,), _ = form_runs([sign(n, width=290, height=190) for n in range(4)], shop)
    assert offcuts_of(run) == [""]


def test_some_parts_on_an_offcut_save_a_sheet() -> None:
    shop = with_offcuts(Offcut("small", "oak", 305_000, 205_000))
    (run,), _ = form_runs([sign(n, width=290, height=190) for n in range(9)], shop)
    assert sorted(offcuts_of(run)) == ["", "", "small"]


def test_an_offcut_is_used_once() -> None:
    shop = with_offcuts(Offcut("one", "oak", 250_000, 150_000))
    units = [
        sign(1),
        replace(sign(2), routing=(Step(10, "laser", "deep", 99), Step(30, "packing", "any", 9))),
    ]
    runs, _ = form_runs(units, shop)
    assert sorted(name for run in runs for name in offcuts_of(run)) == ["", "one"]


def test_nothing_lies_on_a_defect() -> None:
    knot = Offcut("knot", "oak", 600_000, 400_000, defects=((200_000, 0, 30_000, 400_000),))
    shop = with_stock(with_offcuts(knot), Stock("oak", 0, "sheet", 600_000, 400_000))
    (run,), answered = form_runs([sign(n, width=190, height=190) for n in range(4)], shop)
    (sheet,) = run.sheets
    assert (sheet.offcut, codes(answered)) == ("knot", {})
    assert all(p.x_um + p.width_um <= 200_000 or p.x_um >= 230_000 for p in sheet.placements)


def test_offcuts_serve_where_no_sheet_is_left() -> None:
    shop = with_stock(
        with_offcuts(Offcut("a", "oak", 250_000, 150_000), Offcut("b", "oak", 250_000, 150_000)),
        Stock("oak", 0, "sheet", 600_000, 400_000),
    )
    runs, answered = form_runs([sign(1), sign(2), sign(3)], shop)
    assert [sorted(offcuts_of(run)) for run in runs] == [["a", "b"]]
    assert codes(answered) == {"sign-3": "material-short"}


def test_a_run_formed_again_uses_offcuts_too() -> None:
    shop = with_offcuts(Offcut("small", "oak", 250_000, 150_000))
    run = nest_again([sign(1)], shop, key=key_of(sign(1), shop), run_id="r")
    assert offcuts_of(run) == ["small"]
    run = nest_again([sign(1)], shop, key=key_of(sign(1), shop), run_id="r", offcuts=())
    assert offcuts_of(run) == [""]


# --- whatever the demand ----------------------------------------------------------------------------------

units_of_any_kind = st.lists(
    st.tuples(
        st.integers(30, 590),
        st.integers(30, 390),
        st.one_of(st.none(), st.integers(0, 12)),
        st.integers(1, 4),
        st.sampled_from("abc"),
        st.sampled_from(["", "", "", "x", "y"]),
        st.booleans(),
        st.sampled_from(["oil", None]),
    ),
    max_size=24,
)
any_lots = st.lists(
    st.builds(
        Lot,
        st.uuids().map(str),
        st.integers(0, 40),
        st.integers(MONDAY - DAY, MONDAY + 5 * DAY),
        st.one_of(st.none(), st.integers(MONDAY - HOUR, MONDAY + 30 * DAY)),
    ),
    max_size=4,
)
any_offcuts = st.lists(
    st.tuples(
        st.integers(60, 600),
        st.integers(60, 400),
        st.lists(st.tuples(*(st.integers(1, 150) for _ in range(4))), max_size=2),
    ),
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(units_of_any_kind, any_lots, any_lots, any_offcuts)
def test_any_runs_hold_what_they_promise(
    wanted: list[tuple[int, int, int | None, int, str, str, bool, str | None]],
    sheet_lots: list[Lot],
    oil_lots: list[Lot],
    pieces: list[tuple[int, int, list[tuple[int, int, int, int]]]],
) -> None:
    units = []
    for n, (width, height, due, load, order, together, same, finish) in enumerate(wanted):
        unit = sign(
            n,
            width=width,
            height=height,
            due=None if due is None else MONDAY + due * DAY,
            order=order,
            finish=finish,
        )
        routing = (*unit.routing[:-1], Step(25, "oven", "140", HOUR, load=load), unit.routing[-1])
        units.append(replace(unit, routing=routing, together=together, same_lot=same))
    shop = with_stock(with_oven(8, 5), stock_of("oak", sheet_lots), stock_of("oil", oil_lots))
    offcuts = tuple(
        Offcut(f"cut-{n}", "oak", width * 1000, height * 1000, tuple(map(in_um, defects)))
        for n, (width, height, defects) in enumerate(pieces)
    )
    shop = replace(shop, offcuts=offcuts)
    runs, answered = form_runs(units, shop)
    assert sorted([*(u for run in runs for u in run.units), *(a.unit for a in answered)]) == sorted(
        unit.id for unit in units
    )
    assert (runs, answered) == form_runs(units, shop), "the same again"
    by_id = {unit.id: unit for unit in units}
    out = {each.unit for each in answered}
    for name in "xy":
        assert len({unit.id in out for unit in units if unit.together == name}) <= 1
    used = [sheet.offcut for run in runs for sheet in run.sheets if sheet.offcut]
    assert len(used) == len(set(used))
    for run in runs:
        assert loads(run, units) <= 8
        laid = Counter(p.unit for sheet in run.sheets for p in sheet.placements)
        assert laid == Counter(run.units)
        for sheet in run.sheets:
            check_sheet(sheet, run, shop)
        check_lots(run, by_id, shop)
    for material, lots in (("oak", sheet_lots), ("oil", oil_lots)):
        taken = lots_of(runs, material)
        assert all(taken[lot.code] <= lot.quantity for lot in lots)
    lots_by_order: dict[tuple[str, str], set[str]] = {}
    for run in runs:
        for use in run.lots:
            if use.order:
                lots_by_order.setdefault((use.material, use.order), set()).add(use.lot)
    assert all(len(found) == 1 for found in lots_by_order.values())


def in_um(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    x, y, width, height = box
    return x * 1000, y * 1000, width * 1000, height * 1000


def stock_of(material: str, lots: list[Lot]) -> Stock:
    """By lots, or plenty where there are none."""
    here = sum(lot.quantity for lot in lots if lot.available_at <= MONDAY) if lots else 300
    size = (600_000, 400_000) if material == "oak" else (0, 0)
    return Stock(material, here, "piece", *size, tuple(lots))


def check_sheet(sheet: Sheet, run: Run, shop: Shop) -> None:
    size = sheet_size(run.key, shop)
    offcut = next((each for each in shop.offcuts if each.code == sheet.offcut), None)
    expected = (offcut.width_um, offcut.height_um) if offcut else (size.width, size.height)
    assert (sheet.width_um, sheet.height_um) == expected
    boxes = [(p.x_um, p.y_um, p.x_um + p.width_um, p.y_um + p.height_um) for p in sheet.placements]
    assert boxes
    for n, (left, bottom, right, top) in enumerate(boxes):
        assert min(left, bottom) >= size.margin
        assert right <= sheet.width_um - size.margin and top <= sheet.height_um - size.margin
        for other in boxes[n + 1 :]:
            assert (
                right + size.gap <= other[0]
                or other[2] + size.gap <= left
                or top + size.gap <= other[1]
                or other[3] + size.gap <= bottom
            )
        for x, y, width, height in offcut.defects if offcut else ():
            assert right <= x or x + width <= left or top <= y or y + height <= bottom


def check_lots(run: Run, units: dict[str, Unit], shop: Shop) -> None:
    needs: Counter[str] = Counter(s.material for s in run.sheets if not s.offcut)
    for name in run.units:
        needs.update({use.material: use.quantity for use in units[name].materials})
    given: Counter[str] = Counter()
    for use in run.lots:
        given[use.material] += use.quantity
        lot = next(lot for lot in shop.stock[use.material].lots if lot.code == use.lot)
        assert lot.expires_at is None or lot.expires_at > MONDAY
    assert given == +Counter({m: n for m, n in needs.items() if shop.stock[m].lots})
