"""``manage.py bench NAME``: the one door to the measurements in ``benchmarks/``."""

import argparse
import importlib
from typing import Any

from django.core.management.base import BaseCommand, CommandError

import benchmarks


class Command(BaseCommand):
    help = "Measure something: `bench NAME [options]`; without a name, the list."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="")
        parser.add_argument("options", nargs=argparse.REMAINDER, help="the benchmark's own: try --help")

    def handle(self, *args: Any, **options: Any) -> None:
        known = benchmarks.NAMES
        name = options["name"]
        if name not in known:
            raise CommandError(f"There is {', '.join(known)} to measure{f', no {name}' if name else ''}.")
        status = importlib.import_module(f"benchmarks.{name}").main(options["options"])
        if status:
            raise SystemExit(status)
