"""Plates of one ink, as grey pixels: the white under a print on film or dark cloth."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.machines import Profile
from configurator.engine.rendering.raster import production_window

Plate = NDArray[np.uint8]


def white_plate(
    scene: Scene,
    profile: Profile,
    assets: Mapping[str, AssetInfo] | None = None,
    dpi: int | None = None,
    *,
    alpha: Plate | None = None,
) -> Plate:
    """How much white goes under each pixel of the print, 0 to 255 (height, width), bleed included.

    White lies wherever there is colour, drawn back from its edge by the machine's choke (to the nearest
    pixel), so that it does not show around it. `alpha` is that of the print where it was drawn already.
    Raises `PictureMissing`.
    """
    resolution = dpi or profile.dpi
    if alpha is None:
        alpha = production_window(scene, profile, assets, dpi=resolution)[..., 3]
    return choked(alpha, choke_pixels(profile, resolution))


def choke_pixels(profile: Profile, dpi: int) -> int:
    return round(profile.choke_um * dpi / 25_400)


def choked(alpha: Plate, radius: int) -> Plate:
    """The least value within a disc of so many pixels around each; outside of the picture is nothing."""
    if radius <= 0:
        return alpha.copy()
    height, width = alpha.shape
    padded = np.zeros((height + 2 * radius, width + 2 * radius), dtype=np.uint8)
    padded[radius:-radius, radius:-radius] = alpha
    least = np.full(alpha.shape, 255, dtype=np.uint8)
    for down in range(-radius, radius + 1):
        rows = padded[radius + down : radius + down + height]
        reach = isqrt(radius * radius - down * down)
        for right in range(-reach, reach + 1):
            np.minimum(least, rows[:, radius + right : radius + right + width], out=least)
    return least
