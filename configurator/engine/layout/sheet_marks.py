"""What stands on a sheet beside its parts: registration marks, the sheet's own code and title, and for every
part a code to scan and its name, with an arrow to the part.

Everything lies in margins and gaps, clear of parts and their bleeds, and no two marks overlap: what finds no
room is left out, and named. The same sheet has the same marks everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, Path, Segment, bounds, ellipse, line, moved
from configurator.engine.layout.codes import modules_of, outline_of
from configurator.engine.layout.scene import Outline, Stroke
from configurator.engine.layout.text import TextFrame, set_text
from configurator.engine.sheet import Sheet

FONT = "noto-sans"
# Capitals of names: 6 pt type where there is room, and the least that people read on a part in their hand.
NAME_UM, LEAST_NAME_UM = 1_600, 1_200
TITLE_UM = 2_200
# Marks keep away from parts and from each other by this much, from the edge of the sheet by `EDGES_UM`:
# rather more, for what a machine grips or cannot reach.
CLEAR_UM = 300
EDGES_UM = (1_000, 400)
ARROW_UM = 1_000
SPACE_UM = 700  # between the arrow, the code and the name
# Modules kept free around a DataMatrix: ISO/IEC 16022 asks for one.
QUIET_MODULES = 1
REGISTER_UM = (6_000, 5_000, 4_000, 3_000)
REGISTER_LINE_UM = 200
STEP_UM = 1_000
CORNERS = ("upper left", "upper right", "lower left", "lower right")

Item = Outline | Stroke
Side = Literal["below", "above", "right", "left"]
SIDES: tuple[Side, ...] = ("below", "above", "right", "left")


@dataclass(frozen=True, slots=True)
class MarkStyle:
    """How a machine makes marks. `role` and `colour` are of their ink; `module_um` is the side of a code's
    modules, 0 where it makes no codes; `pitch_um` the grid on which codes begin (a printer's pixels)."""

    role: str
    colour: str
    module_um: int
    pitch_um: float = 1.0


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that was placed; nothing else lies in `box`. `part` is the number of the part it stands for,
    None for the sheet's own."""

    box: Box
    items: tuple[Item, ...]
    part: int | None = None


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """`without_code` and `without_name` are the numbers of the parts that found no room for theirs;
    `left_out` names what of the sheet's own marks did not."""

    marks: tuple[Mark, ...]
    without_code: tuple[int, ...] = ()
    without_name: tuple[int, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for mark in self.marks for item in mark.items)

    @property
    def codes(self) -> tuple[Outline, ...]:
        return tuple(each for each in self.items if isinstance(each, Outline) and each.kind == "code")


@dataclass(frozen=True, slots=True)
class _Block:
    """A mark before it has a place, its upper left corner at the origin; `snap` is where in it a code
    begins."""

    width: int
    height: int
    items: tuple[Item, ...]
    snap: tuple[int, int] = (0, 0)


@dataclass
class _Room:
    """What is taken already."""

    sheet: Box
    taken: NDArray[np.int64]
    marks: list[Mark] = field(default_factory=list)

    def near(self, box: Box, reach: int) -> NDArray[np.int64]:
        return self.taken[_meeting(self.taken, _row(box.inset(-reach)))]

    def first_free(
        self, places: NDArray[np.int64], block: _Block, taken: NDArray[np.int64], edge: int
    ) -> tuple[int, int] | None:
        """The first place (left, top) where the block lies clear of everything and on the sheet."""
        if not len(places):
            return None
        boxes = np.concatenate([places, places + np.array((block.width, block.height))], axis=1)
        inside = self.sheet.inset(edge)
        on_it = np.all(boxes[:, :2] >= (inside.left, inside.top), axis=1)
        on_it &= (boxes[:, 2:] <= (inside.right, inside.bottom)).all(axis=1)
        grown = boxes + CLEAR_UM * np.array((-1, -1, 1, 1))
        if len(taken):
            hits = (
                (grown[:, None, 0] < taken[None, :, 2])
                & (taken[None, :, 0] < grown[:, None, 2])
                & (grown[:, None, 1] < taken[None, :, 3])
                & (taken[None, :, 1] < grown[:, None, 3])
            ).any(axis=1)
            on_it &= ~hits
        at = int(np.argmax(on_it))
        return (int(places[at, 0]), int(places[at, 1])) if on_it[at] else None

    def put(self, block: _Block, at: tuple[int, int], part: int | None = None) -> None:
        box = Box(at[0], at[1], at[0] + block.width, at[1] + block.height)
        items = tuple(_moved(item, *at) for item in block.items)
        self.marks.append(Mark(box, items, part))
        self.taken = np.concatenate([self.taken, [_row(box)]])


def lay_marks(sheet: Sheet, *, style: MarkStyle, fonts: FontLibrary) -> SheetMarks:
    """Every mark of the sheet that finds room: the sheet's own first, then those of its parts."""
    taken = [_row(part.bleed_box) for part in sheet.parts]
    room = _Room(sheet.box, np.array(taken, dtype=np.int64).reshape(-1, 4))
    left_out = _register(room, style)
    if not _sheet_code(room, sheet, style, fonts):
        left_out.append("the sheet's code and title")
    codeless, nameless = _part_marks(room, sheet, style, fonts)
    return SheetMarks(tuple(room.marks), tuple(codeless), tuple(nameless), tuple(left_out))


# --- the sheet's own ----------------------------------------------------------------------------------------


def _register(room: _Room, style: MarkStyle) -> list[str]:
    """A cross in a ring in every corner, all of one size where they can be; what found no room."""
    for size in REGISTER_UM:
        block = _cross(size, style)
        free = [room.first_free(place, block, room.taken, 0) for place in _corners(room.sheet, size)]
        if all(free):
            break
    missing = []
    for name, at in zip(CORNERS, free, strict=True):
        if at is None:
            missing.append(f"the registration mark {name}")
        else:
            room.put(block, at)
    return missing


def _corners(sheet: Box, size: int) -> list[NDArray[np.int64]]:
    """By corner, where a mark of this size may begin, the more inward first."""
    inner = [sheet.inset(edge) for edge in EDGES_UM]
    return [
        np.array([(box.left, box.top) for box in inner]),
        np.array([(box.right - size, box.top) for box in inner]),
        np.array([(box.left, box.bottom - size) for box in inner]),
        np.array([(box.right - size, box.bottom - size) for box in inner]),
    ]


def _cross(size: int, style: MarkStyle) -> _Block:
    half, ring = REGISTER_LINE_UM // 2, Box(size // 4, size // 4, size - size // 4, size - size // 4)
    ways = (
        ellipse(ring),
        line((half, size // 2), (size - half, size // 2)),
        line((size // 2, half), (size // 2, size - half)),
    )
    items = tuple(
        Stroke("register", style.role, style.colour, way, REGISTER_LINE_UM, Box(0, 0, size, size))
        for way in ways
    )
    return _Block(size, size, items)


def _sheet_code(room: _Room, sheet: Sheet, style: MarkStyle, fonts: FontLibrary) -> bool:
    """Code and title, along an edge where there is room, else anywhere; the smaller the later it is tried."""
    text = [_text(sheet.title, "title", size, style, fonts) for size in (TITLE_UM, NAME_UM)]
    code = _code(sheet.code, "sheet-code", style)
    wanted = [[piece for piece in (code, title) if piece] for title in (*text, None)]
    for pieces in filter(None, wanted):
        flat = _row_of(pieces)
        for block, edge in product((flat, _upwards(flat)), EDGES_UM):
            at = room.first_free(_along_edges(room.sheet, block, edge, style), block, room.taken, edge)
            at = at or room.first_free(_everywhere(room.sheet, block, edge, style), block, room.taken, edge)
            if at:
                room.put(block, at)
                return True
    return False


def _along_edges(sheet: Box, block: _Block, edge: int, style: MarkStyle) -> NDArray[np.int64]:
    inside = sheet.inset(edge)
    right, low = inside.right - block.width, inside.bottom - block.height
    across = [(x, y) for y in (inside.top, low) for x in range(inside.left, right + 1, STEP_UM)]
    down = [(x, y) for x in (inside.left, right) for y in range(inside.top, low + 1, STEP_UM)]
    return _snapped(np.array(across + down, dtype=np.int64).reshape(-1, 2), block, style)


def _everywhere(sheet: Box, block: _Block, edge: int, style: MarkStyle) -> NDArray[np.int64]:
    """On a grid, fine enough to meet every gap that is worth it."""
    inside = sheet.inset(edge)
    step = max(STEP_UM, max(sheet.width, sheet.height) // 100)
    places = [
        (x, y)
        for y in range(inside.top, inside.bottom - block.height + 1, step)
        for x in range(inside.left, inside.right - block.width + 1, step)
    ]
    return _snapped(np.array(places, dtype=np.int64).reshape(-1, 2), block, style)


# --- the parts' --------------------------------------------------------------------------------------------


def _part_marks(
    room: _Room, sheet: Sheet, style: MarkStyle, fonts: FontLibrary
) -> tuple[list[int], list[int]]:
    """First code and name together wherever they fit, then what is left of either; who went without."""
    codeless, nameless = [], []
    waiting = []
    for number in range(len(sheet.parts)):
        code, names = _called(sheet, number, style, fonts)
        if not code or not any(_beside(room, sheet, number, (code, name), style) for name in names):
            waiting.append(number)
    for number in waiting:
        code, names = _called(sheet, number, style, fonts)
        if code and not _beside(room, sheet, number, (code,), style):
            codeless.append(number)
        if not any(_beside(room, sheet, number, (name,), style) for name in names):
            nameless.append(number)
    return codeless, nameless


def _called(
    sheet: Sheet, number: int, style: MarkStyle, fonts: FontLibrary
) -> tuple[_Block | None, Iterator[_Block]]:
    """A part's code, and its name in each size: set only when it comes to it."""
    part = sheet.parts[number]
    names = (_text(part.name, f"name-{number}", size, style, fonts) for size in (NAME_UM, LEAST_NAME_UM))
    return _code(part.code, f"code-{number}", style), (name for name in names if name)


def _beside(room: _Room, sheet: Sheet, number: int, pieces: Sequence[_Block], style: MarkStyle) -> bool:
    """Place a mark beside its part, where it fits first."""
    around = sheet.parts[number].bleed_box
    blocks: dict[Side, _Block] = {"below": _block(pieces, "below", style)}
    taken = room.near(around, max(blocks["below"].width, blocks["below"].height) + 4 * CLEAR_UM)
    for edge, side in product(EDGES_UM, SIDES):
        if side not in blocks:
            blocks[side] = _block(pieces, side, style)
        block = blocks[side]
        places = _snapped(_along(around, block, side), block, style, away=side)
        at = room.first_free(places, block, taken, edge)
        if at:
            room.put(block, at, number)
            return True
    return False


def _along(box: Box, block: _Block, side: Side) -> NDArray[np.int64]:
    """Places along one side of a part, from where people begin to read."""
    gap = CLEAR_UM
    if side in ("below", "above"):
        y = box.bottom + gap if side == "below" else box.top - gap - block.height
        last = max(box.left, box.right - block.width)
        return np.array([(x, y) for x in range(box.left, last + 1, STEP_UM)], dtype=np.int64)
    x = box.right + gap if side == "right" else box.left - gap - block.width
    last = max(box.top, box.bottom - block.height)
    return np.array([(x, y) for y in range(box.top, last + 1, STEP_UM)], dtype=np.int64)


def _snapped(
    places: NDArray[np.int64], block: _Block, style: MarkStyle, away: Side | None = None
) -> NDArray[np.int64]:
    """The places moved by less than a pixel, so that the block's code begins on one; away from the part."""
    if style.pitch_um <= 1 or not len(places):
        return places
    begins = (places + block.snap) / style.pitch_um
    grid = np.rint(begins)
    if away in ("below", "above"):
        grid[:, 1] = np.ceil(begins[:, 1]) if away == "below" else np.floor(begins[:, 1])
    elif away:
        grid[:, 0] = np.ceil(begins[:, 0]) if away == "right" else np.floor(begins[:, 0])
    snapped: NDArray[np.int64] = np.rint(grid * style.pitch_um).astype(np.int64) - block.snap
    return snapped


# --- blocks ------------------------------------------------------------------------------------------------


def _block(pieces: Sequence[_Block], side: Side, style: MarkStyle) -> _Block:
    """Arrow, code and name in a row; upwards at the left and the right of a part."""
    arrow = _arrow(style, up=side in ("below", "right"))
    flat = _row_of([arrow, *pieces])
    return flat if side in ("below", "above") else _upwards(flat)


def _row_of(pieces: Sequence[_Block]) -> _Block:
    """Side by side, in the middle of their common height."""
    height = max(piece.height for piece in pieces)
    items: list[Item] = []
    snap, x = (0, 0), 0
    for piece in pieces:
        dy = (height - piece.height) // 2
        items += [_moved(item, x, dy) for item in piece.items]
        if piece.snap != (0, 0):
            snap = (piece.snap[0] + x, piece.snap[1] + dy)
        x += piece.width + SPACE_UM
    return _Block(x - SPACE_UM, height, tuple(items), snap)


def _upwards(block: _Block) -> _Block:
    """Turned to be read from below to above."""

    def turn(x: int, y: int) -> tuple[int, int]:
        return y, block.width - x

    items = tuple(
        replace(item, path=_mapped(item.path, turn), box=_turned_box(item.box, turn)) for item in block.items
    )
    code = next((item.box for item in items if isinstance(item, Outline) and item.kind == "code"), None)
    return _Block(block.height, block.width, items, (code.left, code.top) if code else (0, 0))


def _arrow(style: MarkStyle, *, up: bool) -> _Block:
    """It points at the part that the mark belongs to."""
    size, height = ARROW_UM, ARROW_UM * 4 // 5
    tip, foot = (0, height) if up else (height, 0)
    path: Path = (("M", size // 2, tip), ("L", size, foot), ("L", 0, foot), ("Z",))
    if not up:
        path = (("M", size // 2, tip), ("L", 0, foot), ("L", size, foot), ("Z",))
    return _Block(size, height, (Outline("arrow", style.role, style.colour, path, Box(0, 0, size, height)),))


def _code(text: str, element: str, style: MarkStyle) -> _Block | None:
    if not style.module_um or not text:
        return None
    matrix = modules_of(text, symbology="datamatrix")
    quiet = QUIET_MODULES * style.module_um
    path = outline_of(matrix, module_um=style.module_um, left_um=quiet, top_um=quiet)
    side = len(matrix[0]) * style.module_um, len(matrix) * style.module_um
    box = Box(quiet, quiet, quiet + side[0], quiet + side[1])
    code = Outline(
        element, style.role, style.colour, path, box, kind="code", text=text, module_um=style.module_um
    )
    return _Block(side[0] + 2 * quiet, side[1] + 2 * quiet, (code,), (quiet, quiet))


def _text(text: str, element: str, size_um: int, style: MarkStyle, fonts: FontLibrary) -> _Block | None:
    """One line of any script, as its outlines; None when nothing of it can be seen."""
    words = " ".join(text.split())
    box = Box(0, 0, 2_000_000, 20 * size_um)
    frame = TextFrame(element, FONT, box, "left", "middle", size_um, size_um)
    made = set_text(words, frame=frame, fonts=fonts)
    seen = bounds(made.path) if made.path else None
    if seen is None:
        return None
    path = moved(made.path, -seen.left, -seen.top)
    own = Box(0, 0, seen.width, seen.height)
    outline = Outline(element, style.role, style.colour, path, own, made.fonts, kind="text", text=words)
    return _Block(seen.width, seen.height, (outline,))


def _moved(item: Item, dx: int, dy: int) -> Item:
    return replace(item, path=moved(item.path, dx, dy), box=item.box.moved(dx, dy))


def _mapped(path: Path, turn: Callable[[int, int], tuple[int, int]]) -> Path:
    found: list[Segment] = []
    for segment in path:
        values = segment[1:]
        pairs = [turn(values[at], values[at + 1]) for at in range(0, len(values), 2)]
        found.append((segment[0], *(value for pair in pairs for value in pair)))
    return tuple(found)


def _turned_box(box: Box, turn: Callable[[int, int], tuple[int, int]]) -> Box:
    (x1, y1), (x2, y2) = turn(box.left, box.top), turn(box.right, box.bottom)
    return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _row(box: Box) -> NDArray[np.int64]:
    return np.array([box.left, box.top, box.right, box.bottom], dtype=np.int64)


def _meeting(boxes: NDArray[np.int64], one: NDArray[np.int64]) -> NDArray[np.bool_]:
    met: NDArray[np.bool_] = (
        (boxes[:, 0] < one[2]) & (one[0] < boxes[:, 2]) & (boxes[:, 1] < one[3]) & (one[1] < boxes[:, 3])
    )
    return met
