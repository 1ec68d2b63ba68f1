"""Compiling a family into a decision diagram, as far as a budget of nodes and seconds allows."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from configurator.engine.compiled import Knowledge
from configurator.engine.diagram.building import Builder, Classes, classes_of, leaves, scope_of
from configurator.engine.diagram.functions import Functions, Plan, Table, counted
from configurator.engine.diagram.layout import Root, lay_out
from configurator.engine.diagram.nodes import NOTHING, OutOfReach
from configurator.engine.diagram.ordering import components, force
from configurator.engine.diagram.prices import Percentages, amounts, base_cents, percentages
from configurator.engine.diagram.reading import Diagram

NODES = 200_000
SECONDS = 20.0


@dataclass(frozen=True)
class _Priced:
    tables: tuple[Table, ...]
    percentages: Percentages


def compile(
    knowledge: Knowledge,
    *,
    nodes: int = NODES,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.thread_time,
) -> Diagram | None:
    """The family's diagram, None where it is void or does not fit: more than `nodes` nodes, more than
    `seconds` by `clock` (by default this thread's own work, whatever else the machine does), or a rule over
    too many combinations.

    Where the prices make it too large, the diagram has none and counts only. The diagram depends on the
    family alone (and on whether it fitted).
    """
    start = clock()

    def stop(share: float = 1.0) -> bool:
        return clock() - start > seconds * share

    functions = Functions(knowledge, stop)
    try:
        plans = _plans(knowledge, functions)
        priced = _priced(knowledge, Functions(knowledge, lambda: stop(0.4)))
        if priced is not None:
            joint = any(len(table.scope) > 1 for table in priced.tables)
            try:
                return _compile(knowledge, plans, priced, nodes, lambda: stop(0.6 if joint else 1.0))
            except OutOfReach:
                if not joint:
                    return None
        return _compile(knowledge, plans, None, nodes, stop)
    except OutOfReach:
        return None


def _plans(knowledge: Knowledge, functions: Functions) -> list[Plan]:
    spec = knowledge.spec
    plans = [functions.rule(rule) for rule in spec.rules if rule.severity == "must"]
    plans += [
        functions.amounts_chosen(option)
        for option in spec.options
        if option.kind == "multiple" and (option.least > 0 or option.most < len(option.values))
    ]
    return plans + [plan for option in spec.options for plan in functions.empty_is_nothing(option)]


def _priced(knowledge: Knowledge, functions: Functions) -> _Priced | None:
    if not knowledge.spec.prices and not knowledge.spec.base_price:
        return None  # such as a model from elsewhere: all configurations would cost nothing
    try:
        return _Priced(tuple(amounts(knowledge.spec, functions)), percentages(knowledge.spec))
    except OutOfReach:
        return None


def _compile(
    knowledge: Knowledge, plans: Sequence[Plan], priced: _Priced | None, nodes: int, stop: Callable[[], bool]
) -> Diagram | None:
    tables = priced.tables if priced else ()
    alone = [table for table in tables if len(table.scope) == 1]
    joint = [table for table in tables if len(table.scope) > 1]
    cost = sum(int(table.results.flat[0]) for table in tables if not table.scope)
    counts = [variable.count for variable in knowledge.variables.values()]
    classes = _classes(counts, plans, tables)
    scopes = [scope for plan in (*plans, *joint) if (scope := scope_of(plan))]
    told = [counted(knowledge.spec, code) for code in knowledge.variables]
    constant = [plan for plan in plans if not scope_of(plan)]
    if Builder((), classes, nodes=nodes, stop=stop).conjunction(constant) == NOTHING:
        return None
    roots: list[Root] = []
    for group in components(len(counts), scopes):
        inside = set(group)
        order = force(group, [scope for scope in scopes if scope[0] in inside])
        order.sort(key=lambda position: not told[position])  # what is not counted comes last
        builder = Builder(order, classes, nodes=nodes, stop=stop)
        root = builder.conjunction([plan for plan in plans if inside.intersection(scope_of(plan)[:1])])
        root, more = builder.with_costs(root, [table for table in joint if table.scope[0] in inside])
        if root == NOTHING:
            return None
        cost += more
        roots.append(Root(builder.nodes, root, tuple(order)))
    unary = [np.zeros(len(each.first), np.int64) for each in classes]
    for table in alone:
        position = table.scope[0]
        unary[position] += table.results[table.groups[0][classes[position].first]]
    return lay_out(
        knowledge,
        roots,
        classes,
        told,
        unary,
        cents=base_cents(knowledge.spec) + cost if priced else None,
        percentages=priced.percentages if priced else Percentages(),
        limit=nodes,
    )


def _classes(counts: Sequence[int], plans: Sequence[Plan], tables: Sequence[Table]) -> list[Classes]:
    groupings: list[list[np.ndarray[tuple[int], np.dtype[np.int64]]]] = [[] for _ in counts]
    for leaf in (leaf for plan in (*plans, *tables) for leaf in leaves(plan)):
        for position, groups in zip(leaf.scope, leaf.groups, strict=True):
            groupings[position].append(groups)
    return [classes_of(count, found) for count, found in zip(counts, groupings, strict=True)]
