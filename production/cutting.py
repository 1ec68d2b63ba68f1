"""The cut list of a run: every part without artwork with its size, how often, and on which sheets it lies."""

from __future__ import annotations

from collections import defaultdict

from configurator.engine.manufacturing import Work
from production import tickets
from production.models import Placement, Run
from production.words import short_number

COLUMNS = (("Order", 28), ("Part", 44), ("Length × width, mm", 50), ("How many", 28), ("Sheets", 28))


def cut_list(run: Run) -> tuple[tickets.Table, ...]:
    """A table for whoever stands at the saw, length along the grain; none where all parts carry artwork."""
    works: dict[str, set[str]] = {}
    sheets: defaultdict[tuple[str, str, int, int], list[int]] = defaultdict(list)
    placements = Placement.objects.filter(sheet__run=run).select_related("sheet", "piece__line__order")
    for each in placements.order_by("piece__line__order__number", "piece__line__position", "id"):
        line = each.piece.line
        if line.pk not in works:
            works[line.pk] = {part.code for part in Work.from_json(line.work).parts if not part.surface}
        if each.part in works[line.pk]:
            laid = (each.width_um, each.height_um)
            length, width = laid[::-1] if each.rotated else laid
            sheets[short_number(line), each.part, length, width].append(each.sheet.index)
    rows = tuple(
        (
            order,
            part.replace("-", " ").capitalize(),
            f"{length / 1000:g} × {width / 1000:g}",
            f"{len(lying)}",
            ", ".join(str(index) for index in sorted(set(lying))),
        )
        for (order, part, length, width), lying in sheets.items()
    )
    return (tickets.Table("Cut list", COLUMNS, rows),) if rows else ()
