"""``manage.py publish FILE...``: put family files on sale."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from configurator.catalogue import NotPublishable, publish
from configurator.engine.family import FamilyError
from configurator.engine.knowledge import TooLarge


class Command(BaseCommand):
    help = "Publish family files (YAML, or XCSP 2.1 tables as .xml) as new versions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--code", default="", help="code of an XCSP family (default: the file's name)")
        parser.add_argument("--name", default="", help="name of an XCSP family")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = [message for path in options["files"] if (message := self._publish(path, options))]
        if faults:
            raise CommandError("\n".join(faults))

    def _publish(self, path: Path, options: dict[str, Any]) -> str:
        """Publish one file; what is wrong with it, or nothing."""
        try:
            version = publish(
                source=path.read_text(encoding="utf-8"),
                filename=path.name,
                code=options["code"],
                name=options["name"],
                actor="system:publish",
                now=timezone.now(),
            )
        except (OSError, UnicodeDecodeError) as fault:
            return f"{path} cannot be read: {fault}"
        except (FamilyError, NotPublishable, TooLarge) as fault:
            return f"{path}: {fault}"
        self.stdout.write(f"{version.family_id}: version {version.number} is on sale")
        return ""
