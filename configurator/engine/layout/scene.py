"""A laid-out surface: what every picture and every production file is drawn from.

All lengths are integer micrometres, y downwards from the top left corner. A scene has the same JSON and the
same hash in every process, locale and hash seed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Literal

from configurator.engine.geometry import Box, Path, path_data, read_path

SCENE_FORMAT = 1
ROLES = ("print", "white", "engrave", "cut", "score")

Severity = Literal["refuse", "warn", "fixed"]


@dataclass(frozen=True, slots=True)
class AssetInfo:
    """A picture that was taken in: upright, sRGB, PNG; its size in pixels and its file."""

    sha256: str
    width: int
    height: int
    path: FilePath | None = None

    def read(self) -> bytes:
        if self.path is None:
            raise FileNotFoundError(f"The file of the picture {self.sha256[:12]} was not given.")
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about an element that a machine cannot make (refuse), that will look poor (warn), or that
    was put right on the way (fixed). `measured` and `limit` are in `unit`."""

    code: str
    severity: Severity
    element: str
    measured: float | None
    limit: float | None
    unit: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "element": self.element,
            "measured": self.measured,
            "limit": self.limit,
            "unit": self.unit,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Outline:
    """A filled outline (rule non-zero). `colour` is `#rrggbb` for the role print, else empty."""

    element: str
    role: str
    colour: str
    path: Path
    box: Box
    fonts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": "outline",
            "element": self.element,
            "role": self.role,
            "colour": self.colour,
            "path": path_data(self.path),
            "box": self.box.as_json(),
            "fonts": list(self.fonts),
        }


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line of a given width along an outline."""

    element: str
    role: str
    colour: str
    path: Path
    width_um: int
    box: Box

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": "stroke",
            "element": self.element,
            "role": self.role,
            "colour": self.colour,
            "path": path_data(self.path),
            "width": self.width_um,
            "box": self.box.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture drawn into `box`; `crop` is the part of it that shows, in its own pixels."""

    element: str
    role: str
    sha256: str
    box: Box
    crop: Box
    pixel_width: int
    pixel_height: int

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": "placed",
            "element": self.element,
            "role": self.role,
            "sha256": self.sha256,
            "box": self.box.as_json(),
            "crop": self.crop.as_json(),
            "pixels": [self.pixel_width, self.pixel_height],
        }


Item = Outline | Stroke | Placed


@dataclass(frozen=True)
class Scene:
    """`hash` covers what is made (size and items), not the wording of findings."""

    surface: str
    process: str
    width_um: int
    height_um: int
    corner_radius_um: int
    safe_um: int
    background: str
    items: tuple[Item, ...]
    findings: tuple[Finding, ...]

    @property
    def box(self) -> Box:
        return Box(0, 0, self.width_um, self.height_um)

    @property
    def makeable(self) -> bool:
        return not any(finding.severity == "refuse" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        return {**self._made(), "findings": [finding.as_json() for finding in self.findings]}

    def _made(self) -> dict[str, Any]:
        return {
            "format": SCENE_FORMAT,
            "surface": self.surface,
            "process": self.process,
            "width": self.width_um,
            "height": self.height_um,
            "corner_radius": self.corner_radius_um,
            "safe": self.safe_um,
            "background": self.background,
            "items": [item.as_json() for item in self.items],
        }

    @cached_property
    def hash(self) -> str:
        """Hexadecimal SHA-256 of the canonical JSON of what is made."""
        canonical = json.dumps(self._made(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scene:
        """The scene that `as_json` described; raises `ValueError` for another format."""
        if data.get("format") != SCENE_FORMAT:
            raise ValueError(f"A scene of format {data.get('format')!r} cannot be read, only {SCENE_FORMAT}.")
        return cls(
            surface=data["surface"],
            process=data["process"],
            width_um=data["width"],
            height_um=data["height"],
            corner_radius_um=data["corner_radius"],
            safe_um=data["safe"],
            background=data["background"],
            items=tuple(_item(item) for item in data["items"]),
            findings=tuple(Finding(**finding) for finding in data.get("findings", ())),
        )


def _item(data: Mapping[str, Any]) -> Item:
    box = Box(*data["box"])
    if data["kind"] == "placed":
        return Placed(data["element"], data["role"], data["sha256"], box, Box(*data["crop"]), *data["pixels"])
    path = read_path(data["path"])
    if data["kind"] == "stroke":
        return Stroke(data["element"], data["role"], data["colour"], path, data["width"], box)
    return Outline(data["element"], data["role"], data["colour"], path, box, tuple(data["fonts"]))
