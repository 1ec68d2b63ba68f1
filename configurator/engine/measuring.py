"""Measuring what a shopper typed and uploaded, so that rules can speak of it.

A text is measured as the layout makes it: the ink of the shaped line, in the font asked for and those that
stand in for it, in thousandths of the letter height, rounded up. A picture has its pixels.
"""

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from threading import Lock
from typing import Protocol

from configurator.engine.compiled import Knowledge, NumberVariable
from configurator.engine.expressions import parse
from configurator.engine.fonts import FontLibrary
from configurator.engine.layout.pictures import cropped, height_of
from configurator.engine.layout.scene import AssetInfo
from configurator.engine.layout.shaping import shape_line
from configurator.engine.layout.text import ink_of
from configurator.engine.measured import (
    MOST_THOUSANDTHS,
    MOST_TOGETHER,
    PARTS,
    Measured,
    measured_of,
    mentions,
    names_of,
    placements_of,
)
from configurator.engine.placing import Placement, read_placement
from configurator.engine.rules import Undefined, Value, environment_of, expressions_of, fill, number_of
from configurator.engine.spec import Choice, Choices, FamilySpec, OptionSpec
from configurator.engine.units import LENGTH, in_words

_MM_PER_INCH = Fraction(254, 10)
# Outlines are rounded to whole micrometres: at this letter height that is far below what is counted.
_SAMPLE_UM = 100_000


class Measurer(Protocol):
    """Who knows fonts and pictures."""

    def text(self, text: str, font: str) -> tuple[int, int]:
        """Width and height of a line's ink, in thousandths of the letter height, rounded up."""

    def missing(self, text: str, font: str) -> int:
        """How many letters no font can draw: neither this one nor those that stand in for it."""

    def picture(self, sha256: str) -> tuple[int, int] | None:
        """Pixels across and down; None for a picture that is not at hand."""


class FontMeasurer:
    """Measures texts by the layout's own shaping; knows no pictures. Threads take turns: a font is not to be
    shaped by two at once.
    """

    def __init__(self, fonts: FontLibrary) -> None:
        self._fonts = fonts
        self._turn = Lock()

    def text(self, text: str, font: str) -> tuple[int, int]:
        with self._turn:
            return _text_size(text, font, self._fonts)

    def missing(self, text: str, font: str) -> int:
        with self._turn:
            return _missing(text, font, self._fonts)

    def picture(self, sha256: str) -> tuple[int, int] | None:
        return None


@lru_cache(maxsize=4096)
def _text_size(text: str, font: str, fonts: FontLibrary) -> tuple[int, int]:
    ink = ink_of(text, font=font, size_um=_SAMPLE_UM, fonts=fonts)
    if ink is None:
        return 0, 0
    part = _SAMPLE_UM // PARTS
    # One more than rounded down: also where rounding the outline to micrometres made it a hair smaller.
    return ink.width // part + 1, ink.height // part + 1


@lru_cache(maxsize=4096)
def _missing(text: str, font: str, fonts: FontLibrary) -> int:
    return len(shape_line(text, font=font, fonts=fonts).missing)


def _placed(value: str) -> dict[str, int]:
    """The width in µm and the turn, whichever way, in thousandths of a degree of a placement's string."""
    if not value:
        return {"width": 0, "rotation": 0}
    placement = read_placement(value)
    return {"width": placement.width_um, "rotation": abs(placement.rotation_mdeg)}


class Measures:
    """What is measured of the choices of one family."""

    def __init__(self, knowledge: Knowledge, measurer: Measurer) -> None:
        self._spec = knowledge.spec
        self._measurer = measurer
        self._variables = {
            code: variable
            for code, variable in knowledge.variables.items()
            if isinstance(variable, NumberVariable) and variable.measured
        }
        self._of = {
            option.code: tuple(
                measured
                for name in names_of(option, knowledge.spec.option_by_code)
                for measured in measured_of(knowledge.spec, option, name)
                if measured.code in self._variables and not measured.beside
            )
            for option in knowledge.spec.options
        }
        together = (
            Measured(f"{place.code}.{name}", place.code, name, beside=place.of)
            for place in knowledge.spec.options
            if place.kind == "placement"
            for name in MOST_TOGETHER
        )
        self.together = tuple(each for each in together if each.code in self._variables)

    def __call__(self, option: OptionSpec, value: Choice) -> Mapping[str, int]:
        """The indices of the measured variables that a choice settles, by their codes."""
        found: dict[str, int] = {}
        for measured in self._of[option.code]:
            number = self._number(measured, str(value))
            if number is not None:
                found[measured.code] = self._variables[measured.code].index_of(number)
        return found

    def of_both(self, measured: Measured, place: str, picture: str) -> int | None:
        """The index of what a placement and its picture settle `together`; None while it is not known."""
        pixels = self._measurer.picture(picture) if picture else None
        if pixels is None or not place:
            return None
        number = _placed_with(pixels, read_placement(place))[measured.measure]
        return self._variables[measured.code].index_of(number)

    def _number(self, measured: Measured, value: str) -> int | None:
        if measured.measure in MOST_THOUSANDTHS and not measured.font:
            return _placed(value)[measured.measure]
        if measured.measure == "missing":
            return self._measurer.missing(value, measured.font) if value else 0
        if measured.font:
            return self._measurer.text(value, measured.font)[measured.measure == "height"] if value else 0
        pixels = self._measurer.picture(value) if value else None
        return None if pixels is None else pixels[measured.measure == "pixels_down"]

    def named(self, choices: Choices) -> dict[str, Value]:
        """What `line1.width` and the like stand for, in mm, where the text, its font and size are chosen."""
        return measured_values(self._spec, choices, self._measurer)

    def told(self, choices: Choices, rules: Iterable[str]) -> str:
        """What was measured of these choices and counts in these rules, in words."""
        spec, values = self._spec, self.named(choices)
        asked = {
            name
            for code in rules
            for text in expressions_of(spec.rule_by_code[code])
            for name in mentions(parse(text).root, spec)
        }
        sentences = [
            _sentence(spec.option_by_code[code], name, choices, value)
            for code, name in sorted(asked)
            if isinstance(value := values.get(f"{code}.{name}"), Fraction) and value
        ]
        return " ".join(sentences)


