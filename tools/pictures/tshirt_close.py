"""The T-shirt from near: the print area seen from below, with folds and knit.

The shirt is that of `tshirt`, under the same lamp; only the camera moves. Its texture positions, traced along
with the light, say for every pixel which place of the cloth is seen there.
"""

import mitsuba as mi
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tools.pictures import studio, tshirt
from tools.pictures.meshes import Floats, Mesh
from tools.pictures.noise import Array, value_noise
from tools.pictures.tshirt import FRAME_MM, PRINT_MM, PRINT_TOP, SEED, SIZE, TOP_MM, Shot

DIRECTION = (-0.40, -0.62, 1.0)  # of the camera: x right, y up, z away from the table
DISTANCE = 880.0
FOV = 20.5
AIM_MM = (-10.0, 254.0)  # the middle of the picture: from the middle of the shirt, below the collar
STITCH_MM = (1.3, 1.05)  # a stitch of the knit, a little coarser than life to be seen at this size
QUALITY = 88
BLOCK = 12


def _camera() -> tuple[dict[str, object], tuple[float, float, float]]:
    target = np.array([AIM_MM[0], FRAME_MM[1] / 2 - TOP_MM - AIM_MM[1], 12.0])
    direction = np.array(DIRECTION) / np.linalg.norm(DIRECTION)
    x, y, z = (float(part) for part in target + direction * DISTANCE)
    aim = (float(target[0]), float(target[1]), float(target[2]))
    return studio.camera((x, y, z), aim, (0.10, 1.0, 0.0), FOV, SIZE), (
        float(direction[0]),
        float(direction[1]),
        float(direction[2]),
    )


def _places(front: Mesh, sensor: dict[str, object]) -> tuple[Floats, Floats]:
    """For every pixel, the place of the cloth in millimetres: right of the middle, below the collar."""
    white = {"type": "twosided", "bsdf": {"type": "diffuse"}}
    described = {
        "type": "scene",
        "integrator": {"type": "aov", "aovs": "place:uv"},
        "sensor": sensor,
        "front": studio.shape(front, white),
    }
    layers = np.array(mi.render(mi.load_dict(described), spp=64, seed=2), dtype=np.float64)
    across, up = (_smooth(layers[..., layer]) for layer in (-2, -1))
    return (across - 0.5) * FRAME_MM[0], (1 - up) * FRAME_MM[1] - TOP_MM


def _smooth(field: Floats) -> Floats:
    """Without the tracer's noise: averaged over blocks of `BLOCK` pixels, smooth between."""
    small = Image.fromarray(field.astype(np.float32)).resize(
        (SIZE[0] // BLOCK, SIZE[1] // BLOCK), Image.Resampling.BOX
    )
    return np.asarray(small.resize(SIZE, Image.Resampling.BICUBIC), dtype=np.float64)


def _looked_up(field: Array, x: Floats, y: Floats) -> Array:
    """A field over the frame at places of the cloth, linear between its samples."""
    step = FRAME_MM[0] / SIZE[0]
    column = np.clip((x + FRAME_MM[0] / 2) / step - 0.5, 0, field.shape[1] - 1.001)
    row = np.clip((y + TOP_MM) / step - 0.5, 0, field.shape[0] - 1.001)
    left, top = column.astype(int), row.astype(int)
    part_x, part_y = column - left, row - top
    first = field[top, left] * (1 - part_x) + field[top, left + 1] * part_x
    second = field[top + 1, left] * (1 - part_x) + field[top + 1, left + 1] * part_x
    return np.asarray(first * (1 - part_y) + second * part_y, dtype=np.float32)


def _eroded(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without the rim, two blocks wide, where places are averaged with what lies beside the cloth."""
    outside = Image.fromarray((~inside).astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(2 * BLOCK + 2))
    return np.asarray(outside) == 0


def _knit(x: Floats, y: Floats, rng: np.random.Generator) -> Array:
    """Columns of stitches, each a V, with uneven yarn: a factor around 1."""
    wide, high = STITCH_MM
    shape = (SIZE[1], SIZE[0])
    yarn = value_noise(shape, (SIZE[1] // 3, SIZE[0] // 3), rng)
    column = x / wide + 0.04 * yarn
    arm = np.abs(column % 1 - 0.5) * 2  # 0 in the middle of a column, 1 between two
    row = y / high + 0.55 * arm + 0.05 * yarn
    loops = 0.5 + 0.5 * np.cos(2 * np.pi * row)
    groove = np.exp(-(((1 - arm) / 0.28) ** 2))
    return np.asarray(1 + 0.014 * yarn + 0.070 * (loops - 0.5) - 0.10 * groove + 0.025, dtype=np.float32)


def make() -> None:
    """Renders the whole shirt, then its print area, in every fabric colour."""
    gain = tshirt.make()  # the lamp is the same: so is the exposure
    rng = np.random.default_rng(SEED)
    height, stitches = tshirt.height_of(rng)
    front, back = tshirt.panels(height)
    sensor, towards = _camera()
    light = tshirt.light_of(front, back, sensor, SEED + 1) * gain * studio.grain(SIZE, SEED + 1)
    x, y = _places(front, sensor)
    cloth = studio.coverage((front, back), sensor)
    printable = _eroded(studio.coverage((front,), sensor) > 0.5)
    across, down = (_looked_up(slope, x, y) for slope in tshirt.slopes(height, 4))
    bridged = tshirt.slopes(height, 6)
    u = (x + _looked_up(bridged[0], x, y) * tshirt.SHIFT_MM) / PRINT_MM[0] + 0.5
    v = (y - PRINT_TOP + _looked_up(bridged[1], x, y) * tshirt.SHIFT_MM) / PRINT_MM[1]
    margin = 0.4
    inside = np.clip(np.minimum(u, 1 - u) * PRINT_MM[0] / margin + 0.5, 0, 1) * np.clip(
        np.minimum(v, 1 - v) * PRINT_MM[1] / margin + 0.5, 0, 1
    )
    weave = _knit(x, y, rng)
    shine = tshirt.foil((across, down), towards, weave)
    shot = Shot(
        light,
        cloth,
        weave,
        _looked_up(stitches, x, y),
        shine,
        np.asarray(u, dtype=np.float32),
        np.asarray(v, dtype=np.float32),
        np.asarray(inside * printable, dtype=np.float32),
    )
    tshirt.write_view("close", shot, QUALITY)
