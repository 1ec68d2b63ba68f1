"""What one unit of a configuration takes to make: parts, sheet, steps and materials, all in integers."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from fractions import Fraction
from typing import Any, TypeVar

from configurator.engine.choices import normalise
from configurator.engine.outlines import RECTANGLE, UnknownShape, corners
from configurator.engine.rules import (
    Environment,
    Undefined,
    environment_of,
    fill,
    holds,
    length_um,
    number_of,
)
from configurator.engine.spec import FamilySpec, ManufactureSpec, PartSpec, StepSpec

_T = TypeVar("_T")


class NotDefined(Exception):
    """A configuration for which the family does not say how to make it: something is open or makes no
    sense.
    """

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where = where


@dataclass(frozen=True, slots=True)
class Part:
    """`count` times in one unit; `surface` names the artwork that it carries, if any.

    `outline` is a polygon that fills the box of its width and height, (x, y) from its lower left corner, y
    upwards; without one it is a rectangle.
    """

    code: str
    width_um: int
    height_um: int
    count: int
    may_rotate: bool
    surface: str
    outline: tuple[tuple[int, int], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Without an outline as parts have been written since before there were any."""
        told = asdict(self)
        if self.outline:
            return told | {"outline": [list(point) for point in self.outline]}
        del told["outline"]
        return told

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Part":
        return cls(**{**data, "outline": tuple((x, y) for x, y in data.get("outline", ()))})


@dataclass(frozen=True, slots=True)
class Alternate:
    """Another work centre for a step, in `seconds` a unit; `preference` counts against it."""

    work_centre: str
    seconds: int
    preference: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """`seconds` of work for one unit, rounded up; set-ups are the machine's.

    `load` is how much of a batch machine (or of a rate) one unit takes. From the end of the step before go at
    least `min_lag` and at most `max_lag` seconds. `tool` is a fixture that the step needs.
    """

    step: int
    work_centre: str
    setup_family: str
    seconds: int
    load: int = 1
    alternates: tuple[Alternate, ...] = ()
    min_lag: int = 0
    max_lag: int | None = None
    tool: str = ""

    def as_json(self) -> dict[str, Any]:
        """Without what says nothing, as steps have been written since before there was more to say."""
        told = asdict(self)
        for each in fields(self):
            if each.default is not MISSING and told[each.name] == each.default:
                del told[each.name]
        if self.alternates:
            told["alternates"] = list(told["alternates"])
        return told

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Step":
        others = tuple(Alternate(**other) for other in data.get("alternates", ()))
        return cls(**{**data, "alternates": others})


