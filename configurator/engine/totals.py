"""Sums over many truths as clauses: `extras.count <= 3`, `sum(extras.weight) <= load`.

Trying all subsets of twenty values is a million combinations; their sums are few. One literal stands for
each sum that the first values can reach, and what can no longer change the outcome ends early: a decision
diagram of the comparison, in the one direction that forbidding needs.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from configurator.engine.compiled import ChoiceVariable, Clause, NumberVariable
from configurator.engine.expressions import Constant, Node, Operation, Reference
from configurator.engine.grids import Grid

# Fewer truths are written out as they are: that is as short, and propagates more.
FEWEST_TRUTHS = 6
MOST_SUMS = 20_000
_OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Sum:
    """`constant`, the coefficients of the true literals and `slope` times the number's index, compared
    with zero."""

    operator: str
    terms: tuple[tuple[int, Fraction], ...]
    constant: Fraction
    number: NumberVariable | None
    slope: Fraction


def sum_of(node: Node, grid: Grid) -> Sum | None:
    """The comparison as a sum over truths and at most one number; None for any other."""
    if not isinstance(node, Operation) or node.operator not in _OPPOSITES:
        return None
    linear = _Linear(grid)
    if not (linear.add(node.operands[0], Fraction(1)) and linear.add(node.operands[1], Fraction(-1))):
        return None
    terms = sorted(((lit, c) for lit, c in linear.terms.items() if c), key=lambda term: -abs(term[1]))
    numbers = [(code, slope) for code, slope in linear.numbers.items() if slope]
    if len(terms) < FEWEST_TRUTHS or len(numbers) > 1 or (numbers and node.operator in ("==", "!=")):
        return None
    number, slope = None, Fraction(0)
    constant = linear.constant
    if numbers:
        number = linear.by_code[numbers[0][0]]
        constant += numbers[0][1] * number.in_base(0)
        slope = numbers[0][1] * number.step * number.factor
    found = Sum(node.operator, tuple(terms), constant, number, slope)
    return found if _states(found) <= MOST_SUMS else None


def _states(added: Sum) -> int:
    sums, count = {added.constant}, 1
    for _, coefficient in added.terms:
        sums |= {each + coefficient for each in sums}
        count += len(sums)
        if count > MOST_SUMS:
            break
    return count


class _Linear:
    """Adds up an expression that is linear in truths and numbers."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.terms: dict[int, Fraction] = {}
        self.numbers: dict[str, Fraction] = {}
        self.by_code: dict[str, NumberVariable] = {}
        self.constant = Fraction(0)

    def add(self, node: Node, factor: Fraction) -> bool:
        """Adds `factor` times the node; False when it is not of this kind."""
        if isinstance(node, Constant):
            if isinstance(node.value, str | bool):
                return False
            self.constant += factor * node.value
            return True
        if isinstance(node, Reference):
            return self._number(node, factor)
        assert isinstance(node, Operation)
        first, *others = node.operands
        if node.operator in ("+", "-"):
            sign = 1 if node.operator == "+" else -1
            return self.add(first, factor) and self.add(others[0], factor * sign)
        if node.operator == "neg":
            return self.add(first, -factor)
        if node.operator == "*":
            for one, other in ((first, others[0]), (others[0], first)):
                if isinstance(one, Constant) and isinstance(one.value, Fraction):
                    return self.add(other, factor * one.value)
        if node.operator == "/" and isinstance(others[0], Constant) and isinstance(others[0].value, Fraction):
            return others[0].value != 0 and self.add(first, factor / others[0].value)
        return node.operator == "if" and self._alternative(first, others, factor)

    def _number(self, node: Reference, factor: Fraction) -> bool:
        variable = self.grid.variable_of(node)
        if not isinstance(variable, NumberVariable):
            return False
        self.by_code[variable.code] = variable
        self.numbers[variable.code] = self.numbers.get(variable.code, Fraction(0)) + factor
        return True

    def _alternative(self, condition: Node, values: list[Node], factor: Fraction) -> bool:
        """`if(truth, number, number)`."""
        numbers = [value.value for value in values if isinstance(value, Constant)]
        yes, no = numbers if len(numbers) == 2 else (None, None)
        if not (isinstance(condition, Reference) and isinstance(yes, Fraction) and isinstance(no, Fraction)):
            return False
        variable = self.grid.variable_of(condition)
        if (
            not isinstance(variable, ChoiceVariable)
            or variable.values != ("no", "yes")
            or (condition.key != variable.code)
        ):
            return False
        literal = variable.literals[1]
        self.terms[literal] = self.terms.get(literal, Fraction(0)) + factor * (yes - no)
        self.constant += factor * no
        return True


def demand(
    added: Sum, wanted: bool, guard: Clause, add: Callable[[Iterable[int]], None], new: Callable[[], int]
) -> None:
    """The comparison is as wanted, or a literal of `guard` is true."""
    operator = added.operator if wanted else _OPPOSITES[added.operator]
    span = [Fraction(0), added.slope * (added.number.count - 1)] if added.number else [Fraction(0)]
    rest = [(min(span), max(span))]
    for _, coefficient in reversed(added.terms):
        low, high = rest[-1]
        rest.append((low + min(coefficient, Fraction(0)), high + max(coefficient, Fraction(0))))
    rest.reverse()
    states: dict[Fraction, Clause] = {added.constant: guard}
    for position, (literal, coefficient) in enumerate(added.terms):
        following: dict[Fraction, int] = {}
        for reached, unless in states.items():
            if (outcome := _settled(operator, reached, *rest[position])) is not None:
                if not outcome:
                    add(unless)
                continue
            for side, sum_ in ((literal, reached), (-literal, reached + coefficient)):
                if _settled(operator, sum_, *rest[position + 1]) is False:
                    add((*unless, side))
                elif _settled(operator, sum_, *rest[position + 1]) is None:
                    if sum_ not in following:
                        following[sum_] = new()
                    add((*unless, side, following[sum_]))
        states = {sum_: (-state,) for sum_, state in following.items()}
    for reached, unless in states.items():
        _demand_last(added, operator, reached, unless, add)


def _settled(operator: str, reached: Fraction, low: Fraction, high: Fraction) -> bool | None:
    """Whether the comparison holds whatever is still added (`low` to `high`); None when it depends."""
    low, high = reached + low, reached + high
    if operator in ("<", "<="):
        return True if _holds(operator, high) else False if not _holds(operator, low) else None
    if operator in (">", ">="):
        return True if _holds(operator, low) else False if not _holds(operator, high) else None
    if low == high:
        return _holds(operator, low)
    return (operator == "!=") if low > 0 or high < 0 else None


def _holds(operator: str, total: Fraction) -> bool:
    return {
        "<": total < 0,
        "<=": total <= 0,
        ">": total > 0,
        ">=": total >= 0,
        "==": total == 0,
        "!=": total != 0,
    }[operator]


def _demand_last(
    added: Sum, operator: str, reached: Fraction, unless: Clause, add: Callable[[Iterable[int]], None]
) -> None:
    """The number makes up for what is left."""
    if added.number is None:
        if not _holds(operator, reached):
            add(unless)
        return
    slope, number = added.slope, added.number
    root = -reached / slope
    if (operator in ("<", "<=")) is (slope > 0):
        top = math.floor(root) if operator in ("<=", ">=") else math.ceil(root) - 1
        add((*unless, number.at_most(max(top, -1))))
    else:
        bottom = math.ceil(root) if operator in ("<=", ">=") else math.floor(root) + 1
        add((*unless, number.at_least(min(bottom, number.count))))
