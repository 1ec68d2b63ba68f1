"""One file a machine: chosen by its profile, CMYK by a press profile, work orders, always the same bytes."""

import hashlib
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from benchmarks.artwork.press import press_profile
from configurator.engine.geometry import Box, bounds
from configurator.engine.layout import ImageElement, ShapeElement
from configurator.engine.layout.scene import Outline, Stroke
from configurator.engine.machines import profile_for, read_machines
from configurator.engine.rendering.icc import srgb_screen
from configurator.engine.rendering.production import ENDINGS, MEDIA_TYPES, production_file
from configurator.engine.rendering.raster import production_window
from configurator.engine.rendering.refusals import CannotBeMade, NoOutputProfile
from configurator.engine.rendering.tiff import cmyk_tiff
from configurator.engine.rendering.work_order import work_order
from tests.configurator.engine.artworks import lettered, picture, scene_of, words
from tests.configurator.engine.test_production_pixels import poster

ROOT = Path(__file__).parents[3]
BEGINNINGS = {
    "pdf": b"%PDF-1.6",
    "png": b"\x89PNG",
    "svg": b"<svg",
    "dxf": b"  0\nSECTION",
    "tiff": b"II*\0",
    "work-order": b"WORK ORDER",
}


@pytest.fixture(scope="module")
def press(tmp_path_factory):
    file = tmp_path_factory.mktemp("press") / "press.icc"
    file.write_bytes(press_profile())
    return replace(profile_for("print"), icc=file)


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    return picture(tmp_path_factory.mktemp("pictures"))


@pytest.mark.parametrize("process", sorted(read_machines().defaults))
def test_a_machine_gets_its_first_format(process: str) -> None:
    profile = profile_for(process)
    scene = lettered("latin", process, "engrave" if process == "engrave" else "#22345e")
    made = production_file(scene, profile)
    assert made.format == profile.formats[0]
    assert made.data.startswith(BEGINNINGS[made.format])
    assert made.sha256 == hashlib.sha256(made.data).hexdigest()
    assert (made.ending, made.media_type) == (ENDINGS[made.format], MEDIA_TYPES[made.format])


def test_another_format_of_the_machine_can_be_asked_for(press) -> None:
    scene = lettered("latin", "print", "#22345e")
    assert production_file(scene, press, format="tiff").data.startswith(BEGINNINGS["tiff"])


def test_a_format_the_machine_does_not_take_is_refused() -> None:
    with pytest.raises(CannotBeMade, match="DTF printer takes png, pdf, not dxf"):
        production_file(lettered("latin", "dtf", "#22345e"), profile_for("dtf"), format="dxf")


points = st.integers(-3_000, 40_000)
segments = st.one_of(
    st.tuples(st.just("L"), points, points),
    st.tuples(st.just("Q"), *[points] * 4),
    st.tuples(st.just("C"), *[points] * 6),
)
contours = st.tuples(points, points, st.lists(segments, max_size=4), st.booleans())


@settings(max_examples=25)
@given(st.lists(contours, max_size=3), st.sampled_from(["engrave", "cut", "score"]), st.integers(0, 2_000))
def test_whatever_lines_a_design_has_a_file_is_made(drawn, role: str, width: int) -> None:
    path = tuple(
        segment
        for x, y, along, closed in drawn
        for segment in (("M", x, y), *along, *([("Z",)] if closed else []))
    )
    box = bounds(path) or Box(0, 0, 1, 1)
    item = Stroke("line", role, "", path, width, box) if width else Outline("area", role, "", path, box)
    scene = replace(scene_of("engrave"), items=(item,))
    for form in ("svg", "dxf"):
        assert production_file(scene, profile_for("engrave"), format=form).data.startswith(BEGINNINGS[form])
    printed = replace(scene, process="dtf")
    dtf = replace(profile_for("dtf"), dpi=60, spots={"cut": "C", "score": "S", "white": "W"})
    for form in ("png", "pdf"):
        assert production_file(printed, dtf, format=form).data.startswith(BEGINNINGS[form])


# --- CMYK --------------------------------------------------------------------------------------------------


def test_cmyk_without_a_press_profile_is_refused() -> None:
    with pytest.raises(NoOutputProfile, match=r"name it there: `icc: press\.icc`"):
        cmyk_tiff(lettered("latin", "print", "#22345e"), profile_for("print"))


