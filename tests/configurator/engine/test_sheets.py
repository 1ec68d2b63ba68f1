"""Sheets put together from files that were read back: PDF, PNG, SVG and DXF, opened by other code."""

import io
import re
from dataclasses import replace
from itertools import combinations

import ezdxf
import numpy as np
import pikepdf
import pypdfium2
import pytest
import resvg_py
import zxingcpp
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, rectangle
from configurator.engine.layout.scene import AssetInfo, Outline, Placed, Scene, Stroke
from configurator.engine.layout.sheet_marks import lay_marks
from configurator.engine.machines import profile_for
from configurator.engine.rendering.contours import shape_of
from configurator.engine.rendering.dxf import laser_dxf
from configurator.engine.rendering.laser import laser_svg
from configurator.engine.rendering.pdfx import KeptArtwork, page_pdf, placeable
from configurator.engine.rendering.raster import production_png
from configurator.engine.rendering.refusals import CannotBeMade
from configurator.engine.rendering.sheet import (
    Artwork,
    compose,
    furniture,
    mark_style,
    sheet_dxf,
    sheet_svg,
    write_sheet_pdf,
    write_sheet_png,
)
from configurator.engine.rendering.sheet_picture import sheet_picture
from configurator.engine.sheet import Part, Sheet, cells, common

FONTS = FontLibrary.installed()
SVG = "{http://www.w3.org/2000/svg}"
POINT_UM = 25_400 / 72
SUBLIMATION, DTF, LASER = profile_for("sublimation"), profile_for("dtf"), profile_for("engrave")
PRINT = profile_for("print")
ARABIC = "A-2026-000001/1 #2 · \u2068محمد علي\u2069"


def fill(element, box, colour="#1f4fa3", role="print"):
    return Outline(element, role, colour if role == "print" else "", rectangle(box), box)


def scene(process, width, height, *, bleed=0, items=None, corner=0):
    """A coloured area that runs over its edges, a mark in its upper left corner that tells up from down."""
    whole = Box(0, 0, width, height).inset(-bleed)
    role = "engrave" if process == "engrave" else "print"
    corner_mark = Box(1_000, 1_000, 5_000, 3_000)
    drawn = items or (
        *((fill("whole", whole),) if role == "print" else ()),
        fill("corner", corner_mark, "#ffcc00", role),
    )
    return Scene("front", process, width, height, corner, 0, "#ffffff", tuple(drawn), (), bleed)


def keep(folder, made, profile, assets=None):
    """The files of a scene, as the gate keeps them."""
    files, streams = {}, None
    writers = {"png": production_png, "svg": laser_svg}
    for format in profile.formats:
        if format == "pdf":
            artwork = placeable(made, profile, assets)
            data = page_pdf(artwork, profile, title="x")
            path = folder / f"{made.hash}.placeable"
            path.write_bytes(artwork.as_bytes())
            streams = KeptArtwork(artwork.sha256, path)
        elif format == "dxf":
            if made.pictures:
                continue
            data = laser_dxf(made, profile)
        elif format in writers:
            data = writers[format](made, profile, assets)
        else:
            continue
        files[format] = folder / f"{made.hash}.{format}"
        files[format].write_bytes(data)
    return Artwork(made.width_um, made.height_um, files, streams)


def part(box, made=None, **said):
    name = said.pop("name", "A-2026-000001/1 #1 · Anna")
    shape = shape_of(made) if made else {"bleed": 0, "corner": 0, "own_contour": 0}
    return Part(
        box,
        name,
        artwork=made.hash if made else "",
        bleed_um=shape["bleed"],
        corner_um=shape["corner"],
        own_contour=bool(shape["own_contour"]),
        **said,
    )


def composed(folder, profile, width, height, laid, assets=None):
    """`laid`: (left, top, scene, rotated) of every part."""
    parts, artworks = [], {}
    for number, (left, top, made, rotated) in enumerate(laid):
        across, down = (made.height_um, made.width_um) if rotated else (made.width_um, made.height_um)
        box = Box(left, top, left + across, top + down)
        parts.append(part(box, made, rotated=rotated, code=str(100 + number), name=f"A-7/1 #{number}"))
        artworks[made.hash] = keep(folder, made, profile, assets)
    sheet = Sheet(width, height, "R-7, sheet 1", "R-7/1", tuple(parts))
    return compose(sheet, profile, artworks, fonts=FONTS)


def written(write, made):
    out = io.BytesIO()
    write(out, made)
    return out.getvalue()


