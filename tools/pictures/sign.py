"""The engraved sign: a bevelled board of walnut, oak or cherry on a plaster wall."""

from dataclasses import dataclass

import numpy as np

from tools.pictures import studio
from tools.pictures.meshes import Mesh, board, plane
from tools.pictures.noise import Array, fractal, value_noise
from tools.pictures.view import PICTURES, pinhole_rays, write_json, write_maps, write_pass
from tools.pictures.wood import SPECIES, face

SIZE = (1000, 800)
FOV = 24.0
SEEDS = {"walnut": 11, "oak": 12, "cherry": 13}


@dataclass(frozen=True)
class Shape:
    """One proportion of board in millimetres, and the sizes of the family it stands for."""

    key: str
    width: float
    height: float
    thickness: float
    corner: float
    bevel: float
    sizes: tuple[str, ...]


SHAPES = (Shape("5x3", 300, 180, 10, 14, 2.2, ("m", "s")), Shape("8x3", 400, 150, 10, 14, 2.2, ("l",)))
SURFACES = {"s": [200, 120], "m": [300, 180], "l": [400, 150]}


def _camera(shape: Shape) -> tuple[Array, Array, Array]:
    distance = shape.width * 3.02
    direction = np.array([0.05, -0.34, 1.0])
    direction /= np.linalg.norm(direction)
    right = np.array([1.0, 0.0, 0.0]) - direction[0] * direction  # the board's long axis lies level
    target = np.array([0.0, -shape.height * 0.015, 0.0])
    return direction * distance, target, np.cross(direction, right)


def _burnt(albedo: Array, height: Array, seed: int) -> tuple[Array, Array]:
    """The whole face after the laser: charred early wood, scan lines, a little soot unevenness."""
    rng = np.random.default_rng(seed)
    soot = fractal(albedo.shape[:2], (5, 8), 4, rng)
    lines = value_noise(albedo.shape[:2], (albedo.shape[0] // 3, 12), rng)
    tint = np.array([0.080, 0.066, 0.058], dtype=np.float32)
    char = albedo * tint + np.array([0.0130, 0.0082, 0.0056], dtype=np.float32)
    char = char * (1 + 0.10 * soot + 0.08 * lines)[..., None]
    return char.clip(0.003, 0.5).astype(np.float32), (height * 0.6 + 0.03 * lines).astype(np.float32)


def _scene(
    shape: Shape, wood: Mesh, albedo: Array, height: Array, roughness: float, specular: float
) -> dict[str, object]:
    origin, target, up = (tuple(map(float, part)) for part in _camera(shape))
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
        "key": studio.lamp((-2.6 * span, 2.9 * span, 3.7 * span), (0, 0, 0), span * 1.7, (17.0, 16.0, 14.7)),
        "fill": {"type": "constant", "radiance": {"type": "rgb", "value": [0.36, 0.375, 0.40]}},
        "sensor": studio.camera(origin, target, up, FOV, SIZE),
    }


def _maps(shape: Shape) -> tuple[Array, Array, Array]:
    """u, v and coverage of the flat face inside the bevel: the camera's rays cut with its plane."""
    origin, target, up = _camera(shape)
    coverage = np.zeros((SIZE[1], SIZE[0]))
    inner = (shape.width / 2 - shape.bevel, shape.height / 2 - shape.bevel)
    radius = shape.corner - shape.bevel
    steps = (0.125, 0.375, 0.5, 0.625, 0.875)
    u = v = coverage
    for dy in steps:
        for dx in steps:
            rays = pinhole_rays(origin, target, up, FOV, SIZE, (dx, dy))
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
    """Renders every material and proportion into configurator/pictures/walnut-sign/front."""
    folder = PICTURES / "walnut-sign" / "front"
    passes: dict[str, dict[str, str]] = {}
    aliases: dict[str, str] = {}
    geometry: dict[str, str] = {}
    maps: dict[str, dict[str, object]] = {"uv": {}, "mask": {}, "bbox": {}}
    grain = studio.grain(SIZE, 41)
    for shape in SHAPES:
        wood = board(shape.width, shape.height, shape.thickness, shape.corner, shape.bevel)
        folder.mkdir(parents=True, exist_ok=True)
        for entry, value in write_maps(folder, shape.key, *_maps(shape)).items():
            maps[entry][shape.key] = value
        gain = None
        for material, seed in SEEDS.items():
            albedo, height = face(SPECIES[material], shape.width, shape.height, 5.0, seed)
            plain = studio.shoot(_scene(shape, wood, albedo, height, 0.42, 0.45), seed)
            gain = studio.balance(plain) if gain is None else gain
            char, rough = _burnt(albedo, height, seed + 100)
            burnt = studio.shoot(_scene(shape, wood, char, rough, 0.75, 0.2), seed)
            variant = f"{material}-{shape.sizes[0]}"
            passes[variant] = {
                "blank": write_pass(folder, f"blank-{variant}", plain * gain * grain),
                "burnt": write_pass(folder, f"burnt-{variant}", burnt * gain * grain),
            }
            for size in shape.sizes:
                geometry[f"{material}-{size}"] = shape.key
                if size != shape.sizes[0]:
                    aliases[f"{material}-{size}"] = variant
    write_json(
        folder,
        {
            "family": "walnut-sign",
            "view": "front",
            "surface": "front",
            "mode": "engrave",
            "variant_key": "{material}-{size}",
            "size": list(SIZE),
            "surface_mm": {f"{material}-{size}": mm for material in SEEDS for size, mm in SURFACES.items()},
            "passes": passes,
            "aliases": aliases,
            "geometry": geometry,
            **maps,
            "note": "u, v run over the whole board; the mask leaves out its rounded edge.",
        },
    )
