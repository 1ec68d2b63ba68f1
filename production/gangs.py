"""The file of a whole printed sheet, put together from the files that were read back for its lines.

Pixels are put down as they were checked, never drawn again; only what a band meets is in memory.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from django.core.files.storage import default_storage
from numpy.typing import NDArray
from PIL import Image

from configurator.engine.manufacturing import Work
from configurator.engine.rendering.bands import PlacedPixels, gang_png
from configurator.profiles import shop_machines
from production.models import LineFile, Sheet

Pixels = NDArray[np.uint8]


def sheet_png(sheet: Sheet) -> bytes | None:
    """The sheet as the printer takes it; None where its machine is not given pixels, or where a part has no
    file that was read back. Two queries, whatever lies on it."""
    placements = list(sheet.placements.select_related("piece__line"))
    files = {
        (file.line_id, file.surface): file
        for file in LineFile.objects.filter(
            line__in={placement.piece.line_id for placement in placements},
            state=LineFile.State.READY,
            format="png",
        )
    }
    placed: list[PlacedPixels] = []
    dpi = 0
    for placement in placements:
        work = Work.from_json(placement.piece.line.work)
        surface = next((part.surface for part in work.parts if part.code == placement.part), "")
        file = files.get((placement.piece.line_id, surface))
        if file is None:
            return None
        dpi = shop_machines().profiles[file.profile].dpi
        turned = -1 if placement.rotated else 0
        width, height = _size_of(file.path)[:: 1 if not turned else -1]
        # Bleed lies around the part, alike on all sides: the middles are the same.
        middle = (
            placement.x_um + placement.width_um / 2,
            sheet.height_um - placement.y_um - placement.height_um / 2,
        )
        left, top = (middle[0] * dpi / 25_400 - width / 2, middle[1] * dpi / 25_400 - height / 2)
        pixels: Callable[[], Pixels] = partial(_pixels_of, file.path, turned)
        placed.append(PlacedPixels(round(left), round(top), width, height, pixels))
    if not placed:
        return None
    out = io.BytesIO()
    size = (round(side * dpi / 25_400) for side in (sheet.width_um, sheet.height_um))
    gang_png(out, placed, width=next(size), height=next(size), dpi=dpi)
    return out.getvalue()


def _size_of(path: str) -> tuple[int, int]:
    with Image.open(Path(default_storage.path(path)), formats=("PNG",)) as opened:
        return opened.size


def _pixels_of(path: str, turns: int) -> Pixels:
    """Turned clockwise once for -1."""
    with Image.open(Path(default_storage.path(path)), formats=("PNG",)) as opened:
        pixels = np.asarray(opened.convert("RGBA"))
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
