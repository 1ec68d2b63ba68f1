"""Every unit is answered once."""

from collections import Counter
from collections.abc import Iterator

from production.engine.certificate.findings import Breach
from production.engine.proposal import Problem, Proposal
from production.engine.work import Unit


def check(problem: Problem, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
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
