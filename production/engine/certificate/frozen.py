"""Frozen work stays where it is, and so does what the plan in force begins in the frozen zone."""

from collections.abc import Iterator

from production.engine.certificate.case import Case
from production.engine.certificate.findings import Breach, clock
from production.engine.proposal import FrozenOperation, Operation, Run


def check(case: Case) -> Iterator[Breach]:
    yield from _frozen(case)
    yield from _zone(case)


def _frozen(case: Case) -> Iterator[Breach]:
    """Untouched but for set-ups, which follow the neighbours. Only when the frozen work cannot be done
    at the times it had may what is not started move: later, on its machine, in its order."""
    shown = {frozen.id: frozen for frozen in case.proposal.frozen}
    if len(shown) < len(case.proposal.frozen):
        for number, frozen in enumerate(case.proposal.frozen):
            if shown[frozen.id] is not frozen:
                yield case.of_frozen("frozen-changed", case.proposal.frozen[number], "It is there twice.")
    ends = {frozen.id: frozen.end for frozen in case.proposal.frozen}
    may_move = not _stands(case)
    for frozen in case.problem.frozen:
        now = shown.pop(frozen.id, None)
        if now is None:
            text = "The frozen operation is not in the proposal."
            yield case.of_frozen("frozen-lost", frozen, text)
            continue
        if _content(now) != _content(frozen):
            yield case.of_frozen("frozen-changed", frozen, "The frozen operation was changed.")
        same = (now.start, now.end) == (frozen.start, frozen.end)
        if same and (not frozen.started or now.setup_start == frozen.setup_start):
            continue
        if frozen.started or not may_move or now.start < frozen.start:
            text = f"Frozen work was moved from {clock(frozen.start)} to {clock(now.start)}."
            yield case.of_frozen("frozen-changed", frozen, text)
        for before in now.after:
            if before in ends and now.start < ends[before]:
                yield case.of_frozen("precedence", now, f"Begins before {before} has ended.")
    for extra in shown.values():
        yield case.of_frozen("frozen-changed", extra, "Nothing of this name is frozen.")


def _content(frozen: FrozenOperation) -> tuple[object, ...]:
    return (
        frozen.run,
        frozen.step,
        frozen.work_centre,
        frozen.machine,
        frozen.setup_family,
        frozen.seconds,
        frozen.started,
        frozen.after,
        frozen.operator,
        frozen.tool,
        frozen.load,
    )


def _stands(case: Case) -> bool:
    """Whether the frozen operations alone can be done at the times that they have."""
    ends = {frozen.id: frozen.end for frozen in case.problem.frozen}
    of_machine: dict[str, list[FrozenOperation]] = {}
    for frozen in case.problem.frozen:
        if any(ends.get(before, 0) > frozen.start for before in frozen.after):
            return False
        of_machine.setdefault(frozen.machine, []).append(frozen)
    for code, mine in of_machine.items():
        machine = case.machines.get(code)
        if machine is None:
            continue
        times = case.working_time(machine)
        family, free_from = machine.setup_state, 0
        loads: set[tuple[str, int]] = set()
        for frozen in sorted(mine, key=lambda f: (f.start, f.end, f.id)):
            if frozen.load and (frozen.load, frozen.start) in loads:
                continue
            loads.add((frozen.load, frozen.start))
            if not frozen.started:
                needed, _ = case.setup(machine.work_centre, family, frozen.setup_family)
                earliest = max(free_from, case.shop.now)
                if frozen.start < earliest or times.between(earliest, frozen.start) < needed:
                    return False
                if times.between(frozen.start, frozen.end) < frozen.seconds:
                    return False  # its machine stops meanwhile
            elif frozen.start < free_from:
                return False  # begun before something that should have been done first
            family, free_from = frozen.setup_family, max(free_from, frozen.end)
    return True


# --- the frozen zone of the plan in force -----------------------------------------------------------------


def _zone(case: Case) -> Iterator[Breach]:
    """What the plan in force begins before ``frozen_until`` is there unchanged, as far as it can be: its
    units are still to be made, its machine, operator and material are there then, nothing that stands
    fast is in its way, and neither was anything before it in its run."""
    base, until = case.problem.base, case.problem.zones.frozen_until
    if base is None:
        return
    runs = {run.id: run for run in base.runs}
    kept = {_place(case.proposal.operations[number]) for number in case.kept_operations}
    fallen: set[str] = set()
    busy = _busy(case)
    for operation in sorted(base.operations, key=lambda o: (o.start, o.end, o.step)):
        if operation.run in fallen:
            continue
        if not _can_stay(case, operation, runs.get(operation.run), busy):
            fallen.add(operation.run)
        elif operation.setup_start < until and _place(operation) not in kept:
            text = (
                f"Until {clock(until)} the plan stays as it is: "
                f"{clock(operation.start)} to {clock(operation.end)} on {operation.machine}."
            )
            yield case.of_operation("zone-moved", operation, text)


def _place(operation: Operation) -> tuple[frozenset[str], int, str, str, int]:
    return (
        frozenset(operation.units),
        operation.step,
        operation.setup_family,
        operation.machine,
        operation.start,
    )


def _busy(case: Case) -> dict[str, list[tuple[int, int]]]:
    """When machines are busy with frozen work, by machine, in the order of time."""
    busy: dict[str, list[tuple[int, int]]] = {}
    for frozen in case.proposal.frozen:
        busy.setdefault(frozen.machine, []).append((frozen.setup_start, frozen.end))
    for spans in busy.values():
        spans.sort()
    return busy


def _can_stay(
    case: Case, operation: Operation, run: Run | None, busy: dict[str, list[tuple[int, int]]]
) -> bool:
    machine = case.machines.get(operation.machine)
    if run is None or machine is None or operation.setup_start < case.shop.now:
        return False
    if any(name not in case.units or case.units[name].waits for name in run.units):
        return False
    times = case.working_time(machine)
    worked = times.between(operation.start, operation.end)
    if worked != operation.seconds or any(
        start < operation.end and operation.setup_start < end for start, end in busy.get(machine.code, ())
    ):
        return False
    lots = {(stock.material, lot.code): lot for stock in case.shop.materials for lot in stock.lots}
    for use in run.lots:
        lot = lots.get((use.material, use.lot))
        if lot is None or lot.available_at > operation.start:
            return False
    if not operation.operator:
        # Where somebody has to attend, another neighbour may ask for a set-up that it had not.
        centre = case.centres.get(operation.work_centre)
        return centre is None or not centre.attended
    operator = case.operators.get(operation.operator)
    shifts = case.shifts(operator.calendar) if operator else None
    return shifts is not None and all(
        shifts.in_one(start, end) for start, end in times.pieces(operation.setup_start, operation.end)
    )
