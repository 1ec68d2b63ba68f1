"""SVG, PDF, pixels, and product pictures of the same scene, read back by other code."""

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pikepdf
import pypdf
import pytest
import resvg_py
from defusedxml import ElementTree
from PIL import Image

from configurator.engine.family import read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, bounds, millimetres, union
from configurator.engine.layout import (
    AssetInfo,
    Frame,
    ImageElement,
    LayoutError,
    ShapeElement,
    TextElement,
    TextFrame,
    compose,
    lay_out,
)
from configurator.engine.rendering.light import encoded, linear
from configurator.engine.rendering.pdf import pdf
from configurator.engine.rendering.preview import PICTURES, encode, flat, picture_of, preview
from configurator.engine.rendering.raster import rasterise
from configurator.engine.rendering.sampling import placed_on
from configurator.engine.rendering.svg import PictureMissing, svg
from configurator.engine.rendering.views import NoSuchPicture, load_view

ROOT = Path(__file__).parents[3]
FONTS = FontLibrary.installed()
POINT_UM = 25_400 / 72
SVG = "{http://www.w3.org/2000/svg}"


def family(code):
    return read_family((ROOT / f"configurator/families/{code}.yaml").read_text(encoding="utf-8"))


FAMILIES = {code: family(code) for code in ("walnut-sign", "enamel-mug", "t-shirt", "shelf")}


def words(element, text, font, box, size, colour="engrave"):
    left, top, width, height = (1000 * value for value in box)
    frame = TextFrame(
        element, font, Box(left, top, left + width, top + height), "center", "middle", 1000 * size, 3000
    )
    return TextElement(frame, text, colour)


SIGN_FRAME = Frame("front", "engrave", 200_000, 120_000, 5_000, 12_000, "#6b4a33")
SIGN = compose(
    SIGN_FRAME,
    [
        words("line1", "The Özdemir Family", "great-vibes", (14, 18, 172, 36), 18),
        words("line2", "العائلة وطن القلب", "great-vibes", (20, 62, 160, 20), 10),
        words("line3", "SINCE 2014 · בית", "playfair-display:600", (20, 88, 160, 12), 7),
        ShapeElement("border", "rounded", Box(8_000, 8_000, 192_000, 112_000), 600, 8_000, "engrave"),
    ],
    fonts=FONTS,
)


@pytest.fixture
def photo(tmp_path):
    """A picture whose left half is red and whose lower right quarter is see-through blue."""
    pixels = np.zeros((300, 400, 4), dtype=np.uint8)
    pixels[:, :200] = (200, 30, 20, 255)
    pixels[:, 200:] = (20, 60, 200, 255)
    pixels[150:, 200:, 3] = 0
    out = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(out, "PNG")
    path = tmp_path / "photo.png"
    path.write_bytes(out.getvalue())
    return AssetInfo(hashlib.sha256(out.getvalue()).hexdigest(), 400, 300, path)


MUG_FRAME = Frame("wrap", "sublimation", 200_000, 80_000, 3_000)


def mug(photo):
    elements = [
        ImageElement("photo", photo, Box(10_000, 10_000, 90_000, 70_000), "contain"),
        words("line1", "Ömer & Anna", "pacifico", (95, 25, 100, 30), 12, "#22345e"),
    ]
    return compose(MUG_FRAME, elements, fonts=FONTS)


# --- SVG ---------------------------------------------------------------------------------------------------


def test_svg_has_the_real_size_in_millimetres():
    page = ElementTree.fromstring(svg(SIGN))
    assert (page.get("width"), page.get("height")) == ("200mm", "120mm")
    assert page.get("viewBox") == "0 0 200000 120000"


def inked(alpha, pixels_per_mm):
    """The box of the ink in µm, to a fraction of a pixel by its coverage."""
    rows, columns = alpha.max(axis=1), alpha.max(axis=0)

    def ends(line):
        seen = np.flatnonzero(line > 0.02)
        first, last = seen[0], seen[-1]
        return (first + 1 - line[first]) * 1000 / pixels_per_mm, (last + line[last]) * 1000 / pixels_per_mm

    left, right = ends(columns)
    top, bottom = ends(rows)
    return np.array([left, top, right, bottom])


