"""Codes in a finished file: read as a scanner reads them."""

from __future__ import annotations

from collections.abc import Iterable

import zxingcpp
from PIL import Image, ImageDraw, ImageOps

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import Outline, Scene
from configurator.engine.machines import Profile
from configurator.engine.readback.marks import Contour, Mismatch, covered

PIXELS_A_MODULE = 8
LARGEST = 2400
QUIET_MODULES = 4


def codes_in(scene: Scene) -> list[Outline]:
    return [item for item in scene.items if isinstance(item, Outline) and item.kind == "code" and item.text]


def compare_drawn_codes(scene: Scene, profile: Profile, contours: Iterable[Contour]) -> list[Mismatch]:
    """Decode every code from the outlines that a file has around its place."""
    codes = codes_in(scene)
    if not codes:
        return []
    drawn = list(contours)
    return [
        mismatch
        for code in codes
        if (mismatch := unread(code, painted(code, _seen_box(code.box, scene, profile), drawn), profile))
    ]


def unread(code: Outline, picture: Image.Image, profile: Profile) -> Mismatch | None:
    """Why the picture (black on white) of a code does not say what it should; None when it does."""
    shown = ImageOps.mirror(picture) if profile.mirror else picture
    read = [each.text for each in zxingcpp.read_barcodes(shown)]
    if code.text in read:
        return None
    said = f"reads {read[0]!r}" if read else "cannot be read"
    return Mismatch(
        "code", code.element, f"The code {code.element} {said} instead of {code.text!r}.", code.box
    )


def _seen_box(box: Box, scene: Scene, profile: Profile) -> Box:
    if not profile.mirror:
        return box
    return Box(scene.width_um - box.right, box.top, scene.width_um - box.left, box.bottom)


def painted(code: Outline, box: Box, contours: list[Contour]) -> Image.Image:
    """What lies in the box of a code, black on white, with a quiet zone."""
    module = code.module_um or max(1, box.width // 25)
    scale = min(PIXELS_A_MODULE / module, LARGEST / max(box.width, box.height))
    quiet = QUIET_MODULES * module
    near = [
        contour
        for contour in contours
        if all(
            box.left - 100 <= x <= box.right + 100 and box.top - 100 <= y <= box.bottom + 100
            for x, y in contour.points
        )
    ]
    size = (round((box.width + 2 * quiet) * scale), round((box.height + 2 * quiet) * scale))
    picture = Image.new("1", size, 1)
    draw = ImageDraw.Draw(picture)
    polygons = covered(near, even_odd=False)
    # Holes are painted over what they are in: the largest first.
    for points in sorted(polygons, key=lambda each: -_extent(each)):
        ink = 0 if _turns(points) > 0 else 1
        draw.polygon(
            [((x - box.left + quiet) * scale, (y - box.top + quiet) * scale) for x, y in points], ink
        )
    return picture.convert("L")


def _extent(points: list[tuple[int, int]]) -> int:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (max(xs) - min(xs)) * (max(ys) - min(ys))


def _turns(points: list[tuple[int, int]]) -> int:
    """Twice the area; above 0 for outer outlines, as pyclipper orients them."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True))
