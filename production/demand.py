"""Pieces: what is owed. Every ready line becomes as many pieces as its quantity, once."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q

from orders.engine.lifecycle import LineState
from orders.models import Line
from production.models import Piece, PieceState
from production.plans import dissolve
from production.progress import lines_follow


def take_in() -> int:
    """Make the pieces of ready lines that have none yet; how many. Twice at once makes them once."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {Piece._meta.db_table} (line_id, index, state)
            SELECT line.id, number, %s
            FROM {Line._meta.db_table} line, generate_series(1, line.quantity) number
            WHERE line.state = %s
              AND NOT EXISTS (SELECT 1 FROM {Piece._meta.db_table} piece WHERE piece.line_id = line.id)
            ORDER BY line.id, number
            ON CONFLICT DO NOTHING
            """,  # noqa: S608 - table names of our own models
            [PieceState.OWED, LineState.READY],
        )
        return int(cursor.rowcount)


def drop_cancelled(*, actor: str, now: datetime) -> int:
    """Take pieces that nobody wants any more (of cancelled lines, and of lines that became fewer) out of the
    demand and out of proposed runs; how many.

    A run that has lost a piece no longer is what was certified: it is dissolved, and its other pieces
    are owed again. The caller holds the planning lock.
    """
    too_many = Q(line__state=LineState.CANCELLED) | Q(index__gt=F("line__quantity"))
    gone = Piece.objects.filter(too_many, state__in=[PieceState.OWED, PieceState.PLANNED])
    runs = list(gone.filter(run__isnull=False).values_list("run_id", flat=True).distinct())
    lines = dissolve(run_ids=runs, reason="A piece was cancelled.") if runs else set()
    dropped = Piece.objects.filter(too_many, state=PieceState.OWED).update(state=PieceState.CANCELLED)
    lines_follow(line_ids=lines, actor=actor, now=now, reason="A piece of its run was cancelled.")
    return dropped