@pytest.mark.parametrize("text", ["HEL", "لهع", "בית", "EX"])
def test_svg_read_back_by_resvg_is_where_the_scene_says(text):
    frame = Frame("front", "engrave", 60_000, 30_000)
    scene = compose(frame, [words("line1", text, "inter", (2, 2, 56, 26), 12)], fonts=FONTS)
    drawn = resvg_py.svg_to_bytes(svg_string=svg(scene), dpi=25.4 * 40)
    alpha = np.asarray(Image.open(io.BytesIO(bytes(drawn))).getchannel("A"), dtype=np.float32) / 255
    box = scene.items[0].box
    expected = np.array([box.left, box.top, box.right, box.bottom])
    # 40 pixels/mm: a pixel is 0.025 mm, and round tips fade out over one.
    assert np.abs(inked(alpha, 40) - expected).max() <= 20


def test_roles_have_the_colours_a_laser_reads():
    scene = compose(
        SIGN_FRAME,
        [
            ShapeElement("edge", "rect", Box(1_000, 1_000, 9_000, 9_000), 100, 0, "cut"),
            ShapeElement("fold", "line", Box(1_000, 20_000, 9_000, 20_000), 100, 0, "score"),
            words("line1", "Anna", "inter", (60, 40, 80, 40), 20),
        ],
        fonts=FONTS,
    )
    painted = [path.get("stroke") or path.get("fill") for path in ElementTree.fromstring(svg(scene))]
    assert painted == ["#ff0000", "#0000ff", "#000000"]


def test_role_colours_can_be_those_of_another_machine():
    assert 'fill="#123456"' in svg(SIGN, role_colours={"engrave": "#123456"})


def test_an_svg_without_the_picture_s_address_is_refused(photo):
    with pytest.raises(PictureMissing):
        svg(mug(photo))


def test_a_title_cannot_break_out_of_the_svg():
    page = ElementTree.fromstring(svg(SIGN, title='</title><script>alert("x")</script>&'))
    assert page.find(f"{SVG}title").text == '</title><script>alert("x")</script>&'
    assert page.find(f".//{SVG}script") is None


# --- PDF ---------------------------------------------------------------------------------------------------


def painted_boxes(data):
    """The boxes (µm, y down) of everything filled or stroked on the first page, by pikepdf's own parser."""
    document = pikepdf.open(io.BytesIO(data))
    page = document.pages[0]
    height = float(page.MediaBox[3]) * POINT_UM
    boxes, points = [], []
    for operands, operator in pikepdf.parse_content_stream(page):
        numbers = [float(value) for value in operands] if str(operator) in ("m", "l", "c") else []
        if numbers:
            points.append((str(operator), numbers))
        elif str(operator) in ("f", "S") and points:
            path = tuple(
                ({"m": "M", "l": "L", "c": "C"}[name],
                 *(round(v * POINT_UM * 1000) if i % 2 == 0 else round((height - v * POINT_UM) * 1000)
                   for i, v in enumerate(values)))
                for name, values in points
            )  # fmt: skip
            boxes.append([side / 1000 for side in bounds(path).as_json()])
            points = []
    return boxes


def test_pdf_has_the_real_size():
    box = pypdf.PdfReader(io.BytesIO(pdf(SIGN))).pages[0].mediabox
    assert abs(float(box.width) * POINT_UM - 200_000) < 1
    assert abs(float(box.height) * POINT_UM - 120_000) < 1


def test_pdf_read_back_is_where_the_scene_says():
    read = np.array(painted_boxes(pdf(SIGN)))
    expected = np.array([bounds(item.path).as_json() for item in SIGN.items])
    assert read.shape == expected.shape
    assert np.abs(read - expected).max() <= 20  # µm


def test_pdf_is_the_same_bytes_every_time(photo):
    scene = mug(photo)
    assert pdf(scene, assets={photo.sha256: photo}) == pdf(scene, assets={photo.sha256: photo})


