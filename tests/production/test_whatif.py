"""Scenarios of staff: put together, computed by a job beside the plan as it is, and why lines are late."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ledger import jobs
from ledger.models import Job
from orders.models import Line
from production import demand, planning, review, shopfloor, whatif, why
from production.engine.explaining import Span
from production.facts import seconds
from production.models import Calendar, Operation, Operator, Piece, Plan, Run, Scenario, WorkCentre
from production.words import Names, plain
from tests.production.workshop import NOW, PlaceLine, sound

pytestmark = pytest.mark.django_db
BOB = "user:bob"
MONDAY_NIGHT = {"start": "2026-03-02T20:00:00+01:00", "end": "2026-03-03T01:00:00+01:00"}


@pytest.fixture
def late_demand(shop: None, place_line: PlaceLine) -> list[Line]:
    """More engraving than a day holds, all promised for this evening."""
    return [place_line(quantity=4, due_days=0.6, seconds=1800) for _ in range(10)]


def begun(*changes: dict[str, Any]) -> Scenario:
    scenario = whatif.begin(name="Night shift", actor=BOB, now=NOW)
    for change in changes:
        scenario = whatif.add(scenario=scenario, change=change, actor=BOB, now=NOW)
    return scenario


def answered(scenario: Scenario) -> Scenario:
    job = whatif.ask(scenario=scenario, actor=BOB, now=NOW)
    assert jobs.run(job.pk)
    scenario.refresh_from_db()
    return scenario


def test_a_night_shift_saves_lines_and_the_plan_in_force_stays(
    late_demand: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    plan = Plan.objects.current().get()
    runs = list(Run.objects.order_by("pk").values())
    scenario = answered(begun({"kind": "extra-machine", "like": "laser-1"}))
    assert scenario.state == "done" and scenario.plan == plan
    assert scenario.result["after"]["late_lines"] < scenario.result["before"]["late_lines"]
    assert scenario.result["saved_count"] == len(scenario.result["saved"]) > 0
    assert scenario.result["after"]["kept"] >= scenario.result["before"]["kept"]
    assert list(Run.objects.order_by("pk").values()) == runs
    assert Plan.objects.current().get() == plan
    sound()


def test_what_would_help_is_answered_by_plans(
    late_demand: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    scenario = answered(whatif.begin(name="Help", actor=BOB, now=NOW, remedies=True))
    assert scenario.state == "done"
    found = scenario.result["remedies"]
    assert found and all(each["late_after"] < each["late_before"] for each in found)
    assert {change["kind"] for each in found for change in each["changes"]} & {"extra-machine", "extra-shift"}


def test_a_change_of_the_question_takes_its_answer_away(shop: None, place_line: PlaceLine) -> None:
    place_line()
    scenario = answered(begun({"kind": "lead-time", "by": 3600}))
    changed = whatif.remove(scenario=scenario, index=0, actor=BOB, now=NOW)
    assert (changed.state, changed.result, changed.changes) == ("draft", None, [])


def test_an_answer_to_a_question_that_was_changed_is_not_kept(shop: None, place_line: PlaceLine) -> None:
    place_line()
    scenario = begun({"kind": "lead-time", "by": 3600})
    whatif.ask(scenario=scenario, actor=BOB, now=NOW)
    Scenario.objects.filter(pk=scenario.pk).update(version=99)
    result = whatif.Result(None, {"before": {}})
    whatif.note(scenario_id=scenario.pk, version=2, result=result, now=NOW)
    scenario.refresh_from_db()
    assert scenario.result is None


def test_a_change_that_the_shop_cannot_take_is_refused(shop: None) -> None:
    with pytest.raises(whatif.ScenarioRefused, match="no machine 'laser-9'"):
        begun({"kind": "extra-machine", "like": "laser-9"})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"kind": "wish"}, "kind: 'wish' is none of"),
        ({"kind": "lead-time"}, "by: is missing"),
        ({"kind": "lead-time", "by": "2"}, "by: a whole number"),
        ({"kind": "lead-time", "by": True}, "by: a whole number"),
        ({"kind": "lead-time", "by": 1, "of": 2}, "of: a lead-time has by"),
        ({"kind": "speed", "machine": 5, "percent": 50}, "machine: a short text"),
        (
            {"kind": "machine-down", "machine": "laser-1", "start": "now", "end": "x"},
            "start: a date and time",
        ),
        (
            {"kind": "machine-down", "machine": "laser-1", "start": "2026-13-40T00:00:00Z", "end": "x"},
            "start: a date and time",
        ),
    ],
)
def test_what_is_no_change_is_refused(shop: None, change: dict[str, Any], text: str) -> None:
    with pytest.raises(whatif.ScenarioRefused, match=text):
        begun(change)


def test_a_scenario_without_a_name_is_refused(shop: None) -> None:
    with pytest.raises(whatif.ScenarioRefused, match="Give the scenario a name"):
        whatif.begin(name="  ", actor=BOB, now=NOW)


def test_without_a_change_the_plan_in_force_is_played(
    late_demand: list[Line], bob_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    page = bob_client.post("/staff/what-if/begin/", {"play": "1"}, follow=True)
    address = page.redirect_chain[-1][0]
    assert jobs.run(Job.objects.get(kind=whatif.JOB_KIND).pk)
    played = Scenario.objects.get()
    assert played.state == "done" and played.plan == Plan.objects.current().get()
    assert played.result["risky_count"] == len(played.result["risky"]) > 0
    assert played.result["before"]["replications"] == 1000
    text = bob_client.get(address).content.decode()
    assert "of promises kept" in text and "by assumption" in text and "Why then?" in text


def test_without_a_plan_nothing_is_played(shop: None) -> None:
    scenario = answered(begun())
    assert scenario.state == "failed" and "no plan yet" in scenario.reason


def test_a_scenario_that_is_being_computed_is_not_changed(shop: None, place_line: PlaceLine) -> None:
    scenario = begun({"kind": "lead-time", "by": 3600})
    whatif.ask(scenario=scenario, actor=BOB, now=NOW)
    with pytest.raises(whatif.ScenarioRefused, match="being computed"):
        whatif.add(scenario=scenario, change={"kind": "lead-time", "by": 1}, actor=BOB, now=NOW)


def test_changes_survive_as_json() -> None:
    for change in (
        {"kind": "extra-shift", "calendar": "day", **MONDAY_NIGHT},
        {"kind": "demand", "percent": 120, "product": "Sign"},
        {"kind": "price", "weight": "setup", "value": 5},
    ):
        assert whatif.decode(whatif.encode(whatif.decode(change))) == whatif.decode(change)


def test_overtime_that_is_offered_is_outside_of_the_shifts(shop: None) -> None:
    saturday, evening = whatif.extra_shifts(now=NOW)
    assert saturday.start == seconds(NOW.replace(day=7, hour=7))  # 08:00 in Amsterdam
    assert evening.start == seconds(NOW.replace(day=3, hour=21)) and evening.end - evening.start == 7200


def test_why_a_line_is_late_adds_up_and_names_the_machine(late_demand: list[Line]) -> None:
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    told = max((why.explain(line=line, now=NOW) for line in late_demand), key=lambda told: told.why.late)
    spans = told.why.spans
    assert told.why.late > 0
    assert spans[0].start == seconds(NOW) and spans[-1].end == told.why.end
    assert sum(span.seconds for span in spans) == told.why.end - seconds(NOW)
    assert told.why.binds[0] in ("queue", "closed", "setup")


def all_released(line: Line) -> None:
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    for run in Run.objects.filter(pieces__line=line).distinct():
        review.release(run=run, actor=BOB, now=NOW)


def test_a_late_line_on_the_floor_says_why(
    late_demand: list[Line], bob_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    line = late_demand[-1]
    all_released(line)
    told = why.explain(line=line, now=NOW)
    assert told.company is None
    assert sum(span.seconds for span in told.why.spans) == told.why.end - seconds(NOW)
    last = Operation.objects.filter(run__pieces__line=line).order_by("end").last()
    assert last is not None and told.why.end == seconds(last.end)
    text = bob_client.get(f"/staff/lines/{line.pk}/why/").content.decode()
    assert f"R-{last.run.number}</a> is on the floor" in text


def test_of_begun_work_it_reckons_with_when_that_began(late_demand: list[Line]) -> None:
    line = late_demand[0]
    all_released(line)
    later = NOW + timedelta(minutes=40)
    first = Operation.objects.filter(run__pieces__line=line).order_by("step", "start").first()
    assert first is not None
    shopfloor.start(operation=first, actor="user:finn", now=later)
    told = why.explain(line=line, now=later)
    assert told.why.spans and told.why.end > seconds(later)


def test_of_work_that_the_floor_is_behind_with_it_says_so(shop: None, place_line: PlaceLine) -> None:
    line = place_line()
    all_released(line)
    with pytest.raises(why.NothingToSay, match="the floor has not begun with that yet"):
        why.explain(line=line, now=NOW + timedelta(days=3))


def test_a_failed_scenario_speaks_of_orders_and_machines_by_name(shop: None, place_line: PlaceLine) -> None:
    line = place_line()
    said = plain(
        f"At {line.pk}:2 of lin_{'0' * 26}: laser-1 is too small for half-done work in oak-free runs."
    )
    assert said == (
        f"At {line.order.number}/1, piece 2 of lin_{'0' * 26}: Laser 1 is too small for half-done work in "
        "oak-free runs."
    )
    demand.take_in()
    promise = {"kind": "promise", "line": line.pk, "due": "2026-03-09T20:00:00+01:00", "weight": 2}
    scenario = begun(promise)
    Piece.objects.filter(line=line).update(state="cancelled")
    assert answered(scenario).state == "failed"
    assert f"The line {line.order.number}/1 is not to be planned" in scenario.reason


def test_a_promise_is_tried_by_choosing_its_line(
    shop: None, place_line: PlaceLine, bob_client: Client
) -> None:
    line = place_line()
    demand.take_in()
    scenario = begun()
    address = f"/staff/what-if/{scenario.pk}/"
    assert f"{line.order.number}/1 " in bob_client.get(address).content.decode()
    asked = {"line": line.pk, "due": "2026-03-09T20:00", "weight": "3"}
    text = bob_client.post(f"{address}add/promise/", asked, follow=True).content.decode()
    assert f"Line {line.order.number}/1 is promised for Mon 9 Mar 20:00, weight 3" in text


def test_of_a_line_that_waits_it_says_what_for(shop: None, place_line: PlaceLine) -> None:
    line = place_line(width=5000)
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    with pytest.raises(why.NothingToSay, match="larger than the usable"):
        why.explain(line=line, now=NOW)


def test_of_a_line_without_a_place_it_says_what_cannot_hold_together_and_what_was_planned_to_help(
    shop: None, place_line: PlaceLine, bob_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has to be at the laser for three minutes, and is there for two each day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    WorkCentre.objects.filter(pk="laser").update(attended="run", skill="engraving")
    brief = Calendar.objects.create(code="brief", name="Briefly")
    for weekday in range(5):
        brief.shifts.create(weekday=weekday, start=time(9), end=time(9, 2))
    Operator.objects.create(code="ann", name="Ann", skills=["engraving"], calendar=brief)
    line = place_line()
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    page = bob_client.get(f"/staff/lines/{line.pk}/why/").content.decode()
    assert "when people with the skill engraving are there and free" in page
    assert "With one more person with the skill engraving it would be made by Mon 2 Mar" in page
    with pytest.raises(why.NothingToSay, match="What cannot hold together"):
        why.explain(line=line, now=NOW)


def test_staff_put_a_scenario_together_on_its_page(
    late_demand: list[Line], bob_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    planning.store(planning.compute(actor=BOB, now=NOW), now=NOW)
    page = bob_client.post("/staff/what-if/begin/", {"name": "More lasers"}, follow=True)
    address = page.redirect_chain[-1][0]
    bob_client.post(f"{address}add/extra-machine/", {"like": "laser-1"})
    down = {"machine": "laser-2", "start": "2026-03-02T10:00", "end": "2026-03-02T12:00"}
    page = bob_client.post(f"{address}add/machine-down/", down, follow=True)
    text = page.content.decode()
    assert "One more machine like Laser 1" in text and "Laser 2 is down from Mon 2 Mar 10:00" in text
    refused = bob_client.post(f"{address}add/speed/", {"machine": "laser-1"}, follow=True)
    assert "Speed in per cent: This field is required." in refused.content.decode()
    page = bob_client.post(f"{address}compute/", follow=True)
    assert "Being computed" in page.content.decode()
    assert jobs.run(Job.objects.get(kind=whatif.JOB_KIND).pk)
    text = bob_client.get(address).content.decode()
    assert "Beside the plan as it is" in text and "Lines late" in text and "In time then" in text
    assert "More lasers" in bob_client.get("/staff/what-if/").content.decode()
    why_page = bob_client.get(f"/staff/lines/{late_demand[-1].pk}/why/").content.decode()
    assert "Why then?" in why_page and "Why in this run?" in why_page
    bob_client.post(f"{address}delete/")
    assert not Scenario.objects.exists()


def test_a_job_that_was_set_aside_leaves_the_reason(shop: None, place_line: PlaceLine) -> None:
    scenario = begun({"kind": "lead-time", "by": 3600})
    whatif.ask(scenario=scenario, actor=BOB, now=NOW)
    scenario.refresh_from_db()
    whatif.note_failed(scenario_id=scenario.pk, version=scenario.version, reason="killed", now=NOW)
    scenario.refresh_from_db()
    assert (scenario.state, scenario.reason) == ("failed", "killed")
    assert answered(scenario).state == "done"


def test_a_person_who_is_waited_for_is_called_by_name() -> None:
    waits = Span("operator", 0, 600, "laser-1", "run-1", "rosa")
    said = why.says(waits, names=Names({}, {}), machines={"rosa": "Rosa"}, own=False)
    assert said == "Rosa does other work first"


def test_a_day_of_slack_is_an_hour_told_in_words() -> None:
    assert why.hours(int(timedelta(hours=2, minutes=5).total_seconds())) == "2 h 05 min"
    assert why.hours(90) == "2 min"
