"""Domains of variables in the words of options, only for what has changed since the last click."""

from itertools import pairwise

from configurator.engine.answers import OptionAnswer, State
from configurator.engine.assumptions import Assumptions
from configurator.engine.compiled import NumberVariable
from configurator.engine.points import Layout, bits, runs
from configurator.engine.spec import Choice, FamilySpec, OptionSpec
from configurator.engine.valid_domains import Domains


class OptionAnswers:
    """Makes the answers of all options; those that are as they were last time are used again."""

    def __init__(self, spec: FamilySpec, assumptions: Assumptions, layout: Layout) -> None:
        self._spec = spec
        self._assumptions = assumptions
        self._layout = layout
        self._option_of = {
            position: option for option in spec.options for position in assumptions.own(option.code)
        }
        self._domains = Domains(False, 0, 0)
        self._chosen: dict[str, Choice] = {}
        self._answers = {option.code: self._answer(option, None) for option in spec.options}

    def of(self, domains: Domains, chosen: dict[str, Choice]) -> dict[str, OptionAnswer]:
        """The answer of every option, in the family's order."""
        last = self._domains
        changed = (domains.possible ^ last.possible) | (domains.unknown ^ last.unknown)
        changed &= self._layout.asked  # what is measured of a choice is no answer
        codes = {self._option_of[position].code for position in self._layout.positions(changed)}
        codes.update(code for code, _ in chosen.items() ^ self._chosen.items())
        self._domains, self._chosen = domains, chosen
        answers = dict(self._answers)
        for code in codes:
            answers[code] = self._answer(self._spec.option_by_code[code], chosen.get(code))
        self._answers = answers
        return dict(answers)

    def _answer(self, option: OptionSpec, chosen: Choice | None) -> OptionAnswer:
        positions = self._assumptions.own(option.code)
        if option.kind == "multiple":
            states = {
                code: self._states(position)[1]
                for code, position in zip(option.codes, positions, strict=True)
            }
            return OptionAnswer(option.code, chosen, None, states)
        variable = self._layout.variables[positions[0]]
        if not isinstance(variable, NumberVariable):
            found = self._states(positions[0])
            forced = variable.values[found.index("forced")] if "forced" in found else None
            return OptionAnswer(option.code, chosen, forced, dict(zip(variable.values, found, strict=True)))
        return self._range(option, variable, positions[0], chosen)

    def _states(self, position: int) -> list[State]:
        """The state of each index of a variable."""
        possible = self._layout.of(self._domains.possible, position)
        unknown = self._layout.of(self._domains.unknown, position)
        states: list[State] = ["impossible"] * self._layout.variables[position].count
        only = not unknown and not possible & (possible - 1)
        for index in bits(possible):
            states[index] = "forced" if only else "possible"
        for index in bits(unknown):
            states[index] = "unknown"
        return states

    def _range(
        self, option: OptionSpec, variable: NumberVariable, position: int, chosen: Choice | None
    ) -> OptionAnswer:
        # What is not known counts as possible: it is checked again when it is chosen.
        points = self._layout.of(self._domains.possible | self._domains.unknown, position)
        if not points:
            return OptionAnswer(option.code, chosen, None)
        found = list(runs(points))
        low, high = variable.number(found[0][0]), variable.number(found[-1][1])
        if option.kind != "integer":
            return OptionAnswer(option.code, chosen, None, length_low=low, length_high=high)
        holes = tuple(
            (variable.number(end + 1), variable.number(start - 1)) for (_, end), (start, _) in pairwise(found)
        )
        forced = low if low == high else None
        return OptionAnswer(option.code, chosen, forced, low=low, high=high, holes=holes)
