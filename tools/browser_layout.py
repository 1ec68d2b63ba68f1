"""Compares the browser's layout of texts (static/js/layout, run by node) with the server's.

`compare(count, seed=)` makes texts of many scripts, sets each both ways and tells where glyph ids, their
positions, the letter height, missing letters or the final outline differ. `python -m tools.browser_layout
[COUNT [SEED]]` prints it.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, path_data
from configurator.engine.layout.live import face_json, face_name
from configurator.engine.layout.shaping import shape_line
from configurator.engine.layout.text import TextFrame, place_text, set_text
from configurator.engine.placing import Placement

SCRIPT = Path(__file__).with_suffix(".mjs")
FONTS = (
    "great-vibes",
    "playfair-display",
    "playfair-display:700",
    "cinzel",
    "pacifico",
    "inter",
    "noto-sans",
)
WORDS = {
    "latin": "The Millers|since 2014|Łukasz|Ağaoğlu|Ça va?|fi ffl Tj AVAWA|Nguyễn|Straße|No. 7½|naïve|ÅØÆ",
    "greek": "Οικογένεια|Παπαδόπουλος|Ἀθῆναι|ΣΟΦΙΑ|ς",
    "cyrillic": "Семья Ивановых|Їжак|Ђорђевић|й ё",
    "arabic": "عائلة الأحمد|لا إله|شارع ١٢|كتابٌ|محمّد|ﷺ|پەنجەرە|می‌خواهم",
    "hebrew": "משפחת כהן|שָׁלוֹם|בית 7|ירושלים|״א״ב",
    "devanagari": "परिवार|श्री|क्षत्रिय|नमस्ते",
    "thai": "บ้านของเรา|สวัสดี|ที่นี่|น้ำ",
    "cjk": "家族|東京都|ひらがな|がぎ|안녕하세요|한국",
    "symbols": "❤|★ ☆|→|☺|👨‍👩‍👧|🇳🇱|1️⃣|€ 5,00|№ 3|&|“”|…|°|×",
    "marks": "e\u0301|o\u0308\u0304|x\u0323\u0307|q\u0303|a\u20dd|ı\u0307|\u0301|ש\u05c1\u05b8|ب\u064e\u0651",
    "neutral": " |-|/|(|)|[|]|{|}|«|»|,|.|:|12|3.5|+4|%|\u00a0|!",
    "steering": "\u200c|\u200d|\u200e|\u200f|\u061c|\u00ad",
}
MIXES = (
    ("latin",),
    ("latin", "neutral", "symbols"),
    ("latin", "marks"),
    ("greek", "latin", "neutral"),
    ("cyrillic", "neutral"),
    ("arabic",),
    ("arabic", "neutral", "latin"),
    ("hebrew", "neutral"),
    ("hebrew", "latin", "arabic", "neutral", "steering"),
    ("arabic", "marks", "steering"),
    ("devanagari", "latin", "neutral"),
    ("thai", "neutral", "latin"),
    ("cjk", "latin", "symbols"),
    tuple(WORDS),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One text that the two set differently: in what, and how each did."""

    text: str
    font: str
    what: str
    server: str
    browser: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`glyphs`: how many were compared, with their ids and positions; `outlines`: of how many texts."""

    texts: int
    glyphs: int
    outlines: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    text: str
    frame: TextFrame
    placement: Placement | None


def node() -> str | None:
    """The node program, or None where it is not installed."""
    return shutil.which("node")


def samples(count: int, *, seed: int) -> list[Sample]:
    """Texts of one or more scripts in frames of many shapes; the same for the same seed everywhere."""
    chance = random.Random(seed)
    words = {script: text.split("|") for script, text in WORDS.items()}
    found = []
    for number in range(count):
        mix = MIXES[number % len(MIXES)]
        parts = [chance.choice(words[chance.choice(mix)]) for _ in range(chance.randint(1, 4))]
        text = chance.choice(("", " ")).join(parts)
        if chance.random() < 0.1:
            text += "\n" + chance.choice(words[mix[0]])
        left, top = chance.randrange(50_000), chance.randrange(50_000)
        size = chance.randrange(2_000, 40_000)
        frame = TextFrame(
            element="text",
            font=chance.choice(FONTS),
            box=Box(
                left,
                top,
                left + chance.randrange(10_000, 300_000),
                top + chance.randrange(size // 2, 60_000),
            ),
            align=chance.choice(("left", "center", "right")),
            valign=chance.choice(("top", "middle", "bottom")),
            size_um=size,
            min_size_um=chance.randrange(1_000, size + 1),
            arc_um=chance.choice((0, 0, 0, 0, 1, -1)) * chance.randrange(5_000, 200_000),
        )
        placement = Placement(
            chance.randrange(200_000),
            chance.randrange(100_000),
            chance.randrange(2_000, 200_000),
            chance.choice((0, 90_000, -30_000, chance.randrange(-179_999, 180_001))),
        )
        found.append(Sample(text, frame, placement if number % 5 == 0 else None))
    return found


def compare(count: int, *, seed: int, outlined: int = 1) -> Comparison:
    """Set texts both ways; glyphs and positions of all, and the outlines of every `outlined`-th, which take
    most of the time. Raises `FileNotFoundError` where node is missing.
    """
    program = node()
    if program is None:
        raise FileNotFoundError("node is not installed: the browser's layout cannot be run.")
    fonts = FontLibrary.installed()
    faces = {
        face_name(face): {"path": str(path := fonts.file_of(face.code).path), **face_json(face, path)}
        for font in FONTS
        for face in fonts.chain(font)
    }
    asked = samples(count, seed=seed)
    rows = [{"faces": faces}]
    rows += [_question(sample, fonts, number % outlined == 0) for number, sample in enumerate(asked)]
    done = subprocess.run(
        [program, str(SCRIPT)],
        input="".join(json.dumps(row) + "\n" for row in rows),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(row) for row in done.stdout.splitlines()]
    differences: list[Difference] = []
    glyphs = 0
    outlines = 0
    for sample, answer in zip(asked, answers, strict=True):
        expected = _server(sample, fonts, "path" in answer)
        outlines += "path" in answer
        glyphs += sum(map(len, expected["glyphs"]))
        differences += [
            Difference(sample.text, sample.frame.font, what, str(value), str(answer[what]))
            for what, value in expected.items()
            if answer[what] != value
        ]
    return Comparison(count, glyphs, outlines, tuple(differences))


def _question(sample: Sample, fonts: FontLibrary, outlined: bool) -> dict[str, Any]:
    frame = sample.frame
    return {
        "text": sample.text,
        "outlined": outlined,
        "chain": [face_name(face) for face in fonts.chain(frame.font)],
        "frame": {
            "box": frame.box.as_json(),
            "align": frame.align,
            "valign": frame.valign,
            "size": frame.size_um,
            "min_size": frame.min_size_um,
            "arc": frame.arc_um,
        },
        "placement": sample.placement
        and {
            "x": sample.placement.x_um,
            "y": sample.placement.y_um,
            "width": sample.placement.width_um,
            "rotation": sample.placement.rotation_mdeg,
        },
    }


def _server(sample: Sample, fonts: FontLibrary, outlined: bool) -> dict[str, Any]:
    lines = [shape_line(line, font=sample.frame.font, fonts=fonts) for line in sample.text.split("\n")]
    shaped = {
        "glyphs": [
            [[face_name(each.face), each.glyph, each.x, each.y] for each in line.glyphs] for line in lines
        ],
        "missing": list(dict.fromkeys(letter for line in lines for letter in line.missing)),
    }
    if not outlined:
        return shaped
    if sample.placement is None:
        made = set_text(sample.text, frame=sample.frame, fonts=fonts)
    else:
        made = place_text(sample.text, frame=sample.frame, placement=sample.placement, fonts=fonts)
    return {**shaped, "path": path_data(made.path), "size": made.size_um}


if __name__ == "__main__":
    wanted, chosen = (int(word) for word in (*sys.argv[1:], "5000", "1")[:2])
    found = compare(wanted, seed=chosen)
    for difference in found.differences[:20]:
        print(f"{difference.text!r} in {difference.font}: {difference.what}")
    compared = f"{found.texts} texts, {found.glyphs} glyphs, {found.outlines} outlines"
    print(f"{compared}, {len(found.differences)} differences")
    sys.exit(bool(found.differences))
