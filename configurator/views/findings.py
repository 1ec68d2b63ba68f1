"""What was found against a design, as its page tells it, and the repairs that a press of a button makes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from configurator.engine.finding_words import told
from configurator.engine.spec import FamilySpec

LONGEST_MEND = 4000  # characters


BLANK_PART = "…"


@dataclass(frozen=True, slots=True)
class ShownRepair:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """``box`` in µm on its surface, as the artwork has it; ``where`` says the same in words."""

    code: str
    severity: str
    surface: str
    icon: str
    word: str
    where: str
    message: str
    measured: str
    box: tuple[int, ...]
    repairs: tuple[ShownRepair, ...]

    @property
    def box_um(self) -> str:
        return " ".join(map(str, self.box))


# What the page's script fills in for findings that come later: one with all of its parts.
BLANK = ShownFinding(
    code="",
    severity="warn",
    surface="",
    icon=BLANK_PART,
    word=BLANK_PART,
    where=BLANK_PART,
    message=BLANK_PART,
    measured=BLANK_PART,
    box=(),
    repairs=(ShownRepair(BLANK_PART, ""),),
)


def shown_findings(spec: FamilySpec, findings: Iterable[Mapping[str, Any]]) -> list[ShownFinding]:
    """The findings of ``answers.describe`` in words."""
    return [_shown(spec, finding) for finding in findings]


def shown_mismatches(
    spec: FamilySpec, surface: str, mismatches: Iterable[Mapping[str, Any]]
) -> list[ShownFinding]:
    """Where a production file differs from what was approved (``engine.readback``), in the same words."""
    blank = {"severity": "refuse", "surface": surface, "measured": None, "limit": None, "repairs": ()}
    return [replace(_shown(spec, {**blank, **each}), word="Differs") for each in mismatches]


def _shown(spec: FamilySpec, finding: Mapping[str, Any]) -> ShownFinding:
    words = told(spec, finding)
    return ShownFinding(
        code=finding["code"],
        severity=finding["severity"],
        surface=finding["surface"],
        icon=words.sign,
        word=words.word,
        where=words.where,
        message=finding["message"],
        measured=words.numbers,
        box=tuple(finding["box"] or ()),
        repairs=tuple(
            ShownRepair(fix["label"], json.dumps(fix["changes"], ensure_ascii=False, separators=(",", ":")))
            for fix in finding["repairs"]
        ),
    )


def read_mend(text: str) -> dict[str, Any]:
    """The choices that a pressed repair makes. Raises ``ValueError`` for what no button says."""
    if len(text) > LONGEST_MEND:
        raise ValueError("There is no such repair.")
    changes = json.loads(text)
    if not isinstance(changes, dict):
        raise ValueError("There is no such repair.")
    return changes
