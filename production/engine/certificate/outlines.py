"""Parts that are no rectangles: exact distances between polygons, in whole numbers alone.

Written without a look at how they were laid: polygons are cut into triangles, and two triangles are apart
when a line along one of their sides says so; distances between sides are compared by their squares, crosswise
multiplied.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from production.engine.proposal import Placement
from production.engine.work import Part

Point = tuple[int, int]
Corners = tuple[Point, ...]


class Polygon(NamedTuple):
    corners: Corners
    left: int
    bottom: int
    right: int
    top: int


def outline_of(part: Part, *, rotated: bool) -> Corners:
    """The outline of a part as it has to lie, from the lower left corner of its box; empty for a rectangle.
    Turned clockwise, what was on the left is on top."""
    if not rotated:
        return part.outline
    return tuple((up, part.width_um - across) for across, up in part.outline)


def polygon(p: Placement, outline: Corners) -> Polygon:
    """A placement as it lies on its sheet."""
    right, top = p.x_um + p.width_um, p.y_um + p.height_um
    if outline:
        corners = tuple((p.x_um + x, p.y_um + y) for x, y in outline)
    else:
        corners = ((p.x_um, p.y_um), (right, p.y_um), (right, top), (p.x_um, top))
    return Polygon(corners, p.x_um, p.y_um, right, top)


def area(corners: Corners) -> int:
    """Square micrometres, rounded down."""
    total = 0
    for a, b in _sides(corners):
        total += (b[0] - a[0]) * (b[1] + a[1])
    return abs(total) // 2


def too_near(shapes: Sequence[Polygon], gap: int) -> Iterator[tuple[int, int]]:
    """Numbers of every two that overlap, or that are nearer than the gap."""
    order = sorted(range(len(shapes)), key=lambda number: shapes[number].left)
    open_: list[int] = []
    for number in order:
        mine = shapes[number]
        open_ = [other for other in open_ if shapes[other].right + gap > mine.left]
        for other in open_:
            theirs = shapes[other]
            if mine.bottom < theirs.top + gap and theirs.bottom < mine.top + gap and _near(mine, theirs, gap):
                yield other, number
        open_.append(number)


def overlaps_box(shape: Polygon, x: int, y: int, width: int, height: int) -> bool:
    """Whether some of the polygon lies inside a rectangle."""
    if not (shape.left < x + width and x < shape.right and shape.bottom < y + height and y < shape.top):
        return False
    box = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return any(not _are_beside(triangle, box) for triangle in triangles(shape.corners))


def _near(one: Polygon, other: Polygon, gap: int) -> bool:
    if gap == 0:
        theirs = triangles(other.corners)
        return any(not _are_beside(a, b) for a in triangles(one.corners) for b in theirs)
    mine = _sides_near(one, other, gap)
    if mine:
        for a, b in _sides_near(other, one, gap):
            if any(_segments_near(a, b, c, d, gap) for c, d in mine):
                return True
    # No side is near another: they are apart, or one lies inside the other as a whole.
    return _holds(one.corners, other.corners[0]) or _holds(other.corners, one.corners[0])


def _sides(corners: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    return pairwise((*corners, corners[0]))


def _sides_near(shape: Polygon, other: Polygon, gap: int) -> list[tuple[Point, Point]]:
    """The sides that may be near the other polygon at all."""
    left, right = other.left - gap, other.right + gap
    bottom, top = other.bottom - gap, other.top + gap
    return [
        (a, b)
        for a, b in _sides(shape.corners)
        if not (
            (a[0] <= left and b[0] <= left)
            or (a[0] >= right and b[0] >= right)
            or (a[1] <= bottom and b[1] <= bottom)
            or (a[1] >= top and b[1] >= top)
        )
    ]


def _segments_near(a: Point, b: Point, c: Point, d: Point, gap: int) -> bool:
    return (
        _point_near(a, c, d, gap)
        or _point_near(b, c, d, gap)
        or _point_near(c, a, b, gap)
        or _point_near(d, a, b, gap)
        or (_turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0)
    )


def _point_near(p: Point, a: Point, b: Point, gap: int) -> bool:
    """Whether a point is nearer to a segment than the gap (above 0)."""
    ux, uy = b[0] - a[0], b[1] - a[1]
    px, py = p[0] - a[0], p[1] - a[1]
    foot, square = ux * px + uy * py, ux * ux + uy * uy
    if foot <= 0:
        return px * px + py * py < gap * gap
    if foot >= square:
        return (px - ux) ** 2 + (py - uy) ** 2 < gap * gap
    # The distance is the cross product by the length of the segment.
    return (ux * py - uy * px) ** 2 < gap * gap * square


def _turn(a: Point, b: Point, c: Point) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _holds(corners: Corners, p: Point) -> bool:
    """Whether a point that lies on no side is inside."""
    inside = False
    for (ax, ay), (bx, by) in _sides(corners):
        if (ay <= p[1]) != (by <= p[1]):
            # Where the side crosses the height of the point, compared without dividing.
            over = (p[0] - ax) * (by - ay) - (bx - ax) * (p[1] - ay)
            inside = inside != (over < 0 if by > ay else over > 0)
    return inside


def triangles(corners: Corners) -> list[Corners]:
    """A simple polygon as triangles, ear by ear; one that is not simple as its box, which holds it."""
    ring = _without_straights(corners)
    if sum((b[0] - a[0]) * (b[1] + a[1]) for a, b in _sides(ring)) > 0:
        ring.reverse()
    found: list[Corners] = []
    while len(ring) > 3:
        ear = next((k for k in range(len(ring)) if _is_ear(ring, k)), None)
        if ear is None:
            across, up = [x for x, _ in corners], [y for _, y in corners]
            low, high = (min(across), min(up)), (max(across), max(up))
            return [(low, (high[0], low[1]), high), (low, high, (low[0], high[1]))]
        found.append((ring[ear - 1], ring[ear], ring[(ear + 1) % len(ring)]))
        del ring[ear]
        ring = _without_straights(ring)
    return [*found, tuple(ring)] if len(ring) == 3 else found


def _without_straights(corners: Sequence[Point]) -> list[Point]:
    """Without the corners at which nothing turns."""
    ring = list(corners)
    k = 0
    while len(ring) > 2 and k < len(ring):
        if _turn(ring[k - 1], ring[k], ring[(k + 1) % len(ring)]) == 0:
            del ring[k]
            k = max(k - 1, 0)
        else:
            k += 1
    return ring


def _is_ear(ring: Sequence[Point], k: int) -> bool:
    a, b, c = ring[k - 1], ring[k], ring[(k + 1) % len(ring)]
    if _turn(a, b, c) <= 0:
        return False
    return not any(
        p not in (a, b, c) and _turn(a, b, p) >= 0 and _turn(b, c, p) >= 0 and _turn(c, a, p) >= 0
        for p in ring
    )


def _are_beside(one: Corners, other: Corners) -> bool:
    """Whether a line along a side of one of two convex polygons has them on its two sides; both turn to the
    left from corner to corner."""
    return any(
        all(_turn(a, b, p) <= 0 for p in second)
        for first, second in ((one, other), (other, one))
        for a, b in _sides(first)
    )
