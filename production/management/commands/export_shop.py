"""The workshop as a file that ``load_shop`` reads."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from production.shopexport import as_json, as_yaml, export


class Command(BaseCommand):
    help = "Writes the shop's model as YAML or JSON (by the ending of FILE; without FILE to the screen)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--format", choices=["yaml", "json"], default="")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["file"]
        kind = options["format"] or ("json" if file is not None and file.suffix == ".json" else "yaml")
        text = (as_json if kind == "json" else as_yaml)(export())
        if file is None:
            self.stdout.write(text, ending="")
            return
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as fault:
            raise CommandError(f"{file} cannot be written: {fault}") from fault
        self.stdout.write(f"written to {file}")
