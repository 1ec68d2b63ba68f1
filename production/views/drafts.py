"""What went wrong, and the repairs that staff look at: what moves, who becomes late, who is saved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from ledger.models import Job
from orders.models import Line
from production import drafts, events, wishes
from production.before_after import bars_of, picture
from production.facts import planner_settings
from production.forms import Absence, Discarded, LaterLot, RushForm, Taken, mistakes
from production.models import Draft, Machine, MaterialLot, Operator, PlanEvent
from production.views.access import PLANNER, actor, is_in, staff_only
from production.views.members import late_text, open_lines
from production.views.whatif import TERMS
from production.words import Names, money, plain_texts, read_names, who

PAGE = 30


@dataclass(frozen=True)
class Move:
    """A change as the page shows it: each step with where it stood and where it goes. It ``stays`` where only
    somebody else attends."""

    id: str
    kind: str
    runs: str
    made_of: str
    pieces: int
    must: str
    steps: tuple[tuple[str, str, str], ...]
    machine_changes: bool
    stays: bool


@dataclass(frozen=True)
class LateLine:
    """A line beside its promise; ``late_by`` after the repair, ``otherwise`` before it or without it."""

    order_id: str
    order: str
    position: int
    customer: str
    what: str
    promised: datetime | None
    after: datetime
    late_by: str
    otherwise: str


@staff_only()
def happened(request: HttpRequest) -> HttpResponse:
    """Events with what became of them, the draft that waits, and what can be told."""
    now = timezone.now()
    page = Paginator(PlanEvent.objects.select_related("answered_by"), PAGE).get_page(request.GET.get("page"))
    waiting = Job.objects.filter(kind__in=[wishes.REPAIR_KIND, wishes.IMPROVE_KIND]).at_hand()
    return render(
        request,
        "staff/events.html",
        {
            "page": page,
            "rows": [
                (each, who(each.actor), note)
                for each, note in zip(page, plain_texts([each.note for each in page]), strict=True)
            ],
            "query": "",
            "draft": Draft.objects.open().first(),
            "decided": [(each, who(each.decided_by)) for each in Draft.objects.exclude(state="open")[:PAGE]],
            "working": waiting.exists(),
            "lines": open_lines(released=True),
            "chosen_line": request.GET.get("line", ""),
            "lots": MaterialLot.objects.filter(announced__gt=0, on_hand=0).select_related("material"),
            "operators": Operator.objects.filter(in_service=True),
            "takes_harmless": planner_settings().takes_harmless,
            "may_plan": is_in(request, PLANNER),
            "now": now,
        },
    )


@staff_only()
def draft(request: HttpRequest, pk: str) -> HttpResponse:
    """A repair beside the plan in force: the difference in words, in a picture and in money."""
    found = get_object_or_404(Draft.objects.select_related("base", "plan"), pk=pk)
    return _draft_page(request, found, chosen=None, problems=())


def _draft_page(
    request: HttpRequest,
    found: Draft,
    *,
    chosen: set[str] | None,
    problems: tuple[str, ...],
    needs: Collection[str] = (),
    status: int = 200,
) -> HttpResponse:
    """``chosen`` are marked, None marks all; ``needs`` are marked too and shown as what the rest cannot do
    without, with ``problems`` as what the check found."""
    names = read_names()
    machines = dict(Machine.objects.order_by("work_centre__position", "code").values_list("code", "name"))
    diff = found.diff
    said = list({change["must"] for change in diff["changes"]})
    told = [names.sentence(text) for text in plain_texts([*said, *problems])]
    must, problems = dict(zip(said, told, strict=False)), tuple(told[len(said) :])
    called = machines | dict(Operator.objects.values_list("code", "name"))
    moves = sorted(
        (_move(change, names, called, must) for change in diff["changes"]), key=attrgetter("stays")
    )
    zone = timezone.get_current_timezone()
    drawn = picture(bars_of(diff["changes"]), names=machines, zone=zone)  # type: ignore[arg-type]
    improving = found.state == Draft.State.OPEN and found.stage == Draft.Stage.FIRST
    busy = Job.objects.filter(kind=wishes.IMPROVE_KIND, payload__draft=found.pk).at_hand()
    return render(
        request,
        "staff/draft.html",
        {
            "draft": found,
            "by": who(found.created_by),
            "decided_by": who(found.decided_by) if found.decided_by else "",
            "events": found.events.order_by("at"),
            "moves": [
                (move, chosen is None or move.id in chosen or move.id in needs, move.id in needs)
                for move in moves
            ],
            "needed": [move for move in moves if move.id in needs],
            "moved": sum(not move.stays for move in moves),
            "attended": sum(move.stays for move in moves),
            "machine_changes": sum(move.machine_changes for move in moves),
            "late": [_late(row) for row in diff["late"]],
            "saved": [_late(row) for row in diff["saved"]],
            "not_planned": [(row, names.sentence(row["text"])) for row in diff["not_planned"]],
            "picture": mark_safe(drawn),  # noqa: S308 - our own SVG, its texts escaped by ElementTree
            "terms": _terms(diff["terms"]),
            "currency": settings.WORKSHOP_CURRENCY,
            "improving": improving and busy.exists(),
            "problems": problems,
            "may_decide": is_in(request, PLANNER) and found.state == Draft.State.OPEN,
        },
        status=status,
    )


def _move(
    change: Mapping[str, Any], names: Names, called: Mapping[str, str], must: Mapping[str, str]
) -> Move:
    """``called`` are the names of machines and people by their codes."""
    before = {(step["run"], step["step"]): step for step in change["before"]}
    after = {(step["run"], step["step"]): step for step in change["after"]}
    steps = []
    for place in dict.fromkeys([*before, *after]):
        old, new = before.get(place), after.get(place)
        if old == new:
            continue
        some = new or old or {}
        # Who attends is told where somebody else does.
        people = {each.get("operator") or "" for each in (old, new) if each}
        stood, goes = (_at(each, called, person=len(people) > 1) for each in (old, new))
        steps.append((names.centre(some["work_centre"]), stood, goes))
    made_of = change["made_of"][0] if change["made_of"] else {}
    return Move(
        id=change["id"],
        kind=change["kind"],
        runs=", ".join(change["runs"]),
        made_of=names.run(made_of),
        pieces=change["pieces"],
        must=must[change["must"]],
        steps=tuple(steps) or (("All steps", "as they are", "as they are"),),
        stays=change["kind"] == "moved" and not bars_of([change]),
        machine_changes=change["machines"],
    )


def _at(step: Mapping[str, Any] | None, called: Mapping[str, str], *, person: bool) -> str:
    if step is None:
        return "-"
    start = timezone.localtime(datetime.fromisoformat(step["start"]))
    end = timezone.localtime(datetime.fromisoformat(step["end"]))
    code = step.get("operator") or ""
    by = f", {called.get(code, code) or 'nobody'}" if person else ""
    return f"{called.get(step['machine'], step['machine'])}, {start:%a %H:%M}-{end:%H:%M}{by}"


def _late(row: Mapping[str, Any]) -> LateLine:
    due = datetime.fromisoformat(row["wanted"])
    after = datetime.fromisoformat(row["after"])
    before = datetime.fromisoformat(row["before"]) if row["before"] else None
    return LateLine(
        order_id=row["order_id"],
        order=row["order"],
        position=row["position"],
        customer=row["customer"],
        what=row["what"],
        promised=datetime.fromisoformat(row["promised"]) if row["promised"] else None,
        after=after,
        late_by=late_text(after - due) if after > due else "",
        otherwise=late_text(before - due) if before and before > due else "",
    )


def _terms(terms: Mapping[str, Any]) -> list[tuple[str, str, str | None, str]]:
    """Each cost that is somewhere not 0: its name, before, if all only waits, after; and the sum."""
    before, after, waits = terms["before"], terms["after"], terms["put_off"]
    rows = [
        (
            TERMS.get(name, name),
            money(before.get(name, 0)),
            money(waits.get(name, 0)) if waits else None,
            money(value),
        )
        for name, value in after.items()
        if value or before.get(name) or (waits and waits.get(name))
    ]
    whole = money(sum(waits.values())) if waits else None
    return [*rows, ("Together", money(sum(before.values())), whole, money(sum(after.values())))]


@staff_only(PLANNER)
@require_POST
def accept(request: HttpRequest, pk: str) -> HttpResponse:
    """The whole draft, or the changes that are marked. What does not fit is said on the page, 409."""
    found = get_object_or_404(Draft.objects.select_related("base", "plan"), pk=pk)
    form = Taken(request.POST, choices=[change["id"] for change in found.diff["changes"]])
    if not form.is_valid():
        messages.error(request, mistakes(form))
        return redirect("draft", pk=pk)
    part = form.cleaned_data["part"]
    chosen = set(form.cleaned_data["changes"]) if part else None
    try:
        plan = drafts.accept(
            draft=found,
            actor=actor(request),
            now=timezone.now(),
            expected_version=form.cleaned_data["version"],
            chosen=chosen,
        )
    except drafts.PartRefused as refused:
        # The first reason names what is needed: the page shows that as changes.
        return _draft_page(
            request, found, chosen=chosen, problems=refused.reasons[1:], needs=refused.needs, status=409
        )
    except (drafts.DraftConflict, drafts.DraftRefused) as refused:
        found.refresh_from_db()
        return _draft_page(request, found, chosen=chosen, problems=refused.reasons, status=409)
    messages.success(request, f"The repair is taken: plan {plan.number} is in force.")
    return redirect("plan")


@staff_only(PLANNER)
@require_POST
def discard(request: HttpRequest, pk: str) -> HttpResponse:
    found = get_object_or_404(Draft, pk=pk)
    form = Discarded(request.POST)
    if not form.is_valid():
        messages.error(request, mistakes(form))
        return redirect("draft", pk=pk)
    try:
        drafts.discard(
            draft=found,
            reason=form.cleaned_data["reason"],
            actor=actor(request),
            now=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )
    except drafts.DraftRefused as refused:
        messages.error(request, str(refused))
        return redirect("draft", pk=pk)
    messages.info(request, "The repair is discarded, the plan stays as it is.")
    return redirect("events")


@staff_only(PLANNER)
@require_POST
def repair(request: HttpRequest) -> HttpResponse:
    """Look for a repair of the plan in force now."""
    wishes.request_repair(actor=actor(request), now=timezone.now(), at_once=True)
    messages.info(request, "A repair is being looked for; the plan stays as it is until you take it.")
    return redirect("events")


@staff_only(PLANNER)
@require_POST
def guard(request: HttpRequest) -> HttpResponse:
    """Whether repairs that harm nobody are taken by themselves."""
    takes = request.POST.get("takes_harmless") == "on"
    drafts.set_guard(takes=takes, actor=actor(request), now=timezone.now())
    messages.info(
        request,
        "Repairs that make nobody late and move nothing released are taken by themselves."
        if takes
        else "Every repair waits for you.",
    )
    return redirect("events")


def _tell(request: HttpRequest, form: Form, tell: Callable[[dict[str, Any]], PlanEvent]) -> HttpResponse:
    """Tell what the form says, or say why it cannot be so."""
    if not form.is_valid():
        messages.error(request, mistakes(form))
        return redirect("events")
    try:
        event = tell(form.cleaned_data)
    except events.EventRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{event.text}. A repair is being looked for.")
    return redirect("events")


@staff_only(PLANNER)
@require_POST
def rush(request: HttpRequest) -> HttpResponse:
    def tell(data: dict[str, Any]) -> PlanEvent:
        line = get_object_or_404(Line, pk=data.pop("line"))
        return events.rush(line=line, **data, actor=actor(request), now=timezone.now())

    return _tell(request, RushForm(request.POST), tell)


@staff_only(PLANNER)
@require_POST
def late_material(request: HttpRequest) -> HttpResponse:
    def tell(data: dict[str, Any]) -> PlanEvent:
        lot = get_object_or_404(MaterialLot, pk=data.pop("lot"))
        return events.late_material(lot=lot, **data, actor=actor(request), now=timezone.now())

    return _tell(request, LaterLot(request.POST), tell)


@staff_only(PLANNER)
@require_POST
def absent(request: HttpRequest) -> HttpResponse:
    def tell(data: dict[str, Any]) -> PlanEvent:
        operator, now = get_object_or_404(Operator, code=data.pop("operator")), timezone.now()
        start = data.pop("start") or now
        return events.absent(operator=operator, start=start, **data, actor=actor(request), now=now)

    return _tell(request, Absence(request.POST), tell)
