"""Pictures drawn into their box: cropped, scaled, turned, masked, to the fraction of a pixel.

A picture is only ever drawn into windows of whole pixels of the surface's grid. Its edges are as soft as
their pixels are covered, so a picture is as large as it was placed, at every resolution.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field

import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image, ImageChops

from configurator.engine.geometry import Box, path_data
from configurator.engine.layout.scene import AssetInfo, Placed

# left, top, right, bottom
PixelBox = tuple[int, int, int, int]

# Pixels repeated around a picture, so that its edge is not mixed with nothing.
PADDING = 2


@dataclass(frozen=True)
class Grid:
    """A grid of pixels over a surface: `scale` pixels a µm, (0, 0) at (left_um, top_um). `mirror_um`: the
    width of the surface where everything is drawn as seen from behind."""

    scale: float
    left_um: int = 0
    top_um: int = 0
    mirror_um: int | None = None

    def x(self, um: float) -> float:
        return (um - self.left_um) * self.scale

    def y(self, um: float) -> float:
        return (um - self.top_um) * self.scale

    def view_box(self, window: PixelBox) -> str:
        """The window in µm of the surface."""
        left, top, right, bottom = window
        return (
            f"{left / self.scale + self.left_um:.6f} {top / self.scale + self.top_um:.6f}"
            f" {(right - left) / self.scale:.6f} {(bottom - top) / self.scale:.6f}"
        )

    def window(self, box: Box) -> PixelBox:
        """The whole pixels around a box in µm."""
        if self.mirror_um is not None:
            box = Box(self.mirror_um - box.right, box.top, self.mirror_um - box.left, box.bottom)
        left, top = math.floor(self.x(box.left)), math.floor(self.y(box.top))
        return (
            left,
            top,
            max(math.ceil(self.x(box.right)), left + 1),
            max(math.ceil(self.y(box.bottom)), top + 1),
        )

    def painted(self, elements: str, window: PixelBox) -> Image.Image:
        """SVG elements (in µm of the surface) in a window, as RGBA."""
        width, height = window[2] - window[0], window[3] - window[1]
        if self.mirror_um is not None:
            elements = f'<g transform="matrix(-1 0 0 1 {self.mirror_um} 0)">{elements}</g>'
        page = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="{self.view_box(window)}" preserveAspectRatio="none">{elements}</svg>'
        )
        png = resvg_py.svg_to_bytes(svg_string=page, skip_system_fonts=True, dpi=96)
        return Image.open(io.BytesIO(bytes(png)), formats=("PNG",)).convert("RGBA")


@dataclass(frozen=True)
class Picture:
    """Decoded pixels, and the part of them that is shown (left, top, right, bottom; fractions allowed)."""

    pixels: Image.Image
    part: tuple[float, float, float, float]
    _made: dict[object, Image.Image] = field(default_factory=dict)

    @property
    def width(self) -> float:
        return self.part[2] - self.part[0]

    @property
    def height(self) -> float:
        return self.part[3] - self.part[1]

    def flipped(self) -> Picture:
        """As seen in a mirror."""
        if "flipped" not in self._made:
            self._made["flipped"] = self.pixels.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        wide, (left, top, right, bottom) = self.pixels.width, self.part
        return Picture(self._made["flipped"], (wide - right, top, wide - left, bottom))

    def shrunk(self, size: tuple[int, int]) -> Image.Image:
        """At the size it is drawn in before it is turned, its outermost pixels repeated all around."""
        if size not in self._made:
            small = self.pixels.resize(size, Image.Resampling.LANCZOS, box=self.part, reducing_gap=2.0)
            around = ((PADDING, PADDING), (PADDING, PADDING), (0, 0))
            self._made[size] = Image.fromarray(np.pad(np.asarray(small), around, mode="edge"), "RGBA")
        return self._made[size]


def decoded(asset: AssetInfo, item: Placed) -> Picture:
    """The cropped part of a picture in its own resolution."""
    picture = Image.open(io.BytesIO(asset.read()), formats=("PNG",))
    crop = (item.crop.left, item.crop.top, item.crop.right, item.crop.bottom)
    return Picture(picture.crop(crop).convert("RGBA"), (0, 0, item.crop.width, item.crop.height))


def reach(item: Placed) -> Box:
    """The upright box around a placed picture, turned as it is."""
    if not item.rotation_mdeg:
        return item.box
    corners = _corners(item)
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Box(math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys)))


def draw(item: Placed, picture: Picture, grid: Grid, window: PixelBox) -> Image.Image:
    """What a window shows of the picture; `picture` holds the cropped part only."""
    if item.rotation_mdeg:
        drawn = _turned(item, picture, grid, window)
        cover = grid.painted(_polygon(item), window).getchannel("A")
    else:
        drawn = _upright(item, picture, grid, window)
        cover = _covered(item.box, grid, window)
    if item.outline:
        mask = grid.painted(f'<path d="{path_data(item.outline)}"/>', window).getchannel("A")
        cover = ImageChops.multiply(cover, mask)
    drawn.putalpha(ImageChops.multiply(drawn.getchannel("A"), cover))
    return engraved(drawn) if item.role == "engrave" else drawn


def engraved(picture: Image.Image) -> Image.Image:
    """Dark parts burn, light and transparent parts do not."""
    alpha = ImageChops.multiply(ImageChops.invert(picture.convert("L")), picture.getchannel("A"))
    black = Image.new("RGBA", picture.size)
    black.putalpha(alpha)
    return black


def _upright(item: Placed, picture: Picture, grid: Grid, window: PixelBox) -> Image.Image:
    """Resampled so that every pixel gets what lies under it. Pixels that the picture covers in part are
    given their neighbour's colour; how much of it is for the coverage to say."""
    box = _seen(item.box, grid)
    shown = picture if grid.mirror_um is None else picture.flipped()
    columns = _within(window[0], window[2], grid.x(box.left), grid.x(box.right))
    rows = _within(window[1], window[3], grid.y(box.top), grid.y(box.bottom))
    across, down = shown.width / (box.width * grid.scale), shown.height / (box.height * grid.scale)
    ends = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    left, right = (shown.part[0] + (end - grid.x(box.left)) * across for end in ends[::2])
    top, bottom = (shown.part[1] + (end - grid.y(box.top)) * down for end in ends[1::2])
    part = (
        max(left, 0.0),
        max(top, 0.0),
        min(right, float(shown.pixels.width)),
        min(bottom, float(shown.pixels.height)),
    )
    size = (int(ends[2] - ends[0]), int(ends[3] - ends[1]))
    drawn = shown.pixels.resize(size, Image.Resampling.LANCZOS, box=part)
    if size == (len(columns), len(rows)):
        return drawn
    return Image.fromarray(np.asarray(drawn)[(rows - rows[0])[:, None], columns - columns[0]], "RGBA")


