"""Instances of the Oven Scheduling Problem: the `.dat` and `.dzn` files of its authors, and a checker.

Set-up matrices have a row more than families, for "no state": the first one in `.dat`, the last one in
`.dzn`. Windows of no length fill up the rows of shifts.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from production.engine.scheduling.ovens import Load, Oven, OvenJob, OvenProblem

NAMES = {
    "SetupCosts": "setup_costs",
    "SetupTimes": "setup_times",
    "nAttributes": "a",
    "nMachines": "m",
    "nJobs": "n",
    "MaxCap": "max_cap",
    "ShiftStartTimes": "m_a_s",
    "ShiftEndTimes": "m_a_e",
    "EligibleMachines": "eligible_machine",
    "EarliestStart": "earliest_start",
    "LatestEnd": "latest_end",
    "MinTime": "min_time",
    "MaxTime": "max_time",
    "JobSize": "size",
    "Attribute": "attribute",
}
COLUMNS = ("size", "attribute", "earliest_start", "latest_end", "min_time", "max_time")


@dataclass(frozen=True)
class Instance:
    """``scale`` divides a cost into the authors' figure between 0 and 1."""

    name: str
    problem: OvenProblem
    scale: int


def read(path: Path) -> Instance:
    """Raises ``ValueError`` or ``KeyError`` for a file of another kind."""
    fields = {
        NAMES.get(name, name): value
        for name, value in re.findall(r"(\w+)\s*=\s*(.*?);", path.read_text(encoding="utf-8"), re.DOTALL)
    }
    families, ovens, jobs = (int(fields[name]) for name in ("a", "m", "n"))

    def numbers(name: str) -> list[int]:
        return [int(each) for each in re.findall(r"-?\d+", fields[name])]

    def rows(name: str) -> list[tuple[int, ...]]:
        found = numbers(name)
        every = [tuple(found[at : at + families]) for at in range(0, len(found), families)]
        return every[1:] if path.suffix == ".dat" else every[:families]

    run, late = int(fields["mult_factor_total_runtime"]), int(fields["mult_factor_finished_toolate"])
    by_time, by_cost = (int(fields[f"mult_factor_total_setup{kind}"]) for kind in ("times", "costs"))
    times, costs = rows("setup_times"), rows("setup_costs")
    if len(times) != families or len(costs) != families:
        raise ValueError(f"{path.name}: {families} families, but set-ups of {len(times)}")
    opens, closes = numbers("m_a_s"), numbers("m_a_e")
    shifts = len(opens) // ovens
    states, capacities = numbers("initState"), numbers("max_cap")
    named = re.findall(r"\{([^}]*)\}", fields["eligible_machine"])
    may = [tuple(sorted(int(oven) - 1 for oven in each.split(","))) for each in named]
    columns = [numbers(name) for name in COLUMNS]
    if {len(column) for column in columns} != {jobs} or len(may) != jobs:
        raise ValueError(f"{path.name}: {jobs} jobs, but rows of another length")
    return Instance(
        name=path.stem,
        problem=OvenProblem(
            jobs=tuple(
                OvenJob(size, family - 1, earliest, latest, shortest, longest, allowed, late=late)
                for size, family, earliest, latest, shortest, longest, allowed in zip(
                    *columns, may, strict=True
                )
            ),
            ovens=tuple(
                Oven(
                    capacities[oven],
                    states[oven] - 1,
                    tuple(
                        (start, end)
                        for start, end in zip(
                            opens[oven * shifts : (oven + 1) * shifts],
                            closes[oven * shifts : (oven + 1) * shifts],
                            strict=True,
                        )
                        if start < end
                    ),
                )
                for oven in range(ovens)
            ),
            setup_seconds=tuple(times),
            setup_costs=tuple(
                tuple(by_cost * cost + by_time * time for cost, time in zip(*pair, strict=True))
                for pair in zip(costs, times, strict=True)
            ),
            run_cost=run,
        ),
        scale=int(fields["upper_bound_integer_objective"]),
    )


def faults(problem: OvenProblem, loads: Sequence[Load]) -> Iterator[str]:
    """What is wrong with loads as a whole plan. Independent of the planner: every rule in its own words."""
    times = Counter(number for load in loads for number in load.jobs)
    for number in range(len(problem.jobs)):
        if times[number] != 1:
            yield f"job {number} is in {times[number]} loads"
    for load in loads:
        jobs = [problem.jobs[job] for job in load.jobs]
        where = f"oven {load.oven} at {load.start}"
        if len({job.family for job in jobs}) != 1:
            yield f"{where}: families mixed"
        if sum(job.size for job in jobs) > problem.ovens[load.oven].capacity:
            yield f"{where}: too full"
        for number, job in zip(load.jobs, jobs, strict=True):
            length = load.end - load.start
            if load.oven not in job.ovens:
                yield f"{where}: job {number} may not go there"
            if load.start < job.earliest:
                yield f"{where}: job {number} is not there yet"
            if length < job.shortest or (job.longest is not None and length > job.longest):
                yield f"{where}: job {number} takes {job.shortest} to {job.longest}, not {length}"
    for number, oven in enumerate(problem.ovens):
        state, free = oven.state, None
        for load in sorted((each for each in loads if each.oven == number), key=lambda each: each.start):
            family = problem.jobs[load.jobs[0]].family
            begin = load.start - problem.setup_seconds[state][family]
            if not any(opens <= begin and load.end <= closes for opens, closes in oven.windows):
                yield f"oven {number} at {load.start}: not in working time with its set-up"
            if free is not None and begin < free:
                yield f"oven {number} at {load.start}: the load before ends at {free}"
            state, free = family, load.end


def cost_of(problem: OvenProblem, loads: Sequence[Load]) -> int:
    """What the loads cost, in the checker's own words."""
    cost = 0
    for number, oven in enumerate(problem.ovens):
        own = sorted((each for each in loads if each.oven == number), key=lambda each: each.start)
        states = [oven.state, *(problem.jobs[load.jobs[0]].family for load in own)]
        cost += sum(problem.setup_costs[a][b] for a, b in pairwise(states))
    for load in loads:
        cost += problem.run_cost * (load.end - load.start) + problem.load_cost
        for job in (problem.jobs[each] for each in load.jobs):
            if job.latest is not None and load.end > job.latest:
                cost += job.late + job.late_each * (load.end - job.latest)
    return cost
