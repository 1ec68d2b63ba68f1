"""Where a shopper has put a picture or a text on a surface: one canonical string, and what it says.

`"x,y,width,rotation"`: the centre of the element on the surface and its width in millimetres, and by how many
degrees it is turned clockwise; its height follows from what is placed. `";l,t,r,b"` may follow: the part of
the picture that shows, in thousandths of its width (l, r) and height (t, b). Numbers have at most three
decimals (a micrometre, a thousandth of a degree) and are written without zeros that say nothing, so that
equal placements are equal strings: `"12.5,30,62,0"`, `"12.5,30,62,-4.5;0,100,1000,900"`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# A surface is at most some metres wide; an element's centre may lie beside it while it is being moved.
FARTHEST_MM = 10_000
LEAST_WIDTH_MM = 1
FULL_TURN_MDEG = 360_000
PER_MILLE = 1000

_NUMBER = r"[-+]?(?:[0-9]{1,7}(?:\.[0-9]{0,3})?|\.[0-9]{1,3})"
_PLACEMENT = re.compile(
    rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s*,\s*({_NUMBER})\s*,\s*({_NUMBER})\s*"
    r"(?:;\s*([0-9]{1,4})\s*,\s*([0-9]{1,4})\s*,\s*([0-9]{1,4})\s*,\s*([0-9]{1,4})\s*)?\Z"
)


class PlacementError(ValueError):
    """A placement that is not written as one, or that cannot be: a sentence for the shopper."""


@dataclass(frozen=True, slots=True)
class Crop:
    """The part of a picture that shows, in thousandths of its width and height from its top left corner."""

    left: int = 0
    top: int = 0
    right: int = PER_MILLE
    bottom: int = PER_MILLE

    @property
    def whole(self) -> bool:
        return self == WHOLE


WHOLE = Crop()


@dataclass(frozen=True, slots=True)
class Placement:
    """The centre and width of an element in µm of the surface, its turn in thousandths of a degree
    (clockwise, above -180 000 up to 180 000), and the part of the picture that shows."""

    x_um: int
    y_um: int
    width_um: int
    rotation_mdeg: int = 0
    crop: Crop = WHOLE


def read_placement(text: str) -> Placement:
    """The placement that a string says; raises `PlacementError`, which tells what is wrong."""
    found = _PLACEMENT.match(text)
    if found is None:
        raise PlacementError(
            "A placement is written as four numbers, such as 12.5,30,62,0:"
            " centre across, centre down and width in mm, turn in degrees."
        )
    x, y, width, rotation = (_thousandths(number) for number in found.groups()[:4])
    if abs(x) > FARTHEST_MM * 1000 or abs(y) > FARTHEST_MM * 1000:
        raise PlacementError(f"The centre may lie at most {FARTHEST_MM} mm away.")
    if not LEAST_WIDTH_MM * 1000 <= width <= FARTHEST_MM * 1000:
        raise PlacementError(f"The width goes from {LEAST_WIDTH_MM} to {FARTHEST_MM} mm.")
    if abs(rotation) > FULL_TURN_MDEG:
        raise PlacementError("The turn goes from -360 to 360 degrees.")
    crop = Crop(*(int(number) for number in found.groups()[4:])) if found.group(5) else WHOLE
    if not (crop.left < crop.right <= PER_MILLE and crop.top < crop.bottom <= PER_MILLE):
        raise PlacementError(
            f"What shows of the picture goes from left to right and from top to bottom, 0 to {PER_MILLE}."
        )
    return Placement(x, y, width, normal_turn(rotation), crop)


def write_placement(placement: Placement) -> str:
    """The canonical string; `read_placement` gives the placement back."""
    numbers = (placement.x_um, placement.y_um, placement.width_um, normal_turn(placement.rotation_mdeg))
    text = ",".join(_written(number) for number in numbers)
    crop = placement.crop
    return text if crop.whole else f"{text};{crop.left},{crop.top},{crop.right},{crop.bottom}"


def placement_in_words(placement: Placement) -> str:
    """A line for people: `62 mm wide, centre 30 mm from the left and 12 mm from the top, turned by 4.5°`."""
    width, x, y = (_written(um) for um in (placement.width_um, placement.x_um, placement.y_um))
    turn = normal_turn(placement.rotation_mdeg)
    turned = f", turned by {_written(turn)}°" if turn else ""
    cropped = "" if placement.crop.whole else ", cut to a part of it"
    return f"{width} mm wide, centre {x} mm from the left and {y} mm from the top{turned}{cropped}"


def normal_turn(mdeg: int) -> int:
    """The same turn, above -180° up to 180°."""
    turn = mdeg % FULL_TURN_MDEG
    return turn - FULL_TURN_MDEG if turn > FULL_TURN_MDEG // 2 else turn


def _thousandths(number: str) -> int:
    sign = -1 if number.startswith("-") else 1
    whole, _, decimals = number.lstrip("+-").partition(".")
    return sign * (int(whole or 0) * 1000 + int(decimals.ljust(3, "0")))


def _written(thousandths: int) -> str:
    whole, part = divmod(abs(thousandths), 1000)
    decimals = f".{part:03}".rstrip("0") if part else ""
    return f"{'-' if thousandths < 0 else ''}{whole}{decimals}"
