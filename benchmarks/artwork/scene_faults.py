"""Production files that the writers make themselves, of scenes or machines tampered with."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.artwork.fault_cases import (
    HEIGHT,
    LINES,
    PAYLOAD,
    WIDTH,
    Case,
    DoesNotApply,
    frame_of,
    picture,
)
from configurator.engine import machines
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, moved, rounded_rectangle
from configurator.engine.geometry import Path as Outlined
from configurator.engine.layout import Frame, TextElement, compose
from configurator.engine.layout.elements import CodeElement
from configurator.engine.layout.scene import Item, Outline, Placed, Scene, Stroke

Change = Callable[[Item], Item]


def _with(case: Case, element: str, change: Change) -> bytes:
    """The file of a scene in which one element is another."""
    items = [change(item) if item.element == element else item for item in case.scene.items]
    if tuple(items) == case.scene.items:
        raise DoesNotApply
    return case.made(replace(case.scene, items=tuple(items)))


def _moved(item: Item, dx: int, dy: int) -> Item:
    box = item.box.moved(dx, dy)
    return (
        replace(item, box=box)
        if isinstance(item, Placed)
        else replace(item, path=moved(item.path, dx, dy), box=box)
    )


def _scaled(item: Item, by: float) -> Item:
    """About its upper left corner."""
    left, top = item.box.left, item.box.top
    right, bottom = left + round(item.box.width * by), top + round(item.box.height * by)
    box = Box(left, top, right, bottom)
    if isinstance(item, Placed):
        return replace(item, box=box)
    path: Outlined = tuple(
        (s[0], *(round((v - (left, top)[k % 2]) * by) + (left, top)[k % 2] for k, v in enumerate(s[1:])))
        for s in item.path
    )
    return replace(item, path=path, box=box)


def _picture(change: Callable[[Placed], Placed]) -> Change:
    return lambda item: change(item) if isinstance(item, Placed) else item


def _turned(item: Placed) -> Placed:
    return replace(item, rotation_mdeg=item.rotation_mdeg + 1_000)


def _cropped(item: Placed) -> Placed:
    return replace(item, crop=item.crop.moved(6, 0))


def _coloured(item: Item) -> Item:
    if isinstance(item, Placed) or not item.colour.startswith("#"):
        raise DoesNotApply
    return replace(item, colour="#c4281c")


def _without_first_letter(item: Item) -> Item:
    if not isinstance(item, Outline):
        raise DoesNotApply
    second = [at for at, segment in enumerate(item.path) if segment[0] == "M"][1]
    return replace(item, path=item.path[second:])


def _thicker(item: Item) -> Item:
    return replace(item, width_um=item.width_um + 100) if isinstance(item, Stroke) else item


def _dropped(case: Case, element: str) -> bytes:
    items = tuple(item for item in case.scene.items if item.element != element)
    if len(items) == len(case.scene.items):
        raise DoesNotApply
    return case.made(replace(case.scene, items=items))


def _added(case: Case, item: Item) -> bytes:
    return case.made(replace(case.scene, items=(*case.scene.items, item)))


def _cut_line(case: Case) -> Item:
    way = next((item for item in case.scene.items if item.role == "cut"), None)
    if way is None:
        raise DoesNotApply
    return way


def _doubled_cut(case: Case) -> bytes:
    return _added(case, _cut_line(case))


def _opened_cut(case: Case) -> bytes:
    _cut_line(case)
    return _with(
        case, "outline", lambda item: item if isinstance(item, Placed) else replace(item, path=item.path[:-1])
    )


def _mirrored(case: Case) -> bytes:
    return replace(case, profile=replace(case.profile, mirror=not case.profile.mirror)).made()


def _speck(case: Case) -> bytes:
    inked = next(item for item in case.scene.items if isinstance(item, Outline))
    box = Box(70_000, 30_000, 70_400, 30_400)
    return _added(case, Outline("speck", inked.role, inked.colour, rounded_rectangle(box, 0), box))


def _other_text(case: Case) -> bytes:
    fonts = FontLibrary.installed()
    other = compose(
        Frame("front", case.scene.process, WIDTH, HEIGHT),
        [
            TextElement(
                frame_of(1, LINES[1][1]),
                "SINCE 2015",
                "engrave",
            )
        ],
        fonts=fonts,
    )
    wrong = next(item for item in other.items if isinstance(item, Outline))
    return _with(
        case,
        "line1",
        lambda item: item if isinstance(item, Placed) else replace(item, path=wrong.path, box=wrong.box),
    )


def _other_code(case: Case) -> bytes:
    frame = Frame("front", case.scene.process, WIDTH, HEIGHT)
    box = Box(60_000, 10_000, 75_000, 25_000)
    other = compose(
        frame,
        [CodeElement("code", PAYLOAD[:-1] + "2", "qr", "m", box, 300, "engrave")],
        fonts=FontLibrary.installed(),
    )
    wrong = next(item for item in other.items if isinstance(item, Outline))
    return _with(
        case,
        "code",
        lambda item: item if isinstance(item, Placed) else replace(item, path=wrong.path, box=wrong.box),
    )


def _swapped(case: Case) -> bytes:
    """The file of another piece of the same order."""
    return case.made(
        replace(case.scene, items=tuple(_moved(item, 0, 0) for item in case.scene.items[::-1][:3]))
    )


def _wrong_picture(case: Case) -> bytes:
    if not case.assets:
        raise DoesNotApply
    (sha256,) = case.assets
    with tempfile.TemporaryDirectory() as folder:
        other = replace(picture(Path(folder) / "other.png", 2), sha256=sha256)
        return case.made(assets={sha256: other})


def _larger_surface(case: Case) -> bytes:
    return case.made(replace(case.scene, width_um=WIDTH + 1_000))


def _all_scaled(case: Case) -> bytes:
    return case.made(replace(case.scene, items=tuple(_scaled(item, 1.01) for item in case.scene.items)))


def _covered(case: Case) -> bytes:
    """The border comes over what should lie over it."""
    if not isinstance(case.scene.items[0], Placed):
        raise DoesNotApply
    stamp = next(item for item in case.scene.items if item.element == "stamp")
    over = _moved(stamp, 0, -8_000)
    order = [item for item in case.scene.items if item.element != "stamp"]
    return case.made(replace(case.scene, items=(*order, over)))


def _empty(case: Case) -> bytes:
    return case.made(replace(case.scene, items=()))


def _renamed_ink(case: Case) -> bytes:
    """The cutter's spot colour or layer under another name."""
    if case.format == "png":
        raise DoesNotApply
    if case.format == "pdf":
        spots = {role: f"{name}1" for role, name in case.profile.spots.items()}
        return replace(case, profile=replace(case.profile, spots=spots)).made()
    layers = {role: replace(layer, name=f"{layer.name}1") for role, layer in case.profile.layers.items()}
    return replace(case, profile=replace(case.profile, layers=layers)).made()


