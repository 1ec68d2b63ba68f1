"""Lists: paged by a cursor, in as many queries for sixty rows as for ten."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from configurator.models import Family, Version
from orders.models import Line, Order
from production.models import Calendar, Machine, Material, Piece, Plan, Run, WorkCentre
from tests.api.conftest import Api, done, refused
from tests.production.workshop import line_writer

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LISTS = ("families", "orders", "plans", "runs", "machines", "materials", "work-centres")


def more_families(number: int) -> None:
    for index in range(number):
        family = Family.objects.create(code=f"f-{index}", name="F", position=index)
        family.current = Version.objects.create(
            family=family,
            number=1,
            source="",
            source_format="family",
            content_hash=f"{index:064}",
            published_at=NOW,
            published_by="system:test",
        )
        family.save()


def more_orders(number: int) -> None:
    place, owner = line_writer(), User.objects.get(username="bob")
    for index in range(number):
        place()
        Order.objects.filter(owner=None).update(owner=owner, placed_at=NOW + timedelta(minutes=index))


def more_plans(number: int) -> None:
    Plan.objects.bulk_create(
        Plan(
            number=index,
            state="superseded",
            snapshot_hash="",
            seed=0,
            certificate={},
            kpis={},
            unplanned=[],
            horizon_start=NOW,
            created_at=NOW,
            created_by="system:test",
        )
        for index in range(1, number + 1)
    )


def more_runs(number: int) -> None:
    more_plans(1)
    plan, line = Plan.objects.get(), line_writer()(quantity=number)
    runs = Run.objects.bulk_create(
        Run(plan=plan, number=index, key={}, why="") for index in range(1, number + 1)
    )
    Piece.objects.bulk_create(
        Piece(line=line, index=index, state="planned", run=run) for index, run in enumerate(runs, start=1)
    )


def more_work_centres(number: int) -> None:
    WorkCentre.objects.bulk_create(
        WorkCentre(code=f"wc-{index:03}", name="Bench", mode="bench", process="pack")
        for index in range(number)
    )


def more_machines(number: int) -> None:
    more_work_centres(number)
    days = Calendar.objects.create(code="days", name="Days", time_zone="UTC")
    Machine.objects.bulk_create(
        Machine(code=f"m-{index:03}", name="M", work_centre_id=f"wc-{index:03}", calendar=days)
        for index in range(number)
    )


def more_materials(number: int) -> None:
    Material.objects.bulk_create(
        Material(code=f"mat-{index:03}", name="Box", unit="piece", on_hand=1) for index in range(number)
    )


MORE: dict[str, Callable[[int], None]] = {
    "families": more_families,
    "orders": more_orders,
    "plans": more_plans,
    "runs": more_runs,
    "machines": more_machines,
    "materials": more_materials,
    "work-centres": more_work_centres,
}


@pytest.mark.parametrize("rows", [10, 60])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_at_most_three_queries_however_long(bob_api: Api, name: str, rows: int) -> None:
    """One for the key, one that notes its use (once a minute), one for the page; where the workshop's
    lists are, one for the role of the key's owner."""
    MORE[name](rows)
    bob_api.get("families/")  # notes the use of the key
    with CaptureQueriesContext(connection) as queries:
        listed = done(bob_api.get(f"{name}/?page_size=200"))["results"]
    assert len(listed) == rows
    most = 2 if name in ("families", "orders") else 3
    assert len(queries) <= most, "\n".join(query["sql"] for query in queries)


@pytest.mark.parametrize("name", LISTS)
def test_the_pages_of_a_list_are_the_list(bob_api: Api, name: str) -> None:
    MORE[name](10)
    everything = done(bob_api.get(f"{name}/"))["results"]
    assert len(everything) == 10
    seen: list[Any] = []
    path: str | None = f"{name}/?page_size=4"
    while path:
        page = done(bob_api.get(path))
        seen += page["results"]
        path = page["next"] and page["next"].partition("/api/v1/")[2]
    assert seen == everything


def test_a_row_added_meanwhile_moves_nothing(bob_api: Api) -> None:
    more_orders(4)
    before = [row["id"] for row in done(bob_api.get("orders/"))["results"]]
    first = done(bob_api.get("orders/?page_size=2"))
    Order.objects.filter(pk=before[-1]).update(placed_at=timezone.now() + timedelta(days=1))
    second = done(bob_api.get(f"orders/?{urlsplit(first['next']).query}"))
    assert [row["id"] for row in first["results"] + second["results"]] == before[:3]


@pytest.mark.parametrize("name", ["orders", "runs", "machines"])
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "",
        "é",
        "=" * 5000,
        *(
            base64.b64encode(urlencode(parts).encode()).decode()
            for parts in (
                {"p": "x"},
                {"p": "\x00"},
                {"p": "2026-99-99"},
                {"o": "-1"},
                {"o": "9" * 40},
                {"r": "1", "p": "9" * 400},
                {"p": "'; DROP TABLE orders; --"},
            )
        ),
    ],
)
def test_a_cursor_of_ones_own_making_does_no_harm(bob_api: Api, name: str, cursor: str) -> None:
    MORE[name](2)
    answer = bob_api.get(f"{name}/?{urlencode({'cursor': cursor})}")
    assert answer.status_code in (200, 404), answer.content


@pytest.mark.parametrize("size", ["0", "-1", "201", "all", "", "1e1", "٣", "9" * 30])
def test_a_page_size_that_is_none_is_refused(bob_api: Api, size: str) -> None:
    problem = refused(bob_api.get(f"machines/?{urlencode({'page_size': size})}"), 400, "invalid-request")
    assert problem["errors"][0]["pointer"] == "/page_size"


@pytest.mark.parametrize("lines", [10, 60])
def test_an_order_takes_as_many_queries_for_sixty_lines_as_for_ten(bob_api: Api, lines: int) -> None:
    place = line_writer()
    order = place().order
    for position in range(2, lines + 1):
        other = place()
        Line.objects.filter(pk=other.pk).update(order=order, position=position)
    bob_api.get("families/")
    with CaptureQueriesContext(connection) as queries:
        assert len(done(bob_api.get(f"orders/{order.pk}/"))["lines"]) == lines
    assert len(queries) <= 8, "\n".join(query["sql"] for query in queries)
