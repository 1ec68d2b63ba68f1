"""Expressions worked out for many combinations of choices at once, exactly.

A number is a fraction of two arrays of integers. The largest size that each array can have is known
beforehand from the sizes of what it is made of: where it provably fits, the arrays are int64, else Python's
own integers. Nothing is ever rounded.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configurator.engine.compiled import ChoiceVariable, NumberVariable, Variable
from configurator.engine.expressions import Constant, Node, Operation, Reference
from configurator.engine.rules import Value, values_of
from configurator.engine.spec import FamilySpec

Array = NDArray[Any]
# For every variable, by its code: the indices of the combinations looked at. Shapes have to broadcast.
Places = Mapping[str, Array]
_FITS = 2**62


@dataclass(frozen=True, slots=True)
class Numbers:
    """`above / below`, `below` > 0; no |above| exceeds `most`, no below `most_below`.

    Where `undefined` is true the number does not exist: something was divided by zero.
    """

    above: Array
    below: Array
    most: int
    most_below: int
    undefined: Array | None = None

    @property
    def constant_below(self) -> int | None:
        return int(self.below) if self.below.ndim == 0 else None


_Result = Numbers | Array


def _integers(values: Any, most: int) -> Array:
    return np.asarray(values, dtype=np.int64 if most < _FITS else object)


def number_array(numbers: list[Fraction]) -> Numbers:
    """These numbers over one common denominator."""
    below = math.lcm(*(number.denominator for number in numbers))
    above = [int(number * below) for number in numbers]
    most = max(map(abs, above), default=0)
    return Numbers(_integers(above, most), _integers(below, below), most, below)


class Grid:
    """Evaluates the expressions of one family; `names` gives the variable that a reference stands for."""

    def __init__(self, spec: FamilySpec, names: Mapping[str, Variable]) -> None:
        self.spec = spec
        self.names = names
        self._columns: dict[str, _Result] = {}

    def variable_of(self, reference: Reference) -> Variable:
        return self.names.get(reference.key) or self.names[reference.option]

    def values(self, reference: Reference) -> list[Value]:
        """What a reference to a choice stands for, by the index of the choice's value."""
        variable = self.variable_of(reference)
        assert isinstance(variable, ChoiceVariable)
        option = self.spec.option_by_code.get(variable.code)
        if option is None:
            return [False, True]  # a value of a multiple choice: out or in
        return [values_of(option, code)[reference.key] for code in variable.values]

    def truth(self, node: Node, places: Places) -> Array:
        """Where a condition holds."""
        result = self._result(node, places)
        assert not isinstance(result, Numbers)
        return np.asarray(result, dtype=bool)

    def numbers(self, node: Node, places: Places) -> Numbers:
        result = self._result(node, places)
        assert isinstance(result, Numbers)
        return result

    def _result(self, node: Node, places: Places) -> _Result:
        if isinstance(node, Constant):
            if isinstance(node.value, Fraction):
                one = number_array([node.value])
                return Numbers(one.above[0:1].reshape(()), one.below, one.most, one.most_below)
            return np.asarray(node.value, dtype=bool if isinstance(node.value, bool) else object)
        if isinstance(node, Reference):
            return self._column(node, places)
        assert isinstance(node, Operation)
        if node.operator in _RELATIONS or node.operator == "in":
            return self._comparison(node, places)
        results = [self._result(operand, places) for operand in node.operands]
        if node.operator in _TRUTHS:
            return _TRUTHS[node.operator](*(np.asarray(each, dtype=bool) for each in results))
        if node.operator == "if":
            return _chosen(np.asarray(results[0], dtype=bool), results[1], results[2])
        return _ARITHMETIC[node.operator](*(each for each in results if isinstance(each, Numbers)))

    def _column(self, reference: Reference, places: Places) -> _Result:
        variable = self.variable_of(reference)
        index = places[variable.code]
        if isinstance(variable, NumberVariable):
            return _on_grid(variable, index)
        if reference.key not in self._columns:
            self._columns[reference.key] = _column(self.values(reference))
        column = self._columns[reference.key]
        if isinstance(column, Numbers):
            return Numbers(column.above[index], column.below, column.most, column.most_below)
        return column[index]

    def _comparison(self, node: Operation, places: Places) -> Array:
        first, *others = [self._result(operand, places) for operand in node.operands]
        operator = "==" if node.operator == "in" else node.operator
        found = [_compared(operator, first, other) for other in others]
        return reduce(np.logical_or, found)


