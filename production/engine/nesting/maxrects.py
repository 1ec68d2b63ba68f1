"""MaxRects: a sheet is the list of its maximal free rectangles.

Source: J. Jylänki, "A Thousand Ways to Pack the Bin" (2010), section 2.4. Free rectangles
may overlap; a placed part cuts every one that it touches into up to four, and those inside
another are dropped. Lists are replaced, never changed, so that a trial is undone by
forgetting it.
"""

from collections.abc import Callable
from typing import NamedTuple


class Free(NamedTuple):
    """A free rectangle, by its edges."""

    left: int
    bottom: int
    right: int
    top: int


class Placed(NamedTuple):
    x: int
    y: int
    rotated: bool


Open = tuple[Free, ...]
# How well a part of width and height lies in a free rectangle: the smallest wins.
Rule = Callable[[Free, int, int], tuple[int, int]]


def best_short_side(free: Free, width: int, height: int) -> tuple[int, int]:
    across, along = free.right - free.left - width, free.top - free.bottom - height
    return (across, along) if across < along else (along, across)


def best_long_side(free: Free, width: int, height: int) -> tuple[int, int]:
    across, along = free.right - free.left - width, free.top - free.bottom - height
    return (along, across) if across < along else (across, along)


def best_area(free: Free, width: int, height: int) -> tuple[int, int]:
    across, along = free.right - free.left, free.top - free.bottom
    return across * along - width * height, min(across - width, along - height)


def bottom_left(free: Free, width: int, height: int) -> tuple[int, int]:
    return free.bottom + height, free.left


RULES: tuple[Rule, ...] = (best_short_side, best_area, bottom_left, best_long_side)


def fit(
    sheet: Open, width: int, height: int, *, may_rotate: bool, rule: Rule = best_short_side
) -> tuple[Placed, Open] | None:
    """Where the part lies best and what is then free; None when it does not fit."""
    best: tuple[tuple[int, int], Placed] | None = None
    turned = may_rotate and width != height
    for free in sheet:
        across, along = free.right - free.left, free.top - free.bottom
        if width <= across and height <= along:
            score = rule(free, width, height)
            if best is None or score < best[0]:
                best = score, Placed(free.left, free.bottom, False)
        if turned and height <= across and width <= along:
            score = rule(free, height, width)
            if best is None or score < best[0]:
                best = score, Placed(free.left, free.bottom, True)
    if best is None:
        return None
    place = best[1]
    if place.rotated:
        width, height = height, width
    return place, without(sheet, place.x, place.y, place.x + width, place.y + height)


def without(sheet: Open, left: int, bottom: int, right: int, top: int) -> Open:
    """What stays free when a part lies there."""
    kept: list[Free] = []
    cut: list[Free] = []
    for free in sheet:
        if left >= free.right or right <= free.left or bottom >= free.top or top <= free.bottom:
            kept.append(free)
            continue
        if left > free.left:
            cut.append(Free(free.left, free.bottom, left, free.top))
        if right < free.right:
            cut.append(Free(right, free.bottom, free.right, free.top))
        if bottom > free.bottom:
            cut.append(Free(free.left, free.bottom, free.right, bottom))
        if top < free.top:
            cut.append(Free(free.left, top, free.right, free.top))
    # An untouched rectangle never lies in a piece of another, or it would have lain in that one before.
    for number, one in enumerate(cut):
        if any(_inside(one, other) for other in kept):
            continue
        if any(
            _inside(one, other) and (one != other or number > k) for k, other in enumerate(cut) if k != number
        ):
            continue
        kept.append(one)
    return tuple(kept)


def _inside(inner: Free, outer: Free) -> bool:
    return (
        inner.left >= outer.left
        and inner.bottom >= outer.bottom
        and inner.right <= outer.right
        and inner.top <= outer.top
    )
