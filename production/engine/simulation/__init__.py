"""What becomes of a plan when times spread and machines fail: seeded Monte Carlo over its event graph.

The floor works through the plan in its order: a set-up begins when machine and operator are free, and
not before the plan says (people and material come by it); the work when what comes before it is done.
Its set-up and its work take longer or shorter than planned; a machine fails after so much work and is
repaired; work pauses when the machine's working time ends. Nothing is decided anew, so the answer is a
careful one. All times are integer seconds; the draws come from ``kernels.draw``, so that a seed gives
the same outcomes compiled or not. (Simulation of stochastic activity networks: A. Law, Simulation
Modeling and Analysis, 5th ed., 2015, chapters 1 and 6.)
"""

from production.engine.simulation.network import Network, network
from production.engine.simulation.outcome import LineOutcome, MachineOutcome, Outcome, percentile, simulate
from production.engine.simulation.play import Failures, Spread, Uncertainty, play

__all__ = [
    "Failures",
    "LineOutcome",
    "MachineOutcome",
    "Network",
    "Outcome",
    "Spread",
    "Uncertainty",
    "network",
    "percentile",
    "play",
    "simulate",
]
