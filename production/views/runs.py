"""One run: what is in it and why, its sheets, its way over the machines, and what staff decide about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ledger.models import Entry, Job
from orders.fulfilment import MoveRefused
from production import files, review, stock
from production.forms import Pieces, Reason, Seen, mistakes
from production.models import Machine, Material, Operation, Piece, ProductionFile, Run, Sheet
from production.sheets import SheetStopped
from production.views.access import PLANNER, actor, is_in, staff_only
from production.views.drawings import drawings_of
from production.views.members import WITH_DESIGN, WITHOUT_SOURCE, rows_of
from production.words import UNDOES, happened, read_names, who

REFUSALS: tuple[type[Exception], ...] = (
    review.ReviewRefused,
    review.Outdated,
    review.PlanBroken,
    stock.MaterialShort,
    MoveRefused,  # a line was cancelled or shipped while the decision was taken
)


@staff_only()
def run(request: HttpRequest, pk: str) -> HttpResponse:
    """Everything about a run that a decision needs. A constant number of queries."""
    now = timezone.now()
    found = get_object_or_404(Run.objects.select_related("plan"), pk=pk)
    pieces = list(
        Piece.objects.filter(run=found)
        .select_related(*(f"line__{name}" for name in WITH_DESIGN))
        .defer(f"line__{WITHOUT_SOURCE}")
        .order_by("line__promised_at", "line", "index")
    )
    lines = list({piece.line_id: piece.line for piece in pieces}.values())
    members = rows_of(lines, now=now, pieces=pieces)
    stocked = {material.code: material for material in Material.objects.filter(pk__in=list(found.needs))}
    operations = list(found.operations.select_related("machine", "work_centre", "operator", "tool"))
    loads = loads_of(found, operations)
    names = read_names()
    machines = list(Machine.objects.order_by("work_centre__position", "code"))
    called = {each.code: each.name for each in machines}
    entries = list(Entry.objects.of(f"run:{found.pk}"))
    allowed, refused = _actions(found, entries)
    return render(
        request,
        "staff/run.html",
        {
            "run": found,
            "made_of": names.run(found.key),
            "why": names.sentence(found.why),
            "setup": names.setup(str(found.key["setup_family"])),
            "members": members,
            "piece_count": len(pieces),
            "late": [member for member in members if member.late_by],
            "operations": [
                {"row": each, "setup": names.setup(each.setup_family), "with": loads.get(each.load, ())}
                for each in operations
            ],
            "with_people": any(each.operator or each.tool or each.load for each in operations),
            "machines": [each for each in machines if each.in_service],
            "lots": [(stocked.get(use["material"]), use) for use in found.lots],
            "begins": min((each.setup_start for each in operations), default=None),
            "ends": max((each.end for each in operations), default=None),
            "sheets": drawings_of(found, members) if pieces else [],
            "needs": [(stocked.get(code), code, found.needs[code]) for code in found.needs],
            "allowed": allowed,
            "refused": refused,
            "undoes": UNDOES.get(_last_decision(entries), ""),
            "history": [(entry, happened(entry, called), who(entry.actor)) for entry in reversed(entries)],
            "may_plan": is_in(request, PLANNER),
            "scraps": [
                (scrap, who(scrap.actor)) for scrap in found.scraps.select_related("piece__line__order")
            ],
            "now": now,
            **files_of(found),
        },
    )


def loads_of(run: Run, operations: list[Operation]) -> dict[str, list[tuple[str, int]]]:
    """By load of a batch machine the other runs in it: (id, number). One query."""
    found: dict[str, list[tuple[str, int]]] = {}
    codes = [each.load for each in operations if each.load]
    if codes:
        others = Operation.objects.live().filter(load__in=codes).exclude(run=run).order_by("run__number")
        for load, pk, number in others.values_list("load", "run", "run__number"):
            found.setdefault(load, []).append((pk, number))
    return found


def _last_decision(entries: list[Entry]) -> str:
    return next((entry.kind for entry in reversed(entries) if entry.kind.startswith("run.")), "")


def _actions(found: Run, entries: list[Entry]) -> tuple[set[str], list[tuple[str, str]]]:
    """The decisions that can be taken; the others with why not, those of one reason together."""
    against = review.reasons_against(found)
    if not _last_decision(entries):
        against["undo"] = ""  # nothing was decided: that needs no excuse
    elif not against["undo"] and _last_decision(entries) not in UNDOES:
        against["undo"] = "The last decision cannot be taken back."
    by_reason: dict[str, list[str]] = {}
    for code, reason in against.items():
        # Of pinning and unpinning only one makes sense; the other needs no excuse.
        if reason and code not in ("pin", "unpin"):
            by_reason.setdefault(reason, []).append(code)
    refused = [(", ".join(codes).capitalize(), reason) for reason, codes in by_reason.items()]
    return {code for code, reason in against.items() if not reason}, refused


def files_of(found: Run) -> dict[str, Any]:
    """The files of a run, or how far their making is."""
    made = list(found.files.exclude(kind=ProductionFile.Kind.PICTURE).select_related("sheet"))
    job = None
    awaited = not made and not found.files_stopped and found.state in ("released", "started")
    if awaited:
        of_run = Job.objects.filter(kind=files.JOB_KIND, payload__stream=f"run:{found.pk}")
        job = of_run.order_by("-pk").first()
    return {
        "files": made,
        "files_awaited": awaited,
        "files_stopped": found.files_stopped,
        "files_failed": job is not None and job.state == "dead",
    }


@staff_only()
def run_files(request: HttpRequest, pk: str) -> HttpResponse:
    """The fragment that the run's page asks for until its files are there."""
    found = get_object_or_404(Run, pk=pk)
    return render(request, "staff/_files.html", {"run": found, **files_of(found)})


