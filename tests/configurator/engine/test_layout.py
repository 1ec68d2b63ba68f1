"""Text, pictures and shapes on a surface."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.fonts import CODES, FontLibrary, UnknownFont
from configurator.engine.geometry import Box, bounds, micrometres
from configurator.engine.layout import (
    AssetInfo,
    Frame,
    ImageElement,
    LayoutError,
    Scene,
    ShapeElement,
    TextElement,
    TextFrame,
    compose,
)
from configurator.engine.layout.elements import role_and_colour
from configurator.engine.layout.shaping import shape_line
from configurator.engine.layout.text import set_text

ROOT = Path(__file__).parents[3]
FONTS = FontLibrary.installed()
SIGN = Frame(
    "front", "engrave", 200_000, 120_000, safe_um=8_000, corner_radius_um=12_000, background="#6b4a33"
)


def frame(font="inter", *, box=(0, 0, 200, 60), size=10, least=4, align="center", valign="middle"):
    left, top, width, height = (micrometres(value) for value in box)
    return TextFrame(
        "line1",
        font,
        Box(left, top, left + width, top + height),
        align,
        valign,
        micrometres(size),
        micrometres(least),
    )


def text(words, font="inter", colour="engrave", **more):
    return TextElement(frame(font, **more), words, colour)


def codes(findings):
    return [finding.code for finding in findings]


# --- fonts ----------------------------------------------------------------------------------------------


def test_every_font_of_the_contract_is_installed_and_known_by_its_hash():
    assert set(FONTS.codes) == set(CODES)
    for code in CODES:
        file = FONTS.file_of(code)
        assert file.sha256 == hashlib.sha256(file.path.read_bytes()).hexdigest()


def test_an_unknown_font_is_refused_by_name():
    with pytest.raises(UnknownFont, match="comic-sans"):
        FONTS.face("comic-sans")


def test_a_weight_that_is_no_number_is_refused():
    with pytest.raises(UnknownFont):
        FONTS.face("inter:bold")


def test_a_font_file_that_changed_is_refused(tmp_path):
    copy = tmp_path / "font.ttf"
    copy.write_bytes(FONTS.file_of("pacifico").path.read_bytes())
    library = FontLibrary({"pacifico": copy})
    copy.write_bytes(copy.read_bytes() + b"\0")
    with pytest.raises(OSError, match="is not the one that is listed"):
        library.face("pacifico")


@pytest.mark.parametrize("code", ["inter", "playfair-display", "noto-sans", "cinzel", "heebo"])
def test_size_is_the_height_of_a_capital(code):
    made = set_text("H", frame=frame(code, size=10), fonts=FONTS)
    assert abs(made.box.height - 10_000) <= 2


def test_a_weight_makes_the_letters_heavier():
    regular = set_text("H", frame=frame("playfair-display"), fonts=FONTS)
    bold = set_text("H", frame=frame("playfair-display:900"), fonts=FONTS)
    assert bold.path != regular.path
    assert bold.box.width > regular.box.width


# --- shaping --------------------------------------------------------------------------------------------


def used_faces(line):
    return [glyph.face.code for glyph in line.glyphs]


def names(line):
    """Glyph names in the order seen, with the font's own glyph order."""
    orders = {}
    for glyph in line.glyphs:
        if glyph.face.code not in orders:
            orders[glyph.face.code] = TTFont(FONTS.file_of(glyph.face.code).path, lazy=True).getGlyphOrder()
    return [orders[glyph.face.code][glyph.glyph] for glyph in line.glyphs]


def test_a_letter_missing_in_the_asked_font_comes_from_a_fallback():
    line = shape_line("Omar عمر", font="great-vibes", fonts=FONTS)
    assert line.missing == ()
    assert used_faces(line)[:4] == ["great-vibes"] * 4
    assert used_faces(line)[-3:] == ["noto-sans-arabic"] * 3


def test_hebrew_falls_back_to_heebo():
    assert set(used_faces(shape_line("שלום", font="great-vibes", fonts=FONTS))) == {"heebo"}


@pytest.mark.parametrize(
    "words", ["Anna ♥ Omar", "a\u00adb", "a\u200eb", "می\u200cخواهم", "1\u202f000 €", "שָׁלוֹם", "عَرَبِيّ"]
)
def test_what_shoppers_write_is_covered_in_every_font(words):
    for font in CODES:
        assert shape_line(words, font=font, fonts=FONTS).missing == ()


