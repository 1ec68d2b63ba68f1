"""``manage.py rules explain FILE``, ``rules check FILE``: what a family file says, what is wrong in it."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from configurator.catalogue import compile_written, written_as
from configurator.engine.audit import obstacles
from configurator.engine.family import FamilyError
from configurator.engine.fonts import FontLibrary
from configurator.engine.knowledge import TooLarge
from configurator.engine.spec import FamilySpec
from configurator.engine.telling import options_told, rules_told


class Command(BaseCommand):
    help = "Say the rules of a family file in words (explain), or everything that is wrong in it (check)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["explain", "check"])
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--on",
            type=date.fromisoformat,
            default=None,
            metavar="DAY",
            help="judge the periods of rules on this day (2026-12-24) instead of today",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path, day = options["file"], options["on"] or timezone.localdate()
        try:
            written = written_as(source=path.read_text(encoding="utf-8"), filename=path.name)
            spec = written.read(filename=path.name)
        except (OSError, UnicodeDecodeError) as fault:
            raise CommandError(f"{path} cannot be read: {fault}") from fault
        except FamilyError as fault:
            raise CommandError(str(fault)) from fault
        if options["action"] == "explain":
            self._explain(spec, day)
            return
        try:
            made = compile_written(written, spec, day)
        except TooLarge as fault:
            raise CommandError(f"{path.name}: {fault}") from fault
        against = obstacles(made.spec, made.kernel, FontLibrary.installed())
        if against:
            raise CommandError("\n".join(f"{path.name}: {finding.sentence}" for finding in against))
        self.stdout.write(f"{path.name}: {_size(spec)}: nothing is wrong.")

    def _explain(self, spec: FamilySpec, day: date) -> None:
        self.stdout.write(f"{spec.name} ({spec.code}): {_size(spec)}.\n\n")
        for line in options_told(spec):
            self.stdout.write(f"  {line}")
        for paragraph in rules_told(spec, day=day):
            self.stdout.write(f"\n{paragraph}")


def _size(spec: FamilySpec) -> str:
    options, rules = len(spec.options), len(spec.rules)
    return f"{options} option{'s' * (options != 1)}, {rules} rule{'s' * (rules != 1)}"
