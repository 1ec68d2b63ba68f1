"""From the demo families' own files to scenes."""

from dataclasses import replace
from pathlib import Path

import pytest

from configurator.engine.family import read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box
from configurator.engine.layout import AssetInfo, LayoutError, Outline, Placed, StillOpen, Stroke, lay_out

FAMILIES = Path(__file__).parents[3] / "configurator/families"
FONTS = FontLibrary.installed()
PHOTO = AssetInfo("cd" * 32, 3000, 2000)


def family(code):
    return read_family((FAMILIES / f"{code}.yaml").read_text(encoding="utf-8"), filename=code)


SIGN, MUG, SHIRT, SHELF = (family(code) for code in ("walnut-sign", "enamel-mug", "t-shirt", "shelf"))


def scene(spec, surface, **choices):
    assets = {PHOTO.sha256: PHOTO}
    chosen = {code: value for code, value in {**spec.defaults, **choices}.items() if value is not None}
    return lay_out(spec=spec, choices=chosen, surface=surface, fonts=FONTS, assets=assets)


@pytest.mark.parametrize("spec", [SIGN, MUG, SHIRT, SHELF], ids=lambda spec: spec.code)
def test_every_surface_of_every_demo_family_can_be_made_with_its_defaults(spec):
    for surface in spec.surfaces:
        made = scene(spec, surface.code)
        assert made.makeable, made.findings


@pytest.mark.parametrize("size", ["s", "m", "l"])
def test_the_sign_takes_its_size_from_the_choice(size):
    made = scene(SIGN, "front", size=size, letter_height=14)
    attributes = SIGN.option_by_code["size"].value_by_code[size].attributes
    assert made.width_um == attributes["width"].number * 1000
    assert made.height_um == attributes["height"].number * 1000
    assert made.makeable, made.findings


@pytest.mark.parametrize("technique", ["dtf", "sublimation"])
def test_the_machine_of_a_surface_can_follow_a_choice(technique):
    fabric = "polyester" if technique == "sublimation" else "cotton"
    made = scene(SHIRT, "front", technique=technique, fabric=fabric)
    assert made.process == technique  # so a sublimated transfer is mirrored, a DTF transfer is not


def test_letters_have_the_height_that_was_chosen():
    made = scene(SIGN, "front", line1="HHH", font="plain", letter_height=20, line2=None)
    line1 = next(item for item in made.items if item.element == "line1")
    assert abs(line1.box.height - 20_000) <= 2


def test_a_border_is_drawn_only_when_it_is_chosen():
    def strokes(border):
        return [item for item in scene(SIGN, "front", border=border).items if isinstance(item, Stroke)]

    assert [len(strokes(border)) for border in ("none", "single", "double")] == [0, 1, 2]


def test_findings_name_the_option_that_the_shopper_changes():
    made = scene(
        SIGN, "front", size="s", line1="The Bartholomew-Featherstonehaughs of Rotterdam", font="roman"
    )
    assert [(finding.code, finding.element) for finding in made.findings] == [("text-too-long", "line1")]


def test_the_ink_is_the_colour_of_the_chosen_value():
    made = scene(MUG, "wrap", ink="green")
    assert {item.colour for item in made.items if isinstance(item, Outline)} == {"#24553a"}


def test_a_picture_covers_the_wrap():
    made = scene(MUG, "wrap", layout="wrap", photo=PHOTO.sha256, line1="", line2="")
    assert [(item.box, item.crop) for item in made.items if isinstance(item, Placed)] == [
        # With 2 mm of bleed all around, as the machine asks.
        (Box(-2_000, -2_000, 202_000, 82_000), Box(0, 382, 3000, 1617))
    ]


def test_a_picture_that_was_not_given_is_refused():
    with pytest.raises(LayoutError, match="was not given"):
        scene(MUG, "wrap", layout="wrap", photo="ef" * 32)


def test_an_empty_text_makes_nothing():
    made = scene(SHIRT, "front", name="", number="")
    assert [item.element for item in made.items] == ["team"]


def test_the_shirt_grows_with_its_lines():
    assert scene(SHIRT, "front", name="").height_um < scene(SHIRT, "front", name="Ada").height_um


def test_a_surface_whose_size_is_open_says_so():
    with pytest.raises(StillOpen, match="its width"):
        scene(SIGN, "front", size=None)


def test_an_element_that_is_open_says_so():
    with pytest.raises(StillOpen, match="font"):
        scene(SIGN, "front", font=None)


def test_an_unknown_surface_is_refused_with_the_known_ones():
    with pytest.raises(LookupError, match="front"):
        scene(SIGN, "back")


def test_a_surface_of_no_size_is_the_author_s_mistake():
    surface = replace(SIGN.surfaces[0], width="0 mm")
    with pytest.raises(LayoutError, match="cannot be made"):
        scene(replace(SIGN, surfaces=(surface,)), "front")