def test_a_serif_falls_back_to_a_serif():
    assert used_faces(shape_line("Ж", font="cinzel", fonts=FONTS)) == ["noto-serif"]


def test_arabic_letters_are_joined():
    """The middle letter of three has its medial form, not the form that it has alone."""
    joined = shape_line("ببب", font="noto-sans-arabic", fonts=FONTS)
    alone = shape_line("ب", font="noto-sans-arabic", fonts=FONTS)
    assert len({glyph.glyph for glyph in joined.glyphs} | {alone.glyphs[0].glyph}) >= 3
    assert joined.advance < 3 * alone.advance


def test_right_to_left_text_is_seen_from_the_right():
    line = shape_line("אב", font="heebo", fonts=FONTS)
    bet, alef = line.glyphs
    assert bet.x < alef.x
    assert names(line) == [names(shape_line(letter, font="heebo", fonts=FONTS))[0] for letter in "בא"]


def test_digits_inside_hebrew_keep_their_order():
    assert names(shape_line("בית 12", font="heebo", fonts=FONTS))[:2] == ["one", "two"]


def test_brackets_are_mirrored_in_right_to_left_text():
    line = names(shape_line("(א)", font="heebo", fonts=FONTS))
    assert (line[0], line[-1]) == ("parenleft", "parenright")


def test_composed_and_decomposed_letters_are_the_same():
    assert (
        set_text("O\u0308zge", frame=frame(), fonts=FONTS).path
        == set_text("Özge", frame=frame(), fonts=FONTS).path
    )


def test_a_combining_mark_stands_above_its_letter():
    """q has no composed form with a tilde: the mark must still be placed over it."""
    plain = set_text("q", frame=frame("noto-sans", size=10), fonts=FONTS).box
    marked = set_text("q\u0303", frame=frame("noto-sans", size=10), fonts=FONTS).box
    assert marked.height > plain.height + 1_000
    assert abs(marked.width - plain.width) < 600


def test_a_family_of_emoji_is_one_letter():
    (glyph,) = shape_line("👩\u200d👧", font="inter", fonts=FONTS).glyphs
    assert glyph.face.code == "noto-emoji"
    without = FontLibrary({"inter": FONTS.file_of("inter")})
    assert shape_line("👩\u200d👧", font="inter", fonts=without).missing == ("👩\u200d👧",)


@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("นน้ำ", "noto-sans-thai"),
        ("東京骨", "noto-sans-cjk"),
        ("한국", "noto-sans-cjk"),
        ("ひらがな", "noto-sans-cjk"),
        ("परिवार", "noto-sans"),
        ("😀🎂", "noto-emoji"),
    ],
)
def test_scripts_that_no_display_font_has_come_from_a_font_that_has_them(text, font):
    line = shape_line(text, font="great-vibes", fonts=FONTS)
    assert line.missing == ()
    assert {glyph.face.code for glyph in line.glyphs} == {font}


def test_a_font_with_one_weight_stands_in_for_every_weight():
    assert FONTS.face("noto-emoji:700") is FONTS.face("noto-emoji")
    assert FONTS.face("inter:700") is not FONTS.face("inter")


# --- fitting --------------------------------------------------------------------------------------------


def test_a_text_that_fits_keeps_its_size():
    made = set_text("Anna", frame=frame(size=10), fonts=FONTS)
    assert made.size_um == 10_000
    assert made.findings == ()


def test_a_text_too_wide_is_shrunk_and_said_so():
    made = set_text("Anna and Bartholomew", frame=frame(box=(10, 10, 90, 20), size=10), fonts=FONTS)
    assert codes(made.findings) == ["text-shrunk"]
    assert made.findings[0].severity == "fixed"
    assert 4_000 <= made.size_um < 10_000
    assert 89_500 <= made.box.width <= 90_000


def test_a_text_that_does_not_fit_at_its_smallest_is_refused_with_both_widths():
    made = set_text("Bartholomew " * 6, frame=frame(box=(10, 10, 60, 20), size=10, least=5), fonts=FONTS)
    finding = made.findings[0]
    assert (finding.code, finding.severity, finding.limit) == ("text-too-long", "refuse", 60.0)
    assert finding.measured == made.box.width / 1000
    assert made.size_um == 5_000
    for word in ("60 mm", "Shorten it to about", "bigger size"):
        assert word in finding.message


