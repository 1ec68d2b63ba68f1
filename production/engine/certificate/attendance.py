"""People and tools: who attends has the skill, the shift and one thing to do; a tool is in one place."""

from collections.abc import Iterator, Sequence

from production.engine.certificate.case import Case
from production.engine.certificate.findings import Breach, clock
from production.engine.certificate.machines import Work
from production.engine.certificate.matching import Content
from production.engine.certificate.working_time import WorkingTime
from production.engine.proposal import Operation
from production.engine.shop import Machine, WorkCentre


def check(
    case: Case, contents: Sequence[Content], machine_work: Sequence[tuple[Machine, Sequence[Work]]]
) -> Iterator[Breach]:
    yield from _operators(case, machine_work)
    yield from _tools(case, contents)


def _operators(case: Case, machine_work: Sequence[tuple[Machine, Sequence[Work]]]) -> Iterator[Breach]:
    attended = {centre.code: centre for centre in case.shop.work_centres if centre.attended}
    # By operator: (from, until, work), only while the machine works.
    busy: dict[str, list[tuple[int, int, int, Work]]] = {}
    for machine, work in machine_work:
        times = case.working_time(machine)
        for one in work:
            centre = attended.get(one.source.work_centre)
            if centre is None:
                continue
            source = one.source
            since, until = source.setup_start, source.start if centre.attended == "setup" else source.end
            if since >= until:
                continue
            pieces = times.pieces(since, until)
            if isinstance(source, Operation):
                if not source.operator:
                    text = f"{centre.name or centre.code} has to be attended ({centre.attended})."
                    yield case.of_operation("operator-missing", source, text)
                    continue
                yield from _able(case, source, centre, pieces)
            if source.operator:
                number = len(busy.setdefault(source.operator, []))
                busy[source.operator] += [
                    (start, end, number + n, one) for n, (start, end) in enumerate(pieces)
                ]
    for name, pieces_of in busy.items():
        yield from _one_at_a_time(case, name, sorted(pieces_of, key=lambda piece: piece[:3]))


def _able(
    case: Case, operation: Operation, centre: WorkCentre, pieces: Sequence[tuple[int, int]]
) -> Iterator[Breach]:
    operator = case.operators.get(operation.operator)
    if operator is None:
        text = f"There is no operator {operation.operator}."
        yield case.of_operation("operator-unknown", operation, text)
        return
    if centre.skill not in operator.skills:
        text = f"{operator.name or operator.code} is not skilled in {centre.skill}."
        yield case.of_operation("operator-unskilled", operation, text)
    shifts: WorkingTime = case.shifts(operator.calendar)
    for start, end in pieces:
        if not shifts.in_one(start, end):
            text = f"{operator.name or operator.code} does not work from {clock(start)} to {clock(end)}."
            yield case.of_operation("operator-absent", operation, text, at=start)
            break


def _one_at_a_time(case: Case, name: str, pieces: Sequence[tuple[int, int, int, Work]]) -> Iterator[Breach]:
    until, last = 0, None
    for start, end, _, one in pieces:
        if last is not None and start < until and not (_stands(one) and _stands(last)):
            # Of two, the one that the proposal decides.
            shown, other = (last, one) if _stands(one) else (one, last)
            text = f"{name} attends {other.name} at {clock(start)} too."
            if isinstance(shown.source, Operation):
                yield case.of_operation("operator-twice", shown.source, text, at=start)
            else:
                yield case.of_frozen("operator-twice", shown.source, text)
        if end > until:
            until, last = end, one


def _stands(one: Work) -> bool:
    """Frozen work may be in its own way: that is for staff."""
    return not isinstance(one.source, Operation)


def _tools(case: Case, contents: Sequence[Content]) -> Iterator[Breach]:
    # By tool: (moment, one less or one more in use, number of the operation or -1).
    moments: dict[str, list[tuple[int, int, int]]] = {}
    for number, (operation, content) in enumerate(zip(case.proposal.operations, contents, strict=True)):
        if missing := sorted(content.tools - {operation.tool}):
            text = f"Its step needs {', '.join(missing)}, it has {operation.tool or 'none'}."
            yield case.of_operation("tool-missing", operation, text)
        if operation.tool and operation.tool not in content.tools:
            yield case.of_operation("tool-unasked", operation, f"No step needs {operation.tool}.")
        if operation.tool:
            if operation.tool not in case.tools:
                text = f"There is no tool {operation.tool}."
                yield case.of_operation("tool-unknown", operation, text)
            elif operation.setup_start < operation.end:
                moments.setdefault(operation.tool, []).append((operation.setup_start, 1, number))
                moments[operation.tool].append((operation.end, -1, number))
    for frozen in case.proposal.frozen:
        if frozen.tool in moments:
            moments[frozen.tool].append((frozen.setup_start, 1, -1))
            moments[frozen.tool].append((frozen.end, -1, -1))
    for code, of_tool in moments.items():
        of_tool.sort()
        in_use, count = 0, case.tools[code].count
        latest = -1
        for moment, change, number in of_tool:
            in_use += change
            if change < 0:
                continue
            latest = number if number >= 0 else latest
            if in_use > count and latest >= 0:
                operation = case.proposal.operations[latest]
                text = f"{in_use} of {code} are in use at {clock(moment)}, there are {count}."
                yield case.of_operation("tool-overbooked", operation, text, at=moment)
