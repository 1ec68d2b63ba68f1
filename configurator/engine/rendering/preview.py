"""The product as the shopper will hold it: a scene on the product's picture.

The artwork is drawn once, flat, and looked up through the view's UV map. Printed colours are
`A + (W - A) * c` in linear light, with A and W the product printed black and white; an engraving mixes the
blank
and the burnt picture and gets the shadow and light of its depth at its edges.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from configurator.engine import rules
from configurator.engine.geometry import Box, union
from configurator.engine.layout.scene import AssetInfo, Item, Placed, Scene
from configurator.engine.layout.surfaces import StillOpen
from configurator.engine.rendering.light import Bytes, Floats, encoded, linear
from configurator.engine.rendering.made_to_measure import rendered
from configurator.engine.rendering.placed import reach
from configurator.engine.rendering.raster import rasterise, whole_pixels
from configurator.engine.rendering.views import (
    BLOCK,
    UNKNOWN_RELIEF,
    Maps,
    NoSuchPicture,
    Relief,
    View,
    load_view,
)
from configurator.engine.spec import Choices, FamilySpec, PictureSpec

PICTURES = FilePath(__file__).parents[2] / "pictures"
DEFAULT_SIZE = 1000
# The texture has this many texels for a pixel of the picture, so that a linear lookup keeps edges crisp.
OVERSAMPLING = 1.3
MAX_TEXTURE_SIDE = 3000
CELL = 8
# A surface this much wider or narrower than its picture's is still laid over all of it.
MAX_STRETCH = 0.03

# How an engraved edge looks: shadow under the wall towards the light, light on the wall across and on the
# edge above it. Walls are less charred than the floor.
SHADOW, GLINT, RIM, WALL = 0.50, 0.19, 0.16, 0.30

# What is left of a colour (of 255) where a laser has burnt it, when there is no picture of it.
BURNT = (92, 82, 76)

Format = Literal["jpeg", "webp", "png"]


def preview(
    scene: Scene,
    *,
    view: View | None,
    variant: str,
    size: int = DEFAULT_SIZE,
    assets: Mapping[str, AssetInfo] | None = None,
    foil: Set[str] = frozenset(),
) -> Image.Image:
    """The scene on its product picture, `size` pixels wide; flat on its own colour without a picture.

    Outlines of the colours `foil` (#rrggbb) are metal.
    """
    if view is None or view.mode == "none" or variant not in view.variants:
        return flat(scene, size=size, assets=assets)
    if view.mode == "engrave":
        pixels = _engraved(scene, view, variant, assets or {})
    else:
        pixels = _printed(scene, view, variant, assets or {}, foil)
    picture = Image.fromarray(pixels, "RGB")
    height = round(size * picture.height / picture.width)
    if size < picture.width:
        # Of the filters that look at every pixel the quickest, and hardly less crisp.
        return picture.resize((size, height), Image.Resampling.HAMMING, reducing_gap=2.0)
    return picture


def picture_of(
    *,
    spec: FamilySpec,
    choices: Choices,
    scene: Scene,
    size: int = DEFAULT_SIZE,
    assets: Mapping[str, AssetInfo] | None = None,
    pictures: FilePath = PICTURES,
    number: int = 0,
) -> Image.Image:
    """A scene of this family on its product: on its picture, by its renderer, or flat when there is neither.
    `number` is the view: 0 the first, then those that the family names besides.

    Raises `StillOpen` while the picture depends on something not chosen.
    """
    described = spec.surface_by_code[scene.surface].picture
    if described is None:
        return flat(scene, size=size, assets=assets)
    environment = rules.environment_of(spec, choices, finished=True)
    if described.renderer:
        return rendered(
            described,
            environment,
            surface=scene.surface,
            title=spec.name,
            size=size,
            pictures=pictures,
            number=number,
        )
    view, variant = _view_of(described, environment, scene, pictures, number)
    foil = frozenset(filter(None, (rules.fill(colour, environment) for colour in described.foil)))
    return preview(scene, view=view, variant=variant, size=size, assets=assets, foil=foil)


def view_of(
    *, spec: FamilySpec, choices: Choices, scene: Scene, pictures: FilePath = PICTURES, number: int = 0
) -> tuple[View, str] | None:
    """The view that a scene is shown on and its variant; None where it is shown on no picture of a product.

    Raises `StillOpen` while the variant depends on something not chosen.
    """
    described = spec.surface_by_code[scene.surface].picture
    if described is None or described.renderer:
        return None
    environment = rules.environment_of(spec, choices, finished=True)
    view, variant = _view_of(described, environment, scene, pictures, number)
    shown = view is not None and view.mode != "none" and variant in view.variants
    return (view, variant) if view is not None and shown else None


def _view_of(
    described: PictureSpec, environment: rules.Environment, scene: Scene, pictures: FilePath, number: int
) -> tuple[View | None, str]:
    variant = rules.fill(described.variant, environment)
    if variant is None:
        raise StillOpen(scene.surface, "its picture")
    try:
        return load_view(pictures / described.views[number]), variant
    except NoSuchPicture:
        return None, variant


def encode(picture: Image.Image, form: Format = "jpeg", *, effort: int = 0) -> bytes:
    """The picture as a file: JPEG while typing (fast), WebP or PNG to keep. No metadata.

    `effort` (0 to 6) is how long WebP looks for a smaller file.
    """
    out = io.BytesIO()
    if form == "jpeg":
        picture.save(out, "JPEG", quality=88, subsampling=0)
    elif form == "webp":
        picture.save(out, "WEBP", quality=84, method=effort)
    else:
        picture.save(out, "PNG", compress_level=3)
    return out.getvalue()


def placed_on(scene: Scene, view: View, variant: str) -> tuple[tuple[int, int], float, int, int]:
    """The size u and v run over, and scale and offset (µm) of a scene on it.

    A view anchored at `fill` shows the scene all over. At `top`, or when the proportions differ so much
    that the
    artwork would be distorted, the scene keeps its millimetres and hangs from the middle of the upper edge,
    shrunk when it is larger than what the picture shows.
    """
    width, height = view.surface_um(variant)
    stretch = (scene.width_um / scene.height_um) / (width / height)
    if view.facts.get("anchor", "fill") == "fill" and abs(stretch - 1) < MAX_STRETCH:
        return (scene.width_um, scene.height_um), 1.0, 0, 0
    scale = min(1.0, width / scene.width_um, height / scene.height_um)
    return (width, height), scale, round((width - scene.width_um * scale) / 2), 0


@dataclass(frozen=True, slots=True)
class _Sampled:
    """The artwork looked up for the pixels of a view that it touches.

    `rows` and `columns` are the touched pixels inside the maps' box; `alpha` (n,) and, where wanted, `colour`
    (n, 3), linear and premultiplied, are what is there.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    alpha: Floats
    colour: Floats


def _sampled(
    scene: Scene, view: View, variant: str, assets: Mapping[str, AssetInfo], *, with_colour: bool
) -> _Sampled | None:
    """None when nothing of the artwork is seen."""
    drawn = _drawn_box(scene)
    if drawn is None:
        return None
    maps = view.maps(variant)
    surface, scale, left, top = placed_on(scene, view, variant)
    density = OVERSAMPLING * max(maps.density_u / surface[0], maps.density_v / surface[1]) * 1000 * scale
    density = min(density, MAX_TEXTURE_SIDE * 1000 / max(drawn.width, drawn.height))
    window = whole_pixels(drawn, density / 1000)
    drawing = rasterise(scene, pixels_per_mm=density, part=window, assets=assets)
    texture = np.asarray(drawing, dtype=np.uint8)
    per_um = density / 1000 / scale
    along = surface[0] * per_um, left * per_um + window[0] + 0.5
    down = surface[1] * per_um, top * per_um + window[1] + 0.5
    return _looked_up(texture, along, down, maps, with_colour=with_colour)


def _looked_up(
    texture: Bytes, along: tuple[float, float], down: tuple[float, float], maps: Maps, *, with_colour: bool
) -> _Sampled:
    """Linear between the four texels around every place, only where there is ink near. A place is at
    `along[0] * u - along[1]` from the left, and so for v downwards."""
    height, width = texture.shape[:2]
    index = _near(texture[..., 3], along, down, maps)
    rows, columns = np.divmod(index, maps.box.width)
    # Places beside the texture are on its empty border.
    x, y = (
        np.clip(ramp.ravel().take(index) * np.float32(scale) - np.float32(start), -1, side)
        for ramp, (scale, start), side in ((maps.u, along, width), (maps.v, down, height))
    )
    # A texel is one number, and its coverage the top byte.
    padded = np.ascontiguousarray(np.pad(texture, ((1, 2), (1, 2), (0, 0)))).view("<u4").ravel()
    stride = width + 3
    left, top = np.floor(x), np.floor(y)
    corner = (top.astype(np.intp) + 1) * stride + left.astype(np.intp) + 1
    texels = [padded.take(corner + (dy * stride + dx)) for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1))]
    inked = np.flatnonzero((texels[0] | texels[1] | texels[2] | texels[3]) >= 1 << 24)
    rows, columns = rows.take(inked), columns.take(inked)
    part_x, part_y = (x - left).take(inked), (y - top).take(inked)
    weights = ((1 - part_x) * (1 - part_y), part_x * (1 - part_y), (1 - part_x) * part_y, part_x * part_y)
    alpha = np.zeros(inked.size, dtype=np.float32)
    colour = np.zeros((inked.size if with_colour else 0, 3), dtype=np.float32)
    for each, weight in zip(texels, weights, strict=True):
        texel = each.take(inked)
        share = (texel >> 24) * (weight / np.float32(255))
        alpha += share
        if with_colour:
            for channel in range(3):
                colour[:, channel] += linear((texel >> (8 * channel) & 255).astype(np.uint8)) * share
    seen = maps.coverage[rows, columns]
    return _Sampled(rows, columns, alpha * seen, colour * seen[:, None] if with_colour else colour)


