"""Writes static/js/layout/unicode.js: what the server's layout knows of characters, for the browser's.

`python -m tools.unicode_for_browser` after an update of Python or fonttools; a test compares the file.
Ranges of code points with the same property are written as the length of the range in base 36 and an index
into the names, so that the file stays small.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from fontTools.unicodedata import script

from configurator.engine.layout.bidirectional import class_of, closing_bracket

TARGET = Path(__file__).resolve().parents[1] / "static" / "js" / "layout" / "unicode.js"
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


def module() -> str:
    brackets = [
        f"[0x{code:x}, 0x{ord(closing):x}]"
        for code in range(CODE_POINTS)
        if (closing := closing_bracket(chr(code)))
    ]
    rows = [", ".join(brackets[start : start + 6]) for start in range(0, len(brackets), 6)]
    return (
        "/** Written by tools/unicode_for_browser.py: characters as the server knows them. */\n\n"
        "function unpacked(names, packed) {\n"
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


if __name__ == "__main__":
    TARGET.write_text(module(), encoding="ascii")
