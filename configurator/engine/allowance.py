"""What a thread may ask of kernels in all, in seconds of its processor: so that no page waits for a dozen
questions, each of which is hard.

    with allowance(2.0):
        kernel.answer(choices)  # has its own budget, or what is left of the allowance

What the time is too short for is told as not decided, as with a question's own budget.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import thread_time

# A question has so much anyway: nearly all need less.
LEAST = 0.05


class _Left(threading.local):
    seconds: float | None = None


_left = _Left()


@contextmanager
def allowance(seconds: float) -> Iterator[None]:
    """All that is asked of kernels here, by this thread, takes about so many seconds at most."""
    before, _left.seconds = _left.seconds, seconds
    try:
        yield
    finally:
        _left.seconds = before


@contextmanager
def question(seconds: float) -> Iterator[float]:
    """The seconds that one question may take, which are taken off the allowance."""
    left = _left.seconds
    if left is None:
        yield seconds
        return
    started = thread_time()
    try:
        yield min(seconds, max(left, LEAST))
    finally:
        _left.seconds = left - (thread_time() - started)