def _drawn_box(scene: Scene) -> Box | None:
    """The part of the surface with something on it, a little widened, cut at the edges."""
    whole = union(reach(item) if isinstance(item, Placed) else item.box for item in scene.items)
    if whole is None:
        return None
    wide = whole.inset(-200)
    box = Box(
        max(wide.left, 0),
        max(wide.top, 0),
        min(wide.right, scene.width_um),
        min(wide.bottom, scene.height_um),
    )
    return box if box.width > 0 and box.height > 0 else None


def _near(
    alpha: Bytes, along: tuple[float, float], down: tuple[float, float], maps: Maps
) -> NDArray[np.intp]:
    """The covered pixels, as places in the flattened box, of blocks whose part of the texture has ink."""
    height, width = alpha.shape
    rows, columns = -(-height // CELL), -(-width // CELL)
    padded = np.zeros((rows * CELL, columns * CELL), dtype=bool)
    padded[:height, :width] = alpha > 0
    counts = np.zeros((rows + 1, columns + 1), dtype=np.int64)
    counts[1:, 1:] = padded.reshape(rows, CELL, columns, CELL).any(axis=(1, 3)).cumsum(axis=0).cumsum(axis=1)

    def cells(ends: Floats, by: tuple[float, float], more: int, most: int) -> NDArray[np.intp]:
        at = np.floor((ends * by[0] - by[1] + more) / CELL) + (more > 0)
        return np.asarray(np.clip(at, 0, most).astype(np.intp))

    blocks = maps.blocks
    left, right = (cells(end, along, more, columns) for end, more in ((blocks[0], -2), (blocks[1], 2)))
    top, bottom = (cells(end, down, more, rows) for end, more in ((blocks[2], -2), (blocks[3], 2)))
    inked = counts[bottom, right] - counts[top, right] - counts[bottom, left] + counts[top, left] > 0
    pixels = inked.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)[: maps.box.height, : maps.box.width]
    return np.asarray(np.flatnonzero(pixels & (maps.coverage > 0)))


