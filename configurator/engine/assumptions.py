"""What a choice assumes: the one place where choices become indices of variables and literals.

Most options have one variable of their own. A multiple choice has one two-valued variable for each of its
values (`option.value`), and a choice of several values says of each whether it is in. What is measured of a
text or a picture (`measures`) are further variables, `option.measure`, that the choice settles; some of a
placement are settled by it and its picture together.
"""

from collections.abc import Mapping

from configurator.engine.choices import decided, text_length
from configurator.engine.compiled import ChoiceVariable, Knowledge, Variable
from configurator.engine.measuring import Measures
from configurator.engine.search import Literals
from configurator.engine.spec import Choice, OptionSpec

NOTHING: Mapping[str, Choice] = {}


class Assumptions:
    """`positions` gives the place of every variable in the family's order, by its code."""

    def __init__(self, knowledge: Knowledge, measures: Measures | None = None) -> None:
        self._options = knowledge.spec.option_by_code
        self._variables = tuple(knowledge.variables.values())
        self.measures = measures
        self.positions = {code: position for position, code in enumerate(knowledge.variables)}
        self._own = {option.code: self._places_of(option) for option in knowledge.spec.options}
        # What is asked most, and is always the same: the literal of each value of a choice.
        self._of_values: dict[tuple[str, Choice], Literals] = {
            (variable.code, value): variable.assume(index)
            for variable in self._variables
            if isinstance(variable, ChoiceVariable) and variable.code in self._options
            for index, value in enumerate(variable.values)
        }

    def _places_of(self, option: OptionSpec) -> tuple[int, ...]:
        if option.kind == "multiple":
            return tuple(self.positions[f"{option.code}.{code}"] for code in option.codes)
        return (self.positions[option.code],)

    def own(self, code: str) -> tuple[int, ...]:
        """The positions of an option's own variables: one, or one for each value of a multiple choice."""
        return self._own[code]

    def together(self) -> list[tuple[int, ...]]:
        """For each option of which something is measured: its own variable, then what is measured."""
        found = []
        for option in self._options.values():
            if option.measure is not None:
                measured = [
                    place for code, place in self.positions.items() if code.startswith(f"{option.code}.")
                ]
                found.append((*self._own[option.code], *measured))
        return found

    def of_both(self, code: str, value: Choice, beside: Mapping[str, Choice]) -> dict[int, int]:
        """What a choice settles together with those beside it: the index of each variable, by position."""
        found: dict[int, int] = {}
        for each in self.measures.together if self.measures is not None else ():
            if code == each.option and each.beside in beside:
                place, picture = value, beside[each.beside]
            elif code == each.beside and each.option in beside:
                place, picture = beside[each.option], value
            else:
                continue
            assert self.measures is not None
            index = self.measures.of_both(each, str(place), str(picture))
            if index is not None:
                found[self.positions[each.code]] = index
        return found

    def picture_of(self, code: str) -> str:
        """The picture with which a placement settles something; empty where it settles nothing."""
        together = self.measures.together if self.measures is not None else ()
        return next((each.beside for each in together if each.option == code), "")

    def indices_of_all(self, chosen: Mapping[str, Choice]) -> dict[int, int]:
        """What choices say together."""
        found: dict[int, int] = {}
        for code, value in chosen.items():
            found |= self.indices(code, value) | self.of_both(code, value, chosen)
        return found

    def indices(self, code: str, value: Choice) -> dict[int, int]:
        """What a choice says by itself: the index of each variable that it settles, by position."""
        option, own = self._options[code], self._own[code]
        if option.kind == "multiple":
            truths = decided(option, value)
            return {
                position: int(truths[each])
                for position, each in zip(own, option.codes, strict=True)
                if each in truths
            }
        settled = {own[0]: index_of(option, self._variables[own[0]], value)}
        if self.measures is not None and option.measure is not None:
            measured = self.measures(option, value)
            settled |= {self.positions[variable]: index for variable, index in measured.items()}
        return settled

    def changing(self, code: str, old: Choice, new: Choice) -> tuple[Literals, Literals]:
        """The literals of what is put in or left out of several values, and of the values that stay."""
        before, after = self.indices(code, old), self.indices(code, new)
        changed: list[int] = []
        kept: list[int] = []
        for position, index in after.items():
            same = before.get(position, 0) == index
            (kept if same else changed).extend(self._variables[position].assume(index))
        return tuple(changed), tuple(kept)

    def literals(self, code: str, value: Choice, beside: Mapping[str, Choice] = NOTHING) -> Literals:
        """What a choice says, as assumptions of a SAT solver; also together with those beside it."""
        known = self._of_values.get((code, value))
        if known is not None:
            return known
        settled = self.indices(code, value)
        if beside:
            settled |= self.of_both(code, value, beside)
        return tuple(
            literal
            for position, index in settled.items()
            for literal in self._variables[position].assume(index)
        )

    def of_each(self, chosen: Mapping[str, Choice], *, without: str = "") -> dict[str, Literals]:
        """The literals of each choice, but for one option. What two settle together is with the one that is
        not left out, and of others with the placement."""
        known = self._of_values
        return {
            code: known.get((code, value)) or self.literals(code, value, self._beside(code, chosen, without))
            for code, value in chosen.items()
            if code != without
        }

    def _beside(self, code: str, chosen: Mapping[str, Choice], without: str) -> Mapping[str, Choice]:
        if self._options[code].kind == "placement":
            return chosen
        return {without: chosen[without]} if without in chosen else NOTHING


def index_of(option: OptionSpec, variable: Variable, value: Choice) -> int:
    """The index of a value, a number, a text's length, or a picture's count."""
    if isinstance(variable, ChoiceVariable):
        return variable.values.index(str(value))
    if option.kind == "integer":
        return variable.index_of(int(value))
    return variable.index_of(text_length(str(value)) if option.kind == "text" else int(value != ""))
