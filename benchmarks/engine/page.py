"""The page `docs/benchmarks.md`, written by the full run."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engine import environment
from benchmarks.engine.bars import Section, Table

OURS = ("django", "lark", "numpy", "ortools", "python-sat")
THEIRS = ("clingo", "flamapy-configurator", "flamapy-fm", "ortools", "python-sat", "z3-solver")
_HEAD = """# Benchmarks of the configuration engine

This page is written by the command below; every figure in it comes from that one run. Times are CPU
milliseconds of the process that answers, so that what else the machine does counts little; peers answer in
turns with the product, on the same states, and every answer is compared. Peers are installed by the benchmark
in an environment of its own (`benchmarks/engine/peers.txt`), never with the product.
"""


def machine() -> dict[str, str]:
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load at the end": load,
        "system": platform.platform(),
        "Python": platform.python_version(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _versions() -> str:
    # The product's own lock and the peers' lock use one form.
    root = Path(__file__).resolve().parents[2]
    ours = environment.versions(root / "requirements.txt")
    theirs = environment.versions()
    mine = ", ".join(f"{name} {ours[name]}" for name in OURS if name in ours)
    peers = ", ".join(f"{name} {theirs[name]}" for name in THEIRS if name in theirs)
    return f"Product: {mine}. Peers: {peers}."


def written(sections: Sequence[Section], *, command: str, seconds: float) -> str:
    bars = [bar for section in sections for bar in section.bars]
    short = sum(not bar.holds for bar in bars)
    facts = "; ".join(f"{name}: {value}" for name, value in machine().items())
    lines = [_HEAD, f"```\n{command}\n```\n", f"{facts}. Took {seconds:.0f} s.", "", _versions(), ""]
    lines += [
        f"## Bars: {len(bars)}, of which {short} short",
        "",
        "```",
        *(bar.line() for bar in bars),
        "```",
        "",
    ]
    for section in sections:
        if not (section.tables or section.notes):
            continue
        lines += [f"## {section.title}", "", *(f"{note}\n" for note in section.notes)]
        for table in section.tables:
            lines += [f"### {table.title}", "", *_rows(table), ""]
    left_out = [line for section in sections for line in section.left_out]
    if left_out:
        lines += ["## Left out", "", *(f"- {line}" for line in left_out), ""]
    return "\n".join(lines)


def _rows(table: Table) -> list[str]:
    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    return [row(table.columns), row(["---"] * len(table.columns)), *map(row, table.rows)]
