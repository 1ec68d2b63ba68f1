"""What the machines' rules find, and that the repairs they offer work."""

import hashlib
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configurator.engine.choices import normalise
from configurator.engine.colours import lab_of
from configurator.engine.domains import Kernel
from configurator.engine.family import read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, bounds, line, moved, rectangle
from configurator.engine.knowledge import compile_family
from configurator.engine.layout import AssetInfo, Outline, Placed, Scene, Stroke, lay_out
from configurator.engine.layout.text import TextFrame, set_text
from configurator.engine.machines import Ink, profile_for
from configurator.engine.measuring import FontMeasurer, Measures
from configurator.engine.preflight import CODES, RULES, examine
from configurator.engine.preflight.ink import total_ink
from configurator.engine.preflight.thinness import TOLERANCE_UM, _flat, thin_parts
from configurator.engine.rendering.polygons import flattened

FONTS = FontLibrary.installed()
LASER = profile_for("engrave")
PRINTER = profile_for("print")
DTF = profile_for("dtf")
MM = 1000


def scene(*items, process="print", width=100, height=60, bleed=0, background="#ffffff", findings=()):
    return Scene("front", process, width * MM, height * MM, 0, 0, background, items, findings, bleed * MM)


def box(left, top, right, bottom):
    return Box(*(round(value * MM) for value in (left, top, right, bottom)))


def filled(shape, colour="#1b2a4b", role="print", element="shape", kind="shape"):
    path = rectangle(shape) if isinstance(shape, Box) else shape
    return Outline(element, role, colour, path, bounds(path), kind=kind)


