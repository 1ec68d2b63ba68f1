"""A planner that fails, answers nonsense or is killed: the plan in force stays, nothing is half stored."""

import os
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ledger import jobs
from ledger.models import Entry, Job
from orders.models import Line
from production import drafts, planning, tasks, upkeep, wishes
from production.engine.planning import propose
from production.engine.proposal import Problem, Proposal, Unplanned
from production.models import Draft, Machine, Operation, Piece, Plan, PlanEvent, Run
from tests.processes import at_once
from tests.production.repairs import drafted, first_laser, places, plan_now
from tests.production.workshop import NOW, PlaceLine, line_writer, load_test_shop, sound

BOB: dict[str, Any] = {"actor": "user:bob", "now": NOW}


def nonsense(problem: Problem, **_: Any) -> Proposal:
    """A plan in which everything begins at once."""
    right = propose(problem)
    return replace(right, operations=tuple(replace(o, start=o.start - 9_000) for o in right.operations))


def nothing(problem: Problem, **_: Any) -> Proposal:
    """An empty plan, with a reason for every piece."""
    right = propose(replace(problem, units=()))
    listed = tuple(Unplanned(unit.id, "later", "Not now.") for unit in problem.units)
    return replace(right, unplanned=listed, kpis=replace(right.kpis, unplanned=len(listed)))


def breaks(problem: Problem, **_: Any) -> Proposal:
    raise TimeoutError("the solver took too long")


@pytest.fixture
def planned(place_line: PlaceLine) -> Plan:
    for material in ("oak", "walnut"):
        place_line(quantity=2, material=material)
    return plan_now()


@pytest.mark.django_db
def test_an_empty_plan_never_takes_the_place_of_one_that_can_be_worked(
    planned: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = places()
    monkeypatch.setattr(planning, "propose", nothing)
    plan = plan_now(NOW + timedelta(minutes=1))
    assert plan.unplanned == []
    assert places().keys() == before.keys()
    assert Entry.objects.of(f"plan:{plan.pk}").get().data["instead"] == "the search planned less"
    sound()


@pytest.mark.django_db
def test_nonsense_is_not_stored_and_the_plan_that_is_known_is_kept(
    planned: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "propose", nonsense)
    plan = plan_now(NOW + timedelta(minutes=1))
    assert Entry.objects.of(f"plan:{plan.pk}").get().data["instead"] == "the search broke rules"
    assert Piece.objects.filter(state="planned").count() == 4
    sound()


@pytest.mark.django_db
def test_a_planner_that_fails_leaves_the_plan_and_says_why(
    planned: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = places()
    monkeypatch.setattr(planning, "propose", breaks)
    job = planning.request_proposal(**BOB)
    assert not jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, "the solver took too long" in job.last_error) == ("failed", True)
    assert Plan.objects.current().get() == planned
    assert places() == before
    sound()


@pytest.mark.django_db
def test_a_repair_that_is_set_aside_says_so_on_its_events(
    planned: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "right_shift", breaks)
    upkeep.stop(machine=first_laser(), reason="lens", **BOB)
    (job,) = Job.objects.filter(kind=wishes.REPAIR_KIND)
    assert not jobs.run(job.pk)
    job.refresh_from_db()
    tasks.give_up_repair(job, job.last_error)
    assert "the solver took too long" in PlanEvent.objects.get().note
    assert Plan.objects.current().get() == planned
    assert not Draft.objects.exists()


@pytest.mark.django_db
def test_a_better_repair_that_fails_leaves_the_first(planned: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    upkeep.stop(machine=first_laser(), reason="lens", until=NOW + timedelta(hours=3), **BOB)
    draft = drafted()
    first = draft.proposal
    asked = drafts.asked_of(draft)
    assert asked is not None
    monkeypatch.setattr(drafts, "improve", lambda problem, first, **_: nonsense(problem))
    with pytest.raises(planning.NotCertified):
        drafts.better_repair(asked=asked, actor="user:finn")
    draft.refresh_from_db()
    assert (draft.state, draft.stage, draft.proposal) == ("open", "first", first)
    drafts.accept(draft=draft, **BOB)
    sound()


@pytest.mark.django_db(transaction=True)
def test_a_planner_killed_while_it_stores_leaves_the_plan_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    load_test_shop()
    line_writer()(quantity=3)
    planned = plan_now()
    upkeep.stop(machine=first_laser(), reason="lens", until=NOW + timedelta(hours=3), **BOB)
    draft = drafted()
    before, pieces = places(), set(Piece.objects.values_list("pk", "state", "run_id"))
    monkeypatch.setattr(planning, "lines_follow", lambda **_: os.kill(os.getpid(), signal.SIGKILL))
    assert at_once(lambda: drafts.accept(draft=draft, **BOB).number) == [None]
    assert Plan.objects.get() == planned
    assert (places(), set(Piece.objects.values_list("pk", "state", "run_id"))) == (before, pieces)
    monkeypatch.undo()
    drafts.accept(draft=draft, **BOB)
    assert Plan.objects.count() == 2
    sound()


# --- bad input: a reason for each line ---------------------------------------------------------------------


@pytest.mark.django_db
def test_without_any_line_there_is_a_plan_of_nothing(shop: None) -> None:
    plan = plan_now()
    assert (plan.kpis["units"], plan.unplanned) == (0, [])
    sound()


@pytest.mark.django_db
def test_promises_of_the_past_are_planned_and_late(place_line: PlaceLine) -> None:
    place_line(due_days=-30)
    plan = plan_now()
    assert plan.kpis["tardy_units"] == 1
    assert plan.unplanned == []
    sound()


@pytest.mark.django_db
def test_machines_without_a_calendar_are_the_reason(place_line: PlaceLine) -> None:
    place_line()
    Machine.objects.filter(work_centre="laser").update(calendar=None)
    plan = plan_now()
    (row,) = plan.unplanned
    assert row["code"] == "no-calendar"
    assert "laser has working time" in row["text"]


@pytest.mark.django_db
def test_a_routing_that_goes_in_circles_is_the_reason(place_line: PlaceLine) -> None:
    line = place_line()
    work = line.work
    work["routing"].append({"step": 10, "work_centre": "packing", "setup_family": "any", "seconds": 9})
    Line.objects.filter(pk=line.pk).update(work=work)
    plan = plan_now()
    (row,) = plan.unplanned
    assert row["code"] == "bad-routing"
    assert not Run.objects.exists() and not Operation.objects.exists()
