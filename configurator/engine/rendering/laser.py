"""A scene as the shapes a laser or cutter works through, and those as SVG.

Programs for such machines tell work apart by colour and fill areas by the rule even-odd. So every shape is
either filled or stroked, never both, in one exact colour of the machine's table; lines that have a width are
drawn as areas; areas that overlap are joined. What is cut comes last.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from xml.sax.saxutils import quoteattr

from PIL import Image, ImageOps

from configurator.engine.geometry import Path, path_data
from configurator.engine.layout.scene import AssetInfo, Outline, Placed, Scene, Stroke
from configurator.engine.machines import Layer, Profile
from configurator.engine.rendering.polygons import (
    Polygon,
    area,
    flattened,
    mirrored,
    overlapping,
    path_of,
    region,
    stroked,
    united,
    widened,
)
from configurator.engine.rendering.refusals import CannotBeMade
from configurator.engine.rendering.svg import PictureMissing

# What is engraved first cannot shift when its surroundings are cut out.
ORDER = ("engrave", "print", "white", "score", "cut")
# Roles whose lines only show a way; the width of other lines is meant.
WAYS = frozenset({"cut", "score"})


@dataclass(frozen=True, slots=True)
class Shape:
    """One outline in one layer. Where the layer is filled its contours are closed and do not overlap."""

    element: str
    role: str
    layer: Layer
    path: Path

    @property
    def filled(self) -> bool:
        return self.layer.mode == "fill"


def laser_svg(scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo] | None = None) -> bytes:
    """The scene for a laser, in real millimetres; user units are µm. Pictures become grey, dark burns.

    Raises `CannotBeMade` for a role that the machine has no layer for, `PictureMissing`.
    """
    drawn = "".join(
        f"<g id={quoteattr(layer.name)}>{''.join(shape_svg(shape, profile) for shape in shapes)}</g>\n"
        for layer, shapes in groupby(laser_shapes(scene, profile), key=lambda shape: shape.layer)
    )
    pictures = "".join(_picture(item, scene, profile, assets or {}) for item in _pictures(scene))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg"'
        f' width="{_mm(scene.width_um)}mm" height="{_mm(scene.height_um)}mm"'
        f' viewBox="0 0 {scene.width_um} {scene.height_um}">\n{pictures}{drawn}</svg>\n'
    ).encode("ascii")


def laser_shapes(scene: Scene, profile: Profile) -> tuple[Shape, ...]:
    """Every vector of the scene as the machine takes it, in the order of work; mirrored where it says so.

    Raises `CannotBeMade`, naming every role that the machine has no layer for, or every picture where it only
    follows lines.
    """
    vectors = [item for item in scene.items if not isinstance(item, Placed)]
    lacking = sorted({item.role for item in scene.items} - set(profile.layers))
    if lacking:
        raise CannotBeMade(
            f"{profile.name} has no layer for {', '.join(lacking)}: give the design another role, or add the"
            f" layer to the machine profile {profile.code}."
        )
    followed = sorted(
        {item.element for item in _pictures(scene) if profile.layers[item.role].mode == "stroke"}
    )
    if followed:
        raise CannotBeMade(
            f"{profile.name} follows lines and cannot make pictures: take out {', '.join(followed)}, or"
            " upload it as a drawing (SVG)."
        )
    made: list[Shape] = []
    for role in ORDER:
        mine = [item for item in vectors if item.role == role]
        if mine:
            layer = profile.layers[role]
            made += _filled(mine, layer) if layer.mode == "fill" else _ways(mine, layer, profile)
    if profile.mirror:
        made = [replace(shape, path=mirrored(shape.path, scene.width_um)) for shape in made]
    return tuple(made)


def _filled(items: list[Outline | Stroke], layer: Layer) -> list[Shape]:
    """Areas of one layer; curves stay curves unless areas have to be joined."""
    areas = [_area(item) for item in items]
    if overlapping([polygon for polygons in areas for polygon in polygons]) or _crossing(areas):
        joined = united(polygon for polygons in areas for polygon in polygons)
        return [Shape("joined", items[0].role, layer, path_of(joined))]
    return [
        Shape(item.element, item.role, layer, _curves(item) or path_of(polygons))
        for item, polygons in zip(items, areas, strict=True)
        if polygons
    ]


def _curves(item: Outline | Stroke) -> Path | None:
    """The item's own curves, if filling them by either rule covers the same."""
    if isinstance(item, Stroke) or overlapping([points for points, _ in flattened(item.path)]):
        return None
    return item.path if _all_closed(item.path) else None


