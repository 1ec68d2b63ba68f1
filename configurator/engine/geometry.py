"""Lengths, boxes and outlines, in integer micrometres.

The y axis points down and the origin is the top left corner of the surface, as in SVG. An outline is a
tuple of segments `(command, x, y, ...)` with absolute coordinates: `M` move, `L` line, `Q` quadratic curve,
`C` cubic curve, `Z` close. Integers make every output byte-identical on every machine.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, cos, hypot, radians, sin, sqrt

MICROMETRES_PER_MM = 1000

Segment = tuple[str, *tuple[int, ...]]
Path = tuple[Segment, ...]

# Distance of the control points of the cubic curve nearest to a quarter of a circle, radius 1:
# 4/3 * (sqrt(2) - 1); the radius is off by at most 0.027 %.
QUARTER_CIRCLE = 4 / 3 * (sqrt(2) - 1)

# Curves at round corners are looked at in this many steps.
CORNER_STEPS = 16

_NUMBERS_OF = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in µm; `right` and `bottom` lie outside the covered area."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def inset(self, by: int) -> Box:
        return Box(self.left + by, self.top + by, self.right - by, self.bottom - by)

    def moved(self, dx: int, dy: int) -> Box:
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def excess_of(self, inner: Box) -> int:
        """How far `inner` reaches beyond this box on its worst side, in µm; 0 when it is inside."""
        return max(
            self.left - inner.left,
            self.top - inner.top,
            inner.right - self.right,
            inner.bottom - self.bottom,
            0,
        )

    def as_json(self) -> list[int]:
        return [self.left, self.top, self.right, self.bottom]


def micrometres(millimetres: float) -> int:
    """The nearest whole micrometre to a length in millimetres."""
    return round(millimetres * MICROMETRES_PER_MM)


def millimetres(um: int) -> str:
    """A length for people: at most two decimals, without trailing zeros."""
    text = f"{um / MICROMETRES_PER_MM:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def union(boxes: Iterable[Box]) -> Box | None:
    """The smallest box around all boxes; None when there are none."""
    known = list(boxes)
    if not known:
        return None
    return Box(
        min(box.left for box in known),
        min(box.top for box in known),
        max(box.right for box in known),
        max(box.bottom for box in known),
    )


def path_data(path: Path) -> str:
    """The outline as the `d` attribute of an SVG path, in µm."""
    return "".join(segment[0] + " ".join(map(str, segment[1:])) for segment in path)


def read_path(data: str) -> Path:
    """The outline that `path_data` wrote."""
    segments: list[Segment] = []
    command, numbers = "", ""
    for character in data + "\0":
        if character not in _NUMBERS_OF and character != "\0":
            numbers += character
            continue
        if command:
            values = tuple(int(number) for number in numbers.split())
            if len(values) != _NUMBERS_OF[command]:
                raise ValueError(f"{command} takes {_NUMBERS_OF[command]} numbers, found {len(values)}")
            segments.append((command, *values))
        command, numbers = character, ""
    return tuple(segments)


def end_of(segment: Segment) -> tuple[int, int]:
    """Where a segment (not `Z`) ends."""
    values = list(segment[1:])
    return values[-2], values[-1]


def moved(path: Path, dx: int, dy: int) -> Path:
    steps = (dx, dy)
    return tuple(
        (segment[0], *(value + steps[index % 2] for index, value in enumerate(segment[1:])))
        for segment in path
    )


def turned(path: Path, mdeg: int, centre: tuple[int, int]) -> Path:
    """The outline turned clockwise about a point, by thousandths of a degree; exact for quarter turns."""
    cosine, sine = _direction(mdeg)
    if cosine == 1:
        return path
    cx, cy = centre
    return _mapped(
        path,
        lambda x, y: (
            cx + round((x - cx) * cosine - (y - cy) * sine),
            cy + round((x - cx) * sine + (y - cy) * cosine),
        ),
    )


def corners(box: Box, mdeg: int = 0) -> tuple[tuple[int, int], ...]:
    """The corners of a box that is turned clockwise about its centre."""
    centre = (box.left + box.right) // 2, (box.top + box.bottom) // 2
    return tuple(end_of(segment) for segment in turned(rectangle(box), mdeg, centre)[:4])


def _direction(mdeg: int) -> tuple[float, float]:
    quarters, rest = divmod(mdeg % 360_000, 90_000)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[quarters]
    angle = radians((mdeg % 360_000) / 1000)
    return cos(angle), sin(angle)


def bent(path: Path, radius: float) -> Path:
    """The outline of a straight line of letters (baseline on y 0, its middle at x 0) on a circle.

    With a radius above 0 the letters stand on the outside, over the circle; below 0 inside, along its bottom.
    Lengths along the baseline stay, and letters stay as high as they are. Straight lines become curves.
    """

    def onto(x: float, y: float) -> tuple[int, int]:
        angle, distance = x / radius, radius - y
        return round(distance * sin(angle)), round(radius - distance * cos(angle))

    found: list[Segment] = []
    x = y = start_x = start_y = 0
    for segment in path:
        command, values = segment[0], list(segment[1:])
        if command == "M":
            start_x, start_y = values
        if command == "Z":
            if (x, y) != (start_x, start_y):
                found.append(_bent_line((x, y), (start_x, start_y), onto))
            found.append(segment)
            continue
        if command == "L":
            found.append(_bent_line((x, y), (values[0], values[1]), onto))
        else:
            points = [onto(values[index], values[index + 1]) for index in range(0, len(values), 2)]
            found.append((command, *itertools.chain.from_iterable(points)))
        x, y = end_of(segment)
    return tuple(found)


def _bent_line(
    start: tuple[int, int], end: tuple[int, int], onto: Callable[[float, float], tuple[int, int]]
) -> Segment:
    """The quadratic curve through the bent ends and the bent middle of a line; a line where that is one."""
    (ax, ay), (bx, by) = onto(*start), onto(*end)
    mx, my = onto((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    cx, cy = 2 * mx - (ax + bx) // 2, 2 * my - (ay + by) // 2
    if abs(2 * mx - ax - bx) <= 2 and abs(2 * my - ay - by) <= 2:
        return ("L", bx, by)
    return ("Q", cx, cy, bx, by)


def _mapped(path: Path, onto: Callable[[int, int], tuple[int, int]]) -> Path:
    found: list[Segment] = []
    for segment in path:
        values = segment[1:]
        points = [onto(values[index], values[index + 1]) for index in range(0, len(values), 2)]
        found.append((segment[0], *itertools.chain.from_iterable(points)))
    return tuple(found)


def excess_over_rounded(path: Path, box: Box, radius: int) -> int:
    """How far an outline reaches beyond a box with round corners, in µm, rounded up; 0 when it is inside."""
    covered = bounds(path)
    if covered is None:
        return 0
    worst: float = box.excess_of(covered)
    reach = min(radius, box.width // 2, box.height // 2)
    near = box.inset(reach)
    if reach <= 0 or not _touches_a_corner(covered, near):
        return int(worst)

    def beyond(x: float, y: float) -> float:
        """How far a point lies beyond the round corner next to it."""
        dx, dy = max(near.left - x, x - near.right), max(near.top - y, y - near.bottom)
        return hypot(dx, dy) - reach if dx > 0 and dy > 0 else 0.0

    x = y = 0
    for segment in path:
        values = list(segment[1:])
        if not values:
            continue
        points = [beyond(values[index], values[index + 1]) for index in range(0, len(values), 2)]
        # A curve lies in the hull of its points: where these are inside, so is the curve.
        if max(points) > 0:
            worst = max(worst, points[-1])
            if len(points) > 1:
                xs, ys = (x, *values[0::2]), (y, *values[1::2])
                steps = [step / CORNER_STEPS for step in range(1, CORNER_STEPS)]
                worst = max(worst, *(beyond(_at(xs, t), _at(ys, t)) for t in steps))
        x, y = values[-2:]
    return ceil(worst)


def _touches_a_corner(covered: Box, near: Box) -> bool:
    beside = covered.left < near.left or covered.right > near.right
    return beside and (covered.top < near.top or covered.bottom > near.bottom)


def bounds(path: Path) -> Box | None:
    """The exact box of an outline (curves by their extremes, not their control points), rounded outwards."""
    left = top = float("inf")
    right = bottom = float("-inf")
    x = y = 0
    for segment in path:
        if segment[0] == "Z":
            continue
        values = segment[1:]
        xs, ys = values[0::2], values[1::2]
        # A curve stays inside the hull of its points: most segments cannot widen the box.
        if min(xs) < left or max(xs) > right:
            low, high = _extremes(xs if segment[0] == "M" else (x, *xs))
            left, right = min(left, low), max(right, high)
        if min(ys) < top or max(ys) > bottom:
            low, high = _extremes(ys if segment[0] == "M" else (y, *ys))
            top, bottom = min(top, low), max(bottom, high)
        x, y = xs[-1], ys[-1]
    if left > right:
        return None
    return Box(_floor(left), _floor(top), -_floor(-right), -_floor(-bottom))


def _floor(value: float) -> int:
    whole = int(value)
    return whole - 1 if whole > value else whole


def _extremes(points: Sequence[float]) -> tuple[float, float]:
    """Least and greatest coordinate of a line, quadratic or cubic curve along one axis."""
    low, high = min(points[0], points[-1]), max(points[0], points[-1])
    if min(points) >= low and max(points) <= high:
        return low, high
    for t in _turning_points(points):
        if 0 < t < 1:
            value = _at(points, t)
            low, high = min(low, value), max(high, value)
    return low, high


def _turning_points(points: Sequence[float]) -> tuple[float, ...]:
    if len(points) == 3:
        a, b, c = points
        bend = a - 2 * b + c
        return ((a - b) / bend,) if bend else ()
    a, b, c, d = points
    # Derivative of the cubic: p t^2 + q t + r.
    p, q, r = 3 * (d - 3 * c + 3 * b - a), 6 * (c - 2 * b + a), 3 * (b - a)
    if p == 0:
        return (-r / q,) if q else ()
    inside = q * q - 4 * p * r
    if inside < 0:
        return ()
    root = sqrt(inside)
    return ((-q + root) / (2 * p), (-q - root) / (2 * p))


def _at(points: Sequence[float], t: float) -> float:
    values = list(points)
    while len(values) > 1:
        values = [a + (b - a) * t for a, b in itertools.pairwise(values)]
    return values[0]


def rectangle(box: Box) -> Path:
    return (
        ("M", box.left, box.top),
        ("L", box.right, box.top),
        ("L", box.right, box.bottom),
        ("L", box.left, box.bottom),
        ("Z",),
    )


def rounded_rectangle(box: Box, radius: int) -> Path:
    """A rectangle with circular corners; the radius is cut down to half the shorter side."""
    r = min(radius, box.width // 2, box.height // 2)
    if r <= 0:
        return rectangle(box)
    k = round(r * (1 - QUARTER_CIRCLE))
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    return (
        ("M", left + r, top),
        ("L", right - r, top),
        ("C", right - k, top, right, top + k, right, top + r),
        ("L", right, bottom - r),
        ("C", right, bottom - k, right - k, bottom, right - r, bottom),
        ("L", left + r, bottom),
        ("C", left + k, bottom, left, bottom - k, left, bottom - r),
        ("L", left, top + r),
        ("C", left, top + k, left + k, top, left + r, top),
        ("Z",),
    )


def ellipse(box: Box) -> Path:
    """The ellipse that touches all four sides of the box."""
    cx, cy = (box.left + box.right) // 2, (box.top + box.bottom) // 2
    kx = round(box.width / 2 * (1 - QUARTER_CIRCLE))
    ky = round(box.height / 2 * (1 - QUARTER_CIRCLE))
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    return (
        ("M", cx, top),
        ("C", right - kx, top, right, top + ky, right, cy),
        ("C", right, bottom - ky, right - kx, bottom, cx, bottom),
        ("C", left + kx, bottom, left, bottom - ky, left, cy),
        ("C", left, top + ky, left + kx, top, cx, top),
        ("Z",),
    )


def line(start: tuple[int, int], end: tuple[int, int]) -> Path:
    return (("M", *start), ("L", *end))
