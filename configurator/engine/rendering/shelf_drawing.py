"""The dimensioned drawing of a made-to-measure shelf: front and side elevation as SVG in real millimetres.

One user unit is one millimetre of the shelf; the sheet is scaled to fit, so the drawing states its scale.
Lettering and arrows grow with the shelf, to be equally legible on a small and on a large one.
"""

import io
from html import escape

import resvg_py
from PIL import Image, ImageChops

from configurator.engine.font_files import PINNED
from configurator.engine.rendering.shelf import RAIL_MM, board_heights

_SHEET_MM = (297.0, 210.0)  # A4 landscape
_PAPER = "#fffdf9"
_LETTERS = "inter"  # in the picture of the drawing
_SCALES = (2.0, 2.5, 4.0, 5.0, 7.5, 8.0, 10.0, 12.5, 15.0, 20.0, 25.0)
_STYLE = 'fill="none" stroke="#211e1a"'


def _number(value: float) -> str:
    """Up to one decimal, none when it is whole."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _rectangle(x: float, y: float, width: float, height: float, fill: str = "none") -> str:
    return (
        f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
        f' fill="{fill}"/>'
    )


def _text(
    x: float, y: float, size: float, words: str, *, turned: bool = False, anchor: str = "middle"
) -> str:
    turn = f' transform="rotate(-90 {_number(x)} {_number(y)})"' if turned else ""
    return (
        f'<text x="{_number(x)}" y="{_number(y)}" font-size="{_number(size)}" text-anchor="{anchor}"'
        f' fill="#211e1a" stroke="none"{turn}>{escape(words)}</text>'
    )


def _across(x1: float, x2: float, y: float, size: float, from_y: float) -> str:
    """A level dimension at height y, with extension lines from the piece at `from_y`."""
    tick = size * 0.28
    past = y + (size * 0.35 if y > from_y else -size * 0.35)
    lines = "".join(
        f'<path d="M{_number(x)} {_number(from_y)}V{_number(past)}M{_number(x - tick)} {_number(y + tick)}'
        f'L{_number(x + tick)} {_number(y - tick)}"/>'
        for x in (x1, x2)
    )
    line = f'<path d="M{_number(x1)} {_number(y)}H{_number(x2)}"/>'
    return lines + line + _text((x1 + x2) / 2, y - size * 0.3, size, _number(abs(x2 - x1)))


def _upright(y1: float, y2: float, x: float, size: float, from_x: float) -> str:
    """A vertical dimension at x, with extension lines from the piece at `from_x`."""
    tick = size * 0.28
    past = x + (size * 0.35 if x > from_x else -size * 0.35)
    lines = "".join(
        f'<path d="M{_number(from_x)} {_number(y)}H{_number(past)}M{_number(x - tick)} {_number(y + tick)}'
        f'L{_number(x + tick)} {_number(y - tick)}"/>'
        for y in (y1, y2)
    )
    line = f'<path d="M{_number(x)} {_number(y1)}V{_number(y2)}"/>'
    return lines + line + _text(x - size * 0.3, (y1 + y2) / 2, size, _number(abs(y2 - y1)), turned=True)


def _thickness(top: float, thick: float, width: float, letter: float) -> str:
    """The board's thickness beside the right upright, its number to the right of two short arrows."""
    x = width + letter * 3.0
    arrows = "".join(
        f'<path d="M{_number(width + letter * 0.4)} {_number(y)}H{_number(x + letter * 0.3)}'
        f"M{_number(x)} {_number(y)}v{_number(away)}M{_number(x - letter * 0.2)} {_number(y + away * 0.4)}"
        f'L{_number(x)} {_number(y)}l{_number(letter * 0.2)} {_number(away * 0.4)}"/>'
        for y, away in ((top, -letter * 0.9), (top + thick, letter * 0.9))
    )
    number = _text(
        x + letter * 0.5, top + thick / 2 + letter * 0.3, letter * 0.78, _number(thick), anchor="start"
    )
    return arrows + number


def _front(
    x: float, width: float, height: float, heights: tuple[float, ...], thick: float, rails: bool
) -> list[str]:
    inner = width - 2 * thick
    drawn = []
    if rails:
        low = heights[0] + thick
        for z in (low, heights[-1] - RAIL_MM):
            drawn.append(_rectangle(x + thick, height - z - RAIL_MM, inner, RAIL_MM, "#efe6d6"))
    drawn += [_rectangle(x + thick, height - z - thick, inner, thick, "#e2d3b8") for z in heights]
    drawn += [_rectangle(at, 0, thick, height, "#e2d3b8") for at in (x, x + width - thick)]
    return drawn


def _side(
    x: float, height: float, depth: float, heights: tuple[float, ...], thick: float, rails: bool
) -> list[str]:
    """Seen from the right: the wall is on the left; boards and rails behind the upright are dashed."""
    drawn = [_rectangle(x, 0, depth, height, "#f3ecdf")]
    hidden = [_rectangle(x, height - z - thick, depth, thick) for z in heights]
    if rails:
        hidden += [
            _rectangle(x, height - z - RAIL_MM, thick, RAIL_MM)
            for z in (heights[0] + thick, heights[-1] - RAIL_MM)
        ]
    dash = _number(max(height, depth) / 90)
    return [*drawn, f'<g stroke-dasharray="{dash}">{"".join(hidden)}</g>']


