"""Material comes in."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from production import stock
from production.models import Material


class Command(BaseCommand):
    help = "Puts a quantity of a material into the store, in the material's unit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code")
        parser.add_argument("quantity", type=int)
        parser.add_argument("--lot", default="", help="The lot that came in, of what is kept by lots.")

    def handle(self, *args: Any, **options: Any) -> None:
        material = Material.objects.filter(pk=options["code"]).first()
        if material is None:
            raise CommandError(f"There is no material {options['code']}; the shop file names them all.")
        try:
            material = stock.receive(
                material=material,
                quantity=options["quantity"],
                delivery=stock.Delivery(options["lot"]) if options["lot"] else None,
                actor="system:receive",
                now=timezone.now(),
            )
        except stock.StockRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"{material.name}: {material.on_hand} {material.unit} on hand, {material.free} free"
        )
