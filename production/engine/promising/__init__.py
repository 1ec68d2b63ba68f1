"""Capable to promise: when can so many units be finished, and at what cost sooner?

The work is put into the plan in force, machine by machine, with its set-ups, people, tools and
materials: into an open run where it nests, or into the gaps as a run of its own. Sooner dates come of
overtime, of dearer work centres and of others' slack, each found by an actual insertion, and refused
where another promise would not be kept.
"""

from production.engine.promising.answering import Answer, Choice, earliest, surcharge
from production.engine.promising.book import Capacity, Load, OpenRun, OpenSheet, prepare
from production.engine.promising.machines import Busy

__all__ = [
    "Answer",
    "Busy",
    "Capacity",
    "Choice",
    "Load",
    "OpenRun",
    "OpenSheet",
    "earliest",
    "prepare",
    "surcharge",
]