def asset(tmp_path, pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    name = hashlib.sha256(out.getvalue()).hexdigest()
    (tmp_path / name).write_bytes(out.getvalue())
    return AssetInfo(name, pixels.shape[1], pixels.shape[0], tmp_path / name)


def placed(picture, where, rotation=0):
    crop = Box(0, 0, picture.width, picture.height)
    return Placed(
        "photo", "print", picture.sha256, where, crop, picture.width, picture.height, rotation_mdeg=rotation
    )


def found(made, profile=PRINTER, *pictures):
    return examine(made, profile, {each.sha256: each for each in pictures})


def codes(made, profile=PRINTER, *pictures):
    return [each.code for each in found(made, profile, *pictures)]


def noise(width, height, alpha=255):
    pixels = np.random.default_rng(7).integers(60, 200, (height, width, 4), dtype=np.uint8)
    pixels[..., 3] = alpha
    return pixels


def test_dots_an_inch_are_those_of_the_crop_and_count_by_the_machine(tmp_path):
    picture = asset(tmp_path, noise(1200, 600))
    whole = placed(picture, box(10, 10, 60, 35), rotation=30_000)
    assert codes(scene(whole), PRINTER, picture) == []  # 610 dpi
    half = replace(whole, crop=Box(0, 0, 300, 150))
    finding = found(scene(half), PRINTER, picture)[0]
    assert (finding.code, finding.severity, finding.measured, finding.limit) == (
        "dpi-too-low",
        "warn",
        152.4,
        300,
    )
    coarse = replace(whole, crop=Box(0, 0, 200, 100))
    assert found(scene(coarse), PRINTER, picture)[0].severity == "refuse"


def test_a_picture_that_reaches_the_trimmed_edge_runs_over_it(tmp_path):
    picture = asset(tmp_path, noise(2000, 1200))
    assert codes(scene(placed(picture, box(-3, -3, 103, 63)), bleed=3), PRINTER, picture) == []
    flush = found(scene(placed(picture, box(0, -3, 103, 63)), bleed=3), PRINTER, picture)[0]
    assert (flush.code, flush.severity, flush.measured, flush.limit) == ("bleed-missing", "refuse", 0, 3)
    assert "left edge" in flush.message


def test_a_turned_line_is_measured_at_its_corners():
    leaning = (("M", 4_000, 30_000), ("L", 10_000, 20_000), ("L", 30_000, 30_000), ("Z",))
    assert codes(scene(filled(leaning))) == []
    finding = found(scene(filled(leaning)), replace(PRINTER, safe_um=4_500))[0]
    assert (finding.code, finding.measured) == ("outside-safe-zone", 4.0)


@pytest.mark.parametrize("width", range(200, 401, 10))
def test_thin_bars_are_told_from_thick_ones_to_a_twentieth_of_a_millimetre(width):
    """Bars of 0.20 to 0.40 mm against a limit of 0.30 mm; within 0.01 mm of it either answer is right."""
    bar = filled(box(10, 10, 40, 10 + width / 1000), role="engrave", colour="")
    thin = thin_parts(bar.path, LASER.min_stroke_um)
    if abs(width - 300) > 10:
        assert (thin.box is not None) == (width < 300)
    if thin.box is not None:
        assert thin.width_um == pytest.approx(width, abs=10)


def test_the_same_letters_elsewhere_are_as_thin():
    frame = TextFrame("t", "great-vibes", box(0, 0, 90, 30), "left", "top", 9_000, 9_000)
    made = set_text("Zoë & Jürgen", frame=frame, fonts=FONTS).path
    for dx, dy in ((0, 0), (1_237, -40_001)):
        there = moved(made, dx, dy)
        assert list(_flat(there)) == [points for points, _ in flattened(there, TOLERANCE_UM)]
        one, other = thin_parts(made, 300), thin_parts(there, 300)
        assert other == replace(one, box=one.box.moved(dx, dy))


@pytest.mark.parametrize("gap", range(200, 401, 20))
def test_narrow_gaps_are_told_from_wide_ones(gap):
    beside = 20_000 + gap
    path = (*rectangle(box(10, 10, 20, 30)), *rectangle(Box(beside, 10_000, beside + 5_000, 30_000)))
    thin = thin_parts(path, LASER.min_gap_um, gaps=True)
    if abs(gap - 300) > 10:
        assert (thin.box is not None) == (gap < 300)
    if thin.box is not None:
        assert thin.width_um == pytest.approx(gap, abs=10)


def test_corners_and_serifs_are_no_thin_strokes():
    wedge = (("M", 10_000, 10_000), ("L", 30_000, 10_000), ("L", 10_000, 25_000), ("Z",))
    assert codes(scene(filled(wedge, "", "engrave"), process="engrave"), LASER) == []


def test_a_thin_line_is_refused():
    stroke = Stroke(
        "rule", "engrave", "", line((10_000, 20_000), (50_000, 20_000)), 200, box(10, 19.9, 50, 20.1)
    )
    finding = found(scene(stroke, process="engrave"), LASER)[0]
    assert (finding.code, finding.severity, finding.measured) == ("stroke-too-thin", "refuse", 0.2)


def test_soft_edges_are_told_where_white_lies_under(tmp_path):
    soft, hard = noise(800, 800), noise(800, 800)
    soft[:, :400, 3] = 128
    hard[:, :400, 3] = 0
    for pixels, expected in ((soft, ["soft-edges"]), (hard, [])):
        picture = asset(tmp_path, pixels)
        made = scene(placed(picture, box(10, 10, 50, 50)), process="dtf", background="#222222")
        assert codes(made, DTF, picture) == expected


def test_a_picture_of_nothing_is_refused(tmp_path):
    white = asset(tmp_path, np.full((700, 700, 4), 255, dtype=np.uint8))
    made = scene(placed(white, box(10, 10, 50, 50)))
    assert [(each.code, each.severity) for each in found(made, PRINTER, white)] == [
        ("nothing-to-see", "refuse")
    ]
    dark = replace(made, background="#203040")
    assert codes(dark, PRINTER, white) == []


def test_white_on_white_is_refused_but_not_on_a_dark_ground():
    letters = filled(box(30, 20, 50, 30), "#fefefe", element="line1", kind="text")
    assert codes(scene(letters)) == ["nothing-to-see"]
    assert codes(scene(filled(box(10, 10, 80, 50)), letters)) == []


def test_colours_are_counted_and_named_by_the_nearest_ink():
    navy = Ink("1500", "Navy", "#1b2a4b", lab_of("#1b2a4b"))
    profile = replace(PRINTER, max_colours=1, palette=(navy,))
    two = scene(filled(box(10, 10, 20, 20)), filled(box(30, 10, 40, 20), "#c4161c", element="other"))
    told = {each.code: each for each in found(two, profile)}
    assert (told["too-many-colours"].measured, told["too-many-colours"].limit) == (2, 1)
    assert told["colour-not-in-stock"].element == "other"
    assert "Navy" in told["colour-not-in-stock"].message
    assert codes(scene(filled(box(10, 10, 20, 20))), profile) == []


def test_ink_is_summed_by_the_stated_model():
    amounts = total_ink(np.array([(0, 0, 0), (255, 255, 255), (0, 0, 255)], dtype=np.uint8), None)
    assert amounts.round().tolist() == [280, 0, 200]
    profile = replace(PRINTER, max_ink_percent=240)
    assert codes(scene(filled(box(10, 10, 20, 20), "#000000")), profile) == ["too-much-ink"]
    assert codes(scene(filled(box(10, 10, 20, 20), "#888888")), profile) == []


def test_a_line_cut_twice_is_refused_and_neighbours_are_not():
    one, other = filled(box(10, 10, 40, 40), "", "cut", "a"), filled(box(40, 20, 60, 30), "", "cut", "b")
    finding = found(scene(one, other, process="engrave"), LASER)[0]
    assert (finding.code, finding.element, finding.measured) == ("cut-twice", "b", 10.0)
    apart = filled(box(41, 20, 60, 30), "", "cut", "b")
    assert codes(scene(one, apart, process="engrave"), LASER) == []


def test_a_cut_that_does_not_close_is_refused():
    path = rectangle(box(10, 10, 40, 40))[:-1]
    stroke = Stroke("hole", "cut", "", path, 1, box(10, 10, 40, 40))
    assert codes(scene(stroke, process="engrave"), LASER) == ["cut-open"]
    assert codes(scene(replace(stroke, role="score"), process="engrave"), LASER) == []


def qr(left, top, module=500, colour="#000000"):
    side = 21 * module
    where = Box(left * MM, top * MM, left * MM + side, top * MM + side)
    return Outline("code", "print", colour, rectangle(where), where, kind="code", text="X", module_um=module)


def test_a_code_needs_large_squares_a_quiet_border_and_contrast():
    assert codes(scene(qr(20, 20))) == []
    assert codes(scene(qr(20, 20, module=200))) == ["code-too-small"]
    near = filled(box(31.5, 20, 40, 30))
    assert codes(scene(qr(20, 20), near)) == ["code-crowded"]
    assert (
        codes(
            scene(qr(20, 20), replace(near, path=rectangle(box(32.6, 20, 40, 30)), box=box(32.6, 20, 40, 30)))
        )
        == []
    )
    assert "code-faint" in codes(scene(qr(20, 20, colour="#bbbbbb")))


@pytest.mark.parametrize("module", [254, 270, 338])
def test_squares_of_less_than_four_dots_are_refused_with_the_limit(module):
    (finding,) = found(scene(qr(20, 20, module=module)))
    assert (finding.code, finding.severity) == ("code-too-small", "refuse")
    assert (finding.measured, finding.limit, finding.unit) == (module / 1000, 0.339, "mm")
    assert codes(scene(qr(20, 20, module=339))) == []


def test_what_is_cut_by_outlines_has_no_dots():
    assert LASER.least_module_um == max(LASER.min_stroke_um, LASER.min_gap_um)


def test_findings_are_told_in_one_order_and_by_known_codes():
    made = scene(
        qr(1, 1, module=200, colour="#bbbbbb"),
        filled(box(30, 20, 50, 20.1)),
        filled(box(0, 40, 20, 50)),
        bleed=3,
    )
    first = found(made)
    assert first == found(made) and len(first) >= 5
    assert {each.code for each in first} <= set(CODES)
    assert [each.severity for each in first] == sorted(
        (each.severity for each in first), key=["refuse", "warn", "fixed"].index
    )
    assert len(RULES) == len(set(RULES))


def test_every_code_is_in_the_manual_and_every_told_code_is_known():
    root = Path(__file__).parents[3]
    manual = (root / "docs" / "machines.md").read_text(encoding="utf-8")
    assert [code for code in CODES if f"| `{code}` |" not in manual] == []
    engine = root / "configurator" / "engine"
    sources = [*(engine / "preflight").glob("*.py"), *(engine / "layout").glob("*.py")]
    told = {
        code
        for source in sources
        for code in re.findall(
            r'code="([a-z-]+)"|finding\(\s*"([a-z-]+)"', source.read_text(encoding="utf-8")
        )
        for code in code
        if code
    }
    assert told - set(CODES) == set()


FAMILY = """
family: plate
name: Plate
currency: EUR
base_price: 1
options:
  - {code: line1, name: Line 1, kind: text, max_length: 30, default: Anna & Łukasz}
  - {code: place, name: Place of line 1, kind: placement, of: line1}
  - {code: line2, name: Line 2, kind: text, max_length: 30, required: false, default: Hamburg}
  - code: font
    name: Lettering
    kind: choice
    default: fine
    values:
      - {code: fine, name: Great Vibes, attributes: {font: great-vibes}}
      - {code: plain, name: Inter, attributes: {font: inter}}
  - {code: size, name: Letter height, kind: integer, unit: mm, min: 2, max: 30, step: 1, default: 3}
  - code: ink
    name: Ink
    kind: choice
    default: white
    values:
      - {code: white, name: White, attributes: {hex: "#ffffff"}}
      - {code: cream, name: Cream, attributes: {hex: "#fffdf8"}}
      - {code: navy, name: Navy, attributes: {hex: "#1b2a4b"}}
  - {code: photo, name: Photo, kind: image, required: false}
  - {code: photo_place, name: Place of the photo, kind: placement, of: photo}
rules:
  - {code: R1, expr: "font == 'plain' => size <= 12 mm", message: Plain letters are made up to 12 mm.}
surfaces:
  - code: front
    name: Front
    process: PROCESS
    width: 120 mm
    height: 60 mm
    safe: 3 mm
    bleed: 3 mm
    elements:
      - {kind: image, option: photo, place: photo_place, box: [0 mm, 0 mm, 120 mm, 60 mm], fit: cover}
      - {kind: text, option: line1, place: place, font: "{font.font}", box: [5 mm, 5 mm, 110 mm, 20 mm],
         size: size, min_size: 1 mm, colour: COLOUR}
      - {kind: text, option: line2, font: "{font.font}", box: [5 mm, 30 mm, 110 mm, 25 mm],
         size: size, min_size: 1 mm, colour: COLOUR}
"""


def plate(process, colour):
    spec = read_family(FAMILY.replace("PROCESS", process).replace("COLOUR", colour))
    return spec, Kernel(compile_family(spec))


def mended(spec, kernel, profile, choices, pictures=()):
    """Every finding, with what is found after each of its repairs."""
    assets = {each.sha256: each for each in pictures}

    def laid_out(changed):
        plain = normalise(spec, changed)
        if not kernel.consistent(plain):
            return None
        return lay_out(spec=spec, choices=plain, surface="front", fonts=FONTS, assets=assets)

    made = laid_out(choices)
    assert made is not None
    for finding in examine(made, profile, assets, spec=spec, choices=choices, lay_out=laid_out):
        after = []
        for fix in finding.repairs:
            other = laid_out({**choices, **fix.changes})
            assert other is not None, fix
            after.append(
                (fix, examine(other, profile, assets, spec=spec, choices={**choices, **fix.changes}))
            )
        yield finding, after


@pytest.mark.parametrize(
    ("process", "colour", "changes", "expected"),
    [
        ("engrave", "engrave", {"line2": ""}, {"stroke-too-thin": {"Use Inter", "Letter height: 30 mm"}}),
        ("engrave", "engrave", {"size": 2, "font": "plain"}, {"letters-too-small": {"Letter height: 3 mm"}}),
        (
            "engrave",
            "engrave",
            {"line2": "Anna \U00012000", "size": 10, "font": "plain"},
            {"glyph-missing": {"Leave out “\U00012000”"}},
        ),
        ("print", '"{ink.hex}"', {"size": 8, "font": "plain"}, {"nothing-to-see": {"Use Navy"}}),
        (
            "engrave",
            "engrave",
            {"size": 10, "font": "plain", "place": "10,10,60,-20"},
            {"outside-safe-zone": {"Move it inside"}},
        ),
        (
            "engrave",
            "engrave",
            {"size": 10, "font": "plain", "place": "60,15,12,0"},
            {"letters-too-small": None},
        ),
    ],
)
def test_a_repair_that_is_offered_works(process, colour, changes, expected):
    spec, kernel = plate(process, colour)
    choices = normalise(spec, {**spec.defaults, **changes})
    offered = {}
    for finding, after in mended(spec, kernel, profile_for(process), choices):
        for fix, left in after:
            still = [each for each in left if (each.code, each.element) == (finding.code, finding.element)]
            assert not still, (finding.code, fix.label)
            offered.setdefault(finding.code, set()).add(fix.label)
    for code, labels in expected.items():
        assert offered.get(code), code
        if labels is not None:
            assert offered[code] & labels, offered[code]


def test_a_coarse_picture_can_be_printed_smaller_and_one_at_the_edge_made_larger(tmp_path):
    spec, kernel = plate("print", '"{ink.hex}"')
    picture = asset(tmp_path, noise(900, 450))
    base = {**spec.defaults, "ink": "navy", "font": "plain", "size": 8, "photo": picture.sha256}
    labels = {}
    for place in ("60,30,100,0", "20,20,40,0", "60,30,100,-10"):
        choices = normalise(spec, {**base, "photo_place": place})
        for finding, after in mended(spec, kernel, PRINTER, choices, [picture]):
            for fix, left in after:
                assert (finding.code, finding.element) not in [
                    (each.code, each.element) for each in left if each.severity != "fixed"
                ]
                labels.setdefault(finding.code, []).append(fix.label)
    assert "Print it 76.2 mm wide" in labels["dpi-too-low"]
    assert any("inside" in label for label in labels["bleed-missing"])
    assert any("over the edge" in label for label in labels["bleed-missing"])


def test_a_picture_that_fills_the_surface_is_made_to_bleed(tmp_path):
    spec, _ = plate("print", '"{ink.hex}"')
    picture = asset(tmp_path, noise(2400, 1300))
    choices = {**spec.defaults, "ink": "navy", "font": "plain", "size": 8, "photo": picture.sha256}
    assets = {picture.sha256: picture}
    made = lay_out(spec=spec, choices=choices, surface="front", fonts=FONTS, assets=assets)
    assert made.items[0].box == box(-3, -3, 123, 63)
    assert [(each.code, each.severity) for each in examine(made, PRINTER, assets)] == [
        ("bleed-added", "fixed")
    ]


CODE = """
family: tag
name: Tag
currency: EUR
base_price: 1
options:
  - {code: link, name: Link, kind: text, max_length: 60, default: "https://example.org/tag/1"}
  - {code: side, name: Side, kind: integer, unit: mm, min: 6, max: 30, step: 1, default: 6}
  - code: size
    name: Size
    kind: choice
    default: s
    values:
      - {code: s, name: Small, attributes: {width: 30 mm}}
      - {code: l, name: Large, attributes: {width: 40 mm}}
rules:
  - {code: R1, expr: "side <= size.width - 8 mm", message: The code has to fit.}
surfaces:
  - code: front
    name: Front
    process: print
    width: size.width
    height: 40 mm
    elements:
      - {kind: code, option: link, symbology: SYMBOLOGY, module: MODULE mm, box: [4 mm, 4 mm, side, side],
         colour: "#000000"}
"""


@pytest.mark.parametrize("symbology", ["qr", "datamatrix"])
@pytest.mark.parametrize("module", ["0.1", "0.4"])  # of the family; the machine asks for more, or less
def test_a_code_with_too_small_squares_is_made_larger(symbology, module):
    spec = read_family(CODE.replace("SYMBOLOGY", symbology).replace("MODULE", module))
    kernel = Kernel(compile_family(spec))
    ((finding, after),) = mended(spec, kernel, PRINTER, spec.defaults)
    assert (finding.code, finding.severity) == ("code-too-small", "refuse")
    assert finding.measured < finding.limit
    ((fix, left),) = after
    assert fix.label.startswith("Side: ")
    assert left == ()


FAMILIES = sorted((Path(__file__).parents[3] / "configurator" / "families").glob("*.yaml"))


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_nothing_is_found_on_a_demo_family_as_it_comes(path):
    spec = read_family(path.read_text(encoding="utf-8"))
    knowledge = compile_family(spec)
    choices = Kernel(knowledge, measures=Measures(knowledge, FontMeasurer(FONTS))).complete(spec.defaults)
    for surface in spec.surfaces:
        made = lay_out(spec=spec, choices=choices, surface=surface.code, fonts=FONTS, assets={})
        profile = profile_for(made.process)
        assert examine(made, profile, {}, spec=spec, choices=choices) == ()
        # What is trimmed runs over its edge as far as the machine asks.
        assert made.bleed_um == profile.bleed_um
