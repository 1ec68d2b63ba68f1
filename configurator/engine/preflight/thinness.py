"""What is too thin to be made, or too near to stay apart.

Thin is what a disk as wide as the machine's least stroke does not reach when it is rolled about inside the
outline (morphological opening, Serra 1982); a gap is thin where that holds for what lies between (closing).
It is worked out on the exact outlines, by moving them in and out by the radius, so the answer depends on no
resolution: within `TOLERANCE_UM` of a curve and `ARC_UM` of a disk.

A disk reaches no corner, however thick the stroke. What lies within `CORNER` radii of the disk's reach is
therefore a corner or the tip of a serif, not a stroke.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyclipper

from configurator.engine.geometry import Box, Path, end_of, union
from configurator.engine.rendering.polygons import Polygon, area, flattened, united

TOLERANCE_UM = 10
ARC_UM = 8
CORNER = 1.0
# Shares of the square of the limit: a smaller thin part is rounding; one that ends in nothing (the tip of a
# stroke, the crotch of a letter) counts only when it is so long that it is no taper.
LEAST_PART = 0.25
LEAST_TIP = 2.0
# Widths are found to this, in µm.
MEASURED_TO = 4
# How far a part is looked beyond to see where it goes on, in µm.
BEYOND = 20

_Polygons = Sequence[Polygon]


@dataclass(frozen=True, slots=True)
class Thin:
    """What of an outline is too thin: µm² of it and of the whole outline, the box around it, and how wide it
    is in µm (half of its area is narrower, half wider)."""

    area: float
    whole: float
    box: Box | None
    width_um: int

    @property
    def share(self) -> float:
        return self.area / self.whole if self.whole else 0.0


# A click leaves most outlines as they are, and its repairs are tried on the same ones.
@lru_cache(maxsize=128)
def thin_parts(path: Path, limit_um: int, *, gaps: bool = False) -> Thin:
    """What of the outline is thinner than the limit; with `gaps`, what lies between its parts (its area is
    compared with that of the outline)."""
    shapes = _shapes(path, limit_um if gaps else 0) if limit_um > 0 else []
    found = [(_thin(shape, limit_um, gaps), at) for shape, at in shapes]
    narrow = [thin for thin, _ in found if thin.area]
    return Thin(
        sum(thin.area for thin, _ in found),
        sum(thin.whole for thin, _ in found),
        union(thin.box.moved(*at) for thin, at in found if thin.box is not None),
        min((thin.width_um for thin in narrow), default=limit_um),
    )


# While somebody types, all letters but one stay as they were: each is remembered, wherever it stands.
@lru_cache(maxsize=4096)
def _thin(shape: tuple[Polygon, ...], limit_um: int, gaps: bool) -> Thin:
    whole = united(shape)
    radius = limit_um / 2
    slack = CORNER * radius + ARC_UM
    if gaps:
        closed = _grown(_grown(whole, radius), -radius)
        inner = _grown(closed, -slack)
        found = [part for part in _parts(_without(inner, whole)) if area(part) > LEAST_PART * limit_um**2]
        parts = [part for part in found if _counts(part, limit_um, _without(_goes_on(part, whole), inner))]
    else:
        around = _grown(_grown(_grown(whole, -radius), radius), slack)
        found = [part for part in _parts(_without(whole, around)) if area(part) > LEAST_PART * limit_um**2]
        parts = [part for part in found if _counts(part, limit_um, _common(_grown(part, BEYOND), around))]
    width = min((_width(part, limit_um) for part in parts), default=limit_um)
    box = union(_box_of(polygon) for part in parts for polygon in part)
    return Thin(sum(area(part) for part in parts), area(whole), box, width)


def _goes_on(part: _Polygons, whole: _Polygons) -> list[Polygon]:
    """The space around a gap."""
    return _without(_grown(part, BEYOND), whole)


def _counts(part: _Polygons, limit_um: int, beyond: _Polygons) -> bool:
    """Whether a thin part is more than a tip: thin all over (it goes on nowhere), a bridge between thick
    parts (it goes on in two places or more), or long."""
    ends = sum(1 for polygon in beyond if pyclipper.Area(polygon) > BEYOND * BEYOND)
    return ends != 1 or area(part) > LEAST_TIP * limit_um**2


def _width(part: _Polygons, limit_um: int) -> int:
    """How wide a part is, found by opening it with larger and larger disks."""
    half = area(part) / 2
    low, high = 0, limit_um
    while high - low > MEASURED_TO:
        middle = (low + high) / 2
        opened = _grown(_grown(part, -middle / 2), middle / 2)
        if area(_without(part, opened)) < half:
            low = int(middle)
        else:
            high = int(middle)
    return (low + high) // 2


def _parts(polygons: _Polygons) -> list[list[Polygon]]:
    """Polygons with the holes in them: an area each."""
    outer = [polygon for polygon in polygons if pyclipper.Area(polygon) > 0]
    holes = [polygon for polygon in polygons if pyclipper.Area(polygon) <= 0]
    return [
        [polygon, *(hole for hole in holes if pyclipper.PointInPolygon(hole[0], polygon) == 1)]
        for polygon in outer
    ]


def _shapes(path: Path, apart_um: int) -> list[tuple[tuple[Polygon, ...], tuple[int, int]]]:
    """The contours in groups that touch (or come nearer than `apart_um`), each moved to the origin."""
    contours = [(points, _box_of(points)) for points in _flat(path) if len(points) > 2]
    contours.sort(key=lambda contour: (contour[1].left, contour[1].top))
    groups: list[tuple[Box, list[Polygon]]] = []
    for points, box in contours:
        joined = [points]
        for other in [each for each in groups if _meet(each[0], box, apart_um)]:
            groups.remove(other)
            box = union((box, other[0])) or box
            joined += other[1]
        groups.append((box, joined))
    return [
        (
            tuple(sorted(tuple((x - box.left, y - box.top) for x, y in points) for points in group)),
            (box.left, box.top),
        )
        for box, group in groups
    ]


def _flat(path: Path) -> Iterator[Polygon]:
    """The points of each contour; those of a letter are worked out once, wherever it stands."""
    for begin, end in _contours(path):
        x, y = end_of(path[begin])
        relative = tuple(
            (each[0], *(value - (y if at % 2 else x) for at, value in enumerate(each[1:])))
            for each in path[begin:end]
        )
        for points in _flat_at_origin(relative):
            yield tuple((left + x, top + y) for left, top in points)


def _contours(path: Path) -> Iterator[tuple[int, int]]:
    starts = [at for at, segment in enumerate(path) if segment[0] == "M"]
    return zip(starts, [*starts[1:], len(path)], strict=True)


@lru_cache(maxsize=4096)
def _flat_at_origin(path: Path) -> tuple[Polygon, ...]:
    return tuple(points for points, _ in flattened(path, TOLERANCE_UM))


def _box_of(points: Polygon) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _meet(one: Box, other: Box, apart: int) -> bool:
    return (
        one.left <= other.right + apart
        and other.left <= one.right + apart
        and one.top <= other.bottom + apart
        and other.top <= one.bottom + apart
    )


def _grown(polygons: Sequence[Polygon], by_um: float) -> list[Polygon]:
    """Everything within so far of the area (below 0: what is so far inside), corners round."""
    if not polygons:
        return []
    offset = pyclipper.PyclipperOffset(2.0, ARC_UM)
    offset.AddPaths(list(polygons), pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    return [tuple((x, y) for x, y in polygon) for polygon in offset.Execute(by_um)]


def _without(polygons: _Polygons, taken: _Polygons) -> list[Polygon]:
    return _clipped(polygons, taken, pyclipper.CT_DIFFERENCE) if taken else list(polygons)


def _common(polygons: _Polygons, others: _Polygons) -> list[Polygon]:
    return _clipped(polygons, others, pyclipper.CT_INTERSECTION) if others else []


def _clipped(polygons: _Polygons, others: _Polygons, how: int) -> list[Polygon]:
    if not polygons:
        return []
    clipper = pyclipper.Pyclipper()
    clipper.AddPaths(list(polygons), pyclipper.PT_SUBJECT, True)
    clipper.AddPaths(list(others), pyclipper.PT_CLIP, True)
    found = clipper.Execute(how, pyclipper.PFT_NONZERO, pyclipper.PFT_NONZERO)
    return [tuple((x, y) for x, y in polygon) for polygon in found]
