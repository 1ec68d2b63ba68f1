"""The floor: each machine's next work, start and finish, and a piece that went wrong."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from production import shopfloor
from production.forms import Reason
from production.models import Machine, Operation, Piece, Run
from production.views.access import FLOOR, PLANNER, actor, is_in, staff_only

NEXT = 4  # operations shown a machine


@staff_only()
def floor(request: HttpRequest) -> HttpResponse:
    """Machines with what runs and what comes next, soonest first; made for a tablet beside the machine."""
    centre = request.GET.get("centre", "")
    machines = (
        Machine.objects.filter(in_service=True)
        .select_related("work_centre")
        .order_by("work_centre__position", "code")
    )
    centres = {machine.work_centre.code: machine.work_centre.name for machine in machines}
    work: dict[int, list[Operation]] = {}
    operations = (
        Operation.objects.live()
        .filter(run__state__in=("released", "started"))
        .select_related("run", "work_centre")
        .order_by("machine", "setup_start")
    )
    finished = set(
        Operation.objects.filter(run__state__in=("released", "started"), state="finished").values_list(
            "run", "sequence"
        )
    )
    for operation in operations:
        work.setdefault(operation.machine_id, []).append(operation)
    rows = [
        {
            "machine": machine,
            "operations": work.get(machine.pk, [])[:NEXT],
            "more": max(0, len(work.get(machine.pk, [])) - NEXT),
        }
        for machine in machines
        if not centre or machine.work_centre.code == centre
    ]
    return render(
        request,
        "staff/floor.html",
        {
            "rows": rows,
            "centre": centre,
            "centres": centres,
            "finished": finished,
            "may_work": is_in(request, FLOOR, PLANNER),
            "now": timezone.now(),
        },
    )


@staff_only()
def run_on_floor(request: HttpRequest, pk: str) -> HttpResponse:
    """The pieces of a run at the machine: check each, scrap what went wrong."""
    run = get_object_or_404(Run, pk=pk)
    pieces = (
        Piece.objects.filter(run=run).select_related("line__order", "line__design").order_by("line", "index")
    )
    return render(
        request,
        "staff/floor_run.html",
        {
            "run": run,
            "pieces": pieces,
            "operations": run.operations.select_related("machine", "work_centre"),
            "scraps": run.scraps.select_related("piece__line__order"),
            "files": run.files.select_related("sheet"),
            "may_work": is_in(request, FLOOR, PLANNER),
        },
    )


def _work(request: HttpRequest, do: Callable[[], object], done: str) -> None:
    try:
        do()
    except shopfloor.FloorRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)


@staff_only(FLOOR, PLANNER)
@require_POST
def start(request: HttpRequest, operation_id: int) -> HttpResponse:
    operation = get_object_or_404(Operation.objects.select_related("run", "machine"), pk=operation_id)
    _work(
        request,
        lambda: shopfloor.start(operation=operation, actor=actor(request), now=timezone.now()),
        f"R-{operation.run.number} runs on {operation.machine.name}.",
    )
    return _back(request, operation)


@staff_only(FLOOR, PLANNER)
@require_POST
def finish(request: HttpRequest, operation_id: int) -> HttpResponse:
    operation = get_object_or_404(Operation.objects.select_related("run", "machine"), pk=operation_id)
    _work(
        request,
        lambda: shopfloor.finish(operation=operation, actor=actor(request), now=timezone.now()),
        f"R-{operation.run.number} is done on {operation.machine.name}.",
    )
    return _back(request, operation)


@staff_only(FLOOR, PLANNER)
@require_POST
def scrap(request: HttpRequest, piece_id: int) -> HttpResponse:
    piece = get_object_or_404(Piece.objects.select_related("line__order"), pk=piece_id)
    run_id = piece.run_id
    form = Reason(request.POST)
    if form.is_valid():
        _work(
            request,
            lambda: shopfloor.scrap(
                piece=piece, reason=form.cleaned_data["reason"], actor=actor(request), now=timezone.now()
            ),
            f"Piece {piece.index} of {piece.line.order.number} is scrapped and owed again.",
        )
    else:
        messages.error(request, " ".join(str(text) for text in form.errors["reason"]))
    return redirect("floor-run", pk=run_id) if run_id else redirect("floor")


def _back(request: HttpRequest, operation: Operation) -> HttpResponse:
    """To the page the button was on: one of two, never an address from outside."""
    if request.POST.get("from") == "run":
        return redirect("floor-run", pk=operation.run_id)
    return redirect("floor")