def _on_grid(variable: NumberVariable, index: Array) -> Numbers:
    factor = variable.factor
    ends = (variable.lower, variable.lower + variable.step * max(variable.raw_count - 1, 0))
    most = max(map(abs, ends)) * factor.numerator
    number = _integers(index, most) * variable.step + variable.lower
    below = _integers(factor.denominator, factor.denominator)
    return Numbers(_integers(number * factor.numerator, most), below, most, factor.denominator)


def _column(values: list[Value]) -> _Result:
    numbers = [value for value in values if isinstance(value, Fraction)]
    if len(numbers) == len(values):
        return number_array(numbers)
    kind = bool if all(isinstance(value, bool) for value in values) else object
    return np.asarray(values, dtype=kind)


def _compared(operator: str, left: _Result, right: _Result) -> Array:
    if not isinstance(left, Numbers) or not isinstance(right, Numbers):
        assert not isinstance(left, Numbers) and not isinstance(right, Numbers)
        same = np.asarray(_text(left, right) == _text(right, left), dtype=bool)
        return same if operator == "==" else ~same
    one, other = _over_one(left, right)
    found = np.asarray(_RELATIONS[operator](one, other), dtype=bool)
    # A comparison with a number that does not exist does not hold.
    undefined = _either(left.undefined, right.undefined)
    return found if undefined is None else found & ~undefined


def _text(this: Array, other: Array) -> Array:
    """A switch is compared with 'yes' and 'no'."""
    if this.dtype == bool and other.dtype != bool:
        return np.where(this, np.asarray("yes", dtype=object), np.asarray("no", dtype=object))
    return this


