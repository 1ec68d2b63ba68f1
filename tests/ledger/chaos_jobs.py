"""The jobs of the chaos test, included by its Celery workers (``--include chaos_jobs``)."""

import os
import signal
import time
import uuid
from collections.abc import Callable

from django.contrib.auth.models import Group

from ledger.jobs import Claim, handler


@handler("chaos.count")
def count(claim: Claim) -> Callable[[], None]:
    """Works for a moment; the effect is a row that nothing keeps from being there twice."""
    time.sleep(claim.payload["milliseconds"] / 1000)
    name = f"{claim.payload['number']} {uuid.uuid4().hex}"

    def effect() -> None:
        Group.objects.create(name=name)

    return effect


@handler("chaos.poison")
def poison(claim: Claim) -> None:
    """Takes its process with it, as an out-of-memory kill does."""
    os.kill(os.getpid(), signal.SIGKILL)
