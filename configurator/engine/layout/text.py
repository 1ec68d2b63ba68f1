"""Text into a box: one size for all its lines, shrunk until the outlines fit, never below a smallest size.

The lines stand on baselines; what is measured is the ink (the exact outlines), because that is what a machine
makes. Vertically the band between baseline and capital height is aligned, so that a line does not jump when a
letter with a tail is typed; only when the ink would leave the box is it moved, and as little as possible.

What is larger than its box is made to fit: `shrink` keeps the lines as they are written and makes the
letters smaller, `wrap` breaks lines where they may end before it does. An `arc` bends the baseline onto a
circle. With a shopper's placement the ink is as wide as they want, and lies where they want it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import tau
from typing import Literal

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, Path, bent, bounds, millimetres, moved, turned, union
from configurator.engine.layout.carets import bent_caret, moved_carets, turned_carets
from configurator.engine.layout.ink import Ink, bent_within, ink_at
from configurator.engine.layout.line_breaking import (
    line_ends_between_letters,
    line_ends_between_words,
    needs_dictionary,
)
from configurator.engine.layout.scene import Caret, Finding
from configurator.engine.layout.shaping import ShapedLine, shape_line
from configurator.engine.placing import Placement

Align = Literal["left", "center", "right"]
VAlign = Literal["top", "middle", "bottom"]
TextFit = Literal["shrink", "wrap"]

# Baseline to baseline, in letter heights.
LINE_PITCH = 1.6
# Sizes are made in steps of 10 µm, always rounded down, so that a text that fits still fits.
SIZE_STEP_UM = 10
# Text on a circle leaves this part of the circle free, so that its end does not run into its beginning.
LEAST_GAP_RADIANS = 0.17


@dataclass(frozen=True, slots=True)
class TextFrame:
    """Where and how a text stands. `size_um` is the height of its capitals, `min_size_um` the least
    allowed; `arc_um` the radius of the circle it runs on (below 0: inside, along its bottom; 0: straight)."""

    element: str
    font: str
    box: Box
    align: Align
    valign: VAlign
    size_um: int
    min_size_um: int
    fit: TextFit = "shrink"
    arc_um: int = 0


@dataclass(frozen=True, slots=True)
class SetText:
    """The outline of a set text (empty when it has no ink), its letter height, its fonts' hashes, and where
    the cursor stands before each of its letters."""

    path: Path
    box: Box | None
    size_um: int
    fonts: tuple[str, ...]
    findings: tuple[Finding, ...]
    carets: tuple[Caret, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line and the code point of the whole text that it begins with."""

    shaped: ShapedLine
    start: int


# While somebody types, all lines but one stay as they were: remember them.
@lru_cache(maxsize=128)
def set_text(text: str, *, frame: TextFrame, fonts: FontLibrary) -> SetText:
    """Set a text (lines parted by `\n`) into its frame; what stands against making it is in the findings."""
    lines, size, findings = _fitted(unicodedata.normalize("NFC", text), frame, fonts)
    block = _block(lines, size, frame)
    if block.box is None:
        return SetText((), None, frame.size_um, (), tuple(findings))
    path, carets = _made(block, lines, size, _standing(block.box, len(lines), size, frame))
    return SetText(path, bounds(path), size, _hashes(lines), tuple(findings), carets)


@lru_cache(maxsize=128)
def place_text(text: str, *, frame: TextFrame, placement: Placement, fonts: FontLibrary) -> SetText:
    """Set a text where a shopper has put it: as wide as they want, with the lines that it has in its frame,
    its ink centred on the placement and turned about its middle."""
    lines = _lines_at(frame.size_um, unicodedata.normalize("NFC", text), frame, fonts)
    findings = _missing_letters(lines, frame)
    nominal = _block(lines, frame.size_um, frame).box
    if nominal is None:
        return SetText((), None, frame.size_um, (), tuple(findings))
    scale = placement.width_um / max(nominal.width, 1)
    size = max(round(frame.size_um * scale), 1)
    block = _block(lines, size, frame, arc_um=frame.arc_um * scale)
    ink = block.box
    assert ink is not None
    shift = placement.x_um - (ink.left + ink.right) // 2, placement.y_um - (ink.top + ink.bottom) // 2
    path, carets = _made(block, lines, size, shift)
    centre = placement.x_um, placement.y_um
    path = turned(path, placement.rotation_mdeg, centre)
    carets = turned_carets(carets, placement.rotation_mdeg, centre)
    return SetText(path, bounds(path), size, _hashes(lines), tuple(findings), carets)


