"""A scene as pixels: vectors by resvg, pictures by Pillow, in the order of the scene.

What comes out is straight-alpha RGBA in sRGB over nothing (transparent). Any part of a surface can be drawn
at any resolution; the outlines are those of every other output.

Production pixels are made in tiles of `TILE_ROWS` rows that begin at multiples of it, whatever was asked for:
bands are cut from tiles, and so every way of cutting gives the same pixels.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import AssetInfo, Item, Outline, Placed, Scene, Stroke
from configurator.engine.machines import Profile
from configurator.engine.rendering.bands import write_png
from configurator.engine.rendering.placed import Grid, Picture, PixelBox, decoded, draw, reach
from configurator.engine.rendering.svg import ROLE_COLOURS, PictureMissing, item_svg

Pixels = NDArray[np.uint8]

# Decoded pictures are kept at most this many pixels on their longer side: enough for any preview.
PROXY_SIDE = 1600
TILE_ROWS = 256
# What leaves ink. Cuts and scores are ways, not pictures.
INKED = frozenset({"print", "white", "engrave"})


def rasterise(
    scene: Scene,
    *,
    pixels_per_mm: float,
    part: PixelBox | None = None,
    assets: Mapping[str, AssetInfo] | None = None,
    role_colours: Mapping[str, str] | None = None,
) -> Image.Image:
    """Draw the surface, or the part of it in a window of pixels (left, top, right, bottom), for the screen.

    The pixel grid starts at the surface's upper left corner. Raises `PictureMissing` when an asset lacks.
    """
    grid = Grid(pixels_per_mm / 1000)
    window = part or (0, 0, *grid.window(scene.box)[2:])
    colours = {**ROLE_COLOURS, **(role_colours or {})}
    canvas = Image.new("RGBA", (window[2] - window[0], window[3] - window[1]))
    for item in scene.items:
        if isinstance(item, Placed):
            layer, at = _previewed(item, grid, _given(item, assets or {}))
        else:
            layer, at = _vector(item, grid, colours.get(item.role, "") or item.colour)
        _lay(canvas, layer, (at[0] - window[0], at[1] - window[1]))
    return canvas


def picture_drawn(
    item: Placed, *, pixels_per_mm: float, asset: AssetInfo | None
) -> tuple[Image.Image, tuple[int, int]]:
    """A placed picture in its own window, for the screen, and where the window begins on the surface's pixel
    grid. Raises `PictureMissing` without its asset."""
    return _previewed(item, Grid(pixels_per_mm / 1000), _given(item, {item.sha256: asset} if asset else {}))


def production_png(
    scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo] | None = None, *, dpi: int | None = None
) -> bytes:
    """The print of a scene, its bleed included, as RGBA PNG that says its resolution; mirrored where the
    machine wants it. `dpi` None: the machine's. Raises `PictureMissing`."""
    resolution = dpi or profile.dpi
    out = io.BytesIO()
    width, height = size_in_pixels(scene, resolution)
    bands = production_bands(scene, profile, assets, dpi=resolution)
    write_png(out, width, height, bands, dpi=resolution)
    return out.getvalue()


def production_bands(
    scene: Scene,
    profile: Profile,
    assets: Mapping[str, AssetInfo] | None = None,
    *,
    dpi: int,
    rows: int = TILE_ROWS,
) -> Iterator[Pixels]:
    """The print of a scene from top to bottom, `rows` rows at a time (height, width, 4), bleed included.

    Only one band, and the pictures in it, are in memory. Raises `PictureMissing`.
    """
    return _recut(_tiles(scene, profile, assets or {}, dpi), rows)


def production_window(
    scene: Scene,
    profile: Profile,
    assets: Mapping[str, AssetInfo] | None = None,
    *,
    dpi: int,
    top: int = 0,
    bottom: int | None = None,
) -> Pixels:
    """The rows `top` to `bottom` (not included; None: to the end) of the print of a scene."""
    height = size_in_pixels(scene, dpi)[1]
    end = height if bottom is None else min(bottom, height)
    first = top - top % TILE_ROWS
    tiles = list(_tiles(scene, profile, assets or {}, dpi, first, end))
    if not tiles:
        return np.zeros((0, size_in_pixels(scene, dpi)[0], 4), dtype=np.uint8)
    return np.concatenate(tiles)[top - first : end - first]


def size_in_pixels(scene: Scene, dpi: int) -> tuple[int, int]:
    """Width and height of the print, bleed included, to the nearest pixel."""
    width, height = scene.width_um + 2 * scene.bleed_um, scene.height_um + 2 * scene.bleed_um
    return max(1, round(width * dpi / 25_400)), max(1, round(height * dpi / 25_400))


def _tiles(
    scene: Scene,
    profile: Profile,
    assets: Mapping[str, AssetInfo],
    dpi: int,
    first: int = 0,
    end: int | None = None,
) -> Iterator[Pixels]:
    """Tiles from row `first` (a multiple of `TILE_ROWS`) until row `end` is covered."""
    width, height = size_in_pixels(scene, dpi)
    grid = Grid(
        dpi / 25_400,
        left_um=-scene.bleed_um,
        top_um=-scene.bleed_um,
        mirror_um=scene.width_um if profile.mirror else None,
    )
    items = [item for item in scene.items if item.role in INKED]
    pictures: dict[Placed, Picture] = {}
    for top in range(first, height if end is None else end, TILE_ROWS):
        window = (0, top, width, min(top + TILE_ROWS, height))
        seen = [item for item in items if _meets(item, grid, window)]
        for done in [item for item in pictures if item not in seen]:
            del pictures[done]
        for item in seen:
            if isinstance(item, Placed) and item not in pictures:
                pictures[item] = decoded(_given(item, assets), item)
        yield np.asarray(_tile(seen, pictures, grid, window))


