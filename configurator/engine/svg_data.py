"""Numbers, paths, shapes and transforms of SVG 1.1 as cubic curves; nothing else of SVG is understood.

Source: SVG 1.1 (second edition), chapters 7.6 (transform), 8.3 (path data) and 9 (basic shapes), and
appendix F.6 for elliptical arcs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from math import atan2, ceil, cos, hypot, isfinite, pi, radians, sin, sqrt, tan

from configurator.engine.geometry import QUARTER_CIRCLE

Point = tuple[float, float]
# a, b, c, d, e, f of the standard: x' = a x + c y + e, y' = b x + d y + f
Matrix = tuple[float, float, float, float, float, float]
Curve = tuple[str, *tuple[Point, ...]]  # M, L, C with points, or Z

UNCHANGED: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MAX_NUMBER = 1e7  # user units; beyond it sums lose the micrometre

_NUMBER = re.compile(r"[\s,]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)")
_END = re.compile(r"[\s,]*\Z")
_FLAG = re.compile(r"[\s,]*([01])")
_COMMAND = re.compile(r"[\s,]*([MmLlHhVvCcSsQqTtAaZz])")
_CALL = re.compile(r"[\s,]*(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]*)\)")
_LENGTH = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*(px|pt|pc|mm|cm|in|)\s*\Z")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}


class Unreadable(ValueError):
    """Something is no number, path or transform; says which."""


class TooMany(ValueError):
    """More points than are taken."""


def length(text: str) -> float:
    """A length in user units; raises `Unreadable`, also for percentages and ems, which need a page."""
    found = _LENGTH.match(text)
    if found is None:
        raise Unreadable(f"“{text[:20]}” is no length in px, mm, cm, in or pt")
    return _held(float(found[1]) * _PIXELS[found[2]], text)


def numbers(text: str, *, most: int = 100_000) -> list[float]:
    """A list of numbers, as in `points` and `viewBox`."""
    found: list[float] = []
    at = 0
    while not _END.match(text, at):
        match = _NUMBER.match(text, at)
        if match is None:
            raise Unreadable(f"“{text[at : at + 20].strip()}” is no number")
        found.append(_held(float(match[1]), match[1]))
        at = match.end()
        if len(found) > most:
            raise TooMany
    return found


def _held(value: float, text: str) -> float:
    if not isfinite(value) or abs(value) > MAX_NUMBER:
        raise Unreadable(f"“{text[:20]}” is too large a number")
    return value


# --- transforms -------------------------------------------------------------------------------------------


def transform(text: str) -> Matrix:
    """The product of a list of transforms."""
    result, at = UNCHANGED, 0
    while not _END.match(text, at):
        call = _CALL.match(text, at)
        if call is None:
            raise Unreadable(f"“{text[at : at + 20].strip()}” is no transform")
        result = times(result, _one_transform(call[1], numbers(call[2], most=6)))
        at = call.end()
    return result


def _one_transform(name: str, given: list[float]) -> Matrix:
    count = len(given)
    if name == "matrix" and count == 6:
        return given[0], given[1], given[2], given[3], given[4], given[5]
    if name == "translate" and count in (1, 2):
        return 1.0, 0.0, 0.0, 1.0, given[0], given[1] if count == 2 else 0.0
    if name == "scale" and count in (1, 2):
        return given[0], 0.0, 0.0, given[-1], 0.0, 0.0
    if name == "rotate" and count in (1, 3):
        c, s = cos(radians(given[0])), sin(radians(given[0]))
        x, y = (given[1], given[2]) if count == 3 else (0.0, 0.0)
        return c, s, -s, c, x - c * x + s * y, y - s * x - c * y
    if name == "skewX" and count == 1:
        return 1.0, 0.0, tan(radians(given[0])), 1.0, 0.0, 0.0
    if name == "skewY" and count == 1:
        return 1.0, tan(radians(given[0])), 0.0, 1.0, 0.0, 0.0
    raise Unreadable(f"{name} takes another count of numbers than {count}")


def times(outer: Matrix, inner: Matrix) -> Matrix:
    """The transform that does `inner` first."""
    a, b, c, d, e, f = outer
    g, h, i, j, k, m = inner
    return (
        a * g + c * h,
        b * g + d * h,
        a * i + c * j,
        b * i + d * j,
        a * k + c * m + e,
        b * k + d * m + f,
    )


def applied(matrix: Matrix, point: Point) -> Point:
    a, b, c, d, e, f = matrix
    return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f


# --- basic shapes -----------------------------------------------------------------------------------------


def basic_shape(kind: str, given: Mapping[str, str]) -> list[Curve]:
    """The outline of a rect, circle, ellipse, line, polyline or polygon; empty where it draws nothing."""
    return _SHAPES[kind](given)


def _of(given: Mapping[str, str], name: str) -> float:
    return length(given.get(name) or "0")


def _rect(given: Mapping[str, str]) -> list[Curve]:
    x, y, width, height = (_of(given, name) for name in ("x", "y", "width", "height"))
    if width <= 0 or height <= 0:
        return []
    rx, ry = given.get("rx"), given.get("ry")
    across = min(length(rx or ry or "0"), width / 2)
    down = min(length(ry or rx or "0"), height / 2)
    right, bottom = x + width, y + height
    if across <= 0 or down <= 0:
        return [("M", (x, y)), ("L", (right, y)), ("L", (right, bottom)), ("L", (x, bottom)), ("Z",)]
    kx, ky = across * (1 - QUARTER_CIRCLE), down * (1 - QUARTER_CIRCLE)
    return [
        ("M", (x + across, y)),
        ("L", (right - across, y)),
        ("C", (right - kx, y), (right, y + ky), (right, y + down)),
        ("L", (right, bottom - down)),
        ("C", (right, bottom - ky), (right - kx, bottom), (right - across, bottom)),
        ("L", (x + across, bottom)),
        ("C", (x + kx, bottom), (x, bottom - ky), (x, bottom - down)),
        ("L", (x, y + down)),
        ("C", (x, y + ky), (x + kx, y), (x + across, y)),
        ("Z",),
    ]


def _ellipse(given: Mapping[str, str]) -> list[Curve]:
    cx, cy = _of(given, "cx"), _of(given, "cy")
    rx = _of(given, "r" if "r" in given else "rx")
    ry = _of(given, "r" if "r" in given else "ry")
    if rx <= 0 or ry <= 0:
        return []
    kx, ky = rx * QUARTER_CIRCLE, ry * QUARTER_CIRCLE
    return [
        ("M", (cx + rx, cy)),
        ("C", (cx + rx, cy + ky), (cx + kx, cy + ry), (cx, cy + ry)),
        ("C", (cx - kx, cy + ry), (cx - rx, cy + ky), (cx - rx, cy)),
        ("C", (cx - rx, cy - ky), (cx - kx, cy - ry), (cx, cy - ry)),
        ("C", (cx + kx, cy - ry), (cx + rx, cy - ky), (cx + rx, cy)),
        ("Z",),
    ]


def _line(given: Mapping[str, str]) -> list[Curve]:
    return [("M", (_of(given, "x1"), _of(given, "y1"))), ("L", (_of(given, "x2"), _of(given, "y2")))]


def _polyline(given: Mapping[str, str]) -> list[Curve]:
    found = numbers(given.get("points", ""))
    points = list(zip(found[0::2], found[1::2], strict=False))  # an odd number too many is left out
    if len(points) < 2:
        return []
    return [("M", points[0]), *(("L", point) for point in points[1:])]


def _polygon(given: Mapping[str, str]) -> list[Curve]:
    points = _polyline(given)
    return [*points, ("Z",)] if points else []


_SHAPES: dict[str, Callable[[Mapping[str, str]], list[Curve]]] = {
    "rect": _rect,
    "circle": lambda given: _ellipse({key: value for key, value in given.items() if key not in ("rx", "ry")}),
    "ellipse": lambda given: _ellipse({key: value for key, value in given.items() if key != "r"}),
    "line": _line,
    "polyline": _polyline,
    "polygon": _polygon,
}


# --- path data --------------------------------------------------------------------------------------------


def path(text: str, *, most: int) -> list[Curve]:
    """Path data as absolute moves, lines and cubic curves. Raises `Unreadable`, `TooMany`."""
    reader = _PathReader(text, most)
    return reader.read()


class _PathReader:
    """Where the pen is, where the part began, and the last control point for smooth curves."""

    def __init__(self, text: str, most: int) -> None:
        self.text, self.at, self.most = text, 0, most
        self.made: list[Curve] = []
        self.pen: Point = (0.0, 0.0)
        self.start: Point = (0.0, 0.0)
        self.handle: Point | None = None
        self.smooth = ""  # the kind of curve that `handle` belongs to

    def read(self) -> list[Curve]:
        for command in self._commands():
            if not self.made and command not in "Mm":
                raise Unreadable(f"path data begins with “{command}”, not with M")
            self._draw(command)
            if len(self.made) > self.most:
                raise TooMany
        return self.made

    def _commands(self) -> Iterator[str]:
        """Each command, repeated for as long as numbers follow; more points after a move are lines."""
        while not _END.match(self.text, self.at):
            found = _COMMAND.match(self.text, self.at)
            if found is None:
                raise Unreadable(f"“{self.text[self.at : self.at + 20].strip()}” is no path data")
            self.at = found.end()
            command = found[1]
            yield command
            if command in "Zz":
                continue
            command = {"M": "L", "m": "l"}.get(command, command)
            while _NUMBER.match(self.text, self.at):
                yield command

    def _number(self) -> float:
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise Unreadable(f"path data breaks off at “{self.text[self.at : self.at + 20].strip()}”")
        self.at = found.end()
        return _held(float(found[1]), found[1])

    def _flag(self) -> bool:
        found = _FLAG.match(self.text, self.at)
        if found is None:
            raise Unreadable("a flag of an arc is neither 0 nor 1")
        self.at = found.end()
        return found[1] == "1"

    def _point(self, relative: bool) -> Point:
        x, y = self._number(), self._number()
        return (self.pen[0] + x, self.pen[1] + y) if relative else (x, y)

    def _draw(self, command: str) -> None:
        kind, relative = command.upper(), command.islower()
        if kind == "Z":
            self.made.append(("Z",))
            self.pen, self.handle = self.start, None
            return
        if kind == "A":
            self._arc(relative)
            return
        if self.made[-1:] == [("Z",)] and kind != "M":
            self.made.append(("M", self.pen))  # drawing goes on where the closed part began
        if kind in "MLHV":
            self._straight(kind, relative)
        else:
            self._curve(kind, relative)

    def _straight(self, kind: str, relative: bool) -> None:
        if kind == "H":
            to = (self._number() + (self.pen[0] if relative else 0), self.pen[1])
        elif kind == "V":
            to = (self.pen[0], self._number() + (self.pen[1] if relative else 0))
        else:
            to = self._point(relative)
        self.made.append(("M" if kind == "M" else "L", to))
        if kind == "M":
            self.start = to
        self.pen, self.handle = to, None

    def _curve(self, kind: str, relative: bool) -> None:
        family = "C" if kind in "CS" else "Q"
        if kind in "CQ":
            first = self._point(relative)
        elif self.handle is not None and self.smooth == family:
            first = (2 * self.pen[0] - self.handle[0], 2 * self.pen[1] - self.handle[1])
        else:
            first = self.pen
        second = self._point(relative) if family == "C" else first
        to = self._point(relative)
        self.handle, self.smooth = second, family
        if family == "Q":  # the same curve with two handles
            self.made.append(("C", _towards(self.pen, first, 2 / 3), _towards(to, first, 2 / 3), to))
        else:
            self.made.append(("C", first, second, to))
        self.pen = to

    def _arc(self, relative: bool) -> None:
        rx, ry, turn = abs(self._number()), abs(self._number()), radians(self._number())
        large, sweep = self._flag(), self._flag()
        to = self._point(relative)
        if self.made[-1:] == [("Z",)]:
            self.made.append(("M", self.pen))
        if to != self.pen:
            if rx == 0 or ry == 0:
                self.made.append(("L", to))
            else:
                self.made += arc(self.pen, to, rx, ry, turn, large, sweep)
        self.pen, self.handle = to, None


def _towards(start: Point, end: Point, part: float) -> Point:
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part


def arc(
    start: Point, to: Point, rx: float, ry: float, turn: float, large: bool, sweep: bool
) -> Iterator[Curve]:
    """An elliptical arc as cubics of at most a quarter turn each (F.6.5: from end points to the centre).

    Each is off by at most 0.03 % of the radius.
    """
    c, s = cos(turn), sin(turn)
    dx, dy = (start[0] - to[0]) / 2, (start[1] - to[1]) / 2
    x1, y1 = c * dx + s * dy, -s * dx + c * dy
    grow = sqrt(max(1.0, (x1 / rx) ** 2 + (y1 / ry) ** 2))  # radii that do not reach are made to (F.6.6)
    rx, ry = rx * grow, ry * grow
    inside = (rx * ry) ** 2 - (rx * y1) ** 2 - (ry * x1) ** 2
    factor = sqrt(max(0.0, inside) / ((rx * y1) ** 2 + (ry * x1) ** 2))
    if large == sweep:
        factor = -factor
    cx1, cy1 = factor * rx * y1 / ry, -factor * ry * x1 / rx
    cx = c * cx1 - s * cy1 + (start[0] + to[0]) / 2
    cy = s * cx1 + c * cy1 + (start[1] + to[1]) / 2
    first = atan2((y1 - cy1) / ry, (x1 - cx1) / rx)
    span = atan2((-y1 - cy1) / ry, (-x1 - cx1) / rx) - first
    if sweep and span < 0:
        span += 2 * pi
    elif not sweep and span > 0:
        span -= 2 * pi
    count = max(1, ceil(abs(span) / (pi / 2) - 1e-9))
    step = span / count
    handle = 4 / 3 * tan(step / 4)

    def at(angle: float, along: float) -> Point:
        x = rx * (cos(angle) - along * sin(angle))
        y = ry * (sin(angle) + along * cos(angle))
        return cx + c * x - s * y, cy + s * x + c * y

    for number in range(count):
        begin, end = first + number * step, first + (number + 1) * step
        yield "C", at(begin, handle), at(end, -handle), to if number == count - 1 else at(end, 0.0)


def stretch(matrix: Matrix) -> tuple[float, float]:
    """How much a transform stretches: the mean (by area), and the longer direction over the shorter."""
    a, b, c, d = matrix[:4]
    area = abs(a * d - b * c)
    half = (a * a + b * b + c * c + d * d) / 2
    root = sqrt(max(0.0, half * half - area * area))
    longest, shortest = sqrt(half + root), sqrt(max(0.0, half - root))
    return sqrt(area), longest / shortest if shortest > 1e-12 else hypot(1e6, 1)
