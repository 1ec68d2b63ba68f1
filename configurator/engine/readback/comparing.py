"""One produced file against its scene."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.machines import Profile
from configurator.engine.readback.codes import compare_drawn_codes
from configurator.engine.readback.inks import compare_tiff
from configurator.engine.readback.laser_files import read_dxf, read_svg
from configurator.engine.readback.lasers import compare_laser
from configurator.engine.readback.marks import (
    TOLERANCE_UM,
    Contour,
    Mark,
    Mismatch,
    Shown,
    Unreadable,
    apart,
    as_box,
    box_of,
    covered,
    differences,
)
from configurator.engine.readback.pdf import ReadPdf, read_pdf
from configurator.engine.readback.pictures import picture_differs, pixels_differ
from configurator.engine.readback.pixels import BAND, compare_png
from configurator.engine.readback.redrawing import Drawing
from configurator.engine.readback.wanted import element_at, wanted_marks
from configurator.engine.readback.work_orders import compare_order

FORMATS = ("pdf", "svg", "dxf", "png", "tiff", "work-order")
# The border of the white base: what its choke, to the nearest pixel, and soft edges explain.
WHITE_SLACK = 2
NEARLY = 253  # of 255: as good as covered
# White that lies fully. A gap between two outlines that falls through our steps (`redrawing.FINE` a pixel) is
# less than one of them wide, so what looks covered to us has at least 7/8 of 255.
FULL_WHITE = 220


def compare(
    scene: Scene,
    produced: bytes,
    format: str,
    profile: Profile,
    assets: Mapping[str, AssetInfo] | None = None,
) -> tuple[Mismatch, ...]:
    """Everything in which a file differs from the scene; empty when it may be made.

    A file that cannot be read is one mismatch (`unreadable`). Raises `ValueError` for a format that nobody
    can read back, `LookupError` when a picture of the scene was not given.
    """
    if format not in FORMATS:
        raise ValueError(f"Files of the format {format} cannot be read back, only {', '.join(FORMATS)}.")
    given = assets or {}
    try:
        if format == "png":
            found = compare_png(scene, produced, profile, given)
        elif format == "tiff":
            found = compare_tiff(scene, produced, profile, given)
        elif format == "work-order":
            found = compare_order(scene, produced, profile)
        elif format == "pdf":
            found = _compare_pdf(scene, read_pdf(produced), profile, given)
        else:
            read = read_svg(produced) if format == "svg" else read_dxf(produced)
            found = compare_laser(scene, read, profile, given, filled=format == "svg")
            contours = (contour for _, mark in read.marks for contour in mark.contours)
            found += compare_drawn_codes(scene, profile, contours)
    except Unreadable as fault:
        found = [Mismatch("unreadable", "", f"The file cannot be used: {fault}.")]
    return tuple(found)


def _compare_pdf(
    scene: Scene, read: ReadPdf, profile: Profile, assets: Mapping[str, AssetInfo]
) -> list[Mismatch]:
    found = _page(scene, read)
    drawn = list(read.drawn)
    white = f"spot {profile.spots['white']}" if profile.white_base else ""
    base = [each for each in drawn if white and isinstance(each, Shown) and each.ink == white]
    kept = {id(each) for each in base}
    drawn = [each for each in drawn if id(each) not in kept]
    found += _sequence(scene, profile, wanted_marks(scene, profile, assets), drawn)
    if white:
        found += _white(scene, profile, assets, base, white)
    used = {item.role for item in scene.items} | ({"white"} if profile.white_base else set())
    named = {name for role, name in profile.spots.items() if role in used}
    for name in sorted(named ^ read.spots):
        word = "lacks the plate" if name in named else "has a plate that nobody asked for:"
        found.append(Mismatch("plate", "", f"The file {word} {name}."))
    if not read.overprinting:
        found.append(Mismatch("overprint", "", "A spot ink knocks out what lies under it."))
    contours = [c for each in drawn if isinstance(each, Mark) and each.kind == "fill" for c in each.contours]
    return found + compare_drawn_codes(scene, profile, contours)


def _page(scene: Scene, read: ReadPdf) -> list[Mismatch]:
    found = []
    if read.pages != 1:
        found.append(Mismatch("pages", "", f"The file has {read.pages} pages instead of one."))
    around = 2 * scene.bleed_um
    size = (scene.width_um, scene.height_um)
    wanted = {"trim": size, "bleed": (size[0] + around, size[1] + around)}
    wanted["media"] = wanted["bleed"]
    for name, sides in wanted.items():
        is_so = getattr(read, name)
        if max(abs(is_so[at] - sides[at]) for at in (0, 1)) > TOLERANCE_UM:
            told = " x ".join(f"{side / 1000:.2f}" for side in is_so)
            text = f"The {name} box is {told} mm, not {sides[0] / 1000:g} x {sides[1] / 1000:g} mm."
            found.append(Mismatch("size", "", text))
    if max(abs(each - scene.bleed_um) for each in read.offset) > TOLERANCE_UM:
        found.append(Mismatch("size", "", "The trim box does not lie in the middle of the page."))
    if read.intent != "/GTS_PDFX":
        found.append(Mismatch("intent", "", "The file does not say for which kind of print it is."))
    found += [Mismatch("pdfx", "", f"The file is no PDF/X-4: {told}.") for told in read.departures]
    return found


def _sequence(
    scene: Scene, profile: Profile, wanted: list[Mark | Shown], drawn: list[Mark | Shown]
) -> list[Mismatch]:
    """What is drawn, thing by thing, in the order in which it has to lie on top of each other."""
    found: list[Mismatch] = []
    at = 0
    for expected in wanted:
        reason = _differs(expected, drawn[at]) if at < len(drawn) else "is missing"
        if not reason:
            at += 1
            continue
        # Further on, or not there at all: then what is there belongs to the next.
        later = next((k for k in range(at + 1, len(drawn)) if not _differs(expected, drawn[k])), None)
        if later is not None:
            text = f"{expected.element} does not come in its place: something else is drawn before it."
            found.append(Mismatch("order", expected.element, text))
            at = later + 1
            continue
        found.append(Mismatch("shape", expected.element, f"{expected.element} {reason}.", _box(expected)))
        if len(drawn) - at >= len(wanted) - wanted.index(expected):
            at += 1
    for extra in drawn[at:]:
        where = _box(extra)
        element = element_at(scene, profile, tuple(where.as_json())) if where else ""  # type: ignore[arg-type]
        text = f"Something is drawn{f' over {element}' if element else ''} that was not approved."
        found.append(Mismatch("extra", element, text, where))
    return found


def _box(each: Mark | Shown) -> Box | None:
    contours = each.contours if isinstance(each, Mark) else (Contour(each.corners, True),)
    return as_box(box_of(contours))


def _differs(wanted: Mark | Shown, seen: Mark | Shown) -> str:
    """What is wrong; empty when nothing is."""
    if isinstance(wanted, Shown) or isinstance(seen, Shown):
        if not isinstance(wanted, Shown) or not isinstance(seen, Shown):
            return "is missing"
        if wanted.ink != seen.ink:
            return "is printed with another ink"
        return picture_differs(wanted, seen) or pixels_differ(wanted.pixels, seen.pixels)
    if wanted.kind != seen.kind:
        return "is filled instead of drawn along, or the other way round"
    if wanted.ink != seen.ink:
        return f"has the ink {seen.ink} instead of {wanted.ink}"
    if abs(wanted.width_um - seen.width_um) > max(2.0, 0.01 * wanted.width_um):
        return f"has lines of {seen.width_um / 1000:.3f} mm instead of {wanted.width_um / 1000:.3f} mm"
    one, other = box_of(wanted.contours), box_of(seen.contours)
    if one is None or other is None:
        return "" if one is other else "is empty"
    gap = max(abs(a - b) for a, b in zip(one, other, strict=True))
    if gap > TOLERANCE_UM:
        return f"lies or ends {gap / 1000:.2f} mm elsewhere"
    if wanted.kind == "fill":
        boxes = differences(
            covered(wanted.contours, even_odd=False), covered(seen.contours, even_odd=seen.even_odd)
        )
        return "has another shape" if boxes else ""
    if len(wanted.contours) != len(seen.contours):
        return f"has {len(seen.contours)} lines instead of {len(wanted.contours)}"
    for mine, theirs in zip(wanted.contours, seen.contours, strict=True):
        if mine.closed != theirs.closed:
            return "is not closed" if mine.closed else "is closed"
        if apart(mine, theirs) > TOLERANCE_UM:
            return "runs elsewhere"
    return ""


def _white(
    scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo], base: list[Shown], ink: str
) -> list[Mismatch]:
    """White has to lie under everything printed, drawn back from its edge, and nowhere else."""
    if len(base) != 1:
        return [Mismatch("white", "", f"The file has {len(base)} white bases ({ink}) instead of one.")]
    plate = np.asarray(base[0].pixels.convert("L"))
    around = scene.bleed_um
    edges = (-around, -around, scene.width_um + around, scene.height_um + around)
    seen = box_of([Contour(base[0].corners, True)])
    if seen is None or max(abs(a - b) for a, b in zip(edges, seen, strict=True)) > TOLERANCE_UM:
        return [Mismatch("white", "", "The white base does not cover the page.")]
    height, width = plate.shape
    scale = width / (edges[2] - edges[0])
    drawing = Drawing(scene, profile, assets, scale)
    alpha = np.concatenate(
        [drawing.part(top, min(top + BAND, height), 0, width)[0][..., 3] for top in range(0, height, BAND)]
    )
    back = round(profile.choke_um * scale)
    outside = _spread(alpha > 0, 1)
    inside = ~_spread(alpha < NEARLY, back + WHITE_SLACK)
    wrong = (plate > 0) & ~outside | (plate < FULL_WHITE) & inside
    if int(wrong.sum()) <= WHITE_SLACK:
        return []
    return [
        Mismatch("white", "", f"The white base is not as it should be: {int(wrong.sum())} pixels differ.")
    ]


def _spread(
    mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]], by: int
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """The mask with so many pixels more on every side."""
    found = mask
    for _ in range(by):
        grown = found.copy()
        grown[1:] |= found[:-1]
        grown[:-1] |= found[1:]
        grown[:, 1:] |= grown[:, :-1].copy()
        grown[:, :-1] |= grown[:, 1:].copy()
        found = grown
    return found
