"""Parts on as few sheets as we can: several orders of the parts, several rules, the best of all."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from production.engine.nesting.maxrects import RULES, Free, Open, Placed, Rule, fit


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
    usable = (sheet.width - 2 * sheet.margin + sheet.gap) * (sheet.height - 2 * sheet.margin + sheet.gap)
    area = sum((item.width + sheet.gap) * (item.height + sheet.gap) for item in items)
    return -(-area // usable)


ORDERS: tuple[Callable[[Item], tuple[int, ...]], ...] = (
    lambda item: (-item.width * item.height, -max(item.width, item.height)),
    lambda item: (-max(item.width, item.height), -min(item.width, item.height)),
    lambda item: (-min(item.width, item.height), -max(item.width, item.height)),
)


def nest(items: Sequence[Item], sheet: SheetSize) -> list[list[tuple[Item, Placed]]]:
    """All items on sheets, one list a sheet. Fewest sheets first, then the emptiest last sheet.

    Raises ``TooLarge``. Deterministic: it depends on the items and their order only.
    """
    if too_large := tuple(item for item in items if not largest_fits(item, sheet)):
        raise TooLarge(too_large)
    bound = area_bound(items, sheet)
    best: list[list[tuple[Item, Placed]]] | None = None
    for order in ORDERS:
        ordered = sorted(items, key=lambda item: (*order(item), item.number))
        for rule in RULES:
            tried = _first_fit(ordered, sheet, rule)
            if best is None or _quality(tried) < _quality(best):
                best = tried
            if len(best) <= bound:
                return best
    return best or []


def _first_fit(items: Sequence[Item], sheet: SheetSize, rule: Rule) -> list[list[tuple[Item, Placed]]]:
    free: list[Open] = []
    laid: list[list[tuple[Item, Placed]]] = []
    for item in items:
        width, height = item.width + sheet.gap, item.height + sheet.gap
        for number, state in enumerate([*free, sheet.opened()]):
            if (found := fit(state, width, height, may_rotate=item.may_rotate, rule=rule)) is None:
                continue
            if number == len(free):
                free.append(state)
                laid.append([])
            place, free[number] = found
            laid[number].append((item, place))
            break
    return laid


def _quality(sheets: list[list[tuple[Item, Placed]]]) -> tuple[int, int]:
    return len(sheets), sum(item.width * item.height for item, _ in sheets[-1]) if sheets else 0
