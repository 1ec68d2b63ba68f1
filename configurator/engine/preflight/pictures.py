"""Pictures: dots an inch at the printed size, soft edges, and pictures in which nothing is to be seen."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configurator.engine.colours import channels
from configurator.engine.geometry import Box, millimetres
from configurator.engine.layout.pictures import MICROMETRES_PER_INCH, covered
from configurator.engine.layout.scene import AssetInfo, Finding, Fix, Placed
from configurator.engine.placing import write_placement
from configurator.engine.preflight.case import Case, finding

# A hair of rounding to whole micrometres is no coarser picture.
ROUNDING = 1e-4
# Pictures are looked at through at most so many pixels a side.
LOOKED_AT = 800
# Alpha from this on is there, from that on wholly: encoders round.
SEEN_ALPHA, FULL_ALPHA = 8, 247
# Channels of sRGB that differ by no more look the same beside each other.
SAME_CHANNEL = 6


def coarse_pictures(case: Case) -> Iterator[Finding]:
    """Too few dots an inch at the size and with the crop that a picture is made with, turned or not."""
    for item in case.inked:
        if not isinstance(item, Placed):
            continue
        dpi = dots_an_inch(item)
        refused, warned = _limits(case, item.element)
        if dpi >= warned * (1 - ROUNDING):
            continue
        refuse = dpi < refused * (1 - ROUNDING)
        limit = refused if refuse else warned
        needed = round(max(item.pixel_width, item.pixel_height) * limit / dpi)
        yield finding(
            "dpi-too-low",
            "refuse" if refuse else "warn",
            item.element,
            f"At {millimetres(item.box.width)} × {millimetres(item.box.height)} mm this picture has"
            f" {dpi:.0f} dots an inch; {limit} are needed. Upload one of about {needed} pixels on its longer"
            " side.",
            measured=round(dpi, 1),
            limit=limit,
            unit="dpi",
            box=covered(item),
            repairs=_smaller(case, item, tuple(dict.fromkeys((warned, refused)))),
        )


def dots_an_inch(item: Placed) -> float:
    """Of the way in which there are fewer; turning a picture changes nothing."""
    return min(
        item.crop.width * MICROMETRES_PER_INCH / item.box.width,
        item.crop.height * MICROMETRES_PER_INCH / item.box.height,
    )


def _limits(case: Case, element: str) -> tuple[int, int]:
    """Below the first it is refused, below the second told: the family's own word counts before the
    machine's."""
    described = case.elements.get(element)
    option = case.spec.option_by_code.get(described.option) if case.spec is not None and described else None
    refused = option.min_dpi if option is not None and option.min_dpi else case.profile.min_dpi_refuse
    return refused, max(refused, case.profile.min_dpi_warn)


def _smaller(case: Case, item: Placed, wanted: tuple[int, ...]) -> tuple[Fix, ...]:
    """The largest size, in whole tenths of a millimetre, at which there are enough dots."""
    placed = case.placement(item.element)
    if placed is None:
        return ()
    code, placement = placed
    fixes = []
    for dpi in wanted:
        width = min(
            floor(item.crop.width * MICROMETRES_PER_INCH / dpi),
            floor(item.crop.height * MICROMETRES_PER_INCH / dpi * item.box.width / item.box.height),
        )
        width = width // 100 * 100
        if width >= 1000:
            made = write_placement(replace(placement, width_um=width))
            fixes.append(Fix(f"Print it {millimetres(width)} mm wide", {code: made}))
    return tuple(fixes)


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture is like: of its pixels that show at all, which share is half transparent; which share
    of the whole shows; the least and greatest red, green and blue of what shows."""

    soft: float
    seen: float
    low: tuple[int, int, int]
    high: tuple[int, int, int]


def soft_edges(case: Case) -> Iterator[Finding]:
    """Half-transparent pixels, which a printer with a white base turns into a halo."""
    most = case.profile.max_soft_alpha_percent
    if most is None:
        return
    for item in case.inked:
        look = _look_of(item, case.assets)
        if look is None or look.soft * 100 <= most:
            continue
        yield finding(
            "soft-edges",
            "warn",
            item.element,
            f"{look.soft:.0%} of this picture is half transparent; above {most} % {case.profile.name} leaves"
            " a visible white edge. Upload it with hard edges, or without transparency.",
            measured=round(look.soft * 100, 1),
            limit=most,
            unit="%",
            box=item.box,
        )


def blank_pictures(case: Case) -> Iterator[Finding]:
    """Pictures of which nothing would be seen: transparent, or as the surface is."""
    ground = channels(case.scene.background) if _is_colour(case.scene.background) else None
    for item in case.inked:
        look = _look_of(item, case.assets)
        if look is None:
            continue
        if item.role == "engrave":
            ground = (255, 255, 255)  # light pixels burn nothing
        if look.seen >= 0.0005 and not _same(look, ground):
            continue
        why = "is transparent all over" if look.seen < 0.0005 else "has the colour of what it is printed on"
        yield finding(
            "nothing-to-see",
            "refuse",
            item.element,
            f"This picture {why}: nothing of it would be seen. Upload another one.",
            measured=round(look.seen * 100, 2),
            limit=0,
            unit="%",
            box=item.box,
        )


def _is_colour(text: str) -> bool:
    return len(text) == 7 and text.startswith("#")


def _same(look: Look, ground: tuple[int, int, int] | None) -> bool:
    return ground is not None and all(
        abs(value - channel) <= SAME_CHANNEL
        for ends in (look.low, look.high)
        for value, channel in zip(ends, ground, strict=True)
    )


def _look_of(item: object, assets: Mapping[str, AssetInfo]) -> Look | None:
    if not isinstance(item, Placed):
        return None
    asset = assets.get(item.sha256)
    return None if asset is None or asset.path is None else look_of(asset, item.crop)


@lru_cache(maxsize=64)
def look_of(asset: AssetInfo, crop: Box) -> Look:
    """The look of the part of a picture that shows."""
    pixels = seen_pixels(asset, crop)
    alpha = pixels[..., 3]
    seen = alpha >= SEEN_ALPHA
    count = int(seen.sum())
    if not count:
        return Look(0.0, 0.0, (0, 0, 0), (0, 0, 0))
    colours = pixels[seen][:, :3]
    # The odd pixel (noise, the mark of an encoder) is nothing to see.
    low = np.percentile(colours, 0.1, axis=0, method="lower")
    high = np.percentile(colours, 99.9, axis=0, method="higher")
    soft = int((alpha[seen] < FULL_ALPHA).sum()) / count
    return Look(soft, count / alpha.size, _channels(low), _channels(high))


def _channels(values: NDArray[Any]) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in values)
    return red, green, blue


def seen_pixels(asset: AssetInfo, crop: Box) -> NDArray[np.uint8]:
    """RGBA of every n-th pixel of the crop: sampled, not averaged, so that hard edges stay hard."""
    pixels = _decoded(asset)
    part = pixels[crop.top : crop.bottom, crop.left : crop.right]
    across, down = max(1, crop.width // LOOKED_AT), max(1, crop.height // LOOKED_AT)
    return part[::down, ::across]


@lru_cache(maxsize=2)
def _decoded(asset: AssetInfo) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(asset.read()), formats=("PNG",)) as opened:
        return np.asarray(opened.convert("RGBA"))
