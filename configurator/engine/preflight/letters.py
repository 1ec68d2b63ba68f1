"""Letters that no font has, and letters that are too small for the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from configurator.engine.geometry import millimetres
from configurator.engine.layout.scene import Finding, Outline
from configurator.engine.preflight.case import INKED, Case, finding
from configurator.engine.preflight.repairs import larger_letters, more_room, other_fonts, without_letters


def small_letters(case: Case) -> Iterator[Finding]:
    """Letters whose capitals are lower than the machine makes them."""
    least = case.profile.min_text_um
    for item in case.scene.items:
        if not isinstance(item, Outline) or item.kind != "text" or item.role not in INKED:
            continue
        height = min((caret.height_um for caret in item.carets), default=least)
        # Sizes are made in steps of 10 µm.
        if height > least - 10:
            continue
        yield finding(
            "letters-too-small",
            "refuse",
            item.element,
            f"The letters are {millimetres(height)} mm high; {case.profile.name} makes them from"
            f" {millimetres(least)} mm.",
            measured=height / 1000,
            limit=least / 1000,
            unit="mm",
            box=item.box,
            repairs=larger_letters(case, item.element, share=least / max(height, 1)),
        )


def _short_by(found: Finding) -> float:
    return found.limit / found.measured if found.limit and found.measured else 1.0


def with_other_choices(case: Case, found: Finding) -> Finding:
    """What the layout found, with what the shopper can do: of letters that are missing another font, or to
    leave them out; of a code whose squares are too small more room."""
    if found.code == "code-too-small" and not found.repairs:
        return replace(found, repairs=more_room(case, found.element, share=_short_by(found)))
    if found.code != "glyph-missing":
        return found
    repairs = (*other_fonts(case, found.element), *without_letters(case, found.element, found.letters))
    return replace(found, repairs=repairs)
