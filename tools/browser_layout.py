"""Compares the browser's layout of texts (static/js/layout, run by node) with the server's.

`compare(count, seed=)` makes texts of many scripts, sets each both ways and tells where glyph ids, their
positions, places where lines end, the letter height, missing letters or the final outline differ. Of fonts
that a browser gets only letters of, node gets what the shop would send for the text. `python -m
tools.browser_layout [COUNT [SEED]]` prints it.
"""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from wcwidth import iter_graphemes

from configurator.engine.fonts import Face, FontFile, FontLibrary
from configurator.engine.geometry import Box, path_data
from configurator.engine.layout.letters import letters_of, subset_plan
from configurator.engine.layout.line_breaking import line_ends, line_ends_between_letters, needs_server
from configurator.engine.layout.live import face_json, face_name, frame_json, is_served
from configurator.engine.layout.shaping import shape_line
from configurator.engine.layout.text import TextFrame, place_text, set_text
from configurator.engine.placing import Placement
from tools.unicode_for_browser import line_class

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
    "cjk": "家族|東京都|ひらがな|がぎ|안녕하세요|한국|「家」、|ァー|（株）|ハ\u3099|각|ㄱㅏ|𠮷野家|１２",
    "symbols": "❤|★ ☆|→|☺|👨‍👩‍👧|🇳🇱|1️⃣|€ 5,00|№ 3|&|“”|…|°|×",
    "marks": "e\u0301|o\u0308\u0304|x\u0323\u0307|q\u0303|a\u20dd|ı\u0307|\u0301|ש\u05c1\u05b8|ب\u064e\u0651",
    "neutral": " |-|/|(|)|[|]|{|}|«|»|,|.|:|12|3.5|+4|%|\u00a0|!|\u2010|\u200b|\u2060|$5|–",
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
    ("cjk",),
    ("cjk", "latin", "neutral", "symbols"),
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
    """`glyphs`: how many were compared, with their ids and positions; `outlines`: of how many texts;
    `wrapped`: how many were broken into lines, at the places that were compared."""

    texts: int
    wrapped: int
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
        wraps = number % 4 == 0
        several = chance.randint(3, 10) if wraps else chance.randint(1, 4)
        parts = [chance.choice(words[chance.choice(mix)]) for _ in range(several)]
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
            fit="wrap" if wraps and not needs_server(text) else "shrink",
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
    known = dict.fromkeys(face for font in FONTS for face in fonts.chain(font))
    faces = {face_name(face): _face_json(face, fonts) for face in known}
    asked = samples(count, seed=seed)
    rows = [{"faces": faces}]
    rows += [_question(sample, fonts, number % outlined == 0) for number, sample in enumerate(asked)]
    answers = _answers(program, rows)
    differences: list[Difference] = []
    glyphs = outlines = wrapped = 0
    for sample, answer in zip(asked, answers, strict=True):
        expected = _server(sample, fonts, "path" in answer)
        outlines += "path" in answer
        wrapped += "ends" in expected
        glyphs += sum(map(len, expected["glyphs"]))
        differences += [
            Difference(sample.text, sample.frame.font, what, str(value), str(answer[what]))
            for what, value in expected.items()
            if answer[what] != value
        ]
    return Comparison(count, wrapped, glyphs, outlines, tuple(differences))


def compare_breaks(count: int, *, seed: int) -> tuple[str, ...]:
    """Texts of characters of every class of UAX #14, one as likely as the other: those in which browser and
    server let lines end at different places. Raises `FileNotFoundError` where node is missing."""
    program = node()
    if program is None:
        raise FileNotFoundError("node is not installed: the browser's layout cannot be run.")
    chance = random.Random(seed)
    classes: dict[str, list[str]] = {}
    for code in (*range(0xD800), *range(0xE000, 0x20000), 0x20BB7, 0xE0001):
        classes.setdefault(line_class(chr(code)), []).append(chr(code))
    named = sorted(classes)
    lines = [
        "".join(chance.choice(classes[chance.choice(named)]) for _ in range(chance.randint(1, 9)))
        for _ in range(count)
    ]
    (answer,) = _answers(program, [{"lines": lines}])
    return tuple(
        line
        for line, ends, torn in zip(lines, answer["ends"], answer["torn"], strict=True)
        if (ends, torn) != (list(line_ends(line)), list(line_ends_between_letters(line)))
    )


