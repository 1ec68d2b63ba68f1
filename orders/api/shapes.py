"""The shapes of carts and orders."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from configurator.api.shapes import ChoicesField, Pieces, PriceShape, PromiseShape, QuoteShape
from configurator.promise import STANDARD
from ledger.api.shapes import Strict, Text
from orders.lists import MOST_ROWS
from orders.models import Customer, Line, Order, Payment, Shipment


class HeldShape(serializers.Serializer[Any]):
    """`was_ready_at` and `was_surcharge`: what had been held before, where it expired and that was better."""

    id = serializers.CharField()
    state = serializers.CharField(help_text="`held`, `ordered` or `released`.")
    design = serializers.CharField()
    quantity = serializers.IntegerField()
    option = serializers.CharField()
    ready_at = serializers.DateTimeField()
    surcharge = serializers.CharField(help_text="For all pieces; in the price of the quote.")
    expires_at = serializers.DateTimeField()
    was_ready_at = serializers.DateTimeField(allow_null=True)
    was_surcharge = serializers.CharField(allow_null=True)


class HoldShape(HeldShape):
    quote = QuoteShape()


class TakeShape(Strict):
    """`option` is `standard` or the code of a sooner date; where that is not to be had any more the standard
    date is held."""

    design = Text(max_length=40)
    quantity = Pieces(default=1)
    option = Text(max_length=40, default=STANDARD)


class CartLineShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    design = serializers.CharField()
    family = serializers.CharField()
    quantity = serializers.IntegerField()
    price = PriceShape()
    promise = PromiseShape()
    hold = HeldShape(allow_null=True, help_text="What keeps the date; null where none can be promised.")
    quote_token = serializers.CharField()


class CartShape(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    currency = serializers.CharField()
    total = serializers.CharField()
    lines = CartLineShape(many=True)


class AddShape(Strict):
    design = Text(max_length=40)
    quantity = Pieces(default=1)
    option = Text(max_length=40, default=STANDARD, help_text="Of the dates that were offered.")


class ListRowShape(Strict):
    """``choices`` holds only what this row has of its own."""

    choices = ChoicesField()
    quantity = Pieces(default=1)


class ListShape(Strict):
    """A design and its rows; the rest of each row is as the configuration has it."""

    configuration = Text(max_length=40)
    rows = serializers.ListField(child=ListRowShape(), min_length=1, max_length=MOST_ROWS)


class QuantityShape(Strict):
    quantity = Pieces(min_value=0, required=False)
    option = Text(max_length=40, required=False, help_text="Another of the dates that were offered.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Say a quantity or an option.")
        return attrs


class CustomerSerializer(Strict, serializers.ModelSerializer[Customer]):
    class Meta:
        model = Customer
        fields = ("name", "email", "address_line", "postal_code", "city", "country")


class OrderedShape(Strict):
    design = Text(max_length=40)
    quantity = Pieces()
    quote_token = Text(max_length=8_000)
    proof_token = Text(
        max_length=64,
        default="",
        allow_blank=True,
        help_text="Of the proof that the customer has approved (GET /designs/{id}/proof/).",
    )


class PlaceShape(Strict):
    """Lines of frozen designs with the quotes that were accepted and the proofs that were approved.

    `approved: true` vouches for the proofs of all lines instead: the caller has shown and settled them.
    """

    approved = serializers.BooleanField(default=False)

    customer = CustomerSerializer()
    lines = serializers.ListField(child=OrderedShape(), min_length=1, max_length=200)


class LineSerializer(serializers.ModelSerializer[Line]):
    family = serializers.CharField(source="family_code", read_only=True)
    version = serializers.IntegerField(source="version_number", read_only=True)

    class Meta:
        model = Line
        fields = (
            "id", "position", "design", "family", "version", "choices", "artwork_hash", "quantity",
            "price_lines", "unit_price", "total", "promised_at", "promise_reason", "promise_option",
            "promise_surcharge", "state", "state_reason",
        )  # fmt: skip


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    class Meta:
        model = Payment
        fields = ("id", "provider", "amount", "currency", "state", "reference", "recorded_at")


class ShipmentSerializer(serializers.ModelSerializer[Shipment]):
    """A parcel: ``lines`` are the ids of what is in it."""

    class Meta:
        model = Shipment
        fields = ("id", "carrier", "reference", "shipped_at", "lines")


class ActionShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    allowed = serializers.BooleanField()
    reason = serializers.CharField()


class OrderSerializer(serializers.ModelSerializer[Order]):
    customer = CustomerSerializer(read_only=True)
    lines = LineSerializer(many=True, read_only=True)
    payments = PaymentSerializer(many=True, read_only=True)
    shipments = ShipmentSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = (
            "id", "number", "channel", "currency", "total", "state", "placed_at", "version",
            "customer", "lines", "payments", "shipments",
        )  # fmt: skip


class OrderRowSerializer(serializers.ModelSerializer[Order]):
    """An order in a list."""

    class Meta:
        model = Order
        fields = ("id", "number", "channel", "currency", "total", "state", "placed_at", "version")


class CancelShape(Strict):
    reason = Text(max_length=200, allow_blank=True, default="")


class ShipShape(Strict):
    """A parcel. Without ``lines`` everything that is made goes into it."""

    carrier = Text(max_length=80)
    reference = Text(max_length=120, allow_blank=True, default="")
    lines = serializers.ListField(child=Text(max_length=40), min_length=1, max_length=200, required=False)
