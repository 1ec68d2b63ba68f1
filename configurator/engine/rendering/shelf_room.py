"""The room a shelf is pictured in: camera, light by closed formulas, wall and floor.

The light is that of the other product pictures, a soft key from the upper left and an even room:

* room light on a point inside a compartment is the form factor of the front opening, by Lambert's formula for
  a polygon (Photometria, 1760): the sum over its edges of angle x (edge normal . normal) / 2 pi;
* the key reaches the point when the line to it leaves through the opening; the penumbra widens with the way;
* what the walls of a compartment give each other is one constant per compartment (the mean times the albedo).

Millimetres: x right from the middle, y from the wall into the room, z up from the floor.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

WALL_ALBEDO = np.array([0.640, 0.602, 0.552], dtype=np.float32)
ROOM = np.array([0.510, 0.505, 0.494], dtype=np.float32)
KEY = np.array([0.78, 0.745, 0.70], dtype=np.float32)
TO_KEY = np.array([-0.50, 0.66, 0.56]) / np.linalg.norm([-0.50, 0.66, 0.56])
YAW_DEGREES = {"angled": 21.0, "front": 0.0}  # by view: how far to the left the camera stands


@dataclass(frozen=True)
class Camera:
    """A shift lens: it looks level, so uprights stay upright; `scale` and `centre` place the picture."""

    position: NDArray[np.float64]
    right: NDArray[np.float64]
    forward: NDArray[np.float64]
    scale: float
    centre: tuple[float, float]

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Picture positions (n, 2) in pixels of points (n, 3)."""
        away = points - self.position
        depth = away @ self.forward
        return np.stack(
            [
                self.centre[0] + self.scale * (away @ self.right) / depth,
                self.centre[1] - self.scale * away[:, 2] / depth,
            ],
            -1,
        )


@dataclass(frozen=True)
class Opening:
    """A compartment: x `left` to `right`, z `bottom` to `top`, y 0 to `depth`, open to the front."""

    left: float
    right: float
    bottom: float
    top: float
    depth: float


@lru_cache(maxsize=1)
def _encoding() -> NDArray[np.uint8]:
    """sRGB bytes of linear light in 4096 steps."""
    light = np.linspace(0, 1, 4096)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (encoded * 255 + 0.5).astype(np.uint8)


def picture(linear: Floats) -> Image.Image:
    """Linear light (rows, columns, 3) as an sRGB picture."""
    steps = (np.clip(linear, 0, 1) * 4095).astype(np.uint16)
    return Image.fromarray(_encoding()[steps], "RGB")


def _smooth(low: float, high: float, value: NDArray[np.floating[Any]]) -> Floats:
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def _form_factor(points: Floats, normal: Floats, corners: Floats) -> Floats:
    """Share of the light of an even polygon (n corners) that reaches points (m, 3) with a common normal."""
    spokes = corners[None] - points[:, None]
    spokes /= np.linalg.norm(spokes, axis=-1, keepdims=True) + 1e-6
    following = np.roll(spokes, -1, axis=1)
    cross = np.cross(spokes, following)
    length = np.linalg.norm(cross, axis=-1) + 1e-9
    angle = np.arctan2(length, np.sum(spokes * following, axis=-1))
    total = np.sum(angle / length * (cross @ normal), axis=1) / (2 * math.pi)
    return np.asarray(np.abs(total), dtype=np.float32)


def inside_light(points: Floats, normal: Floats, opening: Opening, albedo: Floats) -> Floats:
    """Light (m, 3) on points inside a compartment."""
    o = opening
    corners = np.array(
        [
            [o.left, o.depth, o.bottom],
            [o.right, o.depth, o.bottom],
            [o.right, o.depth, o.top],
            [o.left, o.depth, o.top],
        ],
        dtype=np.float32,
    )
    room = _form_factor(points, normal, corners)
    way = (o.depth - points[:, 1]) / TO_KEY[1]
    x, z = points[:, 0] + TO_KEY[0] * way, points[:, 2] + TO_KEY[2] * way
    blur = 5 + 0.16 * way
    seen = np.ones_like(room)
    # the key stands to the upper left: only the left side and the board above can be in the way
    for margin in (x - o.left, o.top - z):
        seen *= _smooth(-1, 1, (margin / blur).astype(np.float32))
    key = seen * max(0.0, float(normal @ TO_KEY))
    width, tall = o.right - o.left, o.top - o.bottom
    openness = width * tall / (width * tall + 2 * o.depth * (width + tall))
    bounce = albedo * (0.30 + 0.55 * openness) * (1 - 0.45 * openness)
    depth = 1 - 0.35 * (1 - points[:, 1:2] / o.depth)
    return np.asarray(
        ROOM * room[:, None] + KEY * key[:, None] + (ROOM * 0.80) * bounce * depth, dtype=np.float32
    )


def outside_light(points: Floats, normal: Floats, height: float) -> Floats:
    """Light on the outer faces: key by angle, room less near the floor and, for the sides, near the wall."""
    key = max(0.0, float(normal @ TO_KEY))
    floor = 1 - 0.30 * np.exp(-points[:, 2] / 90)
    wall = 1 - 0.45 * np.exp(-points[:, 1] / 70) if abs(normal[1]) < 0.5 else np.ones(len(points))
    falling = 0.93 + 0.07 * points[:, 2] / max(height, 1.0)
    room = (0.86 * floor * wall * falling)[:, None]
    return np.asarray(ROOM * room + KEY * key * falling[:, None], dtype=np.float32)


