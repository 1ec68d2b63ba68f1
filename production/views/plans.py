"""The plan: its chart, its runs, what could not be planned, and asking for a new one."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST

from ledger.models import Job
from orders.models import Line
from production import planning
from production.facts import read_shop
from production.gantt import Bar, Row, closed, gantt, window
from production.models import Machine, Operation, Plan, Run
from production.views.access import PLANNER, actor, is_in, staff_only

ZOOMS = {"hours": 60, "shifts": 24, "days": 9}  # pixels an hour
LONGEST_CHART = timedelta(days=21)
LONGEST_LIST = 200


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


def chart(*, now: datetime, zoom: str = "hours", title: str = "The plan") -> SafeString:
    """The machines' work from now on, as an SVG that may be put into a page."""
    operations = list(
        Operation.objects.filter(
            Q(state__in=("planned", "started")) | Q(finished_at__gte=now - timedelta(hours=8))
        )
        .exclude(run__state="rejected")
        .select_related("run", "machine")
    )
    bars = [_bar(operation, now) for operation in operations]
    start, end = window(bars, now=now)
    end = min(end, start + LONGEST_CHART)
    names = {machine.code: machine for machine in Machine.objects.select_related("work_centre")}
    shop = read_shop(now=now)
    working = {calendar.code: calendar.intervals for calendar in shop.calendars}
    places = {centre.code: place for place, centre in enumerate(shop.work_centres)}
    rows = [
        Row(
            machine.code,
            names[machine.code].name,
            names[machine.code].work_centre.name,
            closed(working.get(machine.calendar, ()), start=start, end=end),
        )
        for machine in sorted(shop.machines, key=lambda each: (places[each.work_centre], each.code))
    ]
    picture = gantt(
        rows,
        bars,
        start=start,
        end=end,
        now=now,
        zone=ZoneInfo(settings.WORKSHOP_ZONE),
        hour_width=ZOOMS.get(zoom, ZOOMS["hours"]),
        title=title,
    )
    return mark_safe(picture)  # noqa: S308 - built by ElementTree, which escapes


def _bar(operation: Operation, now: datetime) -> Bar:
    run = operation.run
    late = bool(run.due_at and operation.end > run.due_at)
    state = {"started": "started", "finished": "finished"}.get(operation.state, run.state)
    zone = ZoneInfo(settings.WORKSHOP_ZONE)
    begins, starts, ends = (
        f"{each.astimezone(zone):%a %H:%M}"
        for each in (operation.setup_start, operation.start, operation.end)
    )
    title = (
        f"R-{run.number} {operation.setup_family} on {operation.machine.name}: {operation.units} pieces, "
        f"set-up {begins}, work {starts} to {ends}" + (", after the promise" if late else "")
    )
    return Bar(
        row=operation.machine.code,
        setup_start=operation.setup_start,
        start=operation.start,
        end=operation.end,
        label=f"R-{run.number} {operation.setup_family}",
        title=title,
        href=f"/staff/runs/{run.pk}/",
        family=operation.setup_family,
        state=" ".join([state, *(["pinned"] if run.pinned else []), *(["late"] if late else [])]),
    )


@staff_only()
def plan(request: HttpRequest) -> HttpResponse:
    """The current plan. Every bar of the chart stands in the list of runs too."""
    now = timezone.now()
    zoom = request.GET.get("zoom", "hours")
    current = Plan.objects.current().first()
    unplanned = current.unplanned[:LONGEST_LIST] if current else []
    lines = Line.objects.select_related("order").in_bulk([row["line"] for row in unplanned])
    runs = list(runs_in_view())
    return render(
        request,
        "staff/plan.html",
        {
            "plan": current,
            "chart": chart(now=now, zoom=zoom),
            "zoom": zoom,
            "sheet_use": current.kpis["sheet_use_permille"] // 10 if current else 0,
            "unplanned": [(lines.get(row["line"]), row) for row in unplanned],
            "zooms": list(ZOOMS),
            "proposed": [run for run in runs if run.state == "proposed"],
            "on_the_floor": [run for run in runs if run.state != "proposed"],
            "job": Job.objects.filter(kind=planning.JOB_KIND).unfinished().order_by("pk").first(),
            "may_plan": is_in(request, PLANNER),
            "now": now,
        },
    )


@staff_only()
def progress(request: HttpRequest) -> HttpResponse:
    """The fragment that the plan page asks for while a planner works."""
    job = Job.objects.filter(kind=planning.JOB_KIND).unfinished().order_by("pk").first()
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
