"""The chain by property: honest entries verify, and each of seven kinds of tampering is found."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.engine.chain import (
    GENESIS,
    LARGEST,
    Anchor,
    Link,
    NotCanonical,
    canonical,
    check,
    sealed,
    settle,
)

KEY = b"the workshop's key"
BEGAN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(-LARGEST, LARGEST) | st.floats(-1e15, 1e15)
plain = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


def chained(said: Sequence[Any], stream: str = "order:1", key: bytes = KEY) -> list[Link]:
    """An honest stream with one entry for each element of ``said``."""
    links: list[Link] = []
    for number, data in enumerate(said, start=1):
        previous = links[-1].hash if links else GENESIS
        at = BEGAN + timedelta(seconds=number)
        open_ = Link(stream, number, "order.changed", "user:alice", at, settle(data), previous, "")
        links.append(replace(open_, hash=sealed(open_, key=key)))
    return links


def resealed(links: Sequence[Link], at: int, key: bytes) -> list[Link]:
    """From place ``at`` on with hashes that fit each other, as far as ``key`` can make them."""
    done = list(links[:at])
    for link in links[at:]:
        moved = replace(link, previous_hash=done[-1].hash if done else GENESIS)
        done.append(replace(moved, hash=sealed(moved, key=key)))
    return done


def edit(links: list[Link], at: int) -> list[Link]:
    return [*links[:at], replace(links[at], data={"total": "0.01"}), *links[at + 1 :]]


def delete(links: list[Link], at: int) -> list[Link]:
    return links[:at] + links[at + 1 :]


def swap(links: list[Link], at: int) -> list[Link]:
    """Two neighbours change places, numbers and all."""
    first, second = links[at], links[at + 1]
    return [
        *links[:at],
        replace(second, sequence=first.sequence),
        replace(first, sequence=second.sequence),
        *links[at + 2 :],
    ]


def insert(links: list[Link], at: int) -> list[Link]:
    """A forged entry with a hash of its own making; all numbers after it moved."""
    forged = replace(links[at], data={"total": "0.01"}, hash="f" * 64)
    return [*links[:at], forged, *(replace(link, sequence=link.sequence + 1) for link in links[at:])]


def cut_tail(links: list[Link], at: int) -> list[Link]:
    return links[: at + 1]


def edit_and_reseal(links: list[Link], at: int) -> list[Link]:
    return resealed(edit(links, at), at, key=b"some other key")


def edit_and_reseal_with_the_key(links: list[Link], at: int) -> list[Link]:
    return resealed(edit(links, at), at, key=KEY)


Tamper = Callable[[list[Link], int], list[Link]]
SEEN_BY_THE_CHAIN = (edit, delete, swap, insert, edit_and_reseal)
SEEN_BY_AN_ANCHOR = (cut_tail, edit_and_reseal_with_the_key)


@given(said=st.lists(plain, max_size=6))
def test_an_honest_chain_verifies(said: list[Any]) -> None:
    links = chained(said)
    anchors = [Anchor(link.stream, link.sequence, link.hash) for link in links]
    assert list(check(links, key=KEY, anchors=anchors)) == []


@pytest.mark.parametrize(
    "tamper", [*SEEN_BY_THE_CHAIN, *SEEN_BY_AN_ANCHOR], ids=lambda tamper: tamper.__name__
)
@given(said=st.lists(plain, min_size=4, max_size=8), place=st.floats(0, 1))
def test_tampering_is_found_by_chain_and_anchor(tamper: Tamper, said: list[Any], place: float) -> None:
    links = chained(said)
    at = 1 + int(place * (len(links) - 4))  # never the last: cutting nothing off is no tampering
    head = Anchor(links[-1].stream, links[-1].sequence, links[-1].hash)
    breaches = list(check(tamper(links, at), key=KEY, anchors=[head]))
    assert breaches
    assert min(breach.sequence for breach in breaches) >= at, "what stands before is not accused"


@pytest.mark.parametrize("tamper", SEEN_BY_THE_CHAIN, ids=lambda tamper: tamper.__name__)
def test_five_kinds_are_found_without_an_anchor(tamper: Tamper) -> None:
    assert list(check(tamper(chained(range(5)), 2), key=KEY))


@pytest.mark.parametrize("tamper", SEEN_BY_AN_ANCHOR, ids=lambda tamper: tamper.__name__)
def test_two_kinds_need_the_anchor(tamper: Tamper) -> None:
    """What the docstring of the module says a chain alone cannot see."""
    assert list(check(tamper(chained(range(5)), 2), key=KEY)) == []


@pytest.mark.parametrize("field", ["stream", "kind", "actor", "at", "data", "previous_hash"])
def test_every_field_is_sealed(field: str) -> None:
    link = chained(["a"])[0]
    other: dict[str, Any] = {"at": BEGAN, "previous_hash": "1" * 64}
    changed = replace(link, **{field: other.get(field, "something else")})
    assert sealed(changed, key=KEY) != link.hash


def test_streams_are_chained_apart() -> None:
    assert list(check([*chained([1, 2], "order:1"), *chained([3], "order:2")], key=KEY)) == []


def test_a_stream_that_vanished_whole_shows_against_its_anchor() -> None:
    gone = chained([1], "order:9")[0]
    breaches = list(check(chained([1]), key=KEY, anchors=[Anchor("order:9", 1, gone.hash)]))
    assert [(breach.stream, breach.code) for breach in breaches] == [("order:9", "cut")]


@given(value=plain)
def test_settling_twice_changes_nothing(value: Any) -> None:
    assert settle(settle(value)) == settle(value)


def test_the_order_of_keys_does_not_matter() -> None:
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1}) == b'{"a":1,"b":2}'


def test_whole_numbers_are_the_same_as_float_and_int() -> None:
    assert canonical([1.0, -0.0, 2.5]) == b"[1,0,2.5]"


def test_an_instant_is_written_in_utc_to_the_microsecond() -> None:
    at = datetime(2026, 3, 2, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert settle({"at": at, "amount": Decimal("1.10")}) == {
        "at": "2026-03-02T09:30:00.000000+00:00",
        "amount": "1.10",
    }


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"a": float("inf")}, r"data\.a is inf"),
        ({"a": [1, 2**53 + 1]}, r"data\.a\[1\] .* beyond 2\^53"),
        ({"a": "x\x00"}, r"data\.a holds a NUL"),
        ({"a": "\ud800"}, r"data\.a holds half a surrogate"),
        ({1: "a"}, "the key 1"),
        ({"a": {1, 2}}, r"data\.a is a set"),
        ({"a": datetime(2026, 3, 2)}, "says its time zone"),
    ],
)
def test_data_that_would_not_read_back_is_refused(value: Any, why: str) -> None:
    with pytest.raises(NotCanonical, match=why):
        settle(value)


def test_bottomless_data_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(40):
        deep = [deep]
    with pytest.raises(NotCanonical, match="nested deeper"):
        settle(deep)
