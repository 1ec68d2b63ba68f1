"""What differs between two proposals, change by change, and how changes of two people come together.

A change is the smallest set of runs that can be taken or left as a whole: a run that moves, runs whose units
are distributed anew, a run that is new or dissolved. Where a set-up begins is no change: it follows the
neighbours.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from production.engine.proposal import Operation, Proposal, Run


@dataclass(frozen=True, slots=True)
class Change:
    """``kind``: moved (the same runs elsewhere or at other times), formed (other units together), new, or
    dissolved. ``id`` follows from the units alone. Runs and operations before and after, in time."""

    id: str
    kind: str
    units: frozenset[str]
    runs_before: tuple[Run, ...]
    runs_after: tuple[Run, ...]
    before: tuple[Operation, ...]
    after: tuple[Operation, ...]


class Clash(Exception):
    """Both sides changed the same units: ``pairs`` of (ours, theirs)."""

    def __init__(self, pairs: Sequence[tuple[Change, Change]]) -> None:
        super().__init__(f"{len(pairs)} changes concern the same pieces")
        self.pairs = tuple(pairs)


def changes(before: Proposal, after: Proposal) -> tuple[Change, ...]:
    """All changes, those first that begin first."""
    groups: dict[tuple[str, str], set[tuple[str, str]]] = {}
    holder: dict[str, tuple[str, str]] = {}
    runs = {("before", run.id): run for run in before.runs} | {("after", run.id): run for run in after.runs}
    for name, run in runs.items():
        group = {name}
        for unit in run.units:
            if unit in holder:
                group |= groups[holder[unit]]
        for member in group:
            groups[member] = group
        holder.update(dict.fromkeys(run.units, name))
    of_before, of_after = _by_run(before.operations), _by_run(after.operations)
    found = []
    for group in {id(group): group for group in groups.values()}.values():
        old = sorted((run for side, run in _sides(group, runs) if side == "before"), key=lambda r: r.id)
        new = sorted((run for side, run in _sides(group, runs) if side == "after"), key=lambda r: r.id)
        earlier = _in_time(o for run in old for o in of_before.get(run.id, ()))
        later = _in_time(o for run in new for o in of_after.get(run.id, ()))
        same_runs = {frozenset(run.units) for run in old} == {frozenset(run.units) for run in new}
        if same_runs and _places(earlier) == _places(later):
            continue
        units = frozenset(unit for run in (*old, *new) for unit in run.units)
        kind = "moved" if same_runs else "formed" if old and new else "new" if new else "dissolved"
        found.append(Change(_name(units), kind, units, tuple(old), tuple(new), earlier, later))
    return tuple(sorted(found, key=lambda c: (min(o.start for o in (*c.before, *c.after)), c.id)))


def merge(
    before: Proposal, ours: Proposal, theirs: Proposal, *, chosen: Collection[str] | None = None
) -> Proposal:
    """``theirs`` with our changes (those ``chosen``, None: all) of the plan that both began with.

    The answer has runs and operations only: set-ups, frozen work, reasons and figures are worked out again by
    ``planning.refit``. Raises ``Clash`` where both changed the same units.
    """
    mine = [change for change in changes(before, ours) if chosen is None or change.id in chosen]
    others = changes(before, theirs)
    if pairs := [(one, other) for one in mine for other in others if one.units & other.units]:
        raise Clash(pairs)
    touched = frozenset(unit for change in mine for unit in change.units)
    staying = [run for run in theirs.runs if not touched.intersection(run.units)]
    names = {run.id for run in staying}
    runs = (*staying, *(run for change in mine for run in change.runs_after))
    operations = (
        *(o for o in theirs.operations if o.run in names),
        *(o for change in mine for o in change.after),
    )
    return replace(
        ours, runs=runs, operations=tuple(sorted(operations, key=lambda o: (o.setup_start, o.machine, o.run)))
    )


def _sides(group: Iterable[tuple[str, str]], runs: dict[tuple[str, str], Run]) -> list[tuple[str, Run]]:
    return [(side, runs[side, run]) for side, run in group]


def _by_run(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for operation in operations:
        found.setdefault(operation.run, []).append(operation)
    return found


def _in_time(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    return tuple(sorted(operations, key=lambda o: (o.start, o.end, o.run, o.step)))


def _places(operations: Iterable[Operation]) -> list[tuple[object, ...]]:
    return sorted(
        (o.step, o.setup_family, o.machine, o.start, o.end, o.operator, o.tool, tuple(sorted(o.units)))
        for o in operations
    )


def _name(units: frozenset[str]) -> str:
    return hashlib.sha256("\n".join(sorted(units)).encode()).hexdigest()[:12]
