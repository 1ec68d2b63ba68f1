"""Procedural wood: growth rings cut by a board, fibres, pores and rays, as linear-light albedo.

A flat-sawn face shows the rings of a slightly conical log as cathedrals: a point (x along the grain,
y across) lies at the distance sqrt((y - pith)^2 + depth^2) from the pith, and the cone lets it grow along x.
"""

from dataclasses import dataclass

import numpy as np

from tools.pictures.noise import Array, fractal, smoothstep, value_noise


@dataclass(frozen=True)
class Species:
    """The look of one wood; colours are sRGB 0..255, lengths millimetres."""

    early: tuple[int, int, int]
    late: tuple[int, int, int]
    streak: tuple[int, int, int]
    ring_mm: float
    ring_contrast: float
    fibre: float
    pore_density: float  # pores per square millimetre
    pore_length_mm: float
    pore_depth: float
    ring_porous: float  # 0: pores everywhere, 1: only in the early wood
    ray_density: float  # dark ray dashes per square millimetre
    streaks: float


SPECIES: dict[str, Species] = {
    "walnut": Species(
        (138, 101, 73), (84, 57, 40), (66, 47, 38), 5.2, 0.60, 0.085, 0.42, 4.2, 0.42, 0.45, 0.0, 0.55
    ),
    "oak": Species(
        (206, 170, 124), (172, 131, 86), (183, 150, 108), 4.4, 0.58, 0.055, 1.10, 3.4, 0.42, 0.92, 0.16, 0.22
    ),
    "cherry": Species(
        (178, 122, 82), (142, 87, 54), (152, 92, 58), 6.0, 0.42, 0.045, 0.16, 1.6, 0.20, 0.2, 0.10, 0.30
    ),
}


def to_linear(colour: tuple[int, int, int]) -> Array:
    """One sRGB colour 0..255 as linear light 0..1."""
    c = np.asarray(colour, dtype=np.float32) / 255.0
    return np.asarray(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4), dtype=np.float32)


def _dashes(
    shape: tuple[int, int],
    scale: float,
    count: int,
    length_mm: float,
    width_mm: float,
    rng: np.random.Generator,
) -> Array:
    """Short soft strokes along x, periodic, 0..1: `count` of them; `scale` = pixels a millimetre."""
    canvas = np.zeros(shape, dtype=np.float32)
    rows = rng.integers(0, shape[0], count)
    starts = rng.integers(0, shape[1], count)
    lengths = np.maximum(2, rng.gamma(3.0, length_mm / 3.0, count) * scale).astype(int)
    strengths = rng.uniform(0.35, 1.0, count).astype(np.float32)
    for row, start, length, strength in zip(rows, starts, lengths, strengths, strict=True):
        columns = np.arange(start, start + length) % shape[1]
        profile = np.sin(np.linspace(0.15, np.pi - 0.15, length, dtype=np.float32)) * strength
        canvas[row, columns] = np.maximum(canvas[row, columns], profile)
        if width_mm * scale > 1.4:
            below = (row + 1) % shape[0]
            canvas[below, columns] = np.maximum(
                canvas[below, columns], profile * min(1.0, width_mm * scale - 1.0)
            )
    return canvas


def face(
    species: Species, width_mm: float, height_mm: float, scale: float, seed: int, *, seamless: bool = False
) -> tuple[Array, Array]:
    """A long-grain face: (albedo rows x columns x 3 in linear light, height map rows x columns 0..1).

    The grain runs along x. `scale` is pixels a millimetre. `seamless` gives straight grain that tiles.
    """
    rng = np.random.default_rng(seed)
    shape = (round(height_mm * scale), round(width_mm * scale))
    y, x = np.meshgrid(
        np.linspace(0, height_mm, shape[0], endpoint=False),
        np.linspace(0, width_mm, shape[1], endpoint=False),
        indexing="ij",
    )

    def cells(along_mm: float, across_mm: float) -> tuple[int, int]:
        return max(1, round(height_mm / across_mm)), max(1, round(width_mm / along_mm))

    wander = fractal(shape, cells(140, 46), 3, rng)
    waver = fractal(shape, cells(26, 9), 2, rng)
    if seamless:
        phase = y / height_mm * max(1, round(height_mm / species.ring_mm)) + wander * 0.75 + waver * 0.045
    else:
        pith = height_mm * rng.uniform(0.40, 0.62)
        depth = height_mm * 0.09 + (x + 0.12 * width_mm) * 0.085
        distance = np.sqrt(((y - pith) * 0.80) ** 2 + (depth + wander * 1.3) ** 2 + 4.0)
        phase = distance / species.ring_mm * 1.25 + wander * 0.22 + waver * 0.04
    ring_index = np.floor(phase).astype(int)
    within = (phase - ring_index).astype(np.float32)
    rings = max(1, round(height_mm / species.ring_mm))
    period = rings if seamless else int(ring_index.max() - ring_index.min()) + 1
    per_ring = rng.uniform(0.55, 1.0, period).astype(np.float32)[ring_index % period]
    # slow rise to the late wood, then a quick fall: the sawtooth by which a ring is recognised
    late = smoothstep(0.15, 0.86, within) * (1.0 - smoothstep(0.90, 1.0, within)) * per_ring

    fibres = value_noise(shape, cells(38, 0.55), rng) * 0.6 + value_noise(shape, cells(11, 0.28), rng) * 0.4
    clouds = fractal(shape, cells(120, 30), 3, rng)
    streak = smoothstep(0.2, 1.7, fractal(shape, cells(260, 14), 3, rng)) * species.streaks

    mix = np.clip(late * species.ring_contrast * 1.35 + clouds * 0.09 + 0.10, 0, 1)[..., None]
    albedo = to_linear(species.early) * (1 - mix) + to_linear(species.late) * mix
    albedo = albedo * (1 - streak[..., None]) + to_linear(species.streak) * streak[..., None]
    albedo = albedo * (1 + species.fibre * fibres[..., None] * 1.5)

    area = width_mm * height_mm
    pores = _dashes(shape, scale, round(area * species.pore_density * 2.2), species.pore_length_mm, 0.22, rng)
    where = 1 - species.ring_porous * smoothstep(0.22, 0.45, within)
    pores = pores * where
    albedo = albedo * (1 - species.pore_depth * pores[..., None])
    rays = np.zeros(shape, dtype=np.float32)
    if species.ray_density:
        rays = _dashes(shape, scale, round(area * species.ray_density), 2.6, 0.3, rng)
        albedo = albedo * (1 - 0.20 * rays[..., None])
    height = np.clip(0.62 + 0.05 * fibres - 0.45 * pores - 0.10 * late, 0, 1)
    return albedo.clip(0.004, 0.95).astype(np.float32), height.astype(np.float32)
