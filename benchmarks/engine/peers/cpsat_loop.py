"""OR-Tools CP-SAT, one worker: ask for a configuration with a value not seen yet until there is none.

`load` takes the product's clauses. `load_tables` takes domains and tables as a file has them: nothing of the
product's own encoding is in between, which makes it a second opinion on exactness.
"""

from ortools.sat.python import cp_model
from wire import serve


class Loop:
    def __init__(self) -> None:
        self.model = cp_model.CpModel()
        self.units: list[list[cp_model.LiteralT]] = []

    def load(self, clauses: list[list[int]], units: list[list[int]]) -> None:
        self.model = cp_model.CpModel()
        top = max((abs(literal) for clause in clauses for literal in clause), default=0)
        top = max(top, max(abs(literal) for unit in units for literal in unit))
        variables = [self.model.new_bool_var("") for _ in range(top + 1)]

        def literal_of(literal: int) -> cp_model.LiteralT:
            return variables[literal] if literal > 0 else variables[-literal].negated()

        for clause in clauses:
            self.model.add_bool_or([literal_of(literal) for literal in clause])
        self.units = [[literal_of(literal) for literal in unit] for unit in units]
        for unit in self.units:
            self.model.add_exactly_one(unit)

    def load_tables(
        self,
        domains: list[int],
        tables: list[tuple[list[int], list[list[int]], bool]],
        clauses: list[list[int]],
    ) -> None:
        """`tables` are (units, rows of indexes, allowed?); `clauses` of 1 + unit, for two-valued units."""
        self.model = cp_model.CpModel()
        self.units = [[self.model.new_bool_var("") for _ in range(size)] for size in domains]
        numbers = [self.model.new_int_var(0, size - 1, "") for size in domains]
        for number, unit in zip(numbers, self.units, strict=True):
            self.model.add_exactly_one(unit)
            for index, literal in enumerate(unit):
                self.model.add(number == index).only_enforce_if(literal)
        for columns, rows, allowed in tables:
            add = self.model.add_allowed_assignments if allowed else self.model.add_forbidden_assignments
            add([numbers[column] for column in columns], rows)
        for clause in clauses:
            self.model.add_bool_or([self.units[abs(literal) - 1][literal > 0] for literal in clause])

    def undecided(self, chosen: list[list[int]]) -> list[list[int]]:
        state = dict(chosen)
        seen: list[set[int]] = [set() for _ in self.units]
        base = self.model.clone()
        base.add_bool_and([self._copied(base, self.units[number][index]) for number, index in state.items()])
        while True:
            model = base.clone()
            unseen = [
                self._copied(model, literal)
                for number, unit in enumerate(self.units)
                if number not in state
                for index, literal in enumerate(unit)
                if index not in seen[number]
            ]
            if not unseen:
                break
            model.add_bool_or(unseen)
            solver = cp_model.CpSolver()
            solver.parameters.num_workers = 1
            if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                break
            values = solver.response_proto.solution
            for number, unit in enumerate(self.units):
                for index, literal in enumerate(unit):
                    if _true(values, literal.index):
                        seen[number].add(index)
        return [[] if number in state else sorted(indexes) for number, indexes in enumerate(seen)]

    @staticmethod
    def _copied(model: cp_model.CpModel, literal: cp_model.LiteralT) -> cp_model.LiteralT:
        if literal.index >= 0:
            return model.get_bool_var_from_proto_index(literal.index)
        return model.get_bool_var_from_proto_index(-literal.index - 1).negated()


def _true(values: list[int], index: int) -> bool:
    return bool(values[index]) if index >= 0 else not values[-index - 1]


peer = Loop()
serve({"load": peer.load, "load_tables": peer.load_tables, "undecided": peer.undecided})
