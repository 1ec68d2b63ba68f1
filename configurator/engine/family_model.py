"""A whole family as a model of integers: rules over numbers as they are written, all others as their clauses.

A number is one integer variable here. The thousands of literals that clauses need for a fine grid are made
only where a clause that stays speaks of them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from configurator.engine.aggregates import expanded
from configurator.engine.compiled import ChoiceVariable, Clause, Knowledge, NumberVariable, TooLarge, Variable
from configurator.engine.cpsat import Interval, Model, Overflow
from configurator.engine.expressions import Node
from configurator.engine.formulas import Formulas, variables_of
from configurator.engine.measured import mentions
from configurator.engine.rules import expressions_of
from configurator.engine.spec import RuleSpec

# For each variable, by its position: the index of its value.
Witness = tuple[int, ...]
_MEND = "make the steps of the numbers coarser, or write the rule with larger units"


class FamilyModel:
    """The model, with the selector of each rule switching it on; with `all_rules` all are on for ever.

    Raises `TooLarge` for a rule whose numbers do not fit into 64 bits.
    """

    def __init__(self, knowledge: Knowledge, *, all_rules: bool = False) -> None:
        self.knowledge = knowledge
        self.variables: tuple[Variable, ...] = tuple(knowledge.variables.values())
        self.model = Model()
        self.formulas = Formulas(self.model, knowledge)
        if all_rules:
            self.formulas.settle(knowledge.selectors.values())
        native = [rule for rule in knowledge.spec.rules if self._native(rule)]
        self._write_clauses({rule.code for rule in native})
        for rule in native:
            try:
                self._demand(rule)
            except Overflow as overflow:
                raise TooLarge(rule.code, f"{overflow}; {_MEND}") from None
        for selector in knowledge.selectors.values():
            self.formulas.literal(selector)

    def roots(self, rule: RuleSpec) -> list[Node]:
        """The rule's expressions, without aggregates."""
        return [expanded(text, self.knowledge.spec).root for text in expressions_of(rule)]

    def _native(self, rule: RuleSpec) -> bool:
        if rule.code not in self.knowledge.selectors:
            return False
        if rule.code in self.knowledge.arithmetic:
            return True
        if any(mentions(root, self.knowledge.spec) for root in self.roots(rule)):
            return False  # what is measured is known to the clauses alone
        if any(mentions(root, self.knowledge.spec) for root in self.roots(rule)):
            # What is measured is known to the clauses alone.
            return False
        variables = [each for root in self.roots(rule) for each in variables_of(root, self.knowledge)]
        return any(isinstance(each, NumberVariable) and each.count > 2 for each in variables)

    def _demand(self, rule: RuleSpec) -> None:
        when = (self.formulas.literal(self.knowledge.selectors[rule.code]),)
        roots = self.roots(rule)
        if rule.cardinality is None:
            self.formulas.demand(roots[0], when=when)
        else:
            truths = [self.formulas.truth(root) for root in roots]
            self.formulas.between(truths, rule.cardinality.least, rule.cardinality.most, when=when)

    def _write_clauses(self, native: set[str]) -> None:
        true, false = self.model.true, self.model.false
        for clause in self._needed(native):
            if not self._orders(clause):
                literals = [self.formulas.literal(literal) for literal in clause]
                if true not in literals:
                    self.model.clause([literal for literal in literals if literal != false])

    def _orders(self, clause: Clause) -> bool:
        """Whether it only says that a number which reaches more reaches less too: an integer does."""
        if len(clause) != 2 or clause[0] * clause[1] > 0:
            return False
        more, less = self.formulas.owner(-min(clause)), self.formulas.owner(max(clause))
        return more is not None and less is not None and more[0] is less[0] and more[1] >= less[1]

    def _needed(self, native: set[str]) -> Iterable[Clause]:
        """The clauses without those of native rules and their helper literals.

        Rules share helpers: one stays, with all clauses that speak of it, when a clause that stays needs it.
        """
        if not native:
            return self.knowledge.clauses
        dropped = {self.knowledge.selectors[code] for code in native}
        known = {1, *self.knowledge.selectors.values()}
        for variable in self.variables:
            known |= _literals_of(variable)
        clauses: list[Clause] = []
        helpers: list[list[int]] = []
        speaking: dict[int, list[int]] = defaultdict(list)
        for clause in self.knowledge.clauses:
            if any(-literal in dropped for literal in clause):
                continue
            found = [abs(literal) for literal in clause if abs(literal) not in known]
            for helper in found:
                speaking[helper].append(len(clauses))
            clauses.append(clause)
            helpers.append(found)
        selectors = set(self.knowledge.selectors.values())
        # Helpers of options are made before all rules.
        options = min(selectors)
        needed = {
            number
            for number, clause in enumerate(clauses)
            if not helpers[number]
            or min(helpers[number]) < options
            or any(abs(literal) in selectors for literal in clause)
        }
        pending, seen = list(needed), set[int]()
        while pending:
            for helper in helpers[pending.pop()]:
                if helper not in seen:
                    seen.add(helper)
                    more = [number for number in speaking[helper] if number not in needed]
                    needed.update(more)
                    pending += more
        return [clauses[number] for number in sorted(needed)]

    # --- Between the literals of the clauses and the model

    def within(
        self, assumptions: Sequence[int], rules: Collection[str] | None = None
    ) -> dict[int, Interval] | None:
        """The intervals that assumptions and rules (all, when none are named) leave to variables of the
        model; None when nothing is left to one.
        """
        within: dict[int, Interval] = {}
        for literal in (*self.selected(rules), *assumptions):
            owned = self.formulas.owner(abs(literal))
            if owned is not None:
                number, index = owned
                variable = self.formulas.grid[number.code]
                interval = (index, number.count - 1) if literal > 0 else (0, index - 1)
            else:
                found = self.formulas.literal(literal)
                variable, interval = (found, (1, 1)) if found >= 0 else (~found, (0, 0))
            low, high = within.get(variable, self.model.bounds[variable])
            low, high = max(low, interval[0]), min(high, interval[1])
            if low > high:
                return None
            within[variable] = low, high
        return within

    def selected(self, rules: Collection[str] | None) -> list[int]:
        """The selectors, false for rules that do not count."""
        selectors = self.knowledge.selectors.items()
        return [selector if rules is None or code in rules else -selector for code, selector in selectors]

    def witness(self, values: Sequence[int]) -> Witness:
        """The configuration that a solution of the model stands for."""
        return tuple(self._index(variable, values) for variable in self.variables)

    def _index(self, variable: Variable, values: Sequence[int]) -> int:
        if isinstance(variable, NumberVariable):
            return values[self.formulas.grid[variable.code]]
        for index, literal in enumerate(variable.literals):
            found = self.formulas.literal(literal)
            if (values[found] if found >= 0 else 1 - values[~found]) == 1:
                return index
        raise AssertionError(f"a solution without a value for {variable.code}")


def _literals_of(variable: Variable) -> set[int]:
    if isinstance(variable, ChoiceVariable):
        return {abs(literal) for literal in variable.literals}
    return set(range(variable.first, variable.first + variable.count - 1))
