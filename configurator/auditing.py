"""The audit as a job: asked for when a draft is saved or published, its report kept by the text's hash."""

import time
import uuid
from dataclasses import dataclass
from datetime import datetime

from configurator.catalogue import Written, compile_written
from configurator.engine.audit import Audit, AuditFinding, audit
from configurator.engine.family import FamilyError
from configurator.engine.fonts import FontLibrary
from configurator.engine.knowledge import TooLarge
from configurator.models import AuditReport, Draft, Version
from ledger.handlers import Claim
from ledger.models import Job
from ledger.requesting import request

JOB_KIND = "configurator.audit"
SECONDS = 60.0  # a family with 174 tables takes less than one


@dataclass(frozen=True)
class Computed:
    """What one job found, for its effect to store."""

    content_hash: str
    family_code: str
    audit: Audit
    milliseconds: int


@dataclass(frozen=True)
class State:
    """What is known of a text's audit: a report, or the job that will write one."""

    report: AuditReport | None = None
    job: Job | None = None


def hash_of(written: Written) -> str:
    """The hash under which a text's report is kept; "" where the text cannot be read."""
    try:
        return written.hash_as(written.read())
    except FamilyError:
        return ""


def ask(*, written: Written, draft: str, now: datetime, again: bool = False) -> Job | None:
    """Have a draft's text audited, unless its report is there (or ``again``). None where it has no faults
    to look for: it cannot be read, or is audited already."""
    content_hash = hash_of(written)
    if not content_hash:
        return None
    return _ask({"content_hash": content_hash, "draft": draft}, now, again=again)


def ask_of_version(*, version: Version, now: datetime, again: bool = False) -> Job | None:
    """Have a published version audited, as ``ask``."""
    return _ask({"content_hash": version.content_hash, "version": version.pk}, now, again=again)


def _ask(payload: dict[str, str | int], now: datetime, *, again: bool) -> Job | None:
    content_hash = str(payload["content_hash"])
    if not again and AuditReport.objects.filter(pk=content_hash).exists():
        return None
    waiting = state_of(content_hash).job
    if waiting is not None and waiting.state != Job.State.DEAD:
        return waiting
    once = uuid.uuid4().hex[:12]
    return request(kind=JOB_KIND, payload=payload, key=f"{JOB_KIND}:{content_hash}:{once}", now=now)


def state_of(content_hash: str) -> State:
    """The report of a text, and its newest job that is not done. Two queries."""
    if not content_hash:
        return State()
    job = (
        Job.objects.filter(kind=JOB_KIND, payload__content_hash=content_hash)
        .exclude(state=Job.State.DONE)
        .order_by("-pk")
        .first()
    )
    return State(AuditReport.objects.filter(pk=content_hash).first(), job)


def compute(claim: Claim, *, now: datetime) -> Computed | None:
    """Audit the text that the job names; None where nobody needs it any more."""
    text = _text(claim.payload)
    if text is None:
        return None
    began = time.process_time()
    found, family_code, content_hash = _audit(text, claim, now)
    return Computed(content_hash, family_code, found, round((time.process_time() - began) * 1000))


def _text(payload: dict[str, str | int]) -> Written | None:
    """A draft that was saved again meanwhile has another job."""
    if "version" in payload:
        version = Version.objects.select_related("family").get(pk=payload["version"])
        return Written(version.source, version.source_format, version.family_id, version.family.name)
    draft = Draft.objects.filter(pk=payload["draft"]).first()
    if draft is None:
        return None
    written = Written(draft.source, draft.source_format, draft.code, draft.name)
    return written if hash_of(written) == payload["content_hash"] else None


def _audit(written: Written, claim: Claim, now: datetime) -> tuple[Audit, str, str]:
    spec = written.read()
    content_hash = str(claim.payload["content_hash"])
    try:
        kernel = compile_written(written, spec).kernel
    except TooLarge as refusal:
        finding = AuditFinding("fault", "refuse", "rule", refusal.rule, str(refusal))
        return Audit((finding,)), spec.code, content_hash
    found = audit(
        spec,
        kernel,
        fonts=FontLibrary.installed(),
        today=now.date(),
        seconds=SECONDS,
        stop=claim.is_lost,
        report=lambda step, count: claim.report({"step": step, "found": count}),
    )
    return found, spec.code, content_hash


def store(computed: Computed, *, now: datetime) -> None:
    """Keep a report; a later one of the same text takes its place."""
    AuditReport.objects.update_or_create(
        content_hash=computed.content_hash,
        defaults={
            "family_code": computed.family_code,
            "findings": [finding.as_json() for finding in computed.audit.findings],
            "unfinished": list(computed.audit.unfinished),
            "milliseconds": computed.milliseconds,
            "checked_at": now,
        },
    )
