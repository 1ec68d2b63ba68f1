"""Comparisons over several options, worked out completely: for which numbers and values they hold.

One variable (the number with the most points) is the pivot; for every combination of the others the
pivot's allowed ranges are computed, exactly: by solving for the pivot where the comparison is linear in it,
else point by point. Values of a choice that the comparison cannot tell apart are taken together.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from configurator.engine.compiled import ChoiceVariable, NumberVariable, TooLarge, Variable
from configurator.engine.expressions import Constant, Expression, Node, Operation, Reference, walk
from configurator.engine.rules import Undefined, Value, evaluate, values_of
from configurator.engine.spec import FamilySpec

MAX_COMBINATIONS = 60_000
MAX_EVALUATIONS = 400_000

# Inclusive ranges of indices, ascending, with gaps between them.
Ranges = tuple[tuple[int, int], ...]
Facts = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Atom:
    """`rows[fixed][i]` are the pivot's ranges when the row variable has index i (without one, i is 0).

    The keys of `rows` give for each variable of `fixed` the indices that behave alike.
    """

    pivot: Variable
    row: NumberVariable | None
    fixed: tuple[Variable, ...]
    rows: dict[tuple[frozenset[int], ...], list[Ranges]]

    @property
    def single(self) -> bool:
        return self.row is None and not self.fixed


def atom_of(node: Node, spec: FamilySpec, rule: str, names: dict[str, Variable]) -> Atom:
    """Works a comparison out; raises `TooLarge` where that takes too many combinations."""
    keys = [part for part in walk(node) if isinstance(part, Reference)]
    variables = {
        variable.code: variable for variable in (names.get(key.key) or names[key.option] for key in keys)
    }
    numbers = sorted((v for v in variables.values() if isinstance(v, NumberVariable)), key=lambda v: -v.count)
    choices = sorted((v for v in variables.values() if isinstance(v, ChoiceVariable)), key=lambda v: -v.count)
    attributes = {key.key for key in keys}
    pivot: Variable = numbers[0] if numbers else choices.pop(0)
    row = numbers[1] if len(numbers) > 1 else None
    fixed: tuple[Variable, ...] = (*choices, *numbers[2:])
    domains = [list(_alike(variable, spec, attributes)) for variable in fixed]
    rows = list(_alike(row, spec, attributes)) if row is not None else [(frozenset[int](), Facts())]
    combinations = math.prod(len(domain) for domain in domains) * len(rows)
    if combinations > MAX_COMBINATIONS:
        options = dict.fromkeys(code.split(".", 1)[0] for code in variables)
        names_in_words = ", ".join(spec.option_by_code[code].name for code in options)
        raise TooLarge(
            rule,
            f"the comparison of {names_in_words} has {combinations:,} combinations, {MAX_COMBINATIONS:,} are "
            "possible; make the steps of the numbers coarser or split the rule",
        )
    solver = _Solver(node, pivot, list(_alike(pivot, spec, attributes)), rule, combinations)
    found: dict[tuple[frozenset[int], ...], list[Ranges]] = {}
    for combination in product(*domains):
        facts: Facts = {}
        for _, values in combination:
            facts.update(values)
        found[tuple(indices for indices, _ in combination)] = [
            solver.ranges({**facts, **more}) for _, more in rows
        ]
    return Atom(pivot, row, fixed, found)


def _alike(
    variable: Variable, spec: FamilySpec, attributes: set[str]
) -> Iterator[tuple[frozenset[int], Facts]]:
    """The indices, together where the names used stand for the same; with what they stand for."""
    if isinstance(variable, NumberVariable):
        for index in range(variable.count):
            yield frozenset((index,)), {variable.name: variable.in_base(index)}
        return
    option, dot, _ = variable.code.partition(".")
    if dot:
        # A value of a multiple choice: it stands for its truth.
        for index in range(2):
            yield frozenset((index,)), {variable.code: bool(index)}
        return
    groups: dict[tuple[tuple[str, Value], ...], list[int]] = {}
    for index, code in enumerate(variable.values):
        used = {
            name: value
            for name, value in values_of(spec.option_by_code[option], code).items()
            if name in attributes
        }
        groups.setdefault(tuple(sorted(used.items())), []).append(index)
    for key, indices in groups.items():
        yield frozenset(indices), dict(key)


class _Solver:
    """Finds the pivot's ranges for given facts about all other variables."""

    def __init__(
        self,
        node: Node,
        pivot: Variable,
        points: list[tuple[frozenset[int], Facts]],
        rule: str,
        combinations: int,
    ) -> None:
        self.node = node
        self.pivot = pivot
        self.points = points
        self.rule = rule
        self.left = MAX_EVALUATIONS
        self.combinations = combinations

    def ranges(self, facts: Facts) -> Ranges:
        if isinstance(self.pivot, NumberVariable) and isinstance(self.node, Operation):
            try:
                solved = _solve(self.node, self.pivot, facts)
            except Undefined:
                return ()
            if solved is not None:
                return solved
        return self._by_points(facts)

    def _by_points(self, facts: Facts) -> Ranges:
        self.left -= len(self.points)
        if self.left < 0:
            needed = self.combinations * len(self.points)
            raise TooLarge(
                self.rule,
                f"needs {needed:,} evaluations, {MAX_EVALUATIONS:,} are possible; make the steps of the "
                "numbers coarser, or write the rule without floor, ceil, min, max and squares of a number",
            )
        expression = Expression("", self.node)
        true = [indices for indices, more in self.points if evaluate(expression, {**facts, **more}) is True]
        return _as_ranges(sorted(index for indices in true for index in indices))


