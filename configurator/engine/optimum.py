"""The best completion of a shopper's choices, proven: cheapest, fastest to make, or most popular.

The whole family is one CP-SAT model (`family_model`), what is to be least a sum over it (`objectives`).
Among completions that are equally good the one nearest to the defaults is taken, else to the first values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from configurator.engine.assumptions import Assumptions
from configurator.engine.choices import codes_of, first_letters, joined, normalise, text_length
from configurator.engine.compiled import ChoiceVariable, Knowledge, NumberVariable, TooLarge
from configurator.engine.cpsat import Interval, Outcome, Overflow
from configurator.engine.family_model import FamilyModel
from configurator.engine.formulas import Formulas
from configurator.engine.objectives import Popularity, price_in_cents, seconds_of_work, unpopularity
from configurator.engine.spec import FREE_KINDS, Choice, OptionSpec
from configurator.engine.sums import Linear, Number
from configurator.engine.valid_domains import Undecided

__all__ = ["Completion", "Objective", "Optimum", "best"]

Objective = Literal["cheapest", "fastest", "popular"]
_WORDS = {"cheapest": "the price", "fastest": "the time of the work", "popular": "the popularity"}
Terms = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Completion:
    """`choices` leave open what only the shopper can give: required texts and pictures.

    `value` is the price of one piece (`cheapest`), the seconds of work of one piece (`fastest`) or the
    popularity (`popular`, more is better). No completion is better than `bound`; where it is `proven`, they
    are equal.
    """

    choices: dict[str, Choice]
    objective: Objective
    value: Decimal | int
    bound: Decimal | int
    proven: bool


def best(
    knowledge: Knowledge,
    choices: Mapping[str, Any],
    objective: Objective,
    popularity: Popularity | None = None,
    seconds: float = 2.0,
) -> Completion | None:
    """The best completion; see `Optimum.best`, which remembers the model between calls."""
    return Optimum(knowledge).best(choices, objective, popularity, seconds)


class Optimum:
    """Models of one family, made when they are first asked for. Not safe for several threads."""

    def __init__(self, knowledge: Knowledge, assumptions: Assumptions | None = None) -> None:
        self.knowledge = knowledge
        self._assumptions = assumptions or Assumptions(knowledge)
        self._programs: dict[Objective, _Program] = {}

    def best(
        self,
        choices: Mapping[str, Any],
        objective: Objective,
        popularity: Popularity | None = None,
        seconds: float = 2.0,
    ) -> Completion | None:
        """The choices with all that is open decided so that the objective is best; None when they contradict
        each other, or no completion has a price (or can be made).

        `popularity` says how often each value was chosen, by the codes of its variable and of the value.
        Raises `ChoiceError`, `Undecided` when the seconds are not enough to find any, and `TooLarge`.
        """
        chosen = normalise(self.knowledge.spec, choices)
        try:
            if objective not in self._programs:
                self._programs[objective] = _Program(self.knowledge, self._assumptions, objective)
            program = self._programs[objective]
            return program.best(chosen, self._literals(chosen), popularity or {}, seconds)
        except Overflow as overflow:
            raise TooLarge("", f"{_WORDS[objective]} cannot be worked out: {overflow}") from None

    def _literals(self, chosen: Mapping[str, Choice]) -> tuple[int, ...]:
        return tuple(literal for said in self._assumptions.of_each(chosen).values() for literal in said)


class _Program:
    """One objective over the model of a family."""

    def __init__(self, knowledge: Knowledge, assumptions: Assumptions, objective: Objective) -> None:
        self.knowledge = knowledge
        self.objective = objective
        self.family = FamilyModel(knowledge, all_rules=True)
        self.model, self.formulas = self.family.model, self.family.formulas
        spec = knowledge.spec
        self.texts = [_Text(each, self.formulas) for each in spec.options if each.kind in FREE_KINDS]
        for text in self.texts:
            text.measure(assumptions, self.formulas)
        seen = self.formulas.with_names({text.variable.name: text.seen for text in self.texts})
        self.sum: Linear | None = None
        if objective == "cheapest":
            self.sum = price_in_cents(spec, seen)
        elif objective == "fastest":
            self.sum = seconds_of_work(spec, seen)
        self.distance = self._distance()

    def best(
        self, chosen: Mapping[str, Choice], literals: tuple[int, ...], popularity: Popularity, seconds: float
    ) -> Completion | None:
        within = self.family.within(literals)
        if within is None:
            return None
        total = self.sum or unpopularity(popularity, self.knowledge, self.formulas)
        aim = {variable: int(factor) for variable, factor in total.terms.items()}
        # First with all texts and pictures decided that can be; only where that is impossible some stay open.
        outcome = self._solve(aim, {**within, **self._settled(chosen, decided=True)}, seconds)
        if outcome.status == "infeasible":
            left = max(seconds - outcome.seconds, seconds / 4)
            outcome = self._solve(
                aim, {**within, **self._settled(chosen, decided=False)}, left, fewest_open=True
            )
        if outcome.status == "infeasible":
            return None
        if not outcome.values:
            raise Undecided
        value, bound = outcome.value + int(total.constant), outcome.bound + int(total.constant)
        choices = self._choices(chosen, outcome.values)
        if self.objective == "cheapest":
            return Completion(choices, self.objective, _money(value), _money(bound), value == bound)
        sign = -1 if self.objective == "popular" else 1
        return Completion(choices, self.objective, sign * value, sign * bound, value == bound)

    def _settled(self, chosen: Mapping[str, Choice], *, decided: bool) -> dict[int, Interval]:
        within: dict[int, Interval] = {}
        for text in self.texts:
            within.update(text.within(chosen=text.option.code in chosen, decided=decided))
        return within

    def _solve(
        self, aim: Terms, within: Mapping[int, Interval], seconds: float, *, fewest_open: bool = False
    ) -> Outcome:
        """The least of the aim, among its solutions the one nearest to the defaults."""
        parts = [{text.open: 1 for text in self.texts}] if fewest_open else []
        weighted, rest = _in_order([*parts, aim, self.distance], self.formulas)
        outcome = self.model.solve(seconds=seconds, within=within, minimise=weighted, many=True)
        if not outcome.values:
            return outcome
        value = sum(factor * outcome.values[variable] for variable, factor in aim.items())
        if outcome.status == "optimal":
            return replace(outcome, value=value, bound=value)
        bound = self.formulas.range_of(aim, 0)[0]
        if not fewest_open:
            (_, most), weight = self.formulas.range_of(self.distance, 0), rest
            bound = max(bound, -((most - outcome.bound) // weight))
        return replace(outcome, value=value, bound=min(value, bound))

    # --- Near to the defaults

    def _distance(self) -> dict[int, int]:
        """How far a configuration is from the defaults, and from the first values where there are none."""
        total = Linear()
        for option in self.knowledge.spec.options:
            for part in self._distances(option):
                total = total.plus(part)
        for text in self.texts:
            total = total.plus(text.seen, -1)
        return {variable: int(factor) for variable, factor in total.terms.items()}

    def _distances(self, option: OptionSpec) -> Iterator[Linear]:
        variables = self.knowledge.variables
        if option.kind == "multiple":
            wished = codes_of(option.default) if option.default is not None else ()
            for code in option.codes:
                taken = self.formulas.indicator(self._literal(f"{option.code}.{code}", 1))
                yield taken.times(-1 if code in wished else 1)
        elif option.kind in ("choice", "switch"):
            for index, code in enumerate(option.codes):
                far = 0 if code == option.default else index + (option.default is not None)
                yield self.formulas.indicator(self._literal(option.code, index)).times(far)
        elif option.kind == "integer":
            variable = variables[option.code]
            assert isinstance(variable, NumberVariable)
            place = Number(Linear({self.formulas.grid[option.code]: Fraction(1)}))
            if option.default is None:
                yield place.above
            else:
                start = Linear(constant=Fraction(-variable.index_of(int(option.default))))
                beyond = Number(place.above.plus(start))
                yield self.formulas.largest([beyond, Number(beyond.above.times(-1))]).above

    def _literal(self, code: str, index: int) -> int:
        variable = self.knowledge.variables[code]
        assert isinstance(variable, ChoiceVariable)
        return self.formulas.literal(variable.literals[index])

    # --- The solution as choices

    def _choices(self, chosen: Mapping[str, Choice], values: Sequence[int]) -> dict[str, Choice]:
        indices = dict(zip(self.knowledge.variables, self.family.witness(values), strict=True))
        texts = {text.option.code: text for text in self.texts}
        result: dict[str, Choice] = {}
        for option in self.knowledge.spec.options:
            code = option.code
            if option.kind == "multiple":
                result[code] = joined(option, [each for each in option.codes if indices[f"{code}.{each}"]])
            elif code in chosen:
                result[code] = chosen[code]
            elif code in texts:
                begun = texts[code].written(values)
                if begun:
                    result[code] = begun
            else:
                variable, index = self.knowledge.variables[code], indices[code]
                result[code] = (
                    variable.values[index] if isinstance(variable, ChoiceVariable) else variable.number(index)
                )
        return result


class _Text:
    """A text or a picture in the model: the shopper's, left out, the default or its beginning, or open.

    What is open counts in prices as if it were not there, as `pricing` has it.
    """

    def __init__(self, option: OptionSpec, formulas: Formulas) -> None:
        variable = formulas.variables[option.code]
        assert isinstance(variable, NumberVariable)
        self.option = option
        self.variable = variable
        self.default = str(option.default or "") if option.kind == "text" else ""
        # Without the shopper it can become so long.
        self.most = text_length(self.default)
        self.grid = formulas.grid[option.code]
        self.open, self.own = formulas.model.boolean(), formulas.model.boolean()
        formulas.model.linear({self.grid: 1}, [(0, self.most - variable.lower)], [~self.open, ~self.own])
        # Open is only what the shop cannot write by itself: longer than the default, or measured.
        least = 1 if option.measure is not None else self.most + 1
        highest = variable.count - 1
        formulas.model.linear({self.grid: 1}, [(max(0, least - variable.lower), highest)], [self.open])
        self.seen = formulas.either_sum(self.open, Linear(), formulas.measured(variable))

    def measure(self, assumptions: Assumptions, formulas: Formulas) -> None:
        """Of what is measured only the whole default is known, so it is that or nothing."""
        if self.option.measure is None or not self.default:
            return
        literals = [formulas.literal(each) for each in assumptions.literals(self.option.code, self.default)]
        some = formulas.literal(self.variable.at_least(1 - self.variable.lower))
        formulas.model.all_true(literals, [~self.open, ~self.own, some])

    def within(self, *, chosen: bool, decided: bool) -> dict[int, Interval]:
        """Whether it may be open in an answer; with `decided` only what has to be is."""
        if chosen:
            return {self.own: (1, 1), self.open: (0, 0)}
        if self.variable.lower > self.most:
            return {self.own: (0, 0), self.open: (1, 1)}
        return {self.own: (0, 0), self.open: (0, 0) if decided else (0, 1)}

    def written(self, values: Sequence[int]) -> str:
        """What stands for it; nothing where it is left out or open."""
        if values[self.open]:
            return ""
        return first_letters(self.default, self.variable.number(values[self.grid]))


def _in_order(sums: Sequence[Terms], formulas: Formulas) -> tuple[dict[int, int], int]:
    """One sum that is least where the first is, then the second, and so on; and the weight of the last but
    one.
    """
    result: dict[int, int] = {}
    weight = last = 1
    for position, terms in enumerate(reversed(sums)):
        for variable, factor in terms.items():
            result[variable] = result.get(variable, 0) + factor * weight
        low, high = formulas.range_of(terms, 0)
        weight *= high - low + 1
        last = weight if position == 0 else last
    return {variable: factor for variable, factor in result.items() if factor}, last


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