def _answers(program: str, rows: list[dict[str, Any]]) -> list[Any]:
    done = subprocess.run(
        [program, str(SCRIPT)],
        input="".join(json.dumps(row) + "\n" for row in rows),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(row) for row in done.stdout.splitlines()]


def _face_json(face: Face, fonts: FontLibrary) -> dict[str, Any]:
    file = fonts.file_of(face.code)
    return {"path": str(file.path) if is_served(file) else None, **face_json(face, file.path)}


def _question(sample: Sample, fonts: FontLibrary, outlined: bool) -> dict[str, Any]:
    chain = fonts.chain(sample.frame.font)
    return {
        "text": sample.text,
        "outlined": outlined,
        "chain": [face_name(face) for face in chain],
        "letters": {
            face_name(face): _letters(fonts.file_of(face.code), sample.text)
            for face in chain
            if not is_served(fonts.file_of(face.code)) and _asked(sample, face, fonts)
        },
        "frame": frame_json(sample.frame),
        "placement": sample.placement
        and {
            "x": sample.placement.x_um,
            "y": sample.placement.y_um,
            "width": sample.placement.width_um,
            "rotation": sample.placement.rotation_mdeg,
        },
    }


def _asked(sample: Sample, face: Face, fonts: FontLibrary) -> bool:
    """Whether some letter of the text is in none of the fonts that come before this one."""
    before = list(takewhile(lambda each: each is not face, fonts.chain(sample.frame.font)))
    text = unicodedata.normalize("NFC", sample.text.replace("\n", ""))
    return any(not any(each.covers(cluster) for each in before) for cluster in iter_graphemes(text))


def _letters(file: FontFile, text: str) -> dict[str, Any]:
    """What a browser gets of a font that is too large: the file, for which letters, and which glyph of the
    whole font each glyph of it is."""
    held = sorted(set(map(ord, unicodedata.normalize("NFC", text.replace("\n", "")))))
    mapping = subset_plan(file, held).new_to_old_glyph_mapping
    return {
        "held": held,
        "file": base64.b64encode(letters_of(file, held)).decode(),
        "glyphs": {str(new): old for new, old in mapping.items()},
    }


def _server(sample: Sample, fonts: FontLibrary, outlined: bool) -> dict[str, Any]:
    lines = [shape_line(line, font=sample.frame.font, fonts=fonts) for line in sample.text.split("\n")]
    told: dict[str, Any] = {
        "glyphs": [
            [[face_name(each.face), each.glyph, each.x, each.y] for each in line.glyphs] for line in lines
        ],
        "missing": list(dict.fromkeys(letter for line in lines for letter in line.missing)),
    }
    if sample.frame.fit == "wrap":
        written = unicodedata.normalize("NFC", sample.text).split("\n")
        told["ends"] = [list(line_ends(line)) for line in written]
        told["torn"] = [list(line_ends_between_letters(line)) for line in written]
    if not outlined:
        return told
    if sample.placement is None:
        made = set_text(sample.text, frame=sample.frame, fonts=fonts)
    else:
        made = place_text(sample.text, frame=sample.frame, placement=sample.placement, fonts=fonts)
    return {**told, "path": path_data(made.path), "size": made.size_um}


if __name__ == "__main__":
    wanted, chosen = (int(word) for word in (*sys.argv[1:], "5000", "1")[:2])
    found = compare(wanted, seed=chosen)
    for difference in found.differences[:20]:
        print(f"{difference.text!r} in {difference.font}: {difference.what}")
    compared = (
        f"{found.texts} texts ({found.wrapped} wrapped), {found.glyphs} glyphs, {found.outlines} outlines"
    )
    print(f"{compared}, {len(found.differences)} differences")
    sys.exit(bool(found.differences))
