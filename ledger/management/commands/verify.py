"""``manage.py verify``: everything that must always be true, checked on the data as it is."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.engine.chain import Anchor
from ledger.entries import heads, verify_chain
from ledger.invariants import check_all

SHOWN = 20


class Command(BaseCommand):
    help = "Check every registered invariant; exit code 1 when one does not hold."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--anchor", type=Path, metavar="FILE", help="also compare with the heads in FILE")
        parser.add_argument(
            "--write-anchor", type=Path, metavar="FILE", help="write the heads to FILE; keep it elsewhere"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for finding in check_all():
            broken += self._say(finding.name, finding.breaches)
        if options["anchor"]:
            breaches = tuple(str(breach) for breach in verify_chain(anchors=_read(options["anchor"])))
            broken += self._say(f"ledger: nothing of {options['anchor']} is cut or rewritten", breaches)
        if broken:
            raise CommandError(f"{broken} of the invariants do not hold.")
        if options["write_anchor"]:
            noted = [[anchor.stream, anchor.sequence, anchor.hash] for anchor in heads()]
            options["write_anchor"].write_text(json.dumps(noted, indent=0) + "\n", encoding="utf-8")
            self.stdout.write(f"{len(noted)} heads written to {options['write_anchor']}")

    def _say(self, name: str, breaches: tuple[str, ...]) -> bool:
        self.stdout.write(f"{'BROKEN' if breaches else 'ok':8}{name}")
        for breach in breaches[:SHOWN]:
            self.stdout.write(f"        {breach}")
        if len(breaches) > SHOWN:
            self.stdout.write(f"        and {len(breaches) - SHOWN} more")
        return bool(breaches)


def _read(path: Path) -> list[Anchor]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Anchor(str(stream), int(sequence), str(sealed)) for stream, sequence, sealed in rows]
    except (OSError, ValueError, TypeError) as problem:
        raise CommandError(f"{path} does not hold heads written by --write-anchor: {problem}") from None
