"""What a search tells of itself, thinned out for a page: the state of now, and the way of cost and bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

EVERY = 1.0  # seconds between two reports
LONGEST = 80  # points of the curve; then every second one goes

Report = Callable[[dict[str, Any]], None]


class Watched:
    """A report that may be called as often as one likes.

    What comes with ``cost`` and ``bound`` becomes a point of ``curve``: [seconds since the beginning, cost,
    bound]. A new ``step`` is told at once, the rest once a second.
    """

    def __init__(self, report: Report, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._report = report
        self._clock = clock
        self._began = clock()
        self._told = self._began - EVERY
        self._state: dict[str, Any] = {}
        self._curve: list[list[float]] = []

    def __call__(self, progress: dict[str, Any]) -> None:
        """Raises what the report raises: the job was lost."""
        now = self._clock()
        is_new = progress.get("step") != self._state.get("step")
        self._state = self._state | progress
        if not is_new and now - self._told < EVERY:
            return
        self._told = now
        if "cost" in self._state and "bound" in self._state:
            self._curve.append([round(now - self._began, 1), self._state["cost"], self._state["bound"]])
            if len(self._curve) > LONGEST:
                self._curve = [*self._curve[:-1:2], self._curve[-1]]
        self._report({**self._state, "seconds": round(now - self._began), "curve": self._curve})
