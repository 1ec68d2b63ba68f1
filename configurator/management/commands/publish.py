"""``manage.py publish FILE...``: put family files and models of other formats on sale."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from configurator.catalogue import NotPublishable, notes_on, publish
from configurator.engine.family import FamilyError
from configurator.engine.knowledge import TooLarge
from configurator.engine.uvl import bundle, gathered

MAX_BYTES = 20_000_000


class Command(BaseCommand):
    help = (
        "Publish family files (YAML, UVL as .uvl, SXFM as .sxfm or .splx, XCSP 2.1 as .xml) as new versions. "
        "Models that a UVL file imports are read from its folder."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--code", default="", help="code of a family that is no YAML (default: the file's name)"
        )
        parser.add_argument("--name", default="", help="name of a family that is no YAML")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = [message for path in options["files"] if (message := self._publish(path, options))]
        if faults:
            raise CommandError("\n".join(faults))

    def _publish(self, path: Path, options: dict[str, Any]) -> str:
        """Publish one file; what is wrong with it, or nothing."""
        try:
            version = publish(
                source=_source(path),
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
        for note in notes_on(version):
            self.stdout.write(f"  {note}")
        return ""


def _source(path: Path) -> str:
    """The text of a file, with the models that it imports. Raises ``OSError`` and ``UnicodeDecodeError``."""
    if path.stat().st_size > MAX_BYTES:
        raise OSError(f"it is larger than {MAX_BYTES // 1_000_000} MB")
    text = path.read_text(encoding="utf-8")
    if path.suffix.lower() != ".uvl":
        return text
    imports = gathered(text, lambda name: _beside(path.parent, name))
    return bundle(text, imports) if imports else text


def _beside(folder: Path, name: tuple[str, ...]) -> str | None:
    """The text of an imported model in the folder or below it, None where there is none."""
    if any(not part or "/" in part or "\\" in part for part in name):
        return None
    path = folder.joinpath(*name[:-1], f"{name[-1]}.uvl")
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        return None
    return path.read_text(encoding="utf-8")
