"""Working time: weekly shifts and exceptions in a time zone become intervals in UTC.

A shift is wall-clock time. On the night the clocks go forward a shift 22:00-06:00 has seven
hours, on the night they go back nine: that is what is worked. A time in the hour that does
not exist counts as if the clocks had not jumped yet (02:30 is then 03:30); of the hour that
exists twice the first one counts (PEP 495, fold 0).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Intervals = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class WeeklyShift:
    """``weekday`` 0 is Monday. An ``end`` at or before ``start`` is on the next day."""

    weekday: int
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class ExceptionDay:
    """Replaces the shifts that begin on ``date``: closed without times, else open between them."""

    date: date
    start: time | None = None
    end: time | None = None


def expand(
    *,
    shifts: Iterable[WeeklyShift],
    exceptions: Iterable[ExceptionDay],
    time_zone: str,
    since: int,
    until: int,
) -> tuple[tuple[int, int], ...]:
    """The working intervals between two instants, joined where they touch or overlap.

    Raises ``zoneinfo.ZoneInfoNotFoundError`` for a zone that nobody knows.
    """
    zone = ZoneInfo(time_zone)
    weekly: dict[int, list[tuple[time, time]]] = {}
    for shift in shifts:
        weekly.setdefault(shift.weekday, []).append((shift.start, shift.end))
    special = {day.date: day for day in exceptions}
    # A shift of the day before may reach into the first day.
    day = datetime.fromtimestamp(since, zone).date() - timedelta(days=1)
    last = datetime.fromtimestamp(until, zone).date()
    found: list[tuple[int, int]] = []
    while day <= last:
        exception = special.get(day)
        if exception is None:
            spans = weekly.get(day.weekday(), [])
        elif exception.start is None or exception.end is None:
            spans = []
        else:
            spans = [(exception.start, exception.end)]
        for start, end in spans:
            last_day = day if end > start else day + timedelta(days=1)
            found.append((_instant(day, start, zone), _instant(last_day, end, zone)))
        day += timedelta(days=1)
    return _joined((max(start, since), min(end, until)) for start, end in found)


def _instant(day: date, wall: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, wall, zone).timestamp())


def _joined(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
