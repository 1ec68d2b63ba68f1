"""What if: changes of demand, machines, shifts, people, material and prices, applied to a question.

A change is a plain value; ``changed`` answers with the question as it would be then, for the planner to
answer like any other. Nothing here plans. Changes that name what is not there raise ``BadChange``.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any, TypeVar

from production.engine.proposal import Problem, Weights
from production.engine.shop import Calendar, Lot, Machine, Operator, Stock, apart
from production.engine.work import Unit

T = TypeVar("T")


class BadChange(ValueError):
    """A change that cannot be applied; says what is wrong and what there is instead."""


@dataclass(frozen=True, slots=True)
class ExtraShift:
    """More working time of a calendar, paid as overtime."""

    calendar: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class MachineDown:
    """A machine that cannot be used from ``start`` to ``end``."""

    machine: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class MovedStop:
    """A planned stop of a machine that begins at ``start``, moved to begin at ``to``."""

    machine: str
    start: int
    to: int


@dataclass(frozen=True, slots=True)
class ExtraMachine:
    """One more machine like one that is there."""

    like: str


@dataclass(frozen=True, slots=True)
class Speed:
    """Another speed of a machine, in per cent."""

    machine: str
    percent: int


@dataclass(frozen=True, slots=True)
class ExtraOperator:
    """One more person like one that is there."""

    like: str


@dataclass(frozen=True, slots=True)
class MoreMaterial:
    """So much more of a material, at hand at ``at``."""

    material: str
    quantity: int
    at: int


@dataclass(frozen=True, slots=True)
class LateMaterial:
    """What is still to arrive of a material (all of it, or one lot) arrives so many seconds later; earlier
    where negative."""

    material: str
    by: int
    lot: str = ""


@dataclass(frozen=True, slots=True)
class Demand:
    """So many per cent of today's units of a product (all products: an empty name): units are left out, the
    last ones first, or repeated."""

    percent: int
    product: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """Another promise for a line, and what its being late weighs."""

    line: str
    due: int
    weight: int = 1


@dataclass(frozen=True, slots=True)
class LeadTime:
    """All promises so many seconds later; earlier where negative."""

    by: int


@dataclass(frozen=True, slots=True)
class Price:
    """Another weight of the plan's cost, by its name in ``Weights``."""

    weight: str
    value: int


Change = (
    ExtraShift
    | MachineDown
    | MovedStop
    | ExtraMachine
    | Speed
    | ExtraOperator
    | MoreMaterial
    | LateMaterial
    | Demand
    | Promise
    | LeadTime
    | Price
)


def changed(problem: Problem, changes: Sequence[Change]) -> Problem:
    """The question with all changes, one after the other. Raises ``BadChange``."""
    for change in changes:
        problem = _APPLY[type(change)](problem, change)
    return problem


# --- shop -------------------------------------------------------------------------------------------------


def _extra_shift(problem: Problem, change: ExtraShift) -> Problem:
    calendars = {calendar.code: calendar for calendar in problem.shop.calendars}
    calendar = _known(calendars, change.calendar, "calendar")
    _require_span(change.start, change.end)
    new = apart(((change.start, change.end),), calendar.intervals)
    longer = Calendar(
        calendar.code, _joined((*calendar.intervals, *new)), _joined((*calendar.overtime, *new))
    )
    return _with(
        problem, calendars=tuple(longer if c.code == longer.code else c for c in problem.shop.calendars)
    )


def _machine_down(problem: Problem, change: MachineDown) -> Problem:
    machine = _known(problem.shop.machine, change.machine, "machine")
    _require_span(change.start, change.end)
    return _with_machine(
        problem, replace(machine, stops=_joined((*machine.stops, (change.start, change.end))))
    )


def _moved_stop(problem: Problem, change: MovedStop) -> Problem:
    machine = _known(problem.shop.machine, change.machine, "machine")
    found = next((stop for stop in machine.stops if stop[0] == change.start), None)
    if found is None:
        raise BadChange(f"The machine {change.machine} has no planned stop that begins then.")
    others = tuple(stop for stop in machine.stops if stop != found)
    moved = (change.to, change.to + found[1] - found[0])
    return _with_machine(problem, replace(machine, stops=_joined((*others, moved))))


def _extra_machine(problem: Problem, change: ExtraMachine) -> Problem:
    machine = _known(problem.shop.machine, change.like, "machine")
    twin = replace(machine, code=_free(machine.code, problem.shop.machine), setup_state="", stops=())
    return _with(problem, machines=(*problem.shop.machines, twin))


def _speed(problem: Problem, change: Speed) -> Problem:
    machine = _known(problem.shop.machine, change.machine, "machine")
    if change.percent < 1:
        raise BadChange(f"A speed is at least 1 %, not {change.percent} %.")
    return _with_machine(problem, replace(machine, speed_percent=change.percent))


def _extra_operator(problem: Problem, change: ExtraOperator) -> Problem:
    operators = {operator.code: operator for operator in problem.shop.operators}
    like = _known(operators, change.like, "operator")
    twin = Operator(_free(like.code, operators), like.name, like.skills, like.calendar)
    return _with(problem, operators=(*problem.shop.operators, twin))


