"""The independent check of a proposal: no code of the planner, integers only.

It takes nothing on trust: places, times, set-ups, materials and figures are worked out
again from the problem alone. It imports the shapes of question and answer and nothing
else of the engine. Every breach has a kind (the list below is the whole list), a place and
a sentence.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields

from production.engine.proposal import (
    FrozenOperation,
    Operation,
    Placement,
    Problem,
    Proposal,
    Run,
    Sheet,
)
from production.engine.shop import Machine, Shop
from production.engine.work import Part, Unit

KINDS = {
    "unit-lost": "a unit is in no run and not listed as unplanned",
    "unit-twice": "a unit is in two runs, twice in one, or planned and listed as unplanned",
    "unit-waits": "a unit is planned that still waits for its production file",
    "unit-unknown": "a unit that nobody asked for",
    "run-empty": "a run without units",
    "run-twice": "two runs with one id",
    "key-mismatch": "a unit whose work centre, material or set-up is not that of its run",
    "part-lost": "a part of a unit lies on no sheet",
    "part-twice": "a part of a unit lies on two places",
    "part-unknown": "a placement of a part that its run does not have",
    "part-size": "a placement whose size is not that of the part",
    "part-turned": "a part is turned that may not be turned",
    "sheet-size": "a sheet that is not of the material or size that is kept",
    "sheet-empty": "a sheet without parts",
    "outside-sheet": "a part reaches into the margin or over the edge",
    "parts-overlap": "two parts overlap or are nearer than the gap",
    "operation-lost": "a step of a unit is done by no operation",
    "operation-extra": "an operation that no step asks for",
    "operation-unknown-run": "an operation of a run that is not there",
    "machine-unknown": "an operation on a machine that the shop does not have",
    "machine-unfit": "a machine of another work centre, or whose bed does not hold the sheet",
    "machine-overlap": "a machine does two things at once",
    "setup-mismatch": "the set-up time is not what the sequence on the machine asks for",
    "duration-mismatch": "the working time is not what the units need on that machine",
    "times-disordered": "an operation ends before it begins",
    "outside-calendar": "work or set-up outside working time",
    "paused": "work pauses over the end of a shift without need",
    "precedence": "a step begins before the step in front of it has ended",
    "too-early": "work begins before it may",
    "material-overbooked": "more material than there is",
    "material-unknown": "a material that the shop does not keep",
    "frozen-lost": "frozen work is missing",
    "frozen-changed": "frozen work was changed or moved without need",
    "due-mismatch": "a run whose due date is not the earliest promise of its units",
    "reason-missing": "an unplanned unit without a reason",
    "figure-wrong": "a figure that does not follow from the plan",
}


@dataclass(frozen=True, slots=True)
class Breach:
    """``kind`` is one of KINDS; ``where`` names unit, run, sheet, machine or material."""

    kind: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """``checked`` counts what was looked at: units, placements, operations."""

    breaches: tuple[Breach, ...]
    checked: tuple[tuple[str, int], ...]

    @property
    def ok(self) -> bool:
        return not self.breaches


@dataclass(frozen=True, slots=True)
class _Work:
    """Any work on a machine, new or frozen."""

    name: str
    machine: str
    family: str
    seconds: int
    setup_start: int
    start: int
    end: int
    fixed: bool
    started: bool
    waits: bool = False  # frozen on a machine that does not work at all (out of service)


def certify(problem: Problem, proposal: Proposal) -> Certificate:
    """Everything that is wrong with the proposal as an answer to the problem."""
    units = {unit.id: unit for unit in problem.units}
    breaches = [
        *_coverage(problem, proposal, units),
        *_compatibility(problem.shop, proposal, units),
        *_geometry(problem.shop, proposal, units),
        *_steps(problem, proposal, units),
        *_frozen(problem, proposal),
        *_machines(problem, proposal),
        *_materials(problem, proposal, units),
        *_figures(problem, proposal, units),
    ]
    checked = (
        ("units", len(problem.units)),
        ("runs", len(proposal.runs)),
        ("placements", sum(len(sheet.placements) for run in proposal.runs for sheet in run.sheets)),
        ("operations", len(proposal.operations) + len(proposal.frozen)),
    )
    return Certificate(tuple(breaches), checked)


# --- 1. every unit once -----------------------------------------------------------------------------------


def _coverage(problem: Problem, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
    seen = Counter(unit for run in proposal.runs for unit in run.units)
    seen.update(unplanned.unit for unplanned in proposal.unplanned)
    for unit in units:
        if seen[unit] == 0:
            yield Breach("unit-lost", unit, "The unit is in no run and has no reason.")
    for unit, times in seen.items():
        if unit not in units:
            yield Breach("unit-unknown", unit, "Nobody asked for this unit.")
        elif times > 1:
            yield Breach("unit-twice", unit, f"The unit is answered {times} times.")
    for run in proposal.runs:
        for unit in run.units:
            if unit in units and units[unit].waits:
                yield Breach("unit-waits", unit, units[unit].waits)
    for unplanned in proposal.unplanned:
        if not unplanned.code or not unplanned.text:
            yield Breach("reason-missing", unplanned.unit, "The unit is unplanned without a reason.")
    for name, times in Counter(run.id for run in proposal.runs).items():
        if times > 1:
            yield Breach("run-twice", name, f"{times} runs have this id.")
    for run in proposal.runs:
        if not run.units:
            yield Breach("run-empty", run.id, "The run has no units.")


# --- 2. what goes together --------------------------------------------------------------------------------


def _compatibility(shop: Shop, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
    sheet_centres = {centre.code for centre in shop.work_centres if centre.mode != "bench"}
    for run in proposal.runs:
        for unit_id in run.units:
            unit = units.get(unit_id)
            if unit is None:
                continue
            common = next((s for s in unit.routing if s.work_centre in sheet_centres), None)
            common = common or next(iter(unit.routing), None)
            if common is None:
                yield Breach("key-mismatch", f"{run.id} {unit_id}", "The unit has no routing at all.")
                continue
            own = (
                common.work_centre,
                unit.sheet_material if unit.parts else "",
                common.setup_family,
                common.step,
            )
            key = (run.key.work_centre, run.key.material, run.key.setup_family, run.key.step)
            if own != key:
                yield Breach(
                    "key-mismatch", f"{run.id} {unit_id}", f"The unit needs {own}, its run is {key}."
                )
        dues = [units[u].due for u in run.units if u in units]
        known = [due for due in dues if due is not None]
        if run.due != (min(known) if known else None):
            yield Breach(
                "due-mismatch", run.id, f"The run says {run.due}, its units {min(known, default=None)}."
            )


# --- 3. parts on sheets -----------------------------------------------------------------------------------


def _geometry(shop: Shop, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
    stocks = {stock.material: stock for stock in shop.materials}
    machines = {machine.code: machine for machine in shop.machines}
    for run in proposal.runs:
        # The machine of the common step decides over margin and gap.
        used = [
            machines[operation.machine]
            for operation in proposal.operations
            if operation.run == run.id
            and operation.work_centre == run.key.work_centre
            and operation.step == run.key.step
            and operation.machine in machines
        ]
        wanted = {
            (unit_id, part.code, copy): part
            for unit_id in run.units
            if unit_id in units
            for part in units[unit_id].parts
            for copy in range(1, part.count + 1)
        }
        laid = Counter((p.unit, p.part, p.copy) for sheet in run.sheets for p in sheet.placements)
        for place in wanted:
            if laid[place] == 0:
                yield Breach("part-lost", _part_name(run, place), "The part lies on no sheet.")
        for place, times in laid.items():
            if place not in wanted:
                yield Breach("part-unknown", _part_name(run, place), "The run has no such part.")
            elif times > 1:
                yield Breach("part-twice", _part_name(run, place), f"The part lies on {times} places.")
        for number, sheet in enumerate(run.sheets, start=1):
            name = f"{run.id} sheet {number}"
            stock = stocks.get(sheet.material)
            if (
                stock is None
                or sheet.material != run.key.material
                or (sheet.width_um, sheet.height_um) != (stock.width_um, stock.height_um)
            ):
                yield Breach("sheet-size", name, "The sheet is not of the material and size that is kept.")
            if not sheet.placements:
                yield Breach("sheet-empty", name, "Nothing lies on the sheet.")
            yield from _sizes(name, sheet, wanted)
            yield from _places(name, sheet, used)


def _sizes(name: str, sheet: Sheet, wanted: dict[tuple[str, str, int], Part]) -> Iterator[Breach]:
    for laid in sheet.placements:
        part = wanted.get((laid.unit, laid.part, laid.copy))
        if part is None:
            continue
        size = (part.height_um, part.width_um) if laid.rotated else (part.width_um, part.height_um)
        if (laid.width_um, laid.height_um) != size:
            yield Breach(
                "part-size", f"{name} {laid.unit} {laid.part}", f"Laid as {laid}, the part is {size}."
            )
        if laid.rotated and not part.may_rotate:
            yield Breach("part-turned", f"{name} {laid.unit} {laid.part}", "The part may not be turned.")


def _places(name: str, sheet: Sheet, machines: Sequence[Machine]) -> Iterator[Breach]:
    margin = max((machine.margin_um for machine in machines), default=0)
    gap = max((machine.gap_um for machine in machines), default=0)
    for laid in sheet.placements:
        if (
            laid.x_um < margin
            or laid.y_um < margin
            or laid.x_um + laid.width_um > sheet.width_um - margin
            or laid.y_um + laid.height_um > sheet.height_um - margin
        ):
            yield Breach(
                "outside-sheet", f"{name} {laid.unit} {laid.part}", f"Outside the usable area: {laid}."
            )
    by_left = sorted(sheet.placements, key=lambda p: p.x_um)
    for number, one in enumerate(by_left):
        for other in by_left[number + 1 :]:
            if other.x_um >= one.x_um + one.width_um + gap:
                break
            if _near(one, other, gap):
                yield Breach(
                    "parts-overlap",
                    f"{name} {one.unit} {one.part}, {other.unit} {other.part}",
                    f"Nearer than {gap} µm: {one} and {other}.",
                )


def _near(one: Placement, other: Placement, gap: int) -> bool:
    return (
        one.x_um < other.x_um + other.width_um + gap
        and other.x_um < one.x_um + one.width_um + gap
        and one.y_um < other.y_um + other.height_um + gap
        and other.y_um < one.y_um + one.height_um + gap
    )


def _part_name(run: Run, place: tuple[str, str, int]) -> str:
    return f"{run.id} {place[0]} {place[1]} {place[2]}"


# --- 4. every step of every unit, in order ----------------------------------------------------------------


def _steps(problem: Problem, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
    shop = problem.shop
    runs = {run.id: run for run in proposal.runs}
    machines = {machine.code: machine for machine in shop.machines}
    by_unit: dict[tuple[str, str], list[Operation]] = {}
    for operation in proposal.operations:
        name = _name(operation)
        run = runs.get(operation.run)
        if run is None:
            yield Breach("operation-unknown-run", name, "The operation belongs to no run of the proposal.")
            continue
        members = set(run.units)
        if not operation.units or not members.issuperset(operation.units):
            yield Breach("operation-extra", name, "The operation works on units that are not in its run.")
        for unit in operation.units:
            by_unit.setdefault((run.id, unit), []).append(operation)
        if not operation.setup_start <= operation.start < operation.end:
            yield Breach("times-disordered", name, "Set-up, start and end are not in this order.")
        if operation.setup_start < problem.not_before:
            yield Breach(
                "too-early", name, f"Begins at {operation.setup_start}, allowed from {problem.not_before}."
            )
        machine = machines.get(operation.machine)
        if machine is None:
            yield Breach("machine-unknown", name, f"There is no machine {operation.machine}.")
            continue
        yield from _fitness(shop, run, operation, machine)
        yield from _duration(shop, run, operation, machine, units)
    for run in proposal.runs:
        for unit_id in run.units:
            if unit_id in units:
                yield from _path(run, units[unit_id], by_unit.get((run.id, unit_id), []))


def _fitness(shop: Shop, run: Run, operation: Operation, machine: Machine) -> Iterator[Breach]:
    if machine.work_centre != operation.work_centre:
        yield Breach("machine-unfit", _name(operation), f"{machine.code} belongs to {machine.work_centre}.")
    if operation.step != run.key.step or operation.work_centre != run.key.work_centre:
        return
    for sheet in run.sheets:
        sides = sorted((sheet.width_um, sheet.height_um))
        bed = sorted((machine.bed_width_um, machine.bed_height_um))
        if sides[0] > bed[0] or sides[1] > bed[1]:
            yield Breach(
                "machine-unfit", _name(operation), f"The bed of {machine.code} does not hold its sheets."
            )
            return


def _duration(
    shop: Shop, run: Run, operation: Operation, machine: Machine, units: dict[str, Unit]
) -> Iterator[Breach]:
    work = 0
    for unit_id in operation.units:
        for step in units[unit_id].routing if unit_id in units else ():
            if (step.step, step.work_centre, step.setup_family) == _place(operation):
                work += step.seconds
    if _place(operation) == (run.key.step, run.key.work_centre, run.key.setup_family):
        load = next((c.load_seconds for c in shop.work_centres if c.code == operation.work_centre), 0)
        work += load * len(run.sheets)
    work = max(work, 1)
    needed = (work * 100 + machine.speed_percent - 1) // machine.speed_percent
    worked = _worked(_intervals(shop, machine), operation.start, operation.end)
    if operation.seconds != needed or worked != needed:
        yield Breach(
            "duration-mismatch",
            _name(operation),
            f"The units need {needed} s, the operation says {operation.seconds} s, {worked} s are worked.",
        )


def _path(run: Run, unit: Unit, operations: list[Operation]) -> Iterator[Breach]:
    left = list(operations)
    previous: Operation | None = None
    for step in unit.routing:
        place = (step.step, step.work_centre, step.setup_family)
        found = [operation for operation in left if _place(operation) == place]
        if not found:
            yield Breach(
                "operation-lost", f"{run.id} {unit.id} step {step.step}", "No operation does this step."
            )
            continue
        for operation in found:
            left.remove(operation)
        if len(found) > 1:
            yield Breach("operation-extra", f"{run.id} {unit.id} step {step.step}", "The step is done twice.")
        if found[0].start < unit.release:
            yield Breach("too-early", _name(found[0]), f"{unit.id} is not there before {unit.release}.")
        if previous is not None and found[0].start < previous.end:
            yield Breach(
                "precedence", _name(found[0]), f"Begins before {_name(previous)} has ended for {unit.id}."
            )
        previous = found[0]
    for operation in left:
        yield Breach("operation-extra", f"{_name(operation)} {unit.id}", "The unit has no such step.")


# --- 5. frozen work ---------------------------------------------------------------------------------------


def _frozen(problem: Problem, proposal: Proposal) -> Iterator[Breach]:
    """Untouched but for set-ups, which follow the neighbours. Only when the frozen work cannot be done
    at the times it had may what is not started move: later, on its machine, in its order."""
    shown = {frozen.id: frozen for frozen in proposal.frozen}
    may_move = not _frozen_stands(problem)
    for frozen in problem.frozen:
        now = shown.pop(frozen.id, None)
        if now is None:
            yield Breach("frozen-lost", frozen.id, "The frozen operation is not in the proposal.")
            continue
        if _content(now) != _content(frozen):
            yield Breach("frozen-changed", frozen.id, "The frozen operation was changed.")
        times, old = (now.start, now.end), (frozen.start, frozen.end)
        if times == old and (not frozen.started or now.setup_start == frozen.setup_start):
            continue
        if frozen.started or not may_move or now.start < frozen.start:
            yield Breach("frozen-changed", frozen.id, f"Frozen work was moved from {old} to {times}.")
        for before in now.after:
            earlier = next((f for f in proposal.frozen if f.id == before), None)
            if earlier is not None and now.start < earlier.end:
                yield Breach("precedence", frozen.id, f"Begins before {before} has ended.")
    for extra in shown:
        yield Breach("frozen-changed", extra, "Nothing of this name is frozen.")


def _content(frozen: FrozenOperation) -> tuple[object, ...]:
    return (
        frozen.run,
        frozen.step,
        frozen.work_centre,
        frozen.machine,
        frozen.setup_family,
        frozen.seconds,
        frozen.started,
        frozen.after,
    )


def _frozen_stands(problem: Problem) -> bool:
    """Whether the frozen operations alone can be done at the times that they have."""
    shop = problem.shop
    ends = {frozen.id: frozen.end for frozen in problem.frozen}
    for frozen in problem.frozen:
        if any(ends.get(before, 0) > frozen.start for before in frozen.after):
            return False
    for machine in shop.machines:
        mine = sorted(
            (f for f in problem.frozen if f.machine == machine.code), key=lambda f: (f.start, f.end, f.id)
        )
        family, free_from = machine.setup_state, 0
        for frozen in mine:
            if not frozen.started:
                setup = _setup(shop, machine.work_centre, family, frozen.setup_family)
                earliest = max(free_from, shop.now)
                room = _worked(_intervals(shop, machine), earliest, frozen.start)
                if frozen.start < earliest or room < setup:
                    return False
            family, free_from = frozen.setup_family, max(free_from, frozen.end)
    return True


# --- 6. machines ------------------------------------------------------------------------------------------


def _machines(problem: Problem, proposal: Proposal) -> Iterator[Breach]:
    shop = problem.shop
    before = {frozen.id: frozen for frozen in problem.frozen}
    closed = {machine.code for machine in shop.machines if not _intervals(shop, machine)}
    work: dict[str, list[_Work]] = {}
    for o in proposal.operations:
        work.setdefault(o.machine, []).append(
            _Work(_name(o), o.machine, o.setup_family, o.seconds, o.setup_start, o.start, o.end, False, False)
        )
    for f in proposal.frozen:
        old = before.get(f.id)
        fixed = old is not None and (old.start, old.end) == (f.start, f.end)
        work.setdefault(f.machine, []).append(
            _Work(
                name=f.id,
                machine=f.machine,
                family=f.setup_family,
                seconds=f.seconds,
                setup_start=f.setup_start,
                start=f.start,
                end=f.end,
                fixed=fixed,
                started=f.started,
                waits=f.machine in closed,
            )
        )
    for machine in shop.machines:
        intervals = _intervals(shop, machine)
        longest = max((end - start for start, end in intervals), default=0)
        family, free_from, last = machine.setup_state, 0, ""
        for one in sorted(work.get(machine.code, []), key=lambda w: (w.start, w.end, w.name)):
            if one.setup_start < free_from:
                yield Breach(
                    "machine-overlap", f"{machine.code} {one.name}", f"Begins before {last} has ended."
                )
            if not one.started:
                needed = _setup(shop, machine.work_centre, family, one.family)
                yield from _setup_breaches(machine, intervals, one, needed)
            if not one.fixed and not one.waits:
                worst = max(
                    (
                        rule.seconds
                        for rule in shop.setups
                        if rule.work_centre == machine.work_centre and rule.to_family == one.family
                    ),
                    default=0,
                )
                yield from _calendar_breaches(machine, intervals, one, longest < one.seconds + worst)
            family, last = one.family, one.name
            free_from = max(free_from, one.end)


def _setup_breaches(
    machine: Machine, intervals: Sequence[tuple[int, int]], one: _Work, needed: int
) -> Iterator[Breach]:
    given = _worked(intervals, one.setup_start, one.start)
    if one.waits or (one.fixed and not any(s <= one.start <= e for s, e in intervals)):
        # Frozen work on a machine that no longer works then: there has to be time enough on the clock.
        given = needed if one.start - one.setup_start >= needed else one.start - one.setup_start
    if given != needed or (needed == 0 and one.setup_start != one.start):
        yield Breach(
            "setup-mismatch",
            f"{machine.code} {one.name}",
            f"The change to {one.family} takes {needed} s of working time, {given} s are set aside.",
        )


def _calendar_breaches(
    machine: Machine, intervals: Sequence[tuple[int, int]], one: _Work, may_pause: bool
) -> Iterator[Breach]:
    """A set-up may be done the evening before; the work itself pauses only when no shift is long enough."""
    if not any(start <= one.setup_start < end for start, end in intervals) or not any(
        start < one.end <= end for start, end in intervals
    ):
        yield Breach("outside-calendar", f"{machine.code} {one.name}", "Begins or ends outside working time.")
    elif not may_pause and not any(start <= one.start and one.end <= end for start, end in intervals):
        yield Breach("paused", f"{machine.code} {one.name}", "Pauses over the end of a shift without need.")


# --- 7. materials -----------------------------------------------------------------------------------------


def _materials(problem: Problem, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
    needed: Counter[str] = Counter()
    for claim in problem.claims:
        needed[claim.material] += claim.quantity
    promised = Counter(needed)
    for run in proposal.runs:
        for sheet in run.sheets:
            needed[sheet.material] += 1
        for unit in run.units:
            for use in units[unit].materials if unit in units else ():
                needed[use.material] += use.quantity
    stocks = {stock.material: stock for stock in problem.shop.materials}
    for material, quantity in sorted(needed.items()):
        stock = stocks.get(material)
        if stock is None:
            yield Breach("material-unknown", material, "The shop does not keep it.")
        elif quantity > max(stock.on_hand, promised[material]):
            yield Breach("material-overbooked", material, f"{quantity} needed, {stock.on_hand} free.")


# --- 8. figures -------------------------------------------------------------------------------------------


def _figures(problem: Problem, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
    shop = problem.shop
    machines = {machine.code: machine for machine in shop.machines}
    end_of: dict[str, int] = {}
    setups = setup_seconds = last = 0
    for operation in proposal.operations:
        last = max(last, operation.end)
        if operation.setup_start != operation.start:
            setups += 1
        if operation.machine in machines:
            intervals = _intervals(shop, machines[operation.machine])
            setup_seconds += _worked(intervals, operation.setup_start, operation.start)
        for unit in operation.units:
            if end_of.get(unit, -1) < operation.end:
                end_of[unit] = operation.end
    tardy = tardiness = 0
    for unit_id, end in end_of.items():
        due = units[unit_id].due if unit_id in units else None
        if due is not None and end > due:
            tardy += 1
            tardiness += end - due
    covered = whole = sheets = 0
    for run in proposal.runs:
        for sheet in run.sheets:
            sheets += 1
            whole += sheet.width_um * sheet.height_um
            for laid in sheet.placements:
                covered += laid.width_um * laid.height_um
    found = (
        sum(len(run.units) for run in proposal.runs),
        len(proposal.unplanned),
        len(proposal.runs),
        sheets,
        1000 * covered // whole if whole else 0,
        setups,
        setup_seconds,
        tardy,
        tardiness,
        last - shop.now if proposal.operations else 0,
    )
    for name, claimed, right in zip(
        (field.name for field in fields(proposal.kpis)), astuple(proposal.kpis), found, strict=False
    ):
        if claimed != right:
            yield Breach("figure-wrong", name, f"The proposal says {claimed}, it is {right}.")


# --- small things, written again on purpose ---------------------------------------------------------------


def _name(operation: Operation) -> str:
    return f"{operation.run} step {operation.step} {operation.setup_family}"


def _place(operation: Operation) -> tuple[int, str, str]:
    return operation.step, operation.work_centre, operation.setup_family


def _intervals(shop: Shop, machine: Machine) -> Sequence[tuple[int, int]]:
    for calendar in shop.calendars:
        if calendar.code == machine.calendar:
            return calendar.intervals
    return ()


def _worked(intervals: Sequence[tuple[int, int]], since: int, until: int) -> int:
    """Seconds of working time between two instants."""
    return sum(max(0, min(until, end) - max(since, start)) for start, end in intervals)


def _setup(shop: Shop, work_centre: str, before: str, after: str) -> int:
    if before == after:
        return 0
    general = 0
    for rule in shop.setups:
        if rule.work_centre == work_centre and rule.to_family == after:
            if rule.from_family == before:
                return rule.seconds
            if rule.from_family is None:
                general = rule.seconds
    return general
