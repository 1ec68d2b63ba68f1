"""Minimal, deterministic explanations: QuickXplain over the shopper's choices, then over the rules.

After U. Junker, "QuickXplain: Preferred explanations and relaxations for over-constrained problems",
AAAI 2004. Every element of a conflict is needed: without it the rest can be had together. Earlier
elements are preferred, so the same question has the same answer whatever was asked before.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from configurator.engine.answers import Conflict, RuleRef
from configurator.engine.compiled import Knowledge
from configurator.engine.search import Literals, RuleSearch, Search
from configurator.engine.spec import Choice, OptionSpec
from configurator.engine.valid_domains import BUDGET_CONSISTENCY, Undecided
from configurator.engine.wording import (
    beside_in_words,
    limits_in_words,
    listed,
    rule_in_words,
    wish_in_words,
)

_Element = TypeVar("_Element")


def quickxplain(elements: Sequence[_Element], impossible: Callable[[list[_Element]], bool]) -> list[_Element]:
    """A minimal part of `elements` that is impossible together; all of them must be. Empty if nothing is
    needed.
    """
    if impossible([]):
        return []
    return _needed([], False, list(elements), impossible)


def _needed(
    given: list[_Element], grown: bool, elements: list[_Element], impossible: Callable[[list[_Element]], bool]
) -> list[_Element]:
    if grown and impossible(given):
        return []
    if len(elements) == 1:
        return elements
    half = len(elements) // 2
    first, second = elements[:half], elements[half:]
    of_second = _needed(given + first, True, second, impossible)
    of_first = _needed(given + of_second, bool(of_second), first, impossible)
    return of_first + of_second


def preferred_conflict(
    elements: Sequence[_Element], refused: Callable[[list[_Element]], Collection[_Element] | None]
) -> list[_Element] | None:
    """The conflict that `quickxplain` finds, with few questions where a refusal names what it rests on.

    `refused` gives some of the elements that are impossible together, or None when they are possible. What
    is last in a conflict is needed once all before it are possible together. None when all are.
    """
    place = {element: number for number, element in enumerate(elements)}
    core = refused(list(elements))
    if core is None:
        return None
    needed: list[_Element] = []
    while rest := [place[element] for element in core if element not in needed]:
        last = max(rest)
        smaller = refused([*elements[:last], *needed])
        if smaller is None:
            needed.append(elements[last])
        else:
            core = smaller
    return needed[::-1]


def minimal_conflict(
    knowledge: Knowledge,
    search: Search,
    rule_search: Callable[[], RuleSearch],
    *,
    chosen: dict[str, Literals],
    wish: Literals,
) -> tuple[list[str], list[str]] | None:
    """The options whose choices, and the codes of the rules that, exclude a wish; None when it can be had."""
    owner = {literal: option for option, literals in chosen.items() for literal in literals}

    def against_wish(options: list[str]) -> Collection[str] | None:
        literals = [literal for option in options for literal in chosen[option]]
        possible = search.possible([*wish, *literals], BUDGET_CONSISTENCY)
        if possible is None:
            raise Undecided
        return None if possible else {owner[literal] for literal in search.core() if literal in owner}

    against = preferred_conflict(list(chosen), against_wish)
    if against is None:
        return None
    fixed = [*wish, *(literal for option in against for literal in chosen[option])]
    rules = rule_search()

    def excluded_by(codes: list[str]) -> Collection[str] | None:
        selectors = [knowledge.selectors[rule] for rule in codes]
        possible = rules.satisfiable([*fixed, *selectors], BUDGET_CONSISTENCY)
        if possible is None:
            raise Undecided
        return None if possible else rules.refusing()

    every = list(knowledge.selectors)
    if knowledge.arithmetic:  # does not name the rules that a refusal rests on
        return against, quickxplain(every, lambda codes: excluded_by(codes) is not None)
    return against, preferred_conflict(every, excluded_by) or []


def conflict_of(
    knowledge: Knowledge,
    *,
    option: str,
    value: Choice | None,
    choices: dict[str, Choice],
    against: list[str],
    rules: list[str],
    told: str = "",
) -> Conflict:
    """The conflict with its sentence; `told` says what was measured."""
    spec = knowledge.spec
    named = tuple((code, choices.get(code, "")) for code in against)
    references = tuple(
        RuleRef(code, spec.rule_by_code[code].message or rule_in_words(spec.rule_by_code[code], spec))
        for code in rules
    )
    options = spec.option_by_code
    wish = "" if not option or value is None else wish_in_words(options[option], value, choices.get(option))
    others = listed(
        [beside_in_words(options[code], choice, value if code == option else None) for code, choice in named]
    )
    reasons = " ".join(reference.message for reference in references)
    limits = "" if reasons else _limits([options[code] for code in {**dict(named), option: ""} if code])
    said = (_contradiction(wish, others, len(named)), told, f"{reasons}{limits}")
    sentence = " ".join(part for part in said if part)
    return Conflict(option, value, named, references, sentence)


def _limits(options: list[OptionSpec]) -> str:
    """How many values a multiple choice takes: the only reason that is no rule."""
    return " ".join(limits_in_words(option) for option in options if option.kind == "multiple")


def _contradiction(wish: str, others: str, count: int) -> str:
    if not wish:
        return (
            f"{others} {'do not go together' if count > 1 else 'is not possible'}."
            if others
            else "Nothing is possible."
        )
    return f"{wish} does not go with {others}." if others else f"{wish} is not possible."
