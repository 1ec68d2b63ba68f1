"""Products from every side: depth of engravings, shine of foil, the same words in each view."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configurator.engine.family import FamilyError, read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.layout import lay_out
from configurator.engine.layout.scene import AssetInfo
from configurator.engine.rendering.preview import PICTURES, engraving, picture_of, preview, view_of
from configurator.engine.rendering.views import Relief, load_view

FAMILIES = Path(__file__).parents[3] / "configurator/families"
FONTS = FontLibrary.installed()


def source(code):
    return (FAMILIES / f"{code}.yaml").read_text(encoding="utf-8")


def difference(one, other):
    return np.abs(np.asarray(one, dtype=np.int16) - np.asarray(other, dtype=np.int16)).max(axis=2)


def test_foil_shines_where_ink_of_the_same_colour_does_not():
    spec = read_family(source("t-shirt"))
    chosen = {**spec.defaults, "colour": "black", "ink": "gold", "name": "Øyvind"}
    scene = lay_out(spec=spec, choices=chosen, surface="front", fonts=FONTS, assets={})
    view = load_view(PICTURES / "t-shirt/close")
    shining = np.asarray(preview(scene, view=view, variant="black", size=1200, foil={"#c9a44a"}), dtype=float)
    inked = np.asarray(preview(scene, view=view, variant="black", size=1200), dtype=float)
    blank = view.picture("black", "blank").astype(float)
    letters = np.abs(inked - blank).max(axis=2) > 60
    assert np.abs(shining - inked).max(axis=2)[np.abs(inked - blank).max(axis=2) == 0].max() <= 2
    assert shining[letters].max(axis=1).std() > inked[letters].max(axis=1).std()


def test_a_groove_seen_from_the_side_shows_its_wall():
    depth = np.zeros((20, 20), dtype=np.float32)
    depth[:, 5:15] = 1
    rows, columns = (grid.ravel() for grid in np.mgrid[0:20, 0:20])
    blank, burnt = np.full((400, 3), 0.5, np.float32), np.full((400, 3), 0.05, np.float32)
    dark = Relief(light=(0.0, 0.0))
    above = engraving(depth, rows, columns, blank, burnt, dark).reshape(20, 20, 3)[10, :, 0]
    aside = engraving(depth, rows, columns, blank, burnt, replace(dark, look=(2.0, 0.0))).reshape(20, 20, 3)
    assert len(set(above[5:15].tolist())) == 1
    # The floor under the last two columns of the mouth lies beyond the wall: what is seen there is the wall.
    assert (aside[10, 13:15, 0] > above[13]).all()
    assert (aside[10, 5:13, 0] == above[5]).all()


def test_the_shadow_of_a_groove_falls_away_from_the_lamp():
    depth = np.zeros((20, 20), dtype=np.float32)
    depth[5:15, 5:15] = 1
    rows, columns = (grid.ravel() for grid in np.mgrid[0:20, 0:20])
    blank, burnt = np.full((400, 3), 0.5, np.float32), np.full((400, 3), 0.05, np.float32)
    lit = engraving(depth, rows, columns, blank, burnt, Relief(light=(2.0, 0.0))).reshape(20, 20, 3)[10, :, 0]
    assert lit[5] < lit[9] < lit[14]


def test_a_second_view_shows_the_same_words_elsewhere():
    spec = read_family(source("walnut-sign"))
    chosen = {**spec.defaults, "line1": "Özdemir عمر"}
    scene = lay_out(spec=spec, choices=chosen, surface="front", fonts=FONTS, assets={})
    first, second = (picture_of(spec=spec, choices=chosen, scene=scene, number=number) for number in (0, 1))
    assert first.size == second.size == (1000, 800)
    assert (difference(first, second) > 40).mean() > 0.1


def test_a_turned_picture_keeps_its_corners_on_the_product(tmp_path):
    picture = tmp_path / "red.png"
    Image.new("RGB", (400, 400), (200, 0, 0)).save(picture)
    red = AssetInfo("0" * 64, 400, 400, picture)
    spec = read_family(source("enamel-mug"))
    seen = []
    for turn in (0, 45):
        chosen = {**spec.defaults, "layout": "wrap", "line1": "", "line2": "", "photo": red.sha256}
        chosen["photo_place"] = f"100,40,30,{turn}"
        scene = lay_out(spec=spec, choices=chosen, surface="wrap", fonts=FONTS, assets={red.sha256: red})
        shown = picture_of(
            spec=spec, choices=chosen, scene=scene, size=1000, assets={red.sha256: red}, number=0
        )
        pixels = np.asarray(shown.convert("RGB"), dtype=np.int16)
        seen.append(((pixels[..., 0] - pixels[..., 1]) > 80).sum())
    upright, turned = seen
    assert turned == pytest.approx(upright, rel=0.04)  # turning loses nothing of it


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("size", ["s", "m", "l"])
def test_a_thick_board_shows_more_of_its_edge_than_a_thin_one(size, number):
    spec = read_family(source("walnut-sign"))
    edges = []
    for thickness in ("t6", "t10"):
        chosen = {**spec.defaults, "size": size, "thickness": thickness, "letter_height": 14}
        scene = lay_out(spec=spec, choices=chosen, surface="front", fonts=FONTS, assets={})
        view, variant = view_of(spec=spec, choices=chosen, scene=scene, number=number)
        maps = view.maps(variant)
        # Wood is redder than the wall: what is seen of it around the face is the board's side.
        blank = view.picture(variant, "blank").astype(int)
        wood = blank[..., 0] - blank[..., 2] > 24
        wood[maps.box.top : maps.box.bottom, maps.box.left : maps.box.right] &= maps.coverage == 0
        edges.append(int(wood.sum()))
    thin, thick = edges
    assert thick > 1.15 * thin


def test_a_smaller_picture_is_the_larger_one_reduced():
    for code in ("walnut-sign", "enamel-mug", "t-shirt"):
        spec = read_family(source(code))
        surface = spec.surfaces[0].code
        scene = lay_out(spec=spec, choices=spec.defaults, surface=surface, fonts=FONTS, assets={})
        for number in (0, 1):
            large = picture_of(spec=spec, choices=spec.defaults, scene=scene, size=5000, number=number)
            small = picture_of(spec=spec, choices=spec.defaults, scene=scene, size=640, number=number)
            off = difference(small, large.resize(small.size, Image.Resampling.HAMMING))
            assert small.width == 640
            assert off.mean() < 1.5
            assert (off > 64).mean() < 0.002


def test_a_shirt_lies_flat_in_its_own_colour():
    spec = read_family(source("t-shirt"))
    chosen = {**spec.defaults, "colour": "red"}
    scene = lay_out(spec=spec, choices=chosen, surface="front", fonts=FONTS, assets={})
    assert scene.background == "#a3252b"


def test_a_shelf_is_seen_from_both_its_sides():
    spec = read_family(source("shelf"))
    scene = lay_out(spec=spec, choices=spec.defaults, surface="front", fonts=FONTS, assets={})
    sides = [
        picture_of(spec=spec, choices=spec.defaults, scene=scene, size=320, number=number)
        for number in (0, 1)
    ]
    assert (difference(*sides) > 40).mean() > 0.05


@pytest.mark.parametrize(
    ("code", "old", "new", "told"),
    [
        ("shelf", "also: [{view: front,", "also: [{view: behind,", "the renderer shelf has no view behind"),
        ("shelf", "also: [{view: front,", "also: [{view: angled,", "the view angled is named twice"),
        ("t-shirt", 'foil: ["#c9a44a"]', 'foil: ["{inc.hex}"]', "inc"),
    ],
)
def test_a_view_that_cannot_be_shown_is_refused_with_its_place(code, old, new, told):
    text = source(code)
    assert old in text
    with pytest.raises(FamilyError) as refusal:
        read_family(text.replace(old, new))
    (problem,) = refusal.value.problems
    assert told in problem.message
    assert problem.line == text[: text.index(old)].count("\n") + 1
