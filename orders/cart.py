"""A cart: frozen designs and how many of each, until they are ordered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from configurator.catalogue import spec_of
from configurator.engine.pricing import price
from configurator.models import Design
from configurator.promise import STANDARD
from configurator.quotes import Quote, quote
from configurator.visibility import Visitor
from orders import holds
from orders.engine.totals import order_total
from orders.limits import line_refusal, price_refusal
from orders.models import Cart, CartLine, PromiseHold

MAX_LINES = 50


class QuantityRefused(Exception):
    """A quantity that nobody can order here."""


class NotForSale(Exception):
    """A design of a family that has no price yet."""


class CartFull(Exception):
    """The cart holds as many designs as it can."""


class NotInCart(LookupError):
    """The cart has no such line (any more)."""


class CartChanged(Exception):
    """Another tab changed the cart meanwhile: read it again, then repeat the change."""


@dataclass(frozen=True)
class QuotedLine:
    """``hold`` keeps the date of the quote; None where there is none to keep."""

    line: CartLine
    quote: Quote
    hold: PromiseHold | None = None


@dataclass(frozen=True)
class QuotedCart:
    """A cart with present prices. ``currency`` is empty for an empty cart."""

    lines: tuple[QuotedLine, ...]
    currency: str
    total: Decimal

    @property
    def tokens(self) -> Mapping[str, str]:
        """The quote tokens by design id, as ``checkout.place`` takes them."""
        return {quoted.line.design_id: quoted.quote.token for quoted in self.lines}


def cart_of(*, user: Visitor, session_key: str) -> Cart | None:
    """The visitor's cart, if there is one (looking makes none)."""
    cart: Cart | None = Cart.objects.visible_to(user=user, session_key=session_key).first()
    return cart


def open_cart(*, owner: User | None, session_key: str, now: datetime) -> Cart:
    """The visitor's cart, made where there is none."""
    found = cart_of(user=owner, session_key=session_key)
    if found is not None:
        return found
    return Cart.objects.create(
        owner=owner, session_key="" if owner is not None else session_key, created_at=now
    )


def add(*, cart: Cart, design: Design, quantity: int, now: datetime, option: str = STANDARD) -> CartLine:
    """Put ``quantity`` pieces of a design in; the same design again adds to its line. Its date is held as
    soon as the cart is looked at (``quoted``); a sooner one (``option``) at once, where it is to be had.

    Raises ``QuantityRefused``, ``NotForSale``, ``CartFull``.
    """
    with transaction.atomic():
        held = _hold(cart, None)
        line = held.lines.filter(design=design).first()
        if line is None:
            if held.lines.count() >= MAX_LINES:
                raise CartFull(f"A cart holds {MAX_LINES} designs: order these first.")
            _check(design, quantity)
            line = CartLine.objects.create(cart=held, design=design, quantity=quantity, added_at=now)
        else:
            _check(design, line.quantity + quantity)
            line.quantity += quantity
            line.save(update_fields=["quantity"])
        _touch(cart)
        if option != STANDARD:
            _hold_date(cart, line, option, now)
    return line


def choose_date(*, cart: Cart, line_id: int, option: str, now: datetime) -> None:
    """Hold another of the dates for a line. Raises ``NotInCart``, and ``DateGone`` where it is not to be had
    any more: then the standard date is held."""
    with transaction.atomic():
        line = _hold(cart, None).lines.select_related("design__version").filter(pk=line_id).first()
        if line is None:
            raise NotInCart("This design is not in the cart any more.")
        held = _hold_date(cart, line, option, now)
        _touch(cart)
    if held is None or held.option != option:
        raise holds.DateGone


def _hold_date(cart: Cart, line: CartLine, option: str, now: datetime) -> PromiseHold | None:
    try:
        return holds.take(
            design=line.design,
            quantity=line.quantity,
            owner=cart.owner,
            session_key=cart.session_key,
            now=now,
            option=option,
            cart_line=line,
        )
    except holds.NoDate:
        return None  # the cart says why


