"""Is everything here that the shop needs? Each check answers with what it found and how to mend it."""

import contextlib
import importlib.metadata
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uharfbuzz
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from packaging.markers import Marker
from packaging.version import Version

from configurator.engine import font_files
from configurator.engine.fonts import FontLibrary
from configurator.engine.layout import readiness
from configurator.engine.machines import BadProfiles
from configurator.profiles import shop_machines
from server import broker, checks, env, health
from server.embedded import borrow, places, postgres, valkey

OLDEST_PYTHON = (3, 11)
MOST_CLOCK_SECONDS = 2.0
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
SET_UP_AGAIN = "Run `python3 manage.py up`: it installs what the lock names."


@dataclass(frozen=True)
class Finding:
    """What one check found. ``fix`` is empty when all is well."""

    name: str
    found: str
    fix: str = ""

    @property
    def ok(self) -> bool:
        return not self.fix


def findings() -> Iterator[Finding]:
    """Every check in turn, cheap ones first; the servers are started for their checks unless they run."""
    yield from (
        python(),
        packages(),
        safety(),
        writable(),
        sockets(),
        disk(),
        shared_memory(),
        fonts(),
        shaper(),
        machine_profiles(),
    )
    with contextlib.ExitStack() as servers:
        database_found = _guarded("database", lambda: database(servers))
        yield database_found
        if database_found.ok:
            yield _guarded("clock", clock)
        yield _guarded("broker", lambda: message_broker(servers))


def python() -> Finding:
    version = sys.version.split()[0]
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", version, "Use Python 3.11 or newer.")
    return Finding("Python", version)


def packages() -> Finding:
    """The installed versions against ``requirements.txt``."""
    wrong = []
    locked = dict(_locked(settings.BASE_DIR / "requirements.txt"))
    for name, version in locked.items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        if Version(found) != Version(version):
            wrong.append(f"{name} {found} instead of {version}")
    if wrong:
        return Finding("packages", "; ".join(wrong), SET_UP_AGAIN)
    return Finding("packages", f"all {len(locked)} as locked")


def _locked(lock: Path) -> Iterator[tuple[str, str]]:
    """Name and version of each line of the lock that is meant for this machine."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if "==" not in line or line.lstrip().startswith(("#", "--hash")):
            continue
        requirement, _, marker = line.rstrip(" \\").partition(";")
        if not marker.strip() or Marker(marker.strip()).evaluate():
            name, _, version = requirement.partition("==")
            yield name.strip(), version.strip()


def safety() -> Finding:
    """Secrets, hosts, TLS: what ``manage.py check`` calls an error."""
    errors = [message for message in run_checks(tags=[Tags.security]) if message.is_serious()]
    if errors:
        return Finding("settings", "; ".join(str(error.msg) for error in errors), str(errors[0].hint))
    return Finding(
        "settings", f"DEBUG {'on' if settings.DEBUG else 'off'}, for {', '.join(settings.ALLOWED_HOSTS)}"
    )


def writable() -> Finding:
    """The folders that the shop writes to."""
    for folder in (settings.VAR_DIR, settings.MEDIA_ROOT, settings.VAR_DIR / "log"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                continue
        except OSError as error:
            fix = "Make it writable for the user who starts the shop, or set VAR_DIR to another folder."
            return Finding("folders", f"{folder}: {error.strerror}", fix)
    return Finding("folders", f"{settings.VAR_DIR} is writable")


def sockets() -> Finding:
    """Unix socket paths have a hard limit; ``places`` keeps to it unless the temp folder is deep too."""
    paths = (postgres.in_var(settings.VAR_DIR).socket, valkey.socket_path(settings.VAR_DIR))
    longest = max(paths, key=lambda path: len(os.fsencode(path)))
    length = len(os.fsencode(longest))
    if length > places.SOCKET_PATH_LIMIT:
        fix = "Set VAR_DIR or TMPDIR to a shorter folder."
        return Finding("sockets", f"{longest}: {length} bytes, {places.SOCKET_PATH_LIMIT} allowed", fix)
    return Finding("sockets", f"{length} of {places.SOCKET_PATH_LIMIT} bytes: {longest.parent}")


def disk() -> Finding:
    problem = health.disk_problem()
    free = shutil.disk_usage(settings.VAR_DIR).free // 2**20
    if problem:
        return Finding("disk", problem, "Free some space: below 500 MiB or 5 % nothing can be kept safely.")
    return Finding("disk", f"{free} MiB free")


def shared_memory() -> Finding:
    """Celery's process pool needs it; ``up`` falls back to threads."""
    if sys.platform.startswith("linux") and not os.access(SHARED_MEMORY, os.W_OK):
        fix = "Mount it (docker: --shm-size=256m); until then `up` runs the worker on threads."
        return Finding("shared memory", f"{SHARED_MEMORY} is not writable", fix)
    return Finding("shared memory", "writable" if sys.platform.startswith("linux") else "not needed here")


