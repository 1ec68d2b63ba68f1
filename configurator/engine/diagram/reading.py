"""Reading a decision diagram: how many configurations are left, and what the cheapest of them costs.

    reading = diagram.read({position: index})
    reading.count, reading.value_counts["colour"], reading.value_from_prices["colour"]

One pass up and one down over all nodes (Darwiche's differentiation of a circuit, once over sums and products
and once over minima and sums) judge every value of every option at once, each given the choices of the other
options.

What is counted are the configurations of choices, switches, multiple choices and numbers. Texts and pictures
are not: a configuration counts once when some length of its texts (or the one that was chosen) and
some presence of its pictures is allowed. Prices are the lowest over all such lengths.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise
from math import prod
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configurator.engine.diagram.arrays import CHOICE, Arrays, Ints, Route, kind_of_counts, route_of, up
from configurator.engine.diagram.prices import Percentages, with_percentages

NEVER = 1 << 59  # cents of what is impossible; three of them still fit into 64 bits


@dataclass(frozen=True)
class Reading:
    """`count` configurations are left and the cheapest of them costs `from_price` a piece (None: no prices).

    For each variable of a choice by its code, value by value in order: how many configurations have it and
    the lowest price of one piece of these, given the choices of all other variables; None where there is
    none. Numbers have neither (their ranges come from the kernel).
    """

    count: int
    from_price: Decimal | None
    value_counts: Mapping[str, tuple[int, ...]]
    value_from_prices: Mapping[str, tuple[Decimal | None, ...]]


@dataclass(frozen=True)
class Diagram:
    """A compiled family; `codes` are its variables. `cents` is the price before all options, None where
    the prices did not fit. Never changes; may be read by several threads."""

    codes: tuple[str, ...]
    arrays: Arrays
    cents: int | None
    percentages: Percentages

    @property
    def node_count(self) -> int:
        return int(self.arrays.ends[-1])

    @cached_property
    def total(self) -> int:
        """How many configurations there are."""
        return self.read({}, values=False).count

    def read(self, evidence: Mapping[int, int], *, quantity: int = 1, values: bool = True) -> Reading:
        """What is left after these choices: for positions of variables the index of what is chosen.

        The prices are of one of `quantity` pieces. Without `values` only the sums are worked out.
        """
        weights = self.arrays.sizes.copy()
        for position, index in evidence.items():
            weights[self._classes[position]] = 0
            weights[self._points[position][index]] = 1
        counts = self._up(weights)
        by_group = [int(each) for each in counts[self.arrays.roots]]
        total = prod(by_group)
        percents = None if self.cents is None else self.percentages.of(quantity)
        lowest = None
        value_prices: dict[str, tuple[Decimal | None, ...]] = {}
        if percents is not None:
            prices = _Prices(self.arrays, self._route, weights, percents)
            lowest = prices.lowest(self.cents or 0) if total else None
            if values:
                value_prices = self._by_variable(prices.by_class(self.cents or 0))
        found = self._by_variable(self._counts(weights, counts, by_group)) if values else {}
        return Reading(total, lowest, found, value_prices)

    # --- Counting

    def _up(self, weights: Ints) -> NDArray[Any]:
        return up(self.arrays, self._route, weights.astype(self._kind))

    def _counts(self, weights: Ints, ups: NDArray[Any], by_group: list[int]) -> list[int]:
        """By class how many configurations have one of its points."""
        arrays, route = self.arrays, self._route
        edge = np.add.reduceat(weights[arrays.members], arrays.member_ends[:-1])[arrays.label[route.into]]
        edge = edge.astype(self._kind, copy=False)
        source = arrays.source[route.into]
        downs: NDArray[Any] = np.zeros(arrays.ends[-1], dtype=self._kind)
        downs[arrays.roots] = 1
        for step in reversed(route.steps[route.below :]):
            if len(step.into_starts):
                ways = downs[source[step.into]] * edge[step.into]
                downs[step.inner] = np.add.reduceat(ways, step.into_starts)
        through = downs[arrays.source[route.told]] * ups[arrays.target[route.told]]
        by_label: NDArray[Any] = np.zeros(len(arrays.member_ends) - 1, dtype=self._kind)
        by_label[route.labels] = np.add.reduceat(through[route.by_label], route.label_starts)
        inside = np.add.reduceat(by_label[route.class_labels], route.class_starts)
        others = _products_of_others(by_group)
        wide = self._total_bound >= 2**62
        factors = np.array(others, dtype=object if wide else np.int64)[route.class_group]
        result = [0] * len(arrays.sizes)
        for each, count in zip(route.classes.tolist(), (inside * factors).tolist(), strict=True):
            result[each] = count
        return result

    # --- What does not depend on choices

    @cached_property
    def _route(self) -> Route:
        return route_of(self.arrays)

    @cached_property
    def _kind(self) -> type[Any]:
        return kind_of_counts(self.arrays, self._route)

    @cached_property
    def _total_bound(self) -> int:
        return prod(int(each) for each in self._up(self.arrays.sizes)[self.arrays.roots])

    @cached_property
    def _points(self) -> list[list[int]]:
        """For each variable the class of each of its points."""
        ends = [0, *accumulate(self.arrays.counts.tolist())]
        return [self.arrays.points[start:end].tolist() for start, end in pairwise(ends)]

    @cached_property
    def _classes(self) -> list[slice]:
        return [slice(min(points), max(points) + 1) for points in self._points]

    @cached_property
    def _choices(self) -> list[tuple[str, list[int]]]:
        kinds = self.arrays.kind.tolist()
        each = zip(self.codes, self._points, kinds, strict=True)
        return [(code, points) for code, points, kind in each if kind == CHOICE]

    def _by_variable(self, by_class: list[Any]) -> dict[str, tuple[Any, ...]]:
        return {code: tuple([by_class[each] for each in points]) for code, points in self._choices}


class _Prices:
    """The lowest sums of amounts after some choices, in cents; `weights` is 0 for what was not chosen."""

    def __init__(self, arrays: Arrays, route: Route, weights: Ints, percents: tuple[Fraction, ...]) -> None:
        self.arrays = arrays
        self.route = route
        self.percents = percents
        self.known: dict[int, Decimal | None] = {}
        allowed = np.where(weights > 0, arrays.unary, NEVER)
        label = np.minimum.reduceat(allowed[arrays.members], arrays.member_ends[:-1])
        self.edge = np.minimum(label[arrays.label] + arrays.cost, NEVER)
        self.ups = np.zeros(arrays.ends[-1], np.int64)
        for step in route.steps:
            least = np.minimum.reduceat(
                self.ups[arrays.target[step.edges]] + self.edge[step.edges], step.starts
            )
            self.ups[step.nodes] = np.minimum(least, NEVER)
        self.by_group = [int(each) for each in self.ups[arrays.roots]]

    def lowest(self, cents: int) -> Decimal | None:
        return self._price(cents + sum(self.by_group))

    def by_class(self, cents: int) -> list[Decimal | None]:
        """The lowest price of one piece with a point of the class, given all other choices."""
        arrays, route = self.arrays, self.route
        edge, source = self.edge[route.into], arrays.source[route.into]
        downs = np.full(arrays.ends[-1], NEVER, np.int64)
        downs[arrays.roots] = 0
        for step in reversed(route.steps[route.below :]):
            if len(step.into_starts):
                least = np.minimum.reduceat(downs[source[step.into]] + edge[step.into], step.into_starts)
                downs[step.inner] = np.minimum(least, NEVER)
        through = downs[arrays.source[route.told]] + arrays.cost[route.told]
        through = np.minimum(through + self.ups[arrays.target[route.told]], NEVER)
        by_label = np.full(len(arrays.member_ends) - 1, NEVER, np.int64)
        by_label[route.labels] = np.minimum.reduceat(through[route.by_label], route.label_starts)
        inside = np.minimum.reduceat(by_label[route.class_labels], route.class_starts)
        inside = np.minimum(inside + arrays.unary[route.classes], NEVER)
        everything = cents + sum(self.by_group)
        impossible = sum(own >= NEVER for own in self.by_group)
        others = [NEVER if impossible > (own >= NEVER) else everything - own for own in self.by_group]
        result: list[Decimal | None] = [None] * len(arrays.sizes)
        for each, least, group in zip(
            route.classes.tolist(), inside.tolist(), route.class_group.tolist(), strict=True
        ):
            result[each] = (
                None if least >= NEVER or others[group] >= NEVER else self._price(least + others[group])
            )
        return result

    def _price(self, cents: int) -> Decimal | None:
        """None for what cannot be had, and for a price below zero, which the shop refuses."""
        if cents not in self.known:
            price = with_percentages(cents, self.percents) if cents < NEVER // 2 else None
            self.known[cents] = None if price is None or price < 0 else price
        return self.known[cents]


def _products_of_others(factors: list[int]) -> list[int]:
    before = list(accumulate(factors, mul, initial=1))
    after = list(accumulate(reversed(factors), mul, initial=1))[::-1]
    return [before[index] * after[index + 1] for index in range(len(factors))]
