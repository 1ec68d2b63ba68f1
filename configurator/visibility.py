"""Who may see a row: the only gate for everything that a shopper makes.

A row belongs to an account (``owner``) or to a guest (``session_key``). The guest's
key lives *inside* the session's data, because Django changes the session's own key
at login: what a guest made can so be handed to the account that logs in.
"""

from collections.abc import MutableMapping
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from ledger.engine.identifiers import new_id

GUEST_KEY = "guest"

Visitor = AbstractBaseUser | AnonymousUser | None


def guest_key(session: MutableMapping[str, Any]) -> str:
    """The key of the guest behind a session, made at the first need (pass ``request.session``)."""
    key = session.get(GUEST_KEY)
    if not isinstance(key, str):
        key = new_id("gst")
        session[GUEST_KEY] = key
    return key


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows of one owner or one guest; an id alone opens nothing."""

    def visible_to(self, *, user: Visitor, session_key: str) -> Self:
        """What this account (logged in) or this guest (not logged in) made; nothing for nobody."""
        if user is not None and user.is_authenticated:
            return self.filter(owner=user)
        if session_key:
            return self.filter(owner=None, session_key=session_key)
        return self.none()

    def hand_over(self, *, session_key: str, user: AbstractBaseUser) -> int:
        """Give everything of a guest to an account; returns the number of rows."""
        if not session_key:
            return 0
        return self.filter(owner=None, session_key=session_key).update(owner=user, session_key="")


class Owned(models.Model):
    """Base of rows that belong to an account or to a guest."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    session_key = models.CharField(max_length=40, blank=True, default="", db_index=True)

    class Meta:
        abstract = True
