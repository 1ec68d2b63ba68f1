"""Comparisons as clauses: bounds of one number that depend on others, written as staircases.

Where the bound only tightens as another number grows, one clause with one order literal a number is enough
for each corner ("from this width on, the height is at most that"); corners that say no more than a looser one
are left out. The same staircase under several conditions, of one rule or of many, is written once, under a
literal of its own.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from configurator.engine.atoms import Alike, Atom
from configurator.engine.clauses import Clauses
from configurator.engine.compiled import (
    FALSE,
    ChoiceVariable,
    Clause,
    NumberVariable,
    TooLarge,
    Variable,
)
from configurator.engine.grids import Array

# Staircases with more corners than this go to the solver of arithmetic.
MAX_CORNERS = 250_000
# Up to here a staircase is written directly under its condition.
_FEW = 3


class Staircases:
    """Writes comparisons; remembers what has been written for all rules of a family."""

    def __init__(self, clauses: Clauses) -> None:
        self.clauses = clauses
        self._sets: dict[tuple[str, Alike], int] = {}
        self._stairs: dict[tuple[object, ...], int] = {}

    def forget(self, top: int) -> None:
        """Literals above `top` have been taken back."""
        for known in (self._sets, self._stairs):
            for key in [key for key, literal in known.items() if abs(literal) > top]:
                del known[key]  # type: ignore[arg-type]

    def short(self, atom: Atom, wanted: bool) -> Clause | None:
        """Literals of which one is true exactly when the comparison is as wanted, where there are such."""
        variable = atom.pivot
        if not atom.single:
            return None
        allowed = _as_wanted(atom, atom.allowed(), wanted)
        if isinstance(variable, ChoiceVariable):
            return _one_of(variable, [index for low, high in allowed for index in range(low, high + 1)])
        if len(allowed) == 1 and allowed[0][0] == 0:
            return (variable.at_most(allowed[0][1]),)
        if len(allowed) == 1 and allowed[0][1] == variable.count - 1:
            return (variable.at_least(allowed[0][0]),)
        return None if allowed else ()

    def demand(self, atom: Atom, wanted: bool, guard: Clause, rule: str) -> None:
        """The comparison is as wanted, or a literal of `guard` is true."""
        left = MAX_CORNERS
        for fixed, edges in atom.cells.items():
            outside = [
                literal
                for variable, alike in zip(atom.fixed, fixed, strict=True)
                for literal in self.outside(variable, alike)
            ]
            inside = (*guard, *outside)
            if isinstance(atom.pivot, NumberVariable):
                forbidden = _forbidden(edges, wanted, atom.pivot.count)
                left -= self._number(atom.pivot, atom.rows, forbidden, inside)
                if left < 0:
                    raise TooLarge(
                        rule,
                        f"needs more than {MAX_CORNERS:,} corners; make the steps of the numbers coarser or "
                        "split the rule",
                    )
            else:
                self._values(atom.pivot, edges, wanted, inside)

    def outside(self, variable: Variable, alike: Alike) -> Clause:
        """Literals of which one is true when the variable lies outside these indices."""
        assert isinstance(variable, ChoiceVariable)
        others = [index for index in range(variable.count) if index not in alike]
        if len(others) <= 2 or len(alike) == 1:
            return _one_of(variable, others)
        key = variable.code, alike
        if key not in self._sets:
            self._sets[key] = self.clauses.new()
            for index in alike:
                self.clauses.add((-variable.literals[index], self._sets[key]))
        return (-self._sets[key],)

    def _values(self, pivot: ChoiceVariable, edges: Array, wanted: bool, guard: Clause) -> None:
        truth = np.zeros(pivot.count + 1, dtype=np.int64)
        np.add.at(truth, edges[::2], 1)
        np.add.at(truth, edges[1::2], -1)
        allowed = np.nonzero((np.cumsum(truth[:-1]) > 0) == wanted)[0].tolist()
        if len(allowed) < pivot.count:
            self.clauses.add((*guard, *_one_of(pivot, allowed)))

    # --- Numbers

    def _number(
        self,
        pivot: NumberVariable,
        rows: tuple[NumberVariable, ...],
        forbidden: Array,
        guard: Clause,
    ) -> int:
        """The pivot lies in none of the forbidden ranges; gives the number of corners."""
        starts, ends = forbidden[..., 0::2], forbidden[..., 1::2]
        empty = starts >= ends
        below = ~empty & (starts == 0)
        above = ~empty & (ends == pivot.count)
        # Where nothing is left, it is cut off at the end at which others are cut off too: no extra corners.
        whole = below & above
        if (below & ~whole).any():
            above &= ~whole
        else:
            below &= ~whole
        inner = ~(empty | above | below)
        # How many points are cut off at the upper and at the lower end.
        upper = np.where(above, pivot.count - starts, 0).max(axis=-1, initial=0)
        lower = np.where(below, ends, 0).max(axis=-1, initial=0)
        corners = self._stair(pivot, rows, upper, guard, upper=True)
        corners += self._stair(pivot, rows, lower, guard, upper=False)
        for column in range(starts.shape[-1]):
            if inner[..., column].any():
                corners += self._gaps(
                    pivot,
                    rows,
                    np.where(inner[..., column], starts[..., column], 0),
                    np.where(inner[..., column], ends[..., column], 0),
                    guard,
                )
        return corners

    def _stair(
        self,
        pivot: NumberVariable,
        rows: tuple[NumberVariable, ...],
        cut: Array,
        guard: Clause,
        *,
        upper: bool,
    ) -> int:
        """`cut` points are cut off at an end of the pivot, depending on the rows."""
        if not cut.any():
            return 0

        def bound(points: int) -> int:
            return pivot.at_most(pivot.count - 1 - points) if upper else pivot.at_least(points)

        if not rows:
            self.clauses.add((*guard, bound(int(cut))))
            return 1
        key = (upper, pivot.code, *(row.code for row in rows), cut.tobytes())
        if key in self._stairs:
            self.clauses.add((*guard, self._stairs[key]))
            return 1
        corners = list(_corners(rows, cut))
        if len(corners) <= _FEW:
            for literals, points in corners:
                self.clauses.add((*guard, *literals, bound(points)))
            return len(corners)
        if len(corners) > MAX_CORNERS:
            return len(corners)
        literal = self._stairs[key] = self.clauses.new()
        self.clauses.add((*guard, literal))
        for literals, points in corners:
            self.clauses.add((-literal, *literals, bound(points)))
        return len(corners)

    def _gaps(
        self,
        pivot: NumberVariable,
        rows: tuple[NumberVariable, ...],
        starts: Array,
        ends: Array,
        guard: Clause,
    ) -> int:
        """The pivot lies below `starts` or from `ends` on; where both are equal, there is no gap."""
        corners = 0
        pairs = np.stack([starts, ends], axis=-1)
        for literals, (start, end) in _boxes(rows, pairs):
            if start < end:
                self.clauses.add((*guard, *literals, pivot.at_most(start - 1), pivot.at_least(end)))
                corners += 1
        return corners


def _one_of(variable: ChoiceVariable, indices: Sequence[int]) -> Clause:
    """Literals of which one is true when the variable has one of these indices. "Not this one" is said by its
    own literal: a solver sees at once what follows from that.
    """
    if len(indices) == variable.count - 1:
        (other,) = set(range(variable.count)) - set(indices)
        return (-variable.literals[other],)
    return tuple(variable.literals[index] for index in indices)


def _as_wanted(atom: Atom, ranges: tuple[tuple[int, int], ...], wanted: bool) -> tuple[tuple[int, int], ...]:
    return ranges if wanted else complement(ranges, atom.pivot.count)


def complement(ranges: tuple[tuple[int, int], ...], count: int) -> tuple[tuple[int, int], ...]:
    """The ranges of 0..count-1 that are left over."""
    result: list[tuple[int, int]] = []
    start = 0
    for low, high in ranges:
        if low > start:
            result.append((start, low - 1))
        start = high + 1
    if start < count:
        result.append((start, count - 1))
    return tuple(result)


def _forbidden(edges: Array, wanted: bool, count: int) -> Array:
    """The edges of the ranges in which the comparison is not as wanted."""
    if not wanted:
        return edges
    shape = (*edges.shape[:-1], 1)
    # Ranges that touch leave nothing between them: the empty ranges that this makes are skipped later.
    zero, last = np.zeros(shape, dtype=edges.dtype), np.full(shape, count, dtype=edges.dtype)
    return np.concatenate([zero, edges, last], axis=-1)


def _corners(rows: tuple[NumberVariable, ...], cut: Array) -> Iterator[tuple[Clause, int]]:
    """For each corner, literals that are false where it counts, and how much it cuts off.

    An axis along which the cut only grows needs "at least", one along which it only shrinks "at most".
    """
    literals: list[Callable[[int], int]] = []
    needed = cut > 0
    for axis, row in enumerate(rows):
        steps = np.diff(cut, axis=axis)
        if (steps >= 0).all():
            literals.append(_from(row))
            needed &= _differs(cut, axis, before=True)
        elif (steps <= 0).all():
            literals.append(_up_to(row))
            needed &= _differs(cut, axis, before=False)
        else:
            yield from _uneven(rows, cut, axis)
            return
    where = np.nonzero(needed)
    for *indices, points in zip(*(each.tolist() for each in where), cut[where].tolist(), strict=True):
        yield tuple(literal(index) for literal, index in zip(literals, indices, strict=True)), points


def _from(row: NumberVariable) -> Callable[[int], int]:
    return lambda index: -row.at_least(index)


def _up_to(row: NumberVariable) -> Callable[[int], int]:
    return lambda index: row.at_least(index + 1)


def _differs(cut: Array, axis: int, *, before: bool) -> Array:
    """Where the cut is another one than one step looser along the axis."""
    differs = np.ones(cut.shape, dtype=bool)
    changed = np.diff(cut, axis=axis) != 0
    inner = [slice(None)] * cut.ndim
    inner[axis] = slice(1, None) if before else slice(None, -1)
    differs[tuple(inner)] = changed
    return differs


def _uneven(rows: tuple[NumberVariable, ...], cut: Array, axis: int) -> Iterator[tuple[Clause, int]]:
    """An axis along which the cut grows and shrinks: every run of equal slices for itself.

    With one axis, a run needs no end on a side beyond which at least as much is cut off.
    """
    row, others = rows[axis], (*rows[:axis], *rows[axis + 1 :])
    slices = np.moveaxis(cut, axis, 0)
    if not others:
        # The least that is cut off from here on, and up to here.
        after = np.minimum.accumulate(slices[::-1])[::-1].tolist()
        before = np.minimum.accumulate(slices).tolist()
        for start, end, here in _runs(slices):
            points = int(here)
            if points:
                open_below, open_above = before[start] >= points, after[end] >= points
                yield _ends(row, start, end, open_below=open_below, open_above=open_above), points
        return
    for start, end, here in _runs(slices):
        outer = _ends(row, start, end, open_below=start == 0, open_above=end == row.count - 1)
        for literals, points in _corners(others, here):
            yield (*outer, *literals), points


def _boxes(rows: tuple[NumberVariable, ...], pairs: Array) -> Iterator[tuple[Clause, tuple[int, int]]]:
    """The pairs with literals that are false where they count."""
    if not rows:
        yield (), (int(pairs[0]), int(pairs[1]))
        return
    row, others = rows[0], rows[1:]
    for start, end, here in _runs(pairs):
        outer = _ends(row, start, end, open_below=start == 0, open_above=end == row.count - 1)
        for literals, pair in _boxes(others, here):
            yield (*outer, *literals), pair


def _runs(slices: Array) -> Iterator[tuple[int, int, Array]]:
    """First and last index of each run of equal slices along the first axis, with the slice."""
    if len(slices) == 0:
        return
    flat = slices.reshape(len(slices), -1)
    changed = (flat[1:] != flat[:-1]).any(axis=1)
    starts = [0, *(np.nonzero(changed)[0] + 1).tolist()]
    for start, following in zip(starts, [*starts[1:], len(slices)], strict=True):
        yield start, following - 1, slices[start]


def _ends(row: NumberVariable, start: int, end: int, *, open_below: bool, open_above: bool) -> Clause:
    """Literals of which one is true when the row's number lies outside start..end, as far as that
    matters.
    """
    below = FALSE if open_below else -row.at_least(start)
    return (below, FALSE if open_above else row.at_least(end + 1))
