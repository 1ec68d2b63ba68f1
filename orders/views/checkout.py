"""Address, proofs, price and promise once more; then the order."""

import secrets
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from configurator.approvals import proof_of
from configurator.catalogue import spec_of
from configurator.proofs import other_views
from configurator.views.findings import shown_findings
from configurator.views.visitors import Visitor, visitor_of
from orders import checkout
from orders.forms import CustomerForm
from orders.models import Cart, Order
from orders.views.cart import cart_context, own_cart
from orders.views.orders import PLACED, order_address


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout_page(request: HttpRequest) -> HttpResponse:
    """Address, proofs, price and promise once more; a post places the order."""
    visitor = visitor_of(request)
    basket = own_cart(visitor)
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
    context = cart_context(basket)
    if not context["lines"] or context["blocked"]:
        return redirect("cart")
    for name, shown in form.fields.items():
        if form.errors.get(name):
            shown.widget.attrs["aria-invalid"] = "true"
    refused = bool(problems) or unread or bool(form.errors)
    for line in context["lines"]:
        line["approval"] = approval = proof_of(line["design"])
        line["views"] = other_views(line["design"])
        line["findings"] = shown_findings(spec_of(line["design"].version), approval.findings_json)
    context |= {
        "form": form,
        "key": key,
        "problems": problems,
        "unread": unread,
        "read": request.POST.get("read") == "1",
        "unmakeable": any(line["approval"].refusals for line in context["lines"]),
    }
    return render(request, "orders/checkout.html", context, status=422 if refused else 200)


def _place(request: HttpRequest, basket: Cart, visitor: Visitor) -> HttpResponse:
    form, key = CustomerForm(request.POST), request.POST.get("key", "")
    unread = request.POST.get("read") != "1"
    if not form.is_valid() or unread:
        told = [f"{form.fields[name].label}: {errors[0]}" for name, errors in form.errors.items()]
        told += ["Tick the box that you have checked your designs."] if unread else []
        return _checkout_form(request, basket, form, key=key, problems=told, unread=unread)
    tokens, proofs = _sent(request, "quote-"), _sent(request, "proof-")
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
            proofs=proofs,
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


def _sent(request: HttpRequest, prefix: str) -> dict[str, str]:
    """What the form says of each design, by its id."""
    return {
        name[len(prefix) :]: str(value) for name, value in request.POST.items() if name.startswith(prefix)
    }
