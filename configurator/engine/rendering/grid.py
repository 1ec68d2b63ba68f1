"""Where the places of a surface are seen in a product picture, as a grid of control points.

A view's UV map answers it the other way round, for every pixel. While somebody types, the browser draws
outlines over the picture: it looks up its points in this grid, linearly between the four corners of a cell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from configurator.engine.layout.scene import Scene
from configurator.engine.rendering.light import Floats
from configurator.engine.rendering.sampling import placed_on
from configurator.engine.rendering.views import View

COLUMNS, ROWS = 24, 12
# A corner may lie this many cells outside of what the picture shows: it is worked out from the pixels beside.
REACH = 0.9
# Pixels are looked through in steps; the place between them comes from the slope of the map.
STEP = 3

Point = tuple[float, float] | None


def grid_json(view: View, variant: str, scene: Scene) -> dict[str, Any]:
    """`points` are the corners row by row, in pixels of the picture (`size`), null where not in sight; the
    grid spans `surface` µm, on which the scene lies at `left`, `top` µm, `scale` times its size."""
    surface, scale, left, top = placed_on(scene, view, variant)
    return {
        "size": list(view.size),
        "surface": list(surface),
        "scale": scale,
        "left": left,
        "top": top,
        "columns": COLUMNS,
        "rows": ROWS,
        "points": [None if point is None else list(point) for point in control_points(view, variant)],
    }


@lru_cache(maxsize=64)
def control_points(view: View, variant: str) -> tuple[Point, ...]:
    """The (COLUMNS + 1) x (ROWS + 1) corners, row by row."""
    maps = view.maps(variant)
    rows, columns = np.nonzero(maps.coverage[::STEP, ::STEP] > 0.5)
    y, x = rows * STEP, columns * STEP
    slopes = [*np.gradient(maps.u), *np.gradient(maps.v)]  # du/dy, du/dx, dv/dy, dv/dx
    u, v = maps.u[y, x], maps.v[y, x]
    u_y, u_x, v_y, v_x = (slope[y, x] for slope in slopes)
    # At the rim of the map the slope jumps: such pixels cannot tell what lies beside them.
    steep = np.hypot(u_x, u_y) * maps.density_u + np.hypot(v_x, v_y) * maps.density_v
    determinant = u_x * v_y - u_y * v_x
    sound = (np.abs(determinant) > 1e-12) & (steep < 40)
    x, y, u, v, u_x, u_y, v_x, v_y, determinant = (
        each[sound] for each in (x, y, u, v, u_x, u_y, v_x, v_y, determinant)
    )
    found: list[Point] = []
    for row in range(ROWS + 1):
        for column in range(COLUMNS + 1):
            du, dv = column / COLUMNS - u, row / ROWS - v
            distance = np.hypot(du * COLUMNS, dv * ROWS)
            nearest = int(distance.argmin())
            if distance[nearest] > REACH:
                found.append(None)
                continue
            found.append(_moved(nearest, x, y, du, dv, (u_x, u_y, v_x, v_y), determinant, maps.box))
    return tuple(found)


def _moved(
    at: int, x: Any, y: Any, du: Floats, dv: Floats, slopes: tuple[Floats, ...], determinant: Floats, box: Any
) -> Point:
    """From a pixel to the place where u and v are `du` and `dv` more."""
    u_x, u_y, v_x, v_y = (float(slope[at]) for slope in slopes)
    dx = (v_y * float(du[at]) - u_y * float(dv[at])) / float(determinant[at])
    dy = (u_x * float(dv[at]) - v_x * float(du[at])) / float(determinant[at])
    # + 0.5: the middle of a pixel.
    return round(box.left + int(x[at]) + 0.5 + dx, 1), round(box.top + int(y[at]) + 0.5 + dy, 1)
