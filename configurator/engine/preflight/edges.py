"""The edges of a surface: artwork that reaches one has to run over it, all other stays clear of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

from configurator.engine.geometry import Box, excess_over_rounded, millimetres
from configurator.engine.layout.pictures import covered, moved_inside
from configurator.engine.layout.scene import Finding, Fix, Item, Outline, Placed, Stroke
from configurator.engine.placing import Placement, write_placement
from configurator.engine.preflight.case import Case, finding
from configurator.engine.rendering.polygons import path_of, stroked

# Artwork that ends this near to the trimmed edge was meant to reach it, in µm.
FLUSH = 50
SIDES = ("left", "top", "right", "bottom")


def missing_bleed(case: Case) -> Iterator[Finding]:
    """Artwork that reaches the trimmed edge but does not run over it by the bleed.

    A surface that has no bleed is not trimmed, so nothing is asked there.
    """
    bleed = case.scene.bleed_um
    if bleed <= 0:
        return
    for item in case.inked:
        short = {side: over for side, over in _overs(case, item).items() if -FLUSH <= over < bleed - FLUSH}
        if not short:
            continue
        least = max(min(short.values()), 0)
        yield finding(
            "bleed-missing",
            "refuse",
            item.element,
            f"This reaches the {' and the '.join(short)} edge and runs {millimetres(least)} mm over it;"
            f" {millimetres(bleed)} mm are needed, or a white line may be left where it is trimmed. Let it"
            " run over the edge, or keep it away from it.",
            measured=least / 1000,
            limit=bleed / 1000,
            unit="mm",
            box=_reach(item),
            repairs=_over_or_inside(case, item),
        )


def _overs(case: Case, item: Item) -> dict[str, int]:
    """How far an item runs over each side, in µm; below 0 it ends before."""
    reach, scene = _reach(item), case.scene
    if isinstance(item, Placed) and item.outline:
        printable = scene.box.inset(-scene.bleed_um)
        reach = Box(
            max(reach.left, printable.left),
            max(reach.top, printable.top),
            min(reach.right, printable.right),
            min(reach.bottom, printable.bottom),
        )
    overs = (-reach.left, -reach.top, reach.right - scene.width_um, reach.bottom - scene.height_um)
    return dict(zip(SIDES, overs, strict=True))


def _reach(item: Item) -> Box:
    return covered(item) if isinstance(item, Placed) else item.box


def _over_or_inside(case: Case, item: Item) -> tuple[Fix, ...]:
    placed = case.placement(item.element)
    if placed is None:
        return ()
    code, placement = placed
    reach, surface = _reach(item), case.scene.box
    inside = moved_inside(placement, reach, surface.inset(max(case.profile.safe_um, 100)), code)
    wider = _wider(case, placement, reach)
    return (*(Fix(f"{label}", {code: made}) for label, made in wider), *inside)


def _wider(case: Case, placement: Placement, reach: Box) -> Iterator[tuple[str, str]]:
    """Made so large about its middle that it runs over every edge that it reaches."""
    scene, bleed = case.scene, case.scene.bleed_um
    ends = (
        (placement.x_um - reach.left, placement.x_um + bleed, -reach.left),
        (placement.y_um - reach.top, placement.y_um + bleed, -reach.top),
        (reach.right - placement.x_um, scene.width_um + bleed - placement.x_um, reach.right - scene.width_um),
        (
            reach.bottom - placement.y_um,
            scene.height_um + bleed - placement.y_um,
            reach.bottom - scene.height_um,
        ),
    )
    shares = [wanted / has for has, wanted, over in ends if has > 0 and over >= -FLUSH]
    if shares and max(shares) > 1:
        width = ceil(placement.width_um * max(shares) / 100) * 100 + 100
        yield (
            f"Make it {millimetres(width)} mm wide, over the edge",
            write_placement(replace(placement, width_um=width)),
        )


def unsafe_items(case: Case) -> Iterator[Finding]:
    """Outlines and lines that end nearer to the edge than the machine holds it; texts and codes are measured
    by the layout against the family's border, here against the machine's too."""
    safe, scene = case.profile.safe_um, case.scene
    known = {each.element for each in scene.findings if each.code in ("outside-safe-zone", "text-too-long")}
    if safe <= 0:
        return
    allowed, radius = scene.box.inset(safe), max(scene.corner_radius_um - safe, 0)
    for item in case.inked:
        if isinstance(item, Placed) or item.element in known:
            continue
        if any(over >= -FLUSH for over in _overs(case, item).values()):
            continue  # it is meant to reach the edge: that is a matter of bleed
        path = path_of(stroked(item.path, item.width_um)) if isinstance(item, Stroke) else item.path
        excess = excess_over_rounded(path, allowed, radius)
        if excess <= 1:
            continue
        text = isinstance(item, Outline) and item.kind in ("text", "code")
        placed = case.placement(item.element)
        yield finding(
            "outside-safe-zone",
            "refuse" if text else "warn",
            item.element,
            f"This ends {millimetres(safe - excess)} mm from the edge; {case.profile.name} needs"
            f" {millimetres(safe)} mm, or it may be cut unevenly.",
            measured=(safe - excess) / 1000,
            limit=safe / 1000,
            unit="mm",
            box=item.box,
            repairs=moved_inside(placed[1], item.box, allowed.inset(radius * 3 // 10), placed[0])
            if placed
            else (),
        )
