"""What of the server can go: sessions that are over (Django keeps their rows until somebody clears them)."""

from django.contrib.sessions.models import Session

from ledger.tidying import Limits, Removed, remove, tidying


@tidying("server: sessions that are over", stage=90)
def expired_sessions(limits: Limits) -> Removed:
    return remove(Session.objects.filter(expire_date__lt=limits.now), limits=limits)
