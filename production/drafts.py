"""Repairs of the plan in force: computed after events, looked at by staff, taken whole, in part or not.

Note on two at once. A draft belongs to the plan, at its version, that it was computed from. When it is
accepted, under the planning lock, the plan in force is read again: what people changed in it meanwhile stays,
the draft's own changes are put into it, and the whole is certified on the facts of now. Where both changed
the same pieces, or the whole no longer passes, nothing happens and the refusal says why: nobody loses a
change.

Note on failures. A first repair only puts work off; a better one replaces it in the same draft when the
search is done. Where nothing has to be put off (a line is in a hurry, a machine is back) only the search can
find something, and there is a draft when it does. A search that fails, runs out of time or answers nonsense
leaves the first one; a repair that fails leaves the plan in force, and its events say why.
"""

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from ledger.entries import record
from ledger.models import Job
from production import demand, planning, wishes
from production.diffs import describe, is_harmless, on_new_facts, tokens
from production.engine.certificate import Certificate, certify
from production.engine.changes import Change, Clash, changes, merge
from production.engine.codec import decode_proposal, encode_proposal
from production.engine.planning import Stop, propose
from production.engine.proposal import Problem, Proposal
from production.engine.proposal import Run as PlannedRun
from production.engine.repairing import improve, named, right_shift
from production.events import clock
from production.facts import Facts, moment, planner_settings, read_problem
from production.locking import planning_lock
from production.models import Draft, Plan, PlanEvent, PlannerSettings, Run
from production.plans import read_base

GUARD = "system:guard"
# Events after which what stands can stay, and only a search finds what is better.
GIVING = (
    PlanEvent.Kind.RUSH,
    PlanEvent.Kind.MACHINE_BACK,
    PlanEvent.Kind.CANCELLED,
    PlanEvent.Kind.CHANGED,
)


