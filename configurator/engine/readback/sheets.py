"""Whole sheets, read back: is every part where the plan has it, once, and the very file that was checked?

What is told of a sheet (`Sheet`, the codes beside its parts) is compared with its PDF, SVG or DXF; pixels are
in `sheet_pixels`. Positions and sizes agree within 0.02 mm.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pikepdf
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import Outline
from configurator.engine.machines import Profile
from configurator.engine.readback.codes import painted, unread
from configurator.engine.readback.laser_files import SVG, read_dxf, read_shapes
from configurator.engine.readback.marks import (
    TOLERANCE_UM,
    UNCHANGED,
    Contour,
    Mark,
    Matrix,
    Mismatch,
    Unreadable,
    box_of,
    joined,
    through,
)
from configurator.engine.readback.pdf import UM_A_POINT, read_form
from configurator.engine.readback.sheet_pixels import compare_pixels
from configurator.engine.sheet import Part, Sheet


@dataclass(frozen=True)
class Wanted:
    """What has to be on a sheet: `files` are those that were read back, by artwork and format; `codes` the
    ones beside parts, where they were placed. `room` is everything that marks may take up."""

    sheet: Sheet
    profile: Profile
    files: Mapping[str, Mapping[str, Path]]
    codes: tuple[Outline, ...]
    room: tuple[Box, ...] = ()

    @property
    def placed(self) -> list[Part]:
        return [part for part in self.sheet.parts if part.artwork]

    @property
    def cut(self) -> list[Part]:
        """The parts that are cut along an outline of the sheet's."""
        follows = "cut" in self.profile.spots or "cut" in self.profile.layers
        return [part for part in self.sheet.parts if follows and not part.own_contour]


def compare_sheet(wanted: Wanted, path: Path, format: str) -> tuple[Mismatch, ...]:
    """Everything that is not as it should be; a file that cannot be read is one mismatch."""
    try:
        if format == "pdf":
            found = _compare_pdf(wanted, path)
        elif format == "svg":
            found = _compare_svg(wanted, path.read_bytes())
        elif format == "dxf":
            found = _compare_dxf(wanted, path.read_bytes())
        else:
            found = compare_pixels(
                wanted.sheet,
                wanted.profile,
                {artwork: files["png"] for artwork, files in wanted.files.items()},
                wanted.codes,
                wanted.room,
                path,
            )
    except Unreadable as fault:
        found = [Mismatch("unreadable", "", f"The sheet's {format.upper()} is not right: {fault}.")]
    return tuple(found)


# --- what all have in common -------------------------------------------------------------------------------


def _size(sheet: Sheet, seen: Sequence[float]) -> list[Mismatch]:
    if max(abs(seen[0] - sheet.width_um), abs(seen[1] - sheet.height_um)) <= TOLERANCE_UM:
        return []
    said = " x ".join(f"{side / 1000:.2f}" for side in seen[:2])
    wanted = f"{sheet.width_um / 1000:g} x {sheet.height_um / 1000:g}"
    return [Mismatch("size", "", f"The sheet is {said} mm instead of {wanted} mm.")]


def _count(wanted: int, seen: int) -> list[Mismatch]:
    if wanted == seen:
        return []
    return [Mismatch("count", "", f"There are {seen} parts with artwork on the sheet instead of {wanted}.")]


def _onto(part: Part) -> Matrix:
    """From a part's own file, µm from its upper left corner, to the sheet."""
    if part.rotated:  # clockwise: what was its left edge is its top now
        return 0.0, 1.0, -1.0, 0.0, float(part.box.right), float(part.box.top)
    return 1.0, 0.0, 0.0, 1.0, float(part.box.left), float(part.box.top)


def _apart(one: Matrix, other: Matrix, size: Sequence[float]) -> float:
    """How far a corner of something of this size lies apart after the two."""
    corners = [(x, y) for x in (0.0, size[0]) for y in (0.0, size[1])]
    moved = [(through(one, corner), through(other, corner)) for corner in corners]
    return max(max(abs(a[0] - b[0]), abs(a[1] - b[1])) for a, b in moved)


def _moved(part: Part, by_um: float) -> Mismatch:
    return Mismatch("moved", part.name, f"{part.name} lies {by_um / 1000:.2f} mm elsewhere.", part.box)


def _other(part: Part) -> Mismatch:
    text = f"What stands in the place of {part.name} is not the file that was read back."
    return Mismatch("shape", part.name, text, part.box)


