"""The kernel: every question a shop asks about the choices of a shopper, answered exactly.

    kernel = Kernel(compile_family(read_family(text)))
    kernel.answer({"size": "m"}).options["mount"].values  # {"none": "possible", "strips": "impossible", ...}

One kernel serves many threads; calls take turns. Answers depend on the family and the choices alone,
never on what was asked before. (Only what the solver cannot decide within its budget, `unknown`, may be
decided later.)
"""

from collections.abc import Mapping
from functools import cached_property
from threading import RLock
from typing import Any

from configurator.engine import completion, repair
from configurator.engine.allowance import question, turn
from configurator.engine.answers import (
    Answer,
    Change,
    Conflict,
    OptionAnswer,
    Repair,
    RuleRef,
    Violation,
)
from configurator.engine.assumptions import Assumptions
from configurator.engine.choices import (
    ChoiceError,
    ChoiceProblem,
    check_choice,
    may_be_empty,
    normalise,
    settled,
)
from configurator.engine.compiled import Knowledge, NumberVariable
from configurator.engine.completion import witness_of
from configurator.engine.counting import Counting
from configurator.engine.diagram import Diagram
from configurator.engine.explanation import Reasons, conflict_of, quickxplain
from configurator.engine.expressions import nearest_hint
from configurator.engine.measuring import Measures
from configurator.engine.memory import MOST_BYTES, MOST_PROOFS, MOST_WITNESSES
from configurator.engine.objectives import Popularity
from configurator.engine.optimum import Completion, Objective, Optimum
from configurator.engine.option_answers import OptionAnswers
from configurator.engine.rules import Value, environment_of, options_of, rule_holds
from configurator.engine.search import SECONDS, Literals, Search
from configurator.engine.spec import FREE_KINDS, Choice, OptionSpec, RuleSpec
from configurator.engine.valid_domains import Undecided, valid_domains
from configurator.engine.weighing import bytes_of_knowledge, bytes_of_spec
from configurator.engine.wording import rule_in_words

__all__ = [
    "Answer",
    "Change",
    "ChoiceError",
    "ChoiceProblem",
    "Completion",
    "Conflict",
    "Kernel",
    "Objective",
    "OptionAnswer",
    "Repair",
    "RuleRef",
    "Undecided",
    "Violation",
]


