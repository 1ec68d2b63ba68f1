"""The start page, the queue and an order: what needs somebody, what waits to be made, and why it waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from configurator.answers import labels
from configurator.approvals import VOUCHED
from configurator.catalogue import spec_of
from configurator.proofs import design_picture, drawings_of
from configurator.views.findings import ShownFinding, shown_findings, shown_mismatches
from ledger.models import Entry
from orders.engine.lifecycle import Action, LineState, allowed
from orders.models import Line, Order
from production import gate
from production.forms import QueueFilter
from production.models import LineFile, Operation, Piece, Plan, Run
from production.views.access import PLANNER, is_in, staff_only
from production.views.dispatch import dispatch_of
from production.views.members import THUMB, WITH_DESIGN, WITHOUT_SOURCE, rows_of
from production.views.needs import nearly_used_up, needs_now
from production.words import happened, read_names, who

PAGE = 50


@staff_only()
def home(request: HttpRequest) -> HttpResponse:
    """One look at the day: what needs somebody now, what waits, what runs."""
    now = timezone.now()
    plan = Plan.objects.current().first()
    runs = Run.objects.aggregate(
        proposed=Count("pk", filter=Q(state="proposed")),
        released=Count("pk", filter=Q(state="released")),
        started=Count("pk", filter=Q(state="started")),
    )
    pieces = Piece.objects.aggregate(
        owed=Count("pk", filter=Q(state="owed")),
        planned=Count("pk", filter=Q(state="planned")),
        made_today=Count("pk", filter=Q(state="made", run__done_at__gte=now - timedelta(days=1))),
    )
    names = read_names()
    running = (
        Operation.objects.filter(state="started").select_related("machine", "run").order_by("started_at")
    )
    return render(
        request,
        "staff/home.html",
        {
            "needs": needs_now(now=now, plan=plan),
            "runs": runs,
            "pieces": pieces,
            "waiting": Line.objects.filter(state="ready").count(),
            "plan": plan,
            "running": [
                {"row": each, "setup": names.setup(each.setup_family), "over": each.end < now}
                for each in running
            ],
            "short": nearly_used_up(),
            "now": now,
        },
    )


def filtered(form: QueueFilter, *, now: datetime) -> QuerySet[Line]:
    """Lines not yet released, or if wanted made ones, that the filter lets through; first promised first."""
    wanted = form.cleaned_data if form.is_valid() else {}
    lines = Line.objects.filter(state__in=[wanted["state"]] if wanted.get("state") else ["ready", "planned"])
    if wanted.get("q"):
        lines = lines.filter(order__number__icontains=wanted["q"])
    if wanted.get("family"):
        lines = lines.filter(family_code=wanted["family"])
    limits = {"late": timedelta(), "today": timedelta(days=1), "week": timedelta(days=7)}
    if wanted.get("due"):
        lines = lines.filter(promised_at__lte=now + limits[wanted["due"]])
    return (
        lines.select_related(*WITH_DESIGN)
        .defer(WITHOUT_SOURCE)
        .order_by(F("promised_at").asc(nulls_last=True), "pk")
    )


@staff_only()
def queue(request: HttpRequest) -> HttpResponse:
    """What waits or is planned: constant number of queries, whatever the length."""
    now = timezone.now()
    form = QueueFilter(request.GET)
    page = Paginator(filtered(form, now=now), PAGE).get_page(request.GET.get("page"))
    plan = Plan.objects.current().first()
    names = read_names()
    reasons = {row["line"]: names.sentence(row["text"]) for row in plan.unplanned} if plan else {}
    lines = list(page.object_list)
    runs, files = runs_of(lines), gate.files_of(lines)
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "staff/queue.html",
        {
            "form": form,
            "page": page,
            "rows": [
                {
                    "of": row,
                    "runs": runs.get(row.line.pk, []),
                    "stopped": (stopped := stopped_reason(files.get(row.line.pk, ()))),
                    "reason": stopped or reasons.get(row.line.pk, ""),
                    "findings": found_on(row.line),
                    "approved": [approved(proof) for proof in row.line.proof],
                }
                for row in rows_of(lines, now=now)
            ],
            "now": now,
            "query": query.urlencode(),
        },
    )


def stopped_reason(files: Iterable[LineFile]) -> str:
    """Why the gate has stopped a line; empty where it has not."""
    return " ".join(file.reason for file in files if file.state == LineFile.State.STOPPED)


def found_on(line: Line) -> list[ShownFinding]:
    """What the machines said of the line's artwork when it was approved, as its shopper read it."""
    found = [finding for proof in line.proof for finding in proof.get("findings", ())]
    return shown_findings(spec_of(line.design.version), found) if found else []


