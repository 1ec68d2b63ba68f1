"""Options and rules as clauses: order encoding, Tseitin's transformation, staircases, boxes of tables."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from pysat.card import CardEnc, EncType

from configurator.engine import totals
from configurator.engine.aggregates import expanded
from configurator.engine.atoms import Atom, atom_of, constant_truth, without_extremes
from configurator.engine.clauses import Clauses
from configurator.engine.compiled import (
    FALSE,
    TRUE,
    ChoiceVariable,
    Clause,
    NumberVariable,
    TooLarge,
    Variable,
)
from configurator.engine.expressions import Node, Operation
from configurator.engine.grids import Grid
from configurator.engine.measured import written_out
from configurator.engine.spec import CardinalitySpec, FamilySpec, OptionSpec, RuleSpec, TableSpec
from configurator.engine.staircases import Staircases
from configurator.engine.tables import boxes_of
from configurator.engine.units import factor_of

MAX_CLAUSES = 1_000_000
NO_YES = ("no", "yes")
# Up to here "at most one" is written pair by pair, above as a chain with helper literals.
_PAIRWISE = 8


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
    first = number_literals(count, clauses)
    return NumberVariable(option.code, name, low, step, count, first, factor_of(option.unit))


def number_literals(count: int, clauses: Clauses) -> int:
    """The first of the literals "index 1 or more", "index 2 or more", ...; each implies the one before."""
    literals = [clauses.new() for _ in range(count - 1)]
    for lower, higher in pairwise(literals):
        clauses.add((-higher, lower))
    return literals[0] if literals else TRUE


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


def condition_of(text: str, spec: FamilySpec, grid: Grid) -> Node:
    """A condition as clauses are made of it: aggregates, measured numbers and extremes written out."""
    return without_extremes(written_out(expanded(text, spec).root, spec), grid)


class RuleEncoder:
    """Writes the clauses of one rule (Tseitin's transformation in the polarity that is needed)."""

    def __init__(
        self,
        spec: FamilySpec,
        rule: RuleSpec,
        variables: dict[str, Variable],
        grid: Grid,
        staircases: Staircases,
    ) -> None:
        self.spec = spec
        self.rule = rule
        self.variables = variables
        self.grid = grid
        self.staircases = staircases
        self.clauses = staircases.clauses
        self.atoms: dict[Node, Atom] = {}
        self.literals: dict[Node, int] = {}
        self.totals: dict[Node, totals.Sum | None] = {}

    def encode(self, *, guard: Clause) -> None:
        """The rule holds, or a literal of `guard` is true."""
        if self.rule.table is not None:
            self._table(self.rule.table, guard)
        elif self.rule.cardinality is not None:
            self._cardinality(self.rule.cardinality, guard)
        else:
            assert self.rule.expr is not None
            self._demand(condition_of(self.rule.expr, self.spec, self.grid), True, guard)

    def add(self, literals: Iterable[int]) -> None:
        self.clauses.add(literals)
        if len(self.clauses.all) > MAX_CLAUSES:
            raise TooLarge(
                self.rule.code, "the family needs too many clauses; make the steps of numbers coarser"
            )

    def _cardinality(self, cardinality: CardinalitySpec, guard: Clause) -> None:
        literals = []
        for text in cardinality.of:
            node = condition_of(text, self.spec, self.grid)
            constant = constant_truth(node, self.grid)
            literals.append(self._literal(node, True) if constant is None else TRUE if constant else FALSE)
        _between(literals, cardinality.least, cardinality.most, guard, self.clauses)

    # --- Boolean structure

    def _demand(self, node: Node, wanted: bool, guard: Clause) -> None:
        """`node` has the truth value `wanted`, or a literal of `guard` is true."""
        constant = constant_truth(node, self.grid)
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
        elif (added := self._sum(node)) is not None:
            totals.demand(added, wanted, guard, self.add, self.clauses.new)
        else:
            self.staircases.demand(self._atom(node), wanted, guard, self.rule.code)

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
        constant = constant_truth(node, self.grid)
        if constant is not None:
            return (TRUE,) if constant is wanted else ()
        if isinstance(node, Operation) and node.operator == "!":
            return self._short(node.operands[0], not wanted)
        if isinstance(node, Operation) and node.operator in ("&", "|", "=>", "<=>"):
            return None
        if self._sum(node) is not None:
            return None
        return self.staircases.short(self._atom(node), wanted)

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

    def _sum(self, node: Node) -> totals.Sum | None:
        if node not in self.totals:
            self.totals[node] = totals.sum_of(node, self.grid)
        return self.totals[node]

    def _atom(self, node: Node) -> Atom:
        if node not in self.atoms:
            self.atoms[node] = atom_of(node, self.spec, self.rule.code, self.grid)
        return self.atoms[node]

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
                outside = [
                    self.staircases.outside(column, inside)
                    for column, inside in zip(columns, box, strict=True)
                ]
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
