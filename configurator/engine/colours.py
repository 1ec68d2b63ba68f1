"""Colours as people see them: CIE Lab of sRGB colours, and how far apart two of them are (CIEDE2000)."""

from __future__ import annotations

from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

# L* 0 to 100, a* and b* about -128 to 127; white point D65, 2 degree observer, as sRGB has it.
Lab = tuple[float, float, float]

WHITE_D65 = (0.95047, 1.0, 1.08883)
SRGB_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of `#rrggbb`."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def lab_of(colour: str) -> Lab:
    """The Lab colour of `#rrggbb`."""
    light = [_linear(channel / 255) for channel in channels(colour)]
    x, y, z = (
        _cube_root(sum(weight * part for weight, part in zip(row, light, strict=True)) / white)
        for row, white in zip(SRGB_TO_XYZ, WHITE_D65, strict=True)
    )
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def _linear(encoded: float) -> float:
    return encoded / 12.92 if encoded <= 0.04045 else ((encoded + 0.055) / 1.055) ** 2.4


def _cube_root(ratio: float) -> float:
    return ratio ** (1 / 3) if ratio > 216 / 24389 else (24389 / 27 * ratio + 16) / 116


def difference(one: Lab, other: Lab) -> float:
    """CIEDE2000: about 1 is just seen side by side, above 5 is another colour.

    As in Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula", 2005; all weights 1.
    """
    chroma = (hypot(one[1], one[2]) + hypot(other[1], other[2])) / 2
    greyness = 1 + 0.5 * (1 - _sevenths(chroma))
    chroma_1, hue_1 = _polar(one[1] * greyness, one[2])
    chroma_2, hue_2 = _polar(other[1] * greyness, other[2])
    turn, hue = _hues(hue_1, hue_2, grey=chroma_1 * chroma_2 == 0)
    light, chroma = (one[0] + other[0]) / 2, (chroma_1 + chroma_2) / 2
    tint = (
        1
        - 0.17 * cos(radians(hue - 30))
        + 0.24 * cos(radians(2 * hue))
        + 0.32 * cos(radians(3 * hue + 6))
        - 0.20 * cos(radians(4 * hue - 63))
    )
    by_light = (other[0] - one[0]) / (1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2))
    by_chroma = (chroma_2 - chroma_1) / (1 + 0.045 * chroma)
    by_hue = 2 * sqrt(chroma_1 * chroma_2) * sin(radians(turn / 2)) / (1 + 0.015 * chroma * tint)
    blue = -sin(radians(60 * exp(-(((hue - 275) / 25) ** 2)))) * 2 * _sevenths(chroma)
    return sqrt(by_light**2 + by_chroma**2 + by_hue**2 + blue * by_chroma * by_hue)


def _sevenths(chroma: float) -> float:
    return sqrt(chroma**7 / (chroma**7 + 25**7))


def _polar(a: float, b: float) -> tuple[float, float]:
    return hypot(a, b), degrees(atan2(b, a)) % 360 if a or b else 0.0


def _hues(one: float, other: float, *, grey: bool) -> tuple[float, float]:
    """The turn from one hue to the other and the hue between them, in degrees; greys have no hue."""
    if grey:
        return 0.0, one + other
    turn, between = other - one, (one + other) / 2
    if turn > 180:
        turn -= 360
    elif turn < -180:
        turn += 360
    if abs(one - other) > 180:
        between += 180 if one + other < 360 else -180
    return turn, between
