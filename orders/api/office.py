"""What the office does with orders: it ships them, and notes that they are paid."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from configurator.api.callers import caller
from ledger.api.repeats import once
from orders import fulfilment, payments
from orders.api.orders import IDEMPOTENCY_KEY, SCOPES
from orders.api.shapes import OrderSerializer, PaymentSerializer, ShipShape
from orders.models import Order, Payment


class OfficeView(APIView):
    """Base: for planners, and for keys of planners. A shopper's own key may write orders too, so here
    its scope is not enough."""

    scopes = SCOPES
    people = "planner"


class Ship(OfficeView):
    """Send made lines of an order away in one parcel."""

    @extend_schema(
        operation_id="ship_order",
        parameters=[IDEMPOTENCY_KEY],
        request=ShipShape,
        responses={201: OrderSerializer},
    )
    @once
    def post(self, request: Request, pk: str) -> Response:
        shape = ShipShape(data=request.data)
        shape.is_valid(raise_exception=True)
        order = get_object_or_404(Order, pk=pk)
        wanted = shape.validated_data
        fulfilment.ship(
            order=order,
            line_ids=wanted.get("lines") or fulfilment.made_lines(order),
            carrier=wanted["carrier"],
            reference=wanted["reference"],
            actor=caller(request).actor,
            now=timezone.now(),
        )
        body = OrderSerializer(Order.objects.with_lines().get(pk=pk)).data
        return Response(body, status=status.HTTP_201_CREATED)


class Paid(OfficeView):
    """Note that the money of an invoice has come."""

    @extend_schema(
        operation_id="mark_paid", parameters=[IDEMPOTENCY_KEY], request=None, responses=PaymentSerializer
    )
    @once
    def post(self, request: Request, pk: str) -> Response:
        payment = payments.mark_paid(
            payment=get_object_or_404(Payment, pk=pk), actor=caller(request).actor, now=timezone.now()
        )
        return Response(PaymentSerializer(payment).data)
