"""The plan history: who proposed what, at which cost, and what people decided."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from production.facts import planner_settings
from production.history import history
from production.models import Plan
from production.views.access import staff_only
from production.words import who

PAGE = 20


@staff_only()
def plans(request: HttpRequest) -> HttpResponse:
    """Newest first. A constant number of queries."""
    page = Paginator(Plan.objects.select_related("base").order_by("-number"), PAGE).get_page(
        request.GET.get("page")
    )
    weights = planner_settings().weights
    return render(
        request,
        "staff/plans.html",
        {
            "page": page,
            "rows": [
                {
                    "of": past,
                    "by": who(past.plan.created_by),
                    "decided": [
                        (each.what, each.times, ", ".join(who(actor) for actor in each.who))
                        for each in past.decided
                    ],
                }
                for past in history(list(page.object_list))
            ],
            "weights": [(name, getattr(weights, name)) for name in type(weights).__dataclass_fields__],
        },
    )
