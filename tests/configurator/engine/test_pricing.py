"""Prices: exact, rounded half up a line, quantity breaks, and nothing that is not shown."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configurator.engine.choices import ChoiceError
from configurator.engine.family import read_family
from configurator.engine.pricing import Price, PriceError, price
from configurator.engine.spec import PriceSpec
from tests.configurator.engine.test_family import SIGN

SIGN_SPEC = read_family(SIGN)


def priced(*rules: PriceSpec, quantity: int = 1, line: str = "Müller", base: str = "24.00") -> Price:
    spec = replace(SIGN_SPEC, prices=rules, base_price=Decimal(base))
    return price(spec, {**spec.defaults, "line": line}, quantity=quantity)


def amounts(found: Price) -> dict[str, Decimal]:
    return {line.code: line.amount for line in found.lines}


def rule(code: str, amount: str, when: str | None = None) -> PriceSpec:
    return PriceSpec(code, code, when=when, amount=amount)


def percent(code: str, share: str, min_quantity: int | None = None) -> PriceSpec:
    return PriceSpec(code, "Share", percent=Decimal(share), min_quantity=min_quantity)


def test_lines_add_up_to_the_unit_and_units_to_the_total() -> None:
    found = priced(rule("P1", "0.35 * line.length"), quantity=3)
    assert amounts(found) == {"base": Decimal("24.00"), "P1": Decimal("2.10")}
    assert (found.unit, found.total, found.currency) == (Decimal("26.10"), Decimal("78.30"), "EUR")


def test_half_a_cent_is_rounded_up_on_each_line() -> None:
    found = priced(rule("P1", "0.125"), rule("P2", "0.125"), rule("P3", "-0.125"))
    assert [line.amount for line in found.lines[1:]] == [Decimal("0.13"), Decimal("0.13"), Decimal("-0.13")]


def test_a_third_is_exact_before_it_is_rounded() -> None:
    assert amounts(priced(rule("P1", "10 / 3 * 3")))["P1"] == Decimal("10.00")


def test_a_line_whose_condition_does_not_hold_is_not_there() -> None:
    assert set(amounts(priced(rule("P1", "5", "size == 's'"), rule("P2", "5", "size == 'm'")))) == {
        "base",
        "P2",
    }


def test_a_line_of_nothing_is_not_there() -> None:
    assert set(amounts(priced(rule("P1", "0.35 * line.length"), line="x"))) == {"base", "P1"}
    assert set(amounts(priced(rule("P1", "photo.count")))) == {"base"}


def test_an_amount_that_depends_on_something_open_is_left_out() -> None:
    spec = replace(SIGN_SPEC, prices=(rule("P1", "5", "size == 's'"), rule("P2", "size.width / 100")))
    assert set(amounts(price(spec, {}, quantity=1))) == {"base"}


@pytest.mark.parametrize(("quantity", "share"), [(9, None), (10, "-2.40"), (24, "-2.40"), (25, "-3.60")])
def test_the_highest_quantity_break_reached_counts(quantity: int, share: str | None) -> None:
    found = priced(percent("Q10", "-10", 10), percent("Q25", "-15", 25), quantity=quantity)
    assert [str(line.amount) for line in found.lines[1:]] == ([share] if share else [])


def test_a_percentage_shows_its_share_and_its_rate() -> None:
    found = priced(rule("P1", "6"), percent("U", "12.5"))
    assert (found.lines[-1].label, found.lines[-1].amount) == ("Share (+12.5 %)", Decimal("3.75"))


def test_a_quantity_of_nothing_is_refused() -> None:
    with pytest.raises(PriceError):
        priced(quantity=0)


def test_a_price_below_zero_is_refused() -> None:
    with pytest.raises(PriceError, match="below zero"):
        priced(rule("P1", "-30"))


def test_an_amount_divided_by_zero_is_refused_with_the_rule() -> None:
    with pytest.raises(PriceError) as refusal:
        priced(rule("P1", "1 / photo.count"))
    assert refusal.value.rule == "P1"


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ChoiceError):
        price(SIGN_SPEC, {"size": "xxl"}, quantity=1)


@given(st.lists(st.decimals(-2, 9, places=4), max_size=5), st.integers(-90, 40), st.integers(1, 500))
def test_a_price_is_always_the_sum_of_what_is_shown(added: list[Decimal], share: int, quantity: int) -> None:
    rules = [rule(f"P{number}", f"({amount:f})") for number, amount in enumerate(added)]
    found = priced(*rules, percent("U", str(share)), quantity=quantity, base="30.00")
    assert found.unit == sum(line.amount for line in found.lines)
    assert found.total == found.unit * quantity
    assert all(line.amount == line.amount.quantize(Decimal("0.01")) for line in found.lines)
