"""Production files read back: clean ones pass, and whatever was done to one is found."""

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.artwork.designs import designs
from benchmarks.artwork.fault_cases import Case, DoesNotApply, cases
from benchmarks.artwork.faults import FAULTS
from configurator.engine.family import read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box
from configurator.engine.layout.scene import AssetInfo, Outline, Placed
from configurator.engine.layout.surfaces import lay_out
from configurator.engine.machines import read_machines
from configurator.engine.readback import compare
from configurator.engine.rendering.pdfx import production_pdf
from configurator.engine.rendering.raster import production_png

# Every kind once or twice; `manage.py bench artwork --only faults` tries all kinds on all formats.
SAMPLE = {
    "laser": ("a letter missing", "wrong picture", "cut line twice", "wrong unit", "truncated"),
    "saw": ("cut line open", "cut line moved by 0.1 mm", "layers in other colours", "wrong unit"),
    "press": (
        "a line of text moved by 0.1 mm",
        "renamed spot colour or layer",
        "cut line in process colours",
        "spot colours knock out",
        "wrong page box",
        "picture over another",
        "another code",
    ),
    "film": ("white base missing",),
    "press as inks": (
        "a line of text moved by 0.1 mm",
        "picture 1 % larger",
        "a plate without ink",
        "an ink 5 % stronger",
        "another press's profile",
        "truncated",
        "wrong unit",
    ),
    "embroidery": (
        "a line of text moved by 0.1 mm",
        "another text in the order",
        "another thread in the order",
        "another design's order",
        "truncated",
    ),
    "transfer as pixels": ("mirrored, or not", "another colour", "a line of text moved by 0.1 mm"),
}

FAMILIES = Path(__file__).resolve().parents[3] / "configurator" / "families"


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    folder: Path = tmp_path_factory.mktemp("pictures")
    return {case.name: case for case in cases(folder)}


@pytest.mark.parametrize(
    "name",
    [
        "laser",
        "laser without picture",
        "saw",
        "press",
        "press as inks",
        "film",
        "transfer as pixels",
        "embroidery",
    ],
)
def test_a_clean_file_agrees_with_its_scene(known: dict[str, Case], name: str) -> None:
    case = known[name]
    assert compare(case.scene, case.made(), case.format, case.profile, case.assets) == ()


def test_a_height_of_half_a_dot_is_rounded_as_it_was_printed(known: dict[str, Case]) -> None:
    """PNG rounds 300 dots an inch to dots a metre, which is a hair less."""
    case = known["transfer as pixels"]
    tall = replace(case, scene=replace(case.scene, height_um=234_400 - 2 * case.scene.bleed_um))
    assert compare(tall.scene, tall.made(), tall.format, tall.profile, tall.assets) == ()


def test_letters_that_nearly_touch_do_not_make_their_white_wrong() -> None:
    """Between two strokes of Pacifico is a gap of less than half a dot: it is in the white base, too."""
    spec = read_family((FAMILIES / "t-shirt.yaml").read_text(encoding="utf-8"))
    wanted = {
        "font": "brush",
        "name": "Rowing Club",
        "team": "Familie Müller",
        "number": "14",
        "ink": "black",
    }
    choices = {
        **spec.defaults,
        **wanted,
        "colour": "sand",
        "ink": "black",
        "letter_height": 28,
        "technique": "dtf",
    }
    scene = lay_out(spec=spec, choices=choices, surface="front", fonts=FontLibrary.installed(), assets={})
    profile = read_machines(None).profiles["dtf"]
    assert compare(scene, production_pdf(scene, profile, {}), "pdf", profile, {}) == ()


def test_what_clipping_leaves_of_equal_outlines_is_no_other_shape(tmp_path: Path) -> None:
    *_, design = designs(
        17, seed=5, processes=("dtf",), fonts=FontLibrary.installed(), folder=tmp_path, pictures=False
    )
    made = production_pdf(design.scene, design.profile, {})
    assert compare(design.scene, made, "pdf", design.profile, {}) == ()


def test_straight_edges_of_a_picture_are_no_false_alarm(tmp_path: Path) -> None:
    """A see-through corner whose edge falls between two dots: soft in one drawing, hard in the other."""
    processes = ("engrave", "print", "dtf", "sublimation")
    *_, design = designs(18, seed=7, processes=processes, fonts=FontLibrary.installed(), folder=tmp_path)
    made = production_png(design.scene, design.profile, design.assets)
    assert compare(design.scene, made, "png", design.profile, design.assets) == ()


@pytest.mark.parametrize(
    ("name", "fault"), [(name, fault) for name, faults in SAMPLE.items() for fault in faults]
)
def test_a_fault_is_found(known: dict[str, Case], name: str, fault: str) -> None:
    case = known[name]
    assert compare(case.scene, FAULTS[fault](case), case.format, case.profile, case.assets)


def test_a_mismatch_names_its_element(known: dict[str, Case]) -> None:
    case = known["laser"]
    produced = FAULTS["a letter missing"](case)
    found = compare(case.scene, produced, case.format, case.profile, case.assets)
    assert [each.element for each in found] == ["line1"]


def test_rubbish_is_one_mismatch_in_every_format(known: dict[str, Case]) -> None:
    for case in known.values():
        (found,) = compare(case.scene, b"rubbish", case.format, case.profile, case.assets)
        assert found.code == "unreadable"


def test_a_format_that_nobody_reads_back_is_refused(known: dict[str, Case]) -> None:
    case = known["laser"]
    with pytest.raises(ValueError, match="cannot be read back"):
        compare(case.scene, b"", "stitches", case.profile)


def test_a_fault_that_does_not_apply_says_so(known: dict[str, Case]) -> None:
    with pytest.raises(DoesNotApply):
        FAULTS["white base missing"](known["laser"])


def noisy(path: Path) -> AssetInfo:
    """A picture in which every pixel is another: what resampling changes most."""
    pixels = np.random.default_rng(3).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels, "RGB").save(out, "PNG")
    path.write_bytes(out.getvalue())
    return AssetInfo(hashlib.sha256(out.getvalue()).hexdigest(), 800, 600, path)


@pytest.mark.parametrize("name", ["press as inks", "transfer as pixels"])
@pytest.mark.parametrize("turned", [0, 17_000])
def test_the_noisiest_picture_is_no_false_alarm(
    known: dict[str, Case], tmp_path: Path, name: str, turned: int
) -> None:
    case, photo = known[name], noisy(tmp_path / "noise.png")
    box, crop = Box(5_000, 4_000, 29_000, 22_000), Box(0, 0, 800, 600)
    scene = replace(case.scene, items=(Placed("photo", "print", photo.sha256, box, crop, 800, 600, turned),))
    noise = replace(case, scene=scene, assets={photo.sha256: photo})
    assert compare(scene, noise.made(), case.format, case.profile, noise.assets) == ()


def test_a_text_of_several_lines_with_quotes_is_one_text_in_a_work_order(known: dict[str, Case]) -> None:
    case = known["embroidery"]
    said = 'Anna "Bo"\n2. line9: text'
    items = tuple(
        replace(item, text=said) if isinstance(item, Outline) and item.text else item
        for item in case.scene.items
    )
    case = replace(case, scene=replace(case.scene, items=items))
    assert compare(case.scene, case.made(), case.format, case.profile, case.assets) == ()
