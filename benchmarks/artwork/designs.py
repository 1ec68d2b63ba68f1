"""Designs from a seed: texts in many scripts, codes, shapes and pictures on surfaces of many sizes."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from configurator.engine import machines
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box
from configurator.engine.layout import (
    AssetInfo,
    CodeElement,
    Frame,
    ImageElement,
    Scene,
    ShapeElement,
    TextElement,
    TextFrame,
    compose,
)
from configurator.engine.layout.elements import Element
from configurator.engine.machines import Profile

WORDS: Mapping[str, tuple[str, ...]] = {
    "Latin": ("The Özdemir Family", "Willemijn & Łukasz", "since 2014", "Ngô Bảo", "Château d’If"),
    "Greek": ("Οικογένεια Παππά", "Θεοδώρα", "Καλημέρα 12"),
    "Cyrillic": ("Семья Ивановых", "Мария и Юрий", "Щука"),
    "Arabic": ("عائلة الأحمد", "عمر ١٢", "محمد"),
    "Hebrew": ("משפחת כהן", "שרה", "שלום 7"),
    "Thai": ("บ้านของเรา", "สวัสดี", "น้ำ"),
    "Chinese": ("家族", "東京都", "你好世界"),
    "mixed": ("Anna عمر 12", "שרה & Tom", "家族 Smith", "Мария ❤ Αννα"),
}
FONTS = ("great-vibes", "playfair-display", "playfair-display:700", "cinzel", "inter", "noto-sans")
COLOURS = ("#1b2a4b", "#c4161c", "#0b6e4f", "#000000")
# A quarter of the designs has a picture, a quarter a code, where they may.
WITH_PICTURE, WITH_CODE = 1, 2


@dataclass(frozen=True)
class Design:
    """A scene, the machine that makes it, and the script of its texts."""

    name: str
    script: str
    scene: Scene
    profile: Profile
    assets: Mapping[str, AssetInfo]


def designs(
    count: int,
    *,
    seed: int,
    processes: tuple[str, ...],
    fonts: FontLibrary,
    folder: Path,
    pictures: bool = True,
) -> Iterator[Design]:
    """`count` designs in turns through scripts and machines; pictures are made in `folder`."""
    chance = random.Random(seed)
    known = machines.read_machines(None).profiles
    photos = [photo(folder / f"photo-{number}.png", seed + number) for number in range(3)] if pictures else []
    scripts = list(WORDS)
    for number in range(count):
        script = scripts[number % len(scripts)]
        process = processes[(number + number // len(scripts)) % len(processes)]
        profile = known[process]
        frame = Frame(
            "front",
            process,
            chance.randrange(40, 160) * 1000,
            chance.randrange(30, 90) * 1000,
            bleed_um=profile.bleed_um,
        )
        kind = number % 4
        given = chance.choice(photos) if photos and kind == WITH_PICTURE else None
        elements = _elements(frame, profile, script, chance, given, code=kind == WITH_CODE)
        scene = compose(frame, elements, fonts=fonts)
        assets = {given.sha256: given} if given else {}
        yield Design(f"{number} {script} {process}", script, scene, profile, assets)


def _elements(
    frame: Frame, profile: Profile, script: str, chance: random.Random, given: AssetInfo | None, *, code: bool
) -> list[Element]:
    """A border, a picture or a code on the right, and lines of text on the left of it."""
    printed = bool(profile.spots) or not profile.layers
    inset = chance.randrange(2_000, 4_000)
    room = Box(inset, inset, frame.width_um - inset, frame.height_um - inset)

    def colour() -> str:
        return chance.choice(COLOURS) if printed else "engrave"

    made: list[Element] = [
        ShapeElement(
            "border", "rounded", room, chance.randrange(400, 900), chance.randrange(1, 4_000), colour()
        )
    ]
    text = room.inset(2_000)
    if given is not None or code:
        side = min(text.height, text.width // 3)
        beside = Box(text.right - side, text.top, text.right, text.top + side)
        text = Box(text.left, text.top, text.right - side - 1_000, text.bottom)
        if given is not None:
            made.append(ImageElement("photo", given, beside, "cover"))
        else:
            symbology = chance.choice(("qr", "datamatrix"))
            made.append(
                CodeElement("code", f"ORDER-{chance.randrange(10**6)}", symbology, "m", beside, 200, colour())
            )
    lines = chance.randint(1, 3)
    for line in range(lines):
        top = text.top + text.height * line // lines
        box = Box(text.left, top, text.right, text.top + text.height * (line + 1) // lines)
        size = chance.randrange(3_000, 14_000)
        made.append(
            TextElement(
                TextFrame(
                    f"line{line}",
                    chance.choice(FONTS),
                    box,
                    chance.choice(("left", "center", "right")),
                    chance.choice(("top", "middle", "bottom")),
                    size,
                    min(size, 1_500),
                ),
                chance.choice(WORDS[script]),
                colour(),
            )
        )
    return made


def photo(path: Path, seed: int, *, width: int = 960, height: int = 720) -> AssetInfo:
    """Soft blotches with a see-through corner, as PNG."""
    small = np.random.default_rng(seed).integers(0, 256, (18, 24, 3), dtype=np.uint8)
    pixels = Image.fromarray(small, "RGB").resize((width, height), Image.Resampling.BICUBIC)
    pixels.putalpha(255)
    pixels.paste((0, 0, 0, 0), (width * 3 // 4, height * 3 // 4, width, height))
    out = io.BytesIO()
    pixels.save(out, "PNG", compress_level=1)
    path.write_bytes(out.getvalue())
    return AssetInfo(hashlib.sha256(out.getvalue()).hexdigest(), width, height, path)
