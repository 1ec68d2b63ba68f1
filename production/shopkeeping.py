"""What staff change of the shop as the days go: planned maintenance, absences, what the planner is told.

Each change is recorded. What takes time away from the plan in force is an event, and a repair of it is asked
for; what gives time back, or tells the planner something, leaves it right: a new plan is asked for (tasks.py
follows ``shop.changed``).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from ledger.entries import record
from production import events
from production.locking import planning_lock
from production.models import (
    Machine,
    MachineStop,
    Operator,
    OperatorAbsence,
    PlanEvent,
    PlannerSettings,
)

LONGEST = timedelta(days=366)


class ShopkeepingRefused(Exception):
    """The change makes no sense; ``reasons`` are all that stands against it."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


def plan_stop(
    *, machine: Machine, reason: str, start: datetime, end: datetime, actor: str, now: datetime
) -> MachineStop:
    """Planned maintenance: nothing is planned on the machine in that time. Raises ``ShopkeepingRefused``."""
    _require_span(reason, start, end, now)
    with transaction.atomic():
        planning_lock()
        stop = MachineStop.objects.create(machine=machine, reason=reason.strip(), start=start, end=end)
        facts = {"machine": machine.code, "start": _told(start), "end": _told(end)}
        told = {**facts, "reason": stop.reason}
        record(stream=f"machine:{machine.code}", kind="machine.stop_planned", actor=actor, data=told, now=now)
        times = f"from {events.clock(start)} to {events.clock(end)}"
        events.tell(
            kind=PlanEvent.Kind.MACHINE_DOWN,
            subject=machine.code,
            text=f"{machine} is stopped {times}: {stop.reason}",
            facts=facts,
            actor=actor,
            now=now,
        )
    return stop


def cancel_stop(*, stop: MachineStop, actor: str, now: datetime) -> None:
    """The machine works in that time after all; what has passed of it stays."""
    with transaction.atomic():
        planning_lock()
        _end_now(stop, now)
        told = {"machine": stop.machine.code, "reason": stop.reason, "start": _told(stop.start)}
        _record("maintenance cancelled", told, actor, now)


def note_absence(
    *, operator: Operator, reason: str, start: datetime, end: datetime, actor: str, now: datetime
) -> OperatorAbsence:
    """The operator is not there in that time. Raises ``ShopkeepingRefused``."""
    _require_span(reason, start, end, now)
    with transaction.atomic():
        planning_lock()
        absence = OperatorAbsence.objects.create(
            operator=operator, reason=reason.strip(), start=start, end=end
        )
        events.tell_absence(absence, actor=actor, now=now)
    return absence


def cancel_absence(*, absence: OperatorAbsence, actor: str, now: datetime) -> None:
    """The operator is there after all; what has passed of it stays."""
    with transaction.atomic():
        planning_lock()
        _end_now(absence, now)
        told = {"operator": absence.operator.code, "reason": absence.reason, "start": _told(absence.start)}
        _record("absence cancelled", told, actor, now)


def tell_planner(
    *, changes: Mapping[str, int | None], expected_version: int, actor: str, now: datetime
) -> PlannerSettings:
    """Change weights, zones or limits (``PlannerSettings``). ``expected_version`` is the one that was seen.

    Raises ``ShopkeepingRefused``.
    """
    with transaction.atomic():
        planning_lock()
        row = PlannerSettings.objects.filter(pk=1).first() or PlannerSettings(pk=1)
        if row.version != expected_version:
            raise ShopkeepingRefused(["Somebody changed the planner's settings meanwhile: look again."])
        before = row.as_told()
        for name, value in changes.items():
            setattr(row, name, value)
        changed = {name: value for name, value in row.as_told().items() if value != before[name]}
        if not changed:
            return row
        row.version += 1
        try:
            row.full_clean(validate_unique=False)
        except ValidationError as fault:
            raise ShopkeepingRefused(fault.messages) from fault
        row.save()
        was = {name: before[name] for name in changed}
        _record("planner told", {"settings": changed, "were": was, "version": row.version}, actor, now)
    return row


def _require_span(reason: str, start: datetime, end: datetime, now: datetime) -> None:
    reasons = []
    if not reason.strip():
        reasons.append("Say why: whoever reads the plan will ask.")
    if len(reason.strip()) > 200:
        reasons.append("Say why in 200 characters.")
    if end <= start:
        reasons.append("It has to end after it begins.")
    elif end <= now:
        reasons.append("It is over already: only what is still to come can be planned around.")
    elif end - start > LONGEST:
        reasons.append("It takes more than a year: take it out of service instead.")
    if reasons:
        raise ShopkeepingRefused(reasons)


def _end_now(row: MachineStop | OperatorAbsence, now: datetime) -> None:
    if row.start >= now:
        row.delete()
    elif row.end > now:
        row.end = now
        row.save(update_fields=["end"])


def _told(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _record(what: str, data: Mapping[str, object], actor: str, now: datetime) -> None:
    record(stream="shop", kind="shop.changed", actor=actor, data={"what": what, **data}, now=now)
