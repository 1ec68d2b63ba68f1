"""Put a workshop from a file into the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from production.shopfile import ShopFileError, load


class Command(BaseCommand):
    help = "Loads calendars, work centres, machines, set-ups and materials from a YAML file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = options["file"].read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise CommandError(f"{options['file']} cannot be read: {fault}") from fault
        try:
            loaded = load(text=text, actor="system:load_shop", now=timezone.now())
        except ShopFileError as fault:
            raise CommandError("\n".join(fault.problems)) from fault
        self.stdout.write(
            f"{loaded.work_centres} work centres, {loaded.machines} machines, "
            f"{loaded.calendars} calendars, {loaded.materials} materials"
        )
