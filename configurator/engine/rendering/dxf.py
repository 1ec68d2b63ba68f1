"""A scene as DXF, in millimetres, for lasers, routers, saws and knife plotters.

DXF R2010: `$INSUNITS` 4 and `$MEASUREMENT` 1 say millimetres, without which programs guess. Outlines are
closed LWPOLYLINEs, curves within `polygons.TOLERANCE_UM` of the truth; the y axis points up. A layer's name
and colour (nearest of the 255, and exact as a true colour) tell what is to be done with it; areas to fill
are outlines there too, because what has a hatch comes twice into many programs.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

from ezdxf import options, units  # type: ignore[attr-defined]
from ezdxf.colors import BYLAYER, DXF_DEFAULT_COLORS, RGB
from ezdxf.filemanagement import new

from configurator.engine.colours import channels, difference, lab_of
from configurator.engine.geometry import MICROMETRES_PER_MM
from configurator.engine.layout.scene import Placed, Scene
from configurator.engine.machines import Layer, Profile
from configurator.engine.rendering.laser import laser_shapes
from configurator.engine.rendering.polygons import Polygon, flattened
from configurator.engine.rendering.refusals import CannotBeMade

# Dates, GUIDs and the name of the writer are constants: the same scene is the same file.
options.write_fixed_meta_data_for_testing = True

VERSION = "R2010"
# 1 to 6 are the pure colours, 7 is black on white and white on black.
FIRST_ACI, LAST_ACI, BLACK_OR_WHITE = 1, 255, 7


def laser_dxf(scene: Scene, profile: Profile) -> bytes:
    """The vectors of the scene. Raises `CannotBeMade` for pictures, and for roles without a layer."""
    pictures = sorted({item.element for item in scene.items if isinstance(item, Placed)})
    if pictures:
        raise CannotBeMade(
            f"A DXF holds no pictures ({', '.join(pictures)}): take them out, or put SVG first"
            f" in the formats of the machine profile {profile.code}."
        )
    shapes = laser_shapes(scene, profile)
    lines = [
        DxfLine(shape.layer, points, closed or shape.filled)
        for shape in shapes
        for points, closed in flattened(shape.path)
    ]
    layers = dict.fromkeys(shape.layer for shape in shapes)
    return dxf_of(lines, layers, width_um=scene.width_um, height_um=scene.height_um)


@dataclass(frozen=True, slots=True)
class DxfLine:
    """A chain of points in µm from the upper left corner, y downwards."""

    layer: Layer
    points: Polygon
    closed: bool


def dxf_of(lines: Iterable[DxfLine], layers: Iterable[Layer], *, width_um: int, height_um: int) -> bytes:
    """These lines on these layers, as a drawing of this size."""
    document = new(VERSION, units=units.MM, setup=False)
    document.header["$INSUNITS"] = units.MM
    document.header["$MEASUREMENT"] = 1
    document.header["$LUNITS"] = 2
    for layer in layers:
        entry = document.layers.add(layer.name, color=nearest_aci(layer.colour))
        entry.rgb = channels(layer.colour)
    drawing = document.modelspace()
    # In both places: from here ezdxf writes the header over, unless one corner is the origin.
    extent = (0, 0, 0), (_mm(width_um), _mm(height_um), 0)
    drawing.reset_extents(*extent)
    document.header["$EXTMIN"], document.header["$EXTMAX"] = extent
    for each in lines:
        line = drawing.add_lwpolyline(
            [(_mm(x), _mm(height_um - y)) for x, y in each.points],
            close=each.closed,
            dxfattribs={"layer": each.layer.name, "color": BYLAYER},
        )
        line.rgb = channels(each.layer.colour)
    out = io.StringIO()
    document.write(out)
    return out.getvalue().encode("utf-8")


def nearest_aci(colour: str) -> int:
    """The colour index that looks most like `#rrggbb`; black is 7, as every program has it."""
    if colour in ("#000000", "#ffffff"):
        return BLACK_OR_WHITE
    wanted = lab_of(colour)
    return min(range(FIRST_ACI, LAST_ACI + 1), key=lambda index: (difference(wanted, _aci_lab(index)), index))


def _aci_lab(index: int) -> tuple[float, float, float]:
    rgb = RGB.from_hex(f"#{DXF_DEFAULT_COLORS[index] & 0xFFFFFF:06x}")
    return lab_of(rgb.to_hex())


def _mm(um: int) -> float:
    return um / MICROMETRES_PER_MM
