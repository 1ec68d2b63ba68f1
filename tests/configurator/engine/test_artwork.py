"""Drawings of shoppers on surfaces: outlines in place of pictures."""

import hashlib

import pytest

from configurator.engine.drawing import read_drawing
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box
from configurator.engine.layout.elements import Frame, compose
from configurator.engine.layout.pictures import ImageElement
from configurator.engine.layout.scene import AssetInfo, Outline, Stroke
from configurator.engine.placing import read_placement
from configurator.engine.svg_paths import read_svg

SVG = (
    b'<svg viewBox="0 0 100 50"><rect width="100" height="50" fill="#102030"/>'
    b'<path d="M10 10H90" fill="none" stroke="#ff0000" stroke-width="2"/>'
    b'<circle cx="50" cy="30" r="10" fill="#ffffff"/></svg>'
)


@pytest.fixture
def asset(tmp_path):
    drawing, _ = read_svg(SVG)
    content = drawing.canonical()
    assert read_drawing(content) == drawing
    path = tmp_path / "drawing.json"
    path.write_bytes(content)
    return AssetInfo(hashlib.sha256(content).hexdigest(), drawing.width, drawing.height, path, "vector")


def scene(asset, process="dtf", fit="cover", placement=None):
    placed = read_placement(placement) if placement else None
    element = ImageElement(
        "photo", asset, Box(10_000, 10_000, 50_000, 40_000), fit, placement=placed, place="photo_place"
    )
    return compose(Frame("front", process, 100_000, 80_000), [element], fonts=FontLibrary.installed())


def test_a_drawing_is_printed_as_outlines_in_its_colours(asset):
    made = scene(asset)
    assert [(type(item), item.role, item.colour) for item in made.items] == [
        (Outline, "print", "#102030"),
        (Stroke, "print", "#ff0000"),
        (Outline, "print", "#ffffff"),
    ]
    assert made.items[0].box == Box(10_000, 15_000, 50_000, 35_000)
    assert made.items[1].width_um == 800
    assert made.makeable and not made.findings


def test_an_engraving_burns_what_is_dark_and_says_so_of_what_is_light(asset):
    made = scene(asset, "engrave")
    assert [(item.role, item.colour) for item in made.items] == [("engrave", ""), ("engrave", "")]
    assert [(finding.code, finding.severity) for finding in made.findings] == [("light-parts", "warn")]


def test_a_drawing_is_turned_where_a_shopper_has_put_it(asset):
    made = scene(asset, placement="50,40,40,90")
    assert made.items[0].box == Box(40_000, 20_000, 60_000, 60_000)


def test_a_drawing_over_the_edge_is_refused_and_can_be_moved_inside(asset):
    made = scene(asset, placement="95,40,40,0")
    (finding,) = made.findings
    assert (finding.code, finding.severity) == ("over-the-edge", "refuse")
    assert "drawing reaches" in finding.message
    assert finding.repairs


def test_shapes_outside_of_a_crop_are_left_out(asset):
    made = scene(asset, placement="50,40,40,0;0,700,1000,1000")
    assert len(made.items) == 2  # the line above is gone
