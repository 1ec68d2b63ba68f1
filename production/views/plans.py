"""The plan: its chart, its runs, what is late, what could not be planned, and asking for a new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ledger.models import Job
from orders.models import Line
from production import planning
from production.lateness import Expected, late_lines
from production.models import Plan, Run
from production.views.access import PLANNER, actor, is_in, staff_only
from production.views.chart import ZOOMS, chart
from production.views.members import late_text
from production.words import Names, read_names, who

LONGEST_LIST = 200


@dataclass(frozen=True)
class RunRow:
    """A run in a list; ``late_by`` is of its latest line."""

    run: Run
    made_of: str
    begins: datetime | None
    ends: datetime | None
    late_by: str


def runs_in_view() -> QuerySet[Run]:
    """Runs that are proposed or on the floor, with what a list shows, in one query."""
    return (
        Run.objects.live()
        .annotate(
            piece_count=Count("pieces", distinct=True),
            order_count=Count("pieces__line__order", distinct=True),
            family_count=Count("pieces__line__family_code", distinct=True),
            sheet_count=Count("sheets", distinct=True),
        )
        .prefetch_related("operations__machine")
        .order_by("state", "due_at", "number")
    )


def run_rows(runs: QuerySet[Run], *, names: Names, late: list[Expected]) -> list[RunRow]:
    """Runs as rows; no query a run."""
    worst: dict[str, Expected] = {}
    for each in late:  # the latest first
        for run_id in each.runs:
            worst.setdefault(run_id, each)
    rows = []
    for run in runs:
        operations = [each for each in run.operations.all() if each.state != "dropped"]
        rows.append(
            RunRow(
                run=run,
                made_of=names.run(run.key),
                begins=min((each.setup_start for each in operations), default=None),
                ends=max((each.end for each in operations), default=None),
                late_by=late_text(worst[run.pk].late_by) if run.pk in worst else "",
            )
        )
    return rows


def _news(plan: Plan, proposed: list[RunRow]) -> str:
    """What the plan changed against the one before, in one sentence."""
    if plan.base is None:
        return ""
    kept = sum(row.run.number <= plan.base.last_run for row in proposed)
    new = len(proposed) - kept
    return f"Against plan {plan.base.number}: {kept} of the proposed runs as they were, {new} new."


@staff_only()
def plan(request: HttpRequest) -> HttpResponse:
    """The current plan. Every bar of the chart stands in the list of runs too."""
    now = timezone.now()
    zoom = request.GET.get("zoom", "")
    zoom = zoom if zoom in ZOOMS else "hours"
    current = Plan.objects.current().select_related("base").first()
    unplanned = current.unplanned[:LONGEST_LIST] if current else []
    lines = Line.objects.select_related("order").in_bulk([row["line"] for row in unplanned])
    names = read_names()
    late = late_lines(now=now)
    rows = run_rows(runs_in_view(), names=names, late=late)
    proposed = [row for row in rows if row.run.state == "proposed"]
    return render(
        request,
        "staff/plan.html",
        {
            "plan": current,
            "by": who(current.created_by) if current else "",
            "news": _news(current, proposed) if current else "",
            "chart": chart(now=now, names=names, zoom=zoom) if current else None,
            "zoom": zoom,
            "zooms": list(ZOOMS),
            "sheet_use": current.kpis["sheet_use_permille"] // 10 if current else 0,
            "unplanned": [
                (lines.get(row["line"]), row["line"], row["pieces"], names.sentence(row["text"]))
                for row in unplanned
            ],
            "late": [
                {"line": each.line, "ready_at": each.ready_at, "late_by": late_text(each.late_by)}
                for each in late[:LONGEST_LIST]
            ],
            "late_count": len(late),
            "proposed": proposed,
            "on_the_floor": [row for row in rows if row.run.state != "proposed"],
            "job": Job.objects.filter(kind=planning.JOB_KIND).at_hand().order_by("pk").first(),
            "may_plan": is_in(request, PLANNER),
            "now": now,
        },
    )


@staff_only()
def progress(request: HttpRequest) -> HttpResponse:
    """The fragment that the plan page asks for while a planner works."""
    job = Job.objects.filter(kind=planning.JOB_KIND).at_hand().order_by("pk").first()
    response = render(request, "staff/_progress.html", {"job": job})
    if job is None:
        response["HX-Refresh"] = "true"
    return response


@staff_only(PLANNER)
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    planning.request_proposal(actor=actor(request), now=timezone.now())
    messages.info(
        request, "A new proposal is being computed; released, started and pinned runs stay as they are."
    )
    return redirect("plan")
