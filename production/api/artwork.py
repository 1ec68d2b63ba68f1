"""The production files of order lines: what the gate stopped, and having it made again."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError
from rest_framework.views import APIView

from configurator.api.callers import caller
from ledger.api.paging import Cursor
from orders.models import Line
from production import gate
from production.api.shapes import AskedShape, LineFileSerializer
from production.models import LineFile

SCOPES = ("production:read", "production:write")


class Latest(Cursor):
    ordering = ("-pk",)


class LineFiles(ListAPIView[LineFile]):
    """What came of the artwork of order lines, newest first; ``?state=stopped`` for what somebody has to look
    at: ``reason`` says why its line is not planned."""

    scopes = SCOPES
    people = "planner"
    serializer_class = LineFileSerializer
    pagination_class: type[BasePagination] = Latest

    @extend_schema(parameters=[OpenApiParameter("state", str, enum=LineFile.State.values, required=False)])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[LineFile]:
        state = self.request.query_params.get("state", "")
        if state and state not in LineFile.State.values:
            raise ValidationError({"state": f"One of {', '.join(LineFile.State.values)}."})
        files = LineFile.objects.select_related("line__order")
        return files.filter(state=state) if state else files


class LineAgain(APIView):
    """Have the files of a line made and read back once more."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="line_files_again", request=None, responses={202: AskedShape})
    def post(self, request: Request, pk: str) -> Response:
        line = get_object_or_404(Line.objects.select_related("order"), pk=pk)
        job = gate.make_again(line=line, actor=caller(request).actor, now=timezone.now())
        return Response(
            {"job": f"/api/v1/jobs/{job.pk}/", "state": job.state},
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/api/v1/jobs/{job.pk}/"},
        )
