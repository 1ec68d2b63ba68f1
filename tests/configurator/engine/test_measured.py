"""Measured numbers in rules: the width and height of texts as they are made, the resolution of pictures."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.domains import Kernel
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box
from configurator.engine.knowledge import TooLarge, compile_family
from configurator.engine.layout.text import TextFrame, set_text
from configurator.engine.measuring import FontMeasurer, Measures, measured_values
from configurator.engine.rules import environment_of, rule_holds
from configurator.engine.spec import (
    Choice,
    FamilySpec,
    MeasureSpec,
    OptionSpec,
    Quantity,
    RuleSpec,
    ValueSpec,
)

PICTURE = "ab" * 32
NARROW, WIDE = ValueSpec("narrow", "Narrow", {"font": "n"}), ValueSpec("wide", "Wide", {"font": "w"})
FONT = OptionSpec(code="font", name="Lettering", kind="choice", values=(NARROW, WIDE))
SIZE = OptionSpec(code="size", name="Letter height", kind="integer", unit="mm", minimum=10, maximum=60)
BOARD = OptionSpec(
    code="board",
    name="Board",
    kind="choice",
    values=tuple(
        ValueSpec(f"b{width}", f"{width} mm", {"width": Quantity(Fraction(width), "mm")})
        for width in (120, 200, 400)
    ),
)
WORDS = OptionSpec(
    code="line1",
    name="First line",
    kind="text",
    required=False,
    max_length=12,
    measure=MeasureSpec(font="{font.font}", size="size"),
)
PHOTO = OptionSpec(
    code="photo",
    name="Picture",
    kind="image",
    required=False,
    measure=MeasureSpec(width="size", height="2 * size"),
)


class Ruler:
    """Letters of the wide font are 1.003 letter heights wide, of the narrow one 0.5; a picture of
    600 x 900.
    """

    def text(self, text: str, font: str) -> tuple[int, int]:
        return len(text) * (1003 if font == "w" else 500), 1400

    def missing(self, text: str, font: str) -> int:
        return sum(letter in text for letter in ("ß", "é") if font == "w")

    def picture(self, sha256: str) -> tuple[int, int] | None:
        return 600, 900


def sign(*rules: str, options: tuple[OptionSpec, ...] = (BOARD, FONT, SIZE, WORDS, PHOTO)) -> FamilySpec:
    numbered = tuple(RuleSpec(f"R{number}", expr=rule) for number, rule in enumerate(rules, start=1))
    return FamilySpec(code="sign", name="Sign", options=options, rules=numbered)


def kernel_of(spec: FamilySpec) -> Kernel:
    knowledge = compile_family(spec)
    return Kernel(knowledge, measures=Measures(knowledge, Ruler()))


def test_a_typed_text_limits_the_letters_and_the_font() -> None:
    kernel = kernel_of(sign("line1.width <= board.width - 20 mm"))
    answer = kernel.answer({"board": "b120", "line1": "MAXIM"})
    # 5 letters of 1.003 letter heights in 100 mm: 19 mm; of 0.5 letter heights: 40 mm.
    assert answer.options["size"].high == 40
    wide = kernel.answer({"board": "b120", "line1": "MAXIM", "font": "wide"})
    assert wide.options["size"].high == 19
    tall = kernel.answer({"board": "b120", "line1": "MAXIM", "size": 30})
    assert tall.options["font"].values == {"narrow": "forced", "wide": "impossible"}


def test_a_text_not_typed_yet_may_have_any_width() -> None:
    answer = kernel_of(sign("line1.width <= board.width - 20 mm")).answer({"board": "b120"})
    assert answer.options["size"].high == 60
    assert answer.options["line1"].length_high == 12


def test_a_text_left_out_has_no_width() -> None:
    kernel = kernel_of(sign("line1.width >= 40 mm"))
    assert not kernel.consistent({"line1": ""})
    assert kernel_of(sign("line1.width <= 1 mm")).consistent({"line1": "", "font": "wide"})


def test_the_refusal_says_what_was_measured() -> None:
    kernel = kernel_of(sign("line1.width <= board.width - 20 mm"))
    conflict = kernel.explain({"board": "b120", "line1": "MAXIM", "font": "wide"}, "size", 30)
    assert conflict is not None
    assert "“MAXIM” is 150.5 mm wide in these letters." in conflict.sentence


def test_a_repair_makes_the_letters_smaller() -> None:
    kernel = kernel_of(sign("line1.width <= board.width - 20 mm"))
    repair = kernel.repair({"size": 40, "board": "b120", "font": "wide"}, "line1", "MAXIM")
    assert repair is not None
    assert kernel.consistent(repair.choices)


def test_a_text_that_fits_nowhere_is_asked_for_anew() -> None:
    kernel = kernel_of(sign("line1.width <= 30 mm", "size >= 20 mm"))
    repair = kernel.repair({"line1": "MAXIMILIAN"}, "font", "wide")
    assert repair is not None
    assert [(change.option, change.new) for change in repair.changes] == [("line1", None)]


def test_a_completion_takes_no_default_text_that_is_too_wide() -> None:
    words = replace(WORDS, default="MAXIMILIAN")
    kernel = kernel_of(sign("line1.width <= board.width", options=(BOARD, FONT, SIZE, words)))
    full = kernel.complete({"board": "b120", "font": "wide", "size": 60})
    assert full is not None
    assert kernel.consistent(full) and full.get("line1") != "MAXIMILIAN"


def test_a_coarse_picture_is_refused_at_large_sizes_only() -> None:
    kernel = kernel_of(sign("photo.count == 1 => photo.dpi >= 300"))
    # 600 dots over the width at 300 dots an inch: 50.8 mm; over the height of 101.6 mm there are fewer.
    assert kernel.answer({"photo": PICTURE}).options["size"].high == 50
    assert kernel.answer({}).options["size"].high == 60


def test_letters_that_a_font_lacks_limit_the_fonts() -> None:
    kernel = kernel_of(sign("line1.missing == 0"))
    answer = kernel.answer({"line1": "Süß"})
    assert answer.options["font"].values == {"narrow": "forced", "wide": "impossible"}
    fonts = kernel.answer({"line1": "Sun"}).options["font"].values
    assert fonts == {"narrow": "possible", "wide": "possible"}
    conflict = kernel.explain({"line1": "Süß"}, "font", "wide")
    assert conflict is not None
    assert "“Süß” has 1 letter that no font of this workshop has." in conflict.sentence


def test_an_empty_text_lacks_no_letter() -> None:
    assert not kernel_of(sign("line1.missing >= 1")).consistent({"line1": ""})
    assert kernel_of(sign("line1.missing == 0")).consistent({"line1": "", "font": "wide"})


def test_letters_are_missing_as_the_layout_finds_them() -> None:
    fonts = FontLibrary.installed()
    measurer = FontMeasurer(fonts)
    assert measurer.missing("Anna & שלום", "great-vibes") == 0  # others stand in
    assert measurer.missing("Anna \U00012000\U00012001\U00012000", "great-vibes") == 2
    frame = TextFrame("line1", "great-vibes", Box(0, 0, 900_000, 90_000), "center", "middle", 9_000, 9_000)
    (found,) = set_text("Anna \U00012000\U00012001\U00012000", frame=frame, fonts=fonts).findings
    assert (found.code, found.measured) == ("glyph-missing", 2)


def test_two_measured_numbers_in_one_comparison_are_refused_by_name() -> None:
    other = replace(WORDS, code="line2")
    with pytest.raises(TooLarge, match="several measured numbers") as refusal:
        compile_family(sign("line1.width + line2.width <= 90 mm", options=(BOARD, FONT, SIZE, WORDS, other)))
    assert refusal.value.rule == "R1"


RULES = [
    "line1.width <= board.width - 20 mm",
    "font == 'wide' => line1.width < 7 * size",
    "line1.height <= 50 mm | line1.length < 3",
    "!(line1.width >= 90 mm & line1.width <= 110 mm)",
    "max(line1.width, line1.height) <= 300 mm",
    "line1.missing < 1 | size >= 30 mm",
    "photo.count == 1 => photo.dpi >= 200 + size / 1 mm",
    "photo.count == 1 & line1.length > 0 => photo.dpi != 381",
    "line1.width == 2 * size | line1.length != 4",
]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(RULES), min_size=1, max_size=3, unique=True),
    st.sampled_from(["", "A", "MAX", "Süß", "MAXI", "MAXIMILIAN"]),
    st.sampled_from(["", PICTURE]),
)
def test_sizes_are_exact_for_what_is_measured(rules: list[str], text: str, photo: str) -> None:
    spec = sign(*rules)
    kernel = kernel_of(spec)
    choices: dict[str, Choice] = {"line1": text, "photo": photo}
    valid = {
        size
        for size in range(10, 61)
        for font in FONT.codes
        for board in BOARD.codes
        if _keeps(spec, {**choices, "size": size, "font": font, "board": board})
    }
    found = kernel.answer(choices)
    assert found.consistent == bool(valid)
    answer = found.options["size"]
    assert (answer.low, answer.high) == (min(valid, default=None), max(valid, default=None))


def _keeps(spec: FamilySpec, choices: Mapping[str, Choice]) -> bool:
    environment = environment_of(spec, choices, finished=True) | measured_values(spec, choices, Ruler())
    return all(rule_holds(rule, environment) is not False for rule in spec.rules)


@pytest.mark.parametrize(
    ("text", "font"), [("MAXIMILIAN", "great-vibes"), ("Grüße, John", "inter"), ("שלום", "heebo")]
)
def test_what_is_measured_is_what_is_made(text: str, font: str) -> None:
    fonts = FontLibrary.installed()
    room = Box(0, 0, 2_000_000, 2_000_000)
    frame = TextFrame("line1", font, room, "center", "middle", size_um=26_000, min_size_um=26_000)
    made = set_text(text, frame=frame, fonts=fonts).box
    assert made is not None
    width, height = FontMeasurer(fonts).text(text, font)
    # Rounded up by a thousandth of the letter height at most, and by what outlines are rounded.
    assert 0 <= width * 26 - made.width <= 2 * 26
    assert 0 <= height * 26 - made.height <= 2 * 26


def test_blanks_have_no_size() -> None:
    assert FontMeasurer(FontLibrary.installed()).text("   ", "inter") == (0, 0)
