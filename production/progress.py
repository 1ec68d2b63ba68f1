"""Lines follow their pieces: how far the furthest piece is committed is how far the line is.

Ready while a piece is owed and none is committed; planned when all are in a plan; released
and in production with its first piece; made with its last.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from orders import fulfilment
from orders.engine.lifecycle import LineState
from orders.models import Line
from production.models import Piece, PieceState, RunState

WAY = (
    LineState.READY,
    LineState.PLANNED,
    LineState.RELEASED,
    LineState.IN_PRODUCTION,
    LineState.MADE,
)


def lines_follow(
    *,
    line_ids: Iterable[str],
    actor: str,
    now: datetime,
    plan: str = "",
    run: str = "",
    reason: str = "",
) -> None:
    """Move the lines to where their pieces are, through ``orders.fulfilment``.

    Raises ``fulfilment.MoveRefused`` when a line will not go there (cancelled meanwhile).
    """
    targets = _targets(set(line_ids))
    states = dict(Line.objects.filter(pk__among=targets).values_list("pk", "state"))
    far = {line: WAY.index(LineState(state)) for line, state in states.items() if state in WAY}

    def back_from(state: LineState) -> list[str]:
        """Lines in this state or beyond whose pieces are not."""
        level = WAY.index(state)
        moving = sorted(line for line, at in far.items() if at == level and targets[line] < level)
        for line in moving:
            far[line] = level - 1
        return moving

    def forward_to(state: LineState) -> list[str]:
        level = WAY.index(state)
        moving = sorted(line for line, at in far.items() if at == level - 1 and targets[line] >= level)
        for line in moving:
            far[line] = level
        return moving

    if lines := back_from(LineState.MADE):
        fulfilment.owe_again(line_ids=lines, actor=actor, now=now, reason=reason)
    # From in production there is no way back: material was cut for the line.
    if lines := back_from(LineState.RELEASED):
        fulfilment.undo_release(line_ids=lines, actor=actor, now=now, run=run)
    if lines := back_from(LineState.PLANNED):
        fulfilment.unplan_lines(line_ids=lines, actor=actor, now=now, reason=reason)
    if lines := forward_to(LineState.PLANNED):
        fulfilment.plan_lines(line_ids=lines, actor=actor, now=now, plan=plan)
    if lines := forward_to(LineState.RELEASED):
        fulfilment.release_lines(line_ids=lines, actor=actor, now=now, run=run)
    if lines := forward_to(LineState.IN_PRODUCTION):
        fulfilment.start_lines(line_ids=lines, actor=actor, now=now, run=run)
    if lines := forward_to(LineState.MADE):
        fulfilment.mark_made(line_ids=lines, actor=actor, now=now, run=run)


def _targets(line_ids: set[str]) -> dict[str, int]:
    """By line, the index in WAY of the state that its pieces ask for."""
    rows = (
        Piece.objects.filter(line__among=line_ids)
        .exclude(state=PieceState.CANCELLED)
        .order_by()
        .values("line")
        .annotate(
            pieces=Count("pk"),
            owed=Count("pk", filter=Q(state=PieceState.OWED)),
            made=Count("pk", filter=Q(state=PieceState.MADE)),
            begun=Count("pk", filter=Q(state=PieceState.MADE) | Q(run__state=RunState.STARTED)),
            released=Count("pk", filter=Q(state=PieceState.RELEASED)),
        )
    )
    return {row["line"]: WAY.index(_target(row)) for row in rows}


def _target(row: Mapping[str, Any]) -> LineState:
    if row["made"] == row["pieces"]:
        return LineState.MADE
    if row["begun"]:
        return LineState.IN_PRODUCTION
    if row["released"]:
        return LineState.RELEASED
    return LineState.READY if row["owed"] else LineState.PLANNED
