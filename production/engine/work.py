"""What is to be made: units, each one piece of an order line."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from production.engine.outlines import Outline, area_of, read_outline


@dataclass(frozen=True, slots=True)
class Part:
    """A part of one unit, ``count`` times; it may be turned by 90 degrees where ``may_rotate``.

    Its ``outline`` (``outlines``) fills the box of its width and height; without one it is that rectangle.
    """

    code: str
    width_um: int
    height_um: int
    count: int = 1
    may_rotate: bool = True
    outline: Outline = ()

    @property
    def area(self) -> int:
        """Square micrometres of one copy."""
        return area_of(self.outline) if self.outline else self.width_um * self.height_um


@dataclass(frozen=True, slots=True)
class Alternate:
    """Another work centre that can do a step, in ``seconds`` a unit; ``preference`` counts against it (0: as
    good as the first)."""

    work_centre: str
    seconds: int
    preference: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """``seconds`` of work on one unit at 100 % speed, with the machine set up for ``setup_family``.

    ``load`` is how much of a batch machine one unit fills, or how much of a rate it takes. Between the end
    of the step before and the start of this one go at least ``min_lag`` and at most ``max_lag`` seconds
    (None: any number). ``tool`` is a fixture that it needs.
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

    def at(self, work_centre: str) -> int | None:
        """Seconds a unit at this work centre; None where the step cannot be done."""
        if work_centre == self.work_centre:
            return self.seconds
        return next((a.seconds for a in self.alternates if a.work_centre == work_centre), None)


@dataclass(frozen=True, slots=True)
class Use:
    material: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one unit: parts laid on sheets at the first sheet step, the routing in order, materials."""

    parts: tuple[Part, ...]
    sheet_material: str
    routing: tuple[Step, ...]
    materials: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece. ``due`` and ``release`` are instants; without a promise ``due`` is None.

    ``product`` only serves sentences that people read. ``waits``: what it waits for before it may be planned.
    ``weight`` multiplies the cost of its line's being late. Units with the same ``together`` are shipped
    together: all of them are planned or none, and each is as late as the last. ``same_lot``: those of one
    order take each material from one lot.
    """

    id: str
    line: str
    order: str
    due: int | None
    release: int
    parts: tuple[Part, ...]
    sheet_material: str
    routing: tuple[Step, ...]
    materials: tuple[Use, ...]
    product: str = ""
    waits: str = ""
    weight: int = 1
    together: str = ""
    same_lot: bool = False


def read_work(data: Mapping[str, Any]) -> Work:
    """The work from the JSON that a line carries. Quantities are rounded up to whole base units.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` when it is not such a JSON.
    """
    return Work(
        parts=tuple(
            Part(
                code=str(part["code"]),
                width_um=int(part["width_um"]),
                height_um=int(part["height_um"]),
                count=int(part["count"]),
                may_rotate=bool(part["may_rotate"]),
                outline=read_outline(
                    part.get("outline") or (), int(part["width_um"]), int(part["height_um"])
                ),
            )
            for part in data.get("parts", ())
            if int(part["count"]) > 0
        ),
        sheet_material=str(data.get("sheet_material") or ""),
        routing=tuple(
            sorted(
                (
                    Step(
                        step=int(step["step"]),
                        work_centre=str(step["work_centre"]),
                        setup_family=str(step["setup_family"]),
                        seconds=_whole(step["seconds"]),
                        load=_whole(step.get("load", 1)),
                        alternates=tuple(
                            Alternate(
                                str(other["work_centre"]),
                                _whole(other["seconds"]),
                                int(other.get("preference", 0)),
                            )
                            for other in step.get("alternates", ())
                        ),
                        min_lag=_whole(step.get("min_lag", 0)),
                        max_lag=None if step.get("max_lag") is None else _whole(step["max_lag"]),
                        tool=str(step.get("tool") or ""),
                    )
                    for step in data.get("routing", ())
                ),
                key=lambda step: step.step,
            )
        ),
        materials=tuple(
            Use(str(use["material"]), _whole(use["quantity"]))
            for use in data.get("materials", ())
            if _whole(use["quantity"]) > 0
        ),
    )


def _whole(number: Any) -> int:
    if type(number) is int:
        return number
    return int(Decimal(str(number)).to_integral_value(rounding=ROUND_CEILING))
