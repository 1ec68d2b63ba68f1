"""The PNG of a whole sheet, read back a band at a time: each part's pixels are those of its own file, in its
place to half a pixel; codes beside parts can be read; nothing else is on the sheet."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import Outline
from configurator.engine.machines import Profile
from configurator.engine.readback.codes import unread
from configurator.engine.readback.marks import Mismatch, Unreadable
from configurator.engine.sheet import Part, Sheet

Pixels = NDArray[np.uint8]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ROWS = 256
UM_AN_INCH = 25_400
QUIET_MODULES = 1
ENLARGED = 4  # scanners want more pixels a module than machines make


@dataclass
class _Watched:
    """A window of the sheet that is collected while the bands go by; `part` or `code` is what it is of."""

    left: int
    top: int
    pixels: Pixels
    part: Part | None = None
    code: Outline | None = None

    @property
    def bottom(self) -> int:
        return self.top + len(self.pixels)


def compare_pixels(
    sheet: Sheet,
    profile: Profile,
    files: Mapping[str, Path],
    codes: tuple[Outline, ...],
    room: tuple[Box, ...],
    path: Path,
) -> list[Mismatch]:
    """Raises `Unreadable`. Of the sheet's pixels only a band and the parts it meets are in memory."""
    dpi = profile.dpi
    with path.open("rb") as file:
        width, height, resolution = _head(file)
        wanted = _pixel(sheet.width_um, dpi), _pixel(sheet.height_um, dpi)
        if (width, height) != wanted or abs(resolution - dpi) > 0.5:
            said = f"{width} x {height} pixels at {resolution:.0f} dpi"
            text = f"The sheet has {said} instead of {wanted[0]} x {wanted[1]} at {dpi}."
            return [Mismatch("size", "", text)]
        own = [_pixel_box(each, dpi) for each in (*(part.bleed_box for part in sheet.parts), *room)]
        waiting = sorted(_windows(sheet, codes, dpi), key=lambda each: each[1])
        found: list[Mismatch] = []
        watched: list[_Watched] = []
        extra = 0
        for top, band in _bands(file, width, height):
            bottom = top + len(band)
            while waiting and waiting[0][1] < bottom:
                left, first, across, down, part, code = waiting.pop(0)
                watched.append(_Watched(left, first, np.zeros((down, across, 4), np.uint8), part, code))
            for each in watched:
                _collect(each, band, top)
            for done in [each for each in watched if each.bottom <= bottom]:
                found += _differs(done, profile, files)
                watched.remove(done)
            extra += _elsewhere(band, top, own)
        for left_over in watched:
            found += _differs(left_over, profile, files)
    if extra:
        found.append(Mismatch("extra", "", f"{extra} pixels of the sheet belong to no part and no mark."))
    return found


def _pixel(um: float, dpi: int) -> int:
    return round(um * dpi / UM_AN_INCH)


