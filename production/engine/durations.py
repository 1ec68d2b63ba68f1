"""How long an operation takes: one place for what the modes of work centres mean.

The certificate reckons it again in its own words.
"""

from collections.abc import Sequence

from production.engine.shop import Machine, WorkCentre


def work_seconds(centre: WorkCentre, units: Sequence[tuple[int, int]], *, sheets: int = 0) -> int:
    """Seconds at 100 % for units of (seconds, load) in one operation, at least 1; of a batch machine, in one
    load. ``sheets`` are those that this operation lays on or feeds."""
    if centre.mode == "batch":
        seconds = max((seconds for seconds, _ in units), default=0) + centre.load_seconds
    elif centre.mode == "line":
        each = [max(seconds, centre.takt_seconds) for seconds, _ in units]
        seconds = sum(each) + (centre.stations - 1) * max(each, default=0)
    elif centre.mode == "rate":
        seconds = -(-sum(load for _, load in units) * 3600 // centre.rate)
    else:
        seconds = sum(seconds for seconds, _ in units) + centre.load_seconds * sheets
    # An operation without any time would be no interval.
    return max(seconds, 1)


def machine_seconds(
    centre: WorkCentre, machine: Machine, units: Sequence[tuple[int, int]], *, sheets: int = 0
) -> int:
    """The same on this machine, by its speed, rounded up."""
    return machine.duration(work_seconds(centre, units, sheets=sheets))
