"""Drawings: their shapes are what resvg draws; everything else is left behind, and told."""

import io
import itertools
import json
import random

import numpy as np
import pytest
import resvg_py
from PIL import Image

from configurator.engine.drawing import Shape, read_drawing, vector_items
from configurator.engine.geometry import Box, bounds
from configurator.engine.imaging import UploadRefused, take_in
from configurator.engine.svg_paths import DrawingRefused, looks_like_svg, read_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
SIDE = 240


def svg(body, box="0 0 100 100", root=""):
    return f'{HEAD} viewBox="{box}" {root}>{body}</svg>'.encode()


def drawn(data, root='width="240" height="240"'):
    """Which pixels resvg covers, by alpha."""
    text = data.decode() if isinstance(data, bytes) else data
    page = text.replace("<svg ", f"<svg {root} ", 1)
    png = resvg_py.svg_to_bytes(svg_string=page, skip_system_fonts=True, dpi=96)
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))[..., 3].astype(float) / 255


def overlap(one, other):
    """Intersection over union of two coverages."""
    return np.minimum(one, other).sum() / max(np.maximum(one, other).sum(), 1e-9)


def agrees(body, box="0 0 100 100"):
    data = svg(body, box)
    drawing, _ = read_svg(data)
    return overlap(drawn(data), drawn(drawing.as_svg()))


# --- the same picture as resvg -----------------------------------------------------------------------------

