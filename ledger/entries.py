"""Writing down what happened, and proving that it still says so."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from ledger.copying import LEAST, copy_in
from ledger.engine import chain
from ledger.engine.chain import Anchor, Breach, Link
from ledger.followers import followers_of
from ledger.models import Entry, EntryQuerySet
from ledger.requesting import request

# Streams whose locks are taken one by one; no stream is called like the lock of all of them.
MANY = 2_000
EVERY_STREAM = "*"


class NotInTransaction(Exception):
    """An entry has to be written in the transaction of the change that it tells of."""


@dataclass(frozen=True)
class Draft:
    """An entry to be written. ``data`` may hold Decimal, datetime and tuples (see ``chain.settle``)."""

    stream: str
    kind: str
    data: Mapping[str, Any]


def hold(*streams: str) -> None:
    """Take the locks of several streams in one fixed order, against deadlock.

    For operations that record in many streams: two of them that wrote in
    different orders would wait for each other. The database has room for some thousands of locks, so
    whoever writes to more streams than ``MANY`` takes the one of all streams, which others share.
    """
    _require_transaction()
    wanted = set(streams)
    with connection.cursor() as cursor:
        if len(wanted) > MANY:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_lock_number(EVERY_STREAM)])
            return
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(%s) UNION ALL SELECT pg_advisory_xact_lock(number) FROM "
            "(SELECT unnest(%s::bigint[]) AS number ORDER BY 1) AS sorted_numbers",
            [_lock_number(EVERY_STREAM), [_lock_number(stream) for stream in wanted]],
        )


def record(*, stream: str, kind: str, actor: str, data: Mapping[str, Any], now: datetime) -> Entry:
    """Append an entry to ``stream`` and create one job for each follower of ``kind``.

    Writers of one stream wait for each other until their transactions end, so
    the sequence has no gap. Raises NotInTransaction, NotCanonical.
    """
    return record_all([Draft(stream, kind, data)], actor=actor, now=now)[0]


def record_all(drafts: Sequence[Draft], *, actor: str, now: datetime) -> list[Entry]:
    """Append many entries, each to its stream in the order given: a constant number of queries but for
    the jobs of followers. Raises NotInTransaction, NotCanonical."""
    hold(*(draft.stream for draft in drafts))
    newest = Entry.objects.filter(stream__among={draft.stream for draft in drafts})
    heads = {
        stream: (sequence, digest)
        for stream, sequence, digest in newest.order_by("stream", "-sequence")
        .distinct("stream")
        .values_list("stream", "sequence", "hash")
    }
    entries = []
    for draft in drafts:
        sequence, previous = heads.get(draft.stream, (0, chain.GENESIS))
        entry = _sealed(draft, sequence + 1, previous, actor, now)
        heads[draft.stream] = entry.sequence, entry.hash
        entries.append(entry)
    copy_in(entries) if len(entries) >= LEAST else Entry.objects.bulk_create(entries)
    for entry in entries:
        for job_kind in followers_of(entry.kind):
            request(
                kind=job_kind,
                payload={
                    "entry": entry.pk,
                    "stream": entry.stream,
                    "sequence": entry.sequence,
                    "kind": entry.kind,
                },
                key=f"{job_kind}:entry:{entry.pk}",
                now=now,
            )
    return entries


def _sealed(draft: Draft, sequence: int, previous: str, actor: str, now: datetime) -> Entry:
    settled = chain.settle(draft.data)
    return Entry(
        stream=draft.stream,
        sequence=sequence,
        kind=draft.kind,
        actor=actor,
        at=now,
        data=settled,
        previous_hash=previous,
        hash=chain.seal(
            key=_key(),
            stream=draft.stream,
            sequence=sequence,
            kind=draft.kind,
            actor=actor,
            at=now,
            data=settled,
            previous_hash=previous,
        ),
    )


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
