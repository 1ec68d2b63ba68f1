"""One run: what is in it and why, its sheets, its way over the machines, and what staff decide about it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ledger.models import Entry
from production import files, review, stock
from production.forms import Pieces, Reason, Seen
from production.models import Material, Piece, ProductionFile, Run, Sheet
from production.views.access import PLANNER, actor, is_in, staff_only

REFUSALS = (review.ReviewRefused, review.Outdated, review.PlanBroken, stock.MaterialShort)
CONTENT_TYPES = {"ticket": "application/pdf", "pdf": "application/pdf", "svg": "image/svg+xml"}


@staff_only()
def run(request: HttpRequest, pk: str) -> HttpResponse:
    found = get_object_or_404(Run.objects.select_related("plan"), pk=pk)
    pieces = list(
        Piece.objects.filter(run=found)
        .select_related("line__order", "line__design")
        .order_by("line__promised_at", "line", "index")
    )
    codes = list(found.needs)
    stock = {material.code: material for material in Material.objects.filter(pk__in=codes)}
    return render(
        request,
        "staff/run.html",
        {
            "run": found,
            "pieces": pieces,
            "operations": found.operations.select_related("machine", "work_centre"),
            "sheets": [
                {
                    "index": sheet.index,
                    "material": sheet.material.name,
                    "size": f"{sheet.width_um // 1000} × {sheet.height_um // 1000} mm",
                    "used": 100 * sheet.used_area // (sheet.width_um * sheet.height_um),
                }
                for sheet in found.sheets.select_related("material")
            ],
            "needs": [(stock.get(code), code, found.needs[code]) for code in codes],
            "files": found.files.select_related("sheet"),
            "actions": [
                {"code": code, "allowed": not reason, "reason": reason}
                for code, reason in review.reasons_against(found).items()
            ],
            "entries": Entry.objects.of(f"run:{found.pk}"),
            "may_plan": is_in(request, PLANNER),
            "scraps": found.scraps.select_related("piece__line__order"),
            "now": timezone.now(),
        },
    )


@staff_only()
def sheet_picture(request: HttpRequest, pk: str, index: int) -> HttpResponse:
    """The sheet as it will be made, drawn now; the released file is ``run_file``."""
    sheet = get_object_or_404(Sheet.objects.select_related("run", "material"), run=pk, index=index)
    return HttpResponse(
        files.sheet_picture(sheet),
        content_type="image/svg+xml",
        headers={
            "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'none'",
            "Cache-Control": "private",
        },
    )


@staff_only()
def run_file(request: HttpRequest, pk: str, file_id: int) -> FileResponse:
    """A file that the floor works from, exactly as it was made at release."""
    found = get_object_or_404(ProductionFile.objects.select_related("run", "sheet"), pk=file_id, run=pk)
    if not default_storage.exists(found.path):
        raise Http404("The file is not on this machine; `manage.py verify` lists what is missing.")
    sheet = f"-sheet-{found.sheet.index}" if found.sheet else ""
    ending = "pdf" if found.kind != "svg" else "svg"
    return FileResponse(
        default_storage.open(found.path),
        content_type=CONTENT_TYPES[found.kind],
        filename=f"R-{found.run.number}{sheet}-{found.kind}.{ending}",
    )


def _decide(request: HttpRequest, pk: str, decide: Callable[[Run, int], object], done: str) -> HttpResponse:
    """Do what a button asked for, on the version of the run that the person saw."""
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
    return redirect("run", pk=pk)


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
        messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
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