class Kernel:
    """Answers questions about one compiled family. `ChoiceError` is raised for choices that are none;
    `Undecided` when the rules are too hard to tell within the budget whether choices are consistent."""

    def __init__(self, knowledge: Knowledge, *, measures: Measures | None = None) -> None:
        self.knowledge = knowledge
        self.spec = knowledge.spec
        self.assumptions = Assumptions(knowledge, measures)
        self._warning = tuple(rule for rule in self.spec.rules if rule.severity == "warn")
        self._needed = tuple(option.code for option in self.spec.options if _needed(option))
        self._lock = RLock()
        self._search = Search(knowledge, self.assumptions.together())
        self._answers = OptionAnswers(self.spec, self.assumptions, self._search.layout)
        self._lazy_reasons: Reasons | None = None
        self._counting: Counting | None = None
        self._optimum_lock = RLock()
        self._lazy_optimum: Optimum | None = None

    def answer(self, choices: Mapping[str, Any], *, quantity: int = 1) -> Answer:
        """The valid domain of every option after these choices, and what is still missing.

        `quantity` is for the lowest prices: they are of one of so many pieces.
        """
        chosen = normalise(self.spec, choices)
        with _Turn(self._lock, self._search):
            indices = self.assumptions.indices_of_all(chosen)
            domains = valid_domains(self._search, indices)
            consistent = domains.consistent
            missing = self._missing(chosen, consistent)
            conflict = None if consistent else self._conflict(chosen, "", None, ())
            options = self._answers.of(domains, chosen)
        answer = Answer(
            consistent, consistent and not missing, missing, options, conflict, self._warnings(chosen)
        )
        counting = self._counting
        return answer if counting is None else counting.counted(answer, indices, quantity=quantity)

    def use_diagram(self, diagram: Diagram) -> None:
        """From now on answers say how many configurations are left and what they cost at least."""
        self._counting = Counting(self.knowledge, diagram)

    @cached_property
    def _own_bytes(self) -> int:
        return bytes_of_spec(self.spec) + bytes_of_knowledge(self.knowledge)

    @property
    def bytes(self) -> int:
        """What this takes in memory, estimated; a decision diagram makes it more."""
        counting = self._counting
        remembered = min(MOST_BYTES, 2 * (MOST_WITNESSES + MOST_PROOFS) * self._search.layout.bytes)
        return self._own_bytes + remembered + (0 if counting is None else counting.bytes)

    @property
    def has_diagram(self) -> bool:
        return self._counting is not None

    def count(self, choices: Mapping[str, Any]) -> int | None:
        """How many configurations have these choices; None where no decision diagram is at hand."""
        chosen = normalise(self.spec, choices)
        counting = self._counting
        if counting is None:
            return None
        return counting.count(self.assumptions.indices_of_all(chosen))

    def consistent(self, choices: Mapping[str, Any]) -> bool:
        """Whether some configuration has all these choices."""
        literals = self._literals(normalise(self.spec, choices))
        with _Turn(self._lock, self._search):
            return witness_of(self._search, literals) is not None

    def missing(self, choices: Mapping[str, Any]) -> tuple[str, ...]:
        """What is still to be chosen after these choices, which have to be consistent."""
        chosen = normalise(self.spec, choices)
        with _Turn(self._lock, self._search):
            return self._missing(chosen, True)

    def explain(self, choices: Mapping[str, Any], option: str, value: Any) -> Conflict | None:
        """Why a value cannot be had with the choices for the other options; None when it can."""
        chosen, wanted = self._wish(choices, option, value)
        wish, beside = self._wished(chosen, option, wanted)
        with _Turn(self._lock, self._search):
            return self._conflict(chosen, option, wanted, wish, beside)

    def nearest(self, choices: Mapping[str, Any], option: str, value: Any) -> int | None:
        """The number nearest to a wish that goes with the choices for other options, the lower one of two.

        None for an option that is no number, and where no number goes with them.
        """
        chosen, wanted = self._wish(choices, option, value)
        spec = self.spec.option_by_code[option]
        if spec.kind != "integer":
            return None
        (position,) = self.assumptions.own(option)
        variable = self._search.variables[position]
        assert isinstance(variable, NumberVariable)
        context = self._literals({code: choice for code, choice in chosen.items() if code != option})
        with _Turn(self._lock, self._search):
            index = completion.nearest_possible(
                self._search, position, variable, context, variable.index_of(int(wanted))
            )
        return None if index is None else variable.number(index)

    def repair(self, choices: Mapping[str, Any], option: str, value: Any) -> Repair | None:
        """The fewest other choices to change for a value; None when no change helps."""
        found = self.repairs(choices, option, value, most=1)
        return found[0] if found else None

    def repairs(
        self, choices: Mapping[str, Any], option: str, value: Any, most: int = 3
    ) -> tuple[Repair, ...]:
        """Ways to have a value: the fewest other choices to change first, among equals the cheapest first.

        None of them changes all that another one changes. Empty when no change helps.
        """
        chosen, wanted = self._wish(choices, option, value)
        wish, beside = self._wished(chosen, option, wanted)
        with _Turn(self._lock, self._search):
            return repair.repairs(
                self.knowledge,
                self._search,
                self.assumptions,
                chosen=chosen,
                option=option,
                value=wanted,
                wish=wish,
                beside=beside,
                most=most,
            )

    def complete(self, choices: Mapping[str, Any]) -> dict[str, Choice] | None:
        """The choices with all that is open decided: defaults first, then the first value that is possible.

        Required texts without a default and required pictures stay open. None when the choices contradict
        each other.
        """
        chosen = normalise(self.spec, choices)
        with _Turn(self._lock, self._search):
            return completion.complete(self.knowledge, self._search, self.assumptions, chosen)

    def complete_best(
        self,
        choices: Mapping[str, Any],
        objective: Objective,
        popularity: Popularity | None = None,
        seconds: float = 2.0,
    ) -> Completion | None:
        """The completion that is cheapest, fastest to make or most popular, proven unless time is too short.

        None when the choices contradict each other. Others need not wait for it.
        """
        with turn(self._optimum_lock), question(seconds) as allowed:
            if self._lazy_optimum is None:
                self._lazy_optimum = Optimum(self.knowledge, self.assumptions)
            return self._lazy_optimum.best(choices, objective, popularity, allowed)

    def violations(self, choices: Mapping[str, Any]) -> tuple[Violation, ...]:
        """The rules that are broken; where none is broken alone yet, the rules of a minimal conflict."""
        chosen = normalise(self.spec, choices)
        open_options = [o for o in self.spec.options if o.code not in chosen]
        finished = not any(map(_needed, open_options))
        environment = self._environment(chosen, finished=finished)
        broken = [
            rule
            for rule in self.spec.rules
            if rule.severity == "must" and rule_holds(rule, environment) is False
        ]
        if not broken:
            with _Turn(self._lock, self._search):
                conflict = self._conflict(chosen, "", None, ())
            broken = [self.spec.rule_by_code[rule.code] for rule in conflict.rules] if conflict else []
        return tuple(self._violation(rule) for rule in broken)

    def _violation(self, rule: RuleSpec) -> Violation:
        message = rule.message or rule_in_words(rule, self.spec)
        return Violation(rule.code, message, options_of(rule, self.spec))

    def _warnings(self, chosen: dict[str, Choice]) -> tuple[Violation, ...]:
        """The rules that only warn and that these choices break."""
        if not self._warning:
            return ()
        finished = not any(_needed(option) for option in self.spec.options if option.code not in chosen)
        environment = self._environment(chosen, finished=finished)
        return tuple(
            self._violation(rule) for rule in self._warning if rule_holds(rule, environment) is False
        )

    def _environment(self, chosen: dict[str, Choice], *, finished: bool) -> dict[str, Value]:
        """What every name stands for, with what is measured of the texts and pictures chosen."""
        environment = environment_of(self.spec, chosen, finished=finished)
        measures = self.assumptions.measures
        return environment if measures is None else environment | measures.named(chosen)

    # --- Under the lock

    def _missing(self, chosen: dict[str, Choice], consistent: bool) -> tuple[str, ...]:
        """Options to be chosen; where only optional ones are open, those that cannot all be left out."""
        half = {code for code, value in chosen.items() if not settled(self.spec.option_by_code[code], value)}
        needed = tuple(code for code in self._needed if code not in chosen or code in half)
        left = [option for option in self.spec.options if option.code not in chosen]
        if needed or not consistent or not left:
            return needed
        context = self._literals(chosen)
        omitted = {option.code: self._assume(option.code, "") for option in left}

        def impossible(options: list[str]) -> bool:
            literals = tuple(literal for option in options for literal in omitted[option])
            return witness_of(self._search, (*context, *literals)) is None

        return tuple(quickxplain(list(omitted), impossible)) if impossible(list(omitted)) else ()

    def _conflict(
        self,
        chosen: dict[str, Choice],
        option: str,
        value: Choice | None,
        wish: Literals,
        beside: Literals = (),
    ) -> Conflict | None:
        if self._lazy_reasons is None:
            self._lazy_reasons = Reasons(self.knowledge, self._search, self.assumptions)
        meant = chosen if value is None else {**chosen, option: value}
        found = self._lazy_reasons.conflict(meant, option, wish, beside)
        if found is None:
            return None
        against, rules = found
        measures = self.assumptions.measures
        return conflict_of(
            self._lazy_reasons,
            self.knowledge,
            option=option,
            value=value,
            choices=chosen,
            against=against,
            rules=rules,
            told="" if measures is None else measures.told(meant, rules),
        )

    # --- Choices as literals

    def _wish(self, choices: Mapping[str, Any], option: str, value: Any) -> tuple[dict[str, Choice], Choice]:
        chosen = normalise(self.spec, choices)
        _, plain = self.spec.plain_choices.get(option, (0, ()))
        if type(value) is str and value in plain:
            return chosen, value
        spec = self.spec.option_by_code.get(option)
        if spec is None:
            hint = nearest_hint(option, self.spec.option_by_code)
            message = f"{self.spec.name} has no option {option}."
            raise ChoiceError((ChoiceProblem(option, value, message, hint),))
        wanted = check_choice(spec, value)
        if isinstance(wanted, ChoiceProblem):
            raise ChoiceError((wanted,))
        if wanted == "" and not may_be_empty(spec):
            raise ChoiceError((ChoiceProblem(option, value, f"{spec.name} cannot be empty."),))
        return chosen, wanted

    def _wished(self, chosen: dict[str, Choice], option: str, wanted: Choice) -> tuple[Literals, Literals]:
        """The literals of a wish, and of what stands beside it in its own option: of several values only
        what is put in or left out is wished, the others are like choices of their own. Where all stays as it
        is, all of it is wished."""
        if self.spec.option_by_code[option].kind == "multiple":
            changed, kept = self.assumptions.changing(option, chosen.get(option, ""), wanted)
            return (changed, kept) if changed else (kept, ())
        return self._assume(option, wanted), ()

    def _assume(self, code: str, value: Choice) -> Literals:
        return self.assumptions.literals(code, value)

    def _literals(self, chosen: dict[str, Choice]) -> Literals:
        return tuple(literal for said in self.assumptions.of_each(chosen).values() for literal in said)


def _needed(option: OptionSpec) -> bool:
    """Whether a design is not complete without it: only texts and pictures can be left out."""
    return option.required or option.kind not in FREE_KINDS


class _Turn:
    """One thread at a time; each question has the whole budget, as far as its thread is allowed it."""

    __slots__ = ("_allowed", "_search", "_turn")

    def __init__(self, lock: RLock, search: Search) -> None:
        self._turn = turn(lock)
        self._allowed = question(SECONDS)
        self._search = search

    def __enter__(self) -> None:
        self._turn.__enter__()
        self._search.begin(self._allowed.__enter__())

    def __exit__(self, *error: object) -> None:
        self._allowed.__exit__(*error)
        self._turn.__exit__(*error)