def _more_material(problem: Problem, change: MoreMaterial) -> Problem:
    stock = _known(problem.shop.stock, change.material, "material")
    if change.quantity < 1:
        raise BadChange(f"More material is at least 1, not {change.quantity}.")
    here = change.at <= problem.shop.now
    if here and not stock.lots:
        return _with_stock(problem, replace(stock, on_hand=stock.on_hand + change.quantity))
    lots = stock.lots or ((Lot("on hand", stock.on_hand),) if stock.on_hand else ())
    new = Lot(_free("what-if", {lot.code for lot in lots}), change.quantity, change.at)
    on_hand = stock.on_hand + (change.quantity if here else 0)
    return _with_stock(problem, replace(stock, on_hand=on_hand, lots=(*lots, new)))


def _late_material(problem: Problem, change: LateMaterial) -> Problem:
    stock = _known(problem.shop.stock, change.material, "material")
    now = problem.shop.now
    coming = [lot for lot in stock.lots if lot.available_at > now and change.lot in ("", lot.code)]
    if not coming:
        raise BadChange(f"Nothing of {change.material} is still to arrive.")
    # What would arrive before now arrives a second after it, so that what is on hand stays what it is.
    lots = tuple(
        replace(lot, available_at=max(lot.available_at + change.by, now + 1)) if lot in coming else lot
        for lot in stock.lots
    )
    return _with_stock(problem, replace(stock, lots=lots))


# --- demand and prices ------------------------------------------------------------------------------------


def _demand(problem: Problem, change: Demand) -> Problem:
    if not 0 <= change.percent <= 1000:
        raise BadChange(f"Demand goes from 0 to 1000 per cent of today's, not {change.percent}.")
    meant = [unit for unit in problem.units if change.product in ("", unit.product)]
    if not meant:
        raise BadChange(f"Nothing of {change.product or 'any product'} is to be made.")
    wanted = len(meant) * change.percent // 100
    rounds, rest = divmod(wanted, len(meant))
    others = [unit for unit in problem.units if change.product not in ("", unit.product)]
    copies = [_copy(unit, number) for number in range(rounds) for unit in meant]
    copies += [_copy(unit, rounds) for unit in meant[:rest]]
    return replace(problem, units=tuple(others + copies))


def _copy(unit: Unit, number: int) -> Unit:
    if not number:
        return unit
    mark = f" (again {number})"
    together = unit.together + mark if unit.together else ""
    return replace(unit, id=unit.id + mark, line=unit.line + mark, order=unit.order + mark, together=together)


def _promise(problem: Problem, change: Promise) -> Problem:
    if all(unit.line != change.line for unit in problem.units):
        raise BadChange(f"The line {change.line} is not to be planned.")
    return replace(
        problem,
        units=tuple(
            replace(unit, due=change.due, weight=change.weight) if unit.line == change.line else unit
            for unit in problem.units
        ),
    )


def _lead_time(problem: Problem, change: LeadTime) -> Problem:
    return replace(
        problem,
        units=tuple(
            unit if unit.due is None else replace(unit, due=unit.due + change.by) for unit in problem.units
        ),
    )


def _price(problem: Problem, change: Price) -> Problem:
    if change.weight not in Weights.__slots__:
        raise BadChange(f"There is no weight {change.weight!r}: {', '.join(Weights.__slots__)}.")
    if change.value < 0:
        raise BadChange(f"A weight is 0 or more, not {change.value}.")
    return replace(problem, weights=replace(problem.weights, **{change.weight: change.value}))


_APPLY: dict[type, Callable[..., Problem]] = {
    ExtraShift: _extra_shift,
    MachineDown: _machine_down,
    MovedStop: _moved_stop,
    ExtraMachine: _extra_machine,
    Speed: _speed,
    ExtraOperator: _extra_operator,
    MoreMaterial: _more_material,
    LateMaterial: _late_material,
    Demand: _demand,
    Promise: _promise,
    LeadTime: _lead_time,
    Price: _price,
}


# --- small things -----------------------------------------------------------------------------------------


def _known(things: Mapping[str, T], code: str, what: str) -> T:
    if code not in things:
        raise BadChange(f"There is no {what} {code!r}: {', '.join(sorted(things)) or 'none at all'}.")
    return things[code]


def _require_span(start: int, end: int) -> None:
    if start >= end:
        raise BadChange("It has to end after it begins.")


def _free(code: str, taken: Container[str]) -> str:
    names = chain([code], (f"{code}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)


def _joined(intervals: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _with(problem: Problem, **parts: Any) -> Problem:
    return replace(problem, shop=replace(problem.shop, **parts))


def _with_machine(problem: Problem, machine: Machine) -> Problem:
    return _with(
        problem,
        machines=tuple(machine if each.code == machine.code else each for each in problem.shop.machines),
    )


def _with_stock(problem: Problem, stock: Stock) -> Problem:
    return _with(
        problem,
        materials=tuple(
            stock if each.material == stock.material else each for each in problem.shop.materials
        ),
    )
