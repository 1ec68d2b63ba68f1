"""Production's answer to "when could it be ready?": the port's other side."""

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max

from configurator.engine.manufacturing import Work as AgreedWork
from configurator.promise import Promise
from ledger.models import Entry
from orders.engine.lifecycle import LineState
from orders.models import Line
from production.engine.promising import Busy, Capacity, Load, earliest, prepare
from production.engine.work import read_work
from production.facts import claims_of, moment, read_shop, seconds, work_of
from production.models import Operation, OperationState, Piece, Plan, Run

# The capacity is read again when anything happened, and when it is this old.
FRESH = timedelta(minutes=1)
# Why a piece is not planned, when it has no claim on the material that is there.
WITHOUT_CLAIM = ("material-short", "later")


@dataclass(frozen=True)
class _Reading:
    """What the shop could take on at ``now``; ``stamp`` is the last thing that had happened then."""

    stamp: int
    now: datetime
    capacity: Capacity


class Promiser:
    """Answers from the plan in force, the calendars and the stock. Changes nothing.

    The capacity is kept between questions (a page asks with every click): one small query says
    whether it still holds. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._reading: _Reading | None = None
        self._lock = threading.Lock()

    def promise(self, *, work: AgreedWork, quantity: int, now: datetime) -> Promise:
        """The moment when ``quantity`` pieces can be finished, rounded up to a quarter of an hour."""
        answer = earliest(read_work(work.as_json()), quantity, self._capacity(now))
        if answer.ready_at is None:
            return Promise(None, answer.reason)
        return Promise(moment(-(-answer.ready_at // 900) * 900), "")

    def _capacity(self, now: datetime) -> Capacity:
        stamp = Entry.objects.aggregate(last=Max("id"))["last"] or 0
        with self._lock:
            known = self._reading
        if known is not None and known.stamp == stamp and abs(now - known.now) < FRESH:
            return known.capacity
        capacity = read_capacity(now=now)
        with self._lock:
            self._reading = _Reading(stamp, now, capacity)
        return capacity


def read_capacity(*, now: datetime) -> Capacity:
    """The shop, what is planned in it and what still waits for a plan, in a constant number of queries."""
    operations = Operation.objects.live().select_related("machine")
    busy = tuple(
        Busy(
            operation.machine.code,
            seconds(operation.setup_start),
            seconds(operation.start),
            max(seconds(operation.end), seconds(now))
            if operation.state == OperationState.STARTED
            else seconds(operation.end),
            operation.setup_family,
        )
        for operation in operations
    )
    backlog: Counter[str] = Counter()
    claims: Counter[str] = Counter()
    owed = dict(
        Piece.objects.owed()
        .order_by()
        .values("line")
        .annotate(pieces=Count("pk"))
        .values_list("line", "pieces")
    )
    waiting = Line.objects.filter(pk__in=owed).only("id", "work")
    # Lines that the planner has not taken in yet have no pieces.
    new = Line.objects.filter(state=LineState.READY).exclude(pk__in=Piece.objects.order_by().values("line"))
    counted = [(line, owed[line.pk]) for line in waiting]
    counted += [(line, line.quantity) for line in new.only("id", "work", "quantity")]
    without_claim = _waiting_for_more()
    for line, pieces in counted:
        work = work_of(line)
        for step in work.routing:
            backlog[step.work_centre] += step.seconds * pieces
        for use in work.materials:
            claims[use.material] += use.quantity * max(pieces - without_claim.get(line.pk, 0), 0)
    for use in claims_of(Run.objects.proposed()):
        claims[use.material] += use.quantity
    return prepare(read_shop(now=now), Load(busy, backlog, claims))


def _waiting_for_more() -> Counter[str]:
    """Pieces by line that the plan in force could not take in, for want of material or of a place: they hold
    no material against others, or one large order that cannot be made would stop all promises."""
    unplanned = Plan.objects.current().values_list("unplanned", flat=True).first() or []
    waiting: Counter[str] = Counter()
    for row in unplanned:
        if row["code"] in WITHOUT_CLAIM:
            waiting[row["line"]] += row["pieces"]
    return waiting