def pixels(data):
    with Image.open(io.BytesIO(data)) as opened:
        return np.asarray(opened.convert("RGBA"))


def rasterised(data, dpi=300):
    """A PDF drawn by PDFium, on white."""
    page = pypdfium2.PdfDocument(data)[0]
    return np.asarray(page.render(scale=dpi / 72).to_pil().convert("RGB"))


def read_codes(picture, made, dpi=300):
    """What a scanner reads in each place where a code should be."""
    found = []
    for code in made.marks.codes:
        box = code.box.inset(-code.module_um)
        left, top, right, bottom = (round(edge * dpi / 25_400) for edge in box.as_json())
        seen = Image.fromarray(np.ascontiguousarray(picture[top:bottom, left:right]))
        big = seen.resize((seen.width * 3, seen.height * 3), Image.Resampling.NEAREST)
        white = Image.new("RGB", (big.width + 40, big.height + 40), "white")
        white.paste(big, (20, 20))
        found.append([each.text for each in zxingcpp.read_barcodes(white)])
    return found


# --- bleeds ------------------------------------------------------------------------------------------------


def sheet_of(boxes, bleed=0, width=600_000, height=400_000, **said):
    parts = tuple(
        Part(box, f"A-{number}", code=str(number), artwork="a", bleed_um=bleed, **said)
        for number, box in enumerate(boxes)
    )
    return Sheet(width, height, "R-7, sheet 1, Oak", "R-7/1", parts)


@st.composite
def nests(draw):
    """Boxes in rows that do not overlap, with gaps of all kinds."""
    boxes, y = [], draw(st.integers(0, 9_000))
    for _ in range(draw(st.integers(1, 3))):
        x, tall = draw(st.integers(0, 9_000)), draw(st.integers(10_000, 60_000))
        for _ in range(draw(st.integers(1, 3))):
            wide, high = draw(st.integers(10_000, 90_000)), draw(st.integers(5_000, tall))
            boxes.append(Box(x, y, x + wide, y + high))
            x += wide + draw(st.integers(0, 9_000))
        y += tall + draw(st.integers(0, 9_000))
    return boxes


@settings(max_examples=60, deadline=None)
@given(nests(), st.integers(0, 6_000))
def test_what_artworks_may_cover_never_overlaps_and_holds_their_parts(boxes, bleed):
    sheet = sheet_of(boxes, bleed)
    allowed = cells(sheet)
    for number, mine in enumerate(allowed):
        inside = sum(shared.width * shared.height for box in mine if (shared := common(box, boxes[number])))
        assert inside == boxes[number].width * boxes[number].height
    everything = [box for mine in allowed for box in mine]
    assert not any(common(one, other) for one, other in combinations(everything, 2))


def test_bleeds_of_neighbours_end_at_the_middle_line():
    sheet = sheet_of([Box(10_000, 10_000, 50_000, 50_000), Box(53_000, 10_000, 93_000, 50_000)], bleed=2_000)
    left, right = cells(sheet)
    assert [box.as_json() for box in left] == [[8_000, 8_000, 51_500, 52_000]]
    assert [box.as_json() for box in right] == [[51_500, 8_000, 95_000, 52_000]]


def test_a_neighbour_without_bleed_leaves_the_whole_gap():
    near = Part(Box(53_000, 10_000, 93_000, 50_000), "B", artwork="b")
    sheet = sheet_of([Box(10_000, 10_000, 50_000, 50_000)], bleed=3_000)
    (mine, _) = cells(replace(sheet, parts=(*sheet.parts, near)))
    assert max(box.right for box in mine) == 53_000


