"""What is paid, in cents: price lines that add up, and percentages of their sum."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from configurator.engine.diagram.functions import Environment, Functions, Table
from configurator.engine.diagram.nodes import OutOfReach
from configurator.engine.expressions import parse
from configurator.engine.pricing import rounded
from configurator.engine.rules import Undefined, holds, number_of
from configurator.engine.spec import FamilySpec, PriceSpec


@dataclass(frozen=True)
class Percentages:
    """Percentages of the sum of all amounts: those that always count, and breaks by quantity.

    Where amounts begin with a quantity, nothing can be told from `below` pieces on.
    """

    always: tuple[Fraction, ...] = ()
    breaks: tuple[tuple[int, Fraction], ...] = ()
    below: int | None = None

    def of(self, quantity: int) -> tuple[Fraction, ...] | None:
        """The percentages that count; None where the cheapest sum need not give the lowest price."""
        if self.below is not None and quantity >= self.below:
            return None
        reached = [each for each in self.breaks if each[0] <= quantity]
        best = max(reached, key=lambda each: each[0], default=None)
        counting = (*self.always, *(() if best is None else (best[1],)))
        # A cent more may take one cent off by rounding a discount, so two discounts can turn the order round.
        falling = [percent for percent in counting if percent < 0]
        return counting if not falling or (len(falling) == 1 and falling[0] >= -100) else None


def with_percentages(cents: int, percentages: tuple[Fraction, ...]) -> Decimal:
    """The price of one piece whose amounts add up to `cents`; each percentage rounded as `pricing` does."""
    amount = Fraction(cents, 100)
    return rounded(amount) + sum((rounded(amount * each / 100) for each in percentages), Decimal(0))


def base_cents(spec: FamilySpec) -> int:
    return _cents(Fraction(spec.base_price))


def amounts(spec: FamilySpec, functions: Functions) -> list[Table]:
    """The price lines of one piece as functions of the options; raises `OutOfReach`."""
    return [_line(rule, functions) for rule in spec.prices if _counts(rule)]


def percentages(spec: FamilySpec) -> Percentages:
    """The percentages of a family; raises `OutOfReach` where they depend on options."""
    rules = [rule for rule in spec.prices if rule.percent is not None]
    if any(rule.when is not None for rule in rules):
        raise OutOfReach
    late = [rule.min_quantity or 1 for rule in spec.prices if rule.amount is not None and not _counts(rule)]
    return Percentages(
        tuple(Fraction(rule.percent) for rule in rules if rule.percent is not None and not rule.min_quantity),
        tuple(
            (rule.min_quantity, Fraction(rule.percent))
            for rule in rules
            if rule.percent is not None and rule.min_quantity
        ),
        min(late, default=None),
    )


def _counts(rule: PriceSpec) -> bool:
    return rule.amount is not None and (rule.min_quantity or 1) == 1


def _line(rule: PriceSpec, functions: Functions) -> Table:
    amount = rule.amount or ""

    def cents(environment: Environment) -> int:
        applies = holds(rule.when, environment)
        if applies is None:
            raise OutOfReach
        if not applies:
            return 0
        try:
            number = number_of(amount, environment)
        except Undefined:  # a configuration without a price; the shop says so when it is chosen
            raise OutOfReach from None
        if number is None:
            raise OutOfReach
        return _cents(number)

    nodes = [parse(amount).root, *([parse(rule.when).root] if rule.when is not None else [])]
    return functions.table(nodes, cents, int)


def _cents(number: Fraction) -> int:
    return int(rounded(number) * 100)
