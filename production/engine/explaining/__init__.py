"""Why a line is made when it is, and what would bring it forward.

``chain`` walks back from the end of a line through what held it up each time, to now: its spans follow
one another without a gap, so their seconds add up to the whole wait. ``together`` and ``remedies`` answer
by planning again: what a run's company saves, and what a change of the shop would gain. Nothing is said
that was not reckoned on this plan. (Critical path through a semi-active schedule: M. Pinedo, Scheduling,
5th ed., 2016, chapter 7.)
"""

from production.engine.explaining.chains import KINDS, Explainer, NotPlanned, Span, Why, chain
from production.engine.explaining.company import Company, together
from production.engine.explaining.infeasible import Bind, Conflict, Repair, conflict
from production.engine.explaining.remedies import Remedy, remedies

__all__ = [
    "KINDS",
    "Bind",
    "Company",
    "Conflict",
    "Explainer",
    "NotPlanned",
    "Remedy",
    "Repair",
    "Span",
    "Why",
    "chain",
    "conflict",
    "remedies",
    "together",
]