def test_a_tiff_has_the_press_s_inks_size_resolution_and_profile(press) -> None:
    scene = replace(
        scene_of(
            "print", ShapeElement("ground", "rect", Box(-3_000, -3_000, 43_000, 43_000), 0, 0, "#ff0000")
        ),
        bleed_um=3_000,
    )
    made = Image.open(io.BytesIO(cmyk_tiff(scene, press)))
    assert (made.mode, made.size) == ("CMYK", (1016, 543))
    assert made.info["dpi"] == (300, 300)
    assert made.info["icc_profile"] == press.icc.read_bytes()
    inks = np.asarray(made)
    assert (inks[:, 800:] <= 2).all()  # paper
    cyan, magenta, yellow, black = inks[250, 100]
    assert cyan <= 12 and magenta >= 240 and yellow >= 240 and black <= 12


def test_a_tiff_looks_as_the_design_when_its_inks_are_seen(photo, press) -> None:
    assets = {photo.sha256: photo}
    scene = poster(photo)
    made = Image.open(io.BytesIO(cmyk_tiff(scene, press, assets, dpi=200)))
    seen = ImageCms.profileToProfile(
        made,
        ImageCms.ImageCmsProfile(io.BytesIO(press.icc.read_bytes())),
        ImageCms.ImageCmsProfile(io.BytesIO(srgb_screen())),
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
    )
    rgba = production_window(scene, press, assets, dpi=200).astype(float)
    alpha = rgba[..., 3:] / 255
    wanted = rgba[..., :3] * alpha + 255 * (1 - alpha)
    assert np.abs(np.asarray(seen) - wanted).mean() <= 4


# --- work orders -------------------------------------------------------------------------------------------


def test_a_work_order_says_size_text_and_nearest_thread(photo) -> None:
    scene = scene_of(
        "embroidery",
        words("line1", "Ömer عمر", "noto-sans-arabic", (10, 5, 60, 14), 9, "#1b2a4b"),
        words("line2", "Neon", "inter", (10, 22, 30, 14), 9, "#00ff66"),
        ImageElement("logo", photo, Box(50_000, 20_000, 70_000, 35_000), "contain"),
    )
    said = work_order(scene, profile_for("embroidery"), title="2026-0007/1").decode()
    machine = "Machine: Embroidery machine (embroidery), field 360 x 200 mm"
    assert said.splitlines()[:2] == ["WORK ORDER: 2026-0007/1", machine]
    assert "Surface: front, 80 x 40 mm" in said
    assert f"Design: {scene.hash}" in said
    assert '1. line1: text "Ömer عمر"' in said
    assert "#1b2a4b  1500 Navy (the same, difference 0.0)" in said
    assert "#00ff66  1620 Mint (NOT NEAR, ask, difference" in said
    assert f"picture {photo.sha256}, 240 x 180 pixels: digitise by hand" in said
    assert "Colours: 2 of at most 15" in said


# --- the same bytes ----------------------------------------------------------------------------------------

MAKE_ALL = """
import hashlib, json, locale, sys
from dataclasses import replace
from pathlib import Path
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass
from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.machines import profile_for
from configurator.engine.rendering.production import production_file

given = json.loads(sys.stdin.read())
assets = {sha: AssetInfo(sha, 240, 180, Path(path)) for sha, path in given["assets"].items()}
jobs = [(process, each) for process in given["scenes"] for each in profile_for(process).formats]
found = {}
for process, form in reversed(jobs) if given["backwards"] else jobs:
    profile = replace(profile_for(process), icc=Path(given["icc"]) if process == "print" else None)
    scene = Scene.from_json(given["scenes"][process])
    made = production_file(scene, profile, assets, title="Größe", format=form)
    found[f"{process} {form}"] = made.sha256
print(json.dumps(found))
"""


def test_files_are_the_same_in_every_process_locale_hash_seed_and_order(photo, press) -> None:
    pictured = {
        process: replace(poster(photo), process=process).as_json()
        for process in ("dtf", "sublimation", "print")
    }
    colours = {"engrave": "engrave", "cut": "engrave", "vinyl": "#1b2a4b", "embroidery": "#22345e"}
    drawn = {process: lettered("mixed", process, colour).as_json() for process, colour in colours.items()}
    given = {
        "assets": {photo.sha256: str(photo.path)},
        "icc": str(press.icc),
        "scenes": {**pictured, **drawn},
    }
    seen = []
    for seed, language, backwards in (
        ("1", "C", False),
        ("2", "de_DE.UTF-8", True),
        ("3", "tr_TR.UTF-8", False),
    ):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "LC_ALL": language,
            "PYTHONPATH": str(ROOT),
            "TZ": "Asia/Tokyo",
        }
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", MAKE_ALL],
            input=json.dumps({**given, "backwards": backwards}),
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        seen.append(json.loads(done.stdout))
    assert len(seen[0]) == 13
    assert seen[0] == seen[1] == seen[2]
