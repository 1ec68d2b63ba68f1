"""A proposal: asked for as a job, computed with no transaction open, stored only when certified.

Note on two planners at once. What is computed belongs to the facts that were read. When it
is stored, under the planning lock, the facts are read again:
- the same: it is stored, in place of the proposal before it;
- the same, and another planner stored a plan for them meanwhile: nothing is left to do;
- other facts, and the proposal still answers them (more units, or units whose production file
  was made, which are listed as not planned yet; work begun or finished; material that came): it
  is fitted to them, certified against them and stored. For units that arrived a further
  proposal is asked for;
- other facts that it does not answer (a run was released, a line cancelled, a machine stopped):
  it is thrown away and a further proposal is asked for.
So a piece is in one run at most whoever plans, and nobody's release is lost.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from ledger.entries import record
from production import demand
from production.engine.certificate import Breach, Certificate, certify
from production.engine.measuring import measure
from production.engine.planning import ARRIVED, Stop, propose, refit
from production.engine.proposal import Problem, Proposal, Unplanned
from production.engine.repairing import right_shift
from production.facts import Facts, fingerprint, moment, read_problem
from production.locking import planning_lock
from production.models import Draft, Piece, PieceState, Plan, PlanEvent, PlanState, Run
from production.plans import Kept, dissolve, next_plan_number, read_base, write_frozen, write_runs
from production.progress import lines_follow
from production.wishes import JOB_KIND, QUEUE, request_proposal, request_soon

__all__ = [
    "JOB_KIND",
    "QUEUE",
    "Computed",
    "NotCertified",
    "compute",
    "put_in_force",
    "request_proposal",
    "request_soon",
    "solve",
    "store",
    "take_facts",
]

Report = Callable[[dict[str, Any]], None]
# Pieces times schedules that all cells of a plan try together.
MOST_WORK = 40_000_000
LEAST_TRIES = 100


class NotCertified(Exception):
    """A plan that the independent check refused; ``breaches`` are all of them. Nothing was stored."""

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        first = "; ".join(f"{breach.kind} at {breach.where}: {breach.text}" for breach in breaches[:3])
        super().__init__(f"The plan breaks {len(breaches)} rules and is not stored. {first}")
        self.breaches = breaches


@dataclass(frozen=True)
class Computed:
    """A certified proposal with the facts that it answers. ``instead``: why it is not the search's own."""

    facts: Facts
    proposal: Proposal
    certificate: Certificate
    actor: str
    seed: int
    now: datetime
    instead: str = ""


