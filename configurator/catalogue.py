"""What is on sale: publishing a family file as an immutable version, and taking it off again."""

import hashlib
import re
import time
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from configurator import artefacts
from configurator.assets import measurer
from configurator.engine.audit import AuditFinding, obstacles
from configurator.engine.document import Problem, hidden_problem
from configurator.engine.domains import Kernel
from configurator.engine.family import FamilyError, read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.knowledge import compile_family
from configurator.engine.measuring import Measures
from configurator.engine.recent import Recent
from configurator.engine.spec import FamilySpec, rules_off, spec_on
from configurator.engine.sxfm import read_sxfm
from configurator.engine.uvl import read_model, read_uvl
from configurator.engine.weighing import bytes_of_spec
from configurator.engine.xcsp import read_xcsp
from configurator.models import Family, Version
from configurator.version_rows import derive
from ledger.entries import record

CACHED_VERSIONS = 32  # a process; a compiled family takes some megabytes
CACHED_TEXTS = 8  # texts that authors work on
# Of a process: very large families push others out long before there are so many.
MOST_COMPILED, MOST_READ = 200_000_000, 60_000_000
LOOK_AGAIN = 20.0  # seconds between looks for a decision diagram that is being made


class NotPublishable(Exception):
    """A family that must not reach a shopper: every reason at once, `findings` with the rules behind it."""

    def __init__(
        self, family: str, reasons: tuple[str, ...], findings: tuple[AuditFinding, ...] = ()
    ) -> None:
        super().__init__(f"{family} was not published: " + " ".join(reasons))
        self.family = family
        self.reasons = reasons
        self.findings = findings


@dataclass
class _Awaited:
    """When to look again for a decision diagram that a job makes; never again once it is `settled`."""

    settled: bool = False
    asked: bool = False
    next_look: float = 0.0  # by time.monotonic


@dataclass(frozen=True)
class Compiled:
    """A version, ready to answer; `off` are its rules that do not count on the day asked about, `hash`
    names what is stored of it (``artefacts``)."""

    spec: FamilySpec
    kernel: Kernel
    hash: str
    off: tuple[str, ...] = ()
    awaited: _Awaited = field(default_factory=_Awaited, compare=False)


# What a version says by its content hash, and compiled by hash and the rules that do not count.
_read: Recent[str, FamilySpec] = Recent(
    CACHED_VERSIONS, most=MOST_READ, weigh=lambda _, spec: bytes_of_spec(spec)
)
_shelf: Recent[tuple[str, tuple[str, ...]], Compiled] = Recent(
    CACHED_VERSIONS, most=MOST_COMPILED, weigh=lambda _, made: made.kernel.bytes
)
_tried: Recent[str, tuple[AuditFinding, ...]] = Recent(CACHED_VERSIONS)


def compiled(version: Version, on: date | None = None) -> Compiled:
    """What ``version`` says on a day (today, where none is given), compiled, with its decision diagram as
    soon as that is made: the store is asked for it now and then."""
    made = _on_the_shelf(version, on)
    if not made.awaited.settled and time.monotonic() >= made.awaited.next_look:
        _look_for_diagram(made)
    return made


def _on_the_shelf(version: Version, on: date | None) -> Compiled:
    """Compiled once and kept for the process, as a version never changes."""
    whole = _read.get(
        version.content_hash,
        lambda: read_source(
            source=version.source,
            source_format=version.source_format,
            code=version.family_id,
            name="" if version.source_format == Version.Format.FAMILY else version.family.name,
        ),
    )
    return _compiled(version.content_hash, whole, on or timezone.localdate())


def _look_for_diagram(made: Compiled) -> None:
    """Take the decision diagram where it is there; nobody waits for it."""
    made.awaited.next_look = time.monotonic() + LOOK_AGAIN
    found = artefacts.stored_diagram(hash=made.hash)
    if found is not None and found.diagram is not None:
        made.kernel.use_diagram(found.diagram)
    made.awaited.settled = found is not None


def want_artefacts(*, version: Version, now: datetime) -> None:
    """Have made what is missing of a version that shoppers use, once a process. What a new release of this
    program needs anew, the first shopper asks for; publishing asks for it before."""
    made = compiled(version)
    if not made.awaited.settled and not made.awaited.asked:
        made.awaited.asked = True
        artefacts.ask(version=version, on=timezone.localdate(), now=now)


def spec_of(version: Version, on: date | None = None) -> FamilySpec:
    """What ``version`` says; no query for a known version, ever: lists ask this for each of their rows."""
    return _on_the_shelf(version, on).spec


def kernel_of(version: Version, on: date | None = None) -> Kernel:
    return compiled(version, on).kernel


def _compiled(content_hash: str, whole: FamilySpec, day: date) -> Compiled:
    off = rules_off(whole, day)
    return _shelf.get((content_hash, off), lambda: _compile(content_hash, spec_on(whole, day), off))