def test_pdf_has_no_fonts_and_no_dates():
    document = pikepdf.open(io.BytesIO(pdf(SIGN, title="Order 12")))
    assert "/Font" not in document.pages[0].Resources
    assert dict(document.docinfo) == {"/Title": "Order 12"}


def test_a_picture_keeps_its_own_pixels_in_the_pdf(photo):
    page = pypdf.PdfReader(io.BytesIO(pdf(mug(photo), assets={photo.sha256: photo}))).pages[0]
    image = page.images[0].image.convert("RGBA")
    assert image.size == (400, 300)
    assert image.getpixel((10, 10)) == (200, 30, 20, 255)
    assert image.getpixel((390, 290))[3] == 0


def test_an_engraved_picture_is_grey_in_the_pdf(photo):
    scene = compose(
        SIGN_FRAME,
        [ImageElement("photo", photo, Box(20_000, 20_000, 100_000, 80_000), "contain")],
        fonts=FONTS,
    )
    image = pypdf.PdfReader(io.BytesIO(pdf(scene, assets={photo.sha256: photo}))).pages[0].images[0].image
    assert image.mode == "L"
    assert image.getpixel((390, 290)) == 255


def test_a_pdf_without_the_picture_is_refused(photo):
    with pytest.raises(PictureMissing):
        pdf(mug(photo))


# --- pixels ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("The Özdemir Family", "great-vibes"),
        ("العائلة وطن", "inter"),
        ("משפחה 12", "inter"),
        ("ROTTERDAM", "cinzel"),
    ],
)
def test_a_small_picture_is_the_production_raster_made_small(text, font):
    """What is shown is what is made: the preview's raster equals the 300-dpi one averaged down."""
    scene = compose(SIGN_FRAME, [words("line1", text, font, (20, 30, 160, 60), 20)], fonts=FONTS)
    small = np.asarray(rasterise(scene, pixels_per_mm=3).getchannel("A"), dtype=np.float32)
    large = np.asarray(rasterise(scene, pixels_per_mm=12).getchannel("A"), dtype=np.float32)
    averaged = large.reshape(360, 4, 600, 4).mean(axis=(1, 3))
    ink = (small > 0) | (averaged > 0)
    difference = np.abs(small - averaged)[ink]
    assert difference.mean() <= 8
    assert (difference > 64).mean() <= 0.001
    assert abs(small.sum() / averaged.sum() - 1) <= 0.02


def test_a_part_of_a_surface_is_cut_from_the_whole():
    whole = np.asarray(rasterise(SIGN, pixels_per_mm=4))
    part = np.asarray(rasterise(SIGN, pixels_per_mm=4, part=(100, 80, 420, 300)))
    assert np.array_equal(part, whole[80:300, 100:420])


def test_a_picture_lies_where_it_is_placed(photo):
    pixels = np.asarray(rasterise(mug(photo), pixels_per_mm=5, assets={photo.sha256: photo}))
    assert tuple(pixels[200, 100]) == (200, 30, 20, 255)
    assert tuple(pixels[100, 400]) == (20, 60, 200, 255)
    assert pixels[300, 400, 3] == 0
    assert pixels[200, 40, 3] == 0


def test_light_goes_there_and_back():
    levels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(encoded(linear(levels)), levels)


# --- product pictures --------------------------------------------------------------------------------------


def difference(one, other):
    return np.abs(np.asarray(one, dtype=np.int16) - np.asarray(other, dtype=np.int16)).max(axis=2)


def shown(code, surface, size=1000, **choices):
    spec = FAMILIES[code]
    chosen = {**spec.defaults, **choices}
    scene = lay_out(spec=spec, choices=chosen, surface=surface, fonts=FONTS, assets={})
    return scene, picture_of(spec=spec, choices=chosen, scene=scene, size=size)


VARIANTS = [
    (folder, variant)
    for spec in FAMILIES.values()
    for surface in spec.surfaces
    if surface.picture and not surface.picture.renderer
    for folder in surface.picture.views
    for variant in load_view(PICTURES / folder).variants
]


