"""The history says what each plan cost against the one before, and what people decided under it."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from ledger.entries import record
from production.engine.proposal import Kpis, Terms
from production.history import Past, history
from production.models import Plan
from tests.production.workshop import NOW

pytestmark = pytest.mark.django_db


def stored(number: int, **kpis: Any) -> Plan:
    figures = asdict(
        Kpis(
            units=10,
            unplanned=0,
            runs=2,
            sheets=1,
            sheet_use_permille=500,
            setups=1,
            setup_seconds=60,
            tardy_units=0,
            tardiness=0,
            makespan=60,
        )
    )
    return Plan.objects.create(
        number=number,
        state="superseded",
        snapshot_hash="",
        certificate={},
        kpis=figures | kpis,
        unplanned=[],
        horizon_start=NOW,
        created_at=NOW + timedelta(hours=number),
        created_by="user:bob",
    )


def told() -> list[Past]:
    return history(list(Plan.objects.order_by("-number")))


def decide(kind: str, actor: str, hours: float) -> None:
    with transaction.atomic():
        record(stream="run:run_1", kind=kind, actor=actor, data={}, now=NOW + timedelta(hours=hours))


def test_each_cause_of_cost_is_compared_with_the_plan_before() -> None:
    stored(1, terms=asdict(Terms(tardiness=50, setups=100)), bound=100)
    stored(2, terms=asdict(Terms(tardiness=20, setups=110)), bound=100)
    newer, older = told()
    assert newer.cost is not None and (newer.cost.value, newer.cost.change) == (130, -20)
    assert {term.name: term.change for term in newer.terms if term.change} == {"tardiness": -30, "setups": 10}
    assert newer.gap_permille == 300
    assert older.cost is not None and older.cost.change is None


def test_a_plan_from_before_costs_were_kept_has_none() -> None:
    plan = stored(1)
    Plan.objects.filter(pk=plan.pk).update(kpis={"units": 3})
    (past,) = told()
    assert (past.cost, past.gap_permille, past.figures[0].value) == (None, None, 3)


def test_decisions_belong_to_the_plan_that_was_in_force() -> None:
    stored(1)
    stored(2)
    decide("run.released", "user:bob", 1.5)
    decide("run.released", "user:ann", 2.5)
    decide("run.pinned", "user:ann", 2.6)
    newer, older = told()
    assert [(each.what, each.times, each.who) for each in older.decided] == [("released", 1, ("user:bob",))]
    assert [(each.what, each.times) for each in newer.decided] == [("pinned", 1), ("released", 1)]
