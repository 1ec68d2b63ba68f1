"""The independent check of a proposal: no code of the planner, integers only.

It takes nothing on trust: places, times, set-ups, materials and figures are worked out
again from the problem alone. It imports the shapes of question and answer and nothing
else of the engine. Every breach has a kind (``KINDS`` is the whole list), names the line, the run, the
machine and the moment as far as it has them, and says what is wrong in a sentence. Each module is a family
of rules; each looks at everything once, in sorted order, so that a plan twice as large takes twice as long.
"""

from production.engine.certificate import (
    attendance,
    compatibility,
    coverage,
    eligibility,
    figures,
    frozen,
    geometry,
    loads,
    machines,
    materials,
    steps,
)
from production.engine.certificate.case import Case
from production.engine.certificate.findings import KINDS, Breach, Certificate
from production.engine.certificate.matching import match
from production.engine.proposal import Problem, Proposal

__all__ = ["KINDS", "Breach", "Certificate", "certify"]


def certify(problem: Problem, proposal: Proposal) -> Certificate:
    """Everything that is wrong with the proposal as an answer to the problem."""
    case = Case(problem, proposal)
    matched = match(case)
    work = machines.work_of(case)
    breaches = [
        *coverage.check(case),
        *compatibility.check(case),
        *geometry.check(case),
        *matched.breaches,
        *steps.check(case, matched.paths),
        *eligibility.check(case, matched.contents),
        *loads.check(case, matched.contents),
        *machines.check(case, work),
        *attendance.check(case, matched.contents, work),
        *materials.check(case),
        *frozen.check(case),
        *figures.check(case, matched.contents, work),
    ]
    checked = (
        ("units", len(problem.units)),
        ("runs", len(proposal.runs)),
        ("placements", sum(len(sheet.placements) for run in proposal.runs for sheet in run.sheets)),
        ("operations", len(proposal.operations) + len(proposal.frozen)),
    )
    return Certificate(tuple(breaches), checked)
