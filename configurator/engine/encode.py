"""Options and rules as clauses: order encoding, Tseitin's transformation, staircases, boxes of tables."""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import TypeVar

from pysat.card import CardEnc, EncType

from configurator.engine.aggregates import expanded
from configurator.engine.atoms import Atom, Ranges, atom_of
from configurator.engine.compiled import (
    FALSE,
    TRUE,
    ChoiceVariable,
    Clause,
    NumberVariable,
    TooLarge,
    Variable,
)
from configurator.engine.expressions import Expression, Node, Operation, Reference, walk
from configurator.engine.rules import evaluate
from configurator.engine.spec import CardinalitySpec, FamilySpec, OptionSpec, RuleSpec, TableSpec
from configurator.engine.tables import boxes_of
from configurator.engine.units import factor_of

_T = TypeVar("_T")
MAX_CLAUSES = 1_000_000
NO_YES = ("no", "yes")
# Up to here "at most one" is written pair by pair, above as a chain with helper literals.
_PAIRWISE = 8


class Clauses:
    """Clauses being written; true and false literals are folded away at once."""

    def __init__(self) -> None:
        self.top = TRUE
        self.all: list[Clause] = [(TRUE,)]

    def new(self) -> int:
        self.top += 1
        return self.top

    def add(self, literals: Iterable[int]) -> None:
        clause = tuple(dict.fromkeys(literal for literal in literals if literal != FALSE))
        if TRUE not in clause:
            self.all.append(clause or (FALSE,))


def variables_of(option: OptionSpec, clauses: Clauses) -> tuple[Variable, ...]:
    """The variables of an option, with the clauses that hold whatever the rules say."""
    if option.kind == "multiple":
        return _several(option, clauses)
    return (_variable_of(option, clauses),)


def _several(option: OptionSpec, clauses: Clauses) -> tuple[Variable, ...]:
    literals = [clauses.new() for _ in option.values]
    _between(literals, option.least, option.most, (), clauses)
    return tuple(
        ChoiceVariable(f"{option.code}.{code}", NO_YES, (-literal, literal))
        for code, literal in zip(option.codes, literals, strict=True)
    )


def _between(literals: list[int], least: int, most: int, guard: Clause, clauses: Clauses) -> None:
    """At least `least` and at most `most` of the literals are true, or a literal of `guard` is."""
    if least > len(literals) or most < 0 or least > most:
        clauses.add(guard)
        return
    written = []
    if least > 0:
        written.append((CardEnc.atleast, least))
    if most < len(literals):
        written.append((CardEnc.atmost, most))
    for encode, bound in written:
        found = encode(lits=literals, bound=bound, top_id=clauses.top, encoding=EncType.seqcounter)
        clauses.top = max(clauses.top, found.nv)
        for clause in found.clauses:
            clauses.add((*guard, *clause))


def _variable_of(option: OptionSpec, clauses: Clauses) -> Variable:
    if option.kind == "choice":
        return _choice_variable(option, clauses)
    if option.kind == "switch":
        literal = clauses.new()
        return ChoiceVariable(option.code, NO_YES, (-literal, literal))
    if option.kind == "integer":
        name, low, high, step = option.code, option.minimum, option.maximum, option.step
    elif option.kind == "text":
        name, low, high, step = f"{option.code}.length", int(option.required), option.max_length, 1
    else:
        name, low, high, step = f"{option.code}.count", int(option.required), 1, 1
    count = (high - low) // step + 1
    literals = [clauses.new() for _ in range(count - 1)]
    for lower, higher in pairwise(literals):
        clauses.add((-higher, lower))
    first = literals[0] if literals else TRUE
    return NumberVariable(option.code, name, low, step, count, first, factor_of(option.unit))


