"""Lines that break, bend and turn, cursor places, and codes."""

import io
import json
import lzma
import os
import subprocess
import sys
from itertools import accumulate
from math import hypot
from pathlib import Path

import numpy as np
import pytest
import resvg_py
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from wcwidth import iter_graphemes

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, bent, bounds, corners, excess_over_rounded, path_data, turned
from configurator.engine.layout import (
    AssetInfo,
    CodeElement,
    Frame,
    ImageElement,
    Scene,
    TextElement,
    TextFrame,
    compose,
)
from configurator.engine.layout.codes import QUIET_MODULES, CodeTooLong, modules_of, outline_of
from configurator.engine.layout.ink import bent_within, ink_at
from configurator.engine.layout.line_breaking import (
    line_ends,
    line_ends_between_letters,
    line_ends_between_words,
    needs_dictionary,
    needs_server,
)
from configurator.engine.layout.shaping import shape_line
from configurator.engine.layout.text import place_text, set_text
from configurator.engine.placing import Placement, read_placement

ROOT = Path(__file__).parents[3]
UNICODE = Path(__file__).parent / "unicode"
FONTS = FontLibrary.installed()
PRINT = Frame("front", "print", 200_000, 120_000, safe_um=5_000, corner_radius_um=12_000)
WORDS = st.text(alphabet=list("abcdefgij MNW ,.-&äé'12ابتعم ٣ אבש 東京にन्मसेก้ว👍🏽"), min_size=1, max_size=40)


def frame(box=(0, 0, 100_000, 40_000), *, size=8_000, least=3_000, font="inter", align="center", **more):
    return TextFrame("t", font, Box(*box), align, "middle", size, least, **more)


def codes(findings):
    return [finding.code for finding in findings]


# --- where lines may end ---------------------------------------------------------------------------------


def test_lines_end_where_unicode_says():
    """All of LineBreakTest of Unicode 17, except what 17 changed after 16, the version of the library: the
    hyphens that begin a word (LB20a, 23 cases), and a Hebrew letter before a space of formulas (1 case)."""
    text = lzma.decompress((UNICODE / "LineBreakTest-17.0.0.txt.xz").read_bytes()).decode()
    cases = [row.split("#")[0].split() for row in text.splitlines() if row.split("#")[0].strip()]
    differing = []
    for signs in cases:
        letters = [chr(int(sign, 16)) for sign in signs if sign not in "÷×"]
        wanted, place = [], 0
        for sign in signs[1:]:
            if sign == "÷":
                wanted.append(place)
            elif sign != "×":
                place += 1
        if line_ends("".join(letters)) != tuple(wanted):
            differing.append(letters)
    assert len(cases) == 19_338
    assert len(differing) == 24
    assert sum("-" in letters or "\u05be" in letters for letters in differing) == 23


def test_thai_may_break_between_letters_but_not_inside_one():
    text = "สวัสดีครับเราไป"
    assert needs_dictionary(text) and not needs_dictionary("Hallo 東京")
    assert line_ends(text) == (len(text),)
    ends = line_ends_between_letters(text)
    assert len(ends) > 5
    for place in ends[:-1]:
        assert text[place] not in "ัีา" and text[place - 1] not in "เไ"


# The words of each, as a person who reads Thai writes them apart, compounds in their parts.
THAI = (
    "สวัสดี|ปีใหม่",
    "ฉัน|รัก|คุณ",
    "โรงเรียน|ของ|เรา|น่า|อยู่",
    "นักเรียน|ไป|โรงเรียน|ทุก|เช้า",
    "อาหาร|ไทย|อร่อย|มาก",
    "ร้าน|กาแฟ|เปิด|ทุก|วัน",
)


@pytest.mark.parametrize("written", THAI)
def test_thai_lines_end_between_words(written):
    words = written.split("|")
    wanted = set(accumulate(map(len, words)))
    found = set(line_ends_between_words("".join(words)))
    assert found <= wanted
    assert len(found) >= 0.6 * len(wanted)


def test_only_thai_gains_line_ends_by_its_words():
    for text in ("In memory of 東京都", "ບ້ານຂອງເຮົາ", "שלום עולם", ""):
        assert line_ends_between_words(text) == line_ends(text)
        assert not needs_server(text)
    mixed = "Anna & ยินดีต้อนรับสู่บ้านของเรา 2026"
    assert needs_server(mixed)
    assert set(line_ends(mixed)) < set(line_ends_between_words(mixed))


