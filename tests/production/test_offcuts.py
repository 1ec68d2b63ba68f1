"""What runs leave of their sheets is kept, used in place of a sheet, and never lost or used twice."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from ledger.models import Entry
from production import offcuts, planning, review, shopfloor, stock
from production.models import Material, Offcut, Operation, Plan, Run, Sheet
from production.views.drawings import drawings_of
from tests.production.workshop import NOW, PlaceLine, sound

pytestmark = pytest.mark.django_db
BOB: dict[str, Any] = {"actor": "user:bob", "now": NOW}


def propose() -> Plan:
    plan = planning.store(planning.compute(actor="user:bob", now=NOW), now=NOW)
    assert plan is not None
    return plan


def proposed() -> Run:
    return Run.objects.get(state="proposed")


def make(run: Run) -> None:
    for operation in run.operations.order_by("step"):
        shopfloor.start(operation=operation, **BOB)
        shopfloor.finish(operation=Operation.objects.get(pk=operation.pk), **BOB)


def offcut_of(run: Run) -> str | None:
    sheet = Sheet.objects.select_related("offcut").get(run=run)
    return sheet.offcut.code if sheet.offcut else None


@pytest.fixture
def left_over(place_line: PlaceLine, oak: Material) -> Offcut:
    """What a run of one sign has left of its sheet."""
    offcuts.keep_from(material=oak, least_um=100_000, **BOB)
    place_line(width=300, height=380)
    propose()
    review.release(run=proposed(), **BOB)
    make(Run.objects.get())
    sound()
    return Offcut.objects.get()


def test_what_a_run_leaves_is_kept(left_over: Offcut) -> None:
    run = Run.objects.get()
    assert left_over.code == f"R-{run.number}-1"
    # The sign lies at the margin of 5 mm, cut with a gap of 2 mm.
    assert (left_over.width_um, left_over.height_um) == (293_000, 400_000)
    assert (left_over.state, left_over.made_by) == ("free", run)
    told = Entry.objects.of("material:oak").filter(kind="offcut.kept").get()
    assert told.data["run"] == run.pk


def test_nothing_is_kept_below_the_size_that_staff_want(place_line: PlaceLine, oak: Material) -> None:
    offcuts.keep_from(material=oak, least_um=294_000, **BOB)
    place_line(width=300, height=380)
    propose()
    review.release(run=proposed(), **BOB)
    make(Run.objects.get())
    assert not Offcut.objects.exists()


def test_an_offcut_is_planned_reserved_and_used(left_over: Offcut, place_line: PlaceLine) -> None:
    place_line(width=200, height=120)
    propose()
    run = proposed()
    assert offcut_of(run) == left_over.code
    assert "oak" not in run.needs
    sound()
    review.release(run=run, **BOB)
    left_over.refresh_from_db()
    assert (left_over.state, left_over.reserved_by) == ("reserved", run)
    sound()
    make(Run.objects.get(pk=run.pk))
    left_over.refresh_from_db()
    assert (left_over.state, left_over.reserved_by) == ("used", run)
    assert Offcut.objects.filter(made_by=run).exists(), "what is left of it is an offcut again"
    sound()


def test_undo_and_reject_give_it_back(left_over: Offcut, place_line: PlaceLine) -> None:
    place_line(width=200, height=120)
    propose()
    review.release(run=proposed(), **BOB)
    review.undo(run=Run.objects.get(state="released"), **BOB)
    left_over.refresh_from_db()
    assert left_over.state == "free"
    sound()
    review.release(run=proposed(), **BOB)
    review.reject(run=Run.objects.get(state="released"), reason="wrong", **BOB)
    left_over.refresh_from_db()
    assert (left_over.state, left_over.reserved_by) == ("free", None)
    sound()


def test_a_split_uses_it_once(left_over: Offcut, place_line: PlaceLine) -> None:
    place_line(quantity=2, width=200, height=120)
    propose()
    run = proposed()
    assert offcut_of(run) == left_over.code
    rest, new = review.split(run=run, pieces=[run.pieces.all()[0]], **BOB)
    assert sorted([offcut_of(rest) or "", offcut_of(new) or ""]) == ["", left_over.code]
    sound()


def test_a_pinned_run_keeps_it_from_the_next_plan(left_over: Offcut, place_line: PlaceLine) -> None:
    place_line(width=200, height=120)
    propose()
    review.pin(run=proposed(), **BOB)
    place_line(width=200, height=120)
    propose()
    assert sorted(offcut_of(run) or "" for run in Run.objects.filter(state="proposed")) == [
        "",
        left_over.code,
    ]
    sound()


def test_a_run_whose_offcut_is_gone_is_not_released(left_over: Offcut, place_line: PlaceLine) -> None:
    place_line(width=200, height=120)
    propose()
    offcuts.discard(offcut=left_over, **BOB)
    with pytest.raises((stock.MaterialShort, review.PlanBroken)):
        review.release(run=proposed(), **BOB)
    propose()
    assert offcut_of(proposed()) is None
    sound()


def test_one_that_is_set_aside_is_not_thrown_away(left_over: Offcut, place_line: PlaceLine) -> None:
    place_line(width=200, height=120)
    propose()
    review.release(run=proposed(), **BOB)
    with pytest.raises(stock.StockRefused, match="reserved for R-2"):
        offcuts.discard(offcut=left_over, **BOB)


def test_a_sheet_with_a_defect_is_used_around_it(place_line: PlaceLine, oak: Material) -> None:
    stock.count(material=oak, on_hand=0, **BOB)
    added = offcuts.add(
        material=oak, width_um=600_000, height_um=400_000, defects=[(0, 0, 300_000, 400_000)], **BOB
    )
    place_line(width=200, height=120)
    propose()
    assert offcut_of(proposed()) == added.code
    placement = Sheet.objects.get(run=proposed()).placements.get()
    assert placement.x_um >= 300_000
    sound()


@pytest.mark.parametrize(
    ("size", "defects", "why"),
    [
        ((0, 100_000), [], "more than 0"),
        ((700_000, 100_000), [], "larger than a sheet"),
        ((200_000, 100_000), [(150_000, 0, 60_000, 10)], "outside of it"),
        ((200_000, 100_000), [(0, 0, 1, 1)] * 51, "51 defects"),
    ],
)
def test_what_cannot_be_an_offcut_is_refused(
    oak: Material, size: tuple[int, int], defects: list[tuple[int, int, int, int]], why: str
) -> None:
    with pytest.raises(stock.StockRefused, match=why):
        offcuts.add(material=oak, width_um=size[0], height_um=size[1], defects=defects, **BOB)


def test_only_sheets_leave_offcuts(shop: None) -> None:
    with pytest.raises(stock.StockRefused, match="does not come in sheets"):
        offcuts.keep_from(material=Material.objects.get(pk="box"), least_um=1, **BOB)


def test_staff_add_throw_away_and_say_what_is_kept(bob_client: Client, oak: Material) -> None:
    page = reverse("material", args=["oak"])
    add = {"width": "250", "height": "180.5", "defects": "10, 20, 30, 40\n\n"}
    told = bob_client.post(reverse("offcut-add", args=["oak"]), add, follow=True).content.decode()
    offcut = Offcut.objects.get()
    assert (offcut.height_um, offcut.defects) == (180_500, [[10_000, 20_000, 30_000, 40_000]])
    assert f"Write {offcut.code} on it" in told and "250 × 180 mm, 1 defect" in told
    bob_client.post(reverse("offcuts-keep", args=["oak"]), {"least": "120"})
    assert "at least 120 mm" in bob_client.get(page).content.decode()
    bob_client.post(reverse("offcut-discard", args=["oak", offcut.code]))
    assert "None lie in the store" in bob_client.get(page).content.decode()
    told = bob_client.post(
        reverse("offcut-add", args=["oak"]), {**add, "defects": "10, twenty"}, follow=True
    ).content.decode()
    assert "is no defect" in told


def drawn(run: Run) -> str:
    return render_to_string("staff/_sheets.html", {"run": run, "sheets": drawings_of(run, [])})


def test_sheets_say_which_offcut_they_are_and_what_they_left(
    left_over: Offcut, place_line: PlaceLine
) -> None:
    place_line(width=200, height=120)
    propose()
    assert f"offcut {left_over.code}" in drawn(proposed())
    assert f"left and kept: {left_over.code}, 293 × 400 mm" in drawn(Run.objects.get(state="done"))
