"""Faults put into production files, and whether reading them back finds every one.

Each case is a scene with text in three scripts, a code, pictures and cut lines, made into a real production
file. Most faults are made by the writers themselves from a scene that somebody has tampered with; the rest
are done to the file's bytes. `python3 -m benchmarks.artwork_faults` prints what was missed.
"""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pikepdf
from PIL import Image

from configurator.engine import machines
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, moved, rounded_rectangle
from configurator.engine.geometry import Path as Outlined
from configurator.engine.layout import Frame, ShapeElement, TextElement, TextFrame, compose
from configurator.engine.layout.elements import CodeElement
from configurator.engine.layout.scene import AssetInfo, Item, Outline, Placed, Scene, Stroke
from configurator.engine.machines import Profile
from configurator.engine.readback import compare
from configurator.engine.rendering.dxf import laser_dxf
from configurator.engine.rendering.laser import laser_svg
from configurator.engine.rendering.pdfx import production_pdf
from configurator.engine.rendering.raster import production_png

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
        return production_png(of, self.profile, given)


@dataclass(frozen=True)
class Missed:
    """A fault that was not found, or (without one) a clean file that was refused."""

    case: str
    fault: str
    told: str


class DoesNotApply(Exception):
    """The case has nothing that this fault could be done to."""


# --- cases ------------------------------------------------------------------------------------------------


