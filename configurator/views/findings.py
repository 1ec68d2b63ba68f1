"""What was found against a design, as its page tells it, and the repairs that a press of a button makes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from configurator.engine.geometry import millimetres
from configurator.engine.spec import FamilySpec
from configurator.views.wording import surface_name

# A sign and a word, so that nobody has to tell colours apart.
WORDS = {"refuse": ("✕", "Cannot be made"), "warn": ("!", "Please check"), "fixed": ("✓", "Put right")}
LONGEST_MEND = 4000  # characters


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
    icon, word = WORDS[finding["severity"]]
    option = spec.option_by_code.get(finding["element"])
    parts = [
        option.name if option is not None else "",
        surface_name(spec, finding["surface"]) if len(spec.surfaces) > 1 else "",
        _place(finding["box"]),
    ]
    return ShownFinding(
        code=finding["code"],
        severity=finding["severity"],
        surface=finding["surface"],
        icon=icon,
        word=word,
        where=" · ".join(part for part in parts if part),
        message=finding["message"],
        measured=_numbers(finding),
        box=tuple(finding["box"] or ()),
        repairs=tuple(
            ShownRepair(fix["label"], json.dumps(fix["changes"], ensure_ascii=False))
            for fix in finding["repairs"]
        ),
    )


def _place(box: list[int] | None) -> str:
    if not box:
        return ""
    left, top = (millimetres(round(um, -2)) for um in box[:2])
    return f"{left} mm from the left, {top} mm from the top"


def _numbers(finding: Mapping[str, Any]) -> str:
    measured, limit = finding["measured"], finding["limit"]
    if measured is None or limit is None:
        return ""
    return f"Measured {_number(measured)} {finding['unit']}, limit {_number(limit)} {finding['unit']}"


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def read_mend(text: str) -> dict[str, Any]:
    """The choices that a pressed repair makes. Raises ``ValueError`` for what no button says."""
    if len(text) > LONGEST_MEND:
        raise ValueError("There is no such repair.")
    changes = json.loads(text)
    if not isinstance(changes, dict):
        raise ValueError("There is no such repair.")
    return changes
