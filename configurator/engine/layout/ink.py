"""The ink of shaped lines at any letter height: all points at once as numbers, outlines only of what is kept.

While a text is made to fit, only boxes are needed, and many of them; numpy works them out for all points of a
line together, in the same double precision and with the same rounding as one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import hypot

import numpy as np
from numpy.typing import NDArray

from configurator.engine.fonts import Face, GlyphOutline
from configurator.engine.geometry import Box, Segment, bounds
from configurator.engine.layout.shaping import ShapedLine

Numbers = NDArray[np.float64]
_POINTS = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 0}


@dataclass(frozen=True, slots=True)
class _GlyphPoints:
    """The points of a glyph in font units, y upwards; `counts` are how many belong to each segment;
    `straight` is the length of its longest straight line."""

    commands: str
    counts: tuple[int, ...]
    points: Numbers
    straight: float


@lru_cache(maxsize=4096)
def _glyph_points(face: Face, glyph: int) -> _GlyphPoints:
    outline = face.outline(glyph)
    commands = "".join(segment[0] for segment in outline)
    numbers = [value for segment in outline for value in segment[1:]]
    return _GlyphPoints(
        commands,
        tuple(_POINTS[command] for command in commands),
        np.array(numbers, dtype=np.float64).reshape(-1, 2),
        max(_straight_lengths(outline), default=0.0),
    )


def _straight_lengths(outline: GlyphOutline) -> Iterator[float]:
    """The lengths of the straight lines of a glyph, those that close its contours included."""
    start = place = (0.0, 0.0)
    for command, *values in outline:
        end = start if command == "Z" else (values[-2], values[-1])
        if command == "M":
            start = end
        elif command in "LZ":
            yield hypot(end[0] - place[0], end[1] - place[1])
        place = end


@dataclass(frozen=True, slots=True)
class Ink:
    """A line's outline at one letter height, first as points: whole µm, y downwards, the baseline on 0."""

    commands: str
    counts: tuple[int, ...]
    ends: NDArray[np.int64]
    points: Numbers
    straight_um: float

    def box(self) -> Box | None:
        """The exact box, as `geometry.bounds` gives it; None where nothing is drawn."""
        if not len(self.points):
            return None
        on_curve = self.points[self.ends]
        low, high = on_curve.min(axis=0), on_curve.max(axis=0)
        if (self.points.min(axis=0) < low).any() or (self.points.max(axis=0) > high).any():
            return self._box_with_curves(low, high)
        return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))

    def _box_with_curves(self, low: Numbers, high: Numbers) -> Box:
        """Only the curves that have a control point outside the box of all ends can reach beyond it."""
        starts = np.cumsum((0, *self.counts[:-1]))
        outside = ((self.points < low) | (self.points > high)).any(axis=1)
        found: list[Segment] = [("M", int(low[0]), int(low[1])), ("M", int(high[0]), int(high[1]))]
        for index in np.flatnonzero(outside):
            segment = int(np.searchsorted(starts, index, side="right")) - 1
            while self.counts[segment] == 0:
                segment -= 1
            first = int(starts[segment])
            before = self.points[first - 1]
            values = self.points[first : first + self.counts[segment]].ravel().tolist()
            found.append(("M", int(before[0]), int(before[1])))
            found.append((self.commands[segment], *(int(value) for value in values)))
        box = bounds(tuple(found))
        assert box is not None
        return box

    def segments(self, dx: int, dy: int) -> list[Segment]:
        """The outline, moved."""
        flat = np.add(self.points, (dx, dy)).astype(np.int64).ravel().tolist()
        found: list[Segment] = []
        at = 0
        for command, count in zip(self.commands, self.counts, strict=True):
            after = at + 2 * count
            found.append((command, *flat[at:after]))
            at = after
        return found


@dataclass(frozen=True, slots=True)
class _LinePoints:
    """The points of all glyphs of a line in font units, with each point's glyph: its place on the line in
    letter heights, and its font's capital height; `ends` are the points that segments end at."""

    commands: str
    counts: tuple[int, ...]
    ends: NDArray[np.int64]
    points: Numbers
    x: Numbers
    y: Numbers
    cap: Numbers
    straight: float


@lru_cache(maxsize=1024)
def _line_points(line: ShapedLine) -> _LinePoints:
    shapes = [_glyph_points(glyph.face, glyph.glyph) for glyph in line.glyphs]
    many = [len(shape.points) for shape in shapes]

    def each(values: list[float]) -> Numbers:
        return np.repeat(np.array(values, dtype=np.float64), many)

    counts = tuple(count for shape in shapes for count in shape.counts)
    drawn = np.array([count for count in counts if count], dtype=np.int64)
    return _LinePoints(
        "".join(shape.commands for shape in shapes),
        counts,
        np.cumsum(drawn) - 1,
        np.concatenate([shape.points for shape in shapes]) if shapes else np.empty((0, 2)),
        each([glyph.x for glyph in line.glyphs]),
        each([glyph.y for glyph in line.glyphs]),
        each([float(glyph.face.cap_height) for glyph in line.glyphs]),
        max(
            (
                shape.straight / glyph.face.cap_height
                for shape, glyph in zip(shapes, line.glyphs, strict=True)
            ),
            default=0.0,
        ),
    )


def ink_at(line: ShapedLine, size_um: int) -> Ink:
    """The ink of a line at this letter height."""
    of = _line_points(line)
    scale = size_um / of.cap
    points = np.empty_like(of.points)
    # One by one this is round(x0 + value * scale) and round(-y0 - value * scale): the same numbers.
    points[:, 0] = np.rint(of.x * size_um + of.points[:, 0] * scale)
    points[:, 1] = np.rint(-(of.y * size_um) - of.points[:, 1] * scale)
    return Ink(of.commands, of.counts, of.ends, points, of.straight * size_um)


def bent_within(inks: Sequence[tuple[Ink, int, int]], radius: float, width: int, height: int) -> bool | None:
    """Whether lines (moved by so much) surely are, or surely are not, as small as this when bent onto a
    circle; None where only the exact outline tells. The ends of segments lie on the outline, and it lies in
    the hull of all its points, widened by what straight lines bulge."""
    ends, hull = (
        np.concatenate([ink.points[chosen(ink)] + np.array((dx, dy)) for ink, dx, dy in inks])
        for chosen in (lambda ink: ink.ends, lambda ink: slice(None))
    )
    if not len(ends):
        return True
    across, down = np.ptp(_on_circle(ends, radius), axis=0)
    if across > width + 2 or down > height + 2:
        return False
    nearest = float(np.abs(radius - hull[:, 1]).min())
    bulge = max(ink.straight_um for ink, _, _ in inks) ** 2 / (4 * max(nearest, 1.0)) + 4
    across, down = np.ptp(_on_circle(hull, radius), axis=0) + 2 * bulge
    return True if across <= width and down <= height else None


def _on_circle(points: Numbers, radius: float) -> Numbers:
    """As `geometry.bent`, without rounding."""
    angle, distance = points[:, 0] / radius, radius - points[:, 1]
    return np.stack((distance * np.sin(angle), radius - distance * np.cos(angle)), axis=1)
