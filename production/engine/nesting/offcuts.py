"""Left-over pieces of sheets: used again where that saves a sheet, and what of a sheet is worth keeping.

Positions are from the lower left corner of the piece; lengths in micrometres.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from production.engine.nesting.maxrects import Free, Open, Placed, fit, without
from production.engine.nesting.nest import Item, Nest, SheetSize, nest
from production.engine.outlines import Box
from production.engine.shop import Offcut

# So many offcuts, the largest of those on which a part lies, are tried in place of a sheet.
TRIED = 6
# Of ruin and recreate for what does not lie on them.
ROUNDS = 60


@dataclass
class Piece:
    """A sheet (``offcut`` None) or an offcut with what lies on it."""

    offcut: Offcut | None
    items: list[tuple[Item, Placed]]


def opened(offcut: Offcut, sheet: SheetSize) -> Open:
    """What is free on the offcut with the margin and gap of ``sheet``; nothing lies on its defects.

    Parts are laid with their gap to the right and above (``SheetSize.opened``). A defect needs no gap, so a
    part may end with its gap that much inside it.
    """
    whole = SheetSize(offcut.width_um, offcut.height_um, sheet.margin, sheet.gap).opened()
    free = tuple(each for each in whole if each.left < each.right and each.bottom < each.top)
    for x, y, width, height in offcut.defects:
        free = without(free, x + sheet.gap, y + sheet.gap, x + width, y + height)
    return free


def save_sheets(sheets: Nest, size: SheetSize, offcuts: Sequence[Offcut]) -> list[Piece]:
    """The nest with as many sheets as can be replaced by offcuts replaced, each offcut once.

    First the emptiest sheet is laid on offcuts as a whole; then offcuts are filled with the largest parts
    that they take and the others nested again. Deterministic.
    """
    if not offcuts or not sheets:
        return [Piece(None, sheet) for sheet in sheets]
    left = sorted(offcuts, key=lambda each: (each.width_um * each.height_um, each.code))
    items = [item for sheet in sheets for item, _ in sheet]
    left = [each for each in left if _takes_one(each, items, size)]
    pieces: list[Piece] = []
    while left and sheets and (found := _emptiest_on(sheets, size, left) or _refilled(sheets, size, left)):
        on_offcuts, sheets = found
        pieces += on_offcuts
        gone = {piece.offcut.code for piece in on_offcuts if piece.offcut}
        left = [each for each in left if each.code not in gone]
    return [Piece(None, sheet) for sheet in sheets] + pieces


def _takes_one(offcut: Offcut, items: Sequence[Item], size: SheetSize) -> bool:
    free = opened(offcut, size)
    smallest = sorted(items, key=lambda item: item.width * item.height)[:TRIED]
    return any(_fits(item, free, size) for item in smallest)


def _fits(item: Item, free: Open, size: SheetSize) -> bool:
    width, height = item.width + size.gap, item.height + size.gap
    return fit(free, width, height, may_rotate=item.may_rotate) is not None


def _emptiest_on(sheets: Nest, size: SheetSize, offcuts: Sequence[Offcut]) -> tuple[list[Piece], Nest] | None:
    """The emptiest sheet on the smallest offcut that takes it all, else on several; None if it is on none."""
    emptiest = min(range(len(sheets)), key=lambda n: (_area(item for item, _ in sheets[n]), -n))
    items = [item for item, _ in sheets[emptiest]]
    need = _area(items)
    for chosen in [*([each] for each in offcuts if need <= _offcut_area(each)), offcuts[::-1][:TRIED]]:
        laid, loose = _laid_on(chosen, items, size)
        if not loose:
            return laid, sheets[:emptiest] + sheets[emptiest + 1 :]
    return None


def _refilled(sheets: Nest, size: SheetSize, offcuts: Sequence[Offcut]) -> tuple[list[Piece], Nest] | None:
    """Some offcuts, the largest first, filled with what they take, and the others on a sheet less."""
    items = [item for sheet in sheets for item, _ in sheet]
    area = _area(items)
    room = (len(sheets) - 1) * size.width * size.height
    for count in range(1, min(len(offcuts), TRIED) + 1):
        chosen = offcuts[::-1][:count]
        if area > room + sum(map(_offcut_area, chosen)):
            continue
        laid, loose = _laid_on(chosen, items, size)
        again = nest(sorted(loose), size, rounds=ROUNDS, enough=len(sheets) - 1)
        if len(again) < len(sheets):
            return laid, again
    return None


def _laid_on(
    offcuts: Sequence[Offcut], items: Sequence[Item], size: SheetSize
) -> tuple[list[Piece], list[Item]]:
    """The largest items first on the offcuts, in their order, where they fit; and those that do not."""
    pieces = [Piece(offcut, []) for offcut in offcuts]
    free = [opened(offcut, size) for offcut in offcuts]
    loose = []
    for item in sorted(items, key=lambda item: (-item.width * item.height, item)):
        width, height = item.width + size.gap, item.height + size.gap
        for number, state in enumerate(free):
            if (found := fit(state, width, height, may_rotate=item.may_rotate)) is not None:
                place, free[number] = found
                pieces[number].items.append((item, place))
                break
        else:
            loose.append(item)
    return [piece for piece in pieces if piece.items], loose


def _area(items: Iterable[Item]) -> int:
    return sum(item.width * item.height for item in items)


def _offcut_area(offcut: Offcut) -> int:
    return offcut.width_um * offcut.height_um


def remnant(
    *, width_um: int, height_um: int, gap_um: int, taken: Iterable[Box], shortest_um: int
) -> Box | None:
    """The largest rectangle (x, y, width, height) of a sheet that is left between what was ``taken``.

    What was taken are parts, around which the cut needs ``gap_um``, and defects. None where every rectangle
    that is left has a side shorter than ``shortest_um``. Of two as large, the one further down, then left.
    """
    free: Open = (Free(0, 0, width_um, height_um),)
    for x, y, width, height in taken:
        free = without(free, x - gap_um, y - gap_um, x + width + gap_um, y + height + gap_um)
    left = [each for each in free if min(each.right - each.left, each.top - each.bottom) >= shortest_um]
    if not left:
        return None
    best = min(left, key=lambda e: (-(e.right - e.left) * (e.top - e.bottom), e.bottom, e.left))
    return best.left, best.bottom, best.right - best.left, best.top - best.bottom
