"""From a cart to an order: everything checked again, everything written, in one transaction."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from configurator.approvals import NotApprovable, NotApproved, ProofChanged, approve
from configurator.catalogue import spec_of
from configurator.engine import lettering
from configurator.engine.domains import Undecided
from configurator.examination import UNFORESEEN, Contradiction, examine
from configurator.models import Design, Version
from configurator.quotes import Quote, QuoteExpired, QuoteForged, read
from ledger.entries import Draft, record_all
from orders import holds
from orders.engine.lifecycle import LineState, OrderState
from orders.engine.totals import MoneyMismatch, order_total
from orders.limits import line_refusal, order_refusal, price_refusal
from orders.models import Cart, Customer, Line, Order, PromiseHold
from orders.numbering import next_number
from orders.payments import PROVIDERS, InvoiceProvider


@dataclass(frozen=True)
class CustomerData:
    """Who the order is for, as typed. ``country`` is an ISO 3166 code of two letters."""

    name: str
    email: str
    address_line: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""


@dataclass(frozen=True)
class Item:
    """A frozen design and how many of it (with its version and family selected)."""

    design: Design
    quantity: int


@dataclass(frozen=True)
class CheckoutProblem:
    """One thing in the way. ``code`` is stable, ``where`` names a design or a field. ``quote`` is the
    present price where the old one no longer holds: accept it by sending its token."""

    code: str
    where: str
    message: str
    quote: Quote | None = None


IMPORTED = "csv"  # orders that were agreed elsewhere, at prices of their own


class CheckoutRefused(Exception):
    """Nothing was ordered: everything that stands in the way, at once."""

    def __init__(self, problems: Sequence[CheckoutProblem]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class SubmitKeyReused(Exception):
    """The same submit key came with another order: make a new key for a new order."""


def place(
    *,
    cart: Cart | None = None,
    items: Sequence[Item] = (),
    customer: CustomerData,
    quotes: Mapping[str, str],
    idempotency_key: str,
    owner: User | None,
    session_key: str,
    actor: str,
    now: datetime,
    provider: str = InvoiceProvider.code,
    channel: str = "shop",
    proofs: Mapping[str, str] | None = None,
) -> Order:
    """Order what is in ``cart`` (and empty it), or ``items``, at the prices in ``quotes`` (design id ->
    token). ``proofs`` are the tokens of the proofs that the customer has approved, by design id; without
    them the caller vouches that everything was agreed elsewhere.

    The same key again, however often and from however many places at once, gives the same order.
    Raises ``CheckoutRefused`` (a cart that is empty, a quote that is missing, forged or too old, a date
    that is no longer to be had, a version no longer sold, artwork that came out differently, a proof that
    nobody approved, more pieces than the shop takes at once, a line that the workshop cannot promise, an
    address that is not one) and ``SubmitKeyReused``.
    """
    submit_key = _digest(f"user:{owner.pk}" if owner is not None else f"guest:{session_key}", idempotency_key)
    if not idempotency_key:
        raise CheckoutRefused(
            [CheckoutProblem("no-submit-key", "", "The order came without its key: reload the page.")]
        )
    with transaction.atomic():
        _one_at_a_time(submit_key)
        submit_hash = _submit_hash(cart, items, customer)
        earlier: Order | None = Order.objects.filter(submit_key=submit_key).first()
        if earlier is not None:
            if earlier.submit_hash != submit_hash:
                raise SubmitKeyReused("This key has placed another order already.")
            return earlier
        if cart is not None:
            items = _items_of(cart)
        customer, problems = _read_customer(customer)
        lines, line_problems = _agree(items, quotes, now)
        problems += line_problems
        lines, unapproved = _approved(lines, proofs, actor, now)
        problems += unapproved
        if channel != IMPORTED:
            problems += _unpriced(items)
        if problems:
            raise CheckoutRefused(problems)
        kept, changed = _promised(lines, now)
        if changed and channel != IMPORTED:
            raise CheckoutRefused(changed)
        return _write(
            lines,
            customer,
            kept,
            submit_key=submit_key,
            submit_hash=submit_hash,
            owner=owner,
            session_key=session_key,
            actor=actor,
            now=now,
            provider=provider,
            channel=channel,
            cart=cart,
        )


def _promised(
    lines: Sequence["_Agreed"], now: datetime
) -> tuple[dict[str, PromiseHold], list[CheckoutProblem]]:
    """What keeps the dates that were said, and the lines whose date is gone."""
    said = {line.design.id: (line.design, line.quote) for line in lines}
    kept, broken = holds.settle(quotes=said, now=now)
    return kept, [
        CheckoutProblem(
            "promise-changed",
            design,
            f"{said[design][0].version.family.name}: {holds.changed_text(said[design][1], fresh)}",
            quote=fresh,
        )
        for design, fresh in broken.items()
    ]


def _unpriced(items: Sequence[Item]) -> list[CheckoutProblem]:
    """Designs of families that have no price yet."""
    refusals = {item.design.id: price_refusal(spec_of(item.design.version)) for item in items}
    return [
        CheckoutProblem("not-for-sale", design, refusal) for design, refusal in refusals.items() if refusal
    ]


@dataclass(frozen=True)
class _Agreed:
    """A line that nothing stands against, with the price and the promise that were said."""

    design: Design
    quantity: int
    quote: Quote
    work: dict[str, Any]
    proof: Sequence[dict[str, Any]] = ()


def _approved(
    lines: Sequence[_Agreed], proofs: Mapping[str, str] | None, actor: str, now: datetime
) -> tuple[list[_Agreed], list[CheckoutProblem]]:
    """The lines with what was approved of each."""
    approved: list[_Agreed] = []
    problems: list[CheckoutProblem] = []
    for line in lines:
        token = None if proofs is None else proofs.get(line.design.id, "")
        try:
            proof = approve(design=line.design, token=token, actor=actor, now=now)
        except NotApproved as fault:
            problems.append(CheckoutProblem("not-approved", line.design.id, str(fault)))
        except ProofChanged as fault:
            problems.append(CheckoutProblem("proof-changed", line.design.id, str(fault)))
        except NotApprovable as fault:
            problems.append(CheckoutProblem("not-valid", line.design.id, _unmakeable(str(fault))))
        else:
            approved.append(replace(line, proof=proof))
    return approved, problems


def _unmakeable(why: str) -> str:
    return f"This design can no longer be made: {why or 'open it to see why.'}"


def _one_at_a_time(submit_key: str) -> None:
    """The second of two simultaneous submits waits here until the first has committed, then finds it."""
    number = int.from_bytes(bytes.fromhex(submit_key)[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _items_of(cart: Cart) -> list[Item]:
    """The cart's lines, with the cart locked: two orders of one cart cannot both have them."""
    Cart.objects.select_for_update().get(pk=cart.pk)
    lines = cart.lines.select_related("design__version__family").defer("design__version__source")
    return [Item(line.design, line.quantity) for line in lines.order_by("added_at", "id")]


