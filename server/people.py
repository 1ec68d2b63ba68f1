"""Who may sign in: everybody with an account, demo people only where nobody else can come in."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser

from server import checks


class Backend(AuthenticationBackend):
    """allauth's user name or email address and password, without demo people in the open."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        """Their passwords lie in a file and on a terminal, so they open nothing that others can reach."""
        if str(getattr(user, "email", "")).endswith(f"@{checks.DEMO_DOMAIN}") and not checks.demo_allowed():
            return False
        return bool(super().user_can_authenticate(user))
