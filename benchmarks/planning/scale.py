"""From orders to a stored plan at full size: read, dealt to cells, nested, scheduled, joined, proven, stored.

A throw-away PostgreSQL holds a workshop with twenty of each machine and so many lines of one piece. Two
processes, started before, take the planning jobs as workers do, without a broker between. The time on the
clock goes from the wish for a proposal to the plan in force; memory is the largest of the workers. Afterwards
the rows in force are read back and certified once more.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.bars import Bar, Section, Table
from benchmarks.planning.sizes import Scale
from server import env
from server.embedded import disposable, postgres

LIMITS = {10_000: 60.0, 100_000: 180.0}  # seconds on the clock
QUICK = 600
WORKERS = 2
MEMORY = 1.5  # GB a process
DATABASE = "scale"
ROOT = Path(__file__).resolve().parents[2]


def section(scale: Scale) -> Section:
    found = Section("scale", "Plans of ten thousand lines and more, from orders to rows")
    found.notes.append((__doc__ or "").strip())
    rows = []
    for lines, limit in LIMITS.items() if scale.large else ((QUICK, 60.0),):
        try:
            told = measured(lines, scale.seed)
        except RuntimeError as error:  # the other size is wanted all the same
            why = str(error)[-160:]
            found.bars.append(Bar(f"{lines:,} lines from orders to a stored plan", None, limit, why=why))
            continue
        rows.append(
            [
                f"{lines:,}",
                *(f"{told[name]:,.1f}" for name in ("seconds", "cpu", "memory")),
                f"{told['runs']:,}",
            ]
        )
        found.bars += [
            Bar(f"{lines:,} lines from orders to a stored plan", told["seconds"], limit, "s", at_most=True),
            Bar(f"memory of a worker at {lines:,} lines", told["memory"], MEMORY, "GB", at_most=True),
            Bar(f"breaches in the rows of {lines:,} lines", told["breaches"], 0, "wrong", at_most=True),
            Bar(f"pieces not planned of {lines:,} lines", told["unplanned"], 0, "wrong", at_most=True),
        ]
        found.raw[str(lines)] = told
    columns = [
        "lines",
        "seconds on the clock",
        "CPU seconds of the workers",
        "GB of the larger worker",
        "runs",
    ]
    found.tables.append(Table("From orders to a stored plan", columns, rows))
    return found


def measured(lines: int, seed: int) -> dict[str, Any]:
    """What one size takes, on a database of its own."""
    with disposable.cluster(env.VAR_DIR) as cluster:
        postgres.make_database(cluster, DATABASE)
        environment = {
            **os.environ,
            "DATABASE_URL": cluster.url(DATABASE),
            "DJANGO_SETTINGS_MODULE": "server.settings",
            "PLANNING_PIECES": str(lines),
            "PLANNING_CELL_PIECES": "250" if lines < 5_000 else "1000",
            "PLANNING_CELLS": "20",
            "NO_BOOTSTRAP": "1",
        }
        _ended(_begin(environment, f"prepare({lines}, {seed})"))
        workers = [_begin(environment, "work()") for _ in range(WORKERS)]
        for worker in workers:
            _is_ready(worker)
        begun = time.monotonic()
        for worker, word in zip(workers, ["wish", *[""] * (WORKERS - 1)], strict=True):
            _tell(worker, word)
        told = [_ended(worker) for worker in workers]
        seconds = time.monotonic() - begun
        return _ended(_begin(environment, "verify()")) | {
            "seconds": seconds,
            "memory": max(each["memory"] for each in told),
            "cpu": sum(each["cpu"] for each in told),
            "jobs": [each["jobs"] for each in told],
        }


def _begin(environment: dict[str, str], what: str) -> "subprocess.Popen[str]":
    """A process of the product that does one thing of `large_shop`."""
    code = f"from benchmarks.planning.large_shop import *; {what}"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _is_ready(process: "subprocess.Popen[str]") -> None:
    """Wait until the worker can begin. Raises ``RuntimeError`` when it never can."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "ready":
            return
    raise RuntimeError(f"{process.args!r} ended before it began")


def _tell(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(word + "\n")
    process.stdin.flush()


def _ended(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """What it said in its last line. Raises ``RuntimeError`` when it failed."""
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
    told: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return told
