"""The end of an order: it is shipped, and paid."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from orders import fulfilment, payments
from orders.changes import CannotChange, available_actions
from orders.models import Line, Order, Payment
from production import events
from production.forms import Fewer, Parcel, mistakes
from production.views.access import PLANNER, actor, is_in, staff_only


def dispatch_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    """What the order's page shows of it. ``order`` comes with its lines, payments and shipments."""
    actions = {each.code: each for each in available_actions(order=order, staff=True)}
    made = set(fulfilment.made_lines(order))
    return {
        "to_ship": [line for line in order.lines.all() if line.pk in made],
        "shipping": actions["ship"],
        "paying": actions["mark_paid"],
        "shipments": [
            (each, sorted(line.position for line in each.lines.all())) for each in order.shipments.all()
        ],
        "payments": order.payments.all(),
        "may_dispatch": is_in(request, PLANNER),
    }


@staff_only(PLANNER)
@require_POST
def ship(request: HttpRequest, pk: str) -> HttpResponse:
    """Send the marked lines away in one parcel."""
    order = get_object_or_404(Order, pk=pk)
    form = Parcel(request.POST, choices=[(line.pk, line.pk) for line in order.lines.all()])
    if not form.is_valid():
        messages.error(request, mistakes(form))
        return redirect("staff-order", pk=pk)
    wanted = form.cleaned_data
    try:
        fulfilment.ship(
            order=order,
            line_ids=wanted["lines"],
            carrier=wanted["carrier"],
            reference=wanted["reference"],
            actor=actor(request),
            now=timezone.now(),
        )
    except fulfilment.MoveRefused as refusal:
        messages.error(request, " ".join(dict.fromkeys(problem.message for problem in refusal.problems)))
    else:
        messages.success(request, f"Shipped with {wanted['carrier']}.")
    return redirect("staff-order", pk=pk)


@staff_only(PLANNER)
@require_POST
def paid(request: HttpRequest, pk: str) -> HttpResponse:
    """Note that the money of an invoice has come."""
    payment = get_object_or_404(Payment, pk=pk)
    try:
        payments.mark_paid(payment=payment, actor=actor(request), now=timezone.now())
    except payments.PaymentRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Invoice {payment.reference} is paid.")
    return redirect("staff-order", pk=payment.order_id)


@staff_only(PLANNER)
@require_POST
def fewer(request: HttpRequest, pk: str) -> HttpResponse:
    """Fewer pieces of a line that is not released yet."""
    line = get_object_or_404(Line, pk=pk)
    form = Fewer(request.POST)
    if not form.is_valid():
        messages.error(request, mistakes(form))
        return redirect("staff-order", pk=line.order_id)
    try:
        event = events.fewer(line=line, **form.cleaned_data, actor=actor(request), now=timezone.now())
    except CannotChange as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{event.text}. A new invoice takes the place of the old one.")
    return redirect("staff-order", pk=line.order_id)
