"""One configurator request end to end: HTTP, two web processes, PostgreSQL, a family of 40 options.

`manage.py up` in an empty folder, the family published, shoppers clicking through the public API: each click
loads the configuration, answers all 40 options, stores the choice and its ledger entry. The engine's share is
its own CPU time on the same states (a kernel as warm) over all CPU time of the two web processes.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.bars import Section, Table
from benchmarks.data import ROOT
from benchmarks.engine import models
from benchmarks.engine.models import Model
from benchmarks.engine.running_shop import Caller, start
from benchmarks.engine.served import clicked
from benchmarks.engine.shopper import Clicks
from configurator.engine.domains import Kernel
from configurator.engine.spec import FamilySpec, TableSpec

CODE = "synthetic"


@dataclass
class Load:
    """`cpu` of the web processes in seconds, `took` of each request by the clock."""

    callers: int
    seconds: float = 0.0
    cpu: float = 0.0
    took: list[float] = field(default_factory=list)
    states: Clicks = field(default_factory=list)
    refused: int = 0


def section(model: Model, *, seed: int, seconds: float) -> Section:
    found = Section("serving", "A request end to end")
    found.notes.append((__doc__ or "").strip())
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        var = Path(folder)
        begun, process = start(var, "--no-demo")
        try:
            _publish(model.spec, var)
            for callers in (1, 4):
                load = _load(begun.url, process.pid, model, callers=callers, seconds=seconds, seed=seed)
                rows.append(_row(model, load))
                found.raw[f"{callers} callers"] = {
                    "seconds": load.seconds,
                    "cpu": load.cpu,
                    "took": load.took,
                }
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
    columns = [
        "callers", "requests/s", "p50 ms", "p95 ms", "CPU of web a request, ms", "of it engine, ms", "share",
    ]  # fmt: skip
    found.tables.append(Table("PATCH /api/v1/configurations/{id}/", columns, rows))
    return found


def _row(model: Model, load: Load) -> list[str]:
    cuts = statistics.quantiles(load.took, n=100)
    engine = statistics.mean(clicked(Kernel(model.knowledge), [load.states]))
    each = load.cpu / len(load.took)
    return [
        str(load.callers),
        f"{len(load.took) / load.seconds:.1f}",
        f"{cuts[49] * 1000:.0f}",
        f"{cuts[94] * 1000:.0f}",
        f"{each * 1000:.1f}",
        f"{engine * 1000:.1f}",
        f"{engine / each:.0%}",
    ]


def _publish(spec: FamilySpec, var: Path) -> None:
    path = var / f"{CODE}.yaml"
    path.write_text(json.dumps(as_family_file(spec)), encoding="utf-8")  # JSON is YAML
    command = [sys.executable, str(ROOT / "manage.py"), "publish", str(path)]
    environment = {**os.environ, "VAR_DIR": str(var)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the family could not be published: {done.stderr[-1000:]}")


def as_family_file(spec: FamilySpec) -> dict[str, object]:
    """A family of choices and rules as its file says it."""
    return {
        "family": CODE,
        "name": spec.name,
        "currency": spec.currency,
        "base_price": "10.00",
        "options": [
            {
                "code": option.code,
                "name": option.name,
                "kind": option.kind,
                "values": [{"code": value.code, "name": value.name} for value in option.values],
            }
            for option in spec.options
        ],
        "rules": [
            {"code": rule.code, "expr": rule.expr}
            if rule.table is None
            else {"code": rule.code, "table": _rows(rule.table)}
            for rule in spec.rules
        ],
    }


def _rows(table: TableSpec) -> dict[str, object]:
    rows = [[cell[0] if len(cell) == 1 else list(cell) for cell in row] for row in table.rows]
    return {"options": list(table.options), "allowed" if table.allowed else "forbidden": rows}


class _Shopper(Caller):
    """Clicks through sequences made beforehand, a new configuration each, until the time is over."""

    def __init__(self, url: str, sequences: Sequence[Clicks]) -> None:
        super().__init__(url)
        self.open_page(f"make/{CODE}/")
        self.sequences = sequences

    def run(self, end: float, load: Load, lock: threading.Lock) -> None:
        for sequence in self.sequences:
            _, body = self.ask("POST", "api/v1/configurations/", {"family": CODE})
            before: dict[str, object] = dict(body["choices"])
            for choices in sequence:
                if time.monotonic() > end:
                    return
                change = {code: value for code, value in choices.items() if before.get(code) != value}
                begun = time.perf_counter()
                status, _ = self.ask("PATCH", f"api/v1/configurations/{body['id']}/", {"choices": change})
                took = time.perf_counter() - begun
                before = dict(choices)
                with lock:
                    load.took.append(took)
                    load.states.append(choices)
                    load.refused += status != 200


def _load(url: str, pid: int, model: Model, *, callers: int, seconds: float, seed: int) -> Load:
    load, lock = Load(callers), threading.Lock()
    shoppers = [
        _Shopper(url, models.clicks(model, seed=seed + number, count=int(seconds * 60)))
        for number in range(callers)
    ]
    web = _web_processes(pid)
    before, begun = _cpu(web), time.monotonic()
    end = begun + seconds
    threads = [threading.Thread(target=each.run, args=(end, load, lock)) for each in shoppers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds, load.cpu = time.monotonic() - begun, _cpu(web) - before
    if load.refused:
        raise RuntimeError(f"{load.refused} of {len(load.took)} clicks were refused")
    return load


def _web_processes(pid: int) -> list[psutil.Process]:
    every = psutil.Process(pid).children(recursive=True)
    return [each for each in every if "gunicorn" in " ".join(each.cmdline())]


def _cpu(processes: Sequence[psutil.Process]) -> float:
    return float(sum(each.cpu_times().user + each.cpu_times().system for each in processes))
