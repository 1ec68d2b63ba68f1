"""Events of the workshop, and the repairs that answer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from configurator.api.callers import caller
from ledger.api.paging import Cursor
from ledger.api.preconditions import etag, expected_version
from ledger.api.repeats import once
from ledger.api.shapes import Strict, Text, Whole
from orders.models import Line
from production import drafts, events, shopfloor, upkeep, wishes
from production.api.runs import IF_MATCH, ByNumber
from production.api.shapes import AskedShape, PlanSerializer, ReasonShape
from production.api.shop import IDEMPOTENCY_KEY
from production.models import Draft, Machine, MaterialLot, Operator, Piece, PlanEvent

SCOPES = ("production:read", "production:write")


class EventSerializer(serializers.ModelSerializer[PlanEvent]):
    """What happened, and which plan was made in knowledge of it."""

    class Meta:
        model = PlanEvent
        fields = (
            "id",
            "kind",
            "subject",
            "text",
            "facts",
            "at",
            "actor",
            "answered_at",
            "answered_by",
            "note",
        )


KINDS = {
    PlanEvent.Kind.MACHINE_DOWN: ("machine", "reason"),
    PlanEvent.Kind.MACHINE_BACK: ("machine",),
    PlanEvent.Kind.RUSH: ("line", "reason"),
    PlanEvent.Kind.SCRAP: ("piece", "reason"),
    PlanEvent.Kind.LATE_MATERIAL: ("material", "lot", "available_at", "reason"),
    PlanEvent.Kind.ABSENT: ("operator", "end", "reason"),
    PlanEvent.Kind.CHANGED: ("line", "quantity", "reason"),
}


class EventShape(Strict):
    """What happened; each kind asks for its own fields.

    ``machine_down``: machine, reason, until (when it is expected back; without it nobody knows).
    ``machine_back``: machine. ``rush``: line, reason, wanted_at or weight (how many times its being late
    counts). ``scrap``: piece, reason. ``late_material``: material, lot, available_at, reason. ``absent``:
    operator, end, reason, start (without it: now). ``changed``: line, quantity (fewer than now; 0 takes the
    line out of its order), reason. An order is cancelled at its own address.
    """

    kind = serializers.ChoiceField(choices=[kind.value for kind in KINDS])
    reason = Text(max_length=200, required=False)
    machine = Text(max_length=40, required=False)
    until = serializers.DateTimeField(required=False)
    line = Text(max_length=40, required=False)
    wanted_at = serializers.DateTimeField(required=False)
    weight = Whole(min_value=1, max_value=events.HEAVIEST, required=False)
    quantity = Whole(min_value=0, required=False)
    piece = Whole(min_value=1, required=False)
    material = Text(max_length=80, required=False)
    lot = Text(max_length=80, required=False)
    available_at = serializers.DateTimeField(required=False)
    operator = Text(max_length=40, required=False)
    start = serializers.DateTimeField(required=False)
    end = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in KINDS[attrs["kind"]] if name not in attrs]
        if missing:
            told = f"A {attrs['kind']} needs this."
            raise serializers.ValidationError(dict.fromkeys(missing, told))
        return attrs


class Events(ListAPIView[PlanEvent]):
    """What the plan in force did not reckon with, newest first."""

    scopes = SCOPES
    people = "planner"
    serializer_class = EventSerializer

    class ByTime(Cursor):
        ordering = ("-at", "-id")

    pagination_class: type[BasePagination] = ByTime

    def get_queryset(self) -> QuerySet[PlanEvent]:
        return PlanEvent.objects.all()

    @extend_schema(
        operation_id="tell_event",
        parameters=[IDEMPOTENCY_KEY],
        request=EventShape,
        responses={201: EventSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        """Tell what happened: it takes effect at once, and a repair of the plan is looked for."""
        shape = EventShape(data=request.data)
        shape.is_valid(raise_exception=True)
        told = shape.validated_data
        _TELL[told["kind"]](told, caller(request).actor, timezone.now())
        event = PlanEvent.objects.filter(kind=told["kind"]).latest("at", "id")
        return Response(EventSerializer(event).data, status=status.HTTP_201_CREATED)


def _down(told: Mapping[str, Any], actor: str, now: datetime) -> None:
    machine = get_object_or_404(Machine, code=told["machine"])
    upkeep.stop(machine=machine, reason=told["reason"], until=told.get("until"), actor=actor, now=now)


def _back(told: Mapping[str, Any], actor: str, now: datetime) -> None:
    upkeep.start(machine=get_object_or_404(Machine, code=told["machine"]), actor=actor, now=now)


def _rush(told: Mapping[str, Any], actor: str, now: datetime) -> None:
    events.rush(
        line=get_object_or_404(Line, pk=told["line"]),
        wanted_at=told.get("wanted_at"),
        weight=told.get("weight", 1),
        reason=told["reason"],
        actor=actor,
        now=now,
    )


def _scrap(told: Mapping[str, Any], actor: str, now: datetime) -> None:
    piece = get_object_or_404(Piece, pk=told["piece"])
    shopfloor.scrap(piece=piece, reason=told["reason"], actor=actor, now=now)


def _late_material(told: Mapping[str, Any], actor: str, now: datetime) -> None:
    lot = get_object_or_404(MaterialLot, material=told["material"], code=told["lot"])
    events.late_material(
        lot=lot, available_at=told["available_at"], reason=told["reason"], actor=actor, now=now
    )


def _absent(told: Mapping[str, Any], actor: str, now: datetime) -> None:
    events.absent(
        operator=get_object_or_404(Operator, code=told["operator"]),
        start=told.get("start", now),
        end=told["end"],
        reason=told["reason"],
        actor=actor,
        now=now,
    )


def _changed(told: Mapping[str, Any], actor: str, now: datetime) -> None:
    line = get_object_or_404(Line, pk=told["line"])
    events.fewer(line=line, quantity=told["quantity"], reason=told["reason"], actor=actor, now=now)


_TELL: dict[str, Callable[[Mapping[str, Any], str, datetime], None]] = {
    PlanEvent.Kind.MACHINE_DOWN: _down,
    PlanEvent.Kind.MACHINE_BACK: _back,
    PlanEvent.Kind.RUSH: _rush,
    PlanEvent.Kind.SCRAP: _scrap,
    PlanEvent.Kind.LATE_MATERIAL: _late_material,
    PlanEvent.Kind.ABSENT: _absent,
    PlanEvent.Kind.CHANGED: _changed,
}


class DraftSerializer(serializers.ModelSerializer[Draft]):
    """A repair in a list."""

    class Meta:
        model = Draft
        fields = (
            "id", "number", "state", "stage", "base", "base_version", "events", "created_at", "created_by",
            "improved_at", "decided_at", "decided_by", "reason", "taken", "plan", "version",
        )  # fmt: skip


class DraftDetailSerializer(DraftSerializer):
    """A repair with its difference: what moves, who gets later, who is saved, what it costs."""

    class Meta(DraftSerializer.Meta):
        fields = (*DraftSerializer.Meta.fields, "diff", "certificate")  # type: ignore[assignment]


class Drafts(ListAPIView[Draft]):
    """Repairs of the plan in force, newest first; one at most is open."""

    scopes = SCOPES
    people = "planner"
    serializer_class = DraftSerializer
    pagination_class: type[BasePagination] = ByNumber

    def get_queryset(self) -> QuerySet[Draft]:
        return Draft.objects.prefetch_related("events")

    @extend_schema(operation_id="ask_repair", request=None, responses={202: AskedShape})
    def post(self, request: Request) -> Response:
        """Look for a repair of the plan in force now, whatever happened."""
        job = wishes.request_repair(actor=caller(request).actor, now=timezone.now(), at_once=True)
        return Response(
            {"job": f"/api/v1/jobs/{job.pk}/", "state": job.state},
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/api/v1/jobs/{job.pk}/"},
        )


class OneDraft(APIView):
    """A repair with everything that it changes."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="draft", responses=DraftDetailSerializer)
    def get(self, request: Request, pk: str) -> Response:
        found = get_object_or_404(Draft.objects.prefetch_related("events"), pk=pk)
        return Response(DraftDetailSerializer(found).data, headers={"ETag": etag(found.version)})


