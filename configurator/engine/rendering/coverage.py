"""How much of every pixel an outline covers: exactly, by the signed areas between its edges and the right.

Each edge is cut where it enters another pixel. A piece of height dy covers the part of its own pixel that
lies right of it and all pixels to the right of that; summed from the left, the pieces give each pixel's share
times how often the outline winds around it. (Kept for pictures on a screen: far quicker than drawing SVG.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from configurator.engine.geometry import Path
from configurator.engine.rendering.placed import Grid, PixelBox

Coverage = NDArray[np.uint8]
Numbers = NDArray[np.float64]

# A curve is drawn as chords, which leave it by about a 50th of a pixel: one chord for each so many pixels
# along the way, and at least two.
CHORD_PIXELS = 4.0
MOST_CHORDS = 32
# Rows that a pixel is cut into where outlines overlap.
CUTS = 4


def covered(path: Path, grid: Grid, window: PixelBox) -> Coverage:
    """Of the pixels of a window (rows, columns), 0 to 255: what the outline fills, winding rule non-zero.
    Nothing of the outline may lie outside the window. Open ends are joined, as in SVG."""
    width, height = window[2] - window[0], window[3] - window[1]
    offset = np.array([grid.left_um * grid.scale + window[0], grid.top_um * grid.scale + window[1]])
    edges = _edges(path, grid.scale) - np.tile(offset, 2)
    share = _wound(edges, width, np.arange(height))
    # Letters that are joined run over each other. Where their edges do, a pixel would count them twice.
    twice = np.asarray((share > 1 + 1e-6).any(axis=1))
    if twice.any():
        share = np.minimum(share, 1)
        twice[1:] |= twice[:-1]
        twice[:-1] |= twice[1:]
        (rows,) = np.nonzero(twice)
        edges[:, 1::2] *= CUTS
        fine = _wound(edges, width, (rows[:, None] * CUTS + np.arange(CUTS)).ravel())
        share[rows] = np.minimum(fine, 1).reshape(len(rows), CUTS, width).mean(axis=1)
    return np.asarray(share * 255 + 0.5).astype(np.uint8)


def _wound(edges: Numbers, width: int, rows: NDArray[np.intp]) -> Numbers:
    """How often the edges wind around each pixel of some rows (ascending), on average over its area; either
    way round is positive."""
    y0, x0, y1, x1, _ = _cut(*np.ascontiguousarray(edges.T)[[1, 0, 3, 2]])
    row = np.floor((y0 + y1) / 2)
    place = np.searchsorted(rows, row)
    asked = np.flatnonzero((place < len(rows)) & (rows[np.minimum(place, len(rows) - 1)] == row))
    x0, y0, x1, y1, piece = _cut(x0[asked], y0[asked], x1[asked], y1[asked])
    middle = (x0 + x1) / 2
    columns = np.clip(np.floor(middle), 0, width - 1)
    right = middle - columns
    rise = y1 - y0
    at = place[asked][piece] * (width + 1) + columns.astype(np.intp)
    size = len(rows) * (width + 1)
    pieces = np.bincount(at, rise * (1 - right), minlength=size)
    pieces += np.bincount(at + 1, rise * right, minlength=size + 1)[:size]
    return np.asarray(np.abs(pieces.reshape(len(rows), width + 1)[:, :width].cumsum(axis=1)))


def _cut(
    a0: Numbers, b0: Numbers, a1: Numbers, b1: Numbers
) -> tuple[Numbers, Numbers, Numbers, Numbers, NDArray[np.intp]]:
    """Edges from (a0, b0) to (a1, b1), cut wherever a is a whole number, and whose pieces they are."""
    first, last = np.floor(a0), np.floor(a1)
    crossings = np.abs(last - first).astype(np.intp)
    count = crossings + 1
    edge = np.repeat(np.arange(len(a0)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    towards = np.where(last >= first, 1.0, -1.0)
    # The first whole number met: the next one above, or the one at or below.
    met = np.where(last >= first, first + 1, first)[edge] + (step - 1) * towards[edge]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(crossings > 0, (b1 - b0) / (a1 - a0), 0)
    ends = step == crossings[edge]
    starts_a = np.where(step == 0, a0[edge], met)
    starts_b = np.where(step == 0, b0[edge], b0[edge] + (met - a0[edge]) * slope[edge])
    next_met = met + towards[edge]
    ends_a = np.where(ends, a1[edge], next_met)
    ends_b = np.where(ends, b1[edge], b0[edge] + (next_met - a0[edge]) * slope[edge])
    return starts_a, starts_b, ends_a, ends_b, edge


def _edges(path: Path, scale: float) -> Numbers:
    """The outline's straight edges in pixels, (n, 4): x0, y0, x1, y1, curves as chords."""
    lines: list[tuple[int, ...]] = []
    curves: dict[int, list[tuple[int, ...]]] = {4: [], 6: []}
    here = start = (0, 0)
    for command, *numbers in path:
        if command in "MZ":
            if here != start:
                lines.append((*here, *start))
            if command == "M":
                start = (numbers[0], numbers[1])
            here = start
            continue
        if command == "L":
            lines.append((*here, *numbers))
        else:
            curves[len(numbers)].append((*here, *numbers))
        here = (numbers[-2], numbers[-1])
    if here != start:
        lines.append((*here, *start))
    parts = [np.array(lines, dtype=np.float64).reshape(-1, 4) * scale]
    parts += [_chords(np.array(each, dtype=np.float64) * scale) for each in curves.values() if each]
    return np.concatenate(parts)


def _chords(curves: Numbers) -> Numbers:
    """Curves (n, 6 or 8), each with its start and controls, as edges: short ones of few chords."""
    points = curves.reshape(len(curves), -1, 2)
    lengths = np.hypot(*np.moveaxis(np.diff(points, axis=1), -1, 0)).sum(axis=1)
    counts = np.clip(np.ceil(lengths / CHORD_PIXELS), 2, MOST_CHORDS)
    counts = (2 ** np.ceil(np.log2(counts))).astype(np.intp)
    parts = []
    for count in np.unique(counts):
        chosen = points[counts == count]
        t = np.linspace(0, 1, count + 1)[None, :, None]
        a, b, c, *more = (chosen[:, None, number] for number in range(chosen.shape[1]))
        if more:
            on = a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t**2 * (1 - t) + more[0] * t**3
        else:
            on = a * (1 - t) ** 2 + 2 * b * t * (1 - t) + c * t**2
        parts.append(np.concatenate([on[:, :-1], on[:, 1:]], axis=-1).reshape(-1, 4))
    return np.concatenate(parts)
