"""Where a line may end: the Unicode line breaking algorithm (UAX #14), by the library uniseg.

Thai, Lao, Khmer and Burmese are written without spaces between words, and finding their words takes a
dictionary, which is not here. The rule for them: lines end at spaces (and at zero width spaces); only where
that does not fit may a line end between two letters of such a script, never inside a grapheme cluster.
"""

from __future__ import annotations

from functools import lru_cache

from fontTools.unicodedata import script as script_of
from uniseg.linebreak import line_break_boundaries
from wcwidth import iter_graphemes

# Scripts whose letters have the line breaking class SA (complex context).
WITHOUT_SPACES = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Lana", "Tale", "Talu", "Tavt", "Ahom"})


@lru_cache(maxsize=256)
def line_ends(text: str) -> tuple[int, ...]:
    """The places where a line of the text may end, as counts of code points; the end of the text is one."""
    return tuple(place for place in line_break_boundaries(text) if place > 0)


def needs_dictionary(text: str) -> bool:
    """Whether words of the text cannot be told apart by its characters."""
    return any(script_of(character) in WITHOUT_SPACES for character in text)


def line_ends_between_letters(text: str) -> tuple[int, ...]:
    """The same, and the places between two letters of scripts that are written without spaces."""
    places = set(line_ends(text))
    start, before = 0, ""
    for cluster in iter_graphemes(text):
        script = script_of(cluster[0])
        if before == script and script in WITHOUT_SPACES and not _leans_on_another(text, start):
            places.add(start)
        start, before = start + len(cluster), script
    return tuple(sorted(places))


def _leans_on_another(text: str, place: int) -> bool:
    """Whether a Thai or Lao vowel written before its consonant, or one after it, would be torn off."""
    before, after = text[place - 1], text[place]
    return before in "เแโใไເແໂໃໄ" or after in "ะาำๅๆฯະາຳໆ"
