"""Artworks ready to be put into a PDF: operators and pixels compressed already.

A `Placeable` is made once, at approval; a sheet of hundreds then costs no more than copying bytes. It is kept
as bytes of its own kind (`as_bytes`) and becomes a page or part of one in `pdfx`.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import AssetInfo, Item, Outline, Placed, Scene, Stroke
from configurator.engine.machines import Profile
from configurator.engine.rendering.bands import up_filtered
from configurator.engine.rendering.icc import srgb_printer
from configurator.engine.rendering.pdf import path_operators, placed_operators, points
from configurator.engine.rendering.plates import white_plate
from configurator.engine.rendering.refusals import CannotBeMade
from configurator.engine.rendering.svg import ROLE_COLOURS, PictureMissing

LEVEL = 6
MAGIC = b"placeable 1\n"
# Ways lie on top. White lies underneath, as on the film, and the colours over it keep it (`/Keep`): a viewer
# that knows nothing of overprinting shows the design, a RIP makes the right plates.
WAYS = ("score", "cut")


@dataclass(frozen=True, slots=True)
class Pixmap:
    """Pixels ready for a PDF: Flate data with PNG's "up" prediction. `space` is `rgb`, `grey` or a role;
    `sha256` that of the data, taken when it was made."""

    width: int
    height: int
    space: str
    data: bytes
    sha256: str
    mask: Pixmap | None = None

    @property
    def key(self) -> str:
        """What tells it from other pixels."""
        mask = self.mask.sha256 if self.mask else ""
        return f"{self.space} {self.width} {self.sha256} {mask}"

    @property
    def channels(self) -> int:
        return 3 if self.space == "rgb" else 1


@dataclass(frozen=True, slots=True)
class Placeable:
    """An artwork ready to be put on a sheet. `content` is its operators as Flate data, in points from the
    lower left corner of its bleed; `pixmaps` are `/I1`, `/I2`...; `black_plate`: it was made for CMYK."""

    width_um: int
    height_um: int
    bleed_um: int
    scene_hash: str
    black_plate: bool
    spots: tuple[tuple[str, str], ...]
    content: bytes
    pixmaps: tuple[Pixmap, ...]

    @property
    def sha256(self) -> str:
        """Of everything that is drawn; the pixels take part by the digests that were made with them."""
        return hashlib.sha256(self._head([]) + self.content).hexdigest()

    def as_bytes(self) -> bytes:
        """To be kept in a file: a line of JSON, then the streams one after the other."""
        streams = [self.content]
        said = self._head(streams)
        return b"".join((MAGIC, struct.pack(">I", len(said)), said, *streams))

    def _head(self, streams: list[bytes]) -> bytes:
        head: dict[str, Any] = {
            "size": [self.width_um, self.height_um, self.bleed_um],
            "scene": self.scene_hash,
            "black_plate": self.black_plate,
            "spots": [list(spot) for spot in self.spots],
            "content": len(self.content),
            "pixmaps": [_described(pixmap, streams) for pixmap in self.pixmaps],
        }
        return json.dumps(head, sort_keys=True, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_bytes(cls, data: bytes) -> Placeable:
        """What `as_bytes` gave. Raises `ValueError` for anything else."""
        if not data.startswith(MAGIC):
            raise ValueError("These bytes are not a placeable artwork.")
        at = len(MAGIC) + 4
        (length,) = struct.unpack(">I", data[at - 4 : at])
        head = json.loads(data[at : at + length])
        reader = _Reader(memoryview(data), at + length)
        content = reader.take(head["content"])
        width, height, bleed = head["size"]
        made = cls(
            width_um=width,
            height_um=height,
            bleed_um=bleed,
            scene_hash=head["scene"],
            black_plate=head["black_plate"],
            spots=tuple((role, name) for role, name in head["spots"]),
            content=content,
            pixmaps=tuple(_read_pixmap(each, reader) for each in head["pixmaps"]),
        )
        if reader.at != len(data):
            raise ValueError("This placeable artwork is not whole.")
        return made


@dataclass(frozen=True, slots=True)
class KeptArtwork:
    """A placeable artwork in a file, read when a sheet comes to it; `sha256` is the artwork's."""

    sha256: str
    path: FilePath

    def load(self) -> Placeable:
        return Placeable.from_bytes(self.path.read_bytes())


