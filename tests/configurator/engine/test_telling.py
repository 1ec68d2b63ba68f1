"""Rules in words, for their authors."""

from datetime import date

import pytest

from configurator.engine.family import read_family
from configurator.engine.rules import parse
from configurator.engine.spec import FamilySpec
from configurator.engine.telling import options_told, rules_told
from configurator.engine.wording import words

HAMPER = """
family: hamper
name: Gift hamper
currency: EUR
base_price: "10.00"
options:
  - {code: wrapped, name: Gift wrap, kind: switch}
  - code: extras
    name: Extras
    kind: multiple
    min: 1
    max: 2
    values:
      - {code: card, name: Card, attributes: {weight: 20 g}}
      - {code: ribbon, name: Ribbon, attributes: {weight: 5 g}}
      - {code: candle, name: Candle, attributes: {weight: 150 g}}
  - code: box
    name: Box
    kind: choice
    values:
      - {code: s, name: Small, attributes: {load: 100 g, stiff: false}}
      - {code: l, name: Large, attributes: {load: 1 kg, stiff: true}}
  - {code: greeting, name: Greeting, kind: text, required: false, max_length: 40}
  - {code: height, name: Height, kind: integer, unit: mm, min: 50, max: 200, step: 10}
rules:
  - {code: R1, expr: "extras.ribbon => wrapped", message: A ribbon needs gift wrap., protects: packing}
  - {code: R2, expr: "sum(extras.weight) <= box.load"}
  - {code: R3, cardinality: {of: [wrapped, extras.card, "box == 'l'"], min: 1, max: 2}}
  - {code: R4, severity: warn, expr: "len(greeting) <= 20"}
  - {code: R5, from: "2026-12-01", until: "2026-12-24", expr: "!wrapped"}
  - {code: R6, table: {options: [box, wrapped], forbidden: [[s, yes]]}}
  - {code: R7, table: {options: [box, wrapped], allowed: [[s, "*"], [l, no]]}}
"""
DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def hamper() -> FamilySpec:
    return read_family(HAMPER)


def test_every_rule_is_told_with_its_kind_its_period_and_what_it_protects(hamper: FamilySpec) -> None:
    assert list(rules_told(hamper, day=DAY)) == [
        "R1 (has to hold, protects packing)\n"
        "  If Extras includes “Ribbon”, then Gift wrap is chosen.\n"
        "  Shoppers read: A ribbon needs gift wrap.",
        "R2 (has to hold)\n  The total weight of Extras is at most the load of Box.",
        "R3 (has to hold)\n"
        "  1 to 2 of these 3 are true: Gift wrap is chosen; Extras includes “Card”; Box is Large.",
        "R4 (warns only)\n  The number of letters of Greeting is at most 20.",
        "R5 (has to hold, counts from 2026-12-01 until 2026-12-24: not yet)\n  Gift wrap is not chosen.",
        "R6 (has to hold)\n"
        "  Box and Gift wrap do not go together as listed (1 row, 4 combinations in all):\n"
        "    - Box “Small” and Gift wrap “Yes”",
        "R7 (has to hold)\n"
        "  Box and Gift wrap go together only as listed (2 rows, 4 combinations in all):\n"
        "    - Box “Small”\n"
        "    - Box “Large” and Gift wrap “No”",
    ]


def test_every_option_is_told_with_what_can_be_chosen(hamper: FamilySpec) -> None:
    assert list(options_told(hamper)) == [
        "wrapped (Gift wrap): yes or no",
        "extras (Extras): 1 to 2 of 3 values",
        "box (Box): one of 2 values",
        "greeting (Greeting): a text of up to 40 letters",
        "height (Height): 50 to 200 mm in steps of 10",
    ]


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("wrapped == 'yes'", "Gift wrap is Yes."),
        ("!extras.card", "Extras does not include “Card”."),
        ("extras.count >= 2", "The number of values chosen of Extras is at least 2."),
        ("avg(weight) < 100 g", "The average weight of everything chosen is less than 100 g."),
        ("max(extras.weight) > 50 g", "The largest weight of Extras is more than 50 g."),
        ("box.stiff | !box.stiff", "Box is stiff or Box is not stiff."),
    ],
)
def test_what_can_be_said_of_several_values_is_said_in_words(
    hamper: FamilySpec, expression: str, sentence: str
) -> None:
    assert words(parse(expression), hamper) == sentence
