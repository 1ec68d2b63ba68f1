"""Lists of the plan: operations, load against capacity, late lines."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError
from rest_framework.views import APIView

from ledger.api.paging import LARGEST, Cursor
from production.api.listed import LateShape, LoadShape, PlannedSerializer, late_data, load_data
from production.delays import KINDS, causes
from production.lateness import late_lines
from production.models import Operation, OperationState
from production.words import read_names
from production.workload import STEPS, edges_of, workload

SCOPES = ("production:read", "production:write")
MOST_BUCKETS = 60


class ByBegin(Cursor):
    ordering = ("setup_start", "pk")


def _moment(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    # Centuries away a moment may be none in another zone, and the database knows no such offset.
    if found is None or found.tzinfo is None or not 2000 <= found.year <= 2400:
        raise ValidationError({name: "A moment with its zone, like 2026-11-23T06:00:00Z."})
    return found.astimezone(UTC)


class Operations(ListAPIView[Operation]):
    """What the machines do and when, those that begin first in front: planned, started and finished work."""

    scopes = SCOPES
    people = "planner"
    serializer_class = PlannedSerializer
    pagination_class: type[BasePagination] = ByBegin

    @extend_schema(
        operation_id="operations",
        parameters=[
            OpenApiParameter("machine", str, description="Code of a machine."),
            OpenApiParameter("work_centre", str, description="Code of a work centre."),
            OpenApiParameter("run", str, description="Id of a run."),
            OpenApiParameter("state", str, enum=OperationState.values),
            OpenApiParameter("from", OpenApiTypes.DATETIME, description="What ends after it."),
            OpenApiParameter("to", OpenApiTypes.DATETIME, description="What begins before it."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Operation]:
        asked = self.request.query_params
        found = Operation.objects.select_related("run", "machine", "operator")
        for name, field in (("machine", "machine__code"), ("work_centre", "work_centre"), ("run", "run")):
            if value := asked.get(name, ""):
                if "\x00" in value:
                    raise ValidationError({name: "No such code."})
                found = found.filter(**{field: value})
        state = asked.get("state", "")
        if state and state not in OperationState.values:
            raise ValidationError({"state": f"One of {', '.join(OperationState.values)}."})
        found = found.filter(state=state) if state else found.exclude(state=OperationState.DROPPED)
        if since := _moment(self.request, "from"):
            found = found.filter(end__gt=since)
        if until := _moment(self.request, "to"):
            found = found.filter(setup_start__lt=until)
        return found


class Load(APIView):
    """Planned set-up and work against the working time of each work centre, by day or week of the workshop;
    the bottleneck is the one planned fullest until its last work."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(
        operation_id="load",
        parameters=[
            OpenApiParameter("step", str, enum=list(STEPS), default="day"),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day; today unless said."),
            OpenApiParameter("count", int, default=14, description=f"Days or weeks, 1 to {MOST_BUCKETS}."),
        ],
        responses=LoadShape,
    )
    def get(self, request: Request) -> Response:
        zone = ZoneInfo(settings.WORKSHOP_ZONE)
        now = timezone.now()
        step = request.query_params.get("step", "day")
        if step not in STEPS:
            raise ValidationError({"step": f"One of {', '.join(STEPS)}."})
        first = _day(request) or now.astimezone(zone).date()
        start = datetime(first.year, first.month, first.day, 12, tzinfo=zone)
        edges = edges_of(start, step=step, count=_whole(request, "count", 14, 1, MOST_BUCKETS), zone=zone)
        return Response(load_data(workload(edges=edges, now=now)))


def _day(request: Request) -> date | None:
    text = request.query_params.get("from", "")
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2400:
        raise ValidationError({"from": "A day like 2026-11-23."})
    return found


def _whole(request: Request, name: str, usual: int, low: int, high: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and low <= int(text[:9]) <= high):
        raise ValidationError({name: f"A whole number from {low} to {high}."})
    return int(text)


class LateLines(APIView):
    """Lines that the plan makes later than promised, the latest first, with what binds each: a machine, an
    operator, closed time, material, or the work itself."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(
        operation_id="late_lines",
        parameters=[
            OpenApiParameter("cause", str, enum=list(KINDS)),
            OpenApiParameter("machine", str, description="Code of the machine that binds."),
            OpenApiParameter("offset", int, default=0),
            OpenApiParameter("page_size", int, default=50, description=f"1 to {LARGEST}."),
        ],
        responses=LateShape,
    )
    def get(self, request: Request) -> Response:
        now = timezone.now()
        asked = request.query_params
        cause = asked.get("cause", "")
        if cause and cause not in KINDS:
            raise ValidationError({"cause": f"One of {', '.join(KINDS)}."})
        offset = _whole(request, "offset", 0, 0, 10_000_000)
        size = _whole(request, "page_size", 50, 1, LARGEST)
        found = late_lines(now=now)
        why = causes(found, names=read_names(), now=now)
        kept = [
            (each, why[each.line.pk])
            for each in found
            if (not cause or why[each.line.pk].kind == cause)
            and (not asked.get("machine") or why[each.line.pk].machine == asked["machine"])
        ]
        return Response(late_data(kept[offset : offset + size], count=len(kept), offset=offset, size=size))
