"""A list of names: many pieces that share a design go into the cart at once. Works as a plain form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from configurator import designs
from configurator.answers import choice_labels
from configurator.catalogue import spec_of
from configurator.engine.spec import FamilySpec, OptionSpec
from configurator.models import Configuration
from configurator.proofs import preview_url
from configurator.views.making import configuration_of, configuration_page, take_post
from configurator.views.visitors import visitor_of
from orders import cart as carts
from orders import lists, tables
from orders.channels.csv_file import ImportRefused, decode


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest, pk: str) -> HttpResponse:
    """Write or paste a list, have each row checked, and put them all in the cart."""
    held = configuration_of(request, pk)
    spec = spec_of(held.version)
    if not lists.listed_options(spec):
        raise Http404("Pieces of this product cannot be ordered as a list.")
    if request.method != "POST":
        return _page(request, held)
    if request.POST.get("do") == "list":  # pressed beside the design: what was typed there counts
        outcome = take_post(request, held)
        return (
            redirect("cart-list", pk) if outcome.taken else configuration_page(request, held, outcome=outcome)
        )
    try:
        text = _text(request)
        rows = tables.read_rows(text, spec=spec, column=request.POST.get("column", ""))
        if request.POST.get("do") != "add":
            return _page(request, held, text, lists.judge(configuration=held, rows=rows, now=timezone.now()))
        return _add(request, held, rows)
    except lists.RowsRefused as refusal:
        return _page(request, held, text, refusal.judged)
    except (lists.ListRefused, ImportRefused, carts.CartFull, carts.NotForSale) as refusal:
        return _page(request, held, request.POST.get("rows", ""), refusal=str(refusal))


def _text(request: HttpRequest) -> str:
    """What was typed, or what is in the file that was chosen instead."""
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("rows", "")
    if file.size is None or file.size > 4 * tables.LONGEST:
        raise lists.ListRefused("The file is too large for a list of names.")
    return decode(file.read())


def _add(request: HttpRequest, held: Configuration, rows: Sequence[lists.Row]) -> HttpResponse:
    visitor, now = visitor_of(request), timezone.now()
    judged = lists.add_to_cart(
        cart=carts.open_cart(owner=visitor.user, session_key=visitor.session_key, now=now),
        configuration=held,
        rows=rows,
        actor=visitor.actor,
        now=now,
    )
    pieces = sum(each.row.quantity for each in judged)
    messages.success(request, f"{pieces} × {held.version.family.name} in your cart, each as its line says.")
    return redirect("cart")


def _page(
    request: HttpRequest,
    held: Configuration,
    text: str = "",
    judged: Sequence[lists.Judged] = (),
    refusal: str = "",
) -> HttpResponse:
    spec = spec_of(held.version)
    wrong = sum(bool(each.problems) for each in judged)
    totals = [each.total for each in judged if each.total is not None and not each.problems]
    options = lists.listed_options(spec)
    texts = [option for option in options if option.kind == "text"]
    column = request.POST.get("column") or next(
        (option.code for option in texts if option.code == "name"), texts[0].code
    )
    varied = dict.fromkeys(code for each in judged for code in each.row.changes)  # as the list has them
    columns = [spec.option_by_code[code] for code in varied]
    return render(
        request,
        "orders/list.html",
        {
            "configuration": held,
            "family": held.version.family,
            "picture": _picture(held, spec),
            "back": reverse("configuration", args=[held.version.family_id, held.pk]),
            "shared": choice_labels(held, held.choices),
            "texts": texts,
            "options": options,
            "column": column,
            "example": _example(spec),
            "most": lists.MOST_ROWS,
            "rows": text,
            "columns": columns,
            "judged": _shown(judged, columns),
            "breaks": any(rule.min_quantity for rule in spec.prices),
            "wrong": wrong,
            "pieces": sum(each.row.quantity for each in judged),
            "total": sum(totals) if totals and not wrong else None,
            "currency": spec.currency,
            "refusal": refusal,
        },
        status=422 if refusal or wrong else 200,
    )


def _picture(held: Configuration, spec: FamilySpec) -> str:
    if not spec.surfaces or designs.refused_since(held, now=timezone.now()):
        return ""
    return preview_url(of=held, choices=held.choices, surface=spec.surfaces[0].code)


def _example(spec: FamilySpec) -> str:
    """Two lines as they could be written, with the family's own values."""
    options = lists.listed_options(spec)
    text = [option for option in options if option.kind == "text"]
    sizes = [option for option in options if option.code == "size" and option.values]
    first = next((option for option in text if option.code == "name"), text[0])
    chosen = [first, *sizes[:1]]
    lines = [", ".join([*(option.name for option in chosen), "Quantity"])]
    for number, name in enumerate(("Aylin", "عمر")):
        values = [option.values[min(number + 1, len(option.values) - 1)].name for option in sizes[:1]]
        lines.append(", ".join([name, *values, str(number + 1)]))
    return "\n".join(lines)


def _shown(judged: Sequence[lists.Judged], columns: Sequence[OptionSpec]) -> list[dict[str, Any]]:
    same = lists.same_rows(judged)
    return [
        {
            "number": each.row.number,
            "cells": [
                {"name": option.name, "value": _cell(option, each.row.changes.get(option.code))}
                for option in columns
            ],
            "quantity": each.row.quantity,
            "problems": each.problems,
            "notes": each.notes,
            "same": same.get(each.row.number, 0),
            "total": each.total,
        }
        for each in judged
    ]


def _cell(option: OptionSpec, value: Any) -> str:
    if value is None:
        return ""
    found = option.value_by_code.get(str(value))
    if found:
        return found.name
    return f"{value} {option.unit}".strip() if option.kind == "integer" else str(value)
