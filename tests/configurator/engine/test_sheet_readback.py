"""Sheets read back by other code: what is right passes, and every planted fault is found."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from configurator.engine.machines import profile_for
from configurator.engine.readback.sheets import compare_sheet
from configurator.engine.rendering.bands import write_png
from configurator.engine.rendering.sheet import sheet_dxf, sheet_svg, write_sheet_pdf, write_sheet_png
from tests.configurator.engine.test_sheets import bed, composed, gang, pixels, scene, written

WRITERS = {"pdf": write_sheet_pdf, "png": write_sheet_png}
TEXTS = {"svg": sheet_svg, "dxf": sheet_dxf}


def made_of(made, format):
    return written(WRITERS[format], made) if format in WRITERS else TEXTS[format](made)


def found(wanted, data, format, folder):
    path = folder / f"sheet.{format}"
    path.write_bytes(data)
    return compare_sheet(wanted, path, format)


def sheet_for(format, folder):
    return gang(folder) if format in WRITERS else bed(folder)


FORMATS = ("pdf", "png", "svg", "dxf")


@pytest.mark.parametrize("format", FORMATS)
def test_a_sheet_as_it_is_made_passes(format, tmp_path):
    made = sheet_for(format, tmp_path)
    assert found(made.wanted, made_of(made, format), format, tmp_path) == ()


@pytest.mark.parametrize("format", ["pdf", "png"])
def test_bleeds_that_end_at_the_middle_line_pass(format, tmp_path):
    one = scene("sublimation", 60_000, 30_000, bleed=2_000)
    laid = [(20_000, 20_000 + 31_000 * row, one, False) for row in range(3)]
    made = composed(tmp_path, profile_for("sublimation"), 160_000, 130_000, laid)
    assert found(made.wanted, made_of(made, format), format, tmp_path) == ()


@pytest.mark.parametrize("format", FORMATS)
def test_a_part_that_was_moved_is_found(format, tmp_path):
    made = sheet_for(format, tmp_path)
    part = made.sheet.parts[0]
    moved = replace(part, box=part.box.moved(300, 0))
    other = replace(made, sheet=replace(made.sheet, parts=(moved, *made.sheet.parts[1:])))
    codes = {each.code for each in found(made.wanted, made_of(other, format), format, tmp_path)}
    assert codes & {"moved", "shape"}


@pytest.mark.parametrize("format", FORMATS)
def test_a_part_that_is_missing_is_found(format, tmp_path):
    made = sheet_for(format, tmp_path)
    other = replace(made, sheet=replace(made.sheet, parts=made.sheet.parts[1:]))
    codes = {each.code for each in found(made.wanted, made_of(other, format), format, tmp_path)}
    assert codes & {"count", "shape", "moved"}


@pytest.mark.parametrize("format", FORMATS)
def test_artwork_that_changed_places_with_another_is_found(format, tmp_path):
    made = sheet_for(format, tmp_path)
    process = made.profile.process
    foreign = scene(process, 60_000, 30_000, bleed=2_000 if format in WRITERS else 0)
    foreign = replace(foreign, items=foreign.items[-1:])
    other = composed(tmp_path, made.profile, 200_000, 150_000, [(15_000, 15_000, foreign, False)])
    (strange,) = other.artworks.values()
    own = made.sheet.parts[0].artwork
    swapped = replace(made, artworks={**made.artworks, own: strange})
    codes = {each.code for each in found(made.wanted, made_of(swapped, format), format, tmp_path)}
    assert "shape" in codes


@pytest.mark.parametrize("format", FORMATS)
def test_a_sheet_of_another_size_is_found(format, tmp_path):
    made = sheet_for(format, tmp_path)
    wanted = replace(made.wanted, sheet=replace(made.sheet, width_um=201_000))
    assert "size" in {each.code for each in found(wanted, made_of(made, format), format, tmp_path)}


@pytest.mark.parametrize("format", FORMATS)
def test_codes_of_other_parts_are_found(format, tmp_path):
    made = sheet_for(format, tmp_path)
    codes = tuple(replace(code, text="999") for code in made.marks.codes)
    seen = found(replace(made.wanted, codes=codes), made_of(made, format), format, tmp_path)
    assert [each.code for each in seen] == ["code"] * len(codes)


@pytest.mark.parametrize("format", ["pdf", "svg", "dxf"])
def test_parts_cut_without_their_kerf_are_found(format, tmp_path):
    made = sheet_for(format, tmp_path)
    wanted = replace(made.wanted, profile=replace(made.profile, kerf_um=made.profile.kerf_um + 200))
    seen = found(wanted, made_of(made, format), format, tmp_path)
    assert [each.code for each in seen] == ["contour"] * len(made.sheet.parts)


@pytest.mark.parametrize("format", FORMATS)
def test_half_a_file_is_found(format, tmp_path):
    made = sheet_for(format, tmp_path)
    data = made_of(made, format)
    (seen,) = found(made.wanted, data[: len(data) // 2], format, tmp_path)
    assert seen.code == "unreadable"


def test_ink_beside_parts_and_marks_is_found(tmp_path):
    made = gang(tmp_path)
    sheet = pixels(written(write_sheet_png, made)).copy()
    sheet[-3:, 1_000:1_010] = 255
    out = io.BytesIO()
    write_png(out, sheet.shape[1], len(sheet), [sheet], dpi=300)
    (seen,) = found(made.wanted, out.getvalue(), "png", tmp_path)
    assert seen.message.startswith("30 pixels")


def test_artwork_over_another_part_is_found(tmp_path):
    """As if bleeds had not been cut off at the middle line."""
    one = scene("sublimation", 60_000, 30_000, bleed=2_000)
    laid = [(20_000, 20_000 + 31_000 * row, one, False) for row in range(2)]
    made = composed(tmp_path, profile_for("sublimation"), 160_000, 130_000, laid)
    loose = replace(made)
    object.__setattr__(loose, "cells", tuple((part.bleed_box,) for part in made.sheet.parts))
    seen = found(made.wanted, written(write_sheet_pdf, loose), "pdf", tmp_path)
    assert [each.code for each in seen] == ["overlap", "overlap"]


def test_a_png_that_other_code_wrote_is_not_taken_for_ours(tmp_path):
    made = gang(tmp_path)
    out = io.BytesIO()
    Image.fromarray(pixels(written(write_sheet_png, made))).save(out, "PNG", dpi=(300, 300))
    (seen,) = found(made.wanted, out.getvalue(), "png", tmp_path)
    assert "filtered" in seen.message
