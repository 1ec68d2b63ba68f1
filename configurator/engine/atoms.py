"""Comparisons over several options, worked out completely: for which numbers and values they hold.

One variable is the pivot: a number where there is one. For every combination of the others the pivot's
allowed ranges are computed, exactly: where the comparison is proved to be monotone in the pivot, by halving,
for all combinations at once; else by looking at every point. Values of a choice that the comparison cannot
tell apart are taken together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from configurator.engine.compiled import ChoiceVariable, NumberVariable, TooLarge, Variable
from configurator.engine.expressions import Constant, Node, Operation, Reference, walk
from configurator.engine.grids import Array, Grid
from configurator.engine.spec import FamilySpec
from configurator.engine.trends import slope_of, trend_of

# What is worked out at most for one comparison: combinations of everything but the pivot, points looked at
# when the comparison is not monotone, and ends of ranges. About a second of one core each; beyond, a rule
# goes to the solver of arithmetic. Combinations of values cost more: each becomes a clause of its own.
MAX_COMBINATIONS = 1_000_000
MAX_EVALUATIONS = 12_000_000
MAX_EDGES = 4_000_000
MAX_CELLS = 20_000
_CHUNK = 1_000_000

# The indices of a variable's values that a comparison cannot tell apart.
Alike = frozenset[int]


@dataclass(frozen=True, slots=True)
class Atom:
    """Where a comparison holds.

    `cells` gives, for one group of indices of each variable of `fixed`, the pivot's allowed ranges: an array
    with one axis for each number of `rows` and a last axis of edges; the pivot is allowed from each even edge
    up to but without the next one.
    """

    pivot: Variable
    rows: tuple[NumberVariable, ...]
    fixed: tuple[Variable, ...]
    cells: dict[tuple[Alike, ...], Array]

    @property
    def single(self) -> bool:
        return not self.rows and not self.fixed

    def allowed(self) -> tuple[tuple[int, int], ...]:
        """The inclusive ranges of a comparison that speaks of the pivot alone."""
        edges = self.cells[()].tolist()
        return tuple((low, high - 1) for low, high in zip(edges[::2], edges[1::2], strict=True) if low < high)


def atom_of(node: Node, spec: FamilySpec, rule: str, grid: Grid) -> Atom:
    """Works a comparison out; raises `TooLarge` where that takes too many combinations."""
    return _Comparison(node, spec, rule, grid).atom()


class _Comparison:
    def __init__(self, node: Node, spec: FamilySpec, rule: str, grid: Grid) -> None:
        self.node = node
        self.spec = spec
        self.rule = rule
        self.grid = grid
        self.references = {part.key: part for part in walk(node) if isinstance(part, Reference)}
        variables: dict[str, Variable] = {
            variable.code: variable for variable in map(grid.variable_of, self.references.values())
        }
        numbers = sorted(
            (variable for variable in variables.values() if isinstance(variable, NumberVariable)),
            key=lambda variable: (variable.measured, variable.raw_count),
            reverse=True,
        )
        choices = sorted(
            (variable for variable in variables.values() if isinstance(variable, ChoiceVariable)),
            key=lambda variable: -variable.count,
        )
        self.direction, self.pivot = self._pivot(numbers, choices)
        self.rows = tuple(number for number in reversed(numbers) if number is not self.pivot)
        self.fixed = tuple(choice for choice in choices if choice is not self.pivot)
        if any(number.measured for number in self.rows):
            raise TooLarge(rule, "compares several measured numbers; write a rule for each of them")

    def _pivot(
        self, numbers: list[NumberVariable], choices: list[ChoiceVariable]
    ) -> tuple[int | None, Variable]:
        """The number with the most points among those in which the comparison is monotone."""
        for number in numbers if not numbers or not numbers[0].measured else numbers[:1]:
            direction = self._direction(number)
            if direction is not None:
                return direction, number
        return None, numbers[0] if numbers else choices[0]

    def _direction(self, number: NumberVariable) -> int | None:
        """Whether the left side less the right side never falls (1) or never grows (-1) with the number."""
        node = self.node
        if not isinstance(node, Operation) or node.operator not in _ORDERED:
            return None
        left, right = (trend_of(operand, self.grid, number.code) for operand in node.operands)
        if left.direction is not None and right.direction is not None:
            if left.direction == 0 or right.direction == 0:
                return left.direction or -right.direction or 1
            if left.direction == -right.direction:
                return left.direction
        slopes = [slope_of(operand, self.grid, number.code) for operand in node.operands]
        if slopes[0] is None or slopes[1] is None:
            return None
        return 1 if slopes[0] >= slopes[1] else -1

    def atom(self) -> Atom:
        groups = [self._alike(variable) for variable in self.fixed]
        shape = (*(len(group) for group in groups), *(number.raw_count for number in self.rows))
        combinations = math.prod(shape)
        table = math.prod(shape[: len(groups)])
        if table > MAX_CELLS:
            raise self._too_large(table, "combinations of values", MAX_CELLS)
        if combinations > MAX_COMBINATIONS:
            raise self._too_large(combinations, "combinations", MAX_COMBINATIONS)
        places = np.unravel_index(np.arange(combinations), shape) if shape else ()
        fixed = [
            np.asarray([min(group) for group in alike])[place]
            for alike, place in zip(groups, places, strict=False)
        ]
        edges = self._edges([*fixed, *places[len(fixed) :]], max(combinations, 1))
        if isinstance(self.pivot, NumberVariable) and self.pivot.points:
            # From numbers to the classes of numbers that behave alike.
            edges = np.searchsorted(np.asarray(self.pivot.points), edges)
        cells = edges.reshape(*shape, edges.shape[-1])
        return Atom(
            self.pivot,
            self.rows,
            self.fixed,
            {
                tuple(group[index] for group, index in zip(groups, each, strict=True)): cells[each]
                for each in product(*(range(len(group)) for group in groups))
            },
        )

    def _alike(self, variable: Variable) -> list[Alike]:
        columns = [
            self.grid.values(reference)
            for reference in self.references.values()
            if self.grid.variable_of(reference) is variable
        ]
        groups: dict[tuple[object, ...], list[int]] = {}
        for index, values in enumerate(zip(*columns, strict=True)):
            groups.setdefault(values, []).append(index)
        return [frozenset(indices) for indices in groups.values()]

    def _edges(self, places: Sequence[Array], combinations: int) -> Array:
        codes = [*(choice.code for choice in self.fixed), *(number.code for number in self.rows)]
        others = dict(zip(codes, places, strict=True))
        if self.direction is not None and isinstance(self.node, Operation):
            return self._by_halving(self.node, others, combinations)
        return self._by_points(others, combinations)

    # --- Monotone in the pivot

    def _by_halving(self, node: Operation, others: dict[str, Array], combinations: int) -> Array:
        rising = self.direction == 1
        last = _raw(self.pivot)

        def start(operator: str) -> Array:
            """The first point where the comparison by this operator begins (or ends) to hold."""
            asked = Operation(node.column, node.depth, operator, node.operands)
            begins = rising is (operator in (">", ">="))
            low = np.zeros(combinations, dtype=np.int64)
            high = np.full(combinations, last, dtype=np.int64)
            while (low < high).any():
                middle = (low + high) // 2
                holds = self.grid.truth(asked, {**others, self.pivot.code: np.minimum(middle, last - 1)})
                beyond = holds if begins else ~holds
                low, high = (
                    np.where(beyond | (low >= high), low, middle + 1),
                    np.where(beyond & (low < high), middle, high),
                )
            return low

        zero, end = np.zeros(combinations, dtype=np.int64), np.full(combinations, last, dtype=np.int64)
        operator = node.operator
        if operator in ("<", "<=", ">", ">="):
            ends_here = rising is (operator in ("<", "<="))
            found = (zero, start(operator)) if ends_here else (start(operator), end)
            edges: tuple[Array, ...] = found
        else:
            # Equal from where it is no longer below (above) to where it is above (below).
            reached, passed = (start(">="), start(">")) if rising else (start("<="), start("<"))
            if operator == "==":
                edges = (reached, passed)
            else:
                left = start("<") if rising else start(">")
                edges = (zero, left, passed, end)
        return np.stack(edges, axis=-1)

    # --- Point by point

    def _by_points(self, others: dict[str, Array], combinations: int) -> Array:
        points = _raw(self.pivot)
        if combinations * points > MAX_EVALUATIONS:
            raise self._too_large(combinations * points, "points", MAX_EVALUATIONS)
        rows = max(1, _CHUNK // points)
        parts: list[tuple[Array, Array]] = []
        pivot = np.arange(points)[np.newaxis, :]
        for first in range(0, combinations, rows):
            part = {code: place[first : first + rows, np.newaxis] for code, place in others.items()}
            count = min(rows, combinations - first)
            truth = self.grid.truth(self.node, {**part, self.pivot.code: pivot})
            parts.append(_changes(np.broadcast_to(truth, (count, points)), first))
        where = np.concatenate([place for place, _ in parts])
        edges = np.concatenate([edge for _, edge in parts])
        counts = np.bincount(where, minlength=combinations)
        widest = int(counts.max(initial=0))
        if combinations * widest > MAX_EDGES:
            raise self._too_large(combinations * widest, "ends of ranges", MAX_EDGES)
        result = np.full((combinations, max(widest, 2)), points, dtype=np.int64)
        position = np.arange(len(where)) - np.repeat(np.cumsum(counts) - counts, counts)
        result[where, position] = edges
        return result

    def _too_large(self, needed: int, what: str, limit: int) -> TooLarge:
        codes = dict.fromkeys(reference.option for reference in self.references.values())
        known = self.spec.option_by_code
        names = ", ".join(known[code].name if code in known else code for code in codes)
        return TooLarge(
            self.rule,
            f"the comparison of {names} has {needed:,} {what}, {limit:,} are possible; make the steps of the "
            "numbers coarser or split the rule",
        )


_ORDERED = ("==", "!=", "<", ">", "<=", ">=")


def _raw(variable: Variable) -> int:
    return variable.raw_count if isinstance(variable, NumberVariable) else variable.count


def _changes(truth: Array, first: int) -> tuple[Array, Array]:
    """The rows and the edges where truth begins and ends; the number of edges of each row is even."""
    count, points = truth.shape
    padded = np.zeros((count, points + 2), dtype=bool)
    padded[:, 1:-1] = truth
    rows, edges = np.nonzero(padded[:, 1:] != padded[:, :-1])
    return rows + first, edges


def without_extremes(node: Node, grid: Grid) -> Node:
    """The same condition with `min(a, b) <= c` as `a <= c | b <= c`, and so on: fewer options in each
    comparison. Only where all the numbers exist.
    """
    if not isinstance(node, Operation):
        return node
    if node.operator in ("!", "&", "|", "=>", "<=>"):
        operands = tuple(without_extremes(operand, grid) for operand in node.operands)
        return Operation(node.column, node.depth, node.operator, operands)
    if node.operator not in _ORDERED:
        return node
    for side in (0, 1):
        extreme, other = node.operands[side], node.operands[1 - side]
        if not isinstance(extreme, Operation) or extreme.operator not in ("min", "max"):
            continue
        if not (trend_of(extreme, grid, "").defined and trend_of(other, grid, "").defined):
            continue
        if node.operator in ("==", "!="):
            joined, bounds = ("&", ("<=", ">=")) if node.operator == "==" else ("|", ("<", ">"))
            halves = (Operation(node.column, node.depth, bound, node.operands) for bound in bounds)
            return Operation(
                node.column, node.depth, joined, tuple(without_extremes(half, grid) for half in halves)
            )
        smaller = (node.operator in ("<", "<=")) is (side == 0)
        parts = tuple(
            without_extremes(
                Operation(
                    node.column,
                    node.depth,
                    node.operator,
                    (operand, other) if side == 0 else (other, operand),
                ),
                grid,
            )
            for operand in extreme.operands
        )
        any_will_do = smaller is (extreme.operator == "min")
        return Operation(node.column, node.depth, "|" if any_will_do else "&", parts)
    return node


def constant_truth(node: Node, grid: Grid) -> bool | None:
    """The truth value of a part in which no option occurs."""
    if any(isinstance(part, Reference) for part in walk(node)):
        return None
    if isinstance(node, Constant):
        return bool(node.value)
    return bool(grid.truth(node, {}))
