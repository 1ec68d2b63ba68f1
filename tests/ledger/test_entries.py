"""Entries: written with the change they tell of, chained, never changed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from ledger import followers
from ledger.engine.chain import Anchor, NotCanonical
from ledger.entries import NotInTransaction, heads, record, verify_chain
from ledger.models import Entry, Job

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def write(stream: str = "order:1", kind: str = "order.placed", **data: object) -> Entry:
    return record(stream=stream, kind=kind, actor="user:alice", data=data, now=NOW)


def tamper(statement: str) -> None:
    """What somebody does who may alter the table: the triggers off, the change, the triggers on."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE ledger_entry ENABLE TRIGGER USER")


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registrations of this test only."""
    monkeypatch.setattr(followers, "_followers", {})


@pytest.mark.django_db
def test_entries_count_from_one_in_each_stream() -> None:
    numbers = [write("order:1").sequence, write("order:2").sequence, write("order:1").sequence]
    assert numbers == [1, 1, 2]


@pytest.mark.django_db
def test_what_was_recorded_reads_back_and_verifies() -> None:
    write(total=Decimal("12.50"), at=NOW, lines=(1, 2), ratio=0.1, whole=3.0, name="Müller 世界")
    entry = Entry.objects.of("order:1").get()
    assert entry.data == {
        "total": "12.50",
        "at": "2026-03-02T09:30:00.000000+00:00",
        "lines": [1, 2],
        "ratio": 0.1,
        "whole": 3,
        "name": "Müller 世界",
    }
    assert verify_chain() == []


@pytest.mark.django_db
def test_data_that_would_not_read_back_is_refused_by_place() -> None:
    with pytest.raises(NotCanonical, match=r"data\.sizes\[1\] is nan"):
        write(sizes=[1.0, float("nan")])


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused() -> None:
    with pytest.raises(NotInTransaction):
        write()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET actor = 'user:nobody'",
        "DELETE FROM ledger_entry",
        "INSERT INTO ledger_entry (id, stream, sequence, kind, actor, at, data, previous_hash, hash) "
        "SELECT id, stream, sequence, kind, 'user:nobody', at, data, previous_hash, hash FROM ledger_entry "
        "ON CONFLICT (id) DO UPDATE SET actor = excluded.actor",
    ],
)
def test_the_database_refuses_to_change_an_entry(statement: str) -> None:
    write()
    refused = pytest.raises(DatabaseError, match="only grows")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Entry.objects.get().actor == "user:alice"


@pytest.mark.django_db
def test_the_database_refuses_to_truncate_the_entries() -> None:
    with connection.cursor() as cursor:
        # tests/conftest.py turns it off for the flush between transactional tests
        cursor.execute("ALTER TABLE ledger_entry ENABLE TRIGGER ledger_entry_keeps_table")
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            cursor.execute("TRUNCATE ledger_entry CASCADE")


@pytest.mark.django_db
def test_an_altered_row_is_named() -> None:
    write(), write(), write()
    tamper("UPDATE ledger_entry SET data = '{\"total\": 0}' WHERE sequence = 2")
    assert [(breach.sequence, breach.code) for breach in verify_chain()] == [(2, "altered")]


@pytest.mark.django_db
def test_a_removed_row_is_noticed_by_the_one_after_it() -> None:
    write(), write(), write()
    tamper("DELETE FROM ledger_entry WHERE sequence = 2")
    assert {breach.code for breach in verify_chain(stream="order:1")} == {"gap", "broken-link"}


@pytest.mark.django_db
def test_a_cut_tail_shows_against_the_heads_noted_before() -> None:
    write(), write()
    noted = heads()
    tamper("DELETE FROM ledger_entry WHERE sequence = 2")
    assert verify_chain() == []
    assert [(breach.sequence, breach.code) for breach in verify_chain(anchors=noted)] == [(2, "cut")]


@pytest.mark.django_db
def test_the_heads_are_the_newest_of_each_stream() -> None:
    write("order:2"), write("order:1")
    last = write("order:1")
    assert heads()[0] == Anchor("order:1", 2, last.hash)
    assert [head.stream for head in heads()] == ["order:1", "order:2"]


@pytest.mark.django_db
def test_a_follower_gets_one_job_for_each_entry(follow: None) -> None:
    followers.follow("order.placed", job_kind="mail.confirmation")
    followers.follow("order.placed", job_kind="mail.confirmation")
    entry = write()
    write(kind="order.cancelled")
    job = Job.objects.get()
    assert job.kind == "mail.confirmation"
    assert job.payload == {"entry": entry.pk, "stream": "order:1", "sequence": 1, "kind": "order.placed"}


@pytest.mark.django_db(transaction=True)
def test_entry_and_follower_job_are_rolled_back_together(follow: None) -> None:
    followers.follow("order.placed", job_kind="mail.confirmation")
    with pytest.raises(RuntimeError), transaction.atomic():
        write()
        assert Job.objects.count() == 1
        raise RuntimeError("the change is refused after all")
    assert (Entry.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_verifying_reads_a_thousand_entries_in_one_query(django_assert_num_queries: object) -> None:
    for _ in range(30):
        write()
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert verify_chain() == []
