"""The plan as a picture: machines (and people) down, time across, drawn on the server as SVG.

Every bar is a link that the keyboard reaches, with a title that says all it shows; the
page puts the rows' names over the chart's own at its left, where they stay while it scrolls
(print shows the chart's own). Set-up families have a colour and a pattern each, states an
outline, so that nothing is told by colour alone. Colours come from the style sheet by class,
so that light, dark and print each have their own (our CSP allows no inline style).

A chart of thousands of operations would be a page of megabytes: ``condensed`` joins what is
too narrow to be seen into blocks, which lead to the days they stand for.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from production.timescale import Interval, Scale, Stretch, idle

ROW = 34  # pixels a row; staff.css gives the names beside the chart the same
HEAD = 44  # pixels of days and hours
TONES = 8  # classes tone-0 ... tone-7 in staff.css
HATCHES = 5
LETTER = 6.2  # pixels a letter of a bar's label takes, roughly
DAY_LETTER = 7.0  # pixels a letter of a day's label takes
HOUR_ROOM = 34  # pixels that "06:00" takes
MOST_BARS = 380  # a chart has, about: 120 kB
MOST_BANDS = 5  # colours that a block shows
NAME_LETTERS = 24


@dataclass(frozen=True)
class Row:
    """A machine or a person. ``closed``, ``overtime`` and ``stops`` (planned maintenance) are intervals in
    order. ``head``: first of its group."""

    code: str
    name: str
    group: str
    closed: tuple[Interval, ...] = ()
    head: bool = False
    overtime: tuple[Interval, ...] = ()
    stops: tuple[Interval, ...] = ()


@dataclass(frozen=True)
class Band:
    """A stretch of one set-up family in a block."""

    start: datetime
    end: datetime
    family: str


@dataclass(frozen=True)
class Bar:
    """An operation: set-up from ``setup_start`` to ``start``, work to ``end``. ``key`` and ``run`` name it to
    scripts.

    A block of operations has its ``bands`` in place of a set-up.
    """

    row: str
    setup_start: datetime
    start: datetime
    end: datetime
    label: str
    title: str
    href: str
    family: str
    state: str  # a class: planned, released, started, finished; with " pinned", " late" added
    key: str = ""
    run: str = ""
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True)
class Zone:
    """How firm the plan is until ``until``: its name stands in the chart's head."""

    kind: str  # frozen, slushy
    until: datetime


class Spanned(Protocol):
    """What lies in a row for some time."""

    @property
    def row(self) -> str: ...
    @property
    def setup_start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...


Item = TypeVar("Item", bound=Spanned)


def folded(rows: Sequence[Row], bars: Sequence[Spanned], *, start: datetime, end: datetime) -> list[Interval]:
    """The stretches in which no row is open and no bar lies."""
    shown = {row.code for row in rows}
    busy = [(bar.setup_start, bar.end) for bar in bars if bar.row in shown]
    working: set[Interval] = set()
    for row in rows:
        at = start
        for closed_from, closed_to in row.closed:
            working.add((at, closed_from))
            at = closed_to
        working.add((at, end))
    return idle(working, busy, start=start, end=end)


def tone(family: str) -> int:
    """The colour class of a set-up family: the same word, the same tone, in every process."""
    return zlib.crc32(family.encode()) % TONES


def hatch(family: str) -> int:
    """Its pattern: 0 is plain."""
    return zlib.crc32(family.encode()) // TONES % HATCHES


def condensed(
    items: Sequence[Item], scale: Scale, zone: ZoneInfo, *, most: int = MOST_BARS
) -> list[list[Item]]:
    """The items in groups, about ``most`` of them: alone what is wide enough to be seen, together what lies
    close on one row and day and is narrow; how narrow follows from how many there are."""
    of_row: dict[str, list[Item]] = {}
    for item in items:
        of_row.setdefault(item.row, []).append(item)
    for mine in of_row.values():
        mine.sort(key=lambda item: (item.setup_start, item.end))
    groups: list[list[Item]] = [[item] for mine in of_row.values() for item in mine]
    for narrow in (4, 8, 12, 18, 27, 40, 60, 90):
        if len(groups) <= most:
            break
        groups = [group for mine in of_row.values() for group in _joined(mine, scale, zone, narrow)]
    return groups


