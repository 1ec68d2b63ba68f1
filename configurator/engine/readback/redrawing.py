"""The scene drawn once more, in own words: what the pixels of a file are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import AssetInfo, Item, Placed, Scene, Stroke
from configurator.engine.machines import Profile
from configurator.engine.readback.marks import Point, Polygons, contours_of, covered, drawn_along
from configurator.engine.readback.wanted import PLAIN, WAYS, corners_of, onto, wanted_picture

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]

FINE = 8  # subpixels a side
SOFT = 2  # pixels that a soft edge may reach beyond its box
FULL = 255


def as_one(channels: NDArray[np.generic]) -> NDArray[np.uint32]:
    """Four bytes of a pixel (rows, columns, 4) as one number (rows, columns)."""
    return channels.view(np.uint32)[..., 0]


def premultiplied(pixels: Bytes) -> Bytes:
    """Straight RGBA (rows, columns, 4) as light: colours times their alpha, rounded."""
    found = pixels.copy()
    alpha = pixels[..., 3]
    as_one(found)[alpha == 0] = 0
    soft = (alpha > 0) & (alpha < FULL)
    part = pixels[soft].astype(np.float32)
    part[:, :3] *= part[:, 3:] / FULL
    found[soft] = np.rint(part)
    return found


@dataclass(frozen=True, slots=True)
class _Polygon:
    """In pixels of the file; `adds` is False for what is taken out of what lies around it."""

    points: NDArray[np.float64]
    adds: bool
    low: tuple[float, float]
    high: tuple[float, float]


class Drawing:
    """The scene at `scale` pixels a µm, bleed included, any part of it: premultiplied RGBA."""

    def __init__(self, scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo], scale: float) -> None:
        self.scene, self.profile, self.assets, self.scale = scene, profile, assets, scale
        self.move = onto(scene, profile)
        self._areas: dict[int, list[_Polygon]] = {}
        self._pictures: dict[int, _Picture] = {}

    def columns(self, top: int, bottom: int) -> tuple[int, int] | None:
        """The first and the last column (not included) in which something is drawn between these rows, soft
        edges included; None where nothing is. They may lie beyond the file."""
        ends = [(reach[0], reach[2]) for reach in self._reaches() if reach[1] < bottom and reach[3] > top]
        return (min(left for left, _ in ends), max(right for _, right in ends)) if ends else None

    def part(self, top: int, bottom: int, left: int, right: int) -> tuple[Bytes, Flags]:
        """The pixels between these rows and columns, and which of them a picture (or its edge) lies on."""
        canvas: Bytes = np.zeros((bottom - top, right - left, 4), dtype=np.uint8)
        pictured: Flags = np.zeros((bottom - top, right - left), dtype=np.bool_)
        for number, item in enumerate(self.scene.items):
            if item.role in WAYS:
                continue
            if isinstance(item, Placed):
                self._show(number, item, canvas, pictured, (left, top))
                continue
            cover = _cover(self._area(number), (left, top, right, bottom))
            if cover is None:
                continue
            share, at = cover
            colour = PLAIN.get(item.role, "") or item.colour
            ink = np.array([*(int(colour[k : k + 2], 16) for k in (1, 3, 5)), FULL], dtype=np.uint8)
            _paint(canvas[at], share, ink)
            pictured[at] &= share < FULL
        return canvas, pictured

    def _reaches(self) -> Iterable[tuple[int, int, int, int]]:
        """Left, top, right and bottom of every item in whole pixels."""
        for item in self.scene.items:
            if item.role not in WAYS:
                box = _reach(item)
                corners = [self._at(self.move(box.left, box.top)), self._at(self.move(box.right, box.bottom))]
                (x0, y0), (x1, y1) = corners
                low, high = (min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))
                yield int(low[0]) - SOFT, int(low[1]) - SOFT, int(high[0]) + SOFT, int(high[1]) + SOFT

    def _area(self, number: int) -> list[_Polygon]:
        if number not in self._areas:
            item = self.scene.items[number]
            assert not isinstance(item, Placed)
            contours = contours_of(item.path, self.move)
            if isinstance(item, Stroke):
                self._areas[number] = self._placed(drawn_along(contours, item.width_um))
            else:
                self._areas[number] = self._placed(covered(contours, even_odd=False))
        return self._areas[number]

    def _placed(self, polygons: Polygons) -> list[_Polygon]:
        """Outer outlines first, then what is taken out of them."""
        found = []
        for polygon in polygons:
            points = np.array([self._at(point) for point in polygon], dtype=np.float64)
            low, high = points.min(axis=0), points.max(axis=0)
            adds = _area(points) > 0
            found.append(_Polygon(points, adds, (low[0], low[1]), (high[0], high[1])))
        return sorted(found, key=lambda each: -(each.high[0] - each.low[0]) * (each.high[1] - each.low[1]))

    def _at(self, point: Point) -> Point:
        """In pixels of the file."""
        return (point[0] + self.scene.bleed_um) * self.scale, (point[1] + self.scene.bleed_um) * self.scale

    def _show(self, number: int, item: Placed, canvas: Bytes, pictured: Flags, at: tuple[int, int]) -> None:
        """Lay a picture's part of the canvas, whose upper left pixel is `at`, onto it."""
        if number not in self._pictures:
            self._pictures[number] = self._picture(item)
        picture = self._pictures[number]
        window = (*at, at[0] + canvas.shape[1], at[1] + canvas.shape[0])
        cover = _cover(picture.area, window)
        if cover is None:
            return
        share, place = cover
        if picture.mask is not None:
            share = _both(share, place, _cover(picture.mask, window))
        layer = picture.drawn(at[0] + place[1].start, at[1] + place[0].start, share.shape)
        if item.role == "engrave":  # burnt by how dark it is
            light = layer[..., :3] @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
            layer = np.concatenate([np.zeros_like(layer[..., :3]), (layer[..., 3] - light)[..., None]], 2)
        layer *= share[..., None] / np.float32(FULL)
        canvas[place] = np.rint(canvas[place] * (1 - layer[..., 3:] / FULL) + layer)
        pictured[place] |= share > 0

    def _picture(self, item: Placed) -> _Picture:
        corners = [self._at(corner) for corner in corners_of(item, self.move)]
        pixels = wanted_picture(item, self.scene, self.profile, self.assets).pixels
        # From the file's pixels to the picture's: the inverse of where its corners lie.
        (x0, y0), (x1, y1), _, (x3, y3) = corners
        (ax, ay), (bx, by) = (x1 - x0, y1 - y0), (x3 - x0, y3 - y0)
        whole = ax * by - bx * ay
        shrink = max(1, int(min(pixels.width / np.hypot(ax, ay), pixels.height / np.hypot(bx, by))))
        small = pixels.reduce(shrink) if shrink > 1 else pixels
        wide, high = small.width / whole, small.height / whole
        across = (by * wide, -bx * wide, (-x0 * by + bx * y0) * wide)
        down = (-ay * high, ax * high, (x0 * ay - ax * y0) * high)
        around = [(round(x), round(y)) for x, y in corners_of(item, self.move)]
        outline = item.outline
        mask = self._placed(covered(contours_of(outline, self.move), even_odd=False)) if outline else None
        return _Picture(small.convert("RGBa"), across, down, self._placed([_turned_right(around)]), mask)


