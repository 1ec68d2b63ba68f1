"""The job row on a real PostgreSQL: rivals, lost workers, late finishers, failures, poison."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from ledger.entries import verify_chain
from ledger.handlers import TwoHandlers
from ledger.jobs import (
    Claim,
    ClaimLost,
    NoSuchJob,
    NotDead,
    again,
    handler,
    prune,
    request,
    run,
    set_aside_exhausted,
)
from ledger.models import MAX_ATTEMPTS, Entry, Job, database_now

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CHECKOUT = Path(__file__).resolve().parents[2]
Together = Callable[..., list[object]]


def ask(key: str = "plan:1", kind: str = "count") -> Job:
    return request(kind=kind, payload={"n": 1}, key=key, now=NOW)


def effect_of(name: str) -> Callable[[], None]:
    """An effect that can be counted: a group, whose name is unique in the database."""
    return lambda: Group.objects.create(name=name) and None


def held(job: Job, *, attempts: int) -> None:
    """As another worker holds it, for a minute yet."""
    lease = Now() + timedelta(minutes=1)
    Job.objects.filter(pk=job.pk).update(state="running", token="other", attempts=attempts, lease_until=lease)


def lease_ran_out(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def due_now(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(run_after=None)


# --- asking -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_same_key_gives_the_same_job() -> None:
    assert ask().pk == ask().pk
    assert Job.objects.count() == 1


@pytest.mark.django_db
def test_a_job_goes_to_the_queue_of_its_handler() -> None:
    handler("count", queue="planning")(lambda claim: None)
    assert ask().queue == "planning"


@pytest.mark.django_db(transaction=True)
def test_a_job_is_rolled_back_with_the_change_that_wanted_it() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        ask()
        raise RuntimeError
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_rivals_asking_with_one_key_get_one_job(together: Together) -> None:
    ids = together(*[lambda: ask().pk] * 4)
    assert len(set(ids)) == 1 and Job.objects.count() == 1


def test_one_kind_has_one_handler() -> None:
    handler("count")(lambda claim: None)
    with pytest.raises(TwoHandlers):
        handler("count")(lambda claim: None)


# --- running ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_job_is_done_with_its_effect() -> None:
    handler("count")(lambda claim: effect_of(claim.payload["name"]))
    job = request(kind="count", payload={"name": "made"}, key="k", now=NOW)
    assert run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.token, job.lease_until) == (Job.State.DONE, 1, "", None)
    assert job.finished_at is not None and Group.objects.filter(name="made").exists()


@pytest.mark.django_db(transaction=True)
def test_work_is_done_with_no_transaction_open() -> None:
    seen = []
    handler("count")(lambda claim: seen.append(connection.in_atomic_block))
    assert run(ask().pk) and seen == [False]


@pytest.mark.django_db
def test_a_done_job_is_not_run_again() -> None:
    starts = []
    handler("count")(lambda claim: starts.append(claim.attempt))
    job = ask()
    assert [run(job.pk), run(job.pk)] == [True, False] and starts == [1]


@pytest.mark.django_db
def test_a_job_that_waits_for_its_time_is_not_run() -> None:
    handler("count")(lambda claim: None)
    hour_hence = database_now() + timedelta(hours=1)
    job = request(kind="count", payload={}, key="later", now=NOW, run_after=hour_hence)
    assert not run(job.pk)


@pytest.mark.django_db
def test_a_job_of_an_unknown_kind_is_left_in_place() -> None:
    job = ask(kind="from.newer.code")
    assert not run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.QUEUED, 0)


@pytest.mark.django_db
def test_a_job_that_is_not_there_is_refused() -> None:
    with pytest.raises(NoSuchJob):
        run(404)


@pytest.mark.django_db(transaction=True)
def test_progress_can_be_read_while_the_work_goes_on() -> None:
    seen = []

    @handler("count")
    def work(claim: Claim) -> None:
        claim.report({"done": 3, "of": 10})
        seen.append(Job.objects.get(pk=claim.job_id).progress)

    assert run(ask().pk) and seen == [{"done": 3, "of": 10}]


# --- rivals and lost workers ------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_rivals_for_one_job_one_wins(together: Together) -> None:
    @handler("count")
    def work(claim: Claim) -> Callable[[], None]:
        time.sleep(0.3)  # the others come while it is held
        return effect_of("once")

    job = ask()
    assert sorted(together(*[lambda: run(job.pk)] * 4)) == [False, False, False, True]
    job.refresh_from_db()
    assert (job.attempts, Group.objects.filter(name="once").count()) == (1, 1)


@pytest.mark.django_db
def test_a_lease_that_ran_out_lets_another_worker_in() -> None:
    handler("count")(lambda claim: None)
    job = ask()
    held(job, attempts=1)
    lease_ran_out(job)
    assert run(job.pk)
    job.refresh_from_db()
    assert job.attempts == 2


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_effect_takes_longer_than_its_lease_is_not_to_be_had() -> None:
    answers: list[bool] = []

    def come_between() -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '100ms'")
            return run(job.pk)
        finally:
            connection.close()

    def effect() -> None:
        with ThreadPoolExecutor(1) as other:
            answers.append(other.submit(come_between).result())

    @handler("count")
    def work(claim: Claim) -> Callable[[], None]:
        lease_ran_out(job)
        return effect

    job = ask()
    assert run(job.pk)
    assert answers == [False]
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 1)


@pytest.mark.django_db
def test_a_lease_is_read_by_the_clock_of_the_database() -> None:
    handler("count")(lambda claim: None)
    job = ask()
    held(job, attempts=1)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10)):  # this worker's clock is wrong
        assert not run(job.pk)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing(environment: dict[str, str]) -> None:
    """A real process is killed -9 in the middle of the work; the next one does the job, once."""
    program = (
        "import django, time; django.setup()\n"
        "from ledger import jobs\n"
        "@jobs.handler('count')\n"
        "def work(claim):\n"
        "    print('working', flush=True); time.sleep(60)\n"
        f"jobs.run({ask().pk})\n"
    )
    environment["JOB_LEASE_SECONDS"] = "2"
    worker = subprocess.Popen(
        [sys.executable, "-c", program], cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None and worker.stdout.readline() == "working\n"
    job = Job.objects.get()
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    handler("count")(lambda claim: effect_of("made by the next one"))
    assert not run(job.pk), "the lease still holds"
    time.sleep(2.2)
    assert run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.DONE, 2)
    assert Group.objects.filter(name="made by the next one").exists()


@pytest.mark.django_db(transaction=True)
def test_the_effect_of_a_late_finisher_is_discarded() -> None:
    @handler("count")
    def work(claim: Claim) -> Callable[[], None]:
        if claim.attempt == 1:  # it was thought dead, and another worker finished meanwhile
            lease_ran_out(job)
            assert run(job.pk)
        return effect_of(f"attempt {claim.attempt}")

    job = ask()
    assert not run(job.pk)
    assert list(Group.objects.values_list("name", flat=True)) == ["attempt 2"]
    job.refresh_from_db()
    assert (job.state, job.last_error) == (Job.State.DONE, "")


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_keeps_the_lease() -> None:
    rivals = []

    @handler("count", lease=timedelta(seconds=0.6))
    def work(claim: Claim) -> None:
        time.sleep(1.5)
        rivals.append(Job.objects.claimable().filter(pk=claim.job_id).exists())

    assert run(ask().pk) and rivals == [False]


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_notices_that_the_job_was_taken_away() -> None:
    lost = []

    @handler("count", lease=timedelta(seconds=0.3))
    def work(claim: Claim) -> None:
        Job.objects.filter(pk=claim.job_id).update(token="somebody else")
        time.sleep(0.5)
        lost.append(claim.is_lost())
        claim.report({"done": 1})

    assert not run(ask().pk)
    assert lost == [True] and Job.objects.get().progress == {}


@pytest.mark.django_db
def test_reporting_on_a_job_that_is_not_ours_is_refused() -> None:
    claim = Claim(job_id=ask().pk, kind="count", payload={}, token="old", attempt=1)
    with pytest.raises(ClaimLost):
        claim.report({"done": 1})


# --- failures and poison ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_effect_that_fails_leaves_nothing_and_is_tried_again_later() -> None:
    def half() -> None:
        Group.objects.create(name="half")
        raise ValueError("the second half failed")

    handler("count")(lambda claim: half)
    job = ask()
    assert not run(job.pk) and not Group.objects.exists()
    job.refresh_from_db()
    assert (job.state, job.attempts, job.token) == (Job.State.FAILED, 1, "")
    assert job.last_error.endswith("ValueError: the second half failed\n")
    assert job.run_after is not None and job.run_after > database_now()
    assert not run(job.pk), "not before its time"


@pytest.mark.django_db(transaction=True)
def test_each_failure_waits_longer() -> None:
    handler("count")(lambda claim: 1 / 0)  # type: ignore[arg-type, return-value]
    job, waits = ask(), []
    for _ in range(3):
        due_now(job)
        before = database_now()
        run(job.pk)
        job.refresh_from_db()
        assert job.run_after is not None
        waits.append(round((job.run_after - before).total_seconds()))
    assert waits == [2, 4, 8]


@pytest.mark.django_db(transaction=True)
def test_poison_is_set_aside_after_five_attempts_with_an_entry() -> None:
    handler("count")(lambda claim: 1 / 0)  # type: ignore[arg-type, return-value]
    job = ask()
    for _ in range(MAX_ATTEMPTS + 2):
        due_now(job)
        run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.DEAD, MAX_ATTEMPTS)
    entry = Entry.objects.of(f"job:{job.pk}").get()
    assert (entry.kind, entry.data["attempts"]) == ("job.dead", 5)
    assert entry.data["error"] == "ZeroDivisionError: division by zero"
    assert verify_chain() == []


@pytest.mark.django_db
def test_poison_that_kills_its_worker_is_set_aside_when_the_last_lease_is_over() -> None:
    job, other = ask(), ask("other")
    held(job, attempts=MAX_ATTEMPTS)
    assert set_aside_exhausted() == []
    lease_ran_out(job)
    assert set_aside_exhausted() == [job.pk]
    job.refresh_from_db()
    other.refresh_from_db()
    assert (job.state, other.state) == (Job.State.DEAD, Job.State.QUEUED)
    assert job.last_error == "The worker was lost during attempt 5."


@pytest.mark.django_db(transaction=True)
def test_a_worker_told_to_stop_gives_its_job_back() -> None:
    @handler("count")
    def work(claim: Claim) -> None:
        raise SystemExit

    job = ask()
    with pytest.raises(SystemExit):
        run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED


@pytest.mark.django_db
def test_a_dead_job_can_be_run_again() -> None:
    handler("count")(lambda claim: None)
    job = ask()
    Job.objects.filter(pk=job.pk).update(state="dead", attempts=5, finished_at=NOW)
    assert again(job_id=job.pk, actor="user:bob", now=NOW).state == Job.State.QUEUED
    assert run(job.pk)
    assert Entry.objects.of(f"job:{job.pk}").get().actor == "user:bob"


@pytest.mark.django_db
def test_a_waiting_job_cannot_be_run_again() -> None:
    with pytest.raises(NotDead, match="is queued"):
        again(job_id=ask().pk, actor="user:bob", now=NOW)


@pytest.mark.django_db
def test_only_jobs_done_long_ago_are_pruned() -> None:
    old, fresh, dead = ask("old"), ask("fresh"), ask("dead")
    Job.objects.filter(pk=old.pk).update(state="done", finished_at=NOW - timedelta(days=31))
    Job.objects.filter(pk=fresh.pk).update(state="done", finished_at=NOW - timedelta(days=29))
    Job.objects.filter(pk=dead.pk).update(state="dead", finished_at=NOW - timedelta(days=90))
    assert prune(days=30, now=NOW) == 1
    assert set(Job.objects.values_list("key", flat=True)) == {"fresh", "dead"}


@pytest.mark.django_db
def test_a_running_job_without_a_token_is_refused_by_the_database() -> None:
    job = ask()
    with pytest.raises(IntegrityError, match="job_running_has_token"), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(state="running")
