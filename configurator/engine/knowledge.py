"""Compiling a family: `compile_family` turns its options and rules into clauses for a SAT solver."""

from configurator.engine.compiled import Knowledge, NumberVariable, TooLarge, Variable, content_hash
from configurator.engine.encode import Clauses, RuleEncoder, variable_of
from configurator.engine.spec import FamilySpec

__all__ = ["Knowledge", "TooLarge", "compile_family", "content_hash"]


def compile_family(spec: FamilySpec) -> Knowledge:
    """All rules of a family as clauses; raises `TooLarge` with the rule and how to mend it."""
    clauses = Clauses()
    variables = {option.code: variable_of(option, clauses) for option in spec.options}
    names: dict[str, Variable] = {
        variable.name if isinstance(variable, NumberVariable) else variable.code: variable
        for variable in variables.values()
    }
    selectors: dict[str, int] = {}
    for rule in spec.rules:
        selectors[rule.code] = clauses.new()
        RuleEncoder(spec, rule, variables, names, clauses).encode(guard=(-selectors[rule.code],))
    return Knowledge(spec, content_hash(spec), variables, tuple(clauses.all), selectors, clauses.top)
