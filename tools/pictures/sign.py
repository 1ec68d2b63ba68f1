"""The engraved sign: a bevelled board of walnut, oak or cherry on a plaster wall."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.pictures import studio
from tools.pictures.meshes import Mesh, board, plane
from tools.pictures.noise import Array, fractal, value_noise
from tools.pictures.view import PICTURES, Eye, pinhole_rays, write_json, write_maps, write_pass
from tools.pictures.wood import SPECIES, face

SIZE = (1000, 800)
FOV = 24.0
Triple = tuple[float, float, float]
SEEDS = {"walnut": 11, "oak": 12, "cherry": 13}


@dataclass(frozen=True)
class Shape:
    """One proportion of board in millimetres, and the sizes and thicknesses of the family it stands for: the
    first with these measures, others that look the same from nearer or farther."""

    key: str
    width: float
    height: float
    thickness: float
    corner: float
    bevel: float
    variants: tuple[str, ...]


# A board of 200 x 120 mm is shown as one of 300 x 180 that is 1.5 times as thick: of 10 mm as 15, of 6 mm as
# 10 (9 would be exact, and not told apart).
SHAPES = (
    Shape("5x3-6", 300, 180, 6, 14, 2.2, ("m-t6",)),
    Shape("5x3-10", 300, 180, 10, 14, 2.2, ("m-t10", "s-t6")),
    Shape("5x3-15", 300, 180, 15, 14, 2.2, ("s-t10",)),
    Shape("8x3-6", 400, 150, 6, 14, 2.2, ("l-t6",)),
    Shape("8x3-10", 400, 150, 10, 14, 2.2, ("l-t10",)),
)
SURFACES = {"s": [200, 120], "m": [300, 180], "l": [400, 150]}
# Never sold, so not rendered: what is shown while such choices contradict each other.
INSTEAD = {"cherry-s-t10": "cherry-m-t10", "cherry-l-t10": "cherry-l-t6"}


# The views: where the camera stands (x right, y up, z out of the wall; only the direction counts).
VIEWS = {"front": (0.05, -0.34, 1.0), "angled": (-0.72, -0.40, 1.0)}
FOVS = {"front": FOV, "angled": 28.0}
SAMPLES = {"front": 24, "angled": 10}
# Of the blank pictures and of the burnt ones, of which only the face is kept.
QUALITIES = {"blank": 90, "burnt": 92}
ROLL = 0.22  # of the angled view: its verticals lean a little, so that the words do not run downhill
KEY = (-2.6, 2.9, 3.7)  # where the lamp stands, in widths of the board
DEPTH_MM = 0.9  # of the engraving


def _eye(shape: Shape, view: str) -> Eye:
    direction = np.array(VIEWS[view])
    direction /= np.linalg.norm(direction)
    if view == "front":
        right = np.array([1.0, 0.0, 0.0]) - direction[0] * direction  # the board's long axis lies level
        target = np.array([0.0, -shape.height * 0.015, 0.0])
        return Eye(direction * shape.width * 3.02, target, np.cross(direction, right), FOVS[view])
    return _framed(shape, direction, FOVS[view])


def _framed(shape: Shape, direction: Array, fov: float) -> Eye:
    """As near as the whole board allows, and the board in the middle of the picture."""
    half = np.array([shape.width, shape.height]) / 2
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (0, 1)], dtype=float)
    corners = corners * [*half, shape.thickness]
    up = np.array([ROLL, 1.0, 0.0])
    target, distance = np.zeros(3), shape.width * 2.0
    for _ in range(40):
        eye = Eye(target + direction * distance, target, up, fov)
        seen = eye.project(corners, SIZE)
        low, high = seen.min(axis=0), seen.max(axis=0)
        wanted = np.array([0.86, 0.80]) * SIZE
        share = float(np.max((high - low) / wanted))
        middle = (low + high) / 2 - np.array(SIZE) / 2
        per_pixel = 2 * np.tan(np.radians(fov) / 2) * distance / SIZE[0]
        target = target + (eye.right * middle[0] - eye.above * middle[1]) * per_pixel * 0.8
        distance *= 1 + (share - 1) * 0.8
    return Eye(target + direction * distance, target, up, fov)


def _relief(shape: Shape, view: str) -> dict[str, object]:
    """How deep the engraving is, and by how much (mm right, mm down, for each mm of depth) what is seen
    through its mouth lies aside, and the shadow of its wall falls."""
    origin = _eye(shape, view).origin
    lamp = np.array(KEY)
    return {
        "depth_mm": DEPTH_MM,
        "look": [round(float(-origin[0] / origin[2]), 3), round(float(origin[1] / origin[2]), 3)],
        "light": [round(float(-lamp[0] / lamp[2]), 3), round(float(lamp[1] / lamp[2]), 3)],
    }


def _burnt(albedo: Array, height: Array, seed: int) -> tuple[Array, Array]:
    """The whole face after the laser: charred early wood, scan lines, a little soot unevenness."""
    rng = np.random.default_rng(seed)
    soot = fractal(albedo.shape[:2], (5, 8), 4, rng)
    lines = value_noise(albedo.shape[:2], (albedo.shape[0] // 3, 12), rng)
    tint = np.array([0.080, 0.066, 0.058], dtype=np.float32)
    char = albedo * tint + np.array([0.0130, 0.0082, 0.0056], dtype=np.float32)
    char = char * (1 + 0.10 * soot + 0.08 * lines)[..., None]
    return char.clip(0.003, 0.5).astype(np.float32), (height * 0.6 + 0.03 * lines).astype(np.float32)


def _triples(eye: Eye) -> tuple[Triple, Triple, Triple]:
    origin, target, up = ((float(p[0]), float(p[1]), float(p[2])) for p in (eye.origin, eye.target, eye.up))
    return origin, target, up


def _scaled(place: Triple, by: float) -> Triple:
    return place[0] * by, place[1] * by, place[2] * by


def _scene(
    shape: Shape, view: str, wood: Mesh, albedo: Array, height: Array, roughness: float, specular: float
) -> dict[str, object]:
    eye = _eye(shape, view)
    span = shape.width
    wall_albedo, wall_height = studio.plaster(1400, 31)
    return {
        "board": studio.shape(
            wood,
            {
                "type": "bumpmap",
                "arbitrary": studio.texture(height),
                "scale": 0.42,
                "bsdf": {
                    "type": "principled",
                    "base_color": studio.texture(albedo),
                    "roughness": roughness,
                    "specular": specular,
                },
            },
        ),
        "wall": studio.shape(
            plane(span * 4, -4.0, 2.0),
            {
                "type": "bumpmap",
                "arbitrary": studio.texture(wall_height),
                "scale": 0.95,
                "bsdf": {"type": "diffuse", "reflectance": studio.texture(wall_albedo)},
            },
        ),
        "key": studio.lamp(_scaled(KEY, span), (0, 0, 0), span * 1.7, (17.0, 16.0, 14.7)),
        "fill": {"type": "constant", "radiance": {"type": "rgb", "value": [0.36, 0.375, 0.40]}},
        "sensor": studio.camera(*_triples(eye), eye.fov, SIZE),
    }


def _maps(shape: Shape, view: str) -> tuple[Array, Array, Array]:
    """u, v and coverage of the flat face inside the bevel: the camera's rays cut with its plane."""
    eye = _eye(shape, view)
    origin = eye.origin
    coverage = np.zeros((SIZE[1], SIZE[0]))
    inner = (shape.width / 2 - shape.bevel, shape.height / 2 - shape.bevel)
    radius = shape.corner - shape.bevel
    steps = (0.125, 0.375, 0.5, 0.625, 0.875)
    u = v = coverage
    for dy in steps:
        for dx in steps:
            rays = pinhole_rays(eye.origin, eye.target, eye.up, eye.fov, SIZE, (dx, dy))
            distance = (shape.thickness - origin[2]) / rays[..., 2]
            x = origin[0] + rays[..., 0] * distance
            y = origin[1] + rays[..., 1] * distance
            if dx == dy == 0.5:
                u, v = x / shape.width + 0.5, 0.5 - y / shape.height
                continue
            if 0.5 in (dx, dy):
                continue
            outside = np.hypot(
                np.maximum(np.abs(x) - inner[0] + radius, 0), np.maximum(np.abs(y) - inner[1] + radius, 0)
            )
            coverage = coverage + (outside <= radius) / 16
    return u, v, coverage


