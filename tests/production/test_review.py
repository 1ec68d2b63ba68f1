"""What staff decide about runs, and what is refused."""

from datetime import timedelta
from functools import partial

import pytest

from ledger.models import Entry
from orders.changes import CannotCancel, cancel
from orders.models import Line
from production import planning, review, shopfloor, stock
from production.models import Machine, Material, Operation, Piece, PieceState, ProductionFile, Run, RunState
from tests.production.workshop import NOW, PlaceLine, sound

pytestmark = pytest.mark.django_db
BOB = "user:bob"


@pytest.fixture
def run(place_line: PlaceLine) -> Run:
    """A proposed run of six pieces of two lines."""
    place_line(quantity=4)
    place_line(quantity=2)
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    return Run.objects.get()


def fresh(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


def test_releasing_reserves_the_material_and_moves_the_lines(run: Run) -> None:
    review.release(run=run, actor=BOB, now=NOW, expected_version=run.version)
    assert fresh(run).state == RunState.RELEASED
    assert {m.code: m.reserved for m in Material.objects.filter(reserved__gt=0)} == run.needs
    assert set(Line.objects.values_list("state", flat=True)) == {"released"}
    assert Entry.objects.of(f"run:{run.pk}").get().kind == "run.released"
    sound()


def test_a_run_cannot_be_released_twice(run: Run) -> None:
    review.release(run=run, actor=BOB, now=NOW)
    with pytest.raises(review.ReviewRefused, match="is released"):
        review.release(run=run, actor=BOB, now=NOW)


def test_a_decision_about_an_older_version_is_refused(run: Run) -> None:
    review.pin(run=run, actor=BOB, now=NOW)
    with pytest.raises(review.Outdated, match="changed meanwhile"):
        review.release(run=run, actor=BOB, now=NOW, expected_version=run.version)


def test_a_run_is_not_released_without_its_material(run: Run) -> None:
    Material.objects.filter(pk="box").update(on_hand=5)
    with pytest.raises((stock.MaterialShort, review.PlanBroken), match="box"):
        review.release(run=run, actor=BOB, now=NOW)
    assert fresh(run).state == RunState.PROPOSED
    assert not Material.objects.filter(reserved__gt=0).exists()


def test_a_plan_that_no_longer_fits_the_workshop_releases_nothing(run: Run) -> None:
    Machine.objects.filter(pk=run.operations.get(step=10).machine_id).update(speed_percent=37)
    with pytest.raises(review.PlanBroken, match="ask for a new proposal"):
        review.release(run=run, actor=BOB, now=NOW)


def test_a_released_line_cannot_be_cancelled(run: Run) -> None:
    review.release(run=run, actor=BOB, now=NOW)
    line = Line.objects.first()
    assert line is not None
    with pytest.raises(CannotCancel):
        cancel(order=line.order, reason="", actor="user:ann", now=NOW)


def test_a_line_cancelled_meanwhile_stops_the_release(run: Run) -> None:
    line = Line.objects.first()
    assert line is not None
    cancel(order=line.order, reason="", actor="user:ann", now=NOW)
    with pytest.raises(review.ReviewRefused, match="cancelled"):
        review.release(run=run, actor=BOB, now=NOW)
    assert fresh(run).state == RunState.PROPOSED


def test_splitting_makes_two_certified_runs(run: Run) -> None:
    going = list(run.pieces.all()[:2])
    rest, new = review.split(run=run, pieces=going, actor=BOB, now=NOW)
    assert (rest.pk, rest.pieces.count(), new.pieces.count()) == (run.pk, 4, 2)
    assert new.number > rest.number
    assert {p.sheet.run_id for piece in going for p in piece.placements.all()} == {new.pk}
    sound()


def test_a_split_leaves_other_runs_where_they_are(run: Run, place_line: PlaceLine) -> None:
    place_line(quantity=3, material="walnut")
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    other = Run.objects.exclude(pk=run.pk).get()
    before = list(other.operations.values_list("machine", "start", "end"))
    review.split(run=run, pieces=list(run.pieces.all()[:1]), actor=BOB, now=NOW)
    assert list(other.operations.values_list("machine", "start", "end")) == before
    sound()


@pytest.mark.parametrize("count", [0, 6])
def test_a_split_needs_some_pieces_and_not_all(run: Run, count: int) -> None:
    with pytest.raises(review.ReviewRefused, match="not none and not all"):
        review.split(run=run, pieces=list(run.pieces.all()[:count]), actor=BOB, now=NOW)


def test_a_released_run_cannot_be_split(run: Run) -> None:
    pieces = list(run.pieces.all()[:1])
    review.release(run=run, actor=BOB, now=NOW)
    with pytest.raises(review.ReviewRefused):
        review.split(run=run, pieces=pieces, actor=BOB, now=NOW)


def test_rejecting_gives_the_pieces_back(run: Run) -> None:
    review.reject(run=run, reason="wrong board", actor=BOB, now=NOW)
    assert fresh(run).state == RunState.REJECTED
    assert Piece.objects.owed().count() == 6
    assert set(Line.objects.values_list("state", flat=True)) == {"ready"}
    sound()


def test_rejecting_a_released_run_frees_its_material(run: Run) -> None:
    review.release(run=run, actor=BOB, now=NOW)
    review.reject(run=run, reason="laser down", actor=BOB, now=NOW)
    assert not Material.objects.filter(reserved__gt=0).exists()
    assert set(Line.objects.values_list("state", flat=True)) == {"ready"}
    sound()


def test_rejecting_needs_a_reason(run: Run) -> None:
    with pytest.raises(review.ReviewRefused, match="why"):
        review.reject(run=run, reason=" ", actor=BOB, now=NOW)


def test_a_started_run_cannot_be_rejected(run: Run) -> None:
    review.release(run=run, actor=BOB, now=NOW)
    shopfloor.start(operation=run.operations.get(step=10), actor=BOB, now=NOW)
    with pytest.raises(review.ReviewRefused, match="started"):
        review.reject(run=run, reason="no", actor=BOB, now=NOW)


def test_a_release_can_be_taken_back_before_the_floor_begins(run: Run) -> None:
    review.release(run=run, actor=BOB, now=NOW)
    review.undo(run=run, actor=BOB, now=NOW)
    assert fresh(run).state == RunState.PROPOSED
    assert not Material.objects.filter(reserved__gt=0).exists()
    assert set(Line.objects.values_list("state", flat=True)) == {"planned"}
    sound()


def test_a_run_off_the_floor_has_no_ticket(run: Run) -> None:
    for take_back in (review.undo, partial(review.reject, reason="laser down")):
        review.release(run=run, actor=BOB, now=NOW)
        ProductionFile.objects.create(run=run, kind="ticket", path="t.pdf", sha256="0" * 64, created_at=NOW)
        take_back(run=run, actor=BOB, now=NOW)
        assert not run.files.exists()


def test_a_release_that_was_rejected_is_forgotten_with_the_rejection(run: Run) -> None:
    review.release(run=run, actor=BOB, now=NOW)
    review.reject(run=run, reason="oops", actor=BOB, now=NOW)
    back = review.undo(run=run, actor=BOB, now=NOW)
    assert (back.state, back.released_at, back.released_by) == (RunState.PROPOSED, None, "")


def test_a_release_cannot_be_taken_back_after_the_floor_began(run: Run) -> None:
    review.release(run=run, actor=BOB, now=NOW)
    shopfloor.start(operation=run.operations.get(step=10), actor=BOB, now=NOW)
    with pytest.raises(review.ReviewRefused, match="started"):
        review.undo(run=run, actor=BOB, now=NOW)


def test_a_rejection_can_be_taken_back_while_its_pieces_are_owed(run: Run) -> None:
    review.reject(run=run, reason="oops", actor=BOB, now=NOW)
    back = review.undo(run=run, actor=BOB, now=NOW + timedelta(minutes=1))
    assert (back.pk, back.state, back.pieces.count()) == (run.pk, RunState.PROPOSED, 6)
    assert set(Line.objects.values_list("state", flat=True)) == {"planned"}
    sound()


def test_a_rejection_stands_once_its_pieces_are_planned_again(run: Run) -> None:
    review.reject(run=run, reason="oops", actor=BOB, now=NOW)
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    with pytest.raises(review.ReviewRefused, match="in other runs"):
        review.undo(run=run, actor=BOB, now=NOW)


def test_a_pin_can_be_taken_back(run: Run) -> None:
    review.pin(run=run, actor=BOB, now=NOW)
    assert fresh(run).pinned
    review.undo(run=run, actor=BOB, now=NOW)
    assert not fresh(run).pinned


def test_a_release_that_is_taken_back_leaves_the_run_pinned_as_it_was(run: Run) -> None:
    review.pin(run=run, actor=BOB, now=NOW)
    review.release(run=run, actor=BOB, now=NOW)
    assert not fresh(run).pinned
    review.undo(run=run, actor=BOB, now=NOW)
    assert fresh(run).pinned
    sound()


def split_off_one(run: Run) -> None:
    review.split(run=run, pieces=list(run.pieces.all()[:1]), actor=BOB, now=NOW)


def start_first(run: Run) -> None:
    shopfloor.start(operation=run.operations.get(step=10), actor=BOB, now=NOW)


def plan_again(run: Run) -> None:
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)


