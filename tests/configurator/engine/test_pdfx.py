"""Production PDF and gang sheets, read back by pypdf (structure), PDFium and poppler (pictures)."""

import io
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pikepdf
import pypdf
import pypdfium2
import pytest
from PIL import Image, ImageCms

from benchmarks.artwork.press import press_profile
from configurator.engine.geometry import Box
from configurator.engine.layout import Scene, ShapeElement
from configurator.engine.machines import profile_for
from configurator.engine.rendering.icc import srgb_printer, srgb_screen
from configurator.engine.rendering.pdfx import PlacedArtwork, gang_pdf, production_pdf
from configurator.engine.rendering.placeable import KeptArtwork, Placeable, placeable
from configurator.engine.rendering.plates import white_plate
from configurator.engine.rendering.raster import production_window
from configurator.engine.rendering.refusals import CannotBeMade
from configurator.engine.rendering.svg import PictureMissing, embedded, svg
from tests.configurator.engine.artworks import (
    SCRIPTS,
    drawn,
    edges_mm,
    ink,
    iou,
    lettered,
    picture,
    scene_of,
    words,
)
from tests.configurator.engine.test_production_pixels import poster

DTF, PRINT, SUBLIMATION = profile_for("dtf"), profile_for("print"), profile_for("sublimation")
NO_WHITE = replace(DTF, white_base=False)
POINT = 25.4 / 72  # mm
CLOSE = 40.0  # pixels a millimetre: PDFium's offset of 0.4 pixels is then 0.01 mm


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    return picture(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def press(tmp_path):
    """The print machine of a shop that has the profile of its press."""
    (tmp_path / "press.icc").write_bytes(press_profile())
    return replace(PRINT, icc=tmp_path / "press.icc")


def shown(pdf: bytes, pixels_per_mm: float) -> np.ndarray:
    """RGB of the first page on white, by PDFium, which stretches a page to the next whole pixel."""
    page = pypdfium2.PdfDocument(pdf)[0]
    scale = pixels_per_mm * POINT * (1 - 1e-6)
    return page.render(scale=scale, rev_byteorder=True).to_numpy()[..., :3]


def darkness(pdf: bytes, pixels_per_mm: float) -> np.ndarray:
    return 1 - shown(pdf, pixels_per_mm).astype(float).min(axis=2) / 255


def sticker(bleed: int = 3_000) -> Scene:
    scene = scene_of(
        "print",
        ShapeElement("ground", "rect", Box(-3_000, -3_000, 83_000, 43_000), 0, 0, "#f2c14e"),
        words("line1", "Café عمر", "noto-sans-arabic", (6, 8, 68, 24), 14, "#22345e"),
        ShapeElement("edge", "rounded", Box(0, 0, 80_000, 40_000), 100, 4_000, "cut"),
        ShapeElement("gloss", "circle", Box(60_000, 5_000, 70_000, 15_000), 0, 0, "white"),
    )
    return replace(scene, bleed_um=bleed)


# --- the standard ------------------------------------------------------------------------------------------


def test_a_page_has_its_boxes() -> None:
    page = pypdf.PdfReader(io.BytesIO(production_pdf(sticker(), PRINT))).pages[0]
    assert page.mediabox == page.bleedbox
    width, height = (float(side) * POINT for side in (page.mediabox.width, page.mediabox.height))
    assert (width, height) == pytest.approx((86, 46), abs=0.001)
    trim = [float(corner) * POINT for corner in page.trimbox]
    assert trim == pytest.approx([3, 3, 83, 43], abs=0.001)


def test_metadata_says_what_it_is_built_to() -> None:
    reader = pypdf.PdfReader(io.BytesIO(production_pdf(sticker(), PRINT, title="Sticker <7> & Söhne")))
    xmp = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "/Filter" not in reader.trailer["/Root"]["/Metadata"]
    assert "<pdfxid:GTS_PDFXVersion>PDF/X-4</pdfxid:GTS_PDFXVersion>" in xmp
    assert "<pdf:Trapped>False</pdf:Trapped>" in xmp and "Sticker &lt;7&gt; &amp; Söhne" in xmp
    assert reader.metadata["/Trapped"] == "/False"
    assert reader.metadata["/Title"] == "Sticker <7> & Söhne"
    assert reader.pdf_header == "%PDF-1.6"
    assert len(reader.trailer["/ID"]) == 2


def test_nothing_that_pdf_x_forbids_is_in_it() -> None:
    file = pikepdf.open(io.BytesIO(production_pdf(sticker(), PRINT)))
    assert not file.check_pdf_syntax()
    for banned in ("/AcroForm", "/OpenAction", "/AA", "/Names", "/OCProperties"):
        assert banned not in file.Root
    assert "/Annots" not in file.pages[0] and "/Font" not in file.pages[0].Resources
    assert not file.is_encrypted


def intent(pdf: bytes) -> pypdf.generic.DictionaryObject:
    (found,) = pypdf.PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/OutputIntents"]
    return found.get_object()


def test_without_a_press_profile_the_intent_is_srgb_as_an_output_device() -> None:
    named = intent(production_pdf(sticker(), PRINT))
    profile = named["/DestOutputProfile"]
    assert (named["/S"], profile["/N"]) == ("/GTS_PDFX", 3)
    data = profile.get_data()
    assert data == srgb_printer() and data[12:20] == b"prtrRGB "


def test_with_a_press_profile_it_is_the_intent(press) -> None:
    named = intent(production_pdf(sticker(), press))
    assert named["/DestOutputProfile"]["/N"] == 4
    assert named["/DestOutputProfile"].get_data() == press.icc.read_bytes()
    assert named["/OutputCondition"] == "press"


def operators(pdf: bytes) -> str:
    return pypdf.PdfReader(io.BytesIO(pdf)).pages[0].get_contents().get_data().decode()


def test_colours_are_those_the_intent_allows(press) -> None:
    scene = scene_of(
        "print",
        words("line1", "Anna", "inter", (6, 8, 30, 24), 12, "#000000"),
        words("line2", "Otto", "inter", (40, 8, 30, 24), 12, "#22345e"),
    )
    rgb, cmyk = operators(production_pdf(scene, PRINT)), operators(production_pdf(scene, press))
    assert "0 0 0 rg" in rgb and "/sRGB" not in rgb
    assert "0 0 0 1 k" in cmyk and "/sRGB cs 0.1333 0.2039 0.3686 scn" in cmyk
    assert not re.search(r"\b(rg|RG|g|G)\b", cmyk)


def test_pictures_have_a_colour_space_the_intent_allows(photo, press) -> None:
    def spaces(pdf: bytes) -> set[str]:
        found = set()
        file = pikepdf.open(io.BytesIO(pdf))
        for image in file.pages[0].Resources.XObject.values():
            space = image.ColorSpace
            found.add(str(space if isinstance(space, pikepdf.Name) else space[0]))
        return found

    assets = {photo.sha256: photo}
    assert spaces(production_pdf(poster(photo), NO_WHITE, assets)) == {"/DeviceRGB"}
    assert spaces(production_pdf(poster(photo), press, assets)) == {"/ICCBased"}


def test_the_profiles_that_are_made_here_mean_srgb() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    ours, theirs = Image.fromarray(pixels, "RGB"), ImageCms.createProfile("sRGB")
    for made in (srgb_screen(), srgb_printer()):
        profile = ImageCms.ImageCmsProfile(io.BytesIO(made))
        seen = ImageCms.profileToProfile(ours, profile, theirs, ImageCms.Intent.RELATIVE_COLORIMETRIC)
        assert np.abs(np.asarray(seen).astype(int) - pixels).max() <= 2


# --- spot colours ------------------------------------------------------------------------------------------


def separations(pdf: bytes) -> dict[str, str]:
    spaces = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/ColorSpace"]
    return {name: space[1] for name, space in spaces.items() if space[0] == "/Separation"}


def test_cuts_and_white_are_separations_of_the_machine_s_names_that_overprint() -> None:
    pdf = production_pdf(sticker(), PRINT)
    assert separations(pdf) == {"/cut": "/CutContour", "/white": "/White"}
    state = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/ExtGState"]["/Over"]
    assert (state["/OP"], state["/op"], state["/OPM"]) == (True, True, 1)
    text = operators(pdf)
    assert re.search(r"/Over gs /cut CS 1 SCN 0\.2494 w", text)
    assert text.index("/white cs") < text.index("/cut CS")  # cuts last
    # White first, then colours that replace each other (OPM 0) but leave the white alone.
    assert text.index("/white cs") < text.index("/Keep gs") < text.index(" rg")
    states = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/ExtGState"]
    assert (states["/Keep"]["/op"], states["/Keep"]["/OPM"]) == (True, 0)


def test_another_machine_calls_its_cut_otherwise() -> None:
    other = replace(PRINT, spots={"cut": "Thru-cut", "white": "W1"})
    assert separations(production_pdf(sticker(), other)) == {"/cut": "/Thru-cut", "/white": "/W1"}


def test_a_cut_without_a_spot_colour_is_refused() -> None:
    with pytest.raises(CannotBeMade, match="would print the cut line of edge instead of following it"):
        production_pdf(sticker(), replace(PRINT, spots={"white": "White"}))


def test_the_white_base_is_a_plate_of_its_own_and_stays_inside_the_colour() -> None:
    scene = lettered("latin", "dtf", "#22345e")
    pdf = production_pdf(scene, DTF)
    assert separations(pdf) == {"/white": "/White"}
    file = pikepdf.open(io.BytesIO(pdf))
    (image,) = file.pages[0].Resources.XObject.values()
    plate = np.frombuffer(image.read_bytes(), dtype=np.uint8).reshape(image.Height, image.Width)
    assert np.array_equal(plate, white_plate(scene, DTF))


def test_a_viewer_without_overprint_still_shows_the_design_over_its_white() -> None:
    scene = lettered("arabic", "dtf", "#000000")
    plain, based = (darkness(production_pdf(scene, profile), 20) for profile in (NO_WHITE, DTF))
    assert iou(plain > 0.5, based > 0.5) >= 0.99
    assert plain.max() == based.max() == 1


@pytest.mark.skipif(shutil.which("gs") is None, reason="needs Ghostscript")
def test_each_ink_is_a_plate_in_ghostscript(press, tmp_path) -> None:
    (tmp_path / "in.pdf").write_bytes(production_pdf(sticker(), press))
    command = ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-sDEVICE=tiffsep", "-r150"]
    subprocess.run([*command, f"-sOutputFile={tmp_path}/out.tif", str(tmp_path / "in.pdf")], check=True)
    inks = {file.stem[4:-1] for file in tmp_path.glob("out(*).tif")}
    assert {"CutContour", "White"} <= inks


# --- pictures of it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_page_shows_what_the_scene_shows(script: str) -> None:
    scene = lettered(script, "dtf", "#000000")
    seen = darkness(production_pdf(scene, NO_WHITE), CLOSE)
    wanted = ink(svg(scene), CLOSE)
    height, width = (min(a, b) for a, b in zip(seen.shape, wanted.shape, strict=True))
    assert iou(wanted[:height, :width], seen[:height, :width]) >= 0.97
    assert np.abs(edges_mm(wanted, CLOSE) - edges_mm(seen, CLOSE)).max() <= 0.02


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="needs poppler")
def test_poppler_shows_the_same(tmp_path) -> None:
    scene = lettered("mixed", "dtf", "#000000")
    (tmp_path / "in.pdf").write_bytes(production_pdf(scene, NO_WHITE))
    command = ["pdftoppm", "-r", str(CLOSE * 25.4), "-png", "-singlefile"]
    subprocess.run([*command, str(tmp_path / "in.pdf"), str(tmp_path / "out")], check=True)
    seen = 1 - np.asarray(Image.open(tmp_path / "out.png").convert("L")) / 255
    assert iou(ink(svg(scene), CLOSE), seen[:1600, :3200]) >= 0.97
    assert np.abs(edges_mm(ink(svg(scene), CLOSE), CLOSE) - edges_mm(seen, CLOSE)).max() <= 0.02


