"""Writes a view folder: passes, UV map, mask and view.json, as configurator/pictures/README.md describes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tools.pictures.noise import Array

PICTURES = Path(__file__).resolve().parents[2] / "configurator" / "pictures"
QUALITY = 93
UV_STEP = (
    4  # u and v keep 14 of their 16 bits: 1/16384 of the surface; the rest would be incompressible noise
)


def to_bytes(linear: Array) -> Image.Image:
    """Linear light as an 8-bit sRGB picture, with a fixed half-level dither against banding."""
    light = np.clip(linear, 0, 1)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    dither = np.random.default_rng(7).random(light.shape, dtype=np.float32) - 0.5
    return Image.fromarray((encoded + 0.5 + dither * 0.8).clip(0, 255).astype(np.uint8), "RGB")


def write_pass(folder: Path, name: str, linear: Array, quality: int = QUALITY) -> str:
    """Saves one pass; returns its file name."""
    folder.mkdir(parents=True, exist_ok=True)
    file = f"{name}.webp"
    to_bytes(linear).save(folder / file, "WEBP", quality=quality, method=6)
    return file


def write_maps(folder: Path, key: str, u: Array, v: Array, coverage: Array) -> dict[str, Any]:
    """Crops u, v (0..1) and coverage (0..1) to the surface and saves them; returns the view.json entries."""
    seen = coverage > 0
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    stacked = np.concatenate([u[top:bottom, left:right], v[top:bottom, left:right]])
    quantised = (np.clip(stacked, 0, 1) * 65535 / UV_STEP).round() * UV_STEP
    suffix = f"-{key}" if key else ""
    Image.fromarray(quantised.clip(0, 65535).astype(np.uint16)).save(
        folder / f"uv{suffix}.png", optimize=True
    )
    mask = (coverage[top:bottom, left:right] * 255).round().astype(np.uint8)
    Image.fromarray(mask, "L").save(folder / f"mask{suffix}.png", optimize=True)
    return {"uv": f"uv{suffix}.png", "mask": f"mask{suffix}.png", "bbox": [left, top, right, bottom]}


def write_json(folder: Path, facts: dict[str, Any]) -> None:
    """Saves view.json with sorted keys."""
    text = json.dumps(facts, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / "view.json").write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Eye:
    """A pinhole camera: where it stands, what it looks at, what is up; `fov` is horizontal, in degrees."""

    origin: Array
    target: Array
    up: Array
    fov: float

    @property
    def forward(self) -> Array:
        along = self.target - self.origin
        return np.asarray(along / np.linalg.norm(along))

    @property
    def right(self) -> Array:
        across = np.cross(self.forward, self.up)
        return np.asarray(across / np.linalg.norm(across))

    @property
    def above(self) -> Array:
        return np.cross(self.right, self.forward)

    def project(self, points: Array, size: tuple[int, int]) -> Array:
        """Positions in the picture, in pixels (n, 2), of points (n, 3)."""
        away = points - self.origin
        scale = size[0] / 2 / np.tan(np.radians(self.fov) / 2) / (away @ self.forward)
        x, y = away @ self.right * scale, away @ self.above * scale
        return np.stack([size[0] / 2 + x, size[1] / 2 - y], -1)


def pinhole_rays(
    origin: Array,
    target: Array,
    up: Array,
    fov: float,
    size: tuple[int, int],
    offset: tuple[float, float] = (0.5, 0.5),
) -> Array:
    """Unit rays (rows, columns, 3) of the studio's camera through `offset` inside each pixel."""
    width, height = size
    forward = target - origin
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, up)
    right = right / np.linalg.norm(right)
    above = np.cross(right, forward)
    half = np.tan(np.radians(fov) / 2)
    x = ((np.arange(width) + offset[0]) / width * 2 - 1) * half
    y = (1 - (np.arange(height) + offset[1]) / height * 2) * half * height / width
    rays = forward + x[None, :, None] * right + y[:, None, None] * above
    return np.asarray(rays / np.linalg.norm(rays, axis=-1, keepdims=True), dtype=np.float64)
