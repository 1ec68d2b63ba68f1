"""A made-to-measure shelf as a product photograph: boxes in perspective, with wood on every visible face.

No ray tracing: each visible face is lit at some hundred points (`shelf_room`), covered with its texture and
mapped onto the picture as a quadrilateral, from the back to the front.

Millimetres: x right from the middle, y from the wall into the room, z up from the floor.
"""

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from configurator.engine.rendering.shelf_room import (
    WALL_ALBEDO,
    YAW_DEGREES,
    Camera,
    Floats,
    Opening,
    background,
    fitted_camera,
    inside_light,
    outside_light,
    picture,
)

Point = tuple[float, float, float]

# material code of the family -> name of its textures
MATERIALS = {"oak": "oak", "walnut": "walnut", "white": "white-lacquer", "white-lacquer": "white-lacquer"}
BACKS = ("open", "rails", "panel")
PANEL_MM = 6.0
RAIL_MM = 80.0
FACE_TILE_MM = (1200.0, 400.0)  # along and across the grain, as drawn by tools/pictures/shelf.py
EDGE_TILE_MM = (600.0, 30.0)
MARGIN_PX = 32
LIGHT_POINTS = 18  # points per side at which a face is lit


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


@lru_cache(maxsize=64)
def _reduced(path: Path, across: int, down: int) -> Floats:
    """The tile averaged over blocks of `across` x `down` pixels."""
    tile = _tile(path)
    rows, columns = tile.shape[0] // down, tile.shape[1] // across
    blocks = tile[: rows * down, : columns * across].reshape(rows, down, columns, across, 3)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


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
        light = inside_light(points, normal, face.opening, mean_albedo)
    else:
        light = outside_light(points, normal, height)
    light = light.reshape(LIGHT_POINTS, LIGHT_POINTS, 3)
    for axis, count in ((0, shape[0]), (1, shape[1])):
        at = np.interp((np.arange(count) + 0.5) / count, spread, np.arange(LIGHT_POINTS))
        low = np.minimum(at.astype(int), LIGHT_POINTS - 2)
        part = (at - low).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        light = np.take(light, low, axis=axis) * (1 - part) + np.take(light, low + 1, axis=axis) * part
    return picture(_covering(face, tiles, shape) * light)


def _homography(target: NDArray[np.float64], width: int, height: int) -> list[float]:
    """The eight numbers Pillow wants: from picture positions back to the face's pixels."""
    source = [(0, 0), (width, 0), (width, height), (0, height)]
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(c) for c in np.linalg.solve(np.array(rows), np.array(values))]


def _grown(quad: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    """The quadrilateral with every side moved outwards by `by` pixels; sharp corners are cut short."""
    sides = np.roll(quad, -1, axis=0) - quad
    sides /= np.maximum(np.linalg.norm(sides, axis=1, keepdims=True), 1e-9)
    outward = np.stack([sides[:, 1], -sides[:, 0]], -1)
    if float(np.sum(outward * (quad - quad.mean(axis=0)))) < 0:
        outward = -outward
    both = outward + np.roll(outward, 1, axis=0)
    reach = np.maximum(1 + np.sum(outward * np.roll(outward, 1, axis=0), axis=1, keepdims=True), 0.25)
    return np.asarray(quad + by * both / reach)


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
    long_side, short_side = max(sides[:2]), max(sides[2:])
    diagonals = np.stack([quad[2] - quad[0], quad[3] - quad[1]])
    thickness = abs(float(np.linalg.det(diagonals))) / 2 / max(long_side, short_side)
    if thickness < 0.6:  # seen edge-on: less than a pixel
        return
    columns, rows = max(4, math.ceil(long_side)), max(4, math.ceil(short_side))
    # across a foreshortened face more texels than pixels would only run out of the margin
    if long_side >= short_side:
        rows = max(4, math.ceil(min(short_side, 3 * thickness)))
    else:
        columns = max(4, math.ceil(min(long_side, 3 * thickness)))
    flat = _lit(face, tiles, (rows, columns), mean_albedo, height)
    local = quad - (left, top)
    # a margin of repeated border pixels: the mask's edge pixels look a little beyond the face
    border = ((MARGIN_PX, MARGIN_PX), (MARGIN_PX, MARGIN_PX), (0, 0))
    framed = Image.fromarray(np.pad(np.asarray(flat), border, mode="edge"), "RGB")
    a, b, c, d, e, f, g, h = _homography(local, columns, rows)
    m = MARGIN_PX
    shifted = (a + m * g, b + m * h, c + m, d + m * g, e + m * h, f + m, g, h)
    size = (right - left, bottom - top)
    beyond = flat.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    warped = framed.transform(
        size, Image.Transform.PERSPECTIVE, shifted, Image.Resampling.BILINEAR, fillcolor=beyond
    )
    # inner faces reach a pixel under the edges that are painted over them
    outline = _grown(local, 1.0) if face.opening else local
    mask = Image.new("L", (size[0] * 4, size[1] * 4))
    ImageDraw.Draw(mask).polygon([(x * 4, y * 4) for x, y in outline.tolist()], fill=255)
    canvas.paste(warped, (int(left), int(top)), mask.reduce(4))


def _grain(shot: Image.Image) -> Image.Image:
    """Fine photographic grain with a fixed seed."""
    rng = np.random.default_rng(83)
    noise = rng.integers(0, 5, (shot.height, shot.width), dtype=np.uint8)
    layer = Image.fromarray(noise, "L")
    return ImageChops.subtract(
        ImageChops.add(shot, Image.merge("RGB", (layer,) * 3)), Image.new("RGB", shot.size, (2, 2, 2))
    )


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
    view: str = "angled",
) -> Image.Image:
    """A photograph-like picture of a shelf of these millimetres; the same arguments give the same pixels.

    `boards` counts all level boards, top and bottom among them; they stand between two uprights. `back` is
    "open", "rails" (two rails of 80 mm at the wall) or "panel"; False and True mean the first and the last.
    `hanging` puts it on the wall, without a floor. `view` is "angled" or "front".
    `pictures` is the folder that holds `shelf/textures`.
    Raises ValueError for an unknown material, back or view, or when the boards do not fit into the measures.
    """
    if material not in MATERIALS:
        raise ValueError(f"material {material!r} has no textures: one of {', '.join(MATERIALS)}")
    behind = ("panel" if back else "open") if isinstance(back, bool) else back
    if behind not in BACKS:
        raise ValueError(f"back {behind!r} is not known: one of {', '.join(BACKS)}")
    if view not in YAW_DEGREES:
        raise ValueError(f"view {view!r} is not known: one of {', '.join(YAW_DEGREES)}")
    if (
        boards < 1
        or boards * thickness_mm > height_mm
        or 2 * thickness_mm >= width_mm
        or depth_mm <= thickness_mm
    ):
        raise ValueError("the boards do not fit into these measures")
    width, height, depth, thick = float(width_mm), float(height_mm), float(depth_mm), float(thickness_mm)
    camera = fitted_camera(width, height, depth, size, YAW_DEGREES[view])
    canvas = background(camera, size, (width, height, depth), hanging)
    tiles = pictures / "shelf" / "textures" / MATERIALS[material]
    mean_albedo = _tile(tiles.with_name(f"{tiles.name}-face.webp")).mean(axis=(0, 1))
    heights = board_heights(height_mm=height_mm, boards=boards, thickness_mm=thickness_mm)
    for face in _faces(width, height, depth, heights, thick, behind):
        _paint(canvas, face, camera, tiles, mean_albedo, height)
    return _grain(canvas)