@pytest.mark.parametrize("turned", [0, 17_000, -90_000, 181_500])
def test_turned_and_masked_pictures_lie_where_the_pixels_have_them(photo, turned: int) -> None:
    scene, assets = poster(photo, turned), {photo.sha256: photo}
    seen = shown(production_pdf(scene, replace(NO_WHITE, spots={"cut": "CutContour"}), assets), 10)
    plain = replace(scene, items=tuple(item for item in scene.items if item.role == "print"))
    seen = shown(production_pdf(plain, NO_WHITE, assets), 10).astype(float)
    theirs = drawn(svg(plain, pictures=embedded(assets)), 10).astype(float)
    alpha = theirs[..., 3:] / 255
    expected = theirs[..., :3] * alpha + 255 * (1 - alpha)
    assert np.abs(seen[:400, :800] - expected).mean() <= 2.5


def test_a_mirrored_page_is_the_page_in_a_mirror() -> None:
    scene = lettered("latin", "sublimation", "#000000")
    plain = darkness(production_pdf(scene, NO_WHITE), 20)
    seen = darkness(production_pdf(scene, SUBLIMATION), 20)
    assert iou(plain[:, ::-1], seen) >= 0.98


def test_a_page_and_the_pixels_agree(photo) -> None:
    scene, assets = poster(photo), {photo.sha256: photo}
    plain = replace(scene, items=tuple(item for item in scene.items if item.role == "print"), bleed_um=2_000)
    made = production_window(plain, NO_WHITE, assets, dpi=254).astype(float)
    alpha = made[..., 3:] / 255
    expected = made[..., :3] * alpha + 255 * (1 - alpha)
    seen = shown(production_pdf(plain, NO_WHITE, assets), 10).astype(float)
    assert seen.shape[:2] == (440, 840)
    assert np.abs(seen - expected).mean() <= 2.5


