"""A diagram's nodes laid out as arrays: every path passes every level, parallel edges are one.

Groups of variables that nothing connects stand side by side, so that one step of a reading passes a level of
each of them. What is not counted (texts, pictures) lies below what is, in the first steps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from configurator.engine.compiled import ChoiceVariable, Knowledge
from configurator.engine.diagram.arrays import CHOICE, NUMBER, TEXT, Arrays
from configurator.engine.diagram.building import Classes
from configurator.engine.diagram.functions import Ints
from configurator.engine.diagram.nodes import DONE, NOTHING, Nodes, OutOfReach
from configurator.engine.diagram.prices import Percentages
from configurator.engine.diagram.reading import Diagram


@dataclass(frozen=True)
class Root:
    """The diagram of one group of connected variables, whose positions `order` gives level by level."""

    nodes: Nodes
    node: int
    order: tuple[int, ...]


# A node at a level of a group; above its own level it only leads on.
_Place = tuple[int, int, int]
_Edges = dict[tuple[int, int], list[int]]


def lay_out(
    knowledge: Knowledge,
    roots: Sequence[Root],
    classes: Sequence[Classes],
    counted: Sequence[bool],
    unary: Sequence[Ints],
    *,
    cents: int | None,
    percentages: Percentages,
    limit: int,
) -> Diagram:
    """The diagram of these groups; raises `OutOfReach` where it has more than `limit` nodes."""
    below = max(sum(not counted[position] for position in root.order) for root in roots)
    steps: list[list[tuple[_Place, int, _Edges]]] = []
    total = 0
    for group, root in enumerate(roots):
        last = len(root.order) - 1
        own_below = sum(not counted[position] for position in root.order)
        for level, found in enumerate(_levels(root)):
            step = last - level
            step += below - own_below if counted[root.order[level]] else 0
            steps.extend([] for _ in range(step + 1 - len(steps)))
            steps[step] += [((group, level, node), root.order[level], edges) for node, edges in found]
            total += len(found)
            if total > limit:
                raise OutOfReach
    kinds = [
        TEXT if not told else CHOICE if isinstance(variable, ChoiceVariable) else NUMBER
        for told, variable in zip(counted, knowledge.variables.values(), strict=True)
    ]
    return Diagram(
        tuple(knowledge.variables),
        _arrays(steps, roots, classes, kinds, unary, below),
        cents,
        percentages,
    )


def _levels(root: Root) -> Iterator[list[tuple[int, _Edges]]]:
    """Level by level the nodes there are, with what leads on: (node, cost) -> classes."""
    nodes, here = root.nodes, [root.node]
    for level, size in enumerate(nodes.sizes):
        found: list[tuple[int, _Edges]] = []
        after: dict[int, None] = {}
        for node in here:
            edges: _Edges = {}
            if nodes.levels[node] == level:
                costs = nodes.costs[node] or repeat(0)
                for number, (kid, cost) in enumerate(zip(nodes.kids[node], costs, strict=False)):
                    if kid != NOTHING:
                        edges.setdefault((kid, cost), []).append(number)
            else:
                edges[node, 0] = list(range(size))
            after.update((kid, None) for kid, _ in edges)
            found.append((node, edges))
        yield found
        here = list(after)


def _arrays(
    steps: Sequence[list[tuple[_Place, int, _Edges]]],
    roots: Sequence[Root],
    classes: Sequence[Classes],
    kinds: Sequence[int],
    unary: Sequence[Ints],
    below: int,
) -> Arrays:
    offsets = np.cumsum([0, *(len(each.first) for each in classes)])
    numbers: dict[_Place, int] = {}
    for step in steps:
        step.sort(key=lambda each: each[0][1] == 0)  # roots last: nothing leads to them
        for place, _, _ in step:
            numbers[place] = len(numbers) + 1
    labels: dict[tuple[int, tuple[int, ...]], int] = {}
    source: list[int] = []
    target: list[int] = []
    label: list[int] = []
    cost: list[int] = []
    for step in steps:
        for place, position, edges in step:
            group, level, _ = place
            for (kid, cents), inside in edges.items():
                source.append(numbers[place])
                target.append(
                    0
                    if kid == DONE and level + 1 == len(roots[group].order)
                    else numbers[group, level + 1, kid]
                )
                label.append(labels.setdefault((position, tuple(inside)), len(labels)))
                cost.append(cents)
    members = [offsets[position] + np.array(inside) for position, inside in labels]
    return Arrays(
        points=np.concatenate([offsets[n] + each.of for n, each in enumerate(classes)]),
        counts=np.array([len(each.of) for each in classes]),
        sizes=np.concatenate([each.sizes for each in classes]),
        unary=np.concatenate(list(unary)),
        kind=np.array(kinds),
        group=_group_of(roots, len(classes)),
        roots=np.array([numbers[group, 0, root.node] for group, root in enumerate(roots)]),
        ends=np.cumsum([1, *(len(step) for step in steps)]),
        below=np.array([below]),
        members=np.concatenate(members),
        member_ends=np.cumsum([0, *(len(each) for each in members)]),
        source=np.array(source),
        target=np.array(target),
        label=np.array(label),
        cost=np.array(cost),
    )


def _group_of(roots: Sequence[Root], count: int) -> Ints:
    group = np.zeros(count, np.int64)
    for number, root in enumerate(roots):
        group[list(root.order)] = number
    return group
