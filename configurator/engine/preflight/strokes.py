"""Strokes and gaps that a machine does not hold."""

from __future__ import annotations

from collections.abc import Iterator

from configurator.engine.geometry import millimetres
from configurator.engine.layout.scene import Finding, Outline, Stroke
from configurator.engine.preflight.case import INKED, Case, finding
from configurator.engine.preflight.repairs import larger_letters, other_fonts
from configurator.engine.preflight.thinness import thin_parts

# Where so much of the ink (or so much space beside it) is too thin, it is not made; tips and hairlines of
# letters below that are told of.
REFUSED_SHARE = 0.25


def thin_strokes(case: Case) -> Iterator[Finding]:
    profile = case.profile
    # What is drawn for a letter that no font has is not what will be made.
    missing = {each.element for each in case.scene.findings if each.code == "glyph-missing"}
    for item in case.scene.items:
        if item.role not in INKED or item.element in missing:
            continue
        if isinstance(item, Stroke) and item.width_um < profile.min_stroke_um:
            message = (
                f"This line is {millimetres(item.width_um)} mm wide; {profile.name} makes none below"
                f" {millimetres(profile.min_stroke_um)} mm."
            )
            yield finding(
                "stroke-too-thin",
                "refuse",
                item.element,
                message,
                measured=item.width_um / 1000,
                limit=profile.min_stroke_um / 1000,
                unit="mm",
                box=item.box,
            )
        if isinstance(item, Outline) and item.kind != "code":
            yield from _strokes_of(case, item)
            yield from _gaps_of(case, item)


def _strokes_of(case: Case, item: Outline) -> Iterator[Finding]:
    limit = case.profile.min_stroke_um
    thin = thin_parts(item.path, limit)
    if thin.box is None:
        return
    width = thin.width_um
    told = (
        f"Strokes of this are {millimetres(width)} mm wide; below {millimetres(limit)} mm"
        f" {case.profile.name} does not hold them."
    )
    if thin.share < REFUSED_SHARE:
        told = (
            f"Hairlines of this are {millimetres(width)} mm wide: below {millimetres(limit)} mm they may"
            " come out broken."
        )
    yield finding(
        "stroke-too-thin",
        "refuse" if thin.share >= REFUSED_SHARE else "warn",
        item.element,
        told,
        measured=width / 1000,
        limit=limit / 1000,
        unit="mm",
        box=thin.box,
        repairs=(
            *larger_letters(case, item.element, share=limit / max(width, 1)),
            *other_fonts(case, item.element),
        ),
    )


def _gaps_of(case: Case, item: Outline) -> Iterator[Finding]:
    limit = case.profile.min_gap_um
    thin = thin_parts(item.path, limit, gaps=True)
    if thin.box is None:
        return
    width = thin.width_um
    yield finding(
        "gap-too-narrow",
        "refuse" if thin.share >= REFUSED_SHARE else "warn",
        item.element,
        f"Gaps in this are {millimetres(width)} mm wide; below {millimetres(limit)} mm they may close up.",
        measured=width / 1000,
        limit=limit / 1000,
        unit="mm",
        box=thin.box,
        repairs=(
            *larger_letters(case, item.element, share=limit / max(width, 1)),
            *other_fonts(case, item.element),
        ),
    )
