"""The base plan put off: every operation at its time, or as soon after it as can be, in its order.

Serial schedule generation on the given machines: in the order of the base plan's starts each operation gets
the first gap on its own machine in which its predecessors are done and its person, its tool and its material
are there. What is in one load of a batch machine stays together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from production.engine.durations import machine_seconds
from production.engine.proposal import FrozenOperation, Operation, Problem, Run
from production.engine.scheduling.construct import settle
from production.engine.scheduling.timeline import Timeline
from production.engine.scheduling.zones import standing_runs
from production.engine.shop import Machine, Shop, WorkCentre, apart
from production.engine.work import Step, Unit

# How often work is put off for a person or a tool before its machine counts as having no time.
PATIENCE = 200


@dataclass(frozen=True)
class _Block:
    """An operation, or those that are in one load: one set-up, one start, one end."""

    members: tuple[Operation, ...]

    @property
    def first(self) -> Operation:
        return self.members[0]


@dataclass
class _Floor:
    """Machines, people and tools with what they are busy with so far."""

    problem: Problem
    machines: dict[str, Timeline]
    people: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    tools: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def take(self, operation: Operation | FrozenOperation) -> None:
        """The person and the tool of an operation are busy with it."""
        if operation.operator:
            spans = self.attended(operation.machine, operation.setup_start, operation.start, operation.end)
            self.people.setdefault(operation.operator, []).extend(spans)
        if operation.tool:
            self.tools.setdefault(operation.tool, []).append((operation.setup_start, operation.end))

    def attended(self, machine: str, setup_start: int, start: int, end: int) -> list[tuple[int, int]]:
        """While what somebody has to be at the machine: in its working time, set-up or all of it."""
        centre = self._centre(machine)
        if centre is None or not centre.attended:
            return []
        until = start if centre.attended == "setup" else end
        windows = self.problem.shop.windows[machine]
        return [
            (max(a, setup_start), min(b, until)) for a, b in windows if a < until and b > setup_start
        ] or ([(setup_start, until)] if setup_start < until else [])

    def _centre(self, machine: str) -> WorkCentre | None:
        found = self.problem.shop.machine.get(machine)
        return None if found is None else self.problem.shop.centre[found.work_centre]

    def operator_for(
        self, machine: str, before: str, setup_start: int, start: int, end: int
    ) -> tuple[str, int]:
        """Who attends the work, the one of ``before`` first; or nobody, and when to look again."""
        spans = self.attended(machine, setup_start, start, end)
        centre = self._centre(machine)
        if not spans or centre is None:
            return "", 0
        people = self.problem.shop.operators_of.get(centre.skill, ())
        again = []
        for person in sorted(people, key=lambda p: (p.code != before, p.code)):
            time = self.problem.shop.intervals.get(person.calendar, ())
            taken = self.people.get(person.code, ())
            clash = [b for a, b in taken if any(a < until and b > since for since, until in spans)]
            missing = [apart((span,), time) for span in spans]
            if not clash and not any(missing):
                return person.code, 0
            opens = [a for a, _ in time if a > setup_start]
            again.append(max(clash, default=min(opens, default=end)))
        return "", max(min(again, default=end), setup_start + 1)

    def tool_free(self, tool: str, setup_start: int, end: int) -> int:
        """0 when one of the tool is free all that time, else when to look again."""
        known = self.problem.shop.tool.get(tool)
        uses = [use for use in self.tools.get(tool, ()) if use[0] < end and use[1] > setup_start]
        if not tool or (known is not None and len(uses) < known.count):
            return 0
        return min((use[1] for use in uses), default=end)


def shifted(problem: Problem, able: dict[str, Unit]) -> tuple[list[Run], list[Operation]]:
    """The runs of the base plan that can go on, with their operations. A run for which there is no time
    is left out, and the others are placed again without it."""
    base = problem.base
    if base is None:
        return [], []
    runs = {run.id: run for run in standing_runs(problem, able)}
    while True:
        wanted = [operation for operation in base.operations if operation.run in runs]
        done, failed = _put_off(problem, runs, wanted, able)
        if not failed:
            return list(runs.values()), done
        for run in failed:
            del runs[run]


def _put_off(
    problem: Problem, runs: dict[str, Run], wanted: Sequence[Operation], able: dict[str, Unit]
) -> tuple[list[Operation], set[str]]:
    """The operations in the order of their starts, each at its time or as soon after as can be; with the
    runs of which one found no time."""
    machines, frozen = settle(problem)
    floor = _Floor(problem, machines)
    for one in frozen:
        floor.take(one)
    before = _predecessors(wanted, able)
    release = {run.id: _release(run, able, problem.shop) for run in runs.values()}
    done: dict[tuple[str, int, str], Operation] = {}
    failed: set[str] = set()
    for block in _blocks(wanted):
        if failed.intersection(o.run for o in block.members):
            failed.update(o.run for o in block.members)
            continue
        ready, latest = 0, None
        for o in block.members:
            ready = max(ready, o.start, release[o.run])
            for place, least, most in before[_place(o)]:
                ready = max(ready, done[place].end + least)
                if most is not None:
                    latest = min(latest or done[place].end + most, done[place].end + most)
        placed = _placed(floor, block, runs, able, ready)
        if placed is None or (latest is not None and placed[0].start > latest):
            failed.update(o.run for o in block.members)
            continue
        floor.take(placed[0])
        done.update((_place(o), o) for o in placed)
    for run in runs.values():
        ends = [o.end for place, o in done.items() if place[0] == run.id]
        if run.id not in failed and max(ends, default=0) > _expires(run, problem.shop):
            failed.add(run.id)
    return _with_setups(done.values(), machines), failed


def _blocks(operations: Sequence[Operation]) -> list[_Block]:
    found: dict[tuple[str, ...], list[Operation]] = {}
    for o in sorted(operations, key=lambda o: (o.start, o.end, o.machine, o.run, o.step)):
        name = (o.machine, o.load) if o.load else (o.run, str(o.step), o.setup_family)
        found.setdefault(name, []).append(o)
    return [_Block(tuple(members)) for members in found.values()]


def _placed(
    floor: _Floor, block: _Block, runs: dict[str, Run], able: dict[str, Unit], ready: int
) -> list[Operation] | None:
    """The block on its own machine; elsewhere only when that has no time for it at all."""
    shop = floor.problem.shop
    first = block.first
    own = shop.machine.get(first.machine)
    others = [
        machine
        for centre in _centres(block, able)
        for machine in shop.machines_of.get(centre, ())
        if own is None or machine.code != own.code
    ]
    if own is not None and (found := _on(floor, block, own, runs, able, ready)) is not None:
        return found
    found_on = [_on(floor, block, machine, runs, able, ready, dry=True) for machine in others]
    best = min((each for each in found_on if each), key=lambda e: (e[0].end, e[0].machine), default=None)
    if best is None:
        return None
    return _on(floor, block, shop.machine[best[0].machine], runs, able, ready)


def _on(
    floor: _Floor,
    block: _Block,
    machine: Machine,
    runs: dict[str, Run],
    able: dict[str, Unit],
    ready: int,
    *,
    dry: bool = False,
) -> list[Operation] | None:
    """The block on this machine; ``dry`` only looks."""
    shop, first = floor.problem.shop, block.first
    timeline = floor.machines[machine.code]
    if not shop.windows[machine.code] or not _may_run(block, machine, runs, able, shop):
        return None
    seconds = max(_seconds(o, machine, runs[o.run], able, shop) for o in block.members)
    # What the frozen zone holds keeps its place, or goes where new work may begin.
    frozen = first.setup_start < floor.problem.zones.frozen_until
    own_time = max(first.setup_start, shop.now) if frozen else floor.problem.not_before
    for not_before in dict.fromkeys((own_time, floor.problem.not_before)):
        after = ready
        for _ in range(PATIENCE):
            found = timeline.first_gap(
                family=first.setup_family, seconds=seconds, ready=after, not_before=not_before
            )
            if found is None:
                return None
            index, slot = found
            if not_before < floor.problem.not_before and slot.start != first.start:
                break
            person, look_again = floor.operator_for(
                machine.code, first.operator, slot.setup_start, slot.start, slot.end
            )
            look_again = max(look_again, floor.tool_free(first.tool, slot.setup_start, slot.end))
            if not look_again:
                if not dry:
                    timeline.insert(index, slot._replace(operation=_place(first)))
                return [
                    replace(
                        o,
                        machine=machine.code,
                        work_centre=machine.work_centre,
                        seconds=seconds,
                        setup_start=slot.setup_start,
                        start=slot.start,
                        end=slot.end,
                        operator=person,
                    )
                    for o in block.members
                ]
            after = max(look_again + slot.start - slot.setup_start, slot.start + 1)
    return None


def _may_run(
    block: _Block, machine: Machine, runs: dict[str, Run], able: dict[str, Unit], shop: Shop
) -> bool:
    first = block.first
    if not machine.runs(first.setup_family):
        return False
    load = 0
    for o in block.members:
        run = runs[o.run]
        if _is_gang(o, run) and run.sheets:
            if not all(machine.holds(sheet.width_um, sheet.height_um) for sheet in run.sheets):
                return False
            own = shop.machine.get(o.machine)
            # The nest keeps the margin and gap of the machines it was made for.
            if own is None or machine.margin_um > own.margin_um or machine.gap_um > own.gap_um:
                return machine.code == o.machine
        steps = [_step_of(able[unit], o) for unit in o.units]
        if any(step.at(machine.work_centre) is None for step in steps):
            return False
        load += sum(step.load for step in steps)
    capacity = shop.capacity_of(machine)
    return shop.centre[machine.work_centre].mode != "batch" or not capacity or load <= capacity


def _seconds(operation: Operation, machine: Machine, run: Run, able: dict[str, Unit], shop: Shop) -> int:
    centre = shop.centre[machine.work_centre]
    steps = [_step_of(able[unit], operation) for unit in operation.units]
    members = [(step.at(centre.code) or 0, step.load) for step in steps]
    sheets = len(run.sheets) if _is_gang(operation, run) else 0
    return machine_seconds(centre, machine, members, sheets=sheets)


def _is_gang(operation: Operation, run: Run) -> bool:
    return (operation.step, operation.setup_family) == (run.key.step, run.key.setup_family)


def _centres(block: _Block, able: dict[str, Unit]) -> list[str]:
    steps = [_step_of(able[unit], o) for o in block.members for unit in o.units]
    first = [steps[0].work_centre, *(other.work_centre for other in steps[0].alternates)]
    return [centre for centre in first if all(step.at(centre) is not None for step in steps)]


def _step_of(unit: Unit, operation: Operation) -> Step:
    place = (operation.step, operation.setup_family)
    return next(step for step in unit.routing if (step.step, step.setup_family) == place)


def _predecessors(
    operations: Sequence[Operation], able: dict[str, Unit]
) -> dict[tuple[str, int, str], set[tuple[tuple[str, int, str], int, int | None]]]:
    """By operation those that units come from, with the least and most time between."""
    at = {(o.run, unit, o.step): _place(o) for o in operations for unit in o.units}
    found: dict[tuple[str, int, str], set[tuple[tuple[str, int, str], int, int | None]]] = {}
    for o in operations:
        mine = found.setdefault(_place(o), set())
        for name in o.units:
            earlier = [step for step in able[name].routing if step.step < o.step]
            if earlier:
                step = _step_of(able[name], o)
                mine.add((at[o.run, name, earlier[-1].step], step.min_lag, step.max_lag))
    return found


def _release(run: Run, able: dict[str, Unit], shop: Shop) -> int:
    """When its units and its lots are there."""
    lots = {(stock.material, lot.code): lot for stock in shop.materials for lot in stock.lots}
    arrivals = [
        lots[use.material, use.lot].available_at for use in run.lots if (use.material, use.lot) in lots
    ]
    return max([*(able[unit].release for unit in run.units), *arrivals])


def _expires(run: Run, shop: Shop) -> int:
    lots = {(stock.material, lot.code): lot for stock in shop.materials for lot in stock.lots}
    ends = [lots[u.material, u.lot].expires_at for u in run.lots if (u.material, u.lot) in lots]
    return min((end for end in ends if end is not None), default=1 << 62)


def _with_setups(operations: Iterable[Operation], machines: dict[str, Timeline]) -> list[Operation]:
    """The set-ups that the last insertion left."""
    starts = {slot.operation: slot.setup_start for timeline in machines.values() for slot in timeline.slots}
    by_load: dict[tuple[str, int, int], int] = {}
    for o in operations:
        if _place(o) in starts:
            by_load[o.machine, o.start, o.end] = starts[_place(o)]
    return [
        replace(o, setup_start=by_load.get((o.machine, o.start, o.end), o.setup_start)) for o in operations
    ]


def _place(operation: Operation) -> tuple[str, int, str]:
    return operation.run, operation.step, operation.setup_family
