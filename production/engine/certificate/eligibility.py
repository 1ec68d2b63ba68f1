"""An operation is done on a machine that there is and that can do it, in the time that it takes there."""

from collections.abc import Iterator, Sequence

from production.engine.certificate.case import Case
from production.engine.certificate.findings import Breach
from production.engine.certificate.matching import Content
from production.engine.proposal import Operation, Run
from production.engine.shop import Machine, WorkCentre


def check(case: Case, contents: Sequence[Content]) -> Iterator[Breach]:
    for operation, content in zip(case.proposal.operations, contents, strict=True):
        machine = case.machines.get(operation.machine)
        if machine is None:
            text = f"There is no machine {operation.machine}."
            yield case.of_operation("machine-unknown", operation, text)
            continue
        if machine.work_centre != operation.work_centre:
            text = f"{machine.code} belongs to {machine.work_centre}."
            yield case.of_operation("machine-unfit", operation, text)
        if machine.families and operation.setup_family not in machine.families:
            text = f"{machine.code} cannot be set up for {operation.setup_family}."
            yield case.of_operation("machine-family", operation, text)
        run = case.runs.get(operation.run)
        laid = run is not None and (operation.step, operation.setup_family) == (
            run.key.step,
            run.key.setup_family,
        )
        if run is not None and laid and not _holds(machine, run):
            text = f"The bed of {machine.code} does not hold its sheets."
            yield case.of_operation("machine-unfit", operation, text)
        centre = case.centres.get(operation.work_centre)
        if centre is not None and centre.mode != "batch":
            work = _work(centre, content, len(run.sheets) if run is not None and laid else 0)
            yield from duration(case, operation, machine, work)


def _holds(machine: Machine, run: Run) -> bool:
    short, long = sorted((machine.bed_width_um, machine.bed_height_um))
    for sheet in run.sheets:
        narrow, wide = sorted((sheet.width_um, sheet.height_um))
        if narrow > short or wide > long:
            return False
    return True


def _work(centre: WorkCentre, content: Content, sheets: int) -> int:
    """Seconds at full speed of everything but a load of a batch machine."""
    if centre.mode == "line":
        # All of them in turn, and the last one through the stations that are left.
        return content.paced + (centre.stations - 1) * content.slowest
    if centre.mode == "rate":
        return (content.load * 3600 + centre.rate - 1) // centre.rate
    return content.seconds + (centre.load_seconds * sheets if centre.mode in ("bed", "sheet") else 0)


def on_machine(machine: Machine, work: int) -> int:
    """Seconds of work, at least one at full speed, by the speed of the machine."""
    return (max(work, 1) * 100 + machine.speed_percent - 1) // machine.speed_percent


def duration(case: Case, operation: Operation, machine: Machine, work: int) -> Iterator[Breach]:
    """``work`` seconds at full speed are what the operation says and what is worked."""
    needed = on_machine(machine, work)
    worked = case.working_time(machine).between(operation.start, operation.end)
    if operation.seconds != needed or worked != needed:
        yield case.of_operation(
            "duration-mismatch",
            operation,
            f"The units need {needed} s, the operation says {operation.seconds} s, {worked} s are worked.",
            at=operation.start,
        )
