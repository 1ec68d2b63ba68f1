"""Drafts: a family while it is being written, before anything of it is on sale.

One draft a family, shared by its authors. Saving names the revision that was read, so nobody overwrites
another's text unseen; what is refused says whose text stands there. A draft may hold any faults: they are
told (``read``), and publishing refuses them.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from configurator import auditing, catalogue
from configurator.catalogue import Written
from configurator.engine.characters import hidden, line_and_column
from configurator.engine.document import Problem
from configurator.engine.family import FamilyError
from configurator.engine.spec import FamilySpec
from configurator.models import Draft, Family, Version
from ledger.entries import record

RESERVED = frozenset({"new"})  # an address of the authors' pages
LONGEST = 20_000_000  # characters, and bytes of a file
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # by the database

TEMPLATE = """\
# {name}. Lengths in mm, money in the currency; every rule says why.
family: {code}
name: {name}
summary: What it is, in one sentence for the shelf.
currency: EUR
base_price: "10.00"
lead_days: 1
groups:
  - {{code: make, name: How it is made}}
options:
  - code: material
    name: Material
    kind: choice
    group: make
    default: oak
    values:
      - {{code: oak, name: Oak, attributes: {{rate: 2}}}}
      - {{code: walnut, name: Walnut, attributes: {{rate: 3}}}}
  - code: width
    name: Width
    kind: integer
    group: make
    unit: mm
    min: 100
    max: 400
    step: 10
    default: 200
rules:
  - code: R1
    expr: "material == 'walnut' => width <= 300 mm"
    message: Walnut boards are 300 mm wide at most.
    protects: material
prices:
  - {{code: P1, name: Wood, amount: "material.rate * width / 100 mm"}}
tests:
  - {{name: as it comes, choices: {{}}, expect: valid, price: "14.00"}}
  - {{name: wide walnut, choices: {{material: walnut, width: 400}}, expect: refused, by: R1}}
"""


class DraftChanged(Exception):
    """Somebody saved meanwhile: what they wrote is ``theirs``; put your changes into it, or save over it."""

    def __init__(self, *, expected: int, theirs: Draft) -> None:
        super().__init__(
            f"{theirs.updated_by.partition(':')[2] or theirs.updated_by} saved the draft meanwhile"
            f" (revision {theirs.revision}, yours began at {expected}): nothing of yours was stored."
        )
        self.theirs = theirs


class NotADraft(Exception):
    """A family cannot be begun so, or its text not be kept; ``problems`` says everything that is wrong."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class AnotherFamily(Exception):
    """The text says another family's code than the draft's."""


@dataclass(frozen=True)
class Reading:
    """What a text says: ``spec`` or the problems that stand against reading it."""

    spec: FamilySpec | None
    problems: tuple[Problem, ...]


def written(draft: Draft) -> Written:
    return Written(draft.source, draft.source_format, draft.code, draft.name)


def read(text: Written) -> Reading:
    """Read a text and compile it: the author's live errors."""
    try:
        spec = text.read()
    except FamilyError as error:
        return Reading(None, error.problems)
    if spec.code != text.code and text.code:
        message = f"the family is {text.code}, not {spec.code}"
        return Reading(None, (Problem(1, 1, "family", message, f"write family: {text.code}"),))
    return Reading(spec, ())


def normal(source: str) -> str:
    """A text in the one form that is stored: NFC, lines ended by LF."""
    return unicodedata.normalize("NFC", source.replace("\r\n", "\n"))


def begin(*, family: Family, actor: str, now: datetime) -> Draft:
    """The family's draft; where it has none, a new one from the version on sale (or the newest)."""
    with transaction.atomic():
        known = Draft.objects.filter(pk=family.pk).first()
        if known is not None:
            return known
        version = family.current or family.versions.first()
        draft, made = Draft.objects.get_or_create(
            code=family.pk,
            defaults={
                "name": family.name,
                "source": version.source if version else TEMPLATE.format(code=family.pk, name=family.name),
                "source_format": version.source_format if version else Version.Format.FAMILY,
                "base": version,
                "created_at": now,
                "created_by": actor,
                "updated_at": now,
                "updated_by": actor,
            },
        )
        if made:
            _note(draft, "draft.begun", actor=actor, now=now)
    return draft


