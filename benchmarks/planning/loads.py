"""What CP-SAT's polish and the oven solver could add to plans of the search.

Polish: plans of up to 25 runs with and without it, the same number of schedules; the last columns are
processor seconds. Loads: the loads of a finished plan are put together again by the oven solver
(`scheduling.ovens`), everything before and after the ovens staying where it is; what it finds is certified.
Beside it stands what a search with twice the schedules makes: the planner spends its time on that.
"""

import time
from collections.abc import Iterable
from dataclasses import replace
from unittest import mock

from benchmarks.bars import Bar, Section, Table
from benchmarks.planning.plant import OVEN, plant
from benchmarks.planning.sizes import Scale
from production.engine.certificate import certify
from production.engine.measuring import measure
from production.engine.planning import iterations, propose
from production.engine.proposal import Operation, Problem, Proposal
from production.engine.scheduling import polishing
from production.engine.scheduling.construct import follow_setups
from production.engine.scheduling.ovens import Oven, OvenJob, OvenProblem, fill_ovens

SMALL, SCHEDULES = (20, 40, 60, 80), 2_000
REGROUPED, MOVES = (120, 200, 300), 200_000
# More than all else together: a job that is late for what comes after it is no answer.
NEVER = 10**9


def section(scale: Scale) -> Section:
    found = Section("loads", "Polish, and loads put together again")
    found.notes.append((__doc__ or "").strip())
    rows: list[list[str]] = []
    sums = [0, 0]
    breaches = 0
    for lines in SMALL if scale.large else SMALL[:2]:
        problem = plant(lines, seed=scale.seed)
        (searched, plain), (polished, spent) = (planned(problem, scale.seed, on) for on in (False, True))
        breaches += len(certify(problem, polished).breaches)
        costs = [each.kpis.terms.cost for each in (searched, polished)]
        sums = [total + cost for total, cost in zip(sums, costs, strict=True)]
        figures = (lines, len(searched.runs), *costs, polished.kpis.bound)
        rows.append([*(f"{each:,}" for each in figures), f"{plain:.1f}", f"{spent:.1f}"])
    columns = ["lines", "runs", "searched", "polished", "bound", "searched, s", "polished, s"]
    found.tables.append(Table(f"{SCHEDULES:,} schedules", columns, rows))
    found.bars.append(Bar("cost of polished plans beside searched", sums[1] / sums[0], 1.00, at_most=True))
    again: list[list[str]] = []
    for lines in REGROUPED if scale.large else REGROUPED[:1]:
        problem = plant(lines, seed=scale.seed)
        proposal, plain = planned(problem, scale.seed, False)
        begun = time.process_time()
        other = regrouped(problem, proposal, seed=scale.seed)
        took = time.process_time() - begun
        longer, spent = planned(problem, scale.seed, False, schedules=2 * SCHEDULES)
        cost = proposal.kpis.terms.cost
        told = "none" if other is None else f"{other.kpis.terms.cost / cost:.3f}"
        if other is not None:
            breaches += len(certify(problem, other).breaches)
        more = f"{longer.kpis.terms.cost / cost:.3f}"
        again.append([f"{lines:,}", f"{cost:,}", told, f"{took:.1f}", more, f"{spent - plain:.1f}"])
    columns = ["lines", "cost", "by the oven solver", "s more", "by twice the schedules", "s more"]
    found.tables.append(Table("Loads again", columns, again))
    found.bars.append(Bar("breaches in these plans", breaches, 0, "wrong", at_most=True))
    return found


def planned(
    problem: Problem, seed: int, polished: bool, *, schedules: int = SCHEDULES
) -> tuple[Proposal, float]:
    """The plan, and the processor seconds it took."""
    most = polishing.RUNS_AT_MOST if polished else 0
    begun = time.process_time()
    with mock.patch.object(polishing, "RUNS_AT_MOST", most):
        proposal = propose(problem, seed=seed, stop=iterations(schedules))
    return proposal, time.process_time() - begun


def regrouped(problem: Problem, proposal: Proposal, *, seed: int) -> Proposal | None:
    """The plan with other loads between what goes before and after them; None where none are in time."""
    shop = problem.shop
    mine = [operation for operation in proposal.operations if operation.work_centre == OVEN]
    ovens = shop.machines_of[OVEN]
    families = sorted({o.setup_family for o in mine} | {oven.setup_state for oven in ovens})
    number = {family: n for n, family in enumerate(families)}
    jobs = [_job(problem, proposal, one, number[one.setup_family], len(ovens)) for one in mine]
    seconds = tuple(tuple(shop.setup_seconds(OVEN, a, b) for b in families) for a in families)
    answer = fill_ovens(
        OvenProblem(
            jobs=tuple(jobs),
            ovens=tuple(
                Oven(shop.capacity_of(oven), number[oven.setup_state], shop.windows[oven.code])
                for oven in ovens
            ),
            setup_seconds=seconds,
            setup_costs=tuple(tuple(problem.weights.setup * 60 * each for each in row) for row in seconds),
            load_cost=problem.weights.load * 3600,
        ),
        seed=seed,
        moves=MOVES,
    )
    late = any(load.end > (jobs[n].latest or load.end) for load in answer.loads for n in load.jobs)
    if answer.unplanned or late:
        return None
    loaded = [
        replace(
            mine[n],
            machine=ovens[load.oven].code,
            seconds=load.end - load.start,
            start=load.start,
            end=load.end,
            load=f"load-{place}",
        )
        for place, load in enumerate(answer.loads, start=1)
        for n in load.jobs
    ]
    rest = [operation for operation in proposal.operations if operation.work_centre != OVEN]
    operations, frozen = follow_setups([*rest, *loaded], problem)
    kpis = measure(problem, proposal.runs, operations, len(proposal.unplanned), frozen=frozen)
    return replace(proposal, operations=operations, kpis=kpis)


def _job(problem: Problem, proposal: Proposal, one: Operation, family: int, ovens: int) -> OvenJob:
    """A run's curing between its printing and its packing."""
    steps = [s for unit in problem.units if unit.id in set(one.units) for s in unit.routing]
    cure = [step for step in steps if step.step == one.step]
    of_run = [operation for operation in proposal.operations if operation.run == one.run]
    earliest = max(_ends(of_run, before=one.step), default=problem.not_before)
    return OvenJob(
        size=sum(step.load for step in cure),
        family=family,
        earliest=earliest,
        latest=min(o.start for o in of_run if o.step > one.step),
        shortest=max(step.seconds for step in cure),
        longest=None,
        ovens=tuple(range(ovens)),
        late=NEVER,
    )


def _ends(operations: Iterable[Operation], *, before: int) -> list[int]:
    return [operation.end for operation in operations if operation.step < before]
