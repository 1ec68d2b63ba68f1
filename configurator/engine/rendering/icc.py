"""ICC profiles (ICC.1:2001-04, version 2.4) made from formulas: none is shipped, nobody's licence is needed.

`srgb_screen` tells what the numbers of our colours mean. `srgb_printer` is the same space as an output
device, which is what a PDF/X output intent has to name (class `prtr`) where the operator gave no press
profile.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
# Device values 0 to 1 (n, channels) to Lab D50 (n, 3), or the way back.
Conversion = Callable[[Numbers], Numbers]

D50 = (0.9642, 1.0, 0.8249)
# sRGB's primaries as ICC wants them: adapted to D50 (Bradford), rounded as in IEC 61966-2-1's profile.
SRGB_TO_D50 = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
MADE = (2026, 1, 1, 0, 0, 0)
CURVE_STEPS = 1024
DEVICE_GRID, LAB_GRID, GAMUT_GRID = 17, 21, 9
# How far (CIE76) a colour may be from what the device makes of it to count as inside its gamut.
IN_GAMUT = 3.0


@cache
def srgb_screen() -> bytes:
    """sRGB, class `mntr`: three primaries and a curve."""
    steps = np.arange(CURVE_STEPS) / (CURVE_STEPS - 1)
    curve = b"curv" + bytes(4) + struct.pack(">I", CURVE_STEPS) + _u16(_linear(steps) * 65535)
    red, green, blue = (_xyz(SRGB_TO_D50[:, column]) for column in range(3))
    tags = {"rXYZ": red, "gXYZ": green, "bXYZ": blue, "rTRC": curve, "gTRC": curve, "bTRC": curve}
    return _profile(b"mntr", b"RGB ", b"XYZ ", "sRGB", tags)


@cache
def srgb_printer() -> bytes:
    """sRGB, class `prtr`: tables to Lab and back."""
    return output_profile("sRGB as an output device", b"RGB ", 3, srgb_to_lab, lab_to_srgb)


def output_profile(name: str, space: bytes, channels: int, to_lab: Conversion, from_lab: Conversion) -> bytes:
    """An output profile of a device given by two formulas. `space` is ICC's: b"RGB ", b"CMYK"."""
    forwards = _lut(channels, 3, DEVICE_GRID if channels == 3 else GAMUT_GRID, lambda v: _coded(to_lab(v)))
    back = _lut(3, channels, LAB_GRID, lambda v: np.clip(from_lab(_decoded(v)), 0, 1))
    inside = _lut(3, 1, GAMUT_GRID, lambda v: _outside(_decoded(v), to_lab, from_lab))
    tables = {f"A2B{intent}": forwards for intent in range(3)}
    tables |= {f"B2A{intent}": back for intent in range(3)}
    return _profile(b"prtr", space, b"Lab ", name, {**tables, "gamt": inside})


def srgb_to_lab(encoded: Numbers) -> Numbers:
    xyz = _linear(encoded) @ SRGB_TO_D50.T / np.array(D50)
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def lab_to_srgb(lab: Numbers) -> Numbers:
    y = (lab[:, 0] + 16) / 116
    root = np.stack([y + lab[:, 1] / 500, y, y - lab[:, 2] / 200], axis=1)
    xyz = np.where(root > 6 / 29, root**3, (116 * root - 16) * 27 / 24389) * np.array(D50)
    light = np.clip(xyz @ np.linalg.inv(SRGB_TO_D50).T, 0, 1)
    return np.asarray(np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055))


def _linear(encoded: Numbers) -> Numbers:
    return np.asarray(np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4))


def _outside(lab: Numbers, to_lab: Conversion, from_lab: Conversion) -> Numbers:
    """0 for colours that come back as they were, 1 for those that the device cannot make."""
    away = np.linalg.norm(to_lab(np.clip(from_lab(lab), 0, 1)) - lab, axis=1)
    return np.asarray((away > IN_GAMUT).astype(np.float64)[:, None])


def _coded(lab: Numbers) -> Numbers:
    """Lab as lut16Type holds it: L* 100 is 0xFF00, a* and b* 0 are 0x8000."""
    coded = np.stack([lab[:, 0] * 652.80, (lab[:, 1] + 128) * 256, (lab[:, 2] + 128) * 256], axis=1)
    return np.clip(coded / 65535, 0, 1)


def _decoded(values: Numbers) -> Numbers:
    coded = values * 65535
    return np.stack([coded[:, 0] / 652.80, coded[:, 1] / 256 - 128, coded[:, 2] / 256 - 128], axis=1)


def _lut(inputs: int, outputs: int, grid: int, formula: Conversion) -> bytes:
    """A lut16Type: straight curves around a grid of samples, the last input changing fastest."""
    axes = np.meshgrid(*[np.arange(grid) / (grid - 1)] * inputs, indexing="ij")
    samples = formula(np.stack([axis.ravel() for axis in axes], axis=1))
    head = b"mft2" + bytes(4) + struct.pack(">BBBx", inputs, outputs, grid)
    matrix = b"".join(struct.pack(">i", 65536 * (number % 4 == 0)) for number in range(9))
    straight = struct.pack(">2H", 0, 65535)
    tables = straight * inputs + _u16(samples * 65535) + straight * outputs
    return head + matrix + struct.pack(">2H", 2, 2) + tables


def _u16(values: Numbers) -> bytes:
    return np.rint(np.clip(values, 0, 65535)).astype(">u2").tobytes()


def _xyz(values: Numbers | tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed(float(value)) for value in values)


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _text(words: str) -> bytes:
    return b"text" + bytes(4) + words.encode("ascii") + b"\0"


def _description(words: str) -> bytes:
    said = words.encode("ascii") + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(said)) + said + bytes(8 + 2 + 1 + 67)


def _profile(kind: bytes, space: bytes, between: bytes, name: str, tags: dict[str, bytes]) -> bytes:
    """Header, table of tags and their data; equal data is stored once."""
    whole = {
        "desc": _description(name),
        "cprt": _text("No copyright, use freely"),
        "wtpt": _xyz(D50),
        **tags,
    }
    start = 128 + 4 + 12 * len(whole)
    placed: dict[bytes, int] = {}
    body = b""
    table = struct.pack(">I", len(whole))
    for tag, data in whole.items():
        if data not in placed:
            placed[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table += tag.encode("ascii") + struct.pack(">II", placed[data], len(data))
    head = struct.pack(">I4xI", start + len(body), 0x02400000) + kind + space + between
    head += struct.pack(">6H", *MADE) + b"acsp" + bytes(28) + b"".join(map(_fixed, D50))
    return head + bytes(128 - len(head)) + table + body
