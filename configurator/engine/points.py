"""Configurations as bits: every index of every variable is one point, a configuration is a set of points.

    offset   0        3              8
             a b c    0 1 2 3 4      no yes
             . x .    . . . x .      x  .        a witness: one point a variable

Sets of points are plain integers, so that asking thousands of remembered configurations what they show
takes one operation each, however many options there are.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

import numpy as np

from configurator.engine.compiled import FALSE, TRUE, ChoiceVariable, NumberVariable, Variable

Points = int
# One point for each variable.
Witness = int
# Of numbers with more points than this a model is searched for the last one that is true.
FINE = 32


class Layout:
    """Where the points of each variable lie."""

    def __init__(self, variables: tuple[Variable, ...], together: Iterable[Sequence[int]] = ()) -> None:
        """`together` are positions of variables that one choice settles at once: an option's own variable,
        and then those that nobody asks about.
        """
        self.variables = variables
        self.offsets: list[int] = []
        self.blocks: list[Points] = []
        # For each point the position of its variable, and the literal that is true where it is (for a number:
        # where it or a later one is).
        self.position_of: list[int] = []
        self.literal_of: list[int] = []
        self.values: Points = 0  # the points of choices, without those of numbers
        inner = 0
        for position, variable in enumerate(variables):
            offset, count = len(self.literal_of), variable.count
            self.offsets.append(offset)
            self.blocks.append(((1 << count) - 1) << offset)
            self.position_of += [position] * count
            if isinstance(variable, ChoiceVariable):
                self.literal_of += variable.literals
                self.values |= self.blocks[position]
            else:
                self.literal_of += [variable.at_least(index) for index in range(count)]
                inner |= ((1 << count - 1) - 1) << offset
        self.everything: Points = (1 << len(self.literal_of)) - 1
        # For each variable the points that change with a choice of another value for it.
        self.groups = list(self.blocks)
        self.asked = self.everything
        for own, *others in together:
            group = self.blocks[own] | union(self.blocks[each] for each in others)
            for position in (own, *others):
                self.groups[position] = group
            self.asked &= ~group | self.blocks[own]
        self.block_of = [self.blocks[position] for position in self.position_of]
        self.group_of = [self.groups[position] for position in self.position_of]
        self._not_last_of_numbers = inner
        pairs = [
            self.offsets[p]
            for p, variable in enumerate(variables)
            if variable.count == 2 and isinstance(variable, ChoiceVariable)
        ]
        self.noes: Points = union(1 << first for first in pairs)
        self.of_two: Points = self.noes | self.noes << 1
        self.saying_no = [self.literal_of[first] for first in pairs]
        self.saying_yes = [-literal for literal in self.saying_no]
        self._read_models()

    def _read_models(self) -> None:
        """Prepares `of_model`: which places of a model to pick, and for each point which of these is its own.

        Numbers with many points are looked up instead; their points read FALSE here.
        """
        literals = list(self.literal_of)
        self._fine: list[tuple[int, int, int]] = []
        for position, variable in enumerate(self.variables):
            if isinstance(variable, NumberVariable) and variable.count > FINE:
                offset, start = self.offsets[position], variable.first - 1
                literals[offset : offset + variable.count] = [FALSE] * variable.count
                self._fine.append((offset, start, start + variable.count - 1))
        self._negative = union(1 << point for point, literal in enumerate(literals) if literal < 0)
        distinct = sorted({TRUE - 1, *(abs(literal) - 1 for literal in literals)})
        # One more in front: itemgetter gives a tuple for two and more only.
        self._pick = itemgetter(TRUE - 1, *distinct)
        places = {place: number for number, place in enumerate(distinct, start=1)}
        self._own = np.asarray([places[abs(literal) - 1] for literal in literals], dtype=np.intp)

    @property
    def bytes(self) -> int:
        """What a set of points takes in memory: Python keeps 30 bits in 4 bytes."""
        return 28 + self.everything.bit_length() // 30 * 4

    def of_model(self, model: list[int]) -> Witness:
        """A model of the solver; `model[literal - 1]` has the sign of the literal's truth."""
        picked = np.frombuffer(array("i", self._pick(model)), dtype=np.intc)
        found = np.packbits((picked > 0)[self._own], bitorder="little")
        true = int.from_bytes(found.tobytes(), "little") ^ self._negative
        for offset, start, end in self._fine:
            true |= 1 << offset + bisect_left(model, True, start, end, key=_is_false) - start
        # A number has the last of its points that it is "at least".
        return true & ~(true >> 1 & self._not_last_of_numbers)

    def of_indices(self, indices: Mapping[int, int]) -> Points:
        """The points of indices by position."""
        points = 0
        for position, index in indices.items():
            points |= 1 << self.offsets[position] + index
        return points

    def index(self, witness: Witness, position: int) -> int:
        """The index that a configuration gives a variable."""
        return (witness & self.blocks[position]).bit_length() - 1 - self.offsets[position]

    def indices(self, witness: Witness) -> tuple[int, ...]:
        return tuple(self.index(witness, position) for position in range(len(self.variables)))

    def between(self, position: int, low: int, high: int) -> Points:
        """The points of a variable from one index to another."""
        return ((1 << max(high - low + 1, 0)) - 1) << self.offsets[position] + low

    def of(self, points: Points, position: int) -> int:
        """The points of one variable, its first index at bit 0."""
        return (points & self.blocks[position]) >> self.offsets[position]

    def positions(self, points: Points) -> Iterator[int]:
        """The variables that have a point here, in order."""
        while points:
            position = self.position_of[(points & -points).bit_length() - 1]
            yield position
            points &= ~self.blocks[position]


def _is_false(literal: int) -> bool:
    return literal < 0


def union(sets: Iterable[Points]) -> Points:
    result = 0
    for points in sets:
        result |= points
    return result


def bits(points: Points) -> Iterator[int]:
    """The numbers of the bits that are set, in order."""
    while points:
        lowest = points & -points
        yield lowest.bit_length() - 1
        points ^= lowest


def runs(points: Points) -> Iterator[tuple[int, int]]:
    """The inclusive ranges of bits that are set, in order."""
    start = 0
    while points:
        gap = (points & -points).bit_length() - 1
        points >>= gap
        length = (points + 1 & ~points).bit_length() - 1
        yield start + gap, start + gap + length - 1
        points >>= length
        start += gap + length
