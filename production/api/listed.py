"""The shapes of the plan's lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from rest_framework import serializers

from production.delays import Cause
from production.lateness import Expected
from production.models import Operation
from production.workload import Workload


class PlannedSerializer(serializers.ModelSerializer[Operation]):
    """An operation with its run; times are planned, ``started_at`` and ``finished_at`` are what happened."""

    run_number = serializers.IntegerField(source="run.number", read_only=True)
    run_state = serializers.CharField(source="run.state", read_only=True)
    due_at = serializers.DateTimeField(source="run.due_at", read_only=True, allow_null=True)
    machine = serializers.CharField(source="machine.code", read_only=True)
    operator = serializers.CharField(source="operator.code", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Operation
        fields = (
            "id", "run", "run_number", "run_state", "due_at", "step", "work_centre", "machine",
            "operator", "tool", "load", "setup_family", "units", "seconds",
            "setup_start", "start", "end", "state", "started_at", "finished_at",
        )  # fmt: skip


class BucketShape(serializers.Serializer[Any]):
    """Seconds between ``start`` and ``end``; overtime is part of the working time."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    working_seconds = serializers.IntegerField()
    overtime_seconds = serializers.IntegerField()
    setup_seconds = serializers.IntegerField()
    work_seconds = serializers.IntegerField()
    planned_overtime_seconds = serializers.IntegerField()


class CentreShape(serializers.Serializer[Any]):
    """``backlog_seconds``: work of lines that are in no run. ``permille`` of its working time is planned from
    now until the last work of the stretch ends."""

    code = serializers.CharField()
    name = serializers.CharField()
    machines = serializers.IntegerField()
    permille = serializers.IntegerField()
    backlog_seconds = serializers.IntegerField()
    buckets = BucketShape(many=True)


class LoadShape(serializers.Serializer[Any]):
    bottleneck = serializers.CharField(allow_null=True, help_text="Code of the fullest work centre.")
    until = serializers.DateTimeField(allow_null=True, help_text="When the last work of the stretch ends.")
    work_centres = CentreShape(many=True)


class CauseShape(serializers.Serializer[Any]):
    kind = serializers.CharField()
    text = serializers.CharField()
    machine = serializers.CharField()
    work_centre = serializers.CharField()


class LateLineShape(serializers.Serializer[Any]):
    line = serializers.CharField()
    order = serializers.CharField()
    number = serializers.CharField()
    family = serializers.CharField()
    quantity = serializers.IntegerField()
    promised_at = serializers.DateTimeField()
    expected_at = serializers.DateTimeField()
    late_seconds = serializers.IntegerField()
    runs = serializers.ListField(child=serializers.CharField())
    cause = CauseShape()


class LateShape(serializers.Serializer[Any]):
    """``next_offset`` is null on the last page."""

    count = serializers.IntegerField()
    next_offset = serializers.IntegerField(allow_null=True)
    results = LateLineShape(many=True)


def load_data(found: Workload) -> dict[str, Any]:
    return {
        "bottleneck": found.bottleneck.code if found.bottleneck else None,
        "until": found.last.astimezone(UTC) if found.last else None,
        "work_centres": [
            {
                "code": centre.code,
                "name": centre.name,
                "machines": centre.machines,
                "permille": centre.until_last.permille,
                "backlog_seconds": centre.backlog,
                "buckets": [
                    {
                        "start": start.astimezone(UTC),
                        "end": end.astimezone(UTC),
                        "working_seconds": bucket.working,
                        "overtime_seconds": bucket.overtime,
                        "setup_seconds": bucket.setup,
                        "work_seconds": bucket.work,
                        "planned_overtime_seconds": bucket.extra,
                    }
                    for start, end, bucket in zip(found.edges, found.edges[1:], centre.buckets, strict=False)
                ],
            }
            for centre in found.centres
        ],
    }


def late_data(
    found: Sequence[tuple[Expected, Cause]], *, count: int, offset: int, size: int
) -> dict[str, Any]:
    return {
        "count": count,
        "next_offset": offset + size if offset + size < count else None,
        "results": [
            {
                "line": each.line.pk,
                "order": each.line.order_id,
                "number": f"{each.line.order.number}/{each.line.position}",
                "family": each.line.family_code,
                "quantity": each.line.quantity,
                "promised_at": each.line.promised_at,
                "expected_at": each.ready_at,
                "late_seconds": round(each.late_by.total_seconds()),
                "runs": list(each.runs),
                "cause": {
                    "kind": cause.kind,
                    "text": cause.text,
                    "machine": cause.machine,
                    "work_centre": cause.centre,
                },
            }
            for each, cause in found
        ],
    }
