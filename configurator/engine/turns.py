"""Turns at something costly, over all processes of this machine: so many at once, so many waiting.

A place is a locked file: the kernel frees it when the last process that holds it is gone, however it went.
Nothing has to be tidied after a crash.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_LOOKS = 0.05  # seconds between two looks for a free place


class Busy(Exception):
    """All places are taken, and so are those to wait in, or the wait was too long. Ask again soon."""


@dataclass(frozen=True, slots=True)
class Turns:
    """`at_once` may be at it, `waiting` may wait for them for at most `patience` seconds."""

    folder: Path
    at_once: int
    waiting: int
    patience: float

    @contextmanager
    def turn(self) -> Iterator[int]:
        """A turn; gives the descriptor that holds it (a child that inherits it prolongs the turn).

        Raises `Busy`.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        held = self._one_of("turn", self.at_once)
        if held is None:
            held = self._wait()
        try:
            yield held
        finally:
            os.close(held)

    def _wait(self) -> int:
        seat = self._one_of("seat", self.waiting)
        if seat is None:
            raise Busy("Too many wait already.")
        try:
            until = time.monotonic() + self.patience
            while time.monotonic() < until:
                held = self._one_of("turn", self.at_once)
                if held is not None:
                    return held
                time.sleep(_LOOKS)
            raise Busy("The wait was too long.")
        finally:
            os.close(seat)

    def _one_of(self, kind: str, count: int) -> int | None:
        """A locked place of this kind, or None when all are taken."""
        for number in range(count):
            place = os.open(self.folder / f"{kind}-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(place)
            else:
                return place
        return None
