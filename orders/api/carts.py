"""The caller's own cart."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from configurator.answers import promise_json
from configurator.api.callers import Caller, caller
from configurator.examination import price_json
from configurator.models import Configuration, Design
from ledger.api.preconditions import etag, expected_version
from orders import cart as carts
from orders import lists, models
from orders.api.holds import hold_json
from orders.api.shapes import AddShape, CartShape, ListShape, QuantityShape

IF_MATCH = OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=False)


class CartView(APIView):
    """Base: the caller's cart, and it as an answer with present prices and quotes."""

    scopes = ("orders:write", "orders:write")
    people = "anyone"

    def answer(self, who: Caller, status: int = 200) -> Response:
        cart = carts.cart_of(user=who.user, session_key=who.session_key)
        if cart is None:
            return Response({"revision": 0, "currency": "", "total": "0.00", "lines": []})
        quoted = carts.quoted(cart=cart, now=timezone.now())
        body: dict[str, Any] = {
            "revision": cart.revision,
            "currency": quoted.currency,
            "total": str(quoted.total),
            "lines": [
                {
                    "id": each.line.pk,
                    "design": each.line.design_id,
                    "family": each.line.design.version.family_id,
                    "quantity": each.line.quantity,
                    "price": price_json(each.quote.price),
                    "promise": promise_json(each.quote.promise),
                    "hold": hold_json(each.hold) if each.hold is not None else None,
                    "quote_token": each.quote.token,
                }
                for each in quoted.lines
            ],
        }
        return Response(body, status=status, headers={"ETag": etag(cart.revision)})


class Cart(CartView):
    """What is in the cart, priced now."""

    @extend_schema(operation_id="cart", responses=CartShape)
    def get(self, request: Request) -> Response:
        return self.answer(caller(request))


class CartLines(CartView):
    """Put a frozen design in; the same design again adds to its line."""

    @extend_schema(operation_id="add_to_cart", request=AddShape, responses={201: CartShape})
    def post(self, request: Request) -> Response:
        shape = AddShape(data=request.data)
        shape.is_valid(raise_exception=True)
        who, now = caller(request), timezone.now()
        readable = Design.objects.readable_by(user=who.user, session_key=who.session_key)
        design = get_object_or_404(readable, pk=shape.validated_data["design"])
        cart = carts.open_cart(owner=who.user, session_key=who.session_key, now=now)
        carts.add(
            cart=cart,
            design=design,
            quantity=shape.validated_data["quantity"],
            now=now,
            option=shape.validated_data["option"],
        )
        return self.answer(who, status=status.HTTP_201_CREATED)


class CartLists(CartView):
    """Put many designs in at once that differ in a few choices, such as names: all or, when one cannot be
    made, none."""

    @extend_schema(operation_id="add_list_to_cart", request=ListShape, responses={201: CartShape})
    def post(self, request: Request) -> Response:
        shape = ListShape(data=request.data)
        shape.is_valid(raise_exception=True)
        who, now = caller(request), timezone.now()
        mine = Configuration.objects.visible_to(user=who.user, session_key=who.session_key)
        held = get_object_or_404(
            mine.select_related("version__family"), pk=shape.validated_data["configuration"]
        )
        lists.add_to_cart(
            cart=carts.open_cart(owner=who.user, session_key=who.session_key, now=now),
            configuration=held,
            rows=[
                lists.Row(number, row["choices"], row["quantity"])
                for number, row in enumerate(shape.validated_data["rows"], start=1)
            ],
            actor=who.actor,
            now=now,
        )
        return self.answer(who, status=status.HTTP_201_CREATED)


class CartLine(CartView):
    """Change how many or by when, or take a line out."""

    @extend_schema(
        operation_id="change_cart_line", parameters=[IF_MATCH], request=QuantityShape, responses=CartShape
    )
    def patch(self, request: Request, line_id: int) -> Response:
        shape = QuantityShape(data=request.data)
        shape.is_valid(raise_exception=True)
        who = caller(request)
        cart, revision = self._cart(who), expected_version(request, required=False)
        if "quantity" in shape.validated_data:
            quantity = shape.validated_data["quantity"]
            carts.change_quantity(cart=cart, line_id=line_id, quantity=quantity, expected_revision=revision)
        if "option" in shape.validated_data:
            option = shape.validated_data["option"]
            carts.choose_date(cart=cart, line_id=line_id, option=option, now=timezone.now())
        return self.answer(who)

    @extend_schema(operation_id="remove_cart_line", parameters=[IF_MATCH], responses={200: CartShape})
    def delete(self, request: Request, line_id: int) -> Response:
        who = caller(request)
        carts.remove(
            cart=self._cart(who),
            line_id=line_id,
            expected_revision=expected_version(request, required=False),
        )
        return self.answer(who)

    def _cart(self, who: Caller) -> models.Cart:
        cart = carts.cart_of(user=who.user, session_key=who.session_key)
        if cart is None:
            raise carts.NotInCart("The cart is empty.")
        return cart
