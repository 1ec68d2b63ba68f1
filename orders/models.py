"""The tables of the orders: carts, what was promised to whom, and what came of it.

A line is a snapshot: the version, the choices, the price and the work that were agreed
stay readable whatever happens to the catalogue. Personal data stays in ``Customer``;
the ledger gets ids and hashes only.
"""

import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from configurator.models import Design, Version
from configurator.visibility import Owned, OwnedQuerySet, Visitor
from ledger.engine.identifiers import new_id
from orders.engine.lifecycle import LineState, OrderState

ORDER_STATES = [(state.value, state.value) for state in OrderState]
LINE_STATES = [(state.value, state.value) for state in LineState]
MAX_QUANTITY = 10_000  # pieces a line that the tables hold; the shop takes settings.MAX_PIECES_A_LINE


def new_access_token() -> str:
    return secrets.token_urlsafe(24)


class Customer(models.Model):
    """Who an order is for: the only table with names and addresses."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=200)
    email = models.EmailField()
    address_line = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"customer {self.pk}"  # no name: this text reaches logs


class Cart(Owned):
    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "crt"), editable=False)
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.id


class CartLine(models.Model):
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    design = models.ForeignKey(Design, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_QUANTITY)]
    )
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "design"], name="design_once_a_cart"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="cart_quantity_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.design_id}"


class OrderQuerySet(OwnedQuerySet):
    def visible_to(self, *, user: Visitor, session_key: str) -> Self:
        """One's own orders; all of them for staff."""
        if user is not None and user.is_authenticated and getattr(user, "is_staff", False):
            return self.all()
        return super().visible_to(user=user, session_key=session_key)

    def opened_by(self, token: str) -> Self:
        """The order of a link sent to a guest."""
        return self.filter(access_token=token) if token else self.none()

    def with_lines(self) -> Self:
        """Everything that a list or a page of orders shows, in a constant number of queries."""
        return self.select_related("customer").prefetch_related(
            "lines__design__version", "payments", "shipments__lines"
        )


class Order(Owned):
    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "ord"), editable=False)
    number = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    access_token = models.CharField(max_length=40, unique=True, default=new_access_token, editable=False)
    channel = models.CharField(max_length=20, default="shop")
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    state = models.CharField(max_length=20, choices=ORDER_STATES)
    placed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1, help_text="Counts changes, for If-Match.")
    # Who submitted and with which key: the same submit again finds this order (checkout.place).
    submit_key = models.CharField(max_length=64, unique=True)
    submit_hash = models.CharField(max_length=64)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at", "-id"]
        indexes = [models.Index(fields=["-placed_at", "-id"], name="order_newest_first")]
        constraints = [
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_not_negative"),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in OrderState]), name="order_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class LineQuerySet(models.QuerySet["Line"]):
    def ready(self) -> Self:
        """Lines that wait for a plan, those promised first in front."""
        return self.filter(state=LineState.READY).order_by(F("promised_at").asc(nulls_last=True), "id")

    def visible_to(self, *, user: Visitor, session_key: str) -> Self:
        return self.filter(order__in=Order.objects.visible_to(user=user, session_key=session_key))


class Line(models.Model):
    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "lin"), editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    design = models.ForeignKey(Design, on_delete=models.PROTECT, related_name="+")
    family_code = models.CharField(max_length=60)
    family_name = models.CharField(max_length=120)
    version_number = models.PositiveIntegerField()
    choices = models.JSONField()
    artwork_hash = models.CharField(max_length=64)
    quantity = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    price_lines = models.JSONField()
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    promised_at = models.DateTimeField(null=True, blank=True)
    promise_reason = models.TextField(blank=True)
    promise_option = models.CharField(
        max_length=40, default="standard", help_text="Which of the dates that were offered."
    )
    promise_surcharge = models.DecimalField(
        max_digits=12, decimal_places=2, default=Decimal("0.00"), help_text="For it; inside the total."
    )
    work = models.JSONField(help_text="The work of ONE piece (configurator.engine.manufacturing.Work).")
    proof = models.JSONField(
        default=list, blank=True, help_text="What was approved, a surface each (configurator.approvals)."
    )
    state = models.CharField(max_length=20, choices=LINE_STATES, default=LineState.READY.value)
    state_reason = models.TextField(blank=True)

    objects = LineQuerySet.as_manager()

    class Meta:
        ordering = ["order", "position"]
        indexes = [models.Index(fields=["state", "promised_at", "id"], name="line_queue")]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="line_position_once_an_order"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="line_quantity_in_range"
            ),
            models.CheckConstraint(
                condition=Q(total=F("unit_price") * F("quantity")), name="line_total_is_unit_times_quantity"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in LineState]), name="line_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.position}"


