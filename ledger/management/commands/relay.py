"""``manage.py relay``: calls waiting jobs out to the Celery workers. Any number may run."""

import argparse
import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from ledger import relay
from ledger.tasks import BrokerAway, publish


class Stopped(BaseException):
    """SIGTERM or SIGINT: raised wherever the relay is, so that it also leaves a broker that never answers."""


def stop_now(number: int, frame: FrameType | None) -> None:
    raise Stopped


class Command(BaseCommand):
    help = "Call waiting jobs out to the workers; take back the jobs of workers that are gone."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one sweep, then stop")
        parser.add_argument("--cap", type=int, default=relay.CAP, help="jobs called a sweep (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 0 after SIGTERM, SIGINT or ``--once``."""
        signal.signal(signal.SIGTERM, stop_now)
        signal.signal(signal.SIGINT, stop_now)
        try:
            if options["once"]:
                swept = relay.sweep(publish=publish, away=(BrokerAway,), cap=options["cap"])
                self.stdout.write(str(swept))
                return
            relay.run(publish=publish, away=(BrokerAway,), stop=lambda: False, cap=options["cap"])
        except Stopped:
            self.stdout.write("relay stopped")
