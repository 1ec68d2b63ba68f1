"""A scene as pixels: vectors by resvg, pictures by Pillow, in the order of the scene.

What comes out is straight-alpha RGBA in sRGB over nothing (transparent). Any part of a surface can be drawn
at any resolution; the outlines are those of every other output.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from functools import lru_cache

import resvg_py
from PIL import Image, ImageChops

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import AssetInfo, Outline, Placed, Scene, Stroke
from configurator.engine.rendering.svg import ROLE_COLOURS, PictureMissing, item_svg

# left, top, right, bottom
PixelBox = tuple[int, int, int, int]

# Decoded pictures are kept at most this many pixels on their longer side: enough for any preview.
PROXY_SIDE = 1600


def rasterise(
    scene: Scene,
    *,
    pixels_per_mm: float,
    part: PixelBox | None = None,
    assets: Mapping[str, AssetInfo] | None = None,
    role_colours: Mapping[str, str] | None = None,
) -> Image.Image:
    """Draw the surface, or the part of it in a window of pixels (left, top, right, bottom).

    The pixel grid starts at the surface's upper left corner. Raises `PictureMissing` when an asset lacks.
    """
    scale = pixels_per_mm / 1000
    window = part or (0, 0, *whole_pixels(scene.box, scale)[2:])
    colours = {**ROLE_COLOURS, **(role_colours or {})}
    canvas = Image.new("RGBA", (window[2] - window[0], window[3] - window[1]))
    for item in scene.items:
        if isinstance(item, Placed):
            layer, at = _placed(item, scale, assets or {})
        else:
            layer, at = _vector(item, scale, colours.get(item.role, "") or item.colour)
        _lay(canvas, layer, (at[0] - window[0], at[1] - window[1]))
    return canvas


def whole_pixels(box: Box, scale: float) -> PixelBox:
    """The window of whole pixels around a box in µm."""
    return (
        math.floor(box.left * scale),
        math.floor(box.top * scale),
        max(math.ceil(box.right * scale), math.floor(box.left * scale) + 1),
        max(math.ceil(box.bottom * scale), math.floor(box.top * scale) + 1),
    )


def _lay(canvas: Image.Image, layer: Image.Image, at: tuple[int, int]) -> None:
    """Composite a layer; what lies outside the canvas is cut away (Pillow takes no negative place)."""
    cut = max(0, -at[0]), max(0, -at[1])
    if cut[0] < layer.width and cut[1] < layer.height:
        canvas.alpha_composite(layer, (max(0, at[0]), max(0, at[1])), (*cut, *layer.size))


# Items are drawn one by one and remembered: while somebody types in one line, the other lines and the border
# of a design stay as they are, and borders are shared by all designs of a size.
@lru_cache(maxsize=24)
def _vector(item: Outline | Stroke, scale: float, paint: str) -> tuple[Image.Image, tuple[int, int]]:
    """One item in its own window, and where that is."""
    left, top, right, bottom = whole_pixels(item.box.inset(-100), scale)
    width, height = right - left, bottom - top
    shown = f"{left / scale:.6f} {top / scale:.6f} {width / scale:.6f} {height / scale:.6f}"
    page = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{shown}">'
        f"{item_svg(item, colours={item.role: paint}, pictures={})}</svg>"
    )
    png = resvg_py.svg_to_bytes(svg_string=page, skip_system_fonts=True, dpi=96)
    return Image.open(io.BytesIO(bytes(png)), formats=("PNG",)).convert("RGBA"), (left, top)


def _placed(
    item: Placed, scale: float, assets: Mapping[str, AssetInfo]
) -> tuple[Image.Image, tuple[int, int]]:
    asset = assets.get(item.sha256)
    if asset is None:
        raise PictureMissing(f"The picture {item.sha256[:12]} was not given.")
    left, top = round(item.box.left * scale), round(item.box.top * scale)
    width = max(1, round(item.box.right * scale) - left)
    height = max(1, round(item.box.bottom * scale) - top)
    proxy = proxy_of(asset)
    shrink_x, shrink_y = proxy.width / item.pixel_width, proxy.height / item.pixel_height
    crop = (
        item.crop.left * shrink_x,
        item.crop.top * shrink_y,
        min(item.crop.right * shrink_x, proxy.width),
        min(item.crop.bottom * shrink_y, proxy.height),
    )
    picture = proxy.resize((width, height), Image.Resampling.LANCZOS, box=crop, reducing_gap=2.0)
    return (_engraved(picture) if item.role == "engrave" else picture), (left, top)


def _engraved(picture: Image.Image) -> Image.Image:
    """Dark parts burn, light and transparent parts do not."""
    alpha = ImageChops.multiply(ImageChops.invert(picture.convert("L")), picture.getchannel("A"))
    black = Image.new("RGBA", picture.size)
    black.putalpha(alpha)
    return black


def proxy_of(asset: AssetInfo) -> Image.Image:
    """The decoded picture, at most `PROXY_SIDE` pixels a side; the last few are remembered."""
    return _decoded(asset.sha256, asset)


@lru_cache(maxsize=4)
def _decoded(sha256: str, asset: AssetInfo) -> Image.Image:
    picture = Image.open(io.BytesIO(asset.read()), formats=("PNG",)).convert("RGBA")
    picture.thumbnail((PROXY_SIDE, PROXY_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return picture
