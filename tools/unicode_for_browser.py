"""Writes static/js/layout/unicode.js and line_classes.js: what the server knows of characters, for browsers.

`python -m tools.unicode_for_browser` after an update of Python, fonttools or uniseg; a test compares them.
Ranges of code points with the same property are written as the length of the range in base 36 and an index
into the names, so that the file stays small.
"""

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from fontTools.unicodedata import script
from uniseg.emoji import extended_pictographic
from uniseg.linebreak import LineBreak, line_break

from configurator.engine.layout.bidirectional import class_of, closing_bracket

FOLDER = Path(__file__).resolve().parents[1] / "static" / "js" / "layout"
WRITTEN = "/** Written by tools/unicode_for_browser.py: characters as the server knows them. */\n\n"
CODE_POINTS = 0x110000
WIDTH = 100
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits


def runs(property_of: Callable[[str], str]) -> list[tuple[int, str]]:
    """(how many code points, their property), from U+0000 up."""
    found: list[tuple[int, str]] = []
    for code in range(CODE_POINTS):
        known = property_of(chr(code))
        if found and found[-1][1] == known:
            found[-1] = (found[-1][0] + 1, known)
        else:
            found.append((1, known))
    return found


def table(name: str, of: Sequence[tuple[int, str]]) -> str:
    names = list(dict.fromkeys(known for _, known in of))
    packed = " ".join(f"{base36(count)}.{base36(names.index(known))}" for count, known in of)
    lines = [packed[start : start + WIDTH] for start in range(0, len(packed), WIDTH)]
    text = "\n  + ".join(f'"{line}"' for line in lines)
    return f'export const {name} = unpacked("{" ".join(names)}",\n  {text});\n'


def line_class(character: str) -> str:
    """The class of UAX #14 once rule LB1 has resolved it, and in small letters what rules ask of a character
    besides: `i` and `f` for quotation marks that begin and end, `w` for wide ones of East Asia, `e` for
    emoji yet to be encoded."""
    kind, general = line_break(character), unicodedata.category(character)
    if kind in (LineBreak.AI, LineBreak.SG, LineBreak.XX):
        kind = LineBreak.AL
    elif kind == LineBreak.SA:
        kind = LineBreak.CM if general in ("Mn", "Mc") else LineBreak.AL
    elif kind == LineBreak.CJ:
        kind = LineBreak.NS
    asked = {
        "i": general == "Pi",
        "f": general == "Pf",
        "w": unicodedata.east_asian_width(character) in ("F", "W", "H"),
        "e": general == "Cn" and extended_pictographic(character),
    }
    return f"{kind.value}{''.join(letter for letter, holds in asked.items() if holds)}"


def line_classes() -> str:
    return (
        WRITTEN + 'import { unpacked } from "./unicode.js";\n\n'
        "/** Code point -> class of the line breaking algorithm, and marks in small letters:\n"
        " * i, f: a quotation mark that begins, that ends; w: wide; e: kept for emoji. */\n"
        + table("lineClass", runs(line_class))
    )


def unicode() -> str:
    brackets = [
        f"[0x{code:x}, 0x{ord(closing):x}]"
        for code in range(CODE_POINTS)
        if (closing := closing_bracket(chr(code)))
    ]
    rows = [", ".join(brackets[start : start + 6]) for start in range(0, len(brackets), 6)]
    return (
        WRITTEN
        + "/** Names of properties, and runs of code points that have them -> what a code point has. */\n"
        "export function unpacked(names, packed) {\n"
        '  const known = names.split(" ");\n'
        "  const starts = [], values = [];\n"
        "  let start = 0;\n"
        '  for (const run of packed.split(" ")) {\n'
        '    const [count, value] = run.split(".");\n'
        "    starts.push(start);\n"
        "    values.push(known[parseInt(value, 36)]);\n"
        "    start += parseInt(count, 36);\n"
        "  }\n"
        "  return (code) => {\n"
        "    let low = 0, high = starts.length - 1;\n"
        "    while (low < high) {\n"
        "      const middle = (low + high + 1) >> 1;\n"
        "      if (starts[middle] <= code) low = middle;\n"
        "      else high = middle - 1;\n"
        "    }\n"
        "    return values[low];\n"
        "  };\n"
        "}\n\n"
        "/** Opening bracket -> closing bracket. */\n"
        "export const CLOSING = new Map([\n  " + ",\n  ".join(rows) + ",\n]);\n\n"
        "/** Code point -> class of the bidirectional algorithm. */\n"
        + table("bidiClass", runs(class_of))
        + "\n/** Code point -> script (ISO 15924). */\n"
        + table("scriptOf", runs(script))
    )


MODULES: dict[str, Callable[[], str]] = {"unicode.js": unicode, "line_classes.js": line_classes}

if __name__ == "__main__":
    for name, module in MODULES.items():
        (FOLDER / name).write_text(module(), encoding="ascii")