DECIDE = {
    "pin": partial(review.pin, actor=BOB, now=NOW),
    "unpin": partial(review.unpin, actor=BOB, now=NOW),
    "release": partial(review.release, actor=BOB, now=NOW),
    "reject": partial(review.reject, reason="oops", actor=BOB, now=NOW),
    "undo": partial(review.undo, actor=BOB, now=NOW),
}


@pytest.mark.parametrize(
    ("history", "possible"),
    [
        ("", False),
        ("pin", True),
        ("pin unpin", True),
        ("pin split", False),
        ("pin undo", False),
        ("pin release", True),
        ("release", True),
        ("release start", False),
        ("reject", True),
        ("reject plan", False),
        ("release reject", True),
        ("release reject undo", False),
    ],
)
def test_what_is_said_about_taking_back_is_what_taking_back_does(
    run: Run, history: str, possible: bool
) -> None:
    for step in history.split():
        if step in DECIDE:
            DECIDE[step](run=fresh(run))
        else:
            {"split": split_off_one, "start": start_first, "plan": plan_again}[step](fresh(run))
    said = review.reasons_against(fresh(run))["undo"]
    assert (said == "") is possible
    if possible:
        review.undo(run=fresh(run), actor=BOB, now=NOW)
    else:
        with pytest.raises(review.ReviewRefused) as refused:
            review.undo(run=fresh(run), actor=BOB, now=NOW)
        assert refused.value.reasons == (said,)
    sound()


def test_a_proposal_has_nothing_to_take_back(run: Run) -> None:
    with pytest.raises(review.ReviewRefused, match="cannot be taken back"):
        review.undo(run=run, actor=BOB, now=NOW)


def test_a_run_that_a_newer_plan_dissolved_is_refused_kindly(run: Run, place_line: PlaceLine) -> None:
    place_line(quantity=1, due_days=4)
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    with pytest.raises(review.ReviewRefused, match="newer plan"):
        review.release(run=run, actor=BOB, now=NOW)


def test_an_unreleased_run_that_a_new_plan_replaces_leaves_its_books(run: Run, place_line: PlaceLine) -> None:
    review.release(run=run, actor=BOB, now=NOW)
    review.undo(run=run, actor=BOB, now=NOW)
    place_line(quantity=1)
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    assert fresh(run).state == RunState.REJECTED
    assert Operation.objects.live().exclude(run__state=RunState.PROPOSED).count() == 0
    assert Piece.objects.filter(state=PieceState.PLANNED).count() == 7
    sound()
