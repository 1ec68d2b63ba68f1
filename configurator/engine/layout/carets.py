"""Cursor places that go with their letters: moved, turned, bent onto a circle."""

from __future__ import annotations

from dataclasses import replace
from math import degrees

from configurator.engine.geometry import bent, end_of, turned
from configurator.engine.layout.scene import Caret
from configurator.engine.placing import normal_turn


def moved_carets(carets: tuple[Caret, ...], dx: int, dy: int) -> tuple[Caret, ...]:
    return tuple(replace(caret, x_um=caret.x_um + dx, y_um=caret.y_um + dy) for caret in carets)


def turned_carets(carets: tuple[Caret, ...], mdeg: int, centre: tuple[int, int]) -> tuple[Caret, ...]:
    if mdeg == 0:
        return carets
    found: list[Caret] = []
    for caret in carets:
        x, y = end_of(turned((("M", caret.x_um, caret.y_um),), mdeg, centre)[0])
        found.append(replace(caret, x_um=x, y_um=y, angle_mdeg=normal_turn(caret.angle_mdeg + mdeg)))
    return tuple(found)


def bent_caret(caret: Caret, radius: float) -> Caret:
    x, y = end_of(bent((("M", caret.x_um, caret.y_um),), radius)[0])
    return replace(caret, x_um=x, y_um=y, angle_mdeg=normal_turn(round(degrees(caret.x_um / radius) * 1000)))
