"""The relay: calls waiting jobs out to the workers, and takes back those whose worker is gone.

Note on many relays. A sweep marks the rows it will call in one statement that
skips rows another relay has, commits, and only then talks to the broker. A
relay that dies between the two costs the back-off of a few seconds, no job.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F
from django.db.models.functions import Greatest
from psycopg import Connection

from ledger.jobs import set_aside_exhausted
from ledger.models import Job

log = logging.getLogger(__name__)

CHANNEL = "ledger_job"
PAUSE = 0.5  # seconds between sweeps when nobody rings
CAP = 200  # jobs called in one sweep: more would only wait in the broker
FIRST_BACK_OFF = 6  # seconds after the first call without an answer, doubling
LONGEST_BACK_OFF = 120
LONGEST_REST = 5.0  # seconds to wait while the broker or the database is away

Publish = Callable[[int, str], None]


@dataclass(frozen=True)
class Swept:
    """What one sweep did: ids of jobs taken back, set aside and called."""

    taken_back: tuple[int, ...] = ()
    set_aside: tuple[int, ...] = ()
    called: tuple[int, ...] = ()
    broker_away: bool = False


def sweep(*, publish: Publish, away: tuple[type[Exception], ...], cap: int = CAP) -> Swept:
    """Look once at all jobs. ``publish(job_id, queue)`` may raise one of ``away`` when the broker is."""
    set_aside = tuple(set_aside_exhausted())
    taken_back = _take_back()
    marked = _mark(cap)
    called: list[int] = []
    for position, (job_id, queue) in enumerate(marked):
        try:
            publish(job_id, queue)
        except away as problem:
            log.warning("%s", problem)
            _unmark([job_id for job_id, _ in marked[position:]])
            return Swept(taken_back, set_aside, tuple(called), broker_away=True)
        called.append(job_id)
    return Swept(taken_back, set_aside, tuple(called))


def run(
    *, publish: Publish, away: tuple[type[Exception], ...], stop: Callable[[], bool], cap: int = CAP
) -> None:
    """Sweep whenever somebody rings and every PAUSE seconds, until ``stop``; outlives broker and database."""
    misses = 0
    while not stop():
        try:
            _listen()
            while not stop():
                swept = sweep(publish=publish, away=away, cap=cap)
                _tell(swept)
                misses = misses + 1 if swept.broker_away else 0
                if swept.broker_away:
                    _rest(misses)
                elif len(swept.called) < cap:
                    _wait_for_ring()
        except (OperationalError, InterfaceError) as problem:
            misses += 1
            log.warning("the database is away (%s), trying again", str(problem).strip().split("\n")[0])
            connection.close()
            _rest(misses)


def _take_back() -> tuple[int, ...]:
    """Queue the jobs whose lease is over again, without their token: a late worker cannot finish them."""
    rows = _rows(
        """
        UPDATE ledger_job
        SET state = 'queued', token = '', lease_until = NULL, publishes = 0, published_at = NULL,
            run_after = statement_timestamp()
        WHERE id IN (
            SELECT id FROM ledger_job WHERE state = 'running' AND lease_until < statement_timestamp()
            ORDER BY id FOR UPDATE SKIP LOCKED)
        RETURNING id, queue
        """
    )
    return tuple(job_id for job_id, _ in rows)


def _mark(cap: int) -> list[tuple[int, str]]:
    """Choose up to ``cap`` due jobs that were not called lately, and note the call: (id, queue)."""
    return _rows(
        """
        UPDATE ledger_job SET publishes = publishes + 1, published_at = statement_timestamp()
        WHERE id IN (
            SELECT id FROM ledger_job
            WHERE state IN ('queued', 'failed')
              AND (run_after IS NULL OR run_after <= statement_timestamp())
              AND (published_at IS NULL OR statement_timestamp() >= published_at
                   + make_interval(secs => least(%s, %s * power(2, least(publishes, 10) - 1))))
            ORDER BY published_at NULLS FIRST, id LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING id, queue
        """,
        (LONGEST_BACK_OFF, FIRST_BACK_OFF, cap),
    )


def _unmark(job_ids: list[int]) -> None:
    """These calls never reached the broker: let the next sweep make them."""
    waiting = Job.objects.filter(pk__in=job_ids, state__in=(Job.State.QUEUED, Job.State.FAILED))
    waiting.update(published_at=None, publishes=Greatest(F("publishes") - 1, 0))


def _rows(statement: str, values: tuple[int, ...] = ()) -> list[tuple[int, str]]:
    """The (id, queue) that an UPDATE returns, by id: it promises no order of its own."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return sorted(cursor.fetchall())


def _listen() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")


def _wait_for_ring() -> None:
    """Sleep until a new job's transaction commits, at most PAUSE seconds."""
    raw = cast("Connection[object] | None", connection.connection)
    if raw is None:  # closed under us: the outer loop connects and listens anew
        raise OperationalError("the connection was closed")
    with connection.wrap_database_errors:
        for _ in raw.notifies(timeout=PAUSE, stop_after=1):
            return


def _rest(misses: int) -> None:
    time.sleep(min(PAUSE * 2 ** min(misses - 1, 10), LONGEST_REST))


def _tell(swept: Swept) -> None:
    if swept.taken_back:
        log.warning("took back %s", _some(swept.taken_back))
    if swept.called:
        log.debug("called %s", _some(swept.called))


def _some(ids: tuple[int, ...]) -> str:
    return f"{len(ids)} jobs ({', '.join(map(str, ids[:10]))}{', …' if len(ids) > 10 else ''})"