PICTURES = {
    "lines, absolute and relative": '<path d="M10 10L90 20l-5 60H30v-20h-10V50z"/>',
    "cubic curves and smooth ones": '<path d="M10 50C10 0 50 0 50 50S90 100 90 50L90 90H10z"/>',
    "relative smooth curves": '<path d="m10 50c0-50 40-50 40 0s40 50 40 0v40h-80z"/>',
    "quadratic curves and smooth ones": '<path d="M5 50Q25 0 50 50T95 50T60 90T5 90z"/>',
    "arcs, all four ways": '<path d="M20 50A30 20 30 0 0 70 60z M20 40A30 20 30 1 1 70 30z"/>'
    '<path d="M30 70A10 12 0 1 0 60 80z"/>',
    "arcs whose radii are too small": '<path d="M20 50A1 2 15 0 1 80 50z"/>',
    "arcs with flags that stick together": '<path d="M20 50a30 20 0 0150.5.5z"/>',
    "numbers that stick together": '<path d="M10-.5.5 90L90.5.5-5e1 2E1z"/>',
    "more points after a move": '<path d="M10 10 90 10 90 90 10 90z m20 20 20 0 0 20z"/>',
    "drawing on after closing": '<path d="M10 10h30v30h-30zl40 60h20z"/>',
    "a rectangle": '<rect x="10" y="20" width="50" height="30"/>',
    "a round rectangle": '<rect x="10" y="20" width="50" height="30" rx="12" ry="40"/>',
    "a circle and an ellipse": '<circle cx="30" cy="30" r="20"/><ellipse cx="70" cy="70" rx="25" ry="10"/>',
    "a polygon and a polyline": '<polygon points="10,10 50 20,30,60"/><polyline points="60 60 90 60 90 90"/>',
    "a line": '<line x1="10" y1="10" x2="90" y2="60" stroke="black" stroke-width="6"/>',
    "strokes and no fill": '<path d="M20 20C40 90 60 90 80 20" fill="none" stroke="#123" stroke-width="5"/>',
    "all transforms": '<g transform="translate(50 50) rotate(30)"><g transform="scale(.5,.8) skewX(10)">'
    '<rect x="-40" y="-30" width="60" height="50" transform="matrix(1 .2 -.1 1 3 4)"/></g></g>'
    '<rect width="10" height="10" transform="rotate(45 5 5) skewY(5) scale(2)"/>',
    "inherited paint": '<g fill="none" stroke="red" stroke-width="4"><circle cx="50" cy="50" r="30"/>'
    '<circle cx="50" cy="50" r="10" fill="blue" stroke="none"/></g>',
    "paint in a style": '<rect width="50" height="50" style="fill: none; stroke:#0f0;stroke-width:6px"/>',
    "even-odd rings": '<path fill-rule="evenodd" d="M5 5H95V95H5zM20 20H80V80H20zM35 35H65V65H35z"/>',
    "even-odd curves run the same way": '<path fill-rule="evenodd"'
    ' d="M10 50a40 40 0 1 1 80 0a40 40 0 1 1-80 0zM30 50a20 20 0 1 1 40 0a20 20 0 1 1-40 0z"/>',
    "non-zero with a hole run the other way": '<path d="M5 5H95V95H5z M20 20V80H80V20z"/>',
    "an open part is filled too": '<path d="M10 10L90 10L50 90"/>',
    "lengths in units": '<rect x="5mm" y="0.2cm" width="40px" height="30pt"/>',
    "hidden things stay hidden": '<rect width="40" height="40"/>'
    '<g display="none"><rect width="90" height="90"/></g>'
    '<rect width="90" height="90" visibility="hidden"/>',
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_the_outlines_are_what_resvg_draws(name):
    assert agrees(PICTURES[name]) > 0.985


def test_a_shifted_frame_is_kept():
    body = '<circle cx="-20" cy="30" r="15"/>'
    drawing, _ = read_svg(svg(body, "-50 0 100 50"))
    assert (drawing.width, drawing.height) == (1_000_000, 500_000)
    assert bounds(drawing.shapes[0].path) == Box(150_000, 150_000, 450_000, 450_000)


def generated(seed):
    """Some shapes with every command of path data, in nested transforms."""
    pick = random.Random(seed)

    def number():
        return f"{pick.uniform(5, 95):.{pick.randrange(4)}f}"

    def path():
        data = f"M{number()} {number()}"
        for _ in range(pick.randrange(2, 8)):
            command = pick.choice("LHVCSQTAlhvcsqta")
            count = {"l": 2, "h": 1, "v": 1, "c": 6, "s": 4, "q": 4, "t": 2, "a": 0}[command.lower()]
            scale = 0.3 if command.islower() else 1
            given = [f"{float(number()) * scale:.3f}" for _ in range(count)]
            if not count:
                given = [number(), number(), number(), *pick.choices("01", k=2)]
                given += [f"{float(number()) * scale:.3f}" for _ in range(2)]
            data += command + pick.choice([" ", ","]).join(given)
        return data + pick.choice(["", "z"])

    body = ""
    for _ in range(pick.randrange(1, 4)):
        turned = pick.choice(
            ["", f' transform="rotate({pick.randrange(360)} 50 50)"', ' transform="scale(.7)"']
        )
        body += f'<g{turned}><path d="{path()}" fill="#{pick.randrange(4096):03x}"/></g>'
    return svg(body)


@pytest.mark.parametrize("seed", range(40))
def test_generated_drawings_are_what_resvg_draws(seed):
    data = generated(seed)
    drawing, left_out = read_svg(data)
    assert overlap(drawn(data), drawn(drawing.as_svg())) > 0.98
    assert not left_out


# --- stored and placed -------------------------------------------------------------------------------------


def test_what_is_stored_is_read_again_as_the_same_drawing():
    drawing, _ = read_svg(svg(PICTURES["arcs, all four ways"]))
    assert read_drawing(drawing.canonical()) == drawing
    assert read_drawing(drawing.canonical()).canonical() == drawing.canonical()


def test_the_same_shapes_otherwise_written_are_the_same_drawing():
    one, _ = read_svg(svg('<rect x="10" y="10" width="20" height="20" fill="red"/>'))
    other, _ = read_svg(
        svg('<g  fill="#FF0000"><title>x</title><path d="M10,10h20v20h-20z"/></g>', root='id="x"')
    )
    assert one.canonical() == other.canonical()


def test_a_drawing_is_laid_into_its_box():
    drawing, _ = read_svg(svg('<path d="M0 0H100V50H0z" stroke="red" stroke-width="2"/>', "0 0 100 50"))
    fill, line = vector_items(drawing, Box(1_000, 2_000, 101_000, 52_000))
    assert bounds(fill.path) == Box(1_000, 2_000, 101_000, 52_000)
    assert (fill.line, line.line) == (0, 2_000)


def test_a_part_of_a_drawing_is_laid_into_its_box():
    drawing, _ = read_svg(svg('<path d="M50 0H100V100H50z"/>'))
    (shape,) = vector_items(drawing, Box(0, 0, 10_000, 20_000), Box(500_000, 0, 1_000_000, 1_000_000))
    assert bounds(shape.path) == Box(0, 0, 10_000, 20_000)


def test_a_drawing_of_another_format_is_not_read():
    for text in ('{"format":2}', "[]", "x"):
        with pytest.raises(ValueError):
            read_drawing(text)


def test_an_upload_of_a_drawing_is_outlines_and_nothing_else():
    data = svg('<script>alert(1)</script><path d="M0 0H9V9z" onclick="alert(2)" fill="red"/>')
    accepted = take_in(data)
    assert accepted.kind == "vector"
    assert json.loads(accepted.content)["shapes"] == [
        {"colour": "#ff0000", "line": 0, "path": "M0 0L90000 0L90000 90000Z"}
    ]
    assert accepted.notes == ("Left out of the drawing: scripts.",)
    assert read_drawing(accepted.content).shapes == (
        Shape((("M", 0, 0), ("L", 90_000, 0), ("L", 90_000, 90_000), ("Z",)), "#ff0000"),
    )


# --- left out, and told ------------------------------------------------------------------------------------

SQUARE = '<path d="M0 0H9V9z"/>'
LEFT_OUT = {
    "<script>alert(1)</script>": "scripts",
    '<g onload="alert(1)"/>': "scripts",
    "<style>path{fill:red}</style>": "style sheets",
    "<text>Hello</text>": "text",
    '<image href="http://example.com/x.png"/>': "pictures inside",
    '<use xlink:href="#x"/>': "repeated symbols",
    "<foreignObject><p>x</p></foreignObject>": "pages inside",
    "<filter><feTurbulence/></filter>": "filters",
    '<path filter="url(#f)" d="M0 0H9V9z"/>': "filters",
    '<path clip-path="url(#f)" d="M0 0H9V9z"/>': "clipping paths",
    '<path style="mask:url(#f)" d="M0 0H9V9z"/>': "masks",
    '<path fill="url(#g)" d="M0 0H9V9z"/>': "colour gradients",
    '<path fill="rgba(255,0,0,.5)" d="M0 0H9V9z"/>': "transparency",
    '<path opacity=".5" d="M0 0H9V9z"/>': "transparency",
    '<path stroke="red" stroke-dasharray="1 2" d="M0 0H9V9z"/>': "dashes",
    '<path stroke="red" transform="scale(1 3)" d="M0 0H9V9z"/>': "lines stretched",
    "<svg><rect width='9' height='9'/></svg>": "drawings inside",
    '<a href="javascript:alert(1)"><rect width="9" height="9"/></a>': "links",
    '<animate attributeName="d"/>': "movement",
    "<blink/>": "what is no path",
}


@pytest.mark.parametrize("body", LEFT_OUT)
def test_what_is_no_shape_is_left_out_and_told(body):
    drawing, left_out = read_svg(svg(SQUARE + body))
    assert any(words.startswith(LEFT_OUT[body]) for words in left_out)
    assert b"http" not in drawing.canonical() and b"alert" not in drawing.canonical()


def test_what_draws_nothing_by_itself_is_not_told():
    body = "<title>t</title><desc>d</desc><metadata><x/></metadata><defs><path d='M0 0'/></defs>"
    inkscape = '<i:grid xmlns:i="http://www.inkscape.org/x"><i:deep/></i:grid>'
    assert read_svg(svg(body + inkscape + SQUARE))[1] == ()


# --- refused -----------------------------------------------------------------------------------------------


def deep(levels):
    return "<g>" * levels + SQUARE + "</g>" * levels


REFUSED = {
    "nothing but text": (svg("<text>x</text>"), "svg-empty"),
    "nothing at all": (svg(""), "svg-empty"),
    "everything outside": (svg('<rect x="200" width="9" height="9"/>'), "svg-empty"),
    "no thickness": (svg('<path d="M0 0H50"/>'), "svg-empty"),
    "an entity": (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg viewBox="0 0 9 9">&a;</svg>', "svg-entities"),
    "an outer entity": (
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg viewBox="0 0 9 9">&a;</svg>',
        "svg-entities",
    ),
    "a cut-off file": (svg(SQUARE)[:-9], "svg-broken"),
    "two roots": (svg(SQUARE) + svg(SQUARE), "svg-broken"),
    "no svg": (b"<html><svg/></html>", "svg-broken"),
    "not a number": (svg('<path d="M0 0L NaN 5"/>'), "svg-broken"),
    "a frame of no number": (svg(SQUARE, "0 0 NaN 5"), "svg-broken"),
    "a frame of five numbers": (svg(SQUARE, "0 0 5 5 5"), "svg-broken"),
    "a transform of too many numbers": (svg('<g transform="rotate(1 2 3 4 5 6 7 8)"/>'), "svg-broken"),
    "infinity": (svg('<rect width="1e999" height="5"/>'), "svg-broken"),
    "far outside": (svg('<path d="M0 0L9e6 5L9 9z"/>'), "svg-broken"),
    "path data without a move": (svg('<path d="L5 5"/>'), "svg-broken"),
    "a width in per cent": (b'<svg width="100%" height="100%"><path d="M0 0H9V9z"/></svg>', "svg-size"),
    "no size": (b'<svg><path d="M0 0H9V9z"/></svg>', "svg-size"),
    "an extreme frame": (svg(SQUARE, "0 0 1000 1"), "svg-size"),
    "deep groups": (svg(deep(70)), "svg-too-complex"),
    "very deep groups": (svg(deep(100_000)), "svg-too-complex"),
    "many elements": (svg("<g/>" * 20_001), "svg-too-complex"),
    "a huge path": (svg(f'<path d="M0 0{"L1 1 2 2" * 40_000}"/>'), "svg-too-complex"),
    "an even-odd star": (svg('<path fill-rule="evenodd" d="M50 0L80 90L5 35H95L20 90z"/>'), "svg-even-odd"),
    "an unknown encoding": (b'<?xml version="1.0" encoding="x-y"?><svg viewBox="0 0 9 9"/>', "svg-broken"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_drawn_is_refused(name):
    data, code = REFUSED[name]
    with pytest.raises(DrawingRefused) as caught:
        read_svg(data)
    assert caught.value.code == code
    assert any(word in str(caught.value) for word in ("save", "Save", "export", "Convert", "Give"))


def test_a_refusal_comes_through_the_cage_with_what_was_left_out():
    with pytest.raises(UploadRefused, match="left out: text") as caught:
        take_in(svg("<text>x</text>"))
    assert caught.value.code == "svg-empty"


def test_a_document_type_without_entities_is_taken():
    named = (
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    )
    assert read_svg(b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- Made by hand -->" + named + svg(SQUARE))[
        0
    ].shapes


def test_svg_is_told_by_its_first_element():
    for text in ("<svg>", "\ufeff<?xml version='1.0'?><svg>", "<!-- x --> <svg ", "<x:svg xmlns:x='y'>"):
        assert looks_like_svg(text.encode())
    for text in ("<html><svg>", "<!DOCTYPE html><svg>", "GIF89a<svg>", "", "<svgx>", "{}<svg>"):
        assert not looks_like_svg(text.encode())


def test_a_part_runs_the_other_way_inside_each_other():
    drawing, _ = read_svg(svg(PICTURES["even-odd rings"]))
    turns = [
        sum(one[-2] * other[-1] - other[-2] * one[-1] for one, other in itertools.pairwise([*part, part[0]]))
        > 0
        for part in parts(drawing.shapes[0].path)
    ]
    assert turns == [True, False, True]


def parts(path):
    found = []
    for segment in path:
        if segment[0] == "M":
            found.append([])
        if segment[0] != "Z":
            found[-1].append(segment)
    return found
