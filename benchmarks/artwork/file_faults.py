"""Production files that were right when they were made: what was done to their bytes."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Mapping

import pikepdf
from PIL import Image

from benchmarks.artwork.fault_cases import Case, DoesNotApply
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


FILE_FAULTS: Mapping[str, Callable[[Case], bytes]] = {
    "truncated": _truncated,
    "wrong unit": _wrong_unit,
    "wrong page box": _wrong_box,
    "spot colours knock out": _knocked_out,
    "two pages": _two_pages,
    "half the resolution": _fewer_pixels,
    "white instead of transparent": _opaque,
}
