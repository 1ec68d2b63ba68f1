"""Runs whose parts have outlines, laid into each other where that saves a sheet or leaves a larger piece.

Runs are formed and searched with the boxes around their parts, which is quick and safe. What is chosen is
then laid again by ``nesting.strips``, sheet by sheet: first the emptiest sheet is given up to the others,
as long as that works; then the emptiest that is left is laid as short as can be, so that more of it is worth
keeping. Nothing is taken that is not better, so it is never worse than the boxes. Deterministic: the strips
are, and how many are tried is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from production.engine.batching import why_together
from production.engine.filling import Name, lying
from production.engine.nesting import Placed, SheetSize, strips
from production.engine.nesting.offcuts import remnant
from production.engine.nesting.strips import Shape
from production.engine.outlines import Box, cover
from production.engine.proposal import LotUse, Placement, Run, Sheet
from production.engine.routing import sheet_size
from production.engine.shop import Shop
from production.engine.work import Part, Unit

# Strips that are tried for a sheet, for a run, for all runs of a plan: each takes a core some seconds.
TRIED_A_SHEET = 2
TRIED_A_RUN = 4
TRIED_A_PLAN = 8
# More of a sheet than so many thousandths is not filled with outlines; so many parts are laid at once.
DENSEST = 820
MOST_AT_ONCE = 24
# A remnant has to grow by so many thousandths of the sheet to be worth another nest.
WORTH = 20


class Laid(NamedTuple):
    """A copy of a part, and where it lies on its sheet."""

    name: Name
    part: Part
    at: Placement

    @property
    def shape(self) -> Shape:
        box = ((0, 0), (self.part.width_um, 0), (self.part.width_um, self.part.height_um))
        return Shape(self.part.outline or (*box, (0, self.part.height_um)), self.part.may_rotate)


OneSheet = list[Laid]


@dataclass
class _Patience:
    """How many strips may still be tried, in the plan and in the run."""

    plan: int = TRIED_A_PLAN
    run: int = 0

    def spent(self) -> bool:
        if min(self.plan, self.run) < 1:
            return True
        self.plan -= 1
        self.run -= 1
        return False


def interlocked(
    runs: Sequence[Run], units: Mapping[str, Unit], shop: Shop, *, left_alone: Iterable[str] = ()
) -> list[Run]:
    """The runs in their order, those with outlined parts on fewer sheets or with a larger remnant where that
    was found; those ``left_alone`` (ids) as they are. Without spyrrow they are all as they are."""
    patience, alone = _Patience(), set(left_alone)
    return [
        run if run.id in alone or not _has_outlines(run) else _interlocked(run, units, shop, patience)
        for run in runs
    ]


def _has_outlines(run: Run) -> bool:
    return any(p.outline for sheet in run.sheets if not sheet.offcut for p in sheet.placements)


def _interlocked(run: Run, units: Mapping[str, Unit], shop: Shop, patience: _Patience) -> Run:
    size = sheet_size(run.key, shop)
    parts = {(unit, part.code): part for unit in run.units for part in units[unit].parts}
    before = [
        [Laid((p.unit, p.part, p.copy), parts[p.unit, p.part], p) for p in sheet.placements]
        for sheet in run.sheets
        if not sheet.offcut
    ]
    patience.run = TRIED_A_RUN
    sheets = before
    while len(sheets) > 1 and (fewer := _one_less(sheets, size, patience)) is not None:
        sheets = fewer
    sheets = _with_larger_remnant(sheets, size, patience)
    if sheets is before:
        return run
    fresh = [
        Sheet(run.key.material, size.width, size.height, tuple(laid.at for laid in sheet)) for sheet in sheets
    ]
    made = (*fresh, *(sheet for sheet in run.sheets if sheet.offcut))
    saved = len(run.sheets) - len(made)
    why = why_together([units[unit] for unit in run.units], run.key, made)
    return replace(run, sheets=made, why=why, lots=less(run.lots, run.key.material, saved))


def less(lots: tuple[LotUse, ...], material: str, saved: int) -> tuple[LotUse, ...]:
    """The lots without the sheets that were saved, the last ones named first."""
    kept = []
    for use in reversed(lots):
        taken = min(saved, use.quantity) if use.material == material else 0
        saved -= taken
        if use.quantity > taken:
            kept.append(replace(use, quantity=use.quantity - taken))
    return tuple(reversed(kept))


# --- fewer sheets -----------------------------------------------------------------------------------------


def _one_less(sheets: Sequence[OneSheet], size: SheetSize, patience: _Patience) -> list[OneSheet] | None:
    """The parts of the emptiest sheet laid on the others; None where that is not found."""
    by_area = sorted(sheets, key=_area)
    loose, others = sorted(by_area[0], key=_large_first), by_area[1:]
    room = _room(size)
    if _area(loose) > sum(max(room - _area(sheet), 0) for sheet in others):
        return None
    done: list[OneSheet] = []
    for sheet in others:
        taken: OneSheet = []
        for laid in loose:
            if _area(sheet) + _area(taken) + laid.part.area <= room:
                taken.append(laid)
        for _ in range(TRIED_A_SHEET):
            if not taken:
                break
            joined = _laid_on_one([*sheet, *taken], size, patience, shortest=False)
            if joined is not None:
                gone = {laid.name for laid in taken}
                loose = [laid for laid in loose if laid.name not in gone]
                sheet = joined
                break
            taken.pop()
        done.append(sheet)
    return None if loose else done


def _room(size: SheetSize) -> int:
    """How much area of parts a sheet takes at most."""
    usable = (size.width - 2 * size.margin) * (size.height - 2 * size.margin)
    return usable * DENSEST // 1000


def _area(sheet: Iterable[Laid]) -> int:
    return sum(laid.part.area for laid in sheet)


def _large_first(laid: Laid) -> tuple[int, Name]:
    return -laid.part.area, laid.name


def _laid_on_one(
    sheet: Sequence[Laid], size: SheetSize, patience: _Patience, *, shortest: bool
) -> OneSheet | None:
    """All of them on one sheet."""
    if len(sheet) > MOST_AT_ONCE or not any(laid.part.outline for laid in sheet) or patience.spent():
        return None
    ordered = sorted(sheet, key=lambda laid: (_large_first(laid), laid.shape))
    strip = strips.lay(
        tuple(laid.shape for laid in ordered),
        length=size.width - 2 * size.margin,
        breadth=size.height - 2 * size.margin,
        gap=size.gap,
        shortest=shortest,
    )
    if strip is None:
        return None
    return [
        laid._replace(
            at=lying(
                laid.name, laid.part, Placed(size.margin + place.x, size.margin + place.y, place.rotated)
            )
        )
        for laid, place in zip(ordered, strip.places, strict=True)
    ]


# --- what is left -----------------------------------------------------------------------------------------


def _with_larger_remnant(sheets: list[OneSheet], size: SheetSize, patience: _Patience) -> list[OneSheet]:
    """The emptiest sheet laid as short as was found, where that leaves a larger rectangle of it."""
    emptiest = min(range(len(sheets)), key=lambda n: (_area(sheets[n]), -n))
    short = _laid_on_one(sheets[emptiest], size, patience, shortest=True)
    if short is None:
        return sheets
    won = left_of(short, size) - left_of(sheets[emptiest], size)
    if won * 1000 < size.width * size.height * WORTH:
        return sheets
    return [*sheets[:emptiest], short, *sheets[emptiest + 1 :]]


def left_of(sheet: Iterable[Laid], size: SheetSize) -> int:
    """The area of the largest rectangle that is left of a sheet."""
    taken = [box for laid in sheet for box in boxes_of(laid.at)]
    left = remnant(width_um=size.width, height_um=size.height, gap_um=size.gap, taken=taken, shortest_um=1)
    return left[2] * left[3] if left else 0


def boxes_of(p: Placement) -> list[Box]:
    """Rectangles that cover a placement."""
    return cover(p.outline, (p.x_um, p.y_um, p.width_um, p.height_um))
