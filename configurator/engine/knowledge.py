"""Compiling a family: `compile_family` turns its options and rules into clauses for a SAT solver; rules
that only warn are left out."""

from configurator.engine.compiled import Knowledge, NumberVariable, TooLarge, Variable, content_hash
from configurator.engine.encode import Clauses, RuleEncoder, variables_of
from configurator.engine.spec import FamilySpec

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
    selectors: dict[str, int] = {}
    for rule in spec.rules:
        if rule.severity == "warn":
            continue  # it forbids nothing
        selectors[rule.code] = clauses.new()
        RuleEncoder(spec, rule, variables, names, clauses).encode(guard=(-selectors[rule.code],))
    return Knowledge(spec, content_hash(spec), variables, tuple(clauses.all), selectors, clauses.top)
