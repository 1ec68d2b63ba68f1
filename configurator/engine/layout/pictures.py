"""Pictures on a surface: in the box of their family, or where a shopper has put them, cropped and turned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Literal

from configurator.engine.geometry import Box, corners, millimetres, rectangle
from configurator.engine.layout.scene import AssetInfo, Finding, Fix, Placed
from configurator.engine.placing import PER_MILLE, Placement, write_placement

MICROMETRES_PER_INCH = 25_400

Fit = Literal["contain", "cover"]


@dataclass(frozen=True, slots=True)
class ImageElement:
    """With a `placement` (of the option `place`) it stands where the shopper has put it."""

    element: str
    asset: AssetInfo
    box: Box
    fit: Fit
    placement: Placement | None = None
    place: str = ""


def standing(element: ImageElement, *, process: str) -> Placed:
    """Where a drawing stands: as a picture would, but always with all of it in its family's box."""
    role = role_of(process)
    if element.placement is not None:
        return where_put(element, element.placement, role=role)
    return in_its_box(replace(element, fit="contain"), role=role)


def role_of(process: str) -> str:
    """What becomes of pictures on a surface of this process."""
    return "engrave" if process == "engrave" else "print"


def in_its_box(element: ImageElement, *, role: str) -> Placed:
    """The picture in the family's box: whole (contain) or filling it with its middle part (cover)."""
    asset, box = element.asset, element.box
    crop = Box(0, 0, asset.width, asset.height)
    if element.fit == "cover":
        crop = _covering_crop(asset, box)
    else:
        box = _containing_box(asset, box)
    return Placed(element.element, role, asset.sha256, box, crop, asset.width, asset.height)


def where_put(element: ImageElement, placement: Placement, *, role: str) -> Placed:
    """The picture where a shopper has put it; its height follows from the part of it that shows."""
    asset = element.asset
    crop, height = cropped(asset, placement), height_of(asset, placement)
    left, top = placement.x_um - placement.width_um // 2, placement.y_um - height // 2
    box = Box(left, top, left + placement.width_um, top + height)
    turn = placement.rotation_mdeg
    return Placed(
        element.element, role, asset.sha256, box, crop, asset.width, asset.height, rotation_mdeg=turn
    )


def height_of(asset: AssetInfo, placement: Placement) -> int:
    """How high the part of the picture that shows becomes where it was put, in µm."""
    crop = cropped(asset, placement)
    return max(1, round(placement.width_um * crop.height / crop.width))


def cropped(asset: AssetInfo, placement: Placement) -> Box:
    """The part of the picture that shows, in whole pixels, at least one each way."""
    crop = placement.crop
    left, top = asset.width * crop.left // PER_MILLE, asset.height * crop.top // PER_MILLE
    right = max(left + 1, -(-asset.width * crop.right // PER_MILLE))
    bottom = max(top + 1, -(-asset.height * crop.bottom // PER_MILLE))
    return Box(left, top, right, bottom)


def covered(item: Placed) -> Box:
    """The upright box around a picture's corners, turned as it is."""
    xs, ys = zip(*corners(item.box, item.rotation_mdeg), strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def over_the_edge(
    item: Placed, element: ImageElement, *, surface: Box, printable: Box
) -> tuple[Placed, list[Finding]]:
    """A picture that was put over the edge: cut off there, and the shopper told; refused when none of it is
    on the surface."""
    reach = covered(item)
    if printable.excess_of(reach) == 0:
        return item, []
    outside = (
        reach.right <= surface.left
        or reach.left >= surface.right
        or reach.bottom <= surface.top
        or reach.top >= surface.bottom
    )
    excess = surface.excess_of(reach)
    told = (
        "This picture lies beside the surface: nothing of it would be made. Move it back."
        if outside
        else f"This picture reaches {millimetres(excess)} mm over the edge. What lies outside is cut off."
    )
    finding = Finding(
        code="off-the-surface" if outside else "over-the-edge",
        severity="refuse" if outside else "warn",
        element=element.element,
        measured=excess / 1000,
        limit=0,
        unit="mm",
        message=told,
        box=reach,
        repairs=moved_inside(element.placement, reach, surface, element.place),
    )
    return replace(item, outline=rectangle(printable)), [finding]


def moved_inside(placement: Placement | None, reach: Box, allowed: Box, place: str) -> tuple[Fix, ...]:
    """The placement moved so that what it covers lies inside; also made smaller where it is too large."""
    # A few micrometres for the rounding of outlines.
    allowed = allowed.inset(5)
    if placement is None or allowed.width <= 0 or allowed.height <= 0:
        return ()
    share = min(1.0, allowed.width / max(reach.width, 1), allowed.height / max(reach.height, 1))
    width = placement.width_um if share == 1 else floor(placement.width_um * share) - 2
    x = _between(
        placement.x_um,
        allowed.left + (placement.x_um - reach.left) * share,
        allowed.right - (reach.right - placement.x_um) * share,
    )
    y = _between(
        placement.y_um,
        allowed.top + (placement.y_um - reach.top) * share,
        allowed.bottom - (reach.bottom - placement.y_um) * share,
    )
    if width < 1000:
        return ()
    label = "Move it inside" if share == 1 else f"Make it {millimetres(width)} mm wide and move it inside"
    moved = replace(placement, x_um=x, y_um=y, width_um=width)
    return (Fix(label, {place: write_placement(moved)}),)


def _between(value: int, low: float, high: float) -> int:
    least, most = ceil(low), floor(high)
    return (least + most) // 2 if least > most else min(max(value, least), most)


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
