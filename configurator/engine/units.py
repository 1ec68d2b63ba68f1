"""Units and dimensions: lengths, areas, volumes, masses, times, liquids and money that cannot be mixed up."""

import re
from decimal import Decimal
from fractions import Fraction

from configurator.engine.spec import Quantity

# A dimension is the exponents of the base units, sorted by unit: area is (("mm", 2),), a plain number is ().
Dimension = tuple[tuple[str, int], ...]
PLAIN: Dimension = ()
LENGTH: Dimension = (("mm", 1),)
TIME: Dimension = (("s", 1),)
MASS: Dimension = (("g", 1),)

_UNITS: dict[str, tuple[Fraction, Dimension]] = {
    "mm": (Fraction(1), LENGTH),
    "cm": (Fraction(10), LENGTH),
    "m": (Fraction(1000), LENGTH),
    "mm2": (Fraction(1), (("mm", 2),)),
    "cm2": (Fraction(100), (("mm", 2),)),
    "m2": (Fraction(1_000_000), (("mm", 2),)),
    "mm3": (Fraction(1), (("mm", 3),)),
    "cm3": (Fraction(1000), (("mm", 3),)),
    "g": (Fraction(1), MASS),
    "kg": (Fraction(1000), MASS),
    "s": (Fraction(1), TIME),
    "min": (Fraction(60), TIME),
    "h": (Fraction(3600), TIME),
    "ml": (Fraction(1), (("ml", 1),)),
    "l": (Fraction(1000), (("ml", 1),)),
}
UNIT_NAMES = tuple(_UNITS)
UNIT_PATTERN = "(?:mm2|cm2|m2|mm3|cm3|mm|cm|min|ml|m|kg|g|s|h|l|[A-Z]{3})(?![A-Za-z0-9_])"
_QUANTITY = re.compile(rf"([-+]?\d+(?:\.\d+)?)\s*({UNIT_PATTERN})")


def dimension_of(unit: str) -> Dimension | None:
    """The dimension of a unit name, () for no unit, None for a name that is no unit."""
    if not unit:
        return PLAIN
    if unit in _UNITS:
        return _UNITS[unit][1]
    if re.fullmatch("[A-Z]{3}", unit):
        return ((unit, 1),)
    return None


def factor_of(unit: str) -> Fraction:
    """How many base units one `unit` is; money and plain numbers are their own base."""
    return _UNITS[unit][0] if unit in _UNITS else Fraction(1)


def base_of(dimension: Dimension) -> str:
    """How a dimension is written: "mm", "mm2", "EUR/mm", "" for a plain number."""
    above = "*".join(f"{unit}{power if power > 1 else ''}" for unit, power in dimension if power > 0)
    below = "*".join(f"{unit}{-power if power < -1 else ''}" for unit, power in dimension if power < 0)
    return f"{above or 1}/{below}" if below else above


def multiply(left: Dimension, right: Dimension, *, sign: int = 1) -> Dimension:
    """The dimension of a product, or of a quotient with sign=-1."""
    powers = dict(left)
    for unit, power in right:
        powers[unit] = powers.get(unit, 0) + sign * power
    return tuple(sorted((unit, power) for unit, power in powers.items() if power))


def is_number(text: str) -> bool:
    """Whether the text is a plain number in decimal."""
    return re.fullmatch(r"[-+]?\d{1,18}(\.\d{1,18})?", text) is not None


def read_quantity(text: str) -> Quantity | None:
    """`12 mm`, `2.4 m2`, `4.50 EUR` in base units; None when the text is not a number with a unit."""
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        return None
    dimension = dimension_of(found[2])
    assert dimension is not None
    return Quantity(Fraction(found[1]) * factor_of(found[2]), base_of(dimension))


def quantity_dimension(quantity: Quantity) -> Dimension:
    """The dimension of a quantity, whose unit is a base unit as `read_quantity` writes it."""
    dimension = dimension_of(quantity.unit)
    assert dimension is not None
    return dimension


def in_words(number: Fraction, dimension: Dimension) -> str:
    """`12 mm`, `0.35`, `1,200 mm`: at most three decimals, thousands separated."""
    written = f"{Decimal(number.numerator) / Decimal(number.denominator):,.3f}".rstrip("0").rstrip(".")
    return f"{written} {base_of(dimension)}".rstrip()
