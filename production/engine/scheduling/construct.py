"""List scheduling: runs in an order of dispatch, each through its routing, earliest finish first.

Serial schedule generation (R. Kolisch, EJOR 90, 1996) on machines with sequence-dependent
set-ups: the next run of the order is put completely into the gaps that are left. Several
orders of dispatch are tried, and small changes of the best one as long as ``stop`` allows.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from production.engine.durations import work_seconds
from production.engine.proposal import FrozenOperation, Operation, Problem, Run
from production.engine.routing import able_machines
from production.engine.scheduling.timeline import Slot, Timeline, timeline_of
from production.engine.shop import Shop
from production.engine.work import Unit

LATEST = 1 << 62
# Told how many schedules were tried, says whether to end.
Stop = Callable[[int], bool]


def iterations(count: int) -> Stop:
    """Stop after so many schedules: the same plan again from the same seed."""
    return lambda tried: tried >= count


class Task(NamedTuple):
    """An operation before it has a time: ``after`` are indices of tasks of the same run."""

    step: int
    work_centre: str
    family: str
    material: str
    seconds: int
    units: tuple[str, ...]
    after: tuple[int, ...]


@dataclass(frozen=True)
class Job:
    """A run with its tasks; ``dues`` are the promises of its units with their last tasks."""

    run: Run
    release: int
    tasks: tuple[Task, ...]
    dues: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Schedule:
    """``left_out`` are ids of runs for which no working time was left."""

    operations: tuple[Operation, ...]
    frozen: tuple[FrozenOperation, ...]
    left_out: tuple[str, ...]
    score: tuple[int, int, int, int]


def schedule(runs: Sequence[Run], problem: Problem, *, seed: int = 0, stop: Stop | None = None) -> Schedule:
    """Times and machines for all runs around the frozen work.

    The best by (runs left out, tardiness of units, set-up seconds, sum of ends). Deterministic for a
    seed when ``stop`` counts schedules; the standard orders of dispatch are always tried.
    """
    stop = stop or iterations(0)
    units = {unit.id: unit for unit in problem.units}
    jobs = [job_of(run, units, problem.shop) for run in runs]
    machines, frozen = settle(problem)
    orders = _orders(jobs)
    best_order = orders[0]
    best = _construct(orders[0], machines, frozen, problem)
    tried = 1
    for order in orders[1:]:
        best, best_order = _better(_construct(order, machines, frozen, problem), order, best, best_order)
        tried += 1
    chance = random.Random(seed)  # noqa: S311 - a search, not a secret
    while len(jobs) > 1 and not stop(tried):
        order = _moved(best_order, chance)
        best, best_order = _better(_construct(order, machines, frozen, problem), order, best, best_order)
        tried += 1
    return best


def job_of(run: Run, units: dict[str, Unit], shop: Shop) -> Job:
    """The tasks of a run in the order of their steps, with who goes before whom."""
    amounts: dict[tuple[int, str, str], list[tuple[int, int]]] = {}
    members: dict[tuple[int, str, str], list[str]] = {}
    for unit_id in run.units:
        for step in units[unit_id].routing:
            place = (step.step, step.work_centre, step.setup_family)
            amounts.setdefault(place, []).append((step.seconds, step.load))
            members.setdefault(place, []).append(unit_id)
    places = sorted(members)
    number = {place: index for index, place in enumerate(places)}
    after: list[set[int]] = [set() for _ in places]
    dues: list[tuple[int, int]] = []
    for unit_id in run.units:
        unit = units[unit_id]
        path = [number[step.step, step.work_centre, step.setup_family] for step in unit.routing]
        for before, task in pairwise(path):
            after[task].add(before)
        if unit.due is not None:
            dues.append((unit.due, path[-1]))
    gang = (run.key.step, run.key.work_centre, run.key.setup_family)
    tasks = tuple(
        Task(
            *place,
            material=run.key.material if place == gang else "",
            seconds=work_seconds(
                shop.centre[place[1]], amounts[place], sheets=len(run.sheets) if place == gang else 0
            ),
            units=tuple(members[place]),
            after=tuple(sorted(after[index])),
        )
        for index, place in enumerate(places)
    )
    release = max(units[unit_id].release for unit_id in run.units)
    return Job(run, release, tasks, tuple(dues))


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
            machines[frozen.machine].slots.append(_slot_of(frozen))
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
    for one in sorted(everything, key=lambda o: (o.start, o.end)):
        if one.machine in machines:
            timeline = machines[one.machine]
            begin = timeline.back(one.start, timeline.setup(family[one.machine], one.setup_family))
            family[one.machine] = one.setup_family
        else:
            begin = one.setup_start  # the machine is gone; not for us to judge
        if isinstance(one, Operation):
            planned.append(replace(one, setup_start=begin))
        else:
            kept.append(one if one.started else replace(one, setup_start=begin))
    return tuple(sorted(planned, key=lambda o: (o.setup_start, o.machine, o.run, o.step))), tuple(kept)


def is_sound(frozen: Sequence[FrozenOperation], problem: Problem) -> bool:
    """Whether the frozen work can be done at the times it has (set-ups as in ``frozen``)."""
    ends = {operation.id: operation.end for operation in frozen}
    free_from: dict[str, int] = {}
    for operation in sorted(frozen, key=lambda o: (o.start, o.end, o.id)):
        if not operation.started and operation.setup_start < problem.shop.now:
            return False
        if not operation.started and operation.setup_start < free_from.get(operation.machine, 0):
            return False
        if any(ends[before] > operation.start for before in operation.after if before in ends):
            return False
        free_from[operation.machine] = max(free_from.get(operation.machine, 0), operation.end)
    return True


def _empty(problem: Problem) -> dict[str, Timeline]:
    return {machine.code: timeline_of(machine, problem.shop) for machine in problem.shop.machines}


def _with_setup(operations: Sequence[FrozenOperation], problem: Problem) -> list[FrozenOperation]:
    """The same operations with the set-up that their neighbours on the machine ask for."""
    machines = _empty(problem)
    states = {machine.code: machine.setup_state for machine in problem.shop.machines}
    settled = []
    for operation in sorted(operations, key=lambda o: (o.start, o.end, o.id)):
        if not operation.started:
            timeline = machines[operation.machine]
            setup = timeline.setup(states[operation.machine], operation.setup_family)
            operation = replace(operation, setup_start=timeline.back(operation.start, setup))
        states[operation.machine] = operation.setup_family
        settled.append(operation)
    return settled


def _shifted_right(problem: Problem, machines: dict[str, Timeline]) -> list[FrozenOperation]:
    ends: dict[str, int] = {}
    moved: list[FrozenOperation] = []
    for operation in sorted(problem.frozen, key=lambda o: (not o.started, o.start, o.end, o.id)):
        timeline = machines[operation.machine]
        if not operation.started:
            free_from = max([problem.shop.now, *(slot.end for slot in timeline.slots)])
            state = timeline.slots[-1].family if timeline.slots else timeline.state
            ready = max([operation.start, *(ends.get(before, 0) for before in operation.after)])
            times = timeline.place(
                before=state,
                family=operation.setup_family,
                seconds=operation.seconds,
                earliest=free_from,
                ready=ready,
                until=None,
            )
            if times is None:
                # Its machine no longer works: it stays in line there until staff decide.
                setup = timeline.setup(state, operation.setup_family)
                start = max(free_from + setup, ready)
                times = start - setup, start, start + operation.seconds
            operation = replace(operation, setup_start=times[0], start=times[1], end=times[2])
        ends[operation.id] = operation.end
        timeline.slots.append(_slot_of(operation))
        moved.append(operation)
    for timeline in machines.values():
        timeline.slots.sort(key=lambda slot: slot[:3])
    return moved


def _slot_of(frozen: FrozenOperation) -> Slot:
    return Slot(frozen.setup_start, frozen.start, frozen.end, frozen.setup_family, frozen.id)


def _construct(
    order: Sequence[Job], empty: dict[str, Timeline], frozen: tuple[FrozenOperation, ...], problem: Problem
) -> Schedule:
    machines = {code: timeline.copy() for code, timeline in empty.items()}
    operations: dict[tuple[str, int], Operation] = {}
    left_out: list[str] = []
    tardiness = 0
    for job in order:
        before = {code: machine.slots for code, machine in machines.items()}
        for machine in machines.values():
            machine.slots = list(machine.slots)
        ends = _place_job(job, machines, operations, problem)
        if ends is None:
            left_out.append(job.run.id)
            for code, machine in machines.items():
                machine.slots = before[code]
            continue
        tardiness += sum(max(ends[last] - due, 0) for due, last in job.dues)
    placed = tuple(_timed(operations, machines))
    shown = tuple(_retimed(frozen, machines))
    return Schedule(
        operations=placed,
        frozen=shown,
        left_out=tuple(left_out),
        score=(
            len(left_out),
            tardiness,
            sum(operation.start - operation.setup_start for operation in placed),
            sum(operation.end for operation in placed),
        ),
    )


def _place_job(
    job: Job, machines: dict[str, Timeline], operations: dict[tuple[str, int], Operation], problem: Problem
) -> list[int] | None:
    """Ends of the tasks; None (and nothing in ``operations``) when one of them finds no time."""
    ends: list[int] = []
    for number, task in enumerate(job.tasks):
        ready = max([problem.not_before, job.release, *(ends[before] for before in task.after)])
        best: tuple[int, str, int, Slot] | None = None
        for machine in able_machines(task.work_centre, task.material, problem.shop):
            found = machines[machine.code].first_gap(
                family=task.family,
                seconds=machine.duration(task.seconds),
                ready=ready,
                not_before=problem.not_before,
            )
            if found is not None and (best is None or (found[1].end, machine.code) < (best[0], best[1])):
                best = found[1].end, machine.code, found[0], found[1]
        if best is None:
            for earlier in range(number):
                del operations[job.run.id, earlier]
            return None
        end, code, index, slot = best
        machines[code].insert(index, slot._replace(operation=(job.run.id, number)))
        operations[job.run.id, number] = Operation(
            run=job.run.id,
            step=task.step,
            work_centre=task.work_centre,
            setup_family=task.family,
            machine=code,
            units=task.units,
            seconds=problem.shop.machine[code].duration(task.seconds),
            setup_start=slot.setup_start,
            start=slot.start,
            end=slot.end,
        )
        ends.append(end)
    return ends


def _timed(operations: dict[tuple[str, int], Operation], machines: dict[str, Timeline]) -> list[Operation]:
    """The operations in order of time, with the set-ups that the last insertion left."""
    setup_starts = {
        slot.operation: slot.setup_start for machine in machines.values() for slot in machine.slots
    }
    timed = [replace(operation, setup_start=setup_starts[place]) for place, operation in operations.items()]
    return sorted(timed, key=lambda o: (o.setup_start, o.machine, o.run, o.step))


def _retimed(frozen: Sequence[FrozenOperation], machines: dict[str, Timeline]) -> list[FrozenOperation]:
    setup_starts = {
        slot.operation: slot.setup_start for machine in machines.values() for slot in machine.slots
    }
    return [replace(operation, setup_start=setup_starts[operation.id]) for operation in frozen]


def _orders(jobs: Sequence[Job]) -> list[list[Job]]:
    """Orders of dispatch: earliest due date; by day of the due date and set-up; least slack; longest
    work first; by set-up alone."""

    def due(job: Job) -> int:
        return LATEST if job.run.due is None else job.run.due

    def work(job: Job) -> int:
        return sum(task.seconds for task in job.tasks)

    keys: list[Callable[[Job], tuple[object, ...]]] = [
        lambda job: (due(job), job.run.key, job.run.id),
        lambda job: (due(job) // 86_400, job.run.key, due(job), job.run.id),
        lambda job: (due(job) - work(job), job.run.key, job.run.id),
        lambda job: (due(job) // 86_400, -work(job), job.run.id),
        lambda job: (job.run.key, due(job), job.run.id),
    ]
    return [sorted(jobs, key=key) for key in keys]


def _moved(order: list[Job], chance: random.Random) -> list[Job]:
    """The order with one run taken out and put elsewhere."""
    moved = list(order)
    job = moved.pop(chance.randrange(len(moved)))
    moved.insert(chance.randrange(len(moved) + 1), job)
    return moved


def _better(
    new: Schedule, new_order: list[Job], best: Schedule, best_order: list[Job]
) -> tuple[Schedule, list[Job]]:
    return (new, new_order) if new.score < best.score else (best, best_order)
