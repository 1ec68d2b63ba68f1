"""A whole sheet of 200 as it is released: marks beside every part, PDF and PNG put together and read back,
its codes scanned, and what its picture for staff weighs."""

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image

from benchmarks.artwork.sheet_making import COLUMNS
from benchmarks.bars import Bar, Table
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box
from configurator.engine.layout.scene import Scene
from configurator.engine.machines import Profile
from configurator.engine.readback.sheets import compare_sheet
from configurator.engine.rendering.pdfx import KeptArtwork, page_pdf
from configurator.engine.rendering.placeable import Placeable
from configurator.engine.rendering.sheet import Artwork, Composition, compose
from configurator.engine.rendering.sheet import write_sheet_pdf as write_pdf
from configurator.engine.rendering.sheet import write_sheet_png as write_png
from configurator.engine.rendering.sheet_picture import sheet_picture
from configurator.engine.sheet import Part, Sheet

PITCH_UM = (69_000, 40_500)
MARGIN_UM = 8_000
PICTURE_SIDE, PICTURE_KILOBYTES = 1_600, 500
UM_AN_INCH = 25_400
NAMES = ("Anna", "محمد علي", "Zoë & Bo", "สมชาย", "Ιωάννης")


def measured(
    folder: Path, digests: Sequence[str], profile: Profile, size_um: tuple[int, int]
) -> tuple[list[Bar], Table]:
    """Of the artworks in the folder, all of one size."""
    made, seconds = {}, {}
    seconds["marks laid"], made["sheet"] = _timed(lambda: _composed(folder, digests, profile, size_um))
    sheet: Composition = made["sheet"]
    wrong = 0
    for format, write in (("pdf", write_pdf), ("png", write_png)):
        target = folder / f"whole.{format}"
        seconds[f"{format.upper()} put together"], _ = _timed(lambda: _write(target, write, sheet))  # noqa: B023
        seconds[f"{format.upper()} read back"], found = _timed(
            lambda: compare_sheet(sheet.wanted, target, format)  # noqa: B023
        )
        wrong += len(found)
    unread = _unread(folder / "whole.png", sheet)
    seconds["picture for staff"], picture = _timed(lambda: _picture(folder, sheet))
    count = len(digests)
    bars = [
        Bar(f"whole sheet of {count}: differences read back", wrong, 0, "wrong", at_most=True),
        Bar(f"whole sheet of {count}: codes not read from its PNG", unread, 0, "wrong", at_most=True),
        Bar(
            f"whole sheet of {count}: its picture, {PICTURE_SIDE} px",
            len(picture) / 1000,
            PICTURE_KILOBYTES,
            "kB",
            at_most=True,
        ),
    ]
    rows = [[what, f"{spent:.2f}"] for what, spent in seconds.items()]
    return bars, Table(f"whole sheet of {count} as it is released", ["step", "CPU s"], rows)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def _composed(
    folder: Path, digests: Sequence[str], profile: Profile, size_um: tuple[int, int]
) -> Composition:
    parts, artworks = [], {}
    for number, digest in enumerate(digests):
        x = MARGIN_UM + PITCH_UM[0] * (number % COLUMNS)
        y = MARGIN_UM + PITCH_UM[1] * (number // COLUMNS)
        box = Box(x, y, x + size_um[0], y + size_um[1])
        name = f"A-2026-{number:06d}/1 #1 · {NAMES[number % len(NAMES)]}"
        parts.append(Part(box, name, code=str(1000 + number), artwork=str(number)))
        streams = KeptArtwork(digest, folder / f"{number}.art")
        page = folder / f"{number}.pdf"
        page.write_bytes(page_pdf(Placeable.from_bytes(streams.path.read_bytes()), profile, title="x"))
        artworks[str(number)] = Artwork(*size_um, {"png": folder / f"{number}.png", "pdf": page}, streams)
    rows = -(-len(digests) // COLUMNS)
    height = 2 * MARGIN_UM + PITCH_UM[1] * rows
    width = 2 * MARGIN_UM + PITCH_UM[0] * COLUMNS
    sheet = Sheet(width, height, "R-12, sheet 1, DTF film", "R-12/1", tuple(parts))
    return compose(sheet, profile, artworks, fonts=FontLibrary.installed())


def _write(target: Path, write: Callable[[Any, Composition], None], sheet: Composition) -> None:
    with target.open("wb") as file:
        write(file, sheet)


def _unread(path: Path, sheet: Composition) -> int:
    """Codes of parts that a scanner does not read, or that were left out."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with Image.open(path) as opened:
            whole = opened.convert("RGBA")
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    read = set()
    for code in sheet.marks.codes:
        edges = code.box.inset(-code.module_um).as_json()
        left, top, right, bottom = (round(edge * sheet.profile.dpi / UM_AN_INCH) for edge in edges)
        shown = Image.new("RGBA", (4 * (right - left) + 40, 4 * (bottom - top) + 40), "white")
        near = whole.crop((left, top, right, bottom))
        large = near.resize((4 * near.width, 4 * near.height), Image.Resampling.NEAREST)
        shown.alpha_composite(large, (20, 20))
        read |= {each.text for each in zxingcpp.read_barcodes(shown.convert("L"))}
    return len({part.code for part in sheet.sheet.parts} - read)


def _picture(folder: Path, sheet: Composition) -> bytes:
    """From the artworks' own pixels: a scene only says which they are and on what they lie."""
    blank = Scene("front", "dtf", 0, 0, 0, 0, "#24304f", (), ())
    scenes = {key: replace(blank, surface=key) for key in sheet.artworks}

    def draw(scene: Scene, pixels_per_mm: float) -> Image.Image:
        artwork = sheet.artworks[scene.surface]
        size = (
            round(artwork.width_um / 1000 * pixels_per_mm),
            round(artwork.height_um / 1000 * pixels_per_mm),
        )
        with Image.open(io.BytesIO(artwork.files["png"].read_bytes())) as opened:
            return opened.convert("RGBA").resize(size, Image.Resampling.BOX)

    return sheet_picture(sheet, scenes, side=PICTURE_SIDE, draw=draw)
