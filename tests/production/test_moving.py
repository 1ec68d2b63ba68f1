"""A person moves an operation: it goes there, what is in its way is put off, what stands is not pushed."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from ledger.models import Entry
from production import moving, planning, review
from production.models import Machine, Operation, Plan, PlannerSettings, Run
from production.plans import certify_standing
from tests.production.workshop import NOW, PlaceLine, sound

HOUR = timedelta(hours=1)


@pytest.fixture
def plan(place_line: PlaceLine) -> Plan:
    """Six runs of oak and walnut, promised far apart so that each is a run of its own."""
    for days in range(3):
        place_line(quantity=3, due_days=5 + 3 * days, seconds=1200)
        place_line(quantity=3, due_days=5 + 3 * days, seconds=1200, material="walnut")
    stored = planning.store(planning.compute(actor="user:bob", now=NOW), now=NOW)
    assert stored is not None
    return stored


def first_cut() -> Operation:
    return Operation.objects.filter(work_centre="laser").earliest("start", "pk")


def last_cut() -> Operation:
    """The last one of another run."""
    others = Operation.objects.filter(work_centre="laser").exclude(run=first_cut().run_id)
    return others.latest("start", "pk")


def move(operation: Operation, machine: str, start: datetime, **more: int) -> moving.Moved:
    return moving.move(
        operation=operation,
        machine=Machine.objects.get(code=machine),
        start=start,
        actor="user:bob",
        now=NOW,
        **more,
    )


def refusal(operation: Operation, machine: str, start: datetime) -> str:
    before = list(Operation.objects.order_by("pk").values_list("pk", "machine", "start", "end"))
    with pytest.raises(review.ReviewRefused) as refused:
        move(operation, machine, start)
    assert list(Operation.objects.order_by("pk").values_list("pk", "machine", "start", "end")) == before
    return str(refused.value)


def test_it_goes_where_it_is_wanted_and_its_run_is_pinned(plan: Plan) -> None:
    cut = first_cut()
    later = NOW + 30 * HOUR
    moved = move(cut, "laser-2", later)
    cut.refresh_from_db()
    assert (cut.machine.code, cut.start >= later) == ("laser-2", True)
    assert moved.run.pinned and moved.run.version == cut.run.version
    assert certify_standing(now=NOW).ok
    sound()


def test_its_later_steps_follow(plan: Plan) -> None:
    cut = first_cut()
    move(cut, cut.machine.code, NOW + 30 * HOUR)
    packing = Operation.objects.get(run=cut.run_id, work_centre="packing")
    cut.refresh_from_db()
    assert packing.start >= cut.end


def test_what_is_in_its_way_is_put_off_and_nothing_begins_earlier(plan: Plan) -> None:
    first, last = first_cut(), last_cut()
    before = dict(Operation.objects.exclude(run=last.run_id).values_list("pk", "start"))
    moved = move(last, first.machine.code, first.start - timedelta(seconds=1))
    after = dict(Operation.objects.exclude(run=last.run_id).values_list("pk", "start"))
    assert moved.others == sum(after[pk] != before[pk] for pk in before)
    assert all(after[pk] >= before[pk] for pk in before)
    assert certify_standing(now=NOW).ok


def test_it_is_in_the_ledger(plan: Plan) -> None:
    cut = first_cut()
    move(cut, "laser-2", NOW + 30 * HOUR)
    entry = Entry.objects.of(f"run:{cut.run_id}").last()
    assert entry is not None and (entry.kind, entry.data["to"]["machine"]) == ("run.moved", "laser-2")


def test_work_is_not_moved_into_the_past(plan: Plan) -> None:
    assert "That time is over" in refusal(first_cut(), "laser-1", NOW - HOUR)


def test_a_step_cannot_begin_before_the_one_before_it_ends(plan: Plan) -> None:
    packing = Operation.objects.filter(work_centre="packing").latest("start")
    assert "step before ends" in refusal(packing, "packing-1", NOW + timedelta(minutes=20))


def test_a_machine_that_cannot_do_it_is_refused(plan: Plan) -> None:
    assert "cannot do it" in refusal(first_cut(), "packing-1", NOW + 30 * HOUR)


def test_a_machine_out_of_service_is_refused(plan: Plan) -> None:
    Machine.objects.filter(code="laser-2").update(in_service=False, stopped_reason="belt torn")
    assert "belt torn" in refusal(first_cut(), "laser-2", NOW + 30 * HOUR)


def test_released_work_is_not_moved(plan: Plan) -> None:
    cut = first_cut()
    review.release(run=cut.run, actor="user:bob", now=NOW)
    assert "only proposed work" in refusal(cut, "laser-2", NOW + 30 * HOUR)


def test_pinned_work_is_not_pushed(plan: Plan) -> None:
    first, last = first_cut(), last_cut()
    review.pin(run=first.run, actor="user:bob", now=NOW)
    answer = refusal(last, first.machine.code, first.start - timedelta(seconds=1))
    assert f"R-{first.run.number}" in answer and "pinned" in answer


def test_the_frozen_zone_stays_as_it_is(plan: Plan) -> None:
    PlannerSettings.objects.create(pk=1, frozen_seconds=4 * 3600, slushy_seconds=8 * 3600)
    assert "frozen until" in refusal(first_cut(), "laser-2", NOW + 30 * HOUR)


def test_who_saw_an_older_plan_moves_nothing(plan: Plan) -> None:
    plan.refresh_from_db()
    seen = plan.version
    move(first_cut(), "laser-2", NOW + 30 * HOUR, expected_plan=seen)
    with pytest.raises(review.Outdated):
        move(first_cut(), "laser-2", NOW + 40 * HOUR, expected_plan=seen)


def test_the_next_plan_leaves_it_there(plan: Plan, place_line: PlaceLine) -> None:
    cut = first_cut()
    move(cut, "laser-2", NOW + 30 * HOUR)
    cut.refresh_from_db()
    place_line(quantity=2)
    planning.store(planning.compute(actor="user:bob", now=NOW), now=NOW)
    again = Operation.objects.get(pk=cut.pk)
    assert (again.machine_id, again.start, again.end) == (cut.machine_id, cut.start, cut.end)


def test_the_page_says_why_it_was_not_moved(plan: Plan, bob_client: Client) -> None:
    cut = first_cut()
    Run.objects.filter(pk=cut.run_id).update(version=7)
    answer = bob_client.post(
        f"/staff/operations/{cut.pk}/move/",
        {"machine": "laser-2", "start": "2001-01-01T08:00", "version": 7, "back": "?zoom=day"},
        follow=True,
    )
    assert answer.redirect_chain[0][0] == "/staff/plan/?zoom=day"
    assert f"R-{cut.run.number} was not moved. That time is over" in answer.content.decode()


def test_a_forged_way_back_leads_to_the_run(plan: Plan, bob_client: Client) -> None:
    cut = first_cut()
    answer = bob_client.post(
        f"/staff/operations/{cut.pk}/move/",
        {"machine": "x", "start": "2030-01-01T08:00", "version": 1, "back": "//example.org/"},
    )
    assert answer["Location"] == f"/staff/runs/{cut.run_id}/"
