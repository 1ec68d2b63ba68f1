"""What of an artwork is seen at which pixels of a product's picture.

Every item is drawn flat, in its own window, and looked up through the view's UV map. What is found is
remembered for each item: while somebody types in one line, the others stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import AssetInfo, Item, Outline, Placed, Scene, Stroke
from configurator.engine.rendering.coverage import covered
from configurator.engine.rendering.light import Bytes, Floats, linear
from configurator.engine.rendering.placed import Grid, PixelBox, reach
from configurator.engine.rendering.polygons import path_of, stroked
from configurator.engine.rendering.raster import picture_drawn
from configurator.engine.rendering.svg import ROLE_COLOURS
from configurator.engine.rendering.views import BLOCK, Maps, View

# The texture has this many texels for a pixel of the picture, so that a linear lookup keeps edges crisp.
OVERSAMPLING = 1.3
MAX_TEXTURE_SIDE = 3000
CELL = 8
# Outlines are drawn with this much room around them.
SOFT_UM = 100
# A surface this much wider or narrower than its picture's is still laid over all of it.
MAX_STRETCH = 0.03

Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Sampled:
    """An item looked up for the pixels of a view that it touches: their places `index` (n,) in the flattened
    box of the maps, how much of each is inked (`alpha`, 0 to 1) and its colour, linear: (3,) where the item
    has one colour, or (n, 3), times alpha, of a picture."""

    index: Index
    alpha: Floats
    colour: Floats

    @property
    def ink(self) -> Floats:
        """Linear light times alpha, (n, 3)."""
        return self.colour if self.colour.ndim == 2 else self.alpha[:, None] * self.colour


@dataclass(frozen=True, slots=True)
class Lie:
    """How a scene lies on a view: the size in µm that u and v run over, then the scene's scale and offset on
    it, and the scene's own size: what lies outside is not seen."""

    surface: tuple[int, int]
    scale: float
    left: int
    top: int
    size: tuple[int, int]


def placed_on(scene: Scene, view: View, variant: str) -> tuple[tuple[int, int], float, int, int]:
    """The size u and v run over, and scale and offset (µm) of a scene on it.

    A view anchored at `fill` shows the scene all over. At `top`, or when the proportions differ so much that
    the artwork would be distorted, the scene keeps its millimetres and hangs from the middle of the upper
    edge, shrunk when it is larger than what the picture shows.
    """
    width, height = view.surface_um(variant)
    stretch = (scene.width_um / scene.height_um) / (width / height)
    if view.facts.get("anchor", "fill") == "fill" and abs(stretch - 1) < MAX_STRETCH:
        return (scene.width_um, scene.height_um), 1.0, 0, 0
    scale = min(1.0, width / scene.width_um, height / scene.height_um)
    return (width, height), scale, round((width - scene.width_um * scale) / 2), 0


def lie_of(scene: Scene, view: View, variant: str) -> Lie:
    return Lie(*placed_on(scene, view, variant), (scene.width_um, scene.height_um))


def sampled(
    item: Item, lie: Lie, view: View, variant: str, assets: Mapping[str, AssetInfo]
) -> Sampled | None:
    """An item of a scene on a view; None when nothing of it is seen. Raises `PictureMissing`."""
    if isinstance(item, Placed):
        return _picture(item, lie, view, variant, assets.get(item.sha256))
    return _vector(item, lie, view, variant)


@lru_cache(maxsize=32)
def _vector(item: Outline | Stroke, lie: Lie, view: View, variant: str) -> Sampled | None:
    maps = view.maps(variant)
    grid = _texture_grid(item, lie, maps)
    path = path_of(stroked(item.path, item.width_um)) if isinstance(item, Stroke) else item.path
    window = grid.window(item.box.inset(-SOFT_UM))
    seen = _seen(covered(path, grid, window), window, lie, grid)
    if seen is None:
        return None
    alpha, along, down = seen
    index, corner, stride, weights = _texels(alpha, along, down, maps)
    padded = np.pad(alpha, ((1, 2), (1, 2))).ravel()
    texels = [padded.take(corner + beside) for beside in (0, 1, stride, stride + 1)]
    inked = np.flatnonzero(texels[0] | texels[1] | texels[2] | texels[3])
    index = index.take(inked)
    share = np.zeros(inked.size, dtype=np.float32)
    for each, weight in zip(texels, weights, strict=True):
        share += each.take(inked) * weight.take(inked)
    share *= maps.coverage.ravel().take(index) / np.float32(255)
    paint = ROLE_COLOURS.get(item.role, "") or item.colour
    colour = linear(np.array(list(bytes.fromhex(paint[1:7])), dtype=np.uint8))
    return Sampled(index, share, colour)


