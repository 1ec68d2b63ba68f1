"""How production tells the orders what becomes of their lines: the only way it changes one.

A line has as many pieces as its quantity, and they may go through the workshop in several
runs. Its state tells how far the furthest piece is committed, so moving it forward again
for its second run is no fault and changes nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from ledger.entries import Draft, record_all
from orders.engine.lifecycle import Action, LineState, after, allowed, order_state, reached
from orders.models import Line, Order, Shipment

# What of a line is not read to move it.
LONG = ("choices", "price_lines", "work", "proof")


@dataclass(frozen=True)
class MoveProblem:
    line: str
    message: str


class MoveRefused(Exception):
    """Lines that cannot be moved so: all of them, and nothing was moved."""

    def __init__(self, problems: Sequence[MoveProblem]) -> None:
        super().__init__(" ".join(f"{problem.line}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


def plan_lines(*, line_ids: Iterable[str], actor: str, now: datetime, plan: str = "") -> list[Line]:
    """Pieces of these lines stand in a plan in force."""
    return _move(line_ids, Action.PLAN, actor=actor, now=now, data={"plan": plan})


def unplan_lines(*, line_ids: Iterable[str], actor: str, now: datetime, reason: str = "") -> list[Line]:
    """No piece of these lines is planned any more."""
    return _move(line_ids, Action.UNPLAN, actor=actor, now=now, reason=reason)


def release_lines(*, line_ids: Iterable[str], actor: str, now: datetime, run: str = "") -> list[Line]:
    """Pieces of these lines are released to the workshop: from now on they cannot be cancelled."""
    return _move(line_ids, Action.RELEASE, actor=actor, now=now, data={"run": run})


def undo_release(*, line_ids: Iterable[str], actor: str, now: datetime, run: str = "") -> list[Line]:
    """No piece of these lines is released any more."""
    return _move(line_ids, Action.UNDO_RELEASE, actor=actor, now=now, data={"run": run})


def start_lines(*, line_ids: Iterable[str], actor: str, now: datetime, run: str = "") -> list[Line]:
    """The workshop has begun with pieces of these lines."""
    return _move(line_ids, Action.START, actor=actor, now=now, data={"run": run})


def mark_made(*, line_ids: Iterable[str], actor: str, now: datetime, run: str = "") -> list[Line]:
    """Every piece of these lines is made."""
    return _move(line_ids, Action.FINISH, actor=actor, now=now, data={"run": run})


def owe_again(*, line_ids: Iterable[str], actor: str, now: datetime, reason: str = "") -> list[Line]:
    """A piece was scrapped and is owed again: a line that was made is in production once more."""
    return _move(line_ids, Action.REOPEN, actor=actor, now=now, reason=reason)


def ship(
    *, order: Order, line_ids: Iterable[str], carrier: str, reference: str, actor: str, now: datetime
) -> Shipment:
    """Send made lines of an order away together. Raises ``MoveRefused``; nothing is no parcel either."""
    with transaction.atomic():
        told = {"carrier": carrier, "reference": reference}
        lines = _move(line_ids, Action.SHIP, actor=actor, now=now, data=told, only_order=order)
        if not lines:
            raise MoveRefused(
                [MoveProblem(order.number, "Choose the lines to ship: at least one that is made.")]
            )
        shipment = Shipment.objects.create(order=order, carrier=carrier, reference=reference, shipped_at=now)
        shipment.lines.set(lines)
    return shipment


def made_lines(order: Order) -> list[str]:
    """The ids of the lines that wait to be shipped."""
    return [line.id for line in order.lines.all() if line.state == LineState.MADE]


def refresh_orders(order_ids: Iterable[str]) -> None:
    """Write the state that follows from the lines (orders locked by the caller), and count the change."""
    states: dict[str, list[LineState]] = {}
    for order_id, state in Line.objects.filter(order__among=order_ids).values_list("order_id", "state"):
        states.setdefault(order_id, []).append(LineState(state))
    orders: dict[str, list[str]] = {}
    for order_id, lines in states.items():
        orders.setdefault(order_state(lines).value, []).append(order_id)
    for state, ids in orders.items():
        Order.objects.filter(pk__among=ids).update(state=state, version=F("version") + 1)


def hold_lines(line_ids: Iterable[str], *, only_order: Order | None = None) -> list[Line]:
    """The lines, locked after their orders, everything in the order of ids (no deadlocks).

    Raises ``MoveRefused`` for ids that do not exist, or are not of ``only_order``.
    """
    wanted = sorted(set(line_ids))
    rows = Line.objects.filter(pk__among=wanted)
    if only_order is not None:
        rows = rows.filter(order=only_order)
    orders = sorted(set(rows.values_list("order_id", flat=True)))
    list(Order.objects.select_for_update().filter(pk__among=orders).order_by("pk").values_list("pk"))
    lines = list(rows.defer(*LONG).select_for_update().order_by("pk"))
    found = {line.id for line in lines}
    strange = [MoveProblem(line, "There is no such line here.") for line in wanted if line not in found]
    if strange:
        raise MoveRefused(strange)
    return lines


def _move(
    line_ids: Iterable[str],
    action: Action,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
    data: dict[str, Any] | None = None,
    only_order: Order | None = None,
) -> list[Line]:
    """Move lines, all or none; lines that are as far already are left alone. Returns the lines moved."""
    with transaction.atomic():
        lines = hold_lines(line_ids, only_order=only_order)
        moving = [line for line in lines if not reached(LineState(line.state), action)]
        _require(moving, lambda line: allowed(LineState(line.state), action).reason)
        if not moving:
            return []
        drafts = []
        for line in moving:
            before, line.state = line.state, after(LineState(line.state), action).value
            line.state_reason = reason
            told = {"line": line.id, "from": before, "reason": reason, **(data or {})}
            drafts.append(Draft(f"order:{line.order_id}", f"line.{line.state}", told))
        record_all(drafts, actor=actor, now=now)
        for state, ids in _by_state(moving).items():
            Line.objects.filter(pk__among=ids).update(state=state, state_reason=reason)
        refresh_orders({line.order_id for line in moving})
    return moving


def _by_state(lines: Iterable[Line]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(line.state, []).append(line.id)
    return found


def _require(lines: Iterable[Line], why_not: Callable[[Line], str]) -> None:
    problems = [MoveProblem(line.id, reason) for line in lines if (reason := why_not(line))]
    if problems:
        raise MoveRefused(problems)