def _joined(mine: Sequence[Item], scale: Scale, zone: ZoneInfo, narrow: float) -> list[list[Item]]:
    groups: list[list[Item]] = []
    right, day, open_group = 0.0, None, False
    for item in mine:
        begins, ends = scale.x(item.setup_start), scale.x(item.end)
        today = item.setup_start.astimezone(zone).date()
        if ends - begins >= narrow:
            groups.append([item])
            open_group = False
            continue
        if open_group and today == day and begins - right <= narrow:
            groups[-1].append(item)
        else:
            groups.append([item])
        right, day, open_group = ends, today, True
    return groups


def gantt(
    rows: Sequence[Row],
    bars: Sequence[Bar],
    *,
    scale: Scale,
    now: datetime,
    zone: ZoneInfo,
    gutter: int = 0,
    zones: Sequence[Zone] = (),
    title: str = "Plan",
    selected: str = "",
) -> str:
    """The chart as an SVG text. Bars outside the scale are left out, bars across its edge are cut.

    ``gutter`` pixels at the left are for the rows' names; ``selected`` is the ``key`` of the bar in hand.
    """
    width, height = int(scale.width) + 1 + gutter, HEAD + ROW * len(rows) + 1
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "gantt",
            "viewBox": f"{-gutter} 0 {width} {height}",
            "width": str(width),
            "height": str(height),
            "role": "group",
            "aria-label": title,
        },
    )
    # Where time and rows lie, for scripts: from, to (pixels), from, to (seconds since 1970); codes downwards.
    root.set(
        "data-time",
        ";".join(
            f"{each.left:.1f},{each.right:.1f},{each.start.timestamp():.0f},{each.end.timestamp():.0f}"
            for each in scale.stretches
        ),
    )
    root.set("data-rows", ",".join(row.code for row in rows))
    drawn = [bar for bar in bars if bar.end > scale.start and bar.setup_start < scale.end]
    _patterns(root, drawn, any(row.stops for row in rows))
    _ground(root, rows, scale)
    _hours(root, scale, zone, height)
    for stretch in scale.stretches:
        if stretch.folded:
            _fold(root, stretch, height)
    _days(root, scale, zone)
    _zones(root, zones, scale, height)
    top = {row.code: HEAD + index * ROW for index, row in enumerate(rows)}
    for bar in sorted(drawn, key=lambda bar: (top.get(bar.row, 0), bar.setup_start)):
        if bar.row in top:
            _bar(root, bar, top[bar.row], scale, bar.key == selected != "")
    if scale.start <= now <= scale.end:
        _line(root, "now", (scale.x(now), HEAD - 6), (scale.x(now), height))
    if gutter:
        _names(root, rows, gutter)
    return ET.tostring(root, encoding="unicode")


def _patterns(root: ET.Element, bars: Sequence[Bar], stops: bool) -> None:
    """A pattern for each family that is drawn: its tone, with its hatching."""
    families = {band.family for bar in bars for band in bar.bands} | {bar.family for bar in bars}
    styles = sorted({(tone(family), hatch(family)) for family in families})
    defs = ET.SubElement(root, "defs")
    for colour, lines in styles:
        pattern = _pattern(defs, f"t{colour}h{lines}", f"tone-{colour}")
        if _HATCHES[lines]:
            ET.SubElement(pattern, "path", {"class": "hatch", "d": _HATCHES[lines]})
    if stops:
        pattern = _pattern(defs, "stop", "stop-ground")
        ET.SubElement(pattern, "path", {"class": "hatch", "d": _HATCHES[1]})


def _pattern(defs: ET.Element, name: str, kind: str) -> ET.Element:
    pattern = ET.SubElement(
        defs,
        "pattern",
        {"id": name, "class": kind, "width": "8", "height": "8", "patternUnits": "userSpaceOnUse"},
    )
    ET.SubElement(pattern, "rect", {"class": "ground", "width": "8", "height": "8"})
    return pattern


# Plain, rising, falling, upright, dotted.
_HATCHES = ("", "M-2 2l4-4M0 8l8-8M6 10l4-4", "M-2 6l4 4M0 0l8 8M6-2l4 4", "M4 0v8", "M2 3h2M6 7h2")


