"""A sheet of parts: where each lies, what it is called, and how much of the sheet its artwork may cover.

Integer micrometres from the sheet's upper left corner, y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from configurator.engine.geometry import Box


@dataclass(frozen=True, slots=True)
class Part:
    """`box` is the trimmed part as it lies; `rotated`: its artwork is turned clockwise by 90 degrees.

    `artwork` names the artwork, empty for a part without; `own_contour`: that artwork brings the line along
    which the part is cut out. `outline` is that of a part without artwork that is no rectangle, where it
    lies; it is drawn, not cut. `name` is for people, `code` for scanners.
    """

    box: Box
    name: str
    code: str = ""
    artwork: str = ""
    rotated: bool = False
    bleed_um: int = 0
    corner_um: int = 0
    own_contour: bool = False
    outline: tuple[tuple[int, int], ...] = ()

    @property
    def bleed_box(self) -> Box:
        return self.box.inset(-self.bleed_um)


@dataclass(frozen=True, slots=True)
class Sheet:
    """`code` and `title` say which sheet it is, to scanners and to people."""

    width_um: int
    height_um: int
    title: str
    code: str
    parts: tuple[Part, ...]

    @property
    def box(self) -> Box:
        return Box(0, 0, self.width_um, self.height_um)


def cells(sheet: Sheet) -> tuple[tuple[Box, ...], ...]:
    """By part, what its artwork may cover: boxes that do not overlap, of the part and its bleed.

    Where bleeds of neighbours meet, each ends at the middle line between the two parts; a neighbour that
    needs less than its half leaves the rest. No artwork ever lies on another part, or over the sheet's edge.
    """
    return tuple(
        _cell(sheet, number, part) if part.artwork else () for number, part in enumerate(sheet.parts)
    )


def _cell(sheet: Sheet, number: int, part: Part) -> tuple[Box, ...]:
    left = [shared] if (shared := common(part.bleed_box, sheet.box)) else []
    if part.bleed_um:
        for other in (*sheet.parts[:number], *sheet.parts[number + 1 :]):
            taken = _taken(part, other)
            if taken is not None:
                left = [rest for box in left for rest in _without(box, taken)]
    return tuple(sorted(left, key=lambda box: (box.top, box.left)))


def _taken(part: Part, other: Part) -> Box | None:
    """What of `part`'s bleed belongs to `other`; None when they do not meet."""
    shared = common(part.bleed_box, other.bleed_box)
    if shared is None:
        return None
    mine, theirs = part.box, other.box
    across = max(theirs.left - mine.right, mine.left - theirs.right)
    down = max(theirs.top - mine.bottom, mine.top - theirs.bottom)
    if across >= down:
        if theirs.left >= mine.right:
            edge = max(mine.right + across // 2, theirs.left - other.bleed_um)
            return common(shared, Box(edge, shared.top, shared.right, shared.bottom))
        edge = min(theirs.right + across // 2, theirs.right + other.bleed_um)
        return common(shared, Box(shared.left, shared.top, edge, shared.bottom))
    if theirs.top >= mine.bottom:
        edge = max(mine.bottom + down // 2, theirs.top - other.bleed_um)
        return common(shared, Box(shared.left, edge, shared.right, shared.bottom))
    edge = min(theirs.bottom + down // 2, theirs.bottom + other.bleed_um)
    return common(shared, Box(shared.left, shared.top, shared.right, edge))


def common(one: Box, other: Box) -> Box | None:
    """What both boxes cover."""
    left, top = max(one.left, other.left), max(one.top, other.top)
    right, bottom = min(one.right, other.right), min(one.bottom, other.bottom)
    return Box(left, top, right, bottom) if left < right and top < bottom else None


def _without(box: Box, taken: Box) -> list[Box]:
    """The box less another one, as boxes."""
    shared = common(box, taken)
    if shared is None:
        return [box]
    around = (
        Box(box.left, box.top, box.right, shared.top),
        Box(box.left, shared.top, shared.left, shared.bottom),
        Box(shared.right, shared.top, box.right, shared.bottom),
        Box(box.left, shared.bottom, box.right, box.bottom),
    )
    return [each for each in around if each.width > 0 and each.height > 0]
