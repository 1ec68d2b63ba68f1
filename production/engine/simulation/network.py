"""A plan as an event graph: what has to be done before what, in flat arrays of integers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from production.engine.kernels import Ints, ints
from production.engine.proposal import FrozenOperation, Operation, Problem, Proposal
from production.engine.shop import Shop

Member = Operation | FrozenOperation


@dataclass(frozen=True)
class Network:
    """A plan as an event graph in flat arrays. A node is an operation, or a whole load of a batch machine;
    nodes are in the order in which the plan begins them.

    ``machine`` per node; ``planned`` its earliest begin; ``setup`` and ``work`` working seconds. Before the
    set-up of node n come ``freeing[free_from[n]:free_from[n+1]]``, its machine and operator being busy with
    them; before its work ``before[first[n]:first[n+1]]``, of the same pieces, with ``lag`` seconds between.
    ``opens`` and ``closes`` of machine m are at ``window[m]:window[m+1]``; the nodes that end line n are
    ``last[last_first[n]:last_first[n+1]]``.
    """

    machine: Ints
    planned: Ints
    setup: Ints
    work: Ints
    free_from: Ints
    freeing: Ints
    first: Ints
    before: Ints
    lag: Ints
    window: Ints
    opens: Ints
    closes: Ints
    last_first: Ints
    last: Ints
    machines: tuple[str, ...]
    lines: tuple[str, ...]
    dues: tuple[int | None, ...]
    ends: tuple[int, ...]


def network(problem: Problem, proposal: Proposal) -> Network:
    """The event graph of a proposal with its frozen work."""
    shop = problem.shop
    members = _members(proposal)
    number = {name: n for n, name in enumerate(members)}
    machines = tuple(sorted({one[0].machine for one in members.values()}))
    place = {code: n for n, code in enumerate(machines)}
    freeing = _resources(members, number)
    before: list[dict[int, int]] = [{} for _ in members]
    ends = _follow_units(problem, proposal, number, before)
    for name, one in members.items():
        for operation in one:
            if isinstance(operation, FrozenOperation):
                for other in operation.after:
                    if (earlier := number.get(f"f {other}")) is not None:
                        before[number[name]].setdefault(earlier, 0)
    windows = [shop.windows.get(code, ()) for code in machines]
    lines = tuple(sorted(ends))
    due_of = {unit.line: unit.due for unit in problem.units}
    flat = [sorted(each.items()) for each in before]
    tops = [one[0] for one in members.values()]
    return Network(
        machine=ints(place[one.machine] for one in tops),
        planned=ints(
            one.start if isinstance(one, FrozenOperation) and one.started else one.setup_start for one in tops
        ),
        setup=ints(_setup_seconds(one, shop) for one in tops),
        work=ints(_work_seconds(one, shop) for one in tops),
        free_from=ints(_starts(freeing)),
        freeing=ints(node for each in freeing for node in each),
        first=ints(_starts(flat)),
        before=ints(node for each in flat for node, _ in each),
        lag=ints(lag for each in flat for _, lag in each),
        window=ints(_starts(windows)),
        opens=ints(start for each in windows for start, _ in each),
        closes=ints(end for each in windows for _, end in each),
        last_first=ints(_starts([sorted(ends[line]) for line in lines])),
        last=ints(node for line in lines for node in sorted(ends[line])),
        machines=machines,
        lines=lines,
        dues=tuple(due_of.get(line) for line in lines),
        ends=tuple(max(tops[node].end for node in ends[line]) for line in lines),
    )


def _members(proposal: Proposal) -> dict[str, list[Member]]:
    """The operations of each node by its name, nodes in the order in which the plan begins them."""
    everything: list[tuple[str, Member]] = [
        (f"l {o.machine} {o.load}" if o.load else f"o {o.run} {o.step} {o.work_centre} {o.setup_family}", o)
        for o in proposal.operations
    ]
    everything += [(f"f {o.id}", o) for o in proposal.frozen]
    everything.sort(key=lambda each: (each[1].start, each[1].end, each[0]))
    members: dict[str, list[Member]] = {}
    for name, operation in everything:
        members.setdefault(name, []).append(operation)
    return members


def _resources(members: Mapping[str, Sequence[Member]], number: Mapping[str, int]) -> list[list[int]]:
    """What each node's machine and operator do before it: both do one thing after the other."""
    busy: dict[tuple[str, str], int] = {}
    freeing: list[list[int]] = []
    for name, one in members.items():
        resources = {("machine", one[0].machine)} | {("operator", o.operator) for o in one if o.operator}
        freeing.append(sorted({busy[resource] for resource in resources if resource in busy}))
        busy |= dict.fromkeys(resources, number[name])
    return freeing


def _follow_units(
    problem: Problem, proposal: Proposal, number: Mapping[str, int], before: Sequence[dict[int, int]]
) -> dict[str, set[int]]:
    """Every unit goes through its steps. Answers with the nodes that end each line."""
    at: dict[tuple[str, int], int] = {}
    for o in proposal.operations:
        name = f"l {o.machine} {o.load}" if o.load else f"o {o.run} {o.step} {o.work_centre} {o.setup_family}"
        for name_of_unit in o.units:
            at[name_of_unit, o.step] = number[name]
    ends: dict[str, set[int]] = {}
    groups: dict[str, set[int]] = {}
    for unit in problem.units:
        path = [(step, at[unit.id, step.step]) for step in unit.routing if (unit.id, step.step) in at]
        for (_, node), (step, after) in pairwise(path):
            before[after][node] = max(before[after].get(node, 0), step.min_lag)
        if path:
            ends.setdefault(unit.line, set()).add(path[-1][1])
            if unit.together:
                groups.setdefault(unit.together, set()).add(path[-1][1])
    for unit in problem.units:
        if unit.together and unit.line in ends:
            ends[unit.line] |= groups[unit.together]
    return ends


def _setup_seconds(operation: Member, shop: Shop) -> int:
    if isinstance(operation, FrozenOperation) and operation.started:
        return 0
    return sum(
        max(min(end, operation.start) - max(start, operation.setup_start), 0)
        for start, end in shop.windows.get(operation.machine, ())
    )


def _work_seconds(operation: Member, shop: Shop) -> int:
    if isinstance(operation, FrozenOperation) and operation.started:
        return max(operation.end - max(operation.start, shop.now), 1)
    return operation.seconds


def _starts(groups: Sequence[Sequence[object]]) -> list[int]:
    starts = [0]
    for group in groups:
        starts.append(starts[-1] + len(group))
    return starts
