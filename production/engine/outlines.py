"""Outlines of parts: simple polygons of whole micrometres, x to the right, y upwards, from the lower left
corner of the box around them. The last point is joined to the first."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

Point = tuple[int, int]
Outline = tuple[Point, ...]
Box = tuple[int, int, int, int]

# More corners than a cut of a millimetre's exactness ever needs; what takes longer than a moment to nest.
MOST_POINTS = 400
# Bands in which an outline is covered with rectangles.
BANDS = 12


class BadOutline(ValueError):
    """The points are no outline of a part of that size; says why."""


def read_outline(data: Any, width: int, height: int) -> Outline:
    """The outline from JSON, [[x, y], ...]; without points there is none. Raises ``BadOutline``."""
    try:
        outline = tuple((int(x), int(y)) for x, y in data)
    except (TypeError, ValueError):
        raise BadOutline("an outline is a list of points [x, y] in micrometres") from None
    if outline and (fault := fault_of(outline, width, height)):
        raise BadOutline(fault)
    return outline


@lru_cache(maxsize=1024)
def fault_of(outline: Outline, width: int, height: int) -> str:
    """What is wrong with an outline that fills a box of this size; empty where nothing is."""
    if not 3 <= len(outline) <= MOST_POINTS:
        return f"an outline has 3 to {MOST_POINTS} points, not {len(outline)}"
    across, up = [x for x, _ in outline], [y for _, y in outline]
    if (min(across), min(up), max(across), max(up)) != (0, 0, width, height):
        return f"the outline does not fill its box of {width} × {height} µm from 0, 0"
    if not _is_simple(outline):
        return "the outline touches or crosses itself"
    return ""


def area_of(outline: Outline) -> int:
    """Square micrometres inside, rounded down."""
    return abs(sum(x * v - u * y for (x, y), (u, v) in edges(outline))) // 2


def cover(outline: Outline, box: Box) -> list[Box]:
    """Rectangles (x, y, width, height) that cover an outline lying in its box: one a band across it, so that
    what lies beside a round end counts as free. Without an outline the box itself."""
    if not outline:
        return [box]
    x, y, _, height = box
    boxes = []
    for band in range(BANDS):
        low, high = height * band // BANDS, -(-height * (band + 1) // BANDS)
        ends: list[int] = []
        for (ax, ay), (bx, by) in edges(outline):
            if max(ay, by) < low or min(ay, by) > high:
                continue
            if ay == by:
                ends += (ax, bx)
                continue
            for level in (max(low, min(ay, by)), min(high, max(ay, by))):
                across = (bx - ax) * (level - ay)
                ends += (ax + across // (by - ay), ax - -across // (by - ay))
        boxes.append((x + min(ends), y + low, max(ends) - min(ends), high - low))
    return boxes


def turned(outline: Outline, width: int) -> Outline:
    """The outline of a part ``width`` wide, turned clockwise by 90 degrees: from the lower left corner of
    its box again."""
    return tuple((y, width - x) for x, y in outline)


def edges(outline: Outline) -> list[tuple[Point, Point]]:
    """Its sides, each from a point to the next."""
    return list(zip(outline, outline[1:] + outline[:1], strict=True))


def _is_simple(outline: Outline) -> bool:
    sides = edges(outline)
    for k, (a, b) in enumerate(sides):
        c = sides[(k + 1) % len(sides)][1]
        # The next edge must not run back along this one; an edge of no length is no edge.
        back = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1])
        if a == b or (side(a, b, c) == 0 and back < 0):
            return False
        last = len(sides) - 1 if k == 0 else len(sides)
        if any(meet(a, b, *sides[m]) for m in range(k + 2, last)):
            return False
    return True


def side(a: Point, b: Point, c: Point) -> int:
    """On which side of the line from a to b c lies: above 0 to the left, below 0 to the right."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two segments have a point in common."""
    one, two = side(a, b, c), side(a, b, d)
    three, four = side(c, d, a), side(c, d, b)
    if (one > 0 > two or one < 0 < two) and (three > 0 > four or three < 0 < four):
        return True
    return (
        (one == 0 and _between(a, b, c))
        or (two == 0 and _between(a, b, d))
        or (three == 0 and _between(c, d, a))
        or (four == 0 and _between(c, d, b))
    )


def _between(a: Point, b: Point, p: Point) -> bool:
    """Whether p, on the line through a and b, lies between them."""
    return min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])
