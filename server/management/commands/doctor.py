"""``manage.py doctor``: what is missing or wrong here, and the way to mend each."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from server import doctor


class Command(BaseCommand):
    help = "Check versions, folders, fonts, database, broker and clock; print how to mend what is wrong."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        problems = 0
        for finding in doctor.findings():
            word = self.style.SUCCESS("ok     ") if finding.ok else self.style.ERROR("PROBLEM")
            self.stdout.write(f"{word}  {finding.name:<14} {finding.found}")
            if not finding.ok:
                problems += 1
                self.stdout.write(f"         -> {finding.fix}")
        self.stdout.flush()
        if problems:
            self.stderr.write(f"{problems} to mend.")
            sys.exit(1)
        self.stdout.write("All is well.")