def compute(
    *,
    actor: str,
    now: datetime,
    seed: int = 0,
    report: Report | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Computed:
    """Take the demand in and work a proposal out, the best until ``stop``. Raises ``NotCertified``."""
    facts = take_facts(actor=actor, now=now)
    return solve(facts, actor=actor, now=now, seed=seed, report=report, stop=stop)


def take_facts(*, actor: str, now: datetime) -> Facts:
    """The demand as it is now, with what can be made of it."""
    with transaction.atomic():
        planning_lock()
        demand.take_in()
        demand.drop_cancelled(actor=actor, now=now)
        return read_problem(now=now)


def solve(
    facts: Facts,
    *,
    actor: str,
    now: datetime,
    seed: int = 0,
    report: Report | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Computed:
    """A certified proposal for these facts, the best until ``stop``. Raises ``NotCertified``."""
    say = report or (lambda progress: None)
    about = {"step": "planning", "units": len(facts.problem.units), "of": settings.PLANNING_TRIES}
    say(about)
    enough = enough_tried()

    def ended(tried: int) -> bool:
        say({**about, "tried": tried})
        return enough(tried) or stop()

    proposal = propose(facts.problem, seed=seed, stop=ended, report=lambda found: say({**found, **about}))
    say({"step": "checking", "units": len(facts.problem.units), "runs": len(proposal.runs)})
    certificate = certify(facts.problem, proposal)
    computed = Computed(facts, proposal, certificate, actor, seed, now)
    if certificate.ok and _planned(proposal) >= _standing(facts):
        return computed
    return _rather_known(computed)


def enough_tried(*, pieces: int = 0) -> Stop:
    """Ends a search that begins now: when enough schedules were tried, or it has taken long enough.

    A schedule takes the longer the more pieces it has: beyond ``MOST_WORK`` of both, fewer are tried.
    """
    deadline = time.monotonic() + settings.PLANNING_SECONDS
    tries = min(settings.PLANNING_TRIES, max(MOST_WORK // max(pieces, 1), LEAST_TRIES))
    return lambda tried: tried >= tries or time.monotonic() > deadline


def _standing(facts: Facts) -> set[str]:
    """Units that have a place in the plan in force."""
    placed = set(
        Piece.objects.filter(state=PieceState.PLANNED, run__in=Run.objects.replaceable()).values_list(
            "pk", flat=True
        )
    )
    return {unit for unit, piece in facts.pieces.items() if piece in placed}


def _planned(proposal: Proposal) -> set[str]:
    return {unit for run in proposal.runs for unit in run.units}


def _rather_known(computed: Computed) -> Computed:
    """The plan in force put off, where the search found none that is right or one that plans less: an empty
    plan never takes the place of one that can be worked. Raises ``NotCertified`` when neither is right."""
    problem = replace(computed.facts.problem, base=read_base(now=computed.now))
    known = right_shift(problem)
    asked = computed.facts.problem  # without a base nothing counts as moved
    kpis = measure(asked, known.runs, known.operations, len(known.unplanned), frozen=known.frozen)
    known = replace(known, kpis=kpis)
    certificate = certify(asked, known)
    if certificate.ok and (
        not computed.certificate.ok or len(_planned(known)) > len(_planned(computed.proposal))
    ):
        why = "the search broke rules" if not computed.certificate.ok else "the search planned less"
        return replace(computed, proposal=known, certificate=certificate, instead=why)
    if not computed.certificate.ok:
        raise NotCertified(computed.certificate.breaches)
    return computed


def store(computed: Computed, *, now: datetime) -> Plan | None:
    """Make the proposal the plan in force; None when there was nothing left to do or it was overtaken
    (then a further one has been asked for). Raises ``NotCertified``."""
    with transaction.atomic():
        planning_lock()
        demand.take_in()
        demand.drop_cancelled(actor=computed.actor, now=computed.now)
        facts = read_problem(now=computed.now)
        ready = {unit.id for unit in computed.facts.problem.units if not unit.waits}
        waiting = {unit.id for unit in computed.facts.problem.units if unit.waits}
        arrived = frozenset(
            unit.id
            for unit in facts.problem.units
            if unit.id not in ready and not (unit.id in waiting and unit.waits)
        )
        same = fingerprint(facts.problem, without=arrived) == computed.facts.snapshot
        overtaken = facts.base != computed.facts.base
        if overtaken and same and not arrived:
            return None
        answer: Computed | None = computed
        if arrived or not same:
            answer = None if overtaken and not same else _fitted(computed, facts, arrived)
        plan = None if answer is None else put_in_force(answer, facts)
        if arrived or answer is None:
            request_soon(actor=computed.actor, now=now)
        return plan


def _fitted(computed: Computed, facts: Facts, arrived: frozenset[str]) -> Computed | None:
    """The proposal as an answer to newer facts, what arrived meanwhile being listed; None when it is none."""
    listed = tuple(Unplanned(unit, "arrived", ARRIVED) for unit in sorted(arrived))
    proposal = refit(computed.proposal, facts.problem, listed=listed)
    certificate = certify(facts.problem, proposal)
    if not certificate.ok:
        return None
    return replace(computed, facts=facts, proposal=proposal, certificate=certificate)


def put_in_force(
    computed: Computed,
    facts: Facts,
    *,
    kind: str = "plan.proposed",
    told: Mapping[str, Any] | None = None,
    keep: str = "",
) -> Plan:
    """Write the proposal in place of the plan in force, inside the caller's transaction and planning lock.

    It answers every event so far; drafts on the plan before are outdated, but for ``keep``.
    """
    problem, proposal = computed.facts.problem, computed.proposal
    units = {unit.id: unit for unit in problem.units}
    before = Plan.objects.current().first()
    old = list(Run.objects.replaceable().prefetch_related("pieces", "material_movements"))
    kept = {
        frozenset(piece.pk for piece in run.pieces.all()): Kept(run.pk, run.number, run.version)
        for run in old
        if not run.material_movements.all()
    }
    lines = dissolve(run_ids=[run.pk for run in old], reason="Replaced by a newer plan.")
    Plan.objects.current().update(state=PlanState.SUPERSEDED)
    plan = Plan.objects.create(
        number=next_plan_number(),
        state=PlanState.CURRENT,
        base=before,
        snapshot_hash=computed.facts.snapshot,
        seed=computed.seed,
        certificate={"checked": dict(computed.certificate.checked), "breaches": []},
        kpis=asdict(proposal.kpis),
        unplanned=_unplanned_by_line(problem, proposal),
        last_run=before.last_run if before else 0,
        horizon_start=moment(problem.not_before),
        created_at=computed.now,
        created_by=computed.actor,
    )
    write_frozen(proposal.frozen, shop=problem.shop)
    rows = write_runs(
        plan=plan,
        runs=proposal.runs,
        operations=proposal.operations,
        units=units,
        pieces=facts.pieces,
        shop=problem.shop,
        kept=kept,
    )
    planned = {unit for run in proposal.runs for unit in run.units}
    lines.update(unit.line for unit in problem.units if unit.id in planned)
    lines_follow(
        line_ids=lines, actor=computed.actor, now=computed.now, plan=plan.pk, reason="Not in the new plan."
    )
    record(
        stream=f"plan:{plan.pk}",
        kind=kind,
        actor=computed.actor,
        data={
            "number": plan.number,
            "base": before.pk if before else None,
            "snapshot": plan.snapshot_hash,
            "seed": plan.seed,
            "kpis": plan.kpis,
            "runs": sorted(row.pk for row in rows),
            "pieces": Piece.objects.filter(run__in=rows, state=PieceState.PLANNED).count(),
            **({"instead": computed.instead} if computed.instead else {}),
            **(told or {}),
        },
        now=computed.now,
    )
    PlanEvent.objects.open().filter(at__lte=computed.now).update(
        answered_at=computed.now, answered_by=plan, note=""
    )
    Draft.objects.open().exclude(pk=keep).update(
        state=Draft.State.OUTDATED,
        decided_at=computed.now,
        decided_by=computed.actor,
        reason=f"Plan {plan.number} took the place of the plan that it was made for.",
        version=F("version") + 1,
    )
    return plan


def _unplanned_by_line(problem: Problem, proposal: Proposal) -> list[dict[str, Any]]:
    """The unplanned units as pages show them: a row for each line and reason."""
    line_of = {unit.id: unit.line for unit in problem.units}
    rows = Counter((line_of[u.unit], u.code, u.text) for u in proposal.unplanned)
    return [
        {"line": line, "pieces": pieces, "code": code, "text": text}
        for (line, code, text), pieces in sorted(rows.items())
    ]
