"""The profile of a made-up press."""

import numpy as np
from numpy.typing import NDArray

from configurator.engine.rendering.icc import lab_to_srgb, output_profile, srgb_to_lab

Numbers = NDArray[np.float64]


def press_profile() -> bytes:
    """An output profile of CMYK, by a formula: ink takes light away, black takes all of it."""
    return output_profile("A made-up press", b"CMYK", 4, _to_lab, _from_lab)


def _to_lab(ink: Numbers) -> Numbers:
    return srgb_to_lab((1 - 0.95 * ink[:, :3]) * (1 - 0.98 * ink[:, 3:]))


def _from_lab(lab: Numbers) -> Numbers:
    wanted = np.clip(1 - lab_to_srgb(lab), 0, 1)
    black = wanted.min(axis=1, keepdims=True)
    left = np.where(black < 1, (wanted - black) / np.maximum(1 - black, 1e-6), 0)
    return np.clip(np.concatenate([left / 0.95, black / 0.98], axis=1), 0, 1)
