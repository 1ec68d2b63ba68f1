"""Switches, several values, cardinality, warnings and periods: read, refused, chosen and judged."""

from datetime import date
from fractions import Fraction

import pytest

from configurator.engine.choices import ChoiceError, ChoiceProblem, choices_json, decided, normalise
from configurator.engine.domains import Kernel
from configurator.engine.family import FamilyError, Problem, read_family
from configurator.engine.knowledge import compile_family
from configurator.engine.manufacturing import work_of
from configurator.engine.pricing import price
from configurator.engine.rules import Undefined, environment_of, evaluate, parse, rule_holds
from configurator.engine.spec import FamilySpec, RuleSpec, spec_on

HAMPER = """\
family: hamper
name: Gift hamper
currency: EUR
base_price: "10.00"
options:
  - {code: wrapped, name: Gift wrap, kind: switch, default: false, attributes: {weight: 10 g}}
  - code: extras
    name: Extras
    kind: multiple
    max: 2
    default: []
    values:
      - {code: card, name: Card, attributes: {weight: 20 g, price: 2.00 EUR}}
      - {code: ribbon, name: Ribbon, attributes: {weight: 5 g, price: 1.50 EUR}}
      - {code: candle, name: Candle, attributes: {weight: 150 g, price: 6.00 EUR, lit: true}}
  - code: box
    name: Box
    kind: choice
    default: l
    values:
      - {code: s, name: Small, attributes: {load: 100 g}}
      - {code: l, name: Large, attributes: {load: 1 kg}}
  - {code: greeting, name: Greeting, kind: text, required: false, max_length: 40}
rules:
  - {code: R1, expr: "extras.ribbon => wrapped", message: A ribbon needs gift wrap.}
  - {code: R2, expr: "sum(extras.weight) <= box.load"}
  - {code: R3, cardinality: {of: [wrapped, extras.card, extras.candle], max: 2}}
  - {code: R4, severity: warn, expr: "len(greeting) <= 20", message: Long greetings are set small.}
  - {code: R5, from: "2026-12-01", until: "2026-12-24", expr: "!extras.candle", message: No candles.}
prices:
  - {code: P1, name: Extras, amount: "sum(extras.price)"}
manufacture:
  routing: [{step: 10, work_centre: packing, setup_family: any, seconds: "60 + 20 * extras.count"}]
  materials: [{material: wrap, quantity: "1", when: wrapped}]
  weight: "200 g + sum(weight)"
tests:
  - {name: two extras, choices: {wrapped: true, extras: [ribbon, card]}, expect: valid}
"""
DAY = date(2026, 11, 22)
SPEC = read_family(HAMPER)
KERNEL = Kernel(compile_family(spec_on(SPEC, DAY)))


def only_problem(old: str, new: str) -> Problem:
    """The one problem of the hamper with one change."""
    assert HAMPER.count(old) == 1, old
    with pytest.raises(FamilyError) as refusal:
        read_family(HAMPER.replace(old, new))
    assert len(refusal.value.problems) == 1, refusal.value.problems
    return refusal.value.problems[0]


def choice_problem(**choices: object) -> ChoiceProblem:
    with pytest.raises(ChoiceError) as refusal:
        normalise(SPEC, choices)
    (problem,) = refusal.value.problems
    return problem


# --- Reading


def test_a_switch_has_the_values_no_and_yes() -> None:
    option = SPEC.option_by_code["wrapped"]
    assert (option.codes, option.default) == (("no", "yes"), "no")


def test_several_values_have_limits_and_a_default_of_none() -> None:
    option = SPEC.option_by_code["extras"]
    assert (option.least, option.most, option.default) == (0, 2, "")


def test_a_rule_keeps_its_kind_its_severity_and_its_days() -> None:
    rules = SPEC.rule_by_code
    assert rules["R3"].cardinality is not None and rules["R3"].cardinality.least == 0
    assert [rule.code for rule in SPEC.rules if rule.severity == "warn"] == ["R4"]
    assert (rules["R5"].valid_from, rules["R5"].valid_until) == (date(2026, 12, 1), date(2026, 12, 24))


