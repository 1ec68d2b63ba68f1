"""What the shop is made of, to read; maintenance, absences and the planner's settings, to change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST

from production import shopkeeping
from production.facts import planner_settings
from production.forms import Span, Told, mistakes
from production.models import (
    Calendar,
    Machine,
    MachineStop,
    Operator,
    OperatorAbsence,
    SetupRule,
    Shift,
    Tool,
    Weekday,
    WorkCentre,
)
from production.views.access import PLANNER, actor, is_in, staff_only


@dataclass(frozen=True)
class Matrix:
    """Minutes from family (row; empty: any other) to family (column), None where no rule says it."""

    centre: WorkCentre
    after: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[SetupRule | None, float], ...]], ...]


def matrix_of(centre: WorkCentre) -> Matrix:
    """The set-ups of a work centre whose rules are at hand."""
    rules = {(rule.from_family, rule.to_family): rule for rule in centre.setup_rules.all()}
    after = tuple(sorted({to for _, to in rules}))
    before = sorted({from_family for from_family, _ in rules})
    rows = []
    for family in before:
        found = [rules.get((family, to)) for to in after]
        rows.append((family, tuple((rule, rule.seconds / 60 if rule else 0.0) for rule in found)))
    return Matrix(centre, after, tuple(rows))


@dataclass(frozen=True)
class Week:
    """Days of the week that are worked alike: ``Mon-Fri`` and ``06:00-14:00, 14:00-22:00``."""

    days: str
    hours: str
    overtime: bool


def week_of(shifts: Iterable[Shift]) -> list[Week]:
    """The shifts of a calendar, days that are worked alike together, in the order of the week."""
    times: dict[tuple[int, bool], list[str]] = {}
    for shift in sorted(shifts, key=lambda each: (each.weekday, each.start)):
        span = f"{shift.start:%H:%M}\N{EN DASH}{shift.end:%H:%M}"
        times.setdefault((shift.weekday, shift.overtime), []).append(span)
    alike: dict[tuple[str, bool], list[int]] = {}
    for (day, overtime), spans in times.items():
        alike.setdefault((", ".join(spans), overtime), []).append(day)
    return [Week(days_text(days), hours, overtime) for (hours, overtime), days in alike.items()]


def days_text(days: Sequence[int]) -> str:
    """Rising days of the week, three and more in a row as a range: ``Mon-Wed, Sat``."""
    rows: list[list[int]] = []
    for day in days:
        if rows and rows[-1][-1] == day - 1:
            rows[-1].append(day)
        else:
            rows.append([day])
    names = [[Weekday(day).label[:3] for day in row] for row in rows]
    return ", ".join(f"{row[0]}\N{EN DASH}{row[-1]}" if len(row) > 2 else ", ".join(row) for row in names)


@staff_only()
def shop(request: HttpRequest) -> HttpResponse:
    """Everything that the planner plans with. A constant number of queries."""
    now = timezone.now()
    centres = list(WorkCentre.objects.prefetch_related("machines__calendar", "setup_rules"))
    planner = planner_settings()
    return render(
        request,
        "staff/shop.html",
        {
            "centres": centres,
            "matrices": [matrix_of(centre) for centre in centres if centre.setup_rules.all()],
            "calendars": [
                (
                    calendar,
                    week_of(calendar.shifts.all()),
                    [day for day in calendar.exceptions.all() if day.date >= localdate(now)],
                )
                for calendar in Calendar.objects.prefetch_related("shifts", "exceptions")
            ],
            "operators": Operator.objects.select_related("calendar"),
            "tools": Tool.objects.all(),
            "stops": MachineStop.objects.filter(end__gt=now).select_related("machine"),
            "absences": OperatorAbsence.objects.filter(end__gt=now).select_related("operator"),
            "machines": [machine for centre in centres for machine in centre.machines.all()],
            "settings": planner,
            "told": Told(instance=planner),
            "currency": settings.WORKSHOP_CURRENCY,
            "may_change": is_in(request, PLANNER),
            "now": now,
        },
    )


def _change(request: HttpRequest, form: Span, change: Callable[[Span], object], done: str) -> HttpResponse:
    if not form.is_valid():
        messages.error(request, mistakes(form))
        return redirect("shop")
    try:
        change(form)
    except shopkeeping.ShopkeepingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{done} A repair of the plan is looked for.")
    return redirect("shop")


@staff_only(PLANNER)
@require_POST
def plan_stop(request: HttpRequest) -> HttpResponse:
    machine = get_object_or_404(Machine, code=request.POST.get("machine", ""))
    by, now = actor(request), timezone.now()
    return _change(
        request,
        Span(request.POST),
        lambda form: shopkeeping.plan_stop(machine=machine, actor=by, now=now, **form.cleaned_data),
        f"Maintenance of {machine} is planned.",
    )


@staff_only(PLANNER)
@require_POST
def note_absence(request: HttpRequest) -> HttpResponse:
    operator = get_object_or_404(Operator, code=request.POST.get("operator", ""))
    by, now = actor(request), timezone.now()
    return _change(
        request,
        Span(request.POST),
        lambda form: shopkeeping.note_absence(operator=operator, actor=by, now=now, **form.cleaned_data),
        f"The absence of {operator} is noted.",
    )


@staff_only(PLANNER)
@require_POST
def cancel_stop(request: HttpRequest, stop_id: int) -> HttpResponse:
    stop = get_object_or_404(MachineStop.objects.select_related("machine"), pk=stop_id)
    shopkeeping.cancel_stop(stop=stop, actor=actor(request), now=timezone.now())
    messages.success(request, f"{stop.machine} works in that time. A new plan is asked for.")
    return redirect("shop")


@staff_only(PLANNER)
@require_POST
def cancel_absence(request: HttpRequest, absence_id: int) -> HttpResponse:
    absence = get_object_or_404(OperatorAbsence.objects.select_related("operator"), pk=absence_id)
    shopkeeping.cancel_absence(absence=absence, actor=actor(request), now=timezone.now())
    messages.success(request, f"{absence.operator} is there in that time. A new plan is asked for.")
    return redirect("shop")


@staff_only(PLANNER)
@require_POST
def tell_planner(request: HttpRequest) -> HttpResponse:
    form = Told(request.POST, instance=planner_settings())
    seen = request.POST.get("version", "")
    if not form.is_valid() or not seen.isdecimal():
        names = {name: field.label for name, field in form.fields.items()}
        texts = [f"{names.get(name, name)}: {text}" for name, texts in form.errors.items() for text in texts]
        messages.error(request, " ".join(texts) or "Look at the settings again.")
        return redirect("shop")
    try:
        shopkeeping.tell_planner(
            changes=form.cleaned_data, expected_version=int(seen), actor=actor(request), now=timezone.now()
        )
    except shopkeeping.ShopkeepingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The planner is told. A new plan is asked for.")
    return redirect("shop")
