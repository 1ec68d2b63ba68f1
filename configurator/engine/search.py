"""A SAT solver that remembers what it has found: configurations that exist, and choices that exclude others.

Nearly every value of a product is known to be possible from a configuration seen earlier, or known to be
impossible from an earlier proof; only the rest asks the solver. Not safe for several threads: the kernel
has a lock.
"""

from collections.abc import Iterable, Sequence
from math import inf
from time import thread_time
from typing import Literal

from pysat.solvers import Glucose4

from configurator.engine.arithmetic import Arithmetic
from configurator.engine.compiled import TRUE, ChoiceVariable, Knowledge, NumberVariable, Variable
from configurator.engine.extents import bounds_of, moved_to, others_of, without_holes
from configurator.engine.memory import Proofs, Witnesses
from configurator.engine.neighbours import Neighbours
from configurator.engine.points import Layout, Points, Witness

Literals = tuple[int, ...]

# What one question to the kernel may take in all, in seconds of CPU.
SECONDS = 1.0
# The clock is looked at after every so many conflicts: some 10-100 ms where rules are hard.
_CONFLICTS_AT_ONCE = 500
_CONFLICTS_WHEN_LATE = 50
# What arithmetic beyond clauses may take: of a question's budget for every conflict, and of one click, in
# seconds.
SECONDS_A_CONFLICT = 2e-5
SECONDS_A_CLICK = 0.25
# What it costs to look for neighbours, in calls of the solver: always so much, and one more for so many
# points.
CALLS_FOR_NEIGHBOURS = 0.5
POINTS_A_CALL = 25_000


