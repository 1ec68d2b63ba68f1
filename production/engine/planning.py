"""A proposal for everything that is to be made: runs, their nests, times and machines.

Order of the work: what cannot be made here is listed with its reason; the rest is formed
into runs by really nesting (``batching``); the runs are scheduled around frozen work
(``scheduling.construct``). The answer says nothing about its own correctness: that is the
certificate's to say.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from production.engine.batching import form_runs
from production.engine.measuring import measure
from production.engine.proposal import Problem, Proposal, Unplanned
from production.engine.routing import obstacles
from production.engine.scheduling.construct import Stop, follow_setups, iterations, schedule
from production.engine.work import Unit

__all__ = ["Stop", "iterations", "measure", "propose", "refit"]


def propose(problem: Problem, *, seed: int = 0, stop: Stop | None = None) -> Proposal:
    """The best proposal found until ``stop``; the same again for the same problem, seed and count.

    Every unit is in exactly one run or in ``unplanned`` with a reason code: ``waits``, ``no-routing``,
    ``bad-routing``, ``no-machine``, ``no-calendar``, ``no-operator``, ``no-tool``, ``load-too-large``,
    ``material-unknown``, ``material-short``,
    ``part-too-large``, ``beyond-horizon``, ``later``.
    """
    plannable: list[Unit] = []
    unplanned: list[Unplanned] = []
    for unit in problem.units:
        found = list(obstacles(unit, problem.shop))
        if found:
            unplanned.append(Unplanned(unit.id, found[0].code, " ".join(o.text for o in found)))
        else:
            plannable.append(unit)
    claims: Counter[str] = Counter()
    for claim in problem.claims:
        claims[claim.material] += claim.quantity
    runs, short = form_runs(plannable, problem.shop, limits=problem.limits, claims=claims)
    answer = schedule(runs, problem, seed=seed, stop=stop)
    left_out = set(answer.left_out)
    scheduled = tuple(run for run in runs if run.id not in left_out)
    late = [
        Unplanned(
            unit, "beyond-horizon", "No machine has enough working time left before the planning horizon."
        )
        for run in runs
        if run.id in left_out
        for unit in run.units
    ]
    unplanned = sorted([*unplanned, *short, *late], key=lambda u: u.unit)
    return Proposal(
        runs=scheduled,
        operations=answer.operations,
        frozen=answer.frozen,
        unplanned=tuple(unplanned),
        kpis=measure(problem, scheduled, answer.operations, len(unplanned)),
    )


def refit(proposal: Proposal, problem: Problem, *, listed: Sequence[Unplanned] = ()) -> Proposal:
    """The proposal on newer facts: its runs, machines and times as they are, frozen work and set-ups as the
    new facts ask for, ``listed`` unplanned besides. Whether it answers them is the certificate's to say."""
    operations, frozen = follow_setups(proposal.operations, problem)
    unplanned = tuple(sorted([*proposal.unplanned, *listed], key=lambda u: u.unit))
    return replace(
        proposal,
        operations=operations,
        frozen=frozen,
        unplanned=unplanned,
        kpis=measure(problem, proposal.runs, operations, len(unplanned)),
    )
