"""What of the plan in force stays: the frozen zone as it is, runs of the slushy zone with their units.

An operation of the frozen zone stays as far as it can: all units of its run are still to be made, its
machine works then and is not taken by frozen work, its people and lots are there, and nothing of its run
before it had to give way.
"""

# ruff: noqa: F403, F405 - the names of the fields

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from production.engine.measuring import overlap
from production.engine.proposal import Operation, Problem, Run
from production.engine.routing import key_of
from production.engine.scheduling.compiled import Compiled, Fixed
from production.engine.scheduling.names import *
from production.engine.scheduling.standing import settle
from production.engine.shop import Shop
from production.engine.work import Unit


@dataclass(frozen=True)
class Kept:
    """Runs of the base plan that can go on: those of the slushy zone (``locked``, ids) keep their units, and
    ``fixed`` are operations that keep their places."""

    runs: tuple[Run, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    locked: frozenset[str] = frozenset()


def kept(problem: Problem, able: Mapping[str, Unit]) -> Kept:
    """What stays of the base plan; ``able`` are the units that can be planned at all."""
    base, zones = problem.base, problem.zones
    if base is None or not base.operations:
        return Kept()
    runs = {run.id: run for run in standing_runs(problem, able)}
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
    return Kept(tuple(runs.values()), tuple(fixed), frozenset(near & runs.keys()))


def standing_runs(problem: Problem, able: Mapping[str, Unit]) -> list[Run]:
    """The runs of the base plan whose units are all still to be made, of which the material is still there
    (for those due first). Each is due when the first of its units is now."""
    runs = [run for run in problem.base.runs if _is_whole(run, able, problem.shop)] if problem.base else []
    free = Counter({stock.material: stock.on_hand for stock in problem.shop.materials if not stock.lots})
    free.subtract({claim.material: claim.quantity for claim in problem.claims})
    lots = Counter(
        {(stock.material, lot.code): lot.quantity for stock in problem.shop.materials for lot in stock.lots}
    )
    offcuts = {offcut.code for offcut in problem.shop.offcuts}
    kept_by_lots = {stock.material for stock in problem.shop.materials if stock.lots}
    supplied = set()
    for run in sorted(runs, key=lambda run: (1 << 62 if run.due is None else run.due, run.id)):
        used, of_lots, of_offcuts = uses_of(run, able)
        if (
            all(free[material] >= n for material, n in used.items() if material not in kept_by_lots)
            and all(lots[lot] >= n for lot, n in of_lots.items())
            and all(_given(of_lots, material) == used[material] for material in kept_by_lots)
            and of_offcuts <= offcuts
        ):
            free.subtract(used)
            lots.subtract(of_lots)
            offcuts -= of_offcuts
            supplied.add(run.id)
    return [replace(run, due=_first_due(run, able)) for run in runs if run.id in supplied]


def _given(of_lots: Mapping[tuple[str, str], int], material: str) -> int:
    """What a run has of a material from lots: less than it uses where the lots came after the plan."""
    return sum(quantity for (held, _), quantity in of_lots.items() if held == material)


def _first_due(run: Run, able: Mapping[str, Unit]) -> int | None:
    return min((due for unit in run.units if (due := able[unit].due) is not None), default=None)


def _is_whole(run: Run, able: Mapping[str, Unit], shop: Shop) -> bool:
    return all(unit in able and key_of(able[unit], shop) == run.key for unit in run.units)


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


def aim_at_base(compiled: Compiled, runs: Sequence[Run], problem: Problem) -> bool:
    """Tell the search where the operations of the base plan are, so that moving them costs; whether there
    are any. ``runs`` are those that were compiled."""
    if problem.base is None:
        return False
    p, s = compiled.p, compiled.s
    machines = {machine.code: number for number, machine in enumerate(compiled.machines)}
    number_of = {unit: number for number, run in enumerate(runs) for unit in run.units}
    kinds = {
        (unit, compiled.kinds[compiled.key_of(r)][j].step): j
        for r in range(compiled.runs)
        for atom in compiled.members(r)
        for step in range(p[p[A_PTR] + atom], p[p[A_PTR] + atom + 1])
        for j in (int(p[p[STEP_KIND] + step]),)
        for unit in compiled.atoms[atom]
    }
    found = False
    for old in problem.base.operations:
        asked = [unit for unit in old.units if unit in number_of]
        if not asked or old.machine not in machines:
            continue
        numbers = {number_of[unit] for unit in asked}
        places = {kinds.get((unit, old.step)) for unit in asked}
        if len(numbers) == 1 and len(places) == 1 and None not in places:
            r, j = numbers.pop(), places.pop() or 0
            t, kind = r * int(p[KINDS]) + j, compiled.key_of(r) * int(p[KINDS]) + j
            options = compiled.options[int(p[p[OPT_PTR] + kind]) : int(p[p[OPT_PTR] + kind + 1])]
            place = (old.work_centre, machines[old.machine])
            s[s[BASE_MACHINE] + t], s[s[BASE_START] + t] = machines[old.machine], old.start
            s[s[BASE_FIX] + t] = options.index(place) + 1 if place in options else 0
            s[s[R_HOME] + r] = s[s[R_UNITS] + r]
            found = True
    return found


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
