"""The pages of cart, checkout and orders."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from configurator import designs
from configurator.answers import labels
from configurator.catalogue import spec_of
from configurator.forms import read_quantity
from configurator.models import Design, Version
from configurator.proofs import design_picture
from configurator.views import (
    Visitor,
    configuration_of,
    configuration_page,
    take_post,
    visitor_of,
)
from ledger.models import Entry
from orders import cart as carts
from orders import changes, checkout
from orders.engine.lifecycle import LineState, OrderState
from orders.forms import COUNTRIES, CustomerForm
from orders.limits import line_refusal, order_refusal
from orders.models import MAX_QUANTITY, Cart, CartLine, Line, Order

PAGE_SIZE = 20
SUMMARY = 12  # choices named in a line's summary
EDITED = "edited_lines"  # session: configuration id -> cart line that it was opened from
PLACED = "just_placed"  # session: the order that this visitor placed a moment ago


def _cart(visitor: Visitor) -> Cart | None:
    return carts.cart_of(user=visitor.user, session_key=visitor.session_key)


# --- cart -------------------------------------------------------------------------------------------------


@never_cache
@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    """What is in the cart, at present prices and dates."""
    found = _cart(visitor_of(request))
    return render(request, "orders/cart.html", _cart_context(found) | {"most": settings.MAX_PIECES_A_LINE})


def _cart_context(found: Cart | None) -> dict[str, Any]:
    now = timezone.now()
    quoted = carts.quoted(cart=found, now=now) if found is not None else None
    if found is None or quoted is None or not quoted.lines:
        return {"lines": [], "pieces": 0, "blocked": False}
    sellable = _sellable(quoted.lines)
    lines = [_cart_line(each, each.line.design.version_id in sellable) for each in quoted.lines]
    dates = [line["ready_at"] for line in lines]
    pieces = sum(line["quantity"] for line in lines)
    return {
        "cart": found,
        "lines": lines,
        "pieces": pieces,
        "total": quoted.total,
        "currency": quoted.currency,
        "ready_at": max(dates) if all(dates) else None,
        "problem": order_refusal(pieces),
        "blocked": bool(order_refusal(pieces)) or any(line["problem"] for line in lines),
    }


def _sellable(lines: Iterable[carts.QuotedLine]) -> set[int]:
    wanted = {each.line.design.version_id for each in lines}
    return set(Version.objects.sellable().filter(pk__in=wanted).values_list("pk", flat=True))


def _cart_line(quoted: carts.QuotedLine, sellable: bool) -> dict[str, Any]:
    line, quote = quoted.line, quoted.quote
    return {
        "id": line.pk,
        "design": line.design,
        "family": line.design.version.family,
        "quantity": line.quantity,
        "picture": design_picture(line.design, width=320),
        "proof": design_picture(line.design, width=640),
        "summary": summary(line.design),
        "texts": texts(line.design),
        "price": quote.price,
        "ready_at": quote.promise.ready_at,
        "token": quote.token,
        "problem": _line_problem(quoted, sellable),
    }


def _line_problem(quoted: carts.QuotedLine, sellable: bool) -> str:
    """Why this line cannot be checked out, as the checkout would say it."""
    if not sellable:
        return "This version is no longer made. Edit the design to go on with today's."
    return line_refusal(quoted.line.quantity) or quoted.quote.promise.refusal


def summary(design: Design) -> str:
    """A design's choices in one line, numbers with their names; the texts are shown apart."""
    options = spec_of(design.version).option_by_code
    told = [
        f"{label['option']} {label['value']}" if options[label["code"]].kind == "integer" else label["value"]
        for label in labels(design)
        if options[label["code"]].kind != "text"
    ]
    rest = len(told) - SUMMARY
    return ", ".join(told[:SUMMARY]) + (f" and {rest} more" if rest > 0 else "")


def texts(design: Design) -> list[dict[str, str]]:
    """The words on a design, to be read once more before they are burnt in."""
    kinds = spec_of(design.version).option_by_code
    return [
        {"name": label["option"], "value": label["value"]}
        for label in labels(design)
        if kinds[label["code"]].kind == "text"
    ]


@require_POST
def cart_add(request: HttpRequest) -> HttpResponse:
    """Freeze the posted design (or take a finished one) and put it in the cart."""
    visitor, now = visitor_of(request), timezone.now()
    quantity = read_quantity(request.POST.get("quantity"), most=MAX_QUANTITY)
    if "design" in request.POST:
        open_to = Design.objects.readable_by(user=request.user, session_key=visitor.session_key)
        design = get_object_or_404(open_to.select_related("version__family"), pk=request.POST["design"])
        back = reverse("design", args=[design.pk])
    else:
        held = configuration_of(request, request.POST.get("configuration", ""))
        outcome = take_post(request, held)
        if not outcome.taken:
            return configuration_page(request, held, outcome=outcome)
        back = reverse("configuration", args=[held.version.family_id, held.pk])
        try:
            design = designs.freeze(configuration=held, actor=visitor.actor, now=now)
        except designs.Incomplete as refusal:
            named = spec_of(held.version).option_by_code
            missing = ", ".join(named[code].name for code in refusal.missing[:SUMMARY])
            messages.error(request, f"Before it can go in the cart, choose: {missing}.")
            return HttpResponseRedirect(f"{back}#option-{refusal.missing[0]}")
        except designs.NotMakeable as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(back)
        _forget_edited(request, held.pk, design, visitor)
    basket = carts.open_cart(owner=visitor.user, session_key=visitor.session_key, now=now)
    try:
        carts.add(cart=basket, design=design, quantity=quantity, now=now)
    except (carts.QuantityRefused, carts.CartFull) as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(back)
    messages.success(request, f"{design.version.family.name} is in your cart.")
    return redirect("cart")


