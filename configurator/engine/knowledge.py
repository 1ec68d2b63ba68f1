"""Compiling a family: `compile_family` turns its options and rules into clauses for a SAT solver; rules
that only warn are left out."""

from configurator.engine.clauses import Clauses
from configurator.engine.compiled import Knowledge, NumberVariable, TooLarge, Variable, content_hash
from configurator.engine.encode import RuleEncoder, variables_of
from configurator.engine.grids import Grid
from configurator.engine.spec import FamilySpec
from configurator.engine.staircases import Staircases

__all__ = ["Knowledge", "TooLarge", "compile_family", "content_hash"]


def compile_family(spec: FamilySpec) -> Knowledge:
    """All rules of a family as clauses; raises `TooLarge` with the rule and how to mend it."""
    clauses = Clauses()
    variables = {
        variable.code: variable for option in spec.options for variable in variables_of(option, clauses)
    }
    names: dict[str, Variable] = {
        variable.name if isinstance(variable, NumberVariable) else variable.code: variable
        for variable in variables.values()
    }
    grid, staircases = Grid(spec, names), Staircases(clauses)
    selectors: dict[str, int] = {}
    arithmetic: list[str] = []
    for rule in spec.rules:
        if rule.severity == "warn":
            continue  # it forbids nothing
        selectors[rule.code] = clauses.new()
        written, top = len(clauses.all), clauses.top
        encoder = RuleEncoder(spec, rule, variables, grid, staircases)
        try:
            encoder.encode(guard=(-selectors[rule.code],))
        except TooLarge:
            clauses.take_back(written, top)
            staircases.forget(top)
            arithmetic.append(rule.code)
    return Knowledge(
        spec, content_hash(spec), variables, tuple(clauses.all), selectors, clauses.top, tuple(arithmetic)
    )
