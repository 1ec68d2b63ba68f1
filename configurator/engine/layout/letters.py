"""A font with only the letters of a text: what a browser gets of one that is too large to be sent whole.

HarfBuzz's own subsetter makes it, in milliseconds; glyphs are numbered anew and keep their outlines, their
advances and the features that shaping uses. Open font licences allow it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from functools import cache
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any

import uharfbuzz as hb

from configurator.engine.fonts import FontFile

# In one address: the longest text that a family may ask for has fewer different ones.
MOST_LETTERS = 400
# What shaping may put in the place of letters: a space of another width, a hyphen, the circle under a mark.
STAND_INS = " \u00a0\u2010\u2011\u25cc"


def letters_of(file: FontFile, letters: Collection[int]) -> bytes:
    """The font file with these code points, and those that shaping may take for them; the same bytes for the
    same letters."""
    plan = subset_plan(file, letters)
    data: bytes = plan.execute().blob.data
    return data


def subset_plan(file: FontFile, letters: Collection[int]) -> Any:
    """`new_to_old_glyph_mapping` of it says which glyph of the whole font each one is."""
    asked = hb.SubsetInput()
    asked.unicode_set.update(_with_other_forms(letters))
    return hb.SubsetPlan(_face(file.path), asked)


def _with_other_forms(letters: Collection[int]) -> set[int]:
    """HarfBuzz takes letters apart and puts them together as the font has them."""
    text = "".join(map(chr, sorted(letters)))
    return set(
        map(ord, text + unicodedata.normalize("NFD", text) + unicodedata.normalize("NFC", text) + STAND_INS)
    )


@cache
def _face(path: FilePath) -> Any:
    return hb.Face(hb.Blob.from_file_path(str(path)))


def read_letters(text: str) -> tuple[int, ...] | None:
    """The code points that an address names, `5bb6-65cf`: rising, hexadecimal without zeros in front, so that
    equal letters have equal addresses; None for anything else."""
    parts = text.split("-")
    if len(parts) > MOST_LETTERS or max(map(len, parts)) > 6:
        return None
    try:
        codes = tuple(int(part, 16) for part in parts)
    except ValueError:
        return None
    sound = all(0 <= code < 0x110000 and not 0xD800 <= code < 0xE000 for code in codes)
    rising = all(one < other for one, other in pairwise(codes))
    return codes if sound and rising and write_letters(codes) == text else None


def write_letters(letters: Collection[int]) -> str:
    return "-".join(f"{code:x}" for code in sorted(letters))
