"""Compiling a family: `compile_family` turns its options and rules into clauses for a SAT solver; rules
that only warn are left out.
"""

from dataclasses import replace

from configurator.engine.aggregates import expanded
from configurator.engine.atoms import atom_of
from configurator.engine.clauses import Clauses
from configurator.engine.compiled import Knowledge, NumberVariable, TooLarge, Variable, content_hash
from configurator.engine.encode import RuleEncoder, condition_of, number_literals, variables_of
from configurator.engine.expressions import Operation, Reference, walk
from configurator.engine.grids import Grid
from configurator.engine.measured import empty_is_nothing, mentions, points_of, unlimited
from configurator.engine.rules import expressions_of
from configurator.engine.spec import FamilySpec, OptionSpec, RuleSpec
from configurator.engine.staircases import Staircases

MAX_POINTS = 500_000

__all__ = ["Knowledge", "TooLarge", "compile_family", "content_hash"]


def compile_family(spec: FamilySpec) -> Knowledge:
    """All rules of a family as clauses, but those that are too much for clauses: `Knowledge.arithmetic`.

    Raises `TooLarge` with the rule and how to mend it where a rule that is too much speaks of measured
    numbers, which are known to the clauses alone.
    """
    clauses = Clauses()
    _refuse_many_points(spec)
    variables = {
        variable.code: variable for option in spec.options for variable in variables_of(option, clauses)
    }
    names: dict[str, Variable] = {
        variable.name if isinstance(variable, NumberVariable) else variable.code: variable
        for variable in variables.values()
    }
    rules = [rule for rule in spec.rules if rule.severity == "must"]
    measured = _measured(spec, rules, variables, names, clauses)
    variables |= measured
    names |= measured
    grid, staircases = Grid(spec, names), Staircases(clauses)
    selectors: dict[str, int] = {}
    arithmetic: list[str] = []
    for rule in rules:
        selectors[rule.code] = clauses.new()
        written, top = len(clauses.all), clauses.top
        encoder = RuleEncoder(spec, rule, variables, grid, staircases)
        try:
            encoder.encode(guard=(-selectors[rule.code],))
        except TooLarge:
            if _mentioned(spec, rule):
                raise
            clauses.take_back(written, top)
            staircases.forget(top)
            arithmetic.append(rule.code)
    return Knowledge(
        spec, content_hash(spec), variables, tuple(clauses.all), selectors, clauses.top, tuple(arithmetic)
    )


def _refuse_many_points(spec: FamilySpec) -> None:
    """Every value and every step of a number has a literal of its own, and is asked about at every click."""
    count = sum(len(option.values) or _steps(option) for option in spec.options)
    if count > MAX_POINTS:
        raise TooLarge(
            "",
            f"the options have {count:,} values together, {MAX_POINTS:,} are possible; make the steps of "
            "numbers coarser, or two families of it",
        )


def _steps(option: OptionSpec) -> int:
    return (option.maximum - option.minimum) // option.step + 1 if option.kind == "integer" else 1


def _mentioned(spec: FamilySpec, rule: RuleSpec) -> set[tuple[str, str]]:
    """The measured numbers that a rule speaks of."""
    return {name for text in expressions_of(rule) for name in mentions(expanded(text, spec).root, spec)}


def _measured(
    spec: FamilySpec,
    rules: list[RuleSpec],
    variables: dict[str, Variable],
    names: dict[str, Variable],
    clauses: Clauses,
) -> dict[str, NumberVariable]:
    """The variables of measured numbers, with one literal for each limit that some rule has for them."""
    mentioning = {rule.code: found for rule in rules if (found := _mentioned(spec, rule))}
    if not mentioning:
        return {}
    raw = unlimited(spec, set().union(*mentioning.values()))
    grid = Grid(spec, {**names, **raw})
    edges: dict[str, set[int]] = {code: set() for code in raw}
    for rule in rules:
        for text in expressions_of(rule) if rule.code in mentioning else ():
            for node in walk(condition_of(text, spec, grid)):
                if isinstance(node, Operation) and _is_of(node, raw):
                    atom = atom_of(node, spec, rule.code, grid)
                    edges[atom.pivot.code] |= {
                        edge for cell in atom.cells.values() for edge in cell.ravel().tolist()
                    }
    result: dict[str, NumberVariable] = {}
    for code, variable in raw.items():
        points = points_of(variable, edges[code])
        first = number_literals(len(points), clauses)
        result[code] = replace(variable, count=len(points), first=first, points=points)
    for option in spec.options:
        own = variables.get(option.code)
        if option.measure is not None and isinstance(own, NumberVariable):
            for clause in empty_is_nothing(option, own, result):
                clauses.add(clause)
    return result


def _is_of(node: Operation, measured: dict[str, NumberVariable]) -> bool:
    """Whether a comparison speaks of a measured number."""
    if node.operator not in ("==", "!=", "<", ">", "<=", ">=", "in"):
        return False
    return any(isinstance(part, Reference) and part.key in measured for part in walk(node))
