"""Which stretch of time a page shows: its zoom, where it begins, and the links that change both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict

ZOOMS = {
    "shift": timedelta(hours=10),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=35),
}
STEP = {  # how far a step to the side goes
    "shift": timedelta(hours=5),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=28),
}
NOT_KEPT = ("zoom", "from", "page")
FORMAT = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Window:
    """From ``start`` until ``end``. The links are query strings that keep everything else that was asked."""

    zoom: str
    start: datetime
    end: datetime
    zooms: tuple[tuple[str, str, bool], ...]  # (name, link, is it this)
    earlier: str
    later: str
    today: str

    @property
    def asked(self) -> str:
        """Its beginning as ``from`` says it."""
        return self.start.strftime(FORMAT)


def fitting(*, now: datetime, last: datetime | None, zone: ZoneInfo) -> str:
    """The zoom whose usual stretch shows the work until ``last``, the closest one that does."""
    local = now.astimezone(zone)
    for zoom, length in ZOOMS.items():
        if last is None or last <= _after(_usual_start(zoom, local), length):
            return zoom
    return "month"


def window_of(asked: QueryDict, *, now: datetime, zone: ZoneInfo, usual: str) -> Window:
    """What the query names; what it does not or cannot name is as usual: from a little before now."""
    zoom = asked.get("zoom", "")
    zoom = zoom if zoom in ZOOMS else usual
    start = _moment(asked.get("from", ""), zone) or _usual_start(zoom, now.astimezone(zone))
    kept = {
        name: str(value) for name, value in asked.items() if name not in ("zoom", "from", "page") and value
    }
    chosen = {**kept, "zoom": zoom}
    return Window(
        zoom=zoom,
        start=start,
        end=_after(start, ZOOMS[zoom]),
        zooms=tuple((name, _link(kept, zoom=name, **_from(asked, start)), name == zoom) for name in ZOOMS),
        earlier=_link(chosen, **{"from": _after(start, -STEP[zoom]).strftime(FORMAT)}),
        later=_link(chosen, **{"from": _after(start, STEP[zoom]).strftime(FORMAT)}),
        today=_link(chosen),
    )


def _from(asked: QueryDict, start: datetime) -> dict[str, str]:
    """A place that was asked for stays when the zoom changes; now stays now."""
    return {"from": start.strftime(FORMAT)} if asked.get("from") else {}


def _usual_start(zoom: str, local: datetime) -> datetime:
    if zoom in ("shift", "day"):
        return (local - timedelta(minutes=30)).replace(minute=0, second=0, microsecond=0)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    for form in (FORMAT, "%Y-%m-%d"):
        try:
            found = datetime.strptime(text, form)
        except ValueError:
            continue
        return found.replace(tzinfo=zone) if 2000 <= found.year <= 2400 else None
    return None


def _after(start: datetime, step: timedelta) -> datetime:
    """Whole days by the calendar on the wall, so that a week begins at midnight on either side of a change of
    the clocks; shorter steps by the clock."""
    if step % timedelta(days=1):
        return datetime.fromtimestamp(start.timestamp() + step.total_seconds(), start.tzinfo)
    day = start.date() + step
    return datetime.combine(day, time(start.hour, start.minute), start.tzinfo)


def _link(kept: Mapping[str, str], **more: str) -> str:
    return "?" + urlencode({**kept, **more})
