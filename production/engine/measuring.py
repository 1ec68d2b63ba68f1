"""What a plan amounts to: its figures and what they cost, each term by itself.

The shapes ``Kpis`` and ``Terms`` (``proposal``) say what is counted; the certificate reckons it again in its
own words.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from production.engine.proposal import FrozenOperation, Kpis, Operation, Problem, Run, Terms
from production.engine.shop import Shop
from production.engine.work import Unit

Intervals = Sequence[tuple[int, int]]


class _Busy(NamedTuple):
    """A machine set up and at work for one operation, or for all those of one load."""

    machine: str
    setup_start: int
    start: int
    end: int
    family: str


def measure(
    problem: Problem,
    runs: Sequence[Run],
    operations: Sequence[Operation],
    unplanned: int,
    *,
    frozen: Sequence[FrozenOperation] | None = None,
    bound: int = 0,
) -> Kpis:
    """The figures of these runs and operations around the ``frozen`` work as the plan has it (None: as the
    problem does); ``bound`` is handed on (``scheduling.bounds``)."""
    ends = unit_ends(problem.units, operations)
    late = [
        ends[unit.id] - unit.due
        for unit in problem.units
        if unit.due is not None and unit.id in ends and ends[unit.id] > unit.due
    ]
    sheets = [sheet for run in runs for sheet in run.sheets]
    area = sum(sheet.width_um * sheet.height_um for sheet in sheets)
    busy = _busy(operations)
    setups = [(one, _setup_seconds(problem.shop, one)) for one in busy if one.start > one.setup_start]
    overtime = _overtime(problem.shop, busy)
    moved = count_moved(problem, operations)
    weights = problem.weights
    worked = list(_worked(problem.shop, busy))
    loads = len({o.load for o in operations if o.load})
    bought = sum(sheet.width_um * sheet.height_um for sheet in sheets if not sheet.offcut)
    return Kpis(
        units=sum(len(run.units) for run in runs),
        unplanned=unplanned,
        runs=len(runs),
        sheets=len(sheets),
        sheet_use_permille=sum(sheet.used_area for sheet in sheets) * 1000 // area if area else 0,
        setups=len(setups),
        setup_seconds=sum(seconds for _, seconds in setups),
        tardy_units=len(late),
        tardiness=sum(late),
        makespan=max((o.end for o in operations), default=problem.shop.now) - problem.shop.now,
        loads=loads,
        overtime_seconds=overtime,
        moved=moved,
        terms=Terms(
            tardiness=weights.tardiness * _weighted_lateness(problem.units, ends) // 60,
            setups=(
                weights.setup * sum(seconds for _, seconds in setups) // 60
                + _change_costs(problem.shop, problem.frozen if frozen is None else frozen, busy)
            ),
            runs=weights.run * len(runs),
            loads=weights.load * loads,
            sheets=weights.sheet * bought // 10**10,  # a square decimetre in square micrometres
            overtime=weights.overtime * overtime // 60,
            energy=weights.energy * sum(s * problem.shop.machine[m].power_w for m, s in worked) // 3_600_000,
            machines=sum(s * problem.shop.machine[m].cost_rate for m, s in worked) // 3600,
            preference=weights.preference * _preference(problem.units, operations),
            moved=weights.moved * moved,
        ),
        bound=bound,
    )


def unit_ends(units: Iterable[Unit], operations: Iterable[Operation]) -> dict[str, int]:
    """When each planned unit is finished: its last end, or the last of all that ships together with it."""
    ends: dict[str, int] = {}
    for operation in operations:
        for code in operation.units:
            ends[code] = max(ends.get(code, 0), operation.end)
    last: dict[str, int] = {}
    together = [unit for unit in units if unit.together and unit.id in ends]
    for unit in together:
        last[unit.together] = max(last.get(unit.together, 0), ends[unit.id])
    ends.update((unit.id, last[unit.together]) for unit in together)
    return ends


def count_moved(problem: Problem, operations: Iterable[Operation]) -> int:
    """Moves against the base plan (``Zones``)."""
    if problem.base is None:
        return 0
    asked = {unit.id for unit in problem.units}
    now: dict[tuple[str, int], list[Operation]] = {}
    for operation in operations:
        for unit in operation.units:
            now.setdefault((unit, operation.step), []).append(operation)
    moved = 0
    for old in problem.base.operations:
        units = asked.intersection(old.units)
        if units:
            candidates = (new for new in now.get((min(units), old.step), ()) if units.issubset(new.units))
            moved += min((_moves(old, new, problem.zones.tolerance) for new in candidates), default=2)
    return moved


def _moves(old: Operation, new: Operation, tolerance: int) -> int:
    return int(new.machine != old.machine) + int(abs(new.start - old.start) > tolerance)


def _busy(operations: Iterable[Operation]) -> list[_Busy]:
    """A load once, however many runs share it."""
    seen: set[tuple[str, str]] = set()
    busy = []
    for o in operations:
        if o.load:
            if (o.machine, o.load) in seen:
                continue
            seen.add((o.machine, o.load))
        busy.append(_Busy(o.machine, o.setup_start, o.start, o.end, o.setup_family))
    return busy


def _weighted_lateness(units: Iterable[Unit], ends: dict[str, int]) -> int:
    """Seconds: each line once, by the latest of its units and the highest of their weights."""
    lines: dict[str, tuple[int, int]] = {}
    for unit in units:
        if unit.due is not None and unit.id in ends:
            late, weight = lines.get(unit.line, (0, 0))
            lines[unit.line] = max(late, ends[unit.id] - unit.due), max(weight, unit.weight)
    return sum(late * weight for late, weight in lines.values())


def _change_costs(shop: Shop, frozen: Iterable[FrozenOperation], busy: Sequence[_Busy]) -> int:
    """What the rules ask besides the time, for every change in front of a proposed operation."""
    if not any(rule.cost for rule in shop.setups):
        return 0
    others = [_Busy(f.machine, f.setup_start, f.start, f.end, f.setup_family) for f in frozen]
    state = {machine.code: machine.setup_state for machine in shop.machines}
    proposed = set(busy)
    total = 0
    for one in sorted({*busy, *others}, key=lambda b: (b.start, b.end)):
        if one.machine in state:
            if one in proposed:
                centre = shop.machine[one.machine].work_centre
                total += shop.setup_cost(centre, state[one.machine], one.family)
            state[one.machine] = one.family
    return total


def _worked(shop: Shop, busy: Iterable[_Busy]) -> Iterator[tuple[str, int]]:
    """(machine, seconds of set-up and work in working time)."""
    for one in busy:
        machine = shop.machine.get(one.machine)
        if machine is not None and (machine.cost_rate or machine.power_w):
            yield one.machine, overlap(shop.windows[one.machine], one.setup_start, one.end)


def _overtime(shop: Shop, busy: Iterable[_Busy]) -> int:
    extra = {calendar.code: calendar.overtime for calendar in shop.calendars if calendar.overtime}
    total = 0
    for one in busy:
        machine = shop.machine.get(one.machine)
        if machine is None or machine.calendar not in extra:
            continue
        for since, until in extra[machine.calendar]:
            if since < one.end and until > one.setup_start:
                begin, end = max(since, one.setup_start), min(until, one.end)
                total += overlap(shop.windows[one.machine], begin, end)
    return total


def _preference(units: Iterable[Unit], operations: Iterable[Operation]) -> int:
    """Points of alternates: for each operation those of the unit with the most."""
    routing = {unit.id: unit.routing for unit in units}
    points = 0
    for operation in operations:
        points += max(
            (
                alternate.preference
                for unit in operation.units
                for step in routing.get(unit, ())
                if (step.step, step.setup_family) == (operation.step, operation.setup_family)
                and step.work_centre != operation.work_centre
                for alternate in step.alternates
                if alternate.work_centre == operation.work_centre
            ),
            default=0,
        )
    return points


def _setup_seconds(shop: Shop, one: _Busy) -> int:
    """Of working time: nothing on a machine that is gone or no longer works."""
    return overlap(shop.windows.get(one.machine, ()), one.setup_start, one.start)


def overlap(intervals: Intervals, since: int, until: int) -> int:
    """Seconds of sorted intervals between two instants."""
    total = 0
    number = max(bisect_right(intervals, (since, since)) - 1, 0)
    while number < len(intervals) and intervals[number][0] < until:
        start, end = intervals[number]
        total += max(min(end, until) - max(start, since), 0)
        number += 1
    return total