@pytest.mark.parametrize("rotated", [False, True])
@pytest.mark.parametrize("gap", [0, 1_000, 2_500, 4_000, 6_000])
def test_no_artwork_lies_on_another_part_by_pixels(tmp_path, gap, rotated):
    """Two colours side by side, each bleeding by 2 mm: each part has only its own, on PDF and PNG."""
    two = [
        scene(
            "sublimation",
            40_000,
            40_000,
            bleed=2_000,
            items=(fill("all", Box(-2_000, -2_000, 42_000, 42_000), c),),
        )
        for c in ("#ff0000", "#0000ff")
    ]
    laid = [(20_000, 20_000, two[0], rotated), (60_000 + gap, 20_000, two[1], rotated)]
    laid += [(20_000, 60_000 + gap, two[1], rotated), (60_000 + gap, 60_000 + gap, two[0], rotated)]
    made = composed(tmp_path, replace(SUBLIMATION, marks="", spots={}), 140_000, 140_000, laid)
    seen = {"png": pixels(written(write_sheet_png, made)), "pdf": rasterised(written(write_sheet_pdf, made))}
    for shown in seen.values():
        for left, top, own, _ in laid:
            edges = [round(at * 300 / 25_400) for at in (top, top + 40_000, left, left + 40_000)]
            mine = shown[edges[0] + 1 : edges[1] - 1, edges[2] + 1 : edges[3] - 1, :3]
            wanted = (255, 0, 0) if own is two[0] else (0, 0, 255)
            assert (mine == wanted).all()
        between = round((60_000 + gap / 2) * 300 / 25_400)
        if 2_000 <= gap <= 4_000:  # both reach the middle line
            row = shown[round(40_000 * 300 / 25_400), between - 8 : between + 8, :3]
            assert (row[:6] == (255, 0, 0)).all() and (row[10:] == (0, 0, 255)).all()


# --- marks -------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(nests(), st.integers(0, 3_000), st.sampled_from(["dtf", "engrave", "cut"]))
def test_marks_lie_on_no_part_and_on_no_other_mark(boxes, bleed, process):
    sheet = sheet_of(boxes, bleed, width=400_000, height=300_000)
    marks = lay_marks(sheet, style=mark_style(profile_for(process)), fonts=FONTS)
    taken = [part.bleed_box for part in sheet.parts] + [mark.box for mark in marks.marks]
    fixed = len(sheet.parts)
    for number, mark in enumerate(marks.marks):
        others = taken[: fixed + number] + taken[fixed + number + 1 :]
        assert not any(common(mark.box, other) for other in others)
        assert sheet.box.excess_of(mark.box) == 0
        for item in mark.items:
            assert mark.box.inset(-1).excess_of(item.box) == 0
    told = {mark.part for mark in marks.marks if any(i.element.startswith("code") for i in mark.items)}
    missing = set(marks.without_code) if mark_style(profile_for(process)).module_um else set(range(fixed))
    assert told - {None} == set(range(fixed)) - missing


def test_parts_without_room_go_without_a_code_and_are_named():
    boxes = [Box(x, y, x + 50_000, y + 50_000) for y in (0, 50_500) for x in (0, 50_500)]
    marks = lay_marks(sheet_of(boxes, width=100_500, height=100_500), style=mark_style(DTF), fonts=FONTS)
    assert marks.without_code == marks.without_name == (0, 1, 2, 3)
    assert len(marks.left_out) == 5  # four registration marks, the sheet's own code
    assert marks.marks == ()


def test_a_narrow_gap_gets_the_name_even_where_the_code_finds_no_room():
    boxes = [Box(0, y, 100_000, y + 30_000) for y in (0, 32_500)]
    marks = lay_marks(sheet_of(boxes, width=100_000, height=62_500), style=mark_style(DTF), fonts=FONTS)
    assert marks.without_code == (0, 1)
    assert marks.without_name == ()  # side by side, with arrows to their parts


def test_names_of_any_script_are_outlines_beside_their_part():
    box = Box(20_000, 20_000, 90_000, 60_000)
    sheet = Sheet(200_000, 100_000, "R-7", "R-7/1", (Part(box, ARABIC, code="7"),))
    marks = lay_marks(sheet, style=mark_style(DTF), fonts=FONTS)
    (mark,) = (each for each in marks.marks if each.part == 0)
    name = next(item for item in mark.items if item.element == "name-0")
    assert name.box.height > 1_500 and len(name.fonts) == 2  # Latin and Arabic
    assert 0 <= mark.box.top - box.bottom <= 1_000


def test_a_knife_that_cuts_what_it_is_shown_gets_no_marks():
    assert mark_style(profile_for("vinyl")) is None


def test_a_layer_of_lines_gets_names_but_no_codes():
    assert mark_style(profile_for("cut")).module_um == 0


@pytest.mark.parametrize(("process", "least"), [("dtf", 250), ("sublimation", 250), ("engrave", 300)])
def test_modules_are_large_enough_to_be_read_in_whole_pixels(process, least):
    style = mark_style(profile_for(process))
    assert style.module_um >= least
    if style.pitch_um > 1:
        assert abs(style.module_um / style.pitch_um - round(style.module_um / style.pitch_um)) < 0.01


# --- printers ----------------------------------------------------------------------------------------------


