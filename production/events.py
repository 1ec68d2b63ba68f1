"""What the plan in force did not reckon with: told once, and a repair asked for in the same transaction.

The change itself belongs to its own business (a machine stops in ``upkeep``, a piece is scrapped in
``shopfloor``); what has no other home is here: a line in a hurry, material that comes later, a person who is
away.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from ledger.entries import record
from orders.changes import order_fewer
from orders.engine.lifecycle import LineState
from orders.models import Line, Order
from production import demand, wishes
from production.facts import due_of
from production.locking import planning_lock
from production.models import (
    MaterialLot,
    Operator,
    OperatorAbsence,
    Piece,
    PieceState,
    Plan,
    PlanEvent,
    Run,
    Rush,
)

LONGEST_REASON = 200
FURTHEST = timedelta(days=80)  # of what the calendars are worked out for
HEAVIEST = 100


class EventRefused(Exception):
    """It cannot be so; ``reasons`` are all that stands against it."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


def tell(
    *,
    kind: str,
    subject: str,
    text: str,
    actor: str,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    at_once: bool = False,
) -> PlanEvent:
    """Note an event inside the transaction of its change, and ask for what follows from it: a repair of the
    plan in force, or a plan where there is none."""
    event = PlanEvent.objects.create(
        kind=kind, subject=subject, text=text[:300], facts=dict(facts or {}), at=now, actor=actor
    )
    if Plan.objects.current().exists():
        wishes.request_repair(actor=actor, now=now, at_once=at_once)
    else:
        wishes.request_soon(actor=actor, now=now)
    return event


def rush(
    *, line: Line, reason: str, actor: str, now: datetime, wanted_at: datetime | None = None, weight: int = 1
) -> PlanEvent:
    """Want a line sooner than promised, or count its being late ``weight`` times (1 to 100); the promise
    stays as it is.

    Raises ``EventRefused``.
    """
    reason = reason.strip()
    with transaction.atomic():
        planning_lock()
        line = Line.objects.select_related("order").get(pk=line.pk)
        reasons = _against_reason(reason)
        if line.state in (LineState.MADE, LineState.SHIPPED, LineState.CANCELLED):
            reasons.append(f"The line is {line.state}: there is nothing to hurry.")
        if not 1 <= weight <= HEAVIEST:
            reasons.append(f"A weight is from 1 to {HEAVIEST}.")
        if wanted_at is None and weight == 1:
            reasons.append("Say when it is wanted, or how much more it weighs than others.")
        if wanted_at is not None and not now < wanted_at < now + FURTHEST:
            reasons.append("It is wanted at a moment that is still to come, within 80 days.")
        if reasons:
            raise EventRefused(reasons)
        Rush.objects.update_or_create(
            line=line,
            defaults={"wanted_at": wanted_at, "weight": weight, "reason": reason, "actor": actor, "at": now},
        )
        _dues_follow(line)
        facts = {"line": line.pk, "wanted_at": wanted_at and wanted_at.isoformat(), "weight": weight}
        record(
            stream=f"order:{line.order_id}",
            kind="line.rushed",
            actor=actor,
            data={**facts, "reason": reason},
            now=now,
        )
        when = f" wanted {clock(wanted_at)}" if wanted_at else f" weighs {weight} times"
        text = f"{line.order.number}/{line.position}{when}: {reason}"
        return tell(kind=PlanEvent.Kind.RUSH, subject=line.pk, text=text, facts=facts, actor=actor, now=now)


def late_material(
    *, lot: MaterialLot, available_at: datetime, reason: str, actor: str, now: datetime
) -> PlanEvent:
    """An announced lot arrives at another moment. Raises ``EventRefused`` for one that is here already."""
    reason = reason.strip()
    with transaction.atomic():
        planning_lock()
        held = MaterialLot.objects.select_for_update().select_related("material").get(pk=lot.pk)
        reasons = _against_reason(reason)
        if not held.announced or held.on_hand:
            reasons.append(f"Lot {held.code} of {held.material} is here: only one that is to come is late.")
        if not now < available_at < now + FURTHEST:
            reasons.append("It arrives at a moment that is still to come, within 80 days.")
        if held.expires_at is not None and held.expires_at <= available_at:
            reasons.append("By then it has expired.")
        if reasons:
            raise EventRefused(reasons)
        before, held.available_at = held.available_at, available_at
        held.save(update_fields=["available_at"])
        facts = {
            "material": held.material_id,
            "lot": held.code,
            "from": before.isoformat(),
            "to": available_at.isoformat(),
        }
        record(
            stream=f"material:{held.material_id}",
            kind="material.late",
            actor=actor,
            data={**facts, "reason": reason},
            now=now,
        )
        text = f"{held.material}, lot {held.code}, arrives {clock(available_at)}: {reason}"
        return tell(
            kind=PlanEvent.Kind.LATE_MATERIAL,
            subject=held.material_id,
            text=text,
            facts=facts,
            actor=actor,
            now=now,
        )


