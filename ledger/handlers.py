"""What is done for a job of each kind: the registry of handlers, and the claim they work under."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings

from ledger.models import Job

DEFAULT_QUEUE = "default"
LOOK_AGAIN = 1.0  # seconds between two looks for a wish to stop

Effect = Callable[[], None]


class ClaimLost(Exception):
    """The lease of this job ran out and somebody else has it now: stop, nothing will be kept."""


class NotNow(Exception):
    """The work cannot be done yet: the job waits ``wait`` and is called again. Costs no attempt.

    ``progress`` is shown until then: where others do parts of its work meanwhile.
    """

    def __init__(self, wait: timedelta, why: str, *, progress: Mapping[str, Any] | None = None) -> None:
        super().__init__(why)
        self.wait = wait
        self.progress = dict(progress or {})


class TwoHandlers(Exception):
    """Two functions were registered for one kind of job."""


@dataclass
class _Asked:
    """What is known of a wish to stop, and when to look again."""

    asked: bool = False
    again: float = 0.0


@dataclass(frozen=True)
class Claim:
    """One attempt at one job. ``attempt`` counts from 1; ``token`` fences the finish."""

    job_id: int
    kind: str
    payload: dict[str, Any]
    token: str
    attempt: int
    lost: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)
    _stop: _Asked = field(default_factory=lambda: _Asked(), compare=False, repr=False)

    def report(self, progress: dict[str, Any]) -> None:
        """Show ``progress`` to pages and the API. Raises ClaimLost when somebody else has the job."""
        mine = Job.objects.filter(pk=self.job_id).held_by(self.token)
        if self.lost.is_set() or not mine.update(progress=progress):
            self.lost.set()
            raise ClaimLost(f"Job {self.job_id} is no longer held by this worker.")

    def is_lost(self) -> bool:
        """Whether the heartbeat has found the job with somebody else: a ``stop`` for long computations."""
        return self.lost.is_set()

    def stop_asked(self) -> bool:
        """Whether somebody wants what there is by now: a ``stop`` for work that gets better with time.

        Looks into the database once a second at most, so it may be asked as often as one likes.
        """
        now = time.monotonic()
        if not self._stop.asked and now >= self._stop.again:
            self._stop.again = now + LOOK_AGAIN
            self._stop.asked = Job.objects.filter(pk=self.job_id, stop_asked=True).exists()
        return self._stop.asked


Work = Callable[[Claim], Effect | None]
GivenUp = Callable[[Job, str], None]


@dataclass(frozen=True)
class Handler:
    kind: str
    work: Work
    lease: timedelta
    queue: str
    given_up: GivenUp | None = None


_handlers: dict[str, Handler] = {}


def handler(
    kind: str,
    *,
    lease: timedelta | None = None,
    queue: str = DEFAULT_QUEUE,
    given_up: GivenUp | None = None,
) -> Callable[[Work], Work]:
    """Register the decorated function as the work of jobs of ``kind``.

    It runs with no transaction open, may be killed and started again at any
    point, and changes nothing itself. It returns the effect: a closure that
    runs in the transaction that marks the job done, and only when this attempt
    still holds the job. It raises ``NotNow`` to be called again later. ``lease``
    is extended every third of it while the function runs; give a longer one to
    code that keeps the interpreter's lock. ``given_up`` gets the job and what was
    wrong at last, in the transaction that sets the job aside: what waits for it can be told.
    """

    def register(work: Work) -> Work:
        known = _handlers.get(kind)
        if known is not None and known.work is not work:
            raise TwoHandlers(f"{kind} is handled by {known.work!r} already, and now by {work!r} too.")
        default = timedelta(seconds=settings.JOB_LEASE_SECONDS)
        _handlers[kind] = Handler(
            kind=kind, work=work, lease=lease or default, queue=queue, given_up=given_up
        )
        return work

    return register


def handler_of(kind: str) -> Handler | None:
    """The handler of ``kind``, or None where this process's code does not know it."""
    return _handlers.get(kind)


def queues() -> tuple[str, ...]:
    """Every queue that some handler uses, the default one first: what a worker should listen to."""
    named = {known.queue for known in _handlers.values()} - {DEFAULT_QUEUE}
    return (DEFAULT_QUEUE, *sorted(named))
