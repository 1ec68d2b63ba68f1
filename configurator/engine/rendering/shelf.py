"""A made-to-measure shelf as a product photograph: boxes in perspective, lit by closed formulas.

No ray tracing: each visible face is lit at some hundred points and mapped onto the picture as a quad.
The light is that of the other product pictures, a soft key from the upper left and an even room:

* room light on a point inside a compartment is the form factor of the front opening, by Lambert's formula for
  a polygon (Photometria, 1760): the sum over its edges of angle x (edge normal . normal) / 2 pi;
* the key reaches the point when the line to it leaves through the opening; the penumbra widens with the way;
* what the walls of a compartment give each other is one constant per compartment (the mean times the albedo).

Millimetres: x right from the middle, y from the wall into the room, z up from the floor.
"""

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

Floats = NDArray[np.float32]
Point = tuple[float, float, float]

# material code of the family -> name of its textures
MATERIALS = {"oak": "oak", "walnut": "walnut", "white": "white-lacquer", "white-lacquer": "white-lacquer"}
BACKS = ("open", "rails", "panel")
PANEL_MM = 6.0
RAIL_MM = 80.0
FACE_TILE_MM = (1200.0, 400.0)  # along and across the grain, as drawn by tools/pictures/shelf.py
EDGE_TILE_MM = (600.0, 30.0)
WALL_ALBEDO = np.array([0.640, 0.602, 0.552], dtype=np.float32)
ROOM = np.array([0.510, 0.505, 0.494], dtype=np.float32)
KEY = np.array([0.78, 0.745, 0.70], dtype=np.float32)
TO_KEY = np.array([-0.50, 0.66, 0.56]) / np.linalg.norm([-0.50, 0.66, 0.56])
YAW_DEGREES = 21.0  # the camera stands this far to the left
LIGHT_POINTS = 18  # points per side at which a face is lit


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


@dataclass(frozen=True)
class Face:
    """A rectangle in space: a corner, two edge vectors (mm), its normal, and how it is covered and lit."""

    corner: Point
    along: Point
    across: Point
    normal: Point
    texture: str  # "face", "edge" or "wall"
    opening: Opening | None
    seed: int


def board_heights(*, height_mm: int, boards: int, thickness_mm: int) -> tuple[float, ...]:
    """Lower faces of the boards, evenly spread from the floor to the top; one board alone is the top."""
    if boards == 1:
        return (float(height_mm - thickness_mm),)
    pitch = (height_mm - thickness_mm) / (boards - 1)
    return tuple(pitch * i for i in range(boards))


@lru_cache(maxsize=16)
def _tile(path: Path) -> Floats:
    """A texture in linear light."""
    encoded = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


@lru_cache(maxsize=1)
def _encoding() -> NDArray[np.uint8]:
    """sRGB bytes of linear light in 4096 steps."""
    light = np.linspace(0, 1, 4096)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (encoded * 255 + 0.5).astype(np.uint8)


def _picture(linear: Floats) -> Image.Image:
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


def _inside_light(points: Floats, normal: Floats, opening: Opening, albedo: Floats) -> Floats:
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
    for margin in (x - o.left, o.right - x, z - o.bottom, o.top - z):
        seen *= _smooth(-1, 1, (margin / blur).astype(np.float32))
    key = seen * max(0.0, float(normal @ TO_KEY))
    width, tall = o.right - o.left, o.top - o.bottom
    openness = width * tall / (width * tall + 2 * o.depth * (width + tall))
    bounce = albedo * (0.30 + 0.55 * openness) * (1 - 0.45 * openness)
    depth = 1 - 0.35 * (1 - points[:, 1:2] / o.depth)
    return np.asarray(
        ROOM * room[:, None] + KEY * key[:, None] + (ROOM * 0.80) * bounce * depth, dtype=np.float32
    )


def _outside_light(points: Floats, normal: Floats, height: float) -> Floats:
    """Light on the outer faces: key by angle, room less near the floor and, for the sides, near the wall."""
    key = max(0.0, float(normal @ TO_KEY))
    floor = 1 - 0.30 * np.exp(-points[:, 2] / 90)
    wall = 1 - 0.45 * np.exp(-points[:, 1] / 70) if abs(normal[1]) < 0.5 else np.ones(len(points))
    falling = 0.93 + 0.07 * points[:, 2] / max(height, 1.0)
    room = (0.86 * floor * wall * falling)[:, None]
    return np.asarray(ROOM * room + KEY * key * falling[:, None], dtype=np.float32)


