"""The plainest conflicts of a wish, those of one rule or of one choice and two rules, found without a search.

1. One choice and one rule: the first choice that a rule excludes beside the wish, and the first such rule.
2. Several choices and one rule: the first rule that refutes the wish with the choices for its options, and
   those of them that are needed, earlier ones rather than later ones.
3. One choice and two rules: the first choice that leaves some option without a value, where one rule excludes
   some values beside the wish and another one the rest beside the choice; and the first such rules.

"First" is by the family's order of options and of rules. Nothing of a conflict can be left out: options have
nothing to do with each other but by rules, and what else could be enough is looked at, by the solver where
propagation does not tell.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from configurator.engine.assumptions import Assumptions
from configurator.engine.compiled import Knowledge
from configurator.engine.exclusions import Exclusions, Values
from configurator.engine.propagation import Links, Propagation, clauses_of_rules
from configurator.engine.search import Literals
from configurator.engine.spec import Choice

# The options whose choices, and the numbers of the rules that, exclude a wish.
Found = tuple[list[str], list[int]]


class PlainConflicts:
    """`possible` are the literals that are possible where nothing else is chosen; `refute` tells by a search
    whether rules refute literals.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        propagation: Propagation,
        links: Links,
        assumptions: Assumptions,
        *,
        possible: Collection[int],
        refute: Callable[[list[int], list[int]], bool],
    ) -> None:
        self._propagation = propagation
        self._links = links
        self._assumptions = assumptions
        self._possible = possible
        self._refute = refute
        self._exclusions = Exclusions(knowledge, propagation, links, clauses_of_rules(knowledge))
        tables = [knowledge.spec.rule_by_code[code].table for code in knowledge.selectors]
        self._allowing = [table is not None and table.allowed for table in tables]

    def of_a_pair(self, chosen: Mapping[str, Choice], wish: int) -> tuple[str, int] | None:
        """A choice and a rule that exclude a wish; None where no pair does, or the wish is never possible."""
        if wish not in self._possible or wish not in self._exclusions.bits:
            return None
        bits = self._exclusions.bits
        for option, excluded in self._exclusions.of_options(wish):
            choice = chosen.get(option)
            if choice is not None:
                for literal in self._assumptions.literals(option, choice):
                    value = bits[literal] & excluded
                    if value:
                        return option, self._excluding(wish, value)
        return None

    def _excluding(self, wish: int, value: Values) -> int:
        return next(rule for rule, excluded in self._exclusions.by_each(wish) if excluded & value)

    def of_more(self, chosen: dict[str, Literals], wish: int) -> Found | None:
        """Several choices and a rule, or a choice and two rules, where there are no pairs."""
        if wish not in self._possible or wish not in self._exclusions.bits:
            return None
        bits = self._exclusions.bits
        there = bits[wish]
        for literals in chosen.values():
            for literal in literals:
                there |= bits.get(literal, 0)
        return self._of_one_rule(chosen, wish, there) or self._between(chosen, wish)

    def _of_one_rule(self, chosen: dict[str, Literals], wish: int, there: Values) -> Found | None:
        for rule in self._links.rules_at(wish):
            refused = self._exclusions.refused[rule]
            # It is refuted where every option has a value that does not keep it: all of these are needed.
            if refused and not all(each & there for each in refused):
                continue
            options = [option for option in self._links.options_of(rule) if option in chosen]
            if not options or (self._allowing[rule] and len(options) < 2):
                continue  # one choice would have been excluded
            if refused:
                return [option for option in options if self._has(chosen[option], refused)], [rule]
            if self._propagation.refuted(_together(chosen, options, wish), (rule,)):
                return self._needed(chosen, options, wish, rule), [rule]
        return None

    def _has(self, literals: Literals, values: Sequence[Values]) -> bool:
        bits = self._exclusions.bits
        return any(bits.get(literal, 0) & each for literal in literals for each in values)

    def _needed(self, chosen: dict[str, Literals], options: list[str], wish: int, rule: int) -> list[str]:
        """Propagation tells all that tables of what is allowed refute, of other rules perhaps not all."""
        if self._allowing[rule] and len(options) == 2:
            return options  # one of them would have been excluded
        needed = options
        for option in reversed(options):
            rest = [each for each in needed if each != option]
            fixed = _together(chosen, rest, wish)
            if self._propagation.refuted(fixed, (rule,)) or (
                not self._allowing[rule] and self._refute(fixed, [rule])
            ):
                needed = rest
        return needed

    def _between(self, chosen: dict[str, Literals], wish: int) -> Found | None:
        possible = self._possible
        single = {
            option: literals[0]
            for option, literals in chosen.items()
            if len(literals) == 1 and literals[0] in possible and literals[0] in self._exclusions.bits
        }
        found = self._exclusions.first_between(wish, single)
        if found is None:
            return None
        option, *both = found
        return [option], self._enough(sorted(set(both)), [wish, single[option]])

    def _enough(self, rules: list[int], fixed: list[int]) -> list[int]:
        """Two rules, or the one of them that is enough: only one that speaks of both ends can be."""
        ends = self._links.nodes(fixed)
        for rule in rules if len(rules) > 1 else ():
            if ends <= self._links.nodes_of[rule] and self._refute(fixed, [rule]):
                return [rule]
        return rules


def _together(chosen: dict[str, Literals], options: Sequence[str], wish: int) -> list[int]:
    return [wish, *(literal for option in options for literal in chosen[option])]
