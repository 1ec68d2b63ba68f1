"""Validations: thousands of configurations judged by a job, with a result a row."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from configurator import validations
from configurator.api.callers import caller
from configurator.api.shapes import ChoicesField, ViolationShape
from configurator.models import Family, Validation, ValidationResult
from ledger.api.paging import Cursor
from ledger.api.parsing import BulkJsonParser
from ledger.api.shapes import Strict

SCOPES = ("configurations:write", "configurations:write")  # private to who asked, as configurations are


class RowsField(serializers.Field):  # type: ignore[type-arg]
    """A list of objects. What is in them the job judges, and the strict gate has read them: a field for each
    of their millions of values would take seconds."""

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        if not isinstance(data, list) or not 1 <= len(data) <= validations.MOST_ROWS:
            raise serializers.ValidationError(
                f"A list of 1 to {validations.MOST_ROWS:,} rows, more in several requests."
            )
        for index, row in enumerate(data):
            if not isinstance(row, dict):
                raise serializers.ValidationError(f"Row {index + 1} is no object of choices.")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class RowsShape(Strict):
    """Each row is the ``choices`` of one configuration."""

    rows = RowsField()


class RowsSchema(Strict):
    """The same as the reference shows it."""

    rows = serializers.ListField(child=ChoicesField(), min_length=1, max_length=validations.MOST_ROWS)


class ValidationShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    family = serializers.CharField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=("queued", "running", "done", "failed", "dead"))
    rows = serializers.IntegerField()
    done = serializers.IntegerField(help_text="Rows judged so far.")
    tally = serializers.DictField(child=serializers.IntegerField(), help_text="Rows by state, once done.")


class RowErrorShape(serializers.Serializer[Any]):
    option = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()


class UnitPriceShape(serializers.Serializer[Any]):
    unit = serializers.CharField()
    currency = serializers.CharField()


class ReportShape(serializers.Serializer[Any]):
    missing = serializers.ListField(child=serializers.CharField(), required=False)
    violations = ViolationShape(many=True, required=False)
    errors = RowErrorShape(many=True, required=False)  # type: ignore[assignment]
    price = UnitPriceShape(required=False)
    price_problem = serializers.CharField(required=False)


class ResultSerializer(serializers.ModelSerializer[ValidationResult]):
    report = ReportShape()

    class Meta:
        model = ValidationResult
        fields = ("number", "state", "report")


def as_json(validation: Validation) -> dict[str, Any]:
    job = validations.job_of(validation)
    finished = validation.finished_at is not None
    return {
        "id": validation.pk,
        "family": validation.version.family_id,
        "version": validation.version.number,
        "state": job.state,
        "rows": validation.count,
        "done": validation.count if finished else job.progress.get("done", 0),
        "tally": validation.tally,
    }


class Validations(APIView):
    """Send up to 10,000 configurations to be judged; a job does it."""

    scopes = SCOPES
    people = "anyone"
    parser_classes = (BulkJsonParser,)
    throttle_kind = "bulk"

    @extend_schema(operation_id="validate_many", request=RowsSchema, responses={202: ValidationShape})
    def post(self, request: Request, code: str) -> Response:
        family = get_object_or_404(Family.objects.on_sale(), pk=code)
        assert family.current is not None  # on_sale says so
        shape = RowsShape(data=request.data)
        shape.is_valid(raise_exception=True)
        who = caller(request)
        validation = validations.begin(
            version=family.current,
            rows=shape.validated_data["rows"],
            owner=who.user,
            session_key=who.session_key,
            actor=who.actor,
            now=timezone.now(),
        )
        return Response(
            as_json(validation),
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/api/v1/validations/{validation.pk}/"},
        )


def own(request: Request, pk: str) -> Validation:
    who = caller(request)
    mine = Validation.objects.visible_to(user=who.user, session_key=who.session_key)
    found: Validation = get_object_or_404(
        mine.select_related("version").defer("rows", "version__source"), pk=pk
    )
    return found


class OneValidation(APIView):
    """How far it is, and how many rows are in each state."""

    scopes = SCOPES
    people = "anyone"

    @extend_schema(operation_id="validation", responses=ValidationShape)
    def get(self, request: Request, pk: str) -> Response:
        return Response(as_json(own(request, pk)))


class ByNumber(Cursor):
    ordering = ("number",)


class Results(ListAPIView[ValidationResult]):
    """The results in the order of the rows; empty until the job is done. `?state=refused` for some."""

    scopes = SCOPES
    people = "anyone"
    serializer_class = ResultSerializer
    pagination_class: type[BasePagination] = ByNumber

    @extend_schema(
        operation_id="validation_results",
        parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=ValidationResult.State.values)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[ValidationResult]:
        if getattr(self, "swagger_fake_view", False):
            return ValidationResult.objects.none()
        results = own(self.request, self.kwargs["pk"]).results.all()
        state = self.request.query_params.get("state")
        if state is None:
            return results
        if state not in ValidationResult.State.values:
            raise serializers.ValidationError(
                {"state": f"One of {', '.join(ValidationResult.State.values)}."}
            )
        return results.filter(state=state)