def _cuts(wanted: Wanted, contours: Iterable[Contour]) -> list[Mismatch]:
    """The lines around parts, each once and half a kerf outside."""
    seen = [edges for contour in contours if contour.closed and (edges := box_of([contour]))]
    out = wanted.profile.kerf_um / 2
    found = []
    for part in wanted.cut:
        box = part.box
        around = (box.left - out, box.top - out, box.right + out, box.bottom + out)
        near = [each for each in seen if max(map(_gap, each, around)) <= TOLERANCE_UM]
        if len(near) != 1:
            text = f"{part.name} is cut out {len(near)} times instead of once, half a kerf outside of it."
            found.append(Mismatch("contour", part.name, text, box))
    if len(seen) != len(wanted.cut) and not found:
        text = f"There are {len(seen)} lines to cut parts apart instead of {len(wanted.cut)}."
        found.append(Mismatch("contour", "", text))
    return found


def _gap(one: float, other: float) -> float:
    return abs(one - other)


def _codes(wanted: Wanted, contours: list[Contour]) -> list[Mismatch]:
    upright = replace(wanted.profile, mirror=False)  # marks are read on the sheet, not in a mirror
    return [
        mismatch
        for code in wanted.codes
        if (mismatch := unread(code, painted(code, code.box, contours), upright))
    ]


# --- PDF ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Use:
    """A form on the page: where its own points lie on the sheet (µm), what of the sheet it may cover."""

    form: Any
    matrix: Matrix
    clip: tuple[tuple[float, float, float, float], ...]


def _compare_pdf(wanted: Wanted, path: Path) -> list[Mismatch]:
    try:
        with pikepdf.open(path, attempt_recovery=False, suppress_warnings=True) as document:
            return _compare_page(wanted, document)
    except (pikepdf.PdfError, ValueError, KeyError, AttributeError, TypeError, IndexError) as fault:
        raise Unreadable(f"it cannot be read ({str(fault).splitlines()[0][:120]})") from fault


def _compare_page(wanted: Wanted, document: pikepdf.Pdf) -> list[Mismatch]:
    if len(document.pages) != 1:
        raise Unreadable(f"it has {len(document.pages)} pages instead of one")
    page = document.pages[0].obj
    found: list[Mismatch] = []
    for key in ("/MediaBox", "/TrimBox", "/BleedBox"):
        left, bottom, right, top = (float(edge) * UM_A_POINT for edge in page[key])
        found += _size(wanted.sheet, (right - left, top - bottom))
    if str(document.Root.OutputIntents[0].S) != "/GTS_PDFX":
        found.append(Mismatch("intent", "", "The sheet does not say for which kind of print it is."))
    uses = _uses(document.pages[0], wanted.sheet)
    marked = bool(wanted.cut or wanted.room)
    drawn = uses[:-1] if marked else uses
    found += _count(len(wanted.placed), len(drawn))
    checked: dict[str, tuple[Any, ...]] = {}
    seen: dict[tuple[int, int], tuple[Any, ...]] = {}
    for part, use in zip(wanted.placed, drawn, strict=False):
        if part.artwork not in checked:
            checked[part.artwork] = _line_pdf(wanted.files[part.artwork]["pdf"])
        if use.form.objgen not in seen:
            seen[use.form.objgen] = _streams(use.form, use.form.Resources)
        box, streams = checked[part.artwork]
        if seen[use.form.objgen] != streams or [float(edge) for edge in use.form.BBox] != box:
            found.append(_other(part))
        found += _stands(part, use, box)
    found += _overlapping(wanted, drawn)
    spots = {name for use in uses for name in _spots(use.form)}
    for name in sorted(spots - set(wanted.profile.spots.values())):
        found.append(Mismatch("plate", "", f"The sheet has a plate that the machine lacks: {name}."))
    return found + (_furniture(wanted, uses[-1]) if marked and uses else [])


def _uses(page: pikepdf.Page, sheet: Sheet) -> list[_Use]:
    """Every form that the page draws; anything else on it is refused."""
    flip: Matrix = (UM_A_POINT, 0.0, 0.0, -UM_A_POINT, 0.0, float(sheet.height_um))
    found, kept, matrix = list[_Use](), list[Any](), flip
    clip: tuple[tuple[float, float, float, float], ...] = ()
    boxes: list[tuple[float, float, float, float]] = []
    for instruction in pikepdf.parse_content_stream(page):
        name = str(instruction.operator)
        values: list[Any] = list(instruction.operands)
        if name == "q":
            kept.append((matrix, clip))
        elif name == "Q":
            matrix, clip = kept.pop()
        elif name == "cm":
            matrix = joined(tuple(float(value) for value in values), matrix)  # type: ignore[arg-type]
        elif name == "re":
            x, y, width, height = (float(value) for value in values)
            (left, top), (right, bottom) = through(matrix, (x, y + height)), through(matrix, (x + width, y))
            boxes.append((left, top, right, bottom))
        elif name == "n":
            clip, boxes = tuple(boxes), []
        elif name == "Do":
            found.append(_Use(page.obj.Resources.XObject[str(values[0])], matrix, clip))
        elif name != "W":
            raise Unreadable(f"its page has the operator {name}, which ours do not use")
    return found


