"""Judging many configurations at once: asked for in a request, done by a job, one result a row."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import JSONField
from django.db.models.expressions import RawSQL

from configurator.catalogue import compiled
from configurator.engine.pricing import PriceError, price
from configurator.engine.verdicts import Verdict, verdict_of
from configurator.models import Validation, ValidationResult, Version
from ledger.entries import record
from ledger.models import Job
from ledger.requesting import request

JOB_KIND = "configurator.validate"
MOST_ROWS = 10_000
REPORT_EVERY = 250  # rows between two notes of progress
ROWS_AT_ONCE = 1_000  # read by the job


class NothingToJudge(Exception):
    """A validation without rows, or with more than are taken at once."""


def begin(
    *,
    version: Version,
    rows: Sequence[Mapping[str, Any]],
    owner: User | None,
    session_key: str,
    actor: str,
    now: datetime,
) -> Validation:
    """Take the rows in and ask for the job. Raises ``NothingToJudge``."""
    if not 1 <= len(rows) <= MOST_ROWS:
        raise NothingToJudge(
            f"There are {len(rows):,} rows: send 1 to {MOST_ROWS:,} at once, more in several requests."
        )
    with transaction.atomic():
        validation: Validation = Validation.objects.create(
            version=version,
            rows=rows,
            count=len(rows),
            owner=owner,
            session_key="" if owner else session_key,
            created_at=now,
        )
        record(
            stream=f"validation:{validation.pk}",
            kind="validation.requested",
            actor=actor,
            data={"family": version.family_id, "version": version.number, "rows": len(rows)},
            now=now,
        )
        request(kind=JOB_KIND, payload={"validation": validation.pk}, key=_key(validation), now=now)
    return validation


def job_of(validation: Validation) -> Job:
    return Job.objects.get(key=_key(validation))


def _key(validation: Validation) -> str:
    return f"validation:{validation.pk}"


def judge(
    *, validation: Validation, on: datetime, report: Callable[[dict[str, Any]], None]
) -> list[ValidationResult]:
    """Every row's result, not stored yet; the rules are those that are valid on that day."""
    made = compiled(validation.version)
    results: list[ValidationResult] = []
    for number, row in enumerate(_rows(validation), start=1):
        verdict = verdict_of(made.kernel, row)
        told = _told(verdict)
        if verdict.state == "complete":
            try:
                amount = price(made.spec, row, quantity=1)
                told["price"] = {"unit": f"{amount.unit:.2f}", "currency": amount.currency}
            except PriceError as error:
                told["price_problem"] = str(error)
        results.append(
            ValidationResult(validation=validation, number=number, state=verdict.state, report=told)
        )
        if number % REPORT_EVERY == 0:
            report({"done": number, "of": validation.count})
    return results


def _rows(validation: Validation) -> Iterator[dict[str, Any]]:
    """The rows as they were sent, some at a time: all of a wide family would take hundreds of megabytes."""
    held = Validation.objects.filter(pk=validation.pk).order_by()
    for first in range(0, validation.count, ROWS_AT_ONCE):
        path = f"$[{first} to {first + ROWS_AT_ONCE - 1}]"
        some = RawSQL("jsonb_path_query_array(rows, %s::jsonpath)", (path,), output_field=JSONField())
        yield from held.values_list(some, flat=True).get()


def _told(verdict: Verdict) -> dict[str, Any]:
    """The parts of a verdict that have something to say."""
    told = {
        "missing": list(verdict.missing),
        "violations": [
            {"rule": broken.rule, "message": broken.message, "options": list(broken.options)}
            for broken in verdict.violations
        ],
        "errors": [
            {"option": problem.option[:120], "message": problem.message[:500], "hint": problem.hint[:500]}
            for problem in verdict.problems
        ],
    }
    return {name: rows for name, rows in told.items() if rows}


def store(*, validation_id: str, results: Sequence[ValidationResult], now: datetime) -> None:
    """Write all results, once; the effect of the job."""
    with transaction.atomic():
        validation = Validation.objects.select_for_update().defer("rows").get(pk=validation_id)
        if validation.finished_at is not None:
            return
        ValidationResult.objects.bulk_create(results, batch_size=1_000)
        validation.tally = dict(Counter(result.state for result in results))
        validation.finished_at = now
        validation.save(update_fields=["tally", "finished_at"])