def _tile(
    items: Iterable[Item], pictures: Mapping[Placed, Picture], grid: Grid, window: PixelBox
) -> Image.Image:
    canvas = Image.new("RGBA", (window[2] - window[0], window[3] - window[1]))
    for placed, group in groupby(items, key=lambda item: isinstance(item, Placed)):
        if placed:
            for item in group:
                assert isinstance(item, Placed)
                part = _cut(grid.window(reach(item)), window)
                layer = draw(item, pictures[item], grid, part)
                canvas.alpha_composite(layer, (part[0] - window[0], part[1] - window[1]))
        else:
            vectors = list(group)
            part = _cut(_around([grid.window(_reach(item)) for item in vectors]), window)
            drawn = "".join(item_svg(item, colours=ROLE_COLOURS, pictures={}) for item in vectors)
            canvas.alpha_composite(grid.painted(drawn, part), (part[0] - window[0], part[1] - window[1]))
    return canvas


def _around(boxes: Iterable[PixelBox]) -> PixelBox:
    """The smallest window that holds them all."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _meets(item: Item, grid: Grid, window: PixelBox) -> bool:
    part = _cut(grid.window(_reach(item)), window)
    return part[0] < part[2] and part[1] < part[3]


def _reach(item: Item) -> Box:
    # A tenth of a millimetre for what soft edges add.
    return reach(item) if isinstance(item, Placed) else item.box.inset(-100)


def _cut(box: PixelBox, window: PixelBox) -> PixelBox:
    return (
        max(box[0], window[0]),
        max(box[1], window[1]),
        min(box[2], window[2]),
        min(box[3], window[3]),
    )


def _recut(tiles: Iterable[Pixels], rows: int) -> Iterator[Pixels]:
    """The same rows in bands of another height."""
    waiting: list[Pixels] = []
    count = 0
    for tile in tiles:
        waiting.append(tile)
        count += len(tile)
        while count >= rows:
            joined = np.concatenate(waiting) if len(waiting) > 1 else waiting[0]
            yield joined[:rows]
            waiting, count = ([joined[rows:]], count - rows) if count > rows else ([], 0)
    if count:
        yield np.concatenate(waiting)


def whole_pixels(box: Box, scale: float) -> PixelBox:
    """The window of whole pixels around a box in µm."""
    return Grid(scale).window(box)


def _lay(canvas: Image.Image, layer: Image.Image, at: tuple[int, int]) -> None:
    """Composite a layer; what lies outside the canvas is cut away (Pillow takes no negative place)."""
    cut = max(0, -at[0]), max(0, -at[1])
    if cut[0] < layer.width and cut[1] < layer.height:
        canvas.alpha_composite(layer, (max(0, at[0]), max(0, at[1])), (*cut, *layer.size))


# Items are drawn one by one and remembered: while somebody types in one line, the other lines and the border
# of a design stay as they are, and borders are shared by all designs of a size.
@lru_cache(maxsize=24)
def _vector(item: Outline | Stroke, grid: Grid, paint: str) -> tuple[Image.Image, tuple[int, int]]:
    """One item in its own window, and where that is."""
    window = grid.window(item.box.inset(-100))
    drawn = item_svg(item, colours={item.role: paint}, pictures={})
    return grid.painted(drawn, window), window[:2]


@lru_cache(maxsize=8)
def _previewed(item: Placed, grid: Grid, asset: AssetInfo) -> tuple[Image.Image, tuple[int, int]]:
    """A picture in its own window, drawn from its proxy, and where that is."""
    window = grid.window(reach(item))
    proxy = proxy_of(asset)
    shrink_x, shrink_y = proxy.width / item.pixel_width, proxy.height / item.pixel_height
    crop = item.crop
    part = (
        crop.left * shrink_x,
        crop.top * shrink_y,
        min(crop.right * shrink_x, proxy.width),
        min(crop.bottom * shrink_y, proxy.height),
    )
    return draw(item, Picture(proxy, part), grid, window), window[:2]


def _given(item: Placed, assets: Mapping[str, AssetInfo]) -> AssetInfo:
    asset = assets.get(item.sha256)
    if asset is None:
        raise PictureMissing(f"The picture {item.sha256[:12]} was not given.")
    return asset


def proxy_of(asset: AssetInfo) -> Image.Image:
    """The decoded picture, at most `PROXY_SIDE` pixels a side; the last few are remembered."""
    return _decoded(asset.sha256, asset)


@lru_cache(maxsize=4)
def _decoded(sha256: str, asset: AssetInfo) -> Image.Image:
    picture = Image.open(io.BytesIO(asset.read()), formats=("PNG",)).convert("RGBA")
    picture.thumbnail((PROXY_SIDE, PROXY_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return picture
