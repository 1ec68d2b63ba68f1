"""The rule language: parsing, exact and three-valued evaluation, and rules in words."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configurator.engine.expressions import MAX_DEPTH, ExpressionError, parse
from configurator.engine.family import read_family
from configurator.engine.rules import (
    Environment,
    Undefined,
    Value,
    environment_of,
    evaluate,
    fill,
    holds,
    length_um,
    number_of,
    rule_holds,
)
from configurator.engine.spec import RuleSpec, TableSpec
from configurator.engine.wording import rule_in_words, words
from tests.configurator.engine.test_family import SIGN

SPEC = read_family(SIGN)


def value(text: str, **names: Value) -> Value | None:
    environment: Environment = {name.replace("__", "."): given for name, given in names.items()}
    return evaluate(parse(text), environment)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("-2 * -3", 6),
        ("1 / 3 * 3", 1),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("2.5 cm + 5 mm", 30),
        ("1 m2", 1_000_000),
        ("2 min + 5 s", 125),
        ("floor(7 / 2) + ceil(7 / 2)", 7),
        ("min(3, 1, 2) + max(3, 1, 2) + abs(-4)", 8),
        ("if(1 < 2, 5 mm, 6 mm)", 5),
    ],
)
def test_arithmetic_is_exact(text: str, expected: int | Fraction) -> None:
    assert value(text) == Fraction(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true | false & false", True),
        ("!false & true", True),
        ("false => false => false", True),
        ("true <=> false <=> false", True),
        ("1 < 2 & 2 <= 2 & 3 > 2 & 3 >= 3 & 1 != 2 & 1 == 1", True),
        ("'a' in ('b', 'a')", True),
        ("'a' == 'b'", False),
    ],
)
def test_operators_bind_as_in_uvl(text: str, expected: bool) -> None:
    assert value(text) is expected


def test_what_is_not_chosen_stays_open_unless_it_does_not_matter() -> None:
    assert value("x < 3 & y < 3", x=Fraction(5)) is False
    assert value("x < 3 | y < 3", x=Fraction(1)) is True
    assert value("x < 3 => y < 3", x=Fraction(5)) is True
    assert value("x < 3 & y < 3", x=Fraction(1)) is None
    assert value("x + y") is None
    assert value("if(c == 'a', 1, 1)") == 1


@given(st.integers(-9, 9), st.integers(-9, 9), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
def test_a_comparison_is_the_opposite_of_its_negation(x: int, y: int, sign: str) -> None:
    opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}[sign]
    names = {"x": Fraction(x), "y": Fraction(y)}
    assert evaluate(parse(f"x {sign} y"), names) is (not evaluate(parse(f"x {opposite} y"), names))


def test_a_comparison_with_a_division_by_zero_does_not_hold() -> None:
    assert value("1 / x > 0", x=Fraction(0)) is False
    assert value("1 / x <= 0", x=Fraction(0)) is False


def test_a_number_divided_by_zero_is_undefined() -> None:
    with pytest.raises(Undefined):
        value("1 / x", x=Fraction(0))


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ("width >= 12 cmm", 13, "cmm is not a unit", "did you mean mm?"),
        ("size = 's'", 6, "= cannot stand here", "compare with =="),
        ('size == "s"', 9, '" cannot stand here', "write codes in single quotes"),
        ("size == 's", 9, "' cannot stand here", "close the single quote"),
        ("flor(3) == 3", 1, "there is no function flor", "did you mean floor?"),
        ("max(3) == 3", 1, "max needs an attribute", "write max(option.attribute) or max(attribute)"),
        ("a < b < c", 7, "< cannot stand here", "expected an operator, |"),
        ("", 1, "the expression is empty", ""),
    ],
)
def test_a_mistake_is_told_with_column_and_hint(text: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        parse(text)
    error = refusal.value
    assert (error.column, error.message) == (column, message)
    assert error.hint == hint


def test_an_expression_that_ends_too_early_is_refused_at_its_end() -> None:
    with pytest.raises(ExpressionError) as refusal:
        parse("(a & b")
    assert (refusal.value.column, refusal.value.message) == (7, "the expression ends too early")


def test_brackets_may_be_deep_and_operators_may_not() -> None:
    assert parse("(" * 1000 + "a" + ")" * 1000).root.depth == 1
    with pytest.raises(ExpressionError, match=f"nested deeper than {MAX_DEPTH} levels"):
        parse("!" * 200 + "a")


def test_an_endless_expression_is_refused() -> None:
    with pytest.raises(ExpressionError, match="longer than"):
        parse("a | " * 2000 + "a")


def test_names_stand_for_what_is_chosen_in_base_units() -> None:
    environment = environment_of(SPEC, {"size": "m", "height": 12, "line": "Mu\u0308ller", "photo": "0" * 64})
    assert environment == {
        "size": "m",
        "size.width": 300,
        "size.weight": 500,
        "size.font": "inter",
        "height": 12,
        "line": "Mu\u0308ller",
        "line.length": 6,
        "photo.count": 1,
    }


def test_what_is_left_out_is_open_until_the_choices_are_finished() -> None:
    assert "line.length" not in environment_of(SPEC, {})
    finished = environment_of(SPEC, {}, finished=True)
    assert (finished["line.length"], finished["photo.count"]) == (0, 0)


def test_templates_are_filled_with_what_names_stand_for() -> None:
    environment = environment_of(SPEC, {"size": "m", "height": 12})
    assert fill("wood-{size}-{height}-{size.width}", environment) == "wood-m-12-300"
    assert fill("{line}", environment) is None


def test_lengths_are_whole_micrometres_rounded_half_up() -> None:
    assert length_um("12 mm + 0.5", {}) == 12_500
    assert length_um("10 / 3", {}) == 3_333
    assert length_um("0.0005 mm", {}) == 1
    assert length_um("width", {}) is None


def test_no_condition_always_holds() -> None:
    assert holds(None, {}) is True
    assert number_of("2 * 3", {}) == 6


def test_a_table_is_false_as_soon_as_no_row_fits() -> None:
    rows = ((("a",), ("x", "y")), (("b",), ("x",)))
    allowed = RuleSpec("T", table=TableSpec(("p", "q"), rows, allowed=True))
    forbidden = RuleSpec("T", table=TableSpec(("p", "q"), rows, allowed=False))
    assert rule_holds(allowed, {"p": "c"}) is False
    assert rule_holds(allowed, {"p": "b"}) is None
    assert rule_holds(allowed, {"p": "b", "q": "x"}) is True
    assert rule_holds(forbidden, {"p": "c"}) is True
    assert rule_holds(forbidden, {"p": "b"}) is None
    assert rule_holds(forbidden, {"p": "b", "q": "x"}) is False


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("size == 's' => height <= 30 mm", "If Size is Small, then Letter height is at most 30 mm."),
        ("!(size in ('s', 'm')) | photo.count == 1", "Size is not Small or Medium or Photo is given."),
        (
            "line.length > 0 & photo.count == 0",
            "The number of letters of Line is more than 0 and Photo is left out.",
        ),
        ("height * 2 <= size.width - 1000", "(Letter height × 2) is at most (the width of Size − 1,000)."),
        ("size == 's' <=> height < 10", "Size is Small exactly when Letter height is less than 10."),
    ],
)
def test_a_rule_is_said_in_words(text: str, sentence: str) -> None:
    assert words(parse(text), SPEC) == sentence


def test_a_short_table_is_said_in_words() -> None:
    rule = RuleSpec("T", table=TableSpec(("size",), ((("s", "m"),),), allowed=False))
    assert rule_in_words(rule, SPEC) == "Size “Small or Medium” do not go together."
