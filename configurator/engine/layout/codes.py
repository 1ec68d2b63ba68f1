"""QR codes and DataMatrix codes as one outline: equal square modules of whole micrometres, no seams between.

The dark modules are traced along their edges, so that neighbours are one shape: a renderer that smooths
edges draws no hairline between them, and a cutter cuts no line twice. Holes run the other way round (rule
non-zero).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import numpy as np
import segno
import zxingcpp

from configurator.engine.geometry import Path, Segment

Symbology = Literal["qr", "datamatrix"]
Level = Literal["l", "m", "q", "h"]
# Modules kept free around a code (ISO/IEC 18004: 4; ISO/IEC 16022: 1).
QUIET_MODULES = {"qr": 4, "datamatrix": 1}
# DataMatrix ECC 200 holds at most this many bytes.
MOST_DATAMATRIX_BYTES = 1_555

Matrix = tuple[tuple[bool, ...], ...]
_Step = tuple[int, int]


class CodeTooLong(ValueError):
    """More text than a code of this kind can hold."""


@lru_cache(maxsize=256)
def modules_of(text: str, *, symbology: Symbology, level: Level = "m") -> Matrix:
    """The dark modules, row by row, without the quiet zone; raises `CodeTooLong`.

    `level` is the error correction of a QR code; a DataMatrix has its own (ECC 200).
    """
    if symbology == "qr":
        try:
            made = segno.make(text, error=level, micro=False, boost_error=False)
        except segno.DataOverflowError as error:
            raise CodeTooLong(str(error)) from error
        return tuple(tuple(bool(module) for module in row) for row in made.matrix)
    if len(text.encode()) > MOST_DATAMATRIX_BYTES:
        raise CodeTooLong(f"A DataMatrix holds {MOST_DATAMATRIX_BYTES} bytes at most.")
    try:
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix)
    except ValueError as error:
        raise CodeTooLong(str(error)) from error
    drawn = np.asarray(code.to_image(scale=1, add_quiet_zones=False))
    return tuple(tuple(value == 0 for value in row) for row in drawn.tolist())


def outline_of(matrix: Matrix, *, module_um: int, left_um: int, top_um: int) -> Path:
    """The dark modules as one outline, `left_um` and `top_um` being the corner of the first module."""
    segments: list[Segment] = []
    for loop in _loops(matrix):
        for number, (column, row) in enumerate(loop):
            x, y = left_um + column * module_um, top_um + row * module_um
            segments.append(("L" if number else "M", x, y))
        segments.append(("Z",))
    return tuple(segments)


def _loops(matrix: Matrix) -> Iterator[list[_Step]]:
    """The closed lines around dark modules, dark on the right hand, only their corners; in reading order."""
    leaving = _edges(matrix)
    for start in sorted(leaving, key=lambda place: (place[1], place[0])):
        while leaving[start]:
            yield _loop_from(start, leaving)


def _loop_from(start: _Step, leaving: dict[_Step, list[_Step]]) -> list[_Step]:
    place, heading = start, leaving[start].pop(0)
    corners = [start]
    while True:
        place = place[0] + heading[0], place[1] + heading[1]
        if place == start:
            return corners
        # Where two dark modules touch at a corner, the line stays with the one that it follows.
        right = -heading[1], heading[0]
        onward = right if right in leaving[place] else leaving[place][0]
        leaving[place].remove(onward)
        if onward != heading:
            corners.append(place)
        heading = onward


def _edges(matrix: Matrix) -> dict[_Step, list[_Step]]:
    """By corner, the directions of the edges that leave it: the four sides of each dark module, clockwise,
    without those that two dark modules share."""
    height, width = len(matrix), len(matrix[0])

    def dark(column: int, row: int) -> bool:
        return 0 <= column < width and 0 <= row < height and matrix[row][column]

    leaving: dict[_Step, list[_Step]] = {}
    for row in range(height):
        for column in range(width):
            if not matrix[row][column]:
                continue
            if not dark(column, row - 1):
                leaving.setdefault((column, row), []).append((1, 0))
            if not dark(column + 1, row):
                leaving.setdefault((column + 1, row), []).append((0, 1))
            if not dark(column, row + 1):
                leaving.setdefault((column + 1, row + 1), []).append((-1, 0))
            if not dark(column - 1, row):
                leaving.setdefault((column, row + 1), []).append((0, -1))
    return leaving
