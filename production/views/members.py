"""Lines and pieces as lists show them: picture, words, promise against plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from configurator.proofs import design_picture
from orders.engine.lifecycle import LineState
from orders.models import Line
from production.gantt import TONES
from production.lateness import Expected, expected
from production.models import Piece
from production.words import Told, span, told

LONGEST_LIST = 300  # lines to choose from
THUMB = 320  # pixels: sharp on a phone where 96 are shown

# What rows need of a design, without the text of its family's file.
WITH_DESIGN = ("order", "design__version")
WITHOUT_SOURCE = "design__version__source"


@dataclass(frozen=True)
class Row:
    """A line in a list; ``pieces`` are those that the list is about, ``tone`` is its colour on sheets."""

    line: Line
    picture: str
    told: Told
    pieces: tuple[Piece, ...]
    tone: int
    ready_at: datetime | None
    late_by: str


def rows_of(
    lines: Sequence[Line],
    *,
    now: datetime,
    pieces: Iterable[Piece] = (),
    plan: dict[str, Expected] | None = None,
) -> list[Row]:
    """The lines in their order. Two queries for the plan, unless ``plan`` is given; none a line."""
    found = expected(lines=lines, now=now) if plan is None else plan
    by_line: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_line.setdefault(piece.line_id, []).append(piece)
    return [
        Row(
            line=line,
            picture=design_picture(line.design, width=THUMB),
            told=told(line),
            pieces=tuple(by_line.get(line.pk, ())),
            tone=place % TONES,
            ready_at=found[line.pk].ready_at if line.pk in found else None,
            late_by=late_text(found[line.pk].late_by) if line.pk in found else "",
        )
        for place, line in enumerate(lines)
    ]


def open_lines(*, released: bool) -> list[Line]:
    """Lines that are still to be made, those due first, with or without those on the floor. One query."""
    states = [LineState.READY, LineState.PLANNED, *([LineState.RELEASED] if released else [])]
    found = Line.objects.filter(state__in=states).select_related("order")
    return list(found.order_by("promised_at", "pk")[:LONGEST_LIST])


def late_text(late_by: timedelta) -> str:
    return f"{span(late_by)} late" if late_by else ""
