"""What production does outside of requests: proposals, and the wishes for them."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import timezone

from ledger.followers import follow
from ledger.jobs import Claim, Effect, handler
from ledger.models import Entry, Job
from orders.models import Line, Order
from production import cells, drafts, events, files, gate, whatif, wishes
from production.models import Draft, Run, Scenario
from production.planning import Computed, store
from production.watched import Watched

DEMAND_JOB = "production.demand"
IMPROVE_ITERATIONS = 2_000

# What changes the demand: a proposal follows a few seconds later, one for all of them.
for kind in ("line.ready", "order.cancelled"):
    follow(kind, job_kind=DEMAND_JOB)
# What changes what it can be made of and on.
for kind in ("material.received", "material.counted", "material.announced", "shop.changed"):
    follow(kind, job_kind=DEMAND_JOB)


follow("line.ready", job_kind=gate.JOB_KIND)
follow("run.released", job_kind=files.JOB_KIND)


def stop_files(job: Job, error: str) -> None:
    """A job that was set aside will bring no file: the run says so, and that they can be made again."""
    said = error.strip().rsplit("\n", 1)[-1][:300] or "nothing was said"
    reason = f"Making them was tried {job.attempts} times and never came to an end. The last time: {said}"
    note_stopped_as_effect(_run_of(job.payload), [reason])


@handler(files.JOB_KIND, lease=timedelta(seconds=60), given_up=stop_files)
def make_files(claim: Claim) -> Effect | None:
    """Ticket and sheets of a released run; the effect notes them, or why there are none."""
    run = Run.objects.get(pk=_run_of(claim.payload))
    try:
        made = files.make(run=run)
    except files.FilesStopped as stopped:
        return partial(note_stopped_as_effect, run.pk, stopped.reasons)
    return partial(note_files_as_effect, run.pk, made)


def _run_of(payload: Mapping[str, Any]) -> str:
    return str(payload["stream"]).removeprefix("run:")


def stop_line(job: Job, error: str) -> None:
    """A job that was set aside will bring no file: its line says so instead of waiting for ever."""
    gate.give_up(line=_line_of(job.payload), tries=job.attempts, error=error, now=timezone.now())


@handler(gate.JOB_KIND, lease=timedelta(seconds=60), given_up=stop_line)
def make_artwork(claim: Claim) -> Effect | None:
    """The production files of a line, read back; the effect notes them and asks for a plan."""
    line = _line_of(claim.payload)
    made = gate.make(line=line)
    return partial(note_artwork_as_effect, line, made) if made else None


def _line_of(payload: Mapping[str, Any]) -> Line:
    wanted = payload.get("line") or Entry.objects.get(pk=payload["entry"]).data["line"]
    return Line.objects.select_related("order", "design__version__family").get(pk=wanted)


@handler(DEMAND_JOB)
def take_note(claim: Claim) -> Effect | None:
    """Something is to be planned: ask for a proposal. A count that agreed with the books changes nothing."""
    entry = Entry.objects.get(pk=claim.payload["entry"])
    if entry.kind == "material.counted" and not entry.data["change"]:
        return None
    if entry.kind == "order.cancelled":
        return partial(note_cancelled_as_effect, entry)
    return partial(request_soon_as_effect, actor="system:demand")


@handler(wishes.JOB_KIND, queue=wishes.QUEUE)
def propose(claim: Claim) -> Effect | None:
    """Compute a proposal, one at a time; the effect stores it in the transaction that ends the job."""
    wishes.begin(claim)
    computed = cells.compute(claim, now=timezone.now(), report=Watched(claim.report))
    return partial(store_as_effect, computed, claim.job_id)


@handler(cells.JOB_KIND, queue=wishes.QUEUE, lease=timedelta(seconds=60), given_up=cells.give_up)
def plan_cell(claim: Claim) -> Effect | None:
    """A cell of a large proposal."""
    return cells.plan_part(claim)


def stop_scenario(job: Job, error: str) -> None:
    """A job that was set aside brings no answer: the scenario says so."""
    said = error.strip().rsplit("\n", 1)[-1][:300] or "nothing was said"
    whatif.note_failed(
        scenario_id=job.payload["scenario"],
        version=job.payload["version"],
        reason=f"It was tried {job.attempts} times and never came to an end. The last time: {said}",
        now=timezone.now(),
    )


@handler(whatif.JOB_KIND, queue=whatif.QUEUE, given_up=stop_scenario)
def compute_scenario(claim: Claim) -> Effect | None:
    """Plan a scenario beside the plan as it is; the effect keeps the answer with it."""
    name, version = str(claim.payload["scenario"]), int(claim.payload["version"])
    scenario = Scenario.objects.filter(pk=name, version=version).first()
    if scenario is None:
        return None
    try:
        result = whatif.compute(scenario=scenario, now=timezone.now(), report=claim.report)
    except whatif.ScenarioRefused as refusal:
        return partial(note_scenario_failed_as_effect, name, version, str(refusal))
    return partial(note_scenario_as_effect, name, version, result)


def note_scenario_as_effect(name: str, version: int, result: whatif.Result) -> None:
    whatif.note(scenario_id=name, version=version, result=result, now=timezone.now())


def note_scenario_failed_as_effect(name: str, version: int, reason: str) -> None:
    whatif.note_failed(scenario_id=name, version=version, reason=reason, now=timezone.now())


def give_up_repair(job: Job, error: str) -> None:
    """A repair that was set aside leaves the plan as it is: its events say why."""
    drafts.note_failure(job=job, error=error, now=timezone.now())


@handler(wishes.REPAIR_KIND, queue=wishes.REPAIR_QUEUE, lease=timedelta(seconds=60), given_up=give_up_repair)
def repair(claim: Claim) -> Effect | None:
    """A first repair, at once; the effect puts it beside the plan in force and asks for a better one."""
    actor = claim.payload["actor"]
    asked = drafts.ask(actor=actor, now=timezone.now())
    if asked is None:
        return partial(request_soon_as_effect, actor=actor)
    return partial(store_draft_as_effect, drafts.first_repair(asked=asked, actor=actor))


@handler(wishes.IMPROVE_KIND, queue=wishes.QUEUE)
def improve(claim: Claim) -> Effect | None:
    """A better repair in the same draft, as long as it waits for a decision and the facts are the same; where
    nothing had to be put off there is no draft yet."""
    actor, known = claim.payload["actor"], claim.payload["draft"]
    draft = Draft.objects.get(pk=known) if known else None
    asked = drafts.asked_of(draft) if draft else drafts.ask(actor=actor, now=timezone.now())
    if asked is None:
        if draft is None:
            return partial(request_soon_as_effect, actor=actor)
        return partial(request_repair_as_effect, actor=actor) if draft.state == Draft.State.OPEN else None
    deadline = time.monotonic() + settings.PLANNING_REPAIR_SECONDS

    def stop(tried: int) -> bool:
        return tried >= IMPROVE_ITERATIONS or claim.is_lost() or time.monotonic() > deadline

    better = drafts.better_repair(asked=asked, actor=actor, stop=stop)
    return partial(store_better_as_effect, draft, better) if draft else partial(store_draft_as_effect, better)


def note_cancelled_as_effect(entry: Entry) -> None:
    now = timezone.now()
    order = Order.objects.get(pk=entry.stream.removeprefix("order:"))
    if events.cancelled(order=order, actor="system:demand", now=now) is None:
        wishes.request_soon(actor="system:demand", now=now)


def store_draft_as_effect(repair: drafts.Repair) -> None:
    drafts.store(repair, now=timezone.now())


def store_better_as_effect(draft: Draft, repair: drafts.Repair) -> None:
    drafts.store_better(draft=draft, repair=repair, now=timezone.now())


def request_repair_as_effect(*, actor: str) -> None:
    wishes.request_repair(actor=actor, now=timezone.now())


def request_soon_as_effect(*, actor: str) -> None:
    wishes.request_soon(actor=actor, now=timezone.now())


def store_as_effect(computed: Computed, job_id: int) -> None:
    store(computed, now=timezone.now())
    cells.close(job_id)


def note_artwork_as_effect(line: Line, made: Sequence[gate.Gated]) -> None:
    now = timezone.now()
    gate.note(line=line, made=made, now=now)
    request_soon_as_effect(actor="system:gate")


def note_files_as_effect(run_id: str, made: Sequence[files.Made]) -> None:
    files.note(run_id=run_id, made=made, now=timezone.now())


def note_stopped_as_effect(run_id: str, reasons: Sequence[str]) -> None:
    files.note_stopped(run_id=run_id, reasons=reasons, now=timezone.now())