@dataclass(frozen=True, slots=True)
class Use:
    """`quantity` is in the material's base unit (piece, ml, mm, g), rounded up."""

    material: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Work:
    """Without `routing` the family is not made here (an imported car, say)."""

    parts: tuple[Part, ...] = ()
    sheet_material: str = ""
    routing: tuple[Step, ...] = ()
    materials: tuple[Use, ...] = ()
    weight_g: int | None = None

    def as_json(self) -> dict[str, Any]:
        data = asdict(self) | {
            "routing": [step.as_json() for step in self.routing],
            "parts": [part.as_json() for part in self.parts],
        }
        return {name: list(value) if isinstance(value, tuple) else value for name, value in data.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Work":
        return cls(
            parts=tuple(map(Part.from_json, data["parts"])),
            sheet_material=data["sheet_material"],
            routing=tuple(Step.from_json(step) for step in data["routing"]),
            materials=tuple(Use(**use) for use in data["materials"]),
            weight_g=data["weight_g"],
        )


def work_of(spec: FamilySpec, choices: Mapping[str, Any]) -> Work:
    """The work of one unit of a complete configuration. Raises `ChoiceError`, `NotDefined`."""
    if spec.manufacture is None:
        return Work()
    environment = environment_of(spec, normalise(spec, choices), finished=True)
    reader = _Reader(spec, spec.manufacture, environment)
    return Work(
        parts=tuple(part for part in map(reader.part, spec.manufacture.parts) if part is not None),
        sheet_material=reader.code("sheet_material", spec.manufacture.sheet_material),
        routing=tuple(reader.steps()),
        materials=tuple(reader.uses()),
        weight_g=reader.weight(),
    )


class _Reader:
    """Evaluates what the family says, naming the place where something is missing."""

    def __init__(self, spec: FamilySpec, manufacture: ManufactureSpec, environment: Environment) -> None:
        self.spec = spec
        self.manufacture = manufacture
        self.environment = environment

    def part(self, part: PartSpec) -> Part | None:
        where = f"part {part.code}"
        count = self.whole(where, part.count) if self.applies(where, part.when) else 0
        if count == 0:
            return None
        width, height = self.length(where, part.width), self.length(where, part.height)
        outline = self.outline(where, part.surface, width, height)
        return Part(part.code, width, height, count, part.rotate, part.surface, outline)

    def outline(self, where: str, surface: str, width: int, height: int) -> tuple[tuple[int, int], ...]:
        """That of the surface that the part carries."""
        described = self.spec.surface_by_code.get(surface)
        shape = self.code(where, described.outline) if described is not None else ""
        try:
            return tuple((x, height - y) for x, y in corners(shape or RECTANGLE, width, height))
        except UnknownShape as unknown:
            raise NotDefined(where, str(unknown)) from None

    def steps(self) -> list[Step]:
        steps = []
        for step in sorted(self.manufacture.routing, key=lambda each: each.step):
            where = f"step {step.step}"
            if self.applies(where, step.when):
                steps.append(self.step(where, step))
        return steps

    def step(self, where: str, step: StepSpec) -> Step:
        load = 1 if step.load is None else self.whole(where, step.load)
        min_lag = 0 if step.min_lag is None else self.whole(where, step.min_lag)
        max_lag = None if step.max_lag is None else self.whole(where, step.max_lag)
        if max_lag is not None and max_lag < min_lag:
            raise NotDefined(
                where, f"it begins {min_lag} s after the step before at least, {max_lag} s at most"
            )
        return Step(
            step=step.step,
            work_centre=self.code(where, step.work_centre),
            setup_family=self.code(where, step.setup_family),
            seconds=self.whole(where, step.seconds),
            load=load,
            alternates=tuple(
                Alternate(
                    self.code(where, other.work_centre), self.whole(where, other.seconds), other.preference
                )
                for other in step.alternates
                if self.applies(where, other.when)
            ),
            min_lag=min_lag,
            max_lag=max_lag,
            tool=self.code(where, step.tool),
        )

    def uses(self) -> list[Use]:
        """Materials by name, in the order of the family; the same material named twice is added up."""
        total: dict[str, int] = {}
        for use in self.manufacture.materials:
            where = f"material {use.material}"
            if self.applies(where, use.when):
                material = self.code(where, use.material)
                total[material] = total.get(material, 0) + self.whole(where, use.quantity)
        return [Use(material, quantity) for material, quantity in total.items() if quantity]

    def weight(self) -> int | None:
        return None if self.manufacture.weight is None else self.whole("weight", self.manufacture.weight)

    def applies(self, where: str, condition: str | None) -> bool:
        return self._given(where, holds(condition, self.environment), condition)

    def code(self, where: str, template: str) -> str:
        return self._given(where, fill(template, self.environment), template)

    def length(self, where: str, text: str) -> int:
        """Micrometres; a part has to be larger than nothing."""
        try:
            length = self._given(where, length_um(text, self.environment), text)
        except Undefined:
            raise NotDefined(where, f"{text} divides by zero") from None
        if length <= 0:
            raise NotDefined(where, f"{text} gives {Fraction(length, 1000)} mm")
        return length

    def whole(self, where: str, text: str) -> int:
        """A number of seconds, grams or pieces, rounded up; not below zero."""
        try:
            number = self._given(where, number_of(text, self.environment), text)
        except Undefined:
            raise NotDefined(where, f"{text} divides by zero") from None
        if number < 0:
            raise NotDefined(where, f"{text} gives {number}")
        return math.ceil(number)

    def _given(self, where: str, value: _T | None, text: str | None) -> _T:
        if value is None:
            raise NotDefined(where, f"{text} depends on something that is not chosen yet")
        return value
