"""Between which bounds an expression lies, and whether it only grows or only falls in one of its variables.

By intervals: what is found is proved for all combinations; what is not found may still be so.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from configurator.engine.compiled import NumberVariable
from configurator.engine.expressions import Constant, Node, Operation, Reference, walk
from configurator.engine.grids import Grid

# 1 never falls, -1 never grows, 0 does not depend on it, None not known.
Direction = int | None


@dataclass(frozen=True, slots=True)
class Trend:
    """Bounds over all combinations (None: not known) and the direction in the variable asked for.

    `defined` says that nothing is divided by zero, whatever is chosen.
    """

    low: Fraction | None
    high: Fraction | None
    direction: Direction
    defined: bool = True

    @property
    def sign(self) -> int | None:
        if self.low is not None and self.low >= 0:
            return 1
        return -1 if self.high is not None and self.high <= 0 else None


_UNKNOWN = Trend(None, None, None, False)


def trend_of(node: Node, grid: Grid, variable: str) -> Trend:
    """The trend of an expression that gives a number, in the variable with this code."""
    if isinstance(node, Constant):
        return _UNKNOWN if not isinstance(node.value, Fraction) else Trend(node.value, node.value, 0)
    if isinstance(node, Reference):
        return _of_reference(node, grid, variable)
    assert isinstance(node, Operation)
    if node.operator == "if":
        return _of_condition(node, grid, variable)
    if node.operator not in _TRENDS:
        return _UNKNOWN
    return _TRENDS[node.operator](*(trend_of(operand, grid, variable) for operand in node.operands))


def slope_of(node: Node, grid: Grid, variable: str) -> Fraction | None:
    """How much an expression grows with its variable, where that is the same everywhere."""
    if not any(isinstance(n, Reference) and grid.variable_of(n).code == variable for n in walk(node)):
        return Fraction(0)
    if isinstance(node, Reference):
        return Fraction(1)
    assert isinstance(node, Operation)
    if node.operator == "neg":
        slope = slope_of(node.operands[0], grid, variable)
        return None if slope is None else -slope
    if node.operator in ("+", "-"):
        left, right = (slope_of(operand, grid, variable) for operand in node.operands)
        if left is None or right is None:
            return None
        return left + right if node.operator == "+" else left - right
    if node.operator in ("*", "/"):
        left_node, right_node = node.operands
        if isinstance(right_node, Constant) and isinstance(right_node.value, Fraction):
            slope, factor = slope_of(left_node, grid, variable), right_node.value
            if slope is None or (node.operator == "/" and factor == 0):
                return None
            return slope * factor if node.operator == "*" else slope / factor
        if node.operator == "*" and isinstance(left_node, Constant) and isinstance(left_node.value, Fraction):
            slope = slope_of(right_node, grid, variable)
            return None if slope is None else slope * left_node.value
    return None


def _of_reference(node: Reference, grid: Grid, variable: str) -> Trend:
    found = grid.variable_of(node)
    if isinstance(found, NumberVariable):
        ends = found.raw_in_base(0), found.raw_in_base(found.raw_count - 1)
        return Trend(min(ends), max(ends), int(found.code == variable))
    numbers = [value for value in grid.values(node) if isinstance(value, Fraction)]
    if not numbers:
        return _UNKNOWN
    return Trend(min(numbers), max(numbers), None if found.code == variable else 0)


def _of_condition(node: Operation, grid: Grid, variable: str) -> Trend:
    condition, first, second = node.operands
    one, other = trend_of(first, grid, variable), trend_of(second, grid, variable)
    parts = [part for part in walk(condition) if isinstance(part, Reference)]
    direction = _common(one.direction, other.direction)
    if any(grid.variable_of(part).code == variable for part in parts):
        direction = None
    low = None if one.low is None or other.low is None else min(one.low, other.low)
    high = None if one.high is None or other.high is None else max(one.high, other.high)
    return Trend(low, high, direction, one.defined and other.defined)


def _common(one: Direction, other: Direction) -> Direction:
    """The direction of what grows when both do."""
    if one is None or other is None:
        return None
    if one == 0 or other == 0 or one == other:
        return one or other
    return None


def _times(direction: Direction, sign: int | None) -> Direction:
    if direction == 0:
        return 0
    return None if direction is None or sign is None else direction * sign


def _sum(left: Trend, right: Trend) -> Trend:
    low = None if left.low is None or right.low is None else left.low + right.low
    high = None if left.high is None or right.high is None else left.high + right.high
    return Trend(low, high, _common(left.direction, right.direction), left.defined and right.defined)


def _negative(trend: Trend) -> Trend:
    low = None if trend.high is None else -trend.high
    high = None if trend.low is None else -trend.low
    return Trend(low, high, _times(trend.direction, -1), trend.defined)


def _product(left: Trend, right: Trend) -> Trend:
    direction = _common(_times(left.direction, right.sign), _times(right.direction, left.sign))
    defined = left.defined and right.defined
    if left.low is None or left.high is None or right.low is None or right.high is None:
        return Trend(None, None, direction, defined)
    ends = [one * other for one in (left.low, left.high) for other in (right.low, right.high)]
    return Trend(min(ends), max(ends), direction, defined)


def _quotient(left: Trend, right: Trend) -> Trend:
    if right.low is None or right.high is None or right.low <= 0 <= right.high:
        return Trend(None, None, 0 if left.direction == 0 and right.direction == 0 else None, False)
    turned = Trend(1 / right.high, 1 / right.low, _times(right.direction, -1), right.defined)
    return _product(left, turned)


def _rounded(rounding: Callable[[Fraction], int]) -> Callable[[Trend], Trend]:
    def trend(inner: Trend) -> Trend:
        low = None if inner.low is None else Fraction(rounding(inner.low))
        high = None if inner.high is None else Fraction(rounding(inner.high))
        return Trend(low, high, inner.direction, inner.defined)

    return trend


def _size(trend: Trend) -> Trend:
    if trend.sign == 1:
        return trend
    if trend.sign == -1:
        return _negative(trend)
    if trend.low is None or trend.high is None:
        return Trend(Fraction(0), None, None, trend.defined)
    return Trend(Fraction(0), max(-trend.low, trend.high), None, trend.defined)


def _extreme(pick: Callable[[list[Fraction]], Fraction]) -> Callable[..., Trend]:
    def trend(*trends: Trend) -> Trend:
        lows = [each.low for each in trends if each.low is not None]
        highs = [each.high for each in trends if each.high is not None]
        direction = trends[0].direction
        for each in trends[1:]:
            direction = _common(direction, each.direction)
        return Trend(
            pick(lows) if len(lows) == len(trends) else None,
            pick(highs) if len(highs) == len(trends) else None,
            direction,
            all(each.defined for each in trends),
        )

    return trend


_TRENDS: dict[str, Callable[..., Trend]] = {
    "+": _sum,
    "-": lambda left, right: _sum(left, _negative(right)),
    "*": _product,
    "/": _quotient,
    "neg": _negative,
    "floor": _rounded(math.floor),
    "ceil": _rounded(math.ceil),
    "abs": _size,
    "min": _extreme(min),
    "max": _extreme(max),
}
