"""SVG and DXF against the scene: layer by layer, areas by what they cover, ways by where they run."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

import numpy as np
from PIL import Image, ImageOps

from configurator.engine.layout.scene import AssetInfo, Outline, Placed, Scene, Stroke
from configurator.engine.machines import Layer, Profile
from configurator.engine.readback.laser_files import ReadLaser
from configurator.engine.readback.marks import (
    TOLERANCE_UM,
    Contour,
    Mark,
    Mismatch,
    Shown,
    apart,
    as_box,
    box_of,
    closed,
    contours_of,
    covered,
    differences,
    drawn_along,
    length,
    widened,
)
from configurator.engine.readback.pictures import picture_differs, pixels_differ
from configurator.engine.readback.wanted import WAYS, corners_of, element_at, onto

# A length may be off by this much of itself: corners are cut, curves become chords.
LENGTH_SHARE = 0.01


def compare_laser(
    scene: Scene, read: ReadLaser, profile: Profile, assets: Mapping[str, AssetInfo], *, filled: bool
) -> list[Mismatch]:
    """`filled`: the file tells areas from ways (SVG); in DXF all are outlines."""
    found: list[Mismatch] = []
    size = scene.width_um, scene.height_um
    if max(abs(read.size[at] - size[at]) for at in (0, 1)) > TOLERANCE_UM:
        said = " x ".join(f"{side / 1000:.2f}" for side in read.size)
        found.append(
            Mismatch("size", "", f"The file is {said} mm, not {size[0] / 1000:g} x {size[1] / 1000:g} mm.")
        )
    known = {layer.name: (role, layer) for role, layer in profile.layers.items()}
    for name in sorted({name for name, _ in read.marks} - set(known)):
        found.append(
            Mismatch("layer", "", f"The file has a layer {name or 'without a name'} that the machine lacks.")
        )
    for role, layer in profile.layers.items():
        marks = [mark for name, mark in read.marks if name == layer.name]
        found += _layer(scene, profile, role, layer, marks, read.layers.get(layer.name, ""), filled=filled)
    if filled:
        found += _pictures(scene, read.pictures, profile, assets)
    return found


def _layer(
    scene: Scene,
    profile: Profile,
    role: str,
    layer: Layer,
    marks: list[Mark],
    colour: str,
    *,
    filled: bool,
) -> list[Mismatch]:
    items = [item for item in scene.items if item.role == role and not isinstance(item, Placed)]
    vectors = [item for item in items if isinstance(item, Outline | Stroke)]
    if not vectors and not marks:
        return []
    if not marks:
        name = ", ".join(sorted({item.element for item in vectors}))
        return [Mismatch("missing", name, f"The layer {layer.name} is empty: {name} is missing.")]
    found = []
    wrong = sorted({mark.ink for mark in marks} | {colour} - {layer.colour})
    wrong = [each for each in wrong if each != layer.colour]
    if wrong:
        found.append(
            Mismatch(
                "colour",
                "",
                f"The layer {layer.name} is {', '.join(wrong) or 'without colour'}, not {layer.colour}.",
            )
        )
    if filled:
        other = [mark for mark in marks if mark.kind != layer.mode]
        if other:
            found.append(Mismatch("mode", "", f"The layer {layer.name} is not to {layer.mode} in the file."))
    contours = [contour for mark in marks for contour in mark.contours]
    if layer.mode == "fill":
        found += _areas(scene, profile, layer, vectors, contours)
    else:
        found += _ways(scene, profile, role, layer, vectors, contours)
    return found


def _area(item: Outline | Stroke, scene: Scene, profile: Profile) -> tuple[Contour, ...]:
    contours = contours_of(item.path, onto(scene, profile))
    if isinstance(item, Stroke):
        return closed(drawn_along(contours, item.width_um))
    return closed(covered(contours, even_odd=False))


def _areas(
    scene: Scene,
    profile: Profile,
    layer: Layer,
    items: Iterable[Outline | Stroke],
    contours: list[Contour],
) -> list[Mismatch]:
    found = []
    if any(not contour.closed for contour in contours):
        found.append(Mismatch("open", "", f"An area of the layer {layer.name} is not closed."))
    wanted = covered((c for item in items for c in _area(item, scene, profile)), even_odd=False)
    # Programs for lasers fill by the rule even-odd, whatever a file says.
    return found + _told(scene, profile, differences(wanted, covered(contours, even_odd=True)), layer.name)


def _told(scene: Scene, profile: Profile, boxes: Iterable[object], layer: str) -> list[Mismatch]:
    """The differences of a layer, one an element."""
    told: dict[str, Mismatch] = {}
    for box in boxes:
        element = element_at(scene, profile, tuple(box.as_json()))  # type: ignore[attr-defined]
        text = f"{element or 'Something'} is not as approved in the layer {layer}."
        told.setdefault(element, Mismatch("shape", element, text, box))  # type: ignore[arg-type]
    return list(told.values())


def _ways(
    scene: Scene,
    profile: Profile,
    role: str,
    layer: Layer,
    items: Iterable[Outline | Stroke],
    contours: list[Contour],
) -> list[Mismatch]:
    kerf = profile.kerf_um if role == "cut" else 0
    around: list[Contour] = []
    along: list[Contour] = []
    for item in items:
        if isinstance(item, Stroke) and role in WAYS:
            ways = contours_of(item.path, onto(scene, profile))
            along += [way for way in ways if not way.closed]
            parts = tuple(way for way in ways if way.closed)
            around += _grown(parts, kerf) if kerf else parts
        else:
            area = _area(item, scene, profile)
            around += _grown(area, kerf) if kerf else area
    closed_ones = [contour for contour in contours if contour.closed]
    open_ones = [contour for contour in contours if not contour.closed]
    found = _twice(contours, layer)
    boxes = differences(covered(around, even_odd=True), covered(closed_ones, even_odd=True))
    found += _told(scene, profile, boxes, layer.name)
    if len(open_ones) != len(along):
        text = f"The layer {layer.name} has {len(open_ones)} open lines instead of {len(along)}."
        found.append(Mismatch("open", "", text))
    else:
        found += [
            Mismatch(
                "moved", "", f"An open line of the layer {layer.name} runs elsewhere.", as_box(box_of([way]))
            )
            for way in along
            if min(apart(way, other) for other in open_ones) > TOLERANCE_UM
        ]
    wanted, drawn = length([*around, *along]), length(contours)
    if abs(wanted - drawn) > max(LENGTH_SHARE * wanted, 100.0) and not found:
        text = f"The layer {layer.name} runs over {drawn / 1000:.1f} mm instead of {wanted / 1000:.1f} mm."
        found.append(Mismatch("length", "", text))
    return found


def _grown(contours: Iterable[Contour], kerf: int) -> tuple[Contour, ...]:
    return closed(widened(covered(contours, even_odd=False), kerf / 2))


def _twice(contours: list[Contour], layer: Layer) -> list[Mismatch]:
    """Lines over which the tool would go twice."""
    found = []
    boxes = np.array([box_of([contour]) for contour in contours])
    for at in range(1, len(contours)):
        near = np.flatnonzero(np.abs(boxes[:at] - boxes[at]).max(axis=1) <= TOLERANCE_UM)
        if any(apart(contours[at], contours[other]) <= TOLERANCE_UM for other in near):
            text = f"A line of the layer {layer.name} is in the file twice."
            found.append(Mismatch("twice", "", text, as_box(box_of([contours[at]]))))
    return found


def _pictures(
    scene: Scene, read: tuple[Shown, ...], profile: Profile, assets: Mapping[str, AssetInfo]
) -> list[Mismatch]:
    wanted = [item for item in scene.items if isinstance(item, Placed)]
    if len(wanted) != len(read):
        return [Mismatch("pictures", "", f"The file has {len(read)} pictures instead of {len(wanted)}.")]
    found = []
    for item, seen in zip(wanted, read, strict=True):
        grey = _burnt(item, profile, assets)
        corners = corners_of(item, onto(scene, profile))
        if profile.mirror:  # the pixels are seen from behind already, so the box is upright
            corners = (corners[1], corners[0], corners[3], corners[2])
        mask = contours_of(item.outline, onto(scene, profile)) if item.outline else ()
        expected = Shown(corners, grey, mask=mask, element=item.element)
        reason = picture_differs(expected, seen) or pixels_differ(grey, seen.pixels)
        if reason:
            found.append(Mismatch("picture", item.element, f"The picture {item.element} {reason}.", item.box))
    return found


def _burnt(item: Placed, profile: Profile, assets: Mapping[str, AssetInfo]) -> Image.Image:
    """Grey on white, as the laser burns it."""
    if item.sha256 not in assets:
        raise LookupError(f"The picture {item.sha256[:12]} was not given.")
    with Image.open(io.BytesIO(assets[item.sha256].read()), formats=("PNG",)) as opened:
        crop = opened.convert("RGBA").crop((item.crop.left, item.crop.top, item.crop.right, item.crop.bottom))
    white = Image.new("L", crop.size, 255)
    white.paste(crop.convert("L"), mask=crop.getchannel("A"))
    return (ImageOps.mirror(white) if profile.mirror else white).convert("RGBA")
