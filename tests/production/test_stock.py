"""What comes into the store, and what a count finds there."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ledger import jobs
from ledger.models import Entry, Job
from production import planning, review, stock
from production.models import Material, MaterialMovement, Plan, Run
from tests.production.workshop import NOW, PlaceLine, sound

pytestmark = pytest.mark.django_db
FINN: dict[str, Any] = {"actor": "user:finn", "now": NOW}


def propose() -> Plan:
    plan = planning.store(planning.compute(actor="user:bob", now=NOW), now=NOW)
    assert plan is not None
    return plan


def told(material: Material) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.kind, entry.data) for entry in Entry.objects.of(f"material:{material.pk}")]


def proposals_asked_for() -> int:
    """How many proposals are asked for once the jobs that follow the entries have run."""
    for job in Job.objects.filter(kind="production.demand", state="queued"):
        assert jobs.run(job.pk), Job.objects.get(pk=job.pk).last_error
    return Job.objects.filter(kind=planning.JOB_KIND).count()


@pytest.fixture
def reserved(place_line: PlaceLine) -> Material:
    """Oak, of which a released run has reserved some."""
    place_line(quantity=3)
    propose()
    review.release(run=Run.objects.get(), actor="user:bob", now=NOW)
    oak = Material.objects.get(pk="oak")
    assert oak.reserved
    return oak


def test_what_comes_in_is_on_hand_and_in_the_books(oak: Material) -> None:
    assert stock.receive(material=oak, quantity=25, **FINN).on_hand == 65
    assert told(oak) == [("material.received", {"material": "oak", "on_hand": 65, "quantity": 25})]
    sound()


def test_a_receipt_has_the_lines_that_were_short_planned(place_line: PlaceLine, oak: Material) -> None:
    stock.count(material=oak, on_hand=0, **FINN)
    place_line(quantity=3)
    assert propose().unplanned
    before = proposals_asked_for()
    stock.receive(material=oak, quantity=10, **FINN)
    Job.objects.filter(kind=planning.JOB_KIND).delete()  # wishes of the same seconds are one
    assert proposals_asked_for() == 1 <= before
    assert not propose().unplanned


@pytest.mark.parametrize("quantity", [0, -3, stock.MOST + 1])
def test_a_receipt_of_no_sensible_quantity_is_refused(oak: Material, quantity: int) -> None:
    with pytest.raises(stock.StockRefused, match="Receive at least 1"):
        stock.receive(material=oak, quantity=quantity, **FINN)
    assert Material.objects.get(pk="oak").on_hand == 40


@pytest.mark.parametrize("counted", [0, 37, 44])
def test_a_count_puts_the_books_right(oak: Material, counted: int) -> None:
    assert stock.count(material=oak, on_hand=counted, **FINN).on_hand == counted
    assert MaterialMovement.objects.get(kind="count").on_hand_change == counted - 40
    assert told(oak) == [
        ("material.counted", {"material": "oak", "on_hand": counted, "change": counted - 40})
    ]
    assert proposals_asked_for() == 1
    sound()


def test_a_count_that_agrees_is_noted_and_moves_nothing(oak: Material) -> None:
    stock.count(material=oak, on_hand=40, **FINN)
    assert not MaterialMovement.objects.filter(kind="count").exists()
    assert told(oak)[0][1]["change"] == 0
    assert proposals_asked_for() == 0


def test_a_count_below_what_is_reserved_is_refused_with_its_reason(reserved: Material) -> None:
    with pytest.raises(stock.StockRefused, match="reserved for released runs"):
        stock.count(material=reserved, on_hand=reserved.reserved - 1, **FINN)
    assert Material.objects.get(pk="oak").on_hand == 40


def test_a_count_of_just_what_is_reserved_is_taken(reserved: Material) -> None:
    assert stock.count(material=reserved, on_hand=reserved.reserved, **FINN).free == 0
    sound()


@pytest.mark.parametrize("counted", [-1, stock.MOST + 1])
def test_a_count_of_no_sensible_quantity_is_refused(oak: Material, counted: int) -> None:
    with pytest.raises(stock.StockRefused, match="Count at least 0"):
        stock.count(material=oak, on_hand=counted, **FINN)


def test_the_first_stock_of_a_shop_is_told_by_its_loading(shop: None) -> None:
    entry = Entry.objects.of("shop").get()
    assert entry.data["stock"] == {"oak": 40, "walnut": 40, "box": 1000}
    assert not Job.objects.exists()


def test_the_command_receives(oak: Material, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("receive", "oak", "5")
    assert "Oak: 45 sheet on hand, 45 free" in capsys.readouterr().out


def test_the_command_does_not_know_every_material(shop: None) -> None:
    with pytest.raises(CommandError, match="no material marble"):
        call_command("receive", "marble", "5")


def test_the_command_refuses_what_is_refused(shop: None) -> None:
    with pytest.raises(CommandError, match="at least 1"):
        call_command("receive", "oak", "0")
