"""A repair as a picture: by machine where work stood (upper, outlined) and where it goes (lower, filled).

Drawn on the server as SVG, colours by class as the other charts; the table beside it says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from production.timescale import Scale, fitted, idle

WIDTH = 900  # pixels, if no hour gets wider than WIDEST_HOUR
WIDEST_HOUR = 160
HEAD = 26
LANE = 18
ROW = 2 * LANE + 10
LETTER = 6.5
MOST_ROWS = 12


@dataclass(frozen=True)
class Bar:
    """Work of a run on a machine, before or after."""

    machine: str
    run: str
    start: datetime
    end: datetime
    after: bool


def bars_of(changes: Sequence[Mapping[str, Any]]) -> list[Bar]:
    """Every step of the changes of a diff (``production.diffs``) that is elsewhere or at another time, before
    and after."""
    stood, goes = (
        {_place(step) for change in changes for step in change[side]} for side in ("before", "after")
    )
    same = stood & goes
    return [
        Bar(
            step["machine"],
            step["run"],
            datetime.fromisoformat(step["start"]),
            datetime.fromisoformat(step["end"]),
            after,
        )
        for change in changes
        for after, steps in ((False, change["before"]), (True, change["after"]))
        for step in steps
        if _place(step) not in same
    ]


def _place(step: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(step[name] for name in ("run", "step", "machine", "start", "end"))


def picture(bars: Sequence[Bar], *, names: Mapping[str, str], zone: ZoneInfo) -> str:
    """The SVG; empty without any work. ``names`` of machines by code; the first ``MOST_ROWS`` are drawn."""
    if not bars:
        return ""
    machines = [code for code in names if any(bar.machine == code for bar in bars)][:MOST_ROWS]
    shown = [bar for bar in bars if bar.machine in machines]
    start = min(bar.start for bar in shown) - timedelta(minutes=10)
    end = max(bar.end for bar in shown) + timedelta(minutes=10)
    folds = idle((), [(bar.start, bar.end) for bar in shown], start=start, end=end)
    scale = fitted(start, end, folds, width=WIDTH, widest_hour=WIDEST_HOUR)
    gutter = int(max(len(names[code]) for code in machines) * LETTER) + 16
    width, height = round(gutter + scale.width) + 1, HEAD + ROW * len(machines)
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "gantt before-after",
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
            "role": "img",
            "aria-label": "Where work stood, and where it goes; the table below says the same.",
        },
    )
    for number, code in enumerate(machines):
        y = HEAD + ROW * number
        ET.SubElement(root, "path", {"class": "rule", "d": f"M0 {y}H{width}"})
        _text(root, "row-name", 6, y + ROW / 2 + 4, names[code])
    _times(root, scale, gutter, height, zone)
    for bar in shown:
        _bar(root, bar, HEAD + ROW * machines.index(bar.machine) + 4, scale, gutter, zone)
    return ET.tostring(root, encoding="unicode")


def _times(root: ET.Element, scale: Scale, gutter: int, height: int, zone: ZoneInfo) -> None:
    """A day's name where it begins, and full hours where there is room."""
    day, until = None, 0.0
    for stretch in scale.stretches:
        left = gutter + stretch.left
        if stretch.folded:
            ET.SubElement(
                root,
                "rect",
                {
                    "class": "fold",
                    "x": f"{left:.1f}",
                    "y": str(HEAD),
                    "width": f"{stretch.right - stretch.left:.1f}",
                    "height": str(height - HEAD),
                },
            )
            continue
        at = stretch.start.astimezone(zone).replace(minute=0, second=0, microsecond=0)
        while at < stretch.end:
            x = gutter + scale.x(max(at, stretch.start))
            if at >= stretch.start:
                ET.SubElement(root, "path", {"class": "hour", "d": f"M{x:.1f} {HEAD}V{height}"})
            label = f"{at:%a %H:%M}" if at.date() != day else f"{at:%H:%M}"
            if x >= until and (at >= stretch.start or at.date() != day):
                _text(root, "hour-label", x, HEAD - 8, label)
                until = x + len(label) * LETTER + 8
                day = at.date()
            at += timedelta(hours=1)


def _bar(root: ET.Element, bar: Bar, y: float, scale: Scale, gutter: int, zone: ZoneInfo) -> None:
    left, right = gutter + scale.x(bar.start), gutter + scale.x(bar.end)
    top = y + (LANE if bar.after else 0)
    group = ET.SubElement(root, "g", {"class": "goes" if bar.after else "stood"})
    title = ET.SubElement(group, "title")
    when = f"{bar.start.astimezone(zone):%a %H:%M} to {bar.end.astimezone(zone):%H:%M}"
    title.text = f"{bar.run} {'goes' if bar.after else 'stood'} {when}"
    width = max(right - left, 2)
    ET.SubElement(
        group,
        "rect",
        {"x": f"{left:.1f}", "y": f"{top}", "width": f"{width:.1f}", "height": str(LANE - 3), "rx": "2"},
    )
    if width > len(bar.run) * LETTER + 6:
        _text(group, "bar-label", left + 4, top + LANE - 7, bar.run)


def _text(parent: ET.Element, kind: str, x: float, y: float, text: str) -> None:
    ET.SubElement(parent, "text", {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}"}).text = text