class TakenShape(Strict):
    """``changes``: ids of the diff's changes to be taken; without it the whole draft."""

    changes = serializers.ListField(
        child=Text(max_length=20), required=False, min_length=1, max_length=10_000
    )


class AcceptDraft(APIView):
    """Make the repair, or a part of it, the plan in force."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(
        operation_id="accept_draft", parameters=[IF_MATCH], request=TakenShape, responses=PlanSerializer
    )
    def post(self, request: Request, pk: str) -> Response:
        shape = TakenShape(data=request.data or {})
        shape.is_valid(raise_exception=True)
        changes = shape.validated_data.get("changes")
        plan = drafts.accept(
            draft=get_object_or_404(Draft, pk=pk),
            actor=caller(request).actor,
            now=timezone.now(),
            expected_version=expected_version(request),
            chosen=None if changes is None else set(changes),
        )
        return Response(PlanSerializer(plan).data, headers={"ETag": etag(plan.version)})


class DiscardDraft(APIView):
    """Leave the plan in force as it is."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(
        operation_id="discard_draft", parameters=[IF_MATCH], request=ReasonShape, responses=DraftSerializer
    )
    def post(self, request: Request, pk: str) -> Response:
        shape = ReasonShape(data=request.data)
        shape.is_valid(raise_exception=True)
        found = drafts.discard(
            draft=get_object_or_404(Draft, pk=pk),
            reason=shape.validated_data["reason"],
            actor=caller(request).actor,
            now=timezone.now(),
            expected_version=expected_version(request),
        )
        return Response(DraftSerializer(found).data, headers={"ETag": etag(found.version)})
