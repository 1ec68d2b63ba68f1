"""What must always be true: registered here by every app, checked by ``manage.py verify``."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from ledger.entries import verify_chain
from ledger.handlers import handler_of
from ledger.models import Job

Check = Callable[[], Iterable[str]]

LONGEST_WAIT = timedelta(minutes=10)


class TwoInvariants(Exception):
    """Two checks were registered under one name."""


@dataclass(frozen=True)
class Finding:
    """What one invariant found: nothing when it holds."""

    name: str
    breaches: tuple[str, ...]


_checks: dict[str, Check] = {}


def invariant(name: str) -> Callable[[Check], Check]:
    """Register the decorated function, which returns (or yields) one sentence for each breach."""

    def register(check: Check) -> Check:
        if _checks.setdefault(name, check) is not check:
            raise TwoInvariants(f"There is an invariant called {name!r} already.")
        return check

    return register


def names() -> tuple[str, ...]:
    """Every registered invariant, sorted."""
    return tuple(sorted(_checks))


def check_all(*, prefix: str = "") -> Iterator[Finding]:
    """Run every invariant whose name begins with ``prefix``, in the order of their names."""
    for name in names():
        if not name.startswith(prefix):
            continue
        yield Finding(name, tuple(_checks[name]()))


@invariant("ledger: every chain holds")
def _chains_hold() -> list[str]:
    return [str(breach) for breach in verify_chain()]


@invariant("ledger: no job waits too long")
def _no_job_waits_too_long() -> Iterator[str]:
    """Jobs due for more than ten minutes, of kinds this code knows (others wait for newer code)."""
    due_since = Coalesce("run_after", "created_at")
    late = Job.objects.waiting().annotate(due_since=due_since).filter(due_since__lt=Now() - LONGEST_WAIT)
    for job in late.order_by("pk"):
        if handler_of(job.kind) is not None:
            yield f"job {job.pk} ({job.kind}) has been waiting for more than 10 minutes: does the worker run?"


@invariant("ledger: no job runs on a dead lease")
def _no_dead_lease() -> Iterator[str]:
    """A minute after its lease ended, a relay should have called the job again."""
    stale = Job.objects.filter(Q(state=Job.State.RUNNING), lease_until__lt=Now() - timedelta(minutes=1))
    for job in stale.order_by("pk"):
        yield f"job {job.pk} ({job.kind}) lost its worker and was not taken up again: does the relay run?"
