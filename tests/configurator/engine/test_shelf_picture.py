"""The shelf's picture and drawing follow its measures."""

import re
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.rendering.shelf import board_heights, render_shelf
from configurator.engine.rendering.shelf_drawing import shelf_drawing

PICTURES = Path(__file__).parents[3] / "configurator" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"
DEFAULT: dict[str, Any] = {
    "width_mm": 800,
    "height_mm": 1200,
    "depth_mm": 280,
    "boards": 4,
    "thickness_mm": 18,
    "material": "oak",
    "back": "rails",
}
Pixels = np.ndarray[Any, np.dtype[np.uint8]]

# what the family allows, and a little more
measures = st.fixed_dictionaries(
    {
        "width_mm": st.integers(300, 2400),
        "height_mm": st.integers(300, 2400),
        "depth_mm": st.integers(120, 500),
        "boards": st.integers(1, 9),
        "thickness_mm": st.sampled_from([18, 25]),
        "material": st.sampled_from(["oak", "walnut", "white"]),
        "back": st.sampled_from(["open", "rails", "panel", True, False]),
    }
)


def _render(**changes: Any) -> Pixels:
    return np.asarray(render_shelf(**{**DEFAULT, "pictures": PICTURES, **changes}))


def _draw(**changes: Any) -> str:
    return shelf_drawing(**{**DEFAULT, **changes})


def _front_edges(picture: Pixels) -> int:
    """Falls from a bright front edge into the shade below it, down the middle of a white shelf."""
    grey = picture.astype(float).mean(axis=2)
    column = grey[:, grey.shape[1] // 2 - 4 : grey.shape[1] // 2 + 4].mean(axis=1)
    falls = column[:-6] - column[6:] > 40
    return int((falls[1:] & ~falls[:-1]).sum())


def test_the_picture_has_the_size_asked_for() -> None:
    assert _render(size=(500, 400)).shape == (400, 500, 3)


def test_the_same_shelf_gives_the_same_bytes() -> None:
    assert _render(size=(400, 320)).tobytes() == _render(size=(400, 320)).tobytes()


@pytest.mark.parametrize("boards", range(2, 8))
def test_every_board_can_be_counted_in_the_picture(boards: int) -> None:
    # a shallow shelf shows little but its front edges; these are the brightest parts of a white one
    picture = _render(boards=boards, material="white", depth_mm=120, thickness_mm=25, back="open")
    assert _front_edges(picture) == boards


@pytest.mark.parametrize(
    "change",
    [
        {"width_mm": 1000},
        {"height_mm": 1400},
        {"depth_mm": 350},
        {"boards": 5},
        {"thickness_mm": 25},
        {"material": "walnut"},
        {"back": "open"},
        {"hanging": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_measure_changes_the_picture(change: dict[str, Any]) -> None:
    before, after = _render(size=(400, 320)), _render(size=(400, 320), **change)
    assert np.abs(before.astype(int) - after.astype(int)).max() > 20


def test_the_shelf_stays_inside_its_frame() -> None:
    for change in ({"width_mm": 2400, "height_mm": 300}, {"width_mm": 300, "height_mm": 2400}):
        picture = _render(material="walnut", boards=2, **change).astype(int)
        border = np.concatenate([picture[:24].reshape(-1, 3), picture[:, :24].reshape(-1, 3)])
        assert border.min() > 150  # nothing but the light backdrop


def test_lists_of_materials_look_different() -> None:
    tones = [_render(size=(300, 240), material=m, back="panel").mean() for m in ("walnut", "oak", "white")]
    assert tones == sorted(tones)
    assert tones[1] - tones[0] > 5
    assert tones[2] - tones[1] > 5


@given(measures)
@settings(max_examples=25, deadline=None)
def test_any_shelf_of_the_family_has_a_picture(shelf: dict[str, Any]) -> None:
    picture = np.asarray(render_shelf(**shelf, pictures=PICTURES, size=(200, 160)))
    assert picture.shape == (160, 200, 3)
    assert picture.std() > 8


def test_a_picture_takes_less_than_four_tenths_of_a_second_of_processor_time() -> None:
    _render()  # reads the textures
    took = []
    for _ in range(3):
        start = time.process_time()
        _render(boards=9, height_mm=2000)
        took.append(time.process_time() - start)
    assert min(took) < 0.4


def test_an_unknown_material_is_refused() -> None:
    with pytest.raises(ValueError, match="oak, walnut, white"):
        _render(material="marble")


def test_an_unknown_back_is_refused() -> None:
    with pytest.raises(ValueError, match="open, rails, panel"):
        _render(back="mirror")


def test_boards_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        _render(boards=70)


def test_boards_are_spread_evenly_from_floor_to_top() -> None:
    heights = board_heights(height_mm=1200, boards=4, thickness_mm=18)
    assert heights == pytest.approx((0, 394, 788, 1182))


@given(measures)
@settings(max_examples=50, deadline=None)
def test_a_drawing_is_well_formed_and_states_its_measures(shelf: dict[str, Any]) -> None:
    root = ElementTree.fromstring(shelf_drawing(**shelf))
    words = [text.text for text in root.iter(f"{SVG}text")]
    for measure in ("width_mm", "height_mm", "depth_mm", "thickness_mm"):
        assert str(shelf[measure]) in words


@given(measures)
@settings(max_examples=50, deadline=None)
def test_clear_heights_and_boards_add_up_to_the_height(shelf: dict[str, Any]) -> None:
    heights = board_heights(
        height_mm=shelf["height_mm"], boards=shelf["boards"], thickness_mm=shelf["thickness_mm"]
    )
    assert heights[-1] + shelf["thickness_mm"] == pytest.approx(shelf["height_mm"])
    words = [t.text or "" for t in ElementTree.fromstring(shelf_drawing(**shelf)).iter(f"{SVG}text")]
    drawn = [float(word) for word in words if re.fullmatch(r"[\d.]+", word)]
    outer = sum(shelf[key] for key in ("width_mm", "height_mm", "depth_mm", "thickness_mm"))
    clear = sum(drawn) - outer
    assert clear == pytest.approx(shelf["height_mm"] - shelf["boards"] * shelf["thickness_mm"], abs=0.06 * 9)


def test_the_drawing_fits_on_its_sheet() -> None:
    for change in ({"width_mm": 2400, "height_mm": 300, "boards": 2}, {"width_mm": 300, "height_mm": 2200}):
        root = ElementTree.fromstring(_draw(**change))
        left, top, width, height = (float(v) for v in root.attrib["viewBox"].split())
        for box in root.iter(f"{SVG}rect"):
            x, y, w, h = (float(box.attrib[key]) for key in ("x", "y", "width", "height"))
            assert left <= x and x + w <= left + width + 0.2
            assert top <= y and y + h <= top + height + 0.2
        for text in root.iter(f"{SVG}text"):
            assert left <= float(text.attrib["x"]) <= left + width
            assert top <= float(text.attrib["y"]) <= top + height


def test_a_title_cannot_break_out_of_the_drawing() -> None:
    drawing = _draw(title='"><script>alert(1)</script>', material="oak & <b>")
    root = ElementTree.fromstring(drawing)
    assert not list(root.iter(f"{SVG}script"))
    assert "<script" not in drawing


def test_the_drawing_needs_no_inline_style_or_script() -> None:
    drawing = _draw()
    assert not re.search(r"<script|<style|style=|href=|\son\w+=", drawing)


def test_the_same_shelf_gives_the_same_drawing() -> None:
    assert _draw() == _draw()