def _as_ranges(indices: list[int]) -> Ranges:
    result: list[tuple[int, int]] = []
    for index in indices:
        if result and result[-1][1] == index - 1:
            result[-1] = (result[-1][0], index)
        else:
            result.append((index, index))
    return tuple(result)


def _solve(node: Operation, pivot: NumberVariable, facts: Facts) -> Ranges | None:
    """The ranges of a comparison that is linear in the pivot, None for other nodes."""
    if node.operator == "in":
        parts = [_solve_one("==", node.operands[0], operand, pivot, facts) for operand in node.operands[1:]]
        if any(part is None for part in parts):
            return None
        return _as_ranges(sorted({low for part in parts if part for low, _ in part}))
    if node.operator not in ("==", "!=", "<", ">", "<=", ">="):
        return None
    return _solve_one(node.operator, node.operands[0], node.operands[1], pivot, facts)


def _solve_one(operator: str, left: Node, right: Node, pivot: NumberVariable, facts: Facts) -> Ranges | None:
    one, other = _linear(left, pivot, facts), _linear(right, pivot, facts)
    if one is None or other is None:
        return None
    # slope * index + start (operator) 0
    slope, start = one[0] - other[0], one[1] - other[1]
    start += slope * pivot.in_base(0)
    slope *= pivot.step * pivot.factor
    if operator in (">", ">="):
        slope, start, operator = -slope, -start, operator.replace(">", "<")
    last = pivot.count - 1
    if slope == 0:
        holds = {"<": start < 0, "<=": start <= 0, "==": start == 0, "!=": start != 0}[operator]
        return ((0, last),) if holds else ()
    root = -start / slope
    if operator in ("==", "!="):
        hit = int(root) if root.denominator == 1 and 0 <= root <= last else None
        if hit is None:
            return () if operator == "==" else ((0, last),)
        return ((hit, hit),) if operator == "==" else _as_ranges([*range(hit), *range(hit + 1, last + 1)])
    if slope > 0:
        high = min(last, math.floor(root) if operator == "<=" else math.ceil(root) - 1)
        return ((0, high),) if high >= 0 else ()
    low = max(0, math.ceil(root) if operator == "<=" else math.floor(root) + 1)
    return ((low, last),) if low <= last else ()


def _linear(node: Node, pivot: NumberVariable, facts: Facts) -> tuple[Fraction, Fraction] | None:
    """`(slope, start)` of an expression that is linear in the pivot (in base units), else None."""
    if isinstance(node, Constant):
        return (Fraction(0), node.value) if isinstance(node.value, Fraction) else None
    if isinstance(node, Reference):
        if node.key == pivot.name:
            return Fraction(1), Fraction(0)
        value = facts.get(node.key)
        return (Fraction(0), value) if isinstance(value, Fraction) else None
    assert isinstance(node, Operation)
    if node.operator == "if":
        condition = evaluate(Expression("", node.operands[0]), facts)
        return None if condition is None else _linear(node.operands[1 if condition else 2], pivot, facts)
    parts = [_linear(operand, pivot, facts) for operand in node.operands]
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    if node.operator not in ("+", "-", "*", "/", "neg"):
        if any(slope != 0 for slope, _ in known):
            return None
        value = evaluate(Expression("", node), facts)
        return (Fraction(0), value) if isinstance(value, Fraction) else None
    if node.operator == "neg":
        return -known[0][0], -known[0][1]
    return _combined(node.operator, known[0], known[1])


def _combined(
    operator: str, left: tuple[Fraction, Fraction], right: tuple[Fraction, Fraction]
) -> tuple[Fraction, Fraction] | None:
    if operator in ("+", "-"):
        sign = 1 if operator == "+" else -1
        return left[0] + sign * right[0], left[1] + sign * right[1]
    if right[0] != 0:
        # Only `constant * pivot` is left to be linear.
        return (left[1] * right[0], left[1] * right[1]) if operator == "*" and left[0] == 0 else None
    if operator == "*":
        return left[0] * right[1], left[1] * right[1]
    if right[1] == 0:
        raise Undefined("a number is divided by zero")
    return left[0] / right[1], left[1] / right[1]