def _printed(
    scene: Scene, view: View, variant: str, assets: Mapping[str, AssetInfo], foil: Set[str]
) -> Bytes:
    blank = view.picture(variant, "blank")
    pixels = blank.copy()
    shining = view.has(variant, "shine") and any(_is_foil(item, foil) for item in scene.items)
    ink = replace(scene, items=tuple(item for item in scene.items if not _is_foil(item, foil)))
    art = _sampled(ink if shining else scene, view, variant, assets, with_colour=True)
    if art is not None:
        white, black = (linear(_at(view, variant, name, art)) for name in ("white", "black"))
        alpha = art.alpha[:, None]
        under = linear(_at(view, variant, "blank", art))
        # art.colour is premultiplied: (A + (W - A) c) a = A a + (W - A) (c a).
        _put(pixels, view, variant, art, under * (1 - alpha) + black * alpha + (white - black) * art.colour)
    if shining:
        _gild(pixels, scene, view, variant, foil)
    return pixels


def _is_foil(item: Item, foil: Set[str]) -> bool:
    return not isinstance(item, Placed) and item.role == "print" and item.colour in foil


def _gild(pixels: Bytes, scene: Scene, view: View, variant: str, foil: Set[str]) -> None:
    """Lay foil over the print. The pass `shine` is how much of the room's light a mirror of such a surface
    throws at the camera, half of full light being 0.5; metal tints it, and highlights are near white."""
    only = replace(scene, items=tuple(item for item in scene.items if _is_foil(item, foil)))
    art = _sampled(only, view, variant, {}, with_colour=True)
    if art is None:
        return
    rows, columns = _places(view, variant, art)
    under = linear(pixels[rows, columns])
    shine = linear(_at(view, variant, "shine", art))
    highlight = np.square(np.square(shine)) / np.float32(2)
    metal = 2 * shine * art.colour + highlight * art.alpha[:, None]
    _put(pixels, view, variant, art, under * (1 - art.alpha[:, None]) + metal)