def _ground(root: ET.Element, rows: Sequence[Row], scale: Scale) -> None:
    """Closed time, overtime and stops of each row, each kind as one path."""
    paths: dict[str, list[str]] = {"closed": [], "overtime": [], "stop": []}
    for index, row in enumerate(rows):
        y = HEAD + index * ROW
        for kind, intervals in (("closed", row.closed), ("overtime", row.overtime), ("stop", row.stops)):
            for begin, stop in intervals:
                left, right = scale.x(begin), scale.x(stop)
                if right - left > 0.4:
                    paths[kind].append(f"M{left:.1f} {y}h{right - left:.1f}v{ROW}h{left - right:.1f}z")
        _line(root, "group" if row.head else "rule", (0, y), (scale.width, y))
    for place, (kind, parts) in enumerate(paths.items()):
        if parts:
            path = ET.Element("path", {"class": kind, "d": "".join(parts)})
            if kind == "stop":
                path.set("fill", "url(#stop)")
            root.insert(1 + place, path)  # below the lines of the rows, above the patterns


def _fold(root: ET.Element, stretch: Stretch, height: int) -> None:
    """A stripe over the whole height, with a zig-zag down its middle where that has room."""
    _rect(root, "fold", stretch.left, 0, stretch.right - stretch.left, height)
    hours = round((stretch.end - stretch.start) / timedelta(hours=1))
    if stretch.right - stretch.left < 12:
        ET.SubElement(root[-1], "title").text = f"Closed for {hours} hours"
        return
    middle, steps = (stretch.left + stretch.right) / 2, range(HEAD, height, 8)
    points = " ".join(f"{middle + (3 if n % 2 else -3):.1f},{y}" for n, y in enumerate(steps))
    zigzag = ET.SubElement(root, "polyline", {"class": "zigzag", "points": points})
    ET.SubElement(zigzag, "title").text = f"Closed for {hours} hours"


def _hours(root: ET.Element, scale: Scale, zone: ZoneInfo, height: int) -> None:
    """A line every hour, or every few where hours are narrow, with its time where that has room."""
    every = next((n for n in (1, 2, 3, 6, 12) if n * scale.hour_width >= HOUR_ROOM + 6), 0)
    if not every:
        return
    lines: list[str] = []
    for stretch in scale.stretches:
        if stretch.folded:
            continue
        moment = stretch.start.replace(minute=0, second=0, microsecond=0)
        free = stretch.left
        while moment < stretch.end:
            local = moment.astimezone(zone)
            if moment >= stretch.start and local.hour % every == 0:
                at = stretch.x(moment)
                lines.append(f"M{at:.1f} {HEAD - 6}V{height}")
                if at >= free and stretch.right - at >= HOUR_ROOM:
                    _text(root, "hour-label", at + 3, HEAD - 10, f"{local:%H:%M}")
                    free = at + HOUR_ROOM
            moment += timedelta(hours=1)
    ET.SubElement(root, "path", {"class": "hour", "d": "".join(lines)})


def _days(root: ET.Element, scale: Scale, zone: ZoneInfo) -> None:
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
    ends = [*(at for at, _ in starts[1:]), scale.width]
    for (at, day), next_at in zip(starts, ends, strict=False):  # no day at all where everything is folded
        _line(root, "day", (at, 0), (at, HEAD))
        forms = (
            f"{day:%A} {day.day} {day:%B}",
            f"{day:%a} {day.day} {day:%b}",
            f"{day:%a} {day.day}",
            str(day.day),
        )
        name = next((form for form in forms if len(form) * DAY_LETTER + 6 <= next_at - at), "")
        if name:
            _text(root, "day-label", at + 4, 16, name)


def _zones(root: ET.Element, zones: Sequence[Zone], scale: Scale, height: int) -> None:
    """A strip below the hours: what is frozen, what is slushy."""
    begin = 0.0
    for zone in sorted(zones, key=lambda each: each.until):
        end = scale.x(zone.until)
        if end <= begin:
            continue
        _rect(root, f"zone zone-{zone.kind}", begin, HEAD - 5, end - begin, 5)
        ET.SubElement(root[-1], "title").text = f"{zone.kind.capitalize()} until here"
        if end < scale.width:
            _line(root, f"zone-edge zone-{zone.kind}", (end, HEAD - 5), (end, height))
        if end - begin > 60:
            _text(root, "zone-label", begin + 4, HEAD + 9, zone.kind)
        begin = end


