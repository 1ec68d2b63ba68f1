"""``manage.py bench walk``: the whole product once, measured.

1. ``manage.py up`` in an empty folder: seconds at which each step was reached, peak memory of the
   process tree (sum of unique set sizes where the system tells them, else of resident sizes).
2. Requests against its web server: configurator changes through the public API, one caller and
   then four, requests a second and the 50th, 95th and 99th percentile.
3. Lines and pieces a second that the planner plans, certificate included: ``bench planning`` on generated
   orders of 500 and 2,000 pieces, with nothing else of the product running.

Figures depend on machine and load; both are printed. Nothing is compared here.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import os
import platform
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks import planning

ROOT = Path(__file__).resolve().parent.parent
STAMPED = re.compile(r"\[\s*([0-9.]+) s\] (.*)")
READY = re.compile(r"^\s*shop\s+(http://\S+)")
DONE = re.compile(r"^\s*API\s+http")


@dataclass
class Walk:
    """What ``up`` said, and what its processes took."""

    steps: list[tuple[float, str]] = field(default_factory=list)
    report: list[str] = field(default_factory=list)
    url: str = ""
    peak: int = 0  # bytes, whole tree
    peak_by_name: dict[str, int] = field(default_factory=dict)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py bench walk", description=__doc__.split("\n")[0])
    parser.add_argument("--orders", type=int, default=60, help="orders of the demo job")
    parser.add_argument("--seconds", type=float, default=10.0, help="of requests for each number of callers")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    load = f"{os.getloadavg()[0]:.1f}"
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, load {load}, {platform.platform()}")
    print(f"python {platform.python_version()}, orders {options.orders}, seed {options.seed}\n")
    with tempfile.TemporaryDirectory(prefix="walk-") as var:
        walk, process = _start(Path(var), options.orders)
        try:
            _print_walk(walk)
            for callers in (1, 4):
                _print_load(walk.url, callers=callers, seconds=options.seconds, seed=options.seed)
        finally:
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            print(f"\nstopped in {time.monotonic() - begun:.1f} s\n")
    planning.print_table(planning.SIZES, seed=options.seed)
    return 0


def _start(var: Path, orders: int) -> tuple[Walk, subprocess.Popen[str]]:
    """``manage.py up`` in an empty data folder, until it has printed its doors."""
    environment = {
        **os.environ,
        "VAR_DIR": str(var),
        "API_RATE_CHANGE": "1000000/min",
        "API_RATE_READ": "1000000/min",
    }
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up", "--orders", str(orders)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    walk, over = Walk(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, walk, over), daemon=True)
    watcher.start()
    assert process.stdout is not None
    for line in process.stdout:
        stamped = STAMPED.match(line)
        if stamped:
            walk.steps.append((float(stamped[1]), stamped[2]))
        else:
            walk.report.append(line.rstrip())
        found = READY.match(line)
        walk.url = found[1] if found else walk.url
        if DONE.match(line):
            break
    over.set()
    watcher.join()
    if not walk.url:
        process.wait(timeout=60)
        raise SystemExit("`manage.py up` ended before the shop was ready:\n" + "\n".join(walk.report[-20:]))
    threading.Thread(target=process.stdout.read, daemon=True).start()  # or it stops when the pipe is full
    return walk, process


def _watch(pid: int, walk: Walk, over: threading.Event) -> None:
    """The largest memory of the tree, looked at four times a second."""
    while not over.wait(0.25):
        by_name: dict[str, int] = {}
        try:
            root = psutil.Process(pid)
            tree = [root, *root.children(recursive=True)]
        except psutil.Error:
            return
        for process in tree:
            try:
                by_name[_name(process)] = by_name.get(_name(process), 0) + _memory(process)
            except psutil.Error:
                continue
        total = sum(by_name.values())
        if total > walk.peak:
            walk.peak, walk.peak_by_name = total, by_name


def _name(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    for word in ("postgres", "valkey", "celery", "relay", "gunicorn"):
        if word in command:
            return word
    return "up"


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except (psutil.AccessDenied, AttributeError):
        return int(process.memory_info().rss)


def _print_walk(walk: Walk) -> None:
    print("step                                                         at s    took s")
    before = 0.0
    for at, text in walk.steps:
        print(f"{text[:58]:58s} {at:8.1f} {at - before:9.1f}")
        before = at
    print()
    print("\n".join(line for line in walk.report if line.strip()))
    print(f"\npeak memory {walk.peak / 2**20:.0f} MiB: ", end="")
    print(", ".join(f"{name} {size / 2**20:.0f}" for name, size in sorted(walk.peak_by_name.items())))


class Shopper:
    """A guest with a session who changes a sign through the public API, as the shop's own page does."""

    def __init__(self, url: str, seed: int) -> None:
        self.url = url
        self.random = random.Random(seed)
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self._ask("GET", "make/walnut-sign/")
        self.token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        _, body = self._ask("POST", "api/v1/configurations/", {"family": "walnut-sign"})
        self.path = f"api/v1/configurations/{body['id']}/"

    def change(self) -> int:
        """One click: a random value of a random option; the status (409 is a refusal with its reason)."""
        option, value = self.random.choice(
            [
                ("material", self.random.choice(["walnut", "oak", "cherry"])),
                ("size", self.random.choice("sml")),
                ("finish", self.random.choice(["raw", "oil", "wax"])),
                ("letter_height", self.random.randint(12, 40)),
                ("line1", f"The Millers {self.random.randint(1, 9999)}"),
            ]
        )
        status, _ = self._ask("PATCH", self.path, {"choices": {option: value}})
        return status

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "Referer": self.url}
        if body is not None:
            headers["X-CSRFToken"] = getattr(self, "token", "")
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with self.opener.open(request, timeout=30) as answer:
                content = answer.read()
                is_json = answer.headers.get_content_type().endswith("json")
                return answer.status, json.loads(content) if is_json else None
        except urllib.error.HTTPError as refusal:
            refusal.read()
            return refusal.code, None


def _print_load(url: str, *, callers: int, seconds: float, seed: int) -> None:
    shoppers = [Shopper(url, seed + index) for index in range(callers)]
    took: list[float] = []
    statuses: dict[int, int] = {}
    lock = threading.Lock()
    end = time.monotonic() + seconds

    def click(shopper: Shopper) -> None:
        while time.monotonic() < end:
            begun = time.perf_counter()
            status = shopper.change()
            with lock:
                took.append(time.perf_counter() - begun)
                statuses[status] = statuses.get(status, 0) + 1

    threads = [threading.Thread(target=click, args=(shopper,)) for shopper in shoppers]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = statistics.quantiles(took, n=100)
    print(
        f"configurator change, {callers} caller{'s' if callers > 1 else ''}: "
        f"{len(took) / (time.monotonic() - begun):.1f} requests/s, p50 {cuts[49] * 1000:.0f} ms, "
        f"p95 {cuts[94] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms "
        f"({', '.join(f'{count} x {status}' for status, count in sorted(statuses.items()))})"
    )
