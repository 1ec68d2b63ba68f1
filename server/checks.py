"""What must not be, said by ``manage.py check`` and before ``up`` opens a door."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connection

from configurator.engine.layout import readiness
from configurator.engine.machines import BadProfiles
from configurator.profiles import shop_machines

# Reserved by RFC 2606, so no real person has such an address.
DEMO_DOMAIN = "demo.invalid"
LEAST_POSTGRESQL = 160_000
SHORTEST_SECRET = 32


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server at this name or address."""
    bare = host.strip("[]").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def demo_allowed(*, host: str | None = None) -> bool:
    """Demo people may sign in only where DEBUG is on and nobody but this machine can come in."""
    hosts = [*settings.ALLOWED_HOSTS, *([host] if host else [])]
    return bool(settings.DEBUG) and all(is_loopback(each) or each == "testserver" for each in hosts)


def demo_problems(*, host: str | None = None) -> list[str]:
    """Why the demo people in the database make this start unsafe; empty when it is not."""
    if demo_allowed(host=host):
        return []
    people = get_user_model().objects.filter(email__endswith=f"@{DEMO_DOMAIN}", is_active=True)
    names = sorted(people.values_list("username", flat=True))
    if not names:
        return []
    return [
        f"Demo people ({', '.join(names)}) can sign in, but others can reach this shop or DEBUG is off. "
        "Use another database (DATABASE_URL), start afresh (`manage.py up --reset --no-demo`), or make "
        "them inactive under /admin/ first."
    ]


def database_version() -> int:
    """The server's version as PostgreSQL counts: 18.4 is 180004."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0])


@register(Tags.security)
def secrets_are_secret(app_configs: Sequence[Any] | None, **kwargs: Any) -> Iterable[CheckMessage]:
    """A short or guessed secret signs nothing."""
    for name in ("SECRET_KEY", "QUOTE_KEY", "LEDGER_KEY"):
        value = getattr(settings, name)
        if len(value) < SHORTEST_SECRET or len(set(value)) < 8:
            yield Error(
                f"{name} is too short or too simple.",
                hint=f"Leave it unset (one is made in var/secrets.json), or give {SHORTEST_SECRET} letters.",
                id="server.E001",
            )


@register(Tags.files)
def machine_profiles_are_readable(app_configs: Sequence[Any] | None, **kwargs: Any) -> Iterable[CheckMessage]:
    """A machine must not be given files by limits that nobody meant."""
    try:
        shop_machines()
    except BadProfiles as error:
        for file, problem in error.problems:
            yield Error(
                f"{file}: {problem}",
                hint="Mend the profile, or take it out of MACHINE_PROFILES (docs/machines.md).",
                id="server.E006",
            )


@register(Tags.security)
def open_doors_are_locked(app_configs: Sequence[Any] | None, **kwargs: Any) -> Iterable[CheckMessage]:
    """A shop that others can reach needs DEBUG off, named hosts and TLS."""
    elsewhere = [host for host in settings.ALLOWED_HOSTS if not is_loopback(host)]
    if settings.DEBUG and elsewhere:
        yield Error(
            f"DEBUG is on while others can reach this shop ({', '.join(elsewhere)}).",
            hint="Set DEBUG=0: error pages would tell everything.",
            id="server.E002",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS accepts every name.", hint="Name the shop's own host names.", id="server.E003"
        )
    if not settings.DEBUG and elsewhere and not settings.HTTPS:
        yield Warning(
            "Others reach this shop without TLS.", hint="Set HTTPS=1 behind a TLS proxy.", id="server.W001"
        )


@register()
def texts_can_be_made(app_configs: Sequence[Any] | None, **kwargs: Any) -> Iterable[CheckMessage]:
    """The fonts that designs were approved with, and a shaper that joins letters."""
    for problem in readiness.problems():
        what, _, mend = problem.partition(" To mend it ")
        yield Error(what, hint=f"To mend it {mend}" if mend else None, id="server.E006")


@register(Tags.database)
def database_is_fit(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> Iterable[CheckMessage]:
    """PostgreSQL of a supported version, without demo people where they are refused."""
    if not databases:
        return
    try:
        version = database_version()
        problems = demo_problems()
    except DatabaseError:
        return  # not reachable, or not migrated yet: other commands say so
    if version < LEAST_POSTGRESQL:
        yield Error(f"PostgreSQL {version} is too old.", hint="Use 16 or newer.", id="server.E004")
    for text in problems:
        yield Error(text, id="server.E005")
