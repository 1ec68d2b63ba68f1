"""Who a request speaks for, as operations and gates want it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from configurator.visibility import GUEST_KEY, guest_key
from ledger.api.callers import SAFE
from ledger.models import ApiKey


@dataclass(frozen=True)
class Caller:
    """``actor`` for the ledger; ``user`` and ``session_key`` for the gates (``visible_to``)."""

    actor: str
    user: Any
    session_key: str


def caller(request: Request) -> Caller:
    """The integration, account or guest behind ``request``; a guest gets a key at the first change."""
    if isinstance(request.auth, ApiKey):
        return Caller(actor=f"key:{request.auth.pk}", user=request.user, session_key="")
    if request.user is not None and request.user.is_authenticated:
        return Caller(actor=f"user:{request.user.get_username()}", user=request.user, session_key="")
    session = request._request.session
    if request.method in SAFE and GUEST_KEY not in session:
        return Caller(actor="guest:", user=None, session_key="")  # looking makes no session
    session_key = guest_key(session)
    return Caller(actor=f"guest:{session_key}", user=None, session_key=session_key)
