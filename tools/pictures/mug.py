"""The enamel mug: a turned body with a rolled rim and a strip handle on a paper sweep.

The body is 96 mm wide, so 200 mm of print wrap 239 of its 360 degrees; the handle stands where the wrap ends
on the right, 128 degrees from its centre, and shows behind the right edge when the centre faces the camera.
"""

import numpy as np

from tools.pictures import studio
from tools.pictures.meshes import Floats, lathe, sweep_backdrop, tube
from tools.pictures.noise import Array
from tools.pictures.view import PICTURES, pinhole_rays, write_json, write_maps, write_pass
from tools.pictures.wood import to_linear

SIZE = (1000, 800)
FOV = 22.0
SAMPLES = 24
RADIUS = 48.0
WRAP_MM = (200.0, 80.0)
WRAP_TOP = 86.0  # z of the upper edge of the wrap
RIMS = {"navy": (34, 52, 94), "black": (28, 28, 30), "red": (168, 38, 43)}
WHITE = (0.86, 0.85, 0.825)
BLACK = np.full((1, 1, 3), 0.014, dtype=np.float32)
# Direction (degrees around z, camera at -90) of the wrap's centre in each view.
VIEWS = {"front": -95.0, "back": -95.0 - 62.0}
HANDLE_FROM_CENTRE = 128.0


def _camera() -> tuple[Array, Array, Array]:
    elevation = np.radians(15.0)
    target = np.array([9.0, 0.0, 43.0])
    origin = target + 500.0 * np.array([0.0, -np.cos(elevation), np.sin(elevation)])
    return origin, target, np.array([0.0, 0.0, 1.0])


def _arc(centre: tuple[float, float], radius: float, start: float, stop: float, points: int) -> Floats:
    angles = np.radians(np.linspace(start, stop, points))
    return np.column_stack([centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)])


def _profiles() -> dict[str, Floats]:
    """Half sections (radius, z): foot, the cylinder that carries the wrap, neck with inside, rolled rim."""
    foot = np.vstack([[[0.01, 1.2], [RADIUS - 9, 1.2]], _arc((RADIUS - 6, 6.0), 6.0, -100, 0, 24)])
    wrap = np.array([[RADIUS, 6.0], [RADIUS, WRAP_TOP]])
    inside = RADIUS - 1.4
    neck = np.vstack(
        [
            [[RADIUS, WRAP_TOP], [RADIUS, 88.8], [inside, 88.8], [inside, 60.0], [inside, 12.0]],
            _arc((inside - 8, 12.0), 8.0, 0, -90, 16),
            [[0.01, 4.0]],
        ]
    )
    rim = _arc((RADIUS - 0.5, 89.6), 2.3, -180, 180, 32)
    return {"foot": foot, "wrap": wrap, "neck": neck, "rim": rim}


def _handle(angle: float) -> tuple[Floats, Floats, Floats, Floats]:
    turn = np.linspace(-np.pi / 2, np.pi / 2, 400)
    power = 2 / 2.5
    reach = 37.0 * np.abs(np.cos(turn)) ** power
    z = (
        50.0
        + 27.0 * np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** power
        - 3.0 * np.cos(turn) * np.sin(turn)
    )
    outline = np.column_stack([RADIUS - 2.0 + reach, z])
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(outline, axis=0), axis=1))])
    even = np.linspace(0, length[-1], 160)
    r, z = np.interp(even, length, outline[:, 0]), np.interp(even, length, outline[:, 1])
    radial = np.array([np.cos(angle), np.sin(angle), 0.0])
    across = np.array([-np.sin(angle), np.cos(angle), 0.0])
    path = r[:, None] * radial + z[:, None] * np.array([0.0, 0.0, 1.0])
    root = np.exp(-np.minimum(even, length[-1] - even) / 4.0)
    return path, across, 6.2 + 2.4 * root, 3.1 + 1.8 * root


def _enamel(colour: object) -> dict[str, object]:
    return {"type": "plastic", "diffuse_reflectance": colour, "int_ior": 1.5, "nonlinear": True}


def _wrap_texture(view: str, ink: Array | None) -> dict[str, object]:
    """The cylinder's colour over angle and height: enamel, with `ink` (rows, columns, 3) on the wrap."""
    columns = 4096
    angle = (np.arange(columns) + 0.5) / columns * 360.0
    away = (angle - VIEWS[view] + 180.0) % 360.0 - 180.0
    across = 0.5 + np.radians(away) * RADIUS / WRAP_MM[0]
    rows = 4 if ink is None else max(4, ink.shape[0])
    colours = np.broadcast_to(np.array(WHITE, dtype=np.float32), (rows, columns, 3)).copy()
    if ink is not None:
        printed = (across >= 0) & (across < 1)
        at = (np.arange(rows) + 0.5) / rows * ink.shape[0]
        colours[:, printed] = ink[at.astype(int)[:, None], (across[printed] * ink.shape[1]).astype(int)[None]]
    return studio.texture(colours)


