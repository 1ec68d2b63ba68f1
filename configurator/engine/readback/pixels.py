"""Production PNGs against the scene: an own drawing of it, compared pixel by pixel.

A pixel may differ where an edge runs through it, as two ways of drawing soft edges do. Edges that lie more
than about half a pixel elsewhere, other colours and other pictures are found.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import AssetInfo, Item, Placed, Scene, Stroke
from configurator.engine.machines import Profile
from configurator.engine.readback.codes import codes_in, unread
from configurator.engine.readback.marks import (
    Mismatch,
    Point,
    Polygons,
    Unreadable,
    contours_of,
    covered,
    drawn_along,
)
from configurator.engine.readback.wanted import PLAIN, WAYS, corners_of, element_at, onto, wanted_picture

Floats = NDArray[np.float32]

BAND = 256
FINE = 8  # subpixels a side
# Greatest difference of a channel (premultiplied, 0 to 1) that soft edges explain; so many may exceed it.
EDGE = 0.45
FEW = 3
# Difference of whole pixels that rounding explains.
FLAT = 4 / 255
# Blocks in which pictures are compared, pixels a side, and how much their means may differ.
BLOCK = 8
PICTURE = 12 / 255


def read_png(data: bytes) -> tuple[NDArray[np.uint8], float]:
    """RGBA pixels and the resolution that the file says. Raises `Unreadable`."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as opened:
            if opened.mode != "RGBA":
                raise Unreadable(f"the PNG is {opened.mode}, not RGBA")
            dpi = float(opened.info.get("dpi", (0.0, 0.0))[0])
            return np.asarray(opened), dpi
    except (OSError, SyntaxError, ValueError) as fault:
        raise Unreadable(f"the PNG cannot be read ({fault})") from fault


def compare_png(
    scene: Scene, data: bytes, profile: Profile, assets: Mapping[str, AssetInfo]
) -> list[Mismatch]:
    pixels, dpi = read_png(data)
    if abs(dpi - profile.dpi) > 0.02:
        return [Mismatch("resolution", "", f"The file says {dpi:.1f} dpi, the machine prints {profile.dpi}.")]
    sides = scene.width_um + 2 * scene.bleed_um, scene.height_um + 2 * scene.bleed_um
    width, height = (max(1, round(side * dpi / 25_400)) for side in sides)
    if pixels.shape[:2] != (height, width):
        text = f"The file has {pixels.shape[1]} x {pixels.shape[0]} pixels instead of {width} x {height}."
        return [Mismatch("size", "", text)]
    drawing = Drawing(scene, profile, assets, profile.dpi / 25_400)
    wrong = np.zeros((0, 2), dtype=np.int64)
    for top in range(0, height, BAND):
        bottom = min(top + BAND, height)
        if not drawing.meets(top, bottom) and not pixels[top:bottom].any():
            continue  # nothing is wanted there, and nothing is there
        wanted, pictured = drawing.rows(top, bottom, width)
        seen = _premultiplied(pixels[top:bottom])
        places = np.argwhere(_together(_wrong(wanted, seen, pictured)))
        wrong = np.concatenate([wrong, places + np.array([top, 0])])
    found = _told(scene, profile, wrong, dpi)
    return found + [each for code in codes_in(scene) if (each := _code(code, pixels, scene, profile, dpi))]


def _premultiplied(pixels: NDArray[np.uint8]) -> Floats:
    shares = pixels.astype(np.float32) / np.float32(255)
    shares[..., :3] *= shares[..., 3:]
    return shares


