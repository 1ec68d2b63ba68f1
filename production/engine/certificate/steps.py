"""Every step of every unit is done, in order, by a machine that can, in the time that it takes."""

from collections.abc import Iterator

from production.engine.certificate.findings import Breach
from production.engine.certificate.reckoning import intervals_of, name_of, place_of, worked
from production.engine.proposal import Operation, Problem, Proposal, Run
from production.engine.shop import Machine, Shop
from production.engine.work import Unit


def check(problem: Problem, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
    shop = problem.shop
    runs = {run.id: run for run in proposal.runs}
    machines = {machine.code: machine for machine in shop.machines}
    by_unit: dict[tuple[str, str], list[Operation]] = {}
    for operation in proposal.operations:
        name = name_of(operation)
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
        yield Breach("machine-unfit", name_of(operation), f"{machine.code} belongs to {machine.work_centre}.")
    if operation.step != run.key.step or operation.work_centre != run.key.work_centre:
        return
    for sheet in run.sheets:
        sides = sorted((sheet.width_um, sheet.height_um))
        bed = sorted((machine.bed_width_um, machine.bed_height_um))
        if sides[0] > bed[0] or sides[1] > bed[1]:
            yield Breach(
                "machine-unfit", name_of(operation), f"The bed of {machine.code} does not hold its sheets."
            )
            return


def _duration(
    shop: Shop, run: Run, operation: Operation, machine: Machine, units: dict[str, Unit]
) -> Iterator[Breach]:
    work = 0
    for unit_id in operation.units:
        for step in units[unit_id].routing if unit_id in units else ():
            if (step.step, step.work_centre, step.setup_family) == place_of(operation):
                work += step.seconds
    if place_of(operation) == (run.key.step, run.key.work_centre, run.key.setup_family):
        load = next((c.load_seconds for c in shop.work_centres if c.code == operation.work_centre), 0)
        work += load * len(run.sheets)
    work = max(work, 1)
    needed = (work * 100 + machine.speed_percent - 1) // machine.speed_percent
    spent = worked(intervals_of(shop, machine), operation.start, operation.end)
    if operation.seconds != needed or spent != needed:
        yield Breach(
            "duration-mismatch",
            name_of(operation),
            f"The units need {needed} s, the operation says {operation.seconds} s, {spent} s are worked.",
        )


def _path(run: Run, unit: Unit, operations: list[Operation]) -> Iterator[Breach]:
    left = list(operations)
    previous: Operation | None = None
    for step in unit.routing:
        place = (step.step, step.work_centre, step.setup_family)
        found = [operation for operation in left if place_of(operation) == place]
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
            yield Breach("too-early", name_of(found[0]), f"{unit.id} is not there before {unit.release}.")
        if previous is not None and found[0].start < previous.end:
            yield Breach(
                "precedence", name_of(found[0]), f"Begins before {name_of(previous)} has ended for {unit.id}."
            )
        previous = found[0]
    for operation in left:
        yield Breach("operation-extra", f"{name_of(operation)} {unit.id}", "The unit has no such step.")
