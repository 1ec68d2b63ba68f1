"""The plan for what was ordered: asked for as staff do it, made by the Celery worker, partly released."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from ledger.models import Job
from production import gate, planning, review, stock
from production.models import Plan, Run, RunState

ACTOR = "user:bob"
LONGEST_WAIT = 180.0  # seconds in which nothing goes on
AT_WORK = (Job.State.QUEUED, Job.State.RUNNING, Job.State.FAILED)
RELEASED_SHARE = 3  # one run in so many is released: those due first
# Why a run is not released after all: the demo goes on, and says so.
KEEPS_BACK = (review.ReviewRefused, review.PlanBroken, review.Outdated, stock.MaterialShort)

Wait = Callable[[Callable[[], bool], float], bool]


class NoPlan(Exception):
    """The job did not come to an end; the message says where it is stuck."""


@dataclass(frozen=True)
class Made:
    """The plan, the runs released from it, why others could not be, and the seconds that each took."""

    plan: Plan
    released: tuple[Run, ...]
    kept_back: tuple[str, ...]
    planning_seconds: float
    releasing_seconds: float


def make(*, now: Callable[[], datetime], wait: Wait, say: Callable[[str], None]) -> Made:
    """Ask for a proposal, wait for the worker, release the runs due first. Raises :class:`NoPlan`."""
    # No line is planned before its file is made and read back.
    awaited = Job.objects.filter(state__in=AT_WORK, kind=gate.JOB_KIND)
    if awaited.exists():
        say(f"{awaited.count()} production files are being made and read back")
        if not _worked_off(awaited, wait):
            say(f"{awaited.count()} of them are not there yet: their lines come into a later plan")
    began = time.monotonic()
    job = planning.request_proposal(actor=ACTOR, now=now())
    say("a proposal was asked for; the relay calls the worker")
    _wait_for(job, wait, say)
    planned = time.monotonic()
    plan = Plan.objects.current().get()
    proposed = plan.runs.filter(state=RunState.PROPOSED).order_by(F("due_at").asc(nulls_last=True), "number")
    chosen = list(proposed[: max(1, (proposed.count() + RELEASED_SHARE - 1) // RELEASED_SHARE)])
    released: list[Run] = []
    kept_back: list[str] = []
    for run in chosen:
        try:
            released.append(review.release(run=run, actor=ACTOR, now=now()))
        except KEEPS_BACK as refusal:
            kept_back.append(f"{run}: {refusal}")
    say(f"{len(released)} runs released; the worker writes their tickets and production files")
    # A plan that follows late orders waits for its quiet time, tidying for tomorrow: the demo for neither.
    at_work = Job.objects.filter(state__in=AT_WORK).exclude(kind=planning.JOB_KIND)
    others = at_work.exclude(run_after__gt=now() + timedelta(minutes=10))
    _worked_off(others, wait)
    return Made(plan, tuple(released), tuple(kept_back), planned - began, time.monotonic() - planned)


def _worked_off(jobs: QuerySet[Job], wait: Wait) -> bool:
    """Wait as long as they get fewer; False when none ended for ``LONGEST_WAIT``."""
    left = jobs.count()

    def fewer() -> bool:
        return jobs.count() < left

    while left:
        if not wait(fewer, LONGEST_WAIT):
            return False
        left = jobs.count()
    return True


def _wait_for(job: Job, wait: Wait, say: Callable[[str], None]) -> None:
    said = ""

    def ended() -> bool:
        nonlocal said
        job.refresh_from_db()
        text = ", ".join(f"{key} {value}" for key, value in job.progress.items() if key != "curve")
        if text and text != said:
            said = text
            say(f"planning: {text}")
        return job.state in (Job.State.DONE, Job.State.DEAD)

    if not wait(ended, LONGEST_WAIT):
        raise NoPlan(
            f"The planning job {job.pk} is still {job.state} after {LONGEST_WAIT:.0f} s: "
            "see var/log/worker.log and var/log/relay.log, or run `manage.py doctor`."
        )
    if job.state == Job.State.DEAD:
        raise NoPlan(f"The planning job {job.pk} failed {job.attempts} times: {job.last_error}")
