"""Parts on as few sheets as we can: several orders and rules, then ruin and recreate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from production.engine.kernels import ints, zeros
from production.engine.nesting.maxrects import Free, Open, Placed
from production.engine.nesting.packing import MOST, RULES, WORK, fill, open_sheet, put, sort_down
from production.engine.nesting.ruin import improve

# So many sheets, the last ones opened, are looked at for an item while all are laid once.
WINDOW = 60
# Beyond so many items one order and rule has to do: the time grows with items times window.
TRIED_IN_ALL_WAYS = 400
# Ruin and recreate works on so many sheets at a time, the emptiest of them.
TOGETHER = 40


class Item(NamedTuple):
    """A part to lay: ``number`` is the caller's, lengths in micrometres."""

    number: int
    width: int
    height: int
    may_rotate: bool


class SheetSize(NamedTuple):
    """A sheet with a margin that stays free on all sides and a gap between any two parts."""

    width: int
    height: int
    margin: int
    gap: int

    def opened(self) -> Open:
        """The empty sheet. Parts are laid with their gap to the right and above, so the usable area is
        a gap larger than it is."""
        return (
            Free(
                self.margin,
                self.margin,
                self.width - self.margin + self.gap,
                self.height - self.margin + self.gap,
            ),
        )


class TooLarge(ValueError):
    """Parts larger than the usable area of a sheet; ``items`` are all of them."""

    def __init__(self, items: tuple[Item, ...]) -> None:
        super().__init__(f"{len(items)} parts are larger than the sheet")
        self.items = items


def largest_fits(item: Item, sheet: SheetSize) -> bool:
    """Whether the part fits on an empty sheet."""
    width, height = sheet.width - 2 * sheet.margin, sheet.height - 2 * sheet.margin
    return (item.width <= width and item.height <= height) or (
        item.may_rotate and item.height <= width and item.width <= height
    )


