"""The jobs of the configurator, started over after their worker was lost: one result, the same."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from configurator import artefacts, auditing, validations
from configurator.catalogue import compiled
from configurator.models import Artefact, AuditReport, Family, ValidationResult, Version
from ledger import jobs
from ledger.models import Job
from tests.shops import NOW

Rows = list[Any]


def _validation(version: Version) -> None:
    rows = [{"length": 80}, {"material": "steel", "length": 100}, {"length": "far"}]
    validations.begin(version=version, rows=rows, owner=None, session_key="gst_x", actor="guest:x", now=NOW)


def _audit(version: Version) -> None:
    auditing.ask_of_version(version=version, now=NOW)


def _artefacts(version: Version) -> None:
    artefacts.ask(version=version, on=NOW.date(), now=NOW)


def _results() -> Rows:
    return list(ValidationResult.objects.order_by("number").values_list("number", "state", "report"))


def _reports() -> Rows:
    return list(AuditReport.objects.values_list("content_hash", "findings", "unfinished"))


def _stored() -> Rows:
    return list(Artefact.objects.order_by("kind").values_list("hash", "kind", "sha256"))


Case = tuple[str, Callable[[Version], None], Callable[[], Rows], int]
CASES: list[Case] = [
    (validations.JOB_KIND, _validation, _results, 3),
    (auditing.JOB_KIND, _audit, _reports, 1),
    (artefacts.JOB_KIND, _artefacts, _stored, 2),
]


@pytest.fixture(params=CASES, ids=[case[0] for case in CASES])
def case(request: pytest.FixtureRequest, badge: Family) -> tuple[Job, Callable[[], Rows], int]:
    """A job that was asked for, what it stores, and how many rows that are."""
    kind, ask, rows, count = request.param
    assert badge.current is not None
    compiled(badge.current)
    ask(badge.current)
    return Job.objects.filter(kind=kind).latest("pk"), rows, count


def _lost(job: Job) -> None:
    """As after kill -9: somebody else's claim, whose lease is over."""
    Job.objects.filter(pk=job.pk).update(
        state="running", token="lost", attempts=1, lease_until=Now() - timedelta(seconds=1)
    )


def test_a_job_whose_worker_was_killed_is_done_by_the_next(case: tuple[Job, Callable[[], Rows], int]) -> None:
    job, rows, count = case
    _lost(job)
    assert jobs.run(job.pk)
    assert len(rows()) == count


def test_a_job_that_is_done_twice_stores_the_same_once(case: tuple[Job, Callable[[], Rows], int]) -> None:
    job, rows, count = case
    assert jobs.run(job.pk)
    before = rows()
    assert len(before) == count
    _lost(job)
    assert jobs.run(job.pk)
    assert rows() == before


def test_a_job_that_is_overtaken_stores_nothing_of_its_own(
    case: tuple[Job, Callable[[], Rows], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker was thought lost while it computed, and another one has the job by the time it is done."""
    job, rows, _ = case
    known = jobs.handler_of(job.kind)
    assert known is not None

    def slow(claim: Any) -> Any:
        effect = known.work(claim)
        Job.objects.filter(pk=job.pk).update(token="other", attempts=2)
        return effect

    monkeypatch.setattr(jobs, "handler_of", lambda kind: replace(known, work=slow))
    assert not jobs.run(job.pk)
    assert rows() == []
