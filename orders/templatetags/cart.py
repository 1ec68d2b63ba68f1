"""What the header of every page says of the cart."""

from typing import Any

from django import template

from configurator.visibility import GUEST_KEY
from orders.models import Cart, CartLine

register = template.Library()


@register.simple_tag(takes_context=True)
def cart_size(context: dict[str, Any]) -> int:
    """How many designs lie in the visitor's cart; 0 without a query for who has not been anywhere yet."""
    request = context.get("request")
    if request is None or not hasattr(request, "session") or not hasattr(request, "user"):
        return 0
    key = request.session.get(GUEST_KEY, "")
    if not request.user.is_authenticated and not key:
        return 0
    mine = Cart.objects.visible_to(user=request.user, session_key=key)[:1]
    return CartLine.objects.filter(cart__in=mine.values("pk")).count()
