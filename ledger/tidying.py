"""What grows without end and can go: registered here by every app, done by ``manage.py tidy``.

Note on safety. Nothing here decides that a row is needed by remembering who uses it: a batch is
locked, asked again whether it may go (what committed meanwhile is seen then), and deleted in a
transaction of its own; keys in the database refuse what the question missed, and the batch stays.
So tidying may be killed, run twice and run beside an open shop.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ledger.handlers import Claim, Effect, handler
from ledger.models import IdempotencyRecord, Job
from ledger.requesting import request

log = logging.getLogger(__name__)

DAYS = 30
BATCH = 200  # rows a transaction
JOB_KIND = "system.tidy"


class TwoTidiers(Exception):
    """Two functions were registered under one name."""


class NotTidied(Exception):
    """The tidying was asked for in a way that would take what may still be used."""


@dataclass(frozen=True)
class Limits:
    """What is old: unused since ``before``. With ``dry_run`` everything is counted and nothing changed."""

    now: datetime
    before: datetime
    dry_run: bool = False


@dataclass(frozen=True)
class Removed:
    """How many rows or files went (or would go), and how many bytes of files."""

    count: int
    bytes: int = 0


Tidier = Callable[[Limits], Removed]


@dataclass(frozen=True)
class Tidied:
    name: str
    removed: Removed


_tidiers: dict[str, tuple[int, Tidier]] = {}


def tidying(name: str, *, stage: int) -> Callable[[Tidier], Tidier]:
    """Register the decorated function. Lower stages go first: what points at others before what it
    points at, so that one run clears a whole chain (cart, design, picture, its file)."""

    def register(tidier: Tidier) -> Tidier:
        if _tidiers.setdefault(name, (stage, tidier)) != (stage, tidier):
            raise TwoTidiers(f"There is a tidying called {name!r} already.")
        return tidier

    return register


def tidy(*, days: int = DAYS, dry_run: bool = False, now: datetime) -> Iterator[Tidied]:
    """Run every tidying in the order of the stages. Raises ``NotTidied`` for less than a day."""
    if days < 1:
        raise NotTidied("--days must be 1 or more: what was made today may still be used.")
    limits = Limits(now=now, before=now - timedelta(days=days), dry_run=dry_run)
    for name, (_, tidier) in sorted(_tidiers.items(), key=lambda item: (item[1][0], item[0])):
        yield Tidied(name, tidier(limits))


def remove(rows: QuerySet[Any], *, limits: Limits) -> Removed:
    """Delete ``rows`` batch by batch, except those that are in use at the moment or needed after all."""
    if limits.dry_run:
        return Removed(rows.count())
    count, last = 0, None
    while True:
        ahead = rows if last is None else rows.filter(pk__gt=last)
        keys = list(ahead.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return Removed(count)
        count, last = count + _remove_batch(rows, keys), keys[-1]


def _remove_batch(rows: QuerySet[Any], keys: list[Any]) -> int:
    model = rows.model
    try:
        with transaction.atomic():
            found = model._base_manager.filter(pk__in=keys).order_by("pk")
            locked = list(found.select_for_update(skip_locked=True).values_list("pk", flat=True))
            # Asked anew, now that nobody else can change these rows: what was committed while they
            # were being locked counts.
            still = rows.filter(pk__in=locked).order_by()
            return int(still.delete()[1].get(model._meta.label, 0))
    except IntegrityError:  # a protecting key, in Django or in the database
        log.info("%s rows of %s are needed after all and stay", len(keys), model._meta.label)
        return 0


# --- daily ------------------------------------------------------------------------------------------------


def ask_for(*, now: datetime, run_after: datetime | None = None) -> Job:
    """The tidying of the day of ``run_after`` (or of today): one job a day however often it is asked for."""
    day = (run_after or now).date()
    return request(kind=JOB_KIND, payload={}, key=f"{JOB_KIND}:{day}", now=now, run_after=run_after)


@handler(JOB_KIND)
def tidy_as_job(claim: Claim) -> Effect | None:
    """One day's tidying. Tomorrow's is asked for first, so that a failure does not end the series."""
    now = timezone.now()
    ask_for(now=now, run_after=now + timedelta(days=1))
    done: dict[str, Any] = {}
    for tidied in tidy(now=now):
        done[tidied.name] = tidied.removed.count
        claim.report(done)
    return None


# --- the ledger's own -------------------------------------------------------------------------------------


@tidying("ledger: jobs that are done", stage=90)
def _done_jobs(limits: Limits) -> Removed:
    """Done only: what was set aside waits for a person."""
    old = Q(state=Job.State.DONE, finished_at__lt=limits.before)
    return remove(Job.objects.filter(old), limits=limits)


@tidying("ledger: remembered answers", stage=90)
def _remembered_answers(limits: Limits) -> Removed:
    """Their idempotency keys may then be used anew."""
    return remove(IdempotencyRecord.objects.filter(created_at__lt=limits.before), limits=limits)
