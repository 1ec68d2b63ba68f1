"""Who looks at a page."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import HttpRequest

from configurator.visibility import guest_key


@dataclass(frozen=True)
class Visitor:
    """Who looks: an account, or the guest of this browser. ``actor`` is their name in the ledger."""

    user: User | None
    session_key: str
    actor: str


def visitor_of(request: HttpRequest) -> Visitor:
    if request.user.is_authenticated:
        return Visitor(request.user, "", f"user:{request.user.get_username()}")
    key = guest_key(request.session)
    return Visitor(None, key, f"guest:{key}")