def _agree(
    items: Sequence[Item], quotes: Mapping[str, str], now: datetime
) -> tuple[list[_Agreed], list[CheckoutProblem]]:
    problems: list[CheckoutProblem] = []
    if not items:
        problems.append(CheckoutProblem("empty", "", "There is nothing to order: the cart is empty."))
    if len({item.design.pk for item in items}) < len(items):
        problems.append(
            CheckoutProblem("twice", "", "A design is in the order twice: put its quantities together.")
        )
    together = order_refusal(sum(item.quantity for item in items))
    if together and not any(line_refusal(item.quantity) for item in items):
        problems.append(CheckoutProblem("too-many-pieces", "", together))
    sellable = set(
        Version.objects.sellable()
        .filter(pk__in={item.design.version_id for item in items})
        .values_list("pk", flat=True)
    )
    agreed: list[_Agreed] = []
    for item in items:
        outcome = _agree_line(item, quotes, sellable, now)
        if isinstance(outcome, CheckoutProblem):
            problems.append(outcome)
        else:
            agreed.append(outcome)
    try:
        if agreed:
            order_total((line.quote.price.currency, line.quote.price.total) for line in agreed)
    except MoneyMismatch as fault:
        problems.append(CheckoutProblem("two-currencies", "", str(fault)))
    return agreed, problems


def _agree_line(
    item: Item, quotes: Mapping[str, str], sellable: set[int], now: datetime
) -> _Agreed | CheckoutProblem:
    design, quantity = item.design, item.quantity
    if refusal := line_refusal(quantity):
        return CheckoutProblem("quantity", design.id, f"{design.version.family.name}: {refusal}")
    if design.version_id not in sellable:
        return CheckoutProblem(
            "not-on-sale",
            design.id,
            f"{design.version.family.name}: this version is no longer made. Open the design to see why.",
        )
    try:
        # The rules of the day when it was frozen: what was agreed then stays possible.
        frozen = timezone.localdate(design.created_at)
        seen = examine(version=design.version, choices=design.choices, quantity=quantity, on=frozen)
    except (Contradiction, Undecided, *UNFORESEEN) as fault:
        return CheckoutProblem("not-valid", design.id, f"This design can no longer be made: {fault}")
    if not seen.orderable:
        return CheckoutProblem(
            "not-valid", design.id, _unmakeable(" ".join(each.message for each in seen.refusals))
        )
    if seen.content_hash != design.content_hash:
        return CheckoutProblem(
            "artwork-changed",
            design.id,
            "The artwork comes out differently today: open the design and look again.",
        )
    token = quotes.get(design.id, "")
    if not token:
        return CheckoutProblem("no-quote", design.id, "The price of this design was not confirmed.")
    try:
        said = read(token, design=design, quantity=quantity, now=now)
    except QuoteForged as fault:
        return CheckoutProblem("quote-forged", design.id, str(fault))
    except QuoteExpired as fault:
        return CheckoutProblem("quote-expired", design.id, str(fault), quote=fault.fresh)
    if said.promise.refusal:
        return CheckoutProblem(
            "no-promise", design.id, f"{design.version.family.name}: {said.promise.refusal}"
        )
    return _Agreed(design, quantity, said, seen.work.as_json())


