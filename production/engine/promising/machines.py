"""One machine as a promise sees it: its working time, what is booked on it, and the first gap for more."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

Intervals = Sequence[tuple[int, int]]


class Busy(NamedTuple):
    """Time that a machine is not free: set-up and work, and the family it leaves.

    ``runs`` are made there together at ``step`` (several share a ``load`` of a batch machine, of which
    ``filled`` is taken), ``seconds`` is its working time without set-up and ``due`` the first promise among
    what is made. What is not ``fixed`` may be moved by a promise that pays for it. ``operator`` and ``tool``
    are taken too.
    """

    machine: str
    setup_start: int
    start: int
    end: int
    family: str
    runs: tuple[str, ...] = ()
    step: int = 0
    seconds: int = 0
    due: int | None = None
    fixed: bool = True
    load: str = ""
    filled: int = 0
    operator: str = ""
    tool: str = ""


class Times(NamedTuple):
    setup_start: int
    start: int
    end: int


class Lane:
    """Bookings of one machine in order of their start, in its working time ``windows``.

    Work with its set-up stays inside one window; only what is longer, with the longest set-up that there is
    for it, than every window pauses between them (as in ``scheduling``).
    """

    __slots__ = ("_opens", "booked", "longest", "setup", "starts", "state", "windows", "worst")

    def __init__(
        self,
        windows: Intervals,
        state: str,
        setup: Callable[[str, str], int],
        worst: Callable[[str], int],
    ) -> None:
        self.windows = windows
        self.state = state
        self.setup = setup
        self.worst = worst
        self.longest = max((closes - opens for opens, closes in windows), default=0)
        self._opens = [opens for opens, _ in windows]
        self.booked: list[Busy] = []
        self.starts: list[int] = []

    def copy(self, windows: Intervals | None = None) -> "Lane":
        """The same bookings, to be changed apart; with other windows when they are given."""
        twin = Lane.__new__(Lane)
        twin.state, twin.setup, twin.worst = self.state, self.setup, self.worst
        twin.booked, twin.starts = list(self.booked), list(self.starts)
        if windows is None or windows is self.windows:
            twin.windows, twin.longest, twin._opens = self.windows, self.longest, self._opens
        else:
            twin.windows = windows
            twin.longest = max((closes - opens for opens, closes in windows), default=0)
            twin._opens = [opens for opens, _ in windows]
        return twin

    def add(self, busy: Busy) -> None:
        at = bisect_right(self.starts, busy.start)
        self.booked.insert(at, busy)
        self.starts.insert(at, busy.start)

    def remove(self, busy: Busy) -> None:
        at = bisect_left(self.starts, busy.start)
        while self.booked[at] is not busy:
            at += 1
        del self.booked[at], self.starts[at]

    def neighbours(self, start: int) -> tuple[str, Busy | None]:
        """The family before work that starts then, and what comes after it."""
        at = bisect_right(self.starts, start)
        before = self.booked[at - 1].family if at else self.state
        return before, self.booked[at] if at < len(self.booked) else None

    def first(self, *, family: str, seconds: int, ready: int, not_before: int) -> Times | None:
        """The earliest times with work from ``ready`` and set-up from ``not_before`` on, without touching
        what is booked; None when no working time is left."""
        booked = self.booked
        at = bisect_right(self.starts, not_before)
        # What began before and still goes on is in front of the first gap.
        free_from = max(not_before, booked[at - 1].end) if at else not_before
        while True:
            before = booked[at - 1].family if at else self.state
            until = self._until(at, family)
            if until is None or max(free_from, ready) + seconds <= until:
                times = self.place(
                    before=before,
                    family=family,
                    seconds=seconds,
                    earliest=free_from,
                    ready=ready,
                    until=until,
                )
                if times is not None:
                    return times
            if at == len(booked):
                return None
            free_from = max(free_from, booked[at].end)
            at += 1

    def place(
        self, *, before: str, family: str, seconds: int, earliest: int, ready: int, until: int | None
    ) -> Times | None:
        """The times in the windows after work of family ``before``, ending by ``until``."""
        setup = self.setup(before, family)
        if seconds + self.worst(family) > self.longest:
            return self._place_broken(setup, seconds, max(earliest, ready), until)
        number = max(bisect_right(self._opens, earliest) - 1, 0)
        # Windows that end before the work may begin need not be looked at one by one.
        number = max(number, bisect_right(self._opens, ready) - 1)
        for opens, closes in self.windows[number:]:
            start = max(max(opens, earliest) + setup, ready)
            if until is not None and start + seconds > until:
                return None
            if start + seconds <= closes:
                return Times(start - setup, start, start + seconds)
        return None

    def _place_broken(self, setup: int, seconds: int, earliest: int, until: int | None) -> Times | None:
        first, start = self.forward(earliest, 0), self.forward(earliest, setup)
        if first is None or start is None:
            return None
        start = self.forward(start, 0)
        end = None if start is None else self.forward(start, seconds)
        if start is None or end is None or (until is not None and end > until):
            return None
        return Times(first, start, end)

    def forward(self, instant: int, seconds: int) -> int | None:
        """The instant after so many working seconds; with 0 the next moment that is worked."""
        for opens, closes in self.windows[max(bisect_right(self._opens, instant) - 1, 0) :]:
            begin = max(opens, instant)
            if begin < closes:
                if begin + seconds <= closes:
                    return begin + seconds
                seconds -= closes - begin
        return None

    def worked(self, since: int, until: int) -> list[tuple[int, int]]:
        """The pieces of working time between two instants."""
        number = max(bisect_right(self._opens, since) - 1, 0)
        pieces = []
        for opens, closes in self.windows[number:]:
            if opens >= until:
                break
            if closes > since and since < until:
                pieces.append((max(opens, since), min(closes, until)))
        return pieces

    def _until(self, at: int, family: str) -> int | None:
        """When the gap before booking ``at`` ends for this family (None: never): the booking keeps its start
        and its set-up, which follows what goes before, has to fit in front of it in the same window."""
        if at == len(self.booked):
            return None
        after = self.booked[at]
        until = after.start - self.setup(family, after.family)
        number = bisect_right(self._opens, after.start) - 1
        return until if number < 0 or until >= self._opens[number] else 0