def _line_pdf(path: Path) -> tuple[Any, ...]:
    """The size of a line's own page, and the digests of its streams."""
    with pikepdf.open(path) as document:
        page = document.pages[0].obj
        box = [float(edge) for edge in page.MediaBox]
        return box, (_digest(page.Contents), *_images(page.Resources))


def _streams(form: Any, resources: Any) -> tuple[Any, ...]:
    return (_digest(form), *_images(resources))


def _images(resources: Any) -> tuple[Any, ...]:
    images = resources.get("/XObject", {})
    return tuple(
        (name, _digest(images[name]), _digest(images[name].SMask) if "/SMask" in images[name] else "")
        for name in sorted(images.keys())
    )


def _digest(stream: Any) -> str:
    return hashlib.sha256(stream.read_raw_bytes()).hexdigest()


def _stands(part: Part, use: _Use, box: list[float]) -> list[Mismatch]:
    """The trimmed area of a form is the part; what is clipped away is none of it."""
    bleed, size = part.bleed_um / UM_A_POINT, (box[2] - box[0], box[3] - box[1])
    upright: Matrix = (1 / UM_A_POINT, 0.0, 0.0, -1 / UM_A_POINT, bleed, size[1] - bleed)
    own = ((size[0] - 2 * bleed) * UM_A_POINT, (size[1] - 2 * bleed) * UM_A_POINT)
    off = _apart(joined(upright, use.matrix), _onto(part), own)
    found = [_moved(part, off)] if off > TOLERANCE_UM else []
    if use.clip:
        inside = sum(_shared(clip, part.box) for clip in use.clip)
        if inside < part.box.width * part.box.height * 0.9999:
            found.append(Mismatch("clipped", part.name, f"{part.name} is cut off on the sheet.", part.box))
    return found


def _shared(one: tuple[float, float, float, float], box: Box) -> float:
    """The area that both cover, in µm²."""
    across = min(one[2], box.right) - max(one[0], box.left)
    down = min(one[3], box.bottom) - max(one[1], box.top)
    return max(across, 0.0) * max(down, 0.0)


def _overlapping(wanted: Wanted, uses: Sequence[_Use]) -> list[Mismatch]:
    """Artwork that may lie on another part."""
    found = []
    for part, use in zip(wanted.placed, uses, strict=False):
        over = part.bleed_box
        areas = use.clip or ((over.left, over.top, over.right, over.bottom),)
        for other in wanted.sheet.parts:
            inner = other.box.inset(round(TOLERANCE_UM))
            if other is not part and any(_shared(area, inner) > 0 for area in areas):
                text = f"The artwork of {part.name} lies on {other.name}."
                found.append(Mismatch("overlap", part.name, text, other.box))
    return found


def _spots(form: Any) -> list[str]:
    spaces = form.get("/Resources", {}).get("/ColorSpace", {})
    return [str(space[1])[1:] for space in spaces.values() if str(space[0]) == "/Separation"]


def _furniture(wanted: Wanted, use: _Use) -> list[Mismatch]:
    drawn = [each for each in read_form(use.form, use.matrix) if isinstance(each, Mark)]
    ink = f"spot {wanted.profile.spots.get('cut', '')}"
    cuts = [contour for mark in drawn if mark.ink == ink for contour in mark.contours]
    filled = [contour for mark in drawn if mark.kind == "fill" for contour in mark.contours]
    return _cuts(wanted, cuts) + _codes(wanted, filled)


# --- SVG ---------------------------------------------------------------------------------------------------


def _compare_svg(wanted: Wanted, data: bytes) -> list[Mismatch]:
    root = _svg(data)
    groups: dict[Matrix, dict[str, list[Any]]] = {}
    added: dict[str, list[Any]] = {}
    for node in root:
        name = node.get("id", "")
        children = list(node) if name and node.tag == f"{SVG}g" else [node]
        for child in children:
            if child.tag == f"{SVG}g" and child.get("transform"):
                drawn = groups.setdefault(_matrix(child.get("transform")), {})
                drawn.setdefault(name, []).extend(map(_signed, child))
            elif child.tag == f"{SVG}path":
                added.setdefault(name, []).append(child)
            elif child.tag != f"{SVG}clipPath":
                raise Unreadable(
                    f"it has the element {str(child.tag).removeprefix(SVG)} outside of its parts"
                )
    size = [float(root.get(side, "").removesuffix("mm") or 0) * 1000 for side in ("width", "height")]
    view = [float(value) for value in root.get("viewBox", "0 0 0 0").split()]
    found = _size(wanted.sheet, size) + _size(wanted.sheet, view[2:])
    found += _parts_of_svg(wanted, groups)
    layers = wanted.profile.layers
    cut = layers["cut"].name if "cut" in layers else ""
    cuts = [contour for mark in read_shapes(added.get(cut, ())) for contour in mark.contours]
    marks = layers[wanted.profile.marks].name if wanted.profile.marks else ""
    filled = [contour for mark in read_shapes(added.get(marks, ())) for contour in mark.contours]
    return found + _cuts(wanted, cuts) + _codes(wanted, filled)


