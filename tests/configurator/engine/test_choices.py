"""Choices in their one form, and what is no choice at all."""

import unicodedata

import pytest

from configurator.engine.choices import ChoiceError, ChoiceProblem, first_letters, normalise, text_length
from configurator.engine.family import read_family
from tests.configurator.engine.test_family import SIGN

SPEC = read_family(SIGN)


def problem(**choices: object) -> ChoiceProblem:
    with pytest.raises(ChoiceError) as refusal:
        normalise(SPEC, choices)
    assert len(refusal.value.problems) == 1
    return refusal.value.problems[0]


def test_choices_stand_in_the_order_of_the_family_without_what_is_not_chosen() -> None:
    found = normalise(SPEC, {"photo": None, "line": "", "height": "14", "size": "s"})
    assert list(found.items()) == [("size", "s"), ("height", 14)]


def test_a_text_is_composed() -> None:
    assert normalise(SPEC, {"line": unicodedata.normalize("NFD", "Müller")}) == {"line": "Müller"}


@pytest.mark.parametrize(
    ("text", "length"), [("Müller", 6), ("e\u0301", 1), ("👨‍👩‍👧", 1), ("🇳🇱🇺🇦", 2), ("ก็", 1), ("שָׁלוֹם", 4)]
)
def test_a_letter_is_what_a_reader_counts(text: str, length: int) -> None:
    assert text_length(text) == length


def test_a_text_is_cut_between_letters() -> None:
    assert first_letters("a👨‍👩‍👧b", 2) == "a👨‍👩‍👧"


def test_an_unknown_option_is_refused_with_the_nearest() -> None:
    assert problem(heigth=12).hint == "did you mean height?"


def test_a_value_of_another_family_is_refused() -> None:
    assert problem(size="walnut").message == "Size has no value walnut."


def test_a_number_off_the_grid_is_refused() -> None:
    found = problem(height=13)
    assert found.message == "Letter height goes from 6 to 60 mm in steps of 2."
    assert found.hint == "the nearest is 12 mm"


@pytest.mark.parametrize("value", [True, 1.5, "twelve", [12], "9" * 400])
def test_what_is_no_number_is_refused(value: object) -> None:
    assert problem(height=value).option == "height"


def test_a_text_that_is_too_long_is_refused() -> None:
    assert problem(line="x" * 13).message == "Line may have 12 letters at most."


def test_a_text_of_a_million_marks_is_refused_quickly() -> None:
    assert problem(line="a" + "\u0301" * 1_000_000).message == "Line may have 12 letters at most."


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\u2028b", "a\ud800b"])
def test_a_character_that_cannot_be_written_is_refused(text: str) -> None:
    assert problem(line=text).message == "Line holds a character that cannot be written."


def test_a_picture_is_named_by_its_hash() -> None:
    assert problem(photo="../../etc/passwd").hint == "upload it first"


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(ChoiceError) as refusal:
        normalise(SPEC, {"size": "xl", "height": 7, "colour": "red"})
    assert [found.option for found in refusal.value.problems] == ["colour", "size", "height"]