def _no_spots(case: Case) -> bytes:
    """What should be a plate of its own is printed in the process colours."""
    if case.format != "pdf" or not any(item.role == "cut" for item in case.scene.items):
        raise DoesNotApply
    layer = machines.Layer("Cut", "#ff0000", "stroke")
    return replace(case, profile=replace(case.profile, spots={}, layers={"cut": layer})).made()


def _no_white(case: Case) -> bytes:
    if case.format != "pdf" or not case.profile.white_base:
        raise DoesNotApply
    return replace(case, profile=replace(case.profile, white_base=False)).made()


def _white_too_large(case: Case) -> bytes:
    if case.format != "pdf" or not case.profile.white_base:
        raise DoesNotApply
    return replace(case, profile=replace(case.profile, choke_um=-400)).made(_spread(case.scene))


def _spread(scene: Scene) -> Scene:
    extra = Box(66_000, 28_000, 74_000, 34_000)
    return replace(
        scene, items=(*scene.items, Outline("blot", "print", "#1b2a4b", rounded_rectangle(extra, 0), extra))
    )


def _wrong_machine_colour(case: Case) -> bytes:
    if case.format not in ("svg", "dxf"):
        raise DoesNotApply
    layers = {role: replace(layer, colour="#123456") for role, layer in case.profile.layers.items()}
    return replace(case, profile=replace(case.profile, layers=layers)).made()


SCENE_FAULTS: Mapping[str, Callable[[Case], bytes]] = {
    "another piece's file": _swapped,
    "empty": _empty,
    "surface 1 mm wider": _larger_surface,
    "everything 1 % larger": _all_scaled,
    "mirrored, or not": _mirrored,
    "a line of text moved by 0.1 mm": lambda case: _with(case, "line1", lambda item: _moved(item, 100, 0)),
    "a line of text 0.1 mm lower": lambda case: _with(case, "line0", lambda item: _moved(item, 0, 100)),
    "a line of text 1 % larger": lambda case: _with(case, "line0", lambda item: _scaled(item, 1.01)),
    "a line of text missing": lambda case: _dropped(case, "line2"),
    "a letter missing": lambda case: _with(case, "line1", _without_first_letter),
    "a letter another one": _other_text,
    "another colour": lambda case: _with(case, "line1", _coloured),
    "the border 0.1 mm thicker": lambda case: _with(case, "border", _thicker),
    "the border missing": lambda case: _dropped(case, "border"),
    "a speck more": _speck,
    "another code": _other_code,
    "code missing": lambda case: _dropped(case, "code"),
    "code moved by 0.1 mm": lambda case: _with(case, "code", lambda item: _moved(item, 100, 100)),
    "cut line twice": _doubled_cut,
    "cut line open": _opened_cut,
    "cut line missing": lambda case: _dropped(case, "outline"),
    "cut line moved by 0.1 mm": lambda case: _with(case, "outline", lambda item: _moved(item, 100, 0)),
    "wrong picture": _wrong_picture,
    "picture missing": lambda case: _dropped(case, "photo"),
    "picture moved by 0.1 mm": lambda case: _with(case, "photo", lambda item: _moved(item, 100, 0)),
    "picture 1 % larger": lambda case: _with(case, "photo", lambda item: _scaled(item, 1.01)),
    "picture turned by 1 degree": lambda case: _with(case, "stamp", _picture(_turned)),
    "picture cropped otherwise": lambda case: _with(case, "stamp", _picture(_cropped)),
    "picture over another": _covered,
    "renamed spot colour or layer": _renamed_ink,
    "cut line in process colours": _no_spots,
    "white base missing": _no_white,
    "white base too large": _white_too_large,
    "layers in other colours": _wrong_machine_colour,
}
