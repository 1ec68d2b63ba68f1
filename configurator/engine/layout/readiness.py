"""Can texts be made here? The font files and HarfBuzz, tried with words whose letters have to change.

A shaper that does not join Arabic or stack Devanagari makes wrong letters without any error: it is asked
before the shop opens its doors.
"""

from __future__ import annotations

from dataclasses import dataclass

from configurator.engine import font_files
from configurator.engine.fonts import FontLibrary
from configurator.engine.layout.shaping import shape_line

_MEND = "run `python3 manage.py up`, which installs what requirements.txt names"


@dataclass(frozen=True, slots=True)
class _Trial:
    """Together the letters give other glyphs than one by one; `glyphs` of them where the number tells."""

    script: str
    word: str
    glyphs: int | None = None


_TRIALS = (
    _Trial("Arabic", "\u0633\u0644\u0627\u0645"),
    _Trial("Devanagari", "\u0915\u094d\u0937", 1),
    _Trial("emoji", "\U0001f469\u200d\U0001f469\u200d\U0001f467", 1),
)
_READABLE = {"Hebrew": "\u05e9\u05dc\u05d5\u05dd", "Thai": "\u0e1a\u0e49\u0e32\u0e19", "Han": "\u6771\u4eac"}


def problems() -> tuple[str, ...]:
    """What stands against making texts here, each with the way to mend it; nothing when all is well."""
    missing = font_files.problems()
    return missing or shaping_problems(FontLibrary.installed())


def shaping_problems(fonts: FontLibrary) -> tuple[str, ...]:
    """Scripts in which the shaper makes wrong letters, or no letters."""
    found: list[str] = []
    for trial in _TRIALS:
        together = _glyphs(trial.word, fonts)
        alone = [glyph for letter in trial.word for glyph in _glyphs(letter, fonts)]
        wrong = 0 in together or sorted(together) == sorted(alone)
        if wrong or (trial.glyphs is not None and len(together) != trial.glyphs):
            found.append(f"HarfBuzz leaves {trial.script} letters apart. To mend it {_MEND}.")
    for script, word in _READABLE.items():
        if shape_line(word, font="inter", fonts=fonts).missing:
            found.append(f"No font has the letters of {script}. To mend it {_MEND}.")
    return tuple(found)


def _glyphs(text: str, fonts: FontLibrary) -> list[int]:
    return [glyph.glyph for glyph in shape_line(text, font="noto-sans", fonts=fonts).glyphs]