def gang(tmp_path, profile=SUBLIMATION, bleed=2_000):
    """Five parts of two artworks, two of them turned."""
    one = scene(profile.process, 60_000, 30_000, bleed=bleed)
    two = scene(profile.process, 40_000, 50_000, bleed=bleed)
    laid = [(15_000, 15_000, one, False), (90_000, 15_000, one, False), (15_000, 60_000, two, False)]
    laid += [(70_000, 60_000, one, True), (110_000, 60_000, two, True)]
    return composed(tmp_path, profile, 200_000, 150_000, laid)


def test_a_sheet_s_pdf_has_the_very_streams_of_the_files_that_were_read_back(tmp_path):
    made = gang(tmp_path)
    checked = set()
    for artwork in made.artworks.values():
        with pikepdf.open(artwork.files["pdf"]) as file:
            checked.add(file.pages[0].obj.Contents.read_raw_bytes())
    with pikepdf.open(io.BytesIO(written(write_sheet_pdf, made))) as sheet:
        forms = list(sheet.pages[0].obj.Resources.XObject.values())
        streams = [form.read_raw_bytes() for form in forms]
    assert len(streams) == 3  # two artworks, once each, and the marks
    assert checked == set(streams[:2])


def test_a_sheet_s_pdf_is_pdf_x_with_the_machine_s_spot_names_and_boxes(tmp_path):
    made = gang(tmp_path, replace(DTF, spots={"cut": "Thru-cut", "white": "W1"}), bleed=0)
    with pikepdf.open(io.BytesIO(written(write_sheet_pdf, made))) as sheet:
        page = sheet.pages[0].obj
        assert str(sheet.Root.OutputIntents[0].S) == "/GTS_PDFX"
        assert [round(float(edge) * POINT_UM) for edge in page.TrimBox] == [0, 0, 200_000, 150_000]
        spots = {
            str(space[1])
            for form in page.Resources.XObject.values()
            for space in form.Resources.get("/ColorSpace", {}).values()
            if str(space[0]) == "/Separation"
        }
    assert spots == {"/Thru-cut", "/W1"}


def test_a_sheet_s_pdf_and_png_show_the_same(tmp_path):
    made = gang(tmp_path)
    png = pixels(written(write_sheet_png, made)).astype(int)
    flat = (png[..., :3] * png[..., 3:] + 255 * (255 - png[..., 3:])) // 255
    drawn = rasterised(written(write_sheet_pdf, replace(made, profile=replace(made.profile, spots={}))))
    width = min(drawn.shape[1], flat.shape[1])  # PDFium rounds up
    differs = np.abs(drawn.astype(int)[:, :width] - flat[:, :width]).max(axis=2) > 128
    inner = differs[1:-1, 1:-1]  # edges may be off by the pixel that rounding moves them
    assert inner.mean() < 0.004


def test_every_code_is_read_from_the_finished_sheet(tmp_path):
    made = gang(tmp_path)
    wanted = [[code.text] for code in made.marks.codes]
    assert len(wanted) == 6 and not made.marks.without_code
    png = pixels(written(write_sheet_png, made))
    flat = np.where(png[..., 3:] > 127, png[..., :3], 255).astype(np.uint8)
    assert read_codes(flat, made) == wanted
    assert read_codes(rasterised(written(write_sheet_pdf, made)), made) == wanted


def test_each_artwork_s_pixels_lie_on_the_sheet_as_they_are(tmp_path):
    made = gang(tmp_path, bleed=0)
    sheet = pixels(written(write_sheet_png, made))
    for each in made.sheet.parts:
        own = pixels(made.artworks[each.artwork].files["png"].read_bytes())
        own = np.rot90(own, -1) if each.rotated else own
        top = round((each.box.top + each.box.bottom) / 2 * 300 / 25_400 - len(own) / 2)
        left = round((each.box.left + each.box.right) / 2 * 300 / 25_400 - own.shape[1] / 2)
        assert (sheet[top : top + len(own), left : left + own.shape[1]] == own).all()


def test_a_part_is_cut_along_its_rounded_outline_in_the_cut_ink(tmp_path):
    made = composed(
        tmp_path,
        PRINT,
        200_000,
        100_000,
        [(20_000, 20_000, scene("print", 60_000, 30_000, corner=5_000), False)],
    )
    (cut,) = (item for item in furniture(made).items if item.role == "cut")
    assert cut.path[0] == ("M", 25_000, 20_000)
    with pikepdf.open(io.BytesIO(written(write_sheet_pdf, made))) as sheet:
        marks = list(sheet.pages[0].obj.Resources.XObject.values())[-1]
        assert b"/cut CS 1 SCN" in marks.read_bytes()


