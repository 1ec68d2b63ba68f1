"""A work order for work that people prepare by hand: embroidery is digitised by somebody who knows stitches.

No PES or DST is made. A needle needs underlay, pull compensation, an order of sewing and a direction for
every satin column; none of that follows from the outlines of letters, and files that pretend it does sew
badly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from configurator.engine.geometry import Box, millimetres
from configurator.engine.layout.scene import Item, Outline, Placed, Scene, Stroke
from configurator.engine.machines import Profile
from configurator.engine.rendering.placed import reach
from configurator.engine.rendering.svg import ROLE_COLOURS

# CIEDE2000: up to here nobody sees that the thread is another colour; from the second on everybody does.
SAME, OTHER = 2.0, 8.0


def work_order(scene: Scene, profile: Profile, *, title: str = "") -> bytes:
    """The sheet as UTF-8 text: size, every element with its place and size, and the nearest thread or film of
    the machine's palette with its distance."""
    return ("\n".join(_lines(scene, profile, title)) + "\n").encode("utf-8")


def _lines(scene: Scene, profile: Profile, title: str) -> Iterator[str]:
    yield f"WORK ORDER: {title or scene.surface}"
    yield f"Machine: {profile.name} ({profile.code}), field {_size(*profile.bed_um)}"
    yield f"Surface: {scene.surface}, {_size(scene.width_um, scene.height_um)}"
    yield f"Design: {scene.hash}"
    yield f"Finest line {_mm(profile.min_stroke_um)}, finest gap {_mm(profile.min_gap_um)}"
    yield f"Lowest letters {_mm(profile.min_text_um)}"
    yield ""
    yield "Elements, in the order they lie on each other; places from the upper left corner:"
    for number, item in enumerate(scene.items, start=1):
        yield from _element(number, item, profile)
    colours = dict.fromkeys(_colour(item) for item in scene.items if not isinstance(item, Placed))
    yield ""
    yield f"Colours: {len(colours)}" + (f" of at most {profile.max_colours}" if profile.max_colours else "")
    for colour in colours:
        yield f"  {colour}  {_ink(colour, profile)}"


def _element(number: int, item: Item, profile: Profile) -> Iterator[str]:
    box = reach(item) if isinstance(item, Placed) else item.box
    yield f"{number}. {item.element}: {_what(item)}"
    yield f"   {_size(box.width, box.height)} at {_place(box)}"
    if isinstance(item, Placed):
        yield f"   picture {item.sha256}, {item.pixel_width} x {item.pixel_height} pixels: digitise by hand"
        if item.rotation_mdeg:
            yield f"   turned by {item.rotation_mdeg / 1000:g} degrees clockwise"
    else:
        yield f"   {_colour(item)}  {_ink(_colour(item), profile)}"


def _what(item: Item) -> str:
    if isinstance(item, Placed):
        return "picture"
    if isinstance(item, Stroke):
        return f"line, {_mm(item.width_um)} wide"
    # Quoted as JSON: a text of several lines, or one with quotes, stays one text.
    return f"{item.kind} {json.dumps(item.text, ensure_ascii=False)}" if item.text else item.kind


def _colour(item: Outline | Stroke | Placed) -> str:
    return "" if isinstance(item, Placed) else ROLE_COLOURS.get(item.role, "") or item.colour


def _ink(colour: str, profile: Profile) -> str:
    near = profile.nearest(colour)
    if near is None:
        return "no palette: choose by eye"
    how = "the same" if near.difference <= SAME else "near" if near.difference <= OTHER else "NOT NEAR, ask"
    return f"{near.ink.code} {near.ink.name} ({how}, difference {near.difference:.1f})"


def _size(width_um: int, height_um: int) -> str:
    return f"{millimetres(width_um)} x {millimetres(height_um)} mm"


def _place(box: Box) -> str:
    return f"{millimetres(box.left)}, {millimetres(box.top)} mm"


def _mm(um: int) -> str:
    return f"{millimetres(um)} mm"