def test_a_picture_that_is_not_there_is_refused(photo) -> None:
    with pytest.raises(PictureMissing):
        production_pdf(poster(photo), NO_WHITE)


def ganged(placed: list[PlacedArtwork], profile, **more) -> bytes:
    out = io.BytesIO()
    gang_pdf(out, placed, profile, width_um=200_000, height_um=150_000, title="R-7", **more)
    return out.getvalue()


# --- gang sheets -------------------------------------------------------------------------------------------


def sheet(photo) -> tuple[list[PlacedArtwork], Scene, Scene]:
    letters = replace(lettered("arabic", "dtf", "#000000"), bleed_um=2_000)
    pictures = poster(photo)
    one, two = placeable(letters, NO_WHITE), placeable(pictures, NO_WHITE, {photo.sha256: photo})
    placed = [
        PlacedArtwork(one, 10_000, 10_000),
        PlacedArtwork(one, 10_000, 60_000, rotated=True),
        PlacedArtwork(two, 100_000, 10_000),
        PlacedArtwork(two, 100_000, 60_000, rotated=True),
    ]
    return placed, letters, pictures


def test_a_sheet_shows_its_artworks_where_they_were_placed(photo) -> None:
    placed, letters, _ = sheet(photo)
    pdf = ganged(placed, NO_WHITE)
    seen = darkness(pdf, 20)
    assert seen.shape == (3000, 4000)
    wanted = ink(svg(letters), 20)
    assert iou(wanted, seen[200:1000, 200:1800]) >= 0.97
    turned = np.rot90(wanted, -1)
    assert iou(turned, seen[1200:2800, 200:1000]) >= 0.97


