"""Calendars of the plan: their addresses for calendar programs, and the feeds themselves."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST, require_safe

from production import feeds
from production.forms import NewFeed, mistakes
from production.models import CalendarFeed
from production.views.access import PLANNER, actor, is_in, staff_only
from production.words import read_names, who


@staff_only()
def calendars(request: HttpRequest) -> HttpResponse:
    """The calendars in use. Addresses are secrets: only planners see them."""
    found = CalendarFeed.objects.live().select_related("work_centre", "machine")
    may_plan = is_in(request, PLANNER)
    return render(
        request,
        "staff/calendars.html",
        {
            "rows": [
                {
                    "feed": feed,
                    "by": who(feed.created_by),
                    "url": request.build_absolute_uri(reverse("calendar-feed", args=[feeds.token_of(feed)]))
                    if may_plan
                    else "",
                }
                for feed in found
            ],
            "form": NewFeed(),
            "may_plan": may_plan,
        },
    )


@staff_only(PLANNER)
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    form = NewFeed(request.POST)
    if not form.is_valid():
        messages.error(request, mistakes(form))
        return redirect("calendars")
    centre, machine = form.cleaned_data["of"]
    try:
        feeds.create(
            name=form.cleaned_data["name"],
            centre=centre,
            machine=machine,
            actor=actor(request),
            now=timezone.now(),
        )
    except feeds.TooManyFeeds as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The calendar is there: put its address into a calendar program.")
    return redirect("calendars")


@staff_only(PLANNER)
@require_POST
def revoke(request: HttpRequest, pk: str) -> HttpResponse:
    feed = get_object_or_404(CalendarFeed, pk=pk)
    feeds.revoke(feed=feed, actor=actor(request), now=timezone.now())
    messages.success(request, f"{feed.name}: its address leads nowhere any more.")
    return redirect("calendars")


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of a token, for programs that do not log in. A wrong or revoked one is not found."""
    found = feeds.feed_of(token)
    if found is None:
        raise Http404("There is no such calendar, or it was revoked.")
    text = feeds.text_of(found, names=read_names(), now=timezone.now())
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="runs.ics"'
    response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, private=True, max_age=300)
    return response
