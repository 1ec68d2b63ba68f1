"""What is in one load of a batch machine is done at once, fits, and takes as long as the longest of it."""

from collections.abc import Iterator, Sequence

from production.engine.certificate.case import Case
from production.engine.certificate.eligibility import duration, on_machine
from production.engine.certificate.findings import Breach
from production.engine.certificate.matching import Content
from production.engine.proposal import FrozenOperation, Operation


def check(case: Case, contents: Sequence[Content]) -> Iterator[Breach]:
    fast = {frozen.load: frozen for frozen in case.problem.frozen if frozen.load}
    for members in loads_of(case):
        first = case.proposal.operations[members[0]]
        centre = case.centres.get(first.work_centre)
        for number in members:
            operation = case.proposal.operations[number]
            own = case.centres.get(operation.work_centre)
            if operation.load and (own is None or own.mode != "batch"):
                text = f"Nothing is loaded at {operation.work_centre}: {operation.load}."
                yield case.of_operation("load-unfit", operation, text)
            elif operation.load in fast and not _stays(case, operation, fast[operation.load]):
                text = f"The load {operation.load} stands fast, and this was not in it."
                yield case.of_operation("load-unfit", operation, text)
            if _together(operation) != _together(first):
                text = f"Of the load {operation.load} {first.run} has another machine, set-up or time."
                yield case.of_operation("load-mismatch", operation, text)
        machine = case.machines.get(first.machine)
        if machine is None or centre is None or centre.mode != "batch":
            continue
        capacity = machine.capacity or centre.capacity
        load = sum(contents[number].load for number in members)
        if capacity and load > capacity:
            text = f"{machine.code} holds {capacity}, the load {first.load} is {load}."
            yield case.of_operation("load-overfull", first, text)
        longest = max(contents[number].longest for number in members) + centre.load_seconds
        if first.load in fast and first.seconds > on_machine(machine, longest):
            continue  # what stands fast in it takes longest
        for number in members:
            yield from duration(case, case.proposal.operations[number], machine, longest)


def loads_of(case: Case) -> list[list[int]]:
    """Numbers of operations by load, and those of a batch machine without one by themselves."""
    named: dict[str, list[int]] = {}
    alone: list[list[int]] = []
    batch = {centre.code for centre in case.shop.work_centres if centre.mode == "batch"}
    for number, operation in enumerate(case.proposal.operations):
        if operation.load:
            named.setdefault(operation.load, []).append(number)
        elif operation.work_centre in batch:
            alone.append([number])
    return [*named.values(), *alone]


def _stays(case: Case, operation: Operation, fast: FrozenOperation) -> bool:
    """Whether it is in a load with work that stands fast as it was in the plan in force. Nothing may join
    such a load: how much of it the others take is not known here."""
    base = case.problem.base
    was_in = base is not None and any(
        old.load == fast.load and frozenset(old.units) == frozenset(operation.units)
        for old in base.operations
    )
    return was_in and operation.seconds == fast.seconds and _together(operation) == _together(fast)


def _together(operation: Operation | FrozenOperation) -> tuple[object, ...]:
    return (
        operation.work_centre,
        operation.machine,
        operation.setup_family,
        operation.setup_start,
        operation.start,
        operation.end,
        operation.operator,
    )
