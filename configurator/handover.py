"""What a guest made goes to the account that logs in."""

from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from configurator.models import Configuration, Design, Upload, Validation
from configurator.visibility import GUEST_KEY


def hand_over(*, session_key: str, user: User) -> None:
    """Give a guest's configurations, designs and pictures to ``user``, all or none."""
    with transaction.atomic():
        known = Upload.objects.filter(owner=user).values("asset_id")
        Upload.objects.filter(owner=None, session_key=session_key, asset_id__in=known).delete()
        for rows in (Configuration.objects, Design.objects, Upload.objects, Validation.objects):
            rows.hand_over(session_key=session_key, user=user)


@receiver(user_logged_in, dispatch_uid="configurator.handover")
def on_login(*, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """The key stays in the session: the orders' own hand-over reads it too, and a log-out ends it."""
    session_key = getattr(request, "session", {}).get(GUEST_KEY, "")
    if session_key:
        hand_over(session_key=session_key, user=user)
