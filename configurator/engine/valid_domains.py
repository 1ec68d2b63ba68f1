"""The exact valid domains after a click: which values, and which ranges of numbers, some configuration
still has.

For every option the domain is the one given the choices for all *other* options, so that an option
already chosen shows what it could be changed to. Each such set of other choices is a context.
"""

from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from configurator.engine.answers import State
from configurator.engine.compiled import ChoiceVariable, NumberVariable, Variable
from configurator.engine.search import Literals, Search, Witness

# Conflicts to spend on one value, and how many values may stay undecided before a click gives up.
BUDGET_A_VALUE = 2_000
MAX_UNDECIDED = 15
# Whether choices are consistent at all is worth more: about a second.
BUDGET_CONSISTENCY = 50_000


class Undecided(Exception):
    """The rules are too hard to be decided about these choices within the budget; fewer choices may be
    easier.
    """

    def __init__(self) -> None:
        super().__init__("The rules are too hard to decide about these choices: choose fewer things at once.")


@dataclass(slots=True)
class Domain:
    """What one variable may be: states by index for a choice, lowest and highest index for a number."""

    states: list[State] = field(default_factory=list)
    low: int | None = None
    high: int | None = None


class DomainUpdate:
    """One click: `chosen` gives for positions of variables the index chosen."""

    def __init__(self, search: Search, chosen: dict[int, int]) -> None:
        self.search = search
        self.chosen = chosen
        self.undecided = 0
        search.refill()
        self.literals = {p: search.variables[p].assume(index) for p, index in chosen.items()}
        self.masks = self._masks()
        self.base_mask = self._base_mask()

    def _base_mask(self) -> int:
        mask = self.search.everyone
        for position, index in self.chosen.items():
            mask &= self.search.having[position].get(index, 0)
        return mask

    def _masks(self) -> dict[int, int]:
        """For each chosen position the witnesses that agree with all other choices."""
        positions = list(self.chosen)
        agreeing = [self.search.having[p].get(index, 0) for p, index in self.chosen.items()]
        everyone = self.search.everyone
        before = list(accumulate(agreeing, int.__and__, initial=everyone))
        after = list(accumulate(reversed(agreeing), int.__and__, initial=everyone))[::-1]
        return {p: before[i] & after[i + 1] for i, p in enumerate(positions)}

    def consistent(self) -> bool:
        return self._context_holds(None)

    def domains(self) -> list[Domain]:
        """The domains of all variables, in order."""
        self._prefer_unseen()
        return [self._domain(position) for position in range(len(self.search.variables))]

    # --- Contexts

    def _mask(self, position: int | None) -> int:
        return self.base_mask if position is None else self.masks.get(position, self.base_mask)

    def _context(self, position: int | None) -> Literals:
        return tuple(
            literal for p, literals in self.literals.items() if p != position for literal in literals
        )

    def _context_holds(self, position: int | None) -> bool:
        if self._mask(position):
            return True
        context = self._context(position)
        if self.search.excluded(context, frozenset(context)):
            return False
        found = self._solve(context, BUDGET_CONSISTENCY)
        if found is None:
            raise Undecided
        return found is not False

    def _solve(self, literals: Literals, budget: int) -> Witness | Literal[False] | None:
        found = self.search.solve(literals, budget)
        if isinstance(found, tuple):
            self._join(found)
        return found

    def _join(self, witness: Witness) -> None:
        """A new witness belongs to the contexts whose choices it has; its slot may have been another's."""
        bit = 1 << self.search.newest
        differing = [p for p, index in self.chosen.items() if witness[p] != index]
        for position in self.masks:
            self.masks[position] &= ~bit
        self.base_mask &= ~bit
        if not differing:
            self.base_mask |= bit
            for position in self.masks:
                self.masks[position] |= bit
        elif len(differing) == 1:
            self.masks[differing[0]] |= bit

    def _prefer_unseen(self) -> None:
        """Asks the solver to try first what no witness shows yet, so that few calls show much."""
        phases: list[int] = []
        for position, variable in enumerate(self.search.variables):
            if isinstance(variable, ChoiceVariable):
                mask, having = self._mask(position), self.search.having[position]
                unseen = [not having.get(index, 0) & mask for index in range(variable.count)]
                if any(unseen):
                    phases += [
                        lit if new else -lit for lit, new in zip(variable.literals, unseen, strict=True)
                    ]
        if phases:
            self.search.prefer(phases)

    # --- Domains

    def _domain(self, position: int) -> Domain:
        variable = self.search.variables[position]
        context = position if position in self.chosen else None
        if not self._context_holds(context):
            return Domain(["impossible"] * variable.count if isinstance(variable, ChoiceVariable) else [])
        literals = self._context(context)
        if isinstance(variable, NumberVariable):
            return self._range(position, variable, literals)
        states = [self._state(position, variable, index, literals) for index in range(variable.count)]
        if states.count("possible") == 1 and "unknown" not in states:
            states[states.index("possible")] = "forced"
        return Domain(states)

    def _state(self, position: int, variable: Variable, index: int, context: Literals) -> State:
        if self.search.having[position].get(index, 0) & self._mask(position):
            return "possible"
        found = self._possible(variable.assume(index), context)
        return "unknown" if found is None else "impossible" if found is False else "possible"

    def _possible(self, wanted: Literals, context: Literals) -> Witness | Literal[False] | None:
        if self.search.excluded(wanted, frozenset(context)):
            return False
        if self.undecided >= MAX_UNDECIDED:
            return None
        found = self._solve((*context, *wanted), BUDGET_A_VALUE)
        if found is None:
            self.undecided += 1
        return found

    def _range(self, position: int, variable: NumberVariable, context: Literals) -> Domain:
        low = self._bound(position, variable, context, lowest=True)
        return Domain(low=low, high=self._bound(position, variable, context, lowest=False))

    def _seen(self, position: int, *, lowest: bool) -> int:
        mask = self._mask(position)
        shown = [index for index, having in self.search.having[position].items() if having & mask]
        return min(shown) if lowest else max(shown)

    def _bound(self, position: int, variable: NumberVariable, context: Literals, *, lowest: bool) -> int:
        """The outermost possible index: from the outermost seen, first one step on, then by halving the rest.

        What cannot be decided counts as possible: it is checked again when it is chosen.
        """
        sign = 1 if lowest else -1
        outer = 0 if lowest else variable.count - 1
        best = self._seen(position, lowest=lowest)
        if self.search.arithmetic is not None and best != outer:
            return self._outermost(position, context, lowest=lowest)
        step = 0
        while best != outer:
            middle = (outer + best) // 2 if lowest else (outer + best + 1) // 2
            probe = (best - sign, outer)[step] if step < 2 else middle
            step += 1
            wanted = variable.at_most(probe) if lowest else variable.at_least(probe)
            found = self._possible((wanted,), context)
            if found is None:
                return outer
            if isinstance(found, tuple):
                best = found[position]
            else:
                outer = probe + sign
        return best

    def _outermost(self, position: int, context: Literals, *, lowest: bool) -> int:
        """By arithmetic one question finds the bound that halving would take many for."""
        before = self.search.newest
        bound = self.search.outermost(position, context, lowest=lowest)
        if self.search.newest != before:
            self._join(self.search.witnesses[self.search.newest])
        return bound
