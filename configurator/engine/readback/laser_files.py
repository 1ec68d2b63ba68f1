"""Files for lasers and cutters: SVG read as XML, DXF by ezdxf. A layer has its name and one exact colour."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any

import ezdxf
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from ezdxf.lldxf.const import DXFError
from PIL import Image

from configurator.engine.readback.marks import Contour, Mark, Point, Shown, Unreadable, Walk

SVG = "{http://www.w3.org/2000/svg}"
_TOKEN = re.compile(r"([MLQCZ])|(-?\d+(?:\.\d+)?)|([^\s,])")
_NUMBERS = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}
MILLIMETRES = 4  # $INSUNITS


@dataclass(frozen=True, slots=True)
class ReadLaser:
    """`size` in µm; marks by the layer's name. Layers with their colours, as the file has them."""

    size: tuple[float, float]
    marks: tuple[tuple[str, Mark], ...]
    pictures: tuple[Shown, ...]
    layers: Mapping[str, str]


def read_svg(data: bytes) -> ReadLaser:
    """Raises `Unreadable`."""
    try:
        root = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError) as fault:
        raise Unreadable(f"the SVG cannot be read ({fault})") from fault
    if root.tag != f"{SVG}svg":
        raise Unreadable("this is not an SVG")
    size = _mm(root.get("width", "")), _mm(root.get("height", ""))
    try:
        view = [float(value) for value in root.get("viewBox", "").split()]
    except ValueError as fault:
        raise Unreadable("the viewBox is not four numbers") from fault
    if len(view) != 4 or min(view[2:]) <= 0:
        raise Unreadable("the SVG has no viewBox, so its units are a guess")
    reader = _Svg(size[0] / view[2], size[1] / view[3], view[0], view[1])
    for child in root:
        reader.element(child, layer="", mask=())
    return ReadLaser(size, tuple(reader.marks), tuple(reader.pictures), reader.layers)


def read_shapes(nodes: Iterable[Any]) -> tuple[Mark, ...]:
    """Paths in µm, as they stand in an SVG of ours. Raises `Unreadable`."""
    reader = _Svg(1.0, 1.0, 0.0, 0.0)
    for node in nodes:
        reader.element(node, layer="", mask=())
    return tuple(mark for _, mark in reader.marks)


def _mm(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)mm", text)
    if not found:
        raise Unreadable(f"the size {text!r} is not in millimetres")
    return float(found[1]) * 1000


