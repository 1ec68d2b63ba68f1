"""How real times differ from planned ones here: from what the floor wrote down, for simulation.

Of work the share that finished operations took of their planned time; of machines how long they worked
between two stops and how long they stood. Where too little has happened yet, careful figures stand in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Sum

from ledger.models import Entry
from production.engine.simulation import Failures, Spread, Uncertainty, percentile
from production.models import Operation

SINCE = timedelta(days=180)
# Fewer say nothing yet.
FEWEST_OPERATIONS = 20
FEWEST_STOPS = 2
# What took longer than this was left open over a night, and says nothing of the work.
LONGEST = timedelta(hours=14)
NEWEST = 2_000


@dataclass(frozen=True)
class Experience:
    """``operations`` finished ones the spread is from, 0 when it is only assumed; ``machines`` those whose
    failures are known."""

    uncertainty: Uncertainty
    operations: int
    machines: tuple[str, ...]


def read_experience(*, now: datetime) -> Experience:
    """What the last 180 days say. Three queries."""
    shares = _shares(now)
    measured = len(shares) >= FEWEST_OPERATIONS
    work = Spread(percentile(shares, 50), percentile(shares, 950)) if measured else Spread()
    failures = _failures(now)
    return Experience(
        Uncertainty(work=work, failures=failures), len(shares) if measured else 0, tuple(sorted(failures))
    )


def _shares(now: datetime) -> list[int]:
    """Real time of finished operations in permille of the planned one, sorted."""
    rows = (
        Operation.objects.filter(finished_at__gt=now - SINCE)
        .filter(finished_at__gt=F("started_at"))
        .order_by("-finished_at")
        .values_list("started_at", "finished_at", "start", "end")[:NEWEST]
    )
    return sorted(
        min(max(round((finished - started) / (end - start) * 1000), 100), 10_000)
        for started, finished, start, end in rows
        if started and finished and finished - started < LONGEST and end - start < LONGEST
    )


def _failures(now: datetime) -> dict[str, Failures]:
    """By machine what its stops say; the stops are entries of the ledger."""
    entries = Entry.objects.filter(kind__in=["machine.stopped", "machine.started"], at__gt=now - SINCE)
    stopped_at: dict[str, datetime] = {}
    stops: dict[str, list[float]] = {}
    for kind, machine, at in entries.order_by("at", "pk").values_list("kind", "data__machine", "at"):
        if kind == "machine.stopped":
            stopped_at[machine] = at
        elif machine in stopped_at:
            stops.setdefault(machine, []).append((at - stopped_at.pop(machine)).total_seconds())
    known = {machine: long for machine, long in stops.items() if len(long) >= FEWEST_STOPS}
    worked = dict(
        Operation.objects.filter(machine__code__in=known, finished_at__gt=now - SINCE, occupies=True)
        .order_by()
        .values_list("machine__code")
        .annotate(seconds=Sum("seconds"))
    )
    return {
        machine: Failures(worked[machine] // len(long), round(sum(long) / len(long)))
        for machine, long in known.items()
        if worked.get(machine, 0) >= len(long)
    }
