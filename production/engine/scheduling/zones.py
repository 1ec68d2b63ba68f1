"""What of the plan in force stays: the frozen zone as it is, runs of the slushy zone with their units.

An operation of the frozen zone stays as far as it can: all units of its run are still to be made, its
machine works then and is not taken by frozen work, its people and lots are there, and nothing of its run
before it had to give way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from production.engine.measuring import overlap
from production.engine.proposal import Operation, Problem, Run
from production.engine.scheduling.compiled import Compiled, Fixed
from production.engine.scheduling.names import A_PTR, BASE_MACHINE, BASE_START, KINDS, STEP_KIND
from production.engine.scheduling.standing import settle
from production.engine.shop import Shop
from production.engine.work import Unit


@dataclass(frozen=True)
class Kept:
    """Runs of the base plan that keep their units, and their operations that keep their places."""

    runs: tuple[Run, ...] = ()
    fixed: tuple[Fixed, ...] = ()


def kept(problem: Problem, able: Collection[str]) -> Kept:
    """What stays of the base plan; ``able`` are the units that can be planned at all."""
    base, zones = problem.base, problem.zones
    if base is None or not base.operations or max(zones.frozen_until, zones.slushy_until) <= problem.shop.now:
        return Kept()
    units = set(able)
    runs = {run.id: run for run in base.runs if units.issuperset(run.units)}
    busy: dict[str, list[tuple[int, int]]] = {}
    for frozen in settle(problem)[1]:
        busy.setdefault(frozen.machine, []).append((frozen.setup_start, frozen.end))
    fallen: set[str] = set()
    fixed: list[Fixed] = []
    # Machines of which some work has gone: what comes after it may need a set-up that it had not.
    changed: set[str] = set()
    for operation in sorted(base.operations, key=lambda o: (o.start, o.end, o.step)):
        stays = operation.run in runs and operation.run not in fallen
        if stays and operation.machine in changed and not operation.operator:
            stays = not problem.shop.centre[operation.work_centre].attended
        if not stays or not _can_stay(problem, operation, runs[operation.run], busy):
            fallen.add(operation.run)
            changed.add(operation.machine)
        elif operation.setup_start < zones.frozen_until:
            fixed.append(Fixed(operation.run, operation))
    near = {o.run for o in base.operations if o.setup_start < max(zones.slushy_until, zones.frozen_until)}
    stay = tuple(run for code, run in runs.items() if code in near)
    return Kept(stay, tuple(one for one in fixed if one.run in near))


def _can_stay(
    problem: Problem, operation: Operation, run: Run, busy: Mapping[str, list[tuple[int, int]]]
) -> bool:
    shop = problem.shop
    machine = shop.machine.get(operation.machine)
    if machine is None or operation.setup_start < shop.now:
        return False
    windows = shop.windows[machine.code]
    if overlap(windows, operation.start, operation.end) != operation.seconds:
        return False
    if any(s < operation.end and operation.setup_start < e for s, e in busy.get(machine.code, ())):
        return False
    lots = {(stock.material, lot.code): lot for stock in shop.materials for lot in stock.lots}
    for use in run.lots:
        lot = lots.get((use.material, use.lot))
        if lot is None or lot.available_at > operation.start:
            return False
    if not operation.operator:
        return True
    person = next((one for one in shop.operators if one.code == operation.operator), None)
    shifts = shop.intervals.get(person.calendar, ()) if person else ()
    return all(
        any(s <= max(a, operation.setup_start) and min(b, operation.end) <= e for s, e in shifts)
        for a, b in windows
        if max(a, operation.setup_start) < min(b, operation.end)
    )


def aim_at_base(compiled: Compiled, runs: Iterable[Run], problem: Problem) -> None:
    """Tell the search where the operations of the slushy zone are, so that moving them costs."""
    if problem.base is None:
        return
    p, s = compiled.p, compiled.s
    machines = {machine.code: number for number, machine in enumerate(compiled.machines)}
    number_of = {unit: number for number, run in enumerate(runs) for unit in run.units}
    kinds = {
        (unit, compiled.kinds[key][j].step): j
        for key, members in _atoms_by_key(compiled)
        for atom in members
        for step in range(p[p[A_PTR] + atom], p[p[A_PTR] + atom + 1])
        for j in (int(p[p[STEP_KIND] + step]),)
        for unit in compiled.atoms[atom]
    }
    for old in problem.base.operations:
        asked = [unit for unit in old.units if unit in number_of]
        if old.setup_start >= problem.zones.slushy_until or not asked or old.machine not in machines:
            continue
        numbers = {number_of[unit] for unit in asked}
        places = {kinds.get((unit, old.step)) for unit in asked}
        if len(numbers) == 1 and len(places) == 1 and None not in places:
            t = numbers.pop() * int(p[KINDS]) + int(places.pop() or 0)
            s[s[BASE_MACHINE] + t], s[s[BASE_START] + t] = machines[old.machine], old.start


def _atoms_by_key(compiled: Compiled) -> Iterable[tuple[int, list[int]]]:
    return ((int(compiled.key_of(r)), compiled.members(r)) for r in range(compiled.runs))


def without_material(shop: Shop, runs: Iterable[Run], units: Mapping[str, Unit]) -> Shop:
    """The shop without the materials, lots and offcuts that these runs use."""
    used: Counter[str] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    offcuts: set[str] = set()
    for run in runs:
        of_run, of_lots, of_offcuts = uses_of(run, units)
        used += of_run
        taken += of_lots
        offcuts |= of_offcuts
    materials = []
    for stock in shop.materials:
        lots = tuple(
            replace(lot, quantity=max(lot.quantity - taken[stock.material, lot.code], 0))
            for lot in stock.lots
        )
        here = sum(lot.quantity for lot in lots if lot.available_at <= shop.now)
        on_hand = here if stock.lots else max(stock.on_hand - used[stock.material], 0)
        materials.append(replace(stock, on_hand=on_hand, lots=lots))
    kept_offcuts = tuple(offcut for offcut in shop.offcuts if offcut.code not in offcuts)
    return replace(shop, materials=tuple(materials), offcuts=kept_offcuts)


def uses_of(run: Run, units: Mapping[str, Unit]) -> tuple[Counter[str], Counter[tuple[str, str]], set[str]]:
    """What a run takes: of materials, of lots, and which offcuts."""
    used = Counter(sheet.material for sheet in run.sheets if not sheet.offcut)
    for unit in run.units:
        for use in units[unit].materials:
            used[use.material] += use.quantity
    lots: Counter[tuple[str, str]] = Counter()
    for lot in run.lots:
        lots[lot.material, lot.lot] += lot.quantity
    return used, lots, {sheet.offcut for sheet in run.sheets if sheet.offcut}
