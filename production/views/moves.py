"""Moving an operation: dragged on the chart, or by the form on its run's page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from production import moving, review
from production.forms import MoveTo, mistakes
from production.models import Machine, Operation
from production.views.access import PLANNER, actor, staff_only


@staff_only(PLANNER)
@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it there, what is in its way later; then back to where the person came from."""
    operation = get_object_or_404(Operation.objects.select_related("run"), pk=pk)
    form = MoveTo(request.POST)
    if not form.is_valid():
        messages.error(request, mistakes(form))
        return redirect("run", pk=operation.run_id)
    asked = form.cleaned_data
    back = asked["back"]
    away = reverse("plan") + back if back.startswith("?") else reverse("run", args=[operation.run_id])
    machine = Machine.objects.filter(code=asked["machine"]).first()
    if machine is None:
        messages.error(request, "There is no such machine.")
        return redirect(away)
    try:
        moved = moving.move(
            operation=operation,
            machine=machine,
            start=asked["start"],
            actor=actor(request),
            now=timezone.now(),
            expected_version=asked["version"],
            expected_plan=asked["plan"],
        )
    except (review.ReviewRefused, review.Outdated, review.PlanBroken) as refusal:
        messages.error(request, f"{operation.run} was not moved. {refusal}")
    else:
        messages.success(request, told(moved, machine))
    return redirect(away)


def told(moved: moving.Moved, machine: Machine) -> str:
    """What a move did, in one or two sentences."""
    begins = timezone.localtime(moved.begins)
    when = f"{begins:%a} {begins.day} {begins:%b} {begins:%H:%M}"
    what = [f"{moved.run} is on {machine.name} from {when} on, and pinned."]
    if moved.others:
        what.append(f"{moved.others} other operation{'s' if moved.others > 1 else ''} put off for it.")
    if moved.later:
        what.append(f"{moved.later} piece{'s' if moved.later > 1 else ''} more will be late.")
    if moved.sooner:
        what.append(f"{moved.sooner} piece{'s' if moved.sooner > 1 else ''} will no longer be late.")
    return " ".join(what)