def shelf_drawing(
    *,
    width_mm: int,
    height_mm: int,
    depth_mm: int,
    boards: int,
    thickness_mm: int,
    material: str,
    back: bool | str,
    title: str = "Shelf",
) -> str:
    """The drawing as an SVG document on A4 landscape; `title` and `material` may be any text (escaped).

    Dimensions: outer width, height and depth, board thickness, and the clear height of every compartment.
    The same arguments give the same text.
    """
    width, height, depth, thick = float(width_mm), float(height_mm), float(depth_mm), float(thickness_mm)
    heights = board_heights(height_mm=height_mm, boards=boards, thickness_mm=thickness_mm)
    rails = back == "rails"
    letter = max(width + depth, height) / 36
    gap = letter * 6.5
    side_x = width + gap
    left, top = -letter * 6, -letter * 4.5
    full = (side_x + depth + letter * 4 - left, height + letter * 7.5 - top)
    needed = max(full[0] / _SHEET_MM[0], full[1] / _SHEET_MM[1])
    scale = next((usual for usual in _SCALES if usual >= needed), needed)
    view = (_SHEET_MM[0] * scale, _SHEET_MM[1] * scale)
    left -= (view[0] - full[0]) / 2
    top -= (view[1] - full[1]) / 2

    drawn = _front(0.0, width, height, heights, thick, rails)
    drawn += _side(side_x, height, depth, heights, thick, rails)
    drawn.append(_across(0, width, -letter * 1.6, letter, -letter * 0.4))
    drawn.append(_across(side_x, side_x + depth, -letter * 1.6, letter, -letter * 0.4))
    drawn.append(_upright(0, height, -letter * 3.4, letter, -letter * 0.4))
    small = letter * 0.78
    floor = [0.0] if heights[0] > 0 else []
    levels = [*floor, *(z + thick for z in heights[:-1])]
    for low, high in zip(levels, heights[len(heights) - len(levels) :], strict=True):
        drawn.append(_upright(height - high, height - low, width + letter * 1.6, small, width + letter * 0.4))
    # the thickness is too short to hold its number: it stands beside the end of the top board
    drawn.append(_thickness(height - heights[-1] - thick, thick, width, letter))
    words = f"{boards} boards, {_number(thick)} mm {material}"
    line = height + letter * 2.4
    drawn.append(_text(0, line, letter * 1.15, title, anchor="start"))
    drawn.append(_text(0, line + letter * 1.5, letter, words, anchor="start"))
    caption = f"All measures in millimetres. Scale 1 : {_number(scale)} on A4"
    drawn.append(_text(0, line + letter * 2.9, letter * 0.8, caption, anchor="start"))
    drawn.append(_text(side_x + depth / 2, line, letter * 0.8, "Side"))
    label = escape(f"Drawing: {title}, {width_mm} x {height_mm} x {depth_mm} mm", quote=True)
    box = " ".join(_number(v) for v in (left, top, *view))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(_SHEET_MM[0])}mm"'
        f' height="{_number(_SHEET_MM[1])}mm"'
        f' viewBox="{box}" role="img" aria-label="{label}" font-family="sans-serif">'
        f"{_rectangle(left, top, *view, _PAPER)}"
        f'<g {_STYLE} stroke-width="{_number(letter / 12)}">{"".join(drawn)}</g></svg>\n'
    )


def drawing_picture(drawing: str, *, size: tuple[int, int]) -> Image.Image:
    """The drawing in a picture of so many pixels, as large as it goes: without the margins of its sheet."""
    letters = next(font for font in PINNED if font.code == _LETTERS).path()
    margin = size[0] // 24
    room = (size[0] - 2 * margin, size[1] - 2 * margin)

    def drawn(width: int) -> Image.Image:
        png = resvg_py.svg_to_bytes(
            svg_string=drawing,
            width=width,
            dpi=96,
            skip_system_fonts=True,
            font_files=[] if letters is None else [str(letters)],
            sans_serif_family="Inter",
        )
        sheet = Image.open(io.BytesIO(bytes(png)), formats=("PNG",)).convert("RGB")
        apart = ImageChops.difference(sheet, Image.new("RGB", sheet.size, _PAPER)).convert("L")
        inked = apart.point(lambda value: 255 if value > 16 else 0)  # the sheet has soft edges
        return sheet.crop(inked.getbbox())

    small = drawn(size[0])
    larger = min(room[0] / small.width, room[1] / small.height)
    content = drawn(int(size[0] * larger))
    picture = Image.new("RGB", size, _PAPER)
    picture.paste(content, ((size[0] - content.width) // 2, (size[1] - content.height) // 2))
    return picture