def fonts() -> Finding:
    """Each font file is there and is the one that designs were approved with."""
    wrong = font_files.problems()
    if wrong:
        return Finding("fonts", " ".join(wrong), SET_UP_AGAIN)
    return Finding("fonts", f"{len(font_files.PINNED)} files, each with its hash")


def shaper() -> Finding:
    """HarfBuzz joins and stacks letters, whatever the system's own libraries are."""
    try:
        wrong = readiness.shaping_problems(FontLibrary.installed())
    except (LookupError, OSError) as error:
        return Finding("text shaping", str(error), SET_UP_AGAIN)
    if wrong:
        return Finding("text shaping", " ".join(wrong), SET_UP_AGAIN)
    return Finding("text shaping", f"HarfBuzz {uharfbuzz.version_string()} joins and stacks letters")


def machine_profiles() -> Finding:
    """Ours and the shop's own, each read as strictly as when something is made."""
    try:
        machines = shop_machines()
    except BadProfiles as error:
        return Finding("machines", str(error), "Mend these files, or take them out of MACHINE_PROFILES.")
    codes = ", ".join(sorted(machines.profiles))
    return Finding("machines", f"{len(machines.profiles)} profiles: {codes}")


def database(servers: contextlib.ExitStack) -> Finding:
    """Reachable, new enough, migrated, and without demo people where they are refused."""
    if settings.EMBEDDED_DATABASE:
        servers.enter_context(postgres.borrowed(postgres.in_var(settings.VAR_DIR), borrow.DATABASE))
    servers.callback(connection.close)
    try:
        version = checks.database_version()
    except DatabaseError as error:
        fix = "Start it, or mend DATABASE_URL (postgres://user:password@host:5432/name)."
        return Finding("database", str(error).splitlines()[0], fix)
    if version < checks.LEAST_POSTGRESQL:
        return Finding("database", f"PostgreSQL {version // 10000}", "Use PostgreSQL 16 or newer.")
    waiting = health.database_problem()
    if waiting and settings.EMBEDDED_DATABASE and not MigrationRecorder(connection).applied_migrations():
        return Finding("database", f"PostgreSQL {version // 10000}.{version % 10000}, empty: `up` fills it")
    if waiting:
        return Finding("database", waiting, "Run `python3 manage.py migrate` (`up` does it itself).")
    for problem in checks.demo_problems():
        return Finding("database", "demo people where they are refused", problem)
    return Finding("database", f"PostgreSQL {version // 10000}.{version % 10000}, all migrations applied")


def clock() -> Finding:
    """This machine's clock against the database's (leases and promises use the database's)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        apart = abs(float(cursor.fetchone()[0]) - time.time())
    if apart > MOST_CLOCK_SECONDS:
        return Finding(
            "clock", f"{apart:.1f} s from the database's", "Synchronise both machines (chrony or ntp)."
        )
    return Finding("clock", f"{apart * 1000:.0f} ms from the database's")


def message_broker(servers: contextlib.ExitStack) -> Finding:
    if settings.EMBEDDED_BROKER and not valkey.answers(valkey.socket_path(settings.VAR_DIR)):
        servers.callback(valkey.stop, valkey.start(settings.VAR_DIR))
    problem = broker.problem()
    where = settings.BROKER_URL.split("@")[-1]
    if problem:
        return Finding(
            "broker", f"{where}: {problem}", "Start it, mend BROKER_URL, or set BROKER_URL=pgmq://."
        )
    return Finding("broker", where)


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    """A check that needs a server: a server that cannot be had is a finding too, not a traceback."""
    try:
        return check()
    except (postgres.NoDatabase, valkey.NoBroker, places.NoPlace, DatabaseError, env.BadSetting) as problem:
        return Finding(name, str(problem).splitlines()[0], str(problem))
