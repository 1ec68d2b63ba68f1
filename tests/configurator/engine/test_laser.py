"""SVG and DXF for lasers and cutters, read back by resvg and by ezdxf's reader."""

import io
import itertools
from dataclasses import replace

import ezdxf
import numpy as np
import pytest
from defusedxml import ElementTree
from ezdxf.path import make_path
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.geometry import Box, Path, bounds
from configurator.engine.layout import ImageElement, Scene, ShapeElement
from configurator.engine.machines import profile_for
from configurator.engine.rendering.dxf import laser_dxf, nearest_aci
from configurator.engine.rendering.laser import laser_shapes, laser_svg
from configurator.engine.rendering.polygons import (
    TOLERANCE_UM,
    area,
    flattened,
    path_of,
    region,
    stroked,
    widened,
)
from configurator.engine.rendering.refusals import CannotBeMade
from configurator.engine.rendering.svg import PictureMissing, svg
from tests.configurator.engine.artworks import (
    SCRIPTS,
    drawn,
    edges_mm,
    ink,
    iou,
    lettered,
    picture,
    polygons_svg,
    scene_of,
    words,
)

ENGRAVE, CUT, VINYL = profile_for("engrave"), profile_for("cut"), profile_for("vinyl")
SVG = "{http://www.w3.org/2000/svg}"
CLOSE = 30.0  # pixels a millimetre


def read_dxf(data: bytes) -> ezdxf.document.Drawing:
    return ezdxf.read(io.StringIO(data.decode()))


def dxf_polygons(data: bytes, height: float) -> list[list[tuple[float, float]]]:
    """Contours as ezdxf reads them, y turned downwards."""
    return [
        [(point.x, height - point.y) for point in make_path(line).control_vertices()]
        for line in read_dxf(data).modelspace().query("LWPOLYLINE")
    ]


