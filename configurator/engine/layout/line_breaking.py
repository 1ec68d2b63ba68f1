"""Where a line may end: the Unicode line breaking algorithm (UAX #14), by the library uniseg.

Thai, Lao, Khmer and Burmese are written without spaces between words. Words of Thai are found by BudouX, a
small model trained on segmented text, asked to be surer than it is by itself. For the others, and where even
Thai words do not fit: a line may end between two letters, never inside a grapheme cluster, with a warning.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import accumulate, groupby

import budoux
from fontTools.unicodedata import script as script_of
from uniseg.linebreak import line_break_boundaries
from wcwidth import iter_graphemes

# Scripts whose letters have the line breaking class SA (complex context).
WITHOUT_SPACES = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Lana", "Tale", "Talu", "Tavt", "Ahom"})


# Scripts whose words are found by a model that browsers are not given: where such a text wraps, the server
# alone sets it (`layout.live` tells the page).
WORDS_BY_MODEL = frozenset({"Thai"})

# The model's score by which a break has to beat even chances: 93 of 100 breaks are then ones that ICU's or
# PyThaiNLP's dictionary has too, and 79 of 100 that both have are found; with 0 it is 90 and 93.
LEAST_SCORE = 1000


@lru_cache(maxsize=256)
def line_ends(text: str) -> tuple[int, ...]:
    """The places where a line of the text may end, as counts of code points; the end of the text is one."""
    return tuple(place for place in line_break_boundaries(text) if place > 0)


@lru_cache(maxsize=256)
def line_ends_between_words(text: str) -> tuple[int, ...]:
    """The same, and the places between two words of Thai."""
    places = set(line_ends(text))
    start = 0
    for script, letters in groupby(iter_graphemes(text), key=lambda cluster: script_of(cluster[0])):
        clusters = list(letters)
        if script in WORDS_BY_MODEL:
            words = _thai_words().parse("".join(clusters))
            between = {*accumulate(map(len, clusters))} & {*accumulate(map(len, words[:-1]))}
            places |= {start + end for end in between if not _leans_on_another(text, start + end)}
        start += sum(map(len, clusters))
    return tuple(sorted(places))


@cache
def _thai_words() -> budoux.Parser:
    model = budoux.load_default_thai_parser().model
    # A break is made where the scores of the letters around it exceed half of the sum of all scores: a row
    # that no letters have raises that sum by twice the least score.
    return budoux.Parser({**model, "": {"": 2 * LEAST_SCORE}})


def needs_server(text: str) -> bool:
    """Whether only the server knows where a line of the text may end."""
    return any(script_of(character) in WORDS_BY_MODEL for character in text)


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
