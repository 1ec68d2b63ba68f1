"""PNG files written band by band, and gang sheets of pixels: memory for a band, not for the sheet.

Lines are filtered by "up" (the difference to the line above, PNG specification, filter type 2): it keeps
drawings small and costs one subtraction a byte. The bytes are the same however the rows were cut.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Colour type by channels: grey, grey with alpha, RGB, RGBA.
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
UP = 2
CHUNK = 1 << 18
LEVEL = 1
# Rows of a sheet made at a time.
BAND_ROWS = 128
METRES_AN_INCH = 0.0254


class Target(Protocol):
    """Where bytes go: a file, a pipe, a buffer."""

    def write(self, data: bytes, /) -> object: ...


def write_png(
    target: Target,
    width: int,
    height: int,
    rows: Iterable[Pixels],
    *,
    dpi: float | None = None,
    level: int = LEVEL,
) -> None:
    """Write bands of rows, each (rows, width, channels) or (rows, width) for grey, as one PNG.

    `dpi` goes into its pHYs chunk; `level` is zlib's, 1 fast to 9 small. Raises `ValueError` when the bands
    are not `width` x `height` pixels of one kind.
    """
    # In haste only runs are looked for: a quarter less time on photographs for
    # 1 % more bytes (drawings: 7 % more).
    strategy = zlib.Z_RLE if level == LEVEL else zlib.Z_DEFAULT_STRATEGY
    packer = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    channels = written = 0
    above: Pixels | None = None
    packed = bytearray()
    for band in rows:
        lines = _lines(band)
        if above is None:
            channels = lines.shape[1] // max(width, 1)
            above = np.zeros(lines.shape[1], dtype=np.uint8)
            _begin(target, width, height, channels, dpi)
        if lines.shape[1] != width * channels or channels not in COLOUR_TYPES:
            raise ValueError(f"A band is {band.shape}, the picture {width} pixels wide.")
        packed += packer.compress(up_filtered(lines, above))
        above = lines[-1].copy()
        written += len(lines)
        while len(packed) >= CHUNK:
            _chunk(target, b"IDAT", bytes(packed[:CHUNK]))
            del packed[:CHUNK]
    if written != height:
        raise ValueError(f"The bands have {written} rows, the picture {height}.")
    packed += packer.flush()
    for start in range(0, len(packed), CHUNK):
        _chunk(target, b"IDAT", bytes(packed[start : start + CHUNK]))
    _chunk(target, b"IEND", b"")


def _lines(band: Pixels) -> Pixels:
    return band.reshape(band.shape[0], -1)


def _begin(target: Target, width: int, height: int, channels: int, dpi: float | None) -> None:
    target.write(SIGNATURE)
    kind = COLOUR_TYPES.get(channels)
    if kind is None:
        raise ValueError(f"A picture has 1 to 4 channels, not {channels}.")
    _chunk(target, b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
    if dpi:
        a_metre = round(dpi / METRES_AN_INCH)
        _chunk(target, b"pHYs", struct.pack(">IIB", a_metre, a_metre, 1))
    if kind in (2, 6):
        _chunk(target, b"sRGB", b"\x01")  # relative colorimetric


def up_filtered(lines: Pixels, above: Pixels) -> memoryview:
    """Each line less the one above it, behind the number of the filter."""
    filtered = np.empty((len(lines), lines.shape[1] + 1), dtype=np.uint8)
    filtered[:, 0] = UP
    np.subtract(lines[0], above, out=filtered[0, 1:])
    np.subtract(lines[1:], lines[:-1], out=filtered[1:, 1:])
    return filtered.data


def _chunk(target: Target, kind: bytes, data: bytes) -> None:
    target.write(struct.pack(">I", len(data)) + kind)
    target.write(data)
    target.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))


@dataclass(frozen=True)
class PlacedPixels:
    """An artwork on a sheet of pixels: its upper left corner and size there, and how to get its pixels
    (height, width, 4). `pixels` is called when the sheet reaches it, and what it gives is let go afterwards.
    Where there are `windows` (left, top, right, bottom on the sheet), only what lies in them is put down.
    """

    left: int
    top: int
    width: int
    height: int
    pixels: Callable[[], Pixels]
    windows: tuple[tuple[int, int, int, int], ...] = ()


def gang_png(
    target: Target,
    placed: Sequence[PlacedPixels],
    *,
    width: int,
    height: int,
    dpi: float,
    level: int = LEVEL,
    rows: int = BAND_ROWS,
) -> None:
    """A sheet of artworks as RGBA PNG. They are put down, later ones over earlier ones, never blended:
    every pixel is exactly the artwork's. Raises `ValueError` for pixels of another size than was said."""
    bands = gang_bands(placed, width=width, height=height, rows=rows)
    write_png(target, width, height, bands, dpi=dpi, level=level)


def gang_bands(
    placed: Sequence[PlacedPixels], *, width: int, height: int, rows: int = BAND_ROWS
) -> Iterator[Pixels]:
    """The sheet from top to bottom; only artworks that a band meets are in memory."""
    open_ones: dict[int, Pixels] = {}
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        band = np.zeros((bottom - top, width, 4), dtype=np.uint8)
        meeting = [
            (number, part)
            for number, part in enumerate(placed)
            if part.top < bottom and part.top + part.height > top
        ]
        for number in set(open_ones) - {number for number, _ in meeting}:
            del open_ones[number]
        for number, part in meeting:
            if number not in open_ones:
                open_ones[number] = _checked(part)
            _put(band, open_ones[number], part, top)
        yield band


def _checked(part: PlacedPixels) -> Pixels:
    pixels = part.pixels()
    if pixels.shape != (part.height, part.width, 4):
        raise ValueError(f"An artwork is {pixels.shape}, not {(part.height, part.width, 4)}.")
    return pixels


def _put(band: Pixels, pixels: Pixels, part: PlacedPixels, band_top: int) -> None:
    """Copy what of an artwork lies on the band."""
    whole = (part.left, part.top, part.left + part.width, part.top + part.height)
    for window in part.windows or (whole,):
        first, last = max(window[0], part.left, 0), min(window[2], whole[2], band.shape[1])
        upper = max(window[1], part.top, band_top)
        lower = min(window[3], whole[3], band_top + len(band))
        if first < last and upper < lower:
            shown = pixels[upper - part.top : lower - part.top, first - part.left : last - part.left]
            band[upper - band_top : lower - band_top, first:last] = shown
