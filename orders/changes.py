"""What a shopper or the office may still change on an order."""

from datetime import datetime

from django.db import transaction

from ledger.entries import Draft, record_all
from orders.engine.lifecycle import Action, Availability, LineState, after, allowed, cancellation
from orders.fulfilment import hold_lines, refresh_orders
from orders.models import Line, Order, Payment
from orders.payments import void_due


class CannotCancel(Exception):
    """Too late, or done already; the text says why."""


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


def _shipping(states: list[LineState]) -> Availability:
    living = [state for state in states if state is not LineState.CANCELLED]
    if any(allowed(state, Action.SHIP).allowed for state in living):
        return Availability("ship", True, "")
    return Availability("ship", False, "No line is made and waiting to be shipped.")


def _paying(order: Order) -> Availability:
    if any(payment.state == Payment.State.DUE for payment in order.payments.all()):
        return Availability("mark_paid", True, "")
    return Availability("mark_paid", False, "No invoice of this order is due.")
