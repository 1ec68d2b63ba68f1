"""The sheets of a run as a page shows them: the drawing, and over it whose every part is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orders.models import Line
from production.models import Offcut, Placement, Run, Sheet
from production.views.members import Row
from production.words import short_number

# The map over the drawing counts tenths of a millimetre: browsers draw no letters above 10,000 units.
UNIT = 100  # micrometres
# The letters of a part's mark, of the sheet's width: about 12 pixels where the drawing is 560 wide.
MARK = 0.021
MARK_LETTER = 0.62  # a letter's width of its height


@dataclass(frozen=True)
class Mark:
    """A part on the drawing, in units from the upper left. ``short`` is empty where it has no room."""

    x: int
    y: int
    width: int
    height: int
    tone: int
    line: Line
    short: str
    text_x: int
    text_y: int  # the baseline
    title: str
    corners: str  # of its outline, as SVG takes them; empty where it is the rectangle


@dataclass(frozen=True)
class Drawing:
    index: int
    material: str
    size: str
    used: int  # percent
    width: int
    height: int
    letters: int
    marks: tuple[Mark, ...]
    owners: tuple[tuple[Row, int], ...]  # members and how many of their parts lie here
    offcut: str  # its code, where it is a left-over
    defects: tuple[tuple[int, int, int, int], ...]  # x, y, width, height of where nothing may lie
    leaves: str  # the offcut that it left, with its size

    @property
    def is_tall(self) -> bool:
        return self.height > self.width


def drawings_of(run: Run, members: Sequence[Row]) -> list[Drawing]:
    """Every sheet of the run with its parts; pieces that left it are not marked. Four queries."""
    by_line = {member.line.pk: member for member in members}
    sheets = run.sheets.select_related("material", "offcut").prefetch_related("placements__piece")
    left = {offcut.code: size_of(offcut) for offcut in run.offcuts_made.all()}
    return [_drawing(sheet, by_line, left.get(f"R-{run.number}-{sheet.index}", "")) for sheet in sheets]


def size_of(piece: Sheet | Offcut) -> str:
    return f"{piece.width_um // 1000} × {piece.height_um // 1000} mm"


def _drawing(sheet: Sheet, by_line: Mapping[str, Row], left: str) -> Drawing:
    letters = int(max(sheet.width_um, sheet.height_um // 2) * MARK) // UNIT
    marks: list[Mark] = []
    owners: Counter[str] = Counter()
    for placement in sheet.placements.all():
        member = by_line.get(placement.piece.line_id)
        if member is None:
            continue
        owners[member.line.pk] += 1
        marks.append(_mark(placement, member, sheet_height=sheet.height_um, letters=letters))
    return Drawing(
        index=sheet.index,
        material=sheet.material.name,
        size=size_of(sheet),
        used=100 * sheet.used_area // (sheet.width_um * sheet.height_um),
        width=sheet.width_um // UNIT,
        height=sheet.height_um // UNIT,
        letters=letters,
        marks=tuple(marks),
        owners=tuple((by_line[line], count) for line, count in owners.items()),
        offcut=sheet.offcut.code if sheet.offcut else "",
        defects=tuple(
            (x // UNIT, (sheet.height_um - y - height) // UNIT, width // UNIT, height // UNIT)
            for x, y, width, height in (sheet.offcut.defects if sheet.offcut else ())
        ),
        leaves=f"R-{sheet.run.number}-{sheet.index}, {left}" if left else "",
    )


def _mark(placement: Placement, member: Row, *, sheet_height: int, letters: int) -> Mark:
    line, piece = member.line, placement.piece
    short = f"{short_number(line)} #{piece.index}"
    part = f", {placement.part} {placement.copy}" if placement.part else ""
    size = f"{placement.width_um / 1000:g} × {placement.height_um / 1000:g} mm"
    x, y = placement.x_um // UNIT, (sheet_height - placement.y_um - placement.height_um) // UNIT
    width, height = placement.width_um // UNIT, placement.height_um // UNIT
    has_room = height > 1.5 * letters and width > len(short) * MARK_LETTER * letters
    return Mark(
        x=x,
        y=y,
        width=width,
        height=height,
        tone=member.tone,
        line=line,
        short=short if has_room else "",
        text_x=x + (width // 5 if placement.outline else letters // 2),
        text_y=y + (height // 2 if placement.outline else letters * 5 // 4),
        corners=" ".join(
            f"{(placement.x_um + across) // UNIT},{(sheet_height - placement.y_um - up) // UNIT}"
            for across, up in placement.outline
        ),
        title=f"{line.order.number}/{line.position}, piece {piece.index} of {line.quantity}{part}, {size}",
    )
