"""API keys: issued, shown once, checked in constant time, revoked."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hmac import compare_digest

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from ledger.entries import record
from ledger.models import ApiKey

SCOPES = (
    "catalogue:read",
    "configurations:write",
    "orders:read",
    "orders:write",
    "production:read",
    "production:write",
)
# Only staff can be given these; whether the owner still has the role is asked at every call (api.callers).
STAFF_SCOPES = frozenset({"production:read", "production:write"})
# A secret reads `ock_<12 characters to look it up>_<43 characters, 256 bits>`.
MARK = "ock"
SHAPE = re.compile(rf"{MARK}_(?P<prefix>[0-9a-f]{{12}})_[A-Za-z0-9_-]{{43}}")
PREFIX_BYTES = 6
SECRET_BYTES = 32
LONGEST_NAME = 100
# "Last used" is written at most this often: reading with a key should not cost a write.
USE_NOTED_EVERY = timedelta(minutes=1)


class KeyRefused(Exception):
    """An API key cannot be issued so; ``problems`` says everything that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


def issue(
    *,
    name: str,
    owner: AbstractBaseUser,
    scopes: Sequence[str],
    expires_at: datetime | None,
    actor: str,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is kept nowhere: show it once. Raises KeyRefused."""
    problems = problems_of(name=name, owner=owner, scopes=scopes, expires_at=expires_at, now=now)
    if problems:
        raise KeyRefused(problems)
    prefix = secrets.token_hex(PREFIX_BYTES)
    secret = f"{MARK}_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name.strip(),
            owner_id=owner.pk,
            prefix=prefix,
            hash=_hash(secret),
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
            created_at=now,
        )
        record(
            stream=f"key:{key.pk}",
            kind="key.issued",
            actor=actor,
            data={"owner": owner.get_username(), "scopes": key.scopes, "expires_at": expires_at},
            now=now,
        )
    return key, secret


def problems_of(
    *, name: str, owner: AbstractBaseUser, scopes: Sequence[str], expires_at: datetime | None, now: datetime
) -> list[str]:
    """Everything that stands against issuing such a key, as sentences."""
    problems = []
    if not name.strip() or len(name) > LONGEST_NAME:
        problems.append(f"Give the key a name of 1 to {LONGEST_NAME} characters that says who uses it.")
    if not owner.is_active:
        problems.append("The owner's account is not active.")
    if not scopes:
        problems.append(f"Give at least one scope of: {', '.join(SCOPES)}.")
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        problems.append(f"There is no scope {', '.join(unknown)}: the scopes are {', '.join(SCOPES)}.")
    beyond = sorted(STAFF_SCOPES & set(scopes))
    if beyond and not (getattr(owner, "is_staff", False) or getattr(owner, "is_superuser", False)):
        problems.append(
            f"{owner.get_username()} is not staff and cannot be given {' or '.join(beyond)}: "
            "choose an owner who is, or leave that out."
        )
    if expires_at is not None and expires_at <= now:
        problems.append("The key would have expired already: give a later time.")
    return problems


def authenticate(secret: str, *, now: datetime | None = None) -> ApiKey | None:
    """The live key with this secret, or None; takes as long for a wrong secret as for none.

    ``now`` is the clock's time where it is not given.
    """
    now = now or timezone.now()
    shaped = SHAPE.fullmatch(secret)
    prefix = shaped["prefix"] if shaped else ""
    key = ApiKey.objects.live(now).select_related("owner").filter(prefix=prefix).first()
    expected = key.hash if key is not None else "0" * 64
    if not compare_digest(_hash(secret), expected) or key is None:
        return None
    if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        key.last_used_at = now
    return key


def revoke(*, key_id: str, actor: str, now: datetime) -> ApiKey:
    """Make the key useless from now on; revoking it again changes nothing. Raises ApiKey.DoesNotExist."""
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().get(pk=key_id)
        if key.revoked_at is None:
            key.revoked_at = now
            key.save(update_fields=["revoked_at"])
            record(stream=f"key:{key.pk}", kind="key.revoked", actor=actor, data={}, now=now)
    return key


def _hash(secret: str) -> str:
    # The secret has 256 random bits, so a plain hash cannot be searched; no slow one is needed.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