def make() -> None:
    """Renders every view, material, proportion and thickness into configurator/pictures/walnut-sign."""
    for view in VIEWS:
        _make(view)


def _make(view: str) -> None:
    folder = PICTURES / "walnut-sign" / view
    folder.mkdir(parents=True, exist_ok=True)
    passes: dict[str, dict[str, str]] = {}
    aliases = dict(INSTEAD)
    geometry: dict[str, str] = {}
    maps: dict[str, dict[str, Any]] = {"uv": {}, "mask": {}, "bbox": {}, "relief": {}}
    for shape in SHAPES:
        for entry, value in write_maps(folder, shape.key, *_maps(shape, view)).items():
            maps[entry][shape.key] = value
        maps["relief"][shape.key] = _relief(shape, view)
        gain = None
        for material in SEEDS:
            shown, *alike = (f"{material}-{variant}" for variant in shape.variants)
            if shown in INSTEAD:
                continue
            box = maps["bbox"][shape.key]
            gain, passes[shown] = _passes(folder, view, shape, material, box, gain)
            geometry |= dict.fromkeys((shown, *alike), shape.key)
            aliases |= dict.fromkeys(alike, shown)
    geometry |= {variant: geometry[shown] for variant, shown in INSTEAD.items()}
    write_json(
        folder,
        {
            "family": "walnut-sign",
            "view": view,
            "surface": "front",
            "mode": "engrave",
            "variant_key": "{material}-{size}-{thickness}",
            "size": list(SIZE),
            "surface_mm": {variant: SURFACES[variant.split("-")[1]] for variant in geometry},
            "passes": passes,
            "cropped": ["burnt"],
            "aliases": aliases,
            "geometry": geometry,
            **maps,
            "note": "u, v run over the whole board; the mask leaves out its rounded edge.",
        },
    )