def all_black(scene: Scene) -> str:
    return svg(scene, role_colours=dict.fromkeys(("engrave", "cut", "score"), "#000000"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_svg_and_dxf_show_what_the_scene_shows(script: str) -> None:
    scene = lettered(script)
    wanted = ink(all_black(scene), CLOSE)
    shown = ink(laser_svg(scene, ENGRAVE).decode(), CLOSE)
    cut = ink(polygons_svg(dxf_polygons(laser_dxf(scene, ENGRAVE), 40), 80, 40), CLOSE)
    assert iou(wanted, shown) >= 0.99
    assert iou(wanted, cut) >= 0.99
    assert np.abs(edges_mm(wanted, CLOSE) - edges_mm(shown, CLOSE)).max() <= 0.02
    assert np.abs(edges_mm(wanted, CLOSE) - edges_mm(cut, CLOSE)).max() <= 0.02


@pytest.mark.parametrize("script", SCRIPTS)
def test_programs_that_fill_even_odd_see_no_holes_where_letters_join(script: str) -> None:
    data = laser_svg(lettered(script), ENGRAVE).decode()
    by_parity = data.replace('stroke="none"', 'stroke="none" fill-rule="evenodd"')
    assert np.array_equal(ink(data, CLOSE) > 0.5, ink(by_parity, CLOSE) > 0.5)


def test_a_dxf_says_its_unit() -> None:
    document = read_dxf(laser_dxf(lettered("latin"), ENGRAVE))
    assert (document.header["$INSUNITS"], document.header["$MEASUREMENT"]) == (4, 1)
    assert not document.audit().errors


def test_a_dxf_is_in_millimetres_and_points_up() -> None:
    scene = scene_of(
        "engrave", ShapeElement("edge", "rect", Box(5_000, 5_000, 15_000, 9_000), 0, 0, "engrave")
    )
    (points,) = dxf_polygons(laser_dxf(scene, ENGRAVE), 0)
    assert sorted(set(points)) == [(5, -35), (5, -31), (15, -35), (15, -31)]


def every_role() -> Scene:
    return scene_of(
        "engrave",
        words("line1", "Anna", "inter", (20, 8, 40, 20), 12, "engrave"),
        ShapeElement("edge", "rounded", Box(2_000, 2_000, 78_000, 38_000), 100, 4_000, "cut"),
        ShapeElement("fold", "line", Box(2_000, 34_000, 78_000, 34_000), 100, 0, "score"),
    )


def test_each_role_is_one_colour_filled_or_stroked_and_cutting_comes_last() -> None:
    page = ElementTree.fromstring(laser_svg(every_role(), ENGRAVE))
    seen = [
        (group.get("id"), path.get("fill"), path.get("stroke"))
        for group in page
        for path in group.iter(f"{SVG}path")
    ]
    assert seen == [
        ("Engrave", "#000000", "none"),
        ("Score", "none", "#0000ff"),
        ("Cut", "none", "#ff0000"),
    ]


def test_a_dxf_has_the_layers_of_the_machine_by_name_and_colour() -> None:
    document = read_dxf(laser_dxf(every_role(), ENGRAVE))
    layers = {layer.dxf.name: (layer.color, layer.rgb) for layer in document.layers if layer.rgb}
    assert layers == {"Engrave": (7, (0, 0, 0)), "Score": (5, (0, 0, 255)), "Cut": (1, (255, 0, 0))}
    assert {line.dxf.layer for line in document.modelspace()} == set(layers)


def test_colours_and_names_are_the_machine_s() -> None:
    own = replace(ENGRAVE, layers={**ENGRAVE.layers, "cut": replace(ENGRAVE.layers["cut"], name="C02")})
    assert b'id="C02"' in laser_svg(every_role(), own)
    assert "C02" in {layer.dxf.name for layer in read_dxf(laser_dxf(every_role(), own)).layers}


@pytest.mark.parametrize(
    ("colour", "index"), [("#ff0000", 1), ("#00ff00", 3), ("#0000ff", 5), ("#000000", 7)]
)
def test_pure_colours_have_their_index(colour: str, index: int) -> None:
    assert nearest_aci(colour) == index


def test_a_part_is_cut_larger_by_half_the_kerf_and_its_hole_smaller() -> None:
    scene = scene_of(
        "engrave",
        ShapeElement("edge", "rect", Box(10_000, 10_000, 30_000, 20_000), 100, 0, "cut"),
        ShapeElement("window", "rect", Box(50_000, 10_000, 60_000, 20_000), 0, 0, "cut"),
    )
    boxes = [bounds(shape.path) for shape in laser_shapes(scene, ENGRAVE)]
    assert boxes == [Box(9_925, 9_925, 30_075, 20_075), Box(49_925, 9_925, 60_075, 20_075)]
    ring: Path = (*path_of([((0, 0), (9_000, 0), (9_000, 9_000), (0, 9_000))]), *path_of(_hole()))
    assert area(widened(region(ring), 75)) == 9_150**2 - 2_850**2


def _hole() -> list[tuple[tuple[int, int], ...]]:
    return [((3_000, 3_000), (3_000, 6_000), (6_000, 6_000), (6_000, 3_000))]


def test_a_machine_that_knows_its_tools_gets_the_true_outline() -> None:
    scene = scene_of("cut", ShapeElement("edge", "rounded", Box(0, 0, 30_000, 20_000), 100, 3_000, "cut"))
    (shape,) = laser_shapes(scene, CUT)
    assert any(segment[0] == "C" for segment in shape.path)  # curves stay curves
    assert bounds(shape.path) == Box(0, 0, 30_000, 20_000)


def test_vinyl_is_cut_mirrored_and_around_joined_letters() -> None:
    scene = lettered("latin", "vinyl", "#1b2a4b")
    wanted = ink(all_black(scene), CLOSE)
    cut = ink(polygons_svg(dxf_polygons(laser_dxf(scene, VINYL), 40), 80, 40), CLOSE)
    assert iou(wanted[:, ::-1], cut) >= 0.97
    assert 'fill="#' not in laser_svg(scene, VINYL).decode()


def test_a_role_without_a_layer_is_refused() -> None:
    scene = scene_of("vinyl", ShapeElement("fold", "line", Box(0, 0, 9_000, 0), 100, 0, "score"))
    with pytest.raises(CannotBeMade, match="Vinyl cutter has no layer for score"):
        laser_svg(scene, VINYL)


def test_a_picture_is_engraved_in_grey_from_svg_and_refused_in_dxf(tmp_path) -> None:
    photo = picture(tmp_path)
    scene = scene_of("engrave", ImageElement("photo", photo, Box(10_000, 5_000, 50_000, 35_000), "contain"))
    data = laser_svg(scene, ENGRAVE, {photo.sha256: photo})
    assert laser_svg(scene, ENGRAVE, {photo.sha256: photo}) == data
    assert np.ptp(drawn(data.decode(), 4)[..., :3], axis=2).max() == 0  # grey only
    (image,) = ElementTree.fromstring(data).iter(f"{SVG}image")
    placed = scene.items[0].box
    assert [int(image.get(key)) for key in ("x", "y", "width", "height")] == [
        placed.left,
        placed.top,
        placed.width,
        placed.height,
    ]
    with pytest.raises(CannotBeMade, match=r"holds no pictures \(photo\)"):
        laser_dxf(scene, ENGRAVE)
    with pytest.raises(PictureMissing):
        laser_svg(scene, ENGRAVE)


def test_a_picture_cannot_be_cut_by_a_knife(tmp_path) -> None:
    photo = picture(tmp_path)
    image = ImageElement("photo", photo, Box(10_000, 5_000, 50_000, 35_000), "contain")
    with pytest.raises(CannotBeMade, match="Vinyl cutter follows lines and cannot make pictures"):
        laser_svg(scene_of("vinyl", image), VINYL, {photo.sha256: photo})


coordinates = st.integers(-40_000, 40_000)
curves = st.lists(coordinates, min_size=8, max_size=8)


@settings(max_examples=60)
@given(curves)
def test_chords_stay_near_their_curve(numbers: list[int]) -> None:
    path: Path = (("M", *numbers[:2]), ("C", *numbers[2:]))
    ((points, closed),) = flattened(path) or [((tuple(numbers[:2]), tuple(numbers[-2:])), False)]
    assert not closed
    t = np.linspace(0, 1, 400)[:, None]
    p = np.array(numbers, dtype=float).reshape(4, 2)
    curve = (1 - t) ** 3 * p[0] + 3 * (1 - t) ** 2 * t * p[1] + 3 * (1 - t) * t**2 * p[2] + t**3 * p[3]
    away = np.full(len(curve), np.inf)
    for a, b in itertools.pairwise(np.array(points, dtype=float)):
        along = np.clip(((curve - a) @ (b - a)) / max(float((b - a) @ (b - a)), 1e-9), 0, 1)
        away = np.minimum(away, np.linalg.norm(curve - (a + along[:, None] * (b - a)), axis=1))
    assert away.max() <= TOLERANCE_UM + 1  # a point is rounded to whole µm


def test_a_line_becomes_the_area_it_covers() -> None:
    assert area(stroked((("M", 0, 0), ("L", 10_000, 0)), 500)) == 10_000 * 500
    square: Path = path_of([((0, 0), (9_000, 0), (9_000, 9_000), (0, 9_000))])
    assert area(stroked(square, 1_000)) == 10_000**2 - 8_000**2
