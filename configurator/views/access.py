"""Who may see the staff's pages, and who may change things there: Django groups; superusers are in all."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

AUTHOR = "author"

View = Callable[..., HttpResponseBase]


def is_in(request: HttpRequest, *groups: str) -> bool:
    """Whether who asks is in one of ``groups``."""
    user = request.user
    return user.is_superuser or user.groups.filter(name__in=groups).exists()


def staff_only(*groups: str) -> Callable[[View], View]:
    """Lets staff in; with ``groups``, only staff of one of them. Others log in, or are refused."""

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not request.user.is_staff:
                raise PermissionDenied("This is the workshop's side of the house.")
            if groups and not is_in(request, *groups):
                raise PermissionDenied(f"This is for the group {' or '.join(groups)}.")
            return view(request, *args, **kwargs)

        return inner

    return decorate


def actor(request: HttpRequest) -> str:
    return f"user:{request.user.get_username()}"
