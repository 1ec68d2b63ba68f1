"""Jobs and the ledger: what works in the background, and what happened."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from ledger import jobs as operations
from ledger.models import Entry, Job
from production.views.access import PLANNER, actor, staff_only

PAGE = 100


@staff_only()
def jobs(request: HttpRequest) -> HttpResponse:
    """Work in the background, newest first; what was set aside can be run again."""
    state = request.GET.get("state", "")
    found = Job.objects.order_by("-pk")
    if state in Job.State.values:
        found = found.filter(state=state)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "staff/jobs.html", {"page": page, "state": state, "states": Job.State.values})


@staff_only(PLANNER)
@require_POST
def job_again(request: HttpRequest, job_id: int) -> HttpResponse:
    try:
        operations.again(job_id=job_id, actor=actor(request), now=timezone.now())
    except (operations.NoSuchJob, operations.NotDead) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Job {job_id} will be run again.")
    return redirect("jobs")


@staff_only()
def ledger(request: HttpRequest) -> HttpResponse:
    """What happened, newest first; one stream with ``?stream=``."""
    stream = request.GET.get("stream", "")[:100]
    found = Entry.objects.order_by("-pk")
    if stream:
        found = found.filter(stream=stream)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "staff/ledger.html", {"page": page, "stream": stream})
