"""A shopper's drawing as outlines: what is left of an SVG once everything but shapes is gone.

The longer side of its frame is a million units, so that whatever size it is placed at, an outline is as exact
as the machine. It is stored as canonical JSON: numbers, four letters and colours, nothing that a browser or a
cutter would act on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any

from configurator.engine.geometry import Box, Path, Segment, bounds, path_data, read_path

DRAWING_FORMAT = 1
# Engraving burns what is dark; the limit is half of white, as for photographs.
LIGHT = 128
LONGER_SIDE = 1_000_000  # units of the frame; its µm when it is placed a metre wide


@dataclass(frozen=True, slots=True)
class Shape:
    """An outline that is filled (rule non-zero), or drawn as a line `line` units wide where that is not 0.

    `colour` is `#rrggbb`.
    """

    path: Path
    colour: str
    line: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"path": path_data(self.path), "colour": self.colour, "line": self.line}


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes in the order in which they are drawn, in a frame of `width` by `height` units."""

    width: int
    height: int
    shapes: tuple[Shape, ...]

    def canonical(self) -> bytes:
        """The same drawing is always the same bytes: its hash is its name."""
        whole = {
            "format": DRAWING_FORMAT,
            "width": self.width,
            "height": self.height,
            "shapes": [shape.as_json() for shape in self.shapes],
        }
        return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")

    def as_svg(self) -> str:
        """Our own clean SVG of it, for a page."""
        body = "".join(
            f'<path d="{path_data(shape.path)}" '
            + (
                f'fill="none" stroke="{shape.colour}" stroke-width="{shape.line}"/>'
                if shape.line
                else f'fill="{shape.colour}"/>'
            )
            for shape in self.shapes
        )
        frame = f"0 0 {self.width} {self.height}"
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{frame}">{body}</svg>\n'


def outlines_json(drawing: Drawing) -> dict[str, Any]:
    """A drawing as an editor in the browser lays it: shapes that have an extent, each with the box of what it
    inks (as `touches` weighs it) and whether it is too light to be engraved. All in units of its frame."""
    shapes = []
    for shape in drawing.shapes:
        box = inked_box(shape)
        if box is not None:
            shapes.append({**shape.as_json(), "box": box.as_json(), "light": is_light(shape.colour)})
    return {"width": drawing.width, "height": drawing.height, "shapes": shapes}


def is_light(colour: str) -> bool:
    """Whether `#rrggbb` is lighter than half of white, as ITU-R BT.601 weighs the colours (Pillow's grey)."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue > LIGHT


def read_drawing(data: bytes | str) -> Drawing:
    """What `Drawing.canonical` wrote; raises `ValueError` for anything else."""
    whole: Mapping[str, Any] = json.loads(data)
    if not isinstance(whole, dict) or whole.get("format") != DRAWING_FORMAT:
        raise ValueError("This is not a drawing of ours.")
    shapes = tuple(Shape(read_path(s["path"]), s["colour"], s["line"]) for s in whole["shapes"])
    return Drawing(whole["width"], whole["height"], shapes)


def vector_items(
    drawing: Drawing, box: Box, crop: Box | None = None, *, rotation_mdeg: int = 0
) -> tuple[Shape, ...]:
    """The shapes laid into a box on a surface, in its µm; line widths go by the mean of both scales.

    `crop` is the part of the frame that fills the box (all of it when None), in the drawing's units; shapes
    that touch it are there whole, others not at all. `rotation_mdeg` turns all of it clockwise about the
    box's middle.
    """
    shown = crop or Box(0, 0, drawing.width, drawing.height)
    across, down = box.width / shown.width, box.height / shown.height
    mean = (across * down) ** 0.5
    turn = radians(rotation_mdeg / 1000)
    c, s = cos(turn), sin(turn)
    middle_x, middle_y = (box.left + box.right) / 2, (box.top + box.bottom) / 2

    def laid(segment: Segment) -> Segment:
        values: tuple[int, ...] = segment[1:]
        made: list[int] = []
        for x, y in zip(values[0::2], values[1::2], strict=True):
            dx = box.left + (x - shown.left) * across - middle_x
            dy = box.top + (y - shown.top) * down - middle_y
            made += (round(middle_x + c * dx - s * dy), round(middle_y + s * dx + c * dy))
        return (segment[0], *made)

    return tuple(
        Shape(
            tuple(map(laid, shape.path)), shape.colour, max(1, round(shape.line * mean)) if shape.line else 0
        )
        for shape in drawing.shapes
        if touches(shape, shown)
    )


def touches(shape: Shape, frame: Box) -> bool:
    """Whether anything of it is inside a frame (in the same units) and has an extent."""
    box = inked_box(shape)
    return box is not None and (
        box.right > frame.left
        and box.bottom > frame.top
        and box.left < frame.right
        and box.top < frame.bottom
    )


def inked_box(shape: Shape) -> Box | None:
    """The box of what a shape inks; None where it has no extent."""
    box = bounds(shape.path)
    if box is None or (not shape.line and (box.width == 0 or box.height == 0)):
        return None
    return box.inset(-(shape.line // 2))
