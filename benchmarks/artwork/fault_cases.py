"""Scenes with text in three scripts, a code, pictures and cut lines, and the files made of them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.artwork.press import press_profile
from configurator.engine import machines
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, rounded_rectangle
from configurator.engine.layout import Frame, ShapeElement, TextElement, TextFrame, compose
from configurator.engine.layout.elements import CodeElement
from configurator.engine.layout.scene import AssetInfo, Item, Placed, Scene, Stroke
from configurator.engine.machines import Profile
from configurator.engine.rendering.dxf import laser_dxf
from configurator.engine.rendering.laser import laser_svg
from configurator.engine.rendering.pdfx import production_pdf
from configurator.engine.rendering.raster import production_png
from configurator.engine.rendering.tiff import cmyk_tiff
from configurator.engine.rendering.work_order import work_order

WIDTH, HEIGHT = 80_000, 40_000
LINES = (
    ("The Özdemir Family", "great-vibes"),
    ("SINCE 2014", "playfair-display:600"),
    ("العائلة", "noto-sans-arabic"),
)
PAYLOAD = "https://example.org/a/1"


@dataclass(frozen=True)
class Case:
    """A scene, its machine and the format of the file that is made of it."""

    name: str
    scene: Scene
    profile: Profile
    format: str
    assets: Mapping[str, AssetInfo]

    def made(self, scene: Scene | None = None, assets: Mapping[str, AssetInfo] | None = None) -> bytes:
        of, given = scene or self.scene, assets or self.assets
        if self.format == "pdf":
            return production_pdf(of, self.profile, given)
        if self.format == "svg":
            return laser_svg(of, self.profile, given)
        if self.format == "dxf":
            return laser_dxf(of, self.profile)
        if self.format == "png":
            return production_png(of, self.profile, given)
        if self.format == "tiff":
            return cmyk_tiff(of, self.profile, given)
        # As if the writer had misread the approved scene, whose name would tell otherwise.
        said = work_order(of, self.profile, title="2026-0001/1")
        return said.replace(of.hash.encode(), self.scene.hash.encode())


class DoesNotApply(Exception):
    """The case has nothing that this fault could be done to."""


def cases(folder: Path, *, fonts: FontLibrary | None = None) -> list[Case]:
    """Laser, saw, press, film, sublimation and embroidery; every format that can be read back."""
    known, photo = fonts or FontLibrary.installed(), picture(folder / "photo.png", 1)
    profiles = machines.read_machines(None).profiles
    assets = {photo.sha256: photo}
    burnt, printed = _placed(photo, "engrave"), _placed(photo, "print")
    laser = _scene(known, "engrave", "engrave", "engrave", cut=True)
    saw = _scene(known, "cut", "engrave", "engrave", cut=True)
    press = _scene(known, "print", "#1b2a4b", "#c4161c", cut=True, pictures=printed, bleed=3_000)
    film = _scene(known, "dtf", "#1b2a4b", "#c4161c", cut=False, pictures=printed)
    transfer = _scene(known, "sublimation", "#1b2a4b", "#c4161c", cut=False, pictures=printed, bleed=2_000)
    inked = _scene(known, "print", "#1b2a4b", "#c4161c", cut=False, pictures=printed, bleed=3_000)
    sewn = _scene(known, "embroidery", "#1b2a4b", "#c4161c", cut=False, pictures=printed)
    (folder / "press.icc").write_bytes(press_profile())
    with_photo = replace(laser, items=(*burnt, *laser.items))
    return [
        Case("laser", with_photo, profiles["engrave"], "svg", assets),
        Case("laser without picture", laser, profiles["engrave"], "dxf", {}),
        Case("saw", saw, profiles["cut"], "dxf", {}),
        Case("press", press, profiles["print"], "pdf", assets),
        Case("press as inks", inked, replace(profiles["print"], icc=folder / "press.icc"), "tiff", assets),
        Case("film", film, profiles["dtf"], "pdf", assets),
        Case("film as pixels", film, profiles["dtf"], "png", assets),
        Case("transfer as pixels", transfer, profiles["sublimation"], "png", assets),
        Case("embroidery", sewn, profiles["embroidery"], "work-order", assets),
    ]


def picture(path: Path, seed: int) -> AssetInfo:
    """A picture of blotches, see-through in one corner."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(small, "RGB").resize((240, 180), Image.Resampling.BICUBIC))
    alpha = np.full((180, 240, 1), 255, dtype=np.uint8)
    alpha[120:, 160:] = 0
    out = io.BytesIO()
    Image.fromarray(np.concatenate([pixels, alpha], axis=2), "RGBA").save(out, "PNG")
    path.write_bytes(out.getvalue())
    return AssetInfo(hashlib.sha256(out.getvalue()).hexdigest(), 240, 180, path)


def _placed(photo: AssetInfo, role: str) -> tuple[Placed, ...]:
    whole, part = Box(0, 0, 240, 180), Box(20, 10, 140, 130)
    return (
        Placed("photo", role, photo.sha256, Box(5_000, 4_000, 29_000, 22_000), whole, 240, 180),
        Placed("stamp", role, photo.sha256, Box(40_000, 24_000, 52_000, 36_000), part, 240, 180, -12_500),
    )


def _scene(
    fonts: FontLibrary,
    process: str,
    first: str,
    second: str,
    *,
    cut: bool,
    pictures: Sequence[Item] = (),
    bleed: int = 0,
) -> Scene:
    frame = Frame("front", process, WIDTH, HEIGHT, bleed_um=bleed)
    lines = [
        TextElement(
            frame_of(at, font),
            text,
            second,
        )
        for at, (text, font) in enumerate(LINES)
    ]
    border = ShapeElement("border", "rounded", Box(2_000, 2_000, 78_000, 38_000), 600, 4_000, first)
    code = CodeElement("code", PAYLOAD, "qr", "m", Box(60_000, 10_000, 75_000, 25_000), 300, first)
    scene = compose(frame, [border, *lines, code], fonts=fonts)
    around = Box(0, 0, WIDTH, HEIGHT)
    way = Stroke("outline", "cut", "", rounded_rectangle(around, 3_000), 100, around)
    return replace(scene, items=(*pictures, *scene.items, *([way] if cut else [])))


def frame_of(at: int, font: str) -> TextFrame:
    """The place of a line of text."""
    box = Box(6_000, 5_000 + 9_000 * at, 56_000, 14_000 + 9_000 * at)
    return TextFrame(f"line{at}", font, box, "center", "middle", 6_000, 2_000)
