"""Periodic value noise on numpy arrays; every function takes the generator, so a seed fixes the bytes."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float32]
_MARGIN = 3  # grid cells repeated around the border, so that the cubic kernel sees the wrapped neighbours


def value_noise(shape: tuple[int, int], cells: tuple[int, int], rng: np.random.Generator) -> Array:
    """Smooth noise of mean 0 and deviation 1, shape (rows, columns), tiling in both directions.

    `cells` is the number of grid cells (rows, columns): few cells = large features.
    """
    rows, columns = max(1, cells[0]), max(1, cells[1])
    grid = rng.standard_normal((rows, columns)).astype(np.float32)
    padded = np.pad(grid, _MARGIN, mode="wrap")
    box = (_MARGIN, _MARGIN, _MARGIN + columns, _MARGIN + rows)
    image = Image.fromarray(padded).resize((shape[1], shape[0]), Image.Resampling.BICUBIC, box=box)
    noise = np.asarray(image, dtype=np.float32)
    return (noise - noise.mean()) / max(float(noise.std()), 1e-6)


def fractal(
    shape: tuple[int, int], cells: tuple[int, int], octaves: int, rng: np.random.Generator, gain: float = 0.5
) -> Array:
    """Sum of `octaves` value noises, each twice as fine and `gain` times as strong; mean 0, deviation 1."""
    total = np.zeros(shape, dtype=np.float32)
    for octave in range(octaves):
        rows = min(shape[0], cells[0] << octave)
        columns = min(shape[1], cells[1] << octave)
        total += value_noise(shape, (rows, columns), rng) * gain**octave
    return (total - total.mean()) / max(float(total.std()), 1e-6)


def smoothstep(low: float, high: float, value: Array) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float32)
