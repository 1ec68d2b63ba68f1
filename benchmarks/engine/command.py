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
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks import page, running
from benchmarks.bars import Section
from benchmarks.engine import models
from benchmarks.engine.environment import PEERS
from benchmarks.engine.measurements import MEASUREMENTS, Scale, full, quick
from benchmarks.engine.models import ROOT
from benchmarks.engine.of_folder import of_folder
from benchmarks.environment import NoPeers, versions

SEED = 7
OURS = ("django", "lark", "numpy", "ortools", "python-sat")
THEIRS = ("clingo", "flamapy-configurator", "flamapy-fm", "ortools", "python-sat", "z3-solver")
ABOUT = (
    "Peers answer in turns with the product, on the same states, and every answer is compared. They are"
    " installed by the benchmark in an environment of its own (`benchmarks/engine/peers.txt`)."
)


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
        PEERS.install()
    except NoPeers as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    begun = time.monotonic()
    if options.models:
        sections = [of_folder(options.models, seed=options.seed)]
        for section in sections:
            running.show(section)
    else:
        scale = quick(options.seed) if options.quick else full(options.seed)
        sections = measured(scale, only=options.only)
    seconds = time.monotonic() - begun
    verdict = running.conclude(sections, seconds)
    if options.json:
        raw = {section.name: section.raw for section in sections}
        options.json.write_text(json.dumps({"machine": page.machine(), "sections": raw}, indent=1))
    is_full = not (options.quick or options.only or options.models)
    path = options.page or (page.PAGE if is_full else None)
    if path:
        command = " ".join(["python3 manage.py bench engine", *arguments])
        page.put("engine", section_of(sections, command=command, seconds=seconds), path=path)
    return verdict


def measured(scale: Scale, *, only: str | None) -> list[Section]:
    """Each measurement in turn, and what cannot be measured here."""
    chosen = {name: partial(measure, scale) for name, measure in MEASUREMENTS.items() if only in (None, name)}
    sections = running.measured(
        chosen, skipped=scale.skipped if only is None else frozenset(), seconds=scale.seconds
    )
    if models.shared_data() is None:
        sections.append(
            Section("data", "Data", left_out=["everything on real models: no folder shared/data"])
        )
    return sections


def section_of(sections: Sequence[Section], *, command: str, seconds: float) -> str:
    """The engine's section of the page."""
    ours, theirs = versions(ROOT / "requirements.txt"), versions(PEERS.lock)
    mine = ", ".join(f"{name} {ours[name]}" for name in OURS if name in ours)
    peers = ", ".join(f"{name} {theirs[name]}" for name in THEIRS if name in theirs)
    return page.written(
        sections,
        title="The configuration engine",
        about=ABOUT,
        versions=f"Product: {mine}. Peers: {peers}.",
        command=command,
        seconds=seconds,
    )