@given(st.text(alphabet="กขคงจชซดตถทนบปพฟมยรลวสหอะาำิีึืุูเแโใไ่้๊๋์ๆ ab", max_size=40))
@settings(max_examples=80)
def test_thai_line_ends_never_tear_a_letter_from_its_marks(text):
    clusters = set(accumulate(map(len, iter_graphemes(text))))
    assert set(line_ends_between_words(text)) - set(line_ends(text)) <= clusters


# --- wrapping ---------------------------------------------------------------------------------------------


def lines_of(set_):
    """The distinct baselines of the carets, from top to bottom."""
    return sorted({caret.y_um for caret in set_.carets})


def test_a_long_text_is_broken_before_it_is_made_smaller():
    wrapped = set_text("one two three four", frame=frame((0, 0, 60_000, 60_000), fit="wrap"), fonts=FONTS)
    assert len(lines_of(wrapped)) == 2
    assert wrapped.size_um == 8_000 and wrapped.findings == ()


def test_what_does_not_fit_in_lines_is_made_smaller_too():
    words = "In memory of a wonderful summer in the Dolomites"
    wrapped = set_text(words, frame=frame((0, 0, 60_000, 30_000), fit="wrap"), fonts=FONTS)
    straight = set_text(words, frame=frame((0, 0, 60_000, 30_000), least=500), fonts=FONTS)
    assert codes(wrapped.findings) == ["text-shrunk"]
    assert wrapped.size_um > straight.size_um
    assert wrapped.box.width <= 60_000 and wrapped.box.height <= 30_000


def test_a_word_is_never_cut_to_fit():
    made = set_text(
        "Donaudampfschiff", frame=frame((0, 0, 30_000, 60_000), least=7_000, fit="wrap"), fonts=FONTS
    )
    assert codes(made.findings) == ["text-too-long"]
    assert len(lines_of(made)) == 1


def test_chinese_breaks_between_its_characters():
    made = set_text("東京都に住んでいます", frame=frame((0, 0, 40_000, 60_000), fit="wrap"), fonts=FONTS)
    assert len(lines_of(made)) > 2 and made.size_um == 8_000


def test_thai_is_torn_only_where_nothing_else_fits_and_says_so():
    text = "สวัสดีครับยินดีต้อนรับสู่บ้านของเรา"
    roomy = set_text(text, frame=frame((0, 0, 200_000, 20_000), fit="wrap"), fonts=FONTS)
    words = set_text(text, frame=frame((0, 0, 60_000, 60_000), least=6_000, fit="wrap"), fonts=FONTS)
    tight = set_text(text, frame=frame((0, 0, 16_000, 250_000), least=6_000, fit="wrap"), fonts=FONTS)
    assert len(lines_of(roomy)) == 1
    assert len(lines_of(words)) > 1 and codes(words.findings) == []
    assert "broken-inside-words" in codes(tight.findings)
    assert len(lines_of(tight)) > len(lines_of(words))


@settings(max_examples=60)
@given(
    WORDS,
    st.sampled_from(["shrink", "wrap"]),
    st.sampled_from([0, 45_000, -60_000]),
    st.integers(5_000, 120_000),
    st.integers(3_000, 60_000),
)
def test_a_text_never_leaves_its_frame_without_a_finding(words, fit, arc, width, height):
    box = Box(1_000, 2_000, 1_000 + width, 2_000 + height)
    made = set_text(
        words, frame=TextFrame("t", "inter", box, "center", "middle", 9_000, 2_000, fit, arc), fonts=FONTS
    )
    if made.box is not None and "text-too-long" not in codes(made.findings):
        assert box.excess_of(made.box) == 0


# --- circles ----------------------------------------------------------------------------------------------


def test_a_bent_baseline_lies_on_its_circle():
    for radius in (40_000, -40_000):
        for x in range(-60_000, 60_001, 10_000):
            ((_, px, py),) = bent((("M", x, 0),), radius)
            assert abs(hypot(px, py - radius) - abs(radius)) <= 1


def test_letters_keep_their_height_on_a_circle():
    ((_, ax, ay), (_, bx, by)) = bent((("M", 30_000, 0), ("M", 30_000, -7_000)), 50_000)
    assert abs(hypot(ax - bx, ay - by) - 7_000) <= 2


def test_text_on_a_circle_is_shrunk_before_it_meets_itself():
    made = set_text(
        "round and round and round", frame=frame((0, 0, 90_000, 90_000), arc_um=20_000), fonts=FONTS
    )
    assert codes(made.findings) == ["text-shrunk"]
    first, last = made.carets[0], made.carets[-1]
    assert hypot(first.x_um - last.x_um, first.y_um - last.y_um) > 2_000


