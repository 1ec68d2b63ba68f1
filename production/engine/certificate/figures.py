"""Every figure and every cost follows from the plan."""

from collections.abc import Iterator, Sequence
from dataclasses import fields

from production.engine.certificate.case import Case
from production.engine.certificate.findings import Breach
from production.engine.certificate.machines import Work
from production.engine.certificate.matching import Content
from production.engine.certificate.outlines import area as area_of
from production.engine.certificate.working_time import WorkingTime
from production.engine.proposal import Kpis, Operation, Terms
from production.engine.shop import Machine

SQUARE_DECIMETRE = 10**10  # in square micrometres
WATT_SECONDS = 3_600_000  # of a kWh

MachineWork = Sequence[tuple[Machine, Sequence[Work]]]


def check(case: Case, contents: Sequence[Content], work: MachineWork) -> Iterator[Breach]:
    claimed, right = case.proposal.kpis, _reckoned(case, contents, work)
    for each in fields(Kpis):
        if each.name in ("terms", "bound"):
            continue
        said, found = getattr(claimed, each.name), getattr(right, each.name)
        if said != found:
            yield Breach("figure-wrong", each.name, f"The proposal says {said}, it is {found}.")
    for each in fields(Terms):
        said, found = getattr(claimed.terms, each.name), getattr(right.terms, each.name)
        if said != found:
            yield Breach("figure-wrong", f"terms.{each.name}", f"The proposal says {said}, it is {found}.")
    if claimed.bound > right.terms.cost:
        text = f"No plan is said to cost less than {claimed.bound}, this one costs {right.terms.cost}."
        yield Breach("bound-wrong", "bound", text)


def _reckoned(case: Case, contents: Sequence[Content], work: MachineWork) -> Kpis:
    proposal, weights = case.proposal, case.problem.weights
    tardy, tardiness, weighted = _lateness(case)
    covered = whole = bought = sheets = 0
    for run in proposal.runs:
        for sheet in run.sheets:
            area = sheet.width_um * sheet.height_um
            sheets += 1
            whole += area
            bought += 0 if sheet.offcut else area
            for laid in sheet.placements:
                covered += area_of(laid.outline) if laid.outline else laid.width_um * laid.height_um
    setups = setup_seconds = setup_cost = overtime = energy = machine_cost = 0
    for machine, mine in work:
        times, extra = case.working_time(machine), _overtime(case, machine)
        family = machine.setup_state
        for one in mine:
            source = one.source
            if isinstance(source, Operation):
                if source.setup_start < source.start:
                    setups += 1
                    setup_seconds += times.between(source.setup_start, source.start)
                setup_cost += case.setup(machine.work_centre, family, source.setup_family)[1]
                worked = times.between(source.setup_start, source.end)
                energy += worked * machine.power_w
                machine_cost += worked * machine.cost_rate
                for start, end in extra.pieces(source.setup_start, source.end):
                    overtime += times.between(start, end)
            family = source.setup_family
    loads = len({operation.load for operation in proposal.operations if operation.load})
    moved = _moved(case)
    return Kpis(
        units=sum(len(run.units) for run in proposal.runs),
        unplanned=len(proposal.unplanned),
        runs=len(proposal.runs),
        sheets=sheets,
        sheet_use_permille=1000 * covered // whole if whole else 0,
        setups=setups,
        setup_seconds=setup_seconds,
        tardy_units=tardy,
        tardiness=tardiness,
        makespan=max((o.end for o in proposal.operations), default=case.shop.now) - case.shop.now,
        loads=loads,
        overtime_seconds=overtime,
        moved=moved,
        terms=Terms(
            tardiness=weighted * weights.tardiness // 60,
            setups=setup_seconds * weights.setup // 60 + setup_cost,
            runs=len(proposal.runs) * weights.run,
            loads=loads * weights.load,
            sheets=bought * weights.sheet // SQUARE_DECIMETRE,
            overtime=overtime * weights.overtime // 60,
            energy=energy * weights.energy // WATT_SECONDS,
            machines=machine_cost // 3600,
            preference=sum(content.preference for content in contents) * weights.preference,
            moved=moved * weights.moved,
        ),
    )


def _overtime(case: Case, machine: Machine) -> WorkingTime:
    calendar = case.calendars.get(machine.calendar)
    return WorkingTime(calendar.overtime if calendar else ())


def _lateness(case: Case) -> tuple[int, int, int]:
    """Units that are late, their seconds, and those of the lines by weight: a line is as late as its last
    unit and weighs what its heaviest does."""
    end_of: dict[str, int] = {}
    for operation in case.proposal.operations:
        end = operation.end
        for name in operation.units:
            if end_of.get(name, -1) < end:
                end_of[name] = end
    shipped: dict[str, int] = {}
    for unit in case.problem.units:
        if unit.together and unit.id in end_of:
            shipped[unit.together] = max(shipped.get(unit.together, 0), end_of[unit.id])
    tardy = tardiness = 0
    late_of: dict[str, int] = {}
    weight_of: dict[str, int] = {}
    for unit in case.problem.units:
        if unit.due is None or unit.id not in end_of:
            continue
        late = (shipped[unit.together] if unit.together else end_of[unit.id]) - unit.due
        if late > 0:
            tardy += 1
            tardiness += late
        if late > late_of.get(unit.line, 0):
            late_of[unit.line] = late
        if unit.weight > weight_of.get(unit.line, 0):
            weight_of[unit.line] = unit.weight
    return tardy, tardiness, sum(late * weight_of.get(line, 0) for line, late in late_of.items())


def _moved(case: Case) -> int:
    """Moves of the operations of the plan in force: one for another machine, one for another time, both where
    no operation has all of its units. Units that are no longer asked for do not count."""
    if case.problem.base is None:
        return 0
    place: dict[tuple[str, int], Operation] = {}
    for operation in case.proposal.operations:
        for unit in operation.units:
            place[unit, operation.step] = operation
    moved = 0
    for old in case.problem.base.operations:
        left = [unit for unit in old.units if unit in case.units]
        new = place.get((left[0], old.step)) if left else None
        if new is not None and set(left) <= set(new.units):
            off = new.start - old.start
            moved += new.machine != old.machine
            moved += not -case.problem.zones.tolerance <= off <= case.problem.zones.tolerance
        elif left:
            moved += 2
    return moved
