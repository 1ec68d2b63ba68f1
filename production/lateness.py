"""Promises against the plan: when a line will be made, and which lines will be later than promised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max, Q

from orders.models import Line
from production.models import Operation, OperationState, Piece, Run


@dataclass(frozen=True)
class Expected:
    """When the last planned piece of a line is made; ``late_by`` is zero when that keeps the promise."""

    line: Line
    ready_at: datetime
    runs: tuple[str, ...]
    late_by: timedelta


def expected(*, lines: Iterable[Line], now: datetime) -> dict[str, Expected]:
    """By line what the plan says of its pieces in living runs; lines without any are left out. Two queries.

    Of a run of several families only the operations that a line's own routing names count. What should
    be finished already and is not ends now at the earliest.
    """
    wanted = {line.pk: line for line in lines}
    runs_of: dict[str, set[str]] = {}
    inside = Piece.objects.filter(line__in=wanted, run__in=Run.objects.live()).order_by()
    for line_id, run_id in inside.values_list("line", "run").distinct():
        runs_of.setdefault(line_id, set()).add(str(run_id))
    operations: dict[str, list[Operation]] = {}
    of_runs = Operation.objects.filter(run__in={run for runs in runs_of.values() for run in runs})
    for operation in of_runs.exclude(state=OperationState.DROPPED):
        operations.setdefault(operation.run_id, []).append(operation)
    answers: dict[str, Expected] = {}
    for line_id, runs in runs_of.items():
        line = wanted[line_id]
        own = {
            (step["step"], step["work_centre"], step["setup_family"]) for step in line.work.get("routing", ())
        }
        ends = [
            _end(operation, now)
            for run in runs
            for operation in operations.get(run, ())
            if (operation.step, operation.work_centre_id, operation.setup_family) in own
        ]
        if ends:
            ready = max(ends)
            late = max(ready - line.promised_at, timedelta()) if line.promised_at else timedelta()
            answers[line_id] = Expected(line, ready, tuple(sorted(runs)), late)
    return answers


def _end(operation: Operation, now: datetime) -> datetime:
    if operation.finished_at is not None:
        return operation.finished_at
    return max(operation.end, now)


def late_lines(*, now: datetime) -> list[Expected]:
    """Lines that the plan makes later than promised, the latest first. Three queries."""
    suspects = (
        Piece.objects.filter(run__in=Run.objects.live())
        .order_by()
        .values("line")
        .annotate(last=Max("run__operations__end"))
        .filter(Q(last__gt=F("line__promised_at")) | Q(line__promised_at__lt=now))
    )
    lines = Line.objects.filter(pk__in=suspects.values("line")).select_related("order")
    found = [each for each in expected(lines=lines, now=now).values() if each.late_by]
    return sorted(found, key=lambda each: (-each.late_by, each.line.pk))