def test_what_is_too_long_for_a_circle_is_refused_with_both_lengths():
    made = set_text(
        "round and round " * 6, frame=frame((0, 0, 90_000, 90_000), least=7_000, arc_um=20_000), fonts=FONTS
    )
    (finding,) = made.findings
    assert finding.code == "text-too-long" and "around the circle" in finding.message
    assert finding.measured > finding.limit == pytest.approx(122.264, abs=0.01)


# --- cursor -----------------------------------------------------------------------------------------------


def test_a_cursor_stands_before_every_letter_and_after_the_last():
    made = set_text("Ab c", frame=frame(), fonts=FONTS)
    assert [caret.cluster for caret in made.carets] == [0, 1, 2, 3, 4]
    assert [caret.x_um for caret in made.carets] == sorted(caret.x_um for caret in made.carets)
    assert {caret.height_um for caret in made.carets} == {8_000}


def test_the_letters_of_a_ligature_share_its_width():
    made = set_text("ffi", frame=frame(font="noto-serif"), fonts=FONTS)
    steps = np.diff([caret.x_um for caret in made.carets])
    assert (steps > 1_000).all()


def test_arabic_cursors_go_from_right_to_left():
    made = set_text("عائلة", frame=frame(), fonts=FONTS)
    places = [caret.x_um for caret in made.carets]
    assert places == sorted(places, reverse=True)
    assert all(caret.rtl for caret in made.carets)


def test_a_family_of_emoji_has_one_cursor_place():
    assert [caret.cluster for caret in set_text("👩‍👩‍👧!", frame=frame(), fonts=FONTS).carets] == [0, 5, 6]


@settings(max_examples=80)
@given(WORDS)
def test_cursors_go_one_way_in_each_direction(words):
    made = set_text(words, frame=frame(), fonts=FONTS)
    for one, next_ in zip(made.carets, made.carets[1:-1], strict=False):
        assert one.cluster < next_.cluster
    runs: list[list] = []
    for caret in made.carets[:-1]:
        if not runs or runs[-1][-1].rtl != caret.rtl:
            runs.append([])
        runs[-1].append(caret)
    if len(runs) == 1:
        places = [caret.x_um for caret in runs[0]]
        assert places == sorted(places, reverse=runs[0][0].rtl)


def test_cursors_move_and_turn_with_their_text():
    placement = Placement(100_000, 60_000, 60_000, 90_000)
    made = place_text("Anna", frame=frame(), placement=placement, fonts=FONTS)
    assert all(caret.angle_mdeg == 90_000 for caret in made.carets)
    downwards = [caret.y_um for caret in made.carets]
    assert downwards == sorted(downwards) and downwards[-1] - downwards[0] > 55_000


# --- placing ----------------------------------------------------------------------------------------------


def placed_text(words, placement, **more):
    text = TextElement(frame(**more), words, "#000000", read_placement(placement), "place")
    return compose(PRINT, [text], fonts=FONTS)


def test_a_placed_text_has_the_width_that_was_asked_for():
    (outline,) = placed_text("Willemijn", "100,60,80,0").items
    assert abs(outline.box.width - 80_000) <= 20
    assert abs(outline.box.left + outline.box.right - 200_000) <= 2


def test_turning_by_360_degrees_changes_nothing():
    assert placed_text("عمر", "100,60,80,360").hash == placed_text("عمر", "100,60,80,0").hash


@given(st.integers(-720_000, 720_000))
def test_a_turned_outline_turns_back(mdeg):
    path = (("M", 10_000, 20_000), ("Q", 90_000, 0, 30_000, 30_000), ("Z",))
    there = turned(turned(path, mdeg, (5_000, 5_000)), -mdeg, (5_000, 5_000))
    flat = [
        abs(a - b)
        for one, two in zip(path, there, strict=True)
        for a, b in zip(one[1:], two[1:], strict=True)
    ]
    assert max(flat) <= 1
    assert turned(path, 360_000 * 2, (0, 0)) == path


def test_a_text_placed_too_small_is_refused_with_a_width_that_works():
    scene = placed_text("Willemijn", "100,60,12,0")
    (finding,) = scene.findings
    assert finding.code == "text-too-small" and finding.severity == "refuse"
    (fix,) = finding.repairs
    assert placed_text("Willemijn", fix.changes["place"]).findings == ()