def test_a_letter_no_font_has_is_named():
    made = set_text("Anna \U00013000", frame=frame(), fonts=FONTS)
    assert [finding.severity for finding in made.findings] == ["refuse"]
    assert "\U00013000" in made.findings[0].message and "U+13000" in made.findings[0].message


def test_white_space_alone_makes_nothing():
    made = set_text("  ", frame=frame(), fonts=FONTS)
    assert (made.path, made.box, made.findings) == ((), None, ())


@pytest.mark.parametrize(("align", "edge"), [("left", "left"), ("right", "right")])
def test_the_ink_stands_at_the_edge_it_is_aligned_to(align, edge):
    asked = frame(box=(20, 10, 100, 20), align=align)
    assert getattr(set_text("fox", frame=asked, fonts=FONTS).box, edge) == getattr(asked.box, edge)


def test_centred_ink_is_centred():
    box = set_text("fox", frame=frame(box=(20, 10, 101, 20)), fonts=FONTS).box
    assert abs((box.left + box.right) - 2 * 70_500) <= 2


def test_capitals_stand_in_the_middle_and_a_tail_does_not_move_them():
    asked = frame(box=(0, 0, 200, 60), size=10)
    without, with_tail = (set_text(words, frame=asked, fonts=FONTS).box for words in ("Hanna", "Hannq"))
    assert abs((without.top + without.bottom) - 60_000) <= 200  # the round letters overshoot a little
    assert with_tail.top == without.top


def test_lines_stand_one_under_the_other():
    made = set_text("HH\nHH", frame=frame(size=10), fonts=FONTS)
    assert abs(made.box.height - (10_000 + 16_000)) <= 2


@settings(max_examples=60, deadline=None)
@given(
    words=st.text(alphabet="abcgjÖŁ عمרש12 -", min_size=1, max_size=24),
    font=st.sampled_from(["great-vibes", "playfair-display", "inter", "pacifico"]),
    width=st.integers(20, 180),
    size=st.integers(6, 30),
    align=st.sampled_from(["left", "center", "right"]),
    valign=st.sampled_from(["top", "middle", "bottom"]),
)
def test_ink_is_inside_its_box_or_the_text_is_refused(words, font, width, size, align, valign):
    asked = frame(font, box=(5, 5, width, 30), size=size, least=3, align=align, valign=valign)
    made = set_text(words, frame=asked, fonts=FONTS)
    refused = "text-too-long" in codes(made.findings)
    if made.box is not None and not refused:
        assert asked.box.excess_of(made.box) == 0
    assert made.box == bounds(made.path)


# --- surfaces -------------------------------------------------------------------------------------------


def test_text_over_the_safe_border_is_refused_by_its_outline():
    scene = compose(SIGN, [text("Anna", box=(4, 40, 100, 20), align="left", size=10)], fonts=FONTS)
    finding = scene.findings[0]
    assert (finding.code, finding.severity, finding.limit) == ("outside-safe-zone", "refuse", 8.0)
    assert abs(finding.measured - 4.0) < 0.01
    assert not scene.makeable


def test_text_inside_the_safe_border_is_accepted():
    scene = compose(SIGN, [text("Anna", box=(8, 40, 100, 20), align="left", size=10)], fonts=FONTS)
    assert scene.findings == ()
    assert scene.makeable


def picture(width, height):
    return AssetInfo("ab" * 32, width, height)


def image(width, height, box, fit="contain", **more):
    return ImageElement("photo", picture(width, height), Box(*(1000 * value for value in box)), fit, **more)


def test_a_contained_picture_keeps_its_shape():
    scene = compose(SIGN, [image(2000, 1000, (10, 10, 110, 110))], fonts=FONTS)
    placed = scene.items[0]
    assert (placed.box, placed.crop) == (Box(10_000, 35_000, 110_000, 85_000), Box(0, 0, 2000, 1000))


def test_a_covering_picture_is_cropped_to_the_box():
    scene = compose(SIGN, [image(2000, 1000, (10, 10, 110, 110), "cover")], fonts=FONTS)
    placed = scene.items[0]
    assert (placed.box, placed.crop) == (Box(10_000, 10_000, 110_000, 110_000), Box(500, 0, 1500, 1000))


