"""The cart: what is in it, at present prices and dates."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from configurator import designs, freezing
from configurator.catalogue import spec_of
from configurator.engine.choices import ChoiceError
from configurator.forms import read_quantity
from configurator.models import Configuration, Design, Version
from configurator.promise import STANDARD, option_name
from configurator.proofs import design_picture
from configurator.views.findings import read_mend
from configurator.views.making import configuration_of, configuration_page, take_post
from configurator.views.visitors import Visitor, visitor_of
from orders import cart as carts
from orders import holds
from orders.limits import line_refusal, order_refusal, price_refusal
from orders.models import MAX_QUANTITY, Cart, CartLine
from orders.views.wording import SUMMARY, summary, texts

EDITED = "edited_lines"  # session: configuration id -> cart line that it was opened from


def own_cart(visitor: Visitor) -> Cart | None:
    return carts.cart_of(user=visitor.user, session_key=visitor.session_key)


@never_cache
@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    """What is in the cart, at present prices and dates."""
    found = own_cart(visitor_of(request))
    return render(request, "orders/cart.html", cart_context(found) | {"most": settings.MAX_PIECES_A_LINE})


def cart_context(found: Cart | None) -> dict[str, Any]:
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
        "option": option_name(quote.promise.option) if quote.promise.option != STANDARD else "",
        "surcharge": quote.promise.surcharge,
        "hold": quoted.hold,
        "dates": _dates(quoted),
        "token": quote.token,
        "problem": _line_problem(quoted, sellable),
    }


def _dates(quoted: carts.QuotedLine) -> list[dict[str, Any]]:
    """The dates to choose from, where there are several."""
    if quoted.hold is None or len(quoted.hold.offers) < 2:
        return []
    return [
        {
            "option": each["option"],
            "name": option_name(each["option"]),
            "ready_at": datetime.fromisoformat(each["ready_at"]),
            "surcharge": Decimal(each["surcharge"]),
            "chosen": each["option"] == quoted.hold.option,
        }
        for each in quoted.hold.offers
    ]


def _line_problem(quoted: carts.QuotedLine, sellable: bool) -> str:
    """Why this line cannot be checked out, as the checkout would say it."""
    if not sellable:
        return "This version is no longer made. Edit the design to go on with today's."
    unpriced = price_refusal(spec_of(quoted.line.design.version))
    return unpriced or line_refusal(quoted.line.quantity) or quoted.quote.promise.refusal


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
            design = freezing.freeze(configuration=held, actor=visitor.actor, now=now)
        except designs.Incomplete as refusal:
            named = spec_of(held.version).option_by_code
            missing = ", ".join(named[code].name for code in refusal.missing[:SUMMARY])
            messages.error(request, f"Before it can go in the cart, choose: {missing}.")
            return HttpResponseRedirect(f"{back}#option-{refusal.missing[0]}")
        except (designs.Refused, freezing.NotMakeable) as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(back)
        _forget_edited(request, held.pk, design, visitor)
    basket = carts.open_cart(owner=visitor.user, session_key=visitor.session_key, now=now)
    option = request.POST.get("sooner", STANDARD)
    try:
        line = carts.add(cart=basket, design=design, quantity=quantity, now=now, option=option)
    except (carts.QuantityRefused, carts.NotForSale, carts.CartFull) as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(back)
    messages.success(request, f"{design.version.family.name} is in your cart.")
    if option != STANDARD and not line.holds.filter(state="held", option=option).exists():
        messages.warning(request, str(holds.DateGone()))
    return redirect("cart")


def _forget_edited(request: HttpRequest, configuration: str, design: Design, visitor: Visitor) -> None:
    """A design that was opened from the cart takes the place of the line that it came from."""
    edited = request.session.get(EDITED, {})
    line_id = edited.pop(configuration, None)
    basket = own_cart(visitor)
    if line_id is None or basket is None:
        return
    request.session[EDITED] = edited
    try:
        carts.remove(cart=basket, line_id=line_id)
    except carts.NotInCart:
        return  # taken out meanwhile: nothing to replace


@require_POST
def cart_change(request: HttpRequest) -> HttpResponse:
    """Another quantity, out with a line, open its design again, or mend it (``mend``: the line and the
    choices of a repair, as the proof offers it)."""
    visitor = visitor_of(request)
    basket = own_cart(visitor)
    mended, _, changes = request.POST.get("mend", "").partition(":")
    try:
        line_id = int(mended or request.POST.get("line", ""))
    except ValueError as fault:
        raise Http404("There is no such line.") from fault
    if basket is None:
        raise Http404("There is no cart.")
    if mended:
        return _mend(request, basket, line_id, changes, visitor)
    pressed = request.POST.get("do")
    if pressed == "edit":
        return _edit(request, basket, line_id, visitor)
    try:
        if pressed == "remove":
            carts.remove(cart=basket, line_id=line_id)
        elif pressed == "date":
            option = request.POST.get("sooner", STANDARD)
            carts.choose_date(cart=basket, line_id=line_id, option=option, now=timezone.now())
        else:
            quantity = read_quantity(request.POST.get("quantity"), most=MAX_QUANTITY)
            carts.change_quantity(cart=basket, line_id=line_id, quantity=quantity)
    except (carts.NotInCart, carts.QuantityRefused, holds.DateGone) as refusal:
        messages.error(request, str(refusal))
    return redirect("cart")


def _edit(request: HttpRequest, basket: Cart, line_id: int, visitor: Visitor) -> HttpResponse:
    lines: Any = CartLine.objects.select_related("design__version__family")
    line: CartLine = get_object_or_404(lines, pk=line_id, cart=basket)
    try:
        copy = _reopened(line, visitor)
    except designs.NotOnSale as refusal:
        messages.error(request, str(refusal))
        return redirect("cart")
    return _opened(request, copy, line)


def _mend(
    request: HttpRequest, basket: Cart, line_id: int, text: str, visitor: Visitor
) -> HttpResponseRedirect:
    """The line's design with a repair, in its place, and its proof again; where that is not all that it
    needs, the design is opened."""
    lines: Any = CartLine.objects.select_related("design__version__family")
    line: CartLine = get_object_or_404(lines, pk=line_id, cart=basket)
    now = timezone.now()
    try:
        changes = read_mend(text)
    except ValueError as fault:
        raise Http404("There is no such repair.") from fault
    try:
        copy = _reopened(line, visitor)
    except designs.NotOnSale as refusal:
        messages.error(request, str(refusal))
        return redirect("cart")
    try:
        designs.choose(configuration=copy, changes=changes, actor=visitor.actor, now=now)
        design = freezing.freeze(configuration=copy, actor=visitor.actor, now=now)
        carts.exchange(cart=basket, line_id=line.pk, design=design, now=now)
    except (designs.Refused, freezing.NotMakeable, designs.Incomplete, ChoiceError) as refusal:
        messages.error(request, str(refusal))
        return _opened(request, copy, line)
    except (carts.NotInCart, carts.QuantityRefused, carts.NotForSale) as refusal:
        messages.error(request, str(refusal))
        return redirect("cart")
    messages.success(request, f"{line.design.version.family.name} is changed: look at its proof again.")
    return redirect("checkout")


def _reopened(line: CartLine, visitor: Visitor) -> Configuration:
    return freezing.reopen(
        design=line.design, owner=visitor.user, session_key=visitor.session_key, now=timezone.now()
    )


def _opened(request: HttpRequest, copy: Configuration, line: CartLine) -> HttpResponseRedirect:
    """The page of a copy of a line's design; put in the cart, it takes the line's place."""
    request.session[EDITED] = {**request.session.get(EDITED, {}), copy.pk: line.pk}
    address = reverse("configuration", args=[copy.version.family_id, copy.pk])
    return HttpResponseRedirect(f"{address}?quantity={line.quantity}")
