"""One picture against another: where its corners lie, how many pixels it has, and which."""

from __future__ import annotations

from math import hypot

import numpy as np
from PIL import Image

from configurator.engine.readback.marks import TOLERANCE_UM, Shown, covered, differences

# Rounding in colour conversions.
LEVELS = 2


def picture_differs(wanted: Shown, seen: Shown) -> str:
    """What is wrong with the place, the size or the mask of a picture; empty when nothing is."""
    gaps = [hypot(a[0] - b[0], a[1] - b[1]) for a, b in zip(wanted.corners, seen.corners, strict=True)]
    if max(gaps) > TOLERANCE_UM:
        return f"lies elsewhere, by {max(gaps) / 1000:.2f} mm at a corner"
    if wanted.pixels.size != seen.pixels.size:
        return (
            f"has {seen.pixels.width} x {seen.pixels.height} pixels"
            f" instead of {wanted.pixels.width} x {wanted.pixels.height}"
        )
    if bool(wanted.mask) != bool(seen.mask) or differences(
        covered(wanted.mask, even_odd=False), covered(seen.mask, even_odd=False)
    ):
        return "is cut out along another line"
    return ""


def pixels_differ(wanted: Image.Image, seen: Image.Image) -> str:
    """Whether any pixel that can be seen is another one."""
    one = np.asarray(wanted.convert("RGBA"), dtype=np.int16)
    other = np.asarray(seen.convert("RGBA"), dtype=np.int16)
    if one.shape != other.shape:
        return "has another number of pixels"
    visible = one[..., 3:] > 0
    wrong = (np.abs(one - other) > LEVELS) & (visible | (np.arange(4) == 3))
    count = int(wrong.any(axis=2).sum())
    return f"is not the approved one: {count} of its pixels differ" if count else ""
