"""Repairs beside the plan in force: looked at, taken, taken in part, left; and nobody loses a change."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ledger.models import Entry, Job
from production import drafts, review, upkeep, wishes
from production.before_after import bars_of
from production.models import Draft, Machine, Plan, PlanEvent, PlannerSettings, Run
from tests.production.day import kept_for_a_module
from tests.production.repairs import drafted, first_laser, places, plan_now
from tests.production.workshop import NOW, line_writer, load_test_shop, sound

BOB: dict[str, Any] = {"actor": "user:bob", "now": NOW}


@pytest.fixture(scope="module")
def breakdown(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """A plan of two materials on two lasers, the first of which breaks for four hours."""
    with kept_for_a_module(django_db_blocker):
        load_test_shop()
        place = line_writer()
        for number in range(6):
            place(quantity=3, material=("oak", "walnut")[number % 2], seconds=1800, due_days=0.2)
        plan_now()
        upkeep.stop(machine=first_laser(), reason="lens", until=NOW + timedelta(hours=4), **BOB)
        drafted()
        yield


@pytest.fixture
def broken(breakdown: None, db: None) -> Draft:
    return Draft.objects.get()


def test_a_breakdown_makes_a_draft_and_leaves_the_plan_alone(broken: Draft) -> None:
    assert Plan.objects.count() == 1
    assert broken.state == "open"
    assert [event.kind for event in broken.events.all()] == ["machine_down"]
    assert broken.diff["changes"]
    assert all(step["machine"] for change in broken.diff["changes"] for step in change["after"])
    assert any(change["must"] for change in broken.diff["changes"])


def test_an_accepted_draft_is_the_plan_in_force(broken: Draft) -> None:
    before = places()
    plan = drafts.accept(draft=broken, **BOB)
    broken.refresh_from_db()
    assert (broken.state, broken.plan) == ("accepted", plan)
    assert Plan.objects.current().get() == plan
    after = places()
    assert before.keys() == after.keys()
    assert any(before[place] != after[place] for place in before)
    down = Machine.objects.get(in_service=False)
    assert all(start >= NOW + timedelta(hours=4) for code, start in after.values() if code == down.code)
    assert PlanEvent.objects.get().answered_by == plan
    assert Entry.objects.filter(kind="draft.accepted").count() == 1
    sound()


def test_a_draft_says_who_becomes_late(broken: Draft) -> None:
    late = broken.diff["late"]
    assert late
    assert {"order", "customer", "promised", "before", "after"} <= late[0].keys()
    assert late[0]["after"] > late[0]["promised"]


def test_a_discarded_draft_changes_nothing_and_says_why(broken: Draft) -> None:
    before = places()
    drafts.discard(draft=broken, reason="the lens is here already", **BOB)
    broken.refresh_from_db()
    assert (broken.state, broken.reason) == ("discarded", "the lens is here already")
    assert places() == before


def test_a_draft_is_not_discarded_without_a_reason(broken: Draft) -> None:
    with pytest.raises(drafts.DraftRefused, match="Say why"):
        drafts.discard(draft=broken, reason=" ", **BOB)


def test_a_draft_is_decided_once(broken: Draft) -> None:
    drafts.accept(draft=broken, **BOB)
    with pytest.raises(drafts.DraftRefused, match="accepted already"):
        drafts.accept(draft=broken, **BOB)


def test_a_draft_seen_before_it_got_better_is_looked_at_again(broken: Draft) -> None:
    with pytest.raises(drafts.DraftRefused, match="look at it again"):
        drafts.accept(draft=broken, expected_version=broken.version - 1, **BOB)


def test_a_release_elsewhere_and_a_draft_both_count(broken: Draft) -> None:
    touched = {name for change in broken.diff["changes"] for name in change["runs"]}
    other = next(run for run in Run.objects.proposed() if str(run) not in touched)
    Plan.objects.update(version=Plan.objects.get().version + 1)
    Run.objects.filter(pk=other.pk).update(pinned=True)
    at = places()
    drafts.accept(draft=broken, **BOB)
    other.refresh_from_db()
    assert other.pinned
    kept = {place: times for place, times in places().items() if place[0] == other.number}
    assert kept == {place: times for place, times in at.items() if place[0] == other.number}
    sound()


def test_a_run_pinned_meanwhile_that_the_draft_moves_is_a_conflict(broken: Draft) -> None:
    moved = broken.diff["changes"][0]["runs"][0]
    run = Run.objects.get(number=int(moved.removeprefix("R-")))
    review.pin(run=run, **BOB)
    before = places()
    with pytest.raises(drafts.DraftConflict, match="was pinned meanwhile") as conflict:
        drafts.accept(draft=broken, **BOB)
    assert conflict.value.diff == broken.diff
    assert places() == before
    assert Draft.objects.get().state == "open"


def test_a_plan_made_meanwhile_outdates_the_draft(broken: Draft) -> None:
    plan = plan_now(NOW + timedelta(seconds=30))
    broken.refresh_from_db()
    assert broken.state == "outdated"
    assert f"Plan {plan.number}" in broken.reason
    assert PlanEvent.objects.get().answered_by == plan


def test_a_part_that_leaves_work_on_the_broken_machine_names_what_it_needs(broken: Draft) -> None:
    must = [change for change in broken.diff["changes"] if change["must"]]
    free = [change for change in broken.diff["changes"] if not change["must"]]
    with pytest.raises(drafts.PartRefused, match="needs R-") as refused:
        drafts.accept(draft=broken, chosen={(free or must[1:])[0]["id"]}, **BOB)
    assert set(refused.value.needs) <= {change["id"] for change in broken.diff["changes"]}
    assert Plan.objects.count() == 1


def test_a_refusal_names_all_that_a_part_needs_at_once(broken: Draft) -> None:
    refusals = 0
    for change in broken.diff["changes"]:
        chosen = {change["id"]}
        try:
            with transaction.atomic():
                drafts.accept(draft=broken, chosen=chosen, **BOB)
                transaction.set_rollback(True)
        except drafts.PartRefused as refused:
            refusals += 1
            assert not chosen.intersection(refused.needs)
            with transaction.atomic():
                drafts.accept(draft=broken, chosen=chosen | set(refused.needs), **BOB)
                transaction.set_rollback(True)
    assert refusals


def parts(draft: Draft) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each change of a draft with the others that it cannot do without."""
    for change in draft.diff["changes"]:
        try:
            with transaction.atomic():
                drafts.accept(draft=draft, chosen={change["id"]}, **BOB)
                transaction.set_rollback(True)
        except drafts.PartRefused as refused:
            yield change["id"], refused.needs
        else:
            yield change["id"], ()


