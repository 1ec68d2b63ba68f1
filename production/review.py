"""What staff do with proposed runs: release, pin, split, reject, and take it back.

Every operation takes the planning lock, checks, changes and records in one transaction.
``expected_version`` is the version of the run that the person saw; ``None`` takes any.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from ledger.entries import record
from ledger.models import Entry
from orders.engine.lifecycle import LineState
from orders.fulfilment import hold_lines
from production import gate, offcuts, stock
from production.engine.batching import nest_again
from production.engine.certificate import Breach
from production.engine.lots import allot
from production.engine.nesting import TooLarge
from production.engine.proposal import Key, Problem
from production.engine.proposal import Run as PlannedRun
from production.engine.routing import key_of, obstacles
from production.engine.scheduling.construct import schedule
from production.facts import frozen_operations, planner_settings, read_shop, seconds, unit_id, units_of
from production.locking import planning_lock
from production.models import (
    OperationState,
    Piece,
    PieceState,
    Plan,
    Run,
    RunState,
)
from production.occupation import stand_for_loads
from production.planning import request_soon
from production.plans import certify_standing, refit_setups, write_frozen, write_runs
from production.progress import lines_follow
from production.shopfacts import without_lots_and_offcuts_of


class ReviewRefused(Exception):
    """The run cannot be changed so; ``reasons`` are all that stands against it."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


class Outdated(Exception):
    """Somebody changed the run since it was looked at: look again, then decide."""

    def __init__(self, *, expected: int, found: int) -> None:
        super().__init__(
            f"The run was changed meanwhile (you saw version {expected}, it is {found}): look at it again."
        )
        self.expected = expected
        self.found = found


class PlanBroken(Exception):
    """The plan in force no longer passes the certificate: propose again. ``breaches`` say why."""

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        first = "; ".join(f"{breach.where}: {breach.text}" for breach in breaches[:3])
        super().__init__(f"The plan no longer fits the workshop, ask for a new proposal. {first}")
        self.breaches = breaches


def release(*, run: Run, actor: str, now: datetime, expected_version: int | None = None) -> Run:
    """Give a proposed run to the floor: its material is reserved, it no longer moves.

    The whole plan is certified again first. Raises ``ReviewRefused``, ``Outdated``, ``PlanBroken``,
    ``stock.MaterialShort``. The files of its lines have to be those that were read back.
    """
    with transaction.atomic():
        run = _hold(run, expected_version)
        _require(run, RunState.PROPOSED)
        _require_living_lines(run)
        if reasons := gate.against(run):
            raise ReviewRefused(reasons)
        certificate = certify_standing(now=now)
        if not certificate.ok:
            raise PlanBroken(certificate.breaches)
        stock.reserve(run=run, actor=actor, now=now)
        offcuts.reserve(run=run)
        run.pieces.update(state=PieceState.RELEASED)
        was_pinned = run.pinned
        _change(run, state=RunState.RELEASED, pinned=False, released_at=now, released_by=actor)
        _lines(run, actor, now)
        pieces = run.pieces.count()
        _record(run, "run.released", actor, now, needs=run.needs, pieces=pieces, pinned=was_pinned)
    return run


def pin(*, run: Run, actor: str, now: datetime, expected_version: int | None = None) -> Run:
    """Keep a proposed run as it is when the next plan is made. Raises ``ReviewRefused``, ``Outdated``."""
    return _set_pinned(run, True, actor, now, expected_version)


def unpin(*, run: Run, actor: str, now: datetime, expected_version: int | None = None) -> Run:
    """Let the next plan change the run again. Raises ``ReviewRefused``, ``Outdated``."""
    return _set_pinned(run, False, actor, now, expected_version)


