"""The exact valid domains after a click: which values and which numbers some configuration still has.

For every option the domain is the one given the choices for all *other* options, so that an option
already chosen shows what it could be changed to. Each such set of other choices is a context.

A click takes what is remembered first: configurations that have the choices (or all but one of them) show
points to be possible, proofs about some of the choices exclude others. What is left undecided is propagated
once, and then asked of the solver, variable by variable, always for any of the points that are still open:
so that one refusal decides all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isinf

from configurator.engine.compiled import ChoiceVariable, NumberVariable
from configurator.engine.points import Points, bits, runs, union
from configurator.engine.search import Search

# Conflicts to spend on one value, and how many values may stay undecided before a click gives up.
BUDGET_A_VALUE = 2_000
# So many numbers between the ends of a range are judged one by one where that takes arithmetic.
MAX_BETWEEN = 32
# Numbers with more points than that are asked this often for holes in one click; with more than the second
# where configurations show their neighbours, which finds holes without asking.
MANY_POINTS, MANY_WITH_NEIGHBOURS = 40, 500
MAX_QUESTIONS = 2
MAX_UNDECIDED = 15
# Whether choices are consistent at all is worth more: about a second.
BUDGET_CONSISTENCY = 50_000
# Where rules are beyond clauses, numbers with more points than this are not searched for holes.
FINE_GRID = 64


class Undecided(Exception):
    """The rules are too hard to be decided about these choices within the budget; fewer choices may be
    easier.
    """

    def __init__(self) -> None:
        super().__init__("The rules are too hard to decide about these choices: choose fewer things at once.")


@dataclass(frozen=True, slots=True)
class Domains:
    """What all variables may be, as points; what is in neither is impossible."""

    consistent: bool
    possible: Points
    unknown: Points


def valid_domains(search: Search, chosen: dict[int, int]) -> Domains:
    """The domains after a click; `chosen` gives for positions of variables the index chosen.

    Raises `Undecided` when it cannot be told whether the choices are consistent.
    """
    return _Click(search, chosen).domains()


class _Click:
    """`open` are the points not decided yet; `possible` and `unknown` those that are."""

    def __init__(self, search: Search, chosen: dict[int, int]) -> None:
        self.search = search
        self.layout = layout = search.layout
        self.chosen = layout.of_indices(chosen)
        self.groups = union(layout.groups[position] for position in chosen)
        self.given_up = 0
        self.gain = layout.everything.bit_length()
        self.unknown: Points = 0
        # Assumptions of all choices in one list, and where those of each variable lie in it.
        self.literals: list[int] = []
        self.places: dict[int, tuple[int, int]] = {}
        for position, index in chosen.items():
            start = len(self.literals)
            self.literals += search.variables[position].assume(index)
            self.places[position] = start, len(self.literals)
        asked = layout.asked & ~search.proofs.excluding(self.chosen)
        self.possible, self.explored = search.witnesses.showing(self.chosen, asked)
        self.open = asked & ~self.possible

    def domains(self) -> Domains:
        if self.open:
            consistent = self._consistent()
            if consistent:
                self._propagate()
            if self.open:
                if consistent:
                    self._explore()
                self._ask()
            self._remember()
        else:
            consistent = self._shown_consistent()
        return Domains(consistent, self.possible, self.unknown)

    def _remember(self) -> None:
        impossible = self.layout.asked & ~(self.possible | self.unknown)
        self.search.proofs.add(self.chosen, impossible)

    # --- Whether the choices go together

    def _shown_consistent(self) -> bool:
        return bool(self.possible & (self.chosen or self.layout.asked))

    def _consistent(self) -> bool:
        if self._shown_consistent():
            return True
        if self.open & (self.chosen or self.layout.asked):
            found = self.search.solve(self.literals, BUDGET_CONSISTENCY)
            if found is None:
                raise Undecided
            if found is not False:
                self._show(found)
                return True
            self._exclude(self.search.refused(), 0, 0)
        # Nothing goes with choices that contradict each other; each of them may still be changed.
        self.open &= self.groups & ~self.chosen
        return False

    # --- What the solver says

    def _show(self, witness: Points) -> None:
        group = self.layout.everything
        missing = self.chosen & ~witness
        if missing:
            group = self.layout.group_of[missing.bit_length() - 1]
            if missing & ~group:
                return
        self.possible |= witness & group
        self.open &= ~self.possible
        # A change of one variable is worth looking at as long as that decides more than it costs.
        open_here = (self.open & group).bit_count()
        if min(open_here, self.gain) > self.search.price_of_neighbours:
            self.possible |= self.search.neighbours(witness) & group
            self.open &= ~self.possible
            self.gain = open_here - (self.open & group).bit_count()

    def _exclude(self, core: frozenset[int], block: Points, excluded: Points) -> None:
        """The choices in a core exclude points of a block; everything, where nothing of it is in the core."""
        positions = self.search.positions_in(core)
        blocks = union(self.layout.blocks[position] for position in positions)
        choices = self.chosen & blocks & ~block
        if not blocks & block:
            excluded = self.layout.asked & ~union(self.layout.groups[each] for each in positions)
        self.search.proofs.add(choices, excluded)
        self.open &= ~excluded

    def _propagate(self) -> None:
        """Excludes the values that are impossible at once, in the context of all choices."""
        layout = self.layout
        free = self.open & ~self.groups & layout.values
        if free & (free - 1):
            implied = self.search.implied(self.literals)
            for point in bits(free):
                if -layout.literal_of[point] in implied:
                    self.open ^= 1 << point

    def _explore(self) -> None:
        """Looks for a configuration with all choices, for what it shows by a change of one variable."""
        if not self.explored and self.open.bit_count() > 1 + self.search.price_of_neighbours:
            found = self.search.solve(self.literals, BUDGET_A_VALUE)
            if found:
                self._show(found)

    def _ask(self) -> None:
        """Asks for what is open; the solver tries first what no configuration shows yet, so that few calls
        show much.

        Yes and no are preferred one after the other: things that are optional often need each other, and
        hardly ever go with all that is left out. What is still open then was in the way of something else:
        it is tried where all else is preferred the other way round.
        """
        layout = self.layout
        passes = (
            (layout.noes, layout.saying_no, layout.saying_yes),
            (layout.everything, layout.saying_yes, layout.saying_no),
        )
        for points, alike, otherwise in passes:
            if not self.open & points:
                continue
            self._prefer(alike, ~layout.of_two)
            first = True
            for position in self._in_turn(points):
                if self.open & points & layout.blocks[position]:
                    if not first and otherwise:
                        self._prefer(otherwise, points)
                        otherwise = []
                    first = False
                    variable = self.search.variables[position]
                    context = self._context(position)
                    if isinstance(variable, ChoiceVariable):
                        self._ask_values(position, variable, context, points)
                    else:
                        self._ask_range(position, variable, context)

    def _in_turn(self, points: Points) -> Iterator[int]:
        """The variables with open points among these: those without a choice first, as a configuration that
        has all choices shows something of every variable, any other one of a single one.
        """
        for part in (points & ~self.groups, points & self.groups):
            yield from self.layout.positions(self.open & part)

    def _prefer(self, literals: list[int], points: Points) -> None:
        """These literals, but for what is open among these points."""
        wanted = self.open & points & self.layout.values
        self.search.prefer([*literals, *(self.layout.literal_of[point] for point in bits(wanted))])

    def _prefer_unseen(self) -> None:
        """What no configuration shows yet, of variables without a choice that have more than two values.

        The solver starts from its last configuration: unless told each time, it would show much of that
        again. Of two values the passes above take care.
        """
        layout, literals = self.layout, []
        free = self.open & layout.values & ~self.groups & ~layout.of_two
        for position in layout.positions(free):
            left, offset = layout.of(free, position), layout.offsets[position]
            for literal in layout.literal_of[offset : offset + layout.variables[position].count]:
                literals.append(literal if left & 1 else -literal)
                left >>= 1
        if literals:
            self.search.prefer(literals)

    def _context(self, position: int) -> list[int]:
        """The assumptions of all choices but those for the variable's own option."""
        group = self.layout.groups[position]
        if not group & self.chosen:
            return self.literals
        if group == self.layout.blocks[position]:
            start, end = self.places[position]
            return self.literals[:start] + self.literals[end:]
        return [
            literal
            for other, (start, end) in self.places.items()
            if not self.layout.blocks[other] & group
            for literal in self.literals[start:end]
        ]

    # --- Values

    def _ask_values(
        self, position: int, variable: ChoiceVariable, context: list[int], points: Points
    ) -> None:
        block, offset = self.layout.blocks[position], self.layout.offsets[position]
        singly = False
        while left := self.open & block & points:
            singly = singly or not left & (left - 1)
            if singly:
                left &= -left
                wanted = [variable.literals[left.bit_length() - 1 - offset]]
            else:
                # Any of those that are open.
                wanted = [-variable.literals[index] for index in bits((block & ~left) >> offset)]
            answer = self._possible(context + wanted)
            if answer is False:
                core = self.search.refused()
                if not singly:
                    needed = (index for index, literal in enumerate(variable.literals) if -literal in core)
                    left = block & ~union(1 << offset + index for index in needed)
                self._exclude(core, block, left)
            elif answer is None:
                if singly:
                    self.unknown |= left
                    self.open &= ~left
                singly = True

    # --- Numbers

    def _ask_range(self, position: int, variable: NumberVariable, context: list[int]) -> None:
        block = self.layout.blocks[position]
        if self._is_fine(variable):
            low, high = self.search.bounds(position, context)
            self.open &= ~block | self.layout.between(position, low, high)
        if not self.possible & block and not self._decide(context, block, block):
            return
        if self.search.arithmetic is not None:
            self._ask_arithmetic(position, variable, context)
        self._ask_end(position, variable, context, lowest=True)
        self._ask_end(position, variable, context, lowest=False)
        self._ask_between(position, variable, context)

    def _is_fine(self, variable: NumberVariable) -> bool:
        alone = isinf(self.search.price_of_neighbours)
        return variable.count > (MANY_POINTS if alone else MANY_WITH_NEIGHBOURS)

    def _ask_between(self, position: int, variable: NumberVariable, context: list[int]) -> None:
        """Holes. Of a number with many points they are looked for a few times: what is still open then is
        not known, and judged when it is chosen.
        """
        block = self.layout.blocks[position]
        left = MAX_QUESTIONS if self._is_fine(variable) else variable.count
        while between := self.layout.of(self.open, position):
            if left <= 0:
                self.unknown |= self.open & block
                self.open &= ~block
                return
            left -= 1
            low, high = next(runs(between))
            if self.search.moves_freely(position) and high - low > 1:
                # What is found in the middle shows much to both sides.
                middle = (low + high) // 2
                point = list(variable.assume(middle))
                if self._decide(context + point, block, self.layout.between(position, middle, middle)):
                    self._extend(position)
                    continue
            ends = [variable.at_least(low), variable.at_most(high)]
            if self._decide(context + ends, block, self.layout.between(position, low, high)):
                self._extend(position)

    def _ask_end(self, position: int, variable: NumberVariable, context: list[int], *, lowest: bool) -> None:
        """From the outermost number that is possible, first one step on, then to the end, then by halves."""
        block, last = self.layout.blocks[position], variable.count - 1
        step = 0
        while True:
            seen = self.layout.of(self.possible | self.unknown, position)
            best = (seen & -seen if lowest else seen).bit_length() - 1
            beyond = self.layout.between(position, *((0, best - 1) if lowest else (best + 1, last)))
            beyond &= self.open
            if not beyond:
                return
            left = self.layout.of(beyond, position)
            outer = (left & -left if lowest else left).bit_length() - 1
            sign = 1 if lowest else -1
            first = (outer, best - sign) if self._is_fine(variable) else (best - sign, outer)
            probe = first[step] if step < 2 else (outer + best + (not lowest)) // 2
            step += 1
            if lowest:
                wanted, asked = variable.at_most(probe), self.layout.between(position, 0, probe)
            else:
                wanted, asked = variable.at_least(probe), self.layout.between(position, probe, last)
            if self._decide([*context, wanted], block, asked):
                self._extend(position)

    def _extend(self, position: int) -> None:
        """The configuration just found shows all numbers that it can have with all else as it is."""
        left = self.layout.of(self.open, position)
        if not left:
            return
        kept = [other for other in self.places if other != position]
        found = self.search.extent(position, kept, left.bit_count() // 4)
        if found is not None:
            self.possible |= self.layout.between(position, *found)
            self.open &= ~self.possible

    def _ask_arithmetic(self, position: int, variable: NumberVariable, context: list[int]) -> None:
        """The ends of a number by one question each; where many numbers lie between, these count as possible:
        they are judged when one is chosen.
        """
        last = variable.count - 1
        for lowest in (True, False):
            seen = self.layout.of(self.possible, position)
            best = (seen & -seen if lowest else seen).bit_length() - 1
            beyond = self.layout.between(position, *((0, best - 1) if lowest else (best + 1, last)))
            if self.open & beyond:
                witness, bound = self.search.outermost(position, context, lowest=lowest)
                if witness is not None:
                    self._show(witness)
                self.open &= ~self.layout.between(
                    position, *((0, bound - 1) if lowest else (bound + 1, last))
                )
        block = self.layout.blocks[position]
        if (self.open & block).bit_count() <= MAX_BETWEEN:
            self._ask_between(position, variable, context)
        self.possible |= self.open & block
        self.open &= ~self.possible

    def _decide(self, literals: list[int], block: Points, asked: Points) -> bool:
        """Whether one of the points asked for is possible; where that is not known, all of them count so."""
        answer = self._possible(literals)
        if answer is False:
            self._exclude(self.search.refused(), block, asked)
        elif answer is None:
            self.unknown |= self.open & asked
            self.open &= ~asked
        return answer is True

    def _possible(self, literals: list[int]) -> bool | None:
        if self.given_up >= MAX_UNDECIDED:
            return None
        self._prefer_unseen()
        found = self.search.solve(literals, BUDGET_A_VALUE)
        if found is None:
            self.given_up += 1
            return None
        if found is False:
            return False
        self._show(found)
        return True
