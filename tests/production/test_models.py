"""What the tables themselves refuse."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from production.models import Machine, Operation, OperationState, Plan, Run, WorkCentre

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


def operate(run: Run, machine: Machine, sequence: int, first_minute: int, last_minute: int) -> Operation:
    return Operation.objects.create(
        run=run, sequence=sequence, step=10 * sequence, work_centre_id="laser", machine=machine,
        setup_family="oak", units=1, seconds=60, setup_start=NINE + timedelta(minutes=first_minute),
        start=NINE + timedelta(minutes=first_minute), end=NINE + timedelta(minutes=last_minute),
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


def test_only_one_plan_is_current(run: Run) -> None:
    with pytest.raises(IntegrityError, match="one_current_plan"), transaction.atomic():
        Plan.objects.create(
            number=2, state="current", snapshot_hash="", certificate={}, kpis={}, unplanned=[],
            horizon_start=NINE, created_at=NINE, created_by="system:test",
        )  # fmt: skip
