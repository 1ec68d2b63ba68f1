"""SVG, DXF and PDF read back by other people's programs, against the scene's own pixels and boxes."""

import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.artwork.designs import Design, designs
from benchmarks.artwork.reading import Readers
from benchmarks.artwork.scale import Scale
from benchmarks.bars import Bar, Section, Table
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, union
from configurator.engine.rendering.dxf import laser_dxf
from configurator.engine.rendering.laser import laser_svg
from configurator.engine.rendering.pdfx import production_pdf
from configurator.engine.rendering.raster import production_window
from configurator.engine.rendering.svg import embedded, svg

IOU_LIMIT = 0.97
BOX_LIMIT_MM = 0.02
DPI = 300
# Not film: its file has a plate of white ink under everything, which is no drawing of the scene.
PROCESSES = ("engrave", "print", "sublimation")
# Formats by the process of the design: name and how the file ends.
LASER = (("SVG for lasers", "svg"), ("DXF", "dxf"))
PRESS = (("PDF", "pdf"),)
PAGE = ("SVG of the page", "svg")


def section(scale: Scale) -> Section:
    made = Section("formats", "Files read back")
    fonts = FontLibrary.installed()
    found: dict[str, list[tuple[float, float, str]]] = {}
    with tempfile.TemporaryDirectory() as name, Readers() as readers:
        folder = Path(name)
        for design in designs(
            scale.designs, seed=scale.seed, processes=PROCESSES, fonts=fonts, folder=folder, pictures=False
        ):
            # Lasers and presses take different files; the page shows every design.
            for title, ending in (PAGE, *(LASER if design.profile.process == "engrave" else PRESS)):
                iou, apart = compared(design, title, ending, readers, folder)
                found.setdefault(title, []).append((iou, apart, design.name))
    for title, each in sorted(found.items()):
        least = min(each)
        furthest = max(each, key=lambda one: one[1])
        made.bars += [
            Bar(f"{title} read back, {len(each)} designs, least IoU", least[0], IOU_LIMIT, ""),
            Bar(f"{title} read back, furthest box", furthest[1], BOX_LIMIT_MM, "mm", at_most=True),
        ]
    made.tables.append(
        Table(
            f"Coverage at {DPI} dpi and bounding box of what other programs read, against the scene",
            [
                "file",
                "designs",
                "IoU: least / median",
                "worst design",
                "box mm: median / most",
                "worst design",
            ],
            [
                [
                    title,
                    str(len(each)),
                    f"{min(each)[0]:.4f} / {median(one[0] for one in each):.4f}",
                    min(each)[2],
                    f"{median(one[1] for one in each):.4f} / {max(one[1] for one in each):.4f}",
                    max(each, key=lambda one: one[1])[2],
                ]
                for title, each in sorted(found.items())
            ],
        )
    )
    made.raw = {title: [list(one) for one in each] for title, each in found.items()}
    return made


def compared(design: Design, title: str, ending: str, readers: Readers, folder: Path) -> tuple[float, float]:
    """Intersection over union of the coverage, and how far the box of the ink is off (mm), as others read it.

    Coverage is weighed, not cut at a half: a line that ends in the middle of a row of pixels would count as
    a row more or less.
    """
    of_page = title == PAGE[0]
    expected = _expected(design, of_page=of_page)
    file, out = folder / f"made.{ending}", folder / "read.npy"
    file.write_bytes(_written(design, title))
    height, width = expected.shape
    read = readers.ask(
        "read",
        path=str(file),
        form=ending,
        pixels_per_mm=DPI / 25.4,
        width=width,
        height=height,
        out=str(out),
    ).value
    seen = np.load(out)[0].astype(np.int64)
    iou = float(np.minimum(seen, expected).sum() / np.maximum(seen, expected).sum())
    apart = max(abs(a - b) for a, b in zip(_box(design, of_page=of_page), read["box"], strict=True))
    return iou, apart


def _written(design: Design, title: str) -> bytes:
    scene, profile, assets = design.scene, design.profile, design.assets
    if title == PAGE[0]:
        return svg(scene, pictures=embedded(assets)).encode()
    if title == "DXF":
        return laser_dxf(scene, profile)
    if title == "PDF":
        return production_pdf(scene, profile, assets)
    return laser_svg(scene, profile, assets)


def _expected(design: Design, *, of_page: bool) -> NDArray[np.int64]:
    """The coverage of the production pixels (0 to 255); the page shows neither bleed nor mirror."""
    scene, profile = design.scene, design.profile
    if of_page:
        scene, profile = replace(scene, bleed_um=0), replace(profile, mirror=False)
    return production_window(scene, profile, design.assets, dpi=DPI)[..., 3].astype(np.int64)


def _box(design: Design, *, of_page: bool) -> tuple[float, float, float, float]:
    """The box of everything inked, mm from the upper left corner of the file's page."""
    scene = design.scene
    box = union(item.box for item in scene.items) or Box(0, 0, 0, 0)
    if not of_page:
        if design.profile.mirror:
            box = Box(scene.width_um - box.right, box.top, scene.width_um - box.left, box.bottom)
        box = box.moved(scene.bleed_um, scene.bleed_um)
    return box.left / 1000, box.top / 1000, box.right / 1000, box.bottom / 1000