def _choice_variable(option: OptionSpec, clauses: Clauses) -> ChoiceVariable:
    if len(option.values) == 1:
        return ChoiceVariable(option.code, option.codes, (TRUE,))
    if len(option.values) == 2:
        literal = clauses.new()
        return ChoiceVariable(option.code, option.codes, (literal, -literal))
    literals = tuple(clauses.new() for _ in option.values)
    clauses.add(literals)
    if len(literals) <= _PAIRWISE:
        for index, literal in enumerate(literals):
            for other in literals[:index]:
                clauses.add((-literal, -other))
    else:
        _at_most_one_by_chain(literals, clauses)
    return ChoiceVariable(option.code, option.codes, literals)


def _at_most_one_by_chain(literals: Sequence[int], clauses: Clauses) -> None:
    """Sequential counter: `some[i]` is true when one of the first i+1 literals is."""
    some = [clauses.new() for _ in literals[:-1]]
    for index, literal in enumerate(literals):
        if index < len(some):
            clauses.add((-literal, some[index]))
        if index > 0:
            clauses.add((-literal, -some[index - 1]))
        if 0 < index < len(some):
            clauses.add((-some[index - 1], some[index]))


class RuleEncoder:
    """Writes the clauses of one rule (Tseitin's transformation in the polarity that is needed)."""

    def __init__(
        self,
        spec: FamilySpec,
        rule: RuleSpec,
        variables: dict[str, Variable],
        names: dict[str, Variable],
        clauses: Clauses,
    ) -> None:
        self.spec = spec
        self.rule = rule
        self.variables = variables
        self.names = names
        self.clauses = clauses
        self.atoms: dict[Node, Atom] = {}
        self.literals: dict[Node, int] = {}
        self.sets: dict[tuple[str, frozenset[int]], int] = {}

    def encode(self, *, guard: Clause) -> None:
        """The rule holds, or a literal of `guard` is true."""
        if self.rule.table is not None:
            self._table(self.rule.table, guard)
        elif self.rule.cardinality is not None:
            self._cardinality(self.rule.cardinality, guard)
        else:
            assert self.rule.expr is not None
            self._demand(expanded(self.rule.expr, self.spec).root, True, guard)

    def add(self, literals: Iterable[int]) -> None:
        self.clauses.add(literals)
        if len(self.clauses.all) > MAX_CLAUSES:
            raise TooLarge(
                self.rule.code, "the family needs too many clauses; make the steps of numbers coarser"
            )

    def _cardinality(self, cardinality: CardinalitySpec, guard: Clause) -> None:
        literals = []
        for text in cardinality.of:
            node = expanded(text, self.spec).root
            constant = _constant(node)
            literals.append(self._literal(node, True) if constant is None else TRUE if constant else FALSE)
        _between(literals, cardinality.least, cardinality.most, guard, self.clauses)

    # --- Boolean structure

    def _demand(self, node: Node, wanted: bool, guard: Clause) -> None:
        """`node` has the truth value `wanted`, or a literal of `guard` is true."""
        constant = _constant(node)
        if constant is not None:
            if constant is not wanted:
                self.add(guard)
            return
        operator = node.operator if isinstance(node, Operation) else ""
        operands = node.operands if isinstance(node, Operation) else ()
        if operator == "!":
            self._demand(operands[0], not wanted, guard)
        elif operator == "=>":
            self._together([(operands[0], not wanted), (operands[1], wanted)], guard, either=wanted)
        elif operator in ("&", "|"):
            self._together(
                [(operand, wanted) for operand in operands], guard, either=(operator == "|") is wanted
            )
        elif operator == "<=>":
            left, right = operands
            self.add((*guard, -self._literal(left, True), self._literal(right, wanted)))
            self.add((*guard, -self._literal(left, False), self._literal(right, not wanted)))
        else:
            self._demand_atom(self._atom(node), wanted, guard)

    def _together(self, parts: list[tuple[Node, bool]], guard: Clause, *, either: bool) -> None:
        if not either:
            for node, wanted in parts:
                self._demand(node, wanted, guard)
            return
        # One part that needs many clauses takes the others as its guard; every other part becomes literals.
        large = next(
            (index for index, part in enumerate(parts) if self._short(*part) is None), len(parts) - 1
        )
        for index, (node, wanted) in enumerate(parts):
            if index != large:
                short = self._short(node, wanted)
                guard = (*guard, *((self._literal(node, wanted),) if short is None else short))
        self._demand(*parts[large], guard)

    def _short(self, node: Node, wanted: bool) -> Clause | None:
        """Literals of which one is true exactly when the node is as wanted, where there are such."""
        constant = _constant(node)
        if constant is not None:
            return (TRUE,) if constant is wanted else ()
        if isinstance(node, Operation) and node.operator == "!":
            return self._short(node.operands[0], not wanted)
        if isinstance(node, Operation) and node.operator in ("&", "|", "=>", "<=>"):
            return None
        return self._short_atom(self._atom(node), wanted)

    def _literal(self, node: Node, wanted: bool) -> int:
        """A literal that, when true, makes the node as wanted; and its opposite when false."""
        if not wanted:
            return -self._literal(node, True)
        short, opposite = self._short(node, True), self._short(node, False)
        if short is not None and len(short) == 1:
            return short[0]
        if opposite is not None and len(opposite) == 1:
            return -opposite[0]
        if node not in self.literals:
            literal = self.literals[node] = self.clauses.new()
            self._demand(node, True, (-literal,))
            self._demand(node, False, (literal,))
        return self.literals[node]

    # --- Comparisons

    def _atom(self, node: Node) -> Atom:
        if node not in self.atoms:
            self.atoms[node] = atom_of(node, self.spec, self.rule.code, self.names)
        return self.atoms[node]

    def _short_atom(self, atom: Atom, wanted: bool) -> Clause | None:
        variable = atom.pivot
        if not atom.single:
            return None
        allowed = atom.rows[()][0]
        if not wanted:
            allowed = complement(allowed, variable.count)
        if isinstance(variable, ChoiceVariable):
            return tuple(variable.literals[index] for low, high in allowed for index in range(low, high + 1))
        if len(allowed) == 1 and allowed[0][0] == 0:
            return (variable.at_most(allowed[0][1]),)
        if len(allowed) == 1 and allowed[0][1] == variable.count - 1:
            return (variable.at_least(allowed[0][0]),)
        return None if allowed else ()

    def _demand_atom(self, atom: Atom, wanted: bool, guard: Clause) -> None:
        for fixed, rows in atom.rows.items():
            inside = guard
            for variable, indices in zip(atom.fixed, fixed, strict=True):
                inside = (*inside, *self._outside(variable, indices))
            ranges = rows if wanted else [complement(row, atom.pivot.count) for row in rows]
            if isinstance(atom.pivot, NumberVariable):
                self._staircase(atom.pivot, atom.row, ranges, inside)
            else:
                allowed = [index for low, high in ranges[0] for index in range(low, high + 1)]
                if len(allowed) < atom.pivot.count:
                    self.add((*inside, *(atom.pivot.literals[index] for index in allowed)))

    def _outside(self, variable: Variable, indices: frozenset[int]) -> Clause:
        """Literals of which one is true when the variable lies outside `indices`."""
        if isinstance(variable, NumberVariable):
            low, high = min(indices), max(indices)
            return (-variable.at_least(low), variable.at_least(high + 1))
        others = [index for index in range(variable.count) if index not in indices]
        if len(others) <= 2:
            return tuple(variable.literals[index] for index in others)
        if len(indices) == 1:
            return (-variable.literals[next(iter(indices))],)
        key = variable.code, indices
        if key not in self.sets:
            self.sets[key] = self.clauses.new()
            for index in indices:
                self.clauses.add((-variable.literals[index], self.sets[key]))
        return (-self.sets[key],)

    def _staircase(
        self, pivot: NumberVariable, row: NumberVariable | None, rows: list[Ranges], guard: Clause
    ) -> None:
        """The pivot lies in the ranges that belong to the row's number.

        Runs of equal bounds share a clause, and where the rows beyond a run are bounded at least as
        tightly, the clause needs no end: a rule that is monotone in both numbers costs one clause with two
        order literals a step.
        """
        last = pivot.count - 1
        tops = [ranges[-1][1] if ranges else -1 for ranges in rows]
        bottoms = [ranges[0][0] if ranges else pivot.count for ranges in rows]
        before, after = _beyond(tops, max, -1)
        for start, end, top in _runs(tops):
            if top < last:
                ends = _ends(row, start, end, before[start] <= top, after[end] <= top)
                self.add((*guard, *ends, pivot.at_most(top)))
        before, after = _beyond(bottoms, min, pivot.count)
        for start, end, bottom in _runs(bottoms):
            if 0 < bottom <= last:
                ends = _ends(row, start, end, before[start] >= bottom, after[end] >= bottom)
                self.add((*guard, *ends, pivot.at_least(bottom)))
        for start, end, ranges in _runs(rows):
            ends = _ends(row, start, end, start == 0, end == len(rows) - 1)
            for (_, before_gap), (after_gap, _) in pairwise(ranges):
                self.add((*guard, *ends, pivot.at_most(before_gap), pivot.at_least(after_gap)))

    # --- Tables

    def _table(self, table: TableSpec, guard: Clause) -> None:
        columns = [self.variables[code] for code in table.options]
        positions = [
            {value: index for index, value in enumerate(column.values)}
            for column in columns
            if isinstance(column, ChoiceVariable)
        ]
        boxes = [
            tuple(frozenset(index for index in range(mask.bit_length()) if mask >> index & 1) for mask in box)
            for box in boxes_of(table, positions)
        ]
        if not table.allowed:
            for box in boxes:
                outside = [self._outside(column, inside) for column, inside in zip(columns, box, strict=True)]
                self.add((*guard, *(literal for literals in outside for literal in literals)))
            return
        inside = [self.clauses.new() for _ in boxes] if len(boxes) != 1 else [TRUE]
        self.add((*guard, *inside))
        for number, column in enumerate(columns):
            self._column(column, [box[number] for box in boxes], inside, guard)

    def _column(
        self, column: Variable, cells: list[frozenset[int]], inside: list[int], guard: Clause
    ) -> None:
        """A box allows only its cell's values here, and a value needs one of the boxes that hold it."""
        assert isinstance(column, ChoiceVariable)
        for cell, box in zip(cells, inside, strict=True):
            if len(cell) < column.count:
                self.add((*guard, -box, *(column.literals[index] for index in sorted(cell))))
        for index, literal in enumerate(column.literals):
            holding = [box for cell, box in zip(cells, inside, strict=True) if index in cell]
            if len(holding) < len(inside):
                self.add((*guard, -literal, *holding))


