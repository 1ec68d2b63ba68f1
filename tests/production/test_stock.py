"""What comes into the store, and what a count finds there."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ledger import jobs
from ledger.models import Entry, Job
from production import planning, review, shopfloor, stock
from production.facts import read_shop
from production.models import Material, MaterialLot, MaterialMovement, Plan, Run
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


# --- lots -------------------------------------------------------------------------------------------------

SOON, LATER = NOW + timedelta(days=2), NOW + timedelta(days=30)


@pytest.fixture
def boxes(shop: None) -> Material:
    """Boxes by lots: 1000 unlabelled ones counted away, 6 that expire soon, 50 that keep."""
    box = Material.objects.get(pk="box")
    stock.receive(material=box, quantity=6, delivery=stock.Delivery("old", SOON), **FINN)
    stock.receive(material=box, quantity=50, delivery=stock.Delivery("new", LATER, "Acme"), **FINN)
    stock.count(material=box, lot=stock.UNLABELLED, on_hand=0, **FINN)
    return Material.objects.get(pk="box")


def lots(box: Material) -> dict[str, tuple[int, int]]:
    rows = MaterialLot.objects.filter(material=box).exclude(code=stock.UNLABELLED)
    return {lot.code: (lot.on_hand, lot.reserved) for lot in rows}


def released(place_line: PlaceLine, **of_line: Any) -> Run:
    place_line(**of_line)
    propose()
    return review.release(run=Run.objects.get(), actor="user:bob", now=NOW)


def test_a_lot_that_comes_in_is_of_its_material(boxes: Material) -> None:
    assert (boxes.by_lots, boxes.on_hand) == (True, 56)
    assert lots(boxes) == {"old": (6, 0), "new": (50, 0)}
    sound()


def test_a_release_reserves_the_lots_of_the_plan_and_undoing_gives_them_back(
    boxes: Material, place_line: PlaceLine
) -> None:
    run = released(place_line, quantity=8)
    assert sum(use["quantity"] for use in run.lots) == 8
    taken = {use["lot"]: use["quantity"] for use in run.lots}
    assert {code: reserved for code, (_, reserved) in lots(boxes).items() if reserved} == taken
    sound()
    review.undo(run=run, actor="user:bob", now=NOW)
    assert lots(boxes) == {"old": (6, 0), "new": (50, 0)}
    sound()


def test_what_the_plan_does_not_say_comes_from_the_lot_that_expires_first(
    boxes: Material, place_line: PlaceLine
) -> None:
    place_line(quantity=8)
    propose()
    Run.objects.update(lots=[])
    run = Run.objects.get()
    stock.reserve(run=run, actor="user:bob", now=NOW)
    assert lots(boxes) == {"old": (6, 6), "new": (50, 2)}
    stock.issue(run=run, actor="user:bob", now=NOW)
    assert lots(boxes) == {"old": (0, 0), "new": (48, 0)}
    assert Material.objects.get(pk="box").on_hand == 48


def test_a_lot_that_was_counted_away_cannot_be_reserved(boxes: Material, place_line: PlaceLine) -> None:
    place_line(quantity=8)
    propose()
    Run.objects.update(lots=[{"material": "box", "lot": "new", "quantity": 8, "order": ""}])
    stock.count(material=boxes, lot="new", on_hand=7, **FINN)
    with pytest.raises(stock.MaterialShort, match=r"box \(lot new\): 8 piece needed, 7 free"):
        stock.reserve(run=Run.objects.get(), actor="user:bob", now=NOW)
    assert lots(boxes)["new"] == (7, 0)


def test_an_expired_lot_is_neither_reserved_nor_begun(boxes: Material, place_line: PlaceLine) -> None:
    run = released(place_line, quantity=8)
    first = run.operations.order_by("sequence")[0]
    with pytest.raises(shopfloor.FloorRefused, match="The lot new of box expired on 01 Apr 2026"):
        shopfloor.start(operation=first, actor="user:finn", now=LATER)
    stock.unreserve(run=run, actor="user:bob", now=NOW)
    Run.objects.update(lots=[{"material": "box", "lot": "new", "quantity": 8, "order": ""}])
    with pytest.raises(stock.MaterialShort, match=r"lot new.*0 free"):
        stock.reserve(run=Run.objects.get(), actor="user:bob", now=LATER)


def test_what_is_announced_is_no_stock_until_it_comes(boxes: Material) -> None:
    stock.announce(
        material=boxes, delivery=stock.Delivery("late", LATER), quantity=9, available_at=SOON, **FINN
    )
    (late,) = [lot for lot in read_shop(now=NOW).stock["box"].lots if lot.code == "late"]
    assert (late.quantity, late.available_at) == (9, int(SOON.timestamp()))
    assert read_shop(now=NOW).stock["box"].on_hand == 56
    stock.receive(material=boxes, quantity=8, delivery=stock.Delivery("late"), **FINN)
    assert lots(boxes)["late"] == (8, 0)
    assert read_shop(now=NOW).stock["box"].on_hand == 64
    sound()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"available_at": NOW}, "later than now"),
        ({"quantity": -1}, "Announce at least 0"),
        ({"delivery": stock.Delivery("late", NOW)}, "has expired when it is there"),
        ({"delivery": stock.Delivery("new")}, "is here already"),
        ({"delivery": stock.Delivery("")}, "A lot has a code"),
    ],
)
def test_an_announcement_that_cannot_be_is_refused(boxes: Material, wrong: dict[str, Any], says: str) -> None:
    said: dict[str, Any] = {"delivery": stock.Delivery("late", LATER), "quantity": 9, "available_at": SOON}
    with pytest.raises(stock.StockRefused, match=says):
        stock.announce(material=boxes, **(said | wrong), **FINN)


def test_material_kept_by_lots_comes_and_is_counted_by_lot(boxes: Material, oak: Material) -> None:
    with pytest.raises(stock.StockRefused, match="say which lot came in"):
        stock.receive(material=boxes, quantity=5, **FINN)
    with pytest.raises(stock.StockRefused, match="count one lot at a time"):
        stock.count(material=boxes, on_hand=5, **FINN)
    with pytest.raises(stock.StockRefused, match="not kept by lots"):
        stock.count(material=oak, on_hand=5, lot="x", **FINN)


def before_lots() -> tuple[int, int]:
    """On hand and reserved of what lay there when oak began to be kept by lots."""
    lot = MaterialLot.objects.get(material="oak", code=stock.UNLABELLED)
    return lot.on_hand, lot.reserved


def test_what_was_reserved_before_a_material_had_lots_stays_so(reserved: Material) -> None:
    told = {"delivery": stock.Delivery("o1"), "quantity": 5, "available_at": SOON}
    stock.announce(material=reserved, **told, **FINN)
    run = Run.objects.get()
    need = run.needs["oak"]
    assert run.lots == [{"material": "oak", "lot": "unlabelled", "quantity": need, "order": ""}]
    assert before_lots() == (40, need)
    sound()
    propose()
    review.undo(run=Run.objects.get(), actor="user:bob", now=NOW)
    assert before_lots() == (40, 0)
    sound()


def test_the_floor_takes_what_was_reserved_before_a_material_had_lots(reserved: Material) -> None:
    stock.receive(material=reserved, quantity=5, delivery=stock.Delivery("o1"), **FINN)
    run = Run.objects.get()
    shopfloor.start(operation=run.operations.order_by("sequence")[0], actor="user:finn", now=NOW)
    assert before_lots() == (40 - run.needs["oak"], 0)
    assert lots(reserved) == {"o1": (5, 0)}
    sound()


def test_reservations_that_no_run_explains_get_no_lots(reserved: Material) -> None:
    Material.objects.filter(pk="oak").update(reserved=reserved.reserved + 1)
    with pytest.raises(stock.StockRefused, match="name lots once they are made"):
        stock.receive(material=reserved, quantity=5, delivery=stock.Delivery("o1"), **FINN)


def test_books_of_lots_that_do_not_add_up_are_found(boxes: Material) -> None:
    MaterialLot.objects.filter(code="new").update(on_hand=51)
    with pytest.raises(AssertionError, match="lot box new: 51 on hand"):
        sound()
