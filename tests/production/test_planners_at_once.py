"""Planners and people at once, as processes on PostgreSQL: nothing is planned or released twice."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from ledger import jobs
from ledger.models import Job
from production import planning, review
from production.models import Piece, PieceState, Placement, Plan, Run, RunState
from production.plans import dissolve
from tests.processes import at_once
from tests.production.workshop import NOW, line_writer, load_test_shop, sound

pytestmark = pytest.mark.django_db(transaction=True)
LINES = 400


def demand(lines: int) -> None:
    load_test_shop()
    place = line_writer()
    for number in range(lines):
        place(material=("oak", "walnut")[number % 2], width=60, height=40 + number % 20, seconds=30)


def together(work: Callable[[int], str], processes: int) -> list[str]:
    """``work(number)`` in processes that start together; an exception is answered by its class and text."""

    def told(number: int) -> str:
        try:
            return work(number)
        except Exception as fault:  # noqa: BLE001 - the parent judges it
            return f"{type(fault).__name__}: {fault}"

    return at_once(*(partial(told, number) for number in range(processes)))


def plan_twice(number: int) -> str:
    """A planner that plans twice in a row; how often it stored."""
    stored = 0
    for turn in range(2):
        now = NOW + timedelta(seconds=turn)
        if planning.store(planning.compute(actor=f"user:{number}", now=now), now=now) is not None:
            stored += 1
    return f"stored {stored}"


def test_three_planners_at_once_plan_every_line_once() -> None:
    demand(LINES)
    answers = together(plan_twice, 3)
    assert all(answer.startswith("stored") for answer in answers), answers
    assert Piece.objects.filter(state=PieceState.PLANNED).count() == LINES
    runs_of = Counter(piece for piece, _ in set(Placement.objects.values_list("piece_id", "sheet__run_id")))
    assert len(runs_of) == LINES
    assert set(runs_of.values()) == {1}, "a piece lies on the sheets of two runs"
    assert Plan.objects.current().count() == 1
    sound()


def test_without_the_lock_planners_do_run_into_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the test above can fail. The database still refuses what would be wrong."""
    demand(40)

    def slowly(**arguments: object) -> set[str]:
        time.sleep(0.3)
        return dissolve(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(planning, "planning_lock", lambda: None)
    monkeypatch.setattr(planning, "dissolve", slowly)
    answers = together(plan_twice, 3)
    assert any("IntegrityError" in answer or "OperationalError" in answer for answer in answers), answers
    assert Piece.objects.filter(state=PieceState.PLANNED).count() == 40
    sound()


def test_a_run_is_released_once_by_two_people_at_once() -> None:
    demand(6)
    plan_twice(0)
    run = Run.objects.first()
    assert run is not None

    def release(number: int) -> str:
        try:
            review.release(run=run, actor=f"user:{number}", now=NOW)
        except review.ReviewRefused as refused:
            return str(refused)
        return "released"

    answers = together(release, 2)
    assert sorted(answers) == [f"{run} is released to the floor.", "released"]
    sound()


def test_a_planner_never_loses_a_release() -> None:
    """One process plans over and over while another releases every run it sees."""
    demand(60)
    plan_twice(0)

    def plan_or_release(number: int) -> str:
        if number:
            return plan_twice(number)
        released = 0
        for _ in range(4):
            for run in list(Run.objects.proposed()[:1]):
                try:
                    review.release(run=run, actor="user:bob", now=NOW)
                    released += 1
                except (review.ReviewRefused, review.PlanBroken):
                    continue
            time.sleep(0.05)
        return f"released {released}"

    released, *_ = together(plan_or_release, 3)
    assert released.startswith("released")
    on_floor = Run.objects.filter(state=RunState.RELEASED).count()
    assert on_floor == int(released.split()[1])
    assert Piece.objects.filter(state__in=[PieceState.PLANNED, PieceState.RELEASED]).count() == 60
    sound()


def test_the_job_stores_once_when_it_is_run_by_two_workers() -> None:
    demand(10)
    job = planning.request_proposal(actor="user:bob", now=NOW)
    answers = together(lambda number: str(jobs.run(job.pk)), 2)
    assert sorted(answers) == ["False", "True"]
    assert Plan.objects.count() == 1
    assert Job.objects.get(pk=job.pk).state == Job.State.DONE
