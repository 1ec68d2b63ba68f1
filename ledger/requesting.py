"""Asking for work: a row in the caller's own transaction, nothing else."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ledger.engine.chain import settle
from ledger.handlers import DEFAULT_QUEUE, handler_of
from ledger.models import Job


def request(
    *,
    kind: str,
    payload: Mapping[str, Any],
    key: str,
    now: datetime,
    queue: str | None = None,
    run_after: datetime | None = None,
    trace_id: str = "",
) -> Job:
    """The job ``key``: created now, or the one that was asked for before with the same key.

    Touches no broker; the relay is woken when the transaction commits. Without
    ``queue`` it goes where the kind's handler says. ``run_after`` is read by
    the database's clock.
    """
    known = handler_of(kind)
    job = Job(
        kind=kind,
        key=key,
        payload=settle(payload, where="payload"),
        queue=queue or (known.queue if known else DEFAULT_QUEUE),
        run_after=run_after,
        trace_id=trace_id or uuid.uuid4().hex,
        created_at=now,
    )
    Job.objects.bulk_create([job], ignore_conflicts=True)  # waits for a rival with the same key
    return Job.objects.get(key=key)
