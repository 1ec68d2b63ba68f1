"""Families: what can be made."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from configurator import catalogue
from configurator.api.shapes import FamilyDetailShape, FamilySerializer
from configurator.engine.choices_schema import choices_schema
from configurator.models import Family, Version
from ledger.api.paging import Cursor

SCOPES = ("catalogue:read", "catalogue:read")


class ByPosition(Cursor):
    ordering = ("position", "code")


class Families(ListAPIView[Family]):
    """The families on sale, in the order of the shop's shelf."""

    scopes = SCOPES
    people = "anyone"
    serializer_class = FamilySerializer
    pagination_class: type[BasePagination] = ByPosition

    def get_queryset(self) -> QuerySet[Family]:
        return Family.objects.on_sale()


def detail(version: Version) -> dict[str, Any]:
    """A published version with its options, values and rules, in four queries."""
    options = version.options.prefetch_related("values")
    return {
        "code": version.family_id,
        "name": version.family.name,
        "summary": version.family.summary,
        "version": version.number,
        "options": [
            {
                "code": option.code,
                "name": option.name,
                "kind": option.kind,
                "group": option.group,
                "help": option.help,
                "required": option.required,
                "default": option.default,
                "unit": option.unit,
                "minimum": option.minimum,
                "maximum": option.maximum,
                "step": option.step,
                "max_length": option.max_length,
                "min_dpi": option.min_dpi,
                "values": [
                    {"code": value.code, "name": value.name, "attributes": value.attributes}
                    for value in option.values.all()
                ],
            }
            for option in options
        ],
        "rules": list(version.rules.values("code", "message", "protects", "definition")),
    }


class FamilyDetail(APIView):
    """One family as it is sold today: options, values and rules."""

    scopes = SCOPES
    people = "anyone"

    @extend_schema(operation_id="family", responses=FamilyDetailShape)
    def get(self, request: Request, code: str) -> Response:
        family = get_object_or_404(Family.objects.on_sale(), pk=code)
        assert family.current is not None  # on_sale says so
        return Response(detail(family.current))


class ChoicesSchema(APIView):
    """The JSON Schema (2020-12) of the choices that this family takes today."""

    scopes = SCOPES
    people = "anyone"

    @extend_schema(
        operation_id="family_schema", responses={(200, "application/schema+json"): OpenApiTypes.OBJECT}
    )
    def get(self, request: Request, code: str) -> Response:
        family = get_object_or_404(Family.objects.on_sale(), pk=code)
        assert family.current is not None  # on_sale says so
        address = f"{request.build_absolute_uri()}?version={family.current.number}"
        schema = choices_schema(catalogue.spec_of(family.current), address=address)
        return Response(schema, content_type="application/schema+json")
