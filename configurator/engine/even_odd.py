"""A shape filled by the rule "even-odd" as one that the rule "non-zero" fills the same way.

Machines and our outputs fill by non-zero. Where no part of a shape crosses another or itself, only the
direction of each part decides: parts inside an even number of others run one way, the rest the other.
"""

from __future__ import annotations

from collections.abc import Sequence

from configurator.engine.geometry import Path, Segment

STEPS = 6  # straight pieces that stand for a curve when inside and outside are told apart
MAX_TESTS = 400_000  # pairs of pieces that are looked at before giving up

Point = tuple[float, float]
Piece = tuple[Point, Point]


class Crossing(ValueError):
    """Parts cross, or there are too many to tell."""


def non_zero(path: Path) -> Path:
    """The same filled area by the rule non-zero; raises `Crossing` where turning parts is not enough."""
    parts = _parts(path)
    outlines = [_flat(part) for part in parts]
    _refuse_crossing(outlines)
    turned: list[Segment] = []
    for index, part in enumerate(parts):
        around = sum(_inside(outlines[index][0], other) for at, other in enumerate(outlines) if at != index)
        clockwise = _area(outlines[index]) > 0
        turned += part if clockwise == (around % 2 == 0) else _reversed(part)
    return tuple(turned)


def _parts(path: Path) -> list[list[Segment]]:
    """The path cut at its moves; each part closed."""
    parts: list[list[Segment]] = []
    for segment in path:
        if segment[0] == "M":
            parts.append([])
        if parts:
            parts[-1].append(segment)
    return [part for part in parts if len(part) > 1]


def _flat(part: Sequence[Segment]) -> list[Point]:
    points: list[Point] = []
    for segment in part:
        if segment[0] in "ML":
            x, y = _numbers(segment)
            points.append((x, y))
        elif segment[0] == "C":
            x0, y0 = points[-1]
            x1, y1, x2, y2, x3, y3 = _numbers(segment)
            for step in range(1, STEPS + 1):
                t = step / STEPS
                u = 1 - t
                a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
                points.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return points


def _numbers(segment: Segment) -> tuple[int, ...]:
    return segment[1:]


def _area(points: Sequence[Point]) -> float:
    """Twice the signed area: positive for clockwise, as y points down."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True))


def _inside(point: Point, outline: Sequence[Point]) -> bool:
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            inside = not inside
    return inside


def _reversed(part: Sequence[Segment]) -> list[Segment]:
    """The same closed part, run the other way."""
    drawn = [segment for segment in part if segment[0] != "Z"]
    ends = [_numbers(segment)[-2:] for segment in drawn]
    turned: list[Segment] = [("M", *ends[-1])]
    for index in range(len(drawn) - 1, 0, -1):
        segment, to = drawn[index], ends[index - 1]
        values = _numbers(segment)
        handles = (*values[2:4], *values[:2]) if segment[0] == "C" else ()
        numbers: tuple[int, ...] = (*handles, *to)
        turned.append((segment[0], *numbers))
    return [*turned, ("Z",)]


def _refuse_crossing(outlines: Sequence[Sequence[Point]]) -> None:
    """Look at the pieces from left to right, each against those that begin before it ends."""
    pieces = [
        ((a, b) if a <= b else (b, a))
        for points in outlines
        for a, b in zip(points, [*points[1:], points[0]], strict=True)
        if a != b
    ]
    pieces.sort()
    tests = 0
    for index, piece in enumerate(pieces):
        for other in pieces[index + 1 :]:
            if other[0][0] > piece[1][0]:
                break
            tests += 1
            if tests > MAX_TESTS or _cross(piece, other):
                raise Crossing


def _cross(one: Piece, other: Piece) -> bool:
    """Whether two pieces cross inside both; touching is no crossing."""
    (a, b), (c, d) = one, other
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, p: Point) -> int:
    value = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return (value > 0) - (value < 0)