def _places(view: View, variant: str, art: _Sampled) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    box = view.maps(variant).box
    return art.rows + box.top, art.columns + box.left


def _at(view: View, variant: str, name: str, art: _Sampled) -> Bytes:
    """A pass at the sampled pixels; some passes are kept of the maps' box only."""
    picture = view.picture(variant, name)
    rows, columns = (art.rows, art.columns) if view.is_cropped(name) else _places(view, variant, art)
    return np.asarray(picture.reshape(-1, 3).take(rows * picture.shape[1] + columns, axis=0))


def _put(pixels: Bytes, view: View, variant: str, art: _Sampled, light: NDArray[np.floating[Any]]) -> None:
    pixels[_places(view, variant, art)] = encoded(light.astype(np.float32, copy=False))


def _engraved(scene: Scene, view: View, variant: str, assets: Mapping[str, AssetInfo]) -> Bytes:
    pixels = view.picture(variant, "blank").copy()
    art = _sampled(scene, view, variant, assets, with_colour=False)
    if art is None:
        return pixels
    box = view.maps(variant).box
    depth = np.zeros((box.height, box.width), dtype=np.float32)
    depth[art.rows, art.columns] = art.alpha
    relief = view.relief(variant)
    rows, columns = _lit(depth, relief)
    touched = replace(art, rows=rows, columns=columns)
    blank, burnt = (linear(_at(view, variant, name, touched)) for name in ("blank", "burnt"))
    pixels[_places(view, variant, touched)] = engraving(depth, rows, columns, blank, burnt, relief)
    return pixels


