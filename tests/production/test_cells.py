"""A large proposal as cells side by side: joined once all have answered, and never stored by halves."""

import pytest
from django.template.loader import render_to_string

from ledger import jobs
from ledger.models import Job
from production import cells, planning, wishes
from production.models import CellPart, CellRound, Machine, Piece, Plan, Run
from production.views import plans
from tests.production.workshop import NOW, PlaceLine

pytestmark = pytest.mark.django_db


@pytest.fixture
def divided(shop: None, settings, place_line: PlaceLine) -> Job:
    """A proposal of six pieces, asked for, dealt to two cells of a laser and a packing table each."""
    settings.PLANNING_CELL_PIECES, settings.PLANNING_CELLS = 2, 2
    packing = Machine.objects.get(code="packing-1")
    Machine.objects.create(
        code="packing-2", name="Packing 2", work_centre=packing.work_centre, calendar=packing.calendar
    )
    for number in range(6):
        place_line(material=("oak", "walnut")[number % 2])
    job = wishes.request_proposal(actor="user:bob", now=NOW)
    assert not jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.QUEUED, 0)
    assert CellPart.objects.count() == 2
    return job


def cost_of(plan: Plan) -> int:
    terms = plan.kpis["terms"]
    return sum(value for value in terms.values())


def of_cells() -> list[Job]:
    return list(Job.objects.filter(kind=cells.JOB_KIND).order_by("pk"))


def test_cells_are_planned_and_joined(divided: Job) -> None:
    first, second = of_cells()
    assert jobs.run(first.pk) and jobs.run(second.pk)
    divided.refresh_from_db()
    assert divided.run_after is None  # called by the last of them
    assert jobs.run(divided.pk)
    plan = Plan.objects.current().get()
    assert plan.kpis["units"] == 6
    assert 0 < plan.kpis["bound"] <= cost_of(plan)
    assert set(Run.objects.values_list("operations__machine__code", flat=True)) == {
        "laser-1", "laser-2", "packing-1", "packing-2",
    }  # fmt: skip
    assert not CellRound.objects.exists()


def test_a_plan_of_very_many_pieces_tries_fewer_schedules(settings) -> None:
    settings.PLANNING_TRIES, settings.PLANNING_SECONDS = 2_000, 600
    assert not planning.enough_tried(pieces=10_000)(1_999)
    assert planning.enough_tried(pieces=10_000)(2_000)
    assert planning.enough_tried(pieces=100_000)(400)
    assert not planning.enough_tried(pieces=10_000_000)(99)


def test_pages_show_how_many_cells_are_done(divided: Job) -> None:
    solving = plans.solving()
    assert solving is not None and solving.job.pk == divided.pk
    assert solving.job.progress == {"step": "cells", "units": 6, "cells": 2, "done": 0}
    jobs.run(of_cells()[0].pk)
    page = render_to_string("staff/_progress.html", {"solving": plans.solving(), "may_plan": True})
    assert "6 pieces are planned as 2 cells side by side, 1 of them done." in page
    assert "Stop with the best so far" in page


def test_nothing_is_stored_before_the_last_cell_has_answered(divided: Job) -> None:
    assert not jobs.run(divided.pk)
    jobs.run(of_cells()[1].pk)
    jobs.call_now(job=divided)
    assert not jobs.run(divided.pk)
    assert not Plan.objects.exists()
    assert Piece.objects.filter(state="owed").count() == 6
    assert CellPart.objects.count() == 2


def test_a_cell_that_is_planned_twice_answers_once(divided: Job) -> None:
    first, _ = of_cells()
    jobs.run(first.pk)
    answer = CellPart.objects.get(number=0).proposal
    Job.objects.filter(pk=first.pk).update(state=Job.State.QUEUED, finished_at=None)
    assert jobs.run(first.pk)
    assert CellPart.objects.get(number=0).proposal == answer


def test_a_cell_that_is_set_aside_makes_the_whole_one_problem(divided: Job) -> None:
    first, second = of_cells()
    jobs.run(first.pk)
    cells.give_up(second, "Traceback\nMemoryError: too large")
    assert CellPart.objects.get(number=1).reason == "MemoryError: too large"
    assert jobs.run(divided.pk)
    assert Plan.objects.current().get().kpis["units"] == 6
    assert jobs.run(second.pk)  # nobody waits for it any more


def test_a_wish_while_cells_are_planned_is_a_job_of_its_own_and_waits(divided: Job) -> None:
    other = wishes.request_proposal(actor="user:eve", now=NOW)
    assert other.pk != divided.pk
    assert not jobs.run(other.pk)
    assert not Plan.objects.exists()


def test_ending_the_search_ends_it_in_every_cell(divided: Job) -> None:
    jobs.ask_to_stop(job_id=divided.pk, actor="user:bob", now=NOW)
    for job in of_cells():
        assert jobs.run(job.pk)
    assert jobs.run(divided.pk)
    assert Plan.objects.current().get().kpis["units"] == 6
