"""The set-up board: what each machine is set up for, one family after the other, with the time between."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from production.models import Machine, Operation, WorkCentre
from production.views.access import staff_only
from production.words import Names, read_names, span

SHOWN = 12  # families a machine
MOST_OF_ONE = 200  # where one machine is asked for


@dataclass
class Stay:
    """A machine set up for one family: ``setup`` before it, then runs until ``end``."""

    family: str
    setup: timedelta
    start: datetime
    end: datetime
    runs: list[tuple[str, int]] = field(default_factory=list)
    pieces: int = 0
    late: int = 0

    @property
    def setup_text(self) -> str:
        return span(self.setup) if self.setup else ""

    @property
    def named(self) -> list[tuple[str, int]]:
        return self.runs[:6]

    @property
    def more(self) -> int:
        return len(self.runs) - len(self.named)


@dataclass(frozen=True)
class Board:
    """A machine; ``changes`` and ``setup`` are of all its planned work, ``more`` stays are not shown."""

    machine: Machine
    now_for: str
    stays: tuple[Stay, ...]
    more: int
    changes: int
    setup: str


@staff_only()
def setups(request: HttpRequest) -> HttpResponse:
    """All machines, those of one work centre, or one machine. Five queries."""
    names = read_names()
    centre, code = request.GET.get("centre", ""), request.GET.get("machine", "")
    machines = Machine.objects.select_related("work_centre").order_by("work_centre__position", "code")
    if centre:
        machines = machines.filter(work_centre=centre)
    if code:
        machines = machines.filter(code=code)
    boards = boards_of(list(machines), names=names, shown=MOST_OF_ONE if code else SHOWN)
    return render(
        request,
        "staff/setups.html",
        {
            "boards": [board for board in boards if board.stays],
            "idle": [board.machine for board in boards if not board.stays],
            "centres": WorkCentre.objects.order_by("position", "code"),
            "centre": centre,
            "one": code,
            "now": timezone.now(),
        },
    )


def boards_of(machines: list[Machine], *, names: Names, shown: int) -> list[Board]:
    """The boards of these machines in their order. One query."""
    rows = (
        Operation.objects.live()
        .filter(occupies=True, machine__in=machines)
        .order_by("machine", "setup_start", "pk")
        .values_list(
            "machine",
            "setup_family",
            "setup_start",
            "start",
            "end",
            "units",
            "run",
            "run__number",
            "run__due_at",
        )
    )
    stays: dict[int, list[Stay]] = {}
    for machine, family, begin, start, end, units, run, number, due in rows:
        mine = stays.setdefault(machine, [])
        if not mine or mine[-1].family != names.setup(family) or start > begin:
            mine.append(Stay(names.setup(family), start - begin, start, end))
        stay = mine[-1]
        stay.end = max(stay.end, end)
        stay.runs.append((run, number))
        stay.pieces += units
        stay.late += due is not None and end > due
    boards = []
    for each in machines:
        mine = stays.get(each.pk, [])
        total = sum((stay.setup for stay in mine), timedelta())
        boards.append(
            Board(
                machine=each,
                now_for=names.setup(each.setup_state) if each.setup_state else "",
                stays=tuple(mine[:shown]),
                more=max(len(mine) - shown, 0),
                changes=sum(bool(stay.setup) for stay in mine),
                setup=span(total) if total else "",
            )
        )
    return boards
