"""``manage.py jobs`` and ``manage.py verify``, and the invariants of the ledger itself."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from ledger import invariants
from ledger.entries import record
from ledger.invariants import TwoInvariants, invariant
from ledger.jobs import again, handler, request
from ledger.keys import authenticate
from ledger.models import Job

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def said(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def ask(key: str = "k") -> Job:
    return request(kind="count", payload={}, key=key, now=datetime.now(UTC))


@pytest.fixture
def own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the ledger's invariants, and what a test adds."""
    ours = {name: check for name, check in invariants._checks.items() if name.startswith("ledger:")}
    monkeypatch.setattr(invariants, "_checks", ours)


# --- jobs -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_jobs_are_listed_with_the_last_line_of_their_error() -> None:
    ask("plan:1")
    ask("plan:2")
    Job.objects.filter(key="plan:2").update(state="dead", last_error="Traceback\nValueError: no sheet\n")
    assert "plan:1" in said("jobs")
    listed = said("jobs", "list", "--state", "dead")
    assert "plan:2" in listed and "ValueError: no sheet" in listed and "plan:1" not in listed


@pytest.mark.django_db
def test_a_job_is_run_here() -> None:
    handler("count")(lambda claim: None)
    job = ask()
    assert said("jobs", "run", str(job.pk)) == f"job {job.pk} is done\n"


@pytest.mark.django_db
def test_a_job_that_fails_here_says_why() -> None:
    handler("count")(lambda claim: 1 / 0)  # type: ignore[arg-type, return-value]
    with pytest.raises(CommandError, match="division by zero"):
        said("jobs", "run", str(ask().pk))


@pytest.mark.django_db
def test_a_dead_job_is_revived() -> None:
    job = ask()
    Job.objects.update(state="dead")
    assert "waits for a worker" in said("jobs", "again", str(job.pk))


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["run", "again"])
def test_a_job_that_is_not_there_is_refused(verb: str) -> None:
    with pytest.raises(CommandError, match="There is no job 404"):
        said("jobs", verb, "404")


@pytest.mark.django_db
def test_old_jobs_are_pruned() -> None:
    ask()
    Job.objects.update(state="done", finished_at=Now() - timedelta(days=31))
    assert "removed 1 done jobs" in said("jobs", "prune")


@pytest.mark.django_db
def test_pruning_everything_is_refused() -> None:
    with pytest.raises(CommandError, match="1 or more"):
        said("jobs", "prune", "--days", "0")


# --- keys -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_key_is_issued_listed_and_revoked(alice: User) -> None:
    issued = said("keys", "issue", "screen", "--owner", "alice", "--scope", "orders:read", "--days", "30")
    key = authenticate(issued.strip())
    assert key is not None and f"{key.pk} live     alice" in said("keys")
    assert "is revoked" in said("keys", "revoke", key.pk)
    assert f"{key.pk} revoked  alice" in said("keys", "list")


@pytest.mark.django_db
def test_scopes_may_be_named_one_by_one(alice: User) -> None:
    scopes = ("--scope", "orders:read", "--scope", "orders:write")
    key = authenticate(said("keys", "issue", "till", "--owner", "alice", *scopes).strip())
    assert key is not None and key.scopes == ["orders:read", "orders:write"]


@pytest.mark.django_db
def test_a_key_for_nobody_is_refused() -> None:
    with pytest.raises(CommandError, match="no user nobody"):
        said("keys", "issue", "screen", "--owner", "nobody", "--scope", "orders:read")


@pytest.mark.django_db
def test_a_key_that_is_not_there_is_not_revoked() -> None:
    with pytest.raises(CommandError, match="no key key_404"):
        said("keys", "revoke", "key_404")


# --- verify -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_verify_names_every_invariant(own_checks: None) -> None:
    report = said("verify")
    assert report.count("ok      ledger: ") == 3 and "BROKEN" not in report


@pytest.mark.django_db
def test_verify_fails_on_a_breach_and_says_where(own_checks: None) -> None:
    invariant("shelves: every shelf is level")(lambda: ["shelf 3 hangs to the left"])
    out = StringIO()
    with pytest.raises(CommandError, match="1 of the invariants"):
        call_command("verify", stdout=out)
    assert "BROKEN  shelves: every shelf is level\n        shelf 3 hangs to the left" in out.getvalue()


def test_two_invariants_of_one_name_are_refused(own_checks: None) -> None:
    invariant("shelves")(lambda: [])
    with pytest.raises(TwoInvariants):
        invariant("shelves")(lambda: [])


@pytest.mark.django_db
def test_a_cut_tail_is_found_with_the_anchor_file(own_checks: None, tmp_path: Path) -> None:
    anchor = tmp_path / "heads.json"
    for _ in range(2):
        record(stream="order:1", kind="order.changed", actor="user:alice", data={}, now=NOW)
    assert "1 heads written" in said("verify", "--write-anchor", str(anchor))
    assert "BROKEN" not in said("verify", "--anchor", str(anchor))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM ledger_entry WHERE sequence = 2")
        cursor.execute("ALTER TABLE ledger_entry ENABLE TRIGGER USER")
    with pytest.raises(CommandError):
        said("verify", "--anchor", str(anchor))


@pytest.mark.django_db
def test_a_file_that_is_no_anchor_is_refused(own_checks: None, tmp_path: Path) -> None:
    (tmp_path / "heads.json").write_text('{"order:1": 2}')
    with pytest.raises(CommandError, match="does not hold heads"):
        said("verify", "--anchor", str(tmp_path / "heads.json"))


@pytest.mark.django_db
def test_a_job_that_waits_too_long_is_found() -> None:
    handler("count")(lambda claim: None)
    ask()
    check = invariants._checks["ledger: no job waits too long"]
    assert list(check()) == []
    Job.objects.update(created_at=Now() - timedelta(minutes=11))
    assert "more than 10 minutes" in next(iter(check()))
    Job.objects.update(kind="from.newer.code")
    assert list(check()) == []


@pytest.mark.django_db
def test_a_job_revived_after_a_long_time_has_not_been_waiting() -> None:
    handler("count")(lambda claim: None)
    job = ask()
    Job.objects.update(state="dead", created_at=Now() - timedelta(days=3))
    again(job_id=job.pk, actor="user:bob", now=NOW)
    assert list(invariants._checks["ledger: no job waits too long"]()) == []


@pytest.mark.django_db
def test_a_job_on_a_dead_lease_is_found() -> None:
    ask()
    Job.objects.update(state="running", token="t", lease_until=Now() - timedelta(minutes=2))
    assert len(list(invariants._checks["ledger: no job runs on a dead lease"]())) == 1