def _parts_of_svg(wanted: Wanted, groups: Mapping[Matrix, Mapping[str, list[Any]]]) -> list[Mismatch]:
    found, checked = list[Mismatch](), dict[str, dict[str, list[Any]]]()
    # A part with nothing on it has no group, in its own file neither.
    drawn = 0
    for part in wanted.placed:
        if part.artwork not in checked:
            checked[part.artwork] = _line_svg(wanted.files[part.artwork]["svg"].read_bytes())
        own = checked[part.artwork]
        if not own:
            continue
        drawn += 1
        size = (part.box.height, part.box.width) if part.rotated else (part.box.width, part.box.height)
        off, near = min(
            ((_apart(matrix, _onto(part), size), matrix) for matrix in groups), default=(0.0, UNCHANGED)
        )
        if off > TOLERANCE_UM:
            found.append(_moved(part, off))
        elif groups.get(near) != own:
            found.append(_other(part))
    return found + _count(drawn, len(groups))


def _line_svg(data: bytes) -> dict[str, list[Any]]:
    """By layer (pictures: no name), what a line's own file draws."""
    found: dict[str, list[Any]] = {}
    for node in _svg(data):
        if node.tag == f"{SVG}g" and node.get("id"):
            found.setdefault(node.get("id", ""), []).extend(map(_signed, node))
        elif node.tag != f"{SVG}clipPath":
            found.setdefault("", []).append(_signed(node))
    return found


def _svg(data: bytes) -> Any:
    try:
        return fromstring(data)
    except (ParseError, DefusedXmlException, ValueError) as fault:
        raise Unreadable(f"it cannot be read ({fault})") from fault


def _signed(node: Any) -> tuple[Any, ...]:
    return node.tag, tuple(sorted(node.attrib.items())), tuple(map(_signed, node))


def _matrix(text: str) -> Matrix:
    moved = re.fullmatch(r"translate\((-?[\d.]+) (-?[\d.]+)\)", text)
    if moved:
        return 1.0, 0.0, 0.0, 1.0, float(moved[1]), float(moved[2])
    turned = re.fullmatch(r"matrix\(([-\d. ]+)\)", text)
    values = tuple(float(value) for value in turned[1].split()) if turned else ()
    if len(values) != 6:
        raise Unreadable(f"a part is moved by {text!r}, which ours are not")
    return values


# --- DXF ---------------------------------------------------------------------------------------------------

_Chain = tuple[str, bool, tuple[tuple[int, int], ...]]


def _compare_dxf(wanted: Wanted, data: bytes) -> list[Mismatch]:
    read = read_dxf(data)
    drawn = Counter(_chain(name, contour) for name, mark in read.marks for contour in mark.contours)
    found, checked = _size(wanted.sheet, read.size), dict[str, list[tuple[str, Contour]]]()
    for part in wanted.placed:
        if part.artwork not in checked:
            own = read_dxf(wanted.files[part.artwork]["dxf"].read_bytes())
            checked[part.artwork] = [(name, contour) for name, mark in own.marks for contour in mark.contours]
        matrix = _onto(part)
        chains = Counter(
            _chain(name, Contour(tuple(through(matrix, point) for point in contour.points), contour.closed))
            for name, contour in checked[part.artwork]
        )
        if chains - drawn:
            text = f"{part.name} does not lie in its place, or is not the file that was read back."
            found.append(Mismatch("shape", part.name, text, part.box))
        drawn -= chains
    layers = wanted.profile.layers
    cut = layers["cut"].name if "cut" in layers else ""
    marks = layers[wanted.profile.marks].name if wanted.profile.marks else ""
    for name in sorted({name for name, _, _ in drawn} - {cut, marks}):
        found.append(Mismatch("extra", "", f"The layer {name} has lines that belong to no part."))
    added = [(name, Contour(points, closed)) for (name, closed, points), n in drawn.items() for _ in range(n)]
    cuts = [contour for name, contour in added if name == cut]
    filled = [contour for name, contour in added if name == marks]
    return found + _cuts(wanted, cuts) + _codes(wanted, filled)


def _chain(layer: str, contour: Contour) -> _Chain:
    return layer, contour.closed, tuple((round(x), round(y)) for x, y in contour.points)
