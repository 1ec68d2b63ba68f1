"""What every plan of the same units costs at least, without making one.

The sum of bounds of the single terms (``Terms``), each true for itself:
- runs: by the area of the parts of a key, and by what a load of a batch machine holds;
- sheets: by area, less that of all left-overs of the material;
- loads: by family and batch work centre;
- set-ups: into every family of a work centre once, from whatever is nearest, unless a machine stands ready;
- machines and energy: the work of a work centre on its cheapest machine;
- tardiness: each unit alone in the shop, without set-ups.
A step that can be done elsewhere too counts nowhere, except in its own time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from production.engine.durations import machine_seconds
from production.engine.proposal import Key, Problem
from production.engine.routing import gang_step, key_of, sheet_size
from production.engine.shop import Machine, Shop, WorkCentre
from production.engine.work import Step, Unit


def lower_bound(problem: Problem, planned: Collection[str] | None = None) -> int:
    """Minor units of money that no plan of the ``planned`` units (none named: of all) costs less than."""
    units = [unit for unit in problem.units if planned is None or unit.id in planned]
    shop = problem.shop
    if not units:
        return 0
    weights = problem.weights
    runs, sheets = _runs_and_sheets(units, problem)
    seconds, cost = _setups(units, problem)
    machines, energy = _machine_work(units, shop)
    return (
        weights.run * runs
        + weights.sheet * sheets // 10**10
        + weights.load * sum(_loads(units, shop).values())
        + weights.setup * seconds // 60
        + cost
        + machines // 3600
        + weights.energy * energy // 3_600_000
        + weights.tardiness * _lateness(units, problem) // 60
    )


def _runs_and_sheets(units: Sequence[Unit], problem: Problem) -> tuple[int, int]:
    """Runs, and the area of sheets, that the keys of these units need at least."""
    shop, limits = problem.shop, problem.limits
    areas: Counter[Key] = Counter()
    largest: Counter[Key] = Counter()
    loads: dict[Key, Counter[tuple[int, str, str]]] = {}
    for unit in units:
        key = key_of(unit, shop)
        area = sum(part.width_um * part.height_um * part.count for part in unit.parts)
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


def _setups(units: Iterable[Unit], problem: Problem) -> tuple[int, int]:
    """Seconds and cost of one set-up into every family that no machine stands ready for."""
    shop = problem.shop
    wanted = {(step.work_centre, step.setup_family) for unit in units for step in _own(unit, shop)}
    ready = {(machine.work_centre, machine.setup_state) for machine in shop.machines}
    ready |= {(frozen.work_centre, frozen.setup_family) for frozen in problem.frozen}
    states: dict[str, set[str]] = {}
    for centre, family in wanted | ready:
        states.setdefault(centre, set()).add(family)
    seconds = cost = 0
    for centre, family in wanted - ready:
        others = states[centre] - {family}
        if others:
            seconds += min(shop.setup_seconds(centre, other, family) for other in others)
            cost += min(shop.setup_cost(centre, other, family) for other in others)
    return seconds, cost


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


def _lateness(units: Sequence[Unit], problem: Problem) -> int:
    """Weighted seconds by which lines are late even with the shop to themselves."""
    ends: dict[tuple[int, tuple[Step, ...], str], int] = {}
    last: dict[str, int] = {}
    end_of: dict[str, int] = {}
    for unit in units:
        place = (unit.release, unit.routing, unit.sheet_material if unit.parts else "")
        if place not in ends:
            ends[place] = _earliest_end(unit, problem)
        end_of[unit.id] = ends[place]
        if unit.together:
            last[unit.together] = max(last.get(unit.together, 0), ends[place])
    lines: dict[str, tuple[int, int]] = {}
    for unit in units:
        if unit.due is not None:
            late, weight = lines.get(unit.line, (0, 0))
            end = last[unit.together] if unit.together else end_of[unit.id]
            lines[unit.line] = max(late, end - unit.due), max(weight, unit.weight)
    return sum(late * weight for late, weight in lines.values())


def _earliest_end(unit: Unit, problem: Problem) -> int:
    shop = problem.shop
    gang = gang_step(unit.routing, shop)
    ready = max(unit.release, problem.shop.now)
    for step in unit.routing:
        ready += step.min_lag if step is not unit.routing[0] else 0
        ends = []
        for code in (step.work_centre, *(other.work_centre for other in step.alternates)):
            centre = shop.centre.get(code)
            seconds = step.at(code)
            if centre is None or seconds is None:
                continue
            sheets = 1 if step == gang and unit.parts else 0
            for machine in shop.machines_of[code]:
                if machine.runs(step.setup_family):
                    long = _alone(centre, machine, seconds, step.load, sheets)
                    ends.append(_after(shop.windows[machine.code], ready, long))
        ready = min(ends, default=ready)
    return ready


def _alone(centre: WorkCentre, machine: Machine, seconds: int, load: int, sheets: int) -> int:
    return machine_seconds(centre, machine, [(seconds, load)], sheets=sheets)


def _after(windows: Sequence[tuple[int, int]], ready: int, seconds: int) -> int:
    """The end of so many seconds of work from ``ready`` on, paused when the machine does not work; with no
    time left plain seconds."""
    at = ready
    number = max(bisect_right(windows, (ready, ready)) - 1, 0)
    while number < len(windows):
        start, end = windows[number]
        begin = max(start, at)
        if begin < end:
            if begin + seconds <= end:
                return begin + seconds
            seconds -= end - begin
            at = end
        number += 1
    return at + seconds


def _own(unit: Unit, shop: Shop, *modes: str) -> Iterable[Step]:
    """The steps that only their own work centre can do; of these modes, where some are named."""
    for step in unit.routing:
        if not step.alternates and (not modes or shop.centre[step.work_centre].mode in modes):
            yield step


def _largest_load(shop: Shop, centre: str, family: str) -> int:
    """What the largest machine holds; 0: no limit is known."""
    rooms = [shop.capacity_of(machine) for machine in shop.machines_of[centre] if machine.runs(family)]
    return 0 if not rooms or 0 in rooms else max(rooms)
