"""No more material is used than there is, from lots that are here then."""

from collections import Counter
from collections.abc import Iterator

from production.engine.certificate.case import Case
from production.engine.certificate.findings import Breach, clock
from production.engine.proposal import LotUse, Run
from production.engine.shop import Lot


def check(case: Case) -> Iterator[Breach]:
    uses = [_uses(case, run) for run in case.proposal.runs]
    yield from _sums(case, uses)
    lots = {
        (stock.material, lot.code): lot for stock in case.shop.materials if stock.lots for lot in stock.lots
    }
    by_lots = {stock.material for stock in case.shop.materials if stock.lots}
    taken: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], Run] = {}
    for run, used in zip(case.proposal.runs, uses, strict=True):
        for use in run.lots:
            taken[use.material, use.lot] += use.quantity
            last[use.material, use.lot] = run
        yield from _lots_of_run(case, run, used, lots, by_lots)
    for (material, code), quantity in taken.items():
        lot = lots.get((material, code))
        if lot is not None and quantity > lot.quantity:
            text = f"{quantity} of lot {code} of {material} are used, it has {lot.quantity}."
            yield case.of_run("lot-overbooked", last[material, code], text, name=f"{material} {code}")
    yield from _one_lot_an_order(case)


def _uses(case: Case, run: Run) -> Counter[str]:
    """What a run uses of each material; a left-over comes from no stock."""
    used = Counter(sheet.material for sheet in run.sheets if not sheet.offcut)
    for name in run.units:
        unit = case.units.get(name)
        for use in unit.materials if unit else ():
            used[use.material] += use.quantity
    return used


def _sums(case: Case, uses: list[Counter[str]]) -> Iterator[Breach]:
    claimed: Counter[str] = Counter()
    for claim in case.problem.claims:
        claimed[claim.material] += claim.quantity
    needed = Counter(claimed)
    for used in uses:
        needed.update(used)
    for material, quantity in sorted(needed.items()):
        stock = case.stocks.get(material)
        if stock is None:
            yield Breach("material-unknown", material, "The shop does not keep it.")
            continue
        # What lots bring later counts too; when, is a matter of each run.
        free = sum(lot.quantity for lot in stock.lots) if stock.lots else stock.on_hand
        if quantity > max(free, claimed[material]):
            text = f"{quantity} needed, {claimed[material]} of it by pinned runs; {free} free."
            yield Breach("material-overbooked", material, text)


def _lots_of_run(
    case: Case, run: Run, used: Counter[str], lots: dict[tuple[str, str], Lot], by_lots: set[str]
) -> Iterator[Breach]:
    given: Counter[str] = Counter()
    for use in run.lots:
        given[use.material] += use.quantity
        lot = lots.get((use.material, use.lot))
        name = f"{use.material} {use.lot}"
        if use.quantity < 1:
            yield case.of_run("lot-sum", run, f"{use.quantity} of lot {use.lot} is no quantity.", name=name)
        if lot is None:
            yield case.of_run("lot-unknown", run, f"{use.material} has no lot {use.lot}.", name=name)
            continue
        yield from _in_time(case, run, use, lot)
    for material in by_lots:
        if used[material] != given[material]:
            text = f"The run uses {used[material]} of {material}, its lots are {given[material]}."
            yield case.of_run("lot-sum", run, text, name=material)


def _in_time(case: Case, run: Run, use: LotUse, lot: Lot) -> Iterator[Breach]:
    mine = [case.proposal.operations[number] for number in case.operations_of.get(run.id, ())]
    if not mine:
        return
    first, last = min(mine, key=lambda o: o.start), max(mine, key=lambda o: o.end)
    if first.start < lot.available_at:
        text = f"Lot {lot.code} of {use.material} is here from {clock(lot.available_at)}."
        yield case.of_operation("lot-too-early", first, text, at=first.start)
    if lot.expires_at is not None and last.end > lot.expires_at:
        text = f"Lot {lot.code} of {use.material} is good until {clock(lot.expires_at)}."
        yield case.of_operation("lot-expired", last, text, at=last.end)


def _one_lot_an_order(case: Case) -> Iterator[Breach]:
    """Units that ask for it take each material from one lot an order. What a sheet holds cannot be told
    apart by order: all sheets of their runs come from that lot."""
    # By order and material: the lots, and the runs that take them.
    found: dict[tuple[str, str], dict[str, Run]] = {}
    by_lots = {stock.material for stock in case.shop.materials if stock.lots}
    for run in case.proposal.runs:
        if not run.lots:
            continue
        asked: dict[str, Counter[str]] = {}
        for name in run.units:
            unit = case.units.get(name)
            if unit is None or not unit.same_lot:
                continue
            of_order = asked.setdefault(unit.order, Counter())
            for used in unit.materials:
                if used.material in by_lots:
                    of_order[used.material] += used.quantity
        sheets = any(not sheet.offcut for sheet in run.sheets) and run.key.material in by_lots
        for order, wanted in asked.items():
            if sheets:
                lots = {use.lot: run for use in run.lots if use.material == run.key.material}
                found.setdefault((order, run.key.material), {}).update(lots)
            for material, quantity in wanted.items():
                named = [use for use in run.lots if use.material == material and use.order == order]
                found.setdefault((order, material), {}).update({use.lot: run for use in named})
                if material != run.key.material and sum(use.quantity for use in named) != quantity:
                    text = f"{order} takes {quantity} of {material} from one lot; the run says otherwise."
                    yield case.of_run("lot-mixed", run, text, name=f"{order} {material}")
    for (order, material), lots in found.items():
        if len(lots) > 1:
            text = f"{order} takes {material} from one lot, not from {', '.join(sorted(lots))}."
            yield case.of_run("lot-mixed", lots[max(lots)], text, name=f"{order} {material}")