class DraftRefused(Exception):
    """It cannot be done with this draft; ``reasons`` are all that stands against it."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


class DraftConflict(Exception):
    """Somebody changed the same work meanwhile, or it no longer fits: look at it again.

    ``reasons`` say what; ``diff`` is what the draft would have changed.
    """

    def __init__(self, reasons: Sequence[str], diff: dict[str, Any]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)
        self.diff = diff


class PartRefused(Exception):
    """These changes alone make no plan that can be worked; ``needs`` are ids of those that are missing."""

    def __init__(self, reasons: Sequence[str], needs: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)
        self.needs = tuple(needs)


@dataclass(frozen=True)
class Asked:
    """The question of a repair: facts with the plan in force as base, and which plan that is."""

    facts: Facts
    plan: Plan
    before: Proposal
    events: tuple[str, ...]
    now: datetime

    @property
    def problem(self) -> Problem:
        return self.facts.problem


@dataclass(frozen=True)
class Repair:
    """A certified answer. ``put_off`` is the one that only waits; ``searched``: a better one was tried."""

    asked: Asked
    proposal: Proposal
    certificate: Certificate
    put_off: Proposal
    actor: str
    seed: int = 0
    searched: bool = False


# --- computing --------------------------------------------------------------------------------------------


def ask(*, actor: str, now: datetime) -> Asked | None:
    """Read the question; None when no plan is in force."""
    with transaction.atomic():
        planning_lock()
        demand.drop_cancelled(actor=actor, now=now)
        return _ask(now)


def _ask(now: datetime) -> Asked | None:
    plan = Plan.objects.current().first()
    if plan is None:
        return None
    facts = read_problem(now=now)
    before = read_base(now=now)
    # What stands in the plan has been looked at: no time is kept for that again.
    problem = replace(facts.problem, base=before, limits=replace(facts.problem.limits, review_seconds=0))
    events = tuple(PlanEvent.objects.open().filter(at__lte=now).order_by("at").values_list("pk", flat=True))
    return Asked(replace(facts, problem=problem), plan, before, events, now)


def first_repair(*, asked: Asked, actor: str) -> Repair:
    """The answer that changes as little as can be. Raises ``planning.NotCertified``."""
    put_off = right_shift(asked.problem)
    certificate = certify(asked.problem, put_off)
    if certificate.ok:
        return Repair(asked, put_off, certificate, put_off, actor)
    # What cannot be put off (a longest time between two steps, things shipped together) is planned anew.
    anew = named(asked.problem, propose(asked.problem))
    return Repair(asked, anew, _certified(asked.problem, anew), anew, actor)


def better_repair(*, asked: Asked, actor: str, seed: int = 0, stop: Stop | None = None) -> Repair:
    """The cheapest answer found until ``stop``. Raises ``planning.NotCertified``."""
    first = first_repair(asked=asked, actor=actor)
    found = improve(asked.problem, first.proposal, seed=seed, stop=stop)
    certificate = _certified(asked.problem, found)
    return replace(first, proposal=found, certificate=certificate, seed=seed, searched=True)


def _certified(problem: Problem, proposal: Proposal) -> Certificate:
    certificate = certify(problem, proposal)
    if not certificate.ok:
        raise planning.NotCertified(certificate.breaches)
    return certificate


# --- storing ----------------------------------------------------------------------------------------------


def store(repair: Repair, *, now: datetime) -> Draft | None:
    """Put the repair beside the plan in force, in place of the draft before it, and ask for a better one
    unless that was looked for. None when the facts went on meanwhile (then a further repair has been asked
    for), or when there is nothing to change."""
    asked = repair.asked
    with transaction.atomic():
        planning_lock()
        current = _ask(asked.now)
        if current is None or not _is_same(current, asked):
            wishes.request_repair(actor=repair.actor, now=now)
            return None
        if not changes(asked.before, repair.proposal):
            if not repair.searched and _gives(asked.events):
                wishes.request_better(actor=repair.actor, now=now)
                return None
            _answered(asked.events, asked.plan, now, "Nothing in the plan has to change for it.")
            return None
        for old in Draft.objects.open():
            _decide(old, Draft.State.OUTDATED, repair.actor, now, reason="A newer repair took its place.")
        draft = Draft.objects.create(
            number=int(Draft.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
            base=asked.plan,
            base_version=asked.plan.version,
            snapshot_hash=asked.facts.snapshot,
            before=encode_proposal(asked.before),
            created_at=asked.now,
            created_by=repair.actor,
            **_content(repair),
        )
        draft.events.set(PlanEvent.objects.filter(pk__in=asked.events))
        _record(draft, "draft.made", repair.actor, now, events=list(asked.events))
        if repair.searched:
            return _found(draft, repair, now)
        wishes.request_better(actor=repair.actor, now=now, draft=draft.pk)
        return draft


def _gives(events: Collection[str]) -> bool:
    """Whether a better plan may be there although nothing has to be put off; a person who asks for a repair
    without an event thinks so."""
    return not events or PlanEvent.objects.filter(pk__in=events, kind__in=GIVING).exists()


def asked_of(draft: Draft) -> Asked | None:
    """The question of an open draft as it was, when the facts are still the same; else None."""
    if draft.state != Draft.State.OPEN:
        return None
    with transaction.atomic():
        planning_lock()
        asked = _ask(draft.created_at)
    if asked is None or asked.facts.snapshot != draft.snapshot_hash or asked.plan.pk != draft.base_id:
        return None
    return asked if asked.plan.version == draft.base_version else None


def store_better(*, draft: Draft, repair: Repair, now: datetime) -> Draft | None:
    """The better repair in place of the draft's first one; None when somebody decided or the plan went on.
    What harms nobody is accepted at once where staff have said so."""
    with transaction.atomic():
        planning_lock()
        draft = Draft.objects.get(pk=draft.pk)
        if draft.state != Draft.State.OPEN:
            return None
        for name, value in _content(repair).items():
            setattr(draft, name, value)
        return _found(draft, repair, now)


def _found(draft: Draft, repair: Repair, now: datetime) -> Draft:
    """The draft holds what the search found; harmless ones are accepted where staff have said so."""
    draft.stage, draft.improved_at = Draft.Stage.IMPROVED, now
    draft.version += 1
    draft.save()
    _record(draft, "draft.improved", repair.actor, now)
    harmless = is_harmless(draft.diff, repair.asked.problem, repair.proposal)
    if planner_settings().takes_harmless and harmless:
        with suppress(DraftRefused, DraftConflict):  # then it is for staff to look at
            accept(draft=draft, actor=GUARD, now=now)
        draft.refresh_from_db()
    return draft


def note_failure(*, job: Job, error: str, now: datetime) -> None:
    """A repair that never came to an end: the plan in force stays, and its events say why."""
    last = error.strip().rsplit("\n", 1)[-1]
    said = re.sub(r"^[\w.]+: ", "", last)[:300] or "nothing was said"  # without the name of the exception
    note = f"No repair was found in {job.attempts} attempts, the plan stays as it is. The last time: {said}"
    PlanEvent.objects.open().update(note=note)


def _content(repair: Repair) -> dict[str, Any]:
    asked = repair.asked
    put_off = None if repair.put_off is repair.proposal else repair.put_off
    return {
        "seed": repair.seed,
        "proposal": encode_proposal(repair.proposal),
        "certificate": {"checked": dict(repair.certificate.checked), "breaches": []},
        "diff": describe(problem=asked.problem, before=asked.before, after=repair.proposal, put_off=put_off),
    }


def _is_same(current: Asked, asked: Asked) -> bool:
    return (current.plan.pk, current.plan.version, current.facts.snapshot) == (
        asked.plan.pk,
        asked.plan.version,
        asked.facts.snapshot,
    )


# --- deciding ---------------------------------------------------------------------------------------------


def accept(
    *,
    draft: Draft,
    actor: str,
    now: datetime,
    expected_version: int | None = None,
    chosen: Collection[str] | None = None,
) -> Plan:
    """Make the draft the plan in force, or only the changes ``chosen``, with all that was changed meanwhile.

    Raises ``DraftRefused`` (decided already, seen at another version, its time has gone by),
    ``DraftConflict`` and ``PartRefused``; then nothing has happened.
    """
    with transaction.atomic():
        planning_lock()
        draft = _hold(draft, expected_version)
        before, ours = decode_proposal(draft.before), decode_proposal(draft.proposal)
        mine = changes(before, ours)
        _require_known(mine, chosen)
        demand.drop_cancelled(actor=actor, now=now)
        asked = _ask(draft.created_at)
        if asked is None:
            raise DraftRefused(["There is no plan in force any more."])
        try:
            merged = merge(before, ours, asked.before, chosen=chosen)
        except Clash as clash:
            raise DraftConflict(_told(clash), draft.diff) from clash
        taken = [change for change in mine if chosen is None or change.id in chosen]
        _require_time(taken, before, now)
        answer = on_new_facts(asked.problem, merged)
        certificate = certify(asked.problem, answer)
        if not certificate.ok:
            _require_whole(certificate, taken, asked, draft)
            told = ["The draft no longer fits the workshop: ask for a new repair.", *_breaches(certificate)]
            raise DraftConflict(told, draft.diff)
        plan = planning.put_in_force(
            planning.Computed(
                facts=asked.facts,
                proposal=answer,
                certificate=certificate,
                actor=actor,
                seed=draft.seed,
                now=now,
            ),
            asked.facts,
            kind="plan.repaired",
            told={"draft": draft.pk, "changes": sorted(change.id for change in taken)},
            keep=draft.pk,
        )
        draft.plan = plan
        draft.taken = None if chosen is None else sorted(chosen)
        _decide(draft, Draft.State.ACCEPTED, actor, now)
        _record(
            draft, "draft.accepted", actor, now, plan=plan.pk, changes=len(taken), part=chosen is not None
        )
        if any(one.code == "arrived" for one in answer.unplanned):
            wishes.request_soon(actor=actor, now=now)
        return plan


def discard(
    *, draft: Draft, reason: str, actor: str, now: datetime, expected_version: int | None = None
) -> Draft:
    """Leave the plan in force as it is; the next plan deals with what happened. Raises ``DraftRefused``."""
    with transaction.atomic():
        planning_lock()
        draft = _hold(draft, expected_version)
        if not reason.strip():
            raise DraftRefused(["Say why it is discarded: the next planner will ask."])
        _decide(draft, Draft.State.DISCARDED, actor, now, reason=reason.strip()[:300])
        _record(draft, "draft.discarded", actor, now, reason=draft.reason)
        _answered(draft.events.values_list("pk", flat=True), draft.base, now, f"Discarded: {draft.reason}")
    return draft


def set_guard(*, takes: bool, actor: str, now: datetime) -> PlannerSettings:
    """Whether repairs that make nobody late and move nothing released are accepted by themselves."""
    with transaction.atomic():
        planning_lock()
        settings, _ = PlannerSettings.objects.get_or_create(pk=1)
        settings.takes_harmless = takes
        settings.version += 1
        settings.save(update_fields=["takes_harmless", "version"])
        record(stream="planner", kind="planner.guard", actor=actor, data={"takes_harmless": takes}, now=now)
    return settings


def _hold(draft: Draft, expected_version: int | None) -> Draft:
    held = Draft.objects.select_related("base").get(pk=draft.pk)
    if held.state != Draft.State.OPEN:
        why = f": {held.reason}" if held.reason else ""
        raise DraftRefused([f"Draft {held.number} is {held.state} already{why}"])
    if expected_version is not None and held.version != expected_version:
        raise DraftRefused(
            [
                f"Draft {held.number} got better since you looked (you saw version {expected_version}, "
                f"it is {held.version}): look at it again."
            ]
        )
    return held


def _require_known(mine: Sequence[Change], chosen: Collection[str] | None) -> None:
    if chosen is None:
        return
    if strange := set(chosen) - {change.id for change in mine}:
        raise DraftRefused([f"{len(strange)} of the changes chosen are not in this draft."])
    if not chosen:
        raise DraftRefused(["Choose some of the changes, or discard the draft."])


def _require_time(taken: Sequence[Change], before: Proposal, now: datetime) -> None:
    """What moves has to be still to come; what stood there already is the floor's to see."""
    stood = {(o.units, o.step, o.machine, o.start) for o in before.operations}
    begun = [
        moment(o.setup_start)
        for change in taken
        for o in change.after
        if (o.units, o.step, o.machine, o.start) not in stood and moment(o.setup_start) < now
    ]
    if begun:
        raise DraftRefused(
            [
                f"Work of this draft was to begin at {clock(min(begun))}, which has gone by: "
                "ask for a new repair."
            ]
        )


