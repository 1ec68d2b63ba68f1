"""Amounts as people read them: ``{{ amount|money:"EUR" }}`` is €1,234.50."""

from decimal import Decimal

from django import template

register = template.Library()

SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


@register.filter
def money(amount: Decimal | str | None, currency: str = "EUR") -> str:
    """An amount with its sign and the symbol of its currency (its code where it has none)."""
    if amount in (None, ""):
        return ""
    value = Decimal(str(amount))
    symbol = SYMBOLS.get(currency, f"{currency} ")
    sign = "−" if value < 0 else ""
    return f"{sign}{symbol}{abs(value):,.2f}"


@register.filter
def minor(units: int, currency: str = "EUR") -> str:
    """Hundredths of an amount as people read it."""
    return money(Decimal(units) / 100, currency)


@register.filter
def signed(amount: Decimal | str, currency: str = "EUR") -> str:
    """A difference in price: +€4.50 or −€1.00."""
    value = Decimal(str(amount))
    return money(value, currency) if value < 0 else "+" + money(value, currency)