def _constant(node: Node) -> bool | None:
    """The truth value of a part in which no option occurs."""
    if any(isinstance(part, Reference) for part in walk(node)):
        return None
    return bool(evaluate(Expression("", node), {}))


def complement(ranges: Ranges, count: int) -> Ranges:
    """The ranges of 0..count-1 that are left over."""
    result: list[tuple[int, int]] = []
    start = 0
    for low, high in ranges:
        if low > start:
            result.append((start, low - 1))
        start = high + 1
    if start < count:
        result.append((start, count - 1))
    return tuple(result)


def _runs(items: Sequence[_T]) -> Iterable[tuple[int, int, _T]]:
    start = 0
    for index in range(1, len(items) + 1):
        if index == len(items) or items[index] != items[start]:
            yield start, index - 1, items[start]
            start = index


def _beyond(bounds: list[int], loosest: Callable[[int, int], int], none: int) -> tuple[list[int], list[int]]:
    """For every index the loosest bound before it, and the loosest one after it."""
    before = list(accumulate(bounds, loosest, initial=none))
    after = list(accumulate(reversed(bounds), loosest, initial=none))
    return before, after[-2::-1]


def _ends(row: NumberVariable | None, start: int, end: int, open_below: bool, open_above: bool) -> Clause:
    """Literals of which one is true when the row's number lies outside start..end, as far as that matters."""
    if row is None:
        return ()
    below = FALSE if open_below else -row.at_least(start)
    return (below, FALSE if open_above else row.at_least(end + 1))
