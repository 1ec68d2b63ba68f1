"""Two plans side by side, and the changes of two people in one."""

from dataclasses import replace

import pytest

from production.engine.certificate import certify
from production.engine.changes import Clash, changes, merge
from production.engine.planning import refit
from production.engine.proposal import Operation, Proposal
from production.engine.repairing import right_shift
from tests.production.breakdowns import NOW, base_of, broken, planned
from tests.workshops import HOUR, sign


def test_a_plan_does_not_differ_from_itself() -> None:
    base = base_of(planned(10))
    assert changes(base, base) == ()


def test_work_that_is_put_off_is_a_change_a_run() -> None:
    problem = planned(24)
    base = base_of(problem)
    after = right_shift(replace(problem, shop=broken(problem.shop, "laser-1", NOW + 4 * HOUR)))
    found = changes(base, after)
    assert found
    assert {change.kind for change in found} == {"moved"}
    assert len({change.id for change in found}) == len(found)
    moved = {unit for change in found for unit in change.units}
    still = [o for o in base.operations if not moved.intersection(o.units)]
    kept = {(o.run, o.step, o.setup_family): (o.machine, o.start) for o in after.operations}
    assert all(kept[o.run, o.step, o.setup_family] == (o.machine, o.start) for o in still)


def test_runs_that_exchange_units_are_one_change() -> None:
    problem = planned(12)
    base = base_of(problem)
    lost = base.runs[0].units[0]
    asked = tuple(unit for unit in problem.units if unit.id != lost)
    after = right_shift(replace(problem, units=(*asked, sign(99))))
    kinds = {change.kind: change for change in changes(base, after)}
    assert lost in kinds["formed"].units
    assert "sign-99" in {unit for change in changes(base, after) for unit in change.units}


def test_changes_of_different_runs_come_together_and_are_certified() -> None:
    problem = planned(12)
    base = base_of(problem)
    lost = base.runs[-1].units[0]
    asked = replace(problem, units=tuple(unit for unit in problem.units if unit.id != lost))
    theirs = right_shift(asked)
    ours = replace(base, operations=tuple(_later(base, base.runs[0].id)))
    whole = refit(merge(base, ours, theirs), asked)
    assert certify(asked, whole).breaches == ()
    assert len(changes(base, whole)) == len(changes(base, theirs)) + 1


def test_changes_of_the_same_run_clash() -> None:
    base = base_of(planned(12))
    one = replace(base, operations=tuple(_later(base, base.runs[0].id)))
    other = replace(base, operations=tuple(_later(base, base.runs[0].id, seconds=60)))
    with pytest.raises(Clash) as clash:
        merge(base, one, other)
    assert [(mine.kind, their.kind) for mine, their in clash.value.pairs] == [("moved", "moved")]


def test_a_part_takes_only_the_changes_chosen() -> None:
    problem = planned(24)
    base = base_of(problem)
    after = right_shift(replace(problem, shop=broken(problem.shop, "laser-1", NOW + 4 * HOUR)))
    first = changes(base, after)[0]
    part = merge(base, after, base, chosen={first.id})
    assert [change.id for change in changes(base, part)] == [first.id]
    assert changes(base, merge(base, after, base, chosen=())) == ()


def _later(base: Proposal, run: str, seconds: int = 30) -> list[Operation]:
    """The last operation of the run a little later: after everything else on its machine that day."""
    last = max((o for o in base.operations if o.run == run), key=lambda o: o.end)
    shift = max(o.end for o in base.operations if o.machine == last.machine) + seconds - last.start
    return [
        replace(o, setup_start=o.start + shift, start=o.start + shift, end=o.end + shift) if o == last else o
        for o in base.operations
    ]