def _covering(face: Face, tiles: Path, shape: tuple[int, int]) -> Floats:
    """Albedo of a face at `shape` (rows, columns): the tile repeated, starting at a place of its own."""
    if face.texture == "wall":
        return np.broadcast_to(WALL_ALBEDO, (*shape, 3))
    path = tiles.with_name(f"{tiles.name}-{face.texture}.webp")
    tile_mm = FACE_TILE_MM if face.texture == "face" else EDGE_TILE_MM
    extent = [float(np.linalg.norm(v)) for v in (face.along, face.across)]
    start = np.random.default_rng(face.seed).uniform(0, 1, 2)
    columns = ((np.arange(shape[1]) + 0.5) / shape[1] * extent[0] / tile_mm[0] + start[0]) % 1
    rows = ((np.arange(shape[0]) + 0.5) / shape[0] * extent[1] / tile_mm[1] + start[1]) % 1
    # the tile's pixels under one pixel of the face are averaged, as a lens would
    tile_rows, tile_columns = _tile(path).shape[:2]
    blocks = (extent[0] / tile_mm[0] * tile_columns / shape[1], extent[1] / tile_mm[1] * tile_rows / shape[0])
    small = _reduced(path, *(min(max(1, round(block)), 8) for block in blocks))
    rows, columns = (rows * small.shape[0]).astype(int), (columns * small.shape[1]).astype(int)
    return np.asarray(small[rows[:, None], columns[None]], dtype=np.float32)


@lru_cache(maxsize=64)
def _reduced(path: Path, across: int, down: int) -> Floats:
    """The tile averaged over blocks of `across` x `down` pixels."""
    tile = _tile(path)
    rows, columns = tile.shape[0] // down, tile.shape[1] // across
    blocks = tile[: rows * down, : columns * across].reshape(rows, down, columns, across, 3)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _lit(face: Face, tiles: Path, shape: tuple[int, int], mean_albedo: Floats, height: float) -> Image.Image:
    """The face as a flat picture of `shape` pixels: albedo times light."""
    grid = (np.arange(LIGHT_POINTS) + 0.5) / LIGHT_POINTS
    # light changes fastest in the corners: put the points closer there
    spread = (0.5 - 0.5 * np.cos(grid * np.pi)).astype(np.float32)
    t, s = np.meshgrid(spread, spread, indexing="ij")
    corner, along, across = (np.array(v, dtype=np.float32) for v in (face.corner, face.along, face.across))
    points = corner + s.reshape(-1, 1) * along + t.reshape(-1, 1) * across
    normal = np.array(face.normal, dtype=np.float32)
    if face.opening:
        light = _inside_light(points, normal, face.opening, mean_albedo)
    else:
        light = _outside_light(points, normal, height)
    light = light.reshape(LIGHT_POINTS, LIGHT_POINTS, 3)
    for axis, count in ((0, shape[0]), (1, shape[1])):
        at = np.interp((np.arange(count) + 0.5) / count, spread, np.arange(LIGHT_POINTS))
        low = np.minimum(at.astype(int), LIGHT_POINTS - 2)
        part = (at - low).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        light = np.take(light, low, axis=axis) * (1 - part) + np.take(light, low + 1, axis=axis) * part
    return _picture(_covering(face, tiles, shape) * light)


def _homography(target: NDArray[np.float64], width: int, height: int) -> list[float]:
    """The eight numbers Pillow wants: from picture positions back to the face's pixels."""
    source = [(0, 0), (width, 0), (width, height), (0, height)]
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(c) for c in np.linalg.solve(np.array(rows), np.array(values))]


