"""``manage.py import_orders FILE --family CODE``: orders from a CSV file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from configurator.designs import NotOnSale
from configurator.models import Family
from orders.channels.csv_file import ImportRefused, import_orders, summary
from orders.checkout import CustomerData


class Command(BaseCommand):
    help = "Place one order for each row of a CSV file; refused rows are listed with the reasons."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--family", required=True, metavar="CODE")
        parser.add_argument("--name", default="", help="who orders, where a row does not say")
        parser.add_argument("--email", default="", help="where to write to, where a row does not say")

    def handle(self, *args: Any, **options: Any) -> None:
        family = Family.objects.filter(pk=options["family"]).first()
        if family is None:
            known = ", ".join(Family.objects.values_list("code", flat=True)) or "none"
            raise CommandError(f"There is no family {options['family']}; published are: {known}.")
        try:
            report = import_orders(
                text=options["file"].read_bytes(),
                family=family,
                actor="system:import_orders",
                now=timezone.now(),
                customer=CustomerData(name=options["name"], email=options["email"]),
                filename=options["file"].name,
            )
        except (OSError, ImportRefused, NotOnSale) as refusal:
            raise CommandError(str(refusal)) from refusal
        for line in summary(report):
            self.stdout.write(line)
