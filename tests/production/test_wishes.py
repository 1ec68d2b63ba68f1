"""Many wishes for a plan, few jobs, one at a time, none lost."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from ledger import jobs
from ledger.models import Job, database_now
from production import wishes
from production.models import Plan
from tests.production.workshop import NOW, PlaceLine

pytestmark = pytest.mark.django_db
ACTOR = "system:demand"


def ended(seconds_ago: float) -> None:
    """A plan that was ready so many seconds ago."""
    job = wishes.request_proposal(actor="user:bob", now=NOW)
    done(job, seconds_ago)


def done(job: Job, seconds_ago: float = 0) -> None:
    at = Now() - timedelta(seconds=seconds_ago)
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, token="", lease_until=None, finished_at=at)


def computing(job: Job) -> None:
    """As if a worker had begun with the job."""
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.RUNNING,
        token="other",
        lease_until=Now() + timedelta(minutes=1),
        progress={"step": "planning"},
    )


def wait_of(job: Job) -> float:
    assert job.run_after is not None
    return (job.run_after - database_now()).total_seconds()


def test_wishes_join_the_job_that_has_not_begun() -> None:
    one = wishes.request_soon(actor=ACTOR, now=NOW)
    assert wishes.request_soon(actor=ACTOR, now=NOW + timedelta(hours=1)).pk == one.pk
    assert wishes.request_proposal(actor="user:bob", now=NOW).pk == one.pk
    assert wishes.request_proposal(actor="user:eve", now=NOW).pk == one.pk
    assert Job.objects.count() == 1


def test_changes_of_a_few_seconds_are_awaited_by_the_databases_clock() -> None:
    job = wishes.request_soon(actor=ACTOR, now=NOW - timedelta(days=400))
    assert 0 < wait_of(job) <= 5


def test_a_person_makes_the_waiting_job_due_at_once() -> None:
    ended(1)
    wishes.request_soon(actor=ACTOR, now=NOW)
    job = wishes.request_proposal(actor="user:bob", now=NOW)
    assert job.run_after is None
    assert job.payload["actor"] == "user:bob"
    assert jobs.run(job.pk)


def test_without_a_person_a_plan_waits_until_the_last_one_is_a_minute_old() -> None:
    ended(20)
    assert 30 < wait_of(wishes.request_soon(actor=ACTOR, now=NOW)) <= 40


def test_after_a_quiet_time_a_change_is_planned_in_a_few_seconds() -> None:
    ended(70)
    assert 0 < wait_of(wishes.request_soon(actor=ACTOR, now=NOW)) <= 5


def test_a_wish_made_while_a_plan_is_computed_is_another_job() -> None:
    first = wishes.request_soon(actor=ACTOR, now=NOW)
    computing(first)
    assert wishes.request_soon(actor=ACTOR, now=NOW).pk != first.pk


def test_a_wish_made_after_the_job_of_its_seconds_is_done_is_another_job(place_line: PlaceLine) -> None:
    place_line()
    first = wishes.request_proposal(actor=ACTOR, now=NOW)
    assert jobs.run(first.pk)
    assert wishes.request_soon(actor=ACTOR, now=NOW).pk != first.pk


def test_a_second_job_waits_while_the_first_computes(place_line: PlaceLine) -> None:
    place_line()
    first = wishes.request_proposal(actor="user:bob", now=NOW)
    computing(first)
    second = wishes.request_proposal(actor="user:eve", now=NOW)
    assert not jobs.run(second.pk)
    second.refresh_from_db()
    assert (second.state, second.attempts, second.token) == (Job.State.QUEUED, 0, "")
    assert 0 < wait_of(second) <= 5
    assert not Plan.objects.exists()


def test_the_second_job_computes_once_the_first_has_ended(place_line: PlaceLine) -> None:
    place_line()
    first = wishes.request_proposal(actor="user:bob", now=NOW)
    computing(first)
    second = wishes.request_proposal(actor="user:eve", now=NOW)
    assert not jobs.run(second.pk)
    Job.objects.filter(pk=first.pk).update(
        state=Job.State.DONE, token="", lease_until=None, finished_at=Now()
    )
    wishes.request_proposal(actor="user:eve", now=NOW)
    assert jobs.run(second.pk)
    assert Plan.objects.get().created_by == "user:eve"


def test_a_job_whose_worker_was_killed_stops_nobody(place_line: PlaceLine) -> None:
    place_line()
    first = wishes.request_proposal(actor="user:bob", now=NOW)
    computing(first)
    Job.objects.filter(pk=first.pk).update(lease_until=Now() - timedelta(seconds=1))
    second = wishes.request_proposal(actor="user:eve", now=NOW)
    assert jobs.run(second.pk)


def test_a_wish_made_during_a_computation_keeps_quiet_after_it() -> None:
    first = wishes.request_soon(actor=ACTOR, now=NOW)
    computing(first)
    second = wishes.request_soon(actor=ACTOR, now=NOW)
    Job.objects.filter(pk=first.pk).update(
        state=Job.State.DONE, token="", lease_until=None, finished_at=Now()
    )
    Job.objects.filter(pk=second.pk).update(run_after=None)
    assert not jobs.run(second.pk)
    second.refresh_from_db()
    assert 50 < wait_of(second) <= 60


def test_a_plan_put_off_to_a_later_minute_is_not_shown_as_work(bob_client: Client) -> None:
    job = wishes.request_proposal(actor="user:bob", now=NOW)
    Job.objects.filter(pk=job.pk).update(run_after=Now() + timedelta(minutes=1))
    assert "A planner is at work" not in bob_client.get("/staff/plan/").content.decode()
    Job.objects.filter(pk=job.pk).update(run_after=None)
    assert "A planner is at work" in bob_client.get("/staff/plan/").content.decode()
