"""The promise port, answered from the plan in force."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from configurator.engine.manufacturing import Work
from production import planning, review
from production.models import Material, Run
from production.promising import Promiser, read_capacity
from tests.production.workshop import NOW, PlaceLine, work

pytestmark = pytest.mark.django_db


def agreed(**of_work: object) -> Work:
    return Work.from_json(work(**of_work))  # type: ignore[arg-type]


def propose() -> None:
    planning.store(planning.compute(actor="user:bob", now=NOW), now=NOW)


def test_a_small_thing_is_promised_for_the_same_day(shop: None) -> None:
    promise = Promiser().promise(work=agreed(), quantity=1, now=NOW)
    assert promise.ready_at is not None
    assert NOW < promise.ready_at < NOW + timedelta(hours=12)
    assert promise.ready_at.minute % 15 == 0


def test_what_is_ordered_but_not_planned_comes_first(place_line: PlaceLine) -> None:
    promiser = Promiser()
    before = promiser.promise(work=agreed(), quantity=1, now=NOW).ready_at
    for _ in range(8):
        place_line(quantity=30, seconds=400)
    planning.request_proposal(actor="user:bob", now=NOW)
    after = Promiser().promise(work=agreed(), quantity=1, now=NOW).ready_at
    assert before is not None and after is not None and after > before + timedelta(hours=12)


def test_what_is_planned_comes_first(place_line: PlaceLine) -> None:
    before = Promiser().promise(work=agreed(), quantity=1, now=NOW).ready_at
    for _ in range(8):
        place_line(quantity=20, seconds=600)
    propose()
    after = Promiser().promise(work=agreed(), quantity=1, now=NOW).ready_at
    assert before is not None and after is not None and after > before + timedelta(hours=6)


def test_the_capacity_is_read_again_when_something_happened(place_line: PlaceLine) -> None:
    promiser = Promiser()
    promiser.promise(work=agreed(), quantity=1, now=NOW)
    with CaptureQueriesContext(connection) as known:
        promiser.promise(work=agreed(), quantity=2, now=NOW)
    assert len(known) == 1
    place_line(quantity=3)
    propose()
    with CaptureQueriesContext(connection) as changed:
        promiser.promise(work=agreed(), quantity=2, now=NOW)
    assert len(changed) > 1


def test_reading_the_capacity_takes_the_same_queries_for_10_and_100_lines(place_line: PlaceLine) -> None:
    counts = []
    for lines in (10, 90):
        for _ in range(lines):
            place_line()
        with CaptureQueriesContext(connection) as queries:
            read_capacity(now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 24


@pytest.mark.parametrize(
    ("of_work", "says"),
    [
        ({"width": 900}, "larger than the usable"),
        ({"material": "gold"}, "keeps no sheets of 'gold'"),
        ({"boxes": 2000}, "box: 2000 piece needed, 1000 free"),
    ],
)
def test_what_cannot_be_made_gets_no_date_and_a_reason(
    shop: None, of_work: dict[str, object], says: str
) -> None:
    promise = Promiser().promise(work=agreed(**of_work), quantity=1, now=NOW)
    assert promise.ready_at is None
    assert says in promise.reason


def test_material_of_released_and_proposed_runs_is_not_promised_again(place_line: PlaceLine) -> None:
    Material.objects.filter(pk="box").update(on_hand=10)
    place_line(quantity=4)
    place_line(quantity=4, material="walnut")
    propose()
    review.release(run=Run.objects.all()[0], actor="user:bob", now=NOW)
    promise = Promiser().promise(work=agreed(), quantity=3, now=NOW)
    assert promise.ready_at is None
    assert "box: 3 piece needed, 2 free" in promise.reason


def test_an_order_that_cannot_be_made_does_not_stop_the_promises_of_others(place_line: PlaceLine) -> None:
    place_line(quantity=1, boxes=2000)
    before = Promiser().promise(work=agreed(), quantity=1, now=NOW)
    assert before.ready_at is None, "until a plan has looked at it, its material counts"
    propose()
    assert Promiser().promise(work=agreed(), quantity=1, now=NOW).ready_at is not None


def test_pieces_for_a_later_plan_hold_no_material_against_others(
    place_line: PlaceLine, settings: Any
) -> None:
    settings.PLANNING_PIECES = 2
    Material.objects.filter(pk="box").update(on_hand=10)
    place_line(quantity=10)
    propose()
    promise = Promiser().promise(work=agreed(), quantity=8, now=NOW)
    assert promise.ready_at is not None
    assert "box" in Promiser().promise(work=agreed(), quantity=9, now=NOW).reason
