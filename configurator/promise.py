"""The one question that goes down the river: when could this be ready?

The configurator may not know production, so it asks through this port; the class that
answers is named in ``settings.PROMISER``. (docs/decisions has the reason.)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from configurator.engine.manufacturing import Work


@dataclass(frozen=True)
class Promise:
    """``ready_at`` is aware UTC; None when nothing can be promised, and ``reason`` says why. ``routed``
    says whether it has a way through the workshop at all."""

    ready_at: datetime | None
    reason: str = ""
    routed: bool = True

    @property
    def refusal(self) -> str:
        """Why it cannot be ordered so, and what to do; empty when it can. What has no routing (a model
        read in from elsewhere) is ordered without a date; what the workshop makes is not."""
        if self.ready_at is not None or not self.routed:
            return ""
        said = ("No date can be promised.", self.reason, "Order fewer pieces, or ask us.")
        return " ".join(sentence for sentence in said if sentence)


class Promiser(Protocol):
    """Answers from the present plan; must not change anything."""

    def promise(self, *, work: Work, quantity: int, now: datetime) -> Promise: ...


@cache
def _promiser(dotted: str) -> Promiser:
    made: Promiser = import_string(dotted)()
    return made


def ask(*, work: Work, quantity: int, lead_days: int, now: datetime) -> Promise:
    """When ``quantity`` pieces of ``work`` could leave the house: production's answer and the family's
    days of handling on top. Work without a routing gets no date."""
    if not work.routing:
        return Promise(None, "No routing: this family has no way through the workshop yet.", routed=False)
    answer = _promiser(settings.PROMISER).promise(work=work, quantity=quantity, now=now)
    if answer.ready_at is None:
        return answer
    return Promise(answer.ready_at + timedelta(days=lead_days), answer.reason)
