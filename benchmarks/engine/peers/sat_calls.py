"""python-sat as most people use it: one incremental solver, one call for each value.

Also its own tools for explanation and repair: MUSX (one minimal unsatisfiable set) and RC2 (MaxSAT).
`units` are the variables: for each the literal of each of its values. A state gives for units the index
of the value chosen.
"""

from pysat.examples.musx import MUSX
from pysat.examples.rc2 import RC2
from pysat.formula import WCNF
from pysat.solvers import Glucose4
from wire import serve


class SatCalls:
    def __init__(self) -> None:
        self.solver = Glucose4()
        self.clauses: list[list[int]] = []
        self.units: list[list[int]] = []
        self.optional: list[list[int]] = []
        self.rules: list[int] = []

    def load(self, clauses: list[list[int]], units: list[list[int]]) -> None:
        self.solver.delete()
        self.solver = Glucose4(bootstrap_with=clauses)
        self.clauses, self.units = clauses, units

    def every_value(self, chosen: list[list[int]]) -> list[list[int]]:
        """For every unit the values that go with the choices for all other units."""
        state = dict(chosen)
        return [self._possible(number, state) for number in range(len(self.units))]

    def undecided(self, chosen: list[list[int]]) -> list[list[int]]:
        """The same for the units without a choice; the others are left empty."""
        state = dict(chosen)
        return [[] if number in state else self._possible(number, state) for number in range(len(self.units))]

    def _possible(self, number: int, state: dict[int, int]) -> list[int]:
        context = [self.units[other][index] for other, index in state.items() if other != number]
        return [
            index
            for index, literal in enumerate(self.units[number])
            if self.solver.solve(assumptions=[*context, literal])
        ]

    def load_rules(self, clauses: list[list[int]], rules: list[int]) -> None:
        """The clauses with the rules not switched on: a literal a rule does that."""
        self.optional, self.rules = clauses, rules

    def conflict(self, wish: int, chosen: list[list[int]]) -> list[int]:
        """A minimal set of units whose choices exclude the wish."""
        with MUSX(self._choices_as_soft(wish, chosen), solver="g4", verbosity=0) as tool:
            return [chosen[number - 1][0] for number in tool.compute()]

    def conflict_with_rules(self, wish: int, chosen: list[list[int]]) -> tuple[int, int]:
        """A minimal set of choices and rules that exclude the wish: how many of each."""
        formula = self._choices_as_soft(wish, chosen)
        formula.hard = [*self.optional, [wish]]
        formula.soft += [[literal] for literal in self.rules]
        formula.wght = [1] * len(formula.soft)
        with MUSX(formula, solver="g4", verbosity=0) as tool:
            needed = tool.compute()
        choices = sum(number <= len(chosen) for number in needed)
        return choices, len(needed) - choices

    def repair(self, wish: int, chosen: list[list[int]]) -> int:
        """How many choices have to be given up for the wish, at least."""
        with RC2(self._choices_as_soft(wish, chosen), solver="g4") as tool:
            tool.compute()
            return int(tool.cost)

    def _choices_as_soft(self, wish: int, chosen: list[list[int]]) -> WCNF:
        formula = WCNF()
        formula.hard = [*self.clauses, [wish]]
        formula.soft = [[self.units[number][index]] for number, index in chosen]
        formula.wght = [1] * len(formula.soft)
        formula.nv = self.solver.nof_vars()
        return formula


peer = SatCalls()
serve(
    {
        "load": peer.load,
        "every_value": peer.every_value,
        "undecided": peer.undecided,
        "load_rules": peer.load_rules,
        "conflict": peer.conflict,
        "conflict_with_rules": peer.conflict_with_rules,
        "repair": peer.repair,
    }
)
