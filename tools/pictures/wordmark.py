"""The shop's wordmark as outlines, for places that have no web fonts: README, e-mail, PDF, printed matter."""

from pathlib import Path

from fontpkg_noto_serif import ROOT as FONT_FOLDER
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

STATIC = Path(__file__).resolve().parents[2] / "static" / "img"
WORDS = "Made Here"
EM = 30.0  # height of the em square in user units
BASELINE = 32.5
# the mark of static/favicon.svg on its 32 x 32 grid
MARK = "M7 23V10.5h3.2L16 18.6l5.8-8.1H25V23h-3.4v-7.2L16 23.4l-5.6-7.6V23z"


def _outline(left: float) -> tuple[str, float]:
    """The words in Noto Serif SemiBold as one path starting at `left`, and where it ends."""
    font = TTFont(FONT_FOLDER / "files" / "NotoSerif[wdth,wght].ttf")
    bold = instantiateVariableFont(font, {"wght": 600, "wdth": 100})
    glyphs, names = bold.getGlyphSet(), bold.getBestCmap()
    scale = EM / bold["head"].unitsPerEm
    pen = SVGPathPen(glyphs, ntos=lambda number: f"{number:.2f}".rstrip("0").rstrip("."))
    x = left
    for letter in WORDS:
        glyph = glyphs[names[ord(letter)]]
        glyph.draw(TransformPen(pen, (scale, 0, 0, -scale, x, BASELINE)))
        x += glyph.width * scale - 0.15
    return pen.getCommands(), x


def _document(path: str, width: float, ink: str, ground: str, letter: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} 44" role="img"'
        f' aria-label="{WORDS}">'
        f'<rect x="2" y="6" width="32" height="32" rx="6" fill="{ground}"/>'
        f'<path transform="translate(2 6)" d="{MARK}" fill="{letter}"/>'
        f'<path d="{path}" fill="{ink}"/></svg>\n'
    )


def make() -> None:
    """Writes static/img/logo.svg for light grounds and logo-dark.svg for dark ones."""
    STATIC.mkdir(parents=True, exist_ok=True)
    path, end = _outline(45.0)
    light = _document(path, end + 2, "#211e1a", "#1d4a38", "#fbf9f5")
    (STATIC / "logo.svg").write_text(light, encoding="utf-8")
    (STATIC / "logo-dark.svg").write_text(
        _document(path, end + 2, "#f3eee4", "#8fc7a6", "#14241c"), encoding="utf-8"
    )


if __name__ == "__main__":
    make()