@dataclass
class _Reader:
    data: memoryview
    at: int

    def take(self, length: int) -> bytes:
        taken = bytes(self.data[self.at : self.at + length])
        self.at += length
        return taken


def _described(pixmap: Pixmap, streams: list[bytes]) -> dict[str, Any]:
    streams.append(pixmap.data)
    said: dict[str, Any] = {
        "size": [pixmap.width, pixmap.height],
        "space": pixmap.space,
        "data": len(pixmap.data),
        "sha256": pixmap.sha256,
    }
    return {**said, "mask": _described(pixmap.mask, streams) if pixmap.mask else None}


def _read_pixmap(head: Mapping[str, Any], reader: _Reader) -> Pixmap:
    data = reader.take(head["data"])
    mask = _read_pixmap(head["mask"], reader) if head["mask"] else None
    width, height = head["size"]
    return Pixmap(width, height, head["space"], data, head["sha256"], mask)


def placeable(
    scene: Scene,
    profile: Profile,
    assets: Mapping[str, AssetInfo] | None = None,
    *,
    alpha: NDArray[np.uint8] | None = None,
) -> Placeable:
    """The artwork of a scene, compressed and ready to be placed. `alpha` (rows, columns) is that of the print
    at the machine's resolution, where it was drawn already; otherwise it is drawn for the white base.

    Raises `CannotBeMade` for a cut or score that the machine has no spot colour for, `PictureMissing`.
    """
    return _Drawing(scene, profile, assets or {}, alpha).made()