def _write(
    lines: Sequence[_Agreed],
    customer: CustomerData,
    kept: Mapping[str, PromiseHold],
    *,
    submit_key: str,
    submit_hash: str,
    owner: User | None,
    session_key: str,
    actor: str,
    now: datetime,
    provider: str,
    channel: str,
    cart: Cart | None,
) -> Order:
    currency, total = order_total((line.quote.price.currency, line.quote.price.total) for line in lines)
    person = Customer.objects.create(user=owner, **asdict(customer))
    order = Order(
        number=next_number(series="A", now=now),
        customer=person,
        owner=owner,
        session_key="" if owner is not None else session_key,
        channel=channel,
        currency=currency,
        total=total,
        state=OrderState.PLACED.value,
        placed_at=now,
        submit_key=submit_key,
        submit_hash=submit_hash,
    )
    order.save(force_insert=True)
    written = Line.objects.bulk_create(
        _line(order, position, agreed) for position, agreed in enumerate(lines, start=1)
    )
    holds.write(kept=kept, lines=written)
    payment = PROVIDERS[provider].collect(order=order, amount=total, currency=currency, now=now)
    if cart is not None:
        cart.lines.all().delete()
        Cart.objects.filter(pk=cart.pk).update(revision=F("revision") + 1)
    _record(order, written, payment.id, actor=actor, now=now)
    return order


def _line(order: Order, position: int, agreed: _Agreed) -> Line:
    design, price = agreed.design, agreed.quote.price
    return Line(
        order=order,
        position=position,
        design=design,
        family_code=design.version.family_id,
        family_name=design.version.family.name,
        version_number=design.version.number,
        choices=design.choices,
        artwork_hash=design.artwork_hash,
        quantity=agreed.quantity,
        currency=price.currency,
        price_lines=[
            {"code": line.code, "label": line.label, "amount": f"{line.amount:.2f}"} for line in price.lines
        ],
        unit_price=price.unit,
        total=price.total,
        promised_at=agreed.quote.promise.ready_at,
        promise_reason=agreed.quote.promise.reason,
        promise_option=agreed.quote.promise.option,
        promise_surcharge=agreed.quote.promise.surcharge,
        work=agreed.work,
        proof=list(agreed.proof),
        state=LineState.READY.value,
    )


def _record(order: Order, lines: Sequence[Line], payment_id: str, *, actor: str, now: datetime) -> None:
    """Two kinds of entry: what was agreed, and that each line waits for production. No personal data."""
    agreed = {
        "number": order.number,
        "customer": order.customer_id,
        "payment": payment_id,
        "currency": order.currency,
        "total": order.total,
        "lines": [
            {
                "line": line.id,
                "design": line.design_id,
                "content": line.design.content_hash,
                "family": line.family_code,
                "version": line.version_number,
                "quantity": line.quantity,
                "total": line.total,
                "promised": line.promised_at.isoformat() if line.promised_at else None,
                "option": line.promise_option,
                "approved": [
                    {key: each[key] for key in ("surface", "scene", "profile", "picture", "approved_by")}
                    for each in line.proof
                ],
            }
            for line in lines
        ],
    }
    stream = f"order:{order.id}"
    drafts = [Draft(stream, "order.placed", agreed)]
    for line in lines:
        waiting = {"line": line.id, "family": line.family_code, "quantity": line.quantity}
        drafts.append(Draft(stream, "line.ready", waiting))
    record_all(drafts, actor=actor, now=now)


def _read_customer(given: CustomerData) -> tuple[CustomerData, list[CheckoutProblem]]:
    """The customer in clean form, with what is wrong with it."""
    problems: list[CheckoutProblem] = []
    clean: dict[str, str] = {}
    for field in fields(given):
        text = getattr(given, field.name).strip()
        limit = getattr(Customer._meta.get_field(field.name), "max_length", None)
        try:
            clean[field.name] = lettering.clean(text)
        except ValueError as fault:
            problems.append(CheckoutProblem("customer", field.name, str(fault)))
            continue
        if limit is not None and len(clean[field.name]) > limit:
            problems.append(CheckoutProblem("customer", field.name, f"At most {limit} characters, please."))
    if not given.name.strip():
        problems.append(CheckoutProblem("customer", "name", "Tell us who the order is for."))
    try:
        validate_email(given.email.strip())
    except ValidationError:
        problems.append(CheckoutProblem("customer", "email", "This is not an e-mail address."))
    country = given.country.strip()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        problems.append(
            CheckoutProblem("customer", "country", "The country is a code of two letters, such as NL.")
        )
    return (given if problems else CustomerData(**clean)), problems


def _submit_hash(cart: Cart | None, items: Sequence[Item], customer: CustomerData) -> str:
    """What was submitted: a cart by its id (it is empty when the same submit comes again), else the items."""
    what: Any = cart.id if cart is not None else [[item.design.pk, item.quantity] for item in items]
    return _digest(json.dumps([what, asdict(customer)], sort_keys=True))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
