"""Codes that telephones have to read: squares large enough, a quiet border, dark on light."""

from __future__ import annotations

from collections.abc import Iterator

from configurator.engine.colours import lab_of
from configurator.engine.geometry import Box, millimetres
from configurator.engine.layout.pictures import covered
from configurator.engine.layout.scene import Finding, Item, Outline, Placed
from configurator.engine.preflight.case import INKED, Case, finding
from configurator.engine.preflight.repairs import more_room

# Lightness (L*) that a code's squares and its ground have to be apart: ISO/IEC 15415 grade C asks for a
# symbol contrast of 40 %.
LEAST_CONTRAST = 40.0
DATAMATRIX_QUIET = 1


def unreadable_codes(case: Case) -> Iterator[Finding]:
    for item in case.scene.items:
        if isinstance(item, Outline) and item.kind == "code" and item.module_um > 0:
            yield from _small(case, item)
            yield from _crowded(case, item)
            yield from _faint(case, item)


def _small(case: Case, item: Outline) -> Iterator[Finding]:
    least = case.profile.least_module_um
    known = {each.element for each in case.scene.findings if each.code == "code-too-small"}
    if item.module_um >= least or item.element in known:
        return
    yield finding(
        "code-too-small",
        "refuse",
        item.element,
        f"The squares of this code are {millimetres(item.module_um)} mm wide; {case.profile.name} makes them"
        f" from {millimetres(least)} mm. Shorten what the code says, or choose a bigger size of the product.",
        measured=item.module_um / 1000,
        limit=least / 1000,
        unit="mm",
        box=item.box,
        repairs=more_room(case, item.element, share=least / max(item.module_um, 1)),
    )


def _crowded(case: Case, item: Outline) -> Iterator[Finding]:
    """Whatever is nearer to a code than its quiet border is wide; the edge of the surface counts too."""
    described = case.elements.get(item.element)
    matrix = described is not None and described.symbology == "datamatrix"
    quiet = DATAMATRIX_QUIET if matrix else case.profile.quiet_modules
    wanted = quiet * item.module_um
    room = case.scene.box.excess_of(item.box.inset(-wanted))
    nearest = max(wanted - room, 0)
    for other in case.scene.items:
        if other is item or other.role not in INKED or _surrounds(other, item.box.inset(-wanted)):
            continue
        nearest = min(nearest, _apart(item.box, covered(other) if isinstance(other, Placed) else other.box))
    if nearest >= wanted:
        return
    yield finding(
        "code-crowded",
        "refuse",
        item.element,
        f"This code needs a free border of {millimetres(wanted)} mm ({quiet} of its squares); something is"
        f" {millimetres(nearest)} mm away. Move one of them.",
        measured=nearest / 1000,
        limit=wanted / 1000,
        unit="mm",
        box=item.box,
    )


def _surrounds(other: Item, box: Box) -> bool:
    """A filled ground or a frame around the code, with its quiet border inside it."""
    if isinstance(other, Placed):
        return False
    if isinstance(other, Outline):
        return other.kind == "shape" and other.box.excess_of(box) == 0
    return other.box.inset(other.width_um).excess_of(box) == 0


def _apart(one: Box, other: Box) -> int:
    across = max(other.left - one.right, one.left - other.right, 0)
    down = max(other.top - one.bottom, one.top - other.bottom, 0)
    return max(across, down)


def _faint(case: Case, item: Outline) -> Iterator[Finding]:
    ground = case.scene.background
    if item.role != "print" or len(ground) != 7:
        return
    for other in case.scene.items:
        if other is item:
            break
        if isinstance(other, Outline) and other.role == "print" and other.box.excess_of(item.box) == 0:
            ground = other.colour
    apart = lab_of(ground)[0] - lab_of(item.colour)[0]
    if apart >= LEAST_CONTRAST:
        return
    yield finding(
        "code-faint",
        "refuse" if abs(apart) < LEAST_CONTRAST else "warn",
        item.element,
        f"This code is {item.colour} on {ground}; telephones read dark codes on light ground. Choose a darker"
        " colour for it, or a lighter ground.",
        measured=round(apart, 1),
        limit=LEAST_CONTRAST,
        unit="L*",
        box=item.box,
    )