class Search:
    """Questions about one family with all its rules. `together` as in `Layout`."""

    def __init__(self, knowledge: Knowledge, together: Iterable[Sequence[int]] = ()) -> None:
        self.variables: tuple[Variable, ...] = tuple(knowledge.variables.values())
        self.layout = Layout(self.variables, together)
        self.witnesses = Witnesses(self.layout)
        self.proofs = Proofs(self.layout)
        rules = [(selector,) for selector in knowledge.selectors.values()]
        # The last clause says nothing, but makes models speak of every variable, mentioned by a rule or not.
        every = (knowledge.top, -knowledge.top)
        self._solver = Glucose4(bootstrap_with=[*knowledge.clauses, *rules, every])
        self._position_of = _positions(self.variables)
        self._even = without_holes(knowledge)
        self._ends: dict[tuple[int, bool], int] = {}
        # Rules that are not among the clauses; most families have none.
        self.arithmetic = Arithmetic(knowledge) if knowledge.arithmetic else None
        self._refused: frozenset[int] | None = None
        self._seconds = SECONDS_A_CLICK
        self._until: float | None = None
        self._allowed = 0.0
        self._model: list[int] = []  # of the last configuration found
        self._of_neighbours = Neighbours(knowledge, self.layout)

    def begin(self, seconds: float = SECONDS) -> None:
        """A new question: it may take so many seconds of CPU from where the solver is first asked."""
        self._until = None
        self._allowed = seconds
        self._seconds = SECONDS_A_CLICK

    def solve(self, assumptions: Sequence[int], budget: int) -> Witness | Literal[False] | None:
        """A configuration with these literals, or False when there is none.

        None after `budget` conflicts, or when the time is up.
        """
        assumed = list(assumptions)
        self._refused = None
        found = self.decide(self._solver, assumed, budget)
        if found:
            self._model = self._solver.get_model() or []
            return self._checked(self.layout.of_model(self._model), assumed, budget)
        return False if found is False else None

    def possible(self, assumptions: Sequence[int], budget: int) -> bool | None:
        """Whether there is a configuration, where nobody asks which."""
        if self.arithmetic is None:
            return self.decide(self._solver, list(assumptions), budget)
        found = self.solve(assumptions, budget)
        return None if found is None else found is not False

    def decide(self, solver: Glucose4, assumed: list[int], budget: int) -> bool | None:
        """What a solver says within a budget of conflicts and what is left of the question's time. What is
        easy is decided even when that is up.
        """
        if self._until is None:
            self._until = thread_time() + self._allowed
        while budget > 0:
            late = thread_time() >= self._until
            solver.conf_budget(min(budget, _CONFLICTS_WHEN_LATE if late else _CONFLICTS_AT_ONCE))
            found: bool | None = solver.solve_limited(assumptions=assumed)
            if found is not None or late:
                return found
            budget -= _CONFLICTS_AT_ONCE
        return None

    def _checked(self, witness: Witness, assumed: list[int], budget: int) -> Witness | Literal[False] | None:
        """What the clauses allow may break a rule that is not among them: then arithmetic decides."""
        arithmetic = self.arithmetic
        if arithmetic is not None and not arithmetic.keeps(self.layout.indices(witness)):
            found = arithmetic.solve(assumed, self._allowance(budget))
            self._seconds -= arithmetic.seconds
            if found is False:
                self._refused = frozenset(assumed)
            if not isinstance(found, tuple):
                return found
            witness = self.layout.of_indices(dict(enumerate(found)))
        self.witnesses.add(witness)
        return witness

    def _allowance(self, budget: int) -> float:
        """Questions that a whole click rests on have their time even where the click's is used up."""
        seconds = budget * SECONDS_A_CONFLICT
        return seconds if seconds >= SECONDS_A_CLICK else min(seconds, self._seconds)

    def outermost(self, position: int, context: Sequence[int], *, lowest: bool) -> tuple[Witness | None, int]:
        """The outermost possible index of a number, by arithmetic, and a configuration that shows it; where
        time is too short for that, none, and an index that is not too narrow.
        """
        assert self.arithmetic is not None
        seconds = max(self._seconds, SECONDS_A_CLICK / 10)
        found, bound = self.arithmetic.outermost(context, position, seconds, lowest=lowest)
        self._seconds -= self.arithmetic.seconds
        if not isinstance(found, tuple):
            return None, bound
        witness = self.layout.of_indices(dict(enumerate(found)))
        self.witnesses.add(witness)
        return witness, bound

    def refused(self) -> frozenset[int]:
        """Assumptions that the last False rested on, though perhaps not all of them were needed."""
        return self._refused or frozenset(self._solver.get_core() or ())

    def core(self) -> frozenset[int]:
        """The assumptions that the last False rested on."""
        if self._refused is not None and self.arithmetic is not None:
            return self.arithmetic.core()
        return frozenset(self._solver.get_core() or ())

    def moves_freely(self, position: int) -> bool:
        """Whether a configuration shows more of a number than one point: see `extent`."""
        return position in self._even

    def extent(self, position: int, fixed: Iterable[int], enough: int) -> tuple[int, int] | None:
        """Between which indices a number can move while the rest of the last configuration stays; None where
        that is not told, as there may be holes.

        Where these are fewer than `enough`, the other numbers that are not `fixed` are first moved to the
        middle of what they can be.
        """
        if position not in self._even or not self._model:
            return None
        model = list(self._model)
        found = self._shown_by(model, position)
        if found is None or found[1] - found[0] >= enough:
            return found
        for other in self._even - {position, *fixed}:
            room = self._moving(model, other)
            if room is not None:
                moved_to(model, self.variables[other], sum(room) // 2)
        centred = self._shown_by(model, position)
        return found if centred is None else (min(found[0], centred[0]), max(found[1], centred[1]))

    def _shown_by(self, model: list[int], position: int) -> tuple[int, int] | None:
        """Between which indices a number can move in a configuration, which is remembered with it: it shows
        as much after the next click that it agrees with.
        """
        found = self._moving(model, position)
        if found is not None:
            witness = self.layout.of_model(model)
            self.witnesses.add(witness)
            self.witnesses.also_shows(witness, self.layout.between(position, *found))
        return found

    def bounds(self, position: int, assumptions: Sequence[int]) -> tuple[int, int]:
        """Indices that a number cannot go beyond, as far as that follows without a search."""
        variable = self.variables[position]
        assert isinstance(variable, NumberVariable)
        fits, implied = self._solver.propagate(assumptions=list(assumptions))
        if not fits:
            return 0, variable.count - 1
        low, high = bounds_of(implied, variable)
        return max(low, self._end(position, lowest=True)), min(high, self._end(position, lowest=False))

    def _moving(self, model: list[int], position: int) -> tuple[int, int] | None:
        variable = self.variables[position]
        assert isinstance(variable, NumberVariable)
        fits, implied = self._solver.propagate(assumptions=others_of(model, variable))
        if not fits:
            return None
        low, high = bounds_of(implied, variable)
        # What holds of every configuration is not among what is implied.
        return max(low, self._end(position, lowest=True)), min(high, self._end(position, lowest=False))

    def _end(self, position: int, *, lowest: bool) -> int:
        """The outermost index that is not excluded at once, whatever else is chosen."""
        variable = self.variables[position]
        assert isinstance(variable, NumberVariable)
        bound = variable.at_most if lowest else variable.at_least

        def excluded(index: int) -> bool:
            literal = bound(index)
            return literal != TRUE and not self._solver.propagate(assumptions=[literal])[0]

        end = self._ends.get((position, lowest))
        if end is None:
            end, inner = (0, variable.count - 1) if lowest else (variable.count - 1, 0)
            if excluded(end):
                while abs(inner - end) > 1:
                    middle = (inner + end) // 2
                    inner, end = (inner, middle) if excluded(middle) else (middle, end)
                end = inner
        # The solver may have learnt more since: what it knows of every configuration does not follow from
        # this literal, as it was so before.
        further = variable.at_least if lowest else variable.at_most
        step = 1 if lowest else -1
        while 0 <= end + step < variable.count:
            literal = further(end + step)
            if literal in self._solver.propagate(assumptions=[literal])[1]:
                break
            end += step
        self._ends[position, lowest] = end
        return end

    def implied(self, assumptions: Sequence[int]) -> frozenset[int]:
        """Literals that follow from others at once, without a search."""
        _, literals = self._solver.propagate(assumptions=list(assumptions))
        return frozenset(literals)

    def neighbours(self, witness: Witness) -> Points:
        """What a configuration shows by a change of one variable."""
        points = self._of_neighbours.of(witness)
        self.witnesses.also_shows(witness, points)
        return points

    @property
    def price_of_neighbours(self) -> float:
        """What it costs to ask for them, in calls of the solver; infinite where nothing can be told."""
        cost = self._of_neighbours.cost
        return CALLS_FOR_NEIGHBOURS + cost / POINTS_A_CALL if cost else inf

    def prefer(self, literals: list[int]) -> None:
        """Literals that the solver tries to make true first: what has not been seen yet."""
        self._solver.set_phases(literals)

    def positions_in(self, core: Iterable[int]) -> set[int]:
        """The variables that literals speak of."""
        return {self._position_of[abs(literal)] for literal in core if abs(literal) != TRUE}


def _positions(variables: tuple[Variable, ...]) -> dict[int, int]:
    """Whose literal each one is, without its sign."""
    result: dict[int, int] = {}
    for position, variable in enumerate(variables):
        literals: Iterable[int]
        if isinstance(variable, ChoiceVariable):
            literals = variable.literals
        else:
            literals = range(variable.first, variable.first + variable.count - 1)
        for literal in literals:
            if abs(literal) != TRUE:
                result[abs(literal)] = position
    return result


class RuleSearch:
    """Questions about a family with some of its rules, for explanations that name them."""

    def __init__(self, knowledge: Knowledge, search: Search) -> None:
        self._search = search
        self._layout = search.layout
        self._arithmetic = search.arithmetic
        self._rules = {selector: code for code, selector in knowledge.selectors.items()}
        self._refused: frozenset[int] | None = None
        every = (knowledge.top, -knowledge.top)
        self._solver = Glucose4(bootstrap_with=[*knowledge.clauses, every])

    def satisfiable(self, assumptions: Sequence[int], budget: int) -> bool | None:
        """Whether there is a configuration with these literals, among them the selectors of rules."""
        self._refused = None
        found = self._search.decide(self._solver, list(assumptions), budget)
        if not found or self._arithmetic is None:
            return found
        rules = {self._rules[literal] for literal in assumptions if literal in self._rules}
        witness = self._layout.of_model(self._solver.get_model() or [])
        if self._arithmetic.keeps(self._layout.indices(witness), rules):
            return True
        context = [literal for literal in assumptions if literal not in self._rules]
        answer = self._arithmetic.solve(context, budget * SECONDS_A_CONFLICT, rules)
        self._refused = frozenset(assumptions) if answer is False else None
        return None if answer is None else bool(answer)

    def refused(self) -> frozenset[int]:
        """Assumptions that the last refusal rested on, though perhaps not all of them were needed."""
        return self._refused or frozenset(self._solver.get_core() or ())
