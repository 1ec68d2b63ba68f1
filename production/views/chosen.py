"""The step that a person has chosen on the chart: its facts beside it, and what can be decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from orders.models import Line
from production import review
from production.lateness import expected
from production.models import Machine, Operation, Piece
from production.views.access import PLANNER, is_in, staff_only
from production.views.members import late_text
from production.words import Names, read_names, span

LISTED = 4  # lines of the run that are named
PANEL = "#chosen"


@dataclass(frozen=True)
class Member:
    """A line in the run with how many of its pieces are; ``late_by`` by the plan."""

    line: Line
    pieces: int
    late_by: str


@dataclass(frozen=True)
class Chosen:
    """An operation as the panel shows it. ``slack`` is what is left to the first promise, or lacking;
    ``room`` says how much later it may end before something else has to wait. ``can`` are the decisions about
    its run that can be taken now."""

    operation: Operation
    made_of: str
    setup: str
    setup_long: str
    long: str
    step: tuple[int, int]
    together_with: tuple[tuple[str, int], ...]
    members: tuple[Member, ...]
    lines: int
    pieces: int
    slack: str
    late: bool
    room: str
    can: frozenset[str]
    machines: tuple[Machine, ...]


def chosen_of(pk: str, *, names: Names, now: datetime) -> Chosen | None:
    """The operation of this key, or nothing when the plan has it no more. At most nine queries."""
    if not pk.isdecimal() or len(pk) > 18:
        return None
    found = (
        Operation.objects.exclude(state="dropped")
        .select_related("run", "machine", "work_centre", "operator", "tool")
        .filter(pk=int(pk))
        .first()
    )
    if found is None:
        return None
    steps = list(
        Operation.objects.exclude(state="dropped").filter(run=found.run_id).order_by("step", "sequence")
    )
    end = max(each.end for each in steps)
    due = found.run.due_at
    others = (
        Operation.objects.live().filter(load=found.load).exclude(run=found.run_id) if found.load else None
    )
    in_run = Piece.objects.filter(run=found.run_id).order_by()
    counts = in_run.values("line").annotate(pieces=Count("pk"))
    pieces = {row["line"]: row["pieces"] for row in counts}
    first = Line.objects.filter(pk__in=pieces).select_related("order").order_by("promised_at", "pk")[:LISTED]
    lines = list(first)
    plan = expected(lines=lines, now=now)
    return Chosen(
        operation=found,
        made_of=names.run(found.run.key),
        setup=names.setup(found.setup_family),
        setup_long=span(found.start - found.setup_start) if found.start > found.setup_start else "",
        long=span(found.end - found.start),
        step=(1 + [each.pk for each in steps].index(found.pk), len(steps)),
        together_with=tuple(others.order_by("run__number").values_list("run", "run__number"))
        if others is not None
        else (),
        members=tuple(
            Member(
                line,
                pieces[line.pk],
                late_text(plan[line.pk].late_by) if line.pk in plan else "",
            )
            for line in lines
        ),
        lines=len(pieces),
        pieces=sum(pieces.values()),
        slack=span(abs(due - end)) if due else "",
        late=due is not None and end > due,
        room=_room(found, steps, names),
        can=frozenset(code for code, reason in review.reasons_against(found.run).items() if not reason),
        machines=tuple(
            Machine.objects.filter(in_service=True, work_centre=found.work_centre_id).order_by("code")
        ),
    )


def _room(found: Operation, steps: list[Operation], names: Names) -> str:
    """How much later it may end, and what waits then: the next on its machine, or the run's next step."""
    if found.state == "finished":
        return ""
    after: list[tuple[timedelta, str]] = []
    following = (
        Operation.objects.live()
        .filter(machine=found.machine_id, setup_start__gte=found.end)
        .exclude(Q(load=found.load) if found.load else Q(pk=found.pk))
        .order_by("setup_start", "pk")
        .values_list("setup_start", "run__number")
        .first()
    )
    if following is not None:
        after.append((following[0] - found.end, f"R-{following[1]} follows on it"))
    later = [each for each in steps if each.step > found.step]
    if later:
        first = min(later, key=lambda each: each.setup_start)
        after.append((first.setup_start - found.end, f"{names.centre(first.work_centre_id)} begins"))
    if not after:
        return "nothing waits for it"
    free, what = min(after)
    return f"none, {what} at once" if free < timedelta(minutes=1) else f"{span(free)}, then {what}"


@staff_only()
def operation(request: HttpRequest, pk: int) -> HttpResponse:
    """The panel alone, for the chart's script; the query is that of the page it is put into."""
    return render(request, "staff/_chosen.html", panel(request, str(pk)))


def panel(request: HttpRequest, pk: str) -> dict[str, object]:
    """What the panel's template needs. ``back`` leads from a decision to the same place of the chart."""
    query = request.GET.copy()
    query.pop("op", None)
    closed = f"?{query.urlencode()}#chart"
    query["op"] = pk
    return {
        "closed": closed,
        "chosen": chosen_of(pk, names=read_names(), now=timezone.now()),
        "back": f"?{query.urlencode()}{PANEL}",
        "may_plan": is_in(request, PLANNER),
    }
