"""Orders: placed once, followed, cancelled while that is possible."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError
from rest_framework.views import APIView

from configurator.api.callers import Caller, caller
from configurator.models import Design
from ledger.api.paging import Cursor
from ledger.api.preconditions import etag
from ledger.api.repeats import once
from orders import changes, checkout
from orders.api.shapes import (
    ActionShape,
    CancelShape,
    OrderRowSerializer,
    OrderSerializer,
    PlaceShape,
)
from orders.models import Order

SCOPES = ("orders:read", "orders:write")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True
)


class Newest(Cursor):
    ordering = ("-placed_at", "-id")


class Orders(ListAPIView[Order]):
    """The caller's orders, newest first; staff see all."""

    scopes = SCOPES
    people = "anyone"
    serializer_class = OrderRowSerializer
    pagination_class: type[BasePagination] = Newest

    def get_queryset(self) -> QuerySet[Order]:
        who = caller(self.request)
        return Order.objects.visible_to(user=who.user, session_key=who.session_key)

    def get_throttles(self) -> list:  # type: ignore[type-arg]
        if self.request.method == "POST":
            self.throttle_kind = "checkout"
        return super().get_throttles()

    @extend_schema(
        operation_id="place_order",
        parameters=[IDEMPOTENCY_KEY],
        request=PlaceShape,
        responses={201: OrderSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        """Order designs at the prices that were quoted: all of it, or nothing and every reason."""
        shape = PlaceShape(data=request.data)
        shape.is_valid(raise_exception=True)
        who = caller(request)
        lines = shape.validated_data["lines"]
        order = checkout.place(
            items=_items(who, [(line["design"], line["quantity"]) for line in lines]),
            customer=checkout.CustomerData(**shape.validated_data["customer"]),
            quotes={line["design"]: line["quote_token"] for line in lines},
            idempotency_key=request.headers["Idempotency-Key"],
            owner=who.user,
            session_key=who.session_key,
            actor=who.actor,
            now=timezone.now(),
            channel="api",
            proofs=None
            if shape.validated_data["approved"]
            else {line["design"]: line["proof_token"] for line in lines},
        )
        body = OrderSerializer(Order.objects.with_lines().get(pk=order.pk)).data
        headers = {"Location": f"/api/v1/orders/{order.pk}/", "ETag": etag(order.version)}
        return Response(body, status=status.HTTP_201_CREATED, headers=headers)


def _items(who: Caller, lines: list[tuple[str, int]]) -> list[checkout.Item]:
    """The designs of the lines, as far as the caller may see them."""
    readable = Design.objects.readable_by(user=who.user, session_key=who.session_key)
    designs = readable.select_related("version__family").in_bulk([design for design, _ in lines])
    unknown = [design for design, _ in lines if design not in designs]
    if unknown:
        raise ValidationError(
            {"lines": f"There is no design {', '.join(sorted(unknown)[:5])} that you may order."}
        )
    return [checkout.Item(designs[design], quantity) for design, quantity in lines]


class OrderView(APIView):
    """Base: an order that the caller may see."""

    scopes = SCOPES
    people = "anyone"

    def own(self, request: Request, pk: str) -> Order:
        who = caller(request)
        visible = Order.objects.visible_to(user=who.user, session_key=who.session_key)
        found: Order = get_object_or_404(visible.with_lines(), pk=pk)
        return found


class OneOrder(OrderView):
    """An order with its lines and payments."""

    @extend_schema(operation_id="order", responses=OrderSerializer)
    def get(self, request: Request, pk: str) -> Response:
        order = self.own(request, pk)
        return Response(OrderSerializer(order).data, headers={"ETag": etag(order.version)})


class Actions(OrderView):
    """What can be done with the order now, and why the rest cannot."""

    @extend_schema(operation_id="order_actions", responses=ActionShape(many=True))
    def get(self, request: Request, pk: str) -> Response:
        staff = bool(getattr(request.user, "is_staff", False))
        actions = changes.available_actions(order=self.own(request, pk), staff=staff)
        return Response(
            [{"code": each.code, "allowed": each.allowed, "reason": each.reason} for each in actions]
        )


class Cancel(OrderView):
    """Cancel the order while nothing of it is released to the workshop."""

    @extend_schema(
        operation_id="cancel_order",
        parameters=[IDEMPOTENCY_KEY],
        request=CancelShape,
        responses=OrderSerializer,
    )
    @once
    def post(self, request: Request, pk: str) -> Response:
        shape = CancelShape(data=request.data)
        shape.is_valid(raise_exception=True)
        order = changes.cancel(
            order=self.own(request, pk),
            reason=shape.validated_data["reason"],
            actor=caller(request).actor,
            now=timezone.now(),
        )
        return Response(OrderSerializer(Order.objects.with_lines().get(pk=order.pk)).data)
