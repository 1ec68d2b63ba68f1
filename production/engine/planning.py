"""A proposal for everything that is to be made: runs, their nests, times and machines.

Order of the work: what cannot be made here is listed with its reason; what stays of the plan in force stays
(``scheduling.zones``); the rest is formed into runs by really nesting (``batching``); then runs and schedule
are searched together around the frozen work (``scheduling.composing``); parts with outlines are laid into
each other (``interlocking``). The answer says nothing about its own correctness: that is the certificate's to
say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from production.engine.batching import form_runs, held_together
from production.engine.interlocking import interlocked
from production.engine.measuring import measure
from production.engine.proposal import Operation, Problem, Proposal, Run, Unplanned
from production.engine.routing import obstacles
from production.engine.scheduling.bounds import lower_bound
from production.engine.scheduling.composing import Composer
from production.engine.scheduling.construct import (
    Schedule,
    Stop,
    compiled_around,
    follow_setups,
    iterations,
    read_schedule,
)
from production.engine.scheduling.polishing import Patience, Polisher
from production.engine.scheduling.zones import Kept, aim_at_base, kept, without_material
from production.engine.work import Unit

__all__ = ["Report", "Stop", "iterations", "measure", "propose", "refit"]

# Told now and then how the search stands.
Report = Callable[[dict[str, Any]], None]
LATEST = 1 << 62


def propose(
    problem: Problem, *, seed: int = 0, stop: Stop | None = None, report: Report | None = None
) -> Proposal:
    """The best proposal found until ``stop``; the same again for the same problem, seed and count.

    Every unit is in exactly one run or in ``unplanned`` with a reason code: ``waits``, ``no-routing``,
    ``bad-routing``, ``no-machine``, ``no-calendar``, ``no-operator``, ``no-tool``, ``load-too-large``,
    ``material-unknown``, ``material-short``, ``part-too-large``, ``together``, ``beyond-horizon``, ``later``.
    """
    unplanned: dict[str, Unplanned] = {}
    for unit in problem.units:
        if found := list(obstacles(unit, problem.shop)):
            text = " ".join(obstacle.text for obstacle in found)
            unplanned[unit.id] = Unplanned(unit.id, found[0].code, text)
    unplanned.update((one.unit, one) for one in held_together(problem.units, unplanned))
    while True:
        answer = _planned(problem, unplanned, seed, stop or iterations(0), report)
        torn = held_together(problem.units, answer.unplanned)
        if not torn:
            break
        # What ships with something that finds no time is not planned either: once more, without it.
        groups = {unit.id: unit.together for unit in problem.units}
        broken = {groups[one.unit] for one in torn}
        unplanned = {
            code: one for code, one in answer.unplanned.items() if code in unplanned or groups[code] in broken
        }
        unplanned.update((one.unit, one) for one in torn)
    listed = tuple(sorted(answer.unplanned.values(), key=lambda one: one.unit))
    planned = {unit for run in answer.runs for unit in run.units}
    bound = lower_bound(problem, planned)
    return Proposal(
        runs=answer.runs,
        operations=answer.schedule.operations,
        frozen=answer.schedule.frozen,
        unplanned=listed,
        kpis=measure(
            problem,
            answer.runs,
            answer.schedule.operations,
            len(listed),
            frozen=answer.schedule.frozen,
            bound=bound,
        ),
    )


class _Answer(NamedTuple):
    runs: tuple[Run, ...]
    schedule: Schedule
    unplanned: dict[str, Unplanned]


def _planned(
    problem: Problem, against: Mapping[str, Unplanned], seed: int, stop: Stop, report: Report | None
) -> _Answer:
    """Runs and schedule of all units that nothing stands against."""
    able = {unit.id: unit for unit in problem.units if unit.id not in against}
    stays = kept(problem, able)
    held = {unit for run in stays.runs for unit in run.units}
    claims = Counter[str]()
    for claim in problem.claims:
        claims[claim.material] += claim.quantity
    formed, short = form_runs(
        [unit for code, unit in able.items() if code not in held],
        without_material(problem.shop, stays.runs, able),
        limits=problem.limits,
        claims=claims,
    )
    # What takes time for each sheet has its sheets before it is given times, anything else after.
    later = [run.id for run in formed if not _counts_sheets(run, able, problem)]
    formed = interlocked(formed, able, problem.shop, left_alone=later)
    names = {run.id for run in stays.runs}
    runs = [
        *stays.runs,
        *(run if run.id not in names else replace(run, id=f"new-{run.id}") for run in formed),
    ]
    chosen, found = _searched(problem, runs, stays, seed, stop, report)
    left_out = set(found.left_out)
    stay = names | {run.id for run in chosen if _counts_sheets(run, able, problem)}
    chosen = interlocked(chosen, able, problem.shop, left_alone=stay)
    unplanned = {**against, **{one.unit: one for one in short}}
    unplanned |= {one.unit: one for one in beyond_horizon(run for run in chosen if run.id in left_out)}
    return _Answer(*_numbered([run for run in chosen if run.id not in left_out], found), unplanned)


def _counts_sheets(run: Run, units: Mapping[str, Unit], problem: Problem) -> bool:
    """Whether laying on a sheet takes time of its own wherever the run may be made together."""
    steps = {step for unit in run.units for step in units[unit].routing if step.step == run.key.step}
    places = {
        place for step in steps for place in (step.work_centre, *(a.work_centre for a in step.alternates))
    }
    return any(problem.shop.centre[place].load_seconds for place in places if place in problem.shop.centre)


def beyond_horizon(runs: Iterable[Run]) -> Iterator[Unplanned]:
    """The units of runs for which no working time was left."""
    text = "No machine has enough working time left before the planning horizon."
    for run in runs:
        for unit in run.units:
            yield Unplanned(unit, "beyond-horizon", text)


def _searched(
    problem: Problem, runs: Sequence[Run], stays: Kept, seed: int, stop: Stop, report: Report | None
) -> tuple[list[Run], Schedule]:
    """The runs, changed where that pays, with their schedule."""
    spare = len(runs) // 3 + 4
    compiled, frozen = compiled_around(runs, problem, fixed=stays.fixed, spare=spare, split=True)
    from_base = aim_at_base(compiled, runs, problem)
    composer = Composer(compiled, runs, problem, seed=seed, locked=stays.locked, from_base=from_base)
    told = None
    if report is not None:
        bound = lower_bound(problem, {unit for run in runs for unit in run.units})
        told = partial(_told, report, bound)
    patience = Patience(stop)
    polisher = Polisher(composer, problem, frozen, stays.fixed, patience)
    composer.run(patience, report=told, polish=polisher)
    polisher.finish()
    chosen = composer.result()
    found = read_schedule(composer.search, chosen, frozen, problem, stays.fixed)
    return polisher.better(list(chosen.values()), found)


def _told(report: Report, bound: int, progress: dict[str, Any]) -> None:
    report({**progress, "bound": bound})


def _numbered(runs: Iterable[Run], found: Schedule) -> tuple[tuple[Run, ...], Schedule]:
    """The runs as ``r1``, ``r2``... in the order of their first promise."""
    ordered = sorted(runs, key=lambda run: (LATEST if run.due is None else run.due, run.key, run.units))
    names = {run.id: f"r{number}" for number, run in enumerate(ordered, start=1)}
    operations: list[Operation] = [
        replace(operation, run=names[operation.run]) for operation in found.operations
    ]
    operations.sort(key=lambda o: (o.setup_start, o.machine, o.run, o.step))
    renamed = tuple(replace(run, id=names[run.id]) for run in ordered)
    return renamed, replace(found, operations=tuple(operations))


ARRIVED = "It became ready while this plan was computed; the next one takes it in."


def refit(proposal: Proposal, problem: Problem, *, listed: Sequence[Unplanned] = ()) -> Proposal:
    """The proposal on newer facts: its runs, machines and times as they are, frozen work and set-ups as the
    new facts ask for, ``listed`` unplanned besides or for another reason than before. Whether it answers them
    is the certificate's to say."""
    operations, frozen = follow_setups(proposal.operations, problem)
    said = {u.unit: u for u in (*proposal.unplanned, *listed)}
    unplanned = tuple(said[unit] for unit in sorted(said))
    return replace(
        proposal,
        operations=operations,
        frozen=frozen,
        unplanned=unplanned,
        kpis=measure(problem, proposal.runs, operations, len(unplanned), frozen=frozen),
    )