def test_a_stroke_over_the_edge_is_refused_with_half_its_width():
    shape = ShapeElement("border", "rect", Box(0, 0, 200_000, 120_000), 1_000, 0, "engrave")
    scene = compose(SIGN, [shape], fonts=FONTS)
    assert codes(scene.findings) == ["outside-safe-zone"]
    assert scene.findings[0].measured == -0.5


def test_a_circle_fits_the_shorter_side():
    shape = ShapeElement("ring", "circle", Box(10_000, 10_000, 60_000, 40_000), 400, 0, "engrave")
    assert bounds(compose(SIGN, [shape], fonts=FONTS).items[0].path) == Box(20_000, 10_000, 50_000, 40_000)


def test_an_unknown_shape_is_the_author_s_mistake():
    shape = ShapeElement("star", "star", Box(0, 0, 1000, 1000), 400, 0, "engrave")
    with pytest.raises(LayoutError, match="star"):
        compose(SIGN, [shape], fonts=FONTS)


def test_colours_become_roles():
    assert role_and_colour("#AbCdEf", "dtf") == ("print", "#abcdef")
    assert role_and_colour("white", "dtf") == ("white", "")
    assert role_and_colour("#abcdef", "engrave") == ("engrave", "")
    assert role_and_colour("cut", "engrave") == ("cut", "")
    with pytest.raises(LayoutError):
        role_and_colour("blue", "dtf")


# --- one truth everywhere -------------------------------------------------------------------------------

FAMILY_SIGN = [
    text("The Özdemir Family", "great-vibes", box=(14, 18, 172, 36), size=22),
    text("العائلة وطن القلب", "great-vibes", box=(20, 62, 160, 20), size=10),
    text("SINCE 2014 · בית", "playfair-display:600", box=(20, 88, 160, 12), size=7),
    ShapeElement("border", "rounded", Box(8_000, 8_000, 192_000, 112_000), 600, 8_000, "engrave"),
    image(900, 900, (80, 80, 90, 90)),
]


def test_a_scene_survives_its_json():
    scene = compose(SIGN, FAMILY_SIGN, fonts=FONTS)
    again = Scene.from_json(json.loads(json.dumps(scene.as_json())))
    assert again == scene
    assert again.hash == scene.hash


def test_a_scene_of_another_format_is_refused():
    with pytest.raises(ValueError, match="format 99"):
        Scene.from_json({"format": 99})


def test_a_scene_holds_no_fractions():
    def numbers(value):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            return [number for item in value for number in numbers(item)]
        return [value] if isinstance(value, float) else []

    made = compose(SIGN, FAMILY_SIGN, fonts=FONTS).as_json()
    assert numbers({**made, "findings": []}) == []


SCRIPT = """
import sys
sys.path.insert(0, {root!r})
import importlib.util
spec = importlib.util.spec_from_file_location("sign", {file!r})
sign = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sign)
from configurator.engine.rendering.svg import svg
import hashlib
scene = sign.compose(sign.SIGN, sign.FAMILY_SIGN, fonts=sign.FONTS)
page = svg(scene, pictures={{"ab" * 32: "p.png"}})
print(scene.hash, hashlib.sha256(page.encode()).hexdigest())
"""


@pytest.mark.parametrize(("seed", "locale"), [("0", "C"), ("1", "C.UTF-8"), ("4711", "tr_TR.UTF-8")])
def test_the_same_bytes_in_every_process_hash_seed_and_locale(seed, locale):
    scene = compose(SIGN, FAMILY_SIGN, fonts=FONTS)
    environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "LANG": locale, "LANGUAGE": locale}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(root=str(ROOT), file=__file__)],
        env=environment, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.split()[0] == scene.hash


def test_pillow_s_own_text_is_not_used_for_anything_that_is_made():
    banned = ("ImageFont", "ImageText", ".text(", ".multiline_text(", "draw_text")
    for file in sorted((ROOT / "configurator/engine").rglob("*.py")):
        if "shelf" in file.name:
            continue
        source = file.read_text(encoding="utf-8")
        if "PIL" not in source:
            continue
        for name in banned:
            assert name not in source, f"{file} uses {name}"
