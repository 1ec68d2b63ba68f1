"""What a unit asks of the shop, and why it cannot be made here.

The *gang step* is the step at which a run is made together: the first one at a work centre
that takes sheets, else the first of the routing.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from production.engine.nesting import Item, SheetSize, largest_fits
from production.engine.proposal import Key
from production.engine.shop import Machine, Shop, WorkCentre
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


def able_machines(
    work_centre: str, material: str, shop: Shop, *, family: str | None = None, load: int = 0
) -> tuple[Machine, ...]:
    """Machines that have working time, can be set up for ``family`` (None: whatever it is), hold ``load``
    and, when a sheet is laid on them, hold it."""
    is_batch = work_centre in shop.centre and shop.centre[work_centre].mode == "batch"
    machines = tuple(
        m
        for m in shop.machines_of.get(work_centre, ())
        if shop.windows.get(m.code)
        and (family is None or m.runs(family))
        and not (is_batch and 0 < shop.capacity_of(m) < load)
    )
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
    unknown = sorted({s.work_centre for s in unit.routing if not any(c in shop.centre for c in places_of(s))})
    for code in unknown:
        yield Obstacle("no-machine", f"The shop has no work centre {code!r}.")
    for use in unit.materials:
        if use.material not in shop.stock:
            yield Obstacle("material-unknown", f"The shop does not keep the material {use.material!r}.")
    if unknown:
        return
    for before, step in zip((None, *unit.routing), unit.routing, strict=False):
        yield from _step_obstacles(step, shop, is_first=before is None)
    yield from _stock_obstacles(unit, shop)
    if unit.parts:
        yield from _sheet_obstacles(unit, shop)


def _step_obstacles(step: Step, shop: Shop, *, is_first: bool) -> Iterator[Obstacle]:
    """Why a step cannot be done at its work centre nor at any of its alternates."""
    where = f"Step {step.step}"
    if step.max_lag is not None and step.max_lag < step.min_lag:
        yield Obstacle(
            "bad-routing",
            f"{where} has to begin {step.min_lag} s after the step before it at least, and {step.max_lag} s "
            f"at most.",
        )
    if is_first and step.max_lag is not None:
        yield Obstacle("bad-routing", f"{where} is the first one: there is nothing that it can lag behind.")
    if step.tool and step.tool not in shop.tool:
        yield Obstacle("no-tool", f"{where} needs the tool {step.tool!r}, which the shop does not have.")
    elif step.tool and shop.tool[step.tool].count < 1:
        yield Obstacle("no-tool", f"{where} needs the tool {step.tool!r}, of which none is in use.")
    against = [_centre_obstacle(step, centre, shop) for centre in places_of(step)]
    reasons = [obstacle for obstacle in against if obstacle is not None]
    if len(reasons) < len(against):
        return
    if len(reasons) == 1:
        yield reasons[0]
        return
    # One sentence for the step: each of its places with what stands against it.
    yield Obstacle(reasons[0].code, " ".join(reason.text for reason in reasons))


def places_of(step: Step) -> tuple[str, ...]:
    """The work centres that can do a step: its own, then its alternates, those preferred first."""
    others = sorted(step.alternates, key=lambda other: (other.preference, other.work_centre))
    return (step.work_centre, *(other.work_centre for other in others))


def _centre_obstacle(step: Step, code: str, shop: Shop) -> Obstacle | None:
    """What stands against doing the step at this work centre; None when nothing does."""
    if code not in shop.centre:
        return Obstacle("no-machine", f"The shop has no work centre {code!r}.")
    centre = shop.centre[code]
    if not shop.machines_of[code]:
        return Obstacle("no-machine", f"The work centre {code} has no machine in service.")
    if not able_machines(code, "", shop):
        return Obstacle("no-calendar", f"No machine of {code} has working time.")
    fitting = able_machines(code, "", shop, family=step.setup_family)
    if not fitting:
        return Obstacle("no-machine", f"No machine of {code} can be set up for {step.setup_family!r}.")
    if not able_machines(code, "", shop, family=step.setup_family, load=step.load):
        most = max(shop.capacity_of(machine) for machine in fitting)
        return Obstacle(
            "load-too-large",
            f"One piece takes {step.load} of a load at {code}; its machines hold {most} at most.",
        )
    if centre.attended and not _attended(centre, fitting, shop):
        return Obstacle(
            "no-operator",
            f"Nobody with the skill {centre.skill!r} works while a machine of {code} does.",
        )
    return None


def _attended(centre: WorkCentre, machines: tuple[Machine, ...], shop: Shop) -> bool:
    """Whether somebody with the skill is there at any time that a machine works."""
    return any(
        _meet(shop.windows[machine.code], shop.intervals.get(operator.calendar, ()))
        for operator in shop.operators_of.get(centre.skill, ())
        for machine in machines
    )


def _meet(some: tuple[tuple[int, int], ...], others: tuple[tuple[int, int], ...]) -> bool:
    """Whether sorted intervals have a moment in common."""
    first, second = 0, 0
    while first < len(some) and second < len(others):
        if some[first][0] < others[second][1] and others[second][0] < some[first][1]:
            return True
        if some[first][1] <= others[second][1]:
            first += 1
        else:
            second += 1
    return False


def _stock_obstacles(unit: Unit, shop: Shop) -> Iterator[Obstacle]:
    """Material of which there will never be enough for one piece, by all lots that are here or announced."""
    for use in unit.materials:
        stock = shop.stock.get(use.material)
        if stock is None or not stock.lots or sum(lot.quantity for lot in stock.lots) >= use.quantity:
            continue
        coming = sum(lot.quantity for lot in stock.lots)
        yield Obstacle(
            "material-short",
            f"{use.material}: {use.quantity} {stock.unit} needed for one piece, {coming} here or announced.",
        )


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
