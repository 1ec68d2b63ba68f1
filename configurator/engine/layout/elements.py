"""Elements with all their expressions worked out, and their way into a scene.

An element's place, size and colour are plain numbers and words here; `surfaces.py` gets them from a family's
expressions. The order of the elements is the order in which they are drawn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from configurator.engine import geometry
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, Path, millimetres
from configurator.engine.layout.scene import ROLES, AssetInfo, Finding, Item, Outline, Placed, Scene, Stroke
from configurator.engine.layout.text import TextFrame, set_text

MICROMETRES_PER_INCH = 25_400
# Below this a picture is seen to be coarse at arm's length; below half of it, it is not made.
GOOD_DPI = 150

Fit = Literal["contain", "cover"]
Shape = Literal["rect", "rounded", "line", "circle"]
_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")


class LayoutError(ValueError):
    """A family describes an element that cannot be laid out: its author has to mend it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The surface itself: its size, the border kept free, and what it is made with."""

    surface: str
    process: str
    width_um: int
    height_um: int
    safe_um: int = 0
    corner_radius_um: int = 0
    background: str = "#ffffff"

    @property
    def box(self) -> Box:
        return Box(0, 0, self.width_um, self.height_um)


@dataclass(frozen=True, slots=True)
class TextElement:
    frame: TextFrame
    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class ImageElement:
    """`min_dpi`: the least resolution at the printed size that is still made."""

    element: str
    asset: AssetInfo
    box: Box
    fit: Fit
    min_dpi: int = GOOD_DPI // 2


@dataclass(frozen=True, slots=True)
class ShapeElement:
    """`stroke_um` 0 fills the shape. A line runs along the middle of its box, the longer way."""

    element: str
    shape: Shape
    box: Box
    stroke_um: int
    radius_um: int
    colour: str


Element = TextElement | ImageElement | ShapeElement


def compose(frame: Frame, elements: Sequence[Element], *, fonts: FontLibrary) -> Scene:
    """Lay the elements out on the surface."""
    items: list[Item] = []
    findings: list[Finding] = []
    for element in elements:
        if isinstance(element, TextElement):
            made, found = _text(frame, element, fonts)
        elif isinstance(element, ImageElement):
            made, found = _image(frame, element)
        else:
            made, found = _shape(frame, element)
        items += made
        findings += found
    return Scene(
        surface=frame.surface,
        process=frame.process,
        width_um=frame.width_um,
        height_um=frame.height_um,
        corner_radius_um=frame.corner_radius_um,
        safe_um=frame.safe_um,
        background=frame.background,
        items=tuple(items),
        findings=tuple(findings),
    )


def role_and_colour(colour: str, process: str) -> tuple[str, str]:
    """What a machine does with a colour word: a role, or the role print with `#rrggbb`."""
    if process == "engrave" and colour not in ROLES:
        return "engrave", ""
    if colour in ROLES and colour != "print":
        return colour, ""
    if not _HEX.match(colour):
        raise LayoutError(f"{colour!r} is no colour: write #rrggbb or one of {', '.join(ROLES[1:])}.")
    return "print", colour.lower()


def _text(frame: Frame, element: TextElement, fonts: FontLibrary) -> tuple[list[Item], list[Finding]]:
    set_ = set_text(element.text, frame=element.frame, fonts=fonts)
    findings = list(set_.findings)
    if set_.box is None:
        return [], findings
    role, colour = role_and_colour(element.colour, frame.process)
    name = element.frame.element
    if not any(finding.code == "text-too-long" for finding in findings):
        findings += _outside(frame.box.inset(frame.safe_um), set_.box, name, frame.safe_um)
    outline = Outline(name, role, colour, set_.path, set_.box, set_.fonts, kind="text", text=element.text)
    return [outline], findings


def _outside(allowed: Box, box: Box, element: str, safe_um: int) -> list[Finding]:
    excess = allowed.excess_of(box)
    if excess == 0:
        return []
    return [
        Finding(
            code="outside-safe-zone",
            severity="refuse",
            element=element,
            measured=(safe_um - excess) / 1000,
            limit=safe_um / 1000,
            unit="mm",
            message=(
                f"This reaches {millimetres(excess)} mm into the {millimetres(safe_um)} mm border that has to"
                " stay free. Make it shorter or smaller."
                if safe_um
                else f"This reaches {millimetres(excess)} mm over the edge. Make it shorter or smaller."
            ),
        )
    ]


def _image(frame: Frame, element: ImageElement) -> tuple[list[Item], list[Finding]]:
    asset, box = element.asset, element.box
    if box.width <= 0 or box.height <= 0:
        raise LayoutError(f"The box of the picture {element.element!r} is empty.")
    crop = Box(0, 0, asset.width, asset.height)
    if element.fit == "cover":
        crop = _covering_crop(asset, box)
    else:
        box = _containing_box(asset, box)
    dpi = min(
        crop.width * MICROMETRES_PER_INCH / box.width,
        crop.height * MICROMETRES_PER_INCH / box.height,
    )
    placed = Placed(
        element.element,
        "engrave" if frame.process == "engrave" else "print",
        asset.sha256,
        box,
        crop,
        asset.width,
        asset.height,
    )
    return [placed], [*_coarse(element, dpi, box), *_outside(frame.box, box, element.element, 0)]


def _covering_crop(asset: AssetInfo, box: Box) -> Box:
    """The middle part of the picture that has the shape of the box, at least one pixel each way."""
    width = min(asset.width, max(1, round(asset.height * box.width / box.height)))
    height = min(asset.height, max(1, round(asset.width * box.height / box.width)))
    left, top = (asset.width - width) // 2, (asset.height - height) // 2
    return Box(left, top, left + width, top + height)


def _containing_box(asset: AssetInfo, box: Box) -> Box:
    width = min(box.width, round(box.height * asset.width / asset.height))
    height = min(box.height, round(box.width * asset.height / asset.width))
    left, top = box.left + (box.width - width) // 2, box.top + (box.height - height) // 2
    return Box(left, top, left + width, top + height)


def _coarse(element: ImageElement, dpi: float, box: Box) -> list[Finding]:
    good = max(GOOD_DPI, element.min_dpi)
    if dpi >= good:
        return []
    refused = dpi < element.min_dpi
    longer = max(element.asset.width, element.asset.height)
    needed = round(longer * good / dpi)
    return [
        Finding(
            code="dpi-too-low",
            severity="refuse" if refused else "warn",
            element=element.element,
            measured=round(dpi, 1),
            limit=element.min_dpi if refused else good,
            unit="dpi",
            message=(
                f"At {millimetres(box.width)} × {millimetres(box.height)} mm this picture has"
                f" {dpi:.0f} dots an"
                f" inch; {element.min_dpi if refused else good} are needed. Upload one of about"
                f" {needed} pixels on"
                " its longer side."
            ),
        )
    ]


def _shape(frame: Frame, element: ShapeElement) -> tuple[list[Item], list[Finding]]:
    role, colour = role_and_colour(element.colour, frame.process)
    path = shape_path(element.shape, element.box, element.radius_um)
    if element.stroke_um <= 0 and element.shape != "line":
        filled = geometry.bounds(path) or element.box
        return [Outline(element.element, role, colour, path, filled)], _outside(
            frame.box, filled, element.element, 0
        )
    half = -(-element.stroke_um // 2)
    along = geometry.bounds(path) or element.box
    inked = along.inset(-half)
    if element.shape == "line":
        flat = along.height == 0
        inked = Box(
            along.left - (0 if flat else half),
            along.top - (half if flat else 0),
            along.right + (0 if flat else half),
            along.bottom + (half if flat else 0),
        )
    stroke = Stroke(element.element, role, colour, path, max(element.stroke_um, 1), inked)
    return [stroke], _outside(frame.box, inked, element.element, 0)


def shape_path(shape: Shape, box: Box, radius_um: int) -> Path:
    if shape == "rect":
        return geometry.rectangle(box)
    if shape == "rounded":
        return geometry.rounded_rectangle(box, radius_um)
    if shape == "circle":
        side = min(box.width, box.height)
        left, top = box.left + (box.width - side) // 2, box.top + (box.height - side) // 2
        return geometry.ellipse(Box(left, top, left + side, top + side))
    if shape == "line":
        if box.width >= box.height:
            middle = (box.top + box.bottom) // 2
            return geometry.line((box.left, middle), (box.right, middle))
        centre = (box.left + box.right) // 2
        return geometry.line((centre, box.top), (centre, box.bottom))
    raise LayoutError(f"There is no shape {shape!r}: rect, rounded, line and circle can be drawn.")


def asset_of(sha256: str, assets: Mapping[str, AssetInfo], *, element: str) -> AssetInfo:
    if sha256 not in assets:
        raise LayoutError(f"The picture {sha256[:12]} of {element!r} was not given to the layout.")
    return assets[sha256]