def _wrong(wanted: Floats, seen: Floats, pictured: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which pixels nothing explains."""
    gap = np.abs(wanted - seen).max(axis=2)
    flat = ~_edges(wanted)
    wrong: NDArray[np.bool_] = (gap > EDGE) & ~pictured
    wrong |= flat & ~pictured & (gap > FLAT)
    # Pictures are resampled: compared by the means of small blocks.
    rows, columns = gap.shape[0] // BLOCK * BLOCK, gap.shape[1] // BLOCK * BLOCK
    if rows and columns and pictured.any():
        blocks = (wanted - seen)[:rows, :columns].reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK, 4)
        off = np.abs(blocks.mean(axis=(1, 3))).max(axis=2) > PICTURE
        whole = (
            pictured[:rows, :columns].reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK).all(axis=(1, 3))
        )
        wrong[:rows, :columns] |= np.repeat(np.repeat(off & whole, BLOCK, 0), BLOCK, 1)
        # Single pixels that are quite another: where a picture is transparent or should be.
        wrong |= pictured & (np.abs(wanted[..., 3] - seen[..., 3]) > 0.75)
    return wrong


def _together(wrong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without single pixels: corners and ends of curves, where ways of drawing soft edges differ most."""
    around = np.zeros((wrong.shape[0] + 2, wrong.shape[1] + 2), dtype=np.int8)
    for down in range(3):
        for right in range(3):
            around[down : down + wrong.shape[0], right : right + wrong.shape[1]] += wrong
    together: NDArray[np.bool_] = wrong & (around[1:-1, 1:-1] > 1)
    return together


def _edges(wanted: Floats) -> NDArray[np.bool_]:
    """Pixels beside which something else begins."""
    found: NDArray[np.bool_] = np.zeros(wanted.shape[:2], dtype=np.bool_)
    down = np.abs(np.diff(wanted, axis=0)).max(axis=2) > 1e-3
    across = np.abs(np.diff(wanted, axis=1)).max(axis=2) > 1e-3
    found[1:] |= down
    found[:-1] |= down
    found[:, 1:] |= across
    found[:, :-1] |= across
    wide = found.copy()
    wide[1:] |= found[:-1]
    wide[:-1] |= found[1:]
    wide[:, 1:] |= found[:, :-1]
    wide[:, :-1] |= found[:, 1:]
    # What lies beyond the band is not known.
    wide[:2] = wide[-2:] = True
    return wide


def _told(scene: Scene, profile: Profile, wrong: NDArray[np.int64], dpi: float) -> list[Mismatch]:
    if len(wrong) <= FEW:
        return []
    um = 25_400 / dpi
    (top, left), (bottom, right) = wrong.min(axis=0), wrong.max(axis=0) + 1
    edges = tuple(float(value) * um - scene.bleed_um for value in (left, top, right, bottom))
    middle = wrong[len(wrong) // 2]
    spot = float(middle[1]) * um - scene.bleed_um, float(middle[0]) * um - scene.bleed_um
    element = element_at(scene, profile, (*spot, *spot))
    text = f"{element or 'The print'} is not as approved: {len(wrong)} pixels differ."
    return [Mismatch("pixels", element, text, Box(*(round(edge) for edge in edges)))]


def _code(
    code: object, pixels: NDArray[np.uint8], scene: Scene, profile: Profile, dpi: float
) -> Mismatch | None:
    box = code.box  # type: ignore[attr-defined]
    left = scene.width_um - box.right if profile.mirror else box.left
    quiet = 4 * (code.module_um or 300)  # type: ignore[attr-defined]
    scale = dpi / 25_400
    x, y = (left + scene.bleed_um) * scale, (box.top + scene.bleed_um) * scale
    reach = quiet * scale
    part = (
        max(0, int(x - reach)),
        max(0, int(y - reach)),
        int(x + box.width * scale + reach) + 1,
        int(y + box.height * scale + reach) + 1,
    )
    cut = Image.fromarray(pixels[part[1] : part[3], part[0] : part[2]], "RGBA")
    paper = Image.new("RGBA", cut.size, (255, 255, 255, 255))
    paper.alpha_composite(cut)
    grown = paper.convert("L").resize((cut.width * 2, cut.height * 2), Image.Resampling.NEAREST)
    return unread(code, grown, profile)  # type: ignore[arg-type]


class Drawing:
    """The scene drawn once more, in own words: premultiplied RGBA, 0 to 1, band by band."""

    def __init__(self, scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo], scale: float) -> None:
        self.scene, self.profile, self.assets, self.scale = scene, profile, assets, scale
        self.move = onto(scene, profile)
        self._areas: dict[int, Polygons] = {}

    def rows(self, top: int, bottom: int, width: int) -> tuple[Floats, NDArray[np.bool_]]:
        """The rows, and which pixels a picture (or its edge) lies on."""
        canvas = np.zeros((bottom - top, width, 4), dtype=np.float32)
        pictured = np.zeros((bottom - top, width), dtype=bool)
        for number, item in enumerate(self.scene.items):
            if item.role in WAYS:
                continue
            if isinstance(item, Placed):
                self._picture(item, canvas, pictured, top)
                continue
            polygons = self._area(number)
            cover = self._cover(polygons, top, bottom, width)
            if cover is None:
                continue
            share, left, right = cover
            colour = PLAIN.get(item.role, "") or item.colour
            ink = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] + [1.0], dtype=np.float32)
            part = canvas[:, left:right]
            part *= 1 - share[..., None]
            part += share[..., None] * ink
            pictured[:, left:right] &= share < 1
        return canvas, pictured

    def meets(self, top: int, bottom: int) -> bool:
        """Whether anything is drawn between these rows, two pixels of soft edge included."""
        low, high = (edge / self.scale - self.scene.bleed_um for edge in (top - 2, bottom + 2))
        return any(
            box.top < high and box.bottom > low
            for item in self.scene.items
            if item.role not in WAYS
            for box in [_reach(item)]
        )

    def _area(self, number: int) -> Polygons:
        if number not in self._areas:
            item = self.scene.items[number]
            assert not isinstance(item, Placed)
            contours = contours_of(item.path, self.move)
            if isinstance(item, Stroke):
                self._areas[number] = drawn_along(contours, item.width_um)
            else:
                self._areas[number] = covered(contours, even_odd=False)
        return self._areas[number]

    def _at(self, point: Point) -> Point:
        """In pixels of the file."""
        return (point[0] + self.scene.bleed_um) * self.scale, (point[1] + self.scene.bleed_um) * self.scale

    def _cover(self, polygons: Polygons, top: int, bottom: int, width: int) -> tuple[Floats, int, int] | None:
        """How much of each pixel of the band the area covers, between two columns."""
        placed = [[self._at((x, y)) for x, y in points] for points in polygons]
        low = min((y for points in placed for _, y in points), default=0.0)
        high = max((y for points in placed for _, y in points), default=0.0)
        if not placed or high <= top or low >= bottom:
            return None
        left = max(0, int(min(x for points in placed for x, _ in points)) - 1)
        right = min(width, int(max(x for points in placed for x, _ in points)) + 2)
        if right <= left:
            return None
        first = max(0, int(low) - top)
        last = min(bottom - top, int(high) + 2 - top)
        size = ((right - left) * FINE, (last - first) * FINE)
        fine = Image.new("L", size, 0)
        draw = ImageDraw.Draw(fine)
        # Outer outlines first, then what is taken out of them; Pillow's polygons include their border, half a
        # subpixel, so they are moved by that.
        for points in sorted(placed, key=lambda each: -_extent(each)):
            moved = [((x - left) * FINE - 0.5, (y - top - first) * FINE - 0.5) for x, y in points]
            draw.polygon(moved, fill=255 if _area(points) > 0 else 0)
        share = np.zeros((bottom - top, right - left), dtype=np.float32)
        share[first:last] = np.asarray(fine.reduce(FINE), dtype=np.float32) / np.float32(255)
        return share, left, right

    def _picture(self, item: Placed, canvas: Floats, pictured: NDArray[np.bool_], top: int) -> None:
        corners = [self._at(corner) for corner in corners_of(item, self.move)]
        low, high = min(y for _, y in corners), max(y for _, y in corners)
        if high <= top or low >= top + len(canvas):
            return
        shown = wanted_picture(item, self.scene, self.profile, self.assets)
        size = (canvas.shape[1], canvas.shape[0])
        pixels = shown.pixels
        # From the file's pixels to the picture's: the inverse of where its corners lie.
        (x0, y0), (x1, y1), _, (x3, y3) = corners
        (ax, ay), (bx, by) = (x1 - x0, y1 - y0), (x3 - x0, y3 - y0)
        whole = ax * by - bx * ay
        shrink = max(1, int(min(pixels.width / np.hypot(ax, ay), pixels.height / np.hypot(bx, by))))
        small = pixels.reduce(shrink) if shrink > 1 else pixels
        wide, high_ = small.width / whole, small.height / whole
        # Pillow takes the middles of pixels into account itself.
        matrix = (
            by * wide,
            -bx * wide,
            (-x0 * by + bx * (y0 - top)) * wide,
            -ay * high_,
            ax * high_,
            (x0 * ay - ax * (y0 - top)) * high_,
        )
        drawn = small.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        layer = _premultiplied(np.asarray(drawn))
        inside = self._cover([[(x, y) for x, y in corners_um(item, self)]], top, top + len(canvas), size[0])
        share = np.zeros(layer.shape[:2], dtype=np.float32)
        if inside is not None:
            share[:, inside[1] : inside[2]] = np.abs(inside[0])
        if item.outline:
            mask = self._cover(
                covered(contours_of(item.outline, self.move), even_odd=False), top, top + len(canvas), size[0]
            )
            kept = np.zeros_like(share)
            if mask is not None:
                kept[:, mask[1] : mask[2]] = mask[0]
            share *= kept
        if item.role == "engrave":
            grey = layer[..., :3] @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
            alpha = layer[..., 3]
            burnt = np.where(alpha > 0, 1 - grey / np.maximum(alpha, 1e-6), 0) * alpha
            layer = np.concatenate([np.zeros((*grey.shape, 3), np.float32), burnt[..., None]], axis=2)
        canvas *= 1 - (layer[..., 3:] * share[..., None])
        canvas += layer * share[..., None]
        pictured |= share > 0


def _reach(item: Item) -> Box:
    """The box of an item, a turned picture's made large enough for every turn."""
    if not isinstance(item, Placed) or not item.rotation_mdeg:
        return item.box
    return item.box.inset(-max(item.box.width, item.box.height))


def corners_um(item: Placed, drawing: Drawing) -> list[tuple[int, int]]:
    corners = [(round(x), round(y)) for x, y in corners_of(item, drawing.move)]
    return corners if _area([(float(x), float(y)) for x, y in corners]) > 0 else corners[::-1]


def _area(points: list[Point]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True))


def _extent(points: list[Point]) -> float:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (max(xs) - min(xs)) * (max(ys) - min(ys))
