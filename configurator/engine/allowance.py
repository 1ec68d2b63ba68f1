"""What a thread may ask of kernels in all, in seconds of its processor: so that no page waits for a dozen
questions, each of which is hard.

    with allowance(2.0):
        kernel.answer(choices)  # has its own budget, or what is left of the allowance

What the time is too short for is told as not decided, as with a question's own budget.

A thread with an allowance waits for its turn at a kernel only so long, too: by the clock, as others use the
processor meanwhile. Then it is told that the engine is `Busy`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, thread_time
from typing import Protocol

# A question has so much anyway: nearly all need less.
LEAST = 0.05


class Busy(Exception):
    """Others ask what is hard: this question was not even begun, and nothing was changed."""

    def __init__(self) -> None:
        super().__init__("Others are asking hard questions at present; nothing was changed. Ask again soon.")


class Lock(Protocol):
    """What ``threading.Lock`` and ``RLock`` are."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...

    def release(self) -> None: ...


class _Left(threading.local):
    seconds: float | None = None
    waiting: float | None = None


_left = _Left()


@contextmanager
def allowance(seconds: float, waiting: float | None = None) -> Iterator[None]:
    """All that is asked of kernels here, by this thread, takes about so many seconds at most, and so many of
    ``waiting`` for its turns (None: as long as it takes)."""
    before = _left.seconds, _left.waiting
    _left.seconds, _left.waiting = seconds, waiting
    try:
        yield
    finally:
        _left.seconds, _left.waiting = before


class turn:
    """Holds the lock. Raises ``Busy`` when what this thread may wait is over."""

    __slots__ = ("_lock",)

    def __init__(self, lock: Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        left = _left.waiting
        if left is None:
            self._lock.acquire()
            return
        started = monotonic()
        taken = self._lock.acquire(timeout=left)
        _left.waiting = max(0.0, left - (monotonic() - started))
        if not taken:
            raise Busy

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class question:
    """The seconds that one question may take, which are taken off the allowance."""

    __slots__ = ("_before", "_seconds", "_started")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> float:
        left = self._before = _left.seconds
        if left is None:
            return self._seconds
        self._started = thread_time()
        return min(self._seconds, max(left, LEAST))

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            _left.seconds = self._before - (thread_time() - self._started)
