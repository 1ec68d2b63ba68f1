"""Nodes of a multi-valued decision diagram with costs on its edges, and how two diagrams become one.

A node stands for a function of the variables from its level on: for each class of values the node to go on
with and the cost of going there (cents). The least cost of every node is zero and the rest stands on the
edge to it, so that equal functions are one node (Lai and Sastry's edge-valued diagrams, with "impossible"
as infinite cost). A level that makes no difference is left out.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat

NOTHING = 0  # the node of what is impossible
DONE = 1  # the node below all levels

Stop = Callable[[], bool]


class OutOfReach(Exception):
    """The diagram does not fit its budget of nodes or time."""


class Nodes:
    """A store of nodes in which equal ones are the same; `sizes` are the numbers of classes by level.

    `stop` is asked now and then; `limit` bounds the nodes alive at once.
    """

    def __init__(self, sizes: Sequence[int], *, limit: int, stop: Stop) -> None:
        self.sizes = tuple(sizes)
        self.bottom = len(self.sizes)
        self.limit = limit
        self.stop = stop
        self.levels = [self.bottom, self.bottom]
        self.kids: list[tuple[int, ...]] = [(), ()]
        # () stands for costs that are all zero.
        self.costs: list[tuple[int, ...]] = [(), ()]
        self._known: dict[tuple[int, tuple[int, ...], tuple[int, ...]], int] = {}

    def __len__(self) -> int:
        return len(self.levels)

    def node(self, level: int, kids: tuple[int, ...], costs: tuple[int, ...] = ()) -> int:
        """The node with these kids; costs have to be normalised already."""
        first = kids[0]
        if not costs and kids.count(first) == len(kids):
            return first
        key = (level, kids, costs)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = len(self.levels)
            self.levels.append(level)
            self.kids.append(kids)
            self.costs.append(costs)
        return known

    def normal(self, level: int, kids: tuple[int, ...], costs: Sequence[int]) -> tuple[int, int]:
        """The node for kids with any costs, and the cost of going to it."""
        least = min((cost for kid, cost in zip(kids, costs, strict=True) if kid), default=0)
        rest = tuple(cost - least if kid else 0 for kid, cost in zip(kids, costs, strict=True))
        return self.node(level, kids, rest if any(rest) else ()), least

    def both(self, left: int, right: int) -> tuple[int, int]:
        """The sum of two functions: where both are possible, at the cost of both. Level by level."""
        if left <= DONE or right <= DONE:
            return (0 if NOTHING in (left, right) else left if right == DONE else right), 0
        levels, kids = self.levels, self.kids
        pending: dict[int, dict[tuple[int, int], tuple[tuple[int, int], ...]]] = {}
        start = (left, right)
        pending.setdefault(min(levels[left], levels[right]), {})[start] = ()
        order: list[int] = []
        for level in range(min(pending), self.bottom):
            waiting = pending.get(level)
            if not waiting:
                continue
            order.append(level)
            if self.stop():
                raise OutOfReach
            size = self.sizes[level]
            for pair in waiting:
                a, b = pair
                lefts: Iterable[int] = kids[a] if levels[a] == level else repeat(a, size)
                rights: Iterable[int] = kids[b] if levels[b] == level else repeat(b, size)
                pairs = tuple(zip(lefts, rights, strict=False))
                waiting[pair] = pairs
                for each in pairs:
                    one, other = each
                    if one > DONE and other > DONE:
                        below = levels[one] if levels[one] < levels[other] else levels[other]
                        pending.setdefault(below, {}).setdefault(each, ())
        return self._joined(pending, order, start)

    def _joined(
        self,
        pending: dict[int, dict[tuple[int, int], tuple[tuple[int, int], ...]]],
        order: list[int],
        start: tuple[int, int],
    ) -> tuple[int, int]:
        """Builds the nodes of all pairs, the lowest levels first."""
        done: dict[tuple[int, int], tuple[int, int]] = {}

        def result(pair: tuple[int, int]) -> tuple[int, int]:
            one, other = pair
            if one == NOTHING or other == NOTHING:
                return 0, 0
            if one == DONE:
                return other, 0
            return (one, 0) if other == DONE else done[pair]

        for level in reversed(order):
            if len(self.levels) > self.limit or self.stop():
                raise OutOfReach
            for pair, pairs in pending[level].items():
                results = [result(each) for each in pairs]
                below = tuple(node for node, _ in results)
                costs = self._sums(level, pair, [cost for _, cost in results])
                done[pair] = self.normal(level, below, costs) if costs else (self.node(level, below), 0)
        return done[start]

    def _sums(self, level: int, pair: tuple[int, int], costs: list[int]) -> list[int]:
        """The costs on the edges of a pair, [] where there are none."""
        for node in pair:
            if self.levels[node] == level and self.costs[node]:
                costs = [cost + more for cost, more in zip(costs, self.costs[node], strict=True)]
        return costs if any(costs) else []

    def negation(self, root: int) -> int:
        """What is possible becomes impossible and the other way round; for functions without costs."""
        opposite = {NOTHING: DONE, DONE: NOTHING}
        for node in sorted(self.below(root), key=lambda node: -self.levels[node]):
            opposite[node] = self.node(self.levels[node], tuple(opposite[kid] for kid in self.kids[node]))
        return opposite[root]

    def any_of(self, roots: Sequence[int]) -> int:
        return self.negation(self.all_of([self.negation(root) for root in roots]))

    def all_of(self, roots: Sequence[int]) -> int:
        found = DONE
        for root in roots:
            found, _ = self.both(found, root)
        return found

    def below(self, root: int) -> set[int]:
        """The node and all that it reaches, without the two ends."""
        seen: set[int] = set()
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if node > DONE and node not in seen:
                seen.add(node)
                waiting.extend(self.kids[node])
        return seen

    def collect(self, roots: Sequence[int]) -> list[int]:
        """Forgets all that these nodes do not reach; the same nodes by their new numbers."""
        alive = set().union(*(self.below(root) for root in roots)) if roots else set()
        new = {NOTHING: NOTHING, DONE: DONE}
        old = (self.levels, self.kids, self.costs)
        self.levels, self.kids, self.costs = [self.bottom] * 2, [(), ()], [(), ()]
        self._known = {}
        for node in sorted(alive, key=lambda node: (-old[0][node], node)):
            new[node] = self.node(old[0][node], tuple(new[kid] for kid in old[1][node]), old[2][node])
        return [new[root] for root in roots]
