"""The chart of the plan and the load of the machines, from the operations in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from production.facts import read_shop
from production.gantt import Bar, Row, closed, gantt, window
from production.models import Machine, Operation
from production.words import Names

ZOOMS = {"hours": 60, "shifts": 24, "days": 9}  # pixels an hour
LONGEST = timedelta(days=21)
LOOK_BACK = timedelta(hours=8)  # finished work that is still shown
FRAME = 980  # pixels that the chart has beside its names on a desk's screen


@dataclass(frozen=True)
class Load:
    """Hours of planned work on a machine, and hours that it works until the last planned end of all."""

    machine: str
    hours: float
    of: float

    @property
    def percent(self) -> int:
        return round(100 * self.hours / self.of) if self.of else 0


@dataclass(frozen=True)
class Chart:
    """``picture`` may be put into a page as it is; ``rows`` name the machines beside it."""

    rows: tuple[Row, ...]
    picture: SafeString
    loads: tuple[Load, ...]


def chart(*, now: datetime, names: Names, zoom: str = "hours", title: str = "The plan") -> Chart:
    """The machines' work from now on. A constant number of queries."""
    operations = list(
        Operation.objects.filter(
            Q(state__in=("planned", "started")) | Q(finished_at__gte=now - LOOK_BACK, state="finished")
        )
        .select_related("run", "machine")
        .order_by("setup_start", "pk")
    )
    bars = [_bar(operation, names) for operation in operations]
    start, end = window(bars, now=now)
    end = min(end, start + LONGEST)
    shop = read_shop(now=now)
    working = {calendar.code: calendar.intervals for calendar in shop.calendars}
    known = {machine.code: machine for machine in Machine.objects.select_related("work_centre")}
    places = {centre.code: place for place, centre in enumerate(shop.work_centres)}
    rows: list[Row] = []
    loads: list[Load] = []
    last = max((operation.end for operation in operations), default=now)
    for machine in sorted(shop.machines, key=lambda each: (places[each.work_centre], each.code)):
        intervals = working.get(machine.calendar, ())
        group = known[machine.code].work_centre.name
        rows.append(
            Row(
                machine.code,
                known[machine.code].name,
                group,
                closed(intervals, start=start, end=end),
                head=not rows or rows[-1].group != group,
            )
        )
        mine = [o for o in operations if o.machine.code == machine.code and o.state != "finished"]
        open_seconds = sum(
            max(min(stop, int(last.timestamp())) - max(begin, int(now.timestamp())), 0)
            for begin, stop in intervals
        )
        loads.append(Load(known[machine.code].name, _worked(mine, intervals), open_seconds / 3600))
    picture = gantt(
        rows,
        bars,
        start=start,
        end=end,
        now=now,
        zone=ZoneInfo(settings.WORKSHOP_ZONE),
        hour_width=ZOOMS.get(zoom, ZOOMS["hours"]),
        widen=FRAME if zoom == "hours" else 0,
        title=title,
    )
    # Built by ElementTree, which escapes.
    return Chart(tuple(rows), mark_safe(picture), tuple(loads))  # noqa: S308


def _worked(operations: list[Operation], intervals: tuple[tuple[int, int], ...]) -> float:
    """Hours of set-up and work within working time: what spans a night does not count the night."""
    seconds = 0
    for operation in operations:
        begin, stop = operation.setup_start.timestamp(), operation.end.timestamp()
        seconds += int(sum(max(min(stop, closes) - max(begin, opens), 0) for opens, closes in intervals))
    return seconds / 3600


def _bar(operation: Operation, names: Names) -> Bar:
    run = operation.run
    late = bool(run.due_at and operation.end > run.due_at)
    state = {"started": "started", "finished": "finished"}.get(operation.state, run.state)
    zone = ZoneInfo(settings.WORKSHOP_ZONE)
    begins, starts, ends = (
        f"{each.astimezone(zone):%a %H:%M}"
        for each in (operation.setup_start, operation.start, operation.end)
    )
    setup = names.setup(operation.setup_family)
    preparing = f"set-up from {begins}, " if operation.setup_start < operation.start else ""
    pieces = f"{operation.units} piece{'' if operation.units == 1 else 's'}"
    title = f"R-{run.number}, {setup}, on {operation.machine.name}: {pieces}, {preparing}{starts} to {ends}"
    return Bar(
        row=operation.machine.code,
        setup_start=operation.setup_start,
        start=operation.start,
        end=operation.end,
        label=f"R-{run.number} {setup}" if operation.setup_family != "any" else f"R-{run.number}",
        title=title + (", after the first promise" if late else ""),
        href=reverse("run", args=[run.pk]),
        family=operation.setup_family,
        state=" ".join([state, *(["pinned"] if run.pinned else []), *(["late"] if late else [])]),
    )