def _sentence(option: OptionSpec, name: str, choices: Choices, value: Fraction) -> str:
    if name == "rotation":
        return f"{option.name} is turned by {float(value):g} degrees."
    if option.kind == "placement":
        return f"{option.name} is {in_words(value, LENGTH)} {'wide' if name == 'width' else 'high'}."
    if name == "missing":
        letters = "1 letter" if value == 1 else f"{value} letters"
        return f"“{choices[option.code]}” has {letters} that no font of this workshop has."
    if name == "dpi":
        return f"{option.name} has {math.floor(value)} dots an inch at this size."
    way = "wide" if name == "width" else "high"
    # Rounded up, as it was measured: 400.2 mm do not fit 400 mm.
    tenths = math.ceil(value * 10)
    return f"“{choices[option.code]}” is {in_words(Fraction(tenths, 10), LENGTH)} {way} in these letters."


def measured_values(spec: FamilySpec, choices: Choices, measurer: Measurer) -> dict[str, Value]:
    """The measured numbers of these choices by their names, as far as they can be told."""
    options = [option for option in spec.options if option.measure is not None and option.code in choices]
    if not options:
        return {}
    environment = environment_of(spec, choices)
    found: dict[str, Value] = {}
    for option in options:
        assert option.measure is not None
        chosen = str(choices[option.code])
        try:
            if option.kind == "text":
                font = fill(option.measure.font, environment)
                size = number_of(option.measure.size, environment)
                if not chosen:
                    names = names_of(option, spec.option_by_code)
                    found |= {f"{option.code}.{name}": Fraction(0) for name in names}
                    continue
                if font is not None:
                    found[f"{option.code}.missing"] = Fraction(measurer.missing(chosen, font))
                if font is not None and size is not None:
                    for name, parts in zip(("width", "height"), measurer.text(chosen, font), strict=True):
                        found[f"{option.code}.{name}"] = Fraction(parts, PARTS) * size
            elif option.kind == "placement":
                numbers = _placed(chosen)
                if "height" in names_of(option, spec.option_by_code):
                    if not chosen:
                        numbers["height"] = 0
                    elif pixels := measurer.picture(str(choices.get(option.of) or "")):
                        numbers["height"] = _placed_with(pixels, read_placement(chosen))["height"]
                for name, thousandths in numbers.items():
                    found[f"{option.code}.{name}"] = Fraction(thousandths, 1000)
            else:
                sides = [
                    number_of(text, environment) for text in (option.measure.width, option.measure.height)
                ]
                pixels = measurer.picture(chosen) if chosen else None
                placed = next(
                    (str(choices[code]) for code in placements_of(spec, option.code) if choices.get(code)), ""
                )
                if pixels is not None and placed:
                    thousandths = _placed_with(pixels, read_placement(placed))["dpi"]
                    found[f"{option.code}.dpi"] = Fraction(thousandths, 1000)
                elif pixels is not None and sides[0] and sides[1]:
                    pick = min if option.measure.fit == "cover" else max
                    found[f"{option.code}.dpi"] = pick(
                        pixels[0] * _MM_PER_INCH / sides[0], pixels[1] * _MM_PER_INCH / sides[1]
                    )
        except Undefined:
            continue  # a size that does not exist: nothing can be told of it
    return found


def _placed_with(pixels: tuple[int, int], placement: Placement) -> dict[str, int]:
    """Of a picture where it was put, with the part of it that shows: its height in µm, and its dots an inch
    in thousandths, rounded down."""
    asset = AssetInfo("", *pixels)
    shown = cropped(asset, placement)
    dpi = shown.width * _MM_PER_INCH * 1_000_000 / placement.width_um
    return {"height": height_of(asset, placement), "dpi": math.floor(dpi)}
