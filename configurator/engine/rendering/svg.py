"""A scene as SVG in real millimetres: for the page, for lasers, and as the source of every raster."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from configurator.engine.geometry import millimetres, path_data
from configurator.engine.layout.scene import AssetInfo, Item, Placed, Scene, Stroke

# What a laser reads: black fill engraves, red hairline cuts, blue scores.
ROLE_COLOURS: Mapping[str, str] = {
    "engrave": "#000000",
    "white": "#ffffff",
    "cut": "#ff0000",
    "score": "#0000ff",
}


class PictureMissing(LookupError):
    """A scene has a picture for which no address was given."""


def svg(
    scene: Scene,
    *,
    role_colours: Mapping[str, str] | None = None,
    pictures: Mapping[str, str] | None = None,
    title: str = "",
) -> str:
    """The scene as an SVG document, width and height in mm, user units in µm.

    `role_colours` replaces the colour of a role (`engrave`, `white`, `cut`, `score`); `pictures` gives the
    address (or `data:` address) of each placed picture by its hash: `PictureMissing` when one lacks.
    """
    colours = {**ROLE_COLOURS, **(role_colours or {})}
    heading = f"<title>{_text(title)}</title>" if title else ""
    body = "".join(item_svg(item, colours=colours, pictures=pictures or {}) for item in scene.items)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg"'
        f' width="{millimetres(scene.width_um)}mm" height="{millimetres(scene.height_um)}mm"'
        f' viewBox="0 0 {scene.width_um} {scene.height_um}">{heading}{body}</svg>\n'
    )


def item_svg(item: Item, *, colours: Mapping[str, str], pictures: Mapping[str, str]) -> str:
    """One item as an SVG element, in µm of the surface."""
    if isinstance(item, Placed):
        return _placed(item, pictures)
    paint = colours.get(item.role, "") or item.colour
    data = path_data(item.path)
    if isinstance(item, Stroke):
        return f'<path fill="none" stroke="{paint}" stroke-width="{item.width_um}" d="{data}"/>'
    return f'<path fill="{paint}" d="{data}"/>'


def _placed(item: Placed, pictures: Mapping[str, str]) -> str:
    if item.sha256 not in pictures:
        raise PictureMissing(f"No address was given for the picture {item.sha256[:12]}.")
    box, crop = item.box, item.crop
    drawn = (
        f'<svg x="{box.left}" y="{box.top}" width="{box.width}" height="{box.height}"'
        f' viewBox="{crop.left} {crop.top} {crop.width} {crop.height}" preserveAspectRatio="none">'
        f'<image width="{item.pixel_width}" height="{item.pixel_height}" preserveAspectRatio="none"'
        f" href={quoteattr(pictures[item.sha256])}/></svg>"
    )
    if item.rotation_mdeg:
        middle = f"{(box.left + box.right) / 2:.1f} {(box.top + box.bottom) / 2:.1f}"
        drawn = f'<g transform="rotate({item.rotation_mdeg / 1000:.3f} {middle})">{drawn}</g>'
    if not item.outline:
        return drawn
    data = path_data(item.outline)
    name = f"mask-{hashlib.sha256(data.encode()).hexdigest()[:16]}"
    clip = f'<clipPath id="{name}"><path d="{data}"/></clipPath>'
    return f'{clip}<g clip-path="url(#{name})">{drawn}</g>'


def embedded(assets: Mapping[str, AssetInfo]) -> dict[str, str]:
    """Addresses that hold the pictures themselves, for files that have to stand alone."""
    return {
        sha256: "data:image/png;base64," + base64.b64encode(asset.read()).decode("ascii")
        for sha256, asset in assets.items()
    }


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
