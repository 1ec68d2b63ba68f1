"""How much ink lies on one place, in per cent of one full ink.

With the operator's press profile colours go through it (relative colorimetric). Without one they are
separated by a stated simple model, of about the weight that printers' drivers use: C, M and Y are what red,
green and blue lack; black begins where all three are over `BLACK_FROM` and takes `UNDER_BLACK` of its own
amount off each of them. Plain black is then 280 % (Gelato asks for at most 280 % in a rich black).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from configurator.engine.colours import channels
from configurator.engine.layout.pictures import covered
from configurator.engine.layout.scene import Finding, Placed
from configurator.engine.preflight.case import Case, finding
from configurator.engine.preflight.pictures import FULL_ALPHA, seen_pixels

BLACK_FROM = 0.2
UNDER_BLACK = 0.4
# A few pixels above the limit dry as well; more than this share of a picture does not.
TOLERATED_SHARE = 0.01


def too_much_ink(case: Case) -> Iterator[Finding]:
    most = case.profile.max_ink_percent
    if most is None:
        return
    told: set[tuple[str, str]] = set()
    for item in case.scene.items:
        if item.role != "print":
            continue
        if isinstance(item, Placed):
            asset = case.assets.get(item.sha256)
            if asset is None or asset.path is None:
                continue
            pixels = seen_pixels(asset, item.crop)
            pixels = pixels[pixels[..., 3] >= FULL_ALPHA][:, :3]
            amounts = total_ink(pixels, case.profile.icc)
            heavy = float(np.quantile(amounts, 1 - TOLERATED_SHARE)) if len(amounts) else 0.0
            box, what = covered(item), "The darkest parts of this picture take"
        else:
            if (item.element, item.colour) in told:
                continue
            told.add((item.element, item.colour))
            colour = np.array([channels(item.colour)], dtype=np.uint8)
            heavy = float(total_ink(colour, case.profile.icc)[0])
            box, what = item.box, f"{item.colour} takes"
        if heavy <= most + 0.5:
            continue
        yield finding(
            "too-much-ink",
            "refuse" if heavy > most * 1.1 else "warn",
            item.element,
            f"{what} {heavy:.0f} % of ink; above {most} % {case.profile.name} smears. Choose a lighter"
            " colour, or lighten the picture.",
            measured=round(heavy, 1),
            limit=most,
            unit="%",
            box=box,
        )


def total_ink(pixels: NDArray[np.uint8], icc: Path | None) -> NDArray[np.float64]:
    """Per cent of ink for each colour of an array (n, 3) of sRGB."""
    if not len(pixels):
        return np.zeros(0)
    if icc is not None and (transform := _transform(icc)) is not None:
        image = Image.fromarray(np.ascontiguousarray(pixels)[None, :, :], "RGB")
        converted = ImageCms.applyTransform(image, transform)
        assert converted is not None
        inks = np.asarray(converted, dtype=np.float64)[0]
        summed: NDArray[np.float64] = inks.sum(axis=1) / 2.55
        return summed
    lacking = 1 - pixels.astype(np.float64) / 255
    black = np.clip((lacking.min(axis=1) - BLACK_FROM) / (1 - BLACK_FROM), 0, None)
    under: NDArray[np.float64] = (lacking.sum(axis=1) + black * (1 - 3 * UNDER_BLACK)) * 100
    return under


@lru_cache(maxsize=8)
def _transform(icc: Path) -> ImageCms.ImageCmsTransform | None:
    """From sRGB into the press profile; None for a profile of RGB, which says nothing of inks."""
    profile = ImageCms.getOpenProfile(str(icc))
    if profile.profile.xcolor_space.strip() != "CMYK":
        return None
    return ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), profile, "RGB", "CMYK", ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