def _compile(content_hash: str, spec: FamilySpec, off: tuple[str, ...]) -> Compiled:
    """Compiled by a job before, or here and now."""
    hash = artefacts.hash_of(content_hash, off)
    knowledge = artefacts.knowledge(hash=hash, spec=spec) or compile_family(spec)
    measures = None
    if any(option.measure is not None for option in spec.options):
        measures = Measures(knowledge, measurer())
    return Compiled(spec, Kernel(knowledge, measures=measures), hash, off)


def read_source(
    *, source: str, source_format: str, code: str, name: str = "", filename: str = ""
) -> FamilySpec:
    """The family that a text describes. ``code`` and ``name`` count where the format has neither (all but
    family files); without ``name`` a feature model is called like its root. Raises ``FamilyError``."""
    unseen = hidden_problem(source)
    if unseen is not None:
        raise FamilyError((unseen,), filename)
    if source_format == Version.Format.XCSP:
        return read_xcsp(source, code=code, name=name or code, filename=filename)
    if source_format == Version.Format.UVL:
        return read_uvl(source, code=code, name=name, filename=filename)
    if source_format == Version.Format.SXFM:
        return read_sxfm(source, code=code, name=name, filename=filename)
    return read_family(source, filename=filename)


def notes_on(version: Version) -> tuple[str, ...]:
    """What of a model the family holds only within bounds, in words; nothing for formats that have none."""
    if version.source_format != Version.Format.UVL:
        return ()
    return read_model(version.source, code=version.family_id, name=version.family.name).notes


@dataclass(frozen=True)
class Written:
    """A family as its author wrote it; ``code`` and ``name`` count only where the format has neither."""

    source: str
    source_format: str
    code: str = ""
    name: str = ""

    def read(self, *, filename: str = "") -> FamilySpec:
        """What it says, or what is wrong in it; remembered, as one request asks several times. Raises
        ``FamilyError``."""
        known = _texts.get(self, self._read)
        if isinstance(known, FamilySpec):
            return known
        raise FamilyError(known, filename)

    def _read(self) -> FamilySpec | tuple[Problem, ...]:
        try:
            return read_source(
                source=self.source, source_format=self.source_format, code=self.code, name=self.name
            )
        except FamilyError as refusal:
            return refusal.problems

    def hash_as(self, spec: FamilySpec) -> str:
        """The content hash that a version of it has (or would have); ``spec`` is what it reads as."""
        text = f"{self.source_format}\n{spec.code}\n{spec.name}\n{self.source}"
        return hashlib.sha256(text.encode()).hexdigest()


_texts: Recent[Written, FamilySpec | tuple[Problem, ...]] = Recent(
    CACHED_TEXTS,
    most=MOST_READ,
    weigh=lambda text, known: (
        2 * len(text.source) + (bytes_of_spec(known) if isinstance(known, FamilySpec) else 0)
    ),
)

# Everything else is a family file.
_FORMATS = {
    ".xml": Version.Format.XCSP,
    ".uvl": Version.Format.UVL,
    ".sxfm": Version.Format.SXFM,
    ".splx": Version.Format.SXFM,
}


def format_of(filename: str) -> str:
    """The format that a file's name says."""
    return _FORMATS.get(PurePath(filename).suffix.lower(), Version.Format.FAMILY)


def written_as(*, source: str, filename: str, code: str = "", name: str = "") -> Written:
    """The text of a file in the one form that is stored: NFC, lines ended by LF."""
    source_format = format_of(filename)
    if source_format != Version.Format.FAMILY and not code:
        code = _slug(PurePath(filename).stem)
    return Written(unicodedata.normalize("NFC", source.replace("\r\n", "\n")), str(source_format), code, name)


def _slug(stem: str) -> str:
    """A file's name as the code of a family: small letters, digits and hyphens, 50 characters at most."""
    plain = unicodedata.normalize("NFKD", stem).lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "family"


def compile_written(written: Written, spec: FamilySpec, on: date | None = None) -> Compiled:
    """A text compiled, published or not; remembered as versions are. Raises ``TooLarge``."""
    return _compiled(written.hash_as(spec), spec, on or timezone.localdate())


def publish(
    *,
    source: str,
    filename: str,
    actor: str,
    now: datetime,
    code: str = "",
    name: str = "",
    position: int | None = None,
) -> Version:
    """Check a family file and put it on sale as the family's current version.

    The file's suffix tells its format: ``.xml`` is XCSP 2.1, ``.uvl`` UVL, ``.sxfm`` and ``.splx`` SXFM; for
    these ``code`` is the file's name unless it is given. The same text published
    again is the same version. Raises ``FamilyError`` (the text has faults, each with its line),
    ``TooLarge`` and ``NotPublishable`` (no valid configuration, defaults that contradict each other,
    a failing test of the author's own, a value that cannot be priced, made or drawn).
    """
    written = written_as(source=source, filename=filename, code=code, name=name)
    return publish_written(written=written, filename=filename, actor=actor, now=now, position=position)


