"""Rules that clauses cannot hold, decided exactly.

`Search` finds configurations by clauses and asks here only when one breaks a rule of `knowledge.arithmetic`.
"""

from collections.abc import Collection, Sequence
from typing import Literal

from configurator.engine.compiled import Knowledge
from configurator.engine.cpsat import Outcome
from configurator.engine.expressions import Expression
from configurator.engine.family_model import FamilyModel, Witness
from configurator.engine.rules import Environment, Value, evaluate
from configurator.engine.spec import RuleSpec


class Arithmetic:
    """Questions about a family with all its rules, or with some.

    Raises `TooLarge` for a rule whose numbers do not fit into 64 bits.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._rules = [knowledge.spec.rule_by_code[code] for code in knowledge.arithmetic]
        self._family = FamilyModel(knowledge)
        self._expressions = {
            rule.code: [Expression("", root) for root in self._family.roots(rule)] for rule in self._rules
        }
        self._asked: tuple[tuple[int, ...], Collection[str] | None] = ((), None)
        # What the last question took.
        self.seconds = 0.0

    def keeps(self, witness: Witness, rules: Collection[str] | None = None) -> bool:
        """Whether a configuration that satisfies the clauses keeps the rules that are not among them."""
        environment: dict[str, Value] = {}
        for variable, index in zip(self._family.variables, witness, strict=True):
            environment.update(self._family.formulas.named(variable, index))
        asked = [rule for rule in self._rules if rules is None or rule.code in rules]
        return all(self._kept(rule, environment) for rule in asked)

    def _kept(self, rule: RuleSpec, environment: Environment) -> bool:
        truths = [evaluate(expression, environment) is True for expression in self._expressions[rule.code]]
        if rule.cardinality is None:
            return all(truths)
        return rule.cardinality.least <= sum(truths) <= rule.cardinality.most

    def solve(
        self, assumptions: Sequence[int], seconds: float, rules: Collection[str] | None = None
    ) -> Witness | Literal[False] | None:
        """A configuration with these literals that keeps the rules (all, when none are named).

        False when there is none, None when the seconds were not enough.
        """
        self._asked, self.seconds = (tuple(assumptions), rules), 0.0
        within = self._family.within(assumptions, rules)
        if within is None:
            return False
        if seconds <= 0:
            return None
        return self._witness(self._family.model.solve(seconds=seconds, within=within))

    def outermost(
        self, assumptions: Sequence[int], position: int, seconds: float, *, lowest: bool
    ) -> tuple[Witness | Literal[False] | None, int]:
        """A configuration where the number at this position is least (or largest), and the index that it
        cannot go beyond; they meet unless the seconds were not enough.
        """
        self._asked, self.seconds = (tuple(assumptions), None), 0.0
        variable = self._family.variables[position]
        within = self._family.within(assumptions)
        if within is None:
            return False, 0
        sign = 1 if lowest else -1
        grid = self._family.formulas.grid[variable.code]
        outcome = self._family.model.solve(seconds=seconds, within=within, minimise={grid: sign})
        if outcome.status == "unknown":
            self.seconds = outcome.seconds
            return None, 0 if lowest else variable.count - 1
        return self._witness(outcome), sign * outcome.bound

    def core(self, seconds: float = 0.25) -> frozenset[int]:
        """Some of the assumptions of the last question, which are impossible together: not always the
        fewest, and all of them where that takes too long.
        """
        assumptions, rules = self._asked
        literal = self._family.formulas.literal
        by_literal = {literal(each): each for each in assumptions if abs(each) != 1}
        context = [literal(each) for each in self._family.selected(rules)]
        needed = self._family.model.needed([*context, *by_literal], seconds=seconds)
        if needed is None:
            return frozenset(assumptions)
        return frozenset(by_literal[each] for each in needed if each in by_literal)

    def _witness(self, outcome: Outcome) -> Witness | Literal[False] | None:
        self.seconds = outcome.seconds
        if outcome.status == "infeasible":
            return False
        return self._family.witness(outcome.values) if outcome.values else None
