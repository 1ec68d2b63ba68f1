"""`python -m tools.pictures.truth`: how far mixing the passes is from rendering the printed mug itself.

Prints the mug's front with artwork of flat and graded colours twice: mixed from the committed passes through
the UV map, and path-traced with the artwork on the cylinder. Compares printed pixels away from colour edges.
"""

import json

import numpy as np
from PIL import Image

from tools.pictures import mug, studio
from tools.pictures.noise import Array
from tools.pictures.view import PICTURES, to_bytes

COAT = 0.596  # share of diffuse light that a coat of refractive index 1.5 throws back inside
FOLDER = PICTURES / "enamel-mug" / "front"


def _artwork() -> Array:
    """Eight columns of colour, each graded from dark to light, linear, (rows, columns, 3)."""
    hues = np.array(
        [[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1], [0.5, 0.5, 0.5]],
        dtype=np.float32,
    )
    down = np.linspace(0, 1, 800, dtype=np.float32)[:, None, None]
    return np.asarray(np.repeat(hues, 250, axis=0)[None] * down, dtype=np.float32)


def _seen(pigment: Array) -> Array:
    """What a pigment under the coat looks like: light is thrown back into it by the coat again and again."""
    return np.asarray(pigment / (1 - COAT * pigment), dtype=np.float32)


def _pigment(seen: Array) -> Array:
    """The pigment that looks like this: the inverse of `_seen`."""
    return np.asarray(seen / (1 + COAT * seen), dtype=np.float32)


def _pass(name: str) -> Array:
    encoded = np.asarray(Image.open(FOLDER / name).convert("RGB"), dtype=np.float32) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def main() -> None:
    """Renders once (about a minute) and prints the errors in sRGB levels of 255."""
    facts = json.loads((FOLDER / "view.json").read_text(encoding="utf-8"))
    left, top, right, bottom = facts["bbox"]
    maps = np.asarray(Image.open(FOLDER / facts["uv"]), dtype=np.float64) / 65535
    u, v = maps[: bottom - top], maps[bottom - top :]
    mask = np.asarray(Image.open(FOLDER / facts["mask"])) == 255
    art = _artwork()
    column = np.clip(u * art.shape[1], 0, art.shape[1] - 1)
    colour = art[np.clip(v * art.shape[0], 0, art.shape[0] - 1).astype(int), column.astype(int)]
    white, black = (
        _pass(facts["passes"]["navy"][name])[top:bottom, left:right] for name in ("white", "black")
    )
    mixed = np.asarray(to_bytes(black + (white - black) * colour), dtype=float)
    crude = np.asarray(to_bytes(white), dtype=float) * np.asarray(to_bytes(colour), dtype=float) / 255

    # an artwork's colour says what is seen, so the pigment under the clear coat is chosen to look like it
    dark, light = (_seen(np.asarray(colour, dtype=np.float32)) for colour in (mug.BLACK, mug.WHITE))
    ink = _pigment(dark + (light - dark) * art)
    blank = studio.shoot(mug.scene("front", mug.RIMS["navy"], mug.BLACK), 51, mug.SAMPLES)
    gain = studio.balance(blank) * studio.grain(mug.SIZE, 51)
    printed = studio.shoot(mug.scene("front", mug.RIMS["navy"], ink), 51, mug.SAMPLES) * gain
    truth = np.asarray(to_bytes(printed[top:bottom, left:right]), dtype=float)

    from_edge = np.abs((column / 250 + 0.5) % 1 - 0.5) * 250  # columns of artwork to the nearest colour edge
    inside = mask & (from_edge > 12) & (v > 0.02) & (v < 0.98)
    for name, picture in (("mixed in linear light", mixed), ("multiplied in sRGB", crude)):
        error = (picture - truth)[inside]
        mean, bias = np.abs(error).mean(), error.mean()
        print(f"{name}: mean error {mean:.2f}, bias {bias:+.2f} of 255, {inside.sum()} pixels")


if __name__ == "__main__":
    studio.start()
    main()
