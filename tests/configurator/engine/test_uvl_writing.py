"""UVL: families written and read again have the same configurations, but for what the export names."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings

from configurator.engine.family import read_family
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import Choice, FamilySpec
from configurator.engine.uvl import read_uvl, write_uvl
from tests.configurator.engine.feature_models import read
from tests.configurator.engine.products import (
    _all,
    _keeps_rules,
    families_of_all_kinds,
    families_with_choices,
)

FAMILIES = Path(__file__).resolve().parents[3] / "configurator" / "families"


def again(spec: FamilySpec) -> tuple[FamilySpec, FamilySpec]:
    """The family without the rules that its export calls lost, and what is read from the export."""
    export = write_uvl(spec)
    lost = {line.split()[2].rstrip(":") for line in export.lost if line.startswith("the rule ")}
    kept = FamilySpec(
        code=spec.code,
        name=spec.name,
        options=spec.options,
        rules=tuple(rule for rule in spec.rules if rule.code not in lost),
    )
    return kept, read_uvl(export.text, code=spec.code, name="")


def as_read(spec: FamilySpec, chosen: Mapping[str, Choice | None]) -> dict[str, Choice | None]:
    """A configuration as the family that was read again has it: a picture is there or not."""
    return {
        code: ("yes" if value else "no") if spec.option_by_code[code].kind == "image" else value
        for code, value in chosen.items()
    }


def assert_same(spec: FamilySpec) -> None:
    kept, back = again(spec)
    for chosen in _all(kept):
        written = as_read(kept, chosen)
        assert _keeps_rules(kept, chosen) == _keeps_rules(
            back, {code: value for code, value in written.items() if code in back.option_by_code}
        ), (chosen, write_uvl(spec).text)


@settings(max_examples=30)
@given(families_with_choices())
def test_random_families_keep_their_configurations(case: tuple[FamilySpec, dict[str, Choice]]) -> None:
    assert_same(case[0])


@settings(max_examples=30)
@given(families_of_all_kinds())
def test_random_families_of_all_kinds_keep_theirs(case: tuple[FamilySpec, dict[str, Choice]]) -> None:
    assert_same(case[0])


@pytest.mark.parametrize("path", sorted(FAMILIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_demo_families_keep_options_rules_and_their_words(path: Path) -> None:
    spec = read_family(path.read_text(encoding="utf-8"))
    export = write_uvl(spec)
    back = read_uvl(export.text, code=spec.code, name="")
    assert (back.name, back.base_price, back.lead_days) == (spec.name, spec.base_price, spec.lead_days)
    assert {option.code: option.name for option in back.options} == {
        option.code: option.name for option in spec.options
    }
    told = {rule.code: rule.message for rule in back.rules}
    # UVL knows no warnings, and no measured sizes of texts and pictures; every other rule comes back.
    lost = {line.split()[2].rstrip(":") for line in export.lost if line.startswith("the rule ")}
    for rule in (spec.rule_by_code[code] for code in lost):
        assert rule.severity == "warn" or re.search(r"\.(width|height|dpi)\b", str(rule.expr))
    kept = [rule for rule in spec.rules if rule.code not in lost]
    assert len(kept) > 10
    assert all(told[rule.code] == " ".join(rule.message.replace("'", "’").split()) for rule in kept)
    assert any(line.startswith("prices: ") for line in export.lost)
    compile_family(back)


FAMILY = """
family: kite
name: Kite's test
currency: CHF
base_price: "12.50"
options:
  - {code: width, name: Width, kind: integer, min: 10, max: 40, step: 10, unit: cm, default: 20}
  - {code: tail, name: Tail, kind: switch, default: true}
  - {code: extras, name: Extras, kind: multiple, max: 1, values: [{code: a.b, name: A}, {code: c, name: C}]}
rules:
  - {code: WIDE, expr: "tail => width >= 200 mm", message: "A tail needs 20 cm.", from: 2026-01-01}
  - {code: LATER, expr: "tail => extras.count == 0", severity: warn, message: "Unusual."}
"""


def test_what_the_text_cannot_hold_is_listed_and_the_rest_comes_back() -> None:
    text = FAMILY.replace("a.b", "ab")
    export = write_uvl(read_family(text))
    back = read_uvl(export.text, code="kite", name="")
    assert (back.currency, str(back.base_price)) == ("CHF", "12.50")
    assert back.rule_by_code["WIDE"].valid_from == date(2026, 1, 1)
    assert back.option_by_code["tail"].default == "yes"
    assert back.option_by_code["width"].default == 20
    assert back.option_by_code["extras"].most == 1
    assert set(export.lost) == {
        "the family's name: apostrophes and line breaks are written as ’ and spaces.",
        "the rule LATER: it only warns, UVL knows no warnings.",
        "units (numbers of attributes stand in mm, mm2, g, s, ml without them): cm.",
    }


def test_a_model_that_was_read_is_written_with_its_own_names() -> None:
    spec = read('features\n  A\n    optional\n      "4x USB3"\n      B\nconstraints\n  B => "4x USB3"\n')
    text = write_uvl(spec).text
    assert '"4x USB3"' in text
    assert read_uvl(text, code="a", name="").option_by_code["_x34_x_x20_USB3"].name == "4x USB3"
