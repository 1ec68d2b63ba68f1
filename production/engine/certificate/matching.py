"""Which operation does which step of which unit, and how much of it there is in each operation.

An operation and a step belong together by the number and the set-up family of the step.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from production.engine.certificate.case import Case
from production.engine.certificate.findings import Breach
from production.engine.proposal import Operation, Run
from production.engine.work import Step, Unit


@dataclass(slots=True)
class Content:
    """What the units bring into one operation: seconds and load in sum, the longest seconds, and on a line
    the seconds at its pace."""

    units: int = 0
    seconds: int = 0
    longest: int = 0
    load: int = 0
    paced: int = 0
    slowest: int = 0
    tools: set[str] = field(default_factory=set)
    # Points against the work centre where it is done (``Alternate.preference``): the highest of its units.
    preference: int = 0


class Path(NamedTuple):
    """A unit of a run with the operation of each of its steps; None where there is none."""

    run: Run
    unit: Unit
    operations: tuple[Operation | None, ...]


@dataclass(slots=True)
class Matched:
    """``contents`` are those of the operations, by number."""

    paths: list[Path]
    contents: list[Content]
    breaches: list[Breach]


def match(case: Case) -> Matched:
    """Every unit's way through the operations of its run."""
    operations = case.proposal.operations
    found = Matched([], [Content() for _ in operations], [])
    paces = {centre.code: centre.takt_seconds for centre in case.shop.work_centres}
    for run in case.proposal.runs:
        numbers = case.operations_of.get(run.id, [])
        places: dict[tuple[int, str], list[int]] = {}
        times: Counter[str] = Counter()
        for number in numbers:
            operation = operations[number]
            places.setdefault((operation.step, operation.setup_family), []).append(number)
            times.update(operation.units)
        members = {number: frozenset(operations[number].units) for number in numbers}
        shared: dict[tuple[int, str, str], int] = {}
        for name in run.units:
            unit = case.units.get(name)
            if unit is None:
                continue
            way: list[Operation | None] = []
            matched = 0
            for step in unit.routing:
                mine = [n for n in places.get((step.step, step.setup_family), ()) if name in members[n]]
                matched += len(mine)
                if not mine:
                    way.append(None)
                    text = "No operation does this step."
                    breach = case.of_unit("operation-lost", name, text, run=run, name=f"step {step.step}")
                    found.breaches.append(breach)
                    continue
                if len(mine) > 1:
                    text = f"Step {step.step} is done {len(mine)} times."
                    breach = case.of_operation("operation-extra", operations[mine[1]], text, unit=name)
                    found.breaches.append(breach)
                operation = operations[mine[0]]
                way.append(operation)
                found.breaches += _taken_in(case, found.contents[mine[0]], operation, unit, step, paces)
                place = step.step, step.work_centre, step.setup_family
                if shared.setdefault(place, mine[0]) != mine[0]:
                    text = f"Other units of the run have step {step.step} done elsewhere."
                    found.breaches.append(case.of_operation("operation-split", operation, text, unit=name))
            if times[name] != matched:
                found.breaches += _left_over(case, run, unit)
            found.paths.append(Path(run, unit, tuple(way)))
    found.breaches += _strangers(case)
    return found


def _taken_in(
    case: Case, content: Content, operation: Operation, unit: Unit, step: Step, paces: dict[str, int]
) -> Iterator[Breach]:
    seconds, points = step.seconds, 0
    if operation.work_centre != step.work_centre:
        for other in step.alternates:
            if other.work_centre == operation.work_centre:
                seconds, points = other.seconds, other.preference
                break
        else:
            text = f"Step {step.step} cannot be done at {operation.work_centre}."
            yield case.of_operation("centre-unfit", operation, text, unit=unit.id)
    content.units += 1
    content.seconds += seconds
    content.load += step.load
    if seconds > content.longest:
        content.longest = seconds
    paced = max(seconds, paces.get(operation.work_centre, 0))
    content.paced += paced
    content.slowest = max(content.slowest, paced)
    content.preference = max(content.preference, points)
    if step.tool:
        content.tools.add(step.tool)


def _left_over(case: Case, run: Run, unit: Unit) -> Iterator[Breach]:
    """Operations of the run with the unit that none of its steps asks for."""
    steps = {(step.step, step.setup_family) for step in unit.routing}
    for number in case.operations_of.get(run.id, ()):
        operation = case.proposal.operations[number]
        times = operation.units.count(unit.id)
        if times > 1:
            text = f"The unit is {times} times in the operation."
            yield case.of_operation("operation-extra", operation, text, unit=unit.id)
        if times and (operation.step, operation.setup_family) not in steps:
            text = "The unit has no such step."
            yield case.of_operation("operation-extra", operation, text, unit=unit.id)


def _strangers(case: Case) -> Iterator[Breach]:
    """Operations of no run, of no unit, or of units that are not in their run."""
    members = {run.id: frozenset(run.units) for run in case.proposal.runs}
    for operation in case.proposal.operations:
        inside = members.get(operation.run)
        if inside is None:
            text = "The operation belongs to no run of the proposal."
            yield case.of_operation("operation-unknown-run", operation, text)
        elif not operation.units or not inside.issuperset(operation.units):
            text = "The operation works on units that are not in its run."
            yield case.of_operation("operation-extra", operation, text)