def _pixel_box(box: Box, dpi: int) -> tuple[int, int, int, int]:
    """With the pixel that rounding may add on every side."""
    scale = dpi / UM_AN_INCH
    left, top = int(box.left * scale // 1) - 1, int(box.top * scale // 1) - 1
    return left, top, int(-(-box.right * scale // 1)) + 1, int(-(-box.bottom * scale // 1)) + 1


def _windows(
    sheet: Sheet, codes: tuple[Outline, ...], dpi: int
) -> Iterator[tuple[int, int, int, int, Part | None, Outline | None]]:
    for part in sheet.parts:
        if part.artwork:
            left, top, right, bottom = _pixel_box(part.bleed_box, dpi)
            yield left - 1, top - 1, right - left + 2, bottom - top + 2, part, None
    for code in codes:
        left, top, right, bottom = _pixel_box(code.box.inset(-QUIET_MODULES * code.module_um), dpi)
        yield left + 1, top + 1, right - left - 2, bottom - top - 2, None, code


def _collect(watched: _Watched, band: Pixels, top: int) -> None:
    first, last = max(watched.top, top), min(watched.bottom, top + len(band))
    left = max(watched.left, 0)
    right = min(watched.left + watched.pixels.shape[1], band.shape[1])
    if first < last and left < right:
        rows = slice(first - watched.top, last - watched.top)
        columns = slice(left - watched.left, right - watched.left)
        watched.pixels[rows, columns] = band[first - top : last - top, left:right]


def _elsewhere(band: Pixels, top: int, own: list[tuple[int, int, int, int]]) -> int:
    """Pixels with ink that lie in none of the boxes."""
    inked = band[..., 3] > 0
    for left, upper, right, lower in own:
        if upper < top + len(band) and lower > top:
            inked[max(upper - top, 0) : max(lower - top, 0), max(left, 0) : max(right, 0)] = False
    return int(inked.sum())


def _differs(watched: _Watched, profile: Profile, files: Mapping[str, Path]) -> list[Mismatch]:
    if watched.code is not None:
        mismatch = unread(watched.code, _on_white(watched.pixels), replace(profile, mirror=False))
        return [mismatch] if mismatch else []
    if watched.part is None:
        return []
    return _part_differs(watched, watched.part, profile.dpi, files)


def _on_white(pixels: Pixels) -> Image.Image:
    picture = Image.fromarray(pixels, "RGBA")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    large = white.convert("L").resize(
        (white.width * ENLARGED, white.height * ENLARGED), Image.Resampling.NEAREST
    )
    framed = Image.new("L", (large.width + 40, large.height + 40), 255)
    framed.paste(large, (20, 20))
    return framed


def _part_differs(watched: _Watched, part: Part, dpi: int, files: Mapping[str, Path]) -> list[Mismatch]:
    """The part's trimmed area, pixel by pixel; its middle may have been rounded either way."""
    with Image.open(files[part.artwork], formats=("PNG",)) as opened:
        own = np.asarray(opened.convert("RGBA"))
    own = np.rot90(own, -1) if part.rotated else own
    scale = dpi / UM_AN_INCH
    left = (part.box.left + part.box.right) * scale / 2 - own.shape[1] / 2 - watched.left
    top = (part.box.top + part.box.bottom) * scale / 2 - own.shape[0] / 2 - watched.top
    # Bleed may be cut off at the middle line to a neighbour, and neighbours may share the edge's pixel.
    skip = _pixel(part.bleed_um, dpi) + 1
    inner = own[skip : len(own) - skip, skip : own.shape[1] - skip]
    for row in {int(top // 1), int(-(-top // 1))}:
        for column in {int(left // 1), int(-(-left // 1))}:
            seen = watched.pixels[row + skip :, column + skip :][: inner.shape[0], : inner.shape[1]]
            if seen.shape == inner.shape and (seen == inner).all():
                return []
    text = f"{part.name} does not lie in its place, or its pixels are not those that were read back."
    return [Mismatch("shape", part.name, text, part.box)]


# --- PNG ---------------------------------------------------------------------------------------------------


def _head(file: BinaryIO) -> tuple[int, int, float]:
    """Width, height and dots an inch; the file stands behind them."""
    if file.read(8) != SIGNATURE:
        raise Unreadable("it is no PNG")
    kind, data = _chunk(file)
    if kind != b"IHDR":
        raise Unreadable("it does not begin with its size")
    width, height, depth, colour, packing, filtering, interlace = struct.unpack(">IIBBBBB", data)
    if (depth, colour, packing, filtering, interlace) != (8, 6, 0, 0, 0):
        raise Unreadable("it is not RGBA with 8 bits, line by line")
    kind, data = _chunk(file)
    if kind != b"pHYs" or len(data) != 9 or data[8] != 1 or data[:4] != data[4:8]:
        raise Unreadable("it does not say its resolution")
    return int(width), int(height), struct.unpack(">I", data[:4])[0] * 0.0254


def _chunk(file: BinaryIO) -> tuple[bytes, bytes]:
    head = file.read(8)
    if len(head) != 8:
        raise Unreadable("it ends in the middle")
    (length,) = struct.unpack(">I", head[:4])
    data, check = file.read(length), file.read(4)
    if len(data) != length or len(check) != 4:
        raise Unreadable("it ends in the middle")
    if zlib.crc32(data, zlib.crc32(head[4:])) != struct.unpack(">I", check)[0]:
        raise Unreadable("its bytes were changed")
    return head[4:], data


def _bands(file: BinaryIO, width: int, height: int) -> Iterator[tuple[int, Pixels]]:
    """The rows, `ROWS` at a time, and where they begin."""
    length = 1 + 4 * width
    above = np.zeros(4 * width, np.uint8)
    packed = zlib.decompressobj()
    waiting = bytearray()
    top = 0
    while top < height:
        rows = min(ROWS, height - top)
        while len(waiting) < rows * length:
            kind, data = _chunk(file)
            if kind == b"IEND":
                raise Unreadable("it has fewer rows than it says")
            if kind == b"IDAT":
                waiting += packed.decompress(data)
        lines = np.frombuffer(bytes(waiting[: rows * length]), np.uint8).reshape(rows, length)
        del waiting[: rows * length]
        band = _unfiltered(lines, above)
        above = band[-1]
        yield top, band.reshape(rows, width, 4)
        top += rows


def _unfiltered(lines: Pixels, above: Pixels) -> Pixels:
    """PNG's filters 0 (as it is) and 2 (difference to the line above); ours has no others."""
    if not set(np.unique(lines[:, 0])) <= {0, 2}:
        raise Unreadable("its lines are filtered in a way that ours are not")
    if (lines[:, 0] == 2).all():
        sums: Pixels = np.cumsum(np.vstack((above, lines[:, 1:])), axis=0, dtype=np.uint8)[1:]
        return sums
    band = lines[:, 1:].copy()
    for number, kind in enumerate(lines[:, 0]):
        if kind == 2:
            band[number] += above if number == 0 else band[number - 1]
    return band
