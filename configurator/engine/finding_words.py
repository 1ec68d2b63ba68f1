"""What people read of a finding besides its message: a sign and a word, where it is, and its numbers.

The only place where these words are written: pages, the API and the script of the page take them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from configurator.engine.geometry import millimetres
from configurator.engine.spec import FamilySpec
from configurator.engine.wording import surface_name

# A sign and a word, so that nobody has to tell colours apart.
VERDICTS = {"refuse": ("✕", "Cannot be made"), "warn": ("!", "Please check"), "fixed": ("✓", "Put right")}


@dataclass(frozen=True, slots=True)
class Told:
    """``where`` and ``numbers`` are empty where a finding has no place, or none was measured."""

    sign: str
    word: str
    where: str
    numbers: str


def told(spec: FamilySpec, finding: Mapping[str, Any]) -> Told:
    """A finding as JSON, with its surface, in words."""
    sign, word = VERDICTS[finding["severity"]]
    option = spec.option_by_code.get(finding["element"])
    parts = [
        option.name if option is not None else "",
        surface_name(spec, finding["surface"]) if len(spec.surfaces) > 1 else "",
        _place(finding["box"]),
    ]
    return Told(sign, word, " · ".join(part for part in parts if part), _numbers(finding))


def with_words(spec: FamilySpec, finding: Mapping[str, Any]) -> dict[str, Any]:
    """The same finding with its words beside it, as ``told``."""
    return {**finding, "told": asdict(told(spec, finding))}


def _place(box: list[int] | None) -> str:
    if not box:
        return ""
    left, top = (millimetres(round(um, -2)) for um in box[:2])
    return f"{left} mm from the left, {top} mm from the top"


def _numbers(finding: Mapping[str, Any]) -> str:
    measured, limit = finding["measured"], finding["limit"]
    # What was put right had no limit to keep: its message tells what was asked for and what was made.
    if measured is None or limit is None or finding["severity"] == "fixed":
        return ""
    return f"Measured {_counted(measured, finding['unit'])}, limit {_counted(limit, finding['unit'])}"


def _counted(value: float, unit: str) -> str:
    """`0.25 mm`, `1 letter`, `2 letters`."""
    plural = len(unit) > 2 and unit.endswith("s")
    said = unit[:-1] if plural and value == 1 else unit
    return f"{value:,.2f}".rstrip("0").rstrip(".") + f" {said}".rstrip()