def _require_whole(certificate: Certificate, taken: Sequence[Change], asked: Asked, draft: Draft) -> None:
    """Raise ``PartRefused`` where changes are left out: it names all that those taken cannot do without."""
    before, ours = decode_proposal(draft.before), decode_proposal(draft.proposal)
    left = {change.id: change for change in changes(before, ours)}
    for change in taken:
        del left[change.id]
    if not left:
        return
    reasons, missing = _breaches(certificate), list[str]()
    while left and not certificate.ok:
        named_in = set().union(*(tokens(f"{b.where} {b.text}") for b in certificate.breaches))
        more = [c.id for c in left.values() if named_in.intersection(r.id for r in _runs_of(c))] or list(left)
        missing += more
        for name in more:
            del left[name]
        try:
            chosen = {*missing, *(change.id for change in taken)}
            merged = merge(before, ours, asked.before, chosen=chosen)
        except Clash:
            break  # taking these meets what others changed: that is said when they are taken
        certificate = certify(asked.problem, on_new_facts(asked.problem, merged))
    shown = {row["id"]: ", ".join(row["runs"]) for row in draft.diff["changes"]}
    names = "; ".join(dict.fromkeys(shown.get(name, name) for name in missing))
    raise PartRefused([f"This needs {names} too.", *reasons], missing)


