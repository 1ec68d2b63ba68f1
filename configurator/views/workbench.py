"""What an author has on the bench: the text, what is wrong with it, and what is on sale."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import Http404

from configurator import auditing, drafts
from configurator.catalogue import Compiled, Written, compile_written, spec_of
from configurator.engine.differences import Difference, compare
from configurator.engine.document import Problem
from configurator.engine.knowledge import TooLarge
from configurator.engine.places import first_lines, lines_of
from configurator.engine.spec import FamilySpec
from configurator.models import AuditReport, Draft, Family, Version
from ledger.models import Job

AROUND = 2  # lines shown before and after one that is pointed at
LONGEST_EDITED = 600_000  # characters
LONGEST_DIFF = 600  # lines of a comparison of texts
SUFFIXES = {"family": "yaml", "xcsp": "xml", "uvl": "uvl", "sxfm": "sxfm"}
SEVERITIES = {
    "refuse": ("Cannot be published", "bad"),
    "warn": ("Look at this", "warn"),
    "hint": ("Could be left out", "info"),
}
STEPS = {
    "tests": "trying every value and the tests",
    "values": "looking for values that can never be chosen",
    "rules": "comparing the rules with each other",
    "texts": "setting texts in every font",
}


@dataclass(frozen=True)
class Line:
    """One line of an excerpt or of a comparison; ``sign`` is + or - where it is of one text only."""

    number: int
    text: str
    marked: bool = False
    sign: str = ""


@dataclass(frozen=True)
class ShownProblem:
    """A problem of the text with the line that it is in, and where in it."""

    problem: Problem
    text: str
    caret: str


@dataclass(frozen=True)
class ShownFinding:
    """A finding of the audit with the lines that it speaks of."""

    code: str
    severity: str
    subject: str
    sentence: str
    line: int | None
    rules: tuple[tuple[str, str, int | None], ...]  # code, what it says, line


@dataclass
class Bench:
    """One family as its authors' page shows it. ``source`` may be a text that is not stored (yet)."""

    code: str
    family: Family | None
    draft: Draft | None
    written: Written

    @property
    def name(self) -> str:
        if self.family is not None:
            return self.family.name
        return (self.draft.name if self.draft else "") or self.code

    @property
    def revision(self) -> int:
        """0 where nobody has begun a draft."""
        return self.draft.revision if self.draft else 0

    @property
    def suffix(self) -> str:
        return SUFFIXES.get(self.written.source_format, "txt")

    @property
    def editable(self) -> bool:
        """A longer text is not sent through a form: it is replaced by a file."""
        return len(self.written.source) <= LONGEST_EDITED

    @property
    def current(self) -> Version | None:
        return self.family.current if self.family else None

    @cached_property
    def reading(self) -> drafts.Reading:
        return drafts.read(self.written)

    @cached_property
    def compiled(self) -> Compiled | None:
        """The text compiled; None where it cannot be read or is too large (see ``problems``)."""
        if self.reading.spec is None:
            return None
        try:
            return compile_written(self.written, self.reading.spec)
        except TooLarge:
            return None

    @property
    def problems(self) -> list[ShownProblem]:
        lines = self.written.source.split("\n")
        return [_shown(problem, lines) for problem in self.reading.problems]

    @cached_property
    def lines(self) -> Mapping[tuple[str, str], int]:
        return lines_of(self.written.source) if self.written.source_format == Version.Format.FAMILY else {}

    @cached_property
    def words(self) -> Mapping[str, int]:
        return first_lines(self.written.source)

    def line_of(self, kind: str, code: str) -> int | None:
        if self.written.source_format == Version.Format.FAMILY:
            return self.lines.get((kind, code))
        return self.words.get(code.rpartition(".")[2])

    @cached_property
    def audit(self) -> auditing.State:
        spec = self.reading.spec
        return auditing.state_of(self.written.hash_as(spec) if spec is not None else "")

    @cached_property
    def sold(self) -> FamilySpec | None:
        return spec_of(self.current) if self.current is not None else None


