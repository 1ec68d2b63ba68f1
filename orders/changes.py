"""What a shopper or the office may still change on an order."""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from ledger.entries import Draft, record_all
from orders.engine.lifecycle import Action, Availability, LineState, after, allowed, cancellation
from orders.fulfilment import hold_lines, refresh_orders
from orders.models import Line, Order, Payment
from orders.payments import invoice_anew, void_due


class CannotCancel(Exception):
    """Too late, or done already; the text says why."""


class CannotChange(Exception):
    """The line stays as it is; ``reasons`` are all that stands against it."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


def available_actions(*, order: Order, staff: bool) -> tuple[Availability, ...]:
    """What can be done with an order now, each with the reason where it cannot.

    Reads the order's lines and payments (prefetched ones are used).
    """
    states = [LineState(line.state) for line in order.lines.all()]
    actions = [cancellation(states)]
    if staff:
        actions += [_shipping(states), _paying(order)]
    return tuple(actions)


def cancel(*, order: Order, reason: str, actor: str, now: datetime) -> Order:
    """Cancel a whole order; invoices not paid yet become void. Raises ``CannotCancel``."""
    with transaction.atomic():
        lines = hold_lines(order.lines.values_list("pk", flat=True))
        verdict = cancellation(LineState(line.state) for line in lines)
        if not verdict.allowed:
            raise CannotCancel(verdict.reason)
        living = [line for line in lines if line.state != LineState.CANCELLED]
        stream = f"order:{order.id}"
        drafts = []
        for line in living:
            before = LineState(line.state)
            line.state, line.state_reason = after(before, Action.CANCEL).value, reason
            drafts.append(Draft(stream, "line.cancelled", {"line": line.id, "from": before.value}))
        Line.objects.bulk_update(living, ["state", "state_reason"])
        void_due(order=order)
        refresh_orders([order.id])
        record_all([*drafts, Draft(stream, "order.cancelled", {})], actor=actor, now=now)
    order.refresh_from_db()
    return order


def order_fewer(*, line: Line, quantity: int, reason: str, actor: str, now: datetime) -> Line:
    """Fewer pieces of a line, at the price that was agreed for each; with 0 the line is cancelled and the
    order goes on without it. The invoice that is due becomes void, a new one takes its place. More pieces
    are an order of their own: they have their own date. Raises ``CannotChange``."""
    with transaction.atomic():
        (held,) = hold_lines([line.pk])
        order = Order.objects.get(pk=held.order_id)
        if reasons := _against_fewer(held, order, quantity, reason):
            raise CannotChange(reasons)
        before = held.quantity
        changed = {"line": held.pk, "from": before, "to": quantity, "reason": reason}
        drafts = [Draft(f"order:{order.pk}", "line.changed", changed)]
        if quantity:
            held.quantity, held.total = quantity, held.unit_price * quantity
        else:
            source = LineState(held.state)
            held.state, held.state_reason = after(source, Action.CANCEL).value, reason
            told = {"line": held.pk, "from": source.value}
            drafts = [Draft(f"order:{order.pk}", "line.cancelled", told)]
        held.save(update_fields=["quantity", "total", "state", "state_reason"])
        living = order.lines.exclude(state=LineState.CANCELLED)
        order.total = living.aggregate(total=Sum("total"))["total"]
        order.save(update_fields=["total"])
        invoice_anew(order=order, now=now)
        refresh_orders([order.pk])
        record_all(drafts, actor=actor, now=now)
    return held


def _against_fewer(line: Line, order: Order, quantity: int, reason: str) -> list[str]:
    reasons = []
    verdict = allowed(LineState(line.state), Action.CANCEL)
    if not verdict.allowed:
        reasons.append(verdict.reason)
    if not 0 <= quantity < line.quantity:
        reasons.append(
            f"The line is of {line.quantity}: it can become fewer, down to 0. More are an order of their own."
        )
    others = order.lines.exclude(pk=line.pk).exclude(state=LineState.CANCELLED)
    if quantity == 0 and verdict.allowed and not others.exists():
        reasons.append("It is all that is left of the order: cancel the order.")
    if order.payments.filter(state=Payment.State.PAID).exists():
        reasons.append("The order is paid: pay it back first, and cancel the order.")
    if not reason.strip():
        reasons.append("Say why: the customer will ask.")
    return reasons


def _shipping(states: list[LineState]) -> Availability:
    living = [state for state in states if state is not LineState.CANCELLED]
    if any(allowed(state, Action.SHIP).allowed for state in living):
        return Availability("ship", True, "")
    return Availability("ship", False, "No line is made and waiting to be shipped.")


def _paying(order: Order) -> Availability:
    if any(payment.state == Payment.State.DUE for payment in order.payments.all()):
        return Availability("mark_paid", True, "")
    return Availability("mark_paid", False, "No invoice of this order is due.")