def _hashes(lines: list[_Line]) -> tuple[str, ...]:
    return tuple(sorted({glyph.face.sha256 for line in lines for glyph in line.shaped.glyphs}))


def ink_of(text: str, *, font: str, size_um: int, fonts: FontLibrary) -> Box | None:
    """The box of a line's ink at this letter height; None where nothing is seen."""
    return ink_at(shape_line(text, font=font, fonts=fonts), size_um).box()


# --- Size and lines ---------------------------------------------------------------------------------------


def _fitted(text: str, frame: TextFrame, fonts: FontLibrary) -> tuple[list[_Line], int, list[Finding]]:
    """The lines, the letter height at which they fit the frame, and what has to be said about that."""
    lines = _lines_at(frame.size_um, text, frame, fonts)
    findings = _missing_letters(lines, frame)
    if _fits(lines, frame.size_um, frame):
        return lines, frame.size_um, findings
    least = min(frame.min_size_um, frame.size_um)
    if frame.fit == "shrink" and not frame.arc_um:
        fitting = _fitting_size(lines, frame)
    else:
        fitting = _largest(
            frame.size_um, lambda size: _fits(_lines_at(size, text, frame, fonts), size, frame)
        )
    if fitting < least and frame.fit == "wrap" and needs_dictionary(text):
        torn = _largest(
            frame.size_um, lambda size: _fits(_lines_at(size, text, frame, fonts, torn=True), size, frame)
        )
        if torn >= least:
            lines = _lines_at(torn, text, frame, fonts, torn=True)
            shrunk = [] if torn == frame.size_um else [_shrunk(frame, torn)]
            return lines, torn, [*findings, *shrunk, _torn(frame)]
    size = max(fitting, least)
    if frame.fit == "wrap":
        lines = _lines_at(size, text, frame, fonts)
    if fitting >= frame.min_size_um:
        return lines, size, [*findings, _shrunk(frame, size)]
    return lines, size, [*findings, _too_long(lines, frame, text, size)]


def _lines_at(
    size_um: int, text: str, frame: TextFrame, fonts: FontLibrary, *, torn: bool = False
) -> list[_Line]:
    """The lines of the text at this letter height: as they are written, or broken to the frame's width."""
    if frame.fit == "shrink":
        lines, start = [], 0
        for written in text.split("\n"):
            lines.append(_Line(shape_line(written, font=frame.font, fonts=fonts), start))
            start += len(written) + 1
        return lines
    width = frame.box.width / size_um
    return [
        _Line(_shaped(text[start:end], frame.font, fonts), start)
        for start, end in _broken(text, width, frame.font, fonts, torn)
    ]


def _broken(text: str, width: float, font: str, fonts: FontLibrary, torn: bool) -> list[tuple[int, int]]:
    """Where the lines of a text begin and end when each takes as many words as go into the width (in letter
    heights); a word that is wider has a line of its own. Spaces at the end of a line are left out."""
    lines: list[tuple[int, int]] = []
    begin = 0
    for written in text.split("\n"):
        ends = (line_ends_between_letters if torn else line_ends_between_words)(written) or (0,)
        start = last = 0
        used = 0.0
        for end in ends:
            part = written[last:end]
            bare = _advance(part.rstrip(), font, fonts)
            if last > start and used + bare > width:
                lines.append((begin + start, begin + start + len(written[start:last].rstrip())))
                start, used = last, 0.0
            used += _advance(part, font, fonts)
            last = end
        lines.append((begin + start, begin + start + len(written[start:last].rstrip())))
        begin += len(written) + 1
    return lines


@lru_cache(maxsize=1024)
def _shaped(text: str, font: str, fonts: FontLibrary) -> ShapedLine:
    return shape_line(text, font=font, fonts=fonts)


def _advance(text: str, font: str, fonts: FontLibrary) -> float:
    return _shaped(text, font, fonts).advance if text else 0.0


