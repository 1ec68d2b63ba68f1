"""The job row: claim, work, finish. Killed at any point, nothing is lost and nothing happens twice.

Note on the protocol. A job is a row made in the transaction of the change that
wants it. Who runs it takes it by a conditional update that sets a new fencing
token and a lease on the database's clock; works with no transaction open while
a thread extends the lease; and finishes in one transaction that marks the row
done *if the token is still there* and then writes the effect. A worker that was
thought dead and comes back late finds another token and its effect is
discarded. The broker only tells workers where to look (``relay``).
"""

import gc
import logging
import threading
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from psycopg.errors import LockNotAvailable

from ledger.entries import record
from ledger.handlers import Claim, ClaimLost, Effect, Handler, NotNow, handler, handler_of, queues
from ledger.models import MAX_ATTEMPTS, Job, database_now
from ledger.requesting import request

__all__ = [
    "Claim",
    "ClaimLost",
    "Effect",
    "NoSuchJob",
    "NotDead",
    "NotNow",
    "NothingToStop",
    "again",
    "ask_to_stop",
    "call_now",
    "handler",
    "prune",
    "queues",
    "request",
    "run",
    "set_aside_exhausted",
]

log = logging.getLogger(__name__)

HEARTBEATS_PER_LEASE = 3
LONGEST_ERROR = 4000  # characters kept of a traceback: its end says most
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(seconds=120)
USUAL_COLLECTIONS = gc.get_threshold()


class NoSuchJob(Exception):
    """There is no job with this id."""


class NothingToStop(Exception):
    """The job has ended."""


class NotDead(Exception):
    """Only a job that was set aside can be run again."""


def run(job_id: int) -> bool:
    """Run one job in this process; True when this call finished it.

    False when it is not to be had (done, waiting, held by another worker, dead,
    of a kind this code does not know) and when the attempt failed or was overtaken:
    the row says which. Raises NoSuchJob, and DatabaseError when the database is away.
    """
    kind = Job.objects.filter(pk=job_id).values_list("kind", flat=True).first()
    if kind is None:
        raise NoSuchJob(f"There is no job {job_id}.")
    known = handler_of(kind)
    if known is None:
        log.warning("job %s: nothing here handles %r, left in place", job_id, kind)
        return False
    claim = _claim(job_id, known)
    if claim is None:
        return False
    try:
        with _few_collections():
            with _heartbeat(claim, known.lease):
                effect = known.work(claim)
            _finish(claim, effect)
        return True
    except ClaimLost:
        log.warning("job %s: attempt %s was overtaken, its result is discarded", job_id, claim.attempt)
        return False
    except NotNow as later:
        log.info("job %s (%s) waits %s: %s", job_id, kind, later.wait, later)
        _put_back(claim, later)
        return False
    except BaseException as error:
        log.exception("job %s (%s): attempt %s failed", job_id, kind, claim.attempt)
        _fail(claim, error)
        if not isinstance(error, Exception):
            raise
        return False


def again(*, job_id: int, actor: str, now: datetime) -> Job:
    """Give a job that was set aside its attempts back. Raises NoSuchJob, NotDead."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None:
            raise NoSuchJob(f"There is no job {job_id}.")
        if job.state != Job.State.DEAD:
            raise NotDead(f"Job {job_id} is {job.state}: only one that was set aside can be run again.")
        Job.objects.filter(pk=job_id).update(
            state=Job.State.QUEUED,
            attempts=0,
            stop_asked=False,
            publishes=0,
            published_at=None,
            run_after=Now(),  # waits from now on, whenever it was created
            finished_at=None,
        )
        record(
            stream=f"job:{job_id}",
            kind="job.revived",
            actor=actor,
            data={"kind": job.kind, "key": job.key},
            now=now,
        )
        _ring()
        job.refresh_from_db()
        return job


def ask_to_stop(*, job_id: int, actor: str, now: datetime) -> Job:
    """Have a job end with what it has: work that gets better with time asks for this (``Claim.stop_asked``),
    other work ends as it would. Asking twice is asking once. Raises NoSuchJob, NothingToStop."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None:
            raise NoSuchJob(f"There is no job {job_id}.")
        if job.state in (Job.State.DONE, Job.State.DEAD):
            raise NothingToStop(f"Job {job_id} is {job.state}: there is nothing to stop any more.")
        if not job.stop_asked:
            job.stop_asked = True
            Job.objects.filter(pk=job_id).update(stop_asked=True)
            record(
                stream=f"job:{job_id}",
                kind="job.stop_asked",
                actor=actor,
                data={"kind": job.kind, "key": job.key},
                now=now,
            )
        return job


def call_now(*, job: Job) -> None:
    """Let a job that waits for its time be called as soon as this transaction commits."""
    Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
        run_after=None, publishes=0, published_at=None
    )
    _ring()


def set_aside_exhausted(*, cap: int = 100) -> list[int]:
    """Mark jobs dead that were started MAX_ATTEMPTS times without finishing; their ids. For the relay."""
    with transaction.atomic():
        exhausted = Job.objects.exhausted().order_by("pk").select_for_update(skip_locked=True)[:cap]
        ids = []
        for job in exhausted:
            error = job.last_error
            if job.state == Job.State.RUNNING:
                error = f"The worker was lost during attempt {job.attempts}.\n{error}".strip()
            _set_aside(job, error)
            ids.append(job.pk)
        return ids


def prune(*, days: int, now: datetime) -> int:
    """Remove jobs that were done more than ``days`` days before ``now``; how many."""
    removed, _ = Job.objects.filter(state=Job.State.DONE, finished_at__lt=now - timedelta(days=days)).delete()
    return removed