def test_a_part_with_all_that_it_needs_is_taken(broken: Draft) -> None:
    chosen = {broken.diff["changes"][0]["id"]}
    try:
        drafts.accept(draft=broken, chosen=chosen, **BOB)
    except drafts.PartRefused as refused:
        chosen |= set(refused.needs)
        drafts.accept(draft=broken, chosen=chosen, **BOB)
    broken.refresh_from_db()
    assert (broken.state, broken.taken) == ("accepted", sorted(chosen))
    sound()


def test_no_change_at_all_is_no_part(broken: Draft) -> None:
    with pytest.raises(drafts.DraftRefused, match="Choose some"):
        drafts.accept(draft=broken, chosen=set(), **BOB)
    with pytest.raises(drafts.DraftRefused, match="not in this draft"):
        drafts.accept(draft=broken, chosen={"nonsense"}, **BOB)


def test_a_draft_whose_time_has_gone_by_is_not_taken(broken: Draft) -> None:
    with pytest.raises(drafts.DraftRefused, match="gone by"):
        drafts.accept(draft=broken, actor="user:bob", now=NOW + timedelta(days=2))


def test_a_newer_repair_takes_the_place_of_a_draft(broken: Draft) -> None:
    upkeep.stop(
        machine=Machine.objects.get(code="packing-1"), reason="belt", until=NOW + timedelta(hours=2), **BOB
    )
    newer = drafted()
    broken.refresh_from_db()
    assert broken.state == "outdated"
    assert {event.kind for event in newer.events.all()} == {"machine_down"}
    assert newer.events.count() == 2
    drafts.accept(draft=newer, **BOB)
    sound()


