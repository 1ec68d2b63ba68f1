"""The life of an order line: states, allowed moves, and the reason why a move is not allowed.

    ready -> planned -> released -> in_production -> made -> shipped
      \\________\\-> cancelled

The way back (planned -> ready, released -> planned, made -> in_production) is
production's: a rejected or undone run gives its lines back, a scrapped piece is owed again.
From ``released`` on material may be cut, so a shopper can no longer cancel. An order has
no life of its own: its state follows from its lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class LineState(StrEnum):
    READY = "ready"
    PLANNED = "planned"
    RELEASED = "released"
    IN_PRODUCTION = "in_production"
    MADE = "made"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class OrderState(StrEnum):
    PLACED = "placed"
    IN_PRODUCTION = "in_production"
    MADE = "made"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What can be done to a line (the verb), whoever asks."""

    PLAN = "plan"
    UNPLAN = "unplan"
    RELEASE = "release"
    UNDO_RELEASE = "undo_release"
    START = "start"
    FINISH = "finish"
    REOPEN = "reopen"
    SHIP = "ship"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Move:
    """An action, the states that it leaves, the state it leads to."""

    action: Action
    sources: frozenset[LineState]
    target: LineState


@dataclass(frozen=True)
class Availability:
    """Whether an action is possible now; ``reason`` says why not, and is empty when it is."""

    code: str
    allowed: bool
    reason: str


S = LineState
MOVES: dict[Action, Move] = {
    move.action: move
    for move in (
        Move(Action.PLAN, frozenset({S.READY}), S.PLANNED),
        Move(Action.UNPLAN, frozenset({S.PLANNED}), S.READY),
        Move(Action.RELEASE, frozenset({S.PLANNED}), S.RELEASED),
        Move(Action.UNDO_RELEASE, frozenset({S.RELEASED}), S.PLANNED),
        Move(Action.START, frozenset({S.RELEASED}), S.IN_PRODUCTION),
        Move(Action.FINISH, frozenset({S.IN_PRODUCTION}), S.MADE),
        # A scrapped piece is owed again, but the material of its line is spent: it cannot be cancelled.
        Move(Action.REOPEN, frozenset({S.RELEASED, S.IN_PRODUCTION, S.MADE}), S.IN_PRODUCTION),
        Move(Action.SHIP, frozenset({S.MADE}), S.SHIPPED),
        Move(Action.CANCEL, frozenset({S.READY, S.PLANNED}), S.CANCELLED),
    )
}

# Why a line in this state refuses the moves that its state does not allow.
_WHY: dict[LineState, str] = {
    S.READY: "it waits for a plan",
    S.PLANNED: "it is planned, but not released to the workshop",
    S.RELEASED: "it is released to the workshop, and material may already be cut for it",
    S.IN_PRODUCTION: "it is being made",
    S.MADE: "it is made",
    S.SHIPPED: "it is shipped",
    S.CANCELLED: "it is cancelled",
}


def allowed(state: LineState, action: Action) -> Availability:
    """Whether ``action`` may be done to a line in ``state``, and if not, why."""
    if state in MOVES[action].sources:
        return Availability(action.value, True, "")
    return Availability(action.value, False, f"The line cannot {_verb(action)}: {_WHY[state]}.")


# How far along each state is, for the moves that several runs of one line make one after the other.
_WAY = (S.READY, S.PLANNED, S.RELEASED, S.IN_PRODUCTION, S.MADE, S.SHIPPED)
_FORWARD = frozenset({Action.PLAN, Action.RELEASE, Action.START})


def reached(state: LineState, action: Action) -> bool:
    """Whether a line in ``state`` is already where the forward move ``action`` leads, or beyond: then
    another of its pieces has made the move, and there is nothing left to do."""
    if action not in _FORWARD or state is S.CANCELLED:
        return False
    return _WAY.index(state) >= _WAY.index(MOVES[action].target)


def after(state: LineState, action: Action) -> LineState:
    """The state that ``action`` leads to. Raises ``ValueError`` where the table has no such move."""
    verdict = allowed(state, action)
    if not verdict.allowed:
        raise ValueError(verdict.reason)
    return MOVES[action].target


def order_state(lines: Iterable[LineState]) -> OrderState:
    """The state of an order with these lines (at least one): cancelled lines do not hold it back."""
    states = list(lines)
    living = [state for state in states if state is not S.CANCELLED]
    if not living:
        return OrderState.CANCELLED
    if all(state is S.SHIPPED for state in living):
        return OrderState.SHIPPED
    if any(state is S.SHIPPED for state in living):
        return OrderState.PARTLY_SHIPPED
    if all(state is S.MADE for state in living):
        return OrderState.MADE
    if any(state in (S.RELEASED, S.IN_PRODUCTION, S.MADE) for state in living):
        return OrderState.IN_PRODUCTION
    return OrderState.PLACED


def cancellation(lines: Iterable[LineState]) -> Availability:
    """Whether a whole order may be cancelled: only while every living line still may."""
    living = [state for state in lines if state is not S.CANCELLED]
    if not living:
        return Availability("cancel", False, "The order is cancelled already.")
    for state in living:
        verdict = allowed(state, Action.CANCEL)
        if not verdict.allowed:
            return Availability("cancel", False, f"A line can no longer be cancelled: {_WHY[state]}.")
    return Availability("cancel", True, "")


def _verb(action: Action) -> str:
    return {
        Action.PLAN: "be planned",
        Action.UNPLAN: "be taken out of a plan",
        Action.RELEASE: "be released",
        Action.UNDO_RELEASE: "be called back from the workshop",
        Action.START: "be started",
        Action.FINISH: "be finished",
        Action.REOPEN: "be made again",
        Action.SHIP: "be shipped",
        Action.CANCEL: "be cancelled",
    }[action]
