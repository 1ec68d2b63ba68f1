"""The lines along which the parts of a sheet are cut apart."""

from __future__ import annotations

from collections.abc import Sequence

from configurator.engine.geometry import Box, Path, rounded_rectangle, union
from configurator.engine.layout.scene import Outline, Placed, Scene, Stroke
from configurator.engine.rendering.placed import reach
from configurator.engine.rendering.polygons import flattened

# A cut of the artwork's own takes the place of the part's outline when it goes around everything else and
# takes up at least this much of the part's width and height; smaller ones are holes.
LEAST_SHARE = 0.5


def shape_of(scene: Scene) -> dict[str, int]:
    """What a sheet has to know of an artwork to cut it out, in µm; `own_contour` is 1 where the artwork
    brings the line along which it is cut out."""
    return {
        "width": scene.width_um,
        "height": scene.height_um,
        "bleed": scene.bleed_um,
        "corner": scene.corner_radius_um,
        "own_contour": int(_cuts_itself_out(scene)),
    }


def _cuts_itself_out(scene: Scene) -> bool:
    cuts = [item for item in scene.items if item.role == "cut" and not isinstance(item, Placed)]
    around = union(item.box for item in cuts if _closed(item))
    if around is None:
        return False
    if around.width < LEAST_SHARE * scene.width_um or around.height < LEAST_SHARE * scene.height_um:
        return False
    others = union(
        reach(item) if isinstance(item, Placed) else item.box
        for item in scene.items
        if item.role not in ("cut", "score", "white")
    )
    # What bleeds over its own contour is cut off by it.
    return others is None or around.inset(-scene.bleed_um).excess_of(others) == 0


def _closed(item: Outline | Stroke) -> bool:
    return any(closed for _, closed in flattened(item.path))


def line_around(outline: Sequence[tuple[int, int]]) -> Path:
    """The line around a polygon."""
    first, *others = outline
    return (("M", *first), *(("L", *point) for point in others), ("Z",))


def cut_outline(box: Box, *, corner_um: int, kerf_um: int) -> Path:
    """The way of a tool around a part: half its kerf outside of it, so that the part keeps its size."""
    out = (kerf_um + 1) // 2
    return rounded_rectangle(box.inset(-out), corner_um + out if corner_um else 0)