class _Drawing:
    """Writes a scene's operators, and keeps its pictures and spot colours."""

    def __init__(
        self,
        scene: Scene,
        profile: Profile,
        assets: Mapping[str, AssetInfo],
        alpha: NDArray[np.uint8] | None,
    ) -> None:
        self.scene, self.profile, self.assets, self.alpha = scene, profile, assets, alpha
        self.height_um = scene.height_um
        self.black_plate = intent_of(profile)[1] == 4
        self.pixmaps: list[Pixmap] = []
        self.names: dict[tuple[str, str, Box], str] = {}
        self.spots: dict[str, str] = {}

    def made(self) -> Placeable:
        scene, bleed = self.scene, self.scene.bleed_um
        white = self._white_first()
        drawn = [*white, "/Keep gs"] if white else []
        drawn += [self._item(item) for item in scene.items if item.role not in (*WAYS, *self.spots)]
        for role in WAYS:
            drawn += [self._item(item) for item in scene.items if item.role == role]
        right = scene.width_um + bleed
        start = f"-1 0 0 1 {points(right)} {points(bleed)} cm" if self.profile.mirror else ""
        start = start or f"1 0 0 1 {points(bleed)} {points(bleed)} cm"
        content = "\n".join(("q", start, *drawn, "Q")).encode("ascii")
        return Placeable(
            width_um=scene.width_um,
            height_um=scene.height_um,
            bleed_um=bleed,
            scene_hash=scene.hash,
            black_plate=self.black_plate,
            spots=tuple(sorted(self.spots.items())),
            content=zlib.compress(content, LEVEL),
            pixmaps=tuple(self.pixmaps),
        )

    def _item(self, item: Item) -> str:
        if isinstance(item, Placed):
            return placed_operators(item, height_um=self.height_um, picture=self._picture(item))
        outline = path_operators(item.path, height_um=self.height_um)
        if item.role in ("cut", "score"):
            return f"q {self._way(item)} {points(self.profile.hairline_um)} w\n{outline}\nS Q"
        if isinstance(item, Stroke):
            return f"q {self._ink(item, stroke=True)} {points(item.width_um)} w\n{outline}\nS Q"
        return f"q {self._ink(item, stroke=False)}\n{outline}\nf Q"

    def _way(self, item: Outline | Stroke) -> str:
        """The ink of a line that shows a machine its way."""
        if item.role in self.profile.spots:
            return self._spot(item.role, stroke=True)
        layer = self.profile.layers.get(item.role)
        if layer is None:
            raise CannotBeMade(
                f"{self.profile.name} would print the {item.role} line of {item.element} instead of following"
                f" it: name its spot colour under `spots` in the machine profile {self.profile.code}."
            )
        return self._colour(layer.colour, stroke=True)

    def _ink(self, item: Outline | Stroke, *, stroke: bool) -> str:
        if item.role in self.profile.spots:
            return self._spot(item.role, stroke=stroke)
        return self._colour(ROLE_COLOURS.get(item.role, "") or item.colour, stroke=stroke)

    def _spot(self, role: str, *, stroke: bool) -> str:
        self.spots[role] = self.profile.spots[role]
        return f"/Over gs /{role} {'CS' if stroke else 'cs'} 1 {'SCN' if stroke else 'scn'}"

    def _colour(self, colour: str, *, stroke: bool) -> str:
        if self.black_plate and colour == "#000000":
            return f"0 0 0 1 {'K' if stroke else 'k'}"
        parts = " ".join(f"{int(colour[at : at + 2], 16) / 255:.4g}" for at in (1, 3, 5))
        if self.black_plate:
            return f"/sRGB {'CS' if stroke else 'cs'} {parts} {'SCN' if stroke else 'scn'}"
        return f"{parts} {'RG' if stroke else 'rg'}"

    def _picture(self, item: Placed) -> str:
        key = (item.role, item.sha256, item.crop)
        if key not in self.names:
            if item.sha256 not in self.assets:
                raise PictureMissing(f"The picture {item.sha256[:12]} was not given.")
            self.names[key] = self._keep(_pixmap(self.assets[item.sha256], item))
        return self.names[key]

    def _white_first(self) -> list[str]:
        """What is printed in white ink, where the machine has one."""
        if self.profile.white_base:
            return [self._white()]
        if "white" not in self.profile.spots:
            return []
        return [self._item(item) for item in self.scene.items if item.role == "white"]

    def _white(self) -> str:
        """White under everything that is printed, as an image of its own ink over the whole page."""
        plate = white_plate(self.scene, self.profile, self.assets, alpha=self.alpha)
        if self.profile.mirror:
            plate = np.ascontiguousarray(plate[:, ::-1])
        self.spots["white"] = self.profile.spots["white"]
        name = self._keep(_packed(plate, "white"))
        bleed = self.scene.bleed_um
        size = f"{points(self.scene.width_um + 2 * bleed)} 0 0 {points(self.scene.height_um + 2 * bleed)}"
        return f"q /Over gs {size} {points(-bleed)} {points(-bleed)} cm {name} Do Q"

    def _keep(self, pixmap: Pixmap) -> str:
        self.pixmaps.append(pixmap)
        return f"/I{len(self.pixmaps)}"


def _pixmap(asset: AssetInfo, item: Placed) -> Pixmap:
    """The cropped pixels in their own resolution, with a mask where the picture is see-through."""
    crop = (item.crop.left, item.crop.top, item.crop.right, item.crop.bottom)
    picture = Image.open(io.BytesIO(asset.read()), formats=("PNG",)).crop(crop).convert("RGBA")
    alpha = picture.getchannel("A")
    opaque = alpha.getextrema() == (255, 255)
    mask = None if opaque else _packed(np.asarray(alpha), "grey")
    colours = np.asarray(picture)[..., :3]
    if item.role == "engrave":
        colours = np.repeat(np.asarray(picture.convert("L"))[..., None], 3, axis=2)
    return _packed(np.ascontiguousarray(colours), "rgb", mask)


def _packed(pixels: NDArray[np.uint8], space: str, mask: Pixmap | None = None) -> Pixmap:
    height, width = pixels.shape[:2]
    lines = pixels.reshape(height, -1)
    filtered = up_filtered(lines, np.zeros(lines.shape[1], dtype=np.uint8))
    data = zlib.compress(filtered, LEVEL)
    return Pixmap(width, height, space, data, hashlib.sha256(data).hexdigest(), mask)


def intent_of(profile: Profile) -> tuple[bytes, int, str]:
    """The output profile of a machine, its number of inks, and what to call it."""
    if profile.icc is None:
        return srgb_printer(), 3, "sRGB"
    data = profile.icc.read_bytes()
    return data, 4 if data[16:20] == b"CMYK" else 3, profile.icc.stem
