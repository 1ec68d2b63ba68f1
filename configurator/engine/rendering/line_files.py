"""Files of single parts for lasers and cutters, taken apart to be put on a sheet as they are."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from ezdxf.filemanagement import read
from ezdxf.lldxf.const import DXFError

from configurator.engine.geometry import MICROMETRES_PER_MM
from configurator.engine.rendering.polygons import Polygon
from configurator.engine.rendering.refusals import CannotBeMade

_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class LineSvg:
    """`layers`: by name, the shapes as they are written; `clips`: by name, what `pictures` are cut out by."""

    size_um: tuple[int, int]
    layers: Mapping[str, str]
    pictures: str
    clips: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Chain:
    """Points in µm from the upper left corner, y downwards."""

    layer: str
    points: Polygon
    closed: bool


@dataclass(frozen=True, slots=True)
class LineDxf:
    size_um: tuple[int, int]
    chains: tuple[Chain, ...]


def read_line_svg(data: bytes, colours: Mapping[str, str]) -> LineSvg:
    """`colours` are those of the machine's layers. Raises `CannotBeMade` for a file that `laser_svg` did not
    write, or that has other colours."""
    try:
        root = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError) as fault:
        raise CannotBeMade(f"An SVG that was read back cannot be read any more ({fault}).") from fault
    box = root.get("viewBox", "").split()
    if len(box) != 4 or box[:2] != ["0", "0"]:
        raise CannotBeMade("An SVG that was read back does not begin at its upper left corner.")
    layers: dict[str, str] = {}
    clips: dict[str, str] = {}
    pictures = []
    for node in root:
        name = node.get("id", "")
        if node.tag == f"{_SVG}clipPath":
            clips[name] = _written(node) + "\n"
        elif node.tag == f"{_SVG}g" and name:
            layers[name] = layers.get(name, "") + "".join(map(_written, node))
            _in_colour(node, name, colours)
        else:
            pictures.append(_written(node))
    return LineSvg((int(box[2]), int(box[3])), layers, "".join(pictures), clips)


def _in_colour(layer: Element, name: str, colours: Mapping[str, str]) -> None:
    seen = {path.get(key) for path in layer for key in ("fill", "stroke")} - {"none", None}
    if name in colours and seen - {colours[name]}:
        raise CannotBeMade(
            f"A part was made with the layer {name} in another colour than {colours[name]}:"
            " have it made again."
        )


def _written(node: Element) -> str:
    """As it stood in the file; attributes keep their order."""
    tag = str(node.tag).removeprefix(_SVG)
    said = "".join(f" {name}={quoteattr(value)}" for name, value in node.attrib.items())
    inner = "".join(map(_written, node))
    return f"<{tag}{said}>{inner}</{tag}>" if inner else f"<{tag}{said}/>"


def read_line_dxf(data: bytes, colours: Mapping[str, str]) -> LineDxf:
    """Raises `CannotBeMade` for a file that `laser_dxf` did not write, or that has other colours."""
    try:
        document: Any = read(io.StringIO(data.decode("utf-8")))
        corner = document.header["$EXTMAX"]
        chains = []
        width, height = _um(corner[0]), _um(corner[1])
        for line in document.modelspace():
            points = tuple((_um(x), height - _um(y)) for x, y in line.get_points("xy"))
            name = line.dxf.layer
            if name in colours and line.rgb and f"#{bytes(line.rgb).hex()}" != colours[name]:
                raise CannotBeMade(
                    f"A part was made with the layer {name} in another colour than {colours[name]}:"
                    " have it made again."
                )
            chains.append(Chain(name, points, bool(line.closed)))
    except (DXFError, UnicodeDecodeError, AttributeError, KeyError, IndexError) as fault:
        raise CannotBeMade(f"A DXF that was read back cannot be read any more ({fault}).") from fault
    return LineDxf((width, height), tuple(chains))


def _um(mm: float) -> int:
    return round(mm * MICROMETRES_PER_MM)
