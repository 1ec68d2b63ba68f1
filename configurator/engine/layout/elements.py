"""Elements with all their expressions worked out, and their way into a scene.

An element's place, size and colour are plain numbers and words here; `surfaces.py` gets them from a family's
expressions. The order of the elements is the order in which they are drawn.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

from configurator.engine import geometry
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, Path, excess_over_rounded, millimetres, rectangle
from configurator.engine.layout.artwork import drawn, not_cut_off
from configurator.engine.layout.codes import QUIET_MODULES, CodeTooLong, Level, Symbology, modules_of
from configurator.engine.layout.codes import outline_of as code_outline
from configurator.engine.layout.pictures import (
    ImageElement,
    in_its_box,
    moved_inside,
    over_the_edge,
    role_of,
    where_put,
)
from configurator.engine.layout.scene import (
    CONTOUR,
    ROLES,
    AssetInfo,
    Finding,
    Fix,
    Item,
    Outline,
    Placed,
    Scene,
    Stroke,
)
from configurator.engine.layout.text import SetText, TextFrame, place_text, set_text
from configurator.engine.outlines import RECTANGLE, Corners, contour, corners, excess_over
from configurator.engine.placing import Placement, write_placement

Shape = Literal["rect", "rounded", "line", "circle"]
# A box inset by this share of the radius of round corners lies inside them: 1 - sqrt(1/2).
CORNER = 1 - sqrt(0.5)
# The line along which a surface is cut out is a hair: machines follow it.
CONTOUR_UM = 100
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
    bleed_um: int = 0
    outline: str = RECTANGLE

    @property
    def box(self) -> Box:
        return Box(0, 0, self.width_um, self.height_um)

    @property
    def corners(self) -> Corners:
        """Of the outline that it is cut to; none where that is its rectangle."""
        return corners(self.outline, self.width_um, self.height_um)

    @property
    def safe_radius_um(self) -> int:
        """The radius of the corners of what the safe border leaves."""
        return max(self.corner_radius_um - self.safe_um, 0)

    @property
    def printable(self) -> Box:
        """The surface with the bleed around it: beyond it nothing is printed."""
        return self.box.inset(-self.bleed_um)


@dataclass(frozen=True, slots=True)
class TextElement:
    """With a `placement` (of the option `place`) it stands where the shopper has put it."""

    frame: TextFrame
    text: str
    colour: str
    placement: Placement | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class CodeElement:
    """A QR code or DataMatrix as large as goes into its box; `least_module_um` is the smallest module that
    is still made."""

    element: str
    text: str
    symbology: Symbology
    level: Level
    box: Box
    least_module_um: int
    colour: str


@dataclass(frozen=True, slots=True)
class ShapeElement:
    """`stroke_um` 0 fills the shape. A line runs along the middle of its box, the longer way."""

    element: str
    shape: Shape
    box: Box
    stroke_um: int
    radius_um: int
    colour: str


Element = TextElement | ImageElement | CodeElement | ShapeElement


def compose(frame: Frame, elements: Sequence[Element], *, fonts: FontLibrary) -> Scene:
    """Lay the elements out on the surface."""
    items: list[Item] = []
    findings: list[Finding] = []
    for element in elements:
        if isinstance(element, TextElement):
            made, found = _text(frame, element, fonts)
        elif isinstance(element, ImageElement):
            made, found = _image(frame, element)
        elif isinstance(element, CodeElement):
            made, found = _code(frame, element)
        else:
            made, found = _shape(frame, element)
        items += made
        findings += found
    items += _contour(frame)
    return Scene(
        surface=frame.surface,
        process=frame.process,
        width_um=frame.width_um,
        height_um=frame.height_um,
        corner_radius_um=frame.corner_radius_um,
        safe_um=frame.safe_um,
        bleed_um=frame.bleed_um,
        background=frame.background,
        items=tuple(items),
        findings=tuple(findings),
    )


def _contour(frame: Frame) -> list[Item]:
    """The line along which the surface is cut out, where it is no rectangle."""
    if frame.outline == RECTANGLE:
        return []
    path = contour(frame.outline, frame.width_um, frame.height_um)
    return [Stroke(CONTOUR, "cut", "", path, CONTOUR_UM, frame.box)]


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
    if element.placement is None:
        set_ = set_text(element.text, frame=element.frame, fonts=fonts)
    else:
        set_ = place_text(element.text, frame=element.frame, placement=element.placement, fonts=fonts)
    if set_.box is None:
        return [], list(set_.findings)
    findings = [replace(finding, box=set_.box) for finding in set_.findings]
    role, colour = role_and_colour(element.colour, frame.process)
    name = element.frame.element
    findings += _too_small(element, set_)
    if not any(finding.code == "text-too-long" for finding in findings):
        findings += _outside(
            frame,
            set_.path,
            set_.box,
            name,
            frame.safe_um,
            radius_um=frame.safe_radius_um,
            placement=element.placement,
            place=element.place,
        )
    text = unicodedata.normalize("NFC", element.text)
    outline = Outline(
        name, role, colour, set_.path, set_.box, set_.fonts, kind="text", text=text, carets=set_.carets
    )
    return [outline], findings


def _outside(
    frame: Frame,
    path: Path,
    box: Box,
    element: str,
    safe_um: int,
    *,
    radius_um: int = 0,
    placement: Placement | None = None,
    place: str = "",
) -> list[Finding]:
    """Whether the exact outline stays inside the safe border, whose corners are round by `radius_um`."""
    allowed = frame.box.inset(safe_um)
    excess = excess_over_rounded(path, allowed, radius_um)
    if frame.outline != RECTANGLE:
        excess = max(excess, excess_over(path, frame.corners, safe_um))
    if excess == 0:
        return []
    mend = "Move it or make it smaller." if placement else "Make it shorter or smaller."
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
                f" stay free. {mend}"
                if safe_um
                else f"This reaches {millimetres(excess)} mm over the edge. {mend}"
            ),
            box=box,
            repairs=moved_inside(placement, box, allowed.inset(round(radius_um * CORNER)), place),
        )
    ]


def _image(frame: Frame, element: ImageElement) -> tuple[list[Item], list[Finding]]:
    role = role_of(frame.process)
    if element.placement is not None:
        item = where_put(element, element.placement, role=role)
        item, found = over_the_edge(item, element, surface=frame.box, printable=frame.printable)
        return _filled(element, item, found)
    if element.box.width <= 0 or element.box.height <= 0:
        raise LayoutError(f"The box of the picture {element.element!r} is empty.")
    if element.asset.kind == "vector":
        element = replace(element, fit="contain")  # outlines are not cut off by a box: all of it is shown
    added: list[Finding] = []
    if element.fit == "cover":
        box, added = _bled(frame, element.box, element.element)
        element = replace(element, box=box)
    item = in_its_box(element, role=role)
    return _filled(element, item, [*added, *_edge(frame, item.box, element.element)])


def _bled(frame: Frame, box: Box, element: str) -> tuple[Box, list[Finding]]:
    """A filled box that ends at the trimmed edge, made to run over it, or a white line may be left there."""
    grown = Box(
        -frame.bleed_um if -frame.bleed_um < box.left <= 0 else box.left,
        -frame.bleed_um if -frame.bleed_um < box.top <= 0 else box.top,
        frame.printable.right if frame.width_um <= box.right < frame.printable.right else box.right,
        frame.printable.bottom if frame.height_um <= box.bottom < frame.printable.bottom else box.bottom,
    )
    if grown == box:
        return box, []
    fixed = Finding(
        code="bleed-added",
        severity="fixed",
        element=element,
        measured=frame.bleed_um / 1000,
        limit=frame.bleed_um / 1000,
        unit="mm",
        message=f"This was made to run {millimetres(frame.bleed_um)} mm over the edge that is trimmed.",
        box=grown,
    )
    return grown, [fixed]


def _filled(
    element: ImageElement, item: Placed, findings: Sequence[Finding]
) -> tuple[list[Item], list[Finding]]:
    """The picture there, or the outlines of a drawing."""
    if element.asset.kind == "vector":
        items, told = drawn(element.asset, item)
        return items, [*told, *(not_cut_off(finding) for finding in findings)]
    return [item], list(findings)


def _too_small(element: TextElement, set_: SetText) -> list[Finding]:
    """A text that was placed so small that its letters are below the least height."""
    frame, placement = element.frame, element.placement
    if placement is None or set_.size_um >= min(frame.min_size_um, frame.size_um):
        return []
    least = min(frame.min_size_um, frame.size_um)
    width = -(-placement.width_um * least // max(set_.size_um, 1) // 100) * 100 + 100
    wider = write_placement(replace(placement, width_um=width))
    return [
        Finding(
            code="text-too-small",
            severity="refuse",
            element=frame.element,
            measured=set_.size_um / 1000,
            limit=least / 1000,
            unit="mm",
            message=(
                f"At this width the letters are {millimetres(set_.size_um)} mm high; below"
                f" {millimetres(least)} mm they cannot be made. Make the text wider, or shorten it."
            ),
            box=set_.box,
            repairs=(Fix(f"Make it {millimetres(width)} mm wide", {element.place: wider}),),
        )
    ]


def _code(frame: Frame, element: CodeElement) -> tuple[list[Item], list[Finding]]:
    """A code in the middle of its box, with its quiet zone inside it."""
    role, colour = role_and_colour(element.colour, frame.process)
    name = element.element
    try:
        matrix = modules_of(element.text, symbology=element.symbology, level=element.level)
    except CodeTooLong as error:
        told = f"{error} Shorten the text of the code."
        return [], [_code_refused("code-too-long", name, told, element.box)]
    quiet = 2 * QUIET_MODULES[element.symbology]
    columns, rows = len(matrix[0]) + quiet, len(matrix) + quiet
    module = min(element.box.width // columns, element.box.height // rows)
    findings: list[Finding] = []
    if module < max(element.least_module_um, 1):
        told = (
            f"The squares of this code would be {millimetres(module)} mm wide; below"
            f" {millimetres(element.least_module_um)} mm no telephone reads them. Shorten the text of the"
            " code, or choose a bigger size of the product."
        )
        refused = _code_refused("code-too-small", name, told, element.box)
        findings.append(
            replace(refused, measured=module / 1000, limit=element.least_module_um / 1000, unit="mm")
        )
        module = max(module, 1)
    left = (element.box.left + element.box.right - len(matrix[0]) * module) // 2
    top = (element.box.top + element.box.bottom - len(matrix) * module) // 2
    path = code_outline(matrix, module_um=module, left_um=left, top_um=top)
    box = Box(left, top, left + len(matrix[0]) * module, top + len(matrix) * module)
    findings += _outside(frame, path, box, name, frame.safe_um, radius_um=frame.safe_radius_um)
    outline = Outline(name, role, colour, path, box, kind="code", text=element.text, module_um=module)
    return [outline], findings


def _code_refused(code: str, element: str, message: str, box: Box) -> Finding:
    return Finding(
        code=code,
        severity="refuse",
        element=element,
        measured=None,
        limit=None,
        unit="",
        message=message,
        box=box,
    )


def _shape(frame: Frame, element: ShapeElement) -> tuple[list[Item], list[Finding]]:
    role, colour = role_and_colour(element.colour, frame.process)
    box, added = element.box, list[Finding]()
    filled_in = element.stroke_um <= 0 and element.shape != "line"
    if filled_in and element.shape == "rect" and role in ("print", "white"):
        box, added = _bled(frame, box, element.element)
    path = shape_path(element.shape, box, element.radius_um)
    if filled_in:
        filled = geometry.bounds(path) or box
        return [Outline(element.element, role, colour, path, filled)], [
            *added,
            *_edge(frame, filled, element.element),
        ]
    half = -(-element.stroke_um // 2)
    along = geometry.bounds(path) or element.box
    if frame.outline != RECTANGLE and excess_over(path, frame.corners, half) > 0:
        stroke = Stroke(element.element, role, colour, path, max(element.stroke_um, 1), along.inset(-half))
        return [stroke], _outside(frame, path, along, element.element, half)
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
    return [stroke], _edge(frame, inked, element.element)


def _edge(frame: Frame, box: Box, element: str) -> list[Finding]:
    """Pictures and shapes may fill the surface up to its edge, and its bleed."""
    over = frame.printable.excess_of(box) > 0
    return _outside(frame, rectangle(box), box, element, 0) if over else []


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
