"""Starts the shop's processes in order, keeps them running, stops them in reverse order.

Children get sessions of their own, so Ctrl-C reaches only this process. On
Linux the kernel stops them when this process is killed; elsewhere the next
start finds their ids in ``var/run/up.json`` and ends them first.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from server import env
from server.embedded import process

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before a child that died is started again
SETTLED = 60.0  # after so long its earlier deaths are forgotten


class AlreadyRunning(Exception):
    """Another ``up`` of this checkout runs; ``facts`` is what it wrote down about itself."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        self.facts = facts
        super().__init__(
            f"already running: process {facts.get('pid', '?')}, {facts.get('url', 'no page yet')}"
        )


class Stopped(BaseException):
    """SIGTERM or Ctrl-C arrived. Not an Exception: no part may take it for an error of its own."""


@dataclass
class Child:
    """One process to keep: how it is started and how it is asked to stop."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 2.0  # seconds between asking and killing
    running: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    start_again_at: float = 0.0

    def launch(self) -> None:
        self.running = self.start()
        self.started_at = time.monotonic()

    def end(self) -> None:
        if self.running is not None:
            process.stop(self.running, signal_number=self.stop_signal, patience=self.patience)
            process.kill_group(self.running.pid)  # what it may have left in its session
            self.running = None


@dataclass
class Supervisor:
    """The processes of one ``up``, in the order of their start."""

    var: Path
    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    url: str = ""
    _lock: IO[str] | None = None

    @property
    def note(self) -> Path:
        return self.var / "up.json"

    def take_charge(self) -> None:
        """Become the one supervisor of this checkout, or raise :class:`AlreadyRunning`."""
        self.var.mkdir(parents=True, exist_ok=True)
        lock = (self.var / "up.lock").open("a+")
        if not env.try_lock_file(lock.fileno()):
            raise AlreadyRunning(self._read_note())
        self._lock = lock
        for name, pid in self._left_over():
            self.say(f"ending {name} (process {pid}), left over from a start that was killed")
            process.kill_group(pid)
        self._write_note()

    def add(self, child: Child) -> None:
        """Start one more child and keep it."""
        child.launch()
        self.children.append(child)
        self._write_note()

    def look_after(self) -> None:
        """Start again what has died, with a growing pause. To be called a few times a second."""
        now = time.monotonic()
        for child in self.children:
            if child.running is not None and child.running.poll() is not None:
                child.deaths = 1 if now - child.started_at > SETTLED else child.deaths + 1
                pause = min(FIRST_PAUSE * 2 ** (child.deaths - 1), LONGEST_PAUSE)
                self.say(
                    f"{child.name} ended ({child.running.returncode}); starting it again in {pause:.0f} s"
                )
                process.kill_group(child.running.pid)
                child.running, child.start_again_at = None, now + pause
            if child.running is None and now >= child.start_again_at:
                self._start_again(child)

    def wait(self, *, until: Callable[[], bool], seconds: float) -> bool:
        """Look after the children until ``until`` says yes or the time is over."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                return False
            self.look_after()
            time.sleep(0.1)
        return True

    def stop_all(self, order: Sequence[str]) -> None:
        """Stop every child: those named in ``order`` first, then the rest, last started first."""
        ranks = {name: rank for rank, name in enumerate(order)}
        rest = list(reversed(self.children))
        for child in sorted(rest, key=lambda child: ranks.get(child.name, len(ranks))):
            child.end()
        self.children.clear()
        self.note.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _start_again(self, child: Child) -> None:
        try:
            child.launch()
        except Exception as problem:  # noqa: BLE001 - whatever it is, the others go on and this one is tried again
            child.deaths += 1
            pause = min(FIRST_PAUSE * 2**child.deaths, LONGEST_PAUSE)
            child.start_again_at = time.monotonic() + pause
            self.say(f"{child.name} did not start, again in {pause:.0f} s: {problem}")
        self._write_note()

    def _write_note(self) -> None:
        pids = {child.name: child.running.pid for child in self.children if child.running is not None}
        births = {name: process.birth_of(pid) for name, pid in pids.items()}
        facts = {"pid": os.getpid(), "url": self.url, "children": pids, "births": births}
        fresh = self.note.with_suffix(".new")
        fresh.write_text(json.dumps(facts), encoding="utf-8")
        fresh.replace(self.note)

    def _read_note(self) -> dict[str, object]:
        try:
            return dict(json.loads(self.note.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def _left_over(self) -> list[tuple[str, int]]:
        """Children of a killed supervisor that still run; not others that have got their ids since."""
        note = self._read_note()
        pids, births = note.get("children"), note.get("births")
        if not isinstance(pids, dict) or not isinstance(births, dict):
            return []
        return [
            (str(name), int(pid))
            for name, pid in pids.items()
            if births.get(name) and process.birth_of(int(pid)) == births[name]
        ]


def stop_on_signals() -> None:
    """SIGTERM, SIGHUP and Ctrl-C become :class:`Stopped`, once: further ones do not disturb the stopping."""

    def stop(number: int, frame: object) -> None:
        for other in STOPPING:
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(signal.Signals(number).name)

    for number in STOPPING:
        signal.signal(number, stop)


STOPPING = (signal.SIGTERM, signal.SIGINT) + ((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ())
