"""What is shown is what is made: small pictures for the screen against production pixels scaled down."""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.artwork.designs import Design, designs
from benchmarks.artwork.scale import Scale
from benchmarks.bars import Bar, Section, Table
from configurator.engine.fonts import FontLibrary
from configurator.engine.rendering.raster import production_window, rasterise

Floats = NDArray[np.float32]

LIMIT_PERCENT = 0.1
OFF = 64
# A pixel of the small picture is this many of the print, along each side.
SMALLER = (2, 3, 4, 6)
# Ten pixels a millimetre: surfaces and bleeds of whole millimetres end between two pixels, mirrored too.
DPI = 254
PROCESSES = ("print", "sublimation", "dtf", "engrave")


def section(scale: Scale) -> Section:
    made = Section("shown", "Shown is made")
    fonts = FontLibrary.installed()
    rows = []
    off = inked = 0
    with tempfile.TemporaryDirectory() as folder:
        told: dict[str, list[tuple[int, int, float, float]]] = {}
        chosen = designs(scale.shown, seed=scale.seed, processes=PROCESSES, fonts=fonts, folder=Path(folder))
        for number, design in enumerate(chosen):
            found = compared(design, SMALLER[number % len(SMALLER)])
            told.setdefault(design.script, []).append(found)
            off += found[0]
            inked += found[1]
    for script, each in told.items():
        wrong, ink = sum(one[0] for one in each), sum(one[1] for one in each)
        rows.append(
            [
                script,
                str(len(each)),
                f"{ink:,}",
                f"{100 * wrong / ink:.4f}",
                f"{max(100 * one[0] / one[1] for one in each):.3f}",
                f"{max(one[2] for one in each):.2f}",
                f"{max(abs(one[3]) for one in each):.2f}",
            ]
        )
    name = f"ink pixels off by more than {OFF}/255, {scale.shown} designs in {len(rows)} kinds of script"
    made.bars.append(Bar(name, 100 * off / inked, LIMIT_PERCENT, "%", at_most=True))
    made.tables.append(
        Table(
            "Small pictures against production pixels at 254 dpi, box-filtered to their size",
            [
                "script",
                "designs",
                "ink pixels",
                "% off",
                "% off, worst design",
                "worst mean /255",
                "worst ink total %",
            ],
            rows,
        )
    )
    made.raw = {script: [list(one) for one in each] for script, each in told.items()}
    return made


def compared(design: Design, times: int) -> tuple[int, int, float, float]:
    """How many ink pixels are off and how many there are, the mean difference in them (of 255), and by how
    many percent the small picture has more ink."""
    scene, bleed = design.scene, design.scene.bleed_um
    printed = production_window(scene, design.profile, design.assets, dpi=DPI)
    if design.profile.mirror:
        printed = printed[:, ::-1]
    whole = premultiplied(printed)
    # Only the surface itself is shown: the bleed is cut away.
    first = bleed * DPI // 25_400
    shown_at = DPI / 25.4 / times
    rows = (whole.shape[0] - 2 * first) // times
    columns = (whole.shape[1] - 2 * first) // times
    made = whole[first : first + rows * times, first : first + columns * times]
    made = made.reshape(rows, times, columns, times, 4).mean(axis=(1, 3))
    small = rasterise(scene, pixels_per_mm=shown_at, assets=design.assets)
    shown = premultiplied(np.asarray(small))[:rows, :columns]
    ink = (made[..., 3] > 0) | (shown[..., 3] > 0)
    apart = np.abs(made - shown).max(axis=2)[ink]
    more = 100 * (float(shown[..., 3].sum()) / float(made[..., 3].sum()) - 1)
    return int((apart > OFF).sum()), int(ink.sum()), float(apart.mean()), more


def premultiplied(pixels: NDArray[np.uint8]) -> Floats:
    """Colour as far as it covers, 0 to 255, and the coverage."""
    floats = pixels.astype(np.float32)
    floats[..., :3] *= floats[..., 3:] / 255
    return floats
