"""Where a shopper has put something: one canonical string."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from configurator.engine.choices import ChoiceError, normalise
from configurator.engine.choices_schema import choices_schema
from configurator.engine.differences import differences
from configurator.engine.domains import Kernel
from configurator.engine.family import FamilyError, read_family
from configurator.engine.knowledge import compile_family
from configurator.engine.measuring import Measures, measured_values
from configurator.engine.placing import (
    WHOLE,
    Crop,
    Placement,
    PlacementError,
    placement_in_words,
    read_placement,
    write_placement,
)

PHOTO = """
family: mug
name: Mug
currency: EUR
base_price: 1
options:
  - {code: photo, name: Photo, kind: image, required: false}
  - {code: photo_place, name: Place, kind: placement, of: photo}
surfaces:
  - code: wrap
    name: Wrap
    process: sublimation
    width: 200 mm
    height: 80 mm
    elements:
      - {kind: image, option: photo, place: photo_place, box: [0 mm, 0 mm, 200 mm, 80 mm], fit: cover}
"""
MUG = read_family(PHOTO)
SCHEMA = Draft202012Validator(choices_schema(MUG, address="https://example.com/mug"))


def crops():
    sides = st.tuples(st.integers(0, 1000), st.integers(0, 1000)).filter(lambda pair: pair[0] < pair[1])
    return st.builds(lambda x, y: Crop(x[0], y[0], x[1], y[1]), sides, sides)


placements = st.builds(
    Placement,
    st.integers(-10_000_000, 10_000_000),
    st.integers(-10_000_000, 10_000_000),
    st.integers(1_000, 10_000_000),
    st.integers(-179_999, 180_000),
    st.one_of(st.just(WHOLE), crops()),
)


@given(placements)
def test_what_is_written_is_read_back(placement):
    assert read_placement(write_placement(placement)) == placement


@given(placements)
def test_a_written_placement_is_canonical(placement):
    written = write_placement(placement)
    assert write_placement(read_placement(written)) == written
    assert normalise(MUG, {"photo_place": written}) == {"photo_place": written}


@pytest.mark.parametrize(
    ("loose", "canonical"),
    [
        ("12.50, 30.000,62,0", "12.5,30,62,0"),
        ("+12.5,30,62,-4.5;0,100,1000,900", "12.5,30,62,-4.5;0,100,1000,900"),
        ("1,2,30,270", "1,2,30,-90"),
        ("1,2,30,360", "1,2,30,0"),
        ("1,2,30,-180", "1,2,30,180"),
        ("-0,.5,30,0;0,0,1000,1000", "0,0.5,30,0"),
    ],
)
def test_what_says_the_same_becomes_the_same_string(loose, canonical):
    assert normalise(MUG, {"photo_place": loose}) == {"photo_place": canonical}


@pytest.mark.parametrize(
    "broken",
    [
        "1,2,3",
        "1,2,x,0",
        "1,2,30,0;",
        "1,2,30,0;1,2,3",
        "1,2,30,0,5",
        "1,2,30,0.0001",
        "1e3,2,30,0",
        "٣,2,30,0",
    ],
)
def test_what_is_no_placement_is_refused(broken):
    with pytest.raises(PlacementError, match="four numbers"):
        read_placement(broken)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("10001,0,30,0", "10000 mm away"),
        ("0,0,0.5,0", "from 1 to 10000 mm"),
        ("0,0,-30,0", "from 1 to 10000 mm"),
        ("0,0,30,361", "-360 to 360"),
        ("0,0,30,0;500,0,500,1000", "left to right"),
        ("0,0,30,0;0,0,1001,1000", "left to right"),
    ],
)
def test_a_placement_out_of_range_is_refused_with_its_limits(broken, why):
    with pytest.raises(ChoiceError, match=why):
        normalise(MUG, {"photo_place": broken})


def test_an_empty_placement_is_the_familys_own():
    assert normalise(MUG, {"photo_place": ""}) == {}


def test_a_placement_is_told_in_words():
    told = placement_in_words(read_placement("30,12,62,4.5;0,0,500,1000"))
    assert told == (
        "62 mm wide, centre 30 mm from the left and 12 mm from the top, turned by 4.5°, cut to a part of it"
    )


# --- in family files


def problem_of(text):
    with pytest.raises(FamilyError) as refusal:
        read_family(text)
    return str(refusal.value.problems[0])


def test_a_placement_has_to_say_what_it_places():
    assert "line 8, column 5, options[2]: missing: of" in problem_of(PHOTO.replace(", of: photo", ""))


def test_a_placement_of_an_unknown_option_names_the_nearest():
    problem = problem_of(PHOTO.replace("of: photo", "of: foto"))
    assert problem.startswith("line 8, column 59, options[2].of: there is no option foto")
    assert "photo" in problem


def test_only_texts_and_pictures_are_placed():
    problem = problem_of(PHOTO.replace("of: photo}", "of: photo_place}"))
    assert "photo_place is no text and no picture" in problem


def test_an_element_is_not_placed_by_a_picture():
    assert "photo is no placement" in problem_of(PHOTO.replace("place: photo_place", "place: photo"))


def test_an_element_is_placed_by_a_placement_of_its_own():
    other = PHOTO.replace(
        "of: photo}", "of: other}\n  - {code: other, name: Other, kind: image, required: false}"
    )
    assert "photo_place places other, not photo" in problem_of(other)


def test_a_placement_cannot_be_required():
    problem = problem_of(PHOTO.replace("of: photo}", "of: photo, required: true}"))
    assert "required is not known here" in problem


# --- in rules


def shop(*rules):
    written = "\n".join(f'  - {{code: R{number}, expr: "{rule}"}}' for number, rule in enumerate(rules))
    spec = read_family(PHOTO.replace("surfaces:", f"rules:\n{written}\nsurfaces:"))
    knowledge = compile_family(spec)
    return Kernel(knowledge, measures=Measures(knowledge, Pictures()))


class Pictures:
    """Every picture has 3000 by 2000 pixels."""

    def text(self, text, font):
        return 0, 0

    def missing(self, text, font):
        return 0

    def picture(self, sha256):
        return 3000, 2000


def test_a_rule_may_limit_the_width_of_what_is_placed():
    kernel = shop("photo_place.width <= 60 mm")
    assert kernel.consistent({"photo_place": "50,40,60,0"})
    conflict = kernel.explain({}, "photo_place", "50,40,60.001,0")
    assert [rule.code for rule in conflict.rules] == ["R0"]
    assert "Place is 60.001 mm wide." in conflict.sentence


def test_a_rule_may_forbid_turning():
    kernel = shop("photo_place.rotation == 0")
    assert kernel.consistent({"photo_place": "50,40,60,0"})
    assert not kernel.consistent({"photo_place": "50,40,60,-0.5"})


def test_what_is_not_placed_has_no_width():
    kernel = shop("photo_place.width >= 20 mm | photo_place.count == 0")
    assert kernel.complete({}) is not None
    assert not kernel.consistent({"photo_place": "50,40,19,0"})


def test_a_repair_puts_the_picture_back_where_it_belongs():
    size = "{code: size, name: Size, kind: choice, values: [{code: s, name: S}, {code: l, name: L}]}"
    text = PHOTO.replace("of: photo}", f"of: photo}}\n  - {size}")
    rule = "rules:\n  - {code: R, expr: \"size == 's' => photo_place.width <= 40 mm\"}\nsurfaces:"
    text = text.replace("surfaces:", rule)
    knowledge = compile_family(read_family(text))
    kernel = Kernel(knowledge, measures=Measures(knowledge, Pictures()))
    repair = kernel.repair({"photo_place": "50,40,60,0"}, "size", "s")
    assert [(change.option, change.new) for change in repair.changes] == [("photo_place", None)]
    assert "put Place back where it belongs" in repair.sentence


def measured(width, height):
    return PHOTO.replace(
        "kind: image, required: false",
        f"kind: image, required: false, measure: {{width: {width} mm, height: {height} mm}}",
    )


def test_dots_an_inch_follow_the_size_and_the_crop_of_a_placement():
    spec = read_family(measured(100, 80))
    choices = {"photo": "a" * 64, "photo_place": "50,40,50.8,0"}
    assert measured_values(spec, choices, Pictures())["photo.dpi"] == 1500
    choices["photo_place"] = "50,40,50.8,0;0,0,500,1000"
    assert measured_values(spec, choices, Pictures())["photo.dpi"] == 750


def fine_shop(*rules, size=""):
    """The family's own box shows a picture of 3000 pixels at 76 dots an inch."""
    written = "\n".join(f'  - {{code: R{number}, expr: "{rule}"}}' for number, rule in enumerate(rules))
    text = measured(1000, 800).replace("of: photo}", f"of: photo}}{size}")
    knowledge = compile_family(read_family(text.replace("surfaces:", f"rules:\n{written}\nsurfaces:")))
    return Kernel(knowledge, measures=Measures(knowledge, Pictures()))


