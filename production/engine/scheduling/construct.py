"""Runs get machines, people and times: rules of dispatch over a grid of parameters, then annealing.

The same problem, seed and number of schedules give the same answer, in Python and compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from production.engine.kernels import BEYOND
from production.engine.proposal import FrozenOperation, Operation, Problem, Run
from production.engine.scheduling.annealing import Search
from production.engine.scheduling.compiled import Compiled, Fixed, compile_problem
from production.engine.scheduling.reading import operations_of
from production.engine.scheduling.standing import follow_setups, settle
from production.engine.scheduling.timeline import Slot
from production.engine.shop import Shop

__all__ = ["Compiled", "Report", "Schedule", "Stop", "follow_setups", "iterations", "schedule", "settle"]

# Told how many schedules were tried, says whether to end.
Stop = Callable[[int], bool]
# Told now and then what was tried and what the best costs.
Report = Callable[[dict[str, Any]], None]


def iterations(count: int) -> Stop:
    """Stop after so many schedules: the same plan again from the same seed."""
    return lambda tried: tried >= count


@dataclass(frozen=True)
class Schedule:
    """``left_out`` are ids of runs for which no working time was left; ``cost`` is in 3,600ths of a minor
    unit of money."""

    operations: tuple[Operation, ...]
    frozen: tuple[FrozenOperation, ...]
    left_out: tuple[str, ...]
    cost: int


def schedule(
    runs: Sequence[Run],
    problem: Problem,
    *,
    seed: int = 0,
    stop: Stop | None = None,
    report: Report | None = None,
    fixed: Sequence[Fixed] = (),
) -> Schedule:
    """Times, machines and people for all runs around the frozen work, at the least cost found until ``stop``.

    The rules of dispatch are always tried. ``fixed`` are operations of the base plan that stay.
    """
    compiled, frozen = compiled_around(runs, problem, fixed=fixed)
    search = Search(compiled, seed=seed)
    stop = stop or iterations(0)
    search.dispatch(stop)
    search.run(stop, report=report)
    return read_schedule(search, dict(enumerate(runs)), frozen, problem, fixed)


def compiled_around(
    runs: Sequence[Run], problem: Problem, *, fixed: Sequence[Fixed] = (), spare: int = 0, split: bool = False
) -> tuple[Compiled, tuple[FrozenOperation, ...]]:
    """The arrays of the problem with its frozen work where it stands, and that work."""
    machines, frozen = settle(problem)
    slots = {code: list(timeline.slots) for code, timeline in machines.items()}
    standing: list[Operation | FrozenOperation] = [*frozen, *(one.operation for one in fixed)]
    seen = set()
    for one in fixed:
        mates = one.operation.machine, one.operation.load, one.operation.start
        if mates not in seen:
            slots[one.operation.machine].append(_slot(one.operation))
        seen.add(mates)
    people, tools = _busy(standing, problem.shop)
    earliest, latest = material_moments(runs, problem.shop)
    compiled = compile_problem(
        problem,
        runs,
        slots,
        busy_people=people,
        busy_tools=tools,
        fixed=fixed,
        earliest=earliest,
        latest=latest,
        spare=spare,
        split=split,
    )
    return compiled, frozen


def read_schedule(
    search: Search,
    runs: Mapping[int, Run],
    frozen: Sequence[FrozenOperation],
    problem: Problem,
    fixed: Sequence[Fixed] = (),
) -> Schedule:
    """The best schedule of the search as operations, with the set-ups that frozen work then needs."""
    cost = search.settle_best()
    found = operations_of(search.compiled, runs, fixed=[one.operation for one in fixed])
    operations, shown = follow_setups(found, problem)
    placed = {operation.run for operation in operations}
    left_out = tuple(run.id for run in runs.values() if run.id not in placed)
    return Schedule(operations, shown, left_out, cost)


def material_moments(runs: Sequence[Run], shop: Shop) -> tuple[dict[str, int], dict[str, int]]:
    """By run: when the last of its lots is there, and when the first of them expires."""
    lots = {(stock.material, lot.code): lot for stock in shop.materials for lot in stock.lots}
    earliest: dict[str, int] = {}
    latest: dict[str, int] = {}
    for run in runs:
        mine = [lots[use.material, use.lot] for use in run.lots if (use.material, use.lot) in lots]
        if mine:
            earliest[run.id] = max(lot.available_at for lot in mine)
            latest[run.id] = min(BEYOND if lot.expires_at is None else lot.expires_at for lot in mine)
    return earliest, latest


def _slot(operation: Operation) -> Slot:
    return Slot(operation.setup_start, operation.start, operation.end, operation.setup_family, operation.run)


def _busy(
    standing: Sequence[Operation | FrozenOperation], shop: Shop
) -> tuple[dict[str, list[tuple[int, int]]], dict[str, list[tuple[int, int]]]]:
    """When people and tools are taken by work that stays."""
    people: dict[str, list[tuple[int, int]]] = {}
    tools: dict[str, list[tuple[int, int]]] = {}
    for one in standing:
        centre = shop.centre.get(one.work_centre)
        if one.operator and centre is not None:
            until = one.start if centre.attended == "setup" else one.end
            people.setdefault(one.operator, []).append((one.setup_start, until))
        if one.tool:
            tools.setdefault(one.tool, []).append((one.setup_start, one.end))
    return people, tools
