"""Pixels of production files against the scene: an own drawing of it, compared pixel by pixel.

A pixel may differ where an edge runs through it, as two ways of drawing soft edges do. Edges that lie more
than about half a pixel elsewhere, other colours and other pictures are found.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import AssetInfo, Outline, Scene
from configurator.engine.machines import Profile
from configurator.engine.readback.codes import codes_in, unread
from configurator.engine.readback.marks import Mismatch, Unreadable
from configurator.engine.readback.redrawing import Bytes, Drawing, Flags, as_one, premultiplied
from configurator.engine.readback.wanted import element_at

BAND = 256  # rows looked at together
AROUND = 2  # pixels beyond them that tell whether an edge is near
# Greatest difference of a channel (0 to 255) that soft edges explain; so many pixels may exceed it.
EDGE = 114
FEW = 3
# Difference of whole pixels that rounding explains.
FLAT = 4
# Blocks in which pictures are compared, pixels a side, and how much their means may differ: where two edges
# run through a block, ways of resampling may differ by two soft lines of pixels of their contrast more.
BLOCK = 8
PICTURE = 12
SOFT_LINES = 2 * EDGE / 255 / BLOCK
# A see-through part of a picture differs by more than this in its alpha, a soft edge by less.
ALPHA = 191


@dataclass(frozen=True, slots=True)
class Tones:
    """How a file says colours, four bytes a pixel. `blank` is a pixel on which nothing lies, as one number;
    `wanted` makes a file's pixels of a drawing's (premultiplied RGBA), `seen` makes pixels of a file alike.
    `picture` is how much blocks of pictures may differ; `see_through`: the fourth byte is alpha."""

    blank: int
    wanted: Callable[[Bytes], Bytes]
    seen: Callable[[Bytes], Bytes]
    picture: int
    see_through: bool


LIGHT = Tones(0, lambda drawn: drawn, premultiplied, PICTURE, True)


def read_png(data: bytes) -> tuple[Bytes, float]:
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
    if found := sized_wrong(scene, profile, pixels, dpi):
        return found
    found = compare_pixels(scene, pixels, profile, assets, LIGHT)
    paper = Image.new("RGBA", (1, 1), "white")
    for code in codes_in(scene):
        part = Image.fromarray(around(code, pixels, scene, profile), "RGBA")
        black = Image.alpha_composite(paper.resize(part.size), part).convert("L")
        found += code_differs(code, black, profile)
    return found


def sized_wrong(scene: Scene, profile: Profile, pixels: Bytes, said: float) -> list[Mismatch]:
    """What is wrong with the resolution or the number of pixels; then nothing else can be compared."""
    if abs(said - profile.dpi) > 0.02:
        text = f"The file says {said:.1f} dpi, the machine prints {profile.dpi}."
        return [Mismatch("resolution", "", text)]
    dpi = profile.dpi  # PNG says dots a metre, in whole numbers: 299.9994 an inch instead of 300
    sides = scene.width_um + 2 * scene.bleed_um, scene.height_um + 2 * scene.bleed_um
    width, height = (max(1, round(side * dpi / 25_400)) for side in sides)
    if pixels.shape[:2] != (height, width):
        text = f"The file has {pixels.shape[1]} x {pixels.shape[0]} pixels instead of {width} x {height}."
        return [Mismatch("size", "", text)]
    return []


def compare_pixels(
    scene: Scene, pixels: Bytes, profile: Profile, assets: Mapping[str, AssetInfo], tones: Tones
) -> list[Mismatch]:
    """The file's pixels (rows, columns, 4) against an own drawing of the scene."""
    height = pixels.shape[0]
    drawing = Drawing(scene, profile, assets, profile.dpi / 25_400)
    bands = [(top, min(top + BAND, height)) for top in range(0, height, BAND)]
    wrong = np.concatenate([_wrong_places(drawing, pixels, tones, *band) for band in bands])
    return _told(scene, profile, wrong, profile.dpi)


def _wrong_places(drawing: Drawing, pixels: Bytes, tones: Tones, top: int, bottom: int) -> NDArray[np.int64]:
    """Rows and columns of what nothing explains between two rows. Only those columns are looked at in which
    something is wanted or something is there."""
    height, width = pixels.shape[:2]
    above, below = max(top - AROUND, 0), min(bottom + AROUND, height)
    there = np.flatnonzero((as_one(pixels[above:below]) != tones.blank).any(axis=0))
    reach = drawing.columns(above, below)
    ends = [(int(there[0]), int(there[-1]) + 1)] if len(there) else []
    ends += [reach] if reach else []
    left = max(min((end[0] for end in ends), default=0) - AROUND, 0)
    right = min(max((end[1] for end in ends), default=0) + AROUND, width)
    if not ends or left >= right:
        return np.zeros((0, 2), dtype=np.int64)
    drawn, pictured = drawing.part(above, below, left, right)
    edges = _edges(drawn)
    # What lies beyond the picture itself is not known.
    edges[: AROUND if above == 0 else 0] = True
    edges[len(edges) - (AROUND if below == height else 0) :] = True
    seen = tones.seen(pixels[above:below, left:right])
    wrong = _wrong(tones.wanted(drawn), seen, pictured, edges, tones)[top - above : bottom - above]
    places: NDArray[np.int64] = np.argwhere(_together(wrong)) + np.array([top, left])
    return places


