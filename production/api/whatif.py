"""What-if scenarios, and why a line is made when it is."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from configurator.api.callers import caller
from ledger.api.paging import Cursor
from orders.models import Line
from production import whatif, why
from production.api.shapes import ScenarioSerializer, ScenarioShape, WhyShape
from production.facts import moment
from production.models import Scenario
from production.words import read_names

SCOPES = ("production:read", "production:write")


class Newest(Cursor):
    ordering = ("-created_at", "-id")


class Scenarios(ListAPIView[Scenario]):
    """What-if scenarios, newest first, with their answers."""

    scopes = SCOPES
    people = "planner"
    serializer_class = ScenarioSerializer
    pagination_class: type[BasePagination] = Newest

    def get_queryset(self) -> QuerySet[Scenario]:
        return Scenario.objects.all()

    @extend_schema(operation_id="ask_what_if", request=ScenarioShape, responses={202: ScenarioSerializer})
    def post(self, request: Request) -> Response:
        """Plan some changes beside the plan as it is; the answer is in ``result`` when ``state`` is done.

        Without changes and with ``remedies`` the answer names the changes that would make fewer lines late.
        """
        shape = ScenarioShape(data=request.data)
        shape.is_valid(raise_exception=True)
        asked = shape.validated_data
        by, now = caller(request).actor, timezone.now()
        with transaction.atomic():
            scenario = whatif.begin(name=asked["name"], actor=by, now=now, remedies=asked["remedies"])
            for change in asked["changes"]:
                scenario = whatif.add(scenario=scenario, change=change, actor=by, now=now)
            whatif.ask(scenario=scenario, actor=by, now=now)
            scenario.refresh_from_db()
        return Response(
            ScenarioSerializer(scenario).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/api/v1/scenarios/{scenario.pk}/"},
        )


class OneScenario(APIView):
    """A scenario with its answer."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="scenario", responses=ScenarioSerializer)
    def get(self, request: Request, pk: str) -> Response:
        return Response(ScenarioSerializer(get_object_or_404(Scenario, pk=pk)).data)

    @extend_schema(operation_id="delete_scenario", request=None, responses={204: None})
    def delete(self, request: Request, pk: str) -> Response:
        """Throw it away."""
        found = get_object_or_404(Scenario, pk=pk)
        whatif.delete(scenario=found, actor=caller(request).actor, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class LineWhy(APIView):
    """What holds a line up until its end, from now on, and what its run's company saves."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="line_why", responses=WhyShape)
    def get(self, request: Request, pk: str) -> Response:
        line = get_object_or_404(Line.objects.select_related("order"), pk=pk)
        told = why.explain(line=line, now=timezone.now())
        data: dict[str, Any] = {
            "line": line.pk,
            "run": told.why.run,
            "end": moment(told.why.end),
            "late_seconds": told.why.late,
            "says": why.in_words(told, names=read_names(), machines={}),
            "spans": [
                {
                    "kind": span.kind,
                    "start": moment(span.start),
                    "end": moment(span.end),
                    "seconds": span.seconds,
                    "machine": span.machine,
                    "run": span.run,
                    "what": span.what,
                }
                for span in told.why.spans
            ],
            "alone_needs": why.saved_by_company(told.company),
        }
        return Response(WhyShape(data).data)
