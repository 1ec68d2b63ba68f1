"""One line of text in any scripts -> glyphs in the order in which they are seen.

The line is cut at every change of direction (UAX #9), font (fallback by grapheme cluster) and script;
HarfBuzz
shapes the pieces; they are joined from left to right. Lengths are in letter heights (the height of a
capital),
so a fallback font is as tall as the font it stands in for. The y axis points up here, as in fonts.
"""

from __future__ import annotations

import unicodedata
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
class ShapedLine:
    """`missing` names the letters that no font has, each once, in the order of the text."""

    glyphs: tuple[Glyph, ...]
    advance: float
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    face: Face
    script: str


def shape_line(text: str, *, font: str, fonts: FontLibrary) -> ShapedLine:
    """Shape one line; `font` is `code` or `code:weight`. Line breaks are the caller's matter."""
    text = unicodedata.normalize("NFC", text)
    glyphs: list[Glyph] = []
    missing: list[str] = []
    pen = 0.0
    for run in level_runs(text):
        pieces = _pieces(text, run, font, fonts, missing)
        for piece in reversed(pieces) if run.right_to_left else pieces:
            pen = _shape(piece, run.right_to_left, pen, glyphs)
    return ShapedLine(tuple(glyphs), pen, tuple(dict.fromkeys(missing)))


def _pieces(text: str, run: LevelRun, font: str, fonts: FontLibrary, missing: list[str]) -> list[_Piece]:
    """The stretches of one font and one script inside a run, in the order of the text."""
    pieces: list[_Piece] = []
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
            pieces[-1] = _Piece(last.text + cluster, face, last.script or script)
        else:
            pieces.append(_Piece(cluster, face, script))
    return pieces


def _shape(piece: _Piece, right_to_left: bool, pen: float, glyphs: list[Glyph]) -> float:
    buffer = hb.Buffer()
    buffer.add_str(piece.text)
    buffer.direction = "rtl" if right_to_left else "ltr"
    buffer.script = piece.script or "Zyyy"
    buffer.language = LANGUAGE
    hb.shape(piece.face.font, buffer)
    unit = 1 / piece.face.cap_height
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        glyphs.append(
            Glyph(
                piece.face,
                info.codepoint,
                pen + position.x_offset * unit,
                position.y_offset * unit,
            )
        )
        pen += position.x_advance * unit
    return pen
