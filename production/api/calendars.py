"""Calendars of runs: their secret addresses, made and revoked."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from configurator.api.callers import caller
from ledger.api.paging import Cursor
from ledger.api.repeats import once
from ledger.api.shapes import Strict, Text
from production import feeds
from production.api.shop import IDEMPOTENCY_KEY
from production.models import CalendarFeed, Machine, WorkCentre

# Who has an address reads the plan without logging in: even reading the list takes the right to make one.
SCOPES = ("production:write", "production:write")


class ByCreation(Cursor):
    ordering = ("-created_at", "pk")


class CalendarSerializer(serializers.ModelSerializer[CalendarFeed]):
    """A calendar of everything, of a work centre or of a machine; ``url`` is a secret."""

    machine = serializers.SlugRelatedField[Machine](slug_field="code", read_only=True)
    url = serializers.SerializerMethodField()

    class Meta:
        model = CalendarFeed
        fields = ("id", "name", "work_centre", "machine", "url", "created_by", "created_at", "revoked_at")

    def get_url(self, feed: CalendarFeed) -> str | None:
        """Null once it was revoked."""
        if feed.revoked_at is not None:
            return None
        address = reverse("calendar-feed", args=[feeds.token_of(feed)])
        request = self.context["request"]
        return str(request.build_absolute_uri(address))


class CalendarShape(Strict):
    """Of a work centre or a machine, by its code; neither: of everything."""

    name = Text(max_length=100)
    work_centre = serializers.SlugRelatedField[WorkCentre](
        slug_field="code", queryset=WorkCentre.objects.all(), required=False
    )
    machine = serializers.SlugRelatedField[Machine](
        slug_field="code", queryset=Machine.objects.all(), required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "work_centre" in attrs and "machine" in attrs:
            raise serializers.ValidationError("A calendar is of a work centre or of a machine, not of both.")
        return attrs


class Calendars(ListAPIView[CalendarFeed]):
    """The calendars in use, for programs that read iCalendar."""

    scopes = SCOPES
    people = "planner"
    serializer_class = CalendarSerializer
    pagination_class: type[BasePagination] = ByCreation

    def get_queryset(self) -> QuerySet[CalendarFeed]:
        return CalendarFeed.objects.live().select_related("machine")

    @extend_schema(
        operation_id="create_calendar",
        parameters=[IDEMPOTENCY_KEY],
        request=CalendarShape,
        responses={201: CalendarSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        """Make a calendar; whoever has its ``url`` reads it until it is revoked."""
        shape = CalendarShape(data=request.data)
        shape.is_valid(raise_exception=True)
        told = shape.validated_data
        feed = feeds.create(
            name=told["name"],
            centre=told.get("work_centre"),
            machine=told.get("machine"),
            actor=caller(request).actor,
            now=timezone.now(),
        )
        return Response(CalendarSerializer(feed, context={"request": request}).data, status=201)


class RevokeCalendar(APIView):
    """From now on the address of the calendar leads nowhere."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="revoke_calendar", request=None, responses=CalendarSerializer)
    def post(self, request: Request, pk: str) -> Response:
        feed = feeds.revoke(
            feed=get_object_or_404(CalendarFeed, pk=pk), actor=caller(request).actor, now=timezone.now()
        )
        return Response(CalendarSerializer(feed, context={"request": request}).data)
