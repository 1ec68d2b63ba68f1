"""What every plan of the same units costs at least, without making one.

The sum of bounds of the single terms (``Terms``), each true for itself:
- runs: by the area of the parts of a key, and by what a load of a batch machine holds;
- sheets: by area, less that of all left-overs of the material;
- loads: by family and batch work centre;
- set-ups: into every family of a work centre once, from whatever is nearest, unless a machine stands ready;
- machines and energy: the work of a work centre on its cheapest machine;
- tardiness: each unit alone in the shop, and lines queueing for a work centre (``tardiness``).
A step that can be done elsewhere too counts nowhere, except in its own time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from production.engine.proposal import Key, Problem
from production.engine.routing import key_of, sheet_size
from production.engine.scheduling.tardiness import least_lateness
from production.engine.shop import Shop
from production.engine.work import Step, Unit


def lower_bound(problem: Problem, planned: Collection[str] | None = None) -> int:
    """Minor units of money that no plan of the ``planned`` units (none named: of all) costs less than."""
    units = [unit for unit in problem.units if planned is None or unit.id in planned]
    shop = problem.shop
    if not units:
        return 0
    weights = problem.weights
    runs, sheets = _runs_and_sheets(units, problem)
    setups = _setups(units, problem)
    machines, energy = _machine_work(units, shop)
    return (
        weights.run * runs
        + weights.sheet * sheets // 10**10
        + weights.load * sum(_loads(units, shop).values())
        + weights.setup * sum(seconds for seconds, _ in setups.values()) // 60
        + sum(cost for _, cost in setups.values())
        + machines // 3600
        + weights.energy * energy // 3_600_000
        + weights.tardiness
        * least_lateness(units, problem, setups={place: each[0] for place, each in setups.items()})
        // 60
    )


def _runs_and_sheets(units: Sequence[Unit], problem: Problem) -> tuple[int, int]:
    """Runs, and the area of sheets, that the keys of these units need at least."""
    shop, limits = problem.shop, problem.limits
    areas: Counter[Key] = Counter()
    largest: Counter[Key] = Counter()
    loads: dict[Key, Counter[tuple[int, str, str]]] = {}
    for unit in units:
        key = key_of(unit, shop)
        area = sum(part.area * part.count for part in unit.parts)
        areas[key] += area
        largest[key] = max(largest[key], area)
        of_key = loads.setdefault(key, Counter())
        for step in _own(unit, shop, "batch"):
            of_key[step.step, step.work_centre, step.setup_family] += step.load
    left_over: Counter[str] = Counter()
    for offcut in shop.offcuts:
        left_over[offcut.material] += offcut.width_um * offcut.height_um
    bought: Counter[str] = Counter()
    runs = 0
    for key, area in areas.items():
        least = 1
        for (_, centre, family), load in loads[key].items():
            if room := _largest_load(shop, centre, family):
                least = max(least, -(-load // room))
        if key.material:
            size = sheet_size(key, shop)
            usable = max((size.width - 2 * size.margin) * (size.height - 2 * size.margin), 1)
            bought[key.material] += area
            is_limited = problem.base is None and not left_over[key.material]
            if is_limited and largest[key] <= usable * limits.max_sheets:
                least = max(least, -(-area // (usable * limits.max_sheets)))
        runs += least
    whole = 0
    for material, area in bought.items():
        stock = shop.stock[material]
        sheet = stock.width_um * stock.height_um
        whole += max(-(-(area - left_over[material]) // sheet), 0) * sheet
    return runs, whole


def _loads(units: Iterable[Unit], shop: Shop) -> dict[tuple[str, str], int]:
    """Loads by work centre and family."""
    totals: Counter[tuple[str, str]] = Counter()
    for unit in units:
        for step in _own(unit, shop, "batch"):
            totals[step.work_centre, step.setup_family] += max(step.load, 0)
    found = {}
    for (centre, family), load in totals.items():
        room = _largest_load(shop, centre, family)
        found[centre, family] = max(-(-load // room), 1) if room else 1
    return found


def _setups(units: Iterable[Unit], problem: Problem) -> dict[tuple[str, str], tuple[int, int]]:
    """Seconds and cost of the least set-up into every family that no machine stands ready for."""
    shop = problem.shop
    wanted = {(step.work_centre, step.setup_family) for unit in units for step in _own(unit, shop)}
    ready = {(machine.work_centre, machine.setup_state) for machine in shop.machines}
    ready |= {(frozen.work_centre, frozen.setup_family) for frozen in problem.frozen}
    states: dict[str, set[str]] = {}
    for centre, family in wanted | ready | _elsewhere(units):
        states.setdefault(centre, set()).add(family)
    found = {}
    for centre, family in wanted - ready:
        others = states[centre] - {family}
        found[centre, family] = (
            min((shop.setup_seconds(centre, other, family) for other in others), default=0),
            min((shop.setup_cost(centre, other, family) for other in others), default=0),
        )
    return found


def _elsewhere(units: Iterable[Unit]) -> set[tuple[str, str]]:
    """Families that may come to a work centre by steps with a choice."""
    return {
        (code, step.setup_family)
        for routing in {unit.routing for unit in units}
        for step in routing
        if step.alternates
        for code in (step.work_centre, *(other.work_centre for other in step.alternates))
    }


def _machine_work(units: Iterable[Unit], shop: Shop) -> tuple[int, int]:
    """(minor units of money an hour, watts) times seconds of the work on the cheapest machine."""
    work: Counter[tuple[str, str]] = Counter()
    for unit in units:
        for step in _own(unit, shop, "bed", "sheet", "bench"):
            work[step.work_centre, step.setup_family] += step.seconds
    money = energy = 0
    for (centre, family), seconds in work.items():
        able = [machine for machine in shop.machines_of[centre] if machine.runs(family)]
        money += min((seconds * 100 * m.cost_rate // m.speed_percent for m in able), default=0)
        energy += min((seconds * 100 * m.power_w // m.speed_percent for m in able), default=0)
    return money, energy


def _own(unit: Unit, shop: Shop, *modes: str) -> Iterable[Step]:
    """The steps that only their own work centre can do; of these modes, where some are named."""
    for step in unit.routing:
        if not step.alternates and (not modes or shop.centre[step.work_centre].mode in modes):
            yield step


def _largest_load(shop: Shop, centre: str, family: str) -> int:
    """What the largest machine holds; 0: no limit is known."""
    rooms = [shop.capacity_of(machine) for machine in shop.machines_of[centre] if machine.runs(family)]
    return 0 if not rooms or 0 in rooms else max(rooms)
