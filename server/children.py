"""The processes that make up a running shop: database, broker, workers, relay, web."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings

from server import env
from server.embedded import borrow, postgres, process, valkey
from server.supervisor import Child

# Work comes in first and the database goes last: nothing is refused a place to write to while stopping.
STOP_ORDER = ("worker", "standby", "web", "relay", "broker", "database")
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - missing in some containers
WEB_STATEMENT_TIMEOUT_MS = "5000"


def database(var: Path, say: Callable[[str], None]) -> Child:
    """The embedded PostgreSQL with the shop's database in it."""
    cluster = postgres.in_var(var)

    def start() -> subprocess.Popen[bytes]:
        postgres.create(cluster, say)
        _end_left_over(cluster, say)
        server = postgres.start(cluster)
        postgres.make_database(cluster, borrow.DATABASE)
        return server

    return Child("database", start, stop_signal=signal.SIGINT, patience=4.0)


def broker(var: Path) -> Child:
    """The embedded Valkey."""
    return Child("broker", lambda: valkey.start(var), patience=0.8)


def worker(log: Path) -> Child:
    """A Celery worker for all queues, two jobs at a time."""
    return _celery("worker", log, queues=settings.QUEUES, at_once=2, patience=2.0)


def standby(log: Path) -> Child:
    """A Celery worker that keeps one place free of files and plans, for what somebody waits for."""
    return _celery("standby", log, queues=("interactive",), at_once=1, patience=0.5)


def _celery(name: str, log: Path, *, queues: Sequence[str], at_once: int, patience: float) -> Child:
    # Without shared memory the process pool cannot exist: threads then.
    pool = "prefork" if os.access(SHARED_MEMORY, os.W_OK) else "threads"
    command = [sys.executable, "-m", "celery", "-A", "server.celery", "worker", "--hostname", f"{name}@%h"]
    command += ["--pool", pool, "--concurrency", str(at_once), "--queues", ",".join(queues)]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
    # No warning that it runs as root: it accepts JSON only, and so does everybody here.
    return _of_ours(
        name, command, log, patience=patience, PYTHONWARNINGS="ignore::RuntimeWarning:celery.platforms"
    )


def relay(log: Path) -> Child:
    """Calls waiting jobs out to the broker."""
    return _of_ours("relay", [sys.executable, "manage.py", "relay"], log, patience=0.7)


def web(log: Path, *, host: str, port: int) -> Child:
    """The web server."""
    command = [sys.executable, "-m", "gunicorn", "server.wsgi:application"]
    command += ["--bind", f"[{host}]:{port}" if ":" in host else f"{host}:{port}"]
    command += ["--worker-class", "gthread", "--workers", "2", "--threads", "4"]
    command += ["--timeout", "60", "--graceful-timeout", "1", "--keep-alive", "5", "--no-control-socket"]
    command += ["--access-logfile", str(log.with_name("access.log"))]
    if os.access(SHARED_MEMORY, os.W_OK):
        command += ["--worker-tmp-dir", SHARED_MEMORY]
    return _of_ours("web", command, log, patience=1.5, STATEMENT_TIMEOUT_MS=WEB_STATEMENT_TIMEOUT_MS)


def _of_ours(name: str, command: list[str], log: Path, *, patience: float, **extra: str) -> Child:
    def start() -> subprocess.Popen[bytes]:
        variables = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "server.settings",
            "APPLICATION_NAME": name,
            **extra,
        }
        # The supervisor looks after the database; a child must not start one of its own.
        variables["NO_BOOTSTRAP"] = "1"
        return process.start(command, log=log, env=variables, last_signal=signal.SIGTERM, folder=env.BASE_DIR)

    return Child(name, start, patience=patience)


def _end_left_over(cluster: postgres.Cluster, say: Callable[[str], None]) -> None:
    """A server that still runs on our data belonged to a start that was killed, or a command that ends."""
    pid = postgres.leftover(cluster)
    if pid is None or process.wait_until(lambda: postgres.leftover(cluster) is None, seconds=2):
        return
    say(f"stopping the PostgreSQL (process {pid}) that another command of this checkout left running")
    os.kill(pid, signal.SIGINT)
    if not process.wait_until(lambda: postgres.leftover(cluster) is None, seconds=10):
        raise postgres.NoDatabase(
            f"the PostgreSQL with process id {pid} does not stop: end it, then start again"
        )
