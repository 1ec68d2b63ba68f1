"""What people read of a finding: a verdict, where it is, and its numbers."""

from typing import Any

import pytest

from configurator.engine.family import read_family
from configurator.engine.finding_words import told, with_words

HEAD = """
family: card
name: Card
currency: EUR
base_price: 1
options:
  - {code: words, name: Words, kind: text, required: false, max_length: 80}
surfaces:
  - {code: front, name: Front, process: print, width: 90 mm, height: 50 mm, elements: [
      {kind: text, option: words, box: [5 mm, 5 mm, 80 mm, 15 mm], size: 8 mm}]}
"""
CARD = read_family(HEAD)
BOTH = read_family(HEAD + "  - {code: back, name: Back side, process: print, width: 90 mm, height: 50 mm}\n")
THIN: dict[str, Any] = {
    "surface": "front",
    "code": "stroke-too-thin",
    "severity": "warn",
    "element": "words",
    "measured": 0.25,
    "limit": 0.3,
    "unit": "mm",
    "message": "Hairlines.",
    "box": [89_460, 27_730, 120_000, 40_000],
    "repairs": [],
}


def test_a_finding_says_its_verdict_its_place_and_its_numbers() -> None:
    words = told(CARD, THIN)
    assert (words.sign, words.word) == ("!", "Please check")
    assert words.where == "Words · 89.5 mm from the left, 27.7 mm from the top"
    assert words.numbers == "Measured 0.25 mm, limit 0.3 mm"


def test_where_there_are_two_surfaces_the_finding_names_its_own() -> None:
    assert told(BOTH, {**THIN, "box": None}).where == "Words · Front"
    assert told(BOTH, {**THIN, "element": "shape-2", "surface": "back", "box": None}).where == "Back side"


@pytest.mark.parametrize(
    ("measured", "limit", "unit", "numbers"),
    [
        (1, 0, "letters", "Measured 1 letter, limit 0 letters"),
        (1234.5, 1000, "dpi", "Measured 1,234.5 dpi, limit 1,000 dpi"),
        (3, 2, "", "Measured 3, limit 2"),
        (None, 2, "mm", ""),
        (1, None, "mm", ""),
    ],
)
def test_numbers_are_counted_with_their_unit(
    measured: float | None, limit: float | None, unit: str, numbers: str
) -> None:
    assert told(CARD, {**THIN, "measured": measured, "limit": limit, "unit": unit}).numbers == numbers


def test_what_was_put_right_is_not_told_against_a_limit() -> None:
    assert told(CARD, {**THIN, "severity": "fixed"}).numbers == ""


def test_words_stand_beside_the_finding() -> None:
    assert with_words(CARD, THIN) == {
        **THIN,
        "told": {
            "sign": "!",
            "word": "Please check",
            "where": "Words · 89.5 mm from the left, 27.7 mm from the top",
            "numbers": "Measured 0.25 mm, limit 0.3 mm",
        },
    }
