"""Production files that were right when they were made: what was done to their bytes."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Mapping

import numpy as np
import pikepdf
from numpy.typing import NDArray
from PIL import Image

from benchmarks.artwork.fault_cases import Case, DoesNotApply
from configurator.engine.rendering.icc import srgb_printer
from configurator.engine.rendering.raster import production_png


def _truncated(case: Case) -> bytes:
    made = case.made()
    return made[: len(made) * 3 // 4]


def _wrong_unit(case: Case) -> bytes:
    made = case.made()
    if case.format == "svg":
        return made.replace(b'mm" height', b'in" height', 1)
    if case.format == "dxf":
        return re.sub(rb"(\$INSUNITS\s+70\s+)4", rb"\g<1>1", made, count=1)
    if case.format == "pdf":
        return _pdf(made, lambda document: document.pages[0].obj.__setitem__("/UserUnit", 2))
    if case.format == "tiff":  # dots a centimetre
        return made.replace(struct.pack("<HHIH", 296, 3, 1, 2), struct.pack("<HHIH", 296, 3, 1, 3), 1)
    if case.format == "work-order":
        return made.replace(b" mm", b" in")
    at = made.index(b"pHYs")
    body = b"pHYs" + (2_835).to_bytes(4, "big") * 2 + b"\x01"
    return made[:at] + body + zlib.crc32(body).to_bytes(4, "big") + made[at + 17 :]


def _pdf(made: bytes, change: Callable[[pikepdf.Pdf], object]) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(made)) as document:
        change(document)
        document.save(out)
    return out.getvalue()


def _wrong_box(case: Case) -> bytes:
    if case.format != "pdf":
        raise DoesNotApply
    return _pdf(case.made(), lambda document: document.pages[0].obj.__setitem__("/TrimBox", [0, 0, 200, 100]))


def _knocked_out(case: Case) -> bytes:
    if case.format != "pdf":
        raise DoesNotApply

    def change(document: pikepdf.Pdf) -> None:
        for made in document.objects:
            if isinstance(made, pikepdf.Dictionary) and made.get("/Type") == "/ExtGState":
                made["/OP"], made["/op"] = False, False

    return _pdf(case.made(), change)


def _two_pages(case: Case) -> bytes:
    if case.format != "pdf":
        raise DoesNotApply
    return _pdf(case.made(), lambda document: document.pages.append(document.pages[0]))


def _fewer_pixels(case: Case) -> bytes:
    if case.format != "png":
        raise DoesNotApply
    return production_png(case.scene, case.profile, case.assets, dpi=case.profile.dpi // 2)


def _opaque(case: Case) -> bytes:
    """White paper where there should be nothing."""
    if case.format != "png":
        raise DoesNotApply
    with Image.open(io.BytesIO(case.made())) as opened:
        paper = Image.new("RGBA", opened.size, (255, 255, 255, 255))
        paper.alpha_composite(opened)
        out = io.BytesIO()
        paper.save(out, "PNG", dpi=opened.info["dpi"])
    return out.getvalue()


Inks = NDArray[np.uint8]


def _inked(case: Case, change: Callable[[Inks], Inks], press: bytes | None = None) -> bytes:
    """The separated file with other ink values (rows, columns, 4), or said to be for another press."""
    if case.format != "tiff":
        raise DoesNotApply
    out = io.BytesIO()
    with Image.open(io.BytesIO(case.made())) as opened:
        changed = Image.fromarray(change(np.array(opened)), "CMYK")
        own = opened.info["icc_profile"] if press is None else press
        said = {332: 1, 296: 2}
        changed.save(out, "TIFF", dpi=opened.info["dpi"], icc_profile=own or None, tiffinfo=said)
    return out.getvalue()


def _exchanged(inks: Inks) -> Inks:
    return np.ascontiguousarray(inks[..., [1, 0, 2, 3]])


def _empty_plate(inks: Inks) -> Inks:
    inks[..., 2] = 0
    return inks


def _stronger(inks: Inks) -> Inks:
    plate = inks[..., 0]
    plate[plate > 0] = np.minimum(plate[plate > 0].astype(np.int16) + 13, 255)
    return inks


def _rich_black(inks: Inks) -> Inks:
    """Black letters that four plates have to meet in."""
    inks[inks[..., 3] > 150, :3] = 153
    return inks


def _shown_as_light(case: Case) -> bytes:
    if case.format != "tiff":
        raise DoesNotApply
    out = io.BytesIO()
    with Image.open(io.BytesIO(case.made())) as opened:
        opened.convert("RGB").save(out, "TIFF", dpi=opened.info["dpi"])
    return out.getvalue()


def _reworded(case: Case, pattern: bytes, by: bytes) -> bytes:
    if case.format != "work-order":
        raise DoesNotApply
    made = case.made()
    changed = re.sub(pattern, by, made, count=1)
    if changed == made:
        raise DoesNotApply
    return changed


FILE_FAULTS: Mapping[str, Callable[[Case], bytes]] = {
    "truncated": _truncated,
    "wrong unit": _wrong_unit,
    "wrong page box": _wrong_box,
    "spot colours knock out": _knocked_out,
    "two pages": _two_pages,
    "half the resolution": _fewer_pixels,
    "white instead of transparent": _opaque,
    "two plates exchanged": lambda case: _inked(case, _exchanged),
    "a plate without ink": lambda case: _inked(case, _empty_plate),
    "an ink 5 % stronger": lambda case: _inked(case, _stronger),
    "black made of four inks": lambda case: _inked(case, _rich_black),
    "everything a pixel lower": lambda case: _inked(case, lambda inks: np.roll(inks, 1, axis=0)),
    "another press's profile": lambda case: _inked(case, lambda inks: inks, srgb_printer()),
    "no press profile": lambda case: _inked(case, lambda inks: inks, b""),
    "light instead of inks": _shown_as_light,
    "another text in the order": lambda case: _reworded(case, rb"SINCE 2014", b"SINCE 2015"),
    "another thread in the order": lambda case: _reworded(case, rb"1500 Navy", b"1510 Royal blue"),
    "another size in the order": lambda case: _reworded(case, rb"   (\d)", rb"   1\1"),
    "another surface in the order": lambda case: _reworded(case, rb"Surface: front", b"Surface: back"),
    "another design's order": lambda case: _reworded(case, rb"Design: .{8}", b"Design: 00000000"),
    "another machine's order": lambda case: _reworded(case, rb"\(embroidery\)", b"(vinyl)"),
    "a colour too few in the order": lambda case: _reworded(case, rb"  #[^\n]+\n$", b""),
    "a picture turned in the order": lambda case: _reworded(case, rb"turned by -12.5", b"turned by -13.5"),
}
