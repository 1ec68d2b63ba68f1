"""Production pixels: whole and in bands, PNG and gang sheets, white plates; read back by Pillow."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from configurator.engine.geometry import Box, rounded_rectangle
from configurator.engine.layout import ImageElement, Placed, Scene, ShapeElement
from configurator.engine.machines import profile_for
from configurator.engine.rendering.bands import CHUNK, PlacedPixels, gang_bands, gang_png, write_png
from configurator.engine.rendering.plates import choke_pixels, choked, white_plate
from configurator.engine.rendering.raster import (
    TILE_ROWS,
    production_bands,
    production_png,
    production_window,
    size_in_pixels,
)
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

DTF, SUBLIMATION = profile_for("dtf"), profile_for("sublimation")
DPI = 300
PIXELS_PER_MM = DPI / 25.4


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    return picture(tmp_path_factory.mktemp("pictures"))


def poster(photo, turned: int = 17_000, bleed: int = 0) -> Scene:
    """A turned, masked picture, an upright one, a text over them, a cut that is not printed."""
    scene = scene_of(
        "dtf",
        ImageElement("turned", photo, Box(5_000, 4_000, 45_000, 34_000), "contain"),
        ImageElement("upright", photo, Box(50_130, 5_070, 74_130, 23_070), "contain"),
        words("line1", "Grüße عمر", "noto-sans-arabic", (4, 10, 72, 20), 12, "#22345e"),
        ShapeElement("edge", "rect", Box(1_000, 1_000, 79_000, 39_000), 100, 0, "cut"),
    )
    mask = rounded_rectangle(Box(8_000, 2_000, 44_000, 36_000), 6_000)
    items = tuple(
        replace(item, rotation_mdeg=turned, outline=mask)
        if isinstance(item, Placed) and item.element == "turned"
        else item
        for item in scene.items
    )
    return replace(scene, items=items, bleed_um=bleed)


@pytest.fixture(scope="module")
def whole(photo):
    return production_window(poster(photo), DTF, {photo.sha256: photo}, dpi=200)


@settings(max_examples=15)
@given(st.integers(1, 2 * TILE_ROWS))
def test_bands_are_the_whole_pixel_by_pixel(photo, whole, rows: int) -> None:
    bands = list(production_bands(poster(photo), DTF, {photo.sha256: photo}, dpi=200, rows=rows))
    assert {len(band) for band in bands[:-1]} <= {rows}
    assert np.array_equal(np.concatenate(bands), whole)


@settings(max_examples=15)
@given(st.integers(0, 320), st.integers(0, 320))
def test_any_rows_are_those_of_the_whole(photo, whole, top: int, bottom: int) -> None:
    part = production_window(poster(photo), DTF, {photo.sha256: photo}, dpi=200, top=top, bottom=bottom)
    assert np.array_equal(part, whole[top : max(bottom, top)])


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_print_lies_where_the_scene_says(script: str) -> None:
    scene = lettered(script, "dtf", "#22345e")
    alpha = production_window(scene, DTF, dpi=DPI)[..., 3] / 255
    wanted = ink(svg(scene), PIXELS_PER_MM)[: alpha.shape[0], : alpha.shape[1]]
    assert iou(wanted, alpha) >= 0.97
    assert np.abs(edges_mm(alpha, PIXELS_PER_MM) - edges_mm(ink(svg(scene), 40), 40)).max() <= 0.02


def test_a_picture_is_as_large_as_it_was_placed_to_the_fraction_of_a_pixel(photo) -> None:
    scene = scene_of("dtf", ImageElement("photo", photo, Box(10_030, 5_010, 50_070, 35_040), "cover"))
    alpha = production_window(scene, DTF, {photo.sha256: photo}, dpi=DPI)[..., 3] / 255
    assert edges_mm(alpha, PIXELS_PER_MM) == pytest.approx([10.03, 5.01, 50.07, 35.04], abs=0.005)


@pytest.mark.parametrize("turned", [0, 17_000, -90_000, 181_500])
def test_a_turned_picture_looks_as_another_renderer_draws_it(photo, turned: int) -> None:
    scene = poster(photo, turned)
    scene = replace(scene, items=tuple(item for item in scene.items if item.role == "print"))
    assets = {photo.sha256: photo}
    made = production_window(scene, DTF, assets, dpi=254).astype(float)
    theirs = drawn(svg(scene, pictures=embedded(assets)), 10)[:, :, :].astype(float)
    shown = made[..., :3] * made[..., 3:] / 255, theirs[..., :3] * theirs[..., 3:] / 255
    assert iou(made[..., 3] / 255, theirs[..., 3] / 255) >= 0.99
    assert np.abs(shown[0] - shown[1]).mean() <= 1.5


def test_a_machine_that_prints_from_behind_gets_it_mirrored(photo) -> None:
    scene = replace(poster(photo), width_um=80_010, height_um=40_005)  # not a whole number of pixels
    assets = {photo.sha256: photo}
    plain = production_window(scene, DTF, assets, dpi=DPI)[..., 3] / 255
    seen = production_window(scene, SUBLIMATION, assets, dpi=DPI)[..., 3] / 255
    left, top, right, bottom = edges_mm(plain, PIXELS_PER_MM)
    assert edges_mm(seen, PIXELS_PER_MM) == pytest.approx(
        [80.01 - right, top, 80.01 - left, bottom], abs=0.02
    )
    assert iou(plain[:, ::-1], seen) >= 0.97


def test_cuts_are_not_printed() -> None:
    scene = scene_of("dtf", ShapeElement("edge", "rect", Box(1_000, 1_000, 9_000, 9_000), 0, 0, "cut"))
    assert not production_window(scene, DTF, dpi=DPI).any()


def test_the_bleed_is_part_of_the_print() -> None:
    scene = scene_of(
        "dtf", ShapeElement("ground", "rect", Box(-3_000, -3_000, 83_000, 43_000), 0, 0, "#aa2211")
    )
    bled = replace(scene, bleed_um=3_000)
    assert size_in_pixels(bled, 254) == (860, 460)
    assert (production_window(bled, DTF, dpi=254) == (0xAA, 0x22, 0x11, 255)).all()


def test_the_png_says_its_resolution_and_is_the_same_pixels(photo) -> None:
    assets = {photo.sha256: photo}
    made = Image.open(io.BytesIO(production_png(poster(photo), DTF, assets, dpi=200)))
    made.load()
    assert made.info["dpi"] == pytest.approx((200, 200), abs=0.01)
    assert np.array_equal(np.asarray(made), production_window(poster(photo), DTF, assets, dpi=200))
    assert Image.open(io.BytesIO(production_png(lettered("latin"), DTF))).size == (945, 472)


def test_a_picture_that_is_not_there_is_refused(photo) -> None:
    with pytest.raises(PictureMissing):
        production_png(poster(photo), DTF)


# --- the writer --------------------------------------------------------------------------------------------


def written(pixels, cuts=(), **more) -> bytes:
    out = io.BytesIO()
    write_png(out, pixels.shape[1], pixels.shape[0], np.split(pixels, sorted(cuts)), **more)
    return out.getvalue()


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 3, 4]), st.sets(st.integers(1, 29), max_size=6))
def test_any_pixels_come_back_however_they_were_cut(seed: int, channels: int, cuts: set[int]) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (30, 17, channels), dtype=np.uint8)
    pixels[10:20] = pixels[10]
    png = written(pixels, cuts)
    modes = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
    read = Image.open(io.BytesIO(png))
    assert read.mode == modes[channels]
    assert np.array_equal(np.asarray(read).reshape(pixels.shape), pixels)
    assert png == written(pixels)


def test_a_large_picture_is_the_same_bytes_however_it_was_cut() -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (400, 400, 4), dtype=np.uint8)
    one = written(pixels, range(7, 400, 7))
    assert len(one) > 2 * CHUNK
    assert one == written(pixels, [399])


def test_a_picture_with_rows_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="The bands have 3 rows, the picture 4"):
        write_png(io.BytesIO(), 2, 4, [np.zeros((3, 2, 4), dtype=np.uint8)])


def test_a_band_of_another_width_is_refused() -> None:
    bands = [np.zeros((3, 2, 4), dtype=np.uint8), np.zeros((1, 3, 4), dtype=np.uint8)]
    with pytest.raises(ValueError, match="the picture 2 pixels wide"):
        write_png(io.BytesIO(), 2, 4, bands)


# --- gang sheets -------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(-5, 60), st.integers(-5, 90), st.integers(1, 30), st.integers(1, 40)),
        max_size=9,
    ),
    st.integers(1, 100),
)
def test_a_sheet_is_what_pasting_gives(places: list[tuple[int, int, int, int]], rows: int) -> None:
    canvas = Image.new("RGBA", (64, 97))
    placed = []
    for seed, (left, top, width, height) in enumerate(places):
        pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
        canvas.paste(Image.fromarray(pixels, "RGBA"), (left, top))
        placed.append(PlacedPixels(left, top, width, height, lambda made=pixels: made))
    bands = list(gang_bands(placed, width=64, height=97, rows=rows))
    assert np.array_equal(np.concatenate(bands), np.asarray(canvas))
    out = io.BytesIO()
    gang_png(out, placed, width=64, height=97, dpi=DPI, rows=rows)
    assert np.array_equal(np.asarray(Image.open(out)), np.asarray(canvas))


def test_artworks_are_asked_for_once_and_let_go() -> None:
    asked: list[int] = []
    placed = [
        PlacedPixels(
            0, 10 * number, 4, 10, lambda number=number: asked.append(number) or np.ones((10, 4, 4), np.uint8)
        )
        for number in range(4)
    ]
    list(gang_bands(placed, width=8, height=40, rows=3))
    assert asked == [0, 1, 2, 3]


def test_an_artwork_of_another_size_is_refused() -> None:
    wrong = PlacedPixels(0, 0, 5, 5, lambda: np.zeros((4, 5, 4), dtype=np.uint8))
    with pytest.raises(ValueError, match=r"An artwork is \(4, 5, 4\), not \(5, 5, 4\)"):
        list(gang_bands([wrong], width=8, height=8))


# --- white -------------------------------------------------------------------------------------------------


def test_white_lies_under_colour_and_stays_inside_of_it() -> None:
    scene = scene_of(
        "dtf", ShapeElement("block", "rect", Box(10_000, 10_000, 30_000, 20_000), 0, 0, "#aa2211")
    )
    assert choke_pixels(DTF, 300) == 2
    plate = white_plate(scene, DTF, dpi=300)
    alpha = production_window(scene, DTF, dpi=300)[..., 3]
    assert plate.max() == 255 and (plate <= alpha).all()
    inside = np.array([1, 1, -1, -1]) * 2 / PIXELS_PER_MM
    assert edges_mm(plate / 255, PIXELS_PER_MM) == pytest.approx(
        edges_mm(alpha / 255, PIXELS_PER_MM) + inside, abs=0.001
    )


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(0, 4))
def test_choking_takes_the_least_in_a_disc(seed: int, radius: int) -> None:
    alpha = np.random.default_rng(seed).integers(0, 256, (14, 11), dtype=np.uint8)
    plate = choked(alpha, radius)
    for y in range(14):
        for x in range(11):
            near = [
                alpha[v, u] if 0 <= v < 14 and 0 <= u < 11 else 0
                for v in range(y - radius, y + radius + 1)
                for u in range(x - radius, x + radius + 1)
                if (v - y) ** 2 + (u - x) ** 2 <= radius**2
            ]
            assert plate[y, x] == min(near)
