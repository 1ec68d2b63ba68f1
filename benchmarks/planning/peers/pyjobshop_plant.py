"""PyJobShop on the plant: runs and loads are given, it decides machines, sequences and times.

It knows neither batches nor loads. A line's lateness is that of a task without time after its run is packed.
What a machine is set up for at first is a task without time at the start.
"""

import sys
from itertools import pairwise
from typing import Any

from cpu_budget import within
from ortools.sat.python.cp_model import CpSolver
from pyjobshop import Model
from wire import serve

WORKERS = 4
NOW_SOLVING: list[CpSolver] = []


class Solver(CpSolver):
    """The solver that PyJobShop makes, kept so that it can be stopped."""

    def __init__(self) -> None:
        super().__init__()
        NOW_SOLVING.append(self)


# The package has a class of the module's name in the module's place.
sys.modules["pyjobshop.solvers.ortools.CPModel"].CpSolver = Solver  # type: ignore[attr-defined]


def plant(
    tables: dict[str, Any], runs: list[list[int]], loads: list[list[int]], horizon: int, cpu: float
) -> dict[str, Any]:
    """Runs and loads in order by machine, all within `horizon`; `found` false where no plan is in time."""
    model = Model()
    # Breaks beyond what is needed only cost it time.
    windows = [window for window in tables["windows"] if window[0] <= horizon]
    horizon = windows[-1][1]
    breaks = [(a[1], b[0]) for a, b in pairwise(windows)]
    machines = {
        centre: [(model.add_machine(breaks=breaks, name=name), speed) for name, speed in found]
        for centre, found in tables["machines"].items()
    }
    lines = tables["lines"]
    by_machine: dict[str, list[tuple[Any, int]]] = {m.name: [] for own in machines.values() for m, _ in own}

    def task(centre: str, seconds: int, family: int, release: int) -> Any:
        made = model.add_task(earliest_start=release, latest_end=horizon)
        for machine, speed in machines[centre]:
            model.add_mode(made, machine, -(-seconds * 100 // speed))
            by_machine[machine.name].append((made, family))
        return made

    prints, packs = [], []
    for run in runs:
        own = [lines[line] for line in run]
        release = max(line["release"] for line in own)
        centre = own[0]["centre"]
        seconds = tables["feeding"][centre] + sum(line["print"] for line in own)
        prints.append(task(centre, seconds, own[0]["family"], release))
        packs.append(task("pack", sum(line["pack"] for line in own), 0, release))
        for line in own:
            job = model.add_job(weight=line["weight"], due_date=line["due"])
            end = model.add_task(job=job, latest_end=horizon)
            model.add_mode(end, [], 0)
            model.add_end_before_start(packs[-1], end)
    cures = []
    for load in loads:
        own = [lines[line] for run in load for line in runs[run]]
        cures.append(task("oven", max(line["cure"] for line in own), own[0]["programme"], 0))
        for run in load:
            model.add_end_before_start(prints[run], cures[-1])
            model.add_end_before_start(cures[-1], packs[run])
    for centre in tables["setups"]:
        for machine, _ in machines[centre]:
            begin = model.add_task(latest_end=0)
            model.add_mode(begin, machine, 0)
            own = by_machine[machine.name]
            for after, family in own:
                model.add_setup_time(machine, begin, after, tables["first"][centre][family])
                for before, other in own:
                    if before is not after:
                        model.add_setup_time(machine, before, after, tables["setups"][centre][other][family])
    weights = tables["weights"]
    model.set_objective(weight_total_tardiness=weights["tardiness"], weight_total_setup_time=weights["setup"])
    result = within(
        lambda: model.solve(solver="ortools", time_limit=60 + 20 * cpu, display=False, num_workers=WORKERS),
        lambda: NOW_SOLVING and NOW_SOLVING[-1].stop_search(),
        cpu=cpu,
    )
    if not result.best.tasks:
        return {"found": False}
    at = {id(made): place for place, made in enumerate(model.tasks)}
    order: dict[str, list[tuple[int, str, int]]] = {name: [] for name in by_machine}
    for kind, made in (("print", prints), ("cure", cures), ("pack", packs)):
        for number, each in enumerate(made):
            placed = result.best.tasks[at[id(each)]]
            order[model.resources[placed.resources[0]].name].append((placed.start, kind, number))
    return {
        "found": True,
        "machines": {name: [number for _, _, number in sorted(own)] for name, own in order.items()},
        "bound": result.lower_bound,
    }


serve({"plant": plant})
