"""Outlines as polygons in whole micrometres: what a knife, a saw or a laser follows.

Curves become chords that stay within `TOLERANCE_UM` of them. Polygons are joined, widened and compared with
integers only, so the same outline gives the same points on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, sqrt

import pyclipper

from configurator.engine.geometry import Path, Segment

# How far a chord may stay away from its curve: a tenth of the finest laser spot.
TOLERANCE_UM = 5
# SVG's own: corners sharper than this are cut off when a line is drawn as an area.
MITER_LIMIT = 4.0
# Areas smaller than this, in µm², come from rounding to whole micrometres, not from the drawing.
LEAST_AREA = 25.0

Point = tuple[int, int]
Polygon = tuple[Point, ...]


def flattened(path: Path, tolerance_um: float = TOLERANCE_UM) -> list[tuple[Polygon, bool]]:
    """Each contour's points, and whether it is closed; points that repeat are left out."""
    contours: list[tuple[Polygon, bool]] = []
    points: list[Point] = []
    for segment in path:
        command, values = segment[0], segment[1:]
        if command == "M":
            _finish(contours, points, closed=False)
            points = [(values[0], values[1])]
        elif command == "Z":
            start = points[:1]
            _finish(contours, points, closed=True)
            points = start
        else:
            for point in _chords(points[-1], segment, tolerance_um):
                if point != points[-1]:
                    points.append(point)
    _finish(contours, points, closed=False)
    return contours


def _finish(contours: list[tuple[Polygon, bool]], points: list[Point], *, closed: bool) -> None:
    if closed and len(points) > 1 and points[0] == points[-1]:
        points = points[:-1]
    if len(points) > 1:
        contours.append((tuple(points), closed))


def _chords(start: Point, segment: Segment, tolerance_um: float) -> Iterable[Point]:
    values = segment[1:]
    if segment[0] == "L":
        yield values[0], values[1]
        return
    controls = (start, *((values[at], values[at + 1]) for at in range(0, len(values), 2)))
    count = _chord_count(controls, tolerance_um)
    for step in range(1, count + 1):
        yield _on_curve(controls, step, count)


def _chord_count(controls: Sequence[Point], tolerance_um: float) -> int:
    """Chords that keep within the tolerance: a curve of degree n leaves its chord by at most
    n (n - 1) / 8 of its greatest second difference, and that falls with the square of their number."""
    degree = len(controls) - 1
    bend = max(
        sqrt((a[0] - 2 * b[0] + c[0]) ** 2 + (a[1] - 2 * b[1] + c[1]) ** 2)
        for a, b, c in zip(controls, controls[1:], controls[2:], strict=False)
    )
    return max(1, ceil(sqrt(degree * (degree - 1) / 8 * bend / tolerance_um)))


def _on_curve(controls: Sequence[Point], step: int, count: int) -> Point:
    """The point at step/count, exact to the half micrometre: integers times count**degree throughout."""
    points = [list(point) for point in controls]
    rest = count - step
    while len(points) > 1:
        points = [[a * rest + b * step for a, b in zip(p, q, strict=True)] for p, q in pairwise(points)]
    whole: int = count ** (len(controls) - 1)
    x, y = points[0]
    return (2 * x + whole) // (2 * whole), (2 * y + whole) // (2 * whole)


def region(path: Path) -> list[Polygon]:
    """The area that filling the outline covers (rule non-zero), as polygons that neither cross nor overlap:
    those of holes run the other way."""
    return united([points for points, _ in flattened(path) if len(points) > 2])


def united(polygons: Iterable[Polygon]) -> list[Polygon]:
    """Everything that lies inside of one of them (rule non-zero)."""
    kept = [polygon for polygon in polygons if len(polygon) > 2]
    if not kept:
        return []
    return _ordered(pyclipper.SimplifyPolygons(kept, pyclipper.PFT_NONZERO))


def overlapping(polygons: Sequence[Polygon]) -> bool:
    """Whether filling by the rule even-odd, as laser programs do, would leave holes where they overlap."""
    kept = [polygon for polygon in polygons if len(polygon) > 2]
    if not kept:
        return False
    whole = area(_ordered(pyclipper.SimplifyPolygons(kept, pyclipper.PFT_NONZERO)))
    by_parity = area(_ordered(pyclipper.SimplifyPolygons(kept, pyclipper.PFT_EVENODD)))
    return abs(whole - by_parity) > LEAST_AREA


def area(polygons: Iterable[Polygon]) -> float:
    """µm² that they cover, holes taken off."""
    return abs(float(sum(pyclipper.Area(polygon) for polygon in polygons)))


def widened(polygons: Sequence[Polygon], by_um: float) -> list[Polygon]:
    """The area grown by so much all around (its holes shrink), or shrunk where `by_um` is negative."""
    offset = _offset()
    offset.AddPaths(list(polygons), pyclipper.JT_MITER, pyclipper.ET_CLOSEDPOLYGON)
    return _ordered(offset.Execute(by_um))


def stroked(path: Path, width_um: int) -> list[Polygon]:
    """The area that a line of this width covers: corners mitred, ends cut off square, as SVG draws it."""
    offset = _offset()
    for points, closed in flattened(path):
        end = pyclipper.ET_CLOSEDLINE if closed and len(points) > 2 else pyclipper.ET_OPENBUTT
        offset.AddPath(list(points), pyclipper.JT_MITER, end)
    return _ordered(offset.Execute(width_um / 2))


def _offset() -> pyclipper.PyclipperOffset:
    return pyclipper.PyclipperOffset(MITER_LIMIT, TOLERANCE_UM)


def _ordered(polygons: Iterable[Iterable[Iterable[int]]]) -> list[Polygon]:
    """In an order of their own, each beginning at its upper left point."""
    found = []
    for polygon in polygons:
        points = [(x, y) for x, y in polygon]
        start = points.index(min(points))
        found.append((*points[start:], *points[:start]))
    return sorted(found)


def path_of(polygons: Iterable[Polygon]) -> Path:
    """Polygons as one closed outline."""
    segments: list[Segment] = []
    for polygon in polygons:
        segments.append(("M", *polygon[0]))
        segments.extend(("L", *point) for point in polygon[1:])
        segments.append(("Z",))
    return tuple(segments)


def mirrored(path: Path, width_um: int) -> Path:
    """The outline seen from behind, on a surface of this width."""
    return tuple(
        (segment[0], *(width_um - value if at % 2 == 0 else value for at, value in enumerate(segment[1:])))
        for segment in path
    )
