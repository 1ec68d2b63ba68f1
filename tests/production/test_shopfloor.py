"""What the floor does with released runs."""

from datetime import timedelta

import pytest

from ledger.models import Entry, Job
from orders.models import Line
from production import planning, review, shopfloor
from production.models import Machine, Material, Piece, PieceState, PlanEvent, Run, RunState, Scrap
from tests.production.workshop import NOW, PlaceLine, sound

pytestmark = pytest.mark.django_db
FINN = "user:finn"


def propose(minutes: int = 0) -> None:
    now = NOW + timedelta(minutes=minutes)
    planning.store(planning.compute(actor=FINN, now=now), now=now)


@pytest.fixture
def run(place_line: PlaceLine) -> Run:
    """A released run of three pieces of one line."""
    place_line(quantity=3)
    propose()
    return review.release(run=Run.objects.get(), actor="user:bob", now=NOW)


def start(run: Run, step: int) -> None:
    shopfloor.start(operation=run.operations.get(step=step), actor=FINN, now=NOW)


def finish(run: Run, step: int) -> None:
    shopfloor.finish(operation=run.operations.get(step=step), actor=FINN, now=NOW)


def test_the_first_operation_takes_the_material_and_starts_the_lines(run: Run) -> None:
    start(run, 10)
    oak = Material.objects.get(pk="oak")
    assert (oak.on_hand, oak.reserved) == (39, 0)
    assert Line.objects.get().state == "in_production"
    assert Run.objects.get().state == RunState.STARTED
    sound()


def test_finishing_the_last_operation_makes_the_pieces(run: Run) -> None:
    for step in (10, 20):
        start(run, step)
        finish(run, step)
    assert Run.objects.get().state == RunState.DONE
    assert set(Piece.objects.values_list("state", flat=True)) == {PieceState.MADE}
    assert Line.objects.get().state == "made"
    assert Entry.objects.of(f"run:{run.pk}").filter(kind="run.done").exists()
    sound()


def test_a_machine_stays_set_up_for_what_it_did_last(run: Run) -> None:
    start(run, 10)
    finish(run, 10)
    assert Machine.objects.get(pk=run.operations.get(step=10).machine_id).setup_state == "oak"


def test_a_proposed_run_cannot_be_started(place_line: PlaceLine) -> None:
    place_line()
    propose()
    with pytest.raises(shopfloor.FloorRefused, match="release it first"):
        start(Run.objects.get(), 10)


def test_steps_are_done_in_order(run: Run) -> None:
    with pytest.raises(shopfloor.FloorRefused, match="Earlier steps are not finished: 10"):
        start(run, 20)


def test_an_operation_is_started_once(run: Run) -> None:
    start(run, 10)
    with pytest.raises(shopfloor.FloorRefused, match="started already"):
        start(run, 10)


def test_only_a_started_operation_is_finished(run: Run) -> None:
    with pytest.raises(shopfloor.FloorRefused, match="only a started one"):
        finish(run, 10)


def test_a_machine_does_one_thing_at_a_time(run: Run, place_line: PlaceLine) -> None:
    Machine.objects.filter(code="laser-2").update(in_service=False)
    place_line(quantity=2)
    propose()
    other = review.release(run=Run.objects.proposed().get(), actor="user:bob", now=NOW)
    start(run, 10)
    first, second = run.operations.get(step=10), other.operations.get(step=10)
    if first.machine_id == second.machine_id:
        with pytest.raises(shopfloor.FloorRefused, match="is busy with"):
            start(other, 10)
    else:
        pytest.fail("the second run was meant for the same machine")


def test_a_scrapped_piece_is_owed_and_planned_again(run: Run) -> None:
    start(run, 10)
    piece = run.pieces.first()
    assert piece is not None
    shopfloor.scrap(piece=piece, reason="burnt", actor=FINN, now=NOW)
    assert Job.objects.filter(kind="planning.repair").exists()
    assert "burnt" in PlanEvent.objects.get(kind="scrap").text
    assert Line.objects.get().state == "in_production"
    sound()
    propose(5)
    piece.refresh_from_db()
    assert (piece.state, piece.run_id) == (PieceState.PLANNED, Run.objects.proposed().get().pk)
    finish(run, 10)
    start(run, 20)
    finish(run, 20)
    assert Line.objects.get().state == "in_production", "one of three pieces is still owed"
    again = review.release(run=Run.objects.proposed().get(), actor="user:bob", now=NOW)
    for step in (10, 20):
        start(again, step)
        finish(again, step)
    assert Line.objects.get().state == "made"
    assert Scrap.objects.get().reason == "burnt"
    sound()


def test_scrapping_needs_a_reason(run: Run) -> None:
    start(run, 10)
    with pytest.raises(shopfloor.FloorRefused, match="Say what went wrong"):
        shopfloor.scrap(piece=run.pieces.all()[0], reason="", actor=FINN, now=NOW)


def test_a_piece_of_a_run_that_is_not_begun_cannot_be_scrapped(run: Run) -> None:
    with pytest.raises(shopfloor.FloorRefused, match="not being made"):
        shopfloor.scrap(piece=run.pieces.all()[0], reason="burnt", actor=FINN, now=NOW)


def test_a_run_whose_pieces_are_all_scrapped_is_done(run: Run) -> None:
    start(run, 10)
    for piece in list(run.pieces.all()):
        shopfloor.scrap(piece=piece, reason="wrong board", actor=FINN, now=NOW)
    finish(run, 10)
    assert Run.objects.get().state == RunState.DONE
    assert Piece.objects.owed().count() == 3
    sound()


def test_work_that_runs_late_pushes_what_is_planned_behind_it(run: Run, place_line: PlaceLine) -> None:
    start(run, 10)
    place_line(quantity=4)
    propose(60 * 13)
    packing = run.operations.get(step=20)
    assert packing.start >= NOW + timedelta(hours=13)
    sound()
