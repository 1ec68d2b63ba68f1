"""A person moves an operation: to this machine, at this time. What is in its way is put off, in its order.

Nothing else changes machine and nothing begins earlier, so the answer is what a person expects who shifts a
card on a board. The moved run is pinned: the planner keeps it there. Released work, pinned runs and the
frozen zone stand; where the move would push them it is refused, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ledger.entries import record
from production.engine.certificate import certify
from production.engine.measuring import measure
from production.engine.proposal import FrozenOperation, Problem, Proposal
from production.engine.proposal import Operation as Planned
from production.engine.scheduling.construct import follow_setups
from production.engine.shifting import shifted
from production.facts import planner_settings, seconds
from production.locking import planning_lock
from production.models import Machine, Operation, OperationState, Plan, Run, RunState
from production.occupation import attended, operator_keys
from production.plans import read_standing, write_frozen
from production.review import Outdated, PlanBroken, ReviewRefused
from production.shopfacts import moment

Place = tuple[str, int, str]  # run, step, set-up family


@dataclass(frozen=True)
class Moved:
    """What a move did: ``begins`` is when its set-up or work really begins; ``others`` operations were put
    off; ``later`` and ``sooner`` pieces are late now or no longer."""

    run: Run
    begins: datetime
    others: int
    later: int
    sooner: int


def move(
    *,
    operation: Operation,
    machine: Machine,
    start: datetime,
    actor: str,
    now: datetime,
    expected_version: int | None = None,
    expected_plan: int | None = None,
) -> Moved:
    """Put a planned operation on ``machine`` from ``start`` on, or as soon after as the machine is free.

    ``expected_version`` is the version of its run that the person saw, ``expected_plan`` that of the plan.
    Raises ``ReviewRefused``, ``Outdated``, ``PlanBroken``; then nothing has changed.
    """
    with transaction.atomic():
        planning_lock()
        plan = Plan.objects.current().first()
        row = Operation.objects.select_related("run", "machine").filter(pk=operation.pk).first()
        if row is None or plan is None:
            raise ReviewRefused(["The operation is gone: a newer plan has replaced it."])
        if expected_version is not None and row.run.version != expected_version:
            raise Outdated(expected=expected_version, found=row.run.version)
        if expected_plan is not None and plan.version != expected_plan:
            raise Outdated(expected=expected_plan, found=plan.version)
        if reasons := _against(row, machine, start, now):
            raise ReviewRefused(reasons)
        standing = read_standing(now=now)
        place = (row.run_id, row.step, row.setup_family)
        if reasons := _unable(standing.problem, standing.proposal, place, machine):
            raise ReviewRefused(reasons)
        wanted = _wanted(standing.proposal.operations, place, machine.code, seconds(start))
        problem = replace(standing.problem, base=replace(standing.proposal, operations=wanted))
        proposal = _put_off(problem, standing.proposal)
        done = {_place(each): each for each in proposal.operations}
        _require_stand(standing.proposal, proposal, done, place, machine)
        certificate = certify(replace(problem, base=proposal), proposal)
        if not certificate.ok:
            raise PlanBroken(certificate.breaches)
        before = {_place(each): each for each in standing.proposal.operations}
        changed = [each for key, each in done.items() if each != before[key]]
        write_frozen(proposal.frozen, shop=problem.shop)
        _write(changed, problem)
        Run.objects.filter(pk=row.run_id).update(pinned=True, version=F("version") + 1)
        Plan.objects.filter(pk=plan.pk).update(version=F("version") + 1)
        row.run.refresh_from_db()
        record(
            stream=f"run:{row.run_id}",
            kind="run.moved",
            actor=actor,
            data={
                "run": row.run_id,
                "number": row.run.number,
                "version": row.run.version,
                "step": row.step,
                "from": {"machine": row.machine.code, "start": row.start.isoformat()},
                "to": {"machine": machine.code, "start": moment(done[place].start).isoformat()},
                "others": len({_place(each) for each in changed if each.run != row.run_id}),
            },
            now=now,
        )
    was, is_now = _late(standing.problem, before.values()), _late(standing.problem, done.values())
    return Moved(
        run=row.run,
        begins=moment(done[place].setup_start),
        others=len([each for each in changed if each.run != row.run_id]),
        later=len(is_now - was),
        sooner=len(was - is_now),
    )


def _against(row: Operation, machine: Machine, start: datetime, now: datetime) -> list[str]:
    """What can be said without planning: all that stands against the move."""
    found = []
    if row.run.state != RunState.PROPOSED or row.state != OperationState.PLANNED:
        found.append(f"{row.run} is {row.run.state}: only proposed work is moved.")
    if not machine.in_service:
        found.append(f"{machine.name} is out of service: {machine.stopped_reason or 'no reason was given'}.")
    if start < now:
        found.append("That time is over: choose a later one.")
    frozen = planner_settings().zones(now=seconds(now)).frozen_until
    if frozen and min(seconds(row.setup_start), seconds(start)) < frozen:
        until = timezone.localtime(moment(frozen))
        found.append(f"The plan is frozen until {until:%a %H:%M}: what begins sooner stays as it is.")
    earlier = row.run.operations.filter(step__lt=row.step).exclude(state=OperationState.DROPPED)
    last = max((each.end for each in earlier), default=None)
    if last is not None and start < last:
        ends = timezone.localtime(last)
        found.append(f"Its step before ends {ends:%a} {ends.day} {ends:%b %H:%M}: it cannot begin sooner.")
    return found


def _unable(problem: Problem, proposal: Proposal, place: Place, machine: Machine) -> list[str]:
    """Why the machine cannot do the operation, whenever that would be."""
    able = problem.shop.machine.get(machine.code)
    moved = next((each for each in proposal.operations if _place(each) == place), None)
    if able is None or moved is None:
        return [f"{machine.name} has no working time."]
    units = {unit.id: unit for unit in problem.units}
    steps = [
        step
        for unit in moved.units
        for step in units[unit].routing
        if (step.step, step.setup_family) == place[1:]
    ]
    if any(step.at(able.work_centre) is None for step in steps):
        return [f"{machine.name} cannot do it: this step is not made at its work centre."]
    run = next(each for each in proposal.runs if each.id == place[0])
    is_gang = place[1:] == (run.key.step, run.key.setup_family)
    found = []
    if not able.runs(moved.setup_family):
        found.append(f"{machine.name} cannot do it: it cannot be set up for it.")
    if is_gang and not all(able.holds(sheet.width_um, sheet.height_um) for sheet in run.sheets):
        found.append(f"{machine.name} cannot do it: the sheets do not lie on its bed.")
    return found


def _wanted(operations: Sequence[Planned], place: Place, machine: str, start: int) -> tuple[Planned, ...]:
    """The operations with the moved one (and what is in a load with it) where it is wanted, and what comes
    after it no sooner: in the order of these starts they are placed."""
    moved = next(each for each in operations if _place(each) == place)
    starts: dict[Place, int] = {}
    for each in operations:
        starts[_place(each)] = start if _goes_along(each, moved) else each.start
    of_run: dict[str, list[Planned]] = {}
    of_load: dict[tuple[str, str], list[Planned]] = {}
    for each in operations:
        of_run.setdefault(each.run, []).append(each)
        if each.load:
            of_load.setdefault(_load(each), []).append(each)
    waiting = [each for each in operations if starts[_place(each)] != each.start]
    while waiting:
        one = waiting.pop()
        at = starts[_place(one)]
        after = [(each, at + 1) for each in of_run[one.run] if each.step > one.step]
        together = [(each, at) for each in of_load.get(_load(one), ())]
        for each, least in [*after, *together]:
            if starts[_place(each)] < least:
                starts[_place(each)] = least
                waiting.append(each)
    return tuple(
        each
        if starts[_place(each)] == each.start and not _goes_along(each, moved)
        else replace(
            each,
            machine=machine if _goes_along(each, moved) else each.machine,
            start=starts[_place(each)],
            setup_start=starts[_place(each)],
        )
        for each in operations
    )


def _goes_along(each: Planned, moved: Planned) -> bool:
    """Whether it is the moved operation, or in one load with it."""
    return _place(each) == _place(moved) or bool(moved.load and _load(each) == _load(moved))


def _put_off(problem: Problem, standing: Proposal) -> Proposal:
    """Everything placed again in the order of the wanted starts. Raises ``ReviewRefused``."""
    able = {unit.id: unit for unit in problem.units}
    runs, operations = shifted(problem, able)
    if gone := {run.id for run in standing.runs} - {run.id for run in runs}:
        numbers = Run.objects.filter(pk__in=gone).order_by("number").values_list("number", flat=True)
        named = ", ".join(f"R-{number}" for number in numbers[:5])
        raise ReviewRefused([f"There it has no room: no time, person, tool or material is left for {named}."])
    followed, frozen = follow_setups(operations, problem)
    # It becomes the plan in force itself: nothing of it has moved against that.
    kpis = measure(replace(problem, base=None), standing.runs, followed, 0, frozen=frozen)
    return replace(standing, operations=followed, frozen=frozen, kpis=kpis)


def _require_stand(
    old: Proposal, new: Proposal, done: dict[Place, Planned], place: Place, machine: Machine
) -> None:
    """What a person or the floor relies on stays, and the moved operation is where it was wanted."""
    if done[place].machine != machine.code:
        raise ReviewRefused(
            [f"{machine.name} cannot do it: its bed, its families, its capacity or its time do not allow it."]
        )
    pinned = dict(Run.objects.proposed().filter(pinned=True).exclude(pk=place[0]).values_list("pk", "number"))
    pushed = {
        pinned[each.run]
        for each in old.operations
        if each.run in pinned and _when(done[_place(each)]) != _when(each)
    }
    if pushed:
        named = ", ".join(f"R-{number}" for number in sorted(pushed)[:5])
        raise ReviewRefused([f"It would push pinned work: {named}. Unpin it, or choose another time."])
    was = {each.id: _when(each) for each in old.frozen}
    if any(was.get(each.id, _when(each)) != _when(each) for each in new.frozen if not each.started):
        raise ReviewRefused(["It would push released work: choose another time."])


def _write(changed: Iterable[Planned], problem: Problem) -> None:
    """The rows of these operations at their new places."""
    wanted = {_place(each): each for each in changed}
    rows = list(Operation.objects.filter(run__in={run for run, _, _ in wanted}, state=OperationState.PLANNED))
    machines = dict(Machine.objects.values_list("code", "pk"))
    operators = operator_keys()
    touched = []
    for row in rows:
        new = wanted.get((row.run_id, row.step, row.setup_family))
        if new is None:
            continue
        row.machine_id, row.work_centre_id, row.seconds = machines[new.machine], new.work_centre, new.seconds
        row.setup_start, row.start, row.end = moment(new.setup_start), moment(new.start), moment(new.end)
        row.operator_id = operators[new.operator] if new.operator else None
        row.attended = attended(new, problem.shop, operators) if row.occupies else None
        touched.append(row)
    Operation.objects.bulk_update(
        touched,
        ["machine", "work_centre", "seconds", "setup_start", "start", "end", "operator", "attended"],
        batch_size=500,
    )


def _late(problem: Problem, operations: Iterable[Planned]) -> set[str]:
    """Units whose last operation ends after their promise."""
    ends: dict[str, int] = {}
    for each in operations:
        for unit in each.units:
            ends[unit] = max(ends.get(unit, 0), each.end)
    return {unit.id for unit in problem.units if unit.due is not None and ends.get(unit.id, 0) > unit.due}


def _place(each: Planned) -> Place:
    return each.run, each.step, each.setup_family


def _load(each: Planned) -> tuple[str, str]:
    return each.machine, each.load


def _when(each: Planned | FrozenOperation) -> tuple[str, int, int]:
    return each.machine, each.start, each.end
