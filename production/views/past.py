"""The plan history: who proposed what, at which cost, and what people decided."""

from __future__ import annotations

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from production.facts import planner_settings
from production.history import Figure, history
from production.models import Plan
from production.views.access import staff_only
from production.views.whatif import TERMS
from production.words import money, who

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
                    "cost": _priced(past.cost) if past.cost else None,
                    "bound": money(past.bound) if past.bound else "",
                    "terms": [
                        _priced(each, TERMS[each.name]) for each in past.terms if each.value or each.change
                    ],
                    "decided": [
                        (
                            each.what if each.times == 1 else each.what.replace("repair ", "repairs "),
                            each.times,
                            ", ".join(who(actor) for actor in each.who),
                        )
                        for each in past.decided
                    ],
                }
                for past in history(list(page.object_list))
            ],
            "currency": settings.WORKSHOP_CURRENCY,
            "weights": [(name, getattr(weights, name)) for name in type(weights).__dataclass_fields__],
        },
    )


def _priced(figure: Figure, name: str = "") -> tuple[str, str, str]:
    """Its name, what it comes to, and the change with its sign: empty where there is none."""
    sign = "+" if (figure.change or 0) > 0 else "-"
    return name, money(figure.value), f"{sign}{money(abs(figure.change))}" if figure.change else ""
