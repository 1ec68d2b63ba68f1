"""Colours: how many there are, what the workshop has that is nearest to them, and what cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from configurator.engine.colours import difference, lab_of
from configurator.engine.geometry import Box
from configurator.engine.layout.pictures import covered
from configurator.engine.layout.scene import AssetInfo, Finding, Fix, Item, Outline, Placed
from configurator.engine.preflight.case import Case, finding
from configurator.engine.preflight.pictures import SEEN_ALPHA, seen_pixels
from configurator.engine.rendering.polygons import area, flattened, region
from configurator.engine.rules import fill, values_of

# CIEDE2000: below the first two colours are one; above the second a shopper sees another colour.
UNSEEN = 2.0
OTHER_COLOUR = 5.0
# A colour of a picture counts where it has this share of what is seen, by steps of 32 a channel.
COUNTED_SHARE = 0.01
COUNTED_STEP = 32


def too_many_colours(case: Case) -> Iterator[Finding]:
    """More colours than the machine can be threaded, loaded or fed with."""
    most = case.profile.max_colours
    if most is None:
        return
    first: dict[str, Item] = {}
    for item in case.inked:
        for colour in _colours_of(item, case.assets):
            first.setdefault(colour, item)
    if len(first) <= most:
        return
    last = list(first.values())[-1]
    yield finding(
        "too-many-colours",
        "refuse",
        last.element,
        f"There are {len(first)} colours; {case.profile.name} makes {most}. Use fewer.",
        measured=len(first),
        limit=most,
        unit="colours",
        box=_box(last),
        repairs=tuple(
            fix
            for item in first.values()
            for fix in _recoloured(case, item.element, {each for each in first if each != _own(item)})
        ),
    )


def _own(item: Item) -> str:
    return "" if isinstance(item, Placed) else item.colour


def _colours_of(item: Item, assets: Mapping[str, AssetInfo]) -> tuple[str, ...]:
    if not isinstance(item, Placed):
        return (item.colour,) if item.role == "print" else ()
    asset = assets.get(item.sha256)
    if asset is None or asset.path is None or item.role == "engrave":
        return ()
    pixels = seen_pixels(asset, item.crop)
    seen = pixels[pixels[..., 3] >= SEEN_ALPHA][:, :3] // COUNTED_STEP
    if not len(seen):
        return ()
    colours, counts = np.unique(seen, axis=0, return_counts=True)
    kept = colours[counts >= COUNTED_SHARE * len(seen)]
    return tuple("#" + "".join(f"{int(each) * COUNTED_STEP:02x}" for each in colour) for colour in kept)


def _recoloured(case: Case, element: str, wanted: set[str]) -> tuple[Fix, ...]:
    """Values of the option that colours an element which give one of the wanted colours."""
    return tuple(fix for fix, colour in _other_inks(case, element) if colour in wanted)


def _other_inks(case: Case, element: str) -> Iterator[tuple[Fix, str]]:
    described = case.elements.get(element)
    if described is None:
        return
    for option in case.options_of(described.colour):
        if option.kind != "choice":
            continue
        for value in option.values:
            colour = fill(described.colour, values_of(option, value.code))
            if colour and len(colour) == 7 and value.code != case.chosen(option.code):
                yield Fix(f"Use {value.name}", {option.code: value.code}), colour.lower()


def far_from_stock(case: Case) -> Iterator[Finding]:
    """Colours that no thread, vinyl or foil of the workshop comes near."""
    told: set[tuple[str, str]] = set()
    for item in case.inked:
        if isinstance(item, Placed) or item.role != "print" or (item.element, item.colour) in told:
            continue
        told.add((item.element, item.colour))
        near = case.profile.nearest(item.colour)
        if near is None or near.difference <= OTHER_COLOUR:
            continue
        yield finding(
            "colour-not-in-stock",
            "warn",
            item.element,
            f"We have no {item.colour}; the nearest is {near.ink.name} ({near.ink.code}), which looks"
            f" different (ΔE {near.difference:.1f}).",
            measured=round(near.difference, 1),
            limit=OTHER_COLOUR,
            unit="ΔE",
            box=item.box,
            repairs=_nearest_in_stock(case, item),
        )


def _nearest_in_stock(case: Case, item: Item) -> tuple[Fix, ...]:
    wanted = lab_of(_own(item))
    found = []
    for fix, colour in _other_inks(case, item.element):
        near = case.profile.nearest(colour)
        if near is not None and near.difference <= OTHER_COLOUR:
            found.append((difference(wanted, lab_of(colour)), fix))
    return tuple(fix for _, fix in sorted(found, key=lambda each: each[0]))


def unseen(case: Case) -> Iterator[Finding]:
    """Print in the colour of what lies under it: white on white."""
    items = [item for item in case.scene.items if item.role == "print"]
    for number, item in enumerate(items):
        if isinstance(item, Placed):
            continue
        under = _under(case, items[:number], item.box)
        if under is None:
            continue
        apart = difference(lab_of(item.colour), lab_of(under))
        if apart >= UNSEEN:
            continue
        others = [
            (difference(lab_of(colour), lab_of(under)), fix)
            for fix, colour in _other_inks(case, item.element)
        ]
        yield finding(
            "nothing-to-see",
            # A ground drawn in the surface's own colour is a matter of the family's author.
            "warn" if isinstance(item, Outline) and item.kind == "shape" else "refuse",
            item.element,
            f"This is {item.colour} on {under}: it would not be seen. Choose another colour.",
            measured=round(apart, 1),
            limit=UNSEEN,
            unit="ΔE",
            box=item.box,
            repairs=tuple(fix for _, fix in sorted(others, key=lambda each: -each[0])),
        )


def _under(case: Case, below: list[Item], box: Box) -> str | None:
    """The one colour that lies under a box; None where there are several, or a picture."""
    under: str | None = case.scene.background if len(case.scene.background) == 7 else None
    for item in below:
        if not _meet(_box(item), box):
            continue
        if isinstance(item, Outline) and _covers(item, box):
            under = item.colour
        elif isinstance(item, Placed) or (isinstance(item, Outline) and item.kind == "shape"):
            under = None
    return under


def _covers(item: Outline, box: Box) -> bool:
    inner = item.box
    if not (inner.left <= box.left and inner.top <= box.top):
        return False
    if not (inner.right >= box.right and inner.bottom >= box.bottom):
        return False
    corners = ((box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom))
    shape = region(item.path)
    if len(shape) != 1:
        return abs(area(region(item.path)) - inner.width * inner.height) < 1
    points, _ = flattened(item.path)[0]
    return all(_inside(points, corner) for corner in corners)


def _inside(points: tuple[tuple[int, int], ...], at: tuple[int, int]) -> bool:
    """Whether a point lies in a polygon or on its edge, by counting crossings to its right."""
    x, y = at
    odd = False
    for (x1, y1), (x2, y2) in zip(points, (*points[1:], points[0]), strict=True):
        cross = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
        if cross == 0 and min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2):
            return True
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd


def _meet(one: Box, other: Box) -> bool:
    across = one.left < other.right and other.left < one.right
    return across and one.top < other.bottom and other.top < one.bottom


def _box(item: Item) -> Box:
    return covered(item) if isinstance(item, Placed) else item.box
