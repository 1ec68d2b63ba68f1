"""The fonts that text may be made with: files from pinned packages, found by code, known by content hash.

A font is asked for by its code (`great-vibes`) or by code and weight (`playfair-display:700`); a variable
font
without a weight stands at its default instance. A letter that the asked font does not have comes from the
first font of the fallback chain that has it. Outlines are never hinted: what is made does not depend on a
resolution. Letter height is the height of the font's capitals (OS/2 sCapHeight, or the measured H).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import uharfbuzz as hb
from fontTools.ttLib import TTFont

from configurator.engine.font_files import BY_CODE, sha256_of

CODES = tuple(BY_CODE)
SERIFS = ("playfair-display", "cinzel", "noto-serif")
# By script first (Noto Sans has Devanagari too), then symbols: hearts, arrows and stars as Inter draws them,
# then emoji. The font of all Chinese, Japanese and Korean is by far the largest: it is opened last.
FALLBACK = (
    "noto-sans",
    "heebo",
    "noto-sans-arabic",
    "noto-sans-thai",
    "inter",
    "noto-emoji",
    "noto-sans-cjk",
)
# HarfBuzz takes the language from the locale when none is given: always give one.
LANGUAGE = "und"

GlyphSegment = tuple[str, *tuple[float, ...]]
GlyphOutline = tuple[GlyphSegment, ...]


class UnknownFont(LookupError):
    """No font of that code is installed."""

    def __init__(self, code: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no font {code!r}. Known fonts: {', '.join(sorted(known))}.")
        self.code = code


@dataclass(frozen=True, slots=True)
class FontFile:
    """One font file: its code, where it is, and the hash of its bytes (hexadecimal SHA-256)."""

    code: str
    path: FilePath
    sha256: str
    variable: bool = True


class Face:
    """One font at one weight, ready to shape. Lengths are font units, y upwards."""

    def __init__(self, file: FontFile, *, weight: int | None = None) -> None:
        self.code, self.weight, self.sha256 = file.code, weight, file.sha256
        if sha256_of(file.path) != file.sha256:
            raise OSError(
                f"The font file {file.path} is not the one that is listed (SHA-256 {file.sha256[:12]}…):"
                " see `python3 manage.py doctor`."
            )
        # Mapped into memory, so that processes share the pages of a large font.
        self.font = hb.Font(hb.Face(hb.Blob.from_file_path(str(file.path))))
        if weight is not None:
            self.font.set_variations({"wght": float(weight)})
        self.cap_height = _cap_height(file.path, self.font)
        self._covered: dict[str, bool] = {}
        self._outlines: dict[int, GlyphOutline] = {}
        self._draw = _drawing_functions()

    def covers(self, cluster: str) -> bool:
        """Whether the font has a glyph for everything seen in a grapheme cluster."""
        known = self._covered.get(cluster)
        if known is None:
            buffer = hb.Buffer()
            buffer.add_str(cluster)
            buffer.guess_segment_properties()
            buffer.language = LANGUAGE
            hb.shape(self.font, buffer)
            known = all(info.codepoint != 0 for info in buffer.glyph_infos)
            self._covered[cluster] = known
        return known

    def outline(self, glyph: int) -> GlyphOutline:
        """The outline of a glyph, unhinted, as segments M L Q C Z with absolute coordinates."""
        known = self._outlines.get(glyph)
        if known is None:
            segments: list[GlyphSegment] = []
            self.font.draw_glyph(glyph, self._draw, segments)
            known = self._outlines[glyph] = tuple(segments)
        return known


def _cap_height(path: FilePath, font: Any) -> int:
    with TTFont(path, lazy=True) as table:
        declared = getattr(table["OS/2"], "sCapHeight", 0)
    if declared:
        return int(declared)
    extents = font.get_glyph_extents(font.get_nominal_glyph(ord("H")))
    return int(extents.y_bearing)


def _drawing_functions() -> Any:
    functions = hb.DrawFuncs()
    functions.set_move_to_func(lambda x, y, out: out.append(("M", x, y)))
    functions.set_line_to_func(lambda x, y, out: out.append(("L", x, y)))
    functions.set_quadratic_to_func(lambda a, b, x, y, out: out.append(("Q", a, b, x, y)))
    functions.set_cubic_to_func(lambda a, b, c, d, x, y, out: out.append(("C", a, b, c, d, x, y)))
    functions.set_close_path_func(lambda out: out.append(("Z",)))
    return functions


class FontLibrary:
    """The fonts of this installation by code, with the fallback chain. Make one and keep it."""

    def __init__(
        self, files: Mapping[str, FontFile | FilePath], *, fallback: Sequence[str] = FALLBACK
    ) -> None:
        self._files = {
            code: file if isinstance(file, FontFile) else FontFile(code, file, sha256_of(file))
            for code, file in sorted(files.items())
        }
        self._fallback = tuple(code for code in fallback if code in self._files)
        self._faces: dict[str, Face] = {}
        self._chains: dict[str, tuple[str, ...]] = {}

    @classmethod
    def installed(cls, codes: Sequence[str] = CODES) -> FontLibrary:
        """The fonts of this shop; raises `UnknownFont` for a code that it has not, or whose package is not
        installed. Their files are read, and their hashes checked, when they are first used."""
        return cls({code: _pinned_file(code) for code in codes})

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self._files)

    def file_of(self, font: str) -> FontFile:
        """The file of a font asked for as `code` or `code:weight`."""
        code = font.partition(":")[0]
        if code not in self._files:
            raise UnknownFont(code, self.codes)
        return self._files[code]

    def face(self, font: str) -> Face:
        """The font asked for as `code` or `code:weight`; raises `UnknownFont`."""
        if font not in self._faces:
            code, _, weight = font.partition(":")
            if weight and not weight.isdecimal():
                raise UnknownFont(font, self.codes)
            file = self.file_of(font)
            if weight and not file.variable:
                self._faces[font] = self.face(code)
            else:
                self._faces[font] = Face(file, weight=int(weight) if weight else None)
        return self._faces[font]

    def chain(self, font: str) -> tuple[Face, ...]:
        """The asked font and those that may stand in for it, in order, each once."""
        return tuple(self._in_turn(font))

    def face_for(self, cluster: str, font: str) -> Face | None:
        """The first font of the chain that has every letter of the cluster; None when none has."""
        return next((face for face in self._in_turn(font) if face.covers(cluster)), None)

    def names(self, font: str) -> tuple[str, ...]:
        """The fonts of the chain as `face` takes them, in order; none is opened for it."""
        names = self._chains.get(font)
        if names is None:
            code, _, weight = font.partition(":")
            stand_in = ("noto-serif",) if code in SERIFS and "noto-serif" in self._files else ()
            others = [other for other in (*stand_in, *self._fallback) if other != code]
            names = (font, *(f"{other}:{weight}" if weight else other for other in others))
            self._chains[font] = names
        return names

    def _in_turn(self, font: str) -> Iterator[Face]:
        """The fonts of the chain, each opened only when it is asked for."""
        return map(self.face, self.names(font))


def _pinned_file(code: str) -> FontFile:
    pinned = BY_CODE.get(code)
    path = pinned.path() if pinned is not None else None
    if pinned is None or path is None:
        raise UnknownFont(code, CODES)
    return FontFile(code, path, pinned.sha256, pinned.variable)
