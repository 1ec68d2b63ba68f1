"""How far a number can move while all else of a configuration stays as it is.

With every other literal of a model fixed, what follows for a number's literals at once are its exact bounds,
and all numbers between them are possible: unless some clause cuts a hole into this number.
"""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from configurator.engine.compiled import Knowledge, NumberVariable, Variable
from configurator.engine.grids import Array


def without_holes(knowledge: Knowledge) -> frozenset[int]:
    """The positions of numbers of which no clause says "at most this or at least that", or one twice."""
    variables = tuple(knowledge.variables.values())
    numbers = {
        position: variable
        for position, variable in enumerate(variables)
        if isinstance(variable, NumberVariable) and variable.count > 2
    }
    if not numbers or knowledge.arithmetic:
        return frozenset()
    owner = np.full(knowledge.top + 1, -1, dtype=np.int64)
    for position, variable in numbers.items():
        owner[variable.first : variable.first + variable.count - 1] = position
    lengths = np.fromiter(map(len, knowledge.clauses), dtype=np.int64, count=len(knowledge.clauses))
    literals = np.fromiter(chain.from_iterable(knowledge.clauses), dtype=np.int64, count=int(lengths.sum()))
    clause = np.repeat(np.arange(len(lengths)), lengths)
    owned = owner[np.abs(literals)]
    ours = owned >= 0
    literals, key = literals[ours], clause[ours] * len(variables) + owned[ours]
    above, below = literals > 0, literals < 0
    # The loosest "at least" and the loosest "at most" of each number in each clause.
    least = _of_each(key[above], literals[above])
    most = _of_each(key[below], literals[below])
    cut = {each % len(variables) for each in least.keys() & most.keys() if least[each] > -most[each]}
    # "Not from 1 or not from 5" is no hole, but does not follow at once as "not from 5" would.
    blurred = {each % len(variables) for side in (above, below) for each in _repeated(key[side])}
    return frozenset(numbers) - cut - blurred


def _repeated(keys: Array) -> list[int]:
    """The keys that occur more than once."""
    found, counts = np.unique(keys, return_counts=True)
    repeated: list[int] = found[counts > 1].tolist()
    return repeated


def _of_each(keys: Array, values: Array) -> dict[int, int]:
    """The smallest value of each key."""
    order = np.lexsort((values, keys))
    keys, values = keys[order], values[order]
    first = np.ones(len(keys), dtype=bool)
    first[1:] = keys[1:] != keys[:-1]
    return dict(zip(keys[first].tolist(), values[first].tolist(), strict=True))


def others_of(model: Sequence[int], variable: NumberVariable) -> list[int]:
    """A model's literals without those of a number."""
    return [*model[: variable.first - 1], *model[variable.first + variable.count - 2 :]]


def moved_to(model: list[int], variable: Variable, index: int) -> None:
    """Gives a number another index in a model."""
    assert isinstance(variable, NumberVariable)
    for step in range(1, variable.count):
        literal = variable.first + step - 1
        model[literal - 1] = literal if step <= index else -literal


def bounds_of(implied: Sequence[int], variable: NumberVariable) -> tuple[int, int]:
    """The lowest and the highest index that these literals leave to a number."""
    first, last = variable.first, variable.first + variable.count - 2
    literals = np.asarray(implied, dtype=np.int64)
    true = literals[(literals >= first) & (literals <= last)]
    false = literals[(literals <= -first) & (literals >= -last)]
    return int(true.max(initial=first - 1)) - first + 1, int(-false.max(initial=-last - 1)) - first
