"""What if, and why: scenarios beside the plan, and what holds a line up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.views.decorators.http import require_POST

from ledger.models import Job
from orders.models import Line
from production import whatif, why
from production.engine.explaining import Span
from production.engine.proposal import Terms, Weights
from production.facts import moment
from production.forms import ChangeOf, ScenarioName
from production.models import Calendar, Machine, Material, Operator, Piece, Plan, Scenario
from production.views.access import PLANNER, actor, is_in, staff_only
from production.views.members import open_lines
from production.words import line_name, money, read_names, who

PAGE = 30
NAMES = {
    "extra-shift": "Overtime",
    "machine-down": "A machine is down",
    "extra-machine": "One more machine",
    "speed": "A machine's speed",
    "moved-stop": "Move a planned stop",
    "extra-operator": "One more person",
    "more-material": "More material",
    "late-material": "Material comes late",
    "demand": "More or less demand",
    "promise": "A line's promise",
    "lead-time": "All promises",
    "price": "A weight of the plan's cost",
}
TERMS = {
    "tardiness": "Late lines",
    "setups": "Set-ups",
    "runs": "Runs",
    "loads": "Loads",
    "sheets": "Sheets",
    "overtime": "Overtime",
    "energy": "Energy",
    "machines": "Machine hours",
    "preference": "Second-best machines",
    "moved": "Moved work",
}


@dataclass(frozen=True)
class Figure:
    """One figure of a scenario beside the plan as it is; ``better`` is None where neither is."""

    name: str
    before: str
    after: str
    better: bool | None


@staff_only()
def scenarios(request: HttpRequest) -> HttpResponse:
    """All scenarios, the newest first."""
    page = Paginator(Scenario.objects.all(), PAGE).get_page(request.GET.get("page"))
    rows = [(each, who(each.created_by), _summary(each)) for each in page]
    return render(
        request,
        "staff/what_if.html",
        {"page": page, "rows": rows, "query": "", "may_plan": is_in(request, PLANNER)},
    )


@staff_only(PLANNER)
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    form = ScenarioName(request.POST)
    asks, plays = "remedies" in request.POST, "play" in request.POST
    name = "What would help" if asks else "The plan played" if plays else str(form.data.get("name", ""))
    try:
        scenario = whatif.begin(name=name, actor=actor(request), now=timezone.now(), remedies=asks)
        if asks or plays:
            whatif.ask(scenario=scenario, actor=actor(request), now=timezone.now())
    except whatif.ScenarioRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("what-if")
    return redirect("scenario", pk=scenario.pk)


@staff_only()
def scenario(request: HttpRequest, pk: str) -> HttpResponse:
    """One scenario: its changes, forms for more, and its answer beside the plan as it is."""
    found = get_object_or_404(Scenario, pk=pk)
    result = found.result or {}
    named = [row["line"] for name in ("newly_late", "saved", "risky") for row in result.get(name, ())]
    lines = Line.objects.select_related("order").in_bulk(named)
    job = Job.objects.filter(
        kind=whatif.JOB_KIND, key=f"{whatif.JOB_KIND}:{found.pk}:{found.version}"
    ).first()
    current = Plan.objects.current().first()
    names = _names(found.changes)
    return render(
        request,
        "staff/scenario.html",
        {
            "scenario": found,
            "by": who(found.created_by),
            "changes": [_words(each, names) for each in found.changes],
            "forms": _forms() if found.state != "waiting" and not found.remedies else [],
            "figures": _figures(result) if "after" in result else [],
            "terms": _terms(result) if "after" in result else [],
            "newly_late": _lines(result.get("newly_late", ()), lines),
            "risky": [
                (
                    lines.get(row["line"]),
                    row["line"],
                    _permille(row["kept"]),
                    parse_datetime(row["late_end"]),
                )
                for row in result.get("risky", ())
            ],
            "slack": why.hours(result["before"]["slack"]) if "before" in result else "",
            "kept": [_permille(result["before"][name]) for name in ("kept", "kept_low", "kept_high")]
            if "before" in result
            else [],
            "spread": [f"{each / 10:.0f}" for each in result["before"]["spread"]]
            if "before" in result
            else [],
            "saved": _lines(result.get("saved", ()), lines),
            "result": result,
            "band_before": _band(result.get("before")),
            "band_after": _band(result.get("after")),
            "remedies": [_remedy(each, names) for each in result.get("remedies", ())],
            "job": job,
            "outdated": found.plan is not None and current is not None and found.plan_id != current.pk,
            "may_plan": is_in(request, PLANNER),
        },
    )


@staff_only(PLANNER)
@require_POST
def add(request: HttpRequest, pk: str, kind: str) -> HttpResponse:
    found = get_object_or_404(Scenario, pk=pk)
    if kind not in NAMES:
        messages.error(request, "There is no such change.")
        return redirect("scenario", pk=pk)
    form = ChangeOf(kind, _choices()[kind], request.POST)
    if not form.is_valid():
        told = [f"{form.fields[name].label}: {texts[0]}" for name, texts in form.errors.items()]
        messages.error(request, " ".join(told))
        return redirect("scenario", pk=pk)
    return _do(request, pk, partial(whatif.add, scenario=found, change=form.change()))


@staff_only(PLANNER)
@require_POST
def remove(request: HttpRequest, pk: str, index: int) -> HttpResponse:
    found = get_object_or_404(Scenario, pk=pk)
    return _do(request, pk, partial(whatif.remove, scenario=found, index=index))


@staff_only(PLANNER)
@require_POST
def compute(request: HttpRequest, pk: str) -> HttpResponse:
    return _do(request, pk, partial(whatif.ask, scenario=get_object_or_404(Scenario, pk=pk)))


@staff_only(PLANNER)
@require_POST
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    found = get_object_or_404(Scenario, pk=pk)
    whatif.delete(scenario=found, actor=actor(request), now=timezone.now())
    messages.success(request, f"“{found.name}” was deleted.")
    return redirect("what-if")


@staff_only(PLANNER)
@require_POST
def from_remedy(request: HttpRequest, pk: str, index: int) -> HttpResponse:
    """A scenario of its own from a change that would help, to be looked at closer."""
    found = get_object_or_404(Scenario, pk=pk)
    remedies = (found.result or {}).get("remedies", [])
    if not 0 <= index < len(remedies):
        messages.error(request, "That is no longer in the answer: look at it again.")
        return redirect("scenario", pk=pk)
    by, now = actor(request), timezone.now()
    new = whatif.begin(name=remedies[index]["text"], actor=by, now=now)
    try:
        for change in remedies[index]["changes"]:
            new = whatif.add(scenario=new, change=change, actor=by, now=now)
        whatif.ask(scenario=new, actor=by, now=now)
    except whatif.ScenarioRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("scenario", pk=new.pk)


def _do(request: HttpRequest, pk: str, operation: Callable[..., object]) -> HttpResponse:
    try:
        operation(actor=actor(request), now=timezone.now())
    except whatif.ScenarioRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("scenario", pk=pk)


@staff_only()
def line_why(request: HttpRequest, pk: str) -> HttpResponse:
    """Why a line is made when it is: what it waits for, step by step, and what its company saves."""
    line = get_object_or_404(Line.objects.select_related("order", "design__version"), pk=pk)
    names = read_names()
    tables = (Operator, Machine)
    machines = {code: name for table in tables for code, name in table.objects.values_list("code", "name")}
    context: dict[str, Any] = {"line": line, "may_plan": is_in(request, PLANNER)}
    try:
        told = why.explain(line=line, now=timezone.now())
    except why.NothingToSay as nothing:
        return render(request, "staff/line_why.html", context | {"nothing": names.sentence(str(nothing))})
    runs = dict(Piece.objects.filter(line=line).exclude(run=None).values_list("run__pk", "run__number"))
    context |= {
        "explanation": told,
        "binds": why.in_words(told, names=names, machines=machines),
        "end": moment(told.why.end),
        "late": why.hours(told.why.late) if told.why.late else "",
        "spans": list(
            _joined(
                told.why.spans,
                lambda span: why.says(span, names=names, machines=machines, own=span.run in runs),
            )
        ),
        "saves": why.saved_by_company(told.company),
        "company": told.company,
        "run_id": told.why.run,
        "run_number": runs.get(told.why.run),
    }
    return render(request, "staff/line_why.html", context)


def _joined(spans: Sequence[Span], says: Callable[[Span], str]) -> Iterator[dict[str, Any]]:
    """The spans as the page shows them; neighbours of which the same is to be said are one."""
    total = max(spans[-1].end - spans[0].start, 1) if spans else 1
    for (kind, text), together in groupby(spans, key=lambda span: (span.kind, says(span))):
        same = list(together)
        start, seconds = same[0].start, same[-1].end - same[0].start
        yield {
            "kind": kind,
            "says": text,
            "start": moment(start),
            "end": moment(same[-1].end),
            "long": why.hours(seconds),
            "x": (start - spans[0].start) * 1000 / total,
            "width": seconds * 1000 / total,
        }


# --- parts of the pages -----------------------------------------------------------------------------------


def _show(at: datetime) -> str:
    return date_format(timezone.localtime(at), "D j M H:i")


def _names(changes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What codes of machines, people, materials, calendars and lines in changes are called. Five queries."""
    tables = (Machine, Operator, Material, Calendar)
    names = {code: name for table in tables for code, name in table.objects.values_list("code", "name")}
    lines = Line.objects.select_related("order").in_bulk([each["line"] for each in changes if "line" in each])
    return names | {pk: line_name(line) for pk, line in lines.items()}