def test_an_artwork_that_brings_its_own_cut_is_not_cut_twice(tmp_path):
    around = Stroke(
        "die", "cut", "", rectangle(Box(500, 500, 59_500, 29_500)), 100, Box(500, 500, 59_500, 29_500)
    )
    hole = Stroke(
        "hole", "cut", "", rectangle(Box(2_000, 2_000, 5_000, 5_000)), 100, Box(2_000, 2_000, 5_000, 5_000)
    )
    motif = fill("motif", Box(8_000, 8_000, 50_000, 20_000))
    die_cut = scene("print", 60_000, 30_000, items=(motif, around))
    holed = scene("print", 60_000, 30_000, items=(motif, hole))
    assert (shape_of(die_cut)["own_contour"], shape_of(holed)["own_contour"]) == (1, 0)
    made = composed(tmp_path, PRINT, 200_000, 100_000, [(20_000, 20_000, die_cut, False)])
    assert not [item for item in furniture(made).items if item.role == "cut"]


def test_an_artwork_of_another_size_than_its_part_is_refused(tmp_path):
    made = gang(tmp_path)
    wrong = replace(made.sheet.parts[0], box=Box(0, 0, 61_000, 30_000))
    with pytest.raises(CannotBeMade, match="plan the run anew"):
        compose(replace(made.sheet, parts=(wrong,)), made.profile, made.artworks, fonts=FONTS)


def test_a_part_without_its_streams_is_refused(tmp_path):
    made = gang(tmp_path)
    bare = {key: replace(artwork, streams=None) for key, artwork in made.artworks.items()}
    with pytest.raises(CannotBeMade, match="have its files made again"):
        written(write_sheet_pdf, replace(made, artworks=bare))


def test_a_sheet_is_the_same_bytes_every_time(tmp_path):
    made, again = gang(tmp_path), gang(tmp_path)
    for write in (write_sheet_pdf, write_sheet_png):
        assert written(write, made) == written(write, again)


# --- lasers ------------------------------------------------------------------------------------------------


def bed(tmp_path, profile=LASER):
    hole = Box(2_000, 2_000, 6_000, 6_000)
    items = (
        fill("word", Box(10_000, 8_000, 40_000, 12_000), role="engrave"),
        Stroke("hole", "cut", "", rectangle(hole), 100, hole),
    )
    one = scene("engrave", 60_000, 30_000, items=items, corner=4_000)
    return composed(
        tmp_path, profile, 200_000, 150_000, [(15_000, 20_000, one, False), (90_000, 20_000, one, True)]
    )


def layers_of(data):
    return {group.get("id"): group for group in ElementTree.fromstring(data) if group.get("id")}


def test_a_laser_s_sheet_holds_each_part_s_own_outlines_only_moved(tmp_path):
    made = bed(tmp_path)
    data = sheet_svg(made)
    root = ElementTree.fromstring(data)
    assert (root.get("width"), root.get("viewBox")) == ("200mm", "0 0 200000 150000")
    (artwork,) = made.artworks.values()
    own = {
        name: [p.get("d") for p in group]
        for name, group in layers_of(artwork.files["svg"].read_bytes()).items()
    }
    for name, group in layers_of(data).items():
        placed = [each for each in group if each.tag == f"{SVG}g"]
        assert [each.get("transform") for each in placed] == [
            "translate(15000 20000)",
            "matrix(0 1 -1 0 120000 20000)",
        ]
        assert all([path.get("d") for path in each] == own[name] for each in placed)


def test_parts_are_cut_last_and_half_a_kerf_outside(tmp_path):
    made = bed(tmp_path)
    groups = layers_of(sheet_svg(made))
    assert list(groups) == ["Engrave", "Cut"]
    outlines = [each for each in groups["Cut"] if each.tag == f"{SVG}path"]
    assert [each.tag for each in groups["Cut"]][-2:] == [f"{SVG}path"] * 2
    for outline, each in zip(outlines, made.sheet.parts, strict=True):
        numbers = [int(value) for value in re.findall(r"-?\d+", outline.get("d"))]
        seen = Box(min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2]))
        assert seen == each.box.inset(-75)  # the kerf is 0.15 mm


