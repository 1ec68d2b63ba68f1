"""Frozen work on its machines: where it stands, where it has to move, set-ups between it and new work."""

from collections.abc import Sequence
from dataclasses import replace

from production.engine.proposal import FrozenOperation, Operation, Problem
from production.engine.scheduling.timeline import Slot, Timeline, timeline_of


def settle(problem: Problem) -> tuple[dict[str, Timeline], tuple[FrozenOperation, ...]]:
    """The machines with the frozen work on them.

    Where it stands as it is, it stays. Where it has come apart (something was not started in
    time, or runs late into the next) what is not started moves right: on its machine, in its
    order, never earlier.
    """
    machines = _empty(problem)
    stand = tuple(_with_setup(problem.frozen, problem))
    if is_sound(stand, problem):
        for frozen in stand:
            _add(machines[frozen.machine], frozen)
        for machine in machines.values():
            machine.slots.sort(key=lambda slot: slot[:3])
        return machines, stand
    return machines, tuple(_shifted_right(problem, machines))


def follow_setups(
    operations: Sequence[Operation], problem: Problem
) -> tuple[tuple[Operation, ...], tuple[FrozenOperation, ...]]:
    """Planned operations where they are, between the frozen work of the problem, each with the set-up that
    its neighbour on the machine asks for. Where there is no room for it they come out overlapping."""
    machines, frozen = settle(problem)
    family = {code: timeline.state for code, timeline in machines.items()}
    planned: list[Operation] = []
    kept: list[FrozenOperation] = []
    everything: list[Operation | FrozenOperation] = [*operations, *frozen]
    loads: dict[tuple[str, str], int] = {}
    for one in sorted(everything, key=lambda o: (o.start, o.end)):
        if one.load and (one.machine, one.load) in loads:
            begin = loads[one.machine, one.load]
        elif one.machine in machines:
            timeline = machines[one.machine]
            begin = timeline.back(one.start, timeline.setup(family[one.machine], one.setup_family))
            family[one.machine] = one.setup_family
        else:
            begin = one.setup_start  # the machine is gone; not for us to judge
        loads[one.machine, one.load] = begin
        if isinstance(one, Operation):
            planned.append(replace(one, setup_start=begin))
        else:
            kept.append(one if one.started else replace(one, setup_start=begin))
    return tuple(sorted(planned, key=lambda o: (o.setup_start, o.machine, o.run, o.step))), tuple(kept)


def is_sound(frozen: Sequence[FrozenOperation], problem: Problem) -> bool:
    """Whether the frozen work can be done at the times it has (set-ups as in ``frozen``)."""
    ends = {operation.id: operation.end for operation in frozen}
    free_from: dict[str, int] = {}
    loads: set[tuple[str, str, int]] = set()
    for operation in sorted(frozen, key=lambda o: (o.start, o.end, o.id)):
        if any(ends[before] > operation.start for before in operation.after if before in ends):
            return False
        if operation.load:
            if (operation.machine, operation.load, operation.start) in loads:
                continue
            loads.add((operation.machine, operation.load, operation.start))
        if not operation.started and operation.setup_start < problem.shop.now:
            return False
        # Begun ahead of something that should have been done first counts too.
        begins = operation.start if operation.started else operation.setup_start
        if begins < free_from.get(operation.machine, 0):
            return False
        if not operation.started and _worked(operation, problem) < operation.seconds:
            return False  # its machine stops meanwhile
        free_from[operation.machine] = max(free_from.get(operation.machine, 0), operation.end)
    return True


def _worked(operation: FrozenOperation, problem: Problem) -> int:
    """How long its machine works between its start and its end."""
    return sum(
        max(min(closes, operation.end) - max(opens, operation.start), 0)
        for opens, closes in problem.shop.windows.get(operation.machine, ())
    )


def _empty(problem: Problem) -> dict[str, Timeline]:
    return {machine.code: timeline_of(machine, problem.shop) for machine in problem.shop.machines}


def _with_setup(operations: Sequence[FrozenOperation], problem: Problem) -> list[FrozenOperation]:
    """The same operations with the set-up that their neighbours on the machine ask for."""
    machines = _empty(problem)
    states = {machine.code: machine.setup_state for machine in problem.shop.machines}
    settled = []
    loads: dict[tuple[str, str, int], int] = {}
    for operation in sorted(operations, key=lambda o: (o.start, o.end, o.id)):
        mates = operation.machine, operation.load, operation.start
        if operation.load and mates in loads:
            operation = replace(operation, setup_start=loads[mates])
        elif not operation.started:
            timeline = machines[operation.machine]
            setup = timeline.setup(states[operation.machine], operation.setup_family)
            operation = replace(operation, setup_start=timeline.back(operation.start, setup))
        states[operation.machine] = operation.setup_family
        loads[mates] = operation.setup_start
        settled.append(operation)
    return settled


def _shifted_right(problem: Problem, machines: dict[str, Timeline]) -> list[FrozenOperation]:
    ends: dict[str, int] = {}
    moved: list[FrozenOperation] = []
    mates: dict[tuple[str, str], list[FrozenOperation]] = {}
    for operation in problem.frozen:
        mates.setdefault((operation.machine, operation.load or f"alone {operation.id}"), []).append(operation)
    done: set[str] = set()
    for operation in sorted(problem.frozen, key=lambda o: (not o.started, o.start, o.end, o.id)):
        if operation.id in done:
            continue
        together = mates[operation.machine, operation.load or f"alone {operation.id}"]
        done.update(mate.id for mate in together)
        timeline = machines[operation.machine]
        times = operation.setup_start, operation.start, operation.end
        if not any(mate.started for mate in together):
            free_from = max([problem.shop.now, *(slot.end for slot in timeline.slots)])
            state = timeline.slots[-1].family if timeline.slots else timeline.state
            ready = max([operation.start, *(ends.get(b, 0) for mate in together for b in mate.after)])
            found = timeline.place(
                before=state,
                family=operation.setup_family,
                seconds=operation.seconds,
                earliest=free_from,
                ready=ready,
                until=None,
            )
            if found is None:
                # Its machine no longer works: it stays in line there until staff decide.
                setup = timeline.setup(state, operation.setup_family)
                start = max(free_from + setup, ready)
                found = start - setup, start, start + operation.seconds
            times = found
        for mate in together:
            shown = mate
            if not mate.started:
                shown = replace(mate, setup_start=times[0], start=times[1], end=times[2])
            ends[mate.id] = shown.end
            _add(timeline, shown)
            moved.append(shown)
    for timeline in machines.values():
        timeline.slots.sort(key=lambda slot: slot[:3])
    return moved


def _add(timeline: Timeline, frozen: FrozenOperation) -> None:
    """One slot for a load, however many share it."""
    slot = Slot(frozen.setup_start, frozen.start, frozen.end, frozen.setup_family, frozen.id)
    if not (frozen.load and timeline.slots and timeline.slots[-1][:4] == slot[:4]):
        timeline.slots.append(slot)
