"""What of the orders can go: carts of guests that nobody comes back to. Orders stay for ever."""

from django.db.models import Exists, OuterRef, QuerySet

from ledger.tidying import Limits, Removed, remove, tidying
from orders.models import Cart, CartLine, PromiseHold


@tidying("orders: carts that guests left", stage=10)
def carts_of_guests(limits: Limits) -> Removed:
    return remove(left_carts(limits), limits=limits)


@tidying("orders: dates that are held no more", stage=5)
def holds_that_are_over(limits: Limits) -> Removed:
    """Those that were given back or expired long ago, and those whose orders have long been made."""
    over: QuerySet[PromiseHold] = PromiseHold.objects.filter(expires_at__lt=limits.before)
    return remove(over, limits=limits)


def left_carts(limits: Limits) -> QuerySet[Cart]:
    """Carts of guests, made long ago and with nothing put in since (empty ones too).

    An account's cart stays: its owner can always come back to it. A guest cannot once the session
    is over, and that is sooner.
    """
    lately = CartLine.objects.filter(cart=OuterRef("pk"), added_at__gte=limits.before)
    old: QuerySet[Cart] = Cart.objects.filter(owner=None, created_at__lt=limits.before)
    return old.filter(~Exists(lately))
