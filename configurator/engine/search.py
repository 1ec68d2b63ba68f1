"""A SAT solver that remembers: configurations it has seen (witnesses) and choices that exclude each other
(cores).

Nearly every value of a product is known to be possible from a configuration seen earlier, or known to be
impossible from an earlier proof; only the rest asks the solver. What is remembered are facts, so answers
do not depend on what was asked before. Not safe for several threads: the kernel has a lock.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from pysat.solvers import Glucose4

from configurator.engine.arithmetic import Arithmetic
from configurator.engine.compiled import ChoiceVariable, Knowledge, Variable

MAX_WITNESSES = 512
MAX_CORES_A_LITERAL = 48
# What arithmetic beyond clauses may take: of a question's budget for every conflict, and of one click, in
# seconds.
SECONDS_A_CONFLICT = 2e-5
SECONDS_A_CLICK = 0.25

Literals = tuple[int, ...]
# For each variable, by its position: the index of its value.
Witness = tuple[int, ...]


class Search:
    """Questions about one family with all its rules."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.variables: tuple[Variable, ...] = tuple(knowledge.variables.values())
        rules = [(selector,) for selector in knowledge.selectors.values()]
        # The last clause says nothing, but makes models speak of every variable, mentioned by a rule or not.
        every = (knowledge.top, -knowledge.top)
        self._solver = Glucose4(bootstrap_with=[*knowledge.clauses, *rules, every])
        self.witnesses: list[Witness] = []
        self.newest = -1
        # having[position][index] is a bit mask over the witnesses.
        self.having: list[dict[int, int]] = [defaultdict(int) for _ in self.variables]
        self._cores: dict[int, list[frozenset[int]]] = defaultdict(list)
        # Rules that are not among the clauses; most families have none.
        self.arithmetic = Arithmetic(knowledge) if knowledge.arithmetic else None
        self._core_of_arithmetic = False
        self._seconds = SECONDS_A_CLICK

    def refill(self) -> None:
        """A new click: it has all its time for arithmetic again."""
        self._seconds = SECONDS_A_CLICK

    def solve(self, assumptions: Sequence[int], budget: int) -> Witness | Literal[False] | None:
        """A configuration with these literals, False when there is none, None after `budget` conflicts."""
        self._core_of_arithmetic = False
        self._solver.conf_budget(budget)
        found = self._solver.solve_limited(assumptions=list(assumptions))
        if found is None:
            return None
        if not found:
            self._remember_core(frozenset(self._solver.get_core() or ()))
            return False
        witness = witness_of_model(self.variables, self._solver.get_model() or [])
        if self.arithmetic is not None and not self.arithmetic.keeps(witness):
            return self._by_arithmetic(self.arithmetic, assumptions, budget)
        return self._remember_witness(witness)

    def _by_arithmetic(
        self, arithmetic: Arithmetic, assumptions: Sequence[int], budget: int
    ) -> Witness | Literal[False] | None:
        """The clauses allow it, but the configuration they showed breaks a rule that is not among them."""
        found = arithmetic.solve(assumptions, self._allowance(budget))
        self._seconds -= arithmetic.seconds
        if found is False:
            self._core_of_arithmetic = True
            self._remember_core(frozenset(assumptions))
        return self._remember_witness(found) if isinstance(found, tuple) else found

    def _allowance(self, budget: int) -> float:
        """Questions that a whole click rests on have their time even where the click's is used up."""
        seconds = budget * SECONDS_A_CONFLICT
        return seconds if seconds >= SECONDS_A_CLICK else min(seconds, self._seconds)

    def outermost(self, position: int, context: Sequence[int], *, lowest: bool) -> int:
        """The outermost possible index of a number, by arithmetic; where time is too short for it to be
        certain, one that is not too narrow.
        """
        assert self.arithmetic is not None
        found, bound = self.arithmetic.outermost(
            context, position, max(self._seconds, SECONDS_A_CLICK / 10), lowest=lowest
        )
        self._seconds -= self.arithmetic.seconds
        if isinstance(found, tuple):
            self._remember_witness(found)
        return bound

    def core(self) -> frozenset[int]:
        """The assumptions that the last False rested on."""
        if self._core_of_arithmetic and self.arithmetic is not None:
            return self.arithmetic.core()
        return frozenset(self._solver.get_core() or ())

    def excluded(self, literals: Iterable[int], context: frozenset[int]) -> bool:
        """Whether an earlier proof shows that the literals are impossible together in this context."""
        wanted = tuple(literals)
        together = context.union(wanted)
        return any(rest <= together for literal in wanted for rest in self._cores.get(literal, ()))

    def prefer(self, literals: list[int]) -> None:
        """Literals that the solver tries to make true first: what has not been seen yet."""
        self._solver.set_phases(literals)

    def _remember_core(self, core: frozenset[int]) -> None:
        for literal in core:
            known = self._cores[literal]
            rest = core - {literal}
            if rest not in known:
                if len(known) >= MAX_CORES_A_LITERAL:
                    known.pop(0)
                known.append(rest)

    def _remember_witness(self, witness: Witness) -> Witness:
        if len(self.witnesses) < MAX_WITNESSES:
            slot = len(self.witnesses)
            self.witnesses.append(witness)
        else:
            slot = (self.newest + 1) % MAX_WITNESSES
            for having, index in zip(self.having, self.witnesses[slot], strict=True):
                having[index] &= ~(1 << slot)
            self.witnesses[slot] = witness
        for having, index in zip(self.having, witness, strict=True):
            having[index] |= 1 << slot
        self.newest = slot
        return witness

    @property
    def everyone(self) -> int:
        return (1 << len(self.witnesses)) - 1


def witness_of_model(variables: Sequence[Variable], model: list[int]) -> Witness:
    """The configuration that a model of the clauses stands for."""
    return tuple(_index(variable, model) for variable in variables)


def _index(variable: Variable, model: list[int]) -> int:
    """Which value a model gives; `model[literal - 1]` has the sign of the literal's truth."""
    if isinstance(variable, ChoiceVariable):
        for index, literal in enumerate(variable.literals):
            if (model[abs(literal) - 1] > 0) == (literal > 0):
                return index
        raise AssertionError(f"a model without a value for {variable.code}")
    low, high = 0, variable.count - 1
    while low < high:
        middle = (low + high + 1) // 2
        if model[variable.at_least(middle) - 1] > 0:
            low = middle
        else:
            high = middle - 1
    return low


class RuleSearch:
    """Questions about a family with some of its rules, for explanations that name them."""

    def __init__(self, knowledge: Knowledge, arithmetic: Arithmetic | None = None) -> None:
        self._variables = tuple(knowledge.variables.values())
        self._rules = {selector: code for code, selector in knowledge.selectors.items()}
        every = (knowledge.top, -knowledge.top)
        self._solver = Glucose4(bootstrap_with=[*knowledge.clauses, every])
        self._arithmetic = arithmetic

    def satisfiable(self, assumptions: Sequence[int], budget: int) -> bool | None:
        """Whether there is a configuration with these literals, among them the selectors of rules."""
        self._solver.conf_budget(budget)
        found: bool | None = self._solver.solve_limited(assumptions=list(assumptions))
        if not found or self._arithmetic is None:
            return found
        rules = {self._rules[literal] for literal in assumptions if literal in self._rules}
        if self._arithmetic.keeps(witness_of_model(self._variables, self._solver.get_model() or []), rules):
            return True
        context = [literal for literal in assumptions if literal not in self._rules]
        answer = self._arithmetic.solve(context, budget * SECONDS_A_CONFLICT, rules)
        return None if answer is None else bool(answer)