@pytest.mark.parametrize(
    "place", ["195,60,40,0", "100,2,60,0", "20,20,60,37.5", "100,60,300,0", "8,8,30,-45"]
)
def test_a_text_outside_the_safe_border_comes_with_a_move_that_works(place):
    scene = placed_text("Willemijn", place)
    (finding,) = scene.findings
    assert finding.code == "outside-safe-zone"
    (fix,) = finding.repairs
    assert placed_text("Willemijn", fix.changes["place"]).findings == ()


def test_round_corners_are_part_of_the_border():
    """A letter in the very corner is inside the upright box of the border, and outside its round corner."""
    box = Box(5_000, 5_000, 195_000, 115_000)
    corner = (("M", 5_100, 5_100), ("L", 9_000, 5_100), ("L", 9_000, 9_000), ("Z",))
    assert excess_over_rounded(corner, box, 0) == 0
    assert excess_over_rounded(corner, box, 7_000) == pytest.approx(
        (2**0.5 - 1) * 7_000 - 100 * 2**0.5, abs=2
    )


def photo(placement, *, pixels=(3_000, 2_000)):
    element = ImageElement(
        "photo", AssetInfo("a" * 64, *pixels), Box(0, 0, 100_000, 80_000), "cover", placement, "place"
    )
    return compose(PRINT, [element], fonts=FONTS)


def test_a_placed_picture_keeps_its_shape_and_turns_about_its_middle():
    (item,) = photo(read_placement("100,60,90,-30")).items
    assert item.box == Box(55_000, 30_000, 145_000, 90_000)
    assert item.rotation_mdeg == -30_000


def test_a_crop_shows_a_part_and_gives_the_picture_its_shape():
    (item,) = photo(read_placement("100,60,40,0;0,0,500,1000")).items
    assert item.crop == Box(0, 0, 1_500, 2_000)
    assert (item.box.width, item.box.height) == (40_000, 53_333)


def test_the_corners_of_a_turned_picture_count_not_its_upright_box():
    assert photo(read_placement("100,60,150,0")).findings == ()
    scene = photo(read_placement("100,60,150,30"))
    assert codes(scene.findings) == ["over-the-edge"]
    assert scene.findings[0].severity == "warn"
    assert bounds(scene.items[0].outline) == PRINT.box


def test_a_picture_beside_the_surface_is_refused():
    scene = photo(read_placement("300,60,50,0"))
    assert codes(scene.findings) == ["off-the-surface"]
    (fix,) = scene.findings[0].repairs
    assert photo(read_placement(fix.changes["place"])).findings == ()


@given(st.integers(0, 359_999), st.integers(1_000, 90_000), st.integers(1_000, 90_000))
def test_corners_are_as_far_from_the_middle_as_before(mdeg, width, height):
    box = Box(0, 0, 2 * width, 2 * height)
    for x, y in corners(box, mdeg):
        assert abs(hypot(x - width, y - height) - hypot(width, height)) <= 1


# --- codes ------------------------------------------------------------------------------------------------


def code(text, symbology="qr", box=(50_000, 30_000, 110_000, 90_000), least=400):
    element = CodeElement("code", text, symbology, "m", Box(*box), least, "#000000")
    return compose(PRINT, [element], fonts=FONTS)


PAYLOADS = ["A", "https://example.com/sign?id=42", "WIFI:T:WPA;S=Straße;P=x;;", "東京 👍🏽", "x" * 200]


@pytest.mark.parametrize("symbology", ["qr", "datamatrix"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_code_is_read_from_its_outline(payload, symbology):
    scene = code(payload, symbology)
    (outline,) = scene.items
    assert (outline.kind, outline.text, scene.findings) == ("code", payload, ())
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="540" viewBox="0 0 200000 120000">'
        f'<rect width="100%" height="100%" fill="#fff"/><path d="{path_data(outline.path)}"/></svg>'
    )
    picture = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=drawn)))).convert("L")
    found = zxingcpp.read_barcode(np.array(picture))
    assert found is not None and found.text == payload


@pytest.mark.parametrize("symbology", ["qr", "datamatrix"])
def test_all_modules_are_equal_squares_of_whole_micrometres_with_a_quiet_zone(symbology):
    (outline,) = code("https://example.com", symbology).items
    module, quiet = outline.module_um, QUIET_MODULES[symbology]
    numbers = {
        (value - origin) % module
        for segment in outline.path
        for value, origin in zip(segment[1:], (outline.box.left, outline.box.top), strict=False)
    }
    assert numbers == {0}
    assert outline.box.left - 50_000 >= quiet * module and 90_000 - outline.box.bottom >= quiet * module


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=6))
def test_the_traced_outline_covers_exactly_the_dark_modules(rows):
    matrix = tuple(tuple(row) for row in rows)
    path = outline_of(matrix, module_um=10, left_um=0, top_um=0)
    for row, cells in enumerate(matrix):
        for column, dark in enumerate(cells):
            assert (winding(path, column * 10 + 5, row * 10 + 5) != 0) is dark


