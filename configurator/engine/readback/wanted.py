"""What has to stand in a file, worked out from the scene and the machine: a reading of the same agreement
that the writers follow, in other words."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from math import cos, radians, sin

from PIL import Image

from configurator.engine.layout.scene import AssetInfo, Item, Outline, Placed, Scene, Stroke
from configurator.engine.machines import Profile
from configurator.engine.readback.marks import Mark, Point, Shown, contours_of

# How roles look where the machine has no ink or layer of its own for them.
PLAIN: Mapping[str, str] = {"engrave": "#000000", "white": "#ffffff", "cut": "#ff0000", "score": "#0000ff"}
# Spot inks lie on top, in this order.
ON_TOP = ("white", "score", "cut")
WAYS = frozenset({"cut", "score"})


def onto(scene: Scene, profile: Profile) -> Callable[[float, float], Point]:
    """From the surface to the file: as seen from behind where the machine prints so."""
    if profile.mirror:
        return lambda x, y: (scene.width_um - x, y)
    return lambda x, y: (x, y)


def wanted_marks(scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo]) -> list[Mark | Shown]:
    """Everything in the order in which a PDF has to draw it; the white base apart."""
    base = [item for item in scene.items if item.role not in ON_TOP]
    top = [item for role in ON_TOP for item in scene.items if item.role == role]
    if profile.white_base:
        top = [item for item in top if item.role != "white"]
    return [_wanted(item, scene, profile, assets) for item in (*base, *top)]


def _wanted(item: Item, scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo]) -> Mark | Shown:
    move = onto(scene, profile)
    if isinstance(item, Placed):
        return wanted_picture(item, scene, profile, assets)
    contours = contours_of(item.path, move)
    if item.role in WAYS:
        layer = profile.layers.get(item.role)
        plain = layer.colour if layer else PLAIN[item.role]
        return Mark(
            "stroke", ink_of(item, profile, plain), contours, profile.hairline_um, element=item.element
        )
    ink = ink_of(item, profile, PLAIN.get(item.role, "") or item.colour)
    if isinstance(item, Stroke):
        return Mark("stroke", ink, contours, item.width_um, element=item.element)
    return Mark("fill", ink, contours, element=item.element)


def ink_of(item: Outline | Stroke, profile: Profile, plain: str) -> str:
    name = profile.spots.get(item.role)
    return f"spot {name}" if name else plain


def corners_of(item: Placed, move: Callable[[float, float], Point]) -> tuple[Point, Point, Point, Point]:
    """Where the corners of the cropped pixels lie: turned clockwise about the middle of the box."""
    box = item.box
    turn = radians(item.rotation_mdeg / 1000)
    mx, my = (box.left + box.right) / 2, (box.top + box.bottom) / 2

    def place(x: float, y: float) -> Point:
        dx, dy = x - mx, y - my
        return move(mx + dx * cos(turn) - dy * sin(turn), my + dx * sin(turn) + dy * cos(turn))

    return (
        place(box.left, box.top),
        place(box.right, box.top),
        place(box.right, box.bottom),
        place(box.left, box.bottom),
    )


def wanted_picture(item: Placed, scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo]) -> Shown:
    move = onto(scene, profile)
    if item.sha256 not in assets:
        raise LookupError(f"The picture {item.sha256[:12]} was not given.")
    crop = (item.crop.left, item.crop.top, item.crop.right, item.crop.bottom)
    with Image.open(io.BytesIO(assets[item.sha256].read()), formats=("PNG",)) as opened:
        pixels = opened.convert("RGBA").crop(crop)
    if item.role == "engrave":  # burnt by how dark it is
        pixels = Image.merge("RGBA", (*[pixels.convert("L")] * 3, pixels.getchannel("A")))
    mask = contours_of(item.outline, move) if item.outline else ()
    return Shown(corners_of(item, move), pixels, mask=mask, element=item.element)


def element_at(scene: Scene, profile: Profile, box: tuple[float, float, float, float]) -> str:
    """The element that lies around there, the nearest in size first; empty when none does."""
    left, top, right, bottom = box
    if profile.mirror:
        left, right = scene.width_um - right, scene.width_um - left
    meeting = [
        item
        for item in scene.items
        if item.box.left <= right + 1000
        and item.box.right >= left - 1000
        and item.box.top <= bottom + 1000
        and item.box.bottom >= top - 1000
    ]
    smallest = min(meeting, key=lambda item: item.box.width * item.box.height, default=None)
    return smallest.element if smallest else ""
