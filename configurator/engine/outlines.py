"""The outlines that a surface may be cut to: named shapes that fill the box of its width and height.

Micrometres from the upper left corner, y downwards, as everything on a surface.
"""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from configurator.engine.geometry import QUARTER_CIRCLE, Box, Path, ellipse, end_of, rectangle

Corners = tuple[tuple[int, int], ...]

RECTANGLE = "rectangle"
SHAPES = (RECTANGLE, "oval", "arch", "house")
# How much of its height the roof of a house takes.
ROOF = 0.3
# How much of its height the round top of an arch takes at most.
RISE = 0.5
# Sides of a polygon around an ellipse: 0.2 % larger at its corners.
SIDES = 48
ROUNDER = 1.0006
# Points on a curve that are looked at.
SAMPLES = np.linspace(0, 1, 9)[1:]


class UnknownShape(ValueError):
    """A family names a shape that there is none of."""

    def __init__(self, shape: str) -> None:
        super().__init__(f"there is no outline {shape!r}: {', '.join(SHAPES)} can be cut")


def contour(shape: str, width: int, height: int) -> Path:
    """The line along which a surface is cut out. Raises ``UnknownShape``."""
    box = Box(0, 0, width, height)
    if shape == RECTANGLE:
        return rectangle(box)
    if shape == "oval":
        return ellipse(box)
    if shape == "arch":
        rise, half = _rise(width, height), width // 2
        kx, ky = round(half * (1 - QUARTER_CIRCLE)), round(rise * (1 - QUARTER_CIRCLE))
        return (
            ("M", 0, height),
            ("L", 0, rise),
            ("C", 0, ky, kx, 0, half, 0),
            ("C", width - kx, 0, width, ky, width, rise),
            ("L", width, height),
            ("Z",),
        )
    if shape == "house":
        eaves = round(height * ROOF)
        return (
            ("M", 0, height),
            ("L", 0, eaves),
            ("L", width // 2, 0),
            ("L", width, eaves),
            ("L", width, height),
            ("Z",),
        )
    raise UnknownShape(shape)


def corners(shape: str, width: int, height: int) -> Corners:
    """The convex polygon around the outline that fills the same box, clockwise as seen; none for a rectangle,
    which is its box. Raises ``UnknownShape``."""
    if shape == RECTANGLE:
        return ()
    if shape == "oval":
        return _around(width / 2, height / 2, width / 2, height / 2, range(SIDES))
    if shape == "arch":
        rise = _rise(width, height)
        top = _around(width / 2, rise, width / 2, rise, range(SIDES // 2, SIDES))
        return tuple(dict.fromkeys((*top, (width, height), (0, height))))
    if shape == "house":
        eaves = round(height * ROOF)
        return ((0, eaves), (width // 2, 0), (width, eaves), (width, height), (0, height))
    raise UnknownShape(shape)


def _rise(width: int, height: int) -> int:
    return min(width // 2, round(height * RISE))


def _around(cx: float, cy: float, across: float, down: float, sides: range) -> Corners:
    """Where the tangents at the points of an ellipse meet, those of its box among them; a little further out,
    as far as the box reaches, because curves of three points are that much rounder than an ellipse."""
    far = ROUNDER / cos(pi / SIDES)
    angles = [2 * pi * (k + 0.5) / SIDES for k in sides]
    right, bottom = round(cx + across), round(cy + down)
    found = ((round(cx + across * far * cos(a)), round(cy + down * far * sin(a))) for a in angles)
    return tuple(dict.fromkeys((min(max(x, 0), right), min(max(y, 0), bottom)) for x, y in found))


def excess_over(path: Path, polygon: Corners, inset: int) -> int:
    """How far a path reaches, in µm, over a convex polygon (clockwise as seen) made smaller by ``inset`` all
    around; 0 where it stays inside."""
    points = _points(path)
    if not len(points):
        return 0
    edges = np.array(polygon, dtype=np.float64)
    ways = np.roll(edges, -1, axis=0) - edges
    normals = np.stack([-ways[:, 1], ways[:, 0]], axis=1) / np.hypot(ways[:, 0], ways[:, 1])[:, None]
    # How far inside of each side each point lies.
    depth = points @ normals.T - (edges * normals).sum(axis=1)
    return max(0, int(np.ceil(inset - depth.min() - 1e-6)))


def _points(path: Path) -> NDArray[np.float64]:
    """Points along a path: its corners, and some on every curve."""
    found = []
    at: tuple[int, int] = (0, 0)
    for segment in path:
        if segment[0] == "Z":
            continue
        numbers = (*at, *(number for number in segment[1:] if isinstance(number, int)))
        bones = np.array(numbers, dtype=np.float64).reshape(-1, 1, 2)
        if segment[0] in ("M", "L"):
            found.append(bones[-1])
        else:
            while len(bones) > 1:
                bones = bones[:-1] + (bones[1:] - bones[:-1]) * SAMPLES[None, :, None]
            found.append(bones[0])
        at = end_of(segment)
    return np.concatenate(found) if found else np.zeros((0, 2))
