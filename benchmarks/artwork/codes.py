"""QR codes and DataMatrix in final files: whether each is read, as made and blurred by half a module."""

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from benchmarks.artwork.reading import Readers
from benchmarks.artwork.scale import Scale
from benchmarks.bars import Bar, Section, Table
from configurator.engine import machines
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box
from configurator.engine.layout import CodeElement, Frame, Outline, Scene, compose
from configurator.engine.machines import Profile
from configurator.engine.rendering.dxf import laser_dxf
from configurator.engine.rendering.laser import laser_svg
from configurator.engine.rendering.pdfx import production_pdf
from configurator.engine.rendering.raster import production_window, size_in_pixels

# Machine and the files that are made for it.
FILES = (
    ("engrave", ("svg", "dxf")),
    ("dtf", ("png", "pdf")),
    ("sublimation", ("png", "pdf")),
    ("print", ("pdf",)),
)
PAYLOADS = (
    "https://example.org/o/{number}",
    "ORDER-{number:08d}",
    "{number}",
    "Grüße an Żółć und 家族 {number}",
    "WIFI:T:WPA;S=home-{number};P=correct horse battery staple;;",
)
# How far every point is spread, to each side.
BLUR_MODULES = 0.5
SURFACE_UM = 60_000
# What families get that name no other: `surfaces.DEFAULT_MODULE`.
LEAST_MODULE_UM = 400
# How a reader tells dark from light; it may try one after the other, as telephones do picture by picture.
BINARIZERS = (
    zxingcpp.Binarizer.LocalAverage,
    zxingcpp.Binarizer.GlobalHistogram,
    zxingcpp.Binarizer.FixedThreshold,
)


@dataclass(frozen=True)
class Code:
    """One code alone on a surface."""

    payload: str
    symbology: str
    scene: Scene
    profile: Profile

    @property
    def module_um(self) -> int:
        return next(item.module_um for item in self.scene.items if isinstance(item, Outline))


def section(scale: Scale) -> Section:
    made = Section("codes", "Codes in final files")
    tried: dict[str, list[bool]] = {}
    lost: list[list[str]] = []
    with tempfile.TemporaryDirectory() as name, Readers() as readers:
        for code, endings in codes(scale.codes, seed=scale.seed):
            for ending in endings:
                shown = picture(code, ending, readers, Path(name))
                module = code.module_um * code.profile.dpi / 25_400
                blurred = shown.filter(ImageFilter.BoxBlur(BLUR_MODULES * module))
                for how, each in (("", shown), (", blurred", blurred)):
                    read = is_read(each, code.payload)
                    tried.setdefault(f"{code.symbology} from {ending.upper()}{how}", []).append(read)
                    if not read:
                        lost.append(
                            [
                                f"{code.symbology} {ending}{how}",
                                code.profile.code,
                                code.payload,
                                f"{module:.1f}",
                            ]
                        )
    all_tried = [read for each in tried.values() for read in each]
    name = f"codes read from {len(all_tried)} final files, half of them blurred by {BLUR_MODULES} modules"
    made.bars.append(Bar(name, 100 * sum(all_tried) / len(all_tried), 100, "%"))
    rows = [[kind, str(len(each)), str(sum(each))] for kind, each in sorted(tried.items())]
    made.tables.append(Table("Codes by file", ["code", "files", "read"], rows))
    if lost:
        columns = ["code", "machine", "payload", "module px"]
        made.tables.append(Table("Codes that were not read", columns, lost[:20]))
    return made


def codes(count: int, *, seed: int) -> list[tuple[Code, tuple[str, ...]]]:
    """Codes of both kinds for every machine, as small as its lines may be and larger."""
    chance = Random(seed)
    fonts = FontLibrary.installed()
    known = machines.read_machines(None).profiles
    made = []
    for number in itertools.count():
        if len(made) == count:
            break
        process, endings = FILES[number // 2 % len(FILES)]
        profile = known[process]
        symbology = ("qr", "datamatrix")[number % 2]
        payload = PAYLOADS[number % len(PAYLOADS)].format(number=chance.randrange(10**6))
        side = chance.randrange(18_000, 44_000)
        left, top = chance.randrange(2_000, 14_000), chance.randrange(2_000, 14_000)
        frame = Frame("front", process, SURFACE_UM, SURFACE_UM, bleed_um=profile.bleed_um)
        colour = "engrave" if process == "engrave" else "#1b2a4b"
        box = Box(left, top, left + side, top + side)
        element = CodeElement("code", payload, symbology, "m", box, LEAST_MODULE_UM, colour)
        scene = compose(frame, [element], fonts=fonts)
        if any(finding.severity == "refuse" for finding in scene.findings):
            continue  # its modules would be too small: it is never made
        made.append((Code(payload, symbology, scene, profile), endings))
    return made


def is_read(shown: Image.Image, payload: str) -> bool:
    return any(
        found.text == payload
        for binarizer in BINARIZERS
        for found in zxingcpp.read_barcodes(shown, binarizer=binarizer)
    )


def picture(code: Code, ending: str, readers: Readers, folder: Path) -> Image.Image:
    """The code as other people's programs draw the final file, ink dark on white, not mirrored."""
    scene, profile = code.scene, code.profile
    if ending == "png":
        pixels = Image.fromarray(production_window(scene, profile, dpi=profile.dpi), "RGBA")
        paper = Image.new("RGBA", pixels.size, "white")
        paper.alpha_composite(pixels)
        return _turned_round(paper.convert("L"), profile)
    made = {"pdf": production_pdf, "svg": laser_svg, "dxf": laser_dxf}[ending](scene, profile)
    file, out = folder / f"code.{ending}", folder / "code.npy"
    file.write_bytes(made)
    width, height = size_in_pixels(scene, profile.dpi)
    size = {"pixels_per_mm": profile.dpi / 25.4, "width": width, "height": height}
    readers.ask("read", path=str(file), form=ending, out=str(out), **size)
    return _turned_round(Image.fromarray(np.load(out)[1], "L"), profile)


def _turned_round(shown: Image.Image, profile: Profile) -> Image.Image:
    """What is mirrored for transfer paper is turned round by the press."""
    return ImageOps.mirror(shown) if profile.mirror else shown
