"""What happens in a workshop, told once: it takes effect, is on record, and a repair is asked for."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ledger import jobs
from ledger.models import Entry, Job
from orders import changes
from orders.models import Line
from production import drafts, events, planning, review, shopfloor, upkeep, wishes
from production.facts import read_problem, read_shop, seconds
from production.models import (
    Calendar,
    Draft,
    Machine,
    MachineStop,
    Material,
    MaterialLot,
    Operator,
    Piece,
    Plan,
    PlanEvent,
    PlannerSettings,
    Run,
    Rush,
)
from tests.production.repairs import drafted, first_laser, plan_now
from tests.production.workshop import NOW, PlaceLine, sound

pytestmark = pytest.mark.django_db
BOB: dict[str, Any] = {"actor": "user:bob", "now": NOW}
HOUR = timedelta(hours=1)


def asked_for() -> int:
    return Job.objects.filter(kind=wishes.REPAIR_KIND, state="queued").count()


# --- machines ---------------------------------------------------------------------------------------------


def test_a_machine_that_is_expected_back_works_from_then_on(shop: None) -> None:
    laser = Machine.objects.get(code="laser-1")
    upkeep.stop(machine=laser, reason="lens", until=NOW + 4 * HOUR, **BOB)
    known = read_shop(now=NOW)
    assert known.machine["laser-1"].stops == ((seconds(NOW), seconds(NOW + 4 * HOUR)),)
    assert any(start == seconds(NOW + 4 * HOUR) for start, _ in known.windows["laser-1"])
    assert PlanEvent.objects.get().kind == "machine_down"


def test_a_machine_that_is_not_back_in_time_has_no_time_at_all(shop: None) -> None:
    laser = Machine.objects.get(code="laser-1")
    upkeep.stop(machine=laser, reason="lens", until=NOW + HOUR, **BOB)
    assert "laser-1" not in read_shop(now=NOW + 2 * HOUR).machine


def test_a_machine_back_before_its_time_works_at_once(shop: None) -> None:
    laser = Machine.objects.get(code="laser-1")
    upkeep.stop(machine=laser, reason="lens", until=NOW + 4 * HOUR, **BOB)
    upkeep.start(machine=laser, actor="user:bob", now=NOW + HOUR)
    assert MachineStop.objects.get().end == NOW + HOUR
    assert [event.kind for event in PlanEvent.objects.order_by("at")] == ["machine_down", "machine_back"]


def test_a_machine_does_not_come_back_in_the_past(shop: None) -> None:
    with pytest.raises(upkeep.UpkeepRefused, match="still to come"):
        upkeep.stop(machine=Machine.objects.get(code="laser-1"), reason="lens", until=NOW - HOUR, **BOB)
    assert not PlanEvent.objects.exists()


def test_many_events_of_a_moment_ask_for_one_repair(place_line: PlaceLine) -> None:
    line = place_line(quantity=2)
    plan_now()
    upkeep.stop(machine=first_laser(), reason="lens", **BOB)
    events.rush(line=line, reason="trade fair", weight=5, **BOB)
    assert PlanEvent.objects.open().count() == 2
    assert asked_for() == 1


def test_without_a_plan_an_event_asks_for_one(shop: None) -> None:
    upkeep.stop(machine=Machine.objects.get(code="laser-1"), reason="lens", **BOB)
    assert asked_for() == 0
    assert Job.objects.filter(kind=planning.JOB_KIND).count() == 1


# --- lines in a hurry -------------------------------------------------------------------------------------


def test_a_line_in_a_hurry_is_due_sooner_and_weighs_more_and_its_promise_stays(place_line: PlaceLine) -> None:
    line = place_line(due_days=5)
    plan_now()
    events.rush(line=line, reason="trade fair", wanted_at=NOW + 6 * HOUR, weight=10, **BOB)
    (unit,) = read_problem(now=NOW).problem.units
    assert (unit.due, unit.weight) == (seconds(NOW + 6 * HOUR), 10)
    assert Line.objects.get().promised_at == NOW + timedelta(days=5)
    assert Run.objects.get().due_at == NOW + 6 * HOUR
    assert Entry.objects.filter(kind="line.rushed").count() == 1
    sound()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "Say when it is wanted"),
        ({"weight": 101}, "from 1 to 100"),
        ({"wanted_at": NOW - HOUR}, "still to come"),
        ({"weight": 2, "reason": " "}, "Say why"),
    ],
)
def test_a_hurry_that_says_nothing_is_refused(
    place_line: PlaceLine, asked: dict[str, Any], said: str
) -> None:
    line = place_line()
    with pytest.raises(events.EventRefused, match=said):
        events.rush(**({"line": line, "reason": "fair"} | BOB | asked))
    assert not Rush.objects.exists()


def test_a_cancelled_line_is_not_hurried(place_line: PlaceLine) -> None:
    line = place_line()
    changes.cancel(order=line.order, reason="", **BOB)
    with pytest.raises(events.EventRefused, match="nothing to hurry"):
        events.rush(line=line, reason="fair", weight=2, **BOB)


# --- material and people ----------------------------------------------------------------------------------


@pytest.fixture
def announced(shop: None) -> MaterialLot:
    material = Material.objects.create(code="resin", name="Resin", unit="ml", by_lots=True)
    return MaterialLot.objects.create(
        material=material, code="a", announced=500, available_at=NOW + 2 * HOUR, expires_at=NOW + 90 * HOUR
    )


def test_a_lot_that_is_late_arrives_later(announced: MaterialLot) -> None:
    events.late_material(lot=announced, available_at=NOW + 26 * HOUR, reason="ferry", **BOB)
    (lot,) = read_shop(now=NOW).stock["resin"].lots
    assert lot.available_at == seconds(NOW + 26 * HOUR)
    assert "Resin, lot a, arrives" in PlanEvent.objects.get().text


@pytest.mark.parametrize(
    ("hours", "here", "said"), [(26, 500, "is here"), (-1, 0, "still to come"), (95, 0, "has expired")]
)
def test_a_lot_is_not_late_so(announced: MaterialLot, hours: int, here: int, said: str) -> None:
    MaterialLot.objects.update(on_hand=here, announced=0 if here else 500)
    with pytest.raises(events.EventRefused, match=said):
        events.late_material(lot=announced, available_at=NOW + hours * HOUR, reason="ferry", **BOB)


@pytest.fixture
def ann(shop: None) -> Operator:
    return Operator.objects.create(
        code="ann", name="Ann", skills=["laser"], calendar=Calendar.objects.get(code="day")
    )


def test_somebody_away_has_no_time_then(ann: Operator) -> None:
    events.absent(operator=ann, start=NOW, end=NOW + 3 * HOUR, reason="ill", **BOB)
    known = read_shop(now=NOW)
    time = known.intervals[known.operators[0].calendar]
    assert not any(a < seconds(NOW + 3 * HOUR) and b > seconds(NOW) for a, b in time)
    assert PlanEvent.objects.get().kind == "absent"


def test_nobody_is_away_backwards(ann: Operator) -> None:
    with pytest.raises(events.EventRefused, match="ends after it begins"):
        events.absent(operator=ann, start=NOW + 3 * HOUR, end=NOW + HOUR, reason="ill", **BOB)


# --- orders and pieces ------------------------------------------------------------------------------------


def test_a_cancelled_order_leaves_its_runs_and_the_rest_is_repaired(place_line: PlaceLine) -> None:
    going, staying = place_line(quantity=2), place_line(quantity=2)
    plan_now()
    assert Run.objects.count() == 1
    changes.cancel(order=going.order, reason="", **BOB)
    events.cancelled(order=going.order, actor="user:ann", now=NOW)
    assert asked_for() == 1
    assert Piece.objects.filter(line=staying, state="owed").count() == 2
    draft = drafted()
    drafts.accept(draft=draft, **BOB)
    assert Piece.objects.filter(line=staying, state="planned").count() == 2
    assert Piece.objects.filter(line=going, state="cancelled").count() == 2
    sound()


def test_a_line_that_became_fewer_leaves_its_run_and_is_planned_anew(place_line: PlaceLine) -> None:
    going, staying = place_line(quantity=3), place_line(quantity=2)
    plan_now()
    event = events.fewer(line=going, quantity=1, reason="two are enough", **BOB)
    assert (event.kind, event.facts["from"], event.facts["to"]) == ("changed", 3, 1)
    assert asked_for() == 1
    sound()
    drafts.accept(draft=drafted(), **BOB)
    pieces = Piece.objects.filter(line__in=[going, staying]).order_by("line__position", "line", "index")
    assert [p.state for p in pieces.filter(line=going)] == ["planned", "cancelled", "cancelled"]
    assert [p.state for p in pieces.filter(line=staying)] == ["planned", "planned"]
    sound()


def test_an_order_that_was_not_planned_is_cancelled_without_an_event(place_line: PlaceLine) -> None:
    line = place_line()
    changes.cancel(order=line.order, reason="", **BOB)
    assert events.cancelled(order=line.order, actor="user:ann", now=NOW) is None
    assert not PlanEvent.objects.exists()


def test_a_line_in_a_hurry_is_put_forward_by_the_search(place_line: PlaceLine) -> None:
    """Nothing has to be put off for it, so the first repair finds nothing."""
    lines = [place_line(quantity=4, seconds=3600, due_days=3) for _ in range(6)]
    plan_now()
    ends = {run: max(o.end for o in run.operations.all()) for run in Run.objects.all()}
    last = max(ends, key=lambda run: ends[run])
    hurried = Line.objects.get(pk=last.pieces.values("line")[:1])
    assert hurried in lines
    Job.objects.all().delete()
    events.rush(line=hurried, reason="fair", wanted_at=NOW + HOUR, weight=50, **BOB)
    asked = drafts.ask(actor="user:finn", now=NOW)
    assert asked is not None
    assert drafts.store(drafts.first_repair(asked=asked, actor="user:finn"), now=NOW) is None
    assert PlanEvent.objects.open().count() == 1
    job = Job.objects.get(kind=wishes.IMPROVE_KIND)
    better = drafts.better_repair(asked=asked, actor="user:finn", stop=lambda tried: tried > 30)
    draft = drafts.store(better, now=NOW)
    assert draft is not None and job.payload["draft"] is None
    assert (draft.stage, draft.state) == ("improved", "open")
    assert Job.objects.filter(kind=wishes.IMPROVE_KIND).count() == 1
    drafts.accept(draft=draft, **BOB)
    assert PlanEvent.objects.get().answered_by == Plan.objects.current().get()
    mine = Run.objects.proposed().filter(pieces__line=hurried).distinct()
    assert max(o.end for run in mine for o in run.operations.all()) < ends[last]
    sound()


def test_a_search_that_finds_nothing_better_answers_the_event(place_line: PlaceLine) -> None:
    line = place_line(quantity=1)
    plan_now()
    events.rush(line=line, reason="fair", weight=2, **BOB)
    asked = drafts.ask(actor="user:finn", now=NOW)
    assert asked is not None
    better = drafts.better_repair(asked=asked, actor="user:finn", stop=lambda tried: tried > 5)
    same = replace(better, proposal=better.put_off)
    assert drafts.store(same, now=NOW) is None
    assert "Nothing in the plan has to change" in PlanEvent.objects.get().note
    assert not Job.objects.filter(kind=wishes.IMPROVE_KIND).exists()


def test_an_event_that_changes_nothing_is_answered_without_a_draft(place_line: PlaceLine) -> None:
    place_line(quantity=2)
    plan_now()
    idle = Machine.objects.filter(work_centre="laser").exclude(pk=first_laser().pk).get()
    upkeep.stop(machine=idle, reason="lens", **BOB)
    asked = drafts.ask(actor="user:finn", now=NOW)
    assert asked is not None
    assert drafts.store(drafts.first_repair(asked=asked, actor="user:finn"), now=NOW) is None
    assert "Nothing in the plan has to change" in PlanEvent.objects.get().note
    assert not Draft.objects.exists()


def test_a_harmless_repair_is_taken_by_itself_where_staff_said_so(place_line: PlaceLine) -> None:
    PlannerSettings.objects.update_or_create(pk=1, defaults={"takes_harmless": True})
    for _ in range(3):
        place_line(quantity=2, due_days=20)
    plan_now()
    upkeep.stop(machine=first_laser(), reason="lens", until=NOW + timedelta(hours=4), **BOB)
    draft = drafted()
    asked = drafts.asked_of(draft)
    assert asked is not None
    drafts.store_better(draft=draft, repair=drafts.first_repair(asked=asked, actor="user:finn"), now=NOW)
    draft.refresh_from_db()
    assert (draft.state, draft.decided_by) == ("accepted", "system:guard")
    sound()


def test_a_scrapped_piece_is_owed_and_a_draft_makes_it_anew(place_line: PlaceLine) -> None:
    place_line(quantity=2)
    plan_now()
    run = review.release(run=Run.objects.get(), **BOB)
    shopfloor.start(operation=run.operations.get(step=10), **BOB)
    piece = run.pieces.order_by("index")[0]
    shopfloor.scrap(piece=piece, reason="burnt", **BOB)
    draft = drafted()
    assert [change["kind"] for change in draft.diff["changes"]] == ["new"]
    drafts.accept(draft=draft, **BOB)
    piece.refresh_from_db()
    assert piece.state == "planned"
    assert Piece.objects.filter(state="owed").count() == 0
    sound()


def test_the_jobs_make_the_draft_and_then_a_better_one(place_line: PlaceLine) -> None:
    for number in range(4):
        place_line(quantity=2, material=("oak", "walnut")[number % 2], seconds=900)
    planning.request_proposal(actor="user:bob", now=NOW)
    for kind in ("production.artwork", planning.JOB_KIND):
        for job in Job.objects.filter(kind=kind, state="queued"):
            assert jobs.run(job.pk), Job.objects.get(pk=job.pk).last_error
    upkeep.stop(machine=first_laser(), reason="lens", actor="user:finn", now=NOW)
    for kind in (wishes.REPAIR_KIND, wishes.IMPROVE_KIND):
        (job,) = Job.objects.filter(kind=kind)
        assert jobs.run(job.pk), Job.objects.get(pk=job.pk).last_error
    assert Draft.objects.get().stage == "improved"
