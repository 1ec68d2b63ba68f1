"""The relay: who is called when, and what it outlives."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from ledger import relay
from ledger.jobs import again, request
from ledger.models import Job, database_now

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CHECKOUT = Path(__file__).resolve().parents[2]
Together = Callable[..., list[object]]


class Away(Exception):
    """What this test's broker raises when it is away."""


class Broker:
    """Notes the calls; can be away, or lose itself after some."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, str]] = []
        self.room: float = float("inf")

    def publish(self, job_id: int, queue: str) -> None:
        if len(self.calls) >= self.room:
            raise Away("the broker is away")
        self.calls.append((job_id, queue))


@pytest.fixture
def broker() -> Broker:
    return Broker()


def ask(key: str = "job", **more: object) -> Job:
    return request(kind="count", payload={"secret": "not for the broker"}, key=key, now=NOW, **more)  # type: ignore[arg-type]


def sweep(broker: Broker, cap: int = 100) -> relay.Swept:
    return relay.sweep(publish=broker.publish, away=(Away,), cap=cap)


@pytest.mark.django_db
def test_a_waiting_job_is_called_by_id_in_its_queue(broker: Broker) -> None:
    job = ask(queue="planning")
    assert sweep(broker).called == (job.pk,)
    assert broker.calls == [(job.pk, "planning")]


@pytest.fixture
def clock(db: None) -> Callable[[timedelta], None]:
    """Stops the database's clock for this test; ``clock(step)`` moves it.

    A function of the same name hides PostgreSQL's: time that passes while the test runs must not count.
    """
    begin = database_now()
    passed = timedelta()

    def move(step: timedelta) -> None:
        nonlocal passed
        passed += step
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('test.now', %s, true)", [(begin + passed).isoformat()])

    move(timedelta())
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA stopped_clock")
        cursor.execute(
            "CREATE FUNCTION stopped_clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE "
            "AS $$ SELECT current_setting('test.now')::timestamptz $$"
        )
        cursor.execute("SELECT current_setting('search_path')")
        cursor.execute(f"SET LOCAL search_path TO stopped_clock, {cursor.fetchone()[0]}, pg_catalog")
    return move


def test_an_unanswered_call_is_repeated_more_and_more_seldom(
    broker: Broker, clock: Callable[[timedelta], None]
) -> None:
    ask()
    assert sweep(broker).called
    for wait in (6, 12, 24, 48, 96, 120, 120):
        clock(timedelta(seconds=wait, microseconds=-1))
        assert not sweep(broker).called, f"called before {wait} s were over"
        clock(timedelta(microseconds=1))
        assert sweep(broker).called, f"not called after {wait} s"


@pytest.mark.django_db
def test_one_sweep_calls_no_more_than_its_cap(broker: Broker) -> None:
    for number in range(5):
        ask(f"job {number}")
    assert [len(sweep(broker, cap=2).called) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.django_db
def test_a_sweep_takes_a_constant_number_of_queries(
    broker: Broker, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(20):
        ask(f"job {number}")
    with django_assert_max_num_queries(5):  # type: ignore[attr-defined]
        sweep(broker)


@pytest.mark.django_db
def test_a_job_that_waits_for_its_time_is_not_called(broker: Broker) -> None:
    ask(run_after=database_now() + timedelta(minutes=1))
    assert sweep(broker).called == ()


@pytest.mark.django_db
def test_done_running_and_dead_jobs_are_not_called(broker: Broker) -> None:
    ask("done"), ask("dead"), ask("running")
    Job.objects.filter(key__in=("done", "dead")).update(state=F("key"))
    Job.objects.filter(key="running").update(
        state="running", token="t", lease_until=Now() + timedelta(minutes=1)
    )
    assert sweep(broker).called == ()


@pytest.mark.django_db
def test_calls_that_the_broker_did_not_take_are_made_when_it_is_back(broker: Broker) -> None:
    jobs = [ask(f"job {number}").pk for number in range(3)]
    broker.room = 1
    swept = sweep(broker)
    assert swept.broker_away and swept.called == (jobs[0],)
    broker.room = 10
    assert sweep(broker).called == (jobs[1], jobs[2])
    assert set(Job.objects.values_list("publishes", flat=True)) == {1}


@pytest.mark.django_db
def test_a_job_whose_lease_is_over_is_taken_back_and_called(broker: Broker) -> None:
    job = ask()
    sweep(broker)
    Job.objects.update(state="running", token="t", attempts=1, lease_until=Now() - timedelta(seconds=1))
    swept = sweep(broker)
    assert swept.taken_back == swept.called == (job.pk,)
    job.refresh_from_db()
    assert (job.state, job.token, job.attempts) == (Job.State.QUEUED, "", 1)


@pytest.mark.django_db
def test_a_job_lost_five_times_is_set_aside_and_not_called(broker: Broker) -> None:
    job = ask()
    Job.objects.update(state="running", token="t", attempts=5, lease_until=Now() - timedelta(seconds=1))
    swept = sweep(broker)
    assert (swept.set_aside, swept.called) == ((job.pk,), ())


@pytest.mark.django_db(transaction=True)
def test_many_relays_call_each_job_once(together: Together) -> None:
    ids = [ask(f"job {number}").pk for number in range(60)]

    def one() -> list[int]:
        broker, called = Broker(), []
        for _ in range(8):
            called += sweep(broker, cap=5).called
        return called

    answers = together(one, one, one)
    called = [job_id for answer in answers for job_id in answer]  # type: ignore[attr-defined]
    assert sorted(called) == ids


# --- waking up, and what it outlives ----------------------------------------------------------------------


@contextmanager
def listener() -> Iterator[Callable[[float], bool]]:
    """A connection that listens as the relay does; asking it waits so many seconds for a ring."""
    here = connection.get_connection_params()
    with psycopg.connect(
        host=here["host"], port=here["port"], user=here["user"], dbname=here["dbname"], autocommit=True
    ) as ear:
        ear.execute(f"LISTEN {relay.CHANNEL}")
        yield lambda seconds: any(True for _ in ear.notifies(timeout=seconds, stop_after=1))


@pytest.mark.django_db(transaction=True)
def test_a_new_job_rings_when_its_transaction_commits() -> None:
    with listener() as rings:
        with transaction.atomic():
            ask()
            assert not rings(0.2)
        assert rings(5)


@pytest.mark.django_db(transaction=True)
def test_a_revived_job_rings_too() -> None:
    job = ask()
    Job.objects.update(state="dead")
    with listener() as rings:
        again(job_id=job.pk, actor="user:bob", now=NOW)
        assert rings(5)


@contextmanager
def running(broker: Broker) -> Iterator[None]:
    """A relay in a thread, with a database connection of its own."""
    over = threading.Event()

    def work() -> None:
        try:
            relay.run(publish=broker.publish, away=(Away,), stop=over.is_set)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)
        assert not thread.is_alive()


def soon(true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


@pytest.mark.django_db(transaction=True)
def test_the_relay_wakes_up_for_a_new_job(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "PAUSE", 30)  # so that only the ring can wake it
    with running(broker):
        first = ask("first")
        assert soon(lambda: (first.pk, "default") in broker.calls)
        second = ask("second")
        assert soon(lambda: (second.pk, "default") in broker.calls)
        monkeypatch.setattr(relay, "PAUSE", 0.1)
        ask("third")


@pytest.mark.django_db(transaction=True)
def test_the_relay_outlives_its_database_connection(broker: Broker) -> None:
    with running(broker):
        first = ask("first")
        assert soon(lambda: (first.pk, "default") in broker.calls)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.fetchall()
        second = ask("second")
        assert soon(lambda: (second.pk, "default") in broker.calls)


@pytest.mark.django_db(transaction=True)
def test_the_relay_outlives_its_broker(broker: Broker) -> None:
    broker.room = 0
    with running(broker):
        job = ask()
        time.sleep(0.7)
        broker.room = 10
        assert soon(lambda: (job.pk, "default") in broker.calls)


@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_a_relay_told_to_stop_leaves_even_a_broker_that_never_answers(
    environment: dict[str, str], tmp_path: Path
) -> None:
    ask()
    hole = socket.create_server(("127.0.0.1", 0))  # accepts, and says nothing
    environment["BROKER_URL"] = f"redis://127.0.0.1:{hole.getsockname()[1]}/0"
    with hole, (tmp_path / "relay.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "manage.py", "relay"], cwd=CHECKOUT, env=environment, stdout=log, stderr=log
        )
        try:
            hole.settimeout(20)
            talking, _ = hole.accept()
            with talking:
                time.sleep(0.3)
                child.send_signal(signal.SIGTERM)
                assert child.wait(8) == 0  # the broker's own time-out would be 10 s
        finally:
            child.kill()
