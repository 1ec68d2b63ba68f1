"""A visitor's own orders, with every step of every line."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from configurator.proofs import design_picture
from configurator.views.visitors import Visitor, visitor_of
from ledger.models import Entry
from orders import changes
from orders.engine.lifecycle import LineState, OrderState
from orders.forms import COUNTRIES
from orders.models import Line, Order
from orders.views.wording import summary, texts

PAGE_SIZE = 20
PLACED = "just_placed"  # session: the order that this visitor placed a moment ago


def order_address(order: Order) -> str:
    """Where an order is seen; a guest's address carries the key that opens it in any browser."""
    address = reverse("order", args=[order.pk])
    return address if order.owner_id else f"{address}?key={order.access_token}"


STATES = {
    OrderState.PLACED: ("Placed", "badge-info", "We have your order"),
    OrderState.IN_PRODUCTION: ("In the workshop", "badge-info", "It is being made"),
    OrderState.MADE: ("Made", "badge-ok", "It is made and waits for the parcel service"),
    OrderState.PARTLY_SHIPPED: ("Partly shipped", "badge-ok", "A part of it is on its way"),
    OrderState.SHIPPED: ("Shipped", "badge-ok", "It is on its way"),
    OrderState.CANCELLED: ("Cancelled", "badge-bad", "This order is cancelled"),
}
STEPS = (
    (LineState.READY, "Placed"),
    (LineState.PLANNED, "Planned"),
    (LineState.RELEASED, "Released"),
    (LineState.MADE, "Made"),
    (LineState.SHIPPED, "Shipped"),
)
REACHED = [LineState.READY, LineState.PLANNED, LineState.RELEASED, LineState.IN_PRODUCTION, LineState.MADE]
REACHED += [LineState.SHIPPED]
# What a shopper can do, by code: the name, what is asked before, and the button that does it.
ACTIONS = {
    "cancel": (
        "Cancel the order",
        "Everything in this order is cancelled. Nothing is owed.",
        "Yes, cancel it",
    )
}


@never_cache
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """The visitor's own orders, newest first (a constant number of queries)."""
    visitor = visitor_of(request)
    own = (
        Order.objects.filter(owner=visitor.user)
        if visitor.user is not None
        else Order.objects.visible_to(user=None, session_key=visitor.session_key)
    )
    page = Paginator(own.with_lines(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request, "orders/orders.html", {"orders": [_order_row(each) for each in page], "page": page}
    )


def _order_row(order: Order) -> dict[str, Any]:
    lines = [line for line in order.lines.all() if line.state != LineState.CANCELLED] or list(
        order.lines.all()
    )
    name, badge, _ = STATES[OrderState(order.state)]
    dates = [line.promised_at for line in lines if line.promised_at is not None]
    return {
        "url": order_address(order),
        "number": order.number,
        "total": order.total,
        "currency": order.currency,
        "contents": ", ".join(f"{line.quantity} × {line.family_name}" for line in lines),
        "picture": design_picture(lines[0].design, width=320) if lines else "",
        "state_name": name,
        "badge": badge,
        "placed_at": order.placed_at,
        "promised_at": max(dates) if dates else None,
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def order(request: HttpRequest, pk: str) -> HttpResponse:
    """One order with every step of every line, and what can still be done."""
    visitor = visitor_of(request)
    token = request.GET.get("key", "")
    mine = Order.objects.visible_to(user=request.user, session_key=visitor.session_key)
    open_to = (mine | Order.objects.opened_by(token)) if token else mine
    held: Order = get_object_or_404(open_to.with_lines(), pk=pk)
    if request.method == "POST":
        return _act(request, held, visitor)
    name, badge, headline = STATES[OrderState(held.state)]
    moments = _moments(held)
    return render(
        request,
        "orders/order.html",
        {
            "order": held,
            "state_name": name,
            "badge": badge,
            "headline": headline,
            "lines": [_order_line(line, held, moments) for line in held.lines.all()],
            "payments": held.payments.all(),
            "shipments": held.shipments.all(),
            "actions": _shown_actions(held),
            "country": dict(COUNTRIES).get(held.customer.country, held.customer.country),
            "fresh": request.session.pop(PLACED, None) == held.pk,
        },
    )


def _shown_actions(order: Order) -> list[dict[str, Any]]:
    shown = []
    for each in changes.available_actions(order=order, staff=False):
        if each.code in ACTIONS:
            name, question, answer = ACTIONS[each.code]
            about = {"code": each.code, "allowed": each.allowed, "reason": each.reason}
            shown.append({**about, "name": name, "question": question, "answer": answer})
    return shown


def _moments(order: Order) -> dict[tuple[str, str], datetime]:
    """When each line last came into each state, from the ledger (one query)."""
    entries = Entry.objects.filter(stream=f"order:{order.pk}", kind__startswith="line.").order_by("sequence")
    return {(entry.data.get("line", ""), entry.kind.removeprefix("line.")): entry.at for entry in entries}


def _order_line(line: Line, order: Order, moments: dict[tuple[str, str], datetime]) -> dict[str, Any]:
    return {
        "design_id": line.design_id,
        "family_name": line.family_name,
        "quantity": line.quantity,
        "total": line.total,
        "currency": line.currency,
        "picture": design_picture(line.design, width=320),
        "summary": summary(line.design),
        "texts": texts(line.design),
        "promised_at": line.promised_at,
        "promise_surcharge": line.promise_surcharge,
        "state_reason": line.state_reason,
        "cancelled": line.state == LineState.CANCELLED,
        "steps": _steps(line, order, moments),
    }


def _steps(line: Line, order: Order, moments: dict[tuple[str, str], datetime]) -> list[dict[str, Any]]:
    """The five steps of a line: done, now (the last one reached), or still to come."""
    state = LineState(line.state)
    if state is LineState.CANCELLED:
        return []
    at = REACHED.index(state)
    reached = [step for step, _ in STEPS if REACHED.index(step) <= at]
    shown = []
    for step, name in STEPS:
        css = "now" if step is reached[-1] else "done" if step in reached else ""
        if step is LineState.RELEASED and state is LineState.IN_PRODUCTION:
            name = "In the workshop"
        moment = order.placed_at if step is LineState.READY else moments.get((line.pk, step.value))
        shown.append({"name": name, "css": css, "at": moment if css else None})
    return shown


def _act(request: HttpRequest, held: Order, visitor: Visitor) -> HttpResponse:
    if request.POST.get("do") != "cancel":
        raise Http404("There is no such action.")
    try:
        changes.cancel(
            order=held, reason="Cancelled by the customer.", actor=visitor.actor, now=timezone.now()
        )
        messages.success(request, f"Order {held.number} is cancelled. Nothing is owed.")
    except changes.CannotCancel as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(request.get_full_path())
