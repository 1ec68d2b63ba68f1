"""Who and what is busy when, as rows: operators, tools, loads that several runs share, lots and offcuts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from production import demand, drafts, planning, shopfloor, stock, upkeep
from production.engine.certificate import Certificate
from production.engine.planning import propose
from production.engine.proposal import LotUse, Proposal
from production.facts import frozen_operations, read_problem, read_shop, seconds
from production.locking import planning_lock
from production.models import (
    Machine,
    Material,
    MaterialLot,
    Offcut,
    Operation,
    Operator,
    Run,
    RunState,
    Sheet,
    Tool,
    WorkCentre,
)
from production.plans import dissolve, read_standing, write_frozen
from tests.production.repairs import drafted, first_laser, plan_now
from tests.production.workshop import NOW, PlaceLine

pytestmark = pytest.mark.django_db


@pytest.fixture
def attended(shop: None) -> Operator:
    """Packing is a batch that Ann attends with a jig."""
    WorkCentre.objects.filter(code="packing").update(mode="batch", capacity=9, skill="pack", attended="run")
    Tool.objects.create(code="jig", name="Jig", count=1)
    return Operator.objects.create(code="ann", name="Ann", skills=["pack"], calendar_id="day")


def stored(changed: Proposal, computed: planning.Computed) -> None:
    planning.store(replace(computed, proposal=changed), now=NOW)


def two_runs_in_one_load() -> None:
    """Both runs of the plan are packed together: as if the planner had put them into one load."""
    with transaction.atomic():
        planning_lock()
        demand.take_in()
        facts = read_problem(now=NOW)
    proposal = propose(facts.problem)
    packed = [o for o in proposal.operations if o.step == 20]
    latest = max(packed, key=lambda o: o.start)
    together = [
        replace(o, setup_start=latest.setup_start, start=latest.start, end=latest.end, seconds=latest.seconds)
        for o in packed
    ]
    others = [o for o in proposal.operations if o.step != 20]
    marked = [replace(o, load="l1", operator="ann", tool="jig") for o in together]
    computed = planning.Computed(facts, proposal, Certificate((), ()), "user:bob", 0, NOW)
    stored(replace(proposal, operations=(*others, *marked)), computed)


def test_what_the_planner_says_of_a_load_is_read_back(attended: Operator, place_line: PlaceLine) -> None:
    place_line(material="oak")
    place_line(material="walnut")
    two_runs_in_one_load()
    packed = list(Operation.objects.filter(step=20))
    assert sorted(o.occupies for o in packed) == [False, True]
    assert {o.load for o in packed} == {packed[0].load} != {"l1"}
    back = [o for o in read_standing(now=NOW).proposal.operations if o.step == 20]
    assert {(o.operator, o.tool, o.load) for o in back} == {("ann", "jig", packed[0].load)}
    base = attended.pk << 34
    for row in packed:
        assert row.attended == ((base + seconds(row.setup_start), base + seconds(row.end)),)


def test_released_work_that_moved_in_its_own_way_is_stored(attended: Operator, place_line: PlaceLine) -> None:
    """Two released runs were put off for a broken machine, and Ann would be at both packing tables."""
    place_line(material="oak")
    place_line(material="walnut")
    plan_now()
    second = Machine.objects.create(code="packing-2", name="Packing 2", work_centre_id="packing")
    Machine.objects.filter(pk=second.pk).update(calendar_id="day")
    _, moved = Operation.objects.filter(step=20)
    Operation.objects.filter(pk=moved.pk).update(machine=second)
    with transaction.atomic():
        frozen = [one for one in frozen_operations(Run.objects.all(), now=None) if one.step == 20]
        first = frozen[0]
        write_frozen(
            [
                replace(one, setup_start=first.setup_start, start=first.start, end=first.end, operator="ann")
                for one in frozen
            ],
            shop=read_shop(now=NOW),
        )
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
    rows = Operation.objects.filter(step=20)
    assert [row.operator for row in rows] == [attended, attended]
    assert sorted(row.attended is None for row in rows) == [False, True]


def test_work_planned_before_its_material_came_under_lots_is_repaired(
    shop: None, place_line: PlaceLine
) -> None:
    place_line(material="oak")
    plan_now()
    used = Material.objects.get(pk=next(iter(Run.objects.get().needs)))
    stock.announce(
        material=used,
        delivery=stock.Delivery("D-77", None, ""),
        quantity=5,
        available_at=NOW + timedelta(days=2),
        actor="user:bob",
        now=NOW,
    )
    upkeep.stop(
        machine=first_laser(), reason="lens", until=NOW + timedelta(hours=4), actor="user:bob", now=NOW
    )
    draft = drafted()
    assert [step["machine"] for change in draft.diff["changes"] for step in change["after"]]
    plan = drafts.accept(draft=draft, actor="user:bob", now=NOW)
    assert [use["lot"] for run in plan.runs.all() for use in run.lots if use["material"] == used.pk]


def test_when_the_run_that_stands_for_a_load_goes_another_one_does(
    attended: Operator, place_line: PlaceLine
) -> None:
    place_line(material="oak")
    place_line(material="walnut")
    two_runs_in_one_load()
    first = Operation.objects.get(step=20, occupies=True)
    with transaction.atomic():
        planning_lock()
        dissolve(run_ids=[first.run_id])
    assert Operation.objects.get(step=20).occupies


def test_a_load_is_started_and_finished_as_one(attended: Operator, place_line: PlaceLine) -> None:
    place_line(material="oak")
    place_line(material="walnut")
    two_runs_in_one_load()
    Run.objects.update(state=RunState.STARTED, released_at=NOW)
    Operation.objects.filter(step=10).update(state="finished", started_at=NOW, finished_at=NOW)
    first, second = Operation.objects.filter(step=20)
    shopfloor.start(operation=second, actor="user:bob", now=NOW)
    assert Operation.objects.filter(step=20, state="started").count() == 2
    shopfloor.finish(operation=first, actor="user:bob", now=NOW + timedelta(minutes=5))
    assert Run.objects.filter(state=RunState.DONE).count() == 2


def test_a_load_does_not_start_before_all_its_runs_are_ready(
    attended: Operator, place_line: PlaceLine
) -> None:
    place_line(material="oak")
    place_line(material="walnut")
    two_runs_in_one_load()
    first, second = Operation.objects.filter(step=20).select_related("run")
    Run.objects.filter(pk=first.run_id).update(state=RunState.STARTED, released_at=NOW)
    first.run.operations.filter(step=10).update(state="finished", started_at=NOW, finished_at=NOW)
    with pytest.raises(shopfloor.FloorRefused, match=f"{second.run} is proposed"):
        shopfloor.start(operation=first, actor="user:bob", now=NOW)


def test_lots_and_offcuts_of_a_run_are_read_back(place_line: PlaceLine) -> None:
    Material.objects.filter(pk="box").update(by_lots=True)
    MaterialLot.objects.create(
        material_id="box", code="b1", received=1000, on_hand=1000, available_at=NOW - timedelta(days=1)
    )
    Offcut.objects.create(code="o-1", material_id="oak", width_um=600_000, height_um=400_000)
    place_line()
    computed = planning.compute(actor="user:bob", now=NOW)
    (run,) = computed.proposal.runs
    run = replace(
        run,
        lots=(LotUse("box", "b1", 1),),
        sheets=tuple(replace(sheet, offcut="o-1") for sheet in run.sheets),
    )
    stored(replace(computed.proposal, runs=(run,)), computed)
    row = Run.objects.get()
    assert row.needs == {"box": 1}
    assert Sheet.objects.get().offcut == Offcut.objects.get()
    (back,) = read_standing(now=NOW).proposal.runs
    assert (back.lots, [sheet.offcut for sheet in back.sheets]) == ((LotUse("box", "b1", 1),), ["o-1"])


def test_a_pinned_run_keeps_its_lots_and_offcuts_from_the_next_plan(place_line: PlaceLine) -> None:
    test_lots_and_offcuts_of_a_run_are_read_back(place_line)
    Run.objects.update(pinned=True)
    problem = planning.compute(actor="user:bob", now=NOW).facts.problem
    assert problem.shop.offcuts == () and problem.claims == ()
    assert problem.shop.stock["box"].lots[0].quantity == 999 == problem.shop.stock["box"].on_hand
    whole = read_shop(now=NOW)
    assert whole.stock["box"].on_hand == 1000 and whole.offcuts


def test_machines_out_of_service_and_people_away_have_no_time(attended: Operator) -> None:
    attended.absences.create(reason="Dentist", start=NOW, end=NOW + timedelta(hours=2))
    laser = Machine.objects.get(code="laser-1")
    laser.stops.create(reason="Mirror", start=NOW, end=NOW + timedelta(hours=1))
    laser.stops.create(reason="Filter", start=NOW, end=NOW + timedelta(hours=3), kind="breakdown")
    shop = read_shop(now=NOW)
    (ann,) = shop.operators
    at = seconds(NOW)
    assert not any(start < at + 7200 and end > at for start, end in shop.intervals[ann.calendar])
    assert any(start == at + 7200 for start, _ in shop.intervals[ann.calendar])
    assert shop.machine["laser-1"].stops == ((at, at + 3 * 3600),)
    Operator.objects.update(in_service=False)
    assert read_shop(now=NOW).operators == ()