def area_bound(items: Sequence[Item], sheet: SheetSize) -> int:
    """No nest has fewer sheets: the area with gaps over the usable area, rounded up."""
    width, height = _usable(sheet)
    return -(-sum((item.width + sheet.gap) * (item.height + sheet.gap) for item in items) // (width * height))


def lower_bound(items: Sequence[Item], sheet: SheetSize) -> int:
    """No nest has fewer sheets: by area, or as many as there are items of which no two share a sheet."""
    width, height = _usable(sheet)
    alone = sum(_is_alone(item, sheet, width, height) for item in items)
    return max(area_bound(items, sheet), alone)


def _usable(sheet: SheetSize) -> tuple[int, int]:
    gap = sheet.gap - 2 * sheet.margin
    return sheet.width + gap, sheet.height + gap


def _is_alone(item: Item, sheet: SheetSize, width: int, height: int) -> bool:
    """Longer than half the sheet both ways: two such items overlap wherever they lie."""
    across, along = item.width + sheet.gap, item.height + sheet.gap
    if item.may_rotate:
        return 2 * min(across, along) > max(width, height)
    return 2 * across > width and 2 * along > height


Nest = list[list[tuple[Item, Placed]]]

ORDERS: tuple[Callable[[Item], int], ...] = (
    lambda item: item.width * item.height,
    lambda item: max(item.width, item.height),
    lambda item: min(item.width, item.height),
)


def nest(
    items: Sequence[Item],
    sheet: SheetSize,
    *,
    rounds: int = 0,
    seed: int = 0,
    enough: int = 0,
    ways: int | None = None,
) -> Nest:
    """All items on sheets, one list a sheet. Fewest sheets first, then the emptiest last sheet.

    ``ways`` (all) orders and rules are tried, until one takes at most ``enough`` sheets. ``rounds`` of ruin
    and recreate follow where more were taken than that and than ``lower_bound``. Raises ``TooLarge``.
    Deterministic: it depends on the arguments only.
    """
    if too_large := tuple(item for item in items if not largest_fits(item, sheet)):
        raise TooLarge(too_large)
    if not items:
        return []
    bound = lower_bound(items, sheet)
    enough = max(enough, bound)
    best: _Packing | None = None
    for order, rule in _ways(len(items))[:ways]:
        tried = _filled(items, sheet, bound, order, rule)
        if best is None or tried.quality < best.quality:
            best = tried
        if best.sheets <= enough:
            break
    assert best is not None
    found = best.read()
    return found if len(found) <= enough or rounds < 1 else _fewer(found, sheet, rounds, seed)


def _filled(
    items: Sequence[Item], sheet: SheetSize, bound: int, order: Callable[[Item], int], rule: int
) -> _Packing:
    room = bound + bound // 4 + 4
    while True:
        packing = _Packing(items, sheet, room)
        if packing.fill(order, rule):
            return packing
        room *= 2


def _fewer(found: Nest, sheet: SheetSize, rounds: int, seed: int) -> Nest:
    """The emptiest sheets laid again on fewer, where that is found; the fuller ones stay."""
    by_area = sorted(found, key=lambda laid: -sum(item.width * item.height for item, _ in laid))
    kept, again = by_area[:-TOGETHER], by_area[-TOGETHER:]
    packing = _Packing([item for laid in again for item, _ in laid], sheet, len(again))
    packing.lay(again)
    packing.improve(rounds, seed)
    return kept + packing.read()


def _ways(count: int) -> list[tuple[Callable[[Item], int], int]]:
    if count > TRIED_IN_ALL_WAYS:
        return [(ORDERS[1], 0), (ORDERS[2], 3)]
    # 3 and 4 have no common divisor: each order meets each rule, and the first few are all different.
    return [(ORDERS[k % len(ORDERS)], k % RULES) for k in range(len(ORDERS) * RULES)]


class _Packing:
    """The arrays of the kernels (``packing``) for these items, and how to read them."""

    def __init__(self, items: Sequence[Item], sheet: SheetSize, room: int) -> None:
        self.of, self.size, self.sheets = items, sheet, 0
        gap = sheet.gap
        self.items = ints(
            number
            for item in items
            for number in (
                item.width + gap,
                item.height + gap,
                int(item.may_rotate and item.width != item.height),
            )
        )
        self.opened = ints(edge for free in sheet.opened() for edge in free)
        self.place, self.work = zeros(4 * len(items)), zeros(WORK)
        self.free, self.count = zeros(4 * MOST * room), zeros(room)

    def fill(self, size: Callable[[Item], int], rule: int) -> bool:
        """Lay all items, the largest first; False where there is not room for as many sheets."""
        order = ints(range(len(self.of)))
        sort_down(order, len(self.of), ints(size(item) for item in self.of))
        self.sheets = fill(
            order, rule, WINDOW, self.items, self.place, self.free, self.count, self.opened, self.work
        )
        return self.sheets >= 0

    def lay(self, nest: Nest) -> None:
        """Lay the items, in their order, as they lie in ``nest``."""
        self.sheets = len(nest)
        item = 0
        for number, laid in enumerate(nest):
            open_sheet(number, self.free, self.count, self.opened)
            for _, at in laid:
                put(
                    item, number, at.x, at.y, int(at.rotated),
                    self.items, self.place, self.free, self.count, self.work,
                )  # fmt: skip
                item += 1

    def improve(self, rounds: int, seed: int) -> None:
        """Ruin and recreate for so many rounds, down to the bound."""
        best, room = zeros(len(self.place)), max(len(self.of), self.sheets)
        self.sheets = improve(
            self.sheets,
            lower_bound(self.of, self.size),
            rounds,
            self.items,
            self.place,
            self.free,
            self.count,
            self.opened,
            self.work,
            zeros(room),
            zeros(room),
            ints([seed & 0x7FFFFFFF]),
            best,
            zeros(len(self.free)),
            zeros(len(self.count)),
            zeros(len(self.place)),
            zeros(len(self.count)),
        )
        self.place = best

    @property
    def quality(self) -> tuple[int, int]:
        """Few sheets, and little on the last one."""
        last = sum(
            item.width * item.height
            for number, item in enumerate(self.of)
            if self.place[4 * number] == self.sheets - 1
        )
        return self.sheets, last

    def read(self) -> Nest:
        sheets: Nest = [[] for _ in range(self.sheets)]
        for number, item in enumerate(self.of):
            sheet, x, y, turned = (int(value) for value in self.place[4 * number : 4 * number + 4])
            sheets[sheet].append((item, Placed(x, y, bool(turned))))
        return sheets
