"""A picture that a shopper of the demo hands in: hills under a sun, large enough to be printed."""

import io
import math
import random

from PIL import Image, ImageDraw

SIZE = (2000, 1400)  # pixels: 150 dpi and more on everything that the demo families print


def draw(chance: random.Random) -> bytes:
    """A PNG; the same ``chance`` draws the same."""
    width, height = SIZE
    sky = Image.linear_gradient("L").resize(SIZE)
    top, bottom = _colour(chance, 90, 170), _colour(chance, 190, 250)
    picture = Image.composite(Image.new("RGB", SIZE, bottom), Image.new("RGB", SIZE, top), sky)
    brush = ImageDraw.Draw(picture)
    radius, x = chance.randint(110, 190), chance.randint(400, 1600)
    brush.ellipse((x - radius, 380 - radius, x + radius, 380 + radius), fill=(255, 236, 190))
    for depth in range(4):
        base, wave = 700 + 170 * depth, chance.uniform(160, 420)
        shift, swing = chance.uniform(0, math.tau), 120 - 20 * depth
        ridge = [(x, base - swing * math.sin(x / wave + shift)) for x in range(0, width + 20, 20)]
        shade = tuple(round(part * (0.75 - 0.14 * depth)) for part in top)
        brush.polygon([*ridge, (width, height), (0, height)], fill=shade)
    target = io.BytesIO()
    picture.save(target, "PNG", compress_level=1)
    return target.getvalue()


def _colour(chance: random.Random, low: int, high: int) -> tuple[int, int, int]:
    return chance.randint(low, high), chance.randint(low, high), chance.randint(low, high)
