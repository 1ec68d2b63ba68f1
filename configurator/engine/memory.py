"""What is remembered of a family: configurations that exist, and choices that exclude others.

Both are facts, so answers do not depend on what was asked before, and any of them may be forgotten. What
was of use last is kept longest.
"""

from collections.abc import Iterable

from configurator.engine.points import Layout, Points, Witness

MOST_BYTES = 4 * 2**20
MOST_WITNESSES = 256
MOST_PROOFS = 512
# Two sets of points in a dictionary.
_ENTRY_BYTES = 100


class Witnesses:
    """Configurations that exist, and for each one the points that it shows to be possible."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._shows: dict[Witness, Points] = {}
        self._most = _most(layout, MOST_WITNESSES)

    def __len__(self) -> int:
        return len(self._shows)

    def add(self, witness: Witness) -> None:
        self._shows.setdefault(witness, witness)
        if len(self._shows) > self._most:
            del self._shows[next(iter(self._shows))]

    def also_shows(self, witness: Witness, points: Points) -> None:
        """Points of one variable that are possible with all else of this configuration."""
        if witness in self._shows:
            self._shows[witness] |= points

    def showing(self, chosen: Points, asked: Points) -> tuple[Points, bool]:
        """Which of the points are shown to be possible, each given the choices for other options; and
        whether what one of these configurations shows besides itself is among that.
        """
        group_of, left, useful, besides = self._layout.group_of, asked, [], False
        for witness, shows in reversed(self._shows.items()):
            missing = chosen & ~witness
            if missing:
                group = group_of[missing.bit_length() - 1]
                if missing & ~group:
                    continue
                shows &= group
            elif shows != witness:
                besides = True
            if left & shows:
                left &= ~shows
                useful.append(witness)
                if not left:
                    break
        _to_the_end(self._shows, useful)
        return asked & ~left, besides


class Proofs:
    """Choices, and the points that are impossible with them (each given the choices for other options)."""

    def __init__(self, layout: Layout) -> None:
        self._excluded: dict[Points, Points] = {}
        self._most = _most(layout, MOST_PROOFS)

    def __len__(self) -> int:
        return len(self._excluded)

    def add(self, choices: Points, excluded: Points) -> None:
        self._excluded[choices] = self._excluded.pop(choices, 0) | excluded
        if len(self._excluded) > self._most:
            del self._excluded[next(iter(self._excluded))]

    def excluding(self, chosen: Points) -> Points:
        """The points that are impossible with these choices as far as is known."""
        found, useful = 0, []
        for choices, excluded in reversed(self._excluded.items()):
            if choices & chosen == choices and excluded & ~found:
                found |= excluded
                useful.append(choices)
        _to_the_end(self._excluded, useful)
        return found


def _most(layout: Layout, limit: int) -> int:
    return max(16, min(limit, MOST_BYTES // 2 // (2 * layout.bytes + _ENTRY_BYTES)))


def _to_the_end(entries: dict[Points, Points], keys: Iterable[Points]) -> None:
    for key in keys:
        entries[key] = entries.pop(key)