def test_a_laser_s_dxf_says_the_same_as_its_svg(tmp_path):
    made = bed(tmp_path)
    document = ezdxf.read(io.StringIO(sheet_dxf(made).decode()))
    assert document.header["$INSUNITS"] == 4
    lines = list(document.modelspace())
    cuts = [
        tuple(sorted((round(x * 1000), 150_000 - round(y * 1000)) for x, y in line.get_points("xy")))
        for line in lines
        if line.dxf.layer == "Cut" and len(line) == 4
    ]
    # The hole is cut half a kerf inside of what it frees: here 4 mm become 4.15 as an outer line.
    assert cuts[0][0] == (15_000 + 1_925, 20_000 + 1_925)
    assert cuts[1][-1] == (120_000 - 1_925, 20_000 + 6_075)
    words = [line for line in lines if line.dxf.layer == "Engrave"]
    assert len(words) > 2


def test_a_laser_s_codes_can_be_read(tmp_path):
    made = bed(tmp_path)
    assert [code.text for code in made.marks.codes] == ["R-7/1", "100", "101"]
    drawn = resvg_py.svg_to_bytes(svg_string=sheet_svg(made).decode(), background="white", dpi=500)
    picture = pixels(bytes(drawn))
    assert read_codes(picture[..., :3], made, dpi=picture.shape[1] * 25_400 / 200_000) == [
        ["R-7/1"],
        ["100"],
        ["101"],
    ]


def test_a_part_made_for_other_layers_is_refused(tmp_path):
    made = bed(tmp_path)
    layers = {role: replace(layer, name=f"{layer.name}-2") for role, layer in LASER.layers.items()}
    with pytest.raises(CannotBeMade, match="lacks: have it made again"):
        sheet_svg(replace(made, profile=replace(LASER, layers=layers)))
    repainted = {role: replace(layer, colour="#00ff00") for role, layer in LASER.layers.items()}
    for write in (sheet_svg, sheet_dxf):
        with pytest.raises(CannotBeMade, match="another colour"):
            write(replace(made, profile=replace(LASER, layers=repainted)))


def test_a_laser_that_burns_over_edges_needs_the_gap_for_it(tmp_path):
    one = scene("engrave", 60_000, 30_000, bleed=2_000)
    made = composed(
        tmp_path, LASER, 200_000, 100_000, [(15_000, 20_000, one, False), (78_000, 20_000, one, False)]
    )
    with pytest.raises(CannotBeMade, match="a gap of at least 4 mm"):
        sheet_svg(made)


def test_engraved_pictures_are_moved_with_their_part(tmp_path):
    file = tmp_path / "photo.png"
    Image.effect_noise((60, 40), 80).convert("RGBA").save(file)
    info = AssetInfo("a" * 64, 60, 40, file)
    box = Box(10_000, 5_000, 40_000, 25_000)
    photo = Placed(
        "photo", "engrave", info.sha256, box, Box(0, 0, 60, 40), 60, 40, outline=rectangle(box.inset(2_000))
    )
    one = scene("engrave", 60_000, 30_000, items=(photo,))
    made = composed(
        tmp_path,
        LASER,
        200_000,
        100_000,
        [(15_000, 20_000, one, False), (90_000, 20_000, one, True)],
        {info.sha256: info},
    )
    root = ElementTree.fromstring(sheet_svg(made))
    assert len(root.findall(f"{SVG}clipPath")) == 1
    moved = [
        group.get("transform")
        for group in root.findall(f"{SVG}g")
        if group.find(f".//{SVG}image") is not None
    ]
    assert moved == ["translate(15000 20000)", "matrix(0 1 -1 0 120000 20000)"]
    with pytest.raises(CannotBeMade, match="no DXF"):
        sheet_dxf(made)


# --- for people --------------------------------------------------------------------------------------------


def test_the_picture_of_a_sheet_shows_parts_in_their_colours_and_marks(tmp_path):
    made = gang(tmp_path)
    one = scene("sublimation", 60_000, 30_000, bleed=2_000)
    drawn = sheet_picture(
        made,
        {one.hash: one},
        side=1_000,
        draw=lambda _, scale: Image.new("RGBA", (round(60 * scale), round(30 * scale)), "#1f4fa3"),
    )
    with Image.open(io.BytesIO(drawn)) as opened:
        picture = np.asarray(opened.convert("RGB")).astype(int)
    assert picture.shape == (750, 1_000, 3)
    assert np.abs(picture[150, 200] - (0x1F, 0x4F, 0xA3)).max() < 12  # the first part
    assert picture[375 + 100, 150].min() > 200  # a part whose artwork is not there yet
    assert len(drawn) < 60_000
