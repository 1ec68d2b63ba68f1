"""Product pictures as they lie in a folder: passes, UV map and mask of one view
(configurator/pictures/README.md).

A view shows one surface of a product. Its UV map says, for every pixel of the picture, which place of the
surface
is seen there; its passes show the product blank and with the whole surface printed white and black, or burnt.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configurator.engine.geometry import Box

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Size = tuple[int, int]

BLOCK = 8

Mode = Literal["print", "engrave", "none"]


class NoSuchPicture(LookupError):
    """There is no picture of this product in this variant."""


@dataclass(frozen=True, slots=True)
class Maps:
    """Where the surface is seen. `box` is the part of the picture, in pixels; per pixel of it: `u`, `v` (0
    to 1
    over the surface) and `coverage` (0 to 1: how much of the pixel the surface covers)."""

    box: Box
    u: Floats
    v: Floats
    coverage: Floats
    # Pixels of the picture per unit of u and of v where the surface is seen largest.
    density_u: float
    density_v: float
    # Least and greatest u, then v, of the covered pixels in blocks of `BLOCK` by `BLOCK`; where there are
    # none, the least is greater than the greatest.
    blocks: tuple[Floats, Floats, Floats, Floats]


@dataclass(frozen=True, slots=True)
class Relief:
    """How an engraving's depth is seen, in pixels to the right and down: where in the picture the floor under
    a pixel lies (`look`), and how long the shadow of a wall is (`light`)."""

    look: tuple[float, float] = (0.0, 0.0)
    light: tuple[float, float] = (2.0, 2.0)


UNKNOWN_RELIEF = Relief()


@dataclass(frozen=True, slots=True)
class View:
    """One view folder. Everything it holds is read when it is first needed and then remembered."""

    folder: FilePath
    mode: Mode
    facts: Mapping[str, Any]
    # Of the pictures in pixels where they are made smaller than they were rendered.
    width: int | None = None

    def __hash__(self) -> int:
        return hash((self.folder, self.width))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, View) and (other.folder, other.width) == (self.folder, self.width)

    def at(self, width: int) -> View:
        """The same view in pictures `width` pixels wide; as they are where that is wider. Passes and maps are
        reduced once, so artwork is only ever drawn for the pixels that are shown."""
        return replace(self, width=width) if width < self.facts["size"][0] else self

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(sorted({*self.facts["passes"], *self.facts.get("aliases", {})}))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures in pixels."""
        width, height = self.rendered
        return (width, height) if self.width is None else (self.width, round(self.width * height / width))

    @property
    def rendered(self) -> tuple[int, int]:
        """Width and height of the pictures as they lie in the folder."""
        width, height = self.facts["size"]
        return int(width), int(height)

    def surface_um(self, variant: str) -> tuple[int, int]:
        """Width and height of the surface that u and v run over."""
        width, height = self._fact("surface_mm", variant)
        return round(width * 1000), round(height * 1000)

    def maps(self, variant: str) -> Maps:
        left, top, right, bottom = self._fact("bbox", variant)
        return _maps(
            self.folder / self._fact("uv", variant),
            self.folder / self._fact("mask", variant),
            Box(left, top, right, bottom),
            self.rendered,
            self.size,
        )

    def picture(self, variant: str, name: str) -> Bytes:
        """One pass (`blank`, `white`, `black`, `burnt`) as sRGB bytes, height x width x 3."""
        passes = self.facts["passes"].get(self._shown(variant))
        if passes is None or name not in passes:
            raise NoSuchPicture(f"{self.folder.name} has no picture {name!r} of {variant!r}.")
        return _pixels(
            self.folder / passes[name],
            Box(*self._fact("bbox", variant)) if self.is_cropped(name) else Box(0, 0, *self.rendered),
            self.rendered,
            self.size,
        )

    def has(self, variant: str, name: str) -> bool:
        return name in self.facts["passes"].get(self._shown(variant), {})

    def is_cropped(self, name: str) -> bool:
        """Whether a pass is kept of the maps' box only."""
        return name in self.facts.get("cropped", ())

    def relief(self, variant: str) -> Relief:
        """The depth of the engraving in the pixels of this view; light from the upper left if unknown."""
        if "relief" not in self.facts:
            return UNKNOWN_RELIEF
        facts = self.facts["relief"] if "look" in self.facts["relief"] else self._fact("relief", variant)
        return _relief(self, variant, float(facts["depth_mm"]), tuple(facts["look"]), tuple(facts["light"]))

    def _shown(self, variant: str) -> str:
        return str(self.facts.get("aliases", {}).get(variant, variant))

    def _fact(self, name: str, variant: str) -> Any:
        """A fact of the view, which may be given per variant or per geometry."""
        fact = self.facts[name]
        if not isinstance(fact, dict):
            return fact
        geometry = self.facts.get("geometry", {})
        for key in (variant, geometry.get(variant), self._shown(variant), geometry.get(self._shown(variant))):
            if key in fact:
                return fact[key]
        raise NoSuchPicture(f"{self.folder.name} has no picture of {variant!r}.")