def _paint(
    canvas: Image.Image, face: Face, camera: Camera, tiles: Path, mean_albedo: Floats, height: float
) -> None:
    corner, along, across = (np.array(v, dtype=float) for v in (face.corner, face.along, face.across))
    if float(np.dot(np.array(face.normal), camera.position - corner)) <= 0:
        return
    quad = camera.project(np.stack([corner, corner + along, corner + along + across, corner + across]))
    left, top = np.floor(quad.min(axis=0)).astype(int) - 2
    right, bottom = np.ceil(quad.max(axis=0)).astype(int) + 2
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, canvas.width), min(bottom, canvas.height)
    if right - left < 2 or bottom - top < 2:
        return
    sides = [float(np.linalg.norm(quad[i] - quad[j])) for i, j in ((0, 1), (3, 2), (1, 2), (0, 3))]
    columns, rows = max(4, math.ceil(max(sides[:2]))), max(4, math.ceil(max(sides[2:])))
    flat = _lit(face, tiles, (rows, columns), mean_albedo, height)
    local = quad - (left, top)
    # a margin of repeated border pixels, so that the bicubic kernel never reaches outside the face
    framed = Image.new("RGB", (columns + 8, rows + 8))
    framed.paste(flat.resize((columns + 8, rows + 8), box=(0, 0, columns, rows)))
    framed.paste(flat, (4, 4))
    coefficients = _homography(local, columns, rows)
    a, b, c, d, e, f, g, h = coefficients
    shifted = (a + 4 * g, b + 4 * h, c + 4, d + 4 * g, e + 4 * h, f + 4, g, h)
    size = (right - left, bottom - top)
    beyond = flat.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    warped = framed.transform(
        size, Image.Transform.PERSPECTIVE, shifted, Image.Resampling.BILINEAR, fillcolor=beyond
    )
    grow = (
        1.0 if face.opening else 0.0
    )  # inner faces reach a pixel under the edges that are painted over them
    centre = local.mean(axis=0)
    outline = local + np.sign(local - centre) * grow
    mask = Image.new("L", (size[0] * 4, size[1] * 4))
    ImageDraw.Draw(mask).polygon([(x * 4, y * 4) for x, y in outline.tolist()], fill=255)
    canvas.paste(warped, (int(left), int(top)), mask.reduce(4))


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
    for part in np.linspace(0.08, 1, 9):
        way = float(part * depth / TO_KEY[1])
        aside, drop = -TO_KEY[0] * way, -TO_KEY[2] * way
        box = (-half + aside, half + aside, drop, height + drop)
        shade = np.maximum(shade, _soft_box(x, z, box, 6 + 0.20 * way) * on_wall)
    for part in np.linspace(0.02, 1, 12) ** 2:
        way = float(part * height / TO_KEY[2])
        aside, back = -TO_KEY[0] * way, -TO_KEY[1] * way
        box = (-half + aside, half + aside, back, depth + back)
        shade = np.maximum(shade, _soft_box(x, y, box, 5 + 0.20 * way) * ~on_wall)
    return shade


def _background(
    camera: Camera, size: tuple[int, int], measures: tuple[float, float, float], hanging: bool
) -> Image.Image:
    """Wall and floor with the shelf's soft shadow, computed at a quarter of the size and enlarged."""
    step = 4
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
    small = _picture(
        (WALL_ALBEDO * (ROOM * (0.92 * ambient * corner)[..., None] + key) * 1.10).astype(np.float32)
    )
    large = small.resize((small.width * step, small.height * step), Image.Resampling.BICUBIC)
    return large.crop((0, 0, *size))


def _grain(picture: Image.Image) -> Image.Image:
    """Fine photographic grain with a fixed seed."""
    rng = np.random.default_rng(83)
    noise = rng.integers(0, 5, (picture.height, picture.width), dtype=np.uint8)
    layer = Image.fromarray(noise, "L")
    return ImageChops.subtract(
        ImageChops.add(picture, Image.merge("RGB", (layer,) * 3)), Image.new("RGB", picture.size, (2, 2, 2))
    )


def _camera(width: float, height: float, depth: float, size: tuple[int, int]) -> Camera:
    """Stands to the left at breast height of the piece and fits it into the frame."""
    yaw = math.radians(YAW_DEGREES)
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


def _compartments(inner: float, depth: float, thick: float, heights: tuple[float, ...]) -> list[Opening]:
    floor = [Opening(-inner, inner, 0.0, heights[0], depth)] if heights[0] > 0 else []
    above = itertools.pairwise(heights)
    return floor + [Opening(-inner, inner, low + thick, high, depth) for low, high in above]


def _lining(o: Opening, rear: float, behind: str, seed: int) -> list[Face]:
    """What is seen inside a compartment: rear, sides, the board above, the board below."""
    tall, wide, deep = o.top - o.bottom, o.right - o.left, o.depth - rear
    return [
        Face((o.left, rear, o.bottom), (0, 0, tall), (wide, 0, 0), (0, 1, 0), behind, o, seed),
        Face((o.left, rear, o.bottom), (0, 0, tall), (0, deep, 0), (1, 0, 0), "face", o, 1),
        Face((o.right, rear, o.bottom), (0, 0, tall), (0, deep, 0), (-1, 0, 0), "face", o, 2),
        Face((o.left, rear, o.top), (wide, 0, 0), (0, deep, 0), (0, 0, -1), "face", o, seed + 3),
        Face(
            (o.left, rear, o.bottom),
            (wide, 0, 0),
            (0, deep, 0),
            (0, 0, 1),
            "face" if o.bottom > 0 else "wall",
            o,
            seed + 4,
        ),
    ]


