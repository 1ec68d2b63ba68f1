"""The production files of order lines: opened, and made again where one is stopped."""

from __future__ import annotations

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from configurator.engine.rendering.production import ENDINGS, MEDIA_TYPES
from orders.models import Line
from production import gate
from production.models import LineFile
from production.views.access import PLANNER, actor, staff_only


@staff_only()
def line_file(request: HttpRequest, file_id: int) -> FileResponse:
    """The file as it was made; to be kept, not to be opened in the browser."""
    files = LineFile.objects.select_related("line__order")
    found: LineFile = get_object_or_404(files.exclude(path=""), pk=file_id)
    if not default_storage.exists(found.path):
        raise Http404("The file is not on this machine; have it made again.")
    name = f"{found.line.order.number}-{found.line.position}-{found.surface}"
    return FileResponse(
        default_storage.open(found.path),
        as_attachment=True,
        content_type=MEDIA_TYPES[found.format],  # type: ignore[index]
        filename=f"{name}.{ENDINGS[found.format]}",  # type: ignore[index]
    )


@staff_only(PLANNER)
@require_POST
def line_again(request: HttpRequest, pk: str) -> HttpResponse:
    """Have the files of a line made and read back once more."""
    line = get_object_or_404(Line.objects.select_related("order"), pk=pk)
    try:
        gate.make_again(line=line, actor=actor(request), now=timezone.now())
    except gate.NothingToMake as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Line {line.position}: its file is being made again.")
    return redirect("staff-order", pk=line.order_id)
