"""The shelf's materials: seamless faces and edges that the shop's own renderer maps onto the boards."""

import numpy as np
from PIL import Image

from configurator.engine.rendering.shelf import render_shelf
from tools.pictures.noise import Array, fractal, value_noise
from tools.pictures.view import PICTURES, QUALITY, to_bytes, write_json
from tools.pictures.wood import SPECIES, face, to_linear

FACE_PX = (1024, 512)
FACE_MM = (1200.0, 400.0)  # what one tile of a face covers along and across the grain
EDGE_PX = (512, 64)
EDGE_MM = (600.0, 30.0)


def _wood(species: str, millimetres: tuple[float, float], pixels: tuple[int, int], seed: int) -> Array:
    """A tile drawn at twice the size and reduced, so that fine pores do not alias."""
    scale = max(2 * pixels[0] / millimetres[0], 2 * pixels[1] / millimetres[1])
    albedo, _ = face(SPECIES[species], *millimetres, scale, seed, seamless=True)
    channels = [
        np.asarray(Image.fromarray(albedo[..., i]).resize(pixels, Image.Resampling.BOX)) for i in range(3)
    ]
    return np.stack(channels, -1)


def _lacquer(pixels: tuple[int, int], seed: int) -> Array:
    """Sprayed white lacquer: almost even, with a trace of orange peel."""
    rng = np.random.default_rng(seed)
    shape = (pixels[1], pixels[0])
    tone = 0.004 * fractal(shape, (2, 3), 2, rng) + 0.006 * value_noise(
        shape, (shape[0] // 3, shape[1] // 3), rng
    )
    return np.asarray(to_linear((240, 238, 232)) * (1 + tone)[..., None], dtype=np.float32)


def textures() -> None:
    """Writes the seamless tiles into configurator/pictures/shelf/textures."""
    folder = PICTURES / "shelf" / "textures"
    folder.mkdir(parents=True, exist_ok=True)
    tiles = {
        "oak-face": _wood("oak", FACE_MM, FACE_PX, 71),
        "oak-edge": _wood("oak", EDGE_MM, EDGE_PX, 72),
        "walnut-face": _wood("walnut", FACE_MM, FACE_PX, 73),
        "walnut-edge": _wood("walnut", EDGE_MM, EDGE_PX, 74),
        "white-lacquer-face": _lacquer(FACE_PX, 75),
        "white-lacquer-edge": _lacquer(EDGE_PX, 76),
    }
    for name, pixels in tiles.items():
        to_bytes(pixels).save(folder / f"{name}.webp", "WEBP", quality=86, method=6)


def listed(material: str) -> Image.Image:
    """A shelf of 800 x 1200 x 280 mm with four boards."""
    return render_shelf(
        width_mm=800,
        height_mm=1200,
        depth_mm=280,
        boards=4,
        thickness_mm=18,
        material=material,
        back="rails",
        pictures=PICTURES,
    )


def pictures_for_lists() -> None:
    """Draws one shelf of each material with the shop's own renderer into shelf/front."""
    front = PICTURES / "shelf" / "front"
    front.mkdir(parents=True, exist_ok=True)
    passes = {}
    for material in ("oak", "walnut", "white"):
        listed(material).save(front / f"blank-{material}.webp", "WEBP", quality=QUALITY, method=6)
        passes[material] = {"blank": f"blank-{material}.webp"}
    write_json(
        front,
        {
            "family": "shelf",
            "view": "front",
            "surface": "front",
            "mode": "none",
            "variant_key": "{material}",
            "size": [1000, 800],
            "passes": passes,
            "note": "800 x 1200 x 280 mm, four boards, for lists; the shop draws each shelf's own measures.",
        },
    )


def make() -> None:
    """Writes the textures, then the pictures that need them."""
    textures()
    pictures_for_lists()
