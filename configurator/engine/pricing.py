"""What a configuration costs: exact, each line rounded half up to cents, the lines show all that is added."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from configurator.engine.choices import normalise
from configurator.engine.rules import Environment, Undefined, environment_of, holds, number_of
from configurator.engine.spec import FamilySpec, PriceSpec

_CENT = Decimal("0.01")


class PriceError(Exception):
    """A price rule that gives no sensible amount, named by its code."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{rule}: {message}" if rule else message)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class PriceLine:
    """`amount` is for one unit."""

    code: str
    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """`unit` is the sum of the lines, `total` is `unit` times `quantity`."""

    currency: str
    lines: tuple[PriceLine, ...]
    unit: Decimal
    quantity: int
    total: Decimal


def price(spec: FamilySpec, choices: Mapping[str, Any], *, quantity: int) -> Price:
    """The price of `quantity` units; what depends on something not chosen yet is not in it.

    Of the percentages with a minimum quantity the one with the highest minimum reached counts; the
    others count each. All percentages are of the sum of the amounts. Raises `ChoiceError`, `PriceError`.
    """
    if quantity < 1:
        raise PriceError("", "the quantity has to be one or more")
    environment = environment_of(spec, normalise(spec, choices), finished=True)
    applying = [rule for rule in spec.prices if _applies(rule, environment, quantity)]
    lines = [PriceLine("base", spec.name, rounded(Fraction(spec.base_price)))]
    for rule in applying:
        if rule.amount is not None:
            amount = _amount(rule, rule.amount, environment)
            if amount:
                lines.append(PriceLine(rule.code, rule.name, amount))
    subtotal = sum((line.amount for line in lines), Decimal("0.00"))
    for rule in _percentages(applying):
        assert rule.percent is not None
        share = rounded(Fraction(subtotal) * Fraction(rule.percent) / 100)
        lines.append(PriceLine(rule.code, f"{rule.name} ({_signed(rule.percent)} %)", share))
    unit = sum((line.amount for line in lines), Decimal("0.00"))
    if unit < 0:
        raise PriceError("", f"the price is below zero: {unit} {spec.currency}")
    return Price(spec.currency, tuple(lines), unit, quantity, unit * quantity)


def _applies(rule: PriceSpec, environment: Environment, quantity: int) -> bool:
    return quantity >= (rule.min_quantity or 1) and holds(rule.when, environment) is True


def _amount(rule: PriceSpec, text: str, environment: Environment) -> Decimal | None:
    try:
        number = number_of(text, environment)
    except Undefined:
        raise PriceError(rule.code, f"{rule.name}: a number is divided by zero") from None
    return None if number is None else rounded(number)


def _percentages(applying: list[PriceSpec]) -> list[PriceSpec]:
    percentages = [rule for rule in applying if rule.percent is not None]
    breaks = [rule for rule in percentages if rule.min_quantity is not None]
    best = max(breaks, key=lambda rule: rule.min_quantity or 0, default=None)
    return [rule for rule in percentages if rule.min_quantity is None or rule is best]


def rounded(number: Fraction) -> Decimal:
    """Half up (away from zero), to cents; computed on integers, so no precision of decimals matters."""
    cents = abs(number) * 100
    whole, rest = divmod(cents.numerator, cents.denominator)
    whole += 2 * rest >= cents.denominator
    return (Decimal(whole) * (-1 if number < 0 else 1) * _CENT).quantize(_CENT, ROUND_HALF_UP)


def _signed(percent: Decimal) -> str:
    """`−8`, `+12.5`, with a true minus sign."""
    written = format(abs(percent).normalize(), "f")
    return f"{'−' if percent < 0 else '+'}{written}"