def _wrong(wanted: Bytes, seen: Bytes, pictured: Flags, edges: Flags, tones: Tones) -> Flags:
    """Which pixels nothing explains."""
    gap = np.maximum(wanted, seen) - np.minimum(wanted, seen)
    wrong: Flags = (_any(gap > EDGE) | (_any(gap > FLAT) & ~edges)) & ~pictured
    if pictured.any():
        wrong |= _wrong_blocks(wanted, seen, pictured, tones.picture)
        # Single pixels that are quite another: where a picture is transparent or should be.
        if tones.see_through:
            wrong |= pictured & (gap[..., 3] > ALPHA)
    return wrong


def _wrong_blocks(wanted: Bytes, seen: Bytes, pictured: Flags, most: int) -> Flags:
    """Pictures are resampled: compared by the means of small blocks."""
    wrong = np.zeros_like(pictured)
    rows, columns = (side // BLOCK for side in pictured.shape)
    inner = slice(0, rows * BLOCK), slice(0, columns * BLOCK)
    gap = wanted[inner].astype(np.int16) - seen[inner]
    sums = gap.reshape(rows, BLOCK, columns * BLOCK, 4).sum(axis=1, dtype=np.int32)
    means = sums.reshape(rows, columns, BLOCK, 4).sum(axis=2) / BLOCK**2
    whole = pictured[inner].reshape(rows, BLOCK, columns, BLOCK).all(axis=(1, 3))
    off = whole & _any(np.abs(means) > most)
    if off.any():
        off[off] = _any(np.abs(means[off]) > most + SOFT_LINES * _contrasts(wanted, off))
    wrong[inner] = np.repeat(np.repeat(off, BLOCK, 0), BLOCK, 1)
    return wrong


def _contrasts(wanted: Bytes, blocks: Flags) -> NDArray[np.int16]:
    """How far the values of each channel lie apart in these blocks and a pixel around them (blocks, 4)."""
    around = np.pad(wanted, ((1, 1), (1, 1), (0, 0)), mode="edge")
    windows = sliding_window_view(around, (BLOCK + 2, BLOCK + 2), axis=(0, 1))[::BLOCK, ::BLOCK]
    found = windows[: blocks.shape[0], : blocks.shape[1]][blocks]
    apart: NDArray[np.int16] = found.max(axis=(2, 3)).astype(np.int16) - found.min(axis=(2, 3))
    return apart


def _any(channels: Flags) -> Flags:
    """Where any of four channels is."""
    found: Flags = as_one(channels) != 0
    return found


def _together(wrong: Flags) -> Flags:
    """Without single pixels: corners and ends of curves, where ways of drawing soft edges differ most."""
    if not wrong.any():
        return wrong
    around = np.zeros((wrong.shape[0] + 2, wrong.shape[1] + 2), dtype=np.int8)
    for down in range(3):
        for right in range(3):
            around[down : down + wrong.shape[0], right : right + wrong.shape[1]] += wrong
    together: Flags = wrong & (around[1:-1, 1:-1] > 1)
    return together


def _edges(wanted: Bytes) -> Flags:
    """Pixels beside which something else begins, up to two pixels away."""
    whole = as_one(wanted)
    found: Flags = np.zeros(whole.shape, dtype=np.bool_)
    down, across = whole[1:] != whole[:-1], whole[:, 1:] != whole[:, :-1]
    found[1:] |= down
    found[:-1] |= down
    found[:, 1:] |= across
    found[:, :-1] |= across
    wide = found.copy()
    wide[1:] |= found[:-1]
    wide[:-1] |= found[1:]
    wide[:, 1:] |= found[:, :-1]
    wide[:, :-1] |= found[:, 1:]
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


def around(code: Outline, pixels: Bytes, scene: Scene, profile: Profile) -> Bytes:
    """The pixels of a code and its quiet zone."""
    left = scene.width_um - code.box.right if profile.mirror else code.box.left
    scale = profile.dpi / 25_400
    reach = 4 * (code.module_um or 300) * scale
    x, y = (left + scene.bleed_um) * scale, (code.box.top + scene.bleed_um) * scale
    rows = slice(max(0, int(y - reach)), int(y + code.box.height * scale + reach) + 1)
    columns = slice(max(0, int(x - reach)), int(x + code.box.width * scale + reach) + 1)
    return np.ascontiguousarray(pixels[rows, columns])


def code_differs(code: Outline, picture: Image.Image, profile: Profile) -> list[Mismatch]:
    """Why the picture (dark on white) of a code does not say what it should."""
    grown = picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.NEAREST)
    fault = unread(code, grown, profile)
    return [fault] if fault else []