def _forget_edited(request: HttpRequest, configuration: str, design: Design, visitor: Visitor) -> None:
    """A design that was opened from the cart takes the place of the line that it came from."""
    edited = request.session.get(EDITED, {})
    line_id = edited.pop(configuration, None)
    basket = _cart(visitor)
    if line_id is None or basket is None:
        return
    request.session[EDITED] = edited
    try:
        carts.remove(cart=basket, line_id=line_id)
    except carts.NotInCart:
        return  # taken out meanwhile: nothing to replace


@require_POST
def cart_change(request: HttpRequest) -> HttpResponse:
    """Another quantity, out with a line, or open its design again."""
    visitor = visitor_of(request)
    basket = _cart(visitor)
    try:
        line_id = int(request.POST.get("line", ""))
    except ValueError as fault:
        raise Http404("There is no such line.") from fault
    if basket is None:
        raise Http404("There is no cart.")
    pressed = request.POST.get("do")
    if pressed == "edit":
        return _edit(request, basket, line_id, visitor)
    try:
        if pressed == "remove":
            carts.remove(cart=basket, line_id=line_id)
        else:
            quantity = read_quantity(request.POST.get("quantity"), most=MAX_QUANTITY)
            carts.change_quantity(cart=basket, line_id=line_id, quantity=quantity)
    except (carts.NotInCart, carts.QuantityRefused) as refusal:
        messages.error(request, str(refusal))
    return redirect("cart")


def _edit(request: HttpRequest, basket: Cart, line_id: int, visitor: Visitor) -> HttpResponse:
    lines: Any = CartLine.objects.select_related("design__version__family")
    line: CartLine = get_object_or_404(lines, pk=line_id, cart=basket)
    try:
        copy = designs.reopen(
            design=line.design, owner=visitor.user, session_key=visitor.session_key, now=timezone.now()
        )
    except designs.NotOnSale as refusal:
        messages.error(request, str(refusal))
        return redirect("cart")
    request.session[EDITED] = {**request.session.get(EDITED, {}), copy.pk: line.pk}
    address = reverse("configuration", args=[copy.version.family_id, copy.pk])
    return HttpResponseRedirect(f"{address}?quantity={line.quantity}")


# --- checkout ---------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout_page(request: HttpRequest) -> HttpResponse:
    """Address, proofs, price and promise once more; a post places the order."""
    visitor = visitor_of(request)
    basket = _cart(visitor)
    if basket is None:
        return redirect("cart")
    if request.method == "POST":
        return _place(request, basket, visitor)
    return _checkout_form(
        request, basket, CustomerForm(initial=_known(visitor)), key=secrets.token_urlsafe(18)
    )


def _known(visitor: Visitor) -> dict[str, str]:
    """The address of the account's last order, to start from."""
    if visitor.user is None:
        return {}
    last = Order.objects.filter(owner=visitor.user).select_related("customer").first()
    if last is None:
        return {"email": getattr(visitor.user, "email", "")}
    fields = CustomerForm.base_fields
    return {name: getattr(last.customer, name) for name in fields}


def _checkout_form(
    request: HttpRequest,
    basket: Cart,
    form: CustomerForm,
    *,
    key: str,
    problems: Sequence[str] = (),
    unread: bool = False,
) -> HttpResponse:
    context = _cart_context(basket)
    if not context["lines"] or context["blocked"]:
        return redirect("cart")
    for name, shown in form.fields.items():
        if form.errors.get(name):
            shown.widget.attrs["aria-invalid"] = "true"
    refused = bool(problems) or unread or bool(form.errors)
    context |= {
        "form": form,
        "key": key,
        "problems": problems,
        "unread": unread,
        "read": request.POST.get("read") == "1",
    }
    return render(request, "orders/checkout.html", context, status=422 if refused else 200)


def _place(request: HttpRequest, basket: Cart, visitor: Visitor) -> HttpResponse:
    form, key = CustomerForm(request.POST), request.POST.get("key", "")
    unread = request.POST.get("read") != "1"
    if not form.is_valid() or unread:
        told = [f"{form.fields[name].label}: {errors[0]}" for name, errors in form.errors.items()]
        told += ["Tick the box that you have checked your designs."] if unread else []
        return _checkout_form(request, basket, form, key=key, problems=told, unread=unread)
    prefix = "quote-"
    tokens = {
        name[len(prefix) :]: str(value) for name, value in request.POST.items() if name.startswith(prefix)
    }
    try:
        order = checkout.place(
            cart=basket,
            customer=form.customer(),
            quotes=tokens,
            idempotency_key=key,
            owner=visitor.user,
            session_key=visitor.session_key,
            actor=visitor.actor,
            now=timezone.now(),
        )
    except checkout.CheckoutRefused as refusal:
        for problem in refusal.problems:
            if problem.where in form.fields:
                form.add_error(problem.where, problem.message)
        told = [problem.message for problem in refusal.problems]
        if all(problem.code == "empty" for problem in refusal.problems):
            messages.error(request, told[0])
        return _checkout_form(request, basket, form, key=key, problems=told)
    except checkout.SubmitKeyReused:
        messages.error(request, "That form has placed an order already. This is a fresh one.")
        return redirect("checkout")
    request.session[PLACED] = order.pk
    return HttpResponseRedirect(order_address(order))


def order_address(order: Order) -> str:
    """Where an order is seen; a guest's address carries the key that opens it in any browser."""
    address = reverse("order", args=[order.pk])
    return address if order.owner_id else f"{address}?key={order.access_token}"


# --- orders -----------------------------------------------------------------------------------------------

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
    lines = list(order.lines.all())
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
