"""Sums over the variables of a model, and fractions of them: numbers in which nothing is rounded."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True)
class Linear:
    """A sum of coefficient times model variable, and a constant."""

    terms: Mapping[int, Fraction] = field(default_factory=dict)
    constant: Fraction = Fraction(0)

    def plus(self, other: "Linear", factor: Fraction | int = 1) -> "Linear":
        terms = dict(self.terms)
        for variable, coefficient in other.terms.items():
            terms[variable] = terms.get(variable, Fraction(0)) + coefficient * factor
        kept = {variable: coefficient for variable, coefficient in terms.items() if coefficient}
        return Linear(kept, self.constant + other.constant * factor)

    def times(self, factor: Fraction | int) -> "Linear":
        return Linear().plus(self, factor)

    @property
    def denominator(self) -> int:
        """What makes all its coefficients integers."""
        return math.lcm(self.constant.denominator, *(each.denominator for each in self.terms.values()))


ONE = Linear(constant=Fraction(1))


@dataclass(frozen=True)
class Number:
    """`above` divided by `below`, which is one or more, where all literals of `exists` are true."""

    above: Linear
    below: Linear = ONE
    exists: tuple[int, ...] = ()


def negative(number: Number) -> Number:
    return Number(number.above.times(-1), number.below, number.exists)


def scaled(linear: Linear, scale: int) -> tuple[dict[int, int], int]:
    return {v: int(c * scale) for v, c in linear.terms.items()}, int(linear.constant * scale)


def integers(linear: Linear) -> tuple[dict[int, int], int, int]:
    """Integer coefficients and constant, and what they have to be divided by."""
    scale = linear.denominator
    return *scaled(linear, scale), scale


def less(terms: Mapping[int, int], variable: int) -> dict[int, int]:
    return {**terms, variable: terms.get(variable, 0) - 1}