def shot(shape: Shape, view: str, material: str, *, burnt: bool) -> Array:
    """The traced light of one board, not yet balanced."""
    # from the side, the line where the face begins would glitter if it were sharp
    soft = 0.05 if view == "front" else 0.5
    wood = board(shape.width, shape.height, shape.thickness, shape.corner, shape.bevel, soft)
    seed = SEEDS[material]
    albedo, height = face(SPECIES[material], shape.width, shape.height, 5.0, seed)
    if not burnt:
        return studio.shoot(_scene(shape, view, wood, albedo, height, 0.42, 0.45), seed, SAMPLES[view])
    char, rough = _burnt(albedo, height, seed + 100)
    return studio.shoot(_scene(shape, view, wood, char, rough, 0.75, 0.2), seed, SAMPLES[view])


def _passes(
    folder: Path, view: str, shape: Shape, material: str, box: list[int], gain: Array | None
) -> tuple[Array, dict[str, str]]:
    """Renders one board plain and burnt; the exposure (of the first material, for all) and the files."""
    grain = studio.grain(SIZE, 41)
    plain, burnt = (shot(shape, view, material, burnt=burnt) for burnt in (False, True))
    gain = studio.balance(plain) if gain is None else gain
    left, top, right, bottom = box
    name = f"{material}-{shape.variants[0]}"
    return gain, {
        "blank": write_pass(folder, f"blank-{name}", plain * gain * grain, QUALITIES["blank"]),
        "burnt": write_pass(
            folder, f"burnt-{name}", (burnt * gain * grain)[top:bottom, left:right], QUALITIES["burnt"]
        ),
    }