@lru_cache(maxsize=64)
def load_view(folder: FilePath) -> View:
    """The view in a folder; raises `NoSuchPicture` when there is none."""
    try:
        facts = json.loads((folder / "view.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoSuchPicture(f"There is no view in {folder.name}.") from error
    return View(folder, facts["mode"], facts)


@lru_cache(maxsize=64)
def _relief(
    view: View, variant: str, depth_mm: float, look: tuple[float, float], light: tuple[float, float]
) -> Relief:
    """Millimetres on the surface as pixels, by the slopes of the maps in their middle part."""
    maps = view.maps(variant)
    width, height = (side / 1000 for side in view.surface_um(variant))
    tall, wide = maps.box.height, maps.box.width
    middle = np.s_[tall // 3 : tall * 2 // 3, wide // 3 : wide * 2 // 3]
    u_y, u_x = (float(np.median(slope)) * width for slope in np.gradient(maps.u[middle]))
    v_y, v_x = (float(np.median(slope)) * height for slope in np.gradient(maps.v[middle]))
    pixels = np.linalg.inv([[u_x, u_y], [v_x, v_y]]) * depth_mm
    look_x, look_y = pixels @ look
    light_x, light_y = pixels @ light
    return Relief((float(look_x), float(look_y)), (float(light_x), float(light_y)))


@lru_cache(maxsize=16)
def _maps(uv: FilePath, mask: FilePath, box: Box, rendered: Size, size: Size) -> Maps:
    with Image.open(uv) as opened:
        stacked = np.asarray(opened, dtype=np.uint16)
    u = (stacked[: box.height] / np.float32(65535)).astype(np.float32)
    v = (stacked[box.height :] / np.float32(65535)).astype(np.float32)
    with Image.open(mask) as opened:
        coverage = np.asarray(opened.convert("L"), dtype=np.float32) / np.float32(255)
    if size != rendered:
        box, u, v, coverage = _reduced_maps(box, u, v, coverage, rendered, size)
    blocks = (*_ends(u, coverage), *_ends(v, coverage))
    return Maps(box, u, v, coverage, _density(u, coverage), _density(v, coverage), blocks)


def _reduced_box(box: Box, rendered: Size, size: Size) -> Box:
    """The whole pixels of a smaller picture that a box of the rendered one touches."""
    across, down = size[0] / rendered[0], size[1] / rendered[1]
    return Box(
        math.floor(box.left * across),
        math.floor(box.top * down),
        min(math.ceil(box.right * across), size[0]),
        min(math.ceil(box.bottom * down), size[1]),
    )


def _reduced_maps(
    box: Box, u: Floats, v: Floats, coverage: Floats, rendered: Size, size: Size
) -> tuple[Box, Floats, Floats, Floats]:
    """Averages over the pixels of a smaller picture; of u and v only where the surface is seen, because
    elsewhere they mean nothing."""
    to = _reduced_box(box, rendered, size)
    seen = (coverage > 0).astype(np.float32)

    def averaged(field: Floats) -> Floats:
        whole = np.zeros((rendered[1], rendered[0]), dtype=np.float32)
        whole[box.top : box.bottom, box.left : box.right] = field
        small = Image.fromarray(whole).resize(size, Image.Resampling.BOX)
        return np.asarray(small)[to.top : to.bottom, to.left : to.right]

    weight = averaged(seen)
    covered = weight > 0
    u, v = (
        np.divide(averaged(ramp * seen), weight, out=np.zeros_like(weight), where=covered) for ramp in (u, v)
    )
    return to, u, v, averaged(coverage)


def _ends(ramp: Floats, coverage: Floats) -> tuple[Floats, Floats]:
    """Least and greatest value in each block of covered pixels."""
    height, width = ramp.shape
    room = ((0, -height % BLOCK), (0, -width % BLOCK))
    ends = []
    for nothing, end in ((2.0, np.min), (-1.0, np.max)):
        filled = np.pad(np.where(coverage > 0, ramp, np.float32(nothing)), room, constant_values=nothing)
        blocks = filled.reshape(filled.shape[0] // BLOCK, BLOCK, filled.shape[1] // BLOCK, BLOCK)
        ends.append(end(blocks, axis=(1, 3)).astype(np.float32))
    return ends[0], ends[1]


def _density(ramp: Floats, coverage: Floats) -> float:
    """Pixels per unit of u or v: its gradient's length where it is small, but not the smallest."""
    down, across = np.gradient(ramp)
    steps = np.hypot(down, across)[coverage >= 1]
    steps = steps[(steps > 0) & (steps < 0.05)]
    return 1 / float(np.percentile(steps, 15)) if steps.size else 1.0


@lru_cache(maxsize=32)
def _pixels(path: FilePath, box: Box, rendered: Size, size: Size) -> Bytes:
    """The pixels of a pass, which shows `box` of the rendered picture."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    if size != rendered:
        picture = _reduced(picture, box, rendered, size)
    return np.asarray(picture, dtype=np.uint8)


def _reduced(picture: Image.Image, box: Box, rendered: Size, size: Size) -> Image.Image:
    """The same part of a smaller picture, in whole pixels of that."""
    to = _reduced_box(box, rendered, size)
    across, down = rendered[0] / size[0], rendered[1] / size[1]
    # A pixel of the smaller picture may begin or end beside the part: there its rim is repeated.
    rim = math.ceil(max(across, down))
    wide = np.pad(np.asarray(picture), ((rim, rim), (rim, rim), (0, 0)), mode="edge")
    part = (
        to.left * across - box.left + rim,
        to.top * down - box.top + rim,
        to.right * across - box.left + rim,
        to.bottom * down - box.top + rim,
    )
    # Of the filters that look at every pixel the quickest, and hardly less crisp.
    return Image.fromarray(wide).resize((to.width, to.height), Image.Resampling.HAMMING, box=part)
