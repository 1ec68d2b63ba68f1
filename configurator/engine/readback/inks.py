"""CMYK TIFF against the scene: read by Pillow, ink by ink, with the press profile that the machine names."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from functools import cached_property

import numpy as np
from PIL import Image, ImageCms

from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.machines import Profile
from configurator.engine.readback.codes import codes_in
from configurator.engine.readback.marks import Mismatch, Unreadable
from configurator.engine.readback.pixels import Tones, around, code_differs, compare_pixels, sized_wrong
from configurator.engine.readback.redrawing import Bytes, Drawing, as_one

INKS = ("cyan", "magenta", "yellow", "black")
# TIFF 6.0: tags, and the values that a separated file has.
PHOTOMETRIC, RESOLUTION_UNIT, INK_SET, PRESS = 262, 296, 332, 34675
SEPARATED, INCH, CMYK = 5, 2, 1
# Blocks of pictures: resampled otherwise, and inks follow light by a bent curve.
PICTURE = 24
# Of the page, how much an ink may cover more or less in all.
COVERAGE = 0.02
SMALLER = 8  # the drawing by which that is measured


def compare_tiff(
    scene: Scene, data: bytes, profile: Profile, assets: Mapping[str, AssetInfo]
) -> list[Mismatch]:
    pixels, dpi, press = read_tiff(data)
    if profile.icc is None or press != profile.icc.read_bytes():
        return [Mismatch("press", "", f"The file is not separated for the press of {profile.name}.")]
    if found := sized_wrong(scene, profile, pixels, dpi):
        return found
    inks = _Inks(press)
    found = compare_pixels(scene, pixels, profile, assets, inks.tones)
    found += _coverage(scene, pixels, profile, assets, inks)
    for code in codes_in(scene):
        part = Image.fromarray(around(code, pixels, scene, profile), "CMYK")
        found += code_differs(code, part.convert("RGB").convert("L"), profile)
    return found


def read_tiff(data: bytes) -> tuple[Bytes, float, bytes]:
    """Ink values (rows, columns, 4), resolution and press profile of the file. Raises `Unreadable`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a torn file is read to the tear, with a warning
            with Image.open(io.BytesIO(data), formats=("TIFF",)) as opened:
                tags = opened.tag_v2  # type: ignore[attr-defined]
                said = tags.get(PHOTOMETRIC), tags.get(INK_SET), tags.get(RESOLUTION_UNIT)
                if opened.mode != "CMYK" or said[:2] != (SEPARATED, CMYK):
                    raise Unreadable(f"the TIFF is {opened.mode}, not cyan, magenta, yellow and black")
                if said[2] != INCH:
                    raise Unreadable("the TIFF does not say its resolution in dots an inch")
                if getattr(opened, "n_frames", 1) != 1:
                    raise Unreadable("the TIFF has more than one picture")
                dpi = [float(value) for value in opened.info.get("dpi", (0.0, 0.0))]
                if dpi[0] != dpi[1]:
                    raise Unreadable("the TIFF has another resolution across than down")
                return np.asarray(opened), dpi[0], bytes(tags.get(PRESS, b""))
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, UserWarning) as fault:
        raise Unreadable(f"the TIFF cannot be read ({fault})") from fault


class _Inks:
    """From light on white paper to the inks of a press."""

    def __init__(self, press: bytes) -> None:
        self._press = press

    @cached_property
    def _transform(self) -> ImageCms.ImageCmsTransform:
        return ImageCms.buildTransform(
            ImageCms.createProfile("sRGB"),
            ImageCms.ImageCmsProfile(io.BytesIO(self._press)),
            "RGB",
            "CMYK",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )

    def of(self, drawn: Bytes) -> Bytes:
        """Ink values of premultiplied RGBA."""
        light = drawn[..., :3] + (255 - drawn[..., 3:])
        inked = ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(light), "RGB"), self._transform)
        assert inked is not None
        return np.array(inked)

    @cached_property
    def tones(self) -> Tones:
        paper = self.of(np.zeros((1, 1, 4), dtype=np.uint8))
        return Tones(int(as_one(paper)[0, 0]), self.of, lambda pixels: pixels, PICTURE, False)


def _coverage(
    scene: Scene, pixels: Bytes, profile: Profile, assets: Mapping[str, AssetInfo], inks: _Inks
) -> list[Mismatch]:
    """Each plate's ink in all: what lies on the paper and what dries."""
    height, width = (max(1, side // SMALLER) for side in pixels.shape[:2])
    drawing = Drawing(scene, profile, assets, profile.dpi / 25_400 / SMALLER)
    wanted = inks.of(drawing.part(0, height, 0, width)[0]).mean(axis=(0, 1)) / 255
    seen = pixels.mean(axis=(0, 1)) / 255
    return [
        Mismatch("ink", "", f"The plate {ink} covers {is_so:.0%} of the page instead of {should:.0%}.")
        for ink, is_so, should in zip(INKS, seen, wanted, strict=True)
        if abs(is_so - should) > COVERAGE
    ]