def _fits(lines: list[_Line], size_um: int, frame: TextFrame) -> bool:
    """Whether the ink fits the frame, and on a circle whether its end stays off its beginning."""
    if frame.arc_um:
        longest = max(line.shaped.advance for line in lines) * size_um
        if longest > (tau - LEAST_GAP_RADIANS) * abs(frame.arc_um) or size_um >= abs(frame.arc_um):
            return False
        flat = _block(lines, size_um, frame, arc_um=0)
        told = bent_within(
            [(ink, *shift) for ink, shift in zip(flat.inks, flat.shifts, strict=True)],
            frame.arc_um,
            frame.box.width,
            frame.box.height,
        )
        if told is not None:
            return told
    box = _block(lines, size_um, frame).box
    return box is None or (box.width <= frame.box.width and box.height <= frame.box.height)


def _largest(high_um: int, fits: Callable[[int], bool]) -> int:
    """The largest letter height, in steps, that fits; 0 where none does. What fits smaller fits."""
    low, high = 0, high_um // SIZE_STEP_UM
    if high * SIZE_STEP_UM == high_um and fits(high_um):
        return high_um
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle * SIZE_STEP_UM) else (low, middle)
    return low * SIZE_STEP_UM


def _fitting_size(lines: list[_Line], frame: TextFrame) -> int:
    """The largest letter height at which the ink fits the frame (rounding of outlines included)."""
    box = _block(lines, frame.size_um, frame).box
    assert box is not None
    share = min(frame.box.width / box.width, frame.box.height / box.height)
    size = int(frame.size_um * share) // SIZE_STEP_UM * SIZE_STEP_UM
    while size > SIZE_STEP_UM and not _fits(lines, size, frame):
        size -= SIZE_STEP_UM
    return max(size, 0)