def cases(folder: Path, *, fonts: FontLibrary | None = None) -> list[Case]:
    """Laser, saw, press, film and sublimation; every format that can be read back."""
    known, photo = fonts or FontLibrary.installed(), picture(folder / "photo.png", 1)
    profiles = machines.read_machines(None).profiles
    assets = {photo.sha256: photo}
    burnt, printed = _placed(photo, "engrave"), _placed(photo, "print")
    laser = _scene(known, "engrave", "engrave", "engrave", cut=True)
    saw = _scene(known, "cut", "engrave", "engrave", cut=True)
    press = _scene(known, "print", "#1b2a4b", "#c4161c", cut=True, pictures=printed, bleed=3_000)
    film = _scene(known, "dtf", "#1b2a4b", "#c4161c", cut=False, pictures=printed)
    transfer = _scene(known, "sublimation", "#1b2a4b", "#c4161c", cut=False, pictures=printed, bleed=2_000)
    with_photo = replace(laser, items=(*burnt, *laser.items))
    return [
        Case("laser", with_photo, profiles["engrave"], "svg", assets),
        Case("laser without picture", laser, profiles["engrave"], "dxf", {}),
        Case("saw", saw, profiles["cut"], "dxf", {}),
        Case("press", press, profiles["print"], "pdf", assets),
        Case("film", film, profiles["dtf"], "pdf", assets),
        Case("film as pixels", film, profiles["dtf"], "png", assets),
        Case("transfer as pixels", transfer, profiles["sublimation"], "png", assets),
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
            _frame(at, font),
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


def _frame(at: int, font: str) -> TextFrame:
    """The place of a line of text."""
    box = Box(6_000, 5_000 + 9_000 * at, 56_000, 14_000 + 9_000 * at)
    return TextFrame(f"line{at}", font, box, "center", "middle", 6_000, 2_000)


# --- faults -----------------------------------------------------------------------------------------------

Change = Callable[[Item], Item]


def _with(case: Case, element: str, change: Change) -> bytes:
    """The file of a scene in which one element is another."""
    items = [change(item) if item.element == element else item for item in case.scene.items]
    if tuple(items) == case.scene.items:
        raise DoesNotApply
    return case.made(replace(case.scene, items=tuple(items)))


def _moved(item: Item, dx: int, dy: int) -> Item:
    box = item.box.moved(dx, dy)
    return (
        replace(item, box=box)
        if isinstance(item, Placed)
        else replace(item, path=moved(item.path, dx, dy), box=box)
    )


def _scaled(item: Item, by: float) -> Item:
    """About its upper left corner."""
    left, top = item.box.left, item.box.top
    right, bottom = left + round(item.box.width * by), top + round(item.box.height * by)
    box = Box(left, top, right, bottom)
    if isinstance(item, Placed):
        return replace(item, box=box)
    path: Outlined = tuple(
        (s[0], *(round((v - (left, top)[k % 2]) * by) + (left, top)[k % 2] for k, v in enumerate(s[1:])))
        for s in item.path
    )
    return replace(item, path=path, box=box)


def _picture(change: Callable[[Placed], Placed]) -> Change:
    return lambda item: change(item) if isinstance(item, Placed) else item


def _turned(item: Placed) -> Placed:
    return replace(item, rotation_mdeg=item.rotation_mdeg + 1_000)


def _cropped(item: Placed) -> Placed:
    return replace(item, crop=item.crop.moved(6, 0))


def _coloured(item: Item) -> Item:
    if isinstance(item, Placed) or not item.colour.startswith("#"):
        raise DoesNotApply
    return replace(item, colour="#c4281c")


def _without_first_letter(item: Item) -> Item:
    if not isinstance(item, Outline):
        raise DoesNotApply
    second = [at for at, segment in enumerate(item.path) if segment[0] == "M"][1]
    return replace(item, path=item.path[second:])


def _thicker(item: Item) -> Item:
    return replace(item, width_um=item.width_um + 100) if isinstance(item, Stroke) else item


def _dropped(case: Case, element: str) -> bytes:
    items = tuple(item for item in case.scene.items if item.element != element)
    if len(items) == len(case.scene.items):
        raise DoesNotApply
    return case.made(replace(case.scene, items=items))


def _added(case: Case, item: Item) -> bytes:
    return case.made(replace(case.scene, items=(*case.scene.items, item)))


def _cut_line(case: Case) -> Item:
    way = next((item for item in case.scene.items if item.role == "cut"), None)
    if way is None:
        raise DoesNotApply
    return way


def _doubled_cut(case: Case) -> bytes:
    return _added(case, _cut_line(case))


def _opened_cut(case: Case) -> bytes:
    _cut_line(case)
    return _with(
        case, "outline", lambda item: item if isinstance(item, Placed) else replace(item, path=item.path[:-1])
    )


def _mirrored(case: Case) -> bytes:
    return replace(case, profile=replace(case.profile, mirror=not case.profile.mirror)).made()


def _speck(case: Case) -> bytes:
    inked = next(item for item in case.scene.items if isinstance(item, Outline))
    box = Box(70_000, 30_000, 70_400, 30_400)
    return _added(case, Outline("speck", inked.role, inked.colour, rounded_rectangle(box, 0), box))


def _other_text(case: Case) -> bytes:
    fonts = FontLibrary.installed()
    other = compose(
        Frame("front", case.scene.process, WIDTH, HEIGHT),
        [
            TextElement(
                _frame(1, LINES[1][1]),
                "SINCE 2015",
                "engrave",
            )
        ],
        fonts=fonts,
    )
    wrong = next(item for item in other.items if isinstance(item, Outline))
    return _with(
        case,
        "line1",
        lambda item: item if isinstance(item, Placed) else replace(item, path=wrong.path, box=wrong.box),
    )


def _other_code(case: Case) -> bytes:
    frame = Frame("front", case.scene.process, WIDTH, HEIGHT)
    box = Box(60_000, 10_000, 75_000, 25_000)
    other = compose(
        frame,
        [CodeElement("code", PAYLOAD[:-1] + "2", "qr", "m", box, 300, "engrave")],
        fonts=FontLibrary.installed(),
    )
    wrong = next(item for item in other.items if isinstance(item, Outline))
    return _with(
        case,
        "code",
        lambda item: item if isinstance(item, Placed) else replace(item, path=wrong.path, box=wrong.box),
    )


def _swapped(case: Case) -> bytes:
    """The file of another piece of the same order."""
    return case.made(
        replace(case.scene, items=tuple(_moved(item, 0, 0) for item in case.scene.items[::-1][:3]))
    )


def _wrong_picture(case: Case) -> bytes:
    if not case.assets:
        raise DoesNotApply
    (sha256,) = case.assets
    with tempfile.TemporaryDirectory() as folder:
        other = replace(picture(Path(folder) / "other.png", 2), sha256=sha256)
        return case.made(assets={sha256: other})


def _larger_surface(case: Case) -> bytes:
    return case.made(replace(case.scene, width_um=WIDTH + 1_000))


def _all_scaled(case: Case) -> bytes:
    return case.made(replace(case.scene, items=tuple(_scaled(item, 1.01) for item in case.scene.items)))


def _covered(case: Case) -> bytes:
    """The border comes over what should lie over it."""
    if not isinstance(case.scene.items[0], Placed):
        raise DoesNotApply
    stamp = next(item for item in case.scene.items if item.element == "stamp")
    over = _moved(stamp, 0, -8_000)
    order = [item for item in case.scene.items if item.element != "stamp"]
    return case.made(replace(case.scene, items=(*order, over)))


def _truncated(case: Case) -> bytes:
    made = case.made()
    return made[: len(made) * 3 // 4]


def _empty(case: Case) -> bytes:
    return case.made(replace(case.scene, items=()))


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


def _renamed_ink(case: Case) -> bytes:
    """The cutter's spot colour or layer under another name."""
    if case.format == "png":
        raise DoesNotApply
    if case.format == "pdf":
        spots = {role: f"{name}1" for role, name in case.profile.spots.items()}
        return replace(case, profile=replace(case.profile, spots=spots)).made()
    layers = {role: replace(layer, name=f"{layer.name}1") for role, layer in case.profile.layers.items()}
    return replace(case, profile=replace(case.profile, layers=layers)).made()


def _no_spots(case: Case) -> bytes:
    """What should be a plate of its own is printed in the process colours."""
    if case.format != "pdf" or not any(item.role == "cut" for item in case.scene.items):
        raise DoesNotApply
    layer = machines.Layer("Cut", "#ff0000", "stroke")
    return replace(case, profile=replace(case.profile, spots={}, layers={"cut": layer})).made()


def _no_white(case: Case) -> bytes:
    if case.format != "pdf" or not case.profile.white_base:
        raise DoesNotApply
    return replace(case, profile=replace(case.profile, white_base=False)).made()


def _white_too_large(case: Case) -> bytes:
    if case.format != "pdf" or not case.profile.white_base:
        raise DoesNotApply
    return replace(case, profile=replace(case.profile, choke_um=-400)).made(_spread(case.scene))


def _spread(scene: Scene) -> Scene:
    extra = Box(66_000, 28_000, 74_000, 34_000)
    return replace(
        scene, items=(*scene.items, Outline("blot", "print", "#1b2a4b", rounded_rectangle(extra, 0), extra))
    )


def _wrong_machine_colour(case: Case) -> bytes:
    if case.format not in ("svg", "dxf"):
        raise DoesNotApply
    layers = {role: replace(layer, colour="#123456") for role, layer in case.profile.layers.items()}
    return replace(case, profile=replace(case.profile, layers=layers)).made()


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


FAULTS: Mapping[str, Callable[[Case], bytes]] = {
    "another piece's file": _swapped,
    "empty": _empty,
    "truncated": _truncated,
    "wrong unit": _wrong_unit,
    "surface 1 mm wider": _larger_surface,
    "everything 1 % larger": _all_scaled,
    "mirrored, or not": _mirrored,
    "a line of text moved by 0.1 mm": lambda case: _with(case, "line1", lambda item: _moved(item, 100, 0)),
    "a line of text 0.1 mm lower": lambda case: _with(case, "line0", lambda item: _moved(item, 0, 100)),
    "a line of text 1 % larger": lambda case: _with(case, "line0", lambda item: _scaled(item, 1.01)),
    "a line of text missing": lambda case: _dropped(case, "line2"),
    "a letter missing": lambda case: _with(case, "line1", _without_first_letter),
    "a letter another one": _other_text,
    "another colour": lambda case: _with(case, "line1", _coloured),
    "the border 0.1 mm thicker": lambda case: _with(case, "border", _thicker),
    "the border missing": lambda case: _dropped(case, "border"),
    "a speck more": _speck,
    "another code": _other_code,
    "code missing": lambda case: _dropped(case, "code"),
    "code moved by 0.1 mm": lambda case: _with(case, "code", lambda item: _moved(item, 100, 100)),
    "cut line twice": _doubled_cut,
    "cut line open": _opened_cut,
    "cut line missing": lambda case: _dropped(case, "outline"),
    "cut line moved by 0.1 mm": lambda case: _with(case, "outline", lambda item: _moved(item, 100, 0)),
    "wrong picture": _wrong_picture,
    "picture missing": lambda case: _dropped(case, "photo"),
    "picture moved by 0.1 mm": lambda case: _with(case, "photo", lambda item: _moved(item, 100, 0)),
    "picture 1 % larger": lambda case: _with(case, "photo", lambda item: _scaled(item, 1.01)),
    "picture turned by 1 degree": lambda case: _with(case, "stamp", _picture(_turned)),
    "picture cropped otherwise": lambda case: _with(case, "stamp", _picture(_cropped)),
    "picture over another": _covered,
    "wrong page box": _wrong_box,
    "renamed spot colour or layer": _renamed_ink,
    "cut line in process colours": _no_spots,
    "white base missing": _no_white,
    "white base too large": _white_too_large,
    "layers in other colours": _wrong_machine_colour,
    "spot colours knock out": _knocked_out,
    "two pages": _two_pages,
    "half the resolution": _fewer_pixels,
    "white instead of transparent": _opaque,
}


def injected(folder: Path) -> Iterator[tuple[Case, str, bytes]]:
    """Every case with every fault that applies to it, and once clean (fault empty)."""
    for case in cases(folder):
        yield case, "", case.made()
        for name, fault in FAULTS.items():
            try:
                yield case, name, fault(case)
            except DoesNotApply:
                continue


def run(folder: Path) -> tuple[int, int, list[Missed]]:
    """How many faults were injected, into how many clean files, and what went wrong."""
    faults = clean = 0
    missed: list[Missed] = []
    for case, fault, produced in injected(folder):
        found = compare(case.scene, produced, case.format, case.profile, case.assets)
        told = "; ".join(each.message for each in found[:3])
        if not fault:
            clean += 1
            if found:
                missed.append(Missed(f"{case.name} ({case.format})", "", told))
        else:
            faults += 1
            if not found:
                missed.append(Missed(f"{case.name} ({case.format})", fault, ""))
    return faults, clean, missed


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        faults, clean, missed = run(Path(folder))
    for each in missed:
        print(f"{each.case}: {each.fault or 'clean, but refused: ' + each.told}")
    caught = faults - sum(1 for each in missed if each.fault)
    kinds = len(FAULTS)
    print(f"production files: {caught} of {faults} faults of {kinds} kinds caught, {clean} clean")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
