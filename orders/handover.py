"""A guest's cart and orders go to the account that logs in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import F
from django.dispatch import receiver
from django.http import HttpRequest

from configurator.visibility import GUEST_KEY
from orders.models import Cart, Order, PromiseHold


def hand_over(*, session_key: str, user: User) -> None:
    """Give a guest's carts and orders to ``user``. The lines of a guest's cart join the account's
    newest cart, so that nobody has to look for them in two places."""
    with transaction.atomic():
        theirs = Cart.objects.filter(owner=user).select_for_update().first()
        if theirs is not None:
            for cart in Cart.objects.filter(owner=None, session_key=session_key).select_for_update():
                _pour(cart, into=theirs)
        Cart.objects.hand_over(session_key=session_key, user=user)
        Order.objects.hand_over(session_key=session_key, user=user)
        PromiseHold.objects.hand_over(session_key=session_key, user=user)


def _pour(cart: Cart, *, into: Cart) -> None:
    present = {line.design_id: line for line in into.lines.all()}
    for line in cart.lines.all():
        twin = present.get(line.design_id)
        if twin is None:
            line.cart = into
            line.save(update_fields=["cart"])
        else:
            twin.quantity = min(twin.quantity + line.quantity, settings.MAX_PIECES_A_LINE)
            twin.save(update_fields=["quantity"])
    cart.delete()
    Cart.objects.filter(pk=into.pk).update(revision=F("revision") + 1)


@receiver(user_logged_in, dispatch_uid="orders.handover")
def on_login(*, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    session_key = getattr(request, "session", {}).get(GUEST_KEY, "")
    if session_key:
        hand_over(session_key=session_key, user=user)
