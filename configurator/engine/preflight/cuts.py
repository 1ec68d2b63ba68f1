"""Cuts and scores: lines that are cut twice, contours that do not close, outlines of too many nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import atan2, cos, hypot, pi, sin

from configurator.engine.geometry import Box, Path, bounds, millimetres
from configurator.engine.layout.scene import Finding, Outline, Stroke
from configurator.engine.preflight.case import WAYS, Case, finding
from configurator.engine.rendering.polygons import flattened

# Lines nearer than this, in µm, are one line for a laser; two that run together for less are a crossing.
TOGETHER = 20
LEAST_TOGETHER = 500
# Directions are sorted by so many parts of a radian, from this angle below 0 on.
TURNS = 200
START = 0.3
# Ends of a contour further apart than this are open.
OPEN = 10
# What controllers of lasers and plotters are slow with, in nodes an element.
MOST_NODES = 20_000
# Beyond so many pieces of lines they are not compared with each other.
COMPARED = 40_000


# A straight piece of a way: from (x1, y1) to (x2, y2).
_Piece = tuple[int, int, int, int]
_Lines = dict[tuple[int, int], list[_Piece]]


def cut_twice(case: Case) -> Iterator[Finding]:
    """Lines of one role that lie on each other: the second pass burns the cut wider."""
    for role in sorted(WAYS):
        ways = [item for item in case.scene.items if item.role == role and isinstance(item, Outline | Stroke)]
        doubled = _doubled(ways)
        for item, length in doubled.items():
            yield finding(
                "cut-twice",
                "refuse",
                item.element,
                f"{millimetres(round(length))} mm of this line lie on another one and would be"
                f" {'cut' if role == 'cut' else 'scored'} twice. Leave one of them out.",
                measured=length / 1000,
                limit=0,
                unit="mm",
                box=bounds(item.path),
            )


def _doubled(ways: list[Outline | Stroke]) -> dict[Outline | Stroke, float]:
    """Each item that lies on an earlier one (or on itself), and for how long, in µm."""
    lines: _Lines = defaultdict(list)
    found: dict[Outline | Stroke, float] = defaultdict(float)
    count = 0
    for item in ways:
        for points, closed in flattened(item.path):
            for (x1, y1), (x2, y2) in pairwise((*points, points[0]) if closed else points):
                count += 1
                if count > COMPARED:
                    return dict(found)
                found[item] += _laid(lines, (x1, y1, x2, y2))
    return {item: length for item, length in found.items() if length >= LEAST_TOGETHER}


def _laid(lines: _Lines, piece: _Piece) -> float:
    """Lay a piece beside those of about the same line; for how long it lies on one of them, in µm."""
    x1, y1, x2, y2 = piece
    # Turned so that lines across, down and at 45 degrees are far from where the angles begin again.
    angle = (atan2(y2 - y1, x2 - x1) + START) % pi - START
    along_x, along_y = cos(angle), sin(angle)
    turn, lane = round(angle * TURNS), round((y1 * along_x - x1 * along_y) / TOGETHER)
    longest = 0.0
    for near in ((turn + dt, lane + dl) for dt in (-1, 0, 1) for dl in (-1, 0, 1)):
        for other in lines.get(near, ()):
            longest = max(longest, _overlap(piece, other, along_x, along_y))
    lines[turn, lane].append(piece)
    return longest


def _overlap(one: _Piece, other: _Piece, along_x: float, along_y: float) -> float:
    """For how long a piece lies on another, where both of its ends are near enough to this one's line."""
    x, y = one[0], one[1]
    ends = [(other[0] - x, other[1] - y), (other[2] - x, other[3] - y)]
    if any(abs(dy * along_x - dx * along_y) > TOGETHER for dx, dy in ends):
        return 0.0
    first, last = sorted(dx * along_x + dy * along_y for dx, dy in ends)
    length = (one[2] - x) * along_x + (one[3] - y) * along_y
    low, high = min(0.0, length), max(0.0, length)
    return max(0.0, min(high, last) - max(low, first))


def open_cuts(case: Case) -> Iterator[Finding]:
    """Contours to be cut out whose ends do not meet: nothing would fall out. Scores and plain lines may end
    anywhere."""
    for item in case.scene.items:
        if item.role != "cut" or not isinstance(item, Outline | Stroke):
            continue
        gap = _widest_opening(item.path)
        if gap is None:
            continue
        yield finding(
            "cut-open",
            "refuse",
            item.element,
            f"This cut does not close: its ends are {millimetres(round(gap))} mm apart, so nothing is cut"
            " out. Join them.",
            measured=gap / 1000,
            limit=0,
            unit="mm",
            box=bounds(item.path),
        )


def _widest_opening(path: Path) -> float | None:
    """How far apart the ends of the worst open contour are; None where all close. A single straight line is
    a cut from here to there."""
    worst: float | None = None
    for points, closed in flattened(path):
        if closed or len(points) < 3:
            continue
        apart = hypot(points[-1][0] - points[0][0], points[-1][1] - points[0][1])
        if apart > OPEN:
            worst = apart if worst is None else max(worst, apart)
    return worst


def many_nodes(case: Case) -> Iterator[Finding]:
    """Outlines of so many nodes that a laser's or plotter's controller stutters."""
    if set(case.profile.formats).isdisjoint({"svg", "dxf"}):
        return
    counted: dict[str, int] = defaultdict(int)
    boxes: dict[str, Box] = {}
    for item in case.scene.items:
        if isinstance(item, Outline | Stroke):
            counted[item.element] += len(item.path)
            boxes.setdefault(item.element, item.box)
    for element, count in counted.items():
        if count > MOST_NODES:
            yield finding(
                "too-many-nodes",
                "warn",
                element,
                f"This has {count:,} nodes; above {MOST_NODES:,} {case.profile.name} runs unevenly."
                " Make the drawing simpler.",
                measured=count,
                limit=MOST_NODES,
                unit="nodes",
                box=boxes[element],
            )
