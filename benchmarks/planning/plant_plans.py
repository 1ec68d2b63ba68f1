"""Plans of other planners for the plant: sequences on machines become a proposal that is certified like ours.

What a peer says counts only as an order of work on each machine; times are reckoned here, each operation as
early as its machine, its set-up and the work before it allow. This is no part of the planner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.planning.plant import LASER, OVEN, PACK, SHEET_HEIGHT, UV
from production.engine.batching import nest_again
from production.engine.measuring import measure
from production.engine.proposal import Operation, Problem, Proposal, Run
from production.engine.routing import key_of
from production.engine.shop import Shop
from production.engine.work import Step, Unit


class Stuck(Exception):
    """The sequences wait for each other, or for working time that does not come."""


@dataclass(frozen=True)
class Sequences:
    """`runs` are numbers of units, `loads` numbers of runs; by machine, `printed` and `packed` the runs and
    `cured` the loads, in their order."""

    runs: Sequence[Sequence[int]]
    loads: Sequence[Sequence[int]]
    printed: Mapping[str, Sequence[int]]
    cured: Mapping[str, Sequence[int]]
    packed: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class _Task:
    """`before` are tasks that have to end first; times in seconds at 100 %."""

    name: tuple[str, int]
    family: str
    seconds: int
    release: int
    before: tuple[tuple[str, int], ...]


def tables(problem: Problem) -> dict[str, Any]:
    """The plant as a peer is told it: plain lists; times in seconds from the start of work."""
    shop, now = problem.shop, problem.shop.now
    families = sorted({step.setup_family for unit in problem.units for step in unit.routing})
    number = {family: place for place, family in enumerate(families)}

    def line(unit: Unit) -> dict[str, int | str]:
        print_step, cure, pack = unit.routing
        return {
            "centre": print_step.work_centre,
            "family": number[print_step.setup_family],
            "programme": number[cure.setup_family],
            "load": cure.load,
            "print": print_step.seconds,
            "cure": cure.seconds,
            "pack": pack.seconds,
            "release": unit.release - now,
            "due": (unit.due or 0) - now,
            "weight": unit.weight,
        }

    return {
        "lines": [line(unit) for unit in problem.units],
        "machines": {
            centre: [[machine.code, machine.speed_percent] for machine in shop.machines_of[centre]]
            for centre in (UV, LASER, OVEN, PACK)
        },
        "feeding": {centre: shop.centre[centre].load_seconds for centre in (UV, LASER)},
        "first": {c: [shop.setup_seconds(c, "", after) for after in families] for c in (UV, LASER, OVEN)},
        "setups": {
            c: [[shop.setup_seconds(c, before, after) for after in families] for before in families]
            for c in (UV, LASER, OVEN)
        },
        "windows": [[start - now, end - now] for start, end in shop.calendars[0].intervals],
        "sheet": SHEET_HEIGHT // 1000,
        "oven": shop.centre[OVEN].capacity,
        "weights": {
            "tardiness": problem.weights.tardiness,
            "setup": problem.weights.setup,
            "run": problem.weights.run,
            "load": problem.weights.load,
        },
    }


def sequences_of(problem: Problem, runs: Sequence[Run], operations: Sequence[Operation]) -> Sequences:
    """A plan of ours as sequences: what peers are hinted, and what their fixed runs and loads are."""
    place = {unit.id: number for number, unit in enumerate(problem.units)}
    number = {run.id: n for n, run in enumerate(runs)}
    machines: dict[str, list[Operation]] = {machine.code: [] for machine in problem.shop.machines}
    for operation in sorted(operations, key=lambda o: (o.start, o.machine, o.run)):
        machines[operation.machine].append(operation)
    loads: dict[str, list[int]] = {}
    cured: dict[str, list[str]] = {}
    for machine in problem.shop.machines_of[OVEN]:
        for operation in machines[machine.code]:
            name = operation.load or operation.run
            if name not in loads:
                cured.setdefault(machine.code, []).append(name)
            loads.setdefault(name, []).append(number[operation.run])
    order = {name: n for n, name in enumerate(loads)}

    def runs_on(*centres: str) -> dict[str, list[int]]:
        every = [machine.code for centre in centres for machine in problem.shop.machines_of[centre]]
        return {code: [number[o.run] for o in machines[code]] for code in every}

    return Sequences(
        runs=[[place[unit] for unit in run.units] for run in runs],
        loads=list(loads.values()),
        printed=runs_on(UV, LASER),
        cured={code: [order[name] for name in names] for code, names in cured.items()},
        packed=runs_on(PACK),
    )


def as_proposal(problem: Problem, found: Sequences) -> Proposal:
    """The proposal with these sequences; raises `Stuck`."""
    runs = [_run(problem, f"r{n}", units) for n, units in enumerate(found.runs, start=1)]
    times = _times(problem, found)
    operations: list[Operation] = []
    load_of = {run: n for n, load in enumerate(found.loads) for run in load}
    for n, run in enumerate(runs):
        steps = problem.units[found.runs[n][0]].routing
        places = (("print", n), ("cure", load_of[n]), ("pack", n))
        for step, place in zip(steps, places, strict=True):
            machine, setup_start, start, end = times[place]
            operations.append(
                Operation(
                    run=run.id,
                    step=step.step,
                    work_centre=step.work_centre,
                    setup_family=step.setup_family,
                    machine=machine,
                    units=run.units,
                    seconds=end - start,
                    setup_start=setup_start,
                    start=start,
                    end=end,
                    load=f"l{place[1] + 1}" if place[0] == "cure" else "",
                )
            )
    operations.sort(key=lambda o: (o.setup_start, o.machine, o.run, o.step))
    return Proposal(
        runs=tuple(runs),
        operations=tuple(operations),
        frozen=(),
        unplanned=(),
        kpis=measure(problem, runs, operations, 0),
    )


def _run(problem: Problem, name: str, units: Sequence[int]) -> Run:
    members = [problem.units[unit] for unit in units]
    run = nest_again(members, problem.shop, key=key_of(members[0], problem.shop), run_id=name)
    return replace(run, why="As another planner has put it together.")


def _times(problem: Problem, found: Sequences) -> dict[tuple[str, int], tuple[str, int, int, int]]:
    """Machine, start of set-up, start and end of every task."""
    shop = problem.shop
    tasks = {task.name: task for task in _tasks(problem, found)}
    queues = [
        (machine, [tasks[kind, n] for n in order])
        for kind, orders in (("print", found.printed), ("cure", found.cured), ("pack", found.packed))
        for machine, order in orders.items()
    ]
    free = {machine: (shop.now, shop.machine[machine].setup_state) for machine, _ in queues}
    times: dict[tuple[str, int], tuple[str, int, int, int]] = {}
    going = True
    while going:
        going = False
        for machine, queue in queues:
            while queue and all(name in times for name in queue[0].before):
                task = queue.pop(0)
                ready = max([task.release, *(times[name][3] for name in task.before)])
                placed = _placed(shop, machine, free[machine], task, ready)
                times[task.name] = (machine, *placed)
                free[machine] = placed[2], task.family
                going = True
    if len(times) < len(tasks):
        raise Stuck(f"{len(tasks) - len(times)} of {len(tasks)} operations never begin")
    return times


def _tasks(problem: Problem, found: Sequences) -> list[_Task]:
    tasks = []
    load_of = {run: n for n, load in enumerate(found.loads) for run in load}
    for n, units in enumerate(found.runs):
        members = [problem.units[unit] for unit in units]

        def step(place: int, members: Sequence[Unit] = members) -> Step:
            return members[0].routing[place]

        feeding = problem.shop.centre[step(0).work_centre].load_seconds
        printing = sum(unit.routing[0].seconds for unit in members) + feeding
        packing = sum(unit.routing[2].seconds for unit in members)
        release = max(unit.release for unit in members)
        tasks.append(_Task(("print", n), step(0).setup_family, printing, release, ()))
        tasks.append(_Task(("pack", n), step(2).setup_family, packing, release, (("cure", load_of[n]),)))
    for n, load in enumerate(found.loads):
        members = [problem.units[unit] for run in load for unit in found.runs[run]]
        cure = max(unit.routing[1].seconds for unit in members)
        release = max(unit.release for unit in members)
        family = members[0].routing[1].setup_family
        tasks.append(_Task(("cure", n), family, cure, release, tuple(("print", run) for run in load)))
    return tasks


def _placed(shop: Shop, machine: str, free: tuple[int, str], task: _Task, ready: int) -> tuple[int, int, int]:
    facts = shop.machine[machine]
    setup = shop.setup_seconds(facts.work_centre, free[1], task.family)
    seconds = -(-task.seconds * 100 // facts.speed_percent)
    for opens, closes in shop.windows[machine]:
        start = max(max(opens, free[0]) + setup, ready)
        if start + seconds <= closes:
            return start - setup, start, start + seconds
    raise Stuck(f"no working time on {machine}")