def publish_written(
    *, written: Written, actor: str, now: datetime, filename: str = "", position: int | None = None
) -> Version:
    """``publish`` for a text that is at hand as it is stored; raises the same."""
    spec = written.read(filename=filename)
    content_hash = written.hash_as(spec)
    if not Version.objects.filter(family=spec.code, content_hash=content_hash).exists():
        against = _tried.get(
            content_hash,
            lambda: obstacles(spec, compile_written(written, spec).kernel, FontLibrary.installed()),
        )
        if against:
            raise NotPublishable(spec.code, tuple(finding.sentence for finding in against), against)
    with transaction.atomic():
        # A new family stands last on the shelf.
        last = Family.objects.aggregate(last=Max("position"))["last"]
        place = position if position is not None else 0 if last is None else last + 1
        family, _ = Family.objects.select_for_update().get_or_create(
            code=spec.code, defaults={"name": spec.name, "summary": spec.summary, "position": place}
        )
        version = family.versions.filter(content_hash=content_hash).first()
        if version is not None and family.current_id == version.pk and version.retired_at is None:
            return version
        if version is None:
            version = _new_version(family, spec, written, content_hash, actor=actor, now=now)
        elif version.retired_at is not None:
            version.retired_at = None
            version.save(update_fields=["retired_at"])
        family.name, family.summary, family.current = spec.name, spec.summary, version
        if position is not None:
            family.position = position
        family.save()
        record(
            stream=f"family:{family.code}",
            kind="family.published",
            actor=actor,
            data={"version": version.number, "content_hash": content_hash},
            now=now,
        )
    return version


def _new_version(
    family: Family,
    spec: FamilySpec,
    written: Written,
    content_hash: str,
    *,
    actor: str,
    now: datetime,
) -> Version:
    newest = family.versions.aggregate(newest=Max("number"))["newest"] or 0
    version = Version.objects.create(
        family=family,
        number=newest + 1,
        source=written.source,
        source_format=written.source_format,
        content_hash=content_hash,
        published_at=now,
        published_by=actor,
    )
    derive(version, spec)
    Version.objects.filter(pk=version.pk).update(sealed=True)
    version.sealed = True
    return version


class NotRolledBack(Exception):
    """The version cannot be put on sale again; the message says why."""


def roll_back(*, version: Version, actor: str, now: datetime) -> Version:
    """Put an older version on sale again, as it was published; the one sold now stays, to go forward to.

    Raises ``NotRolledBack`` where it is on sale already.
    """
    with transaction.atomic():
        family = Family.objects.select_for_update().get(pk=version.family_id)
        held = family.versions.select_for_update(of=("self",)).get(pk=version.pk)
        if family.current_id == held.pk and held.retired_at is None:
            raise NotRolledBack(f"Version {held.number} of {family.name} is the one on sale.")
        before = family.current
        spec = spec_of(held)
        if held.retired_at is not None:
            held.retired_at = None
            held.save(update_fields=["retired_at"])
        family.name, family.summary, family.current = spec.name, spec.summary, held
        family.save(update_fields=["name", "summary", "current"])
        record(
            stream=f"family:{family.code}",
            kind="family.rolled_back",
            actor=actor,
            data={"version": held.number, "instead_of": before.number if before else None},
            now=now,
        )
    version.retired_at = None
    return held


def suspend(*, family: Family, actor: str, now: datetime, reason: str = "") -> None:
    """Take a family off sale: nobody can start or order it until ``resume``."""
    _set_suspension(family, now, kind="family.suspended", actor=actor, now=now, data={"reason": reason})


def resume(*, family: Family, actor: str, now: datetime) -> None:
    _set_suspension(family, None, kind="family.resumed", actor=actor, now=now, data={})


def _set_suspension(
    family: Family, moment: datetime | None, *, kind: str, actor: str, now: datetime, data: dict[str, Any]
) -> None:
    with transaction.atomic():
        held = Family.objects.select_for_update().get(pk=family.pk)
        if (held.suspended_at is None) == (moment is None):
            return
        held.suspended_at = family.suspended_at = moment
        held.save(update_fields=["suspended_at"])
        record(stream=f"family:{held.code}", kind=kind, actor=actor, data=data, now=now)


def retire(*, version: Version, actor: str, now: datetime) -> None:
    """Stop selling one version: designs of it have to be reopened under the current one."""
    with transaction.atomic():
        held = Version.objects.select_for_update(of=("self",)).get(pk=version.pk)
        if held.retired_at is not None:
            return
        held.retired_at = version.retired_at = now
        held.save(update_fields=["retired_at"])
        record(
            stream=f"family:{held.family_id}",
            kind="family.version_retired",
            actor=actor,
            data={"version": held.number},
            now=now,
        )
