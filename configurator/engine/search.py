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

from configurator.engine.compiled import ChoiceVariable, Knowledge, Variable

MAX_WITNESSES = 512
MAX_CORES_A_LITERAL = 48

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

    def solve(self, assumptions: Sequence[int], budget: int) -> Witness | Literal[False] | None:
        """A configuration with these literals, False when there is none, None after `budget` conflicts."""
        self._solver.conf_budget(budget)
        found = self._solver.solve_limited(assumptions=list(assumptions))
        if found is None:
            return None
        if not found:
            self._remember_core(frozenset(self._solver.get_core() or ()))
            return False
        return self._remember_witness(self._solver.get_model() or [])

    def core(self) -> frozenset[int]:
        """The assumptions that the last False rested on."""
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

    def _remember_witness(self, model: list[int]) -> Witness:
        witness = tuple(_index(variable, model) for variable in self.variables)
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

    def __init__(self, knowledge: Knowledge) -> None:
        self._solver = Glucose4(bootstrap_with=knowledge.clauses)

    def satisfiable(self, assumptions: Sequence[int], budget: int) -> bool | None:
        self._solver.conf_budget(budget)
        found: bool | None = self._solver.solve_limited(assumptions=list(assumptions))
        return found
