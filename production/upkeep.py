"""Machines go out of service and come back, each time with somebody's name.

What the plan in force has on a stopped machine no longer passes its certificate: both ways a
new proposal is asked for (tasks.py follows the entries). Released work stays on its machine
until its release is undone; what has begun may be finished or scrapped.
"""

from datetime import datetime

from django.db import transaction

from ledger.entries import record
from production.locking import planning_lock
from production.models import Machine, Run

LONGEST_REASON = 200


class UpkeepRefused(Exception):
    """The machine is as wanted already, or nobody said why; ``reasons`` are all of it."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


def stop(*, machine: Machine, reason: str, actor: str, now: datetime) -> Machine:
    """Take a machine out of service: nothing new is planned on it or begins there.

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
        if reasons:
            raise UpkeepRefused(reasons)
        held.in_service, held.stopped_reason, held.stopped_at = False, reason, now
        held.save(update_fields=["in_service", "stopped_reason", "stopped_at"])
        waiting = [run.pk for run in released_to(machine=held)]
        _record(held, "machine.stopped", {"reason": reason, "released": waiting}, actor, now)
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
        _record(held, "machine.started", {}, actor, now)
    return held


def released_to(*, machine: Machine) -> list[Run]:
    """Runs that the floor has and that still have a step to begin on this machine, by number."""
    waiting = Run.objects.on_the_floor().filter(operations__machine=machine, operations__state="planned")
    return list(waiting.distinct().order_by("number"))


def _record(machine: Machine, kind: str, data: dict[str, object], actor: str, now: datetime) -> None:
    told = {"machine": machine.code, **data}
    record(stream=f"machine:{machine.code}", kind=kind, actor=actor, data=told, now=now)
