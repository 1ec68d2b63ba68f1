"""Differences between versions, in words."""

import pytest

from configurator.engine.differences import compare, differences
from configurator.engine.family import read_family
from tests.shops import BADGE


def changed(*pairs: tuple[str, str]) -> tuple[str, ...]:
    text = BADGE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return differences(read_family(BADGE), read_family(text))


def test_the_same_text_has_no_differences() -> None:
    assert changed() == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("max: 120", "max: 140", "Length: up to 140 mm instead of 120 mm."),
        ("min: 60", "min: 40", "Length: from 40 mm instead of 60 mm."),
        ("max_length: 20", "max_length: 24", "Name: up to 24 letters instead of 20."),
        ("default: 80", "default: 90", "Length: the default is “90 mm” instead of “80 mm”."),
        ("{code: clip, name: Clip}", "{code: clip, name: Clamp}", "Pin: “Clip” is called “Clamp”."),
        ("{rate: 3}", "{rate: 4}", "Material, “Steel”: rate 4 instead of 3."),
        ('"4.00"', '"4.50"', "Base price: 4.50 EUR instead of 4.00 EUR."),
        ("lead_days: 1", "lead_days: 2", "Lead time: 2 days instead of 1 day."),
        ("name: Pin,", "name: Fixing,", "“Pin” is called “Fixing”."),
        (
            'length <= 90 mm", message',
            'length <= 100 mm", message',
            "Rule STEEL: “If Material is Steel, then Length is at most 100 mm.” instead of"
            " “If Material is Steel, then Length is at most 90 mm.”",
        ),
        (
            "message: Steel is cut up to 90 mm.",
            "message: Steel ends at 90 mm.",
            "Rule STEEL is told as “Steel ends at 90 mm.” instead of “Steel is cut up to 90 mm.”",
        ),
        (
            '"0.10 * text.length"',
            '"0.20 * text.length"',
            "Price “Letters”: amount “0.20 * text.length” instead of “0.10 * text.length”.",
        ),
        ('seconds: "20"', 'seconds: "30"', "Step 20: seconds “30” instead of “20”."),
        ("height: 40 mm\n", "height: 42 mm\n", "Surface “Front”: height “42 mm” instead of “40 mm”."),
        ("name: the badge as it comes", "name: as it comes", "Test “as it comes” is new."),
    ],
)
def test_what_changed_is_said_in_words(old: str, new: str, said: str) -> None:
    assert said in changed((old, new))


def test_a_new_value_a_new_rule_and_a_new_option_are_told() -> None:
    found = changed(
        ("{code: clip, name: Clip}", "{code: clip, name: Clip}, {code: tape, name: Tape}"),
        ("rules:", "  - {code: gift, name: Gift box, kind: choice, values: [{code: y, name: With}]}\nrules:"),
        ("prices:", "  - {code: NEW, expr: length >= 70 mm, message: At least 70 mm.}\nprices:"),
    )
    assert found == (
        "Pin: “Tape” is new.",
        "Gift box is new: With.",
        "Rule NEW is new: At least 70 mm.",
    )


def test_what_is_gone_is_told() -> None:
    old = read_family(BADGE)
    new = read_family(
        BADGE.replace(", {code: clip, name: Clip}", "").replace(
            "CLIP, expr: \"pin == 'clip' =>", "CLIP, expr: \"pin == 'needle' =>"
        )
    )
    assert "Pin: “Clip” is gone." in differences(old, new)
    assert [each.subject for each in compare(old, new) if each.area == "rules"] == ["CLIP"]


def test_another_order_is_told_once() -> None:
    found = changed(
        (
            "{code: magnet, name: Magnet}, {code: needle, name: Needle}",
            "{code: needle, name: Needle}, {code: magnet, name: Magnet}",
        )
    )
    assert found == ("Pin: the values stand in another order (Needle, Magnet and Clip).",)