def _all_closed(path: Path) -> bool:
    return all(closed for _, closed in flattened(path))


def _crossing(areas: list[list[Polygon]]) -> bool:
    """Whether areas of different items overlap; a hole is area taken off, so sums tell."""
    apart = sum(area(polygons) for polygons in areas)
    together = area(united(polygon for polygons in areas for polygon in polygons))
    return apart - together > 1.0 + 1e-6 * apart


def _area(item: Outline | Stroke) -> list[Polygon]:
    return stroked(item.path, item.width_um) if isinstance(item, Stroke) else region(item.path)


def _ways(items: list[Outline | Stroke], layer: Layer, profile: Profile) -> list[Shape]:
    """Lines to follow: around areas, along lines. Areas that are cut out make up for the kerf."""
    made = []
    for item in items:
        kerf = profile.kerf_um if item.role == "cut" else 0
        if isinstance(item, Stroke) and item.role in WAYS:
            path = _along(item.path, kerf)
        else:
            areas = _area(item)
            keep = kerf == 0 and isinstance(item, Outline) and _curves(item)
            path = keep or path_of(widened(areas, kerf / 2) if kerf else areas)
        if path:
            made.append(Shape(item.element, item.role, layer, path))
    return made


def _along(path: Path, kerf_um: int) -> Path:
    """The way along a line: a closed line around a part runs half a kerf outside of it, a hole's inside."""
    if not kerf_um:
        return path
    contours = flattened(path)
    open_ones = [_open(points) for points, closed in contours if not closed]
    parts = united(points for points, closed in contours if closed)
    return (*path_of(widened(parts, kerf_um / 2)), *(segment for way in open_ones for segment in way))


def _open(points: Polygon) -> Path:
    return (("M", *points[0]), *(("L", *point) for point in points[1:]))


def shape_svg(shape: Shape, profile: Profile) -> str:
    name = quoteattr(shape.element)
    data = path_data(shape.path)
    if shape.filled:
        return f'<path class={name} fill="{shape.layer.colour}" stroke="none" d="{data}"/>'
    return (
        f'<path class={name} fill="none" stroke="{shape.layer.colour}"'
        f' stroke-width="{profile.hairline_um}" d="{data}"/>'
    )


def _pictures(scene: Scene) -> Iterable[Placed]:
    return (item for item in scene.items if isinstance(item, Placed))


def _picture(item: Placed, scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo]) -> str:
    """A picture as grey pixels on white, cropped, turned and masked as the scene has it."""
    if item.sha256 not in assets:
        raise PictureMissing(f"The picture {item.sha256[:12]} was not given.")
    box, crop = item.box, item.crop
    picture = Image.open(io.BytesIO(assets[item.sha256].read()), formats=("PNG",)).convert("RGBA")
    picture = picture.crop((crop.left, crop.top, crop.right, crop.bottom))
    grey = Image.new("L", picture.size, 255)
    grey.paste(picture.convert("L"), mask=picture.getchannel("A"))
    if profile.mirror:
        grey = ImageOps.mirror(grey)
    out = io.BytesIO()
    grey.save(out, "PNG")
    left = scene.width_um - box.right if profile.mirror else box.left
    turn = -item.rotation_mdeg if profile.mirror else item.rotation_mdeg
    middle = f"{(2 * left + box.width) / 2:.1f} {(box.top + box.bottom) / 2:.1f}"
    turned = f' transform="rotate({turn / 1000:.3f} {middle})"' if turn else ""
    image = (
        f'<image x="{left}" y="{box.top}" width="{box.width}" height="{box.height}"'
        f' preserveAspectRatio="none"{turned}'
        f' href="data:image/png;base64,{base64.b64encode(out.getvalue()).decode("ascii")}"/>'
    )
    if not item.outline:
        return image + "\n"
    mask = mirrored(item.outline, scene.width_um) if profile.mirror else item.outline
    data = path_data(mask)
    name = f"mask-{hashlib.sha256(data.encode()).hexdigest()[:16]}"
    clip = f'<clipPath id="{name}"><path d="{data}"/></clipPath>'
    return f'{clip}<g clip-path="url(#{name})">{image}</g>\n'


def _mm(um: int) -> str:
    """Millimetres, exact."""
    return f"{um / 1000:.3f}".rstrip("0").rstrip(".")
