"""Asking for a proposal, so that many wishes become one job and one job at a time computes.

Note on wishes. A job reads the facts when it begins. So a wish may join any job that has not
begun, and is kept as long as asking and beginning exclude each other: both take the wishes
lock, and a job has begun when it shows progress. Whoever wishes inside a change holds the
lock until that change commits, so the job that is joined sees it.

Nobody waits longer than needed for a person: their wish makes a waiting job due at once.
What only follows the demand leaves PLANNING_QUIET_SECONDS between the end of one plan and
the next. All times are the database's, which also reads them.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from ledger.jobs import Claim, NotNow, call_now
from ledger.models import Job, database_now
from ledger.requesting import request
from production.locking import wishes_lock
from production.models import CellRound, Draft

JOB_KIND = "planning.propose"
QUEUE = "planning"
# Changes within so many seconds become one proposal.
DEBOUNCE = timedelta(seconds=5)
# Repairs after an event: many events of a moment become one. A first one takes a second, and the floor
# stands: it waits behind no files and no plans.
REPAIR_QUEUE = "interactive"
REPAIR_KIND = "planning.repair"
IMPROVE_KIND = "planning.improve"
REPAIR_DEBOUNCE = timedelta(seconds=2)
# How soon a job that found another one computing looks again.
LOOK_AGAIN = timedelta(seconds=5)


def request_proposal(*, actor: str, now: datetime) -> Job:
    """Ask for a proposal now: the job that waits already, made due at once, or a new one.

    In a transaction of the caller or its own.
    """
    with transaction.atomic():
        wishes_lock()
        waiting = _waiting()
        if waiting is None:
            return _ask({"actor": actor, "asked": True}, now, None)
        payload = waiting.payload | {"actor": actor, "asked": True}
        Job.objects.filter(pk=waiting.pk).update(payload=payload)
        call_now(job=waiting)
        waiting.refresh_from_db()
        return waiting


def request_soon(*, actor: str, now: datetime) -> Job:
    """Ask for a proposal because something changed: the job that waits already, or a new one for when the
    changes of a few seconds are in and the last plan is old enough."""
    with transaction.atomic():
        wishes_lock()
        soon = database_now() + DEBOUNCE
        return _waiting() or _ask({"actor": actor}, now, max(soon, _quiet_until() or soon))


def request_repair(*, actor: str, now: datetime, at_once: bool = False) -> Job:
    """Ask for a repair of the plan in force: the job that waits already, or a new one; ``at_once`` does not
    wait for the other events of the moment."""
    with transaction.atomic():
        wishes_lock()
        queued = Job.objects.filter(kind=REPAIR_KIND, state=Job.State.QUEUED, attempts=0)
        waiting = queued.order_by("pk").select_for_update().first()
        if waiting is not None:
            if at_once:
                call_now(job=waiting)
            return waiting
        return request(
            kind=REPAIR_KIND,
            payload={"actor": actor},
            key=f"{REPAIR_KIND}:{uuid.uuid4().hex}",
            now=now,
            queue=REPAIR_QUEUE,
            run_after=None if at_once else database_now() + REPAIR_DEBOUNCE,
        )


def request_better(*, actor: str, now: datetime, draft: str | None = None) -> Job:
    """Ask for a search: for a repair better than that of ``draft``, or where nothing has to be put off."""
    return request(
        kind=IMPROVE_KIND,
        payload={"actor": actor, "draft": draft},
        key=f"{IMPROVE_KIND}:{draft or uuid.uuid4().hex}",
        now=now,
    )


def begin(claim: Claim) -> None:
    """Mark this job as the one that computes. Raises ``NotNow`` while another one does, or while it is too
    early for a plan that nobody asked for."""
    with transaction.atomic():
        wishes_lock()
        others = Job.objects.filter(kind=JOB_KIND, state=Job.State.RUNNING, lease_until__gt=Now())
        if others.exclude(pk=claim.job_id).exclude(progress={}).exists():
            raise NotNow(LOOK_AGAIN, "Another proposal is being computed.")
        unfinished = CellRound.objects.filter(job__in=Job.objects.unfinished())
        if unfinished.exclude(pk=claim.job_id).exists():
            raise NotNow(LOOK_AGAIN, "The cells of another proposal are being computed.")
        if not claim.payload.get("asked") and (until := _quiet_until()) and until > (at := database_now()):
            raise NotNow(until - at, "The last plan is too new for one that nobody asked for.")
        claim.report({"step": "reading"})


def _waiting() -> Job | None:
    """A job that has not begun, locked so that it does not begin before this transaction ends."""
    queued = Job.objects.filter(kind=JOB_KIND, state=Job.State.QUEUED, attempts=0)
    # One whose cells are being computed has read its facts already.
    queued = queued.exclude(payload__has_key="cells")
    return queued.order_by("pk").select_for_update().first()


def _ask(payload: dict[str, Any], now: datetime, run_after: datetime | None) -> Job:
    return request(
        kind=JOB_KIND,
        payload=payload,
        key=f"{JOB_KIND}:{uuid.uuid4().hex}",
        now=now,
        queue=QUEUE,
        run_after=run_after,
    )


def _quiet_until() -> datetime | None:
    """Before when no plan is made that nobody asked for: soon after the last one, and while staff look at a
    repair."""
    ended: datetime | None = Job.objects.filter(kind=JOB_KIND, state=Job.State.DONE).aggregate(
        last=Max("finished_at")
    )["last"]
    drafted: datetime | None = Draft.objects.open().aggregate(last=Max("created_at"))["last"]
    quiet = [] if ended is None else [ended + timedelta(seconds=settings.PLANNING_QUIET_SECONDS)]
    if drafted is not None:
        quiet.append(drafted + timedelta(seconds=settings.PLANNING_DRAFT_SECONDS))
    return max(quiet, default=None)
