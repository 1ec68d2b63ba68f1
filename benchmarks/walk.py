"""``manage.py bench walk``: the whole product once, measured.

1. ``manage.py up`` in an empty folder: seconds at which each step was reached, peak memory of the
   process tree (sum of unique set sizes where the system tells them, else of resident sizes).
2. Requests against its web server once the workers are done: configurator changes through the public API,
   one caller and then four, requests a second and the 50th, 95th and 99th percentile.

Figures depend on machine and load; both are printed. Nothing is compared here. How many pieces a second are
planned and certified says ``bench planning --only workshop``.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engine.running_shop import Caller, Walk, start, wait_until_idle


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
        walk, process = start(Path(var), "--orders", str(options.orders))
        try:
            _print_walk(walk)
            wait_until_idle(Path(var))
            for callers in (1, 4):
                _print_load(walk.url, callers=callers, seconds=options.seconds, seed=options.seed)
        finally:
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            print(f"\nstopped in {time.monotonic() - begun:.1f} s\n")
    return 0


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


class Shopper(Caller):
    """Changes a sign."""

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(url)
        self.random = random.Random(seed)
        self.open_page("make/walnut-sign/")
        _, body = self.ask("POST", "api/v1/configurations/", {"family": "walnut-sign"})
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
        status, _ = self.ask("PATCH", self.path, {"choices": {option: value}})
        return status


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
