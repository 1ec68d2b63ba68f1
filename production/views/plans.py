"""The plan: its chart and its runs, what is late or not planned, and asking for a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ledger import jobs
from ledger.models import Job
from orders.models import Line
from production import planning
from production.forms import PlanFilter
from production.lateness import Expected, late_lines
from production.models import Operation, Plan, Run
from production.views.access import PLANNER, actor, is_in, staff_only
from production.views.chart import Wanted, chart
from production.views.chosen import panel
from production.views.members import late_text
from production.views.window import fitting, window_of
from production.words import Names, read_names, who

IN_VIEW = 40  # runs a page of the list below the chart
PAGE = 100
SPARK = (240, 48)  # pixels of the line of cost and bound
REASONS, NAMED = 12, 6  # reasons for not planning that are shown, lines that each names


@dataclass(frozen=True)
class RunRow:
    """A run in a list; ``late_by`` is of its latest line."""

    run: Run
    made_of: str
    begins: datetime | None
    ends: datetime | None
    machines: str
    late_by: str


def runs_shown(ids: Sequence[str]) -> QuerySet[Run]:
    """These runs with what a list shows of them; two queries."""
    return (
        Run.objects.filter(pk__in=ids)
        .annotate(
            piece_count=Count("pieces", distinct=True),
            order_count=Count("pieces__line__order", distinct=True),
            family_count=Count("pieces__line__family_code", distinct=True),
            sheet_count=Count("sheets", distinct=True),
        )
        .prefetch_related("operations__machine")
    )


def run_rows(ids: Sequence[str], *, names: Names, late: Iterable[Expected]) -> list[RunRow]:
    """Runs as rows in the order of ``ids``; no query a run. ``late`` lines, the latest first."""
    worst: dict[str, Expected] = {}
    for each in late:
        for run_id in each.runs:
            worst.setdefault(run_id, each)
    found = {run.pk: run for run in runs_shown(ids)}
    rows = []
    for run in (found[pk] for pk in ids if pk in found):
        operations = [each for each in run.operations.all() if each.state != "dropped"]
        rows.append(
            RunRow(
                run=run,
                made_of=names.run(run.key),
                begins=min((each.setup_start for each in operations), default=None),
                ends=max((each.end for each in operations), default=None),
                machines=", ".join(dict.fromkeys(each.machine.name for each in operations)),
                late_by=late_text(worst[run.pk].late_by) if run.pk in worst else "",
            )
        )
    return rows


def _news(plan: Plan) -> str:
    """What the plan changed against the one before, in one sentence."""
    if plan.base is None:
        return ""
    proposed = Run.objects.proposed().aggregate(
        kept=Count("pk", filter=Q(number__lte=plan.base.last_run)),
        new=Count("pk", filter=Q(number__gt=plan.base.last_run)),
    )
    return (
        f"Against plan {plan.base.number}: {proposed['kept']} of the proposed runs as they were, "
        f"{proposed['new']} new."
    )


def wanted_of(form: PlanFilter) -> Wanted:
    """What the filter lets through; a word that is no run's number is taken as an order's."""
    asked = form.cleaned_data if form.is_valid() else {}
    words = str(asked.get("q") or "")
    number = words.upper().removeprefix("R-")
    is_run = number.isdecimal() and len(number) < 10
    return Wanted(
        centre=asked.get("centre") or "",
        family=asked.get("family") or "",
        state=asked.get("state") or "",
        late=bool(asked.get("late")),
        number=int(number) if is_run else None,
        order="" if is_run else words,
        people=bool(asked.get("people")),
    )


@staff_only()
def plan(request: HttpRequest) -> HttpResponse:
    """The current plan: a stretch of it as a chart, its runs as a list. A constant number of queries."""
    now = timezone.now()
    zone = ZoneInfo(settings.WORKSHOP_ZONE)
    current = Plan.objects.current().select_related("base").first()
    names = read_names()
    form = PlanFilter(request.GET, names=names)
    wanted = wanted_of(form)
    usual = fitting(now=now, last=_last_of_the_first(now), zone=zone)
    window = window_of(request.GET, now=now, zone=zone, usual=usual)
    chosen = request.GET.get("op", "")
    query = query_of(request, without="op")
    shown = (
        chart(
            window=window,
            wanted=wanted,
            now=now,
            names=names,
            selected=chosen,
            query=f"?{query}&" if query else "?",
        )
        if current
        else None
    )
    page = Paginator(shown.runs if shown else (), IN_VIEW).get_page(request.GET.get("page"))
    late = late_lines(now=now)
    return render(
        request,
        "staff/plan.html",
        {
            "plan": current,
            "by": who(current.created_by) if current else "",
            "news": _news(current) if current else "",
            "form": form,
            "filtered": wanted != Wanted(people=wanted.people),
            "window": window,
            "chart": shown,
            "page": page,
            "rows": run_rows(list(page.object_list), names=names, late=late),
            "query": query_of(request),
            **(panel(request, chosen) if chosen else {}),
            "in_hand": bool(chosen),
            "counts": Run.objects.live().aggregate(
                proposed=Count("pk", filter=Q(state="proposed")),
                floor=Count("pk", filter=Q(state__in=("released", "started"))),
            ),
            "sheet_use": current.kpis["sheet_use_permille"] // 10 if current else 0,
            "unplanned": unplanned_reasons(current.unplanned, names) if current else (),
            "unplanned_lines": len(current.unplanned) if current else 0,
            "late": [_late_row(each) for each in late[:NAMED]],
            "late_count": len(late),
            "solving": solving(),
            "may_plan": is_in(request, PLANNER),
            "now": now,
        },
    )


def query_of(request: HttpRequest, *, without: str = "") -> str:
    """The query without its page: for links to other pages of a list."""
    query = request.GET.copy()
    for name in ("page", without):
        query.pop(name, None)
    return query.urlencode()


def _last_of_the_first(now: datetime) -> datetime | None:
    """When the work that begins next is over: what a first look should reach."""
    waiting = Operation.objects.live().aggregate(first=Min("start"))["first"]
    if waiting is None:
        return None
    soon: datetime | None = (
        Operation.objects.live().filter(start__lte=max(waiting, now)).aggregate(last=Min("end"))["last"]
    )
    return soon


def _late_row(each: Expected) -> dict[str, Any]:
    return {"line": each.line, "ready_at": each.ready_at, "late_by": late_text(each.late_by)}


@dataclass(frozen=True)
class Solving:
    """The work on a proposal. ``cost`` and ``bound`` are the best so far, ``lines`` their way there as points
    of an SVG of ``SPARK`` pixels; empty where nothing is known yet."""

    job: Job
    cost: int | None
    bound: int | None
    lines: tuple[str, ...]

    @property
    def gap(self) -> int | None:
        """Per cent that the cost lies above the bound."""
        if self.cost is None or not self.bound:
            return None
        return round(100 * (self.cost - self.bound) / self.bound)


def solving() -> Solving | None:
    """The work on a proposal that somebody may wait for. One query."""
    job = Job.objects.filter(kind=planning.JOB_KIND).at_hand().order_by("pk").first()
    if job is None:
        return None
    curve = [(float(at), cost, bound) for at, cost, bound in job.progress.get("curve", ())]
    return Solving(job, job.progress.get("cost"), job.progress.get("bound"), spark(curve))


def spark(curve: Sequence[tuple[float, int, int]]) -> tuple[str, ...]:
    """Cost and bound over time (seconds, cost, bound) as points of two lines; none for fewer than two."""
    if len(curve) < 2:
        return ()
    first, last = curve[0][0], curve[-1][0]
    values = [value for _, cost, bound in curve for value in (cost, bound)]
    low, high = min(values), max(values)
    width, height = SPARK

    def point(at: float, value: float) -> str:
        x = width * (at - first) / max(last - first, 0.001)
        y = 2 + (height - 4) * (high - value) / max(high - low, 1)
        return f"{x:.1f},{y:.1f}"

    return tuple(" ".join(point(each[0], each[which]) for each in curve) for which in (1, 2))


@dataclass(frozen=True)
class Reason:
    """Why lines are not planned; ``named`` are the first of them."""

    text: str
    lines: int
    pieces: int
    named: tuple[tuple[str, Line | None], ...]


def unplanned_reasons(rows: Iterable[Mapping[str, Any]], names: Names) -> list[Reason]:
    """The lines that are not planned by the reason, the most frequent first. One query."""
    by_text: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_text.setdefault(row["text"], []).append(row)
    most = sorted(by_text.items(), key=lambda item: (-len(item[1]), item[0]))[:REASONS]
    wanted = [row["line"] for _, mine in most for row in mine[:NAMED]]
    lines = Line.objects.select_related("order").in_bulk(wanted)
    return [
        Reason(
            text=names.sentence(text),
            lines=len(mine),
            pieces=sum(row["pieces"] for row in mine),
            named=tuple((row["line"], lines.get(row["line"])) for row in mine[:NAMED]),
        )
        for text, mine in most
    ]


@staff_only()
def runs(request: HttpRequest) -> HttpResponse:
    """All runs, those that begin first in front. A constant number of queries, whatever the length."""
    names = read_names()
    form = PlanFilter(request.GET, names=names)
    wanted = wanted_of(form)
    found = Run.objects.all() if wanted.state else Run.objects.live()
    if wanted != Wanted(people=wanted.people):
        found = found.filter(pk__in=wanted.operations().values("run"))
    ordered = found.annotate(begins=Min("operations__setup_start")).order_by(
        F("begins").asc(nulls_last=True), "number"
    )
    page = Paginator(ordered.values_list("pk", flat=True), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "staff/runs.html",
        {
            "form": form,
            "page": page,
            "rows": run_rows(list(page.object_list), names=names, late=late_lines(now=timezone.now())),
            "query": query_of(request),
        },
    )


@staff_only()
def progress(request: HttpRequest) -> HttpResponse:
    """The fragment that the plan page asks for while a planner works."""
    shown = solving()
    response = render(
        request, "staff/_progress.html", {"solving": shown, "may_plan": is_in(request, PLANNER)}
    )
    if shown is None:
        response["HX-Refresh"] = "true"
    return response


@staff_only(PLANNER)
@require_POST
def stop(request: HttpRequest, job_id: int) -> HttpResponse:
    """End the work on a proposal with the best so far."""
    try:
        jobs.ask_to_stop(job_id=job_id, actor=actor(request), now=timezone.now())
    except (jobs.NoSuchJob, jobs.NothingToStop) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.info(request, "The planner ends with the best plan it has so far.")
    return redirect("plan")


@staff_only(PLANNER)
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    planning.request_proposal(actor=actor(request), now=timezone.now())
    messages.info(
        request, "A new proposal is being computed; released, started and pinned runs stay as they are."
    )
    return redirect("plan")