def test_facts_that_went_on_ask_for_another_repair(broken: Draft) -> None:
    asked = drafts.ask(actor="user:finn", now=NOW)
    assert asked is not None
    repair = drafts.first_repair(asked=asked, actor="user:finn")
    upkeep.stop(machine=Machine.objects.get(code="packing-1"), reason="belt", **BOB)
    Job.objects.all().update(state="done")
    assert drafts.store(repair, now=NOW) is None
    assert Job.objects.filter(kind=wishes.REPAIR_KIND, state="queued").count() == 1


def test_a_better_repair_takes_the_place_of_the_first_in_the_same_draft(broken: Draft) -> None:
    asked = drafts.asked_of(broken)
    assert asked is not None
    better = drafts.better_repair(asked=asked, actor="user:finn", stop=lambda tried: tried > 30)
    drafts.store_better(draft=broken, repair=better, now=NOW)
    broken.refresh_from_db()
    assert (broken.stage, broken.version) == ("improved", 2)
    terms = broken.diff["terms"]
    if terms["put_off"]:
        assert sum(terms["after"].values()) <= sum(terms["put_off"].values())
    drafts.accept(draft=broken, **BOB)
    sound()


def test_a_repair_that_makes_somebody_late_waits_for_staff(broken: Draft) -> None:
    PlannerSettings.objects.update_or_create(pk=1, defaults={"takes_harmless": True})
    asked = drafts.asked_of(broken)
    assert asked is not None
    drafts.store_better(draft=broken, repair=drafts.first_repair(asked=asked, actor="user:finn"), now=NOW)
    broken.refresh_from_db()
    assert broken.state == "open"


def test_a_harmless_repair_that_can_no_longer_be_taken_waits_for_staff(
    broken: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    PlannerSettings.objects.update_or_create(pk=1, defaults={"takes_harmless": True})
    asked = drafts.asked_of(broken)
    assert asked is not None
    repair = drafts.first_repair(asked=asked, actor="user:finn")
    monkeypatch.setattr(drafts, "is_harmless", lambda *_: True)
    drafts.store_better(draft=broken, repair=repair, now=NOW + timedelta(days=2))
    broken.refresh_from_db()
    assert (broken.state, broken.stage) == ("open", "improved")
    assert Plan.objects.count() == 1


def test_the_page_shows_and_marks_all_that_a_part_needs(
    broken: Draft, bob_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    chosen, refused = next(each for each in parts(broken) if each[1])
    sent = {"changes": [chosen], "part": "on", "version": str(broken.version)}
    answer = bob_client.post(reverse("draft-accept", args=[broken.pk]), sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Nothing is taken yet." in page and "needs R-" not in page
    assert page.count(">needed too<") == len(refused)
    for each in (chosen, *refused):
        assert f'value="{each}" checked' in page
    for each in refused:
        assert f'href="#change-{each}"' in page and f'id="change-{each}"' in page


def test_a_draft_that_no_longer_fits_offers_to_look_for_another(
    broken: Draft, bob_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    review.pin(run=Run.objects.get(number=int(broken.diff["changes"][0]["runs"][0][2:])), **BOB)
    answer = bob_client.post(reverse("draft-accept", args=[broken.pk]), {"version": str(broken.version)})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Nothing is taken." in page and "was pinned meanwhile" in page
    assert f'action="{reverse("event-repair")}"' in page


def test_why_no_repair_was_found_is_told_without_ids(broken: Draft, bob_client: Client) -> None:
    run = Run.objects.proposed()[0]
    error = f"Traceback:\nproduction.planning.NotCertified: It breaks 1 rules. lot-sum at {run.pk}"
    drafts.note_failure(job=Job(attempts=5), error=error, now=NOW)
    page = bob_client.get(reverse("events")).content.decode()
    assert f"The last time: It breaks 1 rules. lot-sum at {run}" in page
    assert run.pk not in page


def test_work_that_only_somebody_else_attends_is_told_and_not_drawn(
    broken: Draft, bob_client: Client
) -> None:
    change = dict(broken.diff["changes"][0]) | {"kind": "moved", "must": ""}
    step = change["before"][0] | {"operator": "ann"}
    change |= {"before": [step], "after": [step | {"operator": "bea"}], "machines": False}
    assert bars_of([change]) == []
    broken.diff["changes"] = [change]
    broken.save()
    page = bob_client.get(reverse("draft", args=[broken.pk])).content.decode()
    assert "attended by others" in page
    assert "somebody else attends" in page
    assert ", ann<" in page and ", bea<" in page
