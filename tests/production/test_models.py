"""What the tables themselves refuse."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from production.models import (
    Machine,
    Operation,
    OperationState,
    Operator,
    Plan,
    PlannerSettings,
    Run,
    WorkCentre,
)

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def run() -> Run:
    WorkCentre.objects.create(code="laser", name="Laser", mode="bed", process="engrave")
    plan = Plan.objects.create(
        number=1, state="current", snapshot_hash="", certificate={}, kpis={}, unplanned=[],
        horizon_start=NINE, created_at=NINE, created_by="system:test",
    )  # fmt: skip
    return Run.objects.create(plan=plan, number=1, key={}, why="")


def machine(code: str) -> Machine:
    return Machine.objects.create(code=code, name=code, work_centre_id="laser")


def operate(
    run: Run, machine: Machine, sequence: int, first_minute: int, last_minute: int, **more: Any
) -> Operation:
    return Operation.objects.create(
        run=run, sequence=sequence, step=10 * sequence, work_centre_id="laser", machine=machine,
        setup_family="oak", units=1, seconds=60, setup_start=NINE + timedelta(minutes=first_minute),
        start=NINE + timedelta(minutes=first_minute), end=NINE + timedelta(minutes=last_minute), **more,
    )  # fmt: skip


def at_commit() -> None:
    """Check the deferred constraints now, as the end of the transaction would."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")


def test_a_machine_takes_operations_one_after_another(run: Run) -> None:
    laser = machine("laser-1")
    operate(run, laser, 1, 0, 10)
    operate(run, laser, 2, 10, 20)
    operate(run, machine("laser-2"), 3, 5, 15)
    at_commit()
    assert Operation.objects.count() == 3


def test_two_operations_cannot_share_a_minute_of_a_machine(run: Run) -> None:
    laser = machine("laser-1")
    operate(run, laser, 1, 0, 11)
    with pytest.raises(IntegrityError, match="machine_does_one_thing_at_a_time"), transaction.atomic():
        operate(run, laser, 2, 10, 20)
        at_commit()


def test_a_dropped_operation_leaves_its_time_free(run: Run) -> None:
    laser = machine("laser-1")
    operate(run, laser, 1, 0, 11)
    Operation.objects.update(state=OperationState.DROPPED)
    operate(run, laser, 2, 10, 20)
    at_commit()


def test_one_operation_of_a_load_stands_for_all_of_it(run: Run) -> None:
    oven = machine("oven-1")
    operate(run, oven, 1, 0, 10, load="l1")
    operate(run, oven, 2, 0, 10, load="l1", occupies=False)
    operate(run, oven, 3, 10, 20, load="l2")
    at_commit()
    with pytest.raises(IntegrityError, match="one_operation_stands_for_a_load"), transaction.atomic():
        operate(run, machine("oven-2"), 4, 0, 10, load="l1")


def test_an_operation_without_a_load_occupies_its_machine(run: Run) -> None:
    with pytest.raises(IntegrityError, match="operation_without_load_occupies"), transaction.atomic():
        operate(run, machine("oven-1"), 1, 0, 10, occupies=False)


def attended(operator: Operator, *minutes: tuple[int, int]) -> dict[str, Any]:
    base = operator.pk << 34
    return {
        "operator": operator,
        "attended": [(base + 60 * start, base + 60 * end) for start, end in minutes],
    }


def test_an_operator_cannot_attend_two_machines_at_once(run: Run) -> None:
    ann = Operator.objects.create(code="ann", name="Ann")
    operate(run, machine("laser-1"), 1, 0, 10, **attended(ann, (0, 10)))
    with pytest.raises(IntegrityError, match="operator_does_one_thing_at_a_time"), transaction.atomic():
        operate(run, machine("laser-2"), 2, 9, 20, **attended(ann, (9, 20)))
        at_commit()


def test_an_operator_may_work_elsewhere_in_the_break_of_a_machine(run: Run) -> None:
    ann = Operator.objects.create(code="ann", name="Ann")
    bob = Operator.objects.create(code="bob", name="Bob")
    long = operate(run, machine("laser-1"), 1, 0, 30, **attended(ann, (0, 10), (20, 30)))
    operate(run, machine("laser-2"), 2, 10, 20, **attended(ann, (10, 20)))
    operate(run, machine("laser-3"), 3, 0, 30, **attended(bob, (0, 30)))
    at_commit()
    long.refresh_from_db()
    base = ann.pk << 34
    assert long.attended == ((base, base + 600), (base + 1200, base + 1800))


def test_there_is_one_row_of_planner_settings(run: Run) -> None:
    PlannerSettings.objects.create(pk=1)
    with pytest.raises(IntegrityError, match="planner_settings_are_one"), transaction.atomic():
        PlannerSettings.objects.create(pk=2)


def test_only_one_plan_is_current(run: Run) -> None:
    with pytest.raises(IntegrityError, match="one_current_plan"), transaction.atomic():
        Plan.objects.create(
            number=2, state="current", snapshot_hash="", certificate={}, kpis={}, unplanned=[],
            horizon_start=NINE, created_at=NINE, created_by="system:test",
        )  # fmt: skip