def _rail(o: Opening, low: float, thick: float, seed: int) -> list[Face]:
    """A rail against the wall, its front and its under and upper side."""
    wide = o.right - o.left
    return [
        Face((o.left, 0, low), (wide, 0, 0), (0, thick, 0), (0, 0, -1), "edge", o, seed),
        Face((o.left, 0, low + RAIL_MM), (wide, 0, 0), (0, thick, 0), (0, 0, 1), "edge", o, seed + 1),
        Face((o.left, thick, low + RAIL_MM), (wide, 0, 0), (0, 0, -RAIL_MM), (0, 1, 0), "face", o, seed + 2),
    ]


def _faces(
    width: float, height: float, depth: float, heights: tuple[float, ...], thick: float, back: str
) -> list[Face]:
    """All faces that could be seen, from the back to the front."""
    inner = width / 2 - thick
    rear = PANEL_MM if back == "panel" else 0.0
    openings = _compartments(inner, depth, thick, heights)
    faces: list[Face] = []
    for number, opening in enumerate(openings):
        faces += _lining(opening, rear, "face" if back == "panel" else "wall", 10 * number)
    if back == "rails":
        faces += _rail(openings[0], openings[0].bottom, thick, 200)
        faces += _rail(openings[-1], openings[-1].top - RAIL_MM, thick, 210)
    faces += [
        Face((-width / 2, 0, height), (width, 0, 0), (0, depth, 0), (0, 0, 1), "face", None, 5),
        Face((-width / 2, 0, 0), (width, 0, 0), (0, depth, 0), (0, 0, -1), "face", None, 4),
        Face((-width / 2, 0, 0), (0, 0, height), (0, depth, 0), (-1, 0, 0), "face", None, 6),
        Face((width / 2, 0, 0), (0, 0, height), (0, depth, 0), (1, 0, 0), "face", None, 7),
    ]
    faces += [
        Face(
            (-inner - 1, depth, z + thick),
            (2 * inner + 2, 0, 0),
            (0, 0, -thick),
            (0, 1, 0),
            "edge",
            None,
            100 + i,
        )
        for i, z in enumerate(heights)
    ]
    uprights = ((-width / 2, 8), (inner, 9))
    return faces + [
        Face((x, depth, 0), (0, 0, height), (thick, 0, 0), (0, 1, 0), "edge", None, seed)
        for x, seed in uprights
    ]


def render_shelf(
    *,
    width_mm: int,
    height_mm: int,
    depth_mm: int,
    boards: int,
    thickness_mm: int,
    material: str,
    back: bool | str,
    pictures: Path,
    size: tuple[int, int] = (1000, 800),
    hanging: bool = False,
) -> Image.Image:
    """A photograph-like picture of a shelf of these millimetres; the same arguments give the same pixels.

    `boards` counts all level boards, top and bottom among them; they stand between two uprights. `back` is
    "open", "rails" (two rails of 80 mm at the wall) or "panel"; False and True mean the first and the last.
    `hanging` puts it on the wall, without a floor. `pictures` is the folder that holds `shelf/textures`.
    Raises ValueError for an unknown material or back, or when the boards do not fit into the measures.
    """
    if material not in MATERIALS:
        raise ValueError(f"material {material!r} has no textures: one of {', '.join(MATERIALS)}")
    behind = ("panel" if back else "open") if isinstance(back, bool) else back
    if behind not in BACKS:
        raise ValueError(f"back {behind!r} is not known: one of {', '.join(BACKS)}")
    if (
        boards < 1
        or boards * thickness_mm > height_mm
        or 2 * thickness_mm >= width_mm
        or depth_mm <= thickness_mm
    ):
        raise ValueError("the boards do not fit into these measures")
    width, height, depth, thick = float(width_mm), float(height_mm), float(depth_mm), float(thickness_mm)
    camera = _camera(width, height, depth, size)
    canvas = _background(camera, size, (width, height, depth), hanging)
    tiles = pictures / "shelf" / "textures" / MATERIALS[material]
    mean_albedo = _tile(tiles.with_name(f"{tiles.name}-face.webp")).mean(axis=(0, 1))
    heights = board_heights(height_mm=height_mm, boards=boards, thickness_mm=thickness_mm)
    for face in _faces(width, height, depth, heights, thick, behind):
        _paint(canvas, face, camera, tiles, mean_albedo, height)
    return _grain(canvas)
