"""Working time as sorted intervals, asked in the time of a binary search."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

Intervals = Sequence[tuple[int, int]]


class WorkingTime:
    """Intervals ``[start, end)`` that neither overlap nor touch."""

    __slots__ = ("_before", "ends", "longest", "starts")

    def __init__(self, intervals: Intervals) -> None:
        self.starts = [start for start, _ in intervals]
        self.ends = [end for _, end in intervals]
        self.longest = max((end - start for start, end in intervals), default=0)
        # Working seconds before each interval.
        self._before = list(accumulate((end - start for start, end in intervals), initial=0))

    def __bool__(self) -> bool:
        return bool(self.starts)

    def between(self, since: int, until: int) -> int:
        """Seconds of working time between two instants."""
        return self._until(until) - self._until(since) if until > since else 0

    def _until(self, instant: int) -> int:
        number = bisect_right(self.starts, instant) - 1
        if number < 0:
            return 0
        return self._before[number] + min(instant, self.ends[number]) - self.starts[number]

    def in_one(self, since: int, until: int) -> bool:
        """Whether both lie in one interval."""
        number = bisect_right(self.starts, since) - 1
        return number >= 0 and until <= self.ends[number]

    def begins(self, instant: int) -> bool:
        """Whether work can begin then."""
        number = bisect_right(self.starts, instant) - 1
        return number >= 0 and instant < self.ends[number]

    def ends_at(self, instant: int) -> bool:
        """Whether work can end then."""
        number = bisect_left(self.starts, instant) - 1
        return number >= 0 and instant <= self.ends[number]

    def pieces(self, since: int, until: int) -> list[tuple[int, int]]:
        """The parts of the intervals between two instants."""
        found = []
        number = max(bisect_right(self.starts, since) - 1, 0)
        while number < len(self.starts) and self.starts[number] < until:
            start, end = max(self.starts[number], since), min(self.ends[number], until)
            if start < end:
                found.append((start, end))
            number += 1
        return found


def minus(intervals: Intervals, gone: Intervals) -> list[tuple[int, int]]:
    """What is left of sorted intervals without sorted others."""
    left = []
    first = 0
    for start, end in intervals:
        while first < len(gone) and gone[first][1] <= start:
            first += 1
        at, number = start, first
        while number < len(gone) and gone[number][0] < end:
            if gone[number][0] > at:
                left.append((at, gone[number][0]))
            at = max(at, gone[number][1])
            number += 1
        if at < end:
            left.append((at, end))
    return left