def split(
    *,
    run: Run,
    pieces: Collection[Piece],
    actor: str,
    now: datetime,
    expected_version: int | None = None,
) -> tuple[Run, Run]:
    """Take some pieces out of a proposed run into a run of their own.

    Both are nested and scheduled again around all other work, which stays where it is, and the whole
    plan is certified. Returns what is left and the new run. Raises ``ReviewRefused``, ``Outdated``,
    ``PlanBroken``.
    """
    with transaction.atomic():
        run = _hold(run, expected_version)
        _require(run, RunState.PROPOSED)
        inside = {piece.pk: piece for piece in run.pieces.all()}
        chosen = {piece.pk for piece in pieces}
        if strangers := chosen - inside.keys():
            raise ReviewRefused([f"{len(strangers)} of these pieces are not in {run}."])
        if not chosen or len(chosen) == len(inside):
            raise ReviewRefused(["Choose some of the pieces, not none and not all."])
        staying = [piece for pk, piece in inside.items() if pk not in chosen]
        going = [piece for pk, piece in inside.items() if pk in chosen]
        pinned, number = run.pinned, run.number
        rest, new = _again(run, [staying, going], now=now)
        if pinned:
            Run.objects.filter(pk__in=[rest.pk, new.pk]).update(pinned=True)
            rest.pinned = new.pinned = True
        _require_certificate(now)
        _record(rest, "run.split", actor, now, into=new.pk, pieces=sorted(chosen))
        _record(new, "run.split", actor, now, from_run=rest.pk, number=number)
    return rest, new


def reject(*, run: Run, reason: str, actor: str, now: datetime, expected_version: int | None = None) -> Run:
    """Take a run that the floor has not begun apart: its pieces are owed again, its material is free.

    Raises ``ReviewRefused``, ``Outdated``.
    """
    with transaction.atomic():
        run = _hold(run, expected_version)
        _require(run, RunState.PROPOSED, RunState.RELEASED)
        if not reason.strip():
            raise ReviewRefused(["Say why the run is rejected."])
        before = run.state
        if before == RunState.RELEASED:
            stock.unreserve(run=run, actor=actor, now=now)
            offcuts.give_back(run=run)
            run.files.all().delete()  # nobody works from the ticket of a run that is off the floor
        pieces = list(run.pieces.order_by("pk").values_list("pk", flat=True))
        lines = set(run.pieces.values_list("line_id", flat=True))
        run.operations.filter(state=OperationState.PLANNED).update(state=OperationState.DROPPED)
        stand_for_loads()
        run.pieces.update(state=PieceState.OWED, run=None)
        _change(run, state=RunState.REJECTED, pinned=False, state_reason=reason.strip(), files_stopped="")
        if not refit_setups(shop=read_shop(now=now)):
            request_soon(actor=actor, now=now)
        lines_follow(line_ids=lines, actor=actor, now=now, run=run.pk, reason=f"{run} was rejected.")
        _record(run, "run.rejected", actor, now, reason=reason.strip(), pieces=pieces, was=before)
    return run


def undo(*, run: Run, actor: str, now: datetime, expected_version: int | None = None) -> Run:
    """Take the last decision about a run back: its release, rejection, pin or unpin.

    A release as long as the floor has not begun (a pin that it took away is set again); a rejection as
    long as all its pieces are still owed (it is scheduled anew, its old time may be taken). Raises
    ``ReviewRefused``, ``Outdated``, ``PlanBroken``.
    """
    with transaction.atomic():
        run = _hold(run, expected_version)
        last = _last_decision(run)
        if reason := _reason_against_undo(run, last):
            raise ReviewRefused([reason])
        assert last is not None  # else there was a reason
        _UNDOING[last.kind](run, last.data, actor, now)
        run.refresh_from_db()
        _record(run, "run.undone", actor, now, undone=last.kind, entry=last.pk)
    return run


def reasons_against(run: Run) -> dict[str, str]:
    """For each decision about the run why it cannot be taken now; an empty text when it can.

    Looks at the run and at the last decision about it (one query, two after a rejection); material and
    certificate are checked when it is done.
    """
    proposed = "" if run.state == RunState.PROPOSED else _wrong_state(run)
    not_begun = "" if run.state in (RunState.PROPOSED, RunState.RELEASED) else _wrong_state(run)
    return {
        "release": proposed,
        "pin": proposed or ("It is pinned already." if run.pinned else ""),
        "unpin": proposed or ("" if run.pinned else "It is not pinned."),
        "split": proposed,
        "reject": not_begun,
        "undo": _reason_against_undo(run, _last_decision(run)),
    }