@dataclass(frozen=True)
class Approved:
    """What its shopper approved of a surface, and who when."""

    surface: str
    texts: tuple[str, ...]
    scene: str
    by: str
    at: datetime


def approved(proof: Mapping[str, Any]) -> Approved:
    by = proof["approved_by"]
    return Approved(
        proof["surface"],
        tuple(proof["texts"]),
        proof["scene"],
        "agreed outside the shop" if by == VOUCHED else f"by {who(by)}",
        datetime.fromisoformat(proof["approved_at"]),
    )


def runs_of(lines: list[Line]) -> dict[str, list[tuple[str, int, int]]]:
    """By line the runs that its pieces are in: id, number, pieces. One query."""
    counted = (
        Piece.objects.filter(line__in=lines, run__isnull=False)
        .order_by("run__number")
        .values_list("line", "run", "run__number")
        .annotate(pieces=Count("pk"))
    )
    found: dict[str, list[tuple[str, int, int]]] = {}
    for line, run, number, pieces in counted:
        found.setdefault(line, []).append((run, number, pieces))
    return found


def _pictures(line: Line) -> list[dict[str, str]]:
    """The line's picture, a surface each."""
    return [
        {
            "name": surface.name or surface.code,
            "url": design_picture(line.design, width=THUMB, surface=surface.code),
        }
        for surface in spec_of(line.design.version).surfaces
    ]


def differs(line: Line, file: LineFile) -> list[ShownFinding]:
    """What of a file differs from what was approved."""
    return shown_mismatches(spec_of(line.design.version), file.surface, file.mismatches)


@staff_only()
def order(request: HttpRequest, pk: str) -> HttpResponse:
    """An order as the workshop sees it: lines, where their pieces are, what happened."""
    now = timezone.now()
    found = get_object_or_404(Order.objects.with_lines(), pk=pk)
    lines = list(found.lines.all())
    made = gate.files_of(lines)
    pieces = Piece.objects.filter(line__in=lines).select_related("run").order_by("line", "index")
    entries = Entry.objects.of(f"order:{found.pk}")
    called = {line.pk: f"line {line.position}" for line in lines}
    return render(
        request,
        "staff/order.html",
        {
            "order": found,
            "rows": [
                {
                    "of": row,
                    "labels": labels(row.line.design),
                    "findings": found_on(row.line),
                    "approved": [approved(proof) for proof in row.line.proof],
                    "pictures": _pictures(row.line),
                    "drawings": drawings_of(row.line.design),
                    "files": [
                        {"of": file, "differs": differs(row.line, file)} for file in made.get(row.line.pk, [])
                    ],
                    "may_change": allowed(LineState(row.line.state), Action.CANCEL).allowed,
                    "file_awaited": bool(row.line.proof) and not made.get(row.line.pk),
                }
                for row in rows_of(lines, now=now, pieces=pieces)
            ],
            "history": [(entry, happened(entry, called), who(entry.actor)) for entry in reversed(entries)],
            "may_plan": is_in(request, PLANNER),
            "now": now,
            **dispatch_of(request, found),
        },
    )
