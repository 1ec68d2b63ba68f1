"""CMYK TIFF through the press's own profile, written strip by strip (TIFF 6.0, Deflate)."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping

import numpy as np
from PIL import Image, ImageCms

from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.machines import Profile
from configurator.engine.rendering.icc import srgb_screen
from configurator.engine.rendering.raster import TILE_ROWS, Pixels, production_bands, size_in_pixels
from configurator.engine.rendering.refusals import CannotBeMade, NoOutputProfile

LEVEL = 6
DEFLATE, SEPARATED, CONTIGUOUS, INCH, CMYK_INKS, HORIZONTAL = 8, 5, 1, 2, 1, 2
SHORT, LONG, RATIONAL, UNDEFINED = 3, 4, 5, 7
SIZES = {SHORT: "H", LONG: "I"}
LARGEST = 2**32 - 1  # offsets have 32 bits


def cmyk_tiff(
    scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo] | None = None, *, dpi: int | None = None
) -> bytes:
    """The print of a scene on white paper, its bleed included, in the inks of the operator's press.

    Colours go from sRGB by the profile's relative colorimetric intent with black point compensation; the
    profile is embedded. Raises `NoOutputProfile` when none is installed, or one that is not of CMYK,
    `PictureMissing`, `CannotBeMade` for more than a TIFF holds.
    """
    resolution = dpi or profile.dpi
    press = _press(profile)
    width, height = size_in_pixels(scene, resolution)
    bands = production_bands(scene, profile, assets, dpi=resolution)
    strips = [zlib.compress(_differences(band), LEVEL) for band in _inked(bands, press)]
    if sum(map(len, strips)) + len(press) > LARGEST - 2**16:
        raise CannotBeMade("The picture is larger than the 4 GB a TIFF holds: make it as PDF.")
    return _file(width, height, resolution, strips, press)


def _press(profile: Profile) -> bytes:
    data = profile.icc.read_bytes() if profile.icc else b""
    if data[16:20] == b"CMYK":
        return data
    raise NoOutputProfile(
        f"{profile.name} has no CMYK profile, so nobody can say which inks its colours are. Put the .icc of"
        f" your press beside your own copy of the machine profile {profile.code} and name it there:"
        " `icc: press.icc`."
    )


def _inked(bands: Iterator[Pixels], press: bytes) -> Iterator[Pixels]:
    """Ink values (rows, width, 4) of bands of RGBA on white paper."""
    to_inks = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(srgb_screen())),
        ImageCms.ImageCmsProfile(io.BytesIO(press)),
        "RGB",
        "CMYK",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    for band in bands:
        artwork = Image.fromarray(band, "RGBA")
        paper = Image.new("RGB", artwork.size, "white")
        paper.paste(artwork, mask=artwork.getchannel("A"))
        inked = ImageCms.applyTransform(paper, to_inks)
        assert inked is not None
        yield np.asarray(inked)


def _differences(band: Pixels) -> bytes:
    """Each pixel less the one to its left, which packs better (predictor 2)."""
    left = np.zeros_like(band)
    left[:, 1:] = band[:, :-1]
    return (band - left).tobytes()


def _file(width: int, height: int, dpi: int, strips: list[bytes], press: bytes) -> bytes:
    """Header, strips, and the directory with what does not fit into its entries."""
    places: list[int] = []
    at = 8
    for strip in strips:
        places.append(at)
        at += len(strip)
    entries: list[tuple[int, int, int, bytes]] = []

    def entry(tag: int, kind: int, *values: int) -> None:
        entries.append((tag, kind, len(values), struct.pack(f"<{len(values)}{SIZES[kind]}", *values)))

    entry(256, LONG, width)
    entry(257, LONG, height)
    entry(258, SHORT, 8, 8, 8, 8)
    entry(259, SHORT, DEFLATE)
    entry(262, SHORT, SEPARATED)
    entry(273, LONG, *places)
    entry(277, SHORT, 4)
    entry(278, LONG, TILE_ROWS)
    entry(279, LONG, *map(len, strips))
    entries.extend((tag, RATIONAL, 1, struct.pack("<2I", dpi, 1)) for tag in (282, 283))
    entry(284, SHORT, CONTIGUOUS)
    entry(296, SHORT, INCH)
    entry(317, SHORT, HORIZONTAL)
    entry(332, SHORT, CMYK_INKS)
    entries.append((34675, UNDEFINED, len(press), press))
    directory = at + at % 2
    beyond = directory + 2 + 12 * len(entries) + 4
    table, more = struct.pack("<H", len(entries)), b""
    for tag, kind, count, data in entries:
        table += struct.pack("<HHI", tag, kind, count)
        if len(data) <= 4:
            table += data.ljust(4, b"\0")
        else:
            table += struct.pack("<I", beyond + len(more))
            more += data + bytes(len(data) % 2)
    head = b"II*\0" + struct.pack("<I", directory)
    return b"".join((head, *strips, bytes(at % 2), table, bytes(4), more))
