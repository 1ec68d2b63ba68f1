"""What else a configuration shows: every other one that differs from it in a single variable.

The clauses tell without a search whether a change of one variable breaks anything: a clause with one true
variable left forbids that this one becomes anything that the clause does not have. Helper literals (boxes of
tables, conditions that several rules share) are worked out where clauses of options alone define them;
variables under clauses that are not understood in this way stay as they are.
"""

from collections import defaultdict
from dataclasses import dataclass

from configurator.engine.compiled import FALSE, TRUE, ChoiceVariable, Knowledge
from configurator.engine.points import Layout, Points, Witness

# More than this would cost more than it saves.
MOST_CLAUSES = 12_000
MOST_READ = 50_000
MOST_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class _Mixed:
    """A clause with helper literals; `points` make it true, `blocks` are those of its variables."""

    points: Points
    blocks: Points
    helpers: tuple[int, ...]
    selector: int


class Neighbours:
    """`cost` is the number of clauses that one call goes through; 0 where nothing can be told."""

    def __init__(self, knowledge: Knowledge, layout: Layout) -> None:
        self._layout = layout
        self._required: list[Points] = []
        self._definitions: dict[int, list[Points]] = {}
        self._demands: list[tuple[Points, tuple[int, ...]]] = []
        self._stiff: Points = layout.everything
        self.cost = 0
        if knowledge.arithmetic or len(knowledge.clauses) > MOST_READ:
            return
        reader = _Reader(knowledge, layout)
        asked = {helper for _, helpers in reader.demands for helper in helpers}
        reader.definitions = {helper: reader.definitions[helper] for helper in asked}
        size = (len(reader.required) + sum(map(len, reader.definitions.values()))) * layout.bytes
        cost = len(reader.required) + 3 * sum(map(len, reader.definitions.values())) + len(reader.demands)
        if cost <= MOST_CLAUSES and size <= MOST_BYTES and layout.everything & ~reader.stiff:
            self._required, self._definitions = reader.required, reader.definitions
            self._demands, self._stiff, self.cost = reader.demands, reader.stiff, cost

    def of(self, witness: Witness) -> Points:
        """The points that are possible with all else of this configuration."""
        block_of, everything = self._layout.block_of, self._layout.everything
        blocked = self._stiff
        for points in self._required:
            support = witness & points
            if not support & (support - 1):
                blocked |= block_of[support.bit_length() - 1] & ~points
        allowed = {helper: self._allowed(witness, points) for helper, points in self._definitions.items()}
        for points, helpers in self._demands:
            support = witness & points
            if not support:
                free = points
            elif support & (support - 1):
                continue
            else:
                free = everything & ~block_of[support.bit_length() - 1] | points
            for helper in helpers:
                free |= allowed[helper]
            blocked |= everything & ~free
        return witness | everything & ~blocked

    def _allowed(self, witness: Witness, definition: list[Points]) -> Points:
        """The changes after which all parts of a definition hold."""
        block_of, free, broken = self._layout.block_of, self._layout.everything, 0
        for points in definition:
            support = witness & points
            if not support:
                free &= points
                if not free:
                    return 0
            elif not support & (support - 1):
                broken |= block_of[support.bit_length() - 1] & ~points
        return free & ~broken


