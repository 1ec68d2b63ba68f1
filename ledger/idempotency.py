"""One answer for one key: the record of it is written with the effect, or neither is."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction

from ledger.models import IdempotencyRecord

Answer = tuple[int, dict[str, str], bytes]  # status, headers, body

LONGEST_KEY = 255
# How long a second request with the same key waits for the first one's answer.
PATIENCE = timedelta(seconds=5)
# Answers that say "not now": they had no effect, and the same key may be tried again.
PASSING = frozenset({409, 425, 429})
LOCK_NOT_AVAILABLE = "55P03"


class BadKey(Exception):
    """The idempotency key is empty, too long or not printable ASCII."""


class KeyReused(Exception):
    """The key was used before for another request: give every new request a new key."""


class InFlight(Exception):
    """The first request with this key is still being worked on: ask again in a few seconds."""


class _Passing(Exception):
    """Carries an answer that is not kept out of the transaction that it rolls back."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


def remember(
    *,
    principal: str,
    method: str,
    path: str,
    key: str,
    request_hash: str,
    now: datetime,
    work: Callable[[], Answer],
    patience: timedelta = PATIENCE,
) -> Answer:
    """The answer of ``work``, run at most once for (principal, method, path, key).

    ``work`` runs in a transaction (the caller's, where there is one) together
    with the record of its answer. An exception, a status of 500 or more, or one
    of PASSING rolls both back. A rival with the same key waits up to
    ``patience`` and gets the same answer. ``request_hash`` is the SHA-256 of
    the body. Raises BadKey, KeyReused, InFlight.
    """
    _check(key)
    try:
        with transaction.atomic():
            with _patience(patience):
                _lock(principal, method, path, key)
            known = IdempotencyRecord.objects.filter(
                principal=principal, method=method, path=path, key=key
            ).first()
            if known is not None:
                return _replay(known, request_hash)
            status, headers, body = work()
            if status >= 500 or status in PASSING:
                raise _Passing((status, headers, body))
            IdempotencyRecord.objects.create(
                principal=principal,
                method=method,
                path=path,
                key=key,
                request_hash=request_hash,
                status=status,
                headers=headers,
                body=body,
                created_at=now,
            )
            return status, headers, body
    except _Passing as passing:
        return passing.answer


def forget(*, days: int, now: datetime) -> int:
    """Remove answers older than ``days`` days; how many. Their keys may then be used anew."""
    removed, _ = IdempotencyRecord.objects.filter(created_at__lt=now - timedelta(days=days)).delete()
    return removed


def _check(key: str) -> None:
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BadKey(f"An idempotency key is 1 to {LONGEST_KEY} printable ASCII characters, such as a UUID.")


def _replay(known: IdempotencyRecord, request_hash: str) -> Answer:
    if known.request_hash != request_hash:
        when = f"{known.created_at:%Y-%m-%d %H:%M}"
        raise KeyReused(f"The key {known.key} was used for another body at {when} UTC: take a new key.")
    return known.status, dict(known.headers), bytes(known.body)


@contextmanager
def _patience(patience: timedelta) -> Iterator[None]:
    """Locks waited for inside give up after ``patience``; outside the session's own limit holds again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (before,) = cursor.fetchone()
        milliseconds = max(1, int(patience.total_seconds() * 1000))
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])
        yield  # an error rolls the transaction back, and the setting with it
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])


def _lock(principal: str, method: str, path: str, key: str) -> None:
    """Wait for rivals with the same key, until the end of this transaction."""
    said = "\x1f".join(("idempotency key", principal, method, path, key))
    number = int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big", signed=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
    except OperationalError as problem:
        if getattr(problem.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise InFlight(f"The first request with the key {key} is still being worked on.") from None