# --- Ink --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines one under the other, first baseline at y 0, the ink of each aligned at x 0, then bent where
    there is a radius; `shifts` are by how much each line was moved for that."""

    inks: tuple[Ink, ...]
    shifts: tuple[tuple[int, int], ...]
    box: Box | None
    arc_um: float

    def path(self) -> Path:
        segments = [
            segment
            for ink, (dx, dy) in zip(self.inks, self.shifts, strict=True)
            for segment in ink.segments(dx, dy)
        ]
        return bent(tuple(segments), self.arc_um) if self.arc_um else tuple(segments)


def _block(lines: list[_Line], size_um: int, frame: TextFrame, *, arc_um: float | None = None) -> _Block:
    inks = tuple(ink_at(line.shaped, size_um) for line in lines)
    shifts: list[tuple[int, int]] = []
    boxes: list[Box] = []
    for number, ink in enumerate(inks):
        dy, dx = round(number * LINE_PITCH * size_um), 0
        box = ink.box()
        if box is not None:
            middle = (box.left + box.right) // 2
            dx = -{"left": box.left, "center": middle, "right": box.right}[frame.align]
            boxes.append(box.moved(dx, dy))
        shifts.append((dx, dy))
    radius = frame.arc_um if arc_um is None else arc_um
    block = _Block(inks, tuple(shifts), union(boxes), radius)
    return replace(block, box=bounds(block.path())) if radius else block


def _made(
    block: _Block, lines: list[_Line], size_um: int, shift: tuple[int, int]
) -> tuple[Path, tuple[Caret, ...]]:
    """The outline of a block and its cursor places, moved."""
    dx, dy = shift
    carets = _carets(lines, block.shifts, size_um)
    if block.arc_um:
        bent_ = tuple(bent_caret(caret, block.arc_um) for caret in carets)
        return moved(block.path(), dx, dy), moved_carets(bent_, dx, dy)
    standing = replace(block, shifts=tuple((x + dx, y + dy) for x, y in block.shifts))
    return standing.path(), moved_carets(carets, dx, dy)


def _standing(ink: Box, line_count: int, size_um: int, frame: TextFrame) -> tuple[int, int]:
    """By how much the ink has to be moved to stand in its frame."""
    box = frame.box
    dx = {"left": box.left, "center": (box.left + box.right) // 2, "right": box.right}[frame.align]
    if frame.arc_um:
        dx -= {"left": ink.left, "center": 0, "right": ink.right}[frame.align]
    band = size_um + round((line_count - 1) * LINE_PITCH * size_um)
    top = {
        "top": box.top,
        "middle": box.top + (box.height - band) // 2,
        "bottom": box.bottom - band,
    }[frame.valign]
    dy = top + size_um
    if ink.height <= box.height:
        dy = min(max(dy, box.top - ink.top), box.bottom - ink.bottom)
    if ink.width <= box.width:
        dx = min(max(dx, box.left - ink.left), box.right - ink.right)
    return dx, dy


# --- Cursor -----------------------------------------------------------------------------------------------


def _carets(lines: list[_Line], shifts: tuple[tuple[int, int], ...], size_um: int) -> tuple[Caret, ...]:
    found: list[Caret] = []
    for line, (dx, dy) in zip(lines, shifts, strict=True):
        letters = line.shaped.letters
        for letter in letters:
            at = round(letter.x * size_um) + dx
            found.append(Caret(line.start + letter.start, at, dy, size_um, letter.rtl))
        last = letters[-1] if letters else None
        at = (round(last.end_x * size_um) if last else 0) + dx
        found.append(Caret(line.start + line.shaped.length, at, dy, size_um, last is not None and last.rtl))
    return tuple(found)


# --- What is said about it --------------------------------------------------------------------------------


def _missing_letters(lines: list[_Line], frame: TextFrame) -> list[Finding]:
    letters = list(dict.fromkeys(letter for line in lines for letter in line.shaped.missing))
    if not letters:
        return []
    named = ", ".join(f"“{letter}” ({_code_points(letter)})" for letter in letters)
    return [
        Finding(
            code="glyph-missing",
            severity="refuse",
            element=frame.element,
            measured=len(letters),
            limit=0,
            unit="letters",
            message=f"No font of this workshop has {named}. Leave it out or write it in other letters.",
            letters=tuple(letters),
        )
    ]


def _code_points(letter: str) -> str:
    return " ".join(f"U+{ord(character):04X}" for character in letter)


def _shrunk(frame: TextFrame, size_um: int) -> Finding:
    return Finding(
        code="text-shrunk",
        severity="fixed",
        element=frame.element,
        measured=size_um / 1000,
        limit=frame.size_um / 1000,
        unit="mm",
        message=(
            f"The letters were made {millimetres(size_um)} mm high instead of {millimetres(frame.size_um)} mm"
            " so that the text fits."
        ),
    )


def _torn(frame: TextFrame) -> Finding:
    return Finding(
        code="broken-inside-words",
        severity="warn",
        element=frame.element,
        measured=None,
        limit=None,
        unit="",
        message=(
            "This text is written without spaces and did not fit in lines that end between words, so a line"
            " may end inside a word. Put a space where a line should end."
        ),
    )


def _too_long(lines: list[_Line], frame: TextFrame, text: str, least: int) -> Finding:
    """A text that does not fit at its smallest letters, which the lines are set in."""
    box = _block(lines, least, frame).box
    width, height = (box.width, box.height) if box else (0, 0)
    wide = width > frame.box.width
    measured, room = (width, frame.box.width) if wide else (height, frame.box.height)
    if frame.arc_um and width <= frame.box.width and height <= frame.box.height:
        longest_um = round(max(line.shaped.advance for line in lines) * least)
        measured, room = longest_um, round((tau - LEAST_GAP_RADIANS) * abs(frame.arc_um))
        way, article = "long", "around the circle"
    else:
        way, article = ("wide", "across") if wide else ("high", "in height")
    longest = max((len(line) for line in text.split("\n")), default=0)
    fitting_letters = longest * room // measured if measured else 0
    told = (wide or way == "long") and frame.fit == "shrink" and fitting_letters
    help_ = f"Shorten it to about {fitting_letters} letters, " if told else "Shorten it, "
    return Finding(
        code="text-too-long",
        severity="refuse",
        element=frame.element,
        measured=measured / 1000,
        limit=room / 1000,
        unit="mm",
        message=(
            f"At its smallest letters ({millimetres(least)} mm) the text is {millimetres(measured)}"
            f" mm {way}, and"
            f" there is room for {millimetres(room)} mm {article}. {help_}choose a narrower font or a bigger"
            " size of the product."
        ),
    )