def _words(change: dict[str, Any], names: dict[str, str]) -> str:
    return whatif.in_words(change, show=_show, names=names)


def _choices() -> dict[str, dict[str, list[tuple[str, str]]]]:
    """By kind of change the values that its fields can have."""
    products = Piece.objects.to_plan().order_by().values_list("line__family_name", flat=True).distinct()
    machines = list(Machine.objects.filter(in_service=True).values_list("code", "name"))
    common: dict[str, list[tuple[str, str]]] = {
        "calendar": list(Calendar.objects.values_list("code", "name")),
        "machine": machines,
        "material": list(Material.objects.order_by("name").values_list("code", "name")),
        "product": [("", "everything"), *((name, name) for name in sorted(products))],
        "like": machines,
    }
    by_kind = dict.fromkeys(NAMES, common)
    people = list(Operator.objects.order_by("code").values_list("code", "name"))
    by_kind["extra-operator"] = common | {"like": people}
    by_kind["promise"] = {
        "line": [
            (each.pk, f"{line_name(each)} {each.family_name} × {each.quantity}")
            for each in open_lines(released=False)
        ]
    }
    by_kind["price"] = {"weight": [(each.name, each.name) for each in fields(Weights)]}
    return by_kind


def _forms() -> list[tuple[str, str, ChangeOf]]:
    """A form a kind of change; none for people in a workshop that names none."""
    return [
        (kind, NAMES[kind], ChangeOf(kind, choices))
        for kind, choices in _choices().items()
        if choices.get("like") or kind != "extra-operator"
    ]


