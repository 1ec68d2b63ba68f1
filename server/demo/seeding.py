"""The demo shop's data: the workshop, the four families, the people."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User

from configurator.catalogue import publish
from configurator.models import Family
from production import shopfile
from server.demo import people

FAMILIES = ("walnut-sign", "enamel-mug", "t-shirt", "shelf")  # in the order of the shop's home page
ACTOR = "system:demo"


@dataclass(frozen=True)
class Seeded:
    families: tuple[Family, ...]
    logins: tuple[people.Login, ...]
    shopper: User | None


def seed(*, now: datetime, say: Callable[[str], None]) -> Seeded:
    """Bring the demo shop up to date; a second time changes only what the files changed."""
    base = Path(settings.BASE_DIR)
    workshop = (base / "production" / "shops" / "demo.yaml").read_text(encoding="utf-8")
    shopfile.load(text=workshop, actor=ACTOR, now=now)
    say("workshop loaded: machines, calendars, materials")
    families = []
    for position, code in enumerate(FAMILIES):
        file = base / "configurator" / "families" / f"{code}.yaml"
        version = publish(
            source=file.read_text(encoding="utf-8"),
            filename=file.name,
            actor=ACTOR,
            now=now,
            position=position,
        )
        families.append(version.family)
    say(f"families on sale: {', '.join(FAMILIES)}")
    logins = people.ensure(file=people.file_of(settings.VAR_DIR))
    return Seeded(tuple(families), logins, User.objects.filter(username="ada").first())