def absent(
    *, operator: Operator, start: datetime, end: datetime, reason: str, actor: str, now: datetime
) -> PlanEvent:
    """A person is away from ``start`` to ``end``. Raises ``EventRefused``."""
    reason = reason.strip()
    with transaction.atomic():
        planning_lock()
        held = Operator.objects.get(pk=operator.pk)
        reasons = _against_reason(reason)
        if not start < end:
            reasons.append("An absence ends after it begins.")
        if not now < end < now + FURTHEST:
            reasons.append("An absence ends at a moment that is still to come, within 80 days.")
        if reasons:
            raise EventRefused(reasons)
        absence = OperatorAbsence.objects.create(operator=held, start=start, end=end, reason=reason)
        return tell_absence(absence, actor=actor, now=now)


def tell_absence(absence: OperatorAbsence, *, actor: str, now: datetime) -> PlanEvent:
    """Record an absence that was noted in this transaction, and ask for a repair."""
    operator, reason = absence.operator, absence.reason
    facts = {
        "operator": operator.code,
        "start": absence.start.isoformat(),
        "end": absence.end.isoformat(),
    }
    record(
        stream=f"operator:{operator.code}",
        kind="operator.absent",
        actor=actor,
        data={**facts, "reason": reason},
        now=now,
    )
    text = f"{operator} is away from {clock(absence.start)} to {clock(absence.end)}: {reason}"
    return tell(
        kind=PlanEvent.Kind.ABSENT, subject=operator.code, text=text, facts=facts, actor=actor, now=now
    )


def cancelled(*, order: Order, actor: str, now: datetime) -> PlanEvent | None:
    """An order was cancelled: its pieces leave the demand and the proposed runs. None when it had none."""
    with transaction.atomic():
        planning_lock()
        inside = Piece.objects.filter(line__order=order, state__in=[PieceState.OWED, PieceState.PLANNED])
        planned = inside.filter(state=PieceState.PLANNED).count()
        demand.drop_cancelled(actor=actor, now=now)
        if not planned:
            return None
        pieces = f"{planned} piece{'s' * (planned != 1)}"
        return tell(
            kind=PlanEvent.Kind.CANCELLED,
            subject=order.pk,
            text=f"{order.number} was cancelled, {pieces} of the plan with it",
            facts={"order": order.pk, "pieces": planned},
            actor=actor,
            now=now,
        )


def fewer(*, line: Line, quantity: int, reason: str, actor: str, now: datetime) -> PlanEvent:
    """A line becomes fewer pieces (``orders.changes.order_fewer``, which see), in the plan too: the runs of
    the pieces that nobody wants any more are taken apart. Raises ``CannotChange``."""
    with transaction.atomic():
        planning_lock()
        before = Line.objects.get(pk=line.pk).quantity
        held = order_fewer(line=line, quantity=quantity, reason=reason, actor=actor, now=now)
        demand.drop_cancelled(actor=actor, now=now)
        order = Order.objects.get(pk=held.order_id)
        return tell(
            kind=PlanEvent.Kind.CHANGED,
            subject=held.pk,
            text=f"{order.number}/{held.position} is {quantity} instead of {before}: {reason}",
            facts={"line": held.pk, "from": before, "to": quantity},
            actor=actor,
            now=now,
        )


def clock(moment: datetime) -> str:
    """For people, in the workshop's time zone."""
    return f"{localtime(moment):%a %d %b %H:%M}"


def _against_reason(reason: str) -> list[str]:
    if not reason:
        return ["Say why: the planner will ask."]
    return [f"Say it in {LONGEST_REASON} characters."] if len(reason) > LONGEST_REASON else []


def _dues_follow(line: Line) -> None:
    """The proposed runs that have pieces of the line are due when the first of their lines is wanted."""
    for run in Run.objects.proposed().filter(pieces__line=line).distinct():
        lines = Line.objects.filter(pk__in=run.pieces.values("line"))
        hurry = Rush.objects.in_bulk([one.pk for one in lines])
        dues = [due for one in lines if (due := due_of(one, hurry.get(one.pk)))]
        run.due_at = min(dues, default=None)
        run.save(update_fields=["due_at"])
