"""Many values and many rows at once."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from ledger.copying import copy_in
from ledger.entries import MANY, Draft, record, record_all, verify_chain
from ledger.models import Entry, Job

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def job(number: int) -> Job:
    return Job(kind="k", key=f"k {number}", payload={"ü": [number, None]}, queue="q", created_at=NOW)


def test_among_finds_what_in_finds() -> None:
    for stream in ("order:1", "order:2", "order:3"):
        record(stream=stream, kind="order.placed", actor="user:ann", data={}, now=NOW)
    wanted = {"order:1", "order:3", "order:9"}
    found = Entry.objects.filter(stream__among=wanted).values_list("stream", flat=True)
    assert sorted(found) == ["order:1", "order:3"]
    numbers = list(Entry.objects.values_list("pk", flat=True))
    assert Entry.objects.filter(pk__among=numbers[1:]).count() == 2
    assert not Entry.objects.filter(pk__among=[]).exists()
    assert Entry.objects.exclude(pk__among=numbers[:1]).count() == 2


def test_copied_rows_are_what_was_written() -> None:
    rows = [job(number) for number in range(3)]
    copy_in(rows)
    assert [row.payload for row in Job.objects.order_by("pk")] == [{"ü": [n, None]} for n in range(3)]
    assert [row.pk for row in rows] == list(Job.objects.order_by("pk").values_list("pk", flat=True))
    rows[0].key = "other"
    rows[0].save()
    assert Job.objects.filter(key="other").count() == 1


def test_a_row_that_is_there_is_not_copied_over() -> None:
    copy_in([job(1)])
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_in([job(2), job(1)])
    assert Job.objects.count() == 1


def test_more_streams_than_the_database_has_locks_for_are_written() -> None:
    told = {"line": "lin_1"}
    first = [Draft(f"order:{number}", "line.planned", told) for number in range(MANY + 10)]
    entries = record_all(first, actor="user:ann", now=NOW)
    record(stream="order:7", kind="line.planned", actor="user:ann", data=told, now=NOW)
    assert [entry.sequence for entry in Entry.objects.of("order:7")] == [1, 2]
    assert len({entry.pk for entry in entries}) == MANY + 10
    assert verify_chain() == []