# --- taking back ------------------------------------------------------------------------------------------


def _last_decision(run: Run) -> Entry | None:
    return Entry.objects.of(f"run:{run.pk}").filter(kind__startswith="run.").last()


def _reason_against_undo(run: Run, last: Entry | None) -> str:
    """Why ``last`` cannot be taken back; an empty text when it can."""
    if last is None or last.kind not in _UNDOING:
        what = last.kind.removeprefix("run.") if last else "nothing"
        return f"The last decision about {run} ({what}) cannot be taken back."
    if run.state != _LEFT_BY[last.kind]:
        return _wrong_state(run)
    if last.kind == "run.rejected":
        pieces = last.data["pieces"]
        gone = len(pieces) - Piece.objects.owed().filter(pk__in=pieces).count()
        return f"{gone} of its {len(pieces)} pieces are in other runs or cancelled." if gone else ""
    return ""


def _undo_release(run: Run, data: dict[str, Any], actor: str, now: datetime) -> None:
    stock.unreserve(run=run, actor=actor, now=now)
    offcuts.give_back(run=run)
    run.files.all().delete()
    run.pieces.update(state=PieceState.PLANNED)
    pinned = bool(data.get("pinned", False))  # older entries do not say
    _change(run, state=RunState.PROPOSED, pinned=pinned, released_at=None, released_by="", files_stopped="")
    _lines(run, actor, now)


def _undo_rejection(run: Run, data: dict[str, Any], actor: str, now: datetime) -> None:
    pieces = list(Piece.objects.owed().filter(pk__in=data["pieces"]))
    run.operations.all().delete()
    run.sheets.all().delete()
    run.state_reason, run.released_at, run.released_by = "", None, ""
    _again(run, [pieces], now=now)
    _require_certificate(now)
    _lines(run, actor, now)


def _undo_pin(run: Run, data: dict[str, Any], actor: str, now: datetime) -> None:
    _change(run, pinned=not run.pinned)


_UNDOING: dict[str, Callable[[Run, dict[str, Any], str, datetime], None]] = {
    "run.released": _undo_release,
    "run.rejected": _undo_rejection,
    "run.pinned": _undo_pin,
    "run.unpinned": _undo_pin,
}
# In which state the decision left the run: in another one something has happened since.
_LEFT_BY = {
    "run.released": RunState.RELEASED,
    "run.rejected": RunState.REJECTED,
    "run.pinned": RunState.PROPOSED,
    "run.unpinned": RunState.PROPOSED,
}


# --- parts of the operations ------------------------------------------------------------------------------


def _hold(run: Run, expected_version: int | None) -> Run:
    """The run as it is now, with the plan locked."""
    planning_lock()
    held = Run.objects.filter(pk=run.pk).select_related("plan").first()
    if held is None:
        raise ReviewRefused(["The run is gone: a newer plan has replaced it."])
    if expected_version is not None and held.version != expected_version:
        raise Outdated(expected=expected_version, found=held.version)
    return held


def _require(run: Run, *states: RunState) -> None:
    if run.state not in states:
        raise ReviewRefused([_wrong_state(run)])


def _wrong_state(run: Run) -> str:
    return {
        RunState.PROPOSED.value: f"{run} is only proposed.",
        RunState.RELEASED.value: f"{run} is released to the floor.",
        RunState.STARTED.value: f"{run} has been started.",
        RunState.DONE.value: f"{run} is done.",
        RunState.REJECTED.value: f"{run} was rejected: {run.state_reason}",
    }[run.state]


