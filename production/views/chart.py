"""The chart of the plan: operations of a stretch of time, read lean, drawn wide or condensed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from production.engine.shop import Shop
from production.facts import read_shop
from production.gantt import Bar, Row, bands_of, condensed, folded, gantt
from production.models import Machine, Operation, Piece
from production.timescale import closed, fitted, within
from production.views.window import FORMAT, Window
from production.words import Names

FRAME = 1020  # pixels of time: with the names as wide as a page on a desk
GUTTER = 176  # pixels of names: staff.css gives the names over it the same
WIDEST_HOUR = 240


class Span(NamedTuple):
    """An operation as the chart knows it; ``row`` is its machine."""

    pk: int
    run: str
    number: int
    run_state: str
    pinned: bool
    due: datetime | None
    row: str
    family: str
    units: int
    setup_start: datetime
    start: datetime
    end: datetime
    state: str

    @property
    def late(self) -> bool:
        return self.due is not None and self.end > self.due

    @property
    def kind(self) -> str:
        """Its classes in the chart."""
        state = {"started": "started", "finished": "finished"}.get(self.state, self.run_state)
        return " ".join([state, *(["pinned"] if self.pinned else []), *(["late"] if self.late else [])])


FIELDS = (
    "pk", "run_id", "run__number", "run__state", "run__pinned", "run__due_at", "machine__code",
    "setup_family", "units", "setup_start", "start", "end", "state",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What a person wants to see of the plan; empty means everything."""

    centre: str = ""
    family: str = ""
    state: str = ""
    late: bool = False
    number: int | None = None
    order: str = ""

    def operations(self) -> QuerySet[Operation]:
        """The operations that it lets through, dropped ones left out."""
        found = Operation.objects.exclude(state="dropped")
        if self.centre:
            found = found.filter(work_centre=self.centre)
        if self.family:
            found = found.filter(setup_family=self.family)
        if self.state:
            found = found.filter(run__state=self.state)
        if self.late:
            found = found.filter(end__gt=F("run__due_at"))
        if self.number is not None:
            found = found.filter(run__number=self.number)
        if self.order:
            inside = Piece.objects.filter(line__order__number__icontains=self.order, run__isnull=False)
            found = found.filter(run__in=inside.order_by().values("run"))
        return found


@dataclass(frozen=True)
class Chart:
    """``picture`` may be put into a page as it is; ``rows`` name the machines beside it. ``runs`` are the
    runs in it, in the order in which they begin."""

    rows: tuple[Row, ...]
    picture: SafeString
    runs: tuple[str, ...]
    operations: int
    joined: int


def spans_in(window: Window, wanted: Wanted) -> list[Span]:
    """What is set up, worked or finished in the window. One query."""
    rows = (
        wanted.operations()
        .filter(Q(setup_start__lt=window.end, end__gt=window.start))
        .order_by("setup_start", "pk")
        .values_list(*FIELDS)
    )
    return [Span(*row) for row in rows]


def chart(
    *,
    window: Window,
    wanted: Wanted,
    now: datetime,
    names: Names,
    title: str = "The plan",
    selected: str = "",
) -> Chart:
    """The window of the plan. A constant number of queries."""
    spans = spans_in(window, wanted)
    rows = _machine_rows(window, wanted, now)
    shown = {row.code for row in rows}
    spans = [span for span in spans if span.row in shown]
    folds = folded(rows, spans, start=window.start, end=window.end)
    scale = fitted(window.start, window.end, folds, width=FRAME, widest_hour=WIDEST_HOUR)
    zone = ZoneInfo(settings.WORKSHOP_ZONE)
    groups = condensed(spans, scale, zone)
    machine_names = {row.code: row.name for row in rows}
    drawn = _Drawn(names, machine_names, zone, wanted)
    picture = gantt(
        rows,
        [drawn.bar(group[0]) if len(group) == 1 else drawn.block(group) for group in groups],
        scale=scale,
        now=now,
        zone=zone,
        gutter=GUTTER,
        title=title,
        selected=selected,
    )
    return Chart(
        rows=tuple(rows),
        picture=mark_safe(picture),  # noqa: S308 - built by ElementTree, which escapes
        runs=tuple(dict.fromkeys(span.run for span in spans)),
        operations=len(spans),
        joined=sum(len(group) for group in groups if len(group) > 1),
    )


