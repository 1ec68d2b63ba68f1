"""A long search: what it tells is thinned out, and a person can end it with what it has."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from ledger import jobs
from ledger.models import Entry, Job
from production import planning
from production.models import Plan
from production.views.plans import spark
from production.watched import LONGEST, Watched
from tests.production.workshop import NOW, PlaceLine

Told = list[dict[str, Any]]


class Clock:
    """Seconds, as far as a test lets them go."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def watched(clock: Clock, told: Told) -> Watched:
    return Watched(told.append, clock=clock)


def test_a_new_step_is_told_at_once_and_the_rest_once_a_second(
    watched: Watched, clock: Clock, told: Told
) -> None:
    watched({"step": "planning"})
    for tried in range(100):
        watched({"step": "planning", "tried": tried})
    watched({"step": "checking"})
    clock.now = 1.5
    watched({"step": "checking", "runs": 3})
    assert [each["step"] for each in told] == ["planning", "checking", "checking"]


def test_what_was_told_stays_until_it_is_told_anew(watched: Watched, clock: Clock, told: Told) -> None:
    watched({"step": "planning", "cost": 9, "bound": 5})
    clock.now = 2
    watched({"step": "planning", "tried": 7})
    assert (told[-1]["cost"], told[-1]["tried"]) == (9, 7)


def test_the_curve_keeps_its_first_and_last_point_and_stays_short(
    watched: Watched, clock: Clock, told: Told
) -> None:
    for second in range(1000):
        clock.now = second * 1.5
        watched({"step": "planning", "cost": 1000 - second, "bound": 1})
    curve = told[-1]["curve"]
    assert len(curve) <= LONGEST
    assert curve[0][1] == 1000 and curve[-1][1] == 1


def test_cost_and_bound_are_drawn_as_two_lines_within_the_picture() -> None:
    cost, bound = spark([(0.0, 100, 10), (5.0, 60, 20), (10.0, 50, 25)])
    points = [tuple(map(float, point.split(","))) for point in f"{cost} {bound}".split()]
    assert len(points) == 6
    assert all(0 <= x <= 240 and 0 <= y <= 48 for x, y in points)
    assert spark([(0.0, 100, 10)]) == ()


def running() -> Job:
    """A proposal that a worker has in hand."""
    job = planning.request_proposal(actor="user:bob", now=datetime.now(UTC))
    Job.objects.filter(pk=job.pk).update(state="running", token="t", lease_until=datetime.now(UTC))
    return job


def test_a_proposal_that_is_asked_to_stop_ends_with_a_certified_plan(place_line: PlaceLine) -> None:
    for _ in range(3):
        place_line()
    tried: list[int] = []
    report: Told = []
    computed = planning.compute(
        actor="user:bob", now=NOW, report=report.append, stop=lambda: bool(tried.append(1)) or True
    )
    assert computed.certificate.ok and computed.proposal.runs
    assert planning.store(computed, now=NOW) == Plan.objects.current().get()


def test_stopping_sets_the_flag_once_and_tells_the_ledger(shop: None, bob_client: Client) -> None:
    job = running()
    for _ in range(2):
        bob_client.post(f"/staff/plan/stop/{job.pk}/")
    job.refresh_from_db()
    assert job.stop_asked
    assert Entry.objects.filter(stream=f"job:{job.pk}", kind="job.stop_asked").count() == 1


def test_the_claim_of_a_job_hears_of_the_wish(shop: None) -> None:
    job = running()
    claim = jobs.Claim(job_id=job.pk, kind=job.kind, payload={}, token="t", attempt=1)
    jobs.ask_to_stop(job_id=job.pk, actor="user:bob", now=NOW)
    assert claim.stop_asked()


def test_nothing_is_stopped_that_has_ended(shop: None) -> None:
    job = running()
    Job.objects.filter(pk=job.pk).update(state="done", token="", lease_until=None)
    with pytest.raises(jobs.NothingToStop):
        jobs.ask_to_stop(job_id=job.pk, actor="user:bob", now=NOW)


def test_the_page_shows_cost_bound_and_gap_and_offers_to_stop(shop: None, bob_client: Client) -> None:
    job = running()
    curve = [[0.0, 9000, 4000], [5.0, 6000, 4500]]
    Job.objects.filter(pk=job.pk).update(
        progress={"step": "planning", "units": 5, "cost": 6000, "bound": 4500, "curve": curve, "seconds": 5}
    )
    page = bob_client.get("/staff/plan/").content.decode()
    assert "gap 33 %" in page and "Stop with the best so far" in page and "spark-bound" in page
