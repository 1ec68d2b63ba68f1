"""The hash chain of a stream of entries: what is hashed, with which key, and how tampering shows.

Each entry's hash is HMAC-SHA256 over the canonical JSON of everything it says
and of the hash before it. Without the key nobody can change, insert, drop or
swap an entry and make the rest fit. Two things a chain alone cannot see, the
cut tail and a rewrite by someone who has the key, show against an *anchor*: a
head written down elsewhere earlier.
"""

import hashlib
import hmac
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

GENESIS = "0" * 64
LARGEST = 2**53  # beyond it numbers do not survive every JSON reader
DEEPEST = 32
SURROGATE = re.compile("[\ud800-\udfff]")


class NotCanonical(ValueError):
    """Data that JSON, or the database's JSON, would not give back as it was."""


@dataclass(frozen=True)
class Link:
    """One entry as the chain sees it; ``at`` is aware, hashes are 64 hex digits."""

    stream: str
    sequence: int
    kind: str
    actor: str
    at: datetime
    data: Any
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class Anchor:
    """The head of a stream as it was noted down elsewhere."""

    stream: str
    sequence: int
    hash: str


@dataclass(frozen=True)
class Breach:
    """One place where a chain does not hold: ``code`` is altered, gap, broken-link, cut or rewritten."""

    stream: str
    sequence: int
    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.stream} #{self.sequence}: {self.text}"


def settle(value: Any, *, where: str = "data", depth: int = 0) -> Any:
    """``value`` as plain JSON that reads back equal: Decimal and datetime become text, tuples lists.

    Whole floats become integers, because the database's JSON keeps numbers, not their types.
    Raises NotCanonical naming the place.
    """
    if depth > DEEPEST:
        raise NotCanonical(f"{where} is nested deeper than {DEEPEST} levels")
    match value:
        case None | bool():
            return value
        case str():
            return _settle_text(value, where)
        case int() | float():
            return _settle_number(value, where)
        case Decimal():
            return str(value)
        case datetime():
            return _instant(value, where)
        case Mapping():
            return {
                _settle_key(key, where): settle(item, where=f"{where}.{key}", depth=depth + 1)
                for key, item in value.items()
            }
        case list() | tuple():
            return [settle(item, where=f"{where}[{i}]", depth=depth + 1) for i, item in enumerate(value)]
    raise NotCanonical(f"{where} is a {type(value).__name__}: give text, numbers, lists and mappings only")


def canonical(value: Any) -> bytes:
    """The one way to write ``value``: settled, keys sorted, no spaces, UTF-8."""
    return json.dumps(
        settle(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def seal(
    *,
    key: bytes,
    stream: str,
    sequence: int,
    kind: str,
    actor: str,
    at: datetime,
    data: Any,
    previous_hash: str,
) -> str:
    """The hash of an entry: HMAC-SHA256, 64 hex digits."""
    said = {
        "stream": stream,
        "sequence": sequence,
        "kind": kind,
        "actor": actor,
        "at": at,
        "data": data,
        "previous": previous_hash,
    }
    return hmac.new(key, canonical(said), hashlib.sha256).hexdigest()


def sealed(link: Link, *, key: bytes) -> str:
    """The hash that ``link`` should carry."""
    return seal(
        key=key,
        stream=link.stream,
        sequence=link.sequence,
        kind=link.kind,
        actor=link.actor,
        at=link.at,
        data=link.data,
        previous_hash=link.previous_hash,
    )


def check(links: Iterable[Link], *, key: bytes, anchors: Sequence[Anchor] = ()) -> Iterator[Breach]:
    """Every breach of one or more streams; ``links`` come ordered by stream and sequence.

    One pass, constant memory apart from the anchors.
    """
    awaited = {(anchor.stream, anchor.sequence): anchor for anchor in anchors}
    stream, expected, previous = None, 1, GENESIS
    for link in links:
        if link.stream != stream:
            stream, expected, previous = link.stream, 1, GENESIS
        if link.sequence != expected:
            yield Breach(link.stream, link.sequence, "gap", f"stands where #{expected} was expected")
        if link.previous_hash != previous:
            yield Breach(link.stream, link.sequence, "broken-link", "does not continue the entry before it")
        if not hmac.compare_digest(_sealed_or_nothing(link, key), link.hash):
            yield Breach(link.stream, link.sequence, "altered", "says something else than what was sealed")
        anchor = awaited.pop((link.stream, link.sequence), None)
        if anchor is not None and anchor.hash != link.hash:
            yield Breach(link.stream, link.sequence, "rewritten", "is not the entry that was anchored")
        expected, previous = link.sequence + 1, link.hash
    for anchor in awaited.values():
        yield Breach(anchor.stream, anchor.sequence, "cut", "was anchored and is gone")


def _sealed_or_nothing(link: Link, key: bytes) -> str:
    try:
        return sealed(link, key=key)
    except NotCanonical:  # nothing we sealed ever looked like this
        return ""


def _settle_text(value: str, where: str) -> str:
    if "\x00" in value:
        raise NotCanonical(f"{where} holds a NUL character")
    if SURROGATE.search(value):
        raise NotCanonical(f"{where} holds half a surrogate pair: it is no text")
    return str(value)


def _settle_key(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise NotCanonical(f"{where} has the key {key!r}: keys are text")
    return _settle_text(key, where)


def _settle_number(value: float, where: str) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise NotCanonical(f"{where} is {value}: numbers are finite")
    if abs(value) > LARGEST:
        raise NotCanonical(f"{where} is {value}: beyond 2^53 write it as text")
    return int(value) if value == int(value) else float(value)


def _instant(value: datetime, where: str) -> str:
    if value.tzinfo is None:
        raise NotCanonical(f"{where} is {value.isoformat()}: a time says its time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds")
