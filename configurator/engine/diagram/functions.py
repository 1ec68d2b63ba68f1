"""Rules and prices as functions of a family's variables: worked out by trying every combination that differs.

The values of an option that a comparison cannot tell apart are one group; the comparison is evaluated once a
combination of groups, by the same code that judges a finished configuration (`rules.evaluate`), so the two
cannot disagree. What needs more combinations than `MAX_COMBINATIONS` is out of reach.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configurator.engine.atoms import without_extremes
from configurator.engine.choices import codes_of
from configurator.engine.compiled import ChoiceVariable, Knowledge, NumberVariable
from configurator.engine.diagram.nodes import OutOfReach
from configurator.engine.expressions import (
    Aggregate,
    Constant,
    Expression,
    Node,
    Operation,
    Reference,
    parse,
    walk,
)
from configurator.engine.grids import Grid
from configurator.engine.measured import written_out
from configurator.engine.rules import Value, environment_of, evaluate
from configurator.engine.spec import (
    FREE_KINDS,
    Choice,
    FamilySpec,
    OptionSpec,
    Quantity,
    RuleSpec,
    TableSpec,
)
from configurator.engine.tables import boxes_of

MAX_COMBINATIONS = 250_000
MAX_VALUES_OF_A_MULTIPLE = 10
_PICTURE = "0" * 64
# By letters (none, some) and width (none, some): width only where there are letters.
_NOT_WITHOUT = np.array([[True, False], [True, True]])

Ints = NDArray[np.int64]
Environment = dict[str, Value]


@dataclass(frozen=True)
class Table:
    """A function given by its results: `results[groups of the points]`; a group number for every point.

    `scope` are positions of variables; results are truths of a rule, or cents of a price line.
    """

    scope: tuple[int, ...]
    groups: tuple[Ints, ...]
    results: NDArray[Any]


@dataclass(frozen=True)
class Boxes:
    """A table rule: `boxes[column][group]` is a bit mask of the boxes that hold the group."""

    scope: tuple[int, ...]
    groups: tuple[Ints, ...]
    boxes: tuple[tuple[int, ...], ...]
    allowed: bool


@dataclass(frozen=True)
class Junction:
    """`&`, `|` of parts, `!` of one, `<=>` of two, or `count`: how many of them hold lies within bounds."""

    operator: str
    parts: tuple["Plan", ...]
    least: int = 0
    most: int = 0


Plan = Table | Boxes | Junction | bool


@dataclass(frozen=True)
class _Unit:
    """What is tried together: one variable, or all those of a multiple choice. A group for each point (or
    combination of points), and for each group what is to be tried."""

    positions: tuple[int, ...]
    groups: Ints
    tried: tuple[tuple[dict[str, Choice], Environment], ...]


class Functions:
    """Works out the rules and prices of one family."""

    def __init__(self, knowledge: Knowledge, stop: Callable[[], bool]) -> None:
        # Below the least number of values nothing is decided yet; here every combination is looked at.
        self.spec = replace(
            knowledge.spec, options=tuple(replace(option, least=0) for option in knowledge.spec.options)
        )
        self.variables = tuple(knowledge.variables.values())
        self.positions = {code: position for position, code in enumerate(knowledge.variables)}
        self.stop = stop
        self.grid = Grid(
            knowledge.spec,
            {
                variable.name if isinstance(variable, NumberVariable) else variable.code: variable
                for variable in self.variables
            },
        )

    def rule(self, rule: RuleSpec) -> Plan:
        if rule.table is not None:
            return self._boxes(rule.table)
        if rule.cardinality is not None:
            parts = tuple(self._plan(self._root(condition)) for condition in rule.cardinality.of)
            return Junction("count", parts, rule.cardinality.least, rule.cardinality.most)
        return self._plan(self._root(rule.expr or ""))

    def _root(self, text: str) -> Node:
        """What is measured has variables of its own, font by font; `min(a, b) <= c` are two comparisons."""
        node = written_out(parse(text).root, self.spec)
        if any(isinstance(part, Aggregate) for part in walk(node)):
            return node
        return without_extremes(node, self.grid)

    def amounts_chosen(self, option: OptionSpec) -> Plan:
        """Of a multiple choice as many values as its bounds demand."""
        parts = tuple(
            Table((self.positions[f"{option.code}.{code}"],), (np.arange(2),), np.array([False, True]))
            for code in option.codes
        )
        return Junction("count", parts, option.least, option.most)

    def empty_is_nothing(self, option: OptionSpec) -> list[Plan]:
        """A text without letters has no width and no height (`measured.empty_is_nothing`)."""
        if option.kind not in ("text", "placement") or option.required or option.measure is None:
            return []
        own = self.positions[option.code]
        return [
            Table((own, position), (self._is_above_zero(own), self._is_above_zero(position)), _NOT_WITHOUT)
            for code, position in self.positions.items()
            if code.startswith(f"{option.code}.")
        ]

    def _is_above_zero(self, position: int) -> Ints:
        """The two groups of a grid's points: the first one, all others."""
        return np.minimum(np.arange(self.variables[position].count), 1)

    def _plan(self, node: Node) -> Plan:
        operator = node.operator if isinstance(node, Operation) else ""
        if isinstance(node, Operation) and operator in ("&", "|", "!", "<=>"):
            return Junction(operator, tuple(self._plan(operand) for operand in node.operands))
        if isinstance(node, Operation) and operator == "=>":
            condition, consequence = (self._plan(operand) for operand in node.operands)
            return Junction("|", (Junction("!", (condition,)), consequence))
        if isinstance(node, Constant):
            return bool(node.value)
        expression = Expression("", node)

        def truth(environment: Environment) -> bool:
            value = evaluate(expression, environment)
            if value is None:  # it speaks of something that no variable stands for
                raise OutOfReach
            return value is True

        return self.table([node], truth, bool)

    def _boxes(self, table: TableSpec) -> Boxes:
        scope = tuple(self.positions[code] for code in table.options)
        codes: list[dict[str, int]] = []
        for position in scope:
            variable = self.variables[position]
            assert isinstance(variable, ChoiceVariable)
            codes.append({code: index for index, code in enumerate(variable.values)})
        boxes = boxes_of(table, codes)
        groups: list[Ints] = []
        masks: list[tuple[int, ...]] = []
        for column, numbers in enumerate(codes):
            holding = [
                sum(1 << number for number, box in enumerate(boxes) if box[column] >> index & 1)
                for index in numbers.values()
            ]
            distinct = list(dict.fromkeys(holding))
            groups.append(np.array([distinct.index(mask) for mask in holding]))
            masks.append(tuple(distinct))
        return Boxes(scope, tuple(groups), tuple(masks), table.allowed)

    def table(
        self, nodes: Sequence[Node], result: Callable[[Environment], bool | int], kind: type[bool] | type[int]
    ) -> Table:
        """The results for all combinations of the variables that the nodes speak of."""
        units = self._units(nodes)
        shape = [len(unit.tried) for unit in units]
        if prod(shape) > MAX_COMBINATIONS:
            raise OutOfReach
        speaking = dict.fromkeys(code for unit in units for tried, _ in unit.tried for code in tried)
        some = replace(self.spec, options=tuple(o for o in self.spec.options if o.code in speaking))
        results = np.zeros(shape, dtype=bool if kind is bool else np.int64)
        for number, combination in enumerate(product(*(unit.tried for unit in units))):
            if number % 1024 == 0 and self.stop():
                raise OutOfReach
            choices = {code: choice for tried, _ in combination for code, choice in tried.items()}
            environment = environment_of(some, choices, finished=True)
            for _, facts in combination:
                environment.update(facts)
            results.flat[number] = result(environment)
        return self._by_variable(units, results)

    def _by_variable(self, units: Sequence[_Unit], results: NDArray[Any]) -> Table:
        """One axis a variable: what was tried together is spread over the variables of a multiple choice."""
        scope: list[int] = []
        groups: list[Ints] = []
        for axis, unit in enumerate(units):
            at = len(scope)
            scope += unit.positions
            if len(unit.positions) == 1:
                groups.append(unit.groups)
                continue
            assert axis <= at
            sizes = [self.variables[position].count for position in unit.positions]
            spread = np.take(results, unit.groups, axis=at)
            results = spread.reshape((*results.shape[:at], *sizes, *results.shape[at + 1 :]))
            groups += [np.arange(size) for size in sizes]
        return Table(tuple(scope), tuple(groups), results)

    # --- What the names in an expression stand for

    def _units(self, nodes: Sequence[Node]) -> list[_Unit]:
        names: dict[str, set[str]] = {}
        sums: dict[str, set[str]] = {}
        single: dict[str, Reference] = {}
        measured: dict[str, int] = {}
        for part in (part for node in nodes for part in walk(node)):
            if isinstance(part, Aggregate):
                over = [part.option] if part.option else [o.code for o in self.spec.having(part.attribute)]
                for option in over:
                    names.setdefault(option, set())
                    sums.setdefault(option, set()).add(part.attribute)
            elif isinstance(part, Reference) and self._is_measured(part):
                measured[part.key] = self.positions[part.key]
            elif isinstance(part, Reference) and self._is_truth(part):
                single[part.key] = part
            elif isinstance(part, Reference):
                names.setdefault(part.option, set()).add(part.key)
        for key, reference in single.items():
            if reference.option in names:
                names[reference.option].add(key)
        units = [
            self._unit(self.spec.option_by_code[option], used, sums.get(option, set()))
            for option, used in names.items()
        ]
        units += [self._measured_unit(key, position) for key, position in measured.items()]
        return units + [
            _Unit((self.positions[key],), np.arange(2), (({}, {key: False}), ({}, {key: True})))
            for key, reference in single.items()
            if reference.option not in names
        ]

    def _is_measured(self, reference: Reference) -> bool:
        variable = self.variables[self.positions[reference.key]] if reference.key in self.positions else None
        return isinstance(variable, NumberVariable) and variable.measured

    def _measured_unit(self, key: str, position: int) -> _Unit:
        variable = self.variables[position]
        assert isinstance(variable, NumberVariable)
        points = range(variable.count)
        return _Unit(
            (position,),
            np.arange(variable.count),
            tuple(({}, {key: variable.in_base(index)}) for index in points),
        )

    def _is_truth(self, reference: Reference) -> bool:
        """Whether it is one value of a multiple choice, which has a variable of its own."""
        multiple = self.spec.option_by_code[reference.option].kind == "multiple"
        return multiple and reference.key in self.positions

    def _unit(self, option: OptionSpec, used: Iterable[str], summed: Iterable[str]) -> _Unit:
        """The choices of one option, together where the names used stand for the same and the attributes
        summed up have the same numbers."""
        if option.kind == "text" and option.code in used:
            raise OutOfReach  # its letters, not its length
        positions, choices = self._choices(option)
        alone = replace(self.spec, options=(option,))
        groups: dict[tuple[object, ...], int] = {}
        tried: list[tuple[dict[str, Choice], Environment]] = []
        of: list[int] = []
        for choice in choices:
            environment = environment_of(alone, {option.code: choice}, finished=True)
            facts = [environment.get(name) for name in sorted(used)]
            key = (*facts, *(_numbers(option, choice, attribute) for attribute in sorted(summed)))
            if key not in groups:
                groups[key] = len(groups)
                tried.append(({option.code: choice}, {}))
            of.append(groups[key])
        return _Unit(positions, np.array(of), tuple(tried))

    def _choices(self, option: OptionSpec) -> tuple[tuple[int, ...], list[Choice]]:
        """The positions of an option's variables, and a choice for each of their combinations."""
        if option.kind == "multiple":
            if len(option.values) > MAX_VALUES_OF_A_MULTIPLE:
                raise OutOfReach
            positions = tuple(self.positions[f"{option.code}.{code}"] for code in option.codes)
            return positions, [
                ",".join(code for code, taken in zip(option.codes, chosen, strict=True) if taken)
                for chosen in product((False, True), repeat=len(option.codes))
            ]
        position = self.positions[option.code]
        variable = self.variables[position]
        if isinstance(variable, ChoiceVariable):
            return (position,), list(variable.values)
        numbers = [variable.number(index) for index in range(variable.count)]
        if option.kind == "integer":
            return (position,), list(numbers)
        if option.kind == "text":
            return (position,), ["x" * number for number in numbers]
        return (position,), [_PICTURE if number else "" for number in numbers]


def _numbers(option: OptionSpec, choice: Choice, attribute: str) -> tuple[Fraction, ...]:
    """What an aggregate of the attribute gets from this choice, in order of size."""
    found = [option.value_by_code[code].attributes.get(attribute) for code in codes_of(choice)]
    return tuple(sorted(quantity.number for quantity in found if isinstance(quantity, Quantity)))


def counted(spec: FamilySpec, code: str) -> bool:
    """Whether a variable is part of what is counted: texts and pictures are not."""
    option = spec.option_by_code.get(code) or spec.option_by_code.get(code.partition(".")[0])
    return option is not None and option.kind not in FREE_KINDS
