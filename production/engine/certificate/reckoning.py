"""Working time, set-ups and names, written again on purpose."""

from collections.abc import Sequence

from production.engine.proposal import Operation
from production.engine.shop import Machine, Shop


def name_of(operation: Operation) -> str:
    return f"{operation.run} step {operation.step} {operation.setup_family}"


def place_of(operation: Operation) -> tuple[int, str, str]:
    return operation.step, operation.work_centre, operation.setup_family


def intervals_of(shop: Shop, machine: Machine) -> Sequence[tuple[int, int]]:
    for calendar in shop.calendars:
        if calendar.code == machine.calendar:
            return calendar.intervals
    return ()


def worked(intervals: Sequence[tuple[int, int]], since: int, until: int) -> int:
    """Seconds of working time between two instants."""
    return sum(max(0, min(until, end) - max(since, start)) for start, end in intervals)


def setup_seconds(shop: Shop, work_centre: str, before: str, after: str) -> int:
    if before == after:
        return 0
    general = 0
    for rule in shop.setups:
        if rule.work_centre == work_centre and rule.to_family == after:
            if rule.from_family == before:
                return rule.seconds
            if rule.from_family is None:
                general = rule.seconds
    return general
