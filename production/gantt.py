"""The plan as a picture: machines down, time across, drawn on the server as SVG.

Every bar is a link that the keyboard reaches, with a title that says all it shows; the
page puts the machines' names at its left, where they stay while the picture scrolls, and
a table of the same below it. Stretches in which nothing can happen are folded to a stripe
with a zig-zag. Colours come from the style sheet by class, so that light, dark and print
each have their own (our CSP allows no inline style).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

ROW = 34  # pixels a machine; staff.css gives the names beside the chart the same
HEAD = 44  # pixels of days and hours
TONES = 8  # classes tone-0 ... tone-7 in staff.css
LETTER = 6.2  # pixels a letter of a bar's label takes, roughly
DAY_LETTER = 7.0  # pixels a letter of a day's label takes
HOUR_ROOM = 34  # pixels that "06:00" takes
WIDEST_HOUR = 240  # pixels
FOLD = 22  # pixels a folded stretch takes
LONGEST_IDLE = timedelta(hours=1)  # what nothing happens in is folded when longer


Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Row:
    """A machine; ``closed`` are the intervals it does not work in, in order. ``head``: first of its group."""

    code: str
    name: str
    group: str
    closed: tuple[Interval, ...] = ()
    head: bool = False


def closed(working: Sequence[tuple[int, int]], *, start: datetime, end: datetime) -> tuple[Interval, ...]:
    """What lies between the working intervals (seconds since 1970) within the window."""
    gaps = []
    at = start
    for begin, stop in working:
        opens = datetime.fromtimestamp(begin, start.tzinfo)
        closes = datetime.fromtimestamp(stop, start.tzinfo)
        if opens >= end:
            break
        if opens > at:
            gaps.append((at, opens))
        at = max(at, closes)
    if at < end:
        gaps.append((at, end))
    return tuple(gaps)


@dataclass(frozen=True)
class Bar:
    """An operation: set-up from ``setup_start`` to ``start``, work to ``end``."""

    row: str
    setup_start: datetime
    start: datetime
    end: datetime
    label: str
    title: str
    href: str
    family: str
    state: str  # a class: planned, released, started, finished; with " pinned", " late" added


@dataclass(frozen=True)
class _Stretch:
    """Some of the time, drawn to scale or folded, from pixel ``left`` to ``right``."""

    start: datetime
    end: datetime
    left: float
    right: float
    folded: bool

    def x(self, moment: datetime) -> float:
        share = (moment - self.start) / (self.end - self.start)
        return self.left + share * (self.right - self.left)


@dataclass(frozen=True)
class _Scale:
    stretches: tuple[_Stretch, ...]
    hour_width: int

    @property
    def width(self) -> float:
        return self.stretches[-1].right

    def x(self, moment: datetime) -> float:
        """Pixels from the left edge; outside the window: its edge."""
        for stretch in self.stretches:
            if moment <= stretch.end:
                return stretch.x(max(moment, stretch.start))
        return self.width


def _scale(start: datetime, end: datetime, folds: Sequence[Interval], hour_width: int) -> _Scale:
    stretches: list[_Stretch] = []
    at, left = start, 0.0
    for begin, stop in [*folds, (end, end)]:
        if begin > at:
            right = left + (begin - at) / timedelta(hours=1) * hour_width
            stretches.append(_Stretch(at, begin, left, right, folded=False))
            left = right
        if stop > begin:
            stretches.append(_Stretch(begin, stop, left, left + FOLD, folded=True))
            left += FOLD
        at = stop
    return _Scale(tuple(stretches), hour_width)


def folded(rows: Sequence[Row], bars: Sequence[Bar], *, start: datetime, end: datetime) -> list[Interval]:
    """The stretches longer than ``LONGEST_IDLE`` in which no machine works and no bar lies."""
    shown = {row.code for row in rows}
    busy = [(bar.setup_start, bar.end) for bar in bars if bar.row in shown]
    for row in rows:
        at = start
        for closed_from, closed_to in row.closed:
            busy.append((at, closed_from))
            at = closed_to
        busy.append((at, end))
    gaps: list[Interval] = []
    at = start
    for begin, stop in sorted(each for each in busy if each[1] > each[0]):
        if min(begin, end) - at > LONGEST_IDLE:
            gaps.append((at, min(begin, end)))
        at = max(at, stop)
    if end - at > LONGEST_IDLE:
        gaps.append((at, end))
    return gaps


def tone(family: str) -> int:
    """The colour class of a set-up family: the same word, the same tone, in every process."""
    return zlib.crc32(family.encode()) % TONES


def window(
    bars: Sequence[Bar], *, now: datetime, shortest: timedelta = timedelta(hours=10)
) -> tuple[datetime, datetime]:
    """From an hour before now (or the first bar) to an hour after the last bar, whole hours."""
    first = min([now, *(bar.setup_start for bar in bars)])
    last = max([now + shortest, *(bar.end for bar in bars)])
    start = (first - timedelta(minutes=30)).replace(minute=0, second=0, microsecond=0)
    return start, (last + timedelta(minutes=89)).replace(minute=0, second=0, microsecond=0)


def gantt(
    rows: Sequence[Row],
    bars: Sequence[Bar],
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    zone: ZoneInfo,
    hour_width: int = 60,
    widen: int = 0,
    title: str = "Plan",
) -> str:
    """The chart as an SVG text. Bars outside the window are left out, bars across its edge are cut.

    ``hour_width`` in pixels; a chart narrower than ``widen`` pixels is drawn with wider hours.
    """
    folds = folded(rows, bars, start=start, end=end)
    scale = _scale(start, end, folds, hour_width)
    if widen and scale.width < widen:
        wider = hour_width * int(widen / scale.width * 10) // 10
        scale = _scale(start, end, folds, min(wider, WIDEST_HOUR))
    width, height = int(scale.width) + 1, HEAD + ROW * len(rows) + 1
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "gantt",
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
            "role": "group",
            "aria-label": title,
        },
    )
    _closed_and_lines(root, rows, scale)
    _hours(root, scale, zone, height)
    for stretch in scale.stretches:
        if stretch.folded:
            _fold(root, stretch, height)
    _days(root, scale, zone)
    top = {row.code: HEAD + index * ROW for index, row in enumerate(rows)}
    for bar in sorted(bars, key=lambda bar: (top.get(bar.row, 0), bar.setup_start)):
        if bar.row in top and bar.end > start and bar.setup_start < end:
            _bar(root, bar, top[bar.row], scale)
    if start <= now <= end:
        _line(root, "now", (scale.x(now), HEAD - 6), (scale.x(now), height))
    return ET.tostring(root, encoding="unicode")


def _closed_and_lines(root: ET.Element, rows: Sequence[Row], scale: _Scale) -> None:
    for index, row in enumerate(rows):
        y = HEAD + index * ROW
        for closed_from, closed_to in row.closed:
            left, right = scale.x(closed_from), scale.x(closed_to)
            if right > left:
                _rect(root, "closed", left, y, right - left, ROW)
        _line(root, "group" if row.head else "rule", (0, y), (scale.width, y))


def _fold(root: ET.Element, stretch: _Stretch, height: int) -> None:
    """A stripe over the whole height with a zig-zag down its middle."""
    _rect(root, "fold", stretch.left, 0, stretch.right - stretch.left, height)
    middle, steps = (stretch.left + stretch.right) / 2, range(HEAD, height, 8)
    points = " ".join(f"{middle + (3 if n % 2 else -3):.1f},{y}" for n, y in enumerate(steps))
    zigzag = ET.SubElement(root, "polyline", {"class": "zigzag", "points": points})
    hours = round((stretch.end - stretch.start) / timedelta(hours=1))
    ET.SubElement(zigzag, "title").text = f"Closed for {hours} hours"


def _hours(root: ET.Element, scale: _Scale, zone: ZoneInfo, height: int) -> None:
    """A line every hour, or every few where hours are narrow, with its time where that has room."""
    every = next(n for n in (1, 2, 3, 6, 12) if n * scale.hour_width >= HOUR_ROOM + 6)
    for stretch in scale.stretches:
        if stretch.folded:
            continue
        moment = stretch.start.replace(minute=0, second=0, microsecond=0)
        free = stretch.left
        while moment < stretch.end:
            local = moment.astimezone(zone)
            if moment >= stretch.start and local.hour % every == 0:
                at = stretch.x(moment)
                _line(root, "hour", (at, HEAD - 6), (at, height))
                if at >= free and stretch.right - at >= HOUR_ROOM:
                    _text(root, "hour-label", at + 3, HEAD - 10, f"{local:%H:%M}")
                    free = at + HOUR_ROOM
            moment += timedelta(hours=1)


def _days(root: ET.Element, scale: _Scale, zone: ZoneInfo) -> None:
    """Each day that work is drawn in, named as long as its width allows."""
    starts: list[tuple[float, datetime]] = []
    for stretch in scale.stretches:
        if stretch.folded:
            continue
        moment = stretch.start
        while moment < stretch.end:
            local = moment.astimezone(zone)
            if not starts or starts[-1][1].date() != local.date():
                starts.append((stretch.x(moment), local))
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            moment = midnight.astimezone(moment.tzinfo)
    for (at, day), (next_at, _) in zip(starts, [*starts[1:], (scale.width, None)], strict=True):
        _line(root, "day", (at, 0), (at, HEAD))
        forms = (f"{day:%A} {day.day} {day:%B}", f"{day:%a} {day.day} {day:%b}", f"{day:%a} {day.day}")
        name = next((form for form in forms if len(form) * DAY_LETTER + 6 <= next_at - at), "")
        if name:
            _text(root, "day-label", at + 4, 16, name)


def _bar(root: ET.Element, bar: Bar, y: int, scale: _Scale) -> None:
    link = ET.SubElement(root, "a", {"href": bar.href, "class": f"bar tone-{tone(bar.family)} {bar.state}"})
    ET.SubElement(link, "title").text = bar.title
    left, begin, right = scale.x(bar.setup_start), scale.x(bar.start), scale.x(bar.end)
    if begin > left:
        _rect(link, "setup", left, y + 5, begin - left, ROW - 10)
    _rect(link, "work", begin, y + 5, max(3.0, right - begin), ROW - 10, radius=3)
    label = _fitting(bar.label, int((right - begin - 8) / LETTER))
    if label:
        _text(link, "bar-label", begin + 5, y + ROW / 2 + 4, label)


def _fitting(label: str, room: int) -> str:
    """The label, as much of it as tells something in ``room`` letters, or its first word, or nothing."""
    if len(label) <= room:
        return label
    first = label.split(" ", 1)[0]
    if room >= len(first) + 5:
        return label[: room - 1] + "…"
    return first if len(first) <= room else ""


def _rect(
    parent: ET.Element, kind: str, x: float, y: float, width: float, height: float, radius: int = 0
) -> None:
    ET.SubElement(
        parent,
        "rect",
        {
            "class": kind,
            "x": f"{x:.1f}",
            "y": f"{y:.1f}",
            "width": f"{width:.1f}",
            "height": f"{height:.1f}",
            **({"rx": str(radius)} if radius else {}),
        },
    )


def _line(parent: ET.Element, kind: str, begin: tuple[float, float], end: tuple[float, float]) -> None:
    ET.SubElement(
        parent,
        "line",
        {
            "class": kind,
            "x1": f"{begin[0]:.1f}",
            "y1": f"{begin[1]:.1f}",
            "x2": f"{end[0]:.1f}",
            "y2": f"{end[1]:.1f}",
        },
    )


def _text(parent: ET.Element, kind: str, x: float, y: float, text: str) -> None:
    ET.SubElement(parent, "text", {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}"}).text = text
