"""Configurations: a design being edited. Every answer is whole: domains, price, promise, picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from configurator import answers, designs, freezing, proofs
from configurator.api.callers import Caller, caller
from configurator.api.shapes import (
    QUANTITY,
    ChangeShape,
    CompletedShape,
    ConfigurationShape,
    DesignSerializer,
    ExplainedShape,
    ObjectiveShape,
    StartShape,
    WantedShape,
    quantity_in,
)
from configurator.catalogue import spec_of
from configurator.examination import examine
from configurator.models import Configuration, Family
from ledger.api.preconditions import etag, expected_version

SCOPES = ("configurations:write", "configurations:write")  # a configuration is private to its maker
IF_MATCH = OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=False)


class ConfigurationView(APIView):
    """Base: finds the caller's own configuration and answers with the whole of it."""

    scopes = SCOPES
    people = "anyone"

    def own(self, who: Caller, pk: str) -> Configuration:
        mine = Configuration.objects.visible_to(user=who.user, session_key=who.session_key)
        found: Configuration = get_object_or_404(
            mine.select_related("version__family").defer("version__source"), pk=pk
        )
        return found

    def answer(self, configuration: Configuration, *, quantity: int = 1, status: int = 200) -> Response:
        body = answers.describe(configuration, quantity=quantity, now=timezone.now())
        return Response(body, status=status, headers={"ETag": etag(configuration.revision)})


class Configurations(ConfigurationView):
    """Start a configuration from a family's defaults."""

    @extend_schema(
        operation_id="start_configuration", request=StartShape, responses={201: ConfigurationShape}
    )
    def post(self, request: Request) -> Response:
        shape = StartShape(data=request.data)
        shape.is_valid(raise_exception=True)
        who = caller(request)
        family = get_object_or_404(Family.objects.on_sale(), pk=shape.validated_data["family"])
        now = timezone.now()
        with transaction.atomic():  # a start with impossible choices leaves nothing behind
            configuration = designs.start(family=family, owner=who.user, session_key=who.session_key, now=now)
            if shape.validated_data.get("choices"):
                designs.choose(
                    configuration=configuration,
                    changes=shape.validated_data["choices"],
                    actor=who.actor,
                    now=now,
                )
        response = self.answer(configuration, status=status.HTTP_201_CREATED)
        response["Location"] = f"/api/v1/configurations/{configuration.pk}/"
        return response


class OneConfiguration(ConfigurationView):
    """Read it, or change choices: what contradicts changes nothing and is refused with reason and repair."""

    @extend_schema(
        operation_id="configuration",
        parameters=[QUANTITY],
        responses=ConfigurationShape,
    )
    def get(self, request: Request, pk: str) -> Response:
        return self.answer(self.own(caller(request), pk), quantity=quantity_in(request))

    @extend_schema(
        operation_id="change_configuration",
        parameters=[IF_MATCH],
        request=ChangeShape,
        responses={
            200: ConfigurationShape,
            409: OpenApiResponse(description="configuration-refused: see `refused`"),
        },
    )
    def patch(self, request: Request, pk: str) -> Response:
        """Change choices; what contradicts the others changes nothing and is told with a repair."""
        shape = ChangeShape(data=request.data)
        shape.is_valid(raise_exception=True)
        who = caller(request)
        configuration = designs.choose(
            configuration=self.own(who, pk),
            changes=shape.validated_data["choices"],
            expected_revision=expected_version(request, required=False),
            actor=who.actor,
            now=timezone.now(),
        )
        return self.answer(configuration, quantity=shape.validated_data["quantity"])


class Explain(ConfigurationView):
    """Why a value is refused and the smallest change that would allow it; null when it is possible."""

    @extend_schema(operation_id="explain_value", request=WantedShape, responses=ExplainedShape)
    def post(self, request: Request, pk: str) -> Response:
        wanted = _wanted(request)
        refused = answers.why_not(
            self.own(caller(request), pk), option=wanted["option"], value=wanted["value"]
        )
        return Response({"refused": refused})


