"""Small scenes in several scripts, and how files made from them are looked at by other code."""

import hashlib
import io
from pathlib import Path

import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box
from configurator.engine.layout import AssetInfo, Frame, Scene, ShapeElement, TextElement, TextFrame, compose
from configurator.engine.layout.elements import Element

FONTS = FontLibrary.installed()
SCRIPTS = {
    "latin": ("The Özdemir Family", "great-vibes"),
    "capitals": ("SINCE 2014", "playfair-display:600"),
    "arabic": ("العائلة وطن القلب", "noto-sans-arabic"),
    "hebrew": ("ברוכים הבאים", "heebo"),
    "mixed": ("Ömer · عمر · 1985", "pacifico"),
}
Coverage = NDArray[np.float64]


def words(
    element: str, text: str, font: str, box: tuple[int, int, int, int], size: int, colour: str
) -> TextElement:
    """A text in a box given in mm (left, top, width, height)."""
    left, top, width, height = (1000 * value for value in box)
    frame = TextFrame(
        element, font, Box(left, top, left + width, top + height), "center", "middle", 1000 * size, 2000
    )
    return TextElement(frame, text, colour)


def scene_of(process: str, *elements: Element, width: int = 80, height: int = 40) -> Scene:
    """A surface of so many mm; colours are roles on machines that have no colours."""
    return compose(Frame("front", process, 1000 * width, 1000 * height), list(elements), fonts=FONTS)


def lettered(script: str, process: str = "engrave", colour: str = "engrave") -> Scene:
    """A line of text in a frame, 80 x 40 mm."""
    text, font = SCRIPTS[script]
    border = ShapeElement("border", "rounded", Box(2_000, 2_000, 78_000, 38_000), 600, 4_000, colour)
    return scene_of(process, words("line1", text, font, (6, 8, 68, 24), 14, colour), border)


def picture(folder: Path, width: int = 240, height: int = 180) -> AssetInfo:
    """Red on the left, blue on the right, see-through lower right; a gradient so that nothing is even."""
    ramp = np.linspace(0, 60, height, dtype=np.uint8)[:, None]
    pixels = np.zeros((height, width, 4), dtype=np.uint8)
    pixels[:, : width // 2] = (190, 30, 20, 255)
    pixels[:, width // 2 :] = (20, 60, 190, 255)
    pixels[..., 1] += ramp
    pixels[height // 2 :, width // 2 :, 3] = 0
    out = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(out, "PNG")
    path = folder / "picture.png"
    path.write_bytes(out.getvalue())
    return AssetInfo(hashlib.sha256(out.getvalue()).hexdigest(), width, height, path)


def drawn(svg: str, pixels_per_mm: float) -> NDArray[np.uint8]:
    """RGBA of an SVG in millimetres, by resvg."""
    png = resvg_py.svg_to_bytes(svg_string=svg, dpi=25.4 * pixels_per_mm, skip_system_fonts=True)
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))


def ink(svg: str, pixels_per_mm: float) -> Coverage:
    """How much of each pixel an SVG covers, 0 to 1."""
    return drawn(svg, pixels_per_mm)[..., 3] / 255


def polygons_svg(polygons: list[list[tuple[float, float]]], width: float, height: float) -> str:
    """Polygons in mm (y downwards), filled even-odd as machines do."""
    data = "".join("M" + "L".join(f"{x:.6f} {y:.6f}" for x, y in points) + "Z" for points in polygons)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"'
        f' viewBox="0 0 {width} {height}"><path fill-rule="evenodd" d="{data}"/></svg>'
    )


def iou(one: Coverage, other: Coverage) -> float:
    """Intersection over union of two coverages."""
    return float(np.minimum(one, other).sum() / np.maximum(one, other).sum())


def edges_mm(coverage: Coverage, pixels_per_mm: float) -> Coverage:
    """Left, top, right and bottom of the ink in mm, to a fraction of a pixel by its coverage."""
    found = []
    for line in (coverage.max(axis=0), coverage.max(axis=1)):
        seen = np.flatnonzero(line > 0.02)
        first, last = seen[0], seen[-1]
        found.append(((first + 1 - line[first]) / pixels_per_mm, (last + line[last]) / pixels_per_mm))
    (left, right), (top, bottom) = found
    return np.array([left, top, right, bottom])