def winding(path, x, y):
    """How often a path of upright and level lines runs around a point."""
    count, place, start = 0, (0, 0), (0, 0)
    for segment in path:
        end = start if segment[0] == "Z" else segment[1:]
        if segment[0] == "M":
            start = end
        elif place[0] == end[0] and place[0] > x and min(place[1], end[1]) < y < max(place[1], end[1]):
            count += 1 if end[1] > place[1] else -1
        place = end
    return count


def test_a_code_with_modules_too_small_to_read_is_refused():
    (finding,) = code("x" * 200, box=(0, 0, 15_000, 15_000)).findings[:1]
    assert finding.code == "code-too-small" and finding.severity == "refuse"
    assert finding.measured < finding.limit == 0.4


@pytest.mark.parametrize("symbology", ["qr", "datamatrix"])
def test_a_text_that_no_code_holds_is_refused(symbology):
    with pytest.raises(CodeTooLong):
        modules_of("x" * 3_000, symbology=symbology)
    assert codes(code("x" * 3_000, symbology).findings) == ["code-too-long"]


# --- the same everywhere ----------------------------------------------------------------------------------


def scene():
    text = "Anna عمر 東京 नमस्ते 👍🏽 สวัสดี"
    elements = [
        TextElement(frame((5_000, 8_000, 95_000, 50_000), fit="wrap"), text, "#123456"),
        TextElement(frame((100_000, 8_000, 195_000, 60_000), arc_um=45_000), "The Millers", "#654321"),
        TextElement(frame(), "Willemijn", "#000000", read_placement("60,85,70,-12.345"), "place"),
        CodeElement(
            "c", "https://example.com", "qr", "m", Box(120_000, 70_000, 160_000, 110_000), 400, "#000000"
        ),
    ]
    return compose(PRINT, elements, fonts=FONTS)


@pytest.mark.parametrize(("seed", "locale"), [("0", "C.UTF-8"), ("4242", "tr_TR.UTF-8")])
def test_a_scene_has_the_same_hash_in_every_process_hash_seed_and_locale(seed, locale):
    program = "import test_setting; print(test_setting.scene().hash)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONHASHSEED": seed,
            "LC_ALL": locale,
            "PYTHONPATH": f"{ROOT}:{Path(__file__).parent}",
        },
    )
    assert done.stdout.strip() == scene().hash


def test_a_scene_is_read_back_whole():
    made = scene()
    again = Scene.from_json(json.loads(json.dumps(made.as_json())))
    assert again == made and again.hash == made.hash


def test_what_an_outline_stands_for_changes_nothing_that_is_made():
    (outline,) = code("https://example.com").items
    assert "text" not in outline.made() and outline.as_json()["text"] == "https://example.com"


def test_a_scene_names_the_files_of_its_fonts_and_pictures():
    made = scene()
    assert FONTS.file_of("noto-sans-cjk").sha256 in made.fonts
    assert FONTS.file_of("noto-emoji").sha256 in made.fonts
    assert photo(None).pictures == ("a" * 64,)


@settings(max_examples=40)
@given(
    st.sampled_from(["Anna", "The Millers", "عمر", "東京", "— L T —", "Hi 👍🏽"]),
    st.integers(20_000, 400_000),
    st.booleans(),
    st.integers(10_000, 150_000),
    st.integers(5_000, 60_000),
)
def test_the_quick_look_at_bent_ink_never_contradicts_the_outline(words, radius, inside, width, height):
    ink = ink_at(shape_line(words, font="inter", fonts=FONTS), 9_000)
    arc = -radius if inside else radius
    told = bent_within([(ink, 0, 0)], arc, width, height)
    box = bounds(bent(tuple(ink.segments(0, 0)), arc))
    if told is not None:
        assert told is (box.width <= width and box.height <= height)


@given(st.sampled_from(["Anna", "fjord, q", "عمر ١٢", "क्षत्रिय", "東京", "ที่นี่"]), st.integers(50, 60_000))
def test_the_box_of_ink_is_that_of_its_outline(words, size):
    ink = ink_at(shape_line(words, font="playfair-display", fonts=FONTS), size)
    assert ink.box() == bounds(tuple(ink.segments(0, 0)))
