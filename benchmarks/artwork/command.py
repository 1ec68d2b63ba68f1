"""``manage.py bench artwork``: whether what is shown is what is made, what is refused, and what it costs.

Each measurement prints its table and then one line a bar, `NAME: FIGURE (bar LIMIT) ok|short`; the command
ends with 1 when a bar is short or could not be measured. Times are CPU time; what is compared is measured in
turns. Files are read back by other people's programs in an environment of their own (`readers.txt`).
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks import page, running
from benchmarks.artwork.measurements import MEASUREMENTS, full, quick
from benchmarks.artwork.reading import READERS
from benchmarks.bars import Section
from benchmarks.environment import NoPeers, versions

SEED = 7
ROOT = Path(__file__).parents[2]
OURS = ("pillow", "numpy", "uharfbuzz", "resvg-py", "pikepdf", "ezdxf", "zxing-cpp")
THEIRS = ("ezdxf", "pymupdf", "skia-python", "svgelements")
ABOUT = (
    "Files are read back by other people's programs, which the benchmark installs in an environment of its"
    " own (`benchmarks/artwork/readers.txt`). Everything is made from a fixed seed."
)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="manage.py bench artwork", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="within 50 s: fewer of everything")
    parser.add_argument("--only", choices=sorted(MEASUREMENTS), help="one measurement")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all raw figures")
    parser.add_argument(
        "--page", type=Path, metavar="FILE", help="write the section there; a full run: docs/benchmarks.md"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    try:
        READERS.install()
    except NoPeers as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    scale = quick(options.seed) if options.quick else full(options.seed)
    print("; ".join(f"{name}: {value}" for name, value in page.machine().items()), flush=True)
    print(_versions(), flush=True)
    begun = time.monotonic()
    chosen = {
        name: partial(measure, scale)
        for name, measure in MEASUREMENTS.items()
        if options.only in (None, name)
    }
    sections = running.measured(chosen, skipped=frozenset(), seconds=scale.seconds)
    seconds = time.monotonic() - begun
    verdict = running.conclude(sections, seconds)
    if options.json:
        raw = {section.name: section.raw for section in sections}
        options.json.write_text(json.dumps({"machine": page.machine(), "sections": raw}, indent=1))
    path = options.page or (None if options.quick or options.only else page.PAGE)
    if path:
        command = " ".join(["python3 manage.py bench artwork", *arguments])
        page.put("artwork", section_of(sections, command=command, seconds=seconds), path=path)
    return verdict


def section_of(sections: Sequence[Section], *, command: str, seconds: float) -> str:
    """The section of the page."""
    return page.written(
        sections,
        title="What is shown, made and refused",
        about=ABOUT,
        versions=_versions(),
        command=command,
        seconds=seconds,
    )


def _versions() -> str:
    ours, theirs = versions(ROOT / "requirements.txt"), versions(READERS.lock)
    mine = ", ".join(f"{name} {ours[name]}" for name in OURS if name in ours)
    others = ", ".join(f"{name} {theirs[name]}" for name in THEIRS if name in theirs)
    return f"Product: {mine}. Readers: {others}."