def _over_one(left: Numbers, right: Numbers) -> tuple[Array, Array]:
    """Both numerators over one denominator."""
    one, other = left.constant_below, right.constant_below
    if one is not None and one == other:
        return left.above, right.above
    if one is not None and other is not None:
        common = math.lcm(one, other)
        return (
            _times(left.above, left.most, common // one),
            _times(right.above, right.most, common // other),
        )
    most = max(left.most * right.most_below, right.most * left.most_below)
    one_wide, other_below, other_wide, one_below = (
        _integers(each, most) for each in (left.above, right.below, right.above, left.below)
    )
    return one_wide * other_below, other_wide * one_below


def _times(above: Array, most: int, factor: int) -> Array:
    return _integers(_integers(above, most * factor) * factor, most * factor)


def _either(one: Array | None, other: Array | None) -> Array | None:
    return other if one is None else one if other is None else one | other


def _sum(left: Numbers, right: Numbers, sign: int = 1) -> Numbers:
    one, other = left.constant_below, right.constant_below
    if one is not None and other is not None:
        below: int = math.lcm(one, other)
        most = left.most * (below // one) + right.most * (below // other)
        above = _integers(left.above, most) * (below // one) + sign * (
            _integers(right.above, most) * (below // other)
        )
        undefined = _either(left.undefined, right.undefined)
        return Numbers(_integers(above, most), _integers(below, below), most, below, undefined)
    most = left.most * right.most_below + right.most * left.most_below
    most_below = left.most_below * right.most_below
    above = _integers(left.above, most) * _integers(right.below, most) + sign * (
        _integers(right.above, most) * _integers(left.below, most)
    )
    wide = _integers(left.below, most_below) * _integers(right.below, most_below)
    return Numbers(
        _integers(above, most),
        _integers(wide, most_below),
        most,
        most_below,
        _either(left.undefined, right.undefined),
    )


def _product(left: Numbers, right: Numbers) -> Numbers:
    most, most_below = left.most * right.most, left.most_below * right.most_below
    return Numbers(
        _integers(_integers(left.above, most) * _integers(right.above, most), most),
        _integers(_integers(left.below, most_below) * _integers(right.below, most_below), most_below),
        most,
        most_below,
        _either(left.undefined, right.undefined),
    )


def _quotient(left: Numbers, right: Numbers) -> Numbers:
    zero = np.asarray(right.above == 0, dtype=bool)
    negative = np.asarray(right.above < 0, dtype=bool)
    divisor = _integers(np.where(zero, 1, right.above), right.most)
    turned = Numbers(
        _integers(np.where(negative, -right.below, right.below), right.most_below),
        _integers(np.abs(divisor), max(right.most, 1)),
        right.most_below,
        max(right.most, 1),
        _either(right.undefined, zero if zero.any() else None),
    )
    return _product(left, turned)


def _negative(number: Numbers) -> Numbers:
    return Numbers(-number.above, number.below, number.most, number.most_below, number.undefined)


def _floor(number: Numbers) -> Numbers:
    most = number.most + 1
    down = _integers(number.above, most) // _integers(number.below, number.most_below)
    return Numbers(_integers(down, most), _integers(1, 1), most, 1, number.undefined)


def _chosen(condition: Array, left: _Result, right: _Result) -> _Result:
    """The one where the condition holds, the other elsewhere."""
    if not isinstance(left, Numbers) or not isinstance(right, Numbers):
        assert not isinstance(left, Numbers) and not isinstance(right, Numbers)
        return np.where(condition, left, right)
    undefined = None
    if left.undefined is not None or right.undefined is not None:
        never = np.asarray(False)
        one = never if left.undefined is None else left.undefined
        other = never if right.undefined is None else right.undefined
        undefined = np.where(condition, one, other)
    most, most_below = max(left.most, right.most), max(left.most_below, right.most_below)
    if left.constant_below is not None and right.constant_below is not None:
        below = math.lcm(left.constant_below, right.constant_below)
        one_above, other_above = _over_one(left, right)
        most = max(left.most * (below // left.constant_below), right.most * (below // right.constant_below))
        above = np.where(condition, one_above, other_above)
        return Numbers(_integers(above, most), _integers(below, below), most, below, undefined)
    above = np.where(condition, _integers(left.above, most), _integers(right.above, most))
    below_wide = np.where(condition, _integers(left.below, most_below), _integers(right.below, most_below))
    return Numbers(_integers(above, most), _integers(below_wide, most_below), most, most_below, undefined)


def _extreme(smallest: bool) -> Callable[..., Numbers]:
    def pick(*numbers: Numbers) -> Numbers:
        best = numbers[0]
        for number in numbers[1:]:
            one, other = _over_one(best, number)
            found = _chosen(np.asarray((one <= other) if smallest else (one >= other)), best, number)
            assert isinstance(found, Numbers)
            # One number that does not exist is enough for the smallest not to exist.
            undefined = _either(best.undefined, number.undefined)
            best = Numbers(found.above, found.below, found.most, found.most_below, undefined)
        return best

    return pick


_RELATIONS: dict[str, Callable[[Array, Array], Array]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
_TRUTHS: dict[str, Callable[..., Array]] = {
    "!": np.logical_not,
    "&": lambda *parts: reduce(np.logical_and, parts),
    "|": lambda *parts: reduce(np.logical_or, parts),
    "=>": lambda left, right: ~left | right,
    "<=>": lambda left, right: left == right,
}
_ARITHMETIC: dict[str, Callable[..., Numbers]] = {
    "+": _sum,
    "-": lambda left, right: _sum(left, right, -1),
    "*": _product,
    "/": _quotient,
    "neg": _negative,
    "floor": _floor,
    "ceil": lambda number: _negative(_floor(_negative(number))),
    "abs": lambda number: Numbers(
        np.abs(number.above), number.below, number.most, number.most_below, number.undefined
    ),
    "min": _extreme(True),
    "max": _extreme(False),
}
