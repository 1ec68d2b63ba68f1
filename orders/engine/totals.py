"""Exact money: sums of decimals in one currency, in whole cents."""

from collections.abc import Iterable
from decimal import Decimal

CENT = Decimal("0.01")


class MoneyMismatch(ValueError):
    """Amounts that do not belong together: other currencies, or parts of a cent."""


def line_total(*, unit: Decimal, quantity: int) -> Decimal:
    """Price of ``quantity`` pieces at ``unit`` each (whole cents)."""
    if unit != unit.quantize(CENT):
        raise MoneyMismatch(f"A unit price of {unit} has parts of a cent.")
    return (unit * quantity).quantize(CENT)


def order_total(lines: Iterable[tuple[str, Decimal]]) -> tuple[str, Decimal]:
    """Currency and sum of ``(currency, total)`` lines, at least one, all in one currency."""
    amounts = list(lines)
    currencies = sorted({currency for currency, _ in amounts})
    if len(currencies) != 1:
        raise MoneyMismatch(f"An order is in one currency, not in {', '.join(currencies) or 'none'}.")
    return currencies[0], sum((amount for _, amount in amounts), Decimal("0.00")).quantize(CENT)
