"""One line of text in any scripts -> glyphs in the order in which they are seen.

The line is cut at every change of direction (UAX #9), font (fallback by grapheme cluster) and script;
HarfBuzz
shapes the pieces; they are joined from left to right. Lengths are in letter heights (the height of a
capital),
so a fallback font is as tall as the font it stands in for. The y axis points up here, as in fonts.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

import uharfbuzz as hb
from fontTools.unicodedata import script as script_of
from wcwidth import iter_graphemes

from configurator.engine.fonts import LANGUAGE, Face, FontLibrary
from configurator.engine.layout.bidirectional import LevelRun, level_runs

_SHARED_SCRIPTS = ("Zyyy", "Zinh", "Zzzz")


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph and the place of its origin on the line, in letter heights."""

    face: Face
    glyph: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Letter:
    """What a reader counts as one letter (a grapheme cluster): the code point it begins with, the side of it
    where the cursor stands before it, and the other side, in letter heights. Of a ligature each letter has
    its share."""

    start: int
    x: float
    end_x: float
    rtl: bool


@dataclass(frozen=True, slots=True)
class ShapedLine:
    """`missing` names the letters that no font has, each once, in the order of the text; `letters` are all
    of them, in that order; `length` is how many code points the line has."""

    glyphs: tuple[Glyph, ...]
    advance: float
    missing: tuple[str, ...]
    letters: tuple[Letter, ...] = ()
    length: int = 0


@dataclass(slots=True)
class _Piece:
    """Letters of one font and script; `starts` are the code points of the line that they begin with."""

    text: str
    face: Face
    script: str
    starts: list[int]


def shape_line(text: str, *, font: str, fonts: FontLibrary) -> ShapedLine:
    """Shape one line; `font` is `code` or `code:weight`. Line breaks are the caller's matter."""
    text = unicodedata.normalize("NFC", text)
    glyphs: list[Glyph] = []
    letters: list[Letter] = []
    missing: list[str] = []
    pen = 0.0
    for run in level_runs(text):
        pieces = _pieces(text, run, font, fonts, missing)
        for piece in reversed(pieces) if run.right_to_left else pieces:
            pen = _shape(piece, run.right_to_left, pen, glyphs, letters)
    letters.sort(key=lambda letter: letter.start)
    return ShapedLine(tuple(glyphs), pen, tuple(dict.fromkeys(missing)), tuple(letters), len(text))


def _pieces(text: str, run: LevelRun, font: str, fonts: FontLibrary, missing: list[str]) -> list[_Piece]:
    """The stretches of one font and one script inside a run, in the order of the text."""
    pieces: list[_Piece] = []
    start = run.start
    for cluster in iter_graphemes(text[run.start : run.end]):
        script = next((s for c in cluster if (s := script_of(c)) not in _SHARED_SCRIPTS), "")
        last = pieces[-1] if pieces else None
        if last and not script and run.right_to_left and last.face.covers(cluster):
            # A space or a comma between Arabic words comes from the font of the words.
            face: Face | None = last.face
        else:
            face = fonts.face_for(cluster, font)
        if face is None:
            missing.append(cluster)
            face = fonts.face(font)
        if last and last.face is face and (not script or not last.script or script == last.script):
            last.text += cluster
            last.script = last.script or script
            last.starts.append(start)
        else:
            pieces.append(_Piece(cluster, face, script, [start]))
        start += len(cluster)
    return pieces


def _shape(
    piece: _Piece, right_to_left: bool, pen: float, glyphs: list[Glyph], letters: list[Letter]
) -> float:
    buffer = hb.Buffer()
    buffer.add_str(piece.text)
    buffer.direction = "rtl" if right_to_left else "ltr"
    buffer.script = piece.script or "Zyyy"
    buffer.language = LANGUAGE
    hb.shape(piece.face.font, buffer)
    unit = 1 / piece.face.cap_height
    # From where to where the glyphs of each of HarfBuzz's clusters reach, by the code point it begins with.
    reach: dict[int, tuple[float, float]] = {}
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        begun = reach.get(info.cluster, (pen, pen))[0]
        glyphs.append(
            Glyph(
                piece.face,
                info.codepoint,
                pen + position.x_offset * unit,
                position.y_offset * unit,
            )
        )
        pen += position.x_advance * unit
        reach[info.cluster] = begun, pen
    letters += _letters(piece, reach, right_to_left)
    return pen


def _letters(piece: _Piece, reach: dict[int, tuple[float, float]], right_to_left: bool) -> list[Letter]:
    """The letters of a piece: those that share a cluster of HarfBuzz share its width."""
    begins = sorted(reach)
    first = piece.starts[0]
    shared: dict[int, list[int]] = {}
    for start in piece.starts:
        shared.setdefault(begins[bisect_right(begins, start - first) - 1], []).append(start)
    found: list[Letter] = []
    for begin, starts in shared.items():
        left, right = reach[begin]
        share = (right - left) / len(starts)
        for number, start in enumerate(starts):
            if right_to_left:
                found.append(Letter(start, right - number * share, right - (number + 1) * share, True))
            else:
                found.append(Letter(start, left + number * share, left + (number + 1) * share, False))
    return found
