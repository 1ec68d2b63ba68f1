"""What else a configuration shows: every other one that differs from it in a single variable.

The clauses tell without a search whether a change of one variable breaks anything: a clause with one true
variable left forbids that this one becomes anything that the clause does not have. Helper literals (boxes of
tables, conditions that several rules share) are worked out where clauses of options alone define them;
variables under clauses that are not understood in this way stay as they are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from configurator.engine.compiled import FALSE, TRUE, ChoiceVariable, Knowledge
from configurator.engine.grids import Array
from configurator.engine.points import Layout, Points, Witness, bits

# More than this would cost more than it saves.
MOST_POINTS = 100_000
MOST_READ = 50_000
MOST_BYTES = 2 * 2**20
_ALL = np.uint64(2**64 - 1)


@dataclass(frozen=True, slots=True)
class _Mixed:
    """A clause with helper literals; `points` make it true, `blocks` are those of its variables."""

    points: Points
    blocks: Points
    helpers: tuple[int, ...]
    selector: int


class Neighbours:
    """`cost` is the number of points and words that one call goes through; 0 where nothing can be told.

    Sets of points are columns of 64-bit words, so that one operation of numpy goes through all clauses.
    """

    def __init__(self, knowledge: Knowledge, layout: Layout) -> None:
        self._layout = layout
        self._size = -(-layout.everything.bit_length() // 64) * 8
        self._stiff: Points = layout.everything
        self.cost = 0
        if knowledge.arithmetic or len(knowledge.clauses) > MOST_READ:
            return
        reader = _Reader(knowledge, layout)
        order = list(dict.fromkeys(helper for _, helpers in reader.demands for helper in helpers))
        # A helper without parts is always true, as one with a part that everything fulfils.
        parts = [reader.definitions[helper] or [layout.everything] for helper in order]
        rows = [*reader.required, *chain.from_iterable(parts), *(points for points, _ in reader.demands)]
        points = sum(row.bit_count() for row in rows)
        if (
            points > MOST_POINTS
            or len(rows) * self._size > MOST_BYTES
            or not layout.everything & ~reader.stiff
        ):
            return
        self._stiff, self.cost = reader.stiff, points + (len(rows) - len(reader.required)) * self._size // 8
        self._first = len(reader.required)
        self._last = len(rows) - len(reader.demands)
        self._rows = self._columns(rows)
        self._read_points(rows)
        self._starts = _starts(map(len, parts))
        place = {helper: number for number, helper in enumerate(order)}
        self._helpers = np.asarray(
            [place[helper] for _, helpers in reader.demands for helper in helpers], dtype=np.intp
        )
        self._wanting = _starts(len(helpers) for _, helpers in reader.demands)

    def _read_points(self, rows: Sequence[Points]) -> None:
        """The points of all rows in one list; for each the other points of its variable that are not in its
        row (`closed`: what the variable must not become where it alone makes the row true)."""
        block_of, nothing = self._layout.block_of, self._size * 8  # a point that no configuration has
        lists = [list(bits(row)) or [nothing] for row in rows]
        closed: dict[Points, int] = {}
        self._closed_at = np.asarray(
            [
                closed.setdefault(block_of[point] & ~row if row else 0, len(closed))
                for row, points in zip(rows, lists, strict=True)
                for point in points
            ],
            dtype=np.intp,
        )
        self._closed = self._columns(list(closed))
        self._points_at = np.asarray(list(chain.from_iterable(lists)), dtype=np.intp)
        self._row_at = np.repeat(np.arange(len(rows)), [len(points) for points in lists])
        self._row_starts = _starts(map(len, lists))

    def of(self, witness: Witness) -> Points:
        """The points that are possible with all else of this configuration."""
        layout = self._layout
        if not self.cost:
            return witness | layout.everything & ~self._stiff
        data = np.frombuffer(witness.to_bytes(self._size + 1, "little"), dtype=np.uint8)
        true = np.unpackbits(data, bitorder="little")[self._points_at].astype(np.intp)
        count = np.add.reduceat(true, self._row_starts)
        # The points that make a row true alone, in the order of the rows.
        (sole,) = np.nonzero(true & (count == 1)[self._row_at])
        row, closed = self._row_at[sole], self._closed[:, self._closed_at[sole]]
        first = int(np.searchsorted(row, self._first))
        blocked = self._stiff | self._union(closed[:, :first])
        if self._last < len(count):
            blocked |= self._refused(count, row[first:], closed[:, first:])
        return witness | layout.everything & ~blocked

    def _refused(self, count: Array, sole: Array, closed: Array) -> Points:
        """What the demands forbid: each needs one of its points or of its helpers after the change."""
        parts, demands = slice(self._first, self._last), slice(self._last, len(count))
        split = int(np.searchsorted(sole, self._last))
        # After which changes all parts of a helper hold: those that mend what does not hold and break none.
        free = np.where(count[parts] == 0, self._rows[:, parts], _ALL)
        free[:, sole[:split] - self._first] = ~closed[:, :split]
        allowed = np.bitwise_and.reduceat(free, self._starts, axis=1)
        free = np.where(count[demands] == 0, self._rows[:, demands], _ALL)
        free[:, sole[split:] - self._last] = ~closed[:, split:]
        free |= np.bitwise_or.reduceat(allowed[:, self._helpers], self._wanting, axis=1)
        return self._union(~free)

    def _columns(self, sets: Sequence[Points]) -> Array:
        """Sets of points as columns."""
        data = b"".join(points.to_bytes(self._size, "little") for points in sets)
        rows = np.frombuffer(data, dtype="<u8").reshape(len(sets), self._size // 8)
        return np.ascontiguousarray(rows.T)

    def _union(self, columns: Array) -> Points:
        return int.from_bytes(np.bitwise_or.reduce(columns, axis=1).astype("<u8").tobytes(), "little")


def _starts(lengths: Iterable[int]) -> Array:
    """Where each of some pieces begins that lie one after the other."""
    ends = np.cumsum([0, *lengths], dtype=np.intp)
    return ends[:-1]


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
