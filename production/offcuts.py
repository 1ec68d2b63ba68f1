"""Left-over pieces of sheets: kept when a run is done, set aside for a released one, cut when it begins.

A proposed run only names the offcuts that it would use (its sheets do); they are free until it is released.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from ledger.entries import record
from production import stock
from production.engine.nesting.offcuts import remnant
from production.engine.outlines import Box, cover
from production.locking import planning_lock
from production.models import Material, Offcut, Placement, Run, RunState, Sheet
from production.wishes import request_soon

MOST_UM = 10_000_000  # a side; more is a slip of the finger
MOST_DEFECTS = 50


def reserve(*, run: Run) -> None:
    """Set the offcuts of a run aside. Raises ``stock.MaterialShort`` naming those that are not free, inside
    the caller's transaction."""
    lacking = []
    for sheet in _on_offcuts(run):
        free = Offcut.objects.filter(sheets=sheet, state=Offcut.State.FREE)
        if not free.update(state=Offcut.State.RESERVED, reserved_by=run):
            lacking.append(stock.Shortage(f"offcut {sheet.offcut}", "piece", 1, 0))
    if lacking:
        raise stock.MaterialShort(tuple(lacking))


def give_back(*, run: Run) -> None:
    """What was set aside for the run is free again."""
    Offcut.objects.filter(reserved_by=run, state=Offcut.State.RESERVED).update(
        state=Offcut.State.FREE, reserved_by=None
    )


def use_up(*, run: Run) -> None:
    """The floor begins to cut what was set aside for the run."""
    Offcut.objects.filter(reserved_by=run, state=Offcut.State.RESERVED).update(state=Offcut.State.USED)


def keep(*, run: Run, actor: str, now: datetime) -> list[Offcut]:
    """What a run that is done leaves of its sheets, where it is worth keeping (``Material.least_offcut_um``).

    The largest rectangle of each sheet that parts, the cuts around them and defects leave.
    """
    sheets = run.sheets.select_related("material", "offcut").prefetch_related("placements")
    wanted = [sheet for sheet in sheets if sheet.material.least_offcut_um]
    gap = _gap_of(run) if wanted else 0
    kept = [offcut for sheet in wanted if (offcut := _left_of(sheet, run, gap)) is not None]
    Offcut.objects.bulk_create(kept)
    for offcut in kept:
        _record(offcut, "offcut.kept", actor, now, run=run.pk)
    return kept


def add(
    *,
    material: Material,
    width_um: int,
    height_um: int,
    defects: Sequence[Box] = (),
    actor: str,
    now: datetime,
) -> Offcut:
    """Put an offcut, or a sheet with defects (x, y, width, height, from its lower left corner), into the
    store. Raises ``stock.StockRefused`` naming all that is wrong."""
    wrong = [] if material.sheet_width_um else [f"{material.name} does not come in sheets."]
    sides = sorted((width_um, height_um))
    if not 1 <= sides[0] <= sides[1] <= MOST_UM:
        wrong.append(f"Its sides are more than 0 and at most {MOST_UM // 1000:,} mm.")
    whole = sorted((material.sheet_width_um, material.sheet_height_um))
    if material.sheet_width_um and any(mine > side for mine, side in zip(sides, whole, strict=True)):
        wrong.append(f"It is larger than a sheet of {material.name}: no machine may hold it.")
    if len(defects) > MOST_DEFECTS:
        wrong.append(f"It has {len(defects)} defects; at most {MOST_DEFECTS} can be kept.")
    for x, y, width, height in defects:
        if min(x, y) < 0 or min(width, height) < 1 or x + width > width_um or y + height > height_um:
            wrong.append("A defect lies outside of it, or has no size.")
            break
    if wrong:
        raise stock.StockRefused(" ".join(wrong))
    with transaction.atomic():
        count = Offcut.objects.count()  # a name that people can write on it
        while Offcut.objects.filter(code=f"cut-{count + 1}").exists():
            count += 1
        offcut = Offcut.objects.create(
            code=f"cut-{count + 1}",
            material=material,
            width_um=width_um,
            height_um=height_um,
            defects=[list(box) for box in defects],
        )
        _record(offcut, "offcut.added", actor, now)
    return offcut


def discard(*, offcut: Offcut, actor: str, now: datetime) -> Offcut:
    """It is not there any more. A proposed run that would use it is planned again.

    Raises ``stock.StockRefused`` unless it is free.
    """
    with transaction.atomic():
        planning_lock()
        if not Offcut.objects.filter(pk=offcut.pk, state=Offcut.State.FREE).update(state=Offcut.State.GONE):
            offcut = Offcut.objects.select_related("reserved_by").get(pk=offcut.pk)
            by = f" for {offcut.reserved_by}" if offcut.reserved_by else ""
            raise stock.StockRefused(f"{offcut} is {offcut.state}{by}: only a free one can be thrown away.")
        offcut.refresh_from_db()
        _record(offcut, "offcut.discarded", actor, now)
        if offcut.sheets.filter(run__state=RunState.PROPOSED).exists():
            request_soon(actor=actor, now=now)
    return offcut


def keep_from(*, material: Material, least_um: int, actor: str, now: datetime) -> Material:
    """From which shortest side on what is left of its sheets is kept; 0: nothing is.

    Raises ``stock.StockRefused``.
    """
    if not material.sheet_width_um:
        raise stock.StockRefused(f"{material.name} does not come in sheets.")
    if not 0 <= least_um <= MOST_UM:
        raise stock.StockRefused(f"Type at least 0 and at most {MOST_UM // 1000:,} mm.")
    with transaction.atomic():
        material.least_offcut_um = least_um
        material.save(update_fields=["least_offcut_um"])
        told = {"material": material.pk, "least_um": least_um}
        record(stream=f"material:{material.pk}", kind="material.offcuts", actor=actor, data=told, now=now)
    return material


def _on_offcuts(run: Run) -> Iterable[Sheet]:
    return run.sheets.filter(offcut__isnull=False).select_related("offcut").order_by("index")


def _gap_of(run: Run) -> int:
    """The widest gap of the machines that cut its sheets."""
    cutting = run.operations.filter(step=run.key.get("step", 0))
    return max(cutting.values_list("machine__gap_um", flat=True), default=0)


def _left_of(sheet: Sheet, run: Run, gap_um: int) -> Offcut | None:
    defects = [tuple(box) for box in sheet.offcut.defects] if sheet.offcut else []
    laid = [box for placement in sheet.placements.all() for box in _boxes_of(placement)]
    left = remnant(
        width_um=sheet.width_um,
        height_um=sheet.height_um,
        gap_um=gap_um,
        taken=[*laid, *defects],
        shortest_um=sheet.material.least_offcut_um,
    )
    if left is None:
        return None
    code = f"R-{run.number}-{sheet.index}"
    return Offcut(
        code=code, material=sheet.material, width_um=left[2], height_um=left[3], defects=[], made_by=run
    )


def _boxes_of(placement: Placement) -> list[Box]:
    """Rectangles that cover the part; beside a round end there may be room."""
    box = placement.x_um, placement.y_um, placement.width_um, placement.height_um
    return cover(tuple((x, y) for x, y in placement.outline), box)


def _record(offcut: Offcut, kind: str, actor: str, now: datetime, **data: str) -> None:
    told = {
        "offcut": offcut.code,
        "width_um": offcut.width_um,
        "height_um": offcut.height_um,
        **data,
    }
    record(stream=f"material:{offcut.material_id}", kind=kind, actor=actor, data=told, now=now)
