"""Put a workshop from a file into the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from production.shopcsv import read_folder
from production.shopexport import export
from production.shopfile import load_data
from production.shopschema import ShopFileError, parse


class Command(BaseCommand):
    help = (
        "Loads calendars, work centres, machines, people, tools, set-ups and materials from a YAML or JSON "
        "file, from a CSV table, or from a folder of them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            if file.is_dir() or file.suffix.lower() == ".csv":
                data = read_folder(file, present=export())
            else:
                data = parse(file.read_text(encoding="utf-8"))
            loaded = load_data(data=data, actor="system:load_shop", now=timezone.now())
        except (OSError, UnicodeDecodeError) as fault:
            raise CommandError(f"{file} cannot be read: {fault}") from fault
        except ShopFileError as fault:
            raise CommandError("\n".join(fault.problems)) from fault
        self.stdout.write(
            f"{loaded.work_centres} work centres, {loaded.machines} machines, {loaded.calendars} calendars, "
            f"{loaded.operators} operators, {loaded.tools} tools, {loaded.materials} materials"
            f"{'' if loaded.changed else ' (nothing changed)'}"
        )