class PromiseHoldQuerySet(OwnedQuerySet):
    def live(self, *, now: datetime) -> Self:
        """Holds that can still be ordered."""
        return self.filter(state=PromiseHold.State.HELD, expires_at__gt=now)

    def counting(self, *, now: datetime) -> Self:
        """Holds of carts that stand in the way of others: a little longer than they can be ordered, so that
        an order that was begun in time is not overtaken while it is written."""
        return self.filter(state=PromiseHold.State.HELD, expires_at__gt=now - PromiseHold.GRACE)


class PromiseHold(Owned):
    """A date that is kept for somebody: what it claims of machines and materials is promised to no one else
    until it expires. Renewed while its cart is looked at; an order makes it the promise of its line."""

    class State(models.TextChoices):
        HELD = "held"
        ORDERED = "ordered"
        RELEASED = "released"  # given back: another date, another quantity, out of the cart

    GRACE = timedelta(minutes=2)

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True, default=partial(new_id, "hld"), editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    design = models.ForeignKey(Design, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    option = models.CharField(max_length=40, default="standard")
    ready_at = models.DateTimeField()
    surcharge = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal("0.00"))
    claim: "models.JSONField[Any, Any]" = models.JSONField(
        default=dict, help_text="Of machines and materials; production knows what it means."
    )
    offers: "models.JSONField[Any, Any]" = models.JSONField(
        default=list, help_text='All dates that were offered: [{"option", "ready_at", "surcharge"}].'
    )
    # What had been said before this hold took the place of an expired one, where that was better.
    was_ready_at = models.DateTimeField(null=True, blank=True)
    was_surcharge = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    cart_line = models.ForeignKey(
        CartLine, null=True, blank=True, on_delete=models.SET_NULL, related_name="holds"
    )
    line = models.OneToOneField(
        Line, null=True, blank=True, on_delete=models.CASCADE, related_name="promise_hold"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = PromiseHoldQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="held"), name="hold_of_a_cart"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["cart_line"], condition=Q(state="held"), name="one_hold_a_cart_line"
            ),
            models.CheckConstraint(
                condition=Q(state="ordered", line__isnull=False)
                | (~Q(state="ordered") & Q(line__isnull=True)),
                name="ordered_hold_has_its_line",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="hold_of_something"),
            models.CheckConstraint(condition=Q(surcharge__gte=0), name="surcharge_not_negative"),
        ]

    def __str__(self) -> str:
        return self.code


class Payment(models.Model):
    class State(models.TextChoices):
        DUE = "due"  # an invoice was written
        PAID = "paid"
        VOID = "void"  # the order was cancelled before it was paid

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "pay"), editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices)
    reference = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reference"], name="payment_reference_once_a_provider"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_not_negative"),
        ]

    def __str__(self) -> str:
        return self.reference


class Shipment(models.Model):
    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "shp"), editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    lines = models.ManyToManyField(Line, related_name="shipments")
    carrier = models.CharField(max_length=80)
    reference = models.CharField(max_length=120, blank=True)
    shipped_at = models.DateTimeField()

    class Meta:
        ordering = ["shipped_at", "id"]

    def __str__(self) -> str:
        return f"{self.carrier} {self.reference}"


class Counter(models.Model):
    """Numbers without gaps: the row is locked until the transaction that took one ends, so a
    rolled-back order gives its number back."""

    name = models.CharField(primary_key=True, max_length=40)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.last}"


class ImportReport(models.Model):
    """One file of orders taken in, row by row."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    filename = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.filename or f"import {self.pk}"

    @property
    def placed(self) -> "list[ImportRow]":
        return [row for row in self.rows.all() if row.order_id is not None]

    @property
    def refused(self) -> "list[ImportRow]":
        return [row for row in self.rows.all() if row.order_id is None]


class ImportRow(models.Model):
    report = models.ForeignKey(ImportReport, on_delete=models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField(help_text="Line of the file; the heading is line 1.")
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="+")
    # [{"code": ..., "where": ..., "message": ...}]
    problems: "models.JSONField[Any, Any]" = models.JSONField(default=list)

    class Meta:
        ordering = ["report", "row"]
        constraints = [
            models.UniqueConstraint(fields=["report", "row"], name="import_row_once_a_report"),
        ]

    def __str__(self) -> str:
        return f"row {self.row}"
