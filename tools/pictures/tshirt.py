"""The T-shirt: a height field of silhouette, seams and folds, lit once for every fabric colour.

Cloth and ink are matt, so a pass is (light that arrives) x (colour of the cloth or ink): one path-traced
picture of a grey shirt gives all of them. Lengths in millimetres; x from the middle, y down from the collar.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from tools.pictures import studio
from tools.pictures.meshes import Floats, Mesh, grid_faces, plane
from tools.pictures.noise import Array, fractal, smoothstep, value_noise
from tools.pictures.view import PICTURES, QUALITY, write_json, write_maps, write_pass
from tools.pictures.wood import to_linear

SIZE = (1200, 960)
FRAME_MM = (1050.0, 840.0)
TOP_MM = 62.0  # collar below the upper edge of the frame
PRINT_MM = (300.0, 400.0)
PRINT_TOP = 128.0
SEED = 61
SAMPLES = 12
SHIFT_MM = 7.0  # how far a slope of 1 shifts the print
GREY = 0.5
BALANCE = studio.BACKDROP_LIGHT * 0.92
COLOURS = {
    "white": (238, 237, 233),
    "black": (29, 29, 32),
    "navy": (36, 48, 79),
    "red": (163, 37, 43),
    "sand": (216, 199, 168),
}
WHITE_INK = (238, 237, 232)
BLACK_INK = (22, 22, 23)
Line = list[tuple[float, float]]


def _curve(*points: tuple[float, float], steps: int = 24) -> Line:
    """A cubic Bezier curve through four control points."""
    t = np.linspace(0, 1, steps)[:, None]
    a, b, c, d = (np.array(p) for p in points)
    line = a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t**2 * (1 - t) + d * t**3
    return [(float(x), float(y)) for x, y in line]


SHOULDER = _curve((90, 0), (140, 22), (190, 34), (228, 50))
SLEEVE_TOP = _curve((228, 50), (320, 92), (380, 176), (418, 262))
SLEEVE_HEM = _curve((418, 262), (392, 286), (352, 310), (318, 322))
UNDERARM = _curve((318, 322), (300, 286), (280, 258), (262, 240))
SIDE = _curve((262, 240), (252, 360), (252, 560), (260, 704))
HEM = _curve((260, 704), (180, 716), (80, 719), (0, 719))
FRONT_NECK = _curve((90, 0), (80, 62), (44, 96), (0, 96))
BACK_NECK = _curve((90, 0), (62, 20), (30, 26), (0, 26))
ARMHOLE = _curve((228, 50), (206, 110), (214, 190), (262, 240))


def _both(line: Line) -> Line:
    """The line and its mirror image, as one line from right to left."""
    return line + [(-x, y) for x, y in reversed(line)]


def _outline() -> Line:
    return _both(SHOULDER + SLEEVE_TOP + SLEEVE_HEM + UNDERARM + SIDE + HEM)


def _front_contour() -> Line:
    return _outline() + [(-x, y) for x, y in FRONT_NECK] + list(reversed(FRONT_NECK))


def _back_contour() -> Line:
    """What of the back panel is seen through the neck, and a hidden margin under the front."""
    return [*_both(BACK_NECK), (-84.0, 62.0), (-40.0, 108.0), (40.0, 108.0), (84.0, 62.0)]


def _grid(step: float = 1.0) -> tuple[Floats, Floats]:
    """x and y of samples `step` pixels apart, at pixel centres."""
    scale = FRAME_MM[0] / SIZE[0]
    columns = (np.arange(0, SIZE[0], step) + 0.5 * step) * scale - FRAME_MM[0] / 2
    rows = (np.arange(0, SIZE[1], step) + 0.5 * step) * scale - TOP_MM
    return np.meshgrid(columns, rows)


def _segments(line: Line) -> Floats:
    """The non-empty segments of a polyline, (n, 4): ax, ay, bx, by."""
    points = np.array(line)
    pairs = np.concatenate([points[:-1], points[1:]], axis=1)
    return pairs[np.hypot(pairs[:, 2] - pairs[:, 0], pairs[:, 3] - pairs[:, 1]) > 1e-6]


def _enlarged(samples: Floats) -> Array:
    """Samples at a quarter of the resolution, brought to the size of the picture."""
    image = Image.fromarray(samples.astype(np.float32))
    return np.asarray(image.resize(SIZE, Image.Resampling.BICUBIC), dtype=np.float32)


def _quarter_distance(line: Line) -> Floats:
    x, y = _grid(4)
    best = np.full(x.shape, 1e9)
    for ax, ay, bx, by in _segments(line):
        dx, dy = bx - ax, by - ay
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0, 1)
        best = np.minimum(best, (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2)
    return np.sqrt(best)


def _distance(line: Line) -> Array:
    """Millimetres from every pixel to a polyline."""
    return _enlarged(_quarter_distance(line))


def _signed(contour: Line) -> Array:
    """Millimetres to a closed contour, positive inside: smooth through zero, so edges can be cut along it."""
    closed = [*contour, contour[0]]
    x, y = _grid(4)
    inside = np.zeros(x.shape, dtype=bool)
    for ax, ay, bx, by in _segments(closed):
        if ay != by:
            inside ^= ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return _enlarged(_quarter_distance(closed) * np.where(inside, 1, -1))


def _rays_of_folds(
    x: Floats, y: Floats, centre: tuple[float, float], folds: tuple[tuple[float, float, float, float], ...]
) -> Array:
    """Folds that run out from a point: each (angle in degrees, spread in mm, reach in mm, height in mm)."""
    dx, dy = x - centre[0], y - centre[1]
    total = np.zeros(x.shape)
    for angle, spread, reach, height in folds:
        direction = np.radians(angle)
        along = dx * np.cos(direction) + dy * np.sin(direction)
        off = -dx * np.sin(direction) + dy * np.cos(direction)
        off = off + 0.00055 * along**2 * np.sign(np.cos(direction))  # folds sag a little
        width = spread * (0.45 + 0.9 * np.clip(along / reach, 0, 1))
        envelope = smoothstep(0, 0.22 * reach, along.astype(np.float32)) * (
            1 - smoothstep(0.45 * reach, reach, along.astype(np.float32))
        )
        total += height * envelope * np.exp(-((off / width) ** 2))
    return total.astype(np.float32)


def _shifted(field: Array, by: Array) -> Array:
    """The field moved along its rows by fractions of a pixel, wrapping around."""
    at = np.arange(field.shape[1], dtype=np.float32)[None] + by
    low = np.floor(at)
    part = at - low
    first, second = ((low.astype(int) + i) % field.shape[1] for i in (0, 1))
    left, right = (np.take_along_axis(field, index, axis=1) for index in (first, second))
    return np.asarray(left * (1 - part) + right * part, dtype=np.float32)


def _folds(x: Floats, y: Floats, rng: np.random.Generator) -> Array:
    """The drape: pulls from the armpits, waves of the lower body, small wrinkles everywhere."""
    shape = x.shape
    pulls = (
        (148, 13, 210, 4.6),
        (163, 10, 170, 3.0),
        (118, 16, 260, 4.0),
        (98, 14, 300, 3.2),
        (200, 11, 120, 2.2),
    )
    sleeve = ((20, 10, 120, 3.6), (-12, 11, 130, 3.2), (48, 8, 90, 2.4))
    total = np.zeros(shape, dtype=np.float32)
    for side in (1, -1):
        mirrored = x * side
        turn = rng.uniform(-7, 7)
        vary = rng.uniform(0.75, 1.2)
        total += _rays_of_folds(
            mirrored, y, (258, 236), tuple((a + turn, s, r, 1.6 * h * vary) for a, s, r, h in pulls)
        )
        total += _rays_of_folds(
            mirrored, y, (262, 232), tuple((a - turn, s, r, 1.6 * h * vary) for a, s, r, h in sleeve)
        )
        total += _rays_of_folds(mirrored, y, (96, 10), ((62 + turn, 12, 190, 1.7), (36, 10, 120, 1.4)))
    lower = smoothstep(230, 690, y.astype(np.float32))
    warp = fractal(shape, (3, 4), 3, rng) * 26
    waves = value_noise(shape, (2, 13), rng) + 0.6 * value_noise(shape, (3, 21), rng)
    total += 5.0 * lower * _shifted(waves, warp)
    soft = fractal(shape, (5, 6), 2, rng)
    crease = 1 - np.abs(fractal(shape, (6, 8), 2, rng))
    total += 3.0 * soft + 1.3 * np.clip(crease, -1, 1)
    return total


def height_of(rng: np.random.Generator) -> tuple[Array, Array]:
    """Height of the shirt's front above the table in mm, and the darkening of stitches (factor)."""
    x, y = _grid()
    edge = _distance([*_outline(), _outline()[0]])
    neck = _distance(_both(FRONT_NECK))
    rise = 1 - np.exp(-edge / 9.0)
    height = (
        2.2
        + 12.0 * rise
        + _folds(x, y, rng) * (0.18 + 0.82 * smoothstep(0, 60, edge)) * (0.2 + 0.8 * smoothstep(8, 60, neck))
    )
    shade = np.ones(x.shape, dtype=np.float32)
    for side in (1, -1):
        seam = _distance([(px * side, py) for px, py in ARMHOLE])
        height += 1.1 * np.exp(-(((seam - 3.2) / 3.0) ** 2)) - 1.6 * np.exp(-((seam / 1.7) ** 2))
        hem = _distance([(px * side, py) for px, py in SLEEVE_HEM])
        for offset in (18.0, 21.0):
            height -= 0.45 * np.exp(-(((hem - offset) / 1.0) ** 2))
            shade *= 1 - 0.10 * np.exp(-(((hem - offset) / 0.7) ** 2))
    bottom = _distance(_both(HEM))
    for offset in (20.0, 23.5):
        height -= 0.55 * np.exp(-(((bottom - offset) / 1.1) ** 2))
        shade *= 1 - 0.12 * np.exp(-(((bottom - offset) / 0.7) ** 2))
    angle = np.arctan2(x, 40 - y)
    height += np.where(neck < 18.5, 1.3 * np.sqrt(np.clip(1 - ((neck - 9.2) / 9.6) ** 2, 0, 1)), 0)
    height -= 1.2 * np.exp(-(((neck - 19.0) / 1.3) ** 2)) + 0.4 * np.exp(-(((neck - 23.0) / 0.9) ** 2))
    shade *= 1 - 0.10 * np.exp(-(((neck - 23.0) / 0.7) ** 2))
    shade *= np.where(neck < 18.5, 1 - 0.05 * (0.5 + 0.5 * np.cos(angle * 150)), 1)
    above = 3.0 + 3.0 * np.logaddexp(0, (height - 3.0) / 3.0)  # no fold dips into the table
    height = np.where(edge > 25, above, height + (above - height) * smoothstep(4, 25, edge))
    return height.astype(np.float32), shade.astype(np.float32)


