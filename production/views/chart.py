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
from django.utils.safestring import SafeString, mark_safe

from production.engine.shop import Shop
from production.facts import moment, planner_settings, read_shop, seconds
from production.gantt import Bar, Row, Zone, bands_of, condensed, folded, gantt
from production.models import Machine, Operation, Piece
from production.timescale import closed, fitted, within
from production.views.window import FORMAT, Window
from production.words import Names

FRAME = 1020  # pixels of time: with the names as wide as a page on a desk
GUTTER = 176  # pixels of names: staff.css gives the names over it the same
WIDEST_HOUR = 240
PERSON = "person:"  # before an operator's code, in the code of their row


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
    load: str
    person: str
    others: tuple[int, ...] = ()  # numbers of the other runs in the load

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
    "setup_family", "units", "setup_start", "start", "end", "state", "load", "operator__code",
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
    people: bool = False

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
    return _loads([Span._make([*row[:-1], row[-1] or "", ()]) for row in rows])


def _loads(spans: Sequence[Span]) -> list[Span]:
    """What is in a batch machine together as one span of its first run."""
    together: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        together.setdefault((span.row, span.load or f"#{span.pk}"), []).append(span)
    return [
        mine[0]._replace(
            units=sum(span.units for span in mine),
            due=min((span.due for span in mine if span.due), default=None),
            others=tuple(span.number for span in mine[1:]),
        )
        if len(mine) > 1
        else mine[0]
        for mine in together.values()
    ]


def chart(
    *,
    window: Window,
    wanted: Wanted,
    now: datetime,
    names: Names,
    title: str = "The plan",
    selected: str = "",
    query: str = "?",
) -> Chart:
    """The window of the plan. A constant number of queries. A bar leads to ``query`` with its operation."""
    spans = spans_in(window, wanted)
    shop = shop_around(window.start, now=now)
    rows = _machine_rows(shop, window, wanted)
    shown = {row.code for row in rows}
    spans = [span for span in spans if span.row in shown]
    runs = tuple(dict.fromkeys(span.run for span in spans))
    operations = len(spans)
    if wanted.people:
        rows += _people_rows(shop, window, {span.person for span in spans if wanted.centre})
        spans += [span._replace(row=PERSON + span.person) for span in spans if span.person]
    folds = folded(rows, spans, start=window.start, end=window.end)
    scale = fitted(window.start, window.end, folds, width=FRAME, widest_hour=WIDEST_HOUR)
    zone = ZoneInfo(settings.WORKSHOP_ZONE)
    groups = condensed(spans, scale, zone)
    drawn = _Drawn(names, {row.code: row.name for row in rows}, zone, wanted, query)
    firm = planner_settings().zones(now=seconds(now))
    picture = gantt(
        rows,
        [drawn.bar(group[0]) if len(group) == 1 else drawn.block(group) for group in groups],
        scale=scale,
        now=now,
        zone=zone,
        gutter=GUTTER,
        zones=[
            Zone(kind, moment(until))
            for kind, until in (("frozen", firm.frozen_until), ("slushy", firm.slushy_until))
            if until
        ],
        title=title,
        selected=selected,
    )
    return Chart(
        rows=tuple(rows),
        picture=mark_safe(picture),  # noqa: S308 - built by ElementTree, which escapes
        runs=runs,
        operations=operations,
        joined=sum(len(group) for group in groups if len(group) > 1),
    )


def shop_around(start: datetime, *, now: datetime) -> Shop:
    """The shop with its working time from ``start`` on, where that is past too."""
    return read_shop(now=min(now, start + timedelta(days=1)))


def _people_rows(shop: Shop, window: Window, only: set[str]) -> list[Row]:
    """The operators; with ``only`` no others."""
    people = [each for each in shop.operators if not only or each.code in only]
    return [
        Row(
            PERSON + each.code,
            each.name,
            "People",
            closed(shop.intervals.get(each.calendar, ()), start=window.start, end=window.end),
            head=not place,
        )
        for place, each in enumerate(people)
    ]


def _machine_rows(shop: Shop, window: Window, wanted: Wanted) -> list[Row]:
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
    query: str  # of the page, to which a bar adds its operation

    def bar(self, span: Span) -> Bar:
        begins, starts, ends = (
            f"{each.astimezone(self.zone):%a %H:%M}" for each in (span.setup_start, span.start, span.end)
        )
        setup = self.names.setup(span.family)
        preparing = f"set-up from {begins}, " if span.setup_start < span.start else ""
        numbers = ", ".join(f"R-{number}" for number in (span.number, *span.others))
        marks = [
            *(["pinned"] if span.pinned else []),
            *(["after the first promise"] if span.late else []),
        ]
        said = (
            f"{numbers}, {setup}, {'by' if span.row.startswith(PERSON) else 'on'} {self.machines[span.row]}: "
            f"{_many(span.units, 'piece')}{' in one load' if span.others else ''}, "
            f"{preparing}{starts} to {ends}, {span.kind.split()[0]}"
        )
        return Bar(
            row=span.row,
            setup_start=span.setup_start,
            start=span.start,
            end=span.end,
            label=f"{numbers} {setup}" if span.family != "any" else numbers,
            title=", ".join([said, *marks]),
            href=f"{self.query}op={span.pk}#chosen",
            family=span.family,
            state=span.kind,
            key=str(span.pk),
            run=span.run,
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
