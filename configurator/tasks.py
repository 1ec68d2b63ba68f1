"""What the configurator does outside of requests."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from django.utils import timezone

from configurator import artefacts, auditing, proofs, validations
from configurator.catalogue import compiled
from configurator.models import Design, Validation, ValidationResult, Version
from ledger.followers import follow
from ledger.jobs import Claim, Effect, handler
from ledger.models import Entry

PUBLISHED_JOB = "configurator.published"

follow("family.published", job_kind=PUBLISHED_JOB)
follow("family.published", job_kind=artefacts.JOB_KIND)


@handler(validations.JOB_KIND, lease=timedelta(seconds=60))
def validate(claim: Claim) -> Effect | None:
    """Judge every row; the effect stores the results."""
    validation = (
        Validation.objects.select_related("version").defer("rows").get(pk=claim.payload["validation"])
    )
    results = validations.judge(validation=validation, on=timezone.now(), report=claim.report)
    return partial(store_results_as_effect, validation.pk, results)


def store_results_as_effect(validation_id: str, results: Sequence[ValidationResult]) -> None:
    validations.store(validation_id=validation_id, results=results, now=timezone.now())


@handler(PUBLISHED_JOB)
def audit_published(claim: Claim) -> Effect | None:
    """A version is on sale: it gets its audit, unless its draft had one."""
    entry = Entry.objects.get(pk=claim.payload["entry"])
    return partial(ask_for_audit_as_effect, entry.stream.removeprefix("family:"), entry.data["version"])


@handler(auditing.JOB_KIND, lease=timedelta(seconds=60))
def audit(claim: Claim) -> Effect | None:
    """Look for everything that is wrong with a text; the effect stores the report."""
    computed = auditing.compute(claim, now=timezone.now())
    return None if computed is None else partial(store_audit_as_effect, computed)


@handler(artefacts.JOB_KIND, lease=timedelta(seconds=60))
def make_artefacts(claim: Claim) -> Effect | None:
    """Clauses and decision diagram of a version, as far as they are missing; the effect stores them."""
    version = _version_of(claim)
    on = claim.payload.get("on")
    known = compiled(version, date.fromisoformat(on) if on else None)
    made = artefacts.make(hash=known.hash, known=known.kernel.knowledge)
    return partial(store_artefacts_as_effect, known.hash, made) if made else None


@handler(proofs.SMALLER_JOB, lease=timedelta(seconds=60))
def make_pictures_smaller(claim: Claim) -> Effect | None:
    """The pictures of a kept design; the files are the effect, and the same each time they are made."""
    design = Design.objects.select_related("version").filter(pk=claim.payload["design"]).first()
    if design is not None:  # tidied away meanwhile
        proofs.make_smaller(design)
    return None


def _version_of(claim: Claim) -> Version:
    """The version that a job is about: named, or of an entry that tells its publishing."""
    if "version" in claim.payload:
        return Version.objects.get(pk=claim.payload["version"])
    entry = Entry.objects.get(pk=claim.payload["entry"])
    family = entry.stream.removeprefix("family:")
    return Version.objects.get(family=family, number=entry.data["version"])


def store_artefacts_as_effect(hash: str, made: Sequence[artefacts.Made]) -> None:
    artefacts.store(hash=hash, made=made, now=timezone.now())


def ask_for_audit_as_effect(family: str, number: int) -> None:
    version = Version.objects.get(family=family, number=number)
    auditing.ask_of_version(version=version, now=timezone.now())


def store_audit_as_effect(computed: auditing.Computed) -> None:
    auditing.store(computed, now=timezone.now())
