"""A price that holds for half an hour: signed, so that what comes back is what we said.

The token binds what is made (the content hash covers version, choices and artwork), how
many, every amount, the promise and the moment it ends. It is text signed as text: a
changed byte anywhere, even one that base64 would read the same, is refused.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer

from configurator.catalogue import spec_of
from configurator.engine.manufacturing import Work, work_of
from configurator.engine.pricing import Price, PriceLine, price
from configurator.models import Design, Version
from configurator.promise import STANDARD, Promise, ask, with_surcharge

VALID_FOR = timedelta(minutes=30)
_FORMAT = 3


@dataclass(frozen=True)
class Quote:
    """What ``quantity`` pieces cost and when they could be ready, until ``expires_at``. The price has the
    surcharge of the date that was chosen. ``hold`` is what keeps the date until then; without one (an
    inquiry) it is asked for again when it is ordered."""

    content_hash: str
    quantity: int
    price: Price
    promise: Promise
    expires_at: datetime
    token: str
    hold: str = ""


class QuoteForged(Exception):
    """The token was not given by us, or for another design or quantity."""


class QuoteExpired(Exception):
    """The token is too old: ``fresh`` says what it costs now, to be accepted explicitly."""

    def __init__(self, fresh: Quote) -> None:
        super().__init__(
            f"The price has to be confirmed again: it is {fresh.price.total} {fresh.price.currency} now."
        )
        self.fresh = fresh


def quote(
    *,
    design: Design,
    quantity: int,
    now: datetime,
    option: str = STANDARD,
    promise: Promise | None = None,
    hold: str = "",
) -> Quote:
    """The present price and promise of a frozen design, with its token: of the date that was chosen, or of
    one that is held (``promise``, ``hold``)."""
    spec = spec_of(design.version)
    return quote_for(
        version=design.version,
        content_hash=design.content_hash,
        price=price(spec, design.choices, quantity=quantity),
        work=work_of(spec, design.choices),
        now=now,
        option=option,
        promise=promise,
        hold=hold,
    )


def promise_of(*, design: Design, quantity: int, now: datetime) -> Promise:
    """When a frozen design could be ready, with what it claims of the workshop. Holds nothing."""
    spec = spec_of(design.version)
    return ask(
        work=work_of(spec, design.choices),
        quantity=quantity,
        lead_days=spec.lead_days,
        currency=spec.currency,
        now=now,
    )


def quote_for(
    *,
    version: Version,
    content_hash: str,
    price: Price,
    work: Work,
    now: datetime,
    option: str = STANDARD,
    promise: Promise | None = None,
    hold: str = "",
) -> Quote:
    """A quote for something already priced (the configurator page, before anything is frozen)."""
    spec = spec_of(version)
    if promise is None:
        promise = ask(
            work=work,
            quantity=price.quantity,
            lead_days=spec.lead_days,
            currency=spec.currency,
            now=now,
        ).chosen(option)
    price = with_surcharge(price, promise)
    expires_at = (now + VALID_FOR).astimezone(UTC)
    token = _sign(
        {
            "f": _FORMAT,
            "content": content_hash,
            "version": version.content_hash,
            "quantity": price.quantity,
            "currency": price.currency,
            "unit": str(price.unit),
            "total": str(price.total),
            "lines": [[line.code, line.label, str(line.amount)] for line in price.lines],
            "ready": promise.ready_at.isoformat() if promise.ready_at else None,
            "reason": promise.reason,
            "routed": promise.routed,
            "option": promise.option,
            "surcharge": str(promise.surcharge),
            "hold": hold,
            "until": expires_at.isoformat(),
        }
    )
    return Quote(content_hash, price.quantity, price, promise, expires_at, token, hold)


def read(token: str, *, design: Design, quantity: int, now: datetime) -> Quote:
    """The quote in ``token``, if it is ours, for this design and quantity, and still holds.

    Raises ``QuoteForged``, ``QuoteExpired`` (with the price of now).
    """
    data = _unsign(token)
    said = (data["content"], data["version"], data["quantity"])
    if said != (design.content_hash, design.version.content_hash, quantity):
        raise QuoteForged("This price was given for another design or another quantity.")
    expires_at = datetime.fromisoformat(data["until"])
    if now >= expires_at:
        raise QuoteExpired(quote(design=design, quantity=quantity, now=now, option=data["option"]))
    return Quote(
        content_hash=data["content"],
        quantity=quantity,
        price=Price(
            currency=data["currency"],
            lines=tuple(PriceLine(code, label, Decimal(amount)) for code, label, amount in data["lines"]),
            unit=Decimal(data["unit"]),
            quantity=quantity,
            total=Decimal(data["total"]),
        ),
        promise=Promise(
            datetime.fromisoformat(data["ready"]) if data["ready"] else None,
            data["reason"],
            data["routed"],
            option=data["option"],
            surcharge=Decimal(data["surcharge"]),
        ),
        expires_at=expires_at,
        token=token,
        hold=data["hold"],
    )


def _signer() -> Signer:
    # HMAC-SHA256 over the text as it travels; the signature is compared as text too, in constant time.
    return Signer(key=settings.QUOTE_KEY, salt="configurator.quotes", algorithm="sha256", sep=":")


def _sign(data: dict[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return _signer().sign(base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


def _unsign(token: str) -> dict[str, Any]:
    try:
        text = _signer().unsign(token)
        data: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (BadSignature, binascii.Error, ValueError) as fault:
        raise QuoteForged("This price was not given by us.") from fault
    if data.get("f") != _FORMAT:
        raise QuoteForged("This price is of another format: ask for it again.")
    return data