PICTURE = {"photo": "a" * 64}


def test_rules_about_dots_an_inch_count_in_the_family_s_box_and_where_the_shopper_puts_it():
    assert not fine_shop("photo.dpi >= 100", "photo_place.count == 0").consistent(PICTURE)
    kernel = fine_shop("photo.dpi >= 100")
    assert kernel.consistent(PICTURE)
    # 3000 pixels at 100 dots an inch are 762 mm.
    assert kernel.consistent({**PICTURE, "photo_place": "50,40,762,0"})
    assert not kernel.consistent({**PICTURE, "photo_place": "50,40,762.001,0"})


def test_the_crop_counts_in_rules_about_dots_an_inch():
    kernel = fine_shop("photo.dpi >= 100")
    assert kernel.consistent({**PICTURE, "photo_place": "50,40,381,0;0,0,500,1000"})
    assert not kernel.consistent({**PICTURE, "photo_place": "50,40,382,0;0,0,500,1000"})


def test_a_placement_too_wide_for_its_picture_is_refused_with_both():
    kernel = fine_shop("photo.dpi >= 100")
    conflict = kernel.explain(PICTURE, "photo_place", "50,40,800,0")
    assert [option for option, _ in conflict.choices] == ["photo"]
    assert "95 dots an inch at this size" in conflict.sentence
    (other,) = kernel.explain({"photo_place": "50,40,800,0"}, "photo", "a" * 64).choices
    assert other == ("photo_place", "50,40,800,0")
    repair = kernel.repair({"photo_place": "50,40,800,0"}, "photo", "a" * 64)
    assert [(change.option, change.new) for change in repair.changes] == [("photo_place", None)]


