"""No list of the workshop asks the database more often because it is longer."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import pytest_django
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ledger import jobs
from orders.models import Line, Order
from production.models import Machine, Operation, Piece, Placement, Plan, Run, Sheet
from tests.production.day import kept_for_a_module, ordinary_day


@pytest.fixture(scope="module")
def day(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    with kept_for_a_module(django_db_blocker):
        ordinary_day()
        yield


@pytest.fixture
def asked(day: None, bob_client: Client) -> Callable[[str], int]:
    """``asked("/staff/queue/")``: how many queries the page takes."""

    def count(path: str) -> int:
        bob_client.get(path)  # what is read once a process is read
        with CaptureQueriesContext(connection) as queries:
            assert bob_client.get(path).status_code == 200
        return len(queries)

    return count


def more_lines(count: int) -> list[Line]:
    """Copies of a line of the day, each in an order of its own, waiting."""
    pattern = Line.objects.select_related("order").filter(family_code="walnut-sign").first()
    assert pattern is not None
    start = Order.objects.count()
    made = Order.objects.bulk_create(
        Order(
            number=f"Q-{start + index}",
            customer=pattern.order.customer,
            currency="EUR",
            total=Decimal(1),
            state="placed",
            placed_at=pattern.order.placed_at,
            submit_key=f"q-{start + index}",
            submit_hash="",
        )
        for index in range(count)
    )
    return Line.objects.bulk_create(
        Line(
            order=order,
            position=1,
            design=pattern.design,
            family_code=pattern.family_code,
            family_name=pattern.family_name,
            version_number=1,
            choices=pattern.choices,
            artwork_hash="",
            quantity=1,
            currency="EUR",
            price_lines=[],
            unit_price=Decimal(1),
            total=Decimal(1),
            promised_at=pattern.promised_at,
            work=pattern.work,
            state="ready",
        )
        for order in made
    )


def more_runs(count: int, *, state: str = "proposed") -> list[Run]:
    """Late runs of one piece each, with a sheet, and an operation far in the future."""
    plan = Plan.objects.current().get()
    machine = Machine.objects.select_related("work_centre").get(code="laser-1")
    pattern = Sheet.objects.select_related("material").first()
    assert pattern is not None
    now = datetime.now(UTC)
    first = Run.objects.order_by("-number").values_list("number", flat=True)[0] + 1
    begin = now + timedelta(days=100, hours=first)
    runs = Run.objects.bulk_create(
        Run(
            plan=plan,
            number=first + index,
            state=state,
            key={"work_centre": "laser", "material": pattern.material_id, "setup_family": "walnut-6"},
            why="",
            due_at=now,
            released_at=now if state != "proposed" else None,
        )
        for index in range(count)
    )
    pieces = Piece.objects.bulk_create(
        Piece(line=line, index=1, run=run, state="planned" if state == "proposed" else "released")
        for line, run in zip(more_lines(count), runs, strict=True)
    )
    sheets = Sheet.objects.bulk_create(
        Sheet(run=run, index=1, material=pattern.material, width_um=600_000, height_um=400_000, used_area=1)
        for run in runs
    )
    Placement.objects.bulk_create(
        Placement(sheet=sheet, piece=piece, part="board", copy=1, x_um=0, y_um=0, width_um=9, height_um=9)
        for sheet, piece in zip(sheets, pieces, strict=True)
    )
    Operation.objects.bulk_create(
        Operation(
            run=run,
            sequence=1,
            step=10,
            work_centre=machine.work_centre,
            machine=machine,
            setup_family="walnut-6",
            units=1,
            seconds=60,
            setup_start=begin + timedelta(minutes=2 * index),
            start=begin + timedelta(minutes=2 * index),
            end=begin + timedelta(minutes=2 * index + 1),
        )
        for index, run in enumerate(runs)
    )
    return runs


def test_the_queue_asks_as_often_for_100_lines_as_for_10(asked: Callable[[str], int]) -> None:
    more_lines(10)
    few = asked("/staff/queue/")
    more_lines(90)
    assert asked("/staff/queue/") == few


@pytest.mark.parametrize("path", ["/staff/plan/", "/staff/", "/staff/queue/?state=planned"])
def test_pages_ask_as_often_for_100_runs_as_for_10(path: str, asked: Callable[[str], int]) -> None:
    more_runs(10)
    few = asked(path)
    more_runs(90)
    assert asked(path) == few


def test_the_floor_asks_as_often_for_100_runs_as_for_10(asked: Callable[[str], int]) -> None:
    more_runs(10, state="released")
    few = asked("/staff/floor/")
    more_runs(90, state="released")
    assert asked("/staff/floor/") == few


@pytest.mark.parametrize("page", ["/staff/runs/{}/", "/staff/floor/runs/{}/"])
def test_a_run_asks_as_often_for_100_pieces_as_for_10(page: str, asked: Callable[[str], int]) -> None:
    (run,) = more_runs(1, state="released")
    path = page.format(run.pk)
    Piece.objects.bulk_create(Piece(line=line, index=1, run=run, state="released") for line in more_lines(10))
    few = asked(path)
    Piece.objects.bulk_create(Piece(line=line, index=1, run=run, state="released") for line in more_lines(90))
    assert asked(path) == few


def test_an_order_asks_as_often_for_100_pieces_as_for_10(asked: Callable[[str], int]) -> None:
    (line,) = more_lines(1)
    path = f"/staff/orders/{line.order_id}/"
    Piece.objects.bulk_create(Piece(line=line, index=index) for index in range(1, 11))
    few = asked(path)
    Piece.objects.bulk_create(Piece(line=line, index=index) for index in range(11, 101))
    assert asked(path) == few


def test_jobs_and_ledger_ask_as_often_for_100_rows_as_for_10(asked: Callable[[str], int]) -> None:
    now = datetime.now(UTC)
    for index in range(10):
        jobs.request(kind="production.demand", payload={}, key=f"q{index}", now=now)
    few = asked("/staff/jobs/"), asked("/staff/ledger/")
    for index in range(10, 100):
        jobs.request(kind="production.demand", payload={}, key=f"q{index}", now=now)
    assert (asked("/staff/jobs/"), asked("/staff/ledger/")) == few
