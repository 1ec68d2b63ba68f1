"""Who calls: an integration with a key, somebody signed in, or a guest with a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from ledger import keys
from ledger.models import ApiKey

if TYPE_CHECKING:  # the settings of the framework name this module, so its views are not there yet
    from rest_framework.views import APIView

SAFE = ("GET", "HEAD", "OPTIONS")
UNGROUPED = ("anyone", "signed_in")  # what ``people`` may say beside the name of a group


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <secret>``: the key's owner is the user, its scopes say what it may do."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("Send the key as `Authorization: Bearer KEY`.")
        key = keys.authenticate(parts[1].decode("ascii", "replace"))
        if key is None:
            raise AuthenticationFailed("This key is unknown, expired or revoked; issue a new one.")
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BrowserAuthentication(SessionAuthentication):
    """The session of the shop's own pages. Unlike DRF's, it asks guests for the CSRF token too."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        inner: HttpRequest = request._request
        if request.method not in SAFE and inner.session.session_key:
            self.enforce_csrf(request)
        user = getattr(inner, "user", None)
        return (user, None) if user and user.is_authenticated and user.is_active else None


class Scoped(BasePermission):
    """A key needs the view's scope for the method; people need what the view's ``people`` says.

    A view states ``scopes = (read scope, write scope)`` and ``people``: ``anyone``
    (guests with a session too), ``signed_in`` or the name of a Django group
    (superusers belong to every group). A scope never outlives its owner's role: where
    ``people`` is a group, a key opens only while its owner is in that group.
    """

    message = "The key lacks the scope, or the person the role, for this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        read, write = getattr(view, "scopes", ("", ""))
        wanted = read if request.method in SAFE else write
        people = getattr(view, "people", "signed_in")
        if isinstance(request.auth, ApiKey):
            if wanted and wanted not in request.auth.scopes:
                self.message = f"This key lacks the scope {wanted}; issue one that has it."
                return False
            if people not in UNGROUPED and not _belongs(request, people):
                self.message = f"The key's owner is not (or no longer) in the group {people}."
                return False
            return True
        return self._person(request, people)

    def _person(self, request: Request, people: str) -> bool:
        signed_in = not isinstance(request.user, AnonymousUser) and request.user is not None
        if people == "anyone":
            # A guest who changes things has a session, and so a CSRF token: the shop's own pages give both.
            return request.method in SAFE or signed_in or bool(request._request.session.session_key)
        if people == "signed_in":
            return signed_in
        return signed_in and _belongs(request, people)


def _belongs(request: Request, group: str) -> bool:
    """Whether the caller (for a key: its owner) is in the group at this moment."""
    return bool(request.user.is_superuser or request.user.groups.filter(name=group).exists())
