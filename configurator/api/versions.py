"""Versions of a family: what was published, what changed between two, what the audit found; and an open
design on its way to the version on sale."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from configurator import moving
from configurator.api.callers import caller
from configurator.api.configurations import IF_MATCH, ConfigurationView
from configurator.api.shapes import ConfigurationShape
from configurator.api.version_shapes import (
    AgreedShape,
    AuditShape,
    DifferencesShape,
    MoveShape,
    VersionSerializer,
)
from configurator.catalogue import spec_of
from configurator.engine.differences import compare
from configurator.models import AuditReport, Family, Version
from ledger.api.paging import Cursor
from ledger.api.preconditions import expected_version

SCOPES = ("catalogue:read", "catalogue:read")
AGAINST = OpenApiParameter(
    "against",
    {"type": "integer", "minimum": 1},
    required=False,
    description="The number of the version to compare with; the one before where it is absent.",
)


class NewestFirst(Cursor):
    ordering = ("-number",)


class Versions(ListAPIView[Version]):
    """Every version of a family that was ever on sale, the newest first."""

    scopes = SCOPES
    people = "anyone"
    serializer_class = VersionSerializer
    pagination_class: type[BasePagination] = NewestFirst

    def get_queryset(self) -> QuerySet[Version]:
        family = get_object_or_404(Family, pk=self.kwargs["code"])
        return family.versions.select_related("family").defer("source")


class Differences(APIView):
    """What a version says otherwise than another, in words."""

    scopes = SCOPES
    people = "anyone"

    @extend_schema(operation_id="version_differences", parameters=[AGAINST], responses=DifferencesShape)
    def get(self, request: Request, code: str, number: int) -> Response:
        newer = get_object_or_404(Version.objects.select_related("family"), family=code, number=number)
        asked = request.query_params.get("against", "")
        against = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else number - 1
        older = get_object_or_404(
            Version.objects.select_related("family"), family=code, number=max(0, against)
        )
        found = compare(spec_of(older), spec_of(newer))
        return Response(
            {
                "family": code,
                "version": number,
                "against": against,
                "differences": [
                    {"area": each.area, "subject": each.subject, "sentence": each.sentence} for each in found
                ],
            }
        )


class Audit(APIView):
    """What the audit found of a version: for its authors."""

    scopes = SCOPES
    people = "author"

    @extend_schema(operation_id="version_audit", responses=AuditShape)
    def get(self, request: Request, code: str, number: int) -> Response:
        version = get_object_or_404(Version.objects.defer("source"), family=code, number=number)
        report = AuditReport.objects.filter(pk=version.content_hash).first()
        if report is None:
            raise Http404
        return Response(
            {
                "family": code,
                "version": number,
                "complete": not report.unfinished,
                "findings": report.findings,
                "unfinished": report.unfinished,
                "checked_at": report.checked_at.isoformat(),
            }
        )


class Move(ConfigurationView):
    """An open design whose version is not the one on sale: what moving on would change, and moving on."""

    @extend_schema(operation_id="configuration_move", responses=MoveShape)
    def get(self, request: Request, pk: str) -> Response:
        """What would change; nothing is changed. 404 where its version is the one on sale."""
        found = moving.move_of(configuration=self.own(caller(request), pk), now=timezone.now())
        if found is None:
            raise Http404
        return Response(move_json(found))

    @extend_schema(
        operation_id="move_configuration",
        parameters=[IF_MATCH],
        request=AgreedShape,
        responses=ConfigurationShape,
    )
    def post(self, request: Request, pk: str) -> Response:
        """Go on under the version whose differences were looked at."""
        shape = AgreedShape(data=request.data)
        shape.is_valid(raise_exception=True)
        who = caller(request)
        configuration = moving.move_to_current(
            configuration=self.own(who, pk),
            agreed=shape.validated_data["version"],
            expected_revision=expected_version(request, required=False),
            actor=who.actor,
            now=timezone.now(),
        )
        return self.answer(configuration)


def move_json(move: moving.Move) -> dict[str, Any]:
    return {
        "version": move.source.number,
        "to": move.target.number,
        "must": move.must,
        "differences": list(move.differences),
        "lost": [{"option": each.option, "sentence": each.sentence} for each in move.lost],
        "changes": list(move.changes),
        "price_before": None if move.price_before is None else f"{move.price_before:.2f}",
        "price_after": None if move.price_after is None else f"{move.price_after:.2f}",
        "currency": move.currency,
    }
