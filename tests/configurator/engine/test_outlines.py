"""Surfaces that are cut to a shape: one outline for the picture, the machine and the nest."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.family import read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, bounds, rectangle
from configurator.engine.layout import LayoutError, Scene, lay_out
from configurator.engine.layout.scene import contour_of
from configurator.engine.manufacturing import NotDefined, Work, work_of
from configurator.engine.outlines import SHAPES, UnknownShape, contour, corners, excess_over
from configurator.engine.rendering.contours import shape_of
from configurator.engine.rendering.preview import picture_of
from production.engine.outlines import area_of, fault_of
from production.engine.work import read_work

FAMILIES = Path(__file__).parents[3] / "configurator/families"
SIGN = read_family((FAMILIES / "walnut-sign.yaml").read_text(encoding="utf-8"), filename="walnut-sign")
FONTS = FontLibrary.installed()
CUT = [shape for shape in SHAPES if shape != "rectangle"]


def chosen(shape: str, **choices: object) -> dict[str, object]:
    return {**SIGN.defaults, "border": "none", "shape": shape, **choices}


def scene(shape: str, **choices: object) -> Scene:
    return lay_out(spec=SIGN, choices=chosen(shape, **choices), surface="front", fonts=FONTS, assets={})


@pytest.mark.parametrize("shape", CUT)
@settings(max_examples=25, deadline=None)
@given(st.integers(20_000, 900_000), st.integers(20_000, 900_000))
def test_an_outline_fills_its_box_and_its_polygon_holds_it(shape: str, width: int, height: int) -> None:
    path, polygon = contour(shape, width, height), corners(shape, width, height)
    assert bounds(path) == Box(0, 0, width, height)
    assert fault_of(polygon, width, height) == ""
    assert excess_over(path, polygon, 0) <= 1
    # Hardly larger than what is cut.
    assert excess_over(path, polygon, max(width, height) // 200 + 2) > 0


def test_what_reaches_over_an_outline_is_measured() -> None:
    polygon = corners("house", 200_000, 100_000)
    assert excess_over(rectangle(Box(50_000, 40_000, 150_000, 90_000)), polygon, 5_000) == 0
    assert excess_over(rectangle(Box(50_000, 40_000, 150_000, 96_000)), polygon, 5_000) == 1_000
    assert excess_over(rectangle(Box(0, 0, 10_000, 10_000)), polygon, 0) > 10_000


@pytest.mark.parametrize("shape", CUT)
@pytest.mark.parametrize("size", ["s", "m", "l"])
@pytest.mark.parametrize("line2", ["since 2014", ""])
def test_a_sign_of_any_shape_can_be_made_and_brings_its_contour(shape: str, size: str, line2: str) -> None:
    made = scene(shape, size=size, line2=line2, letter_height=20)
    assert made.makeable, made.findings
    line = contour_of(made)
    assert line is not None
    assert (line.box.width, line.box.height) == (made.width_um, made.height_um)
    assert shape_of(made)["own_contour"] == 1


def test_a_rectangle_has_no_contour_of_its_own() -> None:
    assert contour_of(scene("rectangle")) is None
    assert shape_of(scene("rectangle"))["own_contour"] == 0
    (part,) = work_of(SIGN, chosen("rectangle")).parts
    assert part.outline == ()
    assert "outline" not in part.as_json()


def test_letters_outside_the_outline_are_refused() -> None:
    wide = replace(SIGN.surfaces[0].elements[2], box=("5 mm", "5 mm", "size.width - 10 mm", "40 mm"))
    elements = (*SIGN.surfaces[0].elements[:2], wide, *SIGN.surfaces[0].elements[3:])
    spec = replace(SIGN, surfaces=(replace(SIGN.surfaces[0], elements=elements),))
    choices = chosen("oval", line1="The Millers of Millbrook", letter_height=30)
    made = lay_out(spec=spec, choices=choices, surface="front", fonts=FONTS, assets={})
    assert "outside-safe-zone" in {finding.code for finding in made.findings if finding.element == "line1"}


@pytest.mark.parametrize("shape", CUT)
def test_the_part_has_the_outline_that_is_cut_the_right_way_up(shape: str) -> None:
    work = work_of(SIGN, chosen(shape))
    (part,) = work.parts
    assert fault_of(part.outline, part.width_um, part.height_um) == ""
    assert Work.from_json(work.as_json()) == work
    (read,) = read_work(work.as_json()).parts
    assert read.outline == part.outline
    share = read.area / (part.width_um * part.height_um)
    assert (
        {"oval": 0.78, "arch": 0.85, "house": 0.84}[shape]
        < share
        < {"oval": 0.80, "arch": 0.91, "house": 0.86}[shape]
    )
    # What stands on the table is at the bottom: the flat side of an arch, the floor of a house.
    if shape != "oval":
        assert {(0, 0), (part.width_um, 0)} <= set(part.outline)
    assert area_of(part.outline) == read.area


def test_a_shape_that_there_is_none_of_is_the_authors_to_mend() -> None:
    spec = replace(SIGN, surfaces=(replace(SIGN.surfaces[0], outline="heart"),))
    with pytest.raises(LayoutError, match="no outline 'heart'"):
        lay_out(spec=spec, choices=chosen("oval"), surface="front", fonts=FONTS, assets={})
    with pytest.raises(NotDefined, match="no outline 'heart'"):
        work_of(spec, chosen("oval"))
    with pytest.raises(UnknownShape):
        contour("heart", 10, 10)


def test_the_picture_shows_the_shape() -> None:
    """In the corner of the board there is paper where an oval leaves it free, and wood where none does."""
    oval = picture_of(spec=SIGN, choices=chosen("oval"), scene=scene("oval"), size=320)
    assert oval.size == (320, 256)
    board = 320 * 0.74
    left, top = 160 - board / 2, 128 - board * 0.6 / 2
    corner = oval.getpixel((round(left + board * 0.04), round(top + board * 0.04)))
    middle = oval.getpixel((160, round(top + board * 0.03)))
    assert corner[0] > 190 > middle[0]
