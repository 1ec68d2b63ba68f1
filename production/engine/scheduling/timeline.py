"""The work of one machine in time, and the first gap for more of it."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from production.engine.shop import Machine, Shop

Intervals = Sequence[tuple[int, int]]


class Slot(NamedTuple):
    """One operation on the machine: set-up, work, and the family it leaves the machine set up for."""

    setup_start: int
    start: int
    end: int
    family: str
    operation: object


class Timeline:
    """Slots of one machine in order, its working time and its set-up now.

    An operation with its set-up stays inside one working interval. Only one that is longer,
    with the longest set-up that there is for it, than every interval of the machine pauses
    when the shift ends and goes on with the next; its set-up is then not begun before its
    predecessors are done. ``setup(before, after)`` and ``worst_setup(after)`` give seconds.
    """

    def __init__(
        self,
        intervals: Intervals,
        state: str,
        setup: Callable[[str, str], int],
        worst_setup: Callable[[str], int],
    ) -> None:
        self.intervals = intervals
        self.state = state
        self.setup = setup
        self.worst_setup = worst_setup
        self.slots: list[Slot] = []
        self.longest = max((end - start for start, end in intervals), default=0)
        self._starts = [start for start, _ in intervals]

    def copy(self) -> "Timeline":
        twin = Timeline.__new__(Timeline)
        twin.__dict__.update(self.__dict__)
        twin.slots = list(self.slots)
        return twin

    def first_gap(self, *, family: str, seconds: int, ready: int, not_before: int) -> tuple[int, Slot] | None:
        """The earliest slot whose work begins at ``ready`` or later and whose set-up begins at
        ``not_before`` or later; with the index to insert it at. None when no working time is left."""
        for index in range(self._first_index(not_before), len(self.slots) + 1):
            before = self.slots[index - 1] if index else None
            free_from = max(not_before, before.end) if before else not_before
            free_until = self._free_until(index, family)
            if free_until is not None and max(free_from, ready) >= free_until:
                continue
            times = self.place(
                before=before.family if before else self.state,
                family=family,
                seconds=seconds,
                earliest=free_from,
                ready=ready,
                until=free_until,
            )
            if times is not None:
                return index, Slot(*times, family, None)
        return None

    def insert(self, index: int, slot: Slot) -> None:
        """Take the slot in; the set-up of the next one follows its new predecessor."""
        self.slots.insert(index, slot)
        if index + 1 < len(self.slots):
            after = self.slots[index + 1]
            setup = self.setup(slot.family, after.family)
            self.slots[index + 1] = after._replace(setup_start=self.back(after.start, setup))

    def place(
        self, *, before: str, family: str, seconds: int, earliest: int, ready: int, until: int | None
    ) -> tuple[int, int, int] | None:
        """(setup_start, start, end) in working time, ending by ``until``, after work of family ``before``."""
        setup = self.setup(before, family)
        if seconds + self.worst_setup(family) > self.longest:
            return self._place_broken(setup, seconds, max(earliest, ready), until)
        number = max(bisect_right(self._starts, earliest) - 1, 0)
        while number < len(self.intervals):
            opens, closes = self.intervals[number]
            start = max(max(opens, earliest) + setup, ready)
            if until is not None and start + seconds > until:
                return None
            if start + seconds <= closes:
                return start - setup, start, start + seconds
            number += 1
        return None

    def _place_broken(
        self, setup: int, seconds: int, earliest: int, until: int | None
    ) -> tuple[int, int, int] | None:
        first = self.forward(earliest, 0)
        start = self.forward(earliest, setup)
        if first is None or start is None:
            return None
        start = self.forward(start, 0)  # work begins in working time, not at a closing hour
        end = None if start is None else self.forward(start, seconds)
        if start is None or end is None or (until is not None and end > until):
            return None
        return first, start, end

    def forward(self, instant: int, seconds: int) -> int | None:
        """The instant after so many working seconds; with 0 the next moment that is worked."""
        number = max(bisect_right(self._starts, instant) - 1, 0)
        while number < len(self.intervals):
            opens, closes = self.intervals[number]
            begin = max(opens, instant)
            if begin < closes:
                if begin + seconds <= closes:
                    return begin + seconds
                seconds -= closes - begin
            number += 1
        return None

    def back(self, instant: int, seconds: int) -> int:
        """The instant so many working seconds before (outside all working time: plain seconds)."""
        if not seconds:
            return instant
        number = bisect_right(self._starts, instant) - 1
        point = instant
        left = seconds
        while number >= 0:
            opens, closes = self.intervals[number]
            point = min(point, closes)
            if point - left >= opens:
                return point - left
            left -= max(point - opens, 0)
            number -= 1
        return instant - seconds

    def _first_index(self, not_before: int) -> int:
        """The first gap that can hold work from ``not_before`` on: before the first slot ending later."""
        low, high = 0, len(self.slots)
        while low < high:
            middle = (low + high) // 2
            if self.slots[middle].end <= not_before:
                low = middle + 1
            else:
                high = middle
        return low

    def _free_until(self, index: int, family: str) -> int | None:
        """When the gap before slot ``index`` ends for work of this family (None: never).

        The next slot keeps its start, and its set-up, which depends on what goes before, has to fit
        in front of it in the same shift; 0 when it does not.
        """
        if index == len(self.slots):
            return None
        after = self.slots[index]
        until = after.start - self.setup(family, after.family)
        number = bisect_right(self._starts, after.start) - 1
        return until if number < 0 or until >= self.intervals[number][0] else 0


def timeline_of(machine: Machine, shop: Shop) -> Timeline:
    """The empty timeline of a machine of the shop."""
    return Timeline(
        shop.windows.get(machine.code, ()),
        machine.setup_state,
        lambda before, after: shop.setup_seconds(machine.work_centre, before, after),
        lambda after: shop.worst_setup_seconds(machine.work_centre, after),
    )
