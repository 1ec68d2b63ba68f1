"""The product as the shopper will hold it: a scene on the product's picture.

The artwork is drawn once, flat, and looked up through the view's UV map. Printed colours are
`A + (W - A) * c` in linear light, with A and W the product printed black and white; an engraving mixes the
blank
and the burnt picture and gets the shadow and light of its depth at its edges.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from configurator.engine import rules
from configurator.engine.layout.scene import AssetInfo, Item, Placed, Scene, Stroke, contour_of
from configurator.engine.layout.surfaces import StillOpen
from configurator.engine.rendering.light import Bytes, Floats, encoded, linear
from configurator.engine.rendering.made_to_measure import rendered
from configurator.engine.rendering.polygons import flattened
from configurator.engine.rendering.raster import rasterise
from configurator.engine.rendering.sampling import Index, Sampled, lie_of, sampled
from configurator.engine.rendering.views import UNKNOWN_RELIEF, NoSuchPicture, Relief, View, load_view
from configurator.engine.spec import Choices, FamilySpec, PictureSpec

PICTURES = FilePath(__file__).parents[2] / "pictures"
DEFAULT_SIZE = 1000
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
    view = view.at(size)
    if view.mode == "engrave":
        pixels = _engraved(scene, view, variant, assets or {})
    else:
        pixels = _printed(scene, view, variant, assets or {}, foil)
    return Image.fromarray(pixels, "RGB")


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


def _printed(
    scene: Scene, view: View, variant: str, assets: Mapping[str, AssetInfo], foil: Set[str]
) -> Bytes:
    blank = view.picture(variant, "blank")
    pixels = blank.reshape(-1, 3).copy()
    shining = view.has(variant, "shine")
    lie = lie_of(scene, view, variant)
    for item in scene.items:
        art = sampled(item, lie, view, variant, assets)
        if art is None:
            continue
        places = _places(view, variant, art.index)
        under = linear(pixels.take(places, axis=0))
        over = under * (1 - art.alpha)[:, None]
        if shining and _is_foil(item, foil):
            over += _gilded(art, view, variant, places)
        else:
            white, black = (
                linear(_at(view, variant, name, art.index, places)) for name in ("white", "black")
            )
            # The ink is premultiplied: (A + (W - A) c) a = A a + (W - A) (c a).
            over += black * art.alpha[:, None] + (white - black) * art.ink
        pixels[places] = encoded(over)
    return pixels.reshape(blank.shape)


def _is_foil(item: Item, foil: Set[str]) -> bool:
    return not isinstance(item, Placed) and item.role == "print" and item.colour in foil


def _gilded(art: Sampled, view: View, variant: str, places: Index) -> Floats:
    """The light of foil, times its alpha. The pass `shine` is how much of the room's light a mirror of such a
    surface throws at the camera, half of full light being 0.5; metal tints it, and highlights are near white.
    """
    shine = linear(_at(view, variant, "shine", art.index, places))
    highlight = np.square(np.square(shine)) / np.float32(2)
    return np.asarray(2 * shine * art.ink + highlight * art.alpha[:, None])


def _places(view: View, variant: str, index: Index) -> Index:
    """Places in the flattened box of the maps as places in the flattened picture."""
    box = view.maps(variant).box
    rows, columns = np.divmod(index, box.width)
    return np.asarray((rows + box.top) * view.size[0] + columns + box.left)


def _at(view: View, variant: str, name: str, index: Index, places: Index) -> Bytes:
    """A pass at some places of the maps' box, which are `places` of the picture; some passes are kept of the
    box only."""
    at = index if view.is_cropped(name) else places
    return np.asarray(view.picture(variant, name).reshape(-1, 3).take(at, axis=0))


def _engraved(scene: Scene, view: View, variant: str, assets: Mapping[str, AssetInfo]) -> Bytes:
    blank = view.picture(variant, "blank")
    box = view.maps(variant).box
    depth = np.zeros((box.height, box.width), dtype=np.float32)
    share = depth.ravel()
    lie = lie_of(scene, view, variant)
    for item in scene.items:
        art = sampled(item, lie, view, variant, assets)
        if art is not None:
            before = share.take(art.index)
            share[art.index] = before + (1 - before) * art.alpha
    if not depth.any():
        return blank.copy()
    relief = view.relief(variant)
    rows, columns = _lit(depth, relief)
    index = rows * box.width + columns
    places = _places(view, variant, index)
    blanks, burnt = (linear(_at(view, variant, name, index, places)) for name in ("blank", "burnt"))
    pixels = blank.reshape(-1, 3).copy()
    pixels[places] = engraving(depth, rows, columns, blanks, burnt, relief)
    return pixels.reshape(blank.shape)


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
    contour = contour_of(scene)
    if contour is None:
        shape = _board_mask(board, round(scene.corner_radius_um * per_um))
    else:
        shape = _shape_mask(board, contour, per_um)
        scene = replace(scene, items=tuple(item for item in scene.items if item is not contour))
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


def _shape_mask(size: tuple[int, int], contour: Stroke, per_um: float) -> Image.Image:
    """The same of a board that is cut to a shape."""
    large = Image.new("L", (size[0] * 4, size[1] * 4))
    for points, _ in flattened(contour.path):
        ImageDraw.Draw(large).polygon([(x * per_um * 4, y * per_um * 4) for x, y in points], fill=255)
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
