"""Plans and runs: what is proposed, and what staff decide about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Count, QuerySet
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError
from rest_framework.views import APIView

from configurator.api.callers import caller
from ledger import jobs
from ledger.api.jobs import JobSerializer
from ledger.api.paging import Cursor
from ledger.api.preconditions import etag, expected_version
from production import files, moving, planning, review
from production.api.shapes import (
    AskedShape,
    MoveShape,
    PiecesShape,
    PlanSerializer,
    ReasonShape,
    RunDetailSerializer,
    RunSerializer,
)
from production.models import Machine, Piece, Plan, ProductionFile, Run, RunState

SCOPES = ("production:read", "production:write")
IF_MATCH = OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)


class ByNumber(Cursor):
    ordering = ("-number",)


def counted() -> QuerySet[Run]:
    return Run.objects.annotate(piece_count=Count("pieces"))


class Plans(ListAPIView[Plan]):
    """Every plan that was stored, newest first; one is current."""

    scopes = SCOPES
    people = "planner"
    serializer_class = PlanSerializer
    pagination_class: type[BasePagination] = ByNumber

    def get_queryset(self) -> QuerySet[Plan]:
        return Plan.objects.all()

    @extend_schema(operation_id="propose_plan", request=None, responses={202: AskedShape})
    def post(self, request: Request) -> Response:
        """Ask for a new proposal; released, started and pinned runs stay as they are."""
        job = planning.request_proposal(actor=caller(request).actor, now=timezone.now())
        return Response(
            {"job": f"/api/v1/jobs/{job.pk}/", "state": job.state},
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/api/v1/jobs/{job.pk}/"},
        )


class StopJob(APIView):
    """Have a job end with what it has: a search for a plan stores the best that it found so far."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="stop_job", request=None, responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        job = jobs.ask_to_stop(job_id=job_id, actor=caller(request).actor, now=timezone.now())
        return Response(JobSerializer(job).data)


class CurrentPlan(APIView):
    """The plan in force."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="current_plan", responses=PlanSerializer)
    def get(self, request: Request) -> Response:
        plan = Plan.objects.current().first()
        if plan is None:
            raise NotFound("There is no plan yet; ask for one: POST /api/v1/plans/.")
        return Response(PlanSerializer(plan).data, headers={"ETag": etag(plan.version)})


class Runs(ListAPIView[Run]):
    """Runs, newest first; ``?state=proposed`` for those that wait for a decision."""

    scopes = SCOPES
    people = "planner"
    serializer_class = RunSerializer
    pagination_class: type[BasePagination] = ByNumber

    @extend_schema(parameters=[OpenApiParameter("state", str, enum=RunState.values, required=False)])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Run]:
        state = self.request.query_params.get("state", "")
        if state and state not in RunState.values:
            raise ValidationError({"state": f"One of {', '.join(RunState.values)}."})
        return counted().filter(state=state) if state else counted()


class OneRun(APIView):
    """A run with its operations, sheets and files."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="run", responses=RunDetailSerializer)
    def get(self, request: Request, pk: str) -> Response:
        return run_answer(pk)


def run_answer(pk: str) -> Response:
    run = get_object_or_404(
        counted().prefetch_related(
            "operations__machine", "sheets__placements__piece", "sheets__offcut", "files__sheet"
        ),
        pk=pk,
    )
    return Response(RunDetailSerializer(run).data, headers={"ETag": etag(run.version)})


class Decision(APIView):
    """Base of what staff decide: on the version they saw, in one call to ``review``."""

    scopes = SCOPES
    people = "planner"
    decide: Callable[..., object]

    @extend_schema(parameters=[IF_MATCH], request=None, responses=RunDetailSerializer)
    def post(self, request: Request, pk: str) -> Response:
        self.apply(request, get_object_or_404(Run, pk=pk), expected_version(request), timezone.now())
        return run_answer(pk)

    def apply(self, request: Request, run: Run, version: int | None, now: datetime) -> None:
        type(self).decide(run=run, expected_version=version, actor=caller(request).actor, now=now)


@extend_schema_view(post=extend_schema(operation_id="release_run"))
class Release(Decision):
    """Certify once more, reserve the material, hand it to the floor."""

    decide = staticmethod(review.release)