def _change(run: Run, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(run, name, value)
    run.version += 1
    run.save(update_fields=[*fields, "version"])
    Plan.objects.current().update(version=F("version") + 1)


def _set_pinned(run: Run, pinned: bool, actor: str, now: datetime, expected_version: int | None) -> Run:
    with transaction.atomic():
        run = _hold(run, expected_version)
        _require(run, RunState.PROPOSED)
        if run.pinned == pinned:
            raise ReviewRefused(["It is pinned already." if pinned else "It is not pinned."])
        _change(run, pinned=pinned)
        _record(run, "run.pinned" if pinned else "run.unpinned", actor, now)
    return run


def _lines(run: Run, actor: str, now: datetime) -> None:
    lines = set(run.pieces.values_list("line_id", flat=True))
    lines_follow(line_ids=lines, actor=actor, now=now, run=run.pk)


def _record(run: Run, kind: str, actor: str, now: datetime, **data: Any) -> None:
    record(
        stream=f"run:{run.pk}",
        kind=kind,
        actor=actor,
        data={"run": run.pk, "number": run.number, "version": run.version, **data},
        now=now,
    )


def _require_living_lines(run: Run) -> None:
    """The lines of its pieces, locked, so that none is cancelled while the run is released."""
    lines = hold_lines(run.pieces.order_by().values_list("line_id", flat=True).distinct())
    if gone := [line for line in lines if line.state == LineState.CANCELLED]:
        raise ReviewRefused(
            [f"{len(gone)} of its lines were cancelled: ask for a new proposal, or split them off."]
        )


def _require_certificate(now: datetime) -> None:
    certificate = certify_standing(now=now)
    if not certificate.ok:
        raise PlanBroken(certificate.breaches)


def _again(run: Run, groups: Sequence[Sequence[Piece]], *, now: datetime) -> list[Run]:
    """Nest and schedule these groups of pieces around all other work. The first keeps the run's row."""
    run.operations.all().delete()
    run.sheets.all().delete()
    stand_for_loads()
    rows = [(piece.pk, piece.line_id, piece.index) for group in groups for piece in group]
    units = units_of(rows)
    pieces = {unit_id(line, index): pk for pk, line, index in rows}
    live = Run.objects.live().exclude(pk=run.pk)
    proposed = Run.objects.proposed().exclude(pk=run.pk)
    shop, told = without_lots_and_offcuts_of(read_shop(now=now), proposed), planner_settings()
    problem = Problem(
        shop=shop,
        units=tuple(units.values()),
        frozen=tuple(frozen_operations(live, now=seconds(now))),
        limits=told.limits(max_units=len(units)),
        weights=told.weights,
    )
    against = [o.text for unit in units.values() for o in obstacles(unit, shop)]
    if against:
        raise ReviewRefused(sorted(set(against)))
    planned: list[PlannedRun] = []
    left = list(shop.offcuts)
    for number, group in enumerate(groups, start=1):
        members = [units[unit_id(piece.line_id, piece.index)] for piece in group]
        key: Key = key_of(members[0], shop)
        try:
            nested = nest_again(members, shop, key=key, run_id=f"r{number}", offcuts=left)
        except TooLarge as fault:
            raise ReviewRefused(["A part no longer fits on its sheet."]) from fault
        left = [each for each in left if each.code not in {sheet.offcut for sheet in nested.sheets}]
        planned.append(nested)
    allotted = allot(planned, units, shop)
    if allotted.failed:
        raise ReviewRefused(sorted(set(allotted.failed.values())))
    planned = list(allotted.runs)
    answer = schedule(planned, problem)
    if answer.left_out:
        raise ReviewRefused(["No machine has enough working time left before the planning horizon."])
    write_frozen(answer.frozen, shop=shop)
    plan = Plan.objects.current().get()
    Piece.objects.filter(pk__in=pieces.values()).update(run=None, state=PieceState.OWED)
    return write_runs(
        plan=plan,
        runs=planned,
        operations=answer.operations,
        units=units,
        pieces=pieces,
        shop=shop,
        onto=run,
    )
