"""sRGB bytes to linear light and back, by table: mixing colours is only right in linear light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

_STEPS = 8191


def _to_linear() -> Floats:
    encoded = np.arange(256, dtype=np.float64) / 255
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


def _to_bytes() -> Bytes:
    light = np.arange(_STEPS + 1, dtype=np.float64) / _STEPS
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(encoded * 255).astype(np.uint8)


_LINEAR = _to_linear()
_BYTES = _to_bytes()


def linear(encoded: Bytes) -> Floats:
    """Linear light, 0 to 1, of sRGB bytes of any shape."""
    return np.asarray(_LINEAR.take(encoded))


def encoded(light: Floats) -> Bytes:
    """sRGB bytes of linear light; values outside 0 to 1 are cut off."""
    steps = np.clip(light * np.float32(_STEPS) + np.float32(0.5), 0, _STEPS).astype(np.uint16)
    return np.asarray(_BYTES.take(steps))
