"""From ready lines to a stored proposal."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import jobs
from ledger.models import Entry, Job
from orders.changes import cancel
from orders.models import Line
from production import planning, plans, review, shopfloor
from production.facts import read_problem
from production.models import LineFile, Machine, Operation, Piece, PieceState, Plan, Run, RunState
from tests.production.workshop import NOW, PlaceLine, sound

pytestmark = pytest.mark.django_db


def propose(minutes: int = 0) -> Plan | None:
    now = NOW + timedelta(minutes=minutes)
    return planning.store(planning.compute(actor="user:bob", now=now), now=now)


def test_ready_lines_become_certified_runs(place_line: PlaceLine) -> None:
    lines = [place_line(quantity=3), place_line(quantity=2), place_line(quantity=4, material="walnut")]
    plan = propose()
    assert plan is not None
    assert plan.kpis["units"] == 9
    assert plan.unplanned == []
    assert {run.key["material"] for run in plan.runs.all()} == {"oak", "walnut"}
    assert Piece.objects.filter(state=PieceState.PLANNED).count() == 9
    assert {line.state for line in Line.objects.filter(pk__in=[line.pk for line in lines])} == {"planned"}
    assert Entry.objects.of(f"plan:{plan.pk}").get().kind == "plan.proposed"
    sound()


def test_a_run_says_what_it_needs_and_why(place_line: PlaceLine) -> None:
    place_line(quantity=3, boxes=2)
    plan = propose()
    run = Run.objects.get()
    assert run.needs == {"box": 6, "oak": 1}
    assert "3 pieces of 1 order (Sign) share 1 sheet of oak" in run.why
    assert plan is not None and plan.last_run == run.number == 1


def test_a_line_that_cannot_be_made_is_listed_with_its_reason(place_line: PlaceLine) -> None:
    odd = place_line(quantity=2, routing=False)
    large = place_line(width=700)
    place_line()
    plan = propose()
    assert plan is not None
    reasons = {row["line"]: (row["code"], row["pieces"]) for row in plan.unplanned}
    assert reasons == {odd.pk: ("no-routing", 2), large.pk: ("part-too-large", 1)}
    odd.refresh_from_db()
    assert odd.state == "ready"
    sound()


def test_missing_material_is_named_with_its_amount(place_line: PlaceLine) -> None:
    place_line(quantity=1, boxes=1001)
    plan = propose()
    assert plan is not None
    assert plan.unplanned[0]["code"] == "material-short"
    assert "box: 1 piece more needed, 1000 free" in plan.unplanned[0]["text"]


def test_a_new_proposal_replaces_the_old_one_and_keeps_equal_runs(place_line: PlaceLine) -> None:
    place_line(quantity=2)
    first = propose()
    old = Run.objects.get()
    place_line(quantity=2, material="walnut")
    second = propose(10)
    assert first is not None and second is not None
    first.refresh_from_db()
    assert (first.state, second.state) == ("superseded", "current")
    assert Run.objects.get(pk=old.pk).number == old.number
    assert Run.objects.count() == 2
    assert Piece.objects.filter(state=PieceState.PLANNED).count() == 4
    sound()


def test_released_and_pinned_runs_stay_where_they_are(place_line: PlaceLine) -> None:
    place_line(quantity=2)
    place_line(quantity=2, material="walnut")
    propose()
    released, pinned = Run.objects.order_by("number")
    review.release(run=released, actor="user:bob", now=NOW)
    review.pin(run=pinned, actor="user:bob", now=NOW)
    before = list(Operation.objects.order_by("pk").values_list("pk", "machine", "start", "end"))
    place_line(quantity=3)
    propose(5)
    after = list(Operation.objects.filter(pk__in=[row[0] for row in before]).order_by("pk"))
    assert [(o.pk, o.machine_id, o.start, o.end) for o in after] == before
    assert Run.objects.filter(state=RunState.PROPOSED, pinned=False).count() == 1
    sound()


def test_late_released_work_moves_right_and_new_work_goes_around_it(place_line: PlaceLine) -> None:
    place_line(quantity=2)
    propose()
    run = Run.objects.get()
    review.release(run=run, actor="user:bob", now=NOW)
    place_line(quantity=2)
    propose(24 * 60)
    first = run.operations.get(step=10)
    assert first.setup_start >= NOW + timedelta(days=1)
    sound()


def test_the_pieces_of_a_cancelled_order_leave_the_plan(place_line: PlaceLine) -> None:
    line = place_line(quantity=2)
    other = place_line(quantity=2)
    propose()
    cancel(order=line.order, reason="changed my mind", actor="user:ann", now=NOW)
    propose(5)
    assert set(line_pieces(line)) == {"cancelled"}
    assert set(line_pieces(other)) == {"planned"}
    sound()


def line_pieces(line: Line) -> list[str]:
    return list(Piece.objects.filter(line=line).values_list("state", flat=True))


def test_what_arrives_during_the_computation_is_listed_and_asked_for(place_line: PlaceLine) -> None:
    place_line()
    computed = planning.compute(actor="user:bob", now=NOW)
    late = place_line()
    plan = planning.store(computed, now=NOW)
    assert plan is not None
    assert [(row["line"], row["code"]) for row in plan.unplanned] == [(late.pk, "arrived")]
    assert Job.objects.filter(kind=planning.JOB_KIND).count() == 1
    sound()


def test_a_file_made_during_the_computation_does_not_throw_the_plan_away(place_line: PlaceLine) -> None:
    planned, waiting = place_line(), place_line()
    Line.objects.filter(pk=waiting.pk).update(proof=[{"surface": "front", "scene": "a"}])
    computed = planning.compute(actor="user:bob", now=NOW)
    assert [u.code for u in computed.proposal.unplanned] == ["waits"]
    LineFile.objects.create(
        line=waiting, surface="front", scene="a", state="ready", sha256="a" * 64, made_at=NOW
    )
    plan = planning.store(computed, now=NOW)
    assert plan is not None
    assert [(row["line"], row["code"]) for row in plan.unplanned] == [(waiting.pk, "arrived")]
    assert set(line_pieces(planned)) == {"planned"}
    assert Job.objects.filter(kind=planning.JOB_KIND).count() == 1
    sound()


def test_a_proposal_overtaken_by_a_release_is_thrown_away_and_asked_for_again(place_line: PlaceLine) -> None:
    place_line()
    propose()
    computed = planning.compute(actor="user:bob", now=NOW + timedelta(minutes=1))
    review.release(run=Run.objects.get(), actor="user:bob", now=NOW)
    assert planning.store(computed, now=NOW) is None
    assert Run.objects.get().state == RunState.RELEASED
    assert Job.objects.filter(kind=planning.JOB_KIND).count() == 1
    sound()


def test_the_second_of_two_planners_with_the_same_facts_has_nothing_left_to_do(place_line: PlaceLine) -> None:
    place_line()
    one = planning.compute(actor="user:bob", now=NOW)
    two = planning.compute(actor="user:eve", now=NOW)
    assert planning.store(one, now=NOW) is not None
    assert planning.store(two, now=NOW) is None
    assert Plan.objects.count() == 1


def test_the_job_proposes(place_line: PlaceLine) -> None:
    place_line(quantity=2)
    job = planning.request_proposal(actor="user:bob", now=NOW)
    assert jobs.run(job.pk)
    assert Plan.objects.current().get().created_by == "user:bob"
    sound()


def test_work_begun_while_a_plan_was_computed_does_not_discard_it(place_line: PlaceLine) -> None:
    place_line(quantity=2)
    propose()
    released = Run.objects.get()
    review.release(run=released, actor="user:bob", now=NOW)
    place_line(quantity=3, material="walnut")
    computed = planning.compute(actor="user:bob", now=NOW)
    first = released.operations.get(step=10)
    shopfloor.start(operation=first, actor="user:bob", now=first.start)
    plan = planning.store(computed, now=NOW)
    assert plan is not None and plan.kpis["units"] == 3
    assert not Job.objects.filter(kind=planning.JOB_KIND).exists()
    sound()


def test_another_set_up_on_a_machine_is_worked_into_the_computed_plan(place_line: PlaceLine) -> None:
    place_line(quantity=3)
    computed = planning.compute(actor="user:bob", now=NOW)
    Machine.objects.filter(work_centre="laser").update(setup_state="oak")
    plan = planning.store(computed, now=NOW)
    assert plan is not None and plan.kpis["setup_seconds"] == 0
    assert plan.snapshot_hash != computed.facts.snapshot
    assert plans.certify_standing(now=NOW).ok
    sound()


def test_a_machine_that_broke_down_meanwhile_discards_the_plan(place_line: PlaceLine) -> None:
    place_line(quantity=3)
    computed = planning.compute(actor="user:bob", now=NOW)
    Machine.objects.filter(work_centre="laser").update(in_service=False)
    assert planning.store(computed, now=NOW) is None
    assert Job.objects.filter(kind=planning.JOB_KIND).count() == 1


def test_only_so_many_pieces_are_planned_at_once_those_due_first(
    place_line: PlaceLine, settings: Any
) -> None:
    settings.PLANNING_PIECES = 5
    late = place_line(quantity=4, due_days=9)
    place_line(quantity=4, due_days=5)
    plan = propose()
    assert plan is not None and plan.kpis["units"] == 5
    assert [(row["line"], row["code"], row["pieces"]) for row in plan.unplanned] == [(late.pk, "later", 3)]
    assert "5 pieces" in plan.unplanned[0]["text"]
    sound()


def test_reading_the_facts_takes_the_same_queries_for_10_and_200_lines(place_line: PlaceLine) -> None:
    counts = []
    for lines in (10, 190):
        for _ in range(lines):
            place_line()
        propose(len(counts))
        with CaptureQueriesContext(connection) as queries:
            read_problem(now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 22


def test_a_machine_out_of_service_gets_no_new_work(place_line: PlaceLine) -> None:
    Machine.objects.filter(code="laser-1").update(in_service=False)
    place_line(quantity=2)
    propose()
    assert Operation.objects.get(step=10).machine.code == "laser-2"
    sound()


def test_without_any_machine_the_reason_is_named(place_line: PlaceLine) -> None:
    Machine.objects.filter(work_centre="laser").update(in_service=False)
    place_line()
    plan = propose()
    assert plan is not None
    assert plan.unplanned[0]["code"] == "no-machine"
