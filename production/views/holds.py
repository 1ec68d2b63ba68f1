"""Dates that are held for carts: what they claim of the workshop, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from configurator.promise import STANDARD, option_name
from orders.models import PromiseHold
from production.facts import moment
from production.models import Machine, Material
from production.views.access import staff_only

PAGE = 50


@dataclass(frozen=True)
class Held:
    """A hold; ``places`` are (work centre, machine, from, until), ``uses`` (material, quantity)."""

    of: PromiseHold
    option: str
    places: tuple[tuple[str, str, datetime, datetime], ...]
    uses: tuple[tuple[str, int], ...]


@staff_only()
def held_dates(request: HttpRequest) -> HttpResponse:
    """What carts hold, those that expire first in front."""
    now = timezone.now()
    held = PromiseHold.objects.live(now=now).select_related("design__version__family")
    found = held.defer("design__version__source").order_by("expires_at", "pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    machines = {row.code: row for row in Machine.objects.select_related("work_centre")}
    materials = dict(Material.objects.values_list("code", "name"))
    rows = [_held(each, machines, materials) for each in page]
    return render(request, "staff/holds.html", {"page": page, "rows": rows, "query": ""})


def _held(hold: PromiseHold, machines: dict[str, Machine], materials: dict[str, str]) -> Held:
    claim: dict[str, Any] = hold.claim
    places = []
    for each in claim.get("busy", ()):
        machine = machines.get(each["machine"])
        centre = machine.work_centre.name if machine else ""
        name = machine.name if machine else each["machine"]
        places.append((centre, name, moment(each["setup_start"]), moment(each["end"])))
    uses = tuple((materials.get(code, code), count) for code, count in claim.get("uses", {}).items())
    option = "" if hold.option == STANDARD else option_name(hold.option)
    return Held(hold, option, tuple(places), uses)