@staff_only()
def sheet_picture(request: HttpRequest, pk: str, index: int) -> HttpResponse:
    """The sheet as it will be made: the picture kept with the files of its run, or drawn now.

    With the version of its run as ``?v=`` the browser may keep it: a changed run has another version.
    """
    sheet = get_object_or_404(Sheet.objects.select_related("run", "material"), run=pk, index=index)
    kept = sheet.files.filter(kind=ProductionFile.Kind.PICTURE).first()
    try:
        picture = default_storage.open(kept.path).read() if kept else files.drawn_now(sheet)
    except (SheetStopped, OSError) as fault:
        raise Http404(str(fault)) from fault
    lasting = request.GET.get("v") == str(sheet.run.version)
    return HttpResponse(
        picture,
        content_type="image/webp",
        headers={"Cache-Control": "private, max-age=86400" if lasting else "private, no-cache"},
    )


@staff_only()
def run_file(request: HttpRequest, pk: str, file_id: int) -> FileResponse:
    """A file that the floor works from, exactly as it was made at release."""
    found = get_object_or_404(ProductionFile.objects.select_related("run", "sheet"), pk=file_id, run=pk)
    if not default_storage.exists(found.path):
        raise Http404("The file is not on this machine; `manage.py verify` lists what is missing.")
    sheet = f"-sheet-{found.sheet.index}" if found.sheet else ""
    ending = files.ENDINGS[found.kind]
    return FileResponse(
        default_storage.open(found.path),
        as_attachment=found.kind == ProductionFile.Kind.DXF,
        content_type=files.CONTENT_TYPES[found.kind],
        filename=f"R-{found.run.number}{sheet}-{found.kind}.{ending}",
    )


@staff_only(PLANNER)
@require_POST
def run_files_again(request: HttpRequest, pk: str) -> HttpResponse:
    """Have the files of a run made once more, after what stopped them was mended."""
    found = get_object_or_404(Run, pk=pk)
    try:
        files.make_again(run=found, actor=actor(request), now=timezone.now())
    except files.NothingToMakeAgain as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The files of R-{found.number} are being made again.")
    return redirect("run", pk=pk)


def _decide(request: HttpRequest, pk: str, decide: Callable[[Run, int], object], done: str) -> HttpResponse:
    """Do what a button asked for, on the version of the run that the person saw; then back to the run,
    or to the place of the chart that ``back`` names."""
    found = get_object_or_404(Run, pk=pk)
    seen = Seen(request.POST)
    if not seen.is_valid():
        messages.error(request, "The form was incomplete; load the page again and decide anew.")
        return redirect("run", pk=pk)
    try:
        decide(found, seen.cleaned_data["version"])
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done.format(run=f"R-{found.number}"))
    back = request.POST.get("back", "")
    return redirect(reverse("plan") + back) if back.startswith("?") else redirect("run", pk=pk)


@staff_only(PLANNER)
@require_POST
def release(request: HttpRequest, pk: str) -> HttpResponse:
    who, now = actor(request), timezone.now()
    return _decide(
        request,
        pk,
        lambda found, version: review.release(run=found, expected_version=version, actor=who, now=now),
        "{run} is released: the material is reserved, ticket and files are being made.",
    )


@staff_only(PLANNER)
@require_POST
def pin(request: HttpRequest, pk: str) -> HttpResponse:
    who, now = actor(request), timezone.now()
    return _decide(
        request,
        pk,
        lambda found, version: review.pin(run=found, expected_version=version, actor=who, now=now),
        "{run} is pinned: the planner leaves it as it is.",
    )


@staff_only(PLANNER)
@require_POST
def unpin(request: HttpRequest, pk: str) -> HttpResponse:
    who, now = actor(request), timezone.now()
    return _decide(
        request,
        pk,
        lambda found, version: review.unpin(run=found, expected_version=version, actor=who, now=now),
        "{run} is the planner's again.",
    )


@staff_only(PLANNER)
@require_POST
def undo(request: HttpRequest, pk: str) -> HttpResponse:
    who, now = actor(request), timezone.now()
    return _decide(
        request,
        pk,
        lambda found, version: review.undo(run=found, expected_version=version, actor=who, now=now),
        "{run}: the last decision is undone.",
    )


@staff_only(PLANNER)
@require_POST
def reject(request: HttpRequest, pk: str) -> HttpResponse:
    form = Reason(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(text) for text in form.errors["reason"]))
        return redirect("run", pk=pk)
    who, now, reason = actor(request), timezone.now(), form.cleaned_data["reason"]
    return _decide(
        request,
        pk,
        lambda found, version: review.reject(
            run=found, expected_version=version, reason=reason, actor=who, now=now
        ),
        "{run} is rejected: its pieces wait to be planned anew.",
    )


@staff_only(PLANNER)
@require_POST
def split(request: HttpRequest, pk: str) -> HttpResponse:
    found = get_object_or_404(Run, pk=pk)
    ids = list(found.pieces.values_list("pk", flat=True))
    form = Pieces(request.POST, choices=[(piece, str(piece)) for piece in ids])
    if not form.is_valid():
        messages.error(request, mistakes(form))
        return redirect("run", pk=pk)
    who, now = actor(request), timezone.now()
    chosen = list(found.pieces.filter(pk__in=form.cleaned_data["pieces"]))
    return _decide(
        request,
        pk,
        lambda run, version: review.split(
            run=run, pieces=chosen, expected_version=version, actor=who, now=now
        ),
        "{run} is split; both parts are nested and checked anew.",
    )
