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


class Command(BaseCommand):
    help = "Call waiting jobs out to the workers; take back the jobs of workers that are gone."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one sweep, then stop")
        parser.add_argument("--cap", type=int, default=relay.CAP, help="jobs called a sweep (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 0 after SIGTERM, SIGINT or ``--once``."""
        self.stopping = False
        signal.signal(signal.SIGTERM, self.stop_now)
        signal.signal(signal.SIGINT, self.stop_now)
        try:
            if options["once"]:
                swept = relay.sweep(publish=publish, away=(BrokerAway,), cap=options["cap"])
                self.stdout.write(str(swept))
                return
            relay.run(publish=publish, away=(BrokerAway,), stop=self.is_stopping, cap=options["cap"])
        except BaseException:
            # Interrupted inside a transaction, Django's own clean-up may raise over Stopped. The
            # database rolls back what is left open, so there is nothing to put in order here.
            if not self.stopping:
                raise
        self.stdout.write("relay stopped")

    def stop_now(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True
        raise Stopped

    def is_stopping(self) -> bool:
        return self.stopping
