"""A machine does one thing at a time, set up for it, in its working time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from production.engine.certificate.findings import Breach
from production.engine.certificate.reckoning import intervals_of, name_of, setup_seconds, worked
from production.engine.proposal import Problem, Proposal
from production.engine.shop import Machine


@dataclass(frozen=True, slots=True)
class _Work:
    """Any work on a machine, new or frozen."""

    name: str
    machine: str
    family: str
    seconds: int
    setup_start: int
    start: int
    end: int
    fixed: bool
    started: bool
    waits: bool = False  # frozen on a machine that does not work at all (out of service)


def check(problem: Problem, proposal: Proposal) -> Iterator[Breach]:
    shop = problem.shop
    before = {frozen.id: frozen for frozen in problem.frozen}
    closed = {machine.code for machine in shop.machines if not intervals_of(shop, machine)}
    work: dict[str, list[_Work]] = {}
    for o in proposal.operations:
        work.setdefault(o.machine, []).append(
            _Work(
                name_of(o), o.machine, o.setup_family, o.seconds, o.setup_start, o.start, o.end, False, False
            )
        )
    for f in proposal.frozen:
        old = before.get(f.id)
        fixed = old is not None and (old.start, old.end) == (f.start, f.end)
        work.setdefault(f.machine, []).append(
            _Work(
                name=f.id,
                machine=f.machine,
                family=f.setup_family,
                seconds=f.seconds,
                setup_start=f.setup_start,
                start=f.start,
                end=f.end,
                fixed=fixed,
                started=f.started,
                waits=f.machine in closed,
            )
        )
    for machine in shop.machines:
        intervals = intervals_of(shop, machine)
        longest = max((end - start for start, end in intervals), default=0)
        family, free_from, last = machine.setup_state, 0, ""
        for one in sorted(work.get(machine.code, []), key=lambda w: (w.start, w.end, w.name)):
            if one.setup_start < free_from:
                yield Breach(
                    "machine-overlap", f"{machine.code} {one.name}", f"Begins before {last} has ended."
                )
            if not one.started:
                needed = setup_seconds(shop, machine.work_centre, family, one.family)
                yield from _setup_breaches(machine, intervals, one, needed)
            if not one.fixed and not one.waits:
                worst = max(
                    (
                        rule.seconds
                        for rule in shop.setups
                        if rule.work_centre == machine.work_centre and rule.to_family == one.family
                    ),
                    default=0,
                )
                yield from _calendar_breaches(machine, intervals, one, longest < one.seconds + worst)
            family, last = one.family, one.name
            free_from = max(free_from, one.end)


def _setup_breaches(
    machine: Machine, intervals: Sequence[tuple[int, int]], one: _Work, needed: int
) -> Iterator[Breach]:
    given = worked(intervals, one.setup_start, one.start)
    if one.waits or (one.fixed and not any(s <= one.start <= e for s, e in intervals)):
        # Frozen work on a machine that no longer works then: there has to be time enough on the clock.
        given = needed if one.start - one.setup_start >= needed else one.start - one.setup_start
    if given != needed or (needed == 0 and one.setup_start != one.start):
        yield Breach(
            "setup-mismatch",
            f"{machine.code} {one.name}",
            f"The change to {one.family} takes {needed} s of working time, {given} s are set aside.",
        )


def _calendar_breaches(
    machine: Machine, intervals: Sequence[tuple[int, int]], one: _Work, may_pause: bool
) -> Iterator[Breach]:
    """A set-up may be done the evening before; the work itself pauses only when no shift is long enough."""
    if not any(start <= one.setup_start < end for start, end in intervals) or not any(
        start < one.end <= end for start, end in intervals
    ):
        yield Breach("outside-calendar", f"{machine.code} {one.name}", "Begins or ends outside working time.")
    elif not may_pause and not any(start <= one.start and one.end <= end for start, end in intervals):
        yield Breach("paused", f"{machine.code} {one.name}", "Pauses over the end of a shift without need.")
