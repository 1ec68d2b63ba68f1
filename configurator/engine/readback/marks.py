"""What stands in a production file, whatever its format: marks and pictures, in µm from the upper left corner
of the finished piece, y downwards, in the order of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, hypot
from typing import Literal

import numpy as np
import pyclipper
from numpy.typing import NDArray
from PIL import Image

from configurator.engine.geometry import Box, Path

# Boxes and edges may be off by this much: what the machines themselves repeat.
TOLERANCE_UM = 20.0
# Chords of curves stay this near to them.
FLATNESS_UM = 2.0

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]
UNCHANGED: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Unreadable(Exception):
    """The file is broken, or holds something that no production file of ours holds; says what."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A difference between what was approved and what stands in a file. `box` is where on the surface."""

    code: str
    element: str
    message: str
    box: Box | None = None

    def as_json(self) -> dict[str, object]:
        box = self.box.as_json() if self.box is not None else None
        return {"code": self.code, "element": self.element, "message": self.message, "box": box}


@dataclass(frozen=True, slots=True)
class Contour:
    points: tuple[Point, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Something filled or drawn along. `ink` is `#rrggbb`, or `spot NAME` for an ink of its own."""

    kind: Literal["fill", "stroke"]
    ink: str
    contours: tuple[Contour, ...]
    width_um: float = 0.0
    even_odd: bool = False
    element: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture. `corners` are where its pixels' upper left, upper right, lower right and lower left corner
    lie; `pixels` is RGBA, or grey for an ink of its own (`spot NAME`)."""

    corners: tuple[Point, Point, Point, Point]
    pixels: Image.Image
    ink: str = ""
    mask: tuple[Contour, ...] = ()
    element: str = ""


def box_of(contours: Iterable[Contour]) -> tuple[float, float, float, float] | None:
    points = [point for contour in contours for point in contour.points]
    if not points:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def as_box(edges: tuple[float, float, float, float] | None) -> Box | None:
    return None if edges is None else Box(*(round(edge) for edge in edges))


def contours_of(path: Path, onto: Callable[[float, float], Point] | None = None) -> tuple[Contour, ...]:
    """An outline as chords, each point taken through `onto`."""
    moved = onto or (lambda x, y: (x, y))
    walk = Walk()
    for segment in path:
        values = segment[1:]
        points = [moved(values[at], values[at + 1]) for at in range(0, len(values), 2)]
        walk.step(segment[0], points)
    return walk.done()


class Walk:
    """Follows drawing commands (M, L, Q, C, Z with absolute points) and keeps what they draw as chords."""

    def __init__(self) -> None:
        self._found: list[Contour] = []
        self._points: list[Point] = []

    def step(self, command: str, points: Sequence[Point]) -> None:
        if command == "M":
            self._end(closed=False)
            self._points = [points[0]]
        elif command == "Z":
            start = self._points[:1]
            self._end(closed=True)
            self._points = start
        elif not self._points:
            raise Unreadable("a line begins nowhere")
        else:
            self._points += chords((self._points[-1], *points))

    @property
    def at(self) -> Point:
        if not self._points:
            raise Unreadable("a line begins nowhere")
        return self._points[-1]

    def done(self) -> tuple[Contour, ...]:
        self._end(closed=False)
        self._points = []
        return tuple(self._found)

    def _end(self, *, closed: bool) -> None:
        points = [p for at, p in enumerate(self._points) if at == 0 or p != self._points[at - 1]]
        if closed and len(points) > 1 and points[0] == points[-1]:
            points.pop()
        if len(points) > 1:
            self._found.append(Contour(tuple(points), closed))


def chords(controls: Sequence[Point]) -> list[Point]:
    """The points of a Bézier curve after its first, close enough to it."""
    if len(controls) == 2:
        return [controls[1]]
    bends = [
        hypot(a[0] - 2 * b[0] + c[0], a[1] - 2 * b[1] + c[1])
        for a, b, c in zip(controls, controls[1:], controls[2:], strict=False)
    ]
    degree = len(controls) - 1
    count = max(1, ceil((degree * (degree - 1) * max(bends) / (8 * FLATNESS_UM)) ** 0.5))
    return [_on_curve(controls, step / count) for step in range(1, count)] + [controls[-1]]


def _on_curve(controls: Sequence[Point], t: float) -> Point:
    """De Casteljau: points between points, until one is left. A curve has few, so arrays would be slower."""
    rest = [(float(x), float(y)) for x, y in controls]
    while len(rest) > 1:
        rest = [(ax + (bx - ax) * t, ay + (by - ay) * t) for (ax, ay), (bx, by) in pairwise(rest)]
    return rest[0]


def through(matrix: Matrix, point: Point) -> Point:
    a, b, c, d, e, f = matrix
    x, y = point
    return a * x + c * y + e, b * x + d * y + f


def joined(first: Matrix, then: Matrix) -> Matrix:
    """`first`, then `then`."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


# --- areas ------------------------------------------------------------------------------------------------

Polygons = list[list[tuple[int, int]]]


def whole(contours: Iterable[Contour]) -> Polygons:
    """In whole µm, those that have an area."""
    rounded = [[(round(x), round(y)) for x, y in contour.points] for contour in contours]
    return [points for points in rounded if len(set(points)) > 2]


def covered(contours: Iterable[Contour], *, even_odd: bool) -> Polygons:
    """The area that filling covers, as polygons that do not overlap."""
    rule = pyclipper.PFT_EVENODD if even_odd else pyclipper.PFT_NONZERO
    polygons = whole(contours)
    return [list(map(tuple, each)) for each in pyclipper.SimplifyPolygons(polygons, rule)] if polygons else []


def widened(polygons: Polygons, by_um: float) -> Polygons:
    offset = pyclipper.PyclipperOffset(4.0, 5.0)
    offset.AddPaths(polygons, pyclipper.JT_MITER, pyclipper.ET_CLOSEDPOLYGON)
    return [list(map(tuple, each)) for each in offset.Execute(by_um)]


def drawn_along(contours: Iterable[Contour], width_um: float) -> Polygons:
    """The area of a line: corners mitred, ends cut off square."""
    offset = pyclipper.PyclipperOffset(4.0, 5.0)
    for contour in contours:
        points = [(round(x), round(y)) for x, y in contour.points]
        ends = pyclipper.ET_CLOSEDLINE if contour.closed and len(points) > 2 else pyclipper.ET_OPENBUTT
        offset.AddPath(points, pyclipper.JT_MITER, ends)
    return [list(map(tuple, each)) for each in offset.Execute(width_um / 2)]


def closed(polygons: Polygons) -> tuple[Contour, ...]:
    return tuple(Contour(tuple((float(x), float(y)) for x, y in points), True) for points in polygons)


def differences(wanted: Polygons, found: Polygons) -> list[Box]:
    """Where two areas (each without overlaps) differ by more than the tolerance is wide.

    What clipping and shrinking themselves leave of a strip that vanished (a few µm, by their rounding to
    whole ones) is no difference.
    """
    if not wanted and not found:
        return []
    clipper = pyclipper.Pyclipper()
    if wanted:
        clipper.AddPaths(wanted, pyclipper.PT_SUBJECT, True)
    if found:
        clipper.AddPaths(found, pyclipper.PT_CLIP, True)
    rest = clipper.Execute(pyclipper.CT_XOR, pyclipper.PFT_EVENODD, pyclipper.PFT_EVENODD)
    if not rest:
        return []
    # A strip as wide as the tolerance vanishes when it is eaten from both sides by half of that.
    shrunk = pyclipper.PyclipperOffset(2.0, 5.0)
    shrunk.AddPaths(rest, pyclipper.JT_MITER, pyclipper.ET_CLOSEDPOLYGON)
    left = (_around(each) for each in shrunk.Execute(-TOLERANCE_UM / 2))
    return [box for box in left if max(box.width, box.height) >= TOLERANCE_UM / 2]


def _around(polygon: Iterable[tuple[int, int]]) -> Box:
    across, down = zip(*polygon, strict=True)
    return Box(min(across), min(down), max(across), max(down))


# --- lines ------------------------------------------------------------------------------------------------


def length(contours: Iterable[Contour]) -> float:
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for contour in contours for a, b in _sides(contour))


def _sides(contour: Contour) -> Iterator[tuple[Point, Point]]:
    points = contour.points
    yield from pairwise(points)
    if contour.closed:
        yield points[-1], points[0]


def apart(one: Contour, other: Contour) -> float:
    """The greatest distance of a point of one line from the other, both ways, in µm."""
    return max(_farthest(one, other), _farthest(other, one))


def _farthest(one: Contour, other: Contour) -> float:
    points = _sampled(one)
    sides = np.array([(*a, *b) for a, b in _sides(other)])
    start, way = sides[:, :2], sides[:, 2:] - sides[:, :2]
    square = np.maximum((way**2).sum(axis=1), 1e-9)
    worst = 0.0
    for at in range(0, len(points), 256):
        part = points[at : at + 256, None, :]
        along = np.clip(((part - start) * way).sum(axis=2) / square, 0.0, 1.0)
        gap = part - (start + along[..., None] * way)
        worst = max(worst, float(np.sqrt((gap**2).sum(axis=2)).min(axis=1).max()))
    return worst


def _sampled(contour: Contour) -> NDArray[np.float64]:
    found: list[Point] = []
    for a, b in _sides(contour):
        steps = max(1, ceil(hypot(b[0] - a[0], b[1] - a[1]) / 2_000))
        found += [(a[0] + (b[0] - a[0]) * s / steps, a[1] + (b[1] - a[1]) * s / steps) for s in range(steps)]
    found.append(contour.points[-1])
    return np.array(found)