def test_a_sheet_stores_each_artwork_and_each_picture_once(photo) -> None:
    placed, _, _ = sheet(photo)
    file = pikepdf.open(io.BytesIO(ganged(placed, NO_WHITE)))
    assert len(file.pages[0].Resources.XObject) == 2
    images = [
        each
        for each in file.objects
        if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == "/Image" and "/SMask" in each
    ]
    assert len(images) == 1
    assert b"<pdfxid:GTS_PDFXVersion>PDF/X-4" in file.Root.Metadata.read_bytes()


def test_marks_lie_over_the_sheet(photo) -> None:
    placed, _, _ = sheet(photo)
    cross = ShapeElement("mark", "rect", Box(1_000, 1_000, 6_000, 6_000), 0, 0, "#000000")
    marks = placeable(scene_of("dtf", cross, width=200, height=150), NO_WHITE)
    pdf = ganged(placed, NO_WHITE, marks=marks)
    assert edges_mm(darkness(pdf, 20)[:140, :140], 20) == pytest.approx([1, 1, 6, 6], abs=0.02)


def test_an_artwork_made_for_another_press_is_refused(photo, press) -> None:
    placed, _, _ = sheet(photo)
    with pytest.raises(CannotBeMade, match="An artwork was made for RGB, but this machine's output is press"):
        ganged(placed, press)


def test_an_artwork_made_with_other_spot_names_is_refused(photo) -> None:
    placed, _, _ = sheet(photo)
    other = replace(NO_WHITE, spots={"cut": "Thru-cut"})
    with pytest.raises(CannotBeMade, match="made with the spot colours CutContour"):
        ganged(placed, other)


def test_artworks_kept_in_files_give_the_same_sheet(photo, tmp_path) -> None:
    placed, _, _ = sheet(photo)
    kept = []
    for number, each in enumerate(placed):
        path = tmp_path / f"{number}.artwork"
        path.write_bytes(each.artwork.as_bytes())
        kept.append(replace(each, artwork=KeptArtwork(each.artwork.sha256, path)))
    assert ganged(kept, NO_WHITE) == ganged(placed, NO_WHITE)


def test_an_artwork_is_kept_as_bytes(photo) -> None:
    made = placeable(poster(photo), DTF, {photo.sha256: photo})
    kept = made.as_bytes()
    assert Placeable.from_bytes(kept) == made
    for broken in (kept[:-1], kept + b"x", b"%PDF" + kept):
        with pytest.raises(ValueError, match="placeable artwork"):
            Placeable.from_bytes(broken)


def test_a_file_is_the_same_every_time(photo) -> None:
    assets = {photo.sha256: photo}
    assert production_pdf(poster(photo), DTF, assets) == production_pdf(poster(photo), DTF, assets)
