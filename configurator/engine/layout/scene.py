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
from configurator.engine.spec import Choice

SCENE_FORMAT = 2
ROLES = ("print", "white", "engrave", "cut", "score")

# The element of the line along which a surface is cut out that is no rectangle.
CONTOUR = "outline"

Severity = Literal["refuse", "warn", "fixed"]
OutlineKind = Literal["text", "code", "shape"]


@dataclass(frozen=True, slots=True)
class AssetInfo:
    """A picture that was taken in: upright, sRGB, PNG; its size in pixels and its file.

    Of the kind `vector` it is a drawing (`engine.drawing`), its size in units of its frame.
    """

    sha256: str
    width: int
    height: int
    path: FilePath | None = None
    kind: Literal["picture", "vector"] = "picture"

    def read(self) -> bytes:
        if self.path is None:
            raise FileNotFoundError(f"The file of the picture {self.sha256[:12]} was not given.")
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair to offer as one click: choices to make together, and the words on the button."""

    label: str
    changes: Mapping[str, Choice]

    def as_json(self) -> dict[str, Any]:
        return {"label": self.label, "changes": dict(self.changes)}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about an element that a machine cannot make (refuse), that will look poor (warn), or that
    was put right on the way (fixed). `measured` and `limit` are in `unit`; `box` is where on the surface.

    `letters` are those that a message about letters names."""

    code: str
    severity: Severity
    element: str
    measured: float | None
    limit: float | None
    unit: str
    message: str
    box: Box | None = None
    repairs: tuple[Fix, ...] = ()
    letters: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "element": self.element,
            "measured": self.measured,
            "limit": self.limit,
            "unit": self.unit,
            "message": self.message,
            "box": self.box.as_json() if self.box is not None else None,
            "repairs": [fix.as_json() for fix in self.repairs],
        }


@dataclass(frozen=True, slots=True)
class Caret:
    """Where the cursor stands before a cluster of a text (and once after the last one of each line).

    `cluster` counts code points of the text in NFC; (`x_um`, `y_um`) is the foot of the cursor, on the
    baseline; it is as high as a capital, and turned by `angle_mdeg` clockwise (text on a circle). In `rtl`
    text the letter stands to the left of its cursor.
    """

    cluster: int
    x_um: int
    y_um: int
    height_um: int
    rtl: bool
    angle_mdeg: int = 0

    def as_json(self) -> list[int]:
        return [self.cluster, self.x_um, self.y_um, self.height_um, int(self.rtl), self.angle_mdeg]


@dataclass(frozen=True, slots=True)
class Outline:
    """A filled outline (rule non-zero). `colour` is `#rrggbb` for the role print, else empty.

    `kind`, `text` (what is written, or a code's payload), `module_um` (the side of a code's modules) and
    `carets` tell what the outline stands for; they change nothing that is made and are not in the hash.
    """

    element: str
    role: str
    colour: str
    path: Path
    box: Box
    fonts: tuple[str, ...] = ()
    kind: OutlineKind = "shape"
    text: str = ""
    module_um: int = 0
    carets: tuple[Caret, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            **self.made(),
            "stands_for": self.kind,
            "text": self.text,
            "module": self.module_um,
            "carets": [caret.as_json() for caret in self.carets],
        }

    def made(self) -> dict[str, Any]:
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
        return self.made()

    def made(self) -> dict[str, Any]:
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
    """A picture drawn into `box`, then turned clockwise about the box's centre; `crop` is the part of it
    that shows, in its own pixels. Where there is an `outline` (on the surface, not turned with the picture),
    only what lies inside it shows."""

    element: str
    role: str
    sha256: str
    box: Box
    crop: Box
    pixel_width: int
    pixel_height: int
    rotation_mdeg: int = 0
    outline: Path = ()

    def as_json(self) -> dict[str, Any]:
        return self.made()

    def made(self) -> dict[str, Any]:
        return {
            "kind": "placed",
            "element": self.element,
            "role": self.role,
            "sha256": self.sha256,
            "box": self.box.as_json(),
            "crop": self.crop.as_json(),
            "pixels": [self.pixel_width, self.pixel_height],
            "rotation": self.rotation_mdeg,
            "outline": path_data(self.outline),
        }


Item = Outline | Stroke | Placed


@dataclass(frozen=True)
class Scene:
    """`hash` covers what is made (size and items), not the wording of findings.

    `bleed_um` is how far artwork may, and where it reaches the edge has to, run over the trimmed edge.
    """

    surface: str
    process: str
    width_um: int
    height_um: int
    corner_radius_um: int
    safe_um: int
    background: str
    items: tuple[Item, ...]
    findings: tuple[Finding, ...]
    bleed_um: int = 0

    @property
    def box(self) -> Box:
        return Box(0, 0, self.width_um, self.height_um)

    @property
    def fonts(self) -> tuple[str, ...]:
        """The hashes (SHA-256) of the font files that its texts are drawn with."""
        outlines = [item for item in self.items if isinstance(item, Outline)]
        return tuple(sorted({font for outline in outlines for font in outline.fonts}))

    @property
    def pictures(self) -> tuple[str, ...]:
        """The hashes (SHA-256) of the pictures that are placed on it."""
        return tuple(sorted({item.sha256 for item in self.items if isinstance(item, Placed)}))

    @property
    def makeable(self) -> bool:
        return not any(finding.severity == "refuse" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        return {
            **self._made(),
            "items": [item.as_json() for item in self.items],
            "findings": [finding.as_json() for finding in self.findings],
        }

    def _made(self) -> dict[str, Any]:
        return {
            "format": SCENE_FORMAT,
            "surface": self.surface,
            "process": self.process,
            "width": self.width_um,
            "height": self.height_um,
            "corner_radius": self.corner_radius_um,
            "safe": self.safe_um,
            "bleed": self.bleed_um,
            "background": self.background,
            "items": [item.made() for item in self.items],
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
            bleed_um=data["bleed"],
            background=data["background"],
            items=tuple(_item(item) for item in data["items"]),
            findings=tuple(_finding(finding) for finding in data.get("findings", ())),
        )


def _finding(data: Mapping[str, Any]) -> Finding:
    facts = dict(data)
    box, repairs = facts.pop("box", None), facts.pop("repairs", ())
    return Finding(
        **facts,
        box=Box(*box) if box else None,
        repairs=tuple(Fix(fix["label"], fix["changes"]) for fix in repairs),
    )


def _item(data: Mapping[str, Any]) -> Item:
    box = Box(*data["box"])
    if data["kind"] == "placed":
        return Placed(
            data["element"],
            data["role"],
            data["sha256"],
            box,
            Box(*data["crop"]),
            data["pixels"][0],
            data["pixels"][1],
            rotation_mdeg=data["rotation"],
            outline=read_path(data["outline"]),
        )
    path = read_path(data["path"])
    if data["kind"] == "stroke":
        return Stroke(data["element"], data["role"], data["colour"], path, data["width"], box)
    return Outline(
        data["element"],
        data["role"],
        data["colour"],
        path,
        box,
        tuple(data["fonts"]),
        kind=data["stands_for"],
        text=data["text"],
        module_um=data["module"],
        carets=tuple(
            Caret(cluster, x, y, height, bool(rtl), angle)
            for cluster, x, y, height, rtl, angle in data["carets"]
        ),
    )


def contour_of(scene: Scene) -> Stroke | None:
    """The line along which the surface is cut out; None where that is its rectangle."""
    ways = (item for item in scene.items if isinstance(item, Stroke) and item.role == "cut")
    return next((item for item in ways if item.element == CONTOUR), None)
