"""``manage.py bench engine``: what the configuration engine answers, how exactly, and how fast beside others.

Each measurement prints its table and then one line a bar, `NAME: FIGURE (bar LIMIT) ok|short`; the command
ends with 1 when a bar is short. Times are CPU time of the process that answers. Peers run in an environment
of their own (see `environment.py`), in turns with the product, on the same questions, and every answer is
compared. Without the folder `shared/data` beside the checkout, the made-up product and the four families are
measured and the rest is said to be missing.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.engine import environment, models, page
from benchmarks.engine.bars import Section
from benchmarks.engine.measurements import MEASUREMENTS, Scale, full, quick
from benchmarks.engine.of_folder import of_folder

SEED = 7


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="manage.py bench engine", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="within 50 s: fewer clicks, some left out")
    parser.add_argument(
        "--models", type=Path, metavar="FOLDER", help="measure the UVL, XCSP and SXFM files there"
    )
    parser.add_argument("--only", choices=sorted(MEASUREMENTS), help="one measurement")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all raw figures")
    parser.add_argument(
        "--page", type=Path, metavar="FILE", help="write the page there; a full run writes docs/benchmarks.md"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    try:
        environment.install()
    except environment.NoPeers as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    begun = time.monotonic()
    if options.models:
        sections = [of_folder(options.models, seed=options.seed)]
        for section in sections:
            show(section)
    else:
        scale = quick(options.seed) if options.quick else full(options.seed)
        sections = measured(scale, only=options.only)
    seconds = time.monotonic() - begun
    verdict = conclude(sections, seconds)
    if options.json:
        raw = {section.name: section.raw for section in sections}
        options.json.write_text(json.dumps({"machine": page.machine(), "sections": raw}, indent=1))
    is_full = not (options.quick or options.only or options.models)
    path = options.page or (models.ROOT / "docs/benchmarks.md" if is_full else None)
    if path:
        command = " ".join(["python3 manage.py bench engine", *arguments])
        path.write_text(page.written(sections, command=command, seconds=seconds), encoding="utf-8")
    return verdict


def measured(scale: Scale, *, only: str | None) -> list[Section]:
    """Each measurement in turn, shown as soon as it is there."""
    sections: list[Section] = []
    chosen: list[tuple[str, Callable[[Scale], Section]]] = [
        (name, measure) for name, measure in MEASUREMENTS.items() if only in (None, name)
    ]
    start = time.monotonic()
    for name, measure in chosen:
        begun = time.monotonic()
        if begun - start > scale.seconds:
            why = f"not begun, as {begun - start:.0f} s were over (the machine does something else beside)"
            section = Section(name, name, left_out=[f"{name}: {why}"])
        elif scale.left_out(name) and only is None:
            section = Section(name, name, left_out=[f"{name}: not in the quick run"])
        else:
            section = measure(scale)
        show(section)
        print(f"{name}: {time.monotonic() - begun:.1f} s", flush=True)
        sections.append(section)
    if models.shared_data() is None:
        sections.append(
            Section("data", "Data", left_out=["everything on real models: no folder shared/data"])
        )
    return sections


def show(section: Section) -> None:
    for table in section.tables:
        print(f"\n{table.title}")
        widths = [
            max(len(str(row[i])) for row in (table.columns, *table.rows)) for i in range(len(table.columns))
        ]
        for row in (table.columns, *table.rows):
            print(
                "  "
                + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            )
    for bar in section.bars:
        print(bar.line())
    sys.stdout.flush()


def conclude(sections: Sequence[Section], seconds: float) -> int:
    bars = [bar for section in sections for bar in section.bars]
    for section in sections:
        for line in section.left_out:
            print(f"left out: {line}")
    short = [bar for bar in bars if not bar.holds]
    print(f"\n{len(bars)} bars, {len(short)} short, {seconds:.0f} s")
    for bar in short:
        print(bar.line())
    return 1 if short else 0