SIZE = "\n  - {code: size, name: Size, kind: choice, values: [{code: s, name: S}, {code: l, name: L}]}"


def test_a_choice_that_asks_for_more_dots_names_picture_and_place():
    kernel = fine_shop("size == 'l' => photo.dpi >= 100", size=SIZE)
    chosen = {**PICTURE, "photo_place": "50,40,800,0"}
    assert kernel.answer(chosen).options["size"].values["l"] == "impossible"
    conflict = kernel.explain(chosen, "size", "l")
    assert {option for option, _ in conflict.choices} == {"photo", "photo_place"}
    assert kernel.repair(chosen, "size", "l") is not None


def test_without_its_picture_a_placement_may_have_any_dots_an_inch():
    kernel = fine_shop("photo.dpi >= 100")
    assert kernel.consistent({"photo_place": "50,40,9000,0"})


def test_a_rule_may_limit_the_height_of_what_is_placed():
    kernel = shop("photo_place.height <= 40 mm")
    assert kernel.consistent({**PICTURE, "photo_place": "50,40,60,0"})
    assert not kernel.consistent({**PICTURE, "photo_place": "50,40,60.1,0"})
    assert kernel.consistent({**PICTURE, "photo_place": "50,40,80,0;0,0,1000,750"})
    assert kernel.consistent({"photo_place": "50,40,900,0"})
    conflict = kernel.explain(PICTURE, "photo_place", "50,40,75,0")
    assert "Place is 50 mm high." in conflict.sentence


