"""What the configurator does outside of requests."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.utils import timezone

from configurator import validations
from configurator.models import Validation, ValidationResult
from ledger.jobs import Claim, Effect, handler


@handler(validations.JOB_KIND, lease=timedelta(seconds=60))
def validate(claim: Claim) -> Effect | None:
    """Judge every row; the effect stores the results."""
    validation = Validation.objects.select_related("version").get(pk=claim.payload["validation"])
    results = validations.judge(validation=validation, on=timezone.now(), report=claim.report)
    return partial(store_results_as_effect, validation.pk, results)


def store_results_as_effect(validation_id: str, results: Sequence[ValidationResult]) -> None:
    validations.store(validation_id=validation_id, results=results, now=timezone.now())
