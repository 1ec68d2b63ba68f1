"""What a family takes in the memory of a process, estimated: the bound of what is kept at hand.

A process grows by this within a factor of two for feature models, tables and fine grids of numbers alike.
"""

from configurator.engine.compiled import Knowledge
from configurator.engine.spec import FamilySpec

# A clause is a tuple of Python and once more in the solver, with who watches it; a value is in a dozen lists.
_A_LITERAL = 300
_A_POINT = 100
_A_THING = 2_000  # an option, a value, a rule
_A_CELL = 20  # of a table
_ANYWAY = 200_000


def bytes_of_spec(spec: FamilySpec) -> int:
    things = len(spec.options) + len(spec.rules) + sum(len(option.values) for option in spec.options)
    cells = sum(len(rule.table.rows) * len(rule.table.options) for rule in spec.rules if rule.table)
    return _ANYWAY + things * _A_THING + cells * _A_CELL


def bytes_of_knowledge(knowledge: Knowledge) -> int:
    """With a solver of it."""
    literals = sum(map(len, knowledge.clauses))
    points = sum(variable.count for variable in knowledge.variables.values())
    return literals * _A_LITERAL + points * _A_POINT
