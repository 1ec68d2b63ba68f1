"""``manage.py keys``: issue, list and revoke API keys."""

import argparse
import getpass
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger import keys
from ledger.models import ApiKey


class Command(BaseCommand):
    help = "API keys: list, issue NAME --owner USERNAME --scope SCOPE..., revoke ID."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", metavar="VERB")
        verbs.add_parser("list", help="all keys (the default)")
        issue = verbs.add_parser("issue", help="make a key and print its secret, this once")
        issue.add_argument("name")
        issue.add_argument("--owner", required=True, metavar="USERNAME")
        issue.add_argument(
            "--scope", required=True, nargs="+", action="extend", choices=keys.SCOPES, dest="scopes"
        )
        issue.add_argument("--days", type=int, help="expires after so many days (never)")
        revoke = verbs.add_parser("revoke", help="make a key useless from now on")
        revoke.add_argument("id")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["verb"]:
            case "issue":
                self._issue(options["name"], options["owner"], options["scopes"], options["days"])
            case "revoke":
                self._revoke(options["id"])
            case _:
                self._list()

    def _issue(self, name: str, username: str, scopes: list[str], days: int | None) -> None:
        owner = get_user_model().objects.filter(username=username).first()
        if owner is None:
            raise CommandError(f"There is no user {username}.")
        now = timezone.now()
        expires_at = None if days is None else now + timedelta(days=days)
        try:
            key, secret = keys.issue(
                name=name, owner=owner, scopes=scopes, expires_at=expires_at, actor=_actor(), now=now
            )
        except keys.KeyRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stderr.write(f"{key.pk}: the secret is shown only now")
        self.stdout.write(secret)

    def _revoke(self, key_id: str) -> None:
        try:
            key = keys.revoke(key_id=key_id, actor=_actor(), now=timezone.now())
        except ApiKey.DoesNotExist:
            raise CommandError(f"There is no key {key_id}.") from None
        self.stdout.write(f"{key} is revoked")

    def _list(self) -> None:
        now = timezone.now()
        live = set(ApiKey.objects.live(now).values_list("pk", flat=True))
        for key in ApiKey.objects.select_related("owner"):
            state = "live" if key.pk in live else "revoked" if key.revoked_at else "closed"
            used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
            self.stdout.write(
                f"{key.pk} {state:8} {key.owner.get_username():12} used {used:16} "
                f"{key.name} ({', '.join(key.scopes)})"
            )


def _actor() -> str:
    return f"system:{getpass.getuser()}"