def exchange(*, cart: Cart, line_id: int, design: Design, now: datetime) -> CartLine:
    """Another design in the place of a line's, in its quantity. Raises ``NotInCart``, and what ``add`` does
    (then the line stays as it is)."""
    with transaction.atomic():
        held = _hold(cart, None)
        line: CartLine | None = held.lines.filter(pk=line_id).first()
        if line is None:
            raise NotInCart("This design is not in the cart any more.")
        if line.design_id == design.pk:
            return line
        _drop(line)
        return add(cart=cart, design=design, quantity=line.quantity, now=now)


def change_quantity(*, cart: Cart, line_id: int, quantity: int, expected_revision: int | None = None) -> None:
    """Set the number of pieces; 0 takes the line out. Raises ``NotInCart``, ``QuantityRefused``,
    ``CartChanged``."""
    if quantity == 0:
        remove(cart=cart, line_id=line_id, expected_revision=expected_revision)
        return
    with transaction.atomic():
        held = _hold(cart, expected_revision)
        line = held.lines.select_related("design__version").filter(pk=line_id).first()
        if line is None:
            raise NotInCart("This design is not in the cart any more.")
        _check(line.design, quantity)
        held.lines.filter(pk=line_id).update(quantity=quantity)
        _touch(cart)


def remove(*, cart: Cart, line_id: int, expected_revision: int | None = None) -> None:
    """Take a line out. Raises ``NotInCart``, ``CartChanged``."""
    with transaction.atomic():
        held = _hold(cart, expected_revision)
        line = held.lines.filter(pk=line_id).first()
        if line is None:
            raise NotInCart("This design is not in the cart any more.")
        _drop(line)
        _touch(cart)


def _drop(line: CartLine) -> None:
    """Out of the cart, and what was held for it is given back."""
    line.holds.filter(state=PromiseHold.State.HELD).update(state=PromiseHold.State.RELEASED)
    line.delete()


def lines_of(cart: Cart) -> list[CartLine]:
    """The cart's lines with their designs and families, in two queries at most."""
    return list(
        cart.lines.select_related("design__version__family")
        .defer("design__version__source")
        .order_by("added_at", "id")
    )


def quoted(*, cart: Cart, now: datetime) -> QuotedCart:
    """Every line with its present price, promise and token, and the sum. To look at a cart keeps its dates
    held (``holds.refresh``)."""
    rows = lines_of(cart)
    held = holds.refresh(cart=cart, lines=rows, now=now)
    lines = tuple(_quoted_line(line, held.get(line.pk), now) for line in rows)
    if not lines:
        return QuotedCart((), "", Decimal("0.00"))
    currency, total = order_total((line.quote.price.currency, line.quote.price.total) for line in lines)
    return QuotedCart(lines, currency, total)


def _quoted_line(line: CartLine, hold: PromiseHold | None, now: datetime) -> QuotedLine:
    if hold is None:
        return QuotedLine(line, quote(design=line.design, quantity=line.quantity, now=now))
    hold.design = line.design
    return QuotedLine(line, holds.quote_of(hold, now=now), hold)


def _check(design: Design, quantity: int) -> None:
    """Refuse a quantity that cannot be ordered, and one of which the family's prices make no sense
    (``PriceError``): a cart that cannot be priced cannot be opened any more."""
    if refusal := line_refusal(quantity):
        raise QuantityRefused(refusal)
    if refusal := price_refusal(spec_of(design.version)):
        raise NotForSale(refusal)
    price(spec_of(design.version), design.choices, quantity=quantity)


def _hold(cart: Cart, expected_revision: int | None) -> Cart:
    held: Cart = Cart.objects.select_for_update().get(pk=cart.pk)
    if expected_revision is not None and held.revision != expected_revision:
        raise CartChanged("The cart was changed meanwhile: reload it.")
    return held


def _touch(cart: Cart) -> None:
    Cart.objects.filter(pk=cart.pk).update(revision=F("revision") + 1)
    cart.refresh_from_db(fields=["revision"])