def bench_of(code: str, *, source: str | None = None) -> Bench:
    """The family's draft or, without one, what is on sale; ``source`` in place of its text. Or 404."""
    family = Family.objects.select_related("current").filter(pk=code).first()
    draft = Draft.objects.select_related("base").filter(pk=code).first()
    if draft is not None:
        text = drafts.written(draft)
    elif family is not None:
        version = family.current or family.versions.first()
        if version is None:
            raise Http404("Nothing of this family was ever published.")
        text = Written(version.source, version.source_format, family.pk, family.name)
    else:
        raise Http404("There is no such family.")
    if source is not None:
        text = Written(drafts.normal(source), text.source_format, text.code, text.name)
    return Bench(code, family, draft, text)


def _shown(problem: Problem, lines: list[str]) -> ShownProblem:
    text = lines[problem.line - 1] if 0 < problem.line <= len(lines) else ""
    start = max(0, problem.column - 60)
    shown = text[start : start + 110]
    return ShownProblem(problem, shown, " " * (min(problem.column - 1 - start, len(shown))) + "^")


def excerpt(source: str, line: int) -> list[Line]:
    """The lines around one, for who has no script to jump there."""
    lines = source.split("\n")
    first = max(1, line - AROUND)
    return [
        Line(number, lines[number - 1], marked=number == line)
        for number in range(first, min(len(lines), line + AROUND) + 1)
    ]


def findings_of(bench: Bench, report: AuditReport) -> list[ShownFinding]:
    return [
        ShownFinding(
            code=each["code"],
            severity=each["severity"],
            subject=each["subject"],
            sentence=each["sentence"],
            line=bench.line_of(each["kind"], each["subject"]),
            rules=tuple(
                (rule["code"], rule["message"], bench.line_of("rule", rule["code"])) for rule in each["rules"]
            ),
        )
        for each in report.findings
    ]


def grouped(findings: Iterable[ShownFinding]) -> list[tuple[str, str, list[ShownFinding]]]:
    """Findings under the heading of their severity, with the heading's colour."""
    found = list(findings)
    return [
        (title, colour, [each for each in found if each.severity == severity])
        for severity, (title, colour) in SEVERITIES.items()
        if any(each.severity == severity for each in found)
    ]


def audit_pane(bench: Bench) -> dict[str, Any]:
    """The report, or the job that makes it, or neither."""
    state = bench.audit
    job = state.job if state.job is not None and state.job.state != Job.State.DEAD else None
    return {
        "report": state.report,
        "findings": grouped(findings_of(bench, state.report)) if state.report else [],
        "job": job,
        "step": STEPS.get(job.progress.get("step", ""), "waiting for a free worker") if job else "",
        "failed": state.job is not None and job is None,
    }


def changes_pane(bench: Bench) -> dict[str, Any]:
    """What the text says otherwise than what is on sale, in words and line by line."""
    sold, spec = bench.sold, bench.reading.spec
    found: tuple[Difference, ...] = compare(sold, spec) if sold is not None and spec is not None else ()
    before = bench.current.source if bench.current else ""
    return {
        "sold": bench.current,
        "readable": spec is not None,
        "differences": found,
        "lines": compared(before, bench.written.source),
    }


def compared(old: str, new: str) -> list[Line]:
    """The lines that two texts differ in, with three around them."""
    shown: list[Line] = []
    before = after = 0
    for text in difflib.unified_diff(old.split("\n"), new.split("\n"), lineterm="", n=3):
        if text.startswith("@@"):
            at = text.split(" ")
            before = int(at[1].split(",")[0].lstrip("-")) - 1
            after = int(at[2].split(",")[0].lstrip("+")) - 1
            if shown:
                shown.append(Line(0, "…"))
            continue
        if text.startswith(("---", "+++")) and not shown:
            continue
        sign = text[:1].strip()
        before += sign != "+"
        after += sign != "-"
        shown.append(Line(before if sign == "-" else after, text[1:], sign=sign))
        if len(shown) >= LONGEST_DIFF:
            break
    return shown


def versions_pane(bench: Bench) -> dict[str, Any]:
    """Every version with its number of differences to the one before."""
    if bench.family is None:
        return {"versions": []}
    versions = list(bench.family.versions.defer("source").order_by("-number"))
    return {"versions": versions, "suspended": bench.family.suspended_at}
