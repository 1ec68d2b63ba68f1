"""What a unit asks of the shop, and why it cannot be made here.

The *gang step* is the step at which a run is made together: the first one at a work centre
that takes sheets, else the first of the routing.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from production.engine.nesting import Item, SheetSize, largest_fits
from production.engine.proposal import Key
from production.engine.shop import Machine, Shop
from production.engine.work import Part, Step, Unit


class Obstacle(NamedTuple):
    """Why a unit cannot be planned: a stable code and a sentence that says what to mend."""

    code: str
    text: str


def gang_step(routing: tuple[Step, ...], shop: Shop) -> Step:
    """The step that a run has in common. The routing is not empty."""
    for step in routing:
        if shop.centre[step.work_centre].takes_sheets:
            return step
    return routing[0]


def key_of(unit: Unit, shop: Shop) -> Key:
    """What units of one run share."""
    gang = gang_step(unit.routing, shop)
    material = unit.sheet_material if unit.parts else ""
    return Key(gang.work_centre, material, gang.setup_family, gang.step)


def able_machines(work_centre: str, material: str, shop: Shop) -> tuple[Machine, ...]:
    """Machines that have working time and, when a sheet is laid on them, hold it."""
    machines = tuple(m for m in shop.machines_of.get(work_centre, ()) if shop.windows.get(m.code))
    if not material:
        return machines
    stock = shop.stock[material]
    return tuple(m for m in machines if m.holds(stock.width_um, stock.height_um))


def sheet_size(key: Key, shop: Shop) -> SheetSize:
    """The sheet with the widest margin and gap among the machines that may get it, so that the nest
    holds on whichever the scheduler takes."""
    stock = shop.stock[key.material]
    machines = able_machines(key.work_centre, key.material, shop)
    margin = max((m.margin_um for m in machines), default=0)
    gap = max((m.gap_um for m in machines), default=0)
    return SheetSize(stock.width_um, stock.height_um, margin, gap)


def obstacles(unit: Unit, shop: Shop) -> Iterator[Obstacle]:
    """Everything that stands against making the unit in this shop, whatever else is to be made."""
    if unit.waits:
        yield Obstacle("waits", unit.waits)
        return
    if not unit.routing:
        yield Obstacle("no-routing", "The product has no routing: nothing says how it is made.")
        return
    steps = [step.step for step in unit.routing]
    if any(before >= after for before, after in pairwise(steps)):
        yield Obstacle("bad-routing", f"The routing steps {steps} are not numbered in rising order.")
        return
    unknown = sorted({s.work_centre for s in unit.routing if s.work_centre not in shop.centre})
    for code in unknown:
        yield Obstacle("no-machine", f"The shop has no work centre {code!r}.")
    for use in unit.materials:
        if use.material not in shop.stock:
            yield Obstacle("material-unknown", f"The shop does not keep the material {use.material!r}.")
    if unknown:
        return
    for step in unit.routing:
        machines = shop.machines_of[step.work_centre]
        if not machines:
            yield Obstacle("no-machine", f"The work centre {step.work_centre} has no machine in service.")
        elif not able_machines(step.work_centre, "", shop):
            yield Obstacle("no-calendar", f"No machine of {step.work_centre} has working time.")
    if unit.parts:
        yield from _sheet_obstacles(unit, shop)


def _sheet_obstacles(unit: Unit, shop: Shop) -> Iterator[Obstacle]:
    gang = gang_step(unit.routing, shop)
    if not shop.centre[gang.work_centre].takes_sheets:
        yield Obstacle("no-routing", "The product has parts to cut, but no step of its routing takes sheets.")
        return
    stock = shop.stock.get(unit.sheet_material)
    if stock is None or not stock.is_sheet:
        yield Obstacle("material-unknown", f"The shop keeps no sheets of {unit.sheet_material!r}.")
        return
    if not able_machines(gang.work_centre, unit.sheet_material, shop):
        if able_machines(gang.work_centre, "", shop):
            yield Obstacle(
                "no-machine",
                f"No machine of {gang.work_centre} holds a sheet of {unit.sheet_material}, "
                f"{area_text(stock.width_um, stock.height_um)}.",
            )
        return
    size = sheet_size(key_of(unit, shop), shop)
    for part in unit.parts:
        if not part_fits(part, size):
            usable = area_text(size.width - 2 * size.margin, size.height - 2 * size.margin)
            turned = "" if part.may_rotate else " and not to be turned"
            yield Obstacle(
                "part-too-large",
                f"The part {part.code}, {area_text(part.width_um, part.height_um)}{turned}, is larger than "
                f"the usable {usable} of a sheet of {unit.sheet_material}.",
            )


def part_fits(part: Part, size: SheetSize) -> bool:
    return largest_fits(Item(0, part.width_um, part.height_um, part.may_rotate), size)


def area_text(width_um: int, height_um: int) -> str:
    return f"{millimetres(width_um)} × {millimetres(height_um)} mm"


def millimetres(micrometres: int) -> str:
    """For people: millimetres without trailing zeros."""
    return f"{micrometres / 1000:.3f}".rstrip("0").rstrip(".")