def shop_around(start: datetime, *, now: datetime) -> Shop:
    """The shop with its working time from ``start`` on, where that is past too."""
    return read_shop(now=min(now, start + timedelta(days=1)))


def _machine_rows(window: Window, wanted: Wanted, now: datetime) -> list[Row]:
    shop = shop_around(window.start, now=now)
    places = {centre.code: place for place, centre in enumerate(shop.work_centres)}
    known = dict(Machine.objects.values_list("code", "name"))
    overtime = {calendar.code: calendar.overtime for calendar in shop.calendars}
    rows: list[Row] = []
    last = ""
    for machine in sorted(shop.machines, key=lambda each: (places[each.work_centre], each.code)):
        if wanted.centre and machine.work_centre != wanted.centre:
            continue
        group = shop.centre[machine.work_centre].name
        rows.append(
            Row(
                machine.code,
                known[machine.code],
                group,
                closed(shop.intervals.get(machine.calendar, ()), start=window.start, end=window.end),
                head=group != last,
                overtime=within(overtime.get(machine.calendar, ()), start=window.start, end=window.end),
                stops=within(machine.stops, start=window.start, end=window.end),
            )
        )
        last = group
    return rows


@dataclass(frozen=True)
class _Drawn:
    """How operations become bars, and many of them a block."""

    names: Names
    machines: dict[str, str]
    zone: ZoneInfo
    wanted: Wanted

    def bar(self, span: Span) -> Bar:
        begins, starts, ends = (
            f"{each.astimezone(self.zone):%a %H:%M}" for each in (span.setup_start, span.start, span.end)
        )
        setup = self.names.setup(span.family)
        preparing = f"set-up from {begins}, " if span.setup_start < span.start else ""
        marks = [
            *(["pinned"] if span.pinned else []),
            *(["after the first promise"] if span.late else []),
        ]
        said = (
            f"R-{span.number}, {setup}, on {self.machines[span.row]}: {_many(span.units, 'piece')}, "
            f"{preparing}{starts} to {ends}, {span.kind.split()[0]}"
        )
        return Bar(
            row=span.row,
            setup_start=span.setup_start,
            start=span.start,
            end=span.end,
            label=f"R-{span.number} {setup}" if span.family != "any" else f"R-{span.number}",
            title=", ".join([said, *marks]),
            href=reverse("run", args=[span.run]),
            family=span.family,
            state=span.kind,
            key=str(span.pk),
        )

    def block(self, spans: Sequence[Span]) -> Bar:
        """Operations that lie too close to be told apart; the link shows their day."""
        first, last = spans[0], max(spans, key=lambda span: span.end)
        begins, ends = first.setup_start.astimezone(self.zone), last.end.astimezone(self.zone)
        runs = len({span.run for span in spans})
        late = sum(span.late for span in spans)
        setups = sum(span.setup_start < span.start for span in spans)
        families = list(dict.fromkeys(self.names.setup(span.family) for span in spans))
        told = ", ".join(families[:3]) + (f" and {len(families) - 3} more" if len(families) > 3 else "")
        title = (
            f"{self.machines[first.row]}, {begins:%a} {begins.day} {begins:%b} {begins:%H:%M} to "
            f"{ends:%H:%M}: {_many(runs, 'run')}, {told}, {_many(setups, 'set-up')}"
        )
        query = {"zoom": "shift" if last.end - first.setup_start < timedelta(hours=9) else "day"}
        if self.wanted.centre:
            query["centre"] = self.wanted.centre
        query["from"] = begins.replace(minute=0).strftime(FORMAT)
        return Bar(
            row=first.row,
            setup_start=first.setup_start,
            start=first.setup_start,
            end=last.end,
            label=f"{runs} runs",
            title=title + (f", {late} late" if late else ""),
            href="?" + urlencode(query),
            family=first.family,
            state="several" + (" late" if late else ""),
            bands=bands_of([(span.setup_start, span.end, span.family) for span in spans]),
        )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
