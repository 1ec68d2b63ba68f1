"""Lines that are or will be late: by how much, and what binds; as a page and as CSV."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from production.delays import KINDS, Cause, causes
from production.forms import LateFilter
from production.lateness import Expected, late_lines
from production.models import Run
from production.views.access import staff_only
from production.views.members import late_text
from production.views.plans import query_of
from production.words import Names, read_names

PAGE = 50


@dataclass(frozen=True)
class LateLine:
    """A late line with what binds it; ``runs`` as (id, number)."""

    of: Expected
    cause: Cause
    late_by: str
    runs: tuple[tuple[str, int], ...]


def late_of(form: LateFilter, *, names: Names) -> tuple[list[tuple[Expected, Cause]], Counter[str]]:
    """The late lines that the filter lets through, in its order, and how many each machine holds up in all.
    A constant number of queries."""
    now = timezone.now()
    found = late_lines(now=now)
    why = causes(found, names=names, now=now)
    asked = form.cleaned_data if form.is_valid() else {}
    binding = Counter(cause.machine for cause in why.values() if cause.machine)
    kept = [
        (each, why[each.line.pk])
        for each in found
        if (not asked.get("kind") or why[each.line.pk].kind == asked["kind"])
        and (not asked.get("machine") or why[each.line.pk].machine == asked["machine"])
        and (not asked.get("family") or each.line.family_code == asked["family"])
        and (not asked.get("q") or str(asked["q"]).casefold() in each.line.order.number.casefold())
    ]
    sort = asked.get("sort") or "late"
    if sort == "promised":
        kept.sort(key=lambda pair: (pair[0].line.promised_at, pair[0].line.pk))
    elif sort == "ready":
        kept.sort(key=lambda pair: (pair[0].ready_at, pair[0].line.pk))
    elif sort == "order":
        kept.sort(key=lambda pair: (pair[0].line.order.number, pair[0].line.position))
    return kept, binding


@staff_only()
def late(request: HttpRequest) -> HttpResponse:
    """A constant number of queries; ``?format=csv`` gives all that the filter lets through."""
    names = read_names()
    form = LateFilter(request.GET)
    found, binding = late_of(form, names=names)
    if request.GET.get("format") == "csv":
        return _csv(found)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    numbers = dict(
        Run.objects.filter(pk__in={run for each, _ in page.object_list for run in each.runs}).values_list(
            "pk", "number"
        )
    )
    machines = dict(form.fields["machine"].choices)  # type: ignore[attr-defined]
    return render(
        request,
        "staff/late.html",
        {
            "form": form,
            "page": page,
            "rows": [
                LateLine(
                    each,
                    cause,
                    late_text(each.late_by),
                    tuple((run, numbers[run]) for run in each.runs if run in numbers),
                )
                for each, cause in page.object_list
            ],
            "binding": [(code, machines.get(code, code), count) for code, count in binding.most_common(4)],
            "kinds": KINDS,
            "query": query_of(request),
        },
    )


def _csv(found: list[tuple[Expected, Cause]]) -> HttpResponse:
    """UTF-8 with a mark, which spreadsheets ask for. A cell never begins as a formula."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="late-lines.csv"'
    answer.write("\ufeff")
    table = csv.writer(answer)
    table.writerow(
        [
            "order",
            "line",
            "family",
            "pieces",
            "promised",
            "expected",
            "late_minutes",
            "cause",
            "machine",
            "why",
        ]
    )
    for each, cause in found:
        line = each.line
        table.writerow(
            [
                _plain(line.order.number),
                line.position,
                _plain(line.family_name),
                line.quantity,
                line.promised_at.isoformat() if line.promised_at else "",
                each.ready_at.isoformat(),
                round(each.late_by.total_seconds() / 60),
                cause.kind,
                cause.machine,
                _plain(cause.text),
            ]
        )
    return answer


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