class Repair(ConfigurationView):
    """Choose a value and change what stands against it, in one step."""

    @extend_schema(operation_id="repair_configuration", request=WantedShape, responses=ConfigurationShape)
    def post(self, request: Request, pk: str) -> Response:
        wanted = _wanted(request)
        who = caller(request)
        configuration = designs.repair(
            configuration=self.own(who, pk),
            option=wanted["option"],
            value=wanted["value"],
            pick=wanted["pick"],
            actor=who.actor,
            now=timezone.now(),
        )
        return self.answer(configuration, quantity=wanted["quantity"])


class Complete(ConfigurationView):
    """Fill in what is still open: defaults first, then the first possible value; or what is cheapest, fastest
    to make or most popular, with the proof."""

    @extend_schema(operation_id="complete_configuration", request=ObjectiveShape, responses=CompletedShape)
    def post(self, request: Request, pk: str) -> Response:
        shape = ObjectiveShape(data=request.data)
        shape.is_valid(raise_exception=True)
        who = caller(request)
        configuration, objective = self.own(who, pk), shape.validated_data["objective"]
        if objective == "defaults":
            designs.complete(configuration=configuration, actor=who.actor, now=timezone.now())
            completion = None
        else:
            _, found = designs.complete_best(
                configuration=configuration, objective=objective, actor=who.actor, now=timezone.now()
            )
            completion = answers.completion_json(found)
        answer = self.answer(configuration)
        answer.data["completion"] = completion
        return answer


class Undo(ConfigurationView):
    """Take the last change back (up to 100 of them)."""

    @extend_schema(
        operation_id="undo_configuration",
        parameters=[QUANTITY, IF_MATCH],
        request=None,
        responses=ConfigurationShape,
    )
    def post(self, request: Request, pk: str) -> Response:
        return self.step(designs.undo, request, pk)

    def step(self, take: Callable[..., Configuration], request: Request, pk: str) -> Response:
        who = caller(request)
        configuration = take(
            configuration=self.own(who, pk),
            expected_revision=expected_version(request, required=False),
            actor=who.actor,
            now=timezone.now(),
        )
        return self.answer(configuration, quantity=quantity_in(request))


class Redo(Undo):
    """Make the change again that was taken back last."""

    @extend_schema(
        operation_id="redo_configuration",
        parameters=[QUANTITY, IF_MATCH],
        request=None,
        responses=ConfigurationShape,
    )
    def post(self, request: Request, pk: str) -> Response:
        return self.step(designs.redo, request, pk)


class Freeze(ConfigurationView):
    """Freeze it as a design: everything is checked once more, and nothing in it changes any more."""

    @extend_schema(operation_id="freeze_configuration", request=None, responses={201: DesignSerializer})
    def post(self, request: Request, pk: str) -> Response:
        who = caller(request)
        design = freezing.freeze(configuration=self.own(who, pk), actor=who.actor, now=timezone.now())
        return Response(
            DesignSerializer(design).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": f"/api/v1/designs/{design.pk}/"},
        )


class Preview(ConfigurationView):
    """The picture of a surface as it would be made, PNG."""

    throttle_kind = "preview"

    @extend_schema(
        operation_id="preview_configuration",
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: str, surface: str) -> HttpResponse:
        configuration = self.own(caller(request), pk)
        if surface not in spec_of(configuration.version).surface_by_code:
            raise Http404
        # What is still open is shown with its defaults, as on the page.
        shown = examine(version=configuration.version, choices=configuration.choices).choices
        picture = proofs.preview(version=configuration.version, choices=shown, surface=surface)
        return HttpResponse(picture, content_type="image/png", headers={"Cache-Control": "private, no-cache"})


def _wanted(request: Request) -> dict[str, Any]:
    shape = WantedShape(data=request.data)
    shape.is_valid(raise_exception=True)
    wanted: dict[str, Any] = shape.validated_data
    return wanted