@lru_cache(maxsize=4)
def _picture(item: Placed, lie: Lie, view: View, variant: str, asset: AssetInfo | None) -> Sampled | None:
    maps = view.maps(variant)
    grid = _texture_grid(item, lie, maps)
    layer, (left, top) = picture_drawn(item, pixels_per_mm=grid.scale * 1000, asset=asset)
    window = (left, top, left + layer.width, top + layer.height)
    seen = _seen(np.asarray(layer), window, lie, grid)
    if seen is None:
        return None
    texture, along, down = seen
    index, corner, stride, weights = _texels(texture[..., 3], along, down, maps)
    # A texel is one number, and its coverage the top byte.
    padded = np.ascontiguousarray(np.pad(texture, ((1, 2), (1, 2), (0, 0)))).view("<u4").ravel()
    texels = [padded.take(corner + beside) for beside in (0, 1, stride, stride + 1)]
    inked = np.flatnonzero((texels[0] | texels[1] | texels[2] | texels[3]) >= 1 << 24)
    index = index.take(inked)
    alpha = np.zeros(inked.size, dtype=np.float32)
    colour = np.zeros((inked.size, 3), dtype=np.float32)
    for each, weight in zip(texels, weights, strict=True):
        texel = each.take(inked)
        share = (texel >> 24) * (weight.take(inked) / np.float32(255))
        alpha += share
        for channel in range(3):
            colour[:, channel] += linear((texel >> (8 * channel) & 255).astype(np.uint8)) * share
    shown = maps.coverage.ravel().take(index)
    return Sampled(index, alpha * shown, colour * shown[:, None])


Ramp = tuple[float, float]


def _texture_grid(item: Item, lie: Lie, maps: Maps) -> Grid:
    """Texels over the scene: a little finer than the picture where that shows the surface largest."""
    density = OVERSAMPLING * lie.scale * max(maps.density_u / lie.surface[0], maps.density_v / lie.surface[1])
    box = reach(item) if isinstance(item, Placed) else item.box
    return Grid(min(density, MAX_TEXTURE_SIDE / max(box.width, box.height, 1)))


def _seen(texture: Bytes, window: PixelBox, lie: Lie, grid: Grid) -> tuple[Bytes, Ramp, Ramp] | None:
    """A texture cut at the surface's edges, and where u and v lie on it: a place is at
    `along[0] * u - along[1]` texels from the left, and so for v downwards. None when nothing is left."""
    edges = grid.window(Box(0, 0, *lie.size))
    left, top = max(window[0], edges[0]), max(window[1], edges[1])
    right, bottom = min(window[2], edges[2]), min(window[3], edges[3])
    if left >= right or top >= bottom:
        return None
    per_um = grid.scale / lie.scale
    return (
        texture[top - window[1] : bottom - window[1], left - window[0] : right - window[0]],
        (lie.surface[0] * per_um, lie.left * per_um + left + 0.5),
        (lie.surface[1] * per_um, lie.top * per_um + top + 0.5),
    )


def _texels(
    alpha: Bytes, along: Ramp, down: Ramp, maps: Maps
) -> tuple[Index, Index, int, tuple[Floats, Floats, Floats, Floats]]:
    """For the pixels with ink near: their places, the upper left of the four texels around each (in a texture
    with a border of 1 before and 2 behind), that texture's width, and the weights of the four."""
    height, width = alpha.shape
    index = _near(alpha, along, down, maps)
    # Places beside the texture are on its empty border.
    x, y = (
        np.clip(ramp.ravel().take(index) * np.float32(scale) - np.float32(start), -1, side)
        for ramp, (scale, start), side in ((maps.u, along, width), (maps.v, down, height))
    )
    stride = width + 3
    left, top = np.floor(x), np.floor(y)
    corner = (top.astype(np.intp) + 1) * stride + left.astype(np.intp) + 1
    x, y = x - left, y - top
    both = x * y
    return index, corner, stride, (1 - x - y + both, x - both, y - both, both)


def _near(alpha: Bytes, along: Ramp, down: Ramp, maps: Maps) -> Index:
    """The covered pixels, as places in the flattened box, of blocks whose part of the texture has ink."""
    height, width = alpha.shape
    rows, columns = -(-height // CELL), -(-width // CELL)
    padded = np.zeros((rows * CELL, columns * CELL), dtype=np.uint8)
    padded[:height, :width] = alpha
    # Eight texels of a row are one number.
    cells = padded.view(np.uint64).reshape(rows, CELL, columns).max(axis=1) > 0
    counts = np.zeros((rows + 1, columns + 1), dtype=np.int32)
    counts[1:, 1:] = cells.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)

    def cell(ends: Floats, by: Ramp, more: int, most: int) -> Index:
        at = np.floor((ends * by[0] - by[1] + more) / CELL) + (more > 0)
        return np.asarray(np.clip(at, 0, most).astype(np.intp))

    blocks = maps.blocks
    left, right = (cell(end, along, more, columns) for end, more in ((blocks[0], -2), (blocks[1], 2)))
    top, bottom = (cell(end, down, more, rows) for end, more in ((blocks[2], -2), (blocks[3], 2)))
    inked = counts[bottom, right] - counts[top, right] - counts[bottom, left] + counts[top, left] > 0
    block_rows, block_columns = np.nonzero(inked)
    steps = np.arange(BLOCK)
    y = block_rows[:, None] * BLOCK + steps
    x = block_columns[:, None] * BLOCK + steps
    inside = (y < maps.box.height)[:, :, None] & (x < maps.box.width)[:, None, :]
    places = (y * maps.box.width)[:, :, None] + x[:, None, :]
    places = places[inside] if not inside.all() else places.ravel()
    return np.asarray(places[maps.coverage.ravel().take(places) > 0])
