"""Which lots a run takes its material from.

What is here is used before what is to arrive; of that, what expires first among what lasts long enough
(first expired, first out). An order that asks for it takes each material from one lot, in all its runs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from production.engine.proposal import LotUse, Run
from production.engine.shop import Lot, Shop
from production.engine.work import Unit

# A lot that expires sooner than this is used where no other does: the work might come too late for it.
LASTS = 48 * 3600


def usable(lots: Sequence[Lot], now: int) -> list[Lot]:
    """Those that are not expired, in the order in which they are there."""
    lasting = (lot for lot in lots if lot.expires_at is None or lot.expires_at > max(now, lot.available_at))
    return sorted(lasting, key=lambda lot: (max(lot.available_at, now), lot.expires_at or 1 << 62, lot.code))


class Arrivals:
    """When so much of a material is there, if it is used in the order in which it arrives."""

    def __init__(self, lots: Sequence[Lot], now: int) -> None:
        self._lots = usable(lots, now)
        self._now = now
        self._until = list(accumulate(lot.quantity for lot in self._lots))

    @property
    def quantity(self) -> int:
        return self._until[-1] if self._until else 0

    def moment(self, used: int) -> int:
        """From when on ``used`` is there in all; 0 for at once."""
        number = bisect_left(self._until, used)
        at = self._lots[number].available_at if used > 0 and number < len(self._lots) else 0
        return at if at > self._now else 0

    def there(self, used: int) -> int:
        """How much more is there when a little more than ``used`` is."""
        at = self.moment(used + 1)
        return sum(lot.quantity for lot in self._lots if lot.available_at <= max(at, self._now)) - used


@dataclass(frozen=True)
class Allotted:
    """``failed`` are units for which no lots are found, and why; their runs are not in ``runs``."""

    runs: tuple[Run, ...]
    failed: Mapping[str, str]


def allot(
    runs: Sequence[Run],
    units: Mapping[str, Unit],
    shop: Shop,
    *,
    claims: Mapping[str, int] | None = None,
) -> Allotted:
    """The runs, in this order, with the lots of every material that is kept by lots."""
    store = _Store(shop, claims or {})
    if not store.left:
        return Allotted(tuple(runs), {})
    needs = [_needs(run, units, store) for run in runs]
    whole: Counter[tuple[str, str]] = Counter()
    for need in needs:
        for (material, order), quantity in need.items():
            if order:
                whole[material, order] += quantity
    failed: dict[str, str] = {}
    given: list[Run] = []
    for run, need in zip(runs, needs, strict=True):
        lots: list[LotUse] = []
        for (material, order), quantity in sorted(need.items()):
            taken = store.take(material, quantity, order=order, whole=whole[material, order])
            if taken is None:
                text = _text(material, quantity, order, whole[material, order], shop)
                failed.update((unit, text) for unit in _concerned(run, units, material, order))
            else:
                lots += taken
        if not any(unit in failed for unit in run.units):
            given.append(replace(run, lots=tuple(lots)))
    return Allotted(tuple(given), failed)


def is_apart(unit: Unit, shop: Shop) -> bool:
    """Whether its sheets have to come from one lot: then its order shares no sheets with others."""
    stock = shop.stock.get(unit.sheet_material) if unit.parts else None
    return unit.same_lot and stock is not None and bool(stock.lots)


class _Store:
    """What of the lots is still free while they are allotted."""

    def __init__(self, shop: Shop, claims: Mapping[str, int]) -> None:
        self.now = shop.now
        self.left = {
            stock.material: {lot: lot.quantity for lot in usable(stock.lots, shop.now)}
            for stock in shop.materials
            if stock.lots
        }
        self.of_order: dict[tuple[str, str], Lot] = {}
        for material, quantity in claims.items():
            for lot, free in self.left.get(material, {}).items():
                taken = min(free, quantity)
                self.left[material][lot] -= taken
                quantity -= taken

    def take(self, material: str, quantity: int, *, order: str, whole: int) -> list[LotUse] | None:
        """So much for a run; for an order from the one lot that holds the ``whole`` of what it needs."""
        left = self.left[material]
        if order:
            if (material, order) not in self.of_order:
                lot = next((lot for lot in sorted(left, key=self._rank) if left[lot] >= whole), None)
                if lot is None:
                    return None
                left[lot] -= whole
                self.of_order[material, order] = lot
            return [LotUse(material, self.of_order[material, order].code, quantity, order)]
        taken: list[LotUse] = []
        for lot in sorted(left, key=self._rank):
            share = min(left[lot], quantity)
            if share:
                taken.append(LotUse(material, lot.code, share))
                quantity -= share
        if quantity:
            return None
        for use in taken:
            lot = next(each for each in left if each.code == use.lot)
            left[lot] -= use.quantity
        return taken

    def _rank(self, lot: Lot) -> tuple[bool, int, int, str]:
        begin = max(lot.available_at, self.now)
        ends = lot.expires_at or 1 << 62
        return ends < begin + LASTS, begin, ends, lot.code


def _needs(run: Run, units: Mapping[str, Unit], store: _Store) -> Counter[tuple[str, str]]:
    """What the run uses of materials by lots: by material, and order where it takes one lot."""
    needs: Counter[tuple[str, str]] = Counter()
    members = [units[unit] for unit in run.units]
    for unit in members:
        for use in unit.materials:
            if use.material in store.left:
                needs[use.material, unit.order if unit.same_lot else ""] += use.quantity
    sheets = sum(not sheet.offcut for sheet in run.sheets)
    if sheets and run.key.material in store.left:
        order = next((unit.order for unit in members if unit.same_lot and unit.parts), "")
        needs[run.key.material, order] += sheets
    return needs


def _concerned(run: Run, units: Mapping[str, Unit], material: str, order: str) -> list[str]:
    """Who cannot be made without it."""
    return [
        unit
        for unit in run.units
        if (not order or units[unit].order == order)
        and (
            (units[unit].parts and run.key.material == material)
            or any(use.material == material for use in units[unit].materials)
        )
    ]


def _text(material: str, quantity: int, order: str, whole: int, shop: Shop) -> str:
    unit = shop.stock[material].unit
    if order:
        return (
            f"Not enough material. {material}: order {order} takes its {whole} {unit} from one lot, "
            "and no lot has as much left."
        )
    return f"Not enough material. {material}: {quantity} {unit} more needed, less is left in lots."