class _Svg:
    def __init__(self, across: float, down: float, left: float, top: float) -> None:
        self.across, self.down, self.left, self.top = across, down, left, top
        self.marks: list[tuple[str, Mark]] = []
        self.pictures: list[Shown] = []
        self.layers: dict[str, str] = {}
        self.clips: dict[str, tuple[Contour, ...]] = {}

    def element(self, node: Any, *, layer: str, mask: tuple[Contour, ...]) -> None:
        tag = str(node.tag).removeprefix(SVG)
        if tag == "g":
            _only(node, {"id", "clip-path"})
            clip = node.get("clip-path", "")
            inner = self.clips.get(clip.removeprefix("url(#").removesuffix(")"), ()) if clip else mask
            for child in node:
                self.element(child, layer=node.get("id", layer), mask=inner)
        elif tag == "path":
            self._path(node, layer)
        elif tag == "image":
            self._image(node, mask)
        elif tag == "clipPath":
            self.clips[node.get("id", "")] = tuple(
                contour for path in node for contour in self._contours(path.get("d", ""))
            )
        else:
            raise Unreadable(f"the SVG has the element {tag}, which ours do not")

    def _path(self, node: Any, layer: str) -> None:
        _only(node, {"class", "fill", "stroke", "stroke-width", "d"})
        fill, stroke = node.get("fill", "#000000"), node.get("stroke", "none")
        if (fill == "none") == (stroke == "none"):
            raise Unreadable("a shape is both filled and drawn along, or neither")
        contours = self._contours(node.get("d", ""))
        colour = stroke if fill == "none" else fill
        self.layers.setdefault(layer, colour)
        if fill == "none":
            width = float(node.get("stroke-width", "1")) * self.across
            self.marks.append((layer, Mark("stroke", stroke, contours, width)))
        else:
            self.marks.append((layer, Mark("fill", fill, contours, even_odd=True)))

    def _contours(self, data: str) -> tuple[Contour, ...]:
        walk, command, numbers = Walk(), "", list[float]()
        for letter, number, other in _TOKEN.findall(data):
            if other:
                raise Unreadable(f"a path has {other!r} in it")
            if letter:
                if numbers:
                    raise Unreadable("a path has numbers too many or too few")
                command = letter
                if command == "Z":
                    walk.step("Z", ())
                continue
            numbers.append(float(number))
            if command and len(numbers) == _NUMBERS[command]:
                points = [self._onto(*numbers[at : at + 2]) for at in range(0, len(numbers), 2)]
                walk.step(command, points)
                numbers = []
        if numbers:
            raise Unreadable("a path ends in the middle")
        return walk.done()

    def _onto(self, x: float, y: float) -> Point:
        return (x - self.left) * self.across, (y - self.top) * self.down

    def _image(self, node: Any, mask: tuple[Contour, ...]) -> None:
        x, y, width, height = (float(node.get(key, "0")) for key in ("x", "y", "width", "height"))
        head, _, body = node.get("href", "").partition(",")
        if head != "data:image/png;base64":
            raise Unreadable("a picture is not in the file itself")
        try:
            with Image.open(io.BytesIO(base64.b64decode(body)), formats=("PNG",)) as opened:
                pixels = opened.convert("RGBA")
        except (OSError, ValueError) as fault:
            raise Unreadable("a picture is broken") from fault
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        turned = re.fullmatch(r"rotate\((\S+) (\S+) (\S+)\)", node.get("transform", ""))
        if node.get("transform") and not turned:
            raise Unreadable("a picture is bent in a way that ours are not")
        if turned:
            degrees, mx, my = (float(value) for value in turned.groups())
            turn = radians(degrees)
            corners = [
                (
                    mx + (px - mx) * cos(turn) - (py - my) * sin(turn),
                    my + (px - mx) * sin(turn) + (py - my) * cos(turn),
                )
                for px, py in corners
            ]
        placed = tuple(self._onto(*corner) for corner in corners)
        self.pictures.append(Shown(placed, pixels, mask=mask))  # type: ignore[arg-type]


def _only(node: Any, allowed: set[str]) -> None:
    other = set(node.keys()) - allowed
    if other:
        raise Unreadable(f"the SVG says {', '.join(sorted(other))} of a shape, which ours do not")


def read_dxf(data: bytes) -> ReadLaser:
    """Raises `Unreadable`."""
    try:
        document = ezdxf.read(io.StringIO(data.decode("utf-8")))  # type: ignore[attr-defined]
    except (DXFError, UnicodeDecodeError, ValueError, KeyError, OSError) as fault:
        raise Unreadable(f"the DXF cannot be read ({str(fault)[:120]})") from fault
    if not data.rstrip().endswith(b"EOF"):
        raise Unreadable("the DXF has no end")
    units, metric = document.header.get("$INSUNITS", 0), document.header.get("$MEASUREMENT", 0)
    if units != MILLIMETRES or metric != 1:
        raise Unreadable(f"the DXF does not say that it is in millimetres ($INSUNITS {units})")
    width, height, *_ = document.header.get("$EXTMAX", (0, 0, 0))
    size = width * 1000, height * 1000
    marks: list[tuple[str, Mark]] = []
    layers: dict[str, str] = {}
    for entity in document.modelspace():
        if entity.dxftype() != "LWPOLYLINE":
            raise Unreadable(f"the DXF has a {entity.dxftype()}, which ours do not")
        line: Any = entity
        points = tuple((x * 1000, size[1] - y * 1000) for x, y in line.get_points("xy"))
        if any(bulge for (bulge,) in line.get_points("b")):
            raise Unreadable("the DXF has arcs, which ours do not")
        name = entity.dxf.layer
        colour = _colour(entity.rgb)
        if len(set(points)) < 2:
            raise Unreadable("the DXF has a line without length")
        marks.append((name, Mark("stroke", colour, (Contour(points, bool(line.closed)),), even_odd=True)))
        entry = document.layers.get(name) if document.layers.has_entry(name) else None
        layers.setdefault(name, _colour(entry.rgb) if entry is not None else "")
    return ReadLaser(size, tuple(marks), (), layers)


def _colour(rgb: Any) -> str:
    return "" if rgb is None else f"#{rgb[0]:02x}{rgb[1]:02x}{rgb[2]:02x}"
