"""UAX #9 against Unicode's own conformance test, and against the independent implementation inside
python-bidi (the unicode-bidi crate)."""

import lzma
from pathlib import Path

import bidi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.layout.bidirectional import class_of, closing_bracket, level_runs, levels

LETTERS = st.text(
    alphabet=list("aczאבשابتẞ0159٠١٩ ()[]{}⟨⟩<>«»,.:;-+$%/&'\"\u0308\u0651\u2066\u2067\u2068\u2069—·😀"),
    max_size=18,
)
# python-bidi mirrors brackets in the text; here HarfBuzz does that. Compare without the difference.
UNMIRRORED = str.maketrans(")]}⟩>»", "([{⟨<«")


CONFORMANCE = Path(__file__).parent / "unicode" / "BidiCharacterTest-15.0.0.txt.xz"


def test_every_case_of_the_unicode_conformance_test_has_its_levels():
    """BidiCharacterTest: code points; direction (2: of the first strong letter); its level; levels, x where
    a character is taken out."""
    cases = 0
    for row in lzma.decompress(CONFORMANCE.read_bytes()).decode().splitlines():
        if not row or row.startswith("#"):
            continue
        points, direction, _, wanted, _ = row.split(";")
        text = "".join(chr(int(point, 16)) for point in points.split())
        found = levels(text, base={"0": 0, "1": 1, "2": None}[direction])
        told = wanted.split()
        assert len(told) == len(found), row
        assert all(each in ("x", str(level)) for each, level in zip(told, found, strict=True)), row
        cases += 1
    assert cases == 91_707


def as_seen(text: str, base: int) -> str:
    pieces = [
        text[run.start : run.end][::-1] if run.right_to_left else text[run.start : run.end]
        for run in level_runs(text, base=base)
    ]
    return "".join(pieces)


@settings(max_examples=1500)
@given(LETTERS, st.sampled_from([0, 1]))
def test_the_order_seen_is_that_of_the_standard(text, base):
    expected = bidi.get_display(text, base_dir="LR"[base])
    assert as_seen(text, base).translate(UNMIRRORED) == expected.translate(UNMIRRORED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", (0, 0, 0)),
        ("אבג", (1, 1, 1)),
        ("a אב", (0, 0, 1, 1)),
        # European digits keep their order inside Hebrew, one level deeper.
        ("אב 12", (1, 1, 1, 2, 2)),
        # After an Arabic letter they count as Arabic digits.
        ("ب12", (1, 2, 2)),
        ("a ب12 c", (0, 0, 1, 2, 2, 0, 0)),
        # Both brackets follow what they enclose (N0), here against the paragraph.
        ("a(אב)", (0, 0, 1, 1, 0)),
        # An isolate does not disturb what is around it.
        ("a\u2067אב\u2069b", (0, 0, 1, 1, 0, 0)),
    ],
)
def test_levels(text, expected):
    assert levels(text) == expected


def test_a_name_in_two_scripts_is_seen_in_order():
    runs = level_runs("Omar عمر 2014")
    assert [(run.start, run.end, run.level) for run in runs] == [(0, 5, 0), (9, 13, 2), (5, 9, 1)]


def test_the_empty_text_has_no_runs():
    assert level_runs("") == ()


def test_brackets_know_their_partner():
    assert [closing_bracket(c) for c in "([{⟨⦍a)"] == [")", "]", "}", "⟩", "⦐", None, None]


def test_unassigned_letters_of_hebrew_and_arabic_blocks_run_right_to_left():
    assert class_of("\u05ff") == "R"
    assert class_of("\u070e") == "AL"
