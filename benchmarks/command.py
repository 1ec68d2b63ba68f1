"""What ``manage.py bench engine`` and ``manage.py bench artwork`` have in common: options, peers, the page.

Each measurement prints its table and then one line a bar, `NAME: FIGURE (bar LIMIT) ok|short`; the command
ends with 1 when a bar is short or could not be measured. Times are CPU time; what is compared is measured in
turns.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import page, running
from benchmarks.bars import Section
from benchmarks.environment import Environment, NoPeers, versions

SEED = 7
REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"


@dataclass(frozen=True)
class Benchmark:
    """One benchmark and its section of the page. ``others`` are the programs it measures with, ``ours`` and
    ``theirs`` the packages whose versions are told."""

    name: str
    title: str
    about: str
    others: Environment
    ours: Sequence[str]
    theirs: Sequence[str]

    def parser(self, *, description: str, measurements: Iterable[str]) -> argparse.ArgumentParser:
        """The options that every benchmark has."""
        parser = argparse.ArgumentParser(prog=f"manage.py bench {self.name}", description=description)
        parser.add_argument("--quick", action="store_true", help="within 50 s: fewer of everything")
        parser.add_argument("--only", choices=sorted(measurements), help="one measurement")
        parser.add_argument("--json", type=Path, metavar="FILE", help="all raw figures")
        parser.add_argument(
            "--page",
            type=Path,
            metavar="FILE",
            help="write the section there; a full run writes docs/benchmarks.md",
        )
        parser.add_argument("--seed", type=int, default=SEED)
        return parser

    def run(
        self,
        arguments: Sequence[str],
        options: argparse.Namespace,
        measure: Callable[[], list[Section]],
        *,
        full: bool,
    ) -> int:
        """Measure and conclude: 0, 1 when a bar is short, 2 without the other programs."""
        try:
            self.others.install()
        except NoPeers as problem:
            sys.stderr.write(f"{problem}\n")
            return 2
        print("; ".join(f"{name}: {value}" for name, value in page.machine().items()), flush=True)
        print(self.versions(), flush=True)
        begun = time.monotonic()
        sections = measure()
        seconds = time.monotonic() - begun
        verdict = running.conclude(sections, seconds)
        if options.json:
            raw = {section.name: section.raw for section in sections}
            options.json.write_text(json.dumps({"machine": page.machine(), "sections": raw}, indent=1))
        path = options.page or (page.PAGE if full else None)
        if path:
            command = " ".join([f"python3 manage.py bench {self.name}", *arguments])
            page.put(self.name, self.section_of(sections, command=command, seconds=seconds), path=path)
        return verdict

    def section_of(self, sections: Sequence[Section], *, command: str, seconds: float) -> str:
        """The benchmark's section of the page."""
        return page.written(
            sections,
            title=self.title,
            about=self.about,
            versions=self.versions(),
            command=command,
            seconds=seconds,
        )

    def versions(self) -> str:
        ours, theirs = versions(REQUIREMENTS), versions(self.others.lock)
        mine = ", ".join(f"{name} {ours[name]}" for name in self.ours if name in ours)
        others = ", ".join(f"{name} {theirs[name]}" for name in self.theirs if name in theirs)
        return f"Product: {mine}. {self.others.name.capitalize()}: {others}."
