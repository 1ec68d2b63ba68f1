"""How an order is paid: one plug, and the provider that needs no other company.

No card numbers pass through here. A provider that takes money online records what it was
told, in the same shape.
"""

from datetime import datetime
from decimal import Decimal
from typing import Protocol

from django.db import transaction

from ledger.entries import record
from orders.models import Order, Payment
from orders.numbering import next_number


class PaymentProvider(Protocol):
    """Asked once for each order, inside the transaction that places it: it must not call out."""

    code: str

    def collect(self, *, order: Order, amount: Decimal, currency: str, now: datetime) -> Payment: ...


class InvoiceProvider:
    """Pay later: writes an invoice with the next number of the year."""

    code = "invoice"

    def collect(self, *, order: Order, amount: Decimal, currency: str, now: datetime) -> Payment:
        return Payment.objects.create(
            order=order,
            provider=self.code,
            amount=amount,
            currency=currency,
            state=Payment.State.DUE,
            reference=next_number(series="R", now=now),
            recorded_at=now,
        )


PROVIDERS: dict[str, PaymentProvider] = {InvoiceProvider.code: InvoiceProvider()}


class PaymentRefused(Exception):
    """The payment is not due (any more)."""


def mark_paid(*, payment: Payment, actor: str, now: datetime) -> Payment:
    """Note that the money has come. Paying twice is refused. Raises ``PaymentRefused``."""
    with transaction.atomic():
        held = Payment.objects.select_for_update().get(pk=payment.pk)
        if held.state != Payment.State.DUE:
            raise PaymentRefused(f"{held.reference} is {held.state}, not due.")
        held.state = payment.state = Payment.State.PAID
        held.save(update_fields=["state"])
        record(
            stream=f"order:{held.order_id}",
            kind="payment.received",
            actor=actor,
            data={"payment": held.id, "amount": held.amount, "currency": held.currency},
            now=now,
        )
    return held


def void_due(*, order: Order) -> None:
    """Cancel the invoices of an order that nobody has paid yet (inside the cancelling transaction)."""
    order.payments.filter(state=Payment.State.DUE).update(state=Payment.State.VOID)


def invoice_anew(*, order: Order, now: datetime) -> None:
    """Invoices that are due become void, and one over the order's total as it is now takes their place
    (inside the transaction that changes the order)."""
    due = list(order.payments.filter(state=Payment.State.DUE))
    void_due(order=order)
    provider = PROVIDERS[due[-1].provider if due else InvoiceProvider.code]
    provider.collect(order=order, amount=order.total, currency=order.currency, now=now)