def scene(view: str, rim: tuple[int, int, int], ink: Array | None) -> dict[str, object]:
    """The mug on its paper, printed with `ink` (linear colours over the wrap) or blank."""
    profiles = _profiles()
    white = _enamel({"type": "rgb", "value": list(WHITE)})
    rim_colour = _enamel({"type": "rgb", "value": [float(c) for c in to_linear(rim)]})
    path, across, wide, high = _handle(np.radians(VIEWS[view] + HANDLE_FROM_CENTRE))
    origin, target, up = (tuple(map(float, part)) for part in _camera())
    return {
        "foot": studio.shape(lathe(profiles["foot"]), white),
        "wrap": studio.shape(lathe(profiles["wrap"], 512), _enamel(_wrap_texture(view, ink))),
        "neck": studio.shape(lathe(profiles["neck"]), {"type": "twosided", "bsdf": white}),
        "rim": studio.shape(lathe(profiles["rim"]), {"type": "twosided", "bsdf": rim_colour}),
        "handle": studio.shape(tube(path, across, wide, high), {"type": "twosided", "bsdf": white}),
        "paper": studio.shape(
            sweep_backdrop(2600, 900, 420, 1500, 260),
            {
                "type": "twosided",
                "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": list(studio.BACKDROP)}},
            },
        ),
        "key": studio.lamp((-430, -420, 520), (0, 0, 45), 300, (13.6, 12.9, 12.0)),
        "rim_light": studio.lamp((420, -120, 260), (0, 0, 50), 150, (2.6, 2.7, 2.9)),
        "fill": {"type": "constant", "radiance": {"type": "rgb", "value": [0.42, 0.43, 0.45]}},
        "sensor": studio.camera(origin, target, up, FOV, SIZE),
    }


def _maps(view: str) -> tuple[Array, Array, Array]:
    """u, v over the whole wrap and its coverage, by intersecting the camera's rays with the cylinder."""
    origin, target, up = _camera()
    coverage = np.zeros((SIZE[1], SIZE[0]))
    u = v = coverage
    for dy, dx in [(0.5, 0.5)] + [
        (y, x) for y in (0.125, 0.375, 0.625, 0.875) for x in (0.125, 0.375, 0.625, 0.875)
    ]:
        rays = pinhole_rays(origin, target, up, FOV, SIZE, (dx, dy))
        a = rays[..., 0] ** 2 + rays[..., 1] ** 2
        b = origin[0] * rays[..., 0] + origin[1] * rays[..., 1]
        discriminant = b * b - a * (origin[0] ** 2 + origin[1] ** 2 - RADIUS**2)
        # a miss takes the nearest tangent point, so that u, v go on smoothly under the anti-aliased edge
        distance = (-b - np.sqrt(np.maximum(discriminant, 0))) / a
        x, y, z = (origin[i] + rays[..., i] * distance for i in range(3))
        away = (np.degrees(np.arctan2(y, x)) - VIEWS[view] + 180.0) % 360.0 - 180.0
        across = 0.5 + np.radians(away) * RADIUS / WRAP_MM[0]
        down = (WRAP_TOP - z) / WRAP_MM[1]
        if (dy, dx) == (0.5, 0.5):
            u, v = across, down
            continue
        seen = (discriminant > 0) & (across >= 0) & (across <= 1) & (down >= 0) & (down <= 1)
        coverage = coverage + seen / 16
    return u, v, coverage


def make() -> None:
    """Renders every rim colour into configurator/pictures/enamel-mug/<view>."""
    for view, seed in (("front", 51), ("back", 52)):
        folder = PICTURES / "enamel-mug" / view
        folder.mkdir(parents=True, exist_ok=True)
        grain = studio.grain(SIZE, seed)
        maps = write_maps(folder, "", *_maps(view))
        passes: dict[str, dict[str, str]] = {}
        # the black pass is only looked at inside the wrap, where the rim's colour hardly shows: one for all
        black = studio.shoot(scene(view, RIMS["navy"], BLACK), seed, SAMPLES)
        gain = studio.balance(black)
        black_file = write_pass(folder, "black", black * gain * grain)
        for name, colour in RIMS.items():
            white = studio.shoot(scene(view, colour, None), seed, SAMPLES)
            file = write_pass(folder, f"white-{name}", white * gain * grain)
            passes[name] = {"blank": file, "white": file, "black": black_file}
        write_json(
            folder,
            {
                "family": "enamel-mug",
                "view": view,
                "surface": "wrap",
                "mode": "print",
                "variant_key": "{rim}",
                "size": list(SIZE),
                "surface_mm": list(WRAP_MM),
                "passes": passes,
                **maps,
                "note": "u, v run over the whole 200 mm wrap, of which this view shows a part. "
                "The blank mug is white, so blank and white are one file.",
            },
        )