@extend_schema_view(post=extend_schema(operation_id="pin_run"))
class Pin(Decision):
    """Keep the run as it is, whatever the next plan says."""

    decide = staticmethod(review.pin)


@extend_schema_view(post=extend_schema(operation_id="unpin_run"))
class Unpin(Decision):
    """Give the run back to the planner."""

    decide = staticmethod(review.unpin)


@extend_schema_view(post=extend_schema(operation_id="undo_run"))
class Undo(Decision):
    """Take the last decision about the run back, while that is possible."""

    decide = staticmethod(review.undo)


class Reject(Decision):
    """Dissolve the run; its pieces are owed again."""

    @extend_schema(
        operation_id="reject_run", parameters=[IF_MATCH], request=ReasonShape, responses=RunDetailSerializer
    )
    def post(self, request: Request, pk: str) -> Response:
        return super().post(request, pk)

    def apply(self, request: Request, run: Run, version: int | None, now: datetime) -> None:
        shape = ReasonShape(data=request.data)
        shape.is_valid(raise_exception=True)
        review.reject(
            run=run,
            reason=shape.validated_data["reason"],
            expected_version=version,
            actor=caller(request).actor,
            now=now,
        )


class Split(Decision):
    """Put some pieces of the run into one of their own."""

    @extend_schema(
        operation_id="split_run", parameters=[IF_MATCH], request=PiecesShape, responses=RunDetailSerializer
    )
    def post(self, request: Request, pk: str) -> Response:
        return super().post(request, pk)

    def apply(self, request: Request, run: Run, version: int | None, now: datetime) -> None:
        shape = PiecesShape(data=request.data)
        shape.is_valid(raise_exception=True)
        review.split(
            run=run,
            pieces=_pieces(run, shape.validated_data["pieces"]),
            expected_version=version,
            actor=caller(request).actor,
            now=now,
        )


class Move(Decision):
    """Put an operation of the run on a machine from a time on, or as soon after as that is free; what is in
    its way is put off, and the run is pinned. The whole plan is certified first."""

    @extend_schema(
        operation_id="move_run", parameters=[IF_MATCH], request=MoveShape, responses=RunDetailSerializer
    )
    def post(self, request: Request, pk: str) -> Response:
        return super().post(request, pk)

    def apply(self, request: Request, run: Run, version: int | None, now: datetime) -> None:
        shape = MoveShape(data=request.data)
        shape.is_valid(raise_exception=True)
        asked = shape.validated_data
        operation = run.operations.filter(sequence=asked["sequence"]).first()
        if operation is None:
            raise ValidationError({"sequence": "The run has no such operation."})
        machine = Machine.objects.filter(code=asked["machine"]).first()
        if machine is None:
            raise ValidationError({"machine": "There is no such machine."})
        moving.move(
            operation=operation,
            machine=machine,
            start=asked["start"],
            expected_version=version,
            actor=caller(request).actor,
            now=now,
        )


def _pieces(run: Run, ids: list[int]) -> list[Piece]:
    """The pieces named, all of this run."""
    found = list(run.pieces.filter(pk__in=ids))
    if missing := set(ids) - {piece.pk for piece in found}:
        raise ValidationError({"pieces": f"Not in this run: {', '.join(map(str, sorted(missing)[:10]))}."})
    return found


class RunFilesAgain(APIView):
    """Have the files of a run made once more; ``files_stopped`` of the run says why there are none."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(operation_id="run_files_again", request=None, responses={202: AskedShape})
    def post(self, request: Request, pk: str) -> Response:
        found = get_object_or_404(Run, pk=pk)
        job = files.make_again(run=found, actor=caller(request).actor, now=timezone.now())
        return Response(
            {"job": f"/api/v1/jobs/{job.pk}/", "state": job.state},
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/api/v1/jobs/{job.pk}/"},
        )


class RunFile(APIView):
    """A production file, byte for byte as it was made at release."""

    scopes = SCOPES
    people = "planner"

    @extend_schema(
        operation_id="run_file", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, pk: str, file_id: int) -> FileResponse:
        found = get_object_or_404(ProductionFile, pk=file_id, run=pk)
        if not default_storage.exists(found.path):
            raise NotFound("The file is not on this machine; `manage.py verify` lists what is missing.")
        return FileResponse(default_storage.open(found.path), content_type=files.CONTENT_TYPES[found.kind])