def _bar(root: ET.Element, bar: Bar, y: int, scale: Scale, selected: bool) -> None:
    kinds = ["bar", *(["block"] if bar.bands else []), bar.state, *(["selected"] if selected else [])]
    link = ET.SubElement(root, "a", {"href": bar.href, "class": " ".join(kinds)})
    if bar.key:
        link.set("data-key", bar.key)
    if bar.run:
        link.set("data-run", bar.run)
    ET.SubElement(link, "title").text = bar.title
    left, begin, right = scale.x(bar.setup_start), scale.x(bar.start), scale.x(bar.end)
    if bar.bands:
        for band in bar.bands:
            at, to = scale.x(band.start), scale.x(band.end)
            _work(link, "part", at, y + 5, max(1.5, to - at), band.family)
        _rect(link, "frame", left, y + 5, max(3.0, right - left), ROW - 10)
        begin = left
    else:
        if begin - left >= 0.3:
            _rect(link, "setup", left, y + 5, begin - left, ROW - 10)
        _work(link, "work", begin, y + 5, max(3.0, right - begin), bar.family)
    if "late" in bar.state:
        ET.SubElement(link, "path", {"class": "late-mark", "d": f"M{max(begin, right - 8):.1f} {y + 5}h8v8z"})
    if "pinned" in bar.state and right - begin >= 8:
        ET.SubElement(
            link, "circle", {"class": "pin-mark", "cx": f"{begin + 5:.1f}", "cy": f"{y + 10}", "r": "2.5"}
        )
    label = _fitting(bar.label, int((right - begin - 8) / LETTER))
    if label:
        _text(link, "bar-label", begin + 5, y + ROW / 2 + 4, label)


def _work(link: ET.Element, kind: str, x: float, y: float, width: float, family: str) -> None:
    _rect(link, f"{kind} tone-{tone(family)}", x, y, width, ROW - 10, radius=0 if kind == "part" else 3)
    link[-1].set("fill", f"url(#t{tone(family)}h{hatch(family)})")


def _names(root: ET.Element, rows: Sequence[Row], gutter: int) -> None:
    names = ET.SubElement(root, "g", {"class": "row-names", "aria-hidden": "true"})
    for index, row in enumerate(rows):
        name = row.name if len(row.name) <= NAME_LETTERS else row.name[: NAME_LETTERS - 1] + "…"
        _text(names, "row-name", 8 - gutter, HEAD + index * ROW + ROW / 2 + 4, name)


def bands_of(spans: Sequence[tuple[datetime, datetime, str]]) -> tuple[Band, ...]:
    """The families of a block in their order; of more than ``MOST_BANDS`` the longest take the place of
    the others."""
    joined: list[Band] = []
    for begin, end, family in spans:
        if joined and joined[-1].family == family:
            joined[-1] = Band(joined[-1].start, max(joined[-1].end, end), family)
        else:
            joined.append(Band(begin, end, family))
    while len(joined) > MOST_BANDS:
        shortest = min(range(len(joined)), key=lambda n: joined[n].end - joined[n].start)
        gone = joined.pop(shortest)
        if shortest == 0:
            joined[0] = replace(joined[0], start=gone.start)
            continue
        before = replace(joined[shortest - 1], end=gone.end)
        joined[shortest - 1] = before
        if shortest < len(joined) and joined[shortest].family == before.family:
            joined[shortest - 1 : shortest + 1] = [replace(before, end=joined[shortest].end)]
    return tuple(joined)


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
            "y": f"{y:g}",
            "width": f"{width:.1f}",
            "height": f"{height:g}",
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
            "y1": f"{begin[1]:g}",
            "x2": f"{end[0]:.1f}",
            "y2": f"{end[1]:g}",
        },
    )


def _text(parent: ET.Element, kind: str, x: float, y: float, text: str) -> None:
    ET.SubElement(parent, "text", {"class": kind, "x": f"{x:.1f}", "y": f"{y:g}"}).text = text
