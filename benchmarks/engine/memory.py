"""Memory of a kernel: a process of its own a model, resident size before, loaded, and after many clicks.

Run as ``python -m benchmarks.engine.memory MODEL CLICKS SEED``: one JSON line.
"""

import gc
import json
import subprocess
import sys
from collections.abc import Sequence

import psutil

from benchmarks.bars import Section, Table
from benchmarks.data import ROOT
from benchmarks.engine import models
from benchmarks.engine.models import Model
from configurator.engine.domains import Kernel


def section(named: Sequence[Model], *, seed: int, clicks: int) -> Section:
    found = Section("memory", "Memory")
    found.notes.append(
        "Resident size of a process of its own for each model: what compiling and the kernel add, and what "
        f"{clicks:,} clicks add to that (the same states may come again)."
    )
    rows = []
    for model in named:
        command = [sys.executable, "-m", "benchmarks.engine.memory", model.name, str(clicks), str(seed)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            found.left_out.append(f"memory of {model.name}: {done.stderr.strip()[-200:]}")
            continue
        sizes = json.loads(done.stdout.splitlines()[-1])
        found.raw[model.name] = sizes
        rows.append([model.name, *(f"{sizes[key] / 2**20:.1f}" for key in ("start", "loaded", "clicked"))])
    columns = [
        "model",
        "process with the engine imported, MiB",
        "+ knowledge and kernel",
        f"+ {clicks:,} clicks",
    ]
    found.tables.append(Table("Resident memory", columns, rows))
    return found


def main(arguments: Sequence[str]) -> None:
    name, clicks, seed = arguments[0], int(arguments[1]), int(arguments[2])
    model = models.named(name, seed=seed)
    process = psutil.Process()
    gc.collect()
    start = process.memory_info().rss
    kernel = Kernel(model.knowledge)
    kernel.answer({})
    gc.collect()
    loaded = process.memory_info().rss
    # Their own kernel makes them: its memory is let go before the clicks are counted.
    sequences = models.clicks(model, seed=seed, count=min(clicks, 1_000))
    gc.collect()
    before = process.memory_info().rss
    done = 0
    while done < clicks:
        for sequence in sequences:
            for choices in sequence:
                kernel.answer(choices)
                done += 1
    gc.collect()
    sizes = {"start": start, "loaded": loaded - start, "clicked": process.memory_info().rss - before}
    print(json.dumps(sizes))


if __name__ == "__main__":
    main(sys.argv[1:])
