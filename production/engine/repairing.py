"""After something went wrong: an answer at once that changes as little as can be, then a better one.

``right_shift``: what can stay in the base plan stays where it is; what cannot goes on in its order, on its
machine, never earlier. Only runs that lost a unit, or for which their machines have no time left, are taken
apart; their units, and those that were in no run, are formed into runs again and put between the others.
``improve`` asks the search for the same problem and keeps whichever costs less, moves counted (``Zones``).

Neither says anything about its own correctness: that is the certificate's to say.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from production.engine.batching import form_runs
from production.engine.measuring import measure
from production.engine.planning import beyond_horizon, propose
from production.engine.proposal import FrozenOperation, Operation, Problem, Proposal, Unplanned
from production.engine.routing import obstacles
from production.engine.scheduling.construct import Stop, iterations, schedule
from production.engine.scheduling.zones import without_material
from production.engine.shifting import shifted
from production.engine.work import Unit


def right_shift(problem: Problem) -> Proposal:
    """The base plan with what has to move put off: an answer for every unit of the problem.

    Runs of the base plan keep their ids, new ones are named ``new-1``, ``new-2``...
    """
    units = {unit.id: unit for unit in problem.units}
    against = {unit.id: found for unit in problem.units if (found := list(obstacles(unit, problem.shop)))}
    unplanned = [
        Unplanned(unit, found[0].code, " ".join(obstacle.text for obstacle in found))
        for unit, found in against.items()
    ]
    able = {name: unit for name, unit in units.items() if name not in against}
    runs, operations = shifted(problem, able)
    staying = {unit for run in runs for unit in run.units}
    loose = [unit for name, unit in able.items() if name not in staying]
    formed, short = form_runs(
        loose,
        without_material(problem.shop, runs, able),
        limits=problem.limits,
        claims=Counter({claim.material: claim.quantity for claim in problem.claims}),
    )
    new = [replace(run, id=f"new-{number}") for number, run in enumerate(formed, start=1)]
    standing = [_as_frozen(operation, operations, able) for operation in operations]
    around = replace(problem, frozen=(*problem.frozen, *standing), base=None)
    answer = schedule(new, around, stop=iterations(0))
    left_out = set(answer.left_out)
    placed = [run for run in new if run.id not in left_out]
    unplanned += [*short, *beyond_horizon(run for run in new if run.id in left_out)]
    unplanned.sort(key=lambda one: one.unit)
    times = {frozen.id: frozen for frozen in answer.frozen}
    settled = [_retimed(o, times[frozen.id]) for o, frozen in zip(operations, standing, strict=True)]
    whole = (*runs, *placed)
    done = tuple(
        sorted([*settled, *answer.operations], key=lambda o: (o.setup_start, o.machine, o.run, o.step))
    )
    stays = tuple(times[frozen.id] for frozen in problem.frozen)
    return Proposal(
        runs=whole,
        operations=done,
        frozen=stays,
        unplanned=tuple(unplanned),
        kpis=measure(problem, whole, done, len(unplanned), frozen=stays),
    )


def improve(problem: Problem, first: Proposal, *, seed: int = 0, stop: Stop | None = None) -> Proposal:
    """The cheaper of ``first`` and what the search finds until ``stop``; more units planned always win, and
    of what costs the same the one with fewer moves."""
    found = named(problem, propose(problem, seed=seed, stop=stop))
    return min(first, found, key=lambda one: (one.kpis.unplanned, one.kpis.terms.cost, one.kpis.moved))


def named(problem: Problem, proposal: Proposal) -> Proposal:
    """The proposal with the base plan's names for runs of the same units, and ``new-1``... for the others."""
    base = problem.base
    known = {frozenset(run.units): run.id for run in base.runs} if base else {}
    names: dict[str, str] = {}
    for run in proposal.runs:
        old = known.pop(frozenset(run.units), None)
        names[run.id] = old or f"new-{len(names) + 1}"
    return replace(
        proposal,
        runs=tuple(replace(run, id=names[run.id]) for run in proposal.runs),
        operations=tuple(replace(o, run=names[o.run]) for o in proposal.operations),
    )


# --- the rest around it -----------------------------------------------------------------------------------


def _as_frozen(operation: Operation, all_of: Sequence[Operation], able: dict[str, Unit]) -> FrozenOperation:
    earlier = tuple(_name(o) for o in all_of if o.run == operation.run and o.step < operation.step)
    return FrozenOperation(
        id=_name(operation),
        run=operation.run,
        step=operation.step,
        work_centre=operation.work_centre,
        machine=operation.machine,
        setup_family=operation.setup_family,
        seconds=operation.seconds,
        setup_start=operation.setup_start,
        start=operation.start,
        end=operation.end,
        after=earlier,
        operator=operation.operator,
        tool=operation.tool,
        load=operation.load,
    )


def _name(operation: Operation) -> str:
    return f"base {operation.run} {operation.step} {operation.setup_family}"


def _retimed(operation: Operation, frozen: FrozenOperation) -> Operation:
    return replace(operation, setup_start=frozen.setup_start, start=frozen.start, end=frozen.end)