def _within(first: int, last: int, start: float, end: float) -> NDArray[np.int64]:
    """For each pixel of a window the nearest one that lies wholly between start and end."""
    whole_first, whole_last = math.ceil(start - 1e-6), math.floor(end + 1e-6) - 1
    if whole_last < whole_first:
        whole_first = whole_last = math.floor((start + end) / 2)
    return np.clip(np.arange(first, last), whole_first, whole_last)


def _turned(item: Placed, picture: Picture, grid: Grid, window: PixelBox) -> Image.Image:
    """Scaled to the grid first, then turned about the middle of its box."""
    box, middle = item.box, _middle(item)
    size = (max(1, round(box.width * grid.scale)), max(1, round(box.height * grid.scale)))
    source = picture.shrunk(size)
    across, down = size[0] / box.width, size[1] / box.height  # pixels of `source` a µm
    turn = math.radians(item.rotation_mdeg / 1000)
    cosine, sine = math.cos(turn), math.sin(turn)
    side = 1.0 if grid.mirror_um is None else -1.0
    # From a pixel of the window to µm on the surface, relative to the middle of the box: x = p * px + q.
    p_x = side / grid.scale
    q_x = side * (window[0] / grid.scale + grid.left_um) - middle[0]
    q_x += grid.mirror_um if grid.mirror_um is not None else 0
    p_y, q_y = 1 / grid.scale, window[1] / grid.scale + grid.top_um - middle[1]
    matrix = (
        across * cosine * p_x,
        across * sine * p_y,
        across * (cosine * q_x + sine * q_y + box.width / 2) + PADDING,
        -down * sine * p_x,
        down * cosine * p_y,
        down * (cosine * q_y - sine * q_x + box.height / 2) + PADDING,
    )
    shape = (window[2] - window[0], window[3] - window[1])
    return source.transform(shape, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)


def _covered(box: Box, grid: Grid, window: PixelBox) -> Image.Image:
    """How much of each pixel an upright box covers."""
    seen = _seen(box, grid)
    columns = _overlap(window[0], window[2], grid.x(seen.left), grid.x(seen.right))
    rows = _overlap(window[1], window[3], grid.y(seen.top), grid.y(seen.bottom))
    return Image.fromarray(np.rint(rows[:, None] * columns[None, :] * 255).astype(np.uint8), "L")


def _overlap(first: int, last: int, start: float, end: float) -> NDArray[np.float64]:
    pixels = np.arange(first, last, dtype=np.float64)
    overlap: NDArray[np.float64] = np.clip(np.minimum(pixels + 1, end) - np.maximum(pixels, start), 0, 1)
    return overlap


def _seen(box: Box, grid: Grid) -> Box:
    if grid.mirror_um is None:
        return box
    return Box(grid.mirror_um - box.right, box.top, grid.mirror_um - box.left, box.bottom)


def _flipped(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _middle(item: Placed) -> tuple[float, float]:
    return (item.box.left + item.box.right) / 2, (item.box.top + item.box.bottom) / 2


def _corners(item: Placed) -> list[tuple[float, float]]:
    turn = math.radians(item.rotation_mdeg / 1000)
    cosine, sine = math.cos(turn), math.sin(turn)
    (x, y), wide, high = _middle(item), item.box.width / 2, item.box.height / 2
    return [
        (x + dx * cosine - dy * sine, y + dx * sine + dy * cosine)
        for dx, dy in ((-wide, -high), (wide, -high), (wide, high), (-wide, high))
    ]


def _polygon(item: Placed) -> str:
    return f'<polygon points="{" ".join(f"{x:.3f},{y:.3f}" for x, y in _corners(item))}"/>'
