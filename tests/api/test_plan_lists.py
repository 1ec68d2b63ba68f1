"""Operations, load and late lines over HTTP: filtered, paged, in UTC."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from orders.models import Line
from production import planning
from production.models import Operation
from tests.api.conftest import Api, done, refused
from tests.production.workshop import NOW, line_writer, load_test_shop


@pytest.fixture
def planner(bob: User, keyed: Any) -> Api:
    """Bob's key for production, in a workshop with a plan of six pieces."""
    load_test_shop()
    place = line_writer()
    place(quantity=4)
    place(quantity=2, material="walnut")
    planning.store(planning.compute(actor="user:bob", now=NOW), now=NOW)
    api: Api = keyed(bob, "production:read")
    return api


def test_operations_come_in_the_order_of_their_begin_a_page_at_a_time(planner: Api) -> None:
    first = done(planner.get("operations/?page_size=1"))
    rest = done(planner.get("operations/?page_size=200"))["results"]
    assert len(first["results"]) == 1 and first["next"]
    assert [each["setup_start"] for each in rest] == sorted(each["setup_start"] for each in rest)
    assert len(rest) == Operation.objects.count()


def test_operations_are_filtered_by_machine_state_and_time(planner: Api) -> None:
    packed = done(planner.get("operations/?machine=packing-1&state=planned"))["results"]
    assert {each["machine"] for each in packed} == {"packing-1"}
    later = (NOW + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert done(planner.get(f"operations/?from={later}"))["results"] == []


@pytest.mark.parametrize("query", ["state=lost", "from=monday", "to=2026-03-02T06:00", "machine=%00"])
def test_a_filter_that_means_nothing_is_refused(query: str, planner: Api) -> None:
    refused(planner.get(f"operations/?{query}"), 400, "invalid-request")


def test_the_load_counts_what_is_planned(planner: Api) -> None:
    load = done(planner.get("load/?from=2026-03-02&count=7"))
    laser = next(each for each in load["work_centres"] if each["code"] == "laser")
    planned = sum(bucket["work_seconds"] for bucket in laser["buckets"])
    assert planned == sum(
        (each.end - each.start).total_seconds() for each in Operation.objects.filter(work_centre="laser")
    )
    assert laser["buckets"][0]["start"] == "2026-03-01T23:00:00Z"


@pytest.mark.parametrize("query", ["step=year", "count=0", "count=1000", "from=monday"])
def test_a_load_that_cannot_be_told_is_refused(query: str, planner: Api) -> None:
    refused(planner.get(f"load/?{query}"), 400, "invalid-request")


def test_late_lines_say_by_how_much_and_what_binds(planner: Api) -> None:
    Line.objects.update(promised_at=NOW - timedelta(days=1))
    found = done(planner.get("late-lines/?page_size=1"))
    assert (found["count"], found["next_offset"], len(found["results"])) == (2, 1, 1)
    assert found["results"][0]["late_seconds"] > 86_400
    assert found["results"][0]["cause"]["kind"] == "past"
    assert done(planner.get("late-lines/?cause=machine"))["count"] == 0


def test_an_unknown_cause_is_refused(planner: Api) -> None:
    refused(planner.get("late-lines/?cause=fate"), 400, "invalid-request")
