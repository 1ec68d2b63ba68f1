"""Writing down what happened, and proving that it still says so."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from ledger.engine import chain
from ledger.engine.chain import Anchor, Breach, Link
from ledger.followers import followers_of
from ledger.models import Entry, EntryQuerySet
from ledger.requesting import request


class NotInTransaction(Exception):
    """An entry has to be written in the transaction of the change that it tells of."""


def hold(*streams: str) -> None:
    """Take the locks of several streams in one fixed order, against deadlock.

    For operations that record in many streams: two of them that wrote in
    different orders would wait for each other.
    """
    _require_transaction()
    with connection.cursor() as cursor:
        for number in sorted(_lock_number(stream) for stream in set(streams)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def record(*, stream: str, kind: str, actor: str, data: Mapping[str, Any], now: datetime) -> Entry:
    """Append an entry to ``stream`` and create one job for each follower of ``kind``.

    Writers of one stream wait for each other until their transactions end, so
    the sequence has no gap. ``data`` may hold Decimal, datetime and tuples (see
    ``chain.settle``). Raises NotInTransaction, NotCanonical.
    """
    hold(stream)
    head = Entry.objects.filter(stream=stream).order_by("-sequence").only("sequence", "hash").first()
    sequence = head.sequence + 1 if head else 1
    previous = head.hash if head else chain.GENESIS
    settled = chain.settle(data)
    entry = Entry.objects.create(
        stream=stream,
        sequence=sequence,
        kind=kind,
        actor=actor,
        at=now,
        data=settled,
        previous_hash=previous,
        hash=chain.seal(
            key=_key(),
            stream=stream,
            sequence=sequence,
            kind=kind,
            actor=actor,
            at=now,
            data=settled,
            previous_hash=previous,
        ),
    )
    for job_kind in followers_of(kind):
        request(
            kind=job_kind,
            payload={"entry": entry.pk, "stream": stream, "sequence": sequence, "kind": kind},
            key=f"{job_kind}:entry:{entry.pk}",
            now=now,
        )
    return entry


def verify_chain(*, stream: str | None = None, anchors: Sequence[Anchor] = ()) -> list[Breach]:
    """Every place where the chain of ``stream``, or of any stream, does not hold."""
    entries = Entry.objects.chained() if stream is None else Entry.objects.of(stream)
    wanted = [anchor for anchor in anchors if stream in (None, anchor.stream)]
    return list(chain.check(_links(entries), key=_key(), anchors=wanted))


def heads() -> list[Anchor]:
    """The head of every stream: to be kept elsewhere, so that a cut tail shows."""
    newest = Entry.objects.order_by("stream", "-sequence").distinct("stream")
    return [Anchor(*head) for head in newest.values_list("stream", "sequence", "hash")]


def _links(entries: EntryQuerySet) -> Iterator[Link]:
    return (entry.link() for entry in entries.iterator(chunk_size=2000))


def _key() -> bytes:
    return str(settings.LEDGER_KEY).encode()


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise NotInTransaction("Open `transaction.atomic()` around the change and its entry.")


def _lock_number(stream: str) -> int:
    """A signed 64-bit number for PostgreSQL's advisory locks."""
    digest = hashlib.sha256(b"ledger stream " + stream.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
