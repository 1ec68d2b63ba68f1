"""Tidying: what is registered, its order, its batches, what it leaves alone, and the daily job."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from ledger import tidying
from ledger.handlers import handler
from ledger.jobs import request, run
from ledger.models import ApiKey, IdempotencyRecord, Job
from ledger.tidying import JOB_KIND, Limits, Removed, TwoTidiers, ask_for, remove, tidy, tidy_as_job
from tests.ledger.conftest import Together

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OLD = NOW - timedelta(days=31)
LIMITS = Limits(now=NOW, before=NOW - timedelta(days=30))


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("tidy", *arguments, stdout=out)
    return out.getvalue()


def jobs_of_state(state: str, *, finished_at: datetime | None, number: int = 1) -> None:
    for _ in range(number):
        request(kind="count", payload={}, key=f"job:{Job.objects.count()}", now=OLD)
    Job.objects.filter(state="queued").update(state=state, finished_at=finished_at)


@pytest.fixture
def own_tidiers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the ledger's, and what a test adds."""
    ours = {name: pair for name, pair in tidying._tidiers.items() if name.startswith("ledger:")}
    monkeypatch.setattr(tidying, "_tidiers", ours)


@pytest.mark.django_db
def test_every_app_brings_its_tidying() -> None:
    names = [tidied.name for tidied in tidy(now=NOW)]
    assert {name.split(":")[0] for name in names} == {"ledger", "configurator", "orders", "server"}
    stages = [tidying._tidiers[name][0] for name in names]
    assert stages == sorted(stages)


@pytest.mark.django_db
def test_done_jobs_go_and_the_others_stay(own_tidiers: None) -> None:
    jobs_of_state("done", finished_at=OLD)
    jobs_of_state("dead", finished_at=OLD)
    jobs_of_state("done", finished_at=NOW)
    jobs_of_state("queued", finished_at=None)
    assert [tidied.removed.count for tidied in tidy(now=NOW)] == [1, 0]
    assert sorted(Job.objects.values_list("state", flat=True)) == ["dead", "done", "queued"]
    assert [tidied.removed.count for tidied in tidy(now=NOW)] == [0, 0]


@pytest.mark.django_db
def test_old_answers_go() -> None:
    for key, at in (("old", OLD), ("new", NOW)):
        IdempotencyRecord.objects.create(
            principal="p",
            method="POST",
            path="/",
            key=key,
            request_hash="",
            status=201,
            body=b"",
            created_at=at,
        )
    list(tidy(now=NOW))
    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["new"]


@pytest.mark.django_db
def test_sessions_that_are_over_go() -> None:
    for key, at in (("over", NOW - timedelta(seconds=1)), ("open", NOW + timedelta(seconds=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=at)
    list(tidy(now=NOW))
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]


@pytest.mark.django_db
def test_a_dry_run_counts_and_changes_nothing(own_tidiers: None) -> None:
    jobs_of_state("done", finished_at=OLD, number=3)
    assert "3  ledger: jobs that are done" in said("--dry-run")
    assert "3 would go" in said("--dry-run")
    assert Job.objects.count() == 3


@pytest.mark.django_db
def test_the_command_says_what_went(own_tidiers: None) -> None:
    jobs_of_state("done", finished_at=OLD, number=3)
    tidying.tidying("shelves: crumbs", stage=1)(lambda limits: Removed(2, 3 * 1024 * 1024))
    report = said().splitlines()
    assert report[0].split() == ["2", "shelves:", "crumbs", "(3.0", "MiB)"]
    assert report[-1] == "5 removed"


def test_less_than_a_day_is_refused() -> None:
    with pytest.raises(CommandError, match="1 or more"):
        said("--days", "0")


def test_two_tidyings_of_one_name_are_refused(own_tidiers: None) -> None:
    with pytest.raises(TwoTidiers):
        tidying.tidying("ledger: remembered answers", stage=1)(lambda limits: Removed(0))


@pytest.mark.django_db
def test_batch_after_batch_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "BATCH", 3)
    jobs_of_state("done", finished_at=OLD, number=8)
    assert remove(Job.objects.filter(state="done"), limits=LIMITS) == Removed(8)


@pytest.mark.django_db
def test_a_row_that_a_key_protects_stays_and_the_next_batch_goes(
    monkeypatch: pytest.MonkeyPatch, alice: User, charlie: User
) -> None:
    """The question may miss who needs a row; the database does not."""
    monkeypatch.setattr(tidying, "BATCH", 1)
    ApiKey.objects.create(name="till", owner=alice, prefix="a", hash="", created_at=NOW)
    with connection.cursor() as cursor:  # as strict as a key without CASCADE is
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    monkeypatch.setattr(ApiKey._meta.get_field("owner").remote_field, "on_delete", _do_nothing)
    assert remove(User.objects.all(), limits=LIMITS) == Removed(1)
    assert list(User.objects.all()) == [alice]


def _do_nothing(*arguments: object) -> None:
    """What Django would do for the row that points; the database's own key still speaks."""


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_left_for_the_next_time() -> None:
    """And nobody waits for the holder."""
    jobs_of_state("done", finished_at=OLD, number=3)
    with transaction.atomic(), ThreadPoolExecutor(1) as elsewhere:
        held = Job.objects.select_for_update().order_by("pk")[0]
        assert elsewhere.submit(_remove_done_jobs).result(20) == 2
    assert Job.objects.get() == held


@pytest.mark.django_db(transaction=True)
def test_two_tidyings_at_once_remove_everything_once(together: Together) -> None:
    jobs_of_state("done", finished_at=OLD, number=300)
    removed = together(*[_remove_done_jobs] * 2)
    assert sum(removed) == 300 and not Job.objects.exists()


def _remove_done_jobs() -> int:
    try:
        return remove(Job.objects.filter(state="done"), limits=LIMITS).count
    finally:
        connection.close()


# --- daily ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_day_is_tidied_once_and_asks_for_the_next(own_tidiers: None) -> None:
    handler(JOB_KIND)(tidy_as_job)
    jobs_of_state("done", finished_at=OLD, number=2)
    now = datetime.now(UTC)
    today = ask_for(now=now)
    assert ask_for(now=now).pk == today.pk
    assert run(today.pk)
    today.refresh_from_db()
    assert today.progress == {"ledger: jobs that are done": 2, "ledger: remembered answers": 0}
    tomorrow = Job.objects.exclude(pk=today.pk).get()
    assert tomorrow.run_after is not None
    assert timedelta(hours=23) < tomorrow.run_after - now < timedelta(hours=25)
    assert not run(tomorrow.pk)  # not before its time


@pytest.mark.django_db
def test_a_day_that_fails_does_not_end_the_series(own_tidiers: None) -> None:
    handler(JOB_KIND)(tidy_as_job)
    tidying.tidying("shelves: crumbs", stage=1)(lambda limits: 1 / 0)  # type: ignore[arg-type, return-value]
    today = ask_for(now=datetime.now(UTC))
    assert not run(today.pk)
    assert Job.objects.filter(kind=JOB_KIND).count() == 2
