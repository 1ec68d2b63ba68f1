"""The start page and the queue: what waits to be made, and why it waits."""

from __future__ import annotations

from datetime import timedelta

from django.core.paginator import Paginator
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from ledger.models import Entry, Job
from orders.models import Line, Order
from production.forms import QueueFilter
from production.models import Material, Operation, Piece, Plan, Run
from production.views.access import staff_only

PAGE = 50


@staff_only()
def home(request: HttpRequest) -> HttpResponse:
    """One look at the day: what waits, runs, is late, is broken."""
    now = timezone.now()
    runs = Run.objects.aggregate(
        proposed=Count("pk", filter=Q(state="proposed")),
        released=Count("pk", filter=Q(state="released")),
        started=Count("pk", filter=Q(state="started")),
        late=Count("pk", filter=Q(state__in=("proposed", "released", "started"), due_at__lt=now)),
    )
    pieces = Piece.objects.aggregate(
        owed=Count("pk", filter=Q(state="owed")),
        planned=Count("pk", filter=Q(state="planned")),
        made_today=Count("pk", filter=Q(state="made", run__done_at__gte=now - timedelta(days=1))),
    )
    return render(
        request,
        "staff/home.html",
        {
            "runs": runs,
            "pieces": pieces,
            "waiting": Line.objects.filter(state="ready").count(),
            "dead_jobs": Job.objects.filter(state="dead").count(),
            "plan": Plan.objects.current().first(),
            "running": Operation.objects.filter(state="started")
            .select_related("machine", "run")
            .order_by("started_at"),
            "short": Material.objects.filter(on_hand__gt=0, reserved__gte=F("on_hand") * 8 / 10)[:8],
            "now": now,
        },
    )


def filtered(form: QueueFilter) -> QuerySet[Line]:
    """Lines not yet released that the filter lets through, those promised first in front."""
    wanted = form.cleaned_data if form.is_valid() else {}
    lines = Line.objects.filter(state__in=[wanted["state"]] if wanted.get("state") else ["ready", "planned"])
    if wanted.get("q"):
        lines = lines.filter(order__number__icontains=wanted["q"])
    if wanted.get("family"):
        lines = lines.filter(family_code=wanted["family"])
    limits = {"late": timedelta(), "today": timedelta(days=1), "week": timedelta(days=7)}
    if wanted.get("due"):
        lines = lines.filter(promised_at__lte=timezone.now() + limits[wanted["due"]])
    return lines.select_related("order", "design").order_by(F("promised_at").asc(nulls_last=True), "pk")


@staff_only()
def queue(request: HttpRequest) -> HttpResponse:
    """What waits: constant number of queries, whatever the length."""
    form = QueueFilter(request.GET or {"state": "ready"})
    page = Paginator(filtered(form), PAGE).get_page(request.GET.get("page"))
    plan = Plan.objects.current().first()
    reasons = {row["line"]: row["text"] for row in plan.unplanned} if plan else {}
    rows = [{"line": line, "reason": reasons.get(line.pk, "")} for line in page.object_list]
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "staff/queue.html",
        {
            "form": form,
            "page": page,
            "rows": rows,
            "plan": plan,
            "now": timezone.now(),
            "query": query.urlencode(),
        },
    )


@staff_only()
def order(request: HttpRequest, pk: str) -> HttpResponse:
    """An order as the workshop sees it: lines, where their pieces are, what happened."""
    found = get_object_or_404(Order.objects.with_lines(), pk=pk)
    lines = list(found.lines.all())
    pieces = Piece.objects.filter(line__in=lines).select_related("run").order_by("line", "index")
    by_line: dict[str, list[Piece]] = {line.pk: [] for line in lines}
    for piece in pieces:
        by_line[piece.line_id].append(piece)
    return render(
        request,
        "staff/order.html",
        {
            "order": found,
            "rows": [{"line": line, "pieces": by_line[line.pk]} for line in lines],
            "entries": Entry.objects.of(f"order:{found.pk}"),
            "now": timezone.now(),
        },
    )
