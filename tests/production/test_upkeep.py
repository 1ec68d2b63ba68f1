"""Machines that stop and come back."""

from typing import Any

import pytest

from ledger.models import Entry, Job
from production import planning, review, shopfloor, upkeep, wishes
from production.models import Machine, Operation, Run
from production.shopfile import load
from tests.production.workshop import NOW, SHOP, PlaceLine, sound

pytestmark = pytest.mark.django_db
FINN: dict[str, Any] = {"actor": "user:finn", "now": NOW}


@pytest.fixture
def laser(shop: None) -> Machine:
    return Machine.objects.get(code="laser-1")


def propose() -> None:
    assert planning.store(planning.compute(actor="user:bob", now=NOW), now=NOW) is not None


def test_a_stopped_machine_says_why_and_since_when(laser: Machine) -> None:
    upkeep.stop(machine=laser, reason=" lens cracked ", **FINN)
    laser.refresh_from_db()
    assert (laser.in_service, laser.stopped_reason, laser.stopped_at) == (False, "lens cracked", NOW)
    entry = Entry.objects.of("machine:laser-1").get()
    assert (entry.kind, entry.data["reason"]) == ("machine.stopped", "lens cracked")


def test_a_machine_comes_back(laser: Machine) -> None:
    upkeep.stop(machine=laser, reason="lens", **FINN)
    upkeep.start(machine=laser, **FINN)
    laser.refresh_from_db()
    assert (laser.in_service, laser.stopped_reason, laser.stopped_at) == (True, "", None)
    assert [entry.kind for entry in Entry.objects.of("machine:laser-1")] == [
        "machine.stopped",
        "machine.started",
    ]


def test_a_new_plan_goes_around_a_stopped_machine(laser: Machine, place_line: PlaceLine) -> None:
    place_line(quantity=3)
    propose()
    used = Operation.objects.planned().get(step=10).machine
    upkeep.stop(machine=used, reason="lens", **FINN)
    assert Job.objects.filter(kind=wishes.REPAIR_KIND, run_after=None).count() == 1
    propose()
    assert Operation.objects.planned().get(step=10).machine != used
    sound()


def test_a_machine_stops_in_the_middle_of_its_work_which_can_be_finished(place_line: PlaceLine) -> None:
    place_line(quantity=3)
    propose()
    run = review.release(run=Run.objects.get(), actor="user:bob", now=NOW)
    first = run.operations.get(step=10)
    shopfloor.start(operation=first, **FINN)
    upkeep.stop(machine=first.machine, reason="lens", **FINN)
    place_line(quantity=2)
    propose()
    sound()
    shopfloor.finish(operation=first, **FINN)
    assert Operation.objects.get(pk=first.pk).state == "finished"


def test_released_work_does_not_begin_on_a_stopped_machine(place_line: PlaceLine) -> None:
    place_line()
    propose()
    run = review.release(run=Run.objects.get(), actor="user:bob", now=NOW)
    first = run.operations.get(step=10)
    upkeep.stop(machine=first.machine, reason="lens", **FINN)
    assert upkeep.released_to(machine=first.machine) == [run]
    with pytest.raises(shopfloor.FloorRefused, match="out of service"):
        shopfloor.start(operation=first, **FINN)


def test_a_machine_does_not_stop_without_a_reason(laser: Machine) -> None:
    with pytest.raises(upkeep.UpkeepRefused, match="Say why"):
        upkeep.stop(machine=laser, reason=" ", **FINN)
    assert Machine.objects.get(pk=laser.pk).in_service


def test_a_reason_is_no_novel(laser: Machine) -> None:
    with pytest.raises(upkeep.UpkeepRefused, match="200 characters"):
        upkeep.stop(machine=laser, reason="x" * 201, **FINN)


def test_a_machine_does_not_stop_twice(laser: Machine) -> None:
    upkeep.stop(machine=laser, reason="lens", **FINN)
    with pytest.raises(upkeep.UpkeepRefused, match="out of service already"):
        upkeep.stop(machine=laser, reason="belt", **FINN)


def test_a_machine_that_works_is_not_started(laser: Machine) -> None:
    with pytest.raises(upkeep.UpkeepRefused, match="in service already"):
        upkeep.start(machine=laser, **FINN)


def test_loading_the_shop_again_does_not_start_a_stopped_machine(laser: Machine) -> None:
    upkeep.stop(machine=laser, reason="lens", **FINN)
    load(text=SHOP, actor="user:bob", now=NOW)
    laser.refresh_from_db()
    assert (laser.in_service, laser.stopped_reason) == (False, "lens")
