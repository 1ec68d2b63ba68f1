"""The store: what is there, what is promised, what came in, and what a count found."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from production import offcuts, stock
from production.events import clock
from production.forms import (
    Announced,
    Counted,
    Kept,
    LeftOver,
    MaterialFilter,
    Received,
    micrometres,
    mistakes,
)
from production.models import Material, Offcut
from production.views.access import FLOOR, PLANNER, actor, is_in, staff_only
from production.views.drawings import size_of
from production.words import who

PAGE = 50
MOVEMENTS = 50  # the newest that a material's page shows
OFFCUTS = 100  # as many are shown


@staff_only()
def materials(request: HttpRequest) -> HttpResponse:
    """Every material with what is on hand, reserved and free. A constant number of queries."""
    form = MaterialFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = Material.objects.low() if wanted.get("low") else Material.objects.all()
    if wanted.get("q"):
        found = found.filter(Q(name__icontains=wanted["q"]) | Q(code__icontains=wanted["q"]))
    kept = Count("offcuts", filter=Q(offcuts__in=Offcut.objects.kept()))
    page = Paginator(found.annotate(offcuts_kept=kept).order_by("name", "code"), PAGE).get_page(
        request.GET.get("page")
    )
    query = request.GET.copy()
    query.pop("page", None)
    return render(request, "staff/materials.html", {"form": form, "page": page, "query": query.urlencode()})


@staff_only()
def material(request: HttpRequest, code: str) -> HttpResponse:
    """One material: its figures, its movements, and the forms that change them."""
    found = get_object_or_404(Material, pk=code)
    movements = found.movements.select_related("run").order_by("-at", "-pk")[:MOVEMENTS]
    kept = found.offcuts.kept().select_related("made_by", "reserved_by").order_by("code")
    return render(
        request,
        "staff/material.html",
        {
            "material": found,
            "movements": [(each, who(each.actor)) for each in movements],
            "lots": found.lots.exclude(announced=0, on_hand=0),
            "now": timezone.now(),
            "most": stock.MOST,
            "offcuts": [(each, size_of(each)) for each in kept[:OFFCUTS]],
            "more_offcuts": max(kept.count() - OFFCUTS, 0),
            "may_store": is_in(request, FLOOR, PLANNER),
            "may_announce": is_in(request, PLANNER),
        },
    )


def _change(
    request: HttpRequest,
    code: str,
    form: Received | Counted,
    change: Callable[[Material], Material],
    done: str,
) -> HttpResponse:
    held = get_object_or_404(Material, pk=code)
    if not form.is_valid():
        messages.error(request, mistakes(form))
        return redirect("material", code=code)
    try:
        held = change(held)
    except stock.StockRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, f"{done} {held.on_hand:,} {held.unit} of {held.name} on hand, {held.free:,} free."
        )
    return redirect("material", code=code)


@staff_only(FLOOR, PLANNER)
@require_POST
def receive(request: HttpRequest, code: str) -> HttpResponse:
    form, by, now = Received(request.POST), actor(request), timezone.now()

    def change(held: Material) -> Material:
        quantity = form.cleaned_data["quantity"]
        return stock.receive(material=held, quantity=quantity, delivery=form.delivery, actor=by, now=now)

    return _change(request, code, form, change, "Received.")


@staff_only(PLANNER)
@require_POST
def announce(request: HttpRequest, code: str) -> HttpResponse:
    """A lot that is to come; of one that was announced before, another quantity or moment."""
    held, form = get_object_or_404(Material, pk=code), Announced(request.POST)

    def change() -> str:
        said = form.cleaned_data
        lot = stock.announce(
            material=held,
            delivery=form.delivery,
            quantity=said["quantity"],
            available_at=said["arrives"],
            actor=actor(request),
            now=timezone.now(),
        )
        if not lot.announced:
            return f"Lot {lot.code} is not expected any more. A new plan is asked for."
        arrives = clock(lot.available_at)
        return f"{lot.announced:,} {held.unit} in lot {lot.code} come on {arrives}. A new plan is asked for."

    return _and_say(request, code, form, change)


@staff_only(FLOOR, PLANNER)
@require_POST
def count(request: HttpRequest, code: str) -> HttpResponse:
    form, by, now = Counted(request.POST), actor(request), timezone.now()

    def change(held: Material) -> Material:
        said = form.cleaned_data
        return stock.count(material=held, on_hand=said["quantity"], lot=said["lot"], actor=by, now=now)

    return _change(request, code, form, change, "Counted.")


def _and_say(request: HttpRequest, code: str, form: Form, change: Callable[[], str]) -> HttpResponse:
    """Do it and say what was done, or why it was not."""
    if not form.is_valid():
        messages.error(request, mistakes(form))
    else:
        try:
            messages.success(request, change())
        except stock.StockRefused as refusal:
            messages.error(request, str(refusal))
    return redirect("material", code=code)


@staff_only(FLOOR, PLANNER)
@require_POST
def keep_offcuts(request: HttpRequest, code: str) -> HttpResponse:
    """From which size on what runs leave of its sheets is kept."""
    held, form = get_object_or_404(Material, pk=code), Kept(request.POST)

    def change() -> str:
        least = micrometres(form.cleaned_data["least"])
        offcuts.keep_from(material=held, least_um=least, actor=actor(request), now=timezone.now())
        if not least:
            return f"What runs leave of {held.name} is not kept."
        return f"What runs leave of {held.name} is kept from {least / 1000:g} mm on."

    return _and_say(request, code, form, change)


@staff_only(FLOOR, PLANNER)
@require_POST
def add_offcut(request: HttpRequest, code: str) -> HttpResponse:
    """An offcut or a sheet with defects comes into the store."""
    held, form = get_object_or_404(Material, pk=code), LeftOver(request.POST)

    def change() -> str:
        wanted = form.cleaned_data
        added = offcuts.add(
            material=held,
            width_um=micrometres(wanted["width"]),
            height_um=micrometres(wanted["height"]),
            defects=wanted["defects"],
            actor=actor(request),
            now=timezone.now(),
        )
        return f"Write {added} on it: the next plan uses it where that saves a sheet."

    return _and_say(request, code, form, change)


@staff_only(FLOOR, PLANNER)
@require_POST
def discard_offcut(request: HttpRequest, code: str, offcut: str) -> HttpResponse:
    """An offcut is not there any more."""
    found = get_object_or_404(Offcut, material=code, code=offcut)

    def change() -> str:
        offcuts.discard(offcut=found, actor=actor(request), now=timezone.now())
        return f"{found} is thrown away."

    return _and_say(request, code, Form(request.POST), change)
