"""Minimal, deterministic explanations: which choices exclude a wish, and by which rules.

Every element of a conflict is needed: without it the rest can be had together.

1. The plainest conflicts come first (`plain_conflicts`): those of one rule, then those of one choice and two
   rules.
2. Else choices are found first, by all rules: the first one, in the family's order, that the wish excludes by
   propagation alone; or else the preferred conflict (U. Junker, "QuickXplain: Preferred explanations and
   relaxations for over-constrained problems", AAAI 2004): its last element is where the elements, taken in
   order, first become impossible, and so on with that one taken for granted. There is only one such conflict,
   so what the solver says of its own way there may guide the search.
3. Then the rules that exclude the wish with these choices: one that does so alone, or else the preferred
   conflict among rules ordered by their distance from the question.

So the same question has the same answer whatever was asked before.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeVar

from configurator.engine.answers import Conflict, RuleRef
from configurator.engine.assumptions import Assumptions
from configurator.engine.compiled import Knowledge
from configurator.engine.completion import witness_of
from configurator.engine.plain_conflicts import PlainConflicts
from configurator.engine.points import bits
from configurator.engine.propagation import Links, Propagation
from configurator.engine.search import Literals, RuleSearch, Search
from configurator.engine.spec import Choice, OptionSpec
from configurator.engine.valid_domains import BUDGET_CONSISTENCY, Undecided, valid_domains
from configurator.engine.wording import (
    beside_in_words,
    limits_in_words,
    listed,
    rule_in_words,
    wish_in_words,
)

_Element = TypeVar("_Element")

# Rules are taken this many at a time, nearest first, then twice as many.
_FIRST_RULES = 8
# So many rules are put in words before the first question, the others of larger families when needed.
_PREPARED_RULES = 1_000


def quickxplain(elements: Sequence[_Element], impossible: Callable[[list[_Element]], bool]) -> list[_Element]:
    """A minimal part of `elements` that is impossible together; all of them must be. Empty if nothing is
    needed.
    """
    found = preferred(list(elements), lambda some: list(some) if impossible(some) else None)
    return [element for element in elements if element in found]


def preferred(
    elements: Sequence[_Element],
    core_of: Callable[[list[_Element]], Collection[_Element] | None],
    *,
    possible: int = -1,
    guided: bool = True,
) -> list[_Element]:
    """The preferred conflict among elements, latest first; all of them must be impossible together.

    `core_of` gives some of the elements asked about that are impossible together, None where all are
    possible; `guided`: mostly only few of them. So many first elements are known to be `possible`.
    """
    place = {element: number for number, element in enumerate(elements)}
    needed: list[_Element] = []
    core: Collection[_Element] = elements
    while True:
        # With what is needed, the first `top` elements are impossible; the first `below` are not.
        top, below = _last(core, place, needed), -1 if needed else possible
        one_less = guided
        while below < top - 1:
            # Mostly what is needed already is all of it, or all that is needed comes early or late.
            probe = top - 1 if one_less else 0 if needed and below < 0 else (below + top) // 2
            found = core_of([*elements[:probe], *needed])
            if found is None:
                below = probe
            else:
                core = found
                top = _last(core, place, needed)
                one_less = guided and top < probe
        if top == 0:
            return needed
        needed.append(elements[top - 1])


def _last(core: Collection[_Element], place: dict[_Element, int], needed: list[_Element]) -> int:
    """How many elements it takes to have all of a core, beside those needed anyway."""
    return max((place[element] + 1 for element in core if element not in needed), default=0)


class Reasons:
    """Finds the conflicts of one family. Not safe for several threads: the kernel has a lock."""

    def __init__(self, knowledge: Knowledge, search: Search, assumptions: Assumptions) -> None:
        self._knowledge = knowledge
        self._search = search
        self._assumptions = assumptions
        self._propagation = Propagation(knowledge)
        self._links = Links(knowledge)
        self._codes = list(knowledge.selectors)
        self._lazy_rule_search: RuleSearch | None = None
        self._references: dict[str, RuleRef] = {}
        self._possible = self._ever_possible()
        self._plain = PlainConflicts(
            knowledge,
            self._propagation,
            self._links,
            assumptions,
            possible=self._possible,
            refute=lambda fixed, rules: self._core(fixed, rules) is not None,
        )
        for code in self._codes[:_PREPARED_RULES]:
            self.reference(code)

    def _ever_possible(self) -> frozenset[int]:
        """Literals that are possible where nothing is chosen, as far as that can be told in time."""
        search = self._search
        try:
            points = valid_domains(search, {}).possible
        except Undecided:
            points = 0
        search.begin()
        return frozenset(search.layout.literal_of[point] for point in bits(points & search.layout.values))

    def conflict(
        self, choices: dict[str, Choice], option: str, wish: Literals, beside: Literals
    ) -> tuple[list[str], list[str]] | None:
        """The options whose choices, and the codes of the rules that, exclude a wish; None where nothing
        does. `beside` are values of the wish's option that are chosen and stay.
        """
        pair = self._plain.of_a_pair(choices, wish[0]) if len(wish) == 1 else None
        if pair is not None:
            return [pair[0]], [self._codes[pair[1]]]
        chosen = self._assumptions.of_each(choices, without=option)
        if beside:
            chosen[option] = beside
        against, rules = self._found(chosen, wish)
        if against is None:
            return None
        return self._with_pictures(against, choices, option, wish), [self._codes[rule] for rule in rules]

    def _with_pictures(
        self, against: list[str], choices: dict[str, Choice], option: str, wish: Literals
    ) -> list[str]:
        """With the picture of a placement that is in the way not by itself but by what both settle."""
        for place in against:
            picture = self._assumptions.picture_of(place)
            if picture not in choices or picture in (option, *against):
                continue
            alone = [self._assumptions.literals(each, choices[each]) for each in against]
            if self._is_possible((*wish, *(literal for said in alone for literal in said))):
                return [*against, picture]
        return against

    def _found(self, chosen: dict[str, Literals], wish: Literals) -> tuple[list[str] | None, list[int]]:
        plain = self._plain.of_more(chosen, wish[0]) if len(wish) == 1 else None
        if plain is not None:
            return plain
        against = self._excluded(chosen, wish)
        if against is None:
            against = self._preferred(chosen, wish)
        if against is None:
            return None, []
        parts = [wish, *(chosen[option] for option in against)]
        return against, sorted(self._rules([part for part in parts if part]))

    def reference(self, code: str) -> RuleRef:
        """A rule as shoppers read it."""
        found = self._references.get(code)
        if found is None:
            spec = self._knowledge.spec
            rule = spec.rule_by_code[code]
            found = self._references[code] = RuleRef(code, rule.message or rule_in_words(rule, spec))
        return found

    # --- Choices

    def _excluded(self, chosen: dict[str, Literals], wish: Literals) -> list[str] | None:
        """The first choice that the wish excludes by propagation; no choice where it is impossible anyway."""
        following = self._propagation.following(wish)
        if following is None:
            return []
        for option, literals in chosen.items():
            if any(-literal in following for literal in literals):
                return [option] if self._is_possible(wish) else []
        return None

    def _preferred(self, chosen: dict[str, Literals], wish: Literals) -> list[str] | None:
        """The preferred conflict between a wish and choices; None where there is none."""
        owner = {literal: option for option, literals in chosen.items() for literal in literals}

        def core_of(options: list[str]) -> set[str] | None:
            literals = [literal for option in options for literal in chosen[option]]
            possible = self._search.possible([*wish, *literals], BUDGET_CONSISTENCY)
            if possible is None:
                raise Undecided
            return (
                None
                if possible
                else {owner[literal] for literal in self._search.refused() if literal in owner}
            )

        options = list(chosen)
        core = core_of(options)
        if core is None:
            return None
        needed = preferred(options, core_of)
        return [option for option in options if option in needed]

    def _is_possible(self, literals: Literals) -> bool:
        """Whether literals are possible where nothing else is chosen."""
        if len(literals) == 1 and literals[0] in self._possible:
            return True
        return witness_of(self._search, literals) is not None

    # --- Rules

    def _rules(self, parts: list[Literals]) -> list[int]:
        """The rules that exclude these parts together, no fewer of which are impossible."""
        fixed = [literal for part in parts for literal in part]
        places = [self._links.nodes(part) for part in parts]
        nodes = frozenset().union(*places)
        # Whether each part stands for one node alone, so that parts without a way between them go together.
        apart = len(parts) > 1 and len(nodes) == len(parts) and all(len(each) == 1 for each in places)
        apart = apart and self._is_possible(tuple(literal for part in parts[1:] for literal in part))
        propagation = self._propagation
        found = None
        if apart:
            alone = (rule for rule in self._links.of_all(nodes) if propagation.refuted(fixed, [rule]))
            found = next(([rule] for rule in alone), None)
            if found:
                return found
        near: list[int] = []
        possible = 0
        for near in _growing(self._links.nearest_first(nodes)):
            if propagation.refuted(fixed, near):
                needed = preferred(
                    near,
                    lambda some: some if propagation.refuted(fixed, some) else None,
                    possible=possible or -1,
                    guided=False,
                )
                return self._fewer(fixed, needed, nodes if apart else None)
            possible = len(near)
        return preferred(near, lambda some: self._core(fixed, some))

    def _fewer(self, fixed: list[int], rules: list[int], nodes: Collection[int] | None) -> list[int]:
        """Those of the rules that are needed, where propagation did not see it with fewer."""
        for rule in sorted(rules, reverse=True):
            rest = [each for each in rules if each != rule]
            if nodes is not None and not self._links.connect(rest, nodes):
                continue
            if self._core(fixed, rest) is not None:
                rules = rest
        return rules

    def _core(self, fixed: list[int], rules: list[int]) -> Collection[int] | None:
        """Some of the rules that are impossible with what is fixed; None where all of them are possible."""
        if self._lazy_rule_search is None:
            self._lazy_rule_search = RuleSearch(self._knowledge, self._search)
        selectors = {self._propagation.rules[rule]: rule for rule in rules}
        found = self._lazy_rule_search.satisfiable([*fixed, *selectors], BUDGET_CONSISTENCY)
        if found is None:
            raise Undecided
        if found:
            return None
        return [selectors[each] for each in self._lazy_rule_search.refused() if each in selectors]


def _growing(rings: Iterator[list[_Element]]) -> Iterator[list[_Element]]:
    """The first few elements, then more and more, at last all."""
    count, taken = _FIRST_RULES, list[_Element]()
    for ring in rings:
        taken += ring
        while len(taken) > count:
            yield taken[:count]
            count *= 2
    yield taken


def conflict_of(
    reasons: Reasons,
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
    options = knowledge.spec.option_by_code
    named = tuple([(code, choices.get(code, "")) for code in against])
    references = tuple([reasons.reference(code) for code in rules])
    wish = "" if not option or value is None else wish_in_words(options[option], value, choices.get(option))
    others = listed(
        [beside_in_words(options[code], choice, value if code == option else None) for code, choice in named]
    )
    because = " ".join([reference.message for reference in references])
    limits = "" if because else _limits([options[code] for code in {**dict(named), option: ""} if code])
    said = (_contradiction(wish, others, len(named)), told, f"{because}{limits}")
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
