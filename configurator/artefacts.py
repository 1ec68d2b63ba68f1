"""What is compiled from a version once, for all processes: its clauses and its decision diagram.

A job makes both when a version is published (and when somebody finds them missing, as after an update of the
engine); until then a process compiles the clauses itself and answers without counts. A row is named by the
hash of the text and by the code that made it, so nothing ever has to be called back.

Note on remembering answers. Clauses and diagrams are shared through the database, answers are not shared at
all: on a car of 148 options an answer takes 0.1 ms (with counts 0.4 ms), pickling and unpickling it 0.9 ms,
before any network. So each process remembers the last examinations it made (``examination``), by hash,
choices and quantity; they never change.
"""

import hashlib
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from configurator.engine import artefacts, diagram
from configurator.engine.compiled import Knowledge
from configurator.engine.diagram import Diagram, storing
from configurator.engine.spec import FamilySpec
from configurator.models import Artefact, Version
from ledger.models import Job
from ledger.requesting import request

JOB_KIND = "configurator.compile"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """Bytes to be stored; empty for a diagram that is out of reach."""

    kind: Artefact.Kind
    data: bytes


def hash_of(content_hash: str, off: Sequence[str] = ()) -> str:
    """The hash of a version's text without the rules that do not count."""
    if not off:
        return content_hash
    return hashlib.sha256("\n".join((content_hash, *off)).encode()).hexdigest()


def knowledge(*, hash: str, spec: FamilySpec) -> Knowledge | None:
    """The compiled clauses, where they are stored and whole. One query."""
    data = _data(hash, Artefact.Kind.CLAUSES)
    if data is None:
        return None
    try:
        return artefacts.from_bytes(data, spec)
    except artefacts.Unreadable:
        log.exception("the clauses of %s cannot be read; they are compiled again", hash)
        return None


@dataclass(frozen=True)
class Found:
    """A stored diagram; None where it is known that there is none within the budget."""

    diagram: Diagram | None


def stored_diagram(*, hash: str) -> Found | None:
    """The decision diagram as far as it has been made; None while it has not. One query."""
    data = _data(hash, Artefact.Kind.DIAGRAM)
    if data is None:
        return None
    try:
        return Found(storing.from_bytes(data) if data else None)
    except storing.Unreadable:
        log.exception("the diagram of %s cannot be read; it is made again", hash)
        return None


def _data(hash: str, kind: Artefact.Kind) -> bytes | None:
    row = Artefact.objects.filter(hash=hash, kind=kind, engine=artefacts.fingerprint()).first()
    if row is None:
        return None
    data = bytes(row.data)
    if hashlib.sha256(data).hexdigest() != row.sha256:
        log.error("the %s is damaged; it is made again", row)
        return None
    return data


def ask(*, version: Version, on: date, now: datetime) -> Job:
    """Have made what a version lacks on a day; the job that is under way, where there is one."""
    about = Q(payload__version=version.pk) | Q(payload__stream=f"family:{version.family_id}")
    waiting = Job.objects.filter(about, kind=JOB_KIND).exclude(state=Job.State.DONE).order_by("-pk").first()
    if waiting is not None:
        return waiting
    return request(
        kind=JOB_KIND,
        payload={"version": version.pk, "on": on.isoformat()},
        key=f"{JOB_KIND}:{version.pk}:{uuid.uuid4().hex[:12]}",
        now=now,
    )


def make(*, hash: str, known: Knowledge) -> list[Made]:
    """What is missing, compiled. Takes up to half a minute: for a job, with no transaction open."""
    made: list[Made] = []
    if _data(hash, Artefact.Kind.CLAUSES) is None:
        made.append(Made(Artefact.Kind.CLAUSES, artefacts.to_bytes(known)))
    if stored_diagram(hash=hash) is None:
        found = diagram.compile(known)
        made.append(Made(Artefact.Kind.DIAGRAM, b"" if found is None else storing.to_bytes(found)))
    return made


def store(*, hash: str, made: Sequence[Made], now: datetime) -> None:
    """Keep what was made, in place of a row that could not be read."""
    engine = artefacts.fingerprint()
    with transaction.atomic():
        for each in made:
            sha256 = hashlib.sha256(each.data).hexdigest()
            rows = Artefact.objects.filter(hash=hash, kind=each.kind, engine=engine)
            rows.exclude(sha256=sha256, data=each.data).delete()
            Artefact.objects.bulk_create(
                [
                    Artefact(
                        hash=hash,
                        kind=each.kind,
                        engine=engine,
                        data=each.data,
                        sha256=sha256,
                        created_at=now,
                    )
                ],
                ignore_conflicts=True,
            )