@pytest.mark.parametrize(
    ("old", "new", "where", "message", "hint"),
    [
        ("max: 2\n", "max: 4\n", "options[2].max", "max 4 is more than the 3 values of extras", ""),
        ("max: 2\n", "max: 2\n    min: 3\n", "options[2].min", "min 3 is more than max 2", ""),
        (
            "code: ribbon, name",
            "code: count, name",
            "options[2].values[2].code",
            "extras.count is the number of values chosen",
            "choose another code",
        ),
        ("default: false", "default: maybe", "options[1].default", "'maybe' is not allowed here", None),
        ("default: []", "default: [bow]", "options[2].default", "Extras has no value bow", None),
        ("max: 2}}", "max: 4}}", "rules[3].cardinality.max", "max 4 is more than the 3 conditions", ""),
        ("max: 2}}", "min: 3, max: 2}}", "rules[3].cardinality.min", "min 3 is more than max 2", ""),
        (
            '"2026-12-24"',
            '"2026-11-24"',
            "rules[5].until",
            "R5 ends on 2026-11-24, before it begins",
            "swap the days",
        ),
        ('"2026-12-24"', '"2026-12-32"', "rules[5].until", "2026-12-32 is no day of the calendar", ""),
        (
            '"2026-12-24"',
            "Christmas",
            "rules[5].until",
            "'Christmas' is not written as it has to be",
            "a date such as 2026-12-31",
        ),
        (
            "severity: warn",
            "severity: wran",
            "rules[4].severity",
            "'wran' is not allowed here",
            "did you mean warn?",
        ),
    ],
)
def test_what_is_wrong_with_several_values_is_told_with_its_place(
    old: str, new: str, where: str, message: str, hint: str | None
) -> None:
    if old == "code: ribbon, name":
        changed = HAMPER.replace("extras.ribbon", "extras.count == 1").replace("[ribbon, card]", "[card]")
        with pytest.raises(FamilyError) as refusal:
            read_family(changed.replace(old, new))
        (problem,) = refusal.value.problems
    else:
        problem = only_problem(old, new)
    assert (problem.where, problem.message) == (where, message)
    assert hint is None or problem.hint == hint


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        (
            "extras.weight < 1 g",
            "weight differs between the values of extras that are chosen",
            "write sum(extras.weight)",
        ),
        ("extras == 'card'", "extras has several values: it is no value in rules", "write extras.card"),
        ("sum(extras.wieght) < 1 g", "extras has no attribute wieght", "did you mean weight?"),
        ("sum(wieght) < 1 g", "no option has an attribute wieght", "did you mean weight?"),
        ("sum(extras.lit) < 1", "lit is not a number in the same unit everywhere", "sum up one unit"),
        ("sum(extras.weight) < 1 mm", "units do not fit in <: g and mm", None),
        ("wrapped == 'maybe'", "wrapped has no value maybe", "known: no, yes"),
        ("wrapped > 1", "conditions are not compared", "use <=> or !"),
        ("len(box) > 1", "box has no attribute length", None),
        ("extras.crad", "extras has no attribute crad", "did you mean card?"),
    ],
)
def test_what_cannot_be_said_of_several_values_is_refused(
    expression: str, message: str, hint: str | None
) -> None:
    problem = only_problem("extras.ribbon => wrapped", expression)
    assert problem.message == f"{message} in: {expression}"
    assert hint is None or problem.hint == hint


@pytest.mark.parametrize(
    ("old", "new", "letter"),
    [
        ("code: greeting,", "code: gr\N{CYRILLIC SMALL LETTER IE}eting,", "cyrillic small letter ie"),
        ("extras.ribbon =>", "extras.ribb\N{GREEK SMALL LETTER OMICRON}n =>", "greek small letter omicron"),
        ("[ribbon, card]", "[ribbon, c\N{CYRILLIC SMALL LETTER A}rd]", "cyrillic small letter a"),
    ],
)
def test_a_letter_that_only_looks_latin_is_named(old: str, new: str, letter: str) -> None:
    with pytest.raises(FamilyError) as refusal:
        read_family(HAMPER.replace(old, new, 1))
    assert any(letter in problem.hint for problem in refusal.value.problems)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HAMPER + "#" * 20_000_000, "the file is larger than 1 MB"),
        (HAMPER.replace("[ribbon, card]", "[" + "a," * 250_000 + "a]"), "more than 200,000 values"),
        (HAMPER.replace("[ribbon, card]", "[" * 10_000 + "]" * 10_000), "nested deeper than 16 levels"),
    ],
    ids=["20 MB", "many values", "deep"],
)
def test_a_file_that_is_too_large_is_refused_at_once(text: str, message: str) -> None:
    with pytest.raises(FamilyError) as refusal:
        read_family(text)
    assert [problem.message for problem in refusal.value.problems] == [message]


