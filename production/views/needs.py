"""What needs somebody now: the first thing that the start page says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min
from django.urls import reverse

from ledger.models import Job
from orders.models import Line
from production.lateness import late_lines
from production.models import Draft, LineFile, Machine, Material, Operation, Plan, PlanEvent, Run
from production.views.members import late_text
from production.words import read_names

RELEASE_AHEAD = timedelta(hours=4)  # a run that begins sooner should be released
NAMED = 4  # things that a need names


@dataclass(frozen=True)
class Need:
    """Something that wants a person; ``bad`` when a promise or the shop itself suffers already."""

    text: str
    detail: str
    url: str
    bad: bool


def needs_now(*, now: datetime, plan: Plan | None) -> list[Need]:
    """What wants a decision, the worst first; empty on a quiet day. A constant number of queries."""
    return [
        *_repair(),
        *_bad(now),
        *_stopped(),
        *_stopped_files(),
        *_stopped_sheets(),
        *_due(now),
        *_to_ship(),
        *_unplanned(plan),
        *_short(),
    ]


def _bad(now: datetime) -> Iterator[Need]:
    if late := late_lines(now=now):
        worst = ", ".join(f"{each.line.order.number} {late_text(each.late_by)}" for each in late[:NAMED])
        yield Need(
            f"{_many(len(late), 'line')} will be later than promised", worst, reverse("plan") + "#late", True
        )
    if dead := Job.objects.filter(state="dead").count():
        yield Need(f"{_many(dead, 'job')} set aside after failing", "", f"{reverse('jobs')}?state=dead", True)
    over = Operation.objects.filter(state="started", end__lt=now).select_related("machine").order_by("end")
    if names := [operation.machine.name for operation in over]:
        yield Need(
            f"{_many(len(names), 'machine')} past the planned end",
            ", ".join(names[:NAMED]),
            reverse("floor"),
            True,
        )


def _repair() -> Iterator[Need]:
    """A repair that waits for a decision, or events that have none."""
    if (draft := Draft.objects.open().first()) is not None:
        changes, late = len(draft.diff["changes"]), len(draft.diff["late"])
        yield Need(
            f"Repair {draft.number} waits for your decision",
            f"{_many(changes, 'change')}, {_many(late, 'line')} later than promised",
            reverse("draft", args=[draft.pk]),
            bool(late),
        )
    elif failed := PlanEvent.objects.open().exclude(note="").first():
        yield Need("An event has no repair", f"{failed.text}. {failed.note}", reverse("events"), True)


def _stopped() -> Iterator[Need]:
    if stopped := list(Machine.objects.filter(in_service=False).order_by("name")):
        reasons = ", ".join(
            f"{each.name}: {each.stopped_reason}" if each.stopped_reason else each.name
            for each in stopped[:NAMED]
        )
        yield Need(f"{_many(len(stopped), 'machine')} out of service", reasons, reverse("floor"), True)


def _to_ship() -> Iterator[Need]:
    made = Line.objects.filter(state="made").select_related("order").order_by("promised_at", "pk")
    if lines := list(made.only("order__number", "promised_at")):
        numbers = dict.fromkeys(line.order.number for line in lines)
        yield Need(
            f"{_many(len(lines), 'line')} made, to be shipped",
            ", ".join(list(numbers)[:NAMED]),
            f"{reverse('queue')}?state=made",
            False,
        )


def _stopped_files() -> Iterator[Need]:
    """Lines that the gate has stopped: no plan takes them before somebody has looked."""
    waiting = LineFile.objects.stopped().filter(line__state="ready").select_related("line__order")
    if stopped := list(waiting.order_by("line__promised_at", "line", "surface")):
        lines = {file.line_id: file for file in stopped}
        first = stopped[0]
        yield Need(
            f"{_many(len(lines), 'line')} stopped before production",
            f"{first.line.order.number}/{first.line.position}: {first.reason}",
            reverse("staff-order", args=[first.line.order_id]) if len(lines) == 1 else reverse("queue"),
            True,
        )


def _stopped_sheets() -> Iterator[Need]:
    """Runs that the floor has no files of, because one cannot be put together."""
    if runs := list(Run.objects.on_the_floor().exclude(files_stopped="").order_by("number")):
        yield Need(
            f"{_many(len(runs), 'run')} without files for the floor",
            ", ".join(f"{run}: {run.files_stopped}" for run in runs[:NAMED]),
            reverse("run", args=[runs[0].pk]),
            True,
        )


def _due(now: datetime) -> Iterator[Need]:
    soon = (
        Run.objects.proposed()
        .annotate(begins=Min("operations__setup_start"))
        .filter(begins__lte=now + RELEASE_AHEAD)
        .order_by("begins", "number")
    )
    if runs := list(soon):
        yield Need(
            f"{_many(len(runs), 'run')} to release: the planned start is within four hours",
            ", ".join(str(run) for run in runs[:NAMED]),
            reverse("run", args=[runs[0].pk]),
            False,
        )


def _unplanned(plan: Plan | None) -> Iterator[Need]:
    if plan is not None and plan.unplanned:
        reasons = sorted({read_names().sentence(row["text"]) for row in plan.unplanned})
        more = f" And {len(reasons) - 1} more reasons." if len(reasons) > 1 else ""
        yield Need(
            f"{_many(len(plan.unplanned), 'line')} could not be planned",
            reasons[0] + more,
            reverse("plan") + "#unplanned",
            False,
        )


def _short() -> Iterator[Need]:
    if short := list(nearly_used_up()):
        yield Need(
            f"{_many(len(short), 'material')} nearly used up",
            ", ".join(f"{each.name} ({each.free} {each.unit} free)" for each in short[:NAMED]),
            reverse("materials") + "?low=on",
            False,
        )


def nearly_used_up() -> list[Material]:
    """Materials of which released runs have reserved nearly all."""
    return list(Material.objects.low().filter(on_hand__gt=0).order_by("name"))


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