class _Reader:
    """Sorts the clauses of a family: `required` sets of points, `definitions` of helpers, `demands` that
    speak of helpers; `stiff` are the points of variables under clauses that fit none of these.
    """

    def __init__(self, knowledge: Knowledge, layout: Layout) -> None:
        self.layout = layout
        self.truth: dict[int, Points] = {}
        self._know_literals()
        self.required: list[Points] = []
        self.definitions: dict[int, list[Points]] = {}
        self.demands: list[tuple[Points, tuple[int, ...]]] = []
        self.stiff: Points = 0
        mixed = self._read(knowledge)
        self._define(_without_chains(mixed, layout))

    def _know_literals(self) -> None:
        layout = self.layout
        for position, variable in enumerate(layout.variables):
            block, offset = layout.blocks[position], layout.offsets[position]
            for index in range(variable.count):
                if isinstance(variable, ChoiceVariable):
                    literal, points = variable.literals[index], 1 << offset + index
                else:
                    literal, points = variable.at_least(index), block & -(1 << offset + index)
                if abs(literal) != TRUE:
                    self.truth[literal] = points
                    self.truth[-literal] = block & ~points

    def _read(self, knowledge: Knowledge) -> list[_Mixed]:
        truth, selectors, mixed = self.truth, set(knowledge.selectors.values()), []
        required: dict[Points, None] = {}
        for clause in knowledge.clauses:
            if TRUE in clause:
                continue
            points, blocks, selector, helpers = 0, 0, 0, []
            for literal in clause:
                if literal in truth:
                    points |= truth[literal]
                    blocks |= truth[literal] | truth[-literal]
                elif -literal in selectors:
                    selector = -literal
                elif literal != FALSE:
                    helpers.append(literal)
            if helpers:
                mixed.append(_Mixed(points, blocks, tuple(helpers), selector))
            elif not any(
                self.layout.blocks[position] & ~points == 0 for position in self.layout.positions(points)
            ):
                required[points] = None
        self.required = list(required)
        return mixed

    def _define(self, mixed: list[_Mixed]) -> None:
        """Chooses for each helper the literal that its clauses define: true where all of them hold."""
        having: dict[int, list[_Mixed]] = defaultdict(list)
        for clause in mixed:
            for literal in clause.helpers:
                having[literal].append(clause)
        chosen: dict[int, int] = {}
        for helper in {abs(literal) for literal in having}:
            for literal in (helper, -helper):
                if all(len(clause.helpers) == 1 for clause in having[-literal]):
                    chosen[helper] = literal
                    break
        strange = {abs(literal) for literal in having} - chosen.keys()
        for clause in mixed:
            if len(clause.helpers) > 1 and any(chosen.get(abs(each)) != each for each in clause.helpers):
                strange.update(map(abs, clause.helpers))
        strange = _linked(mixed, strange)
        by_selector: dict[int, list[_Mixed]] = defaultdict(list)
        for clause in mixed:
            helpers = {abs(literal) for literal in clause.helpers}
            if helpers & strange:
                self.stiff |= clause.blocks
            elif len(clause.helpers) == 1 and chosen[abs(clause.helpers[0])] == -clause.helpers[0]:
                self.definitions.setdefault(-clause.helpers[0], []).append(clause.points)
            else:
                by_selector[clause.selector].append(clause)
        self.definitions = {helper: self._merged(parts) for helper, parts in self.definitions.items()}
        for clauses in by_selector.values():
            for clause in self._needed(clauses):
                self._demand(clause)

    def _merged(self, parts: list[Points]) -> list[Points]:
        """One set for each variable instead of several."""
        block_of, others = self.layout.block_of, []
        merged: dict[Points, Points] = {}
        for points in parts:
            block = block_of[points.bit_length() - 1] if points else 0
            if points & ~block:
                others.append(points)
            else:
                merged[block] = merged.get(block, block) & points
        return [*merged.values(), *others]

    def _demand(self, clause: _Mixed) -> None:
        """A helper with one part is true exactly where the points of that part are."""
        points, helpers = clause.points, []
        for literal in clause.helpers:
            parts = self.definitions.setdefault(literal, [])
            if len(parts) == 1:
                points |= parts[0]
            else:
                helpers.append(literal)
        if helpers:
            self.demands.append((points, tuple(helpers)))
        else:
            self.required.append(points)

    def _needed(self, clauses: list[_Mixed]) -> list[_Mixed]:
        """The clauses of one rule without those that its largest one implies: "this value needs one of these
        boxes" says nothing new where the other boxes do not have the value.
        """
        main = max(clauses, key=lambda clause: len(clause.helpers))
        return [main, *(each for each in clauses if each is not main and not self._implied(each, main))]

    def _implied(self, clause: _Mixed, main: _Mixed) -> bool:
        missing = clause.blocks & ~clause.points
        if main.points or not missing or not set(clause.helpers) <= set(main.helpers):
            return False
        return all(
            any(not points & (missing | ~clause.blocks) for points in self.definitions.get(other, []))
            for other in set(main.helpers) - set(clause.helpers)
        )


def _without_chains(mixed: list[_Mixed], layout: Layout) -> list[_Mixed]:
    """Leaves out what says of one choice alone that it has one value: that holds for every point."""
    blocks_of: dict[int, Points] = defaultdict(int)
    for clause in mixed:
        for literal in clause.helpers:
            blocks_of[abs(literal)] |= clause.blocks
    choices = {
        block
        for block, variable in zip(layout.blocks, layout.variables, strict=True)
        if isinstance(variable, ChoiceVariable)
    }
    others = {helper for helper, blocks in blocks_of.items() if blocks not in choices}
    for clause in mixed:
        if clause.selector or len({blocks_of[abs(literal)] for literal in clause.helpers}) > 1:
            others.update(map(abs, clause.helpers))
    others = _linked(mixed, others)
    return [clause for clause in mixed if abs(clause.helpers[0]) in others]


def _linked(mixed: list[_Mixed], helpers: set[int]) -> set[int]:
    """These helpers, those that share a clause with one of them, and so on."""
    together: dict[int, list[_Mixed]] = defaultdict(list)
    for clause in mixed:
        for literal in clause.helpers:
            together[abs(literal)].append(clause)
    found, waiting = set(helpers), list(helpers)
    while waiting:
        for clause in together[waiting.pop()]:
            new = {abs(literal) for literal in clause.helpers} - found
            found |= new
            waiting += new
    return found
