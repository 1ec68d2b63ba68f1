"""A family compiled into clauses: what may be chosen together, ready for a SAT solver.

A choice has one literal a value (exactly one is true). A number, a text's length and a picture's count have
one literal a step of their grid, "at least this much" (order encoding). Each rule has a selector literal, so
that an explanation can name it. Compiled knowledge never changes and is the same for the same family.
"""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from typing import Any

from configurator.engine.spec import FamilySpec

TRUE = 1
FALSE = -1
Clause = tuple[int, ...]


class TooLarge(Exception):
    """A rule (or the whole family) that would need more clauses than is sensible."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{rule}: {message}" if rule else message)
        self.rule = rule
        self.message = message


@dataclass(frozen=True, slots=True)
class ChoiceVariable:
    """`literals[i]` says that the i-th value is chosen."""

    code: str
    values: tuple[str, ...]
    literals: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.values)

    def assume(self, index: int) -> tuple[int, ...]:
        return (self.literals[index],)


@dataclass(frozen=True, slots=True)
class NumberVariable:
    """A grid `lower + index * step`, index < count; literal `first + k - 1` says that the index is k or more.

    `factor` turns the number into base units: a width in cm counts as mm in expressions.

    What is measured (the width of a text) has `points` instead of an even grid: index i stands for the
    numbers above the point before up to and with points[i], which all behave alike in the family's rules.
    `limit` is the largest number that can be measured.
    """

    code: str
    name: str
    lower: int
    step: int
    count: int
    first: int
    factor: Fraction = Fraction(1)
    points: tuple[int, ...] = ()
    limit: int | None = None

    @property
    def measured(self) -> bool:
        return self.limit is not None

    @property
    def raw_count(self) -> int:
        """How many numbers there are, before those that behave alike are taken together."""
        return self.count if self.limit is None else self.limit + 1

    def raw_in_base(self, number: int) -> Fraction:
        return (self.lower + number * self.step) * self.factor

    def at_least(self, index: int) -> int:
        if index <= 0:
            return TRUE
        return FALSE if index >= self.count else self.first + index - 1

    def at_most(self, index: int) -> int:
        return -self.at_least(index + 1)

    def assume(self, index: int) -> tuple[int, ...]:
        return tuple(literal for literal in (self.at_least(index), self.at_most(index)) if literal != TRUE)

    def number(self, index: int) -> int:
        return self.points[index] if self.points else self.lower + index * self.step

    def index_of(self, number: int) -> int:
        """The index of a number, which may lie outside 0..count-1 when the number is not possible at all."""
        if self.measured:
            return min(bisect_left(self.points, number), self.count - 1)
        return (number - self.lower) // self.step

    def in_base(self, index: int) -> Fraction:
        return self.number(index) * self.factor


Variable = ChoiceVariable | NumberVariable


@dataclass(frozen=True, slots=True)
class Knowledge:
    """`variables` in the family's order, by option code; a multiple choice has one for each of its values,
    `option.value`, with the values `no` and `yes`. `selectors` by rule: each switches its rule's `clauses`
    on.

    `arithmetic` are the codes of rules that are too much for clauses: at most implied bounds of them are in
    `clauses`, and whoever finds a configuration there has to check these rules on it.
    """

    spec: FamilySpec
    content_hash: str
    variables: Mapping[str, Variable]
    clauses: tuple[Clause, ...]
    selectors: Mapping[str, int]
    top: int
    arithmetic: tuple[str, ...] = ()


def content_hash(spec: FamilySpec) -> str:
    """The SHA-256 of what a family says, whatever the layout of its file."""
    text = json.dumps(spec, sort_keys=True, default=_plain, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(fact: Any) -> Any:
    """What JSON makes of a fact: its fields by name; of exact numbers and days their text."""
    if is_dataclass(fact):
        return {each.name: getattr(fact, each.name) for each in fields(fact)}
    return str(fact)
