"""A diagram as arrays, and the order in which a reading goes through them."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
TEXT, NUMBER, CHOICE = 0, 1, 2
_LARGE = 2.0**61  # counts from here on are kept as Python's integers


@dataclass(frozen=True)
class Arrays:
    """The nodes and edges. Node 0 is the end; nodes are numbered step by step upwards, `ends[s]:ends[s + 1]`
    belong to step s, roots (one a group) last in their step. Edges are sorted by `source`.

    For each variable `points` of it (`counts` in number) have a class; classes are numbered over all
    variables, `sizes` are their points, `unary` their cents. `kind` is TEXT (also for pictures: not counted,
    their steps are the first `below[0]`), NUMBER or CHOICE; `group` the group of the variable. The classes of
    label l are `members[member_ends[l]:member_ends[l + 1]]`.
    """

    points: Ints
    counts: Ints
    sizes: Ints
    unary: Ints
    kind: Ints
    group: Ints
    roots: Ints
    ends: Ints
    below: Ints
    members: Ints
    member_ends: Ints
    source: Ints
    target: Ints
    label: Ints
    cost: Ints


@dataclass(frozen=True)
class Step:
    """Nodes of one level with their edges; `inner` are those that edges lead to, `into` these edges."""

    nodes: slice
    edges: slice
    starts: Ints
    inner: slice
    into: slice
    into_starts: Ints


@dataclass(frozen=True)
class Route:
    """`told` are the edges of what is counted. `by_label` sorts them by label, `labels` are those that they
    have; a class that can be had stands in `classes`, the labels that hold it in `class_labels`."""

    steps: tuple[Step, ...]
    below: int
    into: Ints
    told: slice
    by_label: Ints
    label_starts: Ints
    labels: Ints
    classes: Ints
    class_labels: Ints
    class_starts: Ints
    class_group: Ints


def route_of(arrays: Arrays) -> Route:
    ends, below = arrays.ends.tolist(), int(arrays.below[0])
    node_starts = np.searchsorted(arrays.source, np.arange(ends[-1] + 1))
    roots = set(arrays.roots.tolist())
    first_told = int(node_starts[ends[below]])
    into = np.argsort(arrays.target, kind="stable")
    into_starts = np.searchsorted(arrays.target[into], np.arange(ends[-1] + 1))
    steps = []
    for first, last in pairwise(ends):
        inner = last - sum(node in roots for node in range(first, last))
        a, b, c, d = node_starts[first], node_starts[last], into_starts[first], into_starts[inner]
        steps.append(
            Step(
                slice(first, last),
                slice(a, b),
                node_starts[first:last] - a,
                slice(first, inner),
                slice(c, d),
                into_starts[first:inner] - c,
            )
        )
    told_labels = arrays.label[first_told:]
    by_label = np.argsort(told_labels, kind="stable")
    labels, label_starts = np.unique(told_labels[by_label], return_index=True)
    lengths = np.diff(arrays.member_ends)
    member_label = np.repeat(np.arange(len(lengths)), lengths)
    told = np.isin(member_label, labels)
    order = np.argsort(arrays.members[told], kind="stable")
    classes, class_starts = np.unique(arrays.members[told][order], return_index=True)
    variable_of_class = np.zeros(len(arrays.sizes), np.int64)
    variable_of_class[arrays.points] = np.repeat(np.arange(len(arrays.counts)), arrays.counts)
    return Route(
        steps=tuple(steps),
        below=below,
        into=into,
        told=slice(first_told, len(arrays.source)),
        by_label=by_label,
        label_starts=label_starts,
        labels=labels,
        classes=classes,
        class_labels=member_label[told][order],
        class_starts=class_starts,
        class_group=arrays.group[variable_of_class[classes]],
    )


def kind_of_counts(arrays: Arrays, route: Route) -> type[Any]:
    """What counts of one group fit into: 64 bits, else Python's integers."""
    roots = up(arrays, route, arrays.sizes.astype(np.float64))[arrays.roots]
    return np.int64 if float(roots.max()) < _LARGE else object


def up(arrays: Arrays, route: Route, weights: NDArray[Any]) -> NDArray[Any]:
    """For every node in how many ways the levels below it can be chosen; `weights` by class."""
    found: NDArray[Any] = np.ones(arrays.ends[-1], dtype=weights.dtype)
    edge = np.add.reduceat(weights[arrays.members], arrays.member_ends[:-1])[arrays.label]
    for number, step in enumerate(route.steps):
        ways = np.add.reduceat(found[arrays.target[step.edges]] * edge[step.edges], step.starts)
        found[step.nodes] = np.minimum(ways, 1) if number < route.below else ways
    return found
