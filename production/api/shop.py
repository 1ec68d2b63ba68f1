"""The shop: work centres, machines, materials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from configurator.api.callers import caller
from ledger.api.paging import Cursor
from ledger.api.preconditions import etag, expected_version
from ledger.api.repeats import once
from production import offcuts, stock, upkeep
from production.api.shapes import (
    AnnouncementShape,
    CountShape,
    LeftOverShape,
    LotSerializer,
    MachineSerializer,
    MaterialSerializer,
    OffcutSerializer,
    ReasonShape,
    ReceiptShape,
    ShopShape,
    WorkCentreSerializer,
)
from production.models import Machine, Material, Offcut, WorkCentre
from production.shopexport import export, fingerprint
from production.shopfile import load_data

SCOPES = ("production:read", "production:write")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True
)
IF_MATCH = OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)


class ByCode(Cursor):
    ordering = ("code",)


class WorkCentres(ListAPIView[WorkCentre]):
    """The stages of the work."""

    scopes = SCOPES
    people = "planner"
    serializer_class = WorkCentreSerializer
    pagination_class: type[BasePagination] = ByCode
    queryset = WorkCentre.objects.all()


class Machines(ListAPIView[Machine]):
    """The machines, with bed, calendar and present set-up."""

    scopes = SCOPES
    people = "planner"
    serializer_class = MachineSerializer
    pagination_class: type[BasePagination] = ByCode

    def get_queryset(self) -> QuerySet[Machine]:
        return Machine.objects.all()


class Materials(ListAPIView[Material]):
    """What is in stock, and how much of it is promised to released runs."""

    scopes = SCOPES
    people = "planner"
    serializer_class = MaterialSerializer
    pagination_class: type[BasePagination] = ByCode

    def get_queryset(self) -> QuerySet[Material]:
        return Material.objects.all()


class ShopModel(APIView):
    """The whole shop: calendars, work centres with machines and set-ups, operators, tools, materials, and
    what the planner is told. The shape is that of a shop file (docs/shop-files.md)."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="shop_model", responses=ShopShape)
    def get(self, request: Request) -> Response:
        model = export()
        return Response(model, headers={"ETag": etag(fingerprint(model))})

    @extend_schema(
        operation_id="put_shop_model", parameters=[IF_MATCH], request=ShopShape, responses=ShopShape
    )
    def put(self, request: Request) -> Response:
        """Bring the shop up to date with the model; what it does not name stays. A new plan is asked for."""
        load_data(
            data=request.data,
            expected=expected_version(request),
            actor=caller(request).actor,
            now=timezone.now(),
        )
        return self.get(request)


def _delivery(told: Mapping[str, Any]) -> stock.Delivery:
    """The lot that a receipt or an announcement names."""
    return stock.Delivery(told["lot"], told.get("expires_at"), told.get("supplier", ""))


class Receive(APIView):
    """Put material into the store; lines that were short of it are planned again."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(
        operation_id="receive_material",
        parameters=[IDEMPOTENCY_KEY],
        request=ReceiptShape,
        responses=MaterialSerializer,
    )
    @once
    def post(self, request: Request, code: str) -> Response:
        shape = ReceiptShape(data=request.data)
        shape.is_valid(raise_exception=True)
        told = shape.validated_data
        material = stock.receive(
            material=get_object_or_404(Material, pk=code),
            quantity=told["quantity"],
            delivery=_delivery(told) if told.get("lot") else None,
            actor=caller(request).actor,
            now=timezone.now(),
        )
        return Response(MaterialSerializer(material).data)


class Announce(APIView):
    """Say what is to come, and when: work that needs it is planned for after it came. A lot that was
    announced before gets this quantity and moment; an arrival that slips is an event (``late_material``)."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(
        operation_id="announce_material",
        parameters=[IDEMPOTENCY_KEY],
        request=AnnouncementShape,
        responses=LotSerializer,
    )
    @once
    def post(self, request: Request, code: str) -> Response:
        shape = AnnouncementShape(data=request.data)
        shape.is_valid(raise_exception=True)
        told = shape.validated_data
        lot = stock.announce(
            material=get_object_or_404(Material, pk=code),
            delivery=_delivery(told),
            quantity=told["quantity"],
            available_at=told["available_at"],
            actor=caller(request).actor,
            now=timezone.now(),
        )
        return Response(LotSerializer(lot).data)


class Count(APIView):
    """Say how much really lies in the store: the books follow."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(
        operation_id="count_material",
        parameters=[IDEMPOTENCY_KEY],
        request=CountShape,
        responses=MaterialSerializer,
    )
    @once
    def post(self, request: Request, code: str) -> Response:
        shape = CountShape(data=request.data)
        shape.is_valid(raise_exception=True)
        material = stock.count(
            material=get_object_or_404(Material, pk=code),
            on_hand=shape.validated_data["on_hand"],
            lot=shape.validated_data.get("lot", ""),
            actor=caller(request).actor,
            now=timezone.now(),
        )
        return Response(MaterialSerializer(material).data)


class Offcuts(ListAPIView[Offcut]):
    """Left-over pieces of sheets and sheets with defects, also those that are used up or gone."""

    scopes = SCOPES
    people = "planner"
    serializer_class = OffcutSerializer
    pagination_class: type[BasePagination] = ByCode

    def get_queryset(self) -> QuerySet[Offcut]:
        return Offcut.objects.all()


class AddOffcut(APIView):
    """Put an offcut, or a sheet with defects, into the store."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(
        operation_id="add_offcut",
        parameters=[IDEMPOTENCY_KEY],
        request=LeftOverShape,
        responses={201: OffcutSerializer},
    )
    @once
    def post(self, request: Request, code: str) -> Response:
        shape = LeftOverShape(data=request.data)
        shape.is_valid(raise_exception=True)
        wanted = shape.validated_data
        offcut = offcuts.add(
            material=get_object_or_404(Material, pk=code),
            width_um=int(wanted["width_mm"] * 1000),
            height_um=int(wanted["height_mm"] * 1000),
            defects=[
                (int(x * 1000), int(y * 1000), int(width * 1000), int(height * 1000))
                for x, y, width, height in wanted["defects_mm"]
            ],
            actor=caller(request).actor,
            now=timezone.now(),
        )
        return Response(OffcutSerializer(offcut).data, status=201)


class DiscardOffcut(APIView):
    """Say that a free offcut is not there any more."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="discard_offcut", request=None, responses=OffcutSerializer)
    def post(self, request: Request, code: str) -> Response:
        offcut = offcuts.discard(
            offcut=get_object_or_404(Offcut, code=code), actor=caller(request).actor, now=timezone.now()
        )
        return Response(OffcutSerializer(offcut).data)


class Stop(APIView):
    """Take a machine out of service; a new plan goes around it."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="stop_machine", request=ReasonShape, responses=MachineSerializer)
    def post(self, request: Request, code: str) -> Response:
        shape = ReasonShape(data=request.data)
        shape.is_valid(raise_exception=True)
        machine = upkeep.stop(
            machine=get_object_or_404(Machine, code=code),
            reason=shape.validated_data["reason"],
            actor=caller(request).actor,
            now=timezone.now(),
        )
        return Response(MachineSerializer(machine).data)


class Start(APIView):
    """Put a machine back into service; a new plan uses it."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="start_machine", request=None, responses=MachineSerializer)
    def post(self, request: Request, code: str) -> Response:
        machine = upkeep.start(
            machine=get_object_or_404(Machine, code=code),
            actor=caller(request).actor,
            now=timezone.now(),
        )
        return Response(MachineSerializer(machine).data)