def test_ten_thousand_parentheses_are_refused() -> None:
    expression = "(" * 10_000 + "wrapped" + ")" * 10_000
    problem = only_problem("extras.ribbon => wrapped", expression)
    assert problem.message == "is longer than 4000 characters"


# --- Choosing


def test_a_switch_is_yes_or_no_however_it_is_said() -> None:
    assert [normalise(SPEC, {"wrapped": said})["wrapped"] for said in (True, "yes", "No", False)] == [
        "yes",
        "yes",
        "no",
        "no",
    ]


def test_several_values_stand_in_the_order_of_the_option() -> None:
    assert normalise(SPEC, {"extras": ["ribbon", "card", "ribbon"]}) == {"extras": "card,ribbon"}
    assert normalise(SPEC, {"extras": "ribbon, card"}) == {"extras": "card,ribbon"}


def test_none_of_several_values_is_a_choice() -> None:
    assert normalise(SPEC, {"extras": []}) == {"extras": ""}


def test_others_read_several_values_as_a_list() -> None:
    assert choices_json(SPEC, {"extras": "card,ribbon", "box": "s"}) == {
        "extras": ["card", "ribbon"],
        "box": "s",
    }


def test_something_else_than_yes_and_no_is_refused() -> None:
    assert choice_problem(wrapped="perhaps").message == "Gift wrap is yes or no."


def test_more_values_than_may_be_chosen_are_refused() -> None:
    found = choice_problem(extras=["card", "ribbon", "candle"])
    assert found.message == "Of Extras 2 can be chosen at most, these are 3."


def test_an_unknown_one_of_several_values_is_refused_with_the_nearest() -> None:
    assert choice_problem(extras=["cart"]).hint == "did you mean card?"


def test_a_million_values_are_refused_without_reading_them() -> None:
    assert choice_problem(extras=["card"] * 1_000_000).message == "Extras has 3 values, these are more."
    assert len(str(choice_problem(extras="x," * 1_000_000).value)) <= 80


def test_fewer_values_than_needed_leave_the_others_open() -> None:
    option = read_family(HAMPER.replace("max: 2\n    default: []", "min: 2\n    max: 2")).option_by_code[
        "extras"
    ]
    assert decided(option, "card") == {"card": True}
    assert decided(option, "card,candle") == {"card": True, "ribbon": False, "candle": True}


# --- Judging


def value(expression: str, **choices: str) -> object:
    return evaluate(parse(expression), environment_of(SPEC, choices))


def test_sums_count_what_is_chosen() -> None:
    assert value("sum(extras.weight)", extras="card,candle") == 170
    assert value("avg(extras.weight)", extras="card,candle") == 85
    assert value("min(extras.weight)", extras="card,candle") == 20
    assert value("max(extras.weight)", extras="card,candle") == 150
    assert value("extras.count", extras="") == 0


def test_a_sum_over_everything_is_open_until_everything_with_the_attribute_is_chosen() -> None:
    expression = "sum(weight)"
    spec = SPEC
    assert evaluate(parse(expression), environment_of(spec, {"extras": "card"})) is None
    found = evaluate(parse(expression), environment_of(spec, {"extras": "card", "wrapped": "yes"}))
    assert found == Fraction(30)


def test_an_average_of_nothing_does_not_exist() -> None:
    with pytest.raises(Undefined):
        value("avg(extras.weight)", extras="")
    assert value("avg(extras.weight) < 1000 g", extras="") is False


def test_a_switch_is_a_truth_and_has_a_code() -> None:
    assert value("wrapped", wrapped="yes") is True
    assert value("wrapped == 'no'", wrapped="no") is True


