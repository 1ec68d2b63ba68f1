"""``manage.py families export CODE``: a family's text as it was published, or written as UVL."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from configurator.catalogue import spec_of
from configurator.engine.uvl import write_uvl
from configurator.models import Family


class Command(BaseCommand):
    help = (
        "Export the current version of a family: to standard output, what cannot be held to standard error."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        export = actions.add_parser("export", help="write a family's current version")
        export.add_argument("code", metavar="CODE")
        export.add_argument(
            "--format", choices=["source", "uvl"], default="source", help="as published (default), or UVL"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # Compared here: the database takes no NUL.
        known = list(Family.objects.order_by("code").values_list("code", flat=True))
        if options["code"] not in known:
            codes = ", ".join(known) or "none"
            raise CommandError(f"There is no family {options['code'][:80]!a} (known: {codes}).")
        family = Family.objects.select_related("current").get(code=options["code"])
        if family.current is None:
            raise CommandError(f"{family.code} has no published version: publish one first.")
        if options["format"] == "source":
            self.stdout.write(family.current.source, ending="")
            return
        export = write_uvl(spec_of(family.current))
        self.stdout.write(export.text, ending="")
        for line in export.lost:
            self.stderr.write(f"not in the file: {line}")
