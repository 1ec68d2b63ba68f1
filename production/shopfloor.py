"""What the floor does: start and finish the operations of released runs, scrap a piece."""

from datetime import datetime

from django.db import transaction

from ledger.entries import record
from production import events, offcuts, stock
from production.facts import read_shop
from production.locking import planning_lock
from production.models import (
    Machine,
    Operation,
    OperationState,
    Piece,
    PieceState,
    PlanEvent,
    Run,
    RunState,
    Scrap,
)
from production.occupation import stand_for_loads
from production.planning import request_soon
from production.plans import refit_setups
from production.progress import lines_follow


class FloorRefused(Exception):
    """It cannot be done now; ``reasons`` are all that stands against it."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


def start(*, operation: Operation, actor: str, now: datetime) -> Operation:
    """Begin an operation, with all that are in one load with it. The first one of a run takes its material
    from the store.

    Raises ``FloorRefused``: not released, begun already, earlier steps not finished, machine not free.
    """
    with transaction.atomic():
        planning_lock()
        together = _in_one_load(operation)
        if reasons := [reason for each in together for reason in reasons_against_start(each, now=now)]:
            raise FloorRefused(list(dict.fromkeys(reasons)))
        for each in together:
            each.state, each.started_at = OperationState.STARTED, now
            each.save(update_fields=["state", "started_at"])
        _refit(actor, now)
        for each in together:
            if each.run.state == RunState.RELEASED:
                stock.issue(run=each.run, actor=actor, now=now)
                offcuts.use_up(run=each.run)
                _set_state(each.run, RunState.STARTED)
                _lines(each.run, actor, now)
            _record(each, "operation.started", actor, now)
    return together[0]


def finish(*, operation: Operation, actor: str, now: datetime) -> Operation:
    """End an operation that was started, with all that are in one load with it; with the last one of its run
    the pieces are made.

    Raises ``FloorRefused``.
    """
    with transaction.atomic():
        planning_lock()
        together = _in_one_load(operation)
        for each in together:
            if each.state != OperationState.STARTED:
                raise FloorRefused([f"The operation is {each.state}: only a started one can be finished."])
            each.state, each.finished_at = OperationState.FINISHED, now
            each.save(update_fields=["state", "finished_at"])
            Machine.objects.filter(pk=each.machine_id).update(setup_state=each.setup_family)
        _refit(actor, now)
        for each in together:
            _record(each, "operation.finished", actor, now)
            _close_if_done(each.run, actor, now)
    return together[0]


def scrap(*, piece: Piece, reason: str, actor: str, now: datetime) -> Scrap:
    """A piece went wrong: it is owed again, and a plan will make it anew.

    Raises ``FloorRefused`` when its run is not being made, or no reason is given.
    """
    with transaction.atomic():
        planning_lock()
        piece = Piece.objects.select_related("run").get(pk=piece.pk)
        reasons = [] if reason.strip() else ["Say what went wrong."]
        if piece.run is None or piece.run.state != RunState.STARTED or piece.state != PieceState.RELEASED:
            reasons.append("The piece is not being made now: only pieces of a started run can be scrapped.")
        if reasons or piece.run is None:
            raise FloorRefused(reasons)
        run = piece.run
        scrapped = Scrap.objects.create(
            piece=piece, run=run, reason=reason.strip()[:200], actor=actor, at=now
        )
        piece.run, piece.state = None, PieceState.OWED
        piece.save(update_fields=["run", "state"])
        record(
            stream=f"run:{run.pk}",
            kind="piece.scrapped",
            actor=actor,
            data={"run": run.pk, "piece": piece.pk, "line": piece.line_id, "reason": scrapped.reason},
            now=now,
        )
        lines_follow(line_ids=[piece.line_id], actor=actor, now=now, run=run.pk, reason=scrapped.reason)
        events.tell(
            kind=PlanEvent.Kind.SCRAP,
            subject=piece.line_id,
            text=f"A piece of {run} was rejected and is owed again: {scrapped.reason}",
            facts={"run": run.pk, "piece": piece.pk, "line": piece.line_id},
            actor=actor,
            now=now,
        )
        if not run.pieces.exists():
            run.operations.filter(state=OperationState.PLANNED).update(state=OperationState.DROPPED)
            stand_for_loads()
            _close_if_done(run, actor, now)
    return scrapped


def reasons_against_start(operation: Operation, *, now: datetime) -> list[str]:
    """Why the operation cannot begin now; empty when it can. A few queries."""
    reasons = []
    if operation.state != OperationState.PLANNED:
        reasons.append(f"The operation is {operation.state} already.")
    if operation.run.state not in (RunState.RELEASED, RunState.STARTED):
        reasons.append(f"{operation.run} is {operation.run.state}: release it first.")
    if operation.run.state == RunState.RELEASED:
        reasons += stock.expired_lots(run=operation.run, now=now)
    if not operation.machine.in_service:
        reasons.append(f"{operation.machine} is out of service.")
    waiting = (
        operation.run.operations.filter(step__lt=operation.step)
        .exclude(state__in=[OperationState.FINISHED, OperationState.DROPPED])
        .order_by("step")
    )
    if steps := [str(earlier.step) for earlier in waiting]:
        reasons.append(f"Earlier steps are not finished: {', '.join(steps)}.")
    busy = (
        Operation.objects.filter(machine=operation.machine_id, state=OperationState.STARTED)
        .exclude(pk=operation.pk)
        .select_related("run")
        .first()
    )
    if busy is not None:
        reasons.append(f"{operation.machine} is busy with {busy.run}, step {busy.step}.")
    return reasons


def _in_one_load(operation: Operation) -> list[Operation]:
    """The operation as it is now, and the live ones that share its load."""
    rows = Operation.objects.select_related("run", "machine")
    fresh = rows.get(pk=operation.pk)
    if not fresh.load:
        return [fresh]
    return [fresh, *rows.live().filter(load=fresh.load).exclude(pk=fresh.pk).order_by("pk")]


def _close_if_done(run: Run, actor: str, now: datetime) -> None:
    if run.operations.live().exists():
        return
    made = run.pieces.update(state=PieceState.MADE)
    run.done_at = now
    _set_state(run, RunState.DONE)
    kept = offcuts.keep(run=run, actor=actor, now=now)
    _lines(run, actor, now)
    record(
        stream=f"run:{run.pk}",
        kind="run.done",
        actor=actor,
        data={"run": run.pk, "number": run.number, "pieces": made, "offcuts": [cut.code for cut in kept]},
        now=now,
    )


def _refit(actor: str, now: datetime) -> None:
    """Set-ups follow the order in which work is really done. Where that leaves no room for one, the plan
    does not fit the floor any more and a new proposal is asked for."""
    if not refit_setups(shop=read_shop(now=now)):
        request_soon(actor=actor, now=now)


def _set_state(run: Run, state: RunState) -> None:
    run.state = state
    run.version += 1
    run.save(update_fields=["state", "done_at", "version"])


def _lines(run: Run, actor: str, now: datetime) -> None:
    lines = set(run.pieces.values_list("line_id", flat=True))
    lines_follow(line_ids=lines, actor=actor, now=now, run=run.pk)


def _record(operation: Operation, kind: str, actor: str, now: datetime) -> None:
    record(
        stream=f"run:{operation.run_id}",
        kind=kind,
        actor=actor,
        data={
            "run": operation.run_id,
            "operation": operation.pk,
            "step": operation.step,
            "machine": operation.machine.code,
        },
        now=now,
    )