def _sheet(height: Array, signed: Array) -> Mesh:
    """A height field cut along its contour, in the frame's plane: x right, y up, z towards the camera."""
    x, y = _grid()
    step = FRAME_MM[0] / SIZE[0]
    down, across = np.gradient(signed.astype(np.float64), step)
    outside = np.minimum(signed, 0)  # the vertices just outside are drawn back onto the contour
    vertices = np.stack(
        [x - outside * across, FRAME_MM[1] / 2 - (y - outside * down + TOP_MM), height], -1
    ).reshape(-1, 3)
    slope_down, slope_across = np.gradient(height.astype(np.float64), step)
    normals = np.stack([-slope_across, slope_down, np.ones_like(slope_down)], -1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    uv = np.stack([x / FRAME_MM[0] + 0.5, 1 - (y + TOP_MM) / FRAME_MM[1]], -1).reshape(-1, 2)
    faces = grid_faces(*height.shape)[:, ::-1].copy()
    kept = faces[(signed.ravel()[faces] > 0).any(axis=1)]
    used, renumbered = np.unique(kept, return_inverse=True)
    return Mesh(vertices[used], normals.reshape(-1, 3)[used], uv[used], renumbered.reshape(-1, 3))


def camera() -> dict[str, object]:
    distance = 3000.0
    fov = float(np.degrees(2 * np.arctan(FRAME_MM[0] / 2 / distance)))
    return studio.camera((0, 0, distance), (0, 0, 0), (0, 1, 0), fov, SIZE)


def light_of(front: Mesh, back: Mesh, sensor: dict[str, object], seed: int) -> Array:
    """The path-traced picture of the grey shirt on the plaster."""
    grey = {
        "type": "twosided",
        "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": [GREY] * 3}},
    }
    wall_albedo, wall_height = studio.plaster(1600, 62)
    span = FRAME_MM[0]
    plaster = {
        "type": "bumpmap",
        "arbitrary": studio.texture(wall_height),
        "scale": 0.9,
        "bsdf": {"type": "diffuse", "reflectance": studio.texture(wall_albedo)},
    }
    key_position = (-2.9 * span, 2.55 * span, 2.75 * span)
    return studio.shoot(
        {
            "front": studio.shape(front, grey),
            "back": studio.shape(back, grey),
            "wall": studio.shape(plane(2 * span, 0.0, 2.0), plaster),
            "key": studio.lamp(key_position, (0, 0, 0), span * 1.3, (26.0, 24.6, 22.8)),
            "fill": {"type": "constant", "radiance": {"type": "rgb", "value": [0.21, 0.215, 0.225]}},
            "sensor": sensor,
        },
        seed,
        SAMPLES,
    )


