"""How long one click takes, as a web process serves it: every click of every shopper, the first ones too.

The kernel has its decision diagram where the family's fits (`served with counts and prices`), so an answer
tells valid domains, the number of configurations left and, where there are prices, the lowest price with each
value. The time is the whole `Kernel.answer`.
"""

import time
from collections.abc import Sequence
from statistics import median

from benchmarks.bars import Bar, Section, Table, milliseconds, p99, spread
from benchmarks.engine import models
from benchmarks.engine.models import Model
from benchmarks.engine.shopper import Clicks
from configurator.engine import diagram
from configurator.engine.domains import Kernel

P99_BAR_MS = 25.0
NODES, SECONDS = 200_000, 20.0


def clicked(kernel: Kernel, sequences: Sequence[Clicks]) -> list[float]:
    """CPU seconds of each answer."""
    took = []
    for sequence in sequences:
        for choices in sequence:
            begun = time.process_time()
            kernel.answer(choices)
            took.append(time.process_time() - begun)
    return took


def section(
    named: Sequence[Model], *, barred: frozenset[str], seed: int, count: int, seconds: float = SECONDS
) -> Section:
    """`seconds` is what a diagram may take."""
    found = Section("clicks", "One click, as served")
    found.notes.append((__doc__ or "").strip())
    rows = []
    for model in named:
        kernel = Kernel(model.knowledge)
        begun = time.process_time()
        compiled = diagram.compile(model.knowledge, nodes=NODES, seconds=seconds)
        building = time.process_time() - begun
        if compiled is not None:
            kernel.use_diagram(compiled)
        took = clicked(kernel, models.clicks(model, seed=seed, count=count))
        kind = "with counts and prices" if compiled is not None else "without a diagram"
        rows.append(
            [model.name, kind, str(len(took)), spread(took), f"{p99(took) * 1000:.3g}", f"{building:.1f}"]
        )
        found.raw[model.name] = {"ms": milliseconds({"all": took})["all"], "diagram_s": building}
        if model.name in barred:
            name = f"p99 a click, {model.name}"
            found.bars.append(Bar(name, p99(took) * 1000, P99_BAR_MS, unit="ms", at_most=True))
        found.raw[model.name]["median"] = median(took) * 1000
    columns = ["model", "served", "clicks", "ms: min / quartiles / max", "p99 ms", "diagram, s (or given up)"]
    found.tables.append(Table("CPU time of `Kernel.answer`", columns, rows))
    return found
