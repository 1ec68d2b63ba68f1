"""The made-to-measure panel as a CP-SAT model written by hand: what it is best at, one worker.

Rules over choices alone come as tables; the rules over numbers (N1 to N8 and the letter size of C24 in
`made-to-measure.yaml`) are written here as a modeller would.
"""

from typing import Any

from ortools.sat.python import cp_model
from wire import serve

NUMBERS = ("width", "height", "line1", "size")


class Panel:
    def __init__(self) -> None:
        self.model = cp_model.CpModel()
        self.choices: dict[str, list[cp_model.IntVar]] = {}
        self.numbers: dict[str, cp_model.IntVar] = {}

    def load(
        self,
        options: dict[str, list[str]],
        ranges: dict[str, tuple[int, int]],
        tables: list[tuple[list[str], list[list[int]]]],
        attributes: dict[str, dict[str, int]],
    ) -> None:
        """Attributes are whole: density, advance and tall in hundredths, depth in mm, load in g."""
        model = self.model
        self.choices = {code: [model.new_bool_var(v) for v in values] for code, values in options.items()}
        for literals in self.choices.values():
            model.add_exactly_one(literals)
        self.values = options
        self.numbers = {code: model.new_int_var(*ranges[code], code) for code in NUMBERS}
        index = {code: model.new_int_var(0, len(values) - 1, "") for code, values in options.items()}
        for code, literals in self.choices.items():
            for number, literal in enumerate(literals):
                model.add(index[code] == number).only_enforce_if(literal)
        for scope, rows in tables:
            model.add_allowed_assignments([index[code] for code in scope], rows)
        self._sizes(attributes)

    def _is(self, code: str, value: str) -> cp_model.IntVar:
        return self.choices[code][self.values[code].index(value)]

    def _sizes(self, attributes: dict[str, dict[str, int]]) -> None:
        model, (width, height, letters, size) = self.model, (self.numbers[code] for code in NUMBERS)
        top = 2_400_000
        area = model.new_int_var(0, top, "area")
        model.add_multiplication_equality(area, [width, height])  # N1 is its domain
        model.add(height <= 3 * width)
        model.add(width <= 3 * height)
        for material, density in attributes["density"].items():
            for thickness, depth in attributes["depth"].items():
                for mount, load in attributes["load"].items():
                    most = load * 1000 * 100 // (depth * density)
                    if most < top:
                        together = [
                            self._is("material", material),
                            self._is("thickness", thickness),
                            self._is("mount", mount),
                        ]
                        model.add(area <= most).only_enforce_if(together)
        written = model.new_int_var(0, 60 * 120, "length times size")
        model.add_multiplication_equality(written, [letters, size])
        for font, advance in attributes["advance"].items():
            model.add(advance * written <= 100 * (width - 60)).only_enforce_if(self._is("font", font))
        for font, tall in attributes["tall"].items():
            model.add(tall * size <= 100 * (height - 60)).only_enforce_if(self._is("font", font))
        for thickness, depth in attributes["depth"].items():
            if depth < 4:
                for side in (width, height):
                    model.add(side <= 1500).only_enforce_if(self._is("thickness", thickness))
        model.add(width + height <= 1800).only_enforce_if(self._is("delivery", "parcel"))
        model.add(size >= 20).only_enforce_if(self._is("font", "script"))

    def full(self, chosen: dict[str, Any]) -> dict[str, Any]:
        """What all options can be: the open ones, and each chosen one given the other choices."""
        found = self.domains(chosen)
        for code in chosen:
            others = {other: value for other, value in chosen.items() if other != code}
            base = self._with(others)
            if code in self.numbers:
                found[code] = self._ends(base, code)
            else:
                found |= self._values(base, [code])
        return found

    def domains(self, chosen: dict[str, Any]) -> dict[str, Any]:
        """For every open number its lowest and highest value, for every open choice the values possible."""
        base = self._with(chosen)
        numbers = {code: self._ends(base, code) for code in self.numbers if code not in chosen}
        return {**numbers, **self._values(base, [code for code in self.choices if code not in chosen])}

    def _with(self, chosen: dict[str, Any]) -> cp_model.CpModel:
        base = self.model.clone()
        for code, value in chosen.items():
            if code in self.numbers:
                base.add(base.get_int_var_from_proto_index(self.numbers[code].index) == value)
            else:
                literal = self._is(code, value)
                base.add_bool_and([base.get_bool_var_from_proto_index(literal.index)])
        return base

    def _ends(self, base: cp_model.CpModel, code: str) -> list[int | None]:
        return [self._end(base, self.numbers[code].index, sign) for sign in (1, -1)]

    def _end(self, base: cp_model.CpModel, index: int, sign: int) -> int | None:
        model = base.clone()
        model.minimize(sign * model.get_int_var_from_proto_index(index))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        if solver.solve(model) != cp_model.OPTIMAL:
            return None
        return sign * round(solver.objective_value)

    def _values(self, base: cp_model.CpModel, codes: list[str]) -> dict[str, list[str]]:
        """Ask for a configuration with a value of these choices not seen yet until there is none."""
        seen: dict[str, set[str]] = {code: set() for code in codes}
        while True:
            model = base.clone()
            unseen = [
                model.get_bool_var_from_proto_index(literal.index)
                for code, known in seen.items()
                for value, literal in zip(self.values[code], self.choices[code], strict=True)
                if value not in known
            ]
            if not unseen:
                break
            model.add_bool_or(unseen)
            solver = cp_model.CpSolver()
            solver.parameters.num_workers = 1
            if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                break
            for code, known in seen.items():
                known.update(
                    value
                    for value, literal in zip(self.values[code], self.choices[code], strict=True)
                    if solver.response_proto.solution[literal.index]
                )
        return {code: sorted(known) for code, known in seen.items()}


panel = Panel()
serve({"load": panel.load, "domains": panel.domains, "full": panel.full})
