"""``manage.py tidy``: remove what nobody needs any more, and say what and how much."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger import tidying

MIB = 1024 * 1024


class Command(BaseCommand):
    help = (
        "Remove abandoned designs and carts, pictures nobody needs, done jobs and expired sessions. "
        "What an order, a cart or a share link needs stays. Safe to run twice and while the shop is open."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=tidying.DAYS, help="keep what was used in so many days (%(default)s)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        try:
            for tidied in tidying.tidy(days=options["days"], dry_run=options["dry_run"], now=timezone.now()):
                removed = tidied.removed
                size = f" ({removed.bytes / MIB:.1f} MiB)" if removed.bytes else ""
                self.stdout.write(f"{removed.count:>8}  {tidied.name}{size}")
                total += removed.count
        except tidying.NotTidied as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"{total} would go; what only they need goes with them"
            if options["dry_run"]
            else f"{total} removed"
        )