@settings(max_examples=30)
@given(st.integers(1, 900_000), st.integers(0, 999), st.integers(1, 1000), st.sampled_from([90, 100, 254]))
def test_what_is_placed_is_judged_by_its_exact_numbers(width_um, left, share, dpi):
    crop = Crop(left, 0, min(left + share, 1000), 1000)
    put = write_placement(Placement(50_000, 40_000, 1000 + width_um, 0, crop))
    kernel = fine_shop(f"photo.dpi >= {dpi} & photo_place.height <= 300 mm")
    choices = {**PICTURE, "photo_place": put}
    values = measured_values(kernel.spec, choices, Pictures())
    fits = values["photo.dpi"] >= dpi and values["photo_place.height"] <= 300
    assert kernel.consistent(choices) is fits


def test_of_a_text_that_is_placed_there_is_no_height():
    text = SIGN.replace(
        "  - {code: round", "  - {code: there, name: There, kind: placement, of: link}\n  - {code: round"
    )
    text = text.replace("surfaces:", 'rules:\n  - {code: R, expr: "there.height <= 4 mm"}\nsurfaces:')
    assert "there has no attribute height" in problem_of(text)


# --- for integrations


@given(placements)
def test_every_placement_is_in_the_schema(placement):
    SCHEMA.validate({"photo_place": write_placement(placement)})


@pytest.mark.parametrize("broken", ["here", "1,2,3", "1,2,30,0;1,2,3", 12])
def test_what_the_schema_refuses_the_engine_refuses_too(broken):
    assert not SCHEMA.is_valid({"photo_place": broken})
    with pytest.raises(ChoiceError):
        normalise(MUG, {"photo_place": broken})


# --- codes, circles and lines in family files

SIGN = """
family: sign
name: Sign
currency: EUR
base_price: 1
options:
  - {code: link, name: Link, kind: text, max_length: 40, required: false}
  - {code: round, name: Round, kind: choice, values: [{code: a, name: A}]}
surfaces:
  - code: front
    name: Front
    process: print
    width: 100 mm
    height: 100 mm
    elements:
      - {kind: code, option: link, symbology: qr, box: [0 mm, 0 mm, 50 mm, 50 mm], module: 0.5 mm}
      - {kind: text, option: link, box: [0 mm, 0 mm, 50 mm, 50 mm], size: 5 mm, fit: wrap, arc: 40 mm}
"""


def test_a_family_may_have_codes_and_texts_on_circles():
    code, text = read_family(SIGN).surfaces[0].elements
    assert (code.symbology, code.level, code.module) == ("qr", "m", "0.5 mm")
    assert (text.fit, text.arc) == ("wrap", "40 mm")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        (
            "symbology: qr",
            "symbology: aztec",
            "line 16, column 47, surfaces[1].elements[1].symbology: 'aztec' is not",
        ),
        ("symbology: qr", "level: m", "missing: symbology"),
        ("code, option: link", "code, option: round", "round is no text option"),
        ("code, option: link, ", "code, ", "a code element needs either option or text"),
        ("fit: wrap", "fit: cover", "'cover' is not allowed here"),
        ("arc: 40 mm", "arc: 40 g", "this is in g, mm is needed"),
        ("module: 0.5 mm", "module: 0.5 s", "this is in s, mm is needed"),
    ],
)
def test_what_is_wrong_with_an_element_is_said_with_its_place(right, wrong, told):
    problem = problem_of(SIGN.replace(right, wrong))
    assert told in problem and problem.startswith(("line 16", "line 17"))


def test_a_placement_itself_has_no_value_in_rules():
    text = PHOTO.replace("surfaces:", "rules:\n  - {code: R, expr: \"photo_place == '1,2,3,0'\"}\nsurfaces:")
    assert "photo_place is a placement: it has no value in rules" in problem_of(text)


def test_a_conflict_tells_a_placement_in_words():
    kernel = shop("photo_place.width <= 60 mm")
    sentence = kernel.explain({}, "photo_place", "50,40,80,0").sentence
    assert "80 mm wide, centre 50 mm from the left" in sentence


def test_what_a_version_places_otherwise_is_told():
    other = "  - {code: back, name: Back, kind: image, required: false}\n  - {code: photo_place"
    one = read_family(PHOTO.replace("  - {code: photo_place", other))
    two = replace(
        one, options=tuple(replace(each, of="back") if each.of else each for each in one.options), surfaces=()
    )
    assert "Place: places back instead of photo." in differences(one, two)
