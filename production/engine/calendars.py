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

from production.engine.shop import apart

Intervals = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class WeeklyShift:
    """``weekday`` 0 is Monday. An ``end`` at or before ``start`` is on the next day."""

    weekday: int
    start: time
    end: time
    overtime: bool = False


@dataclass(frozen=True, slots=True)
class ExceptionDay:
    """Replaces the shifts that begin on ``date``: closed without times, else open between them."""

    date: date
    start: time | None = None
    end: time | None = None
    overtime: bool = False


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
    return joined((max(start, since), min(end, until)) for start, end in found)


def expand_overtime(
    *,
    shifts: Iterable[WeeklyShift],
    exceptions: Iterable[ExceptionDay],
    time_zone: str,
    since: int,
    until: int,
) -> tuple[tuple[int, int], ...]:
    """The part of ``expand`` that is overtime and nothing else."""
    shifts, exceptions = list(shifts), list(exceptions)
    if not any(s.overtime for s in shifts) and not any(day.overtime for day in exceptions):
        return ()
    ordinary = expand(
        shifts=[shift for shift in shifts if not shift.overtime],
        exceptions=[ExceptionDay(day.date) if day.overtime else day for day in exceptions],
        time_zone=time_zone,
        since=since,
        until=until,
    )
    every = expand(shifts=shifts, exceptions=exceptions, time_zone=time_zone, since=since, until=until)
    return apart(every, ordinary)


def _instant(day: date, wall: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, wall, zone).timestamp())


def joined(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sorted and apart; those that touch or overlap are one, empty ones are left out."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)
