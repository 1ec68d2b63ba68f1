"""Load against capacity: how much of its working time each work centre is planned to work, day by day.

Seconds are whole; what a break interrupts counts only while the machine works. A load of a batch machine
counts once, however many runs are in it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from math import ceil
from zoneinfo import ZoneInfo

from orders.models import Line
from production.engine.shop import Shop
from production.facts import read_shop, seconds
from production.models import Operation, Plan

Intervals = Sequence[tuple[int, int]]
STEPS = {"day": 1, "week": 7}  # days


@dataclass
class Bucket:
    """A day or week of a work centre: seconds of ``working`` time (``overtime`` is part of it), and what is
    planned in it: ``setup``, ``work``, and how much of both lies in overtime (``extra``)."""

    working: int = 0
    overtime: int = 0
    setup: int = 0
    work: int = 0
    extra: int = 0

    @property
    def planned(self) -> int:
        return self.setup + self.work

    @property
    def permille(self) -> int:
        """Planned per thousand of working time; 1,000 where work is planned in none."""
        if not self.working:
            return 1000 if self.planned else 0
        return self.planned * 1000 // self.working


@dataclass(frozen=True)
class CentreLoad:
    """A work centre. ``until_last`` is from now to the last planned end of the stretch; ``backlog`` are
    seconds of work (at 100 % speed) of lines that are not planned."""

    code: str
    name: str
    machines: int
    buckets: tuple[Bucket, ...]
    until_last: Bucket
    backlog: int


@dataclass(frozen=True)
class Workload:
    """``edges`` are the beginnings of the buckets and the end of the last; ``bottleneck`` is the work centre
    that is planned fullest until ``last``, when the last work of the stretch ends."""

    edges: tuple[datetime, ...]
    centres: tuple[CentreLoad, ...]
    bottleneck: CentreLoad | None
    last: datetime | None


def edges_of(start: datetime, *, step: str, count: int, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Midnights of the workshop: days, or weeks from Monday on, ``count`` of them and their end."""
    day = start.astimezone(zone).date()
    if step == "week":
        day -= timedelta(days=day.weekday())
    return tuple(
        datetime.combine(day + timedelta(days=STEPS[step] * n), time(), zone) for n in range(count + 1)
    )


def workload(*, edges: Sequence[datetime], now: datetime) -> Workload:
    """The load between the edges. A constant number of queries."""
    shop = read_shop(now=min(now, edges[0] + timedelta(days=1)))
    marks = [seconds(edge) for edge in edges]
    rows = [
        (centre, machine, seconds(begin), seconds(start), seconds(end))
        for centre, machine, begin, start, end in Operation.objects.exclude(state="dropped")
        .filter(occupies=True, setup_start__lt=edges[-1], end__gt=edges[0])
        .order_by()
        .values_list("work_centre", "machine__code", "setup_start", "start", "end")
    ]
    last = min(max((row[4] for row in rows), default=marks[0]), marks[-1])
    tally = _Tally(shop, marks, now=seconds(now), last=last)
    for row in rows:
        tally.plan(*row)
    backlog = backlog_of(Plan.objects.current().values_list("unplanned", flat=True).first() or ())
    centres = tuple(
        CentreLoad(
            code=centre.code,
            name=centre.name,
            machines=len(shop.machines_of[centre.code]),
            buckets=tuple(tally.buckets[centre.code]),
            until_last=tally.whole[centre.code],
            backlog=backlog.get(centre.code, 0),
        )
        for centre in shop.work_centres
    )
    busiest = max(centres, key=lambda each: each.until_last.permille, default=None)
    return Workload(
        edges=tuple(edges),
        centres=centres,
        bottleneck=busiest if busiest and busiest.until_last.planned else None,
        last=datetime.fromtimestamp(last, edges[0].tzinfo) if rows else None,
    )


def backlog_of(unplanned: Iterable[Mapping[str, object]]) -> dict[str, int]:
    """Seconds by work centre that lines which are not planned would take. One query."""
    pieces: dict[str, int] = defaultdict(int)
    for row in unplanned:
        pieces[str(row["line"])] += int(str(row["pieces"]))
    total: dict[str, int] = defaultdict(int)
    found = Line.objects.filter(pk__in=pieces).values_list("pk", "work__routing")
    for line, routing in found:
        for step in routing or ():
            total[step["work_centre"]] += pieces[line] * ceil(Decimal(str(step["seconds"])))
    return dict(total)


@dataclass
class _Tally:
    shop: Shop
    marks: list[int]
    now: int
    last: int
    buckets: dict[str, list[Bucket]] = field(init=False)
    whole: dict[str, Bucket] = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.marks) - 1
        self.buckets = {c.code: [Bucket() for _ in range(count)] for c in self.shop.work_centres}
        self.whole = {c.code: Bucket() for c in self.shop.work_centres}
        self.overtime = {calendar.code: calendar.overtime for calendar in self.shop.calendars}
        for machine in self.shop.machines:
            windows = self.shop.windows[machine.code]
            extra = _common(windows, self.overtime.get(machine.calendar, ()))
            for kind, intervals in (("working", windows), ("overtime", extra)):
                for begin, end in intervals:
                    self._add(machine.work_centre, kind, begin, end)

    def plan(self, centre: str, machine: str, begin: int, start: int, end: int) -> None:
        windows = self.shop.windows.get(machine, ())
        of_machine = self.shop.machine.get(machine)
        extra = self.overtime.get(of_machine.calendar, ()) if of_machine else ()
        for kind, since, until in (("setup", begin, start), ("work", start, end)):
            for opens, closes in _cut(windows, since, until):
                self._add(centre, kind, opens, closes)
                for early, late in _cut(extra, opens, closes):
                    self._add(centre, "extra", early, late)

    def _add(self, centre: str, kind: str, begin: int, end: int) -> None:
        begin, end = max(begin, self.marks[0]), min(end, self.marks[-1])
        if begin >= end or centre not in self.buckets:
            return
        # What counts for the bottleneck is what still can be worked.
        ahead = min(end, self.last) - max(begin, self.now)
        if ahead > 0:
            whole = self.whole[centre]
            setattr(whole, kind, getattr(whole, kind) + ahead)
        index = bisect_right(self.marks, begin) - 1
        while begin < end:
            stop = min(end, self.marks[index + 1])
            bucket = self.buckets[centre][index]
            setattr(bucket, kind, getattr(bucket, kind) + stop - begin)
            begin, index = stop, index + 1


def _cut(intervals: Intervals, since: int, until: int) -> Iterable[tuple[int, int]]:
    """What of sorted intervals lies between two instants."""
    at = max(bisect_right(intervals, (since, since)) - 1, 0)
    for opens, closes in intervals[at:]:
        if opens >= until:
            return
        if closes > since:
            yield max(opens, since), min(closes, until)


def _common(windows: Intervals, others: Intervals) -> list[tuple[int, int]]:
    return [each for opens, closes in others for each in _cut(windows, opens, closes)]