@pytest.mark.parametrize(
    ("choices", "holds"),
    [
        ({"wrapped": "yes", "extras": "card"}, True),
        ({"wrapped": "yes", "extras": "card,candle"}, False),
        ({"extras": "card,candle"}, None),
        ({"wrapped": "no"}, True),
    ],
)
def test_cardinality_is_open_only_while_it_can_still_go_either_way(
    choices: dict[str, str], holds: bool | None
) -> None:
    assert rule_holds(SPEC.rule_by_code["R3"], environment_of(SPEC, choices)) is holds


def test_a_price_and_the_work_count_the_extras() -> None:
    choices = {"wrapped": "yes", "extras": "card,ribbon", "box": "l", "greeting": ""}
    assert price(SPEC, choices, quantity=1).unit == 10 + 2 + 1.5
    work = work_of(SPEC, choices)
    assert (work.routing[0].seconds, work.materials[0].material, work.weight_g) == (100, "wrap", 235)


# --- The kernel


def test_a_value_is_judged_given_its_fellow_values() -> None:
    states = KERNEL.answer({"extras": "card", "box": "s", "wrapped": "yes"}).options["extras"].values
    assert states == {"card": "possible", "ribbon": "possible", "candle": "impossible"}


def test_the_conflict_names_what_is_put_in() -> None:
    conflict = KERNEL.explain({"extras": "card", "wrapped": "no"}, "extras", "card,ribbon")
    assert conflict is not None
    assert conflict.sentence == ("Extras “Ribbon” does not go with Gift wrap “No”. A ribbon needs gift wrap.")


def test_a_fellow_value_can_stand_in_the_way_and_be_given_up() -> None:
    kernel = Kernel(compile_family(replaced_rule(RuleSpec("X", "!(extras.card & extras.ribbon)"))))
    conflict = kernel.explain({"extras": "card"}, "extras", "card,ribbon")
    assert conflict is not None and conflict.choices == (("extras", "card"),)
    assert conflict.sentence.startswith("Extras “Ribbon” does not go with Extras “Card”.")
    repair = kernel.repair({"extras": "card"}, "extras", "card,ribbon")
    assert repair is not None and repair.choices == {"extras": "ribbon"}


def test_a_fellow_value_that_is_needed_is_put_in_by_the_repair() -> None:
    kernel = Kernel(compile_family(replaced_rule(RuleSpec("X", "extras.card => extras.ribbon"))))
    repair = kernel.repair({"extras": ""}, "extras", "card")
    assert repair is not None and repair.choices == {"extras": "card,ribbon"}
    assert repair.sentence == "For Extras “Card”, add “Ribbon” to Extras."


def replaced_rule(rule: RuleSpec) -> FamilySpec:
    return FamilySpec("hamper", "Hamper", options=(SPEC.option_by_code["extras"],), rules=(rule,))


def test_while_too_few_are_chosen_the_option_is_missing() -> None:
    spec = read_family(HAMPER.replace("max: 2\n    default: []", "min: 2\n    max: 2"))
    kernel = Kernel(compile_family(spec_on(spec, DAY)))
    answer = kernel.answer({**spec.defaults, "extras": "card", "wrapped": "yes", "greeting": ""})
    assert (answer.consistent, answer.missing) == (True, ("extras",))
    assert kernel.complete({"extras": "candle"})["extras"] in ("card,candle", "ribbon,candle")  # type: ignore[index]


def test_a_warning_forbids_nothing_and_is_told() -> None:
    answer = KERNEL.answer({"greeting": "x" * 21})
    assert answer.consistent
    assert [(each.rule, each.message, each.options) for each in answer.warnings] == [
        ("R4", "Long greetings are set small.", ("greeting",))
    ]
    assert KERNEL.answer({"greeting": "x"}).warnings == ()


def test_a_rule_forbids_nothing_outside_its_days() -> None:
    days = {
        day: [rule.code for rule in spec_on(SPEC, date(2026, *day)).rules]
        for day in ((11, 30), (12, 1), (12, 24), (12, 25))
    }
    assert [("R5" in codes) for codes in days.values()] == [False, True, True, False]