@pytest.mark.parametrize(("folder", "variant"), VARIANTS)
def test_every_committed_variant_can_be_read(folder, variant):
    view = load_view(PICTURES / folder)
    maps = view.maps(variant)
    assert maps.u.shape == maps.v.shape == maps.coverage.shape == (maps.box.height, maps.box.width)
    names = ("blank", "burnt") if view.mode == "engrave" else ("blank", "white", "black")
    for name in names:
        size = (maps.box.width, maps.box.height) if view.is_cropped(name) else view.size
        assert view.picture(variant, name).shape == (size[1], size[0], 3)
    # u grows to the right and v downwards where the surface is seen.
    middle = np.s_[maps.box.height // 2, maps.box.width // 4 : 3 * maps.box.width // 4]
    assert np.diff(maps.u[middle]).mean() > 0
    assert np.diff(maps.v[maps.box.height // 4 : 3 * maps.box.height // 4, maps.box.width // 2]).mean() > 0


@pytest.mark.parametrize(
    ("code", "surface", "choices"),
    [
        ("walnut-sign", "front", {"line1": "Özdemir عمر"}),
        ("enamel-mug", "wrap", {}),
        ("t-shirt", "front", {}),
    ],
)
def test_a_preview_changes_the_product_only_where_the_artwork_is(code, surface, choices):
    spec = FAMILIES[code]
    view = load_view(PICTURES / spec.surface_by_code[surface].picture.view)
    variant = {"walnut-sign": "walnut-m-t10", "enamel-mug": "navy", "t-shirt": "navy"}[code]
    scene, picture = shown(code, surface, size=view.size[0], **choices)
    blank = view.picture(variant, "blank")
    changed = difference(picture, blank) > 12
    maps = view.maps(variant)
    rows, columns = np.nonzero(changed)
    assert rows.size > 500
    box = maps.box
    assert box.top <= rows.min() and rows.max() < box.bottom
    assert box.left <= columns.min() and columns.max() < box.right
    # Every changed pixel shows a place of the surface inside the box of what is drawn (2 mm for soft edges).
    surface_um, scale, left, top = placed_on(scene, view, variant)
    at = rows - box.top, columns - box.left
    x = (maps.u[at] * surface_um[0] - left) / scale
    y = (maps.v[at] * surface_um[1] - top) / scale
    drawn = union(item.box for item in scene.items).inset(-2_000)
    assert drawn.left <= x.min() and x.max() <= drawn.right
    assert drawn.top <= y.min() and y.max() <= drawn.bottom


def test_printed_black_is_the_black_pass_and_white_the_white_one():
    view = load_view(PICTURES / "enamel-mug/front")
    width, height = view.surface_um("navy")
    frame = Frame("wrap", "sublimation", width, height)
    for colour, name in (("#000000", "black"), ("#ffffff", "white")):
        shape = ShapeElement("all", "rect", Box(0, 0, width, height), 0, 0, colour)
        picture = np.asarray(preview(compose(frame, [shape], fonts=FONTS), view=view, variant="navy"))
        maps = view.maps("navy")
        inside = np.zeros(maps.coverage.shape, dtype=bool)
        # Away from the edge of the print, where the neighbouring texel is not printed.
        inside[8:-8, 8:-8] = (maps.coverage >= 1)[8:-8, 8:-8]
        inside &= (maps.u > 0.01) & (maps.u < 0.99) & (maps.v > 0.02) & (maps.v < 0.98)
        part = np.s_[maps.box.top : maps.box.bottom, maps.box.left : maps.box.right]
        assert difference(picture[part], view.picture("navy", name)[part])[inside].max() <= 2


def test_engraving_darkens_and_its_depth_has_a_lit_and_a_dark_edge():
    view = load_view(PICTURES / "walnut-sign/front")
    frame = Frame("front", "engrave", 300_000, 180_000)
    shape = ShapeElement("bar", "rect", Box(100_000, 60_000, 200_000, 120_000), 0, 0, "engrave")
    picture = preview(compose(frame, [shape], fonts=FONTS), view=view, variant="walnut-m-t10")
    light = np.asarray(picture.convert("L"), dtype=np.float32)
    blank = np.asarray(Image.fromarray(view.picture("walnut-m-t10", "blank")).convert("L"), dtype=np.float32)
    maps = view.maps("walnut-m-t10")
    part = np.s_[maps.box.top : maps.box.bottom, maps.box.left : maps.box.right]
    light, blank = light[part], blank[part]
    inside = (maps.u > 0.36) & (maps.u < 0.64) & (maps.v > 0.36) & (maps.v < 0.64)
    assert (light[inside] < blank[inside]).mean() > 0.95
    pitch = 1 / maps.density_u
    # Beside the wall, and none of the pixels that the groove covers in part.
    first = (abs(maps.u - 1 / 3 - 2 * pitch) < pitch) & (maps.v > 0.4) & (maps.v < 0.6)
    last = (abs(maps.u - 2 / 3 + pitch) < pitch) & (maps.v > 0.4) & (maps.v < 0.6)
    assert light[first].mean() < light[inside].mean() < light[last].mean()


def test_a_small_surface_hangs_at_its_real_size_from_the_top_of_a_shirt():
    scene, _ = shown("t-shirt", "front", name="", number="")
    view = load_view(PICTURES / "t-shirt/front")
    surface, scale, left, top = placed_on(scene, view, "navy")
    assert (surface, scale, top) == ((300_000, 400_000), 1.0, 0)
    assert left == (300_000 - scene.width_um) // 2


def test_the_size_asked_for_is_the_width():
    spec = FAMILIES["walnut-sign"]
    scene, _ = shown("walnut-sign", "front")
    assert picture_of(spec=spec, choices=spec.defaults, scene=scene, size=320).size == (320, 256)


def test_a_variant_without_a_picture_is_shown_flat_in_its_own_colour():
    view = load_view(PICTURES / "walnut-sign/front")
    picture = preview(SIGN, view=view, variant="ebony-m", size=400)
    assert difference(picture, flat(SIGN, size=400)).max() == 0
    middle = picture.getpixel((75, 160))
    assert max(abs(a - b) for a, b in zip(middle, (0x6B, 0x4A, 0x33), strict=True)) <= 2


def test_a_folder_without_a_view_is_no_picture(tmp_path):
    with pytest.raises(NoSuchPicture):
        load_view(tmp_path)


def test_the_shelf_is_drawn_from_its_measures():
    _, narrow = shown("shelf", "front", width=400)
    _, wide = shown("shelf", "front", width=800)
    assert narrow.size == wide.size == (1000, 800)
    assert difference(narrow, wide).max() > 40


def test_an_unknown_renderer_is_the_author_s_mistake():
    source = (ROOT / "configurator/families/shelf.yaml").read_text(encoding="utf-8")
    spec = read_family(source.replace("renderer: shelf", "renderer: table"))
    scene = lay_out(spec=spec, choices=spec.defaults, surface="front", fonts=FONTS, assets={})
    with pytest.raises(LayoutError, match="table"):
        picture_of(spec=spec, choices=spec.defaults, scene=scene)


@pytest.mark.parametrize(
    ("form", "magic"), [("jpeg", b"\xff\xd8\xff"), ("webp", b"RIFF"), ("png", b"\x89PNG")]
)
def test_a_preview_becomes_a_file_without_metadata(form, magic):
    data = encode(Image.new("RGB", (64, 48), "red"), form)
    assert data.startswith(magic)
    assert Image.open(io.BytesIO(data)).getexif() == {}


SCRIPT = """
import hashlib, sys
sys.path.insert(0, {root!r})
import importlib.util
spec = importlib.util.spec_from_file_location("rendering", {file!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
outputs = [module.svg(module.SIGN).encode(), module.pdf(module.SIGN),
           module.encode(module.shown("walnut-sign", "front")[1], "png")]
print(*(hashlib.sha256(output).hexdigest() for output in outputs))
"""


def test_every_output_is_the_same_bytes_in_other_processes():
    seen = set()
    for seed, locale in (("1", "C"), ("77", "tr_TR.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(root=str(ROOT), file=__file__)],
            env=environment, capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        seen.add(done.stdout)
    assert len(seen) == 1
    assert len(seen.pop().split()) == 3


def test_lengths_in_files_are_written_exactly():
    assert millimetres(560_000) == "560"
    assert millimetres(200_550) == "200.55"
