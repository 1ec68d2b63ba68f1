"""The page `docs/benchmarks.md`: a section of each benchmark's last full run; the others stay as they are."""

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bars import Section, Table

PAGE = Path(__file__).parents[1] / "docs/benchmarks.md"
HEAD = """# Benchmarks

Each section is written by the command in it; every figure comes from that one run. Times are CPU milliseconds
of the process that does the work, so that what else the machine does counts little; what is compared takes
turns on the same tasks. Other people's programs are installed by the benchmarks into environments of their
own, never with the product.
"""


def put(name: str, section: str, *, path: Path = PAGE) -> None:
    """Write a benchmark's section into the page, in the place of its last one or at the end."""
    text = path.read_text(encoding="utf-8") if path.exists() else HEAD
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    whole = f"{begin}\n{section.strip()}\n{end}"
    old = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if old.search(text):
        text = old.sub(lambda _: whole, text)
    else:
        text = f"{text.rstrip()}\n\n{whole}\n"
    path.write_text(text, encoding="utf-8")


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


def written(
    sections: Sequence[Section], *, title: str, about: str, versions: str, command: str, seconds: float
) -> str:
    """The section of one run: its bars, its tables, what was left out."""
    bars = [bar for section in sections for bar in section.bars]
    short = sum(not bar.holds for bar in bars)
    facts = "; ".join(f"{name}: {value}" for name, value in machine().items())
    lines = [f"## {title}", "", about, "", f"```\n{command}\n```\n", f"{facts}. Took {seconds:.0f} s.", ""]
    lines += [versions, ""]
    lines += [
        f"### {title}, bars: {len(bars)}, of which {short} short",
        "",
        "```",
        *(bar.line() for bar in bars),
        "```",
        "",
    ]
    for section in sections:
        if not (section.tables or section.notes):
            continue
        lines += [f"### {section.title}", "", *(f"{note}\n" for note in section.notes)]
        for table in section.tables:
            lines += [f"#### {table.title}", "", *_rows(table), ""]
    left_out = [line for section in sections for line in section.left_out]
    if left_out:
        lines += [f"### {title}, left out", "", *(f"- {line}" for line in left_out), ""]
    return "\n".join(lines)


def _rows(table: Table) -> list[str]:
    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    return [row(table.columns), row(["---"] * len(table.columns)), *map(row, table.rows)]
