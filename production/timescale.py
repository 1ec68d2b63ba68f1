"""Time across a chart: working time to scale, stretches in which nothing can happen folded to a stripe."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FOLD = 22  # pixels a folded stretch takes at most
NARROWEST_FOLD = 5  # pixels, where many lie in one chart
LONGEST_IDLE = timedelta(hours=1)  # what nothing happens in is folded when longer
HOUR = timedelta(hours=1)

Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Stretch:
    """Some of the time, drawn to scale or folded, from pixel ``left`` to ``right``."""

    start: datetime
    end: datetime
    left: float
    right: float
    folded: bool

    def x(self, moment: datetime) -> float:
        share = (moment - self.start) / (self.end - self.start)
        return self.left + share * (self.right - self.left)

    def moment(self, x: float) -> datetime:
        return self.start + (self.end - self.start) * ((x - self.left) / (self.right - self.left))


@dataclass(frozen=True)
class Scale:
    """Stretches without gaps, in order; ``hour_width`` in pixels where time is drawn to scale."""

    stretches: tuple[Stretch, ...]
    hour_width: float
    _ends: tuple[datetime, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ends", tuple(stretch.end for stretch in self.stretches))

    @property
    def start(self) -> datetime:
        return self.stretches[0].start

    @property
    def end(self) -> datetime:
        return self.stretches[-1].end

    @property
    def width(self) -> float:
        return self.stretches[-1].right

    def x(self, moment: datetime) -> float:
        """Pixels from the left edge; outside the window: its edge."""
        index = bisect_left(self._ends, moment)
        if index == len(self.stretches):
            return self.width
        stretch = self.stretches[index]
        return stretch.x(max(moment, stretch.start))


def scale_of(start: datetime, end: datetime, folds: Sequence[Interval], *, hour_width: float) -> Scale:
    """The window with its folds (sorted, apart, inside of it), an hour ``hour_width`` pixels wide."""
    return _scale(start, end, folds, hour_width, FOLD)


def fitted(
    start: datetime, end: datetime, folds: Sequence[Interval], *, width: float, widest_hour: float
) -> Scale:
    """The same ``width`` pixels wide, as long as an hour does not get wider than ``widest_hour``."""
    fold = min(FOLD, max(NARROWEST_FOLD, width / 5 / max(len(folds), 1)))
    hidden = sum((stop - begin for begin, stop in folds), timedelta())
    hours = max(((end - start) - hidden) / HOUR, 0.01)
    return _scale(start, end, folds, min(widest_hour, (width - fold * len(folds)) / hours), fold)


def _scale(
    start: datetime, end: datetime, folds: Sequence[Interval], hour_width: float, fold: float
) -> Scale:
    stretches: list[Stretch] = []
    at, left = start, 0.0
    for begin, stop in [*folds, (end, end)]:
        if begin > at:
            right = left + (begin - at) / HOUR * hour_width
            stretches.append(Stretch(at, begin, left, right, folded=False))
            left = right
        if stop > begin:
            stretches.append(Stretch(begin, stop, left, left + fold, folded=True))
            left += fold
        at = stop
    return Scale(tuple(stretches), hour_width)


def closed(working: Sequence[tuple[int, int]], *, start: datetime, end: datetime) -> tuple[Interval, ...]:
    """What lies between the working intervals (seconds since 1970) within the window."""
    gaps = []
    at = start
    for opens, closes in within(working, start=start, end=end):
        if opens > at:
            gaps.append((at, opens))
        at = max(at, closes)
    if at < end:
        gaps.append((at, end))
    return tuple(gaps)


def within(intervals: Sequence[tuple[int, int]], *, start: datetime, end: datetime) -> tuple[Interval, ...]:
    """Sorted intervals of seconds since 1970 as moments, cut to the window."""
    first, last = start.timestamp(), end.timestamp()
    return tuple(
        (
            datetime.fromtimestamp(max(begin, first), start.tzinfo),
            datetime.fromtimestamp(min(stop, last), start.tzinfo),
        )
        for begin, stop in intervals
        if stop > first and begin < last
    )


def idle(
    working: Iterable[Interval], busy: Iterable[Interval], *, start: datetime, end: datetime
) -> list[Interval]:
    """The stretches longer than ``LONGEST_IDLE`` in which nobody works and nothing lies: to be folded."""
    taken = sorted(each for each in (*working, *busy) if each[1] > each[0])
    gaps: list[Interval] = []
    at = start
    for begin, stop in taken:
        if min(begin, end) - at > LONGEST_IDLE:
            gaps.append((at, min(begin, end)))
        at = max(at, stop)
        if at >= end:
            break
    if end - at > LONGEST_IDLE:
        gaps.append((at, end))
    return gaps