def _summary(scenario: Scenario) -> str:
    result = scenario.result or {}
    if scenario.state == "failed":
        return scenario.reason
    if "remedies" in result:
        found = result["remedies"]
        return f"{len(found)} change{'s' * (len(found) != 1)} would help" if found else "Nothing would help"
    if "risky" in result:
        return f"{_permille(result['before']['kept'])} of promises kept"
    if "after" not in result:
        return ""
    saved, late = result["saved_count"], result["newly_late_count"]
    return f"{saved} line{'s' * (saved != 1)} saved, {late} newly late"


def _figures(result: dict[str, Any]) -> list[Figure]:
    one, two = result["before"], result["after"]
    rows: list[tuple[str, int, int, bool, Callable[[int], str]]] = [
        ("Lines late", one["late_lines"], two["late_lines"], True, str),
        ("Pieces not planned", one["kpis"]["unplanned"], two["kpis"]["unplanned"], True, str),
        ("Promises kept when played", one["kept"], two["kept"], False, _permille),
        ("Runs", one["kpis"]["runs"], two["kpis"]["runs"], True, str),
        ("Sheets", one["kpis"]["sheets"], two["kpis"]["sheets"], True, str),
        ("Set-up", one["kpis"]["setup_seconds"], two["kpis"]["setup_seconds"], True, why.hours),
        ("Last end, from now", one["kpis"]["makespan"], two["kpis"]["makespan"], True, why.hours),
        ("Slack that 95 % kept asks for", one["slack"], two["slack"], True, why.hours),
        ("Cost", one["cost"], two["cost"], True, money),
    ]
    return [
        Figure(
            name,
            show(before),
            show(after),
            None if before == after else (after < before) == lower_is_better,
        )
        for name, before, after, lower_is_better, show in rows
    ]


def _terms(result: dict[str, Any]) -> list[Figure]:
    one, two = result["before"]["kpis"]["terms"], result["after"]["kpis"]["terms"]
    return [
        Figure(
            TERMS[each.name],
            money(one[each.name]),
            money(two[each.name]),
            None if one[each.name] == two[each.name] else two[each.name] < one[each.name],
        )
        for each in fields(Terms)
        if one[each.name] or two[each.name]
    ]


def _band(figures: dict[str, Any] | None) -> int:
    """How wide the band of promises kept is drawn, in thousandths of the picture; never invisible."""
    return max(figures["kept_high"] - figures["kept_low"], 6) if figures else 0


def _permille(share: int) -> str:
    return f"{share / 10:.1f} %"


def _lines(rows: Any, lines: dict[str, Line]) -> list[tuple[Line | None, str, str]]:
    return [(lines.get(row["line"]), row["line"], why.hours(row["late"])) for row in rows]


def _remedy(remedy: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    fewer = remedy["late_before"] - remedy["late_after"]
    return {
        "text": "; ".join(_words(each, names) for each in remedy["changes"]),
        "fewer": fewer,
        "late_after": remedy["late_after"],
        "cost": money(remedy["cost_after"] - remedy["cost_before"]),
    }
