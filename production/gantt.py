"""The plan as a picture: machines down, time across, drawn on the server as SVG.

Every bar is a link that the keyboard reaches, with a title that says all it shows; the
page puts a table of the same beside it. Colours come from the style sheet by class, so
that light, dark and print each have their own (our CSP allows no inline style).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

ROW = 34  # pixels a machine
HEAD = 44  # pixels of days and hours
LABEL = 150  # pixels of machine names
TONES = 8  # classes tone-0 ... tone-7 in staff.css
LETTER = 6.2  # pixels a letter of a bar's label takes, roughly


@dataclass(frozen=True)
class Row:
    """A machine; ``closed`` are the intervals it does not work in."""

    code: str
    name: str
    group: str
    closed: tuple[tuple[datetime, datetime], ...] = ()


def closed(
    working: Sequence[tuple[int, int]], *, start: datetime, end: datetime
) -> tuple[tuple[datetime, datetime], ...]:
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
class _Scale:
    start: datetime
    end: datetime
    hour_width: int

    def x(self, moment: datetime) -> float:
        """Pixels from the left edge; outside the window: its edge."""
        inside = min(max(moment, self.start), self.end)
        return LABEL + (inside - self.start).total_seconds() / 3600 * self.hour_width


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
    title: str = "Plan",
) -> str:
    """The chart as an SVG text. Bars outside the window are left out, bars across its edge are cut."""
    hours = (end - start).total_seconds() / 3600
    width, height = int(LABEL + hours * hour_width) + 1, HEAD + ROW * len(rows) + 1
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

    scale = _Scale(start, end, hour_width)
    _closed_and_lines(root, rows, scale)
    _hours(root, scale, zone, height)
    top = {row.code: HEAD + index * ROW for index, row in enumerate(rows)}
    for bar in bars:
        if bar.row in top and bar.end > start and bar.setup_start < end:
            _bar(root, bar, top[bar.row], scale)
    _names(root, rows, width, height)
    if start <= now <= end:
        _line(root, "now", (scale.x(now), HEAD - 6), (scale.x(now), height))
    return ET.tostring(root, encoding="unicode")


def _closed_and_lines(root: ET.Element, rows: Sequence[Row], scale: _Scale) -> None:
    for index, row in enumerate(rows):
        y = HEAD + index * ROW
        for closed_from, closed_to in row.closed:
            if closed_to > scale.start and closed_from < scale.end:
                left = scale.x(closed_from)
                _rect(root, "closed", left, y, scale.x(closed_to) - left, ROW)
        _line(root, "rule", (0, y + ROW), (scale.x(scale.end), y + ROW))


def _hours(root: ET.Element, scale: _Scale, zone: ZoneInfo, height: int) -> None:
    every = 1 if scale.hour_width >= 40 else 3 if scale.hour_width >= 16 else 6
    moment = scale.start
    while moment < scale.end:
        local, at = moment.astimezone(zone), scale.x(moment)
        if local.hour % every == 0:
            _line(root, "hour" if local.hour else "day", (at, HEAD - 6 if local.hour else 0), (at, height))
            _text(root, "hour-label", at + 3, HEAD - 10, f"{local:%H:%M}")
        if local.hour == 0 or moment == scale.start:
            _text(root, "day-label", at + 3, 16, f"{local:%A} {local.day} {local:%B}")
        moment += timedelta(hours=1)


def _bar(root: ET.Element, bar: Bar, y: int, scale: _Scale) -> None:
    link = ET.SubElement(root, "a", {"href": bar.href, "class": f"bar tone-{tone(bar.family)} {bar.state}"})
    ET.SubElement(link, "title").text = bar.title
    left, begin, right = scale.x(bar.setup_start), scale.x(bar.start), scale.x(bar.end)
    if begin > left:
        _rect(link, "setup", left, y + 5, begin - left, ROW - 10)
    _rect(link, "work", begin, y + 5, max(2.0, right - begin), ROW - 10, radius=3)
    room = int((right - begin - 8) / LETTER)
    if room >= 2:
        label = bar.label if len(bar.label) <= room else bar.label[: room - 1] + "…"
        _text(link, "bar-label", begin + 5, y + ROW / 2 + 4, label)


def _names(root: ET.Element, rows: Sequence[Row], width: int, height: int) -> None:
    """Machine names last, so that they stay above what is cut at the left edge."""
    _rect(root, "names", 0, HEAD, LABEL - 6, height - HEAD)
    group = ""
    for index, row in enumerate(rows):
        y = HEAD + index * ROW
        if row.group != group:
            group = row.group
            _line(root, "group", (0, y), (width, y))
        _text(root, "machine", 4, y + ROW / 2 + 4, row.name)


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
