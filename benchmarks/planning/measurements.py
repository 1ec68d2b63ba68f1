"""All measurements of ``bench planning`` by name, in the order in which they run.

Each is a module with ``section(scale) -> Section``; `FILES` are those that read the files of the folder of
``--instances``.
"""

from collections.abc import Callable, Mapping

from benchmarks.bars import Section
from benchmarks.planning import (
    certificate,
    frepple,
    loads,
    nesting,
    osp,
    others,
    outlined,
    promise,
    repair,
    scale,
    simulation,
    workshop,
)
from benchmarks.planning.sizes import Scale, full, quick

__all__ = ["FILES", "MEASUREMENTS", "Scale", "full", "quick"]

MEASUREMENTS: Mapping[str, Callable[[Scale], Section]] = {
    "certificate": certificate.section,
    "workshop": workshop.section,
    "nesting": nesting.section,
    "outlines": outlined.section,
    "osp": osp.section,
    "loads": loads.section,
    "simulation": simulation.section,
    "promise": promise.section,
    "repair": repair.section,
    "peers": others.section,
    "frepple": frepple.section,
    "scale": scale.section,
}
FILES: frozenset[str] = frozenset({"nesting", "osp"})
