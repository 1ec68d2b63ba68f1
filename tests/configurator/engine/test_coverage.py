"""Coverage of pixels by outlines: exact areas, the winding rule, and the same as drawing the SVG."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, bounds, ellipse, rectangle
from configurator.engine.layout import Frame, TextElement, TextFrame, compose
from configurator.engine.rendering.coverage import covered
from configurator.engine.rendering.placed import Grid
from configurator.engine.rendering.svg import item_svg

FONTS = FontLibrary.installed()
MM = 1000


def drawn(path, scale=0.01):
    grid = Grid(scale)
    return covered(path, grid, grid.window(bounds(path).inset(-100)))


@given(
    st.tuples(*[st.integers(0, 3000)] * 2), st.tuples(*[st.integers(1, 3000)] * 2), st.sampled_from([1, -1])
)
@settings(max_examples=60, deadline=None)
def test_a_rectangle_covers_of_every_pixel_what_it_overlaps(start, size, turn):
    box = Box(*start, start[0] + size[0], start[1] + size[1])
    path = rectangle(box)
    corners = [segment[1:] for segment in path if segment[0] != "Z"][::turn]
    path = (("M", *corners[0]), *(("L", *corner) for corner in corners[1:]), ("Z",))
    grid = Grid(0.01)
    left, top, right, bottom = window = grid.window(box.inset(-100))

    def shares(low, high, first, last):
        edges = np.arange(first, last + 1) * 100
        return np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0, 100) / 100

    expected = np.outer(shares(box.top, box.bottom, top, bottom), shares(box.left, box.right, left, right))
    assert np.abs(covered(path, grid, window) - expected * 255).max() <= 0.51


def test_a_circle_has_its_area():
    path = ellipse(Box(0, 0, 40 * MM, 40 * MM))
    assert drawn(path).sum() / 255 / 0.01**2 == pytest.approx(np.pi * (20 * MM) ** 2, rel=1e-3)


def test_what_winds_twice_is_covered_once_and_a_hole_is_open():
    outer, inner = rectangle(Box(0, 0, 900, 900)), rectangle(Box(300, 300, 600, 600))
    backwards = (("M", 300, 300), ("L", 300, 600), ("L", 600, 600), ("L", 600, 300), ("Z",))
    assert drawn(outer + inner).max() == 255
    assert drawn(outer + inner)[5, 5] == 255
    assert drawn(outer + backwards)[5, 5] == 0


def test_an_open_outline_is_joined():
    path = (("M", 0, 0), ("L", 800, 0), ("L", 0, 800))
    assert (drawn(path) == drawn((*path, ("Z",)))).all()


@pytest.mark.parametrize("text", ["Willemijn & Łukasz", "عمر الحب", "שלום", "Ελένη Мария", "नमस्ते"])
@pytest.mark.parametrize("scale", [0.002, 0.008])
def test_letters_are_covered_as_when_their_svg_is_drawn(text, scale):
    frame = TextFrame(
        "line", "great-vibes", Box(0, 0, 200 * MM, 40 * MM), "center", "middle", 14 * MM, 3 * MM
    )
    scene = compose(
        Frame("front", "engrave", 200 * MM, 40 * MM), [TextElement(frame, text, "engrave")], fonts=FONTS
    )
    (item,) = scene.items
    grid = Grid(scale)
    window = grid.window(item.box.inset(-100))
    mine = covered(item.path, grid, window).astype(int)
    theirs = np.asarray(grid.painted(item_svg(item, colours={"engrave": "#000000"}, pictures={}), window))
    theirs = theirs[..., 3].astype(int)
    assert mine.sum() == pytest.approx(theirs.sum(), rel=0.02)
    assert (np.abs(mine - theirs) > 64).sum() <= 0.005 * (theirs > 0).sum()
