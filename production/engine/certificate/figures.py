"""Every figure follows from the plan."""

from collections.abc import Iterator
from dataclasses import astuple, fields

from production.engine.certificate.findings import Breach
from production.engine.certificate.reckoning import intervals_of, worked
from production.engine.proposal import Problem, Proposal
from production.engine.work import Unit


def check(problem: Problem, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
    shop = problem.shop
    machines = {machine.code: machine for machine in shop.machines}
    end_of: dict[str, int] = {}
    setups = seconds_set_up = last = 0
    for operation in proposal.operations:
        last = max(last, operation.end)
        if operation.setup_start != operation.start:
            setups += 1
        if operation.machine in machines:
            intervals = intervals_of(shop, machines[operation.machine])
            seconds_set_up += worked(intervals, operation.setup_start, operation.start)
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
        seconds_set_up,
        tardy,
        tardiness,
        last - shop.now if proposal.operations else 0,
    )
    for name, claimed, right in zip(
        (field.name for field in fields(proposal.kpis)), astuple(proposal.kpis), found, strict=False
    ):
        if claimed != right:
            yield Breach("figure-wrong", name, f"The proposal says {claimed}, it is {right}.")
