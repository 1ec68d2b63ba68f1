"""A picture of a whole sheet for people: every part in its place with its artwork, the lines along which it
is cut, and the marks beside it, as they come out of the machine.

A raster, so that it weighs much the same whether two parts lie on it or two hundred, with photographs or not.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PIL import Image, ImageColor, ImageDraw, ImageOps

from configurator.engine.layout.scene import Item, Scene, Stroke, contour_of
from configurator.engine.rendering.placed import Grid
from configurator.engine.rendering.polygons import flattened
from configurator.engine.rendering.sheet import Composition, furniture
from configurator.engine.rendering.svg import ROLE_COLOURS, item_svg
from configurator.engine.sheet import Part

SHEET_COLOUR, PART_COLOUR = "#ffffff", "#f3f3f0"
MARK_COLOUR = "#1d4ed8"
QUALITY = 80

Draw = Callable[[Scene, float], Image.Image]


def sheet_picture(made: Composition, scenes: Mapping[str, Scene], *, side: int, draw: Draw) -> bytes:
    """The sheet as WebP, its longer side `side` pixels. `scenes` are by artwork; `draw` draws one at so many
    pixels a millimetre."""
    sheet = made.sheet
    scale = side / max(sheet.width_um, sheet.height_um)
    size = max(1, round(sheet.width_um * scale)), max(1, round(sheet.height_um * scale))
    canvas = Image.new("RGBA", size, SHEET_COLOUR)
    pen = ImageDraw.Draw(canvas)
    drawn: dict[tuple[str, bool], Image.Image] = {}
    for part in sheet.parts:
        scene = scenes.get(part.artwork)
        fill = scene.background if scene else PART_COLOUR
        if corners := _corners(part, scene, mirror=made.profile.mirror):
            pen.polygon([(x * scale, y * scale) for x, y in corners], fill=fill)
        else:
            pen.rectangle(_pixels(part, scale), fill=fill)
        if scene is None:
            continue
        key = (part.artwork, part.rotated)
        if key not in drawn:
            drawn[key] = _turned(draw(scene, scale * 1000), part, mirror=made.profile.mirror)
        canvas.alpha_composite(drawn[key], _pixels(part, scale)[:2])
    colours = {**ROLE_COLOURS, made.profile.marks: MARK_COLOUR}
    added = "".join(
        item_svg(_seen(item, scale), colours=colours, pictures={}) for item in furniture(made).items
    )
    grid = Grid(scale)
    canvas.alpha_composite(grid.painted(added, (0, 0, *size)))
    pen.rectangle((0, 0, size[0] - 1, size[1] - 1), outline=ImageColor.getrgb("#999999"))
    out = io.BytesIO()
    canvas.convert("RGB").save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def _pixels(part: Part, scale: float) -> tuple[int, int, int, int]:
    box = part.box
    left, top = round(box.left * scale), round(box.top * scale)
    return left, top, max(round(box.right * scale) - 1, left), max(round(box.bottom * scale) - 1, top)


def _corners(part: Part, scene: Scene | None, *, mirror: bool) -> Sequence[tuple[float, float]]:
    """Of a part that is no rectangle, on the sheet."""
    contour = contour_of(scene) if scene is not None else None
    if scene is None or contour is None:
        return part.outline
    points = [(scene.width_um - x if mirror else x, y) for x, y in flattened(contour.path)[0][0]]
    if part.rotated:
        return [(part.box.right - y, part.box.top + x) for x, y in points]
    return [(part.box.left + x, part.box.top + y) for x, y in points]


def _turned(picture: Image.Image, part: Part, *, mirror: bool) -> Image.Image:
    seen = ImageOps.mirror(picture) if mirror else picture
    return seen.transpose(Image.Transpose.ROTATE_270) if part.rotated else seen


def _seen(item: Item, scale: float) -> Item:
    """Lines thinner than a pixel as wide as one, so that they are seen."""
    if isinstance(item, Stroke):
        return replace(item, width_um=max(item.width_um, round(1 / scale)))
    return item
