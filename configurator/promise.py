"""The one question that goes down the river: when could this be ready, and at what price sooner?

The configurator may not know production, so it asks through this port; the class that
answers is named in ``settings.PROMISER``. (docs/decisions has the reason.) An answer is an
inquiry: it holds nothing. What an answer ``claims`` of the workshop is kept by a hold
(``orders.holds``), whose meaning only production knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from configurator.engine.manufacturing import Work
from configurator.engine.pricing import Price, PriceLine

STANDARD = "standard"
# What sooner dates are called where people choose one.
NAMES = {
    "overtime": "overtime",
    "alternate": "another machine",
    "rush": "ahead of others",
}


@dataclass(frozen=True)
class Sooner:
    """A date before the standard one: ``surcharge`` is for all pieces, in the workshop's currency."""

    code: str
    ready_at: datetime
    surcharge: Decimal
    claim: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Promise:
    """``ready_at`` is aware UTC; None when nothing can be promised, and ``reason`` says why. ``routed``
    says whether it has a way through the workshop at all. ``sooner`` are earlier dates at a price, the
    nearest to the standard date first; ``option`` is which of them this promise is, ``surcharge`` its price.
    """

    ready_at: datetime | None
    reason: str = ""
    routed: bool = True
    sooner: tuple[Sooner, ...] = ()
    claim: Mapping[str, Any] = field(default_factory=dict)
    option: str = STANDARD
    surcharge: Decimal = Decimal("0.00")

    @property
    def refusal(self) -> str:
        """Why it cannot be ordered so, and what to do; empty when it can. What has no routing (a model
        read in from elsewhere) is ordered without a date; what the workshop makes is not."""
        if self.ready_at is not None or not self.routed:
            return ""
        said = ("No date can be promised.", self.reason, "Order fewer pieces, or ask us.")
        return " ".join(sentence for sentence in said if sentence)

    def chosen(self, option: str) -> "Promise":
        """The same answer with the date and price of one of its options; the standard one where that is not
        offered."""
        for each in self.sooner:
            if each.code == option:
                return replace(
                    self,
                    ready_at=each.ready_at,
                    claim=each.claim,
                    option=option,
                    surcharge=each.surcharge,
                )
        return self


class Promiser(Protocol):
    """Answers from the present plan; must not change anything."""

    def promise(self, *, work: Work, quantity: int, now: datetime) -> Promise: ...


@cache
def _promiser(dotted: str) -> Promiser:
    made: Promiser = import_string(dotted)()
    return made


def ask(*, work: Work, quantity: int, lead_days: int, currency: str, now: datetime) -> Promise:
    """When ``quantity`` pieces of ``work`` could leave the house: production's answer and the family's
    days of handling on top. Work without a routing gets no date. Sooner dates are those on an earlier day
    where the workshop is, for families priced in its currency, each at a surcharge that is whole cents for
    every piece: what is told is what is charged."""
    if not work.routing:
        return Promise(None, "No routing: this family has no way through the workshop yet.", routed=False)
    answer = _promiser(settings.PROMISER).promise(work=work, quantity=quantity, now=now)
    if answer.ready_at is None:
        return answer
    handling = timedelta(days=lead_days)
    kept: list[Sooner] = []
    zone = ZoneInfo(settings.WORKSHOP_ZONE)  # pages and API offer the same
    day = timezone.localdate(answer.ready_at, zone)
    for each in answer.sooner if currency == settings.WORKSHOP_CURRENCY else ():
        if timezone.localdate(each.ready_at, zone) < day:
            surcharge = _share(each.surcharge, quantity) * quantity
            kept.append(replace(each, ready_at=each.ready_at + handling, surcharge=surcharge))
            day = timezone.localdate(each.ready_at, zone)
    return replace(answer, ready_at=answer.ready_at + handling, sooner=tuple(kept))


def with_surcharge(price: Price, promise: Promise) -> Price:
    """The price with what the chosen date costs, as a line: a share for each piece."""
    if not promise.surcharge:
        return price
    share = _share(promise.surcharge, price.quantity)
    line = PriceLine("sooner", f"Sooner: {option_name(promise.option)}", share)
    unit = price.unit + line.amount
    return replace(price, lines=(*price.lines, line), unit=unit, total=unit * price.quantity)


def _share(surcharge: Decimal, quantity: int) -> Decimal:
    """Of each of so many pieces, rounded up to cents."""
    cents = -(-int(surcharge * 100) // quantity)
    return (Decimal(cents) / 100).quantize(Decimal("0.01"))


def option_name(option: str) -> str:
    """What an option is called: "overtime and ahead of others"."""
    return " and ".join(NAMES.get(part, part) for part in option.split("-"))