def _claim(job_id: int, known: Handler) -> Claim | None:
    """Take the job, or None when it cannot be had: one conditional update, so one of two rivals gets it.

    A worker that writes an effect for longer than its lease holds the row's lock: then it is not to be had.
    """
    token = uuid.uuid4().hex
    try:
        with transaction.atomic():
            taken = (
                Job.objects.claimable()
                .filter(pk=job_id)
                .update(
                    state=Job.State.RUNNING,
                    token=token,
                    attempts=F("attempts") + 1,
                    lease_until=Now() + known.lease,
                    progress={},
                )
            )
    except OperationalError as problem:
        if not isinstance(problem.__cause__, LockNotAvailable):
            raise
        return None
    if not taken:
        return None
    job = Job.objects.get(pk=job_id)
    if job.token != token:  # overtaken between the two statements
        return None
    return Claim(job_id=job.pk, kind=job.kind, payload=job.payload, token=token, attempt=job.attempts)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for rings of garbage a hundred times less often: a job that reads a hundred thousand lines makes
    millions of values that stay, and going through them again and again took a seventh of its time."""
    gc.set_threshold(100 * USUAL_COLLECTIONS[0], *USUAL_COLLECTIONS[1:])
    try:
        yield
    finally:
        gc.set_threshold(*USUAL_COLLECTIONS)


@contextmanager
def _heartbeat(claim: Claim, lease: timedelta) -> Iterator[None]:
    """Extend the lease from a thread for as long as the block runs.

    Inside somebody's transaction there is no thread: the row's lock holds it
    against everybody until that transaction ends, and another connection could not see it.
    """
    if connection.in_atomic_block:
        yield
        return
    done = threading.Event()
    thread = threading.Thread(
        target=_beat, args=(claim, lease, done), name=f"heartbeat of job {claim.job_id}", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _beat(claim: Claim, lease: timedelta, done: threading.Event) -> None:
    """The heartbeat's loop, on a database connection of its own thread."""
    mine = Job.objects.filter(pk=claim.job_id).held_by(claim.token)
    try:
        while not done.wait(lease.total_seconds() / HEARTBEATS_PER_LEASE):
            try:
                held = mine.update(lease_until=Now() + lease)
            except DatabaseError:
                # The database is away: the next beat tries a new connection, the token decides at the end.
                log.warning("job %s: a heartbeat could not be written", claim.job_id, exc_info=True)
                connection.close()
                continue
            if not held and not done.is_set():
                claim.lost.set()
                return
    finally:
        connection.close()


def _finish(claim: Claim, effect: Effect | None) -> None:
    """Done and effect in one transaction. Raises ClaimLost, with no effect, when the job is no longer ours.

    The row's lock, held from the first statement, keeps others off while the effect is written.
    """
    with transaction.atomic():
        mine = (
            Job.objects.filter(pk=claim.job_id)
            .held_by(claim.token)
            .update(state=Job.State.DONE, token="", lease_until=None, last_error="", finished_at=Now())
        )
        if not mine:
            raise ClaimLost(f"Job {claim.job_id} is no longer held by this worker.")
        if effect is not None:
            effect()


def _put_back(claim: Claim, later: NotNow) -> None:
    """As if the attempt had not been made; the relay calls the job when its wait is over."""
    Job.objects.filter(pk=claim.job_id).held_by(claim.token).update(
        state=Job.State.QUEUED,
        token="",
        lease_until=None,
        attempts=F("attempts") - 1,
        progress=later.progress,
        run_after=Now() + later.wait,
        publishes=0,
        published_at=None,
    )


def _fail(claim: Claim, error: BaseException) -> None:
    """Note the failure and let the job wait for its next attempt, or set it aside after the last."""
    text = "".join(traceback.format_exception(error))[-LONGEST_ERROR:].replace("\x00", "�")
    try:
        with transaction.atomic():
            job = Job.objects.filter(pk=claim.job_id).held_by(claim.token).select_for_update().first()
            if job is None:
                return
            if job.attempts >= MAX_ATTEMPTS:
                _set_aside(job, text)
                return
            wait = min(FIRST_RETRY * 2 ** (claim.attempt - 1), LONGEST_RETRY)
            Job.objects.filter(pk=job.pk).update(
                state=Job.State.FAILED,
                token="",
                lease_until=None,
                last_error=text,
                run_after=Now() + wait,
                publishes=0,
                published_at=None,
            )
    except DatabaseError:
        # The lease will run out and the relay will call the job again.
        log.exception("job %s: the failure could not be noted", claim.job_id)


def _set_aside(job: Job, error: str) -> None:
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.DEAD,
        token="",
        lease_until=None,
        last_error=error,
        finished_at=Now(),
    )
    record(
        stream=f"job:{job.pk}",
        kind="job.dead",
        actor="system:jobs",
        data={
            "kind": job.kind,
            "key": job.key,
            "attempts": job.attempts,
            "error": error.strip().rsplit("\n", 1)[-1][:500].encode(errors="replace").decode(),
        },
        now=database_now(),
    )
    _tell(job, error)
    log.error("job %s (%s) is set aside after %s attempts", job.pk, job.kind, job.attempts)


def _tell(job: Job, error: str) -> None:
    """Tell whoever asked for this kind of work that it will not be done. Whatever goes wrong there, the job
    stays set aside."""
    known = handler_of(job.kind)
    if known is None or known.given_up is None:
        return
    try:
        with transaction.atomic():
            known.given_up(job, error)
    except Exception:
        log.exception("job %s (%s): that it is set aside could not be told", job.pk, job.kind)


def _ring() -> None:
    """Wake the relays when this transaction commits (new rows do it by a trigger)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('ledger_job', '')")
