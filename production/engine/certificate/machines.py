"""A machine does one thing at a time, set up for it, in its working time.

A line swept over the work of each machine in the order of time, new work and frozen work together, each
load of a batch machine as one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from production.engine.certificate.case import Case, name_of
from production.engine.certificate.findings import Breach, clock
from production.engine.certificate.working_time import WorkingTime
from production.engine.proposal import FrozenOperation, Operation
from production.engine.shop import Machine


@dataclass(frozen=True, slots=True)
class Work:
    """Any work on a machine. ``fixed``: frozen and where it was; ``closed``: its machine does not work at
    all (out of service)."""

    source: Operation | FrozenOperation
    name: str
    fixed: bool
    started: bool
    closed: bool


def check(case: Case, machine_work: Sequence[tuple[Machine, Sequence[Work]]]) -> Iterator[Breach]:
    for machine, work in machine_work:
        times = case.working_time(machine)
        family, free_from, last = machine.setup_state, 0, ""
        for one in work:
            source = one.source
            if source.setup_start < free_from:
                text = f"Begins at {clock(source.setup_start)}, before {last} has ended."
                yield _breach(case, "machine-overlap", one, text)
            if not one.started:
                needed, _ = case.setup(machine.work_centre, family, source.setup_family)
                yield from _setup(case, times, one, needed)
            if not one.fixed and not one.closed:
                yield from _working_time(case, machine, times, one)
            family = source.setup_family
            if source.end > free_from:
                free_from, last = source.end, one.name


def work_of(case: Case) -> list[tuple[Machine, list[Work]]]:
    """The work of each machine in the order of time; of a load one operation,
    a proposed one before a frozen one."""
    before = {frozen.id: frozen for frozen in case.problem.frozen}
    work: dict[str, list[Work]] = {}
    loads: set[tuple[str, str, int, int, int]] = set()
    for o in case.proposal.operations:
        if o.load:
            place = (o.load, o.machine, o.setup_start, o.start, o.end)
            if place in loads:
                continue
            loads.add(place)
        work.setdefault(o.machine, []).append(Work(o, name_of(o), False, False, False))
    for f in case.proposal.frozen:
        if f.load:
            place = (f.load, f.machine, f.setup_start, f.start, f.end)
            if place in loads:
                continue
            loads.add(place)
        old = before.get(f.id)
        fixed = old is not None and (old.start, old.end) == (f.start, f.end)
        machine = case.machines.get(f.machine)
        closed = machine is not None and not case.working_time(machine)
        work.setdefault(f.machine, []).append(Work(f, f.id, fixed, f.started, closed))
    return [
        (
            machine,
            sorted(work.get(machine.code, ()), key=lambda one: (one.source.start, one.source.end, one.name)),
        )
        for machine in case.shop.machines
    ]


def _setup(case: Case, times: WorkingTime, one: Work, needed: int) -> Iterator[Breach]:
    source = one.source
    given = times.between(source.setup_start, source.start)
    if one.closed or (one.fixed and not (times.begins(source.start) or times.ends_at(source.start))):
        # Frozen work on a machine that no longer works then: there has to be time enough on the clock.
        given = needed if source.start - source.setup_start >= needed else source.start - source.setup_start
    if given != needed or (needed == 0 and source.setup_start != source.start):
        text = (
            f"The change to {source.setup_family} takes {needed} s of working time, {given} s are set aside."
        )
        yield _breach(case, "setup-mismatch", one, text)


def _working_time(case: Case, machine: Machine, times: WorkingTime, one: Work) -> Iterator[Breach]:
    """A set-up may be done the evening before; the work itself pauses only when no shift is long enough."""
    source = one.source
    begins = source.setup_start
    right = (
        times.begins(begins)
        and times.ends_at(source.end)
        and (begins == source.start or times.begins(source.start) or times.ends_at(source.start))
    )
    calendar = case.shifts(machine.calendar)
    if not right and calendar.begins(begins) and calendar.ends_at(source.end):
        text = f"{machine.code} is stopped by plan between {clock(begins)} and {clock(source.end)}."
        yield _breach(case, "planned-stop", one, text)
    elif not right:
        text = f"From {clock(begins)} to {clock(source.end)}: begins or ends outside working time."
        yield _breach(case, "outside-calendar", one, text)
    elif not times.in_one(source.start, source.end):
        worst = case.worst_setup.get((machine.work_centre, source.setup_family), 0)
        if times.longest >= source.seconds + worst:
            stopped = calendar.in_one(source.start, source.end)
            text = f"From {clock(source.start)} to {clock(source.end)}: pauses without need"
            text += ", over a planned stop." if stopped else ", over the end of a shift."
            yield _breach(case, "planned-stop" if stopped else "paused", one, text)


def _breach(case: Case, kind: str, one: Work, text: str) -> Breach:
    source = one.source
    if isinstance(source, Operation):
        return case.of_operation(kind, source, text)
    return case.of_frozen(kind, source, text)
