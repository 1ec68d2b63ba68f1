"""Text into a box: one size for all its lines, shrunk until the outlines fit, never below a smallest size.

The lines stand on baselines; what is measured is the ink (the exact outlines), because that is what a machine
makes. Vertically the band between baseline and capital height is aligned, so that a line does not jump when a
letter with a tail is typed; only when the ink would leave the box is it moved, and as little as possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, Path, Segment, bounds, millimetres, moved
from configurator.engine.layout.scene import Finding
from configurator.engine.layout.shaping import ShapedLine, shape_line

Align = Literal["left", "center", "right"]
VAlign = Literal["top", "middle", "bottom"]

# Baseline to baseline, in letter heights.
LINE_PITCH = 1.6
# Sizes are made in steps of 10 µm, always rounded down, so that a text that fits still fits.
SIZE_STEP_UM = 10


@dataclass(frozen=True, slots=True)
class TextFrame:
    """Where and how a text stands. `size_um` is the height of its capitals, `min_size_um` the least
    allowed."""

    element: str
    font: str
    box: Box
    align: Align
    valign: VAlign
    size_um: int
    min_size_um: int


@dataclass(frozen=True, slots=True)
class SetText:
    """The outline of a set text (empty when it has no ink), its letter height, its fonts' hashes."""

    path: Path
    box: Box | None
    size_um: int
    fonts: tuple[str, ...]
    findings: tuple[Finding, ...]


# While somebody types, all lines but one stay as they were: remember them.
@lru_cache(maxsize=128)
def set_text(text: str, *, frame: TextFrame, fonts: FontLibrary) -> SetText:
    """Set a text (lines parted by `\\n`) into its frame; what stands against making it is in the findings."""
    lines = [shape_line(line, font=frame.font, fonts=fonts) for line in text.split("\n")]
    used = sorted({glyph.face.sha256 for line in lines for glyph in line.glyphs})
    findings = list(_missing_letters(lines, frame))
    nominal = _outline(lines, frame.size_um, frame.align)
    box = bounds(nominal)
    if box is None:
        return SetText((), None, frame.size_um, (), tuple(findings))
    size, path = frame.size_um, nominal
    if box.width > frame.box.width or box.height > frame.box.height:
        fitting = _fitting_size(lines, frame, box)
        size = max(fitting, min(frame.min_size_um, frame.size_um))
        findings.append(
            _shrunk(frame, size) if fitting >= frame.min_size_um else _too_long(lines, frame, text, fitting)
        )
        path = _outline(lines, size, frame.align)
    path = _stood(path, len(lines), size, frame)
    return SetText(path, bounds(path), size, tuple(used), tuple(findings))


def ink_of(text: str, *, font: str, size_um: int, fonts: FontLibrary) -> Box | None:
    """The box of a line's ink at this letter height; None where nothing is seen."""
    return bounds(_line_outline(shape_line(text, font=font, fonts=fonts), size_um))


def _outline(lines: list[ShapedLine], size_um: int, align: Align) -> Path:
    """The lines one under the other: first baseline at y 0, ink of each line aligned at x 0."""
    whole: list[Segment] = []
    for number, line in enumerate(lines):
        path = _line_outline(line, size_um)
        box = bounds(path)
        if box is None:
            continue
        at = {"left": box.left, "center": (box.left + box.right) // 2, "right": box.right}[align]
        whole += moved(path, -at, round(number * LINE_PITCH * size_um))
    return tuple(whole)


def _line_outline(line: ShapedLine, size_um: int) -> Path:
    segments: list[Segment] = []
    for glyph in line.glyphs:
        scale = size_um / glyph.face.cap_height
        x0, y0 = glyph.x * size_um, glyph.y * size_um
        for command, *values in glyph.face.outline(glyph.glyph):
            points = [
                round(x0 + value * scale) if index % 2 == 0 else round(-y0 - value * scale)
                for index, value in enumerate(values)
            ]
            segments.append((command, *points))
    return tuple(segments)


def _fitting_size(lines: list[ShapedLine], frame: TextFrame, box: Box) -> int:
    """The largest letter height at which the ink fits the frame (rounding of outlines included)."""
    share = min(frame.box.width / box.width, frame.box.height / box.height)
    size = int(frame.size_um * share) // SIZE_STEP_UM * SIZE_STEP_UM
    while size > SIZE_STEP_UM:
        fitted = bounds(_outline(lines, size, frame.align))
        if fitted is None or (fitted.width <= frame.box.width and fitted.height <= frame.box.height):
            break
        size -= SIZE_STEP_UM
    return max(size, 0)


def _stood(path: Path, line_count: int, size_um: int, frame: TextFrame) -> Path:
    box = frame.box
    ink = bounds(path)
    if ink is None:
        return path
    dx = {"left": box.left, "center": (box.left + box.right) // 2, "right": box.right}[frame.align]
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
    return moved(path, dx, dy)


def _missing_letters(lines: list[ShapedLine], frame: TextFrame) -> list[Finding]:
    letters = list(dict.fromkeys(letter for line in lines for letter in line.missing))
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


def _too_long(lines: list[ShapedLine], frame: TextFrame, text: str, fitting_um: int) -> Finding:
    least = min(frame.min_size_um, frame.size_um)
    at_least = bounds(_outline(lines, least, frame.align))
    width = at_least.width if at_least else 0
    height = at_least.height if at_least else 0
    wide = width > frame.box.width
    measured, room = (width, frame.box.width) if wide else (height, frame.box.height)
    way, article = ("wide", "across") if wide else ("high", "in height")
    longest = max((len(line) for line in text.split("\n")), default=0)
    fitting_letters = longest * room // measured if measured else 0
    help_ = f"Shorten it to about {fitting_letters} letters, " if wide and fitting_letters else "Shorten it, "
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