def _runs_of(change: Change) -> tuple[PlannedRun, ...]:
    return (*change.runs_before, *change.runs_after)


def _breaches(certificate: Certificate) -> list[str]:
    return [f"{breach.where}: {breach.text}" for breach in certificate.breaches[:3]]


def _told(clash: Clash) -> list[str]:
    """What became of the work that both changed."""
    ids = {run.id for mine, theirs in clash.pairs for run in (*mine.runs_before, *theirs.runs_before)}
    rows = Run.objects.in_bulk(list(ids))
    reasons = []
    for _, theirs in clash.pairs:
        for run in theirs.runs_before:
            row = rows.get(run.id)
            if row is None:
                reasons.append("A run that the draft changes was replaced meanwhile.")
            elif row.pinned:
                reasons.append(f"{row} was pinned meanwhile, and the draft changes it.")
            elif row.state != "proposed":
                reasons.append(f"{row} was {row.state} meanwhile, and the draft changes it.")
            else:
                reasons.append(f"{row} was changed meanwhile, and the draft changes it too.")
    return list(dict.fromkeys(reasons))


def _decide(draft: Draft, state: str, actor: str, now: datetime, *, reason: str = "") -> None:
    draft.state, draft.decided_at, draft.decided_by, draft.reason = state, now, actor, reason
    draft.version += 1
    draft.save()


def _answered(events: Collection[str], plan: Plan, now: datetime, note: str) -> None:
    PlanEvent.objects.open().filter(pk__in=list(events)).update(answered_at=now, answered_by=plan, note=note)


def _record(draft: Draft, kind: str, actor: str, now: datetime, **data: Any) -> None:
    told = {"draft": draft.pk, "number": draft.number, "version": draft.version, **data}
    record(stream=f"draft:{draft.pk}", kind=kind, actor=actor, data=told, now=now)
