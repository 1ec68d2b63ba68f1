"""Who can sign in to the demo. Passwords are made here, once, and kept in ``var/demo-logins.txt``."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import Group, User
from django.db import transaction

from server.checks import DEMO_DOMAIN

GROUPS = ("planner", "floor", "author", "quality", "admin")
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are taken for one another


@dataclass(frozen=True)
class Person:
    username: str
    does: str
    groups: tuple[str, ...] = ()
    is_staff: bool = False
    is_superuser: bool = False

    @property
    def email(self) -> str:
        return f"{self.username}@{DEMO_DOMAIN}"


PEOPLE = (
    Person("ada", "shopper with an account"),
    Person("bob", "planner: proposal, runs, releases", ("planner",), is_staff=True),
    Person("finn", "workshop floor", ("floor",), is_staff=True),
    Person("iris", "author: products, rules, publishing", ("author",), is_staff=True),
    Person("admin", "everything, and /admin/", GROUPS, is_staff=True, is_superuser=True),
)


@dataclass(frozen=True)
class Login:
    person: Person
    password: str


def file_of(var: Path) -> Path:
    return var / "demo-logins.txt"


def is_somebody_elses_shop() -> bool:
    """Whether the database has accounts, and none of them is of the demo."""
    everybody = User.objects.all()
    return everybody.exists() and not everybody.filter(email__endswith=f"@{DEMO_DOMAIN}").exists()


def ensure(*, file: Path) -> tuple[Login, ...]:
    """The demo people exist, and ``file`` (mode 0600) holds the passwords that let them in."""
    known = _read(file)
    logins = tuple(Login(person, known.get(person.username) or _password()) for person in PEOPLE)
    with transaction.atomic():
        groups = {name: Group.objects.get_or_create(name=name)[0] for name in GROUPS}
        for login in logins:
            _ensure_one(login, groups)
        _write(file, logins)
    return logins


def _ensure_one(login: Login, groups: dict[str, Group]) -> None:
    person = login.person
    user, _ = User.objects.get_or_create(
        username=person.username,
        defaults={
            "email": person.email,
            "is_staff": person.is_staff,
            "is_superuser": person.is_superuser,
        },
    )
    if user.email != person.email:
        return  # somebody real took the name: leave them alone
    if not user.check_password(login.password):
        user.set_password(login.password)
        user.save(update_fields=["password"])
    user.groups.set([groups[name] for name in person.groups])


def _password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def _read(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    words = [line.split() for line in lines if line and not line.startswith("#")]
    return {parts[0]: parts[1] for parts in words if len(parts) >= 2}


def _write(file: Path, logins: tuple[Login, ...]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        target.write("# Logins of the demo, for this machine only.\n")
        for login in logins:
            target.write(f"{login.person.username} {login.password} {login.person.does}\n")