def create(
    *, code: str, name: str, actor: str, now: datetime, source: str | None = None, filename: str = ""
) -> Draft:
    """A draft of a new family, from an empty template or from the text of a file.

    A file that names its family itself gives ``code`` and ``name`` where they are empty. Raises
    ``NotADraft``.
    """
    code, name = code.strip(), name.strip()
    text = None
    if source is not None:
        text = catalogue.written_as(source=source, filename=filename or "family.yaml", code=code, name=name)
        code, name = _named_by(text, code, name)
    problems = _problems_of(code, name, source)
    if problems:
        raise NotADraft(problems)
    with transaction.atomic():
        try:
            with transaction.atomic():
                draft = Draft.objects.create(
                    code=code,
                    name=name,
                    source=text.source if text else TEMPLATE.format(code=code, name=name),
                    source_format=text.source_format if text else Version.Format.FAMILY,
                    created_at=now,
                    created_by=actor,
                    updated_at=now,
                    updated_by=actor,
                )
        except IntegrityError:
            raise NotADraft((f"There is a draft of {code} already: go on with that one.",)) from None
        _note(draft, "draft.begun", actor=actor, now=now)
    return draft


def _named_by(text: Written, code: str, name: str) -> tuple[str, str]:
    if code and name:
        return code, name
    try:
        spec = text.read()
    except FamilyError:
        return code or text.code, name or text.code
    return code or spec.code, name or spec.name


def _problems_of(code: str, name: str, source: str | None) -> tuple[str, ...]:
    problems = []
    if not _CODE.fullmatch(code) or len(code) > 50:
        problems.append("The code is made of small letters, digits and hyphens, up to 50: garden-sign.")
    if code in RESERVED:
        problems.append(f"{code} is an address of these pages: choose another code.")
    if not name or len(name) > 120:
        problems.append("The name has 1 to 120 letters.")
    if (unseen := hidden(name)) is not None:
        problems.append(f"The name holds the invisible character {unseen[1]}: take it out.")
    if source is not None:
        problems += _unkept(source)
    if Family.objects.filter(pk=code).exists():
        problems.append(f"The family {code} exists: edit it instead.")
    return tuple(problems)


def _unkept(source: str) -> list[str]:
    """Why a text is not even kept as a draft, which may have any other fault."""
    if len(source) > LONGEST:
        return [f"The text has more than {LONGEST:,} characters: make two families of it."]
    found = _UNSTORABLE.search(source)
    if found is None:
        return []
    line, column = line_and_column(source, found.start())
    place = f"line {line}, column {column}"
    return [f"The text holds the character U+{ord(found[0]):04X} ({place}): take it out, then save again."]


def save(*, draft: Draft, source: str, expected_revision: int, actor: str, now: datetime) -> Draft:
    """Store the text, faults and all, and have it audited. Raises ``DraftChanged``, and ``NotADraft`` for a
    text that cannot be kept."""
    problems = _unkept(source)
    if problems:
        raise NotADraft(tuple(problems))
    source = normal(source)
    with transaction.atomic():
        held = _hold(draft, expected_revision)
        if source != held.source:
            held.source = source
            held.revision += 1
            held.updated_at, held.updated_by = now, actor
            held.save(update_fields=["source", "revision", "updated_at", "updated_by"])
            _note(held, "draft.saved", actor=actor, now=now)
        auditing.ask(written=written(held), draft=held.pk, now=now)
    return held


def discard(*, draft: Draft, expected_revision: int, actor: str, now: datetime) -> None:
    """Throw a draft away; what is on sale stays as it is. Raises ``DraftChanged``."""
    with transaction.atomic():
        held = _hold(draft, expected_revision)
        _note(held, "draft.discarded", actor=actor, now=now)
        held.delete()


def publish(*, draft: Draft, expected_revision: int, actor: str, now: datetime) -> Version:
    """Put the draft on sale as the family's new version; the draft ends.

    Raises ``DraftChanged``, ``AnotherFamily`` and what ``catalogue.publish`` raises; then nothing changed.
    """
    with transaction.atomic():
        held = _hold(draft, expected_revision)
        text = written(held)
        spec = text.read()
        if spec.code != held.code:
            raise AnotherFamily(f"The text says family: {spec.code}, the draft is of {held.code}.")
        version = catalogue.publish_written(written=text, actor=actor, now=now)
        held.delete()
    return version


def _hold(draft: Draft, expected_revision: int) -> Draft:
    held = Draft.objects.select_for_update().get(pk=draft.pk)
    if held.revision != expected_revision:
        raise DraftChanged(expected=expected_revision, theirs=held)
    return held


def _note(draft: Draft, kind: str, *, actor: str, now: datetime) -> None:
    record(
        stream=f"family:{draft.code}",
        kind=kind,
        actor=actor,
        data={"revision": draft.revision, "base": draft.base.number if draft.base else None},
        now=now,
    )