def _lit(depth: Floats, relief: Relief) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where there is a groove, or the edge behind one that catches the light."""
    groove = depth > 0
    grown = groove.copy()
    height, width = groove.shape
    right, down = (int(np.copysign(np.ceil(abs(reach)), reach)) for reach in relief.light)
    for y in range(min(down, 0), max(down, 0) + 1):
        for x in range(min(right, 0), max(right, 0) + 1):
            to = np.s_[max(y, 0) : height + min(y, 0), max(x, 0) : width + min(x, 0)]
            at = np.s_[max(-y, 0) : height + min(-y, 0), max(-x, 0) : width + min(-x, 0)]
            grown[to] |= groove[at]
    rows, columns = np.nonzero(grown)
    return rows, columns


def engraving(
    depth: Floats,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    blank: Floats,
    burnt: Floats,
    relief: Relief = UNKNOWN_RELIEF,
) -> Bytes:
    """Mix blank and burnt (n, 3, linear) by the engraved share (0 to 1) of the n pixels at rows and columns.

    Through the mouth of a groove one sees its floor, moved aside by `relief.look`, or a wall; the wall
    towards the light throws a shadow as long as `relief.light`, the one across is lit. The other pixels of
    `depth` are only their neighbours.
    """
    margin = 2 + int(np.ceil(max(map(abs, (*relief.look, *relief.light)))))
    padded = np.pad(depth, margin)
    stride = padded.shape[1]
    flat_depth = padded.ravel()
    start = (rows + margin) * stride + columns + margin

    def beside(x: float, y: float) -> Floats:
        """The share x pixels to the right and y below, linear between pixels."""
        left, top = int(np.floor(x)), int(np.floor(y))
        part_x, part_y = np.float32(x - left), np.float32(y - top)
        at = start + (top * stride + left)
        first, second = flat_depth[at], flat_depth[at + stride]
        if part_x:
            first = first + (flat_depth[at + 1] - first) * part_x
            second = second + (flat_depth[at + stride + 1] - second) * part_x
        return np.asarray(first + (second - first) * part_y if part_y else first)

    here = flat_depth[start]
    x, y = relief.light
    before = (beside(-x / 2, -y / 2) * 2 + beside(-x, -y)) / 3
    behind = (beside(x / 2, y / 2) * 2 + beside(x, y)) / 3
    shadow = np.clip(here - before, 0, 1) * SHADOW
    glint = np.clip(here - behind, 0, 1) * GLINT
    rim = np.clip(before - here, 0, 1) * (1 - here) * RIM
    mixed = blank + (burnt - blank) * here[:, None]
    lit = (1 - shadow + rim)[:, None] * mixed + glint[:, None] * blank
    if any(relief.look):
        wall = here - np.minimum(here, beside(*relief.look))
        # a wall across from the light has the groove before it: there the share falls along the light
        facing = np.clip(0.35 + (before - behind), 0, 1)
        lit = lit + (wall * facing * WALL)[:, None] * (blank - burnt)
    return encoded(lit.astype(np.float32, copy=False))


def flat(
    scene: Scene, *, size: int = DEFAULT_SIZE, assets: Mapping[str, AssetInfo] | None = None
) -> Image.Image:
    """The artwork on a board of the surface's own colour, lying on paper, with a soft shadow."""
    width, height = size, round(size * 0.8)
    room = 0.74
    per_um = min(width * room / scene.width_um, height * room / scene.height_um)
    board = max(1, round(scene.width_um * per_um)), max(1, round(scene.height_um * per_um))
    left, top = (width - board[0]) // 2, (height - board[1]) // 2
    shape = _board_mask(board, round(scene.corner_radius_um * per_um))
    ground = _paper(width, height)
    shadow = Image.new("L", (width, height))
    reach = max(2, size // 90)
    shadow.paste(shape, (left + reach // 2, top + reach))
    shadow = shadow.filter(ImageFilter.GaussianBlur(reach)).point(lambda value: value * 0.42)
    ground.paste(Image.new("RGB", (width, height), (58, 52, 46)), mask=shadow)
    ground.paste(_board(scene, board, per_um, assets or {}), (left, top), shape)
    return ground


def _paper(width: int, height: int) -> Image.Image:
    """Warm white, a little darker towards the lower right."""
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    shade = 1 - 0.10 * (0.4 * across + 0.6 * down)
    colour = np.array([244, 241, 236], dtype=np.float32)
    return Image.fromarray((shade[..., None] * colour).astype(np.uint8), "RGB")


def _board_mask(size: tuple[int, int], radius: int) -> Image.Image:
    """The board's outline, drawn four times as large for smooth corners."""
    large = Image.new("L", (size[0] * 4, size[1] * 4))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, large.width - 1, large.height - 1), radius * 4, fill=255)
    return large.resize(size, Image.Resampling.BOX)


def _board(
    scene: Scene, size: tuple[int, int], per_um: float, assets: Mapping[str, AssetInfo]
) -> Image.Image:
    colour = Image.new("RGB", size, scene.background)
    art = rasterise(scene, pixels_per_mm=per_um * 1000, assets=assets).crop((0, 0, *size))
    if scene.process != "engrave":
        colour.paste(art, mask=art.getchannel("A"))
        return colour
    alpha = art.getchannel("A")
    rows, columns = np.nonzero(np.asarray(alpha.filter(ImageFilter.MaxFilter(5))))
    burnt = ImageChops.multiply(colour, Image.new("RGB", size, BURNT))
    pixels = np.array(colour, dtype=np.uint8)
    at = rows, columns
    blank_light, burnt_light = linear(pixels[at]), linear(np.asarray(burnt, dtype=np.uint8)[at])
    depth = np.asarray(alpha, dtype=np.float32) / np.float32(255)
    pixels[at] = engraving(depth, rows, columns, blank_light, burnt_light)
    return Image.fromarray(pixels, "RGB")
