"""The independent check of a proposal: no code of the planner, integers only.

It takes nothing on trust: places, times, set-ups, materials and figures are worked out
again from the problem alone. It imports the shapes of question and answer and nothing
else of the engine. Every breach has a kind (``KINDS`` is the whole list), a place and
a sentence.
"""

from production.engine.certificate import (
    compatibility,
    coverage,
    figures,
    frozen,
    geometry,
    machines,
    materials,
    steps,
)
from production.engine.certificate.findings import KINDS, Breach, Certificate
from production.engine.proposal import Problem, Proposal

__all__ = ["KINDS", "Breach", "Certificate", "certify"]


def certify(problem: Problem, proposal: Proposal) -> Certificate:
    """Everything that is wrong with the proposal as an answer to the problem."""
    units = {unit.id: unit for unit in problem.units}
    breaches = [
        *coverage.check(problem, proposal, units),
        *compatibility.check(problem.shop, proposal, units),
        *geometry.check(problem.shop, proposal, units),
        *steps.check(problem, proposal, units),
        *frozen.check(problem, proposal),
        *machines.check(problem, proposal),
        *materials.check(problem, proposal, units),
        *figures.check(problem, proposal, units),
    ]
    checked = (
        ("units", len(problem.units)),
        ("runs", len(proposal.runs)),
        ("placements", sum(len(sheet.placements) for run in proposal.runs for sheet in run.sheets)),
        ("operations", len(proposal.operations) + len(proposal.frozen)),
    )
    return Certificate(tuple(breaches), checked)