@dataclass(frozen=True, slots=True)
class _Picture:
    """Premultiplied pixels, how a pixel of the file finds its own in them, and where they are seen."""

    pixels: Image.Image
    across: tuple[float, float, float]
    down: tuple[float, float, float]
    area: list[_Polygon]
    mask: list[_Polygon] | None

    def drawn(self, left: int, top: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """As many rows and columns of the file from there on; 0 to 255."""
        # Pillow takes the middles of pixels into account itself.
        matrix = tuple(
            value for a, b, c in (self.across, self.down) for value in (a, b, a * left + b * top + c)
        )
        size = (shape[1], shape[0])
        drawn = self.pixels.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        return np.asarray(drawn, dtype=np.float32).reshape(*shape[:2], 4)


Place = tuple[slice, slice]


def _cover(polygons: Sequence[_Polygon], window: tuple[int, int, int, int]) -> tuple[Bytes, Place] | None:
    """How much of each pixel (0 to 255) the polygons cover, and which rows and columns of the window (left,
    top, right, bottom) these are."""
    left, top, right, bottom = window
    met = [
        each
        for each in polygons
        if each.high[0] > left and each.low[0] < right and each.high[1] > top and each.low[1] < bottom
    ]
    if not met:
        return None
    first = max(left, int(min(each.low[0] for each in met)) - 1)
    last = min(right, int(max(each.high[0] for each in met)) + 2)
    highest = max(top, int(min(each.low[1] for each in met)))
    lowest = min(bottom, int(max(each.high[1] for each in met)) + 2)
    fine = Image.new("L", ((last - first) * FINE, (lowest - highest) * FINE), 0)
    draw = ImageDraw.Draw(fine)
    # Pillow's polygons include their border, half a subpixel, so they are moved by that.
    for each in met:
        moved = (each.points - (first, highest)) * FINE - 0.5
        draw.polygon(moved.ravel().tolist(), fill=FULL if each.adds else 0)
    place = slice(highest - top, lowest - top), slice(first - left, last - left)
    return np.asarray(fine.reduce(FINE)), place


def _both(share: Bytes, place: Place, mask: tuple[Bytes, Place] | None) -> Bytes:
    """What both cover, on the first one's pixels."""
    kept = np.zeros_like(share)
    if mask is None:
        return kept
    rows, columns = (
        (max(one.start, other.start), min(one.stop, other.stop))
        for one, other in zip(place, mask[1], strict=True)
    )
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        return kept

    def part(of: Place) -> Place:
        return (
            slice(rows[0] - of[0].start, rows[1] - of[0].start),
            slice(columns[0] - of[1].start, columns[1] - of[1].start),
        )

    product = share[part(place)].astype(np.uint16) * mask[0][part(mask[1])]
    kept[part(place)] = np.rint(product / FULL)
    return kept


def _paint(part: Bytes, share: Bytes, ink: Bytes) -> None:
    """Lay an ink (premultiplied) over pixels, as much of it as they are covered."""
    as_one(part)[share == FULL] = ink.view(np.uint32)[0]
    soft = (share > 0) & (share < FULL)
    mixed = share[soft][:, None] / np.float32(FULL)
    part[soft] = np.rint(part[soft] * (1 - mixed) + mixed * ink)


def _reach(item: Item) -> Box:
    """The box of an item, a turned picture's made large enough for every turn."""
    if not isinstance(item, Placed) or not item.rotation_mdeg:
        return item.box
    return item.box.inset(-max(item.box.width, item.box.height))


def _turned_right(corners: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The corners in the order of outer outlines."""
    return corners if _area(np.array(corners, dtype=np.float64)) > 0 else corners[::-1]


def _area(points: NDArray[np.float64]) -> float:
    """Twice the area; above 0 for outer outlines, as pyclipper orients them."""
    x, y = points[:, 0], points[:, 1]
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())
