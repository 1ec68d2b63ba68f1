"""``manage.py up``: everything started, the demo job run and reported, then kept running."""

import errno
import io
import shutil
import signal
import socket
import time
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections
from django.utils import timezone

from ledger import tidying
from server import broker, checks, children
from server.demo import demo, job, people, report
from server.demo.people import Login
from server.embedded import places, postgres, valkey
from server.supervisor import AlreadyRunning, Stopped, Supervisor, stop_on_signals

DEFAULT_PORT = 8000
WEB_SECONDS = 60.0


class Command(BaseCommand):
    help = (
        "Start database, broker, workers, relay and web server; run the demo job; print where everything is."
    )
    requires_system_checks = ()  # they run below, once the database is there

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop after the report of the demo job")
        parser.add_argument("--reset", action="store_true", help="throw the embedded data away first")
        parser.add_argument("--port", type=int, help=f"default {DEFAULT_PORT}, or the next free one")
        parser.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1: this machine only")
        parser.add_argument("--orders", type=int, help="orders of the demo job (default 60, later starts 10)")
        parser.add_argument(
            "--seed", type=int, help="makes the demo's shoppers repeatable (default: 1, 2, ...)"
        )
        parser.add_argument("--no-demo", action="store_true", help="no demo shop, people or job")

    def handle(self, *args: Any, **options: Any) -> None:
        self.began = time.monotonic()
        if settings.DEBUG and not checks.is_loopback(str(options["host"])):
            raise CommandError(
                f"--host {options['host']} lets others in while DEBUG is on: set DEBUG=0 and ALLOWED_HOSTS."
            )
        supervisor = Supervisor(var=settings.VAR_DIR, say=self.say)
        try:
            supervisor.take_charge()
        except AlreadyRunning as other:
            raise CommandError(
                f"{other}. Stop it with Ctrl-C in its window or `kill {other.facts.get('pid', '')}`, "
                "or use the one that runs."
            ) from None
        stop_on_signals()
        try:
            self._run(supervisor, options)
        except Stopped as stopped:
            self.say(f"{stopped}: stopping")
        except (postgres.NoDatabase, valkey.NoBroker, places.NoPlace) as problem:
            raise CommandError(str(problem)) from None
        except OperationalError as problem:
            raise CommandError(f"{str(problem).strip()}\n`manage.py doctor` says more.") from None
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            connections.close_all()
            supervisor.stop_all(children.STOP_ORDER)
            self.say("stopped")

    def _run(self, supervisor: Supervisor, options: dict[str, Any]) -> None:
        host = str(options["host"])
        if options["reset"]:
            self._reset()
        port = _port(options["port"], host)
        self._start_stores(supervisor)
        self._prepare(host)
        logs = settings.VAR_DIR / "log"
        supervisor.add(children.worker(logs / "worker.log"))
        supervisor.add(children.standby(logs / "standby.log"))
        supervisor.add(children.relay(logs / "relay.log"))
        supervisor.url = f"http://{_shown(host)}:{port}/"
        supervisor.add(children.web(logs / "web.log", host=host, port=port))
        self.say(f"workers, relay and web started (logs in {logs})")
        if not supervisor.wait(until=lambda: _answers(supervisor.url), seconds=WEB_SECONDS):
            raise CommandError(f"the web server does not answer at {supervisor.url}: see {logs / 'web.log'}")
        self.say(f"the shop answers at {supervisor.url}")
        logins = self._demo(supervisor, options, host)
        self._doors(supervisor.url, logins)
        if not options["once"]:
            tidying.ask_for(now=timezone.now())  # the worker's job; each day's asks for the next day's
            supervisor.wait(until=lambda: False, seconds=float("inf"))

    def _start_stores(self, supervisor: Supervisor) -> None:
        if settings.EMBEDDED_DATABASE:
            supervisor.add(children.database(settings.VAR_DIR, self.say))
            self.say(f"database: PostgreSQL in {postgres.in_var(settings.VAR_DIR).data}")
        else:
            self.say(f"database: {settings.DATABASES['default']['HOST']} (DATABASE_URL)")
        if settings.EMBEDDED_BROKER:
            supervisor.add(children.broker(settings.VAR_DIR))
            self.say(f"broker: Valkey on {valkey.socket_path(settings.VAR_DIR)}")
        else:
            self.say(f"broker: {settings.BROKER_URL.split('@')[-1]} (BROKER_URL)")

    def _prepare(self, host: str) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        self.say("migrations applied")
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
            self.say(f"static files collected in {settings.STATIC_ROOT}")
        problem = broker.problem()
        if problem:
            raise CommandError(f"the broker cannot be used: {problem}\n`manage.py doctor` says more.")
        refusals = checks.demo_problems(host=host)
        if refusals:
            raise CommandError("\n".join(refusals))
        call_command("check", fail_level="ERROR", databases=["default"], stdout=io.StringIO())

    def _demo(self, supervisor: Supervisor, options: dict[str, Any], host: str) -> tuple[Login, ...]:
        """Seed the demo shop, have orders placed and planned, print the report; the people's logins."""
        reason = self._why_no_demo(options, host)
        if reason:
            self.say(f"no demo: {reason}")
            return ()
        try:
            done = demo.run(
                orders=options["orders"],
                seed=options["seed"],
                now=timezone.now,
                wait=lambda until, seconds: supervisor.wait(until=until, seconds=seconds),
                say=self.say,
            )
        except job.NoPlan as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write("")
        for line in report.lines(done.report):
            self.stdout.write(f"  {line}".rstrip())
        return done.logins

    def _why_no_demo(self, options: dict[str, Any], host: str) -> str:
        if options["no_demo"]:
            return "--no-demo"
        if not checks.demo_allowed(host=host):
            return "DEBUG is off or others can reach this shop"
        if not settings.EMBEDDED_DATABASE and people.is_somebody_elses_shop():
            return "the database of DATABASE_URL holds a shop that is not the demo"
        return ""

    def _reset(self) -> None:
        if not settings.EMBEDDED_DATABASE:
            raise CommandError(
                "--reset throws only embedded data away; DATABASE_URL names a database of yours."
            )
        cluster = postgres.in_var(settings.VAR_DIR)
        for folder in (cluster.data, settings.VAR_DIR / "valkey", settings.MEDIA_ROOT):
            shutil.rmtree(folder, ignore_errors=True)
        self.say("the old data is gone")

    def _doors(self, url: str, logins: tuple[Login, ...]) -> None:
        lines = ["", f"shop       {url}", f"staff      {url}staff/", f"API        {url}api/v1/docs/"]
        said = report.logins(logins, people.file_of(settings.VAR_DIR)) if logins else ()
        lines += [f"{'logins' if number == 0 else '':<10} {line}" for number, line in enumerate(said)]
        for line in [*lines, ""]:
            self.stdout.write(f"  {line}".rstrip())
        self.stdout.flush()

    def say(self, line: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self.began:6.1f} s] {line}")
        self.stdout.flush()


def _port(wanted: int | None, host: str) -> int:
    """The wanted port if it is free, else the first free one from the default on."""
    if wanted is not None:
        if not _is_free(host, wanted):
            raise CommandError(
                f"port {wanted} on {host} is taken: choose another with --port, or leave it out."
            )
        return wanted
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 100):
        if _is_free(host, port):
            return port
    raise CommandError(f"no free port from {DEFAULT_PORT} to {DEFAULT_PORT + 99}: name one with --port.")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise CommandError(f"--host {host}: {error.strerror}") from None
    return True


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - only how it is written
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}readyz", timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:  # also every refusal of urllib
        return False
