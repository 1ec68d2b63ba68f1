"""From plans of rules to nodes: each rule's diagram, then one rule after the other into the whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configurator.engine.diagram.functions import Boxes, Ints, Junction, Plan, Table
from configurator.engine.diagram.nodes import DONE, NOTHING, Nodes, OutOfReach

# How many nodes there may be for each one of the budget while rules are being joined.
SPARE = 3


def leaves(plan: Plan) -> list[Table | Boxes]:
    if isinstance(plan, Junction):
        return [leaf for part in plan.parts for leaf in leaves(part)]
    return [] if isinstance(plan, bool) else [plan]


def scope_of(plan: Plan) -> tuple[int, ...]:
    return tuple(dict.fromkeys(position for leaf in leaves(plan) for position in leaf.scope))


@dataclass(frozen=True)
class Classes:
    """The points of a variable in classes that no rule and no price tells apart: `of[point]`, `first[class]`
    (a point of each class) and `sizes[class]`."""

    of: Ints
    first: Ints
    sizes: Ints


def classes_of(count: int, groupings: Sequence[Ints]) -> Classes:
    if not groupings:
        return Classes(np.zeros(count, np.int64), np.zeros(1, np.int64), np.array([count]))
    _, first, of, sizes = np.unique(
        np.stack(groupings), axis=1, return_index=True, return_inverse=True, return_counts=True
    )
    return Classes(of.reshape(-1).astype(np.int64), first.astype(np.int64), sizes.astype(np.int64))


class Builder:
    """Builds the diagram of one group of connected variables; `order` are their positions, top first."""

    def __init__(
        self, order: Sequence[int], classes: Sequence[Classes], *, nodes: int, stop: Callable[[], bool]
    ) -> None:
        self.order = tuple(order)
        self.classes = classes
        self.levels = {position: level for level, position in enumerate(order)}
        self.budget = nodes
        self.nodes = Nodes(
            [len(classes[position].first) for position in order], limit=SPARE * nodes, stop=stop
        )

    def conjunction(self, plans: Sequence[Plan]) -> int:
        """The node of all plans together: the deepest first, so that each step touches few levels."""
        roots = [self._plan(plan) for plan in plans]
        roots.sort(key=lambda root: -self.nodes.levels[root])
        return self._join(DONE, roots)[0]

    def with_costs(self, root: int, tables: Sequence[Table]) -> tuple[int, int]:
        """The node that has the tables' results on its edges, and the cost of going to it."""
        made = [self._costs(table) for table in tables]
        made.sort(key=lambda each: -self.nodes.levels[each[0]])
        found, cost = self._join(root, [node for node, _ in made])
        return found, cost + sum(offset for _, offset in made)

    def _join(self, found: int, roots: list[int]) -> tuple[int, int]:
        total = 0
        for number, root in enumerate(roots):
            found, cost = self.nodes.both(found, root)
            total += cost
            if len(self.nodes) > (SPARE + 1) // 2 * self.budget:
                found, *rest = self.nodes.collect([found, *roots[number + 1 :]])
                roots[number + 1 :] = rest
                if len(self.nodes) > self.budget:
                    raise OutOfReach
        return found, total

    # --- One rule

    def _plan(self, plan: Plan) -> int:
        if isinstance(plan, bool):
            return DONE if plan else NOTHING
        if isinstance(plan, Boxes):
            return self._boxes(plan)
        if isinstance(plan, Table):
            return self._truths(plan)
        parts = [self._plan(part) for part in plan.parts]
        if plan.operator == "!":
            return self.nodes.negation(parts[0])
        if plan.operator == "&":
            return self.nodes.all_of(parts)
        if plan.operator == "|":
            return self.nodes.any_of(parts)
        if plan.operator == "<=>":
            neither = self.nodes.all_of([self.nodes.negation(part) for part in parts])
            return self.nodes.any_of([self.nodes.all_of(parts), neither])
        return self._count(parts, plan.least, plan.most)

    def _count(self, parts: Sequence[int], least: int, most: int) -> int:
        """`counts[n]` stands for "n of the parts so far hold"; more than `most` need not be told apart."""
        counts = [DONE]
        for part in parts:
            opposite = self.nodes.negation(part)
            stay = [self.nodes.all_of([count, opposite]) for count in counts]
            step = [self.nodes.all_of([count, part]) for count in counts]
            counts = [
                self.nodes.any_of([one, other])
                for one, other in zip([*stay, NOTHING], [NOTHING, *step], strict=True)
            ][: most + 1]
        return self.nodes.any_of(counts[least:])

    def _axes(self, table: Table) -> NDArray[Any]:
        """The results by classes instead of groups, the axes in the order of the levels."""
        results = table.results
        for axis, (position, groups) in enumerate(zip(table.scope, table.groups, strict=True)):
            results = np.take(results, groups[self.classes[position].first], axis=axis)
        return results.transpose(np.argsort([self.levels[position] for position in table.scope]))

    def _truths(self, table: Table) -> int:
        results = self._axes(table)
        below = [DONE if truth else NOTHING for truth in results.ravel().tolist()]
        for level in sorted((self.levels[position] for position in table.scope), reverse=True):
            size = self.nodes.sizes[level]
            below = [
                self.nodes.node(level, tuple(below[at : at + size])) for at in range(0, len(below), size)
            ]
        return below[0]

    def _costs(self, table: Table) -> tuple[int, int]:
        results = self._axes(table)
        nodes, costs = [DONE] * results.size, results.ravel().tolist()
        for level in sorted((self.levels[position] for position in table.scope), reverse=True):
            size = self.nodes.sizes[level]
            pairs = [
                self.nodes.normal(level, tuple(nodes[at : at + size]), costs[at : at + size])
                for at in range(0, len(nodes), size)
            ]
            nodes, costs = [node for node, _ in pairs], [cost for _, cost in pairs]
        return nodes[0], costs[0]

    def _boxes(self, boxes: Boxes) -> int:
        """Level by level the boxes that all classes so far are in; none left decides it."""
        columns = sorted(
            (self.levels[position], [masks[group] for group in groups[self.classes[position].first].tolist()])
            for position, groups, masks in zip(boxes.scope, boxes.groups, boxes.boxes, strict=True)
        )
        every = 0
        for mask in columns[0][1] if columns else ():
            every |= mask
        states: list[dict[int, int]] = [{every: NOTHING}]
        for _, masks in columns:
            states.append(dict.fromkeys((state & mask for state in states[-1] for mask in masks), NOTHING))
        hit, miss = (DONE, NOTHING) if boxes.allowed else (NOTHING, DONE)
        below = {state: hit if state else miss for state in states[-1]}
        for (level, masks), here in zip(reversed(columns), reversed(states[:-1]), strict=True):
            below = {
                state: self.nodes.node(level, tuple(below[state & mask] for mask in masks)) for state in here
            }
        return below[every]
