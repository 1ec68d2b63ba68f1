"""Machines go out of service and come back, each time with somebody's name.

What the plan in force has on a stopped machine no longer passes its certificate: both ways are
events, and a repair is asked for. A machine that is expected back at a moment keeps its work
from then on. Released work stays on its machine until its release is undone; what has begun may
be finished or scrapped.
"""

from datetime import datetime

from django.db import transaction

from ledger.entries import record
from production import events
from production.locking import planning_lock
from production.models import Machine, MachineStop, PlanEvent, Run

LONGEST_REASON = 200


class UpkeepRefused(Exception):
    """The machine is as wanted already, or nobody said why; ``reasons`` are all of it."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


def stop(
    *, machine: Machine, reason: str, actor: str, now: datetime, until: datetime | None = None
) -> Machine:
    """Take a machine out of service: nothing begins there, and nothing new is planned on it before
    ``until``, when it is expected back (None: nobody knows).

    Raises ``UpkeepRefused``.
    """
    reason = reason.strip()
    with transaction.atomic():
        planning_lock()
        held = Machine.objects.get(pk=machine.pk)
        reasons = [] if held.in_service else [f"{held} is out of service already."]
        if not reason:
            reasons.append("Say why it stops: the floor and the planner will ask.")
        if len(reason) > LONGEST_REASON:
            reasons.append(f"Say it in {LONGEST_REASON} characters.")
        if until is not None and not now < until < now + events.FURTHEST:
            reasons.append("A machine comes back at a moment that is still to come, within 80 days.")
        if reasons:
            raise UpkeepRefused(reasons)
        held.in_service, held.stopped_reason, held.stopped_at = False, reason, now
        held.save(update_fields=["in_service", "stopped_reason", "stopped_at"])
        if until is not None:
            MachineStop.objects.create(
                machine=held, kind=MachineStop.Kind.BREAKDOWN, reason=reason, start=now, end=until
            )
        waiting = [run.pk for run in released_to(machine=held)]
        back = until.isoformat() if until else None
        _record(held, "machine.stopped", {"reason": reason, "until": back, "released": waiting}, actor, now)
        told = f"until {events.clock(until)}" if until else "until further notice"
        events.tell(
            kind=PlanEvent.Kind.MACHINE_DOWN,
            subject=held.code,
            text=f"{held} is down {told}: {reason}",
            facts={"machine": held.code, "until": back},
            actor=actor,
            now=now,
            at_once=True,
        )
    return held


def start(*, machine: Machine, actor: str, now: datetime) -> Machine:
    """Put a machine back into service. Raises ``UpkeepRefused``."""
    with transaction.atomic():
        planning_lock()
        held = Machine.objects.get(pk=machine.pk)
        if held.in_service:
            raise UpkeepRefused([f"{held} is in service already."])
        held.in_service, held.stopped_reason, held.stopped_at = True, "", None
        held.save(update_fields=["in_service", "stopped_reason", "stopped_at"])
        lasting = MachineStop.objects.breakdowns(now=now).filter(machine=held)
        lasting.filter(start__gte=now).delete()
        lasting.update(end=now)
        _record(held, "machine.started", {}, actor, now)
        events.tell(
            kind=PlanEvent.Kind.MACHINE_BACK,
            subject=held.code,
            text=f"{held} is back in service",
            facts={"machine": held.code},
            actor=actor,
            now=now,
        )
    return held


def released_to(*, machine: Machine) -> list[Run]:
    """Runs that the floor has and that still have a step to begin on this machine, by number."""
    waiting = Run.objects.on_the_floor().filter(operations__machine=machine, operations__state="planned")
    return list(waiting.distinct().order_by("number"))


def _record(machine: Machine, kind: str, data: dict[str, object], actor: str, now: datetime) -> None:
    told = {"machine": machine.code, **data}
    record(stream=f"machine:{machine.code}", kind=kind, actor=actor, data=told, now=now)
