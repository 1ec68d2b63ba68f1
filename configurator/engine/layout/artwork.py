"""A shopper's drawing (an SVG that became outlines) as items of a scene, in place of a placed picture."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from configurator.engine import geometry
from configurator.engine.drawing import Drawing, is_light, read_drawing, vector_items
from configurator.engine.layout.scene import AssetInfo, Finding, Item, Outline, Placed, Stroke


def drawn(asset: AssetInfo, place: Placed) -> tuple[list[Item], list[Finding]]:
    """The drawing laid where a picture of its proportions would be placed, and turned as that would be.

    Printed in its own colours; engraved where it is dark. Its lines and shapes are as sharp as the machine.
    Of a crop, shapes that are wholly outside are left out; the others are not cut through.
    """
    items: list[Item] = []
    light = False
    drawing = outlines_of(asset)
    for shape in vector_items(drawing, place.box, place.crop, rotation_mdeg=place.rotation_mdeg):
        along = geometry.bounds(shape.path)
        if along is None:
            continue
        colour = "" if place.role == "engrave" else shape.colour
        if place.role == "engrave" and is_light(shape.colour):
            light = True
        elif shape.line:
            inked = along.inset(-shape.line // 2)
            items.append(Stroke(place.element, place.role, colour, shape.path, shape.line, inked))
        else:
            items.append(Outline(place.element, place.role, colour, shape.path, along))
    return items, [_light_parts(place.element)] if light else []


def not_cut_off(finding: Finding) -> Finding:
    """Where a picture would be cut off at the edge, outlines go on: a machine would leave the workpiece."""
    if finding.code != "over-the-edge":
        return finding
    reach = f"{finding.measured:g}" if finding.measured is not None else ""
    message = f"This drawing reaches {reach} mm over the edge. Move it inside, or make it smaller."
    return replace(finding, severity="refuse", message=message)


def _light_parts(element: str) -> Finding:
    return Finding(
        code="light-parts",
        severity="warn",
        element=element,
        measured=None,
        limit=None,
        unit="",
        message=(
            "Light parts of the drawing are not engraved, nor do they cover dark ones beneath them. Where"
            " they should, cut them out of the dark shapes in your drawing program and upload it again."
        ),
    )


@lru_cache(maxsize=8)
def outlines_of(asset: AssetInfo) -> Drawing:
    """The drawing that an upload became."""
    return read_drawing(asset.read())
