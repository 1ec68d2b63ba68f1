"""clingo's brave consequences: all values of all open units in one enumeration, on the product's clauses."""

import clingo
from wire import serve


class Brave:
    def __init__(self) -> None:
        self.units: list[list[int]] = []

    def load(self, clauses: list[list[int]], units: list[list[int]]) -> None:
        self.units = units
        self.control = clingo.Control(["--warn=none"])
        self.atoms: dict[int, int] = {}
        with self.control.backend() as backend:
            top = max((abs(literal) for clause in clauses for literal in clause), default=0)
            top = max(top, max(abs(literal) for unit in units for literal in unit))
            self.atoms = {number: backend.add_atom() for number in range(1, top + 1)}
            backend.add_rule(list(self.atoms.values()), choice=True)
            for clause in clauses:
                backend.add_rule([], [-self._of(literal) for literal in clause])
            for number, unit in enumerate(units):
                for index, literal in enumerate(unit):
                    shown = clingo.Function("v", [clingo.Number(number), clingo.Number(index)])
                    backend.add_rule([backend.add_atom(shown)], [self._of(literal)])
        self.control.configuration.solve.enum_mode = "brave"
        self.control.configuration.solve.models = "0"

    def _of(self, literal: int) -> int:
        return self.atoms[literal] if literal > 0 else -self.atoms[-literal]

    def undecided(self, chosen: list[list[int]]) -> list[list[int]]:
        """The values of all units without a choice; one enumeration."""
        state = dict(chosen)
        found = self._brave(state)
        return [[] if number in state else indexes for number, indexes in enumerate(found)]

    def every_value(self, chosen: list[list[int]]) -> list[list[int]]:
        """The same, and for each unit with a choice what goes with the others: one enumeration more."""
        state = dict(chosen)
        found = self._brave(state)
        for number in state:
            others = {other: index for other, index in state.items() if other != number}
            found[number] = self._brave(others)[number]
        return found

    def _brave(self, state: dict[int, int]) -> list[list[int]]:
        assumptions = [self._of(self.units[number][index]) for number, index in state.items()]
        found: list[list[int]] = [[] for _ in self.units]
        symbols: list[clingo.Symbol] = []
        with self.control.solve(assumptions=assumptions, yield_=True) as handle:
            for model in handle:
                symbols = model.symbols(shown=True)
        for symbol in symbols:
            number, index = symbol.arguments[0].number, symbol.arguments[1].number
            found[number].append(index)
        return [sorted(indexes) for indexes in found]


peer = Brave()
serve({"load": peer.load, "undecided": peer.undecided, "every_value": peer.every_value})