def _weave(rng: np.random.Generator) -> Array:
    """Jersey as a factor around 1: fine columns, uneven yarn."""
    shape = (SIZE[1], SIZE[0])
    yarn = value_noise(shape, (SIZE[1] // 6, SIZE[0] // 2), rng) + 0.7 * value_noise(
        shape, (SIZE[1] // 2, SIZE[0] // 2), rng
    )
    return np.asarray(1 + 0.028 * yarn, dtype=np.float32)


def _maps(height: Array) -> tuple[Array, Array, Array]:
    """u, v and coverage of the print area; the slope of the folds shifts the print."""
    x, y = _grid()
    step = FRAME_MM[0] / SIZE[0]
    across, down = slopes(height, 6)
    u = (x + across * SHIFT_MM) / PRINT_MM[0] + 0.5
    v = (y - PRINT_TOP + down * SHIFT_MM) / PRINT_MM[1]
    margin_u, margin_v = step / PRINT_MM[0], step / PRINT_MM[1]
    inside = np.clip(np.minimum(u, 1 - u) / margin_u + 0.5, 0, 1) * np.clip(
        np.minimum(v, 1 - v) / margin_v + 0.5, 0, 1
    )
    return u, v, np.asarray(inside, dtype=np.float32)


def make() -> Array:
    """Renders every fabric colour into configurator/pictures/t-shirt/front; the exposure, by channel."""
    rng = np.random.default_rng(SEED)
    height, stitches = height_of(rng)
    front_mesh, back_mesh = panels(height)
    light = light_of(front_mesh, back_mesh, camera(), SEED)
    cloth = studio.coverage((front_mesh, back_mesh), camera())
    gain = studio.balance(light, BALANCE)
    light = light * gain * studio.grain(SIZE, SEED)
    weave = _weave(rng)
    u, v, coverage = _maps(height)
    shine = foil(slopes(height, 4), (0.0, 0.0, 1.0), weave)
    write_view("front", Shot(light, cloth, weave, stitches, shine, u, v, coverage))
    return gain


@dataclass(frozen=True)
class Shot:
    """One view of the grey shirt, rows x columns: what light arrives, where there is cloth, its weave and
    stitches (factors), how it would shine as metal, and the maps of the print area."""

    light: Array
    cloth: Array
    weave: Array
    stitches: Array
    shine: Array
    u: Array
    v: Array
    coverage: Array


def panels(height: Array) -> tuple[Mesh, Mesh]:
    """The front of the shirt and what of its back is seen through the neck."""
    behind = 2.0 - 1.2 * np.exp(-(((_distance(_both(BACK_NECK)) - 17) / 1.4) ** 2))
    return (
        _sheet(height, _signed(_front_contour())),
        _sheet(behind.astype(np.float32), _signed(_back_contour())),
    )


def slopes(height: Array, reach: int) -> tuple[Array, Array]:
    """How the cloth rises to the right and downwards, averaged over `reach` pixels:
    ink and foil bridge the finest wrinkles."""
    smooth = np.asarray(
        Image.fromarray(height)
        .resize((SIZE[0] // reach, SIZE[1] // reach), Image.Resampling.BOX)
        .resize(SIZE, Image.Resampling.BICUBIC)
    )
    down, across = np.gradient(smooth, FRAME_MM[0] / SIZE[0])
    return across.astype(np.float32), down.astype(np.float32)


def foil(slope: tuple[Array, Array], camera: tuple[float, float, float], weave: Array) -> Array:
    """How bright a mirror of this shape is, 0..1: the key lamp, a card to its right, a dim room; crinkled by
    the knit beneath. Directions: x right, y up, z towards the front."""
    across, down = slope
    fine = np.gradient(weave)
    crinkle = 0.09 * fractal(weave.shape, (24, 30), 3, np.random.default_rng(63), gain=0.7)
    normal = np.stack([-across - 0.8 * fine[1] + crinkle, down + 0.8 * fine[0], np.ones_like(across)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    towards = np.array(camera) / np.linalg.norm(camera)
    mirrored = 2 * (normal @ towards)[..., None] * normal - towards
    total = np.full(across.shape, 0.22)
    for direction, width, strength in (((-0.42, 0.44, 0.8), 0.50, 1.00), ((0.5, 0.1, 0.86), 0.40, 0.50)):
        lamp = np.array(direction) / np.linalg.norm(direction)
        total += strength * np.exp(-((np.arccos(np.clip(mirrored @ lamp, -1, 1)) / width) ** 2))
    total += 0.18 * smoothstep(-0.4, 0.7, mirrored[..., 1].astype(np.float32))
    return np.asarray(np.clip(total * weave, 0, 1), dtype=np.float32)


def write_view(view: str, shot: Shot, quality: int = QUALITY) -> None:
    """Dyes the grey shirt and writes the view's folder. Ink hides the cloth, so white, black and foil are the
    same on every colour; they are kept of the print area only."""
    folder = PICTURES / "t-shirt" / view
    folder.mkdir(parents=True, exist_ok=True)
    maps = write_maps(folder, "", shot.u, shot.v, shot.coverage)
    left, top, right, bottom = maps["bbox"]
    box = np.s_[top:bottom, left:right]
    # ink fills the knit a little: less of the weave shows through
    filled = 1 + (shot.weave[..., None] - 1) * 0.6
    white = shot.light * to_linear(WHITE_INK) / GREY * filled
    black = shot.light * (to_linear(BLACK_INK) + 0.004) / GREY * shot.weave[..., None]
    ink = {
        "white": write_pass(folder, "white", white[box], quality),
        "black": write_pass(folder, "black", black[box], quality),
        "shine": write_pass(folder, "shine", np.repeat(shot.shine[box][..., None], 3, axis=-1), quality),
    }
    passes: dict[str, dict[str, str]] = {}
    for name, colour in COLOURS.items():
        albedo = to_linear(colour) * (shot.weave * shot.stitches)[..., None] + 0.004
        blank = shot.light * (1 + shot.cloth[..., None] * (albedo / GREY - 1))
        passes[name] = {"blank": write_pass(folder, f"blank-{name}", blank, quality), **ink}
    write_json(
        folder,
        {
            "family": "t-shirt",
            "view": view,
            "surface": "front",
            "mode": "print",
            "variant_key": "{colour}",
            "size": list(SIZE),
            "surface_mm": list(PRINT_MM),
            "anchor": "top",
            "passes": passes,
            "cropped": sorted(ink),
            **maps,
            "note": "White and black are ink on the garment, shine is foil.",
        },
    )