def _soft_box(x: Floats, y: Floats, box: tuple[float, float, float, float], blur: float) -> Floats:
    left, right, low, high = box
    inside = _smooth(-blur, blur, x - left) * _smooth(-blur, blur, right - x)
    return np.asarray(
        inside * _smooth(-blur, blur, y - low) * _smooth(-blur, blur, high - y), dtype=np.float32
    )


def _seen_from(
    camera: Camera, size: tuple[int, int], step: int, hanging: bool
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Where every `step`-th pixel lies: x, y, z on wall or floor, and which of the two."""
    px, py = np.meshgrid(*((np.arange(-(-side // step)) + 0.5) * step for side in size))
    rays = (
        camera.forward
        + ((px - camera.centre[0]) / camera.scale)[..., None] * camera.right
        - ((py - camera.centre[1]) / camera.scale)[..., None] * np.array([0.0, 0.0, 1.0])
    )
    to_wall = -camera.position[1] / rays[..., 1]
    on_wall = (camera.position[2] + rays[..., 2] * to_wall >= 0) | hanging
    to_floor = -camera.position[2] / np.minimum(rays[..., 2], -1e-6)
    reach = np.where(on_wall, to_wall, to_floor)
    x, y, z = ((camera.position[i] + rays[..., i] * reach).astype(np.float32) for i in range(3))
    return x, y, z, on_wall


def _shadow(
    x: Floats, y: Floats, z: Floats, on_wall: NDArray[np.bool_], measures: tuple[float, float, float]
) -> Floats:
    """0..1: how much of the key the shelf takes from points of wall and floor; softer the longer the way."""
    width, height, depth = measures
    half = width / 2
    shade = np.zeros(x.shape, dtype=np.float32)
    for part in np.linspace(0.08, 1, 14):
        way = float(part * depth / TO_KEY[1])
        aside, drop = -TO_KEY[0] * way, -TO_KEY[2] * way
        box = (-half + aside, half + aside, drop, height + drop)
        shade = np.maximum(shade, _soft_box(x, z, box, 6 + 0.20 * way) * on_wall)
    for part in np.linspace(0.02, 1, 26) ** 2:
        way = float(part * height / TO_KEY[2])
        aside, back = -TO_KEY[0] * way, -TO_KEY[1] * way
        box = (-half + aside, half + aside, back, depth + back)
        shade = np.maximum(shade, _soft_box(x, y, box, 5 + 0.20 * way) * ~on_wall)
    return shade


def background(
    camera: Camera, size: tuple[int, int], measures: tuple[float, float, float], hanging: bool
) -> Image.Image:
    """Wall and floor with the shelf's soft shadow, computed at half the size and enlarged."""
    step = 2
    width, height, depth = measures
    x, y, z, on_wall = _seen_from(camera, size, step, hanging)
    outside_x = np.maximum(np.abs(x) - width / 2, 0)
    near_wall = np.hypot(outside_x, np.maximum(np.maximum(z - height, -z), 0)) / (0.28 * depth + 20)
    near_floor = np.hypot(outside_x, np.maximum(y - depth, 0)) / (26 + 0.02 * max(width, height))
    ambient = 1 - np.where(on_wall, 0.38 * np.exp(-near_wall), 0.62 * np.exp(-near_floor))
    # wall and floor meet in a wide curve, like a paper sweep: no hard line behind the product
    bend = 0.16 * max(width, height)
    turned = np.where(on_wall, 0.5 - 0.5 * _smooth(0, bend, z), 0.5 + 0.5 * _smooth(0, bend, y)) * (
        not hanging
    )
    corner = 1 - 0.12 * (1 - np.abs(2 * turned - 1)) * (not hanging)
    span = max(width, height)
    falloff = 1.06 - 0.12 * _smooth(-1.2, 1.6, (x + 0.3 * (height / 2 - z)) / span)
    facing = TO_KEY[1] * (1 - turned) + TO_KEY[2] * 1.08 * turned
    # a dark seam where the piece touches the floor, whatever the light
    contact = 1 - 0.55 * np.exp(-near_floor * 3.0) * ~on_wall
    key = KEY * (facing * (1 - 0.80 * _shadow(x, y, z, on_wall, measures)) * contact * falloff)[..., None]
    small = picture(
        (WALL_ALBEDO * (ROOM * (0.92 * ambient * corner)[..., None] + key) * 1.14).astype(np.float32)
    )
    large = small.resize((small.width * step, small.height * step), Image.Resampling.BICUBIC)
    return large.crop((0, 0, *size))


def fitted_camera(
    width: float, height: float, depth: float, size: tuple[int, int], yaw_degrees: float
) -> Camera:
    """Stands to the left, or in the middle, at breast height of the piece and fits it into the frame."""
    yaw = math.radians(yaw_degrees)
    forward = np.array([math.sin(yaw), -math.cos(yaw), 0.0])
    right = np.array([math.cos(yaw), math.sin(yaw), 0.0])
    distance = 2.5 * max(width, height, 2 * depth)
    middle = np.array([0.0, depth / 2, 0.0])
    position = (
        middle - forward * distance + np.array([0.0, 0.0, max(0.60 * height, min(1.25 * height, 620.0))])
    )
    rough = Camera(position, right, forward, 1.0, (0.0, 0.0))
    corners = np.array([[x, y, z] for x in (-width / 2, width / 2) for y in (0, depth) for z in (0, height)])
    seen = rough.project(corners)
    low, high = seen.min(axis=0), seen.max(axis=0)
    scale = min(size[0] * 0.76 / (high[0] - low[0]), size[1] * 0.80 / (high[1] - low[1]))
    centre = (np.array(size) * (0.5, 0.505)) - (low + high) / 2 * scale
    return Camera(position, right, forward, float(scale), (float(centre[0]), float(centre[1])))
