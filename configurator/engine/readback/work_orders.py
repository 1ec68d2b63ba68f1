"""Work orders against the scene: read line by line, as the person at the machine does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from configurator.engine.geometry import Box
from configurator.engine.layout.scene import Item, Placed, Scene, Stroke
from configurator.engine.machines import Profile
from configurator.engine.readback.marks import Mismatch, Unreadable
from configurator.engine.readback.wanted import PLAIN, corners_of

NUMBER = r"(-?\d+(?:\.\d+)?)"
SIZE = rf"{NUMBER} x {NUMBER} mm"
ELEMENT = re.compile(r"(\d+)\. (\S+): (\w+)(?:, ([\d.]+) mm wide| (\".*\"))?")
PLACE = re.compile(rf"   {SIZE} at {NUMBER}, {NUMBER} mm")
INK = re.compile(r"(#[0-9a-f]{6})  (\S+) (.+) \((?:the same|near|NOT NEAR, ask), difference ([\d.]+)\)")
BY_EYE = re.compile(r"(#[0-9a-f]{6})  no palette: choose by eye")
PICTURE = re.compile(r"   picture ([0-9a-f]{64}), (\d+) x (\d+) pixels: digitise by hand")
TURNED = re.compile(rf"   turned by {NUMBER} degrees clockwise")
ROUNDING = 0.0051  # mm: lengths have two decimals


@dataclass
class _Read:
    """An element as the order tells it, lengths in mm."""

    name: str
    kind: str
    text: str
    width: float
    place: tuple[float, float, float, float] = (0, 0, 0, 0)
    ink: str = ""
    thread: tuple[str, str] | None = None
    picture: tuple[str, int, int] | None = None
    turned: float = 0.0


@dataclass(frozen=True)
class ReadOrder:
    surface: str
    size: tuple[float, float]
    design: str
    machine: str
    elements: tuple[_Read, ...]
    colours: tuple[str, ...]


def read_order(data: bytes) -> ReadOrder:
    """Raises `Unreadable`, naming the first line that no work order of ours has."""
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as fault:
        raise Unreadable("the work order is not UTF-8 text") from fault
    head = {key: value for key, _, value in (line.partition(": ") for line in lines[:4])}
    surface = re.fullmatch(rf"(.+), {SIZE}", head.get("Surface", ""))
    machine = re.search(r"\((\S+)\), field", head.get("Machine", ""))
    if "WORK ORDER" not in head or surface is None or machine is None or "Design" not in head:
        raise Unreadable("the work order does not say what it is for")
    try:
        begin = next(at for at, line in enumerate(lines) if line.startswith("Elements"))
        end = next(at for at, line in enumerate(lines) if line.startswith("Colours: "))
    except StopIteration:
        raise Unreadable("the work order ends in the middle") from None
    return ReadOrder(
        surface[1],
        (float(surface[2]), float(surface[3])),
        head["Design"],
        machine[1],
        tuple(_elements(lines[begin + 1 : end])),
        tuple(line.strip().partition("  ")[0] for line in lines[end + 1 :] if line.strip()),
    )


def _elements(lines: list[str]) -> Iterator[_Read]:
    read: _Read | None = None
    for line in filter(str.strip, lines):
        if found := ELEMENT.fullmatch(line):
            if read is not None:
                yield read
            read = _Read(found[2], found[3], json.loads(found[5]) if found[5] else "", float(found[4] or 0))
        elif read is None:
            raise Unreadable(f"the work order has {line.strip()[:60]!r} before any element")
        else:
            _detail(read, line)
    if read is not None:
        yield read


def _detail(read: _Read, line: str) -> None:
    if found := PLACE.fullmatch(line):
        width, height, left, top = (float(value) for value in found.groups())
        read.place = (left, top, width, height)
    elif found := INK.fullmatch(line.strip()):
        read.ink, read.thread = found[1], (found[2], found[3])
    elif found := BY_EYE.fullmatch(line.strip()):
        read.ink = found[1]
    elif found := PICTURE.fullmatch(line):
        read.picture = (found[1], int(found[2]), int(found[3]))
    elif found := TURNED.fullmatch(line):
        read.turned = float(found[1])
    else:
        raise Unreadable(f"the work order says {line.strip()[:60]!r}, which ours do not")


def compare_order(scene: Scene, data: bytes, profile: Profile) -> list[Mismatch]:
    read = read_order(data)
    found = [
        Mismatch(code, "", f"The work order says {what} {is_so} instead of {should}.")
        for code, what, is_so, should in (
            ("surface", "the surface", read.surface, scene.surface),
            ("design", "the design", read.design[:12], scene.hash[:12]),
            ("machine", "the machine", read.machine, profile.code),
        )
        if is_so != should
    ]
    sides = (scene.width_um / 1000, scene.height_um / 1000)
    if not _alike(read.size, sides):
        said = f"{read.size[0]:g} x {read.size[1]:g} mm"
        text = f"The work order is for {said}, not {sides[0]:g} x {sides[1]:g} mm."
        found.append(Mismatch("size", "", text))
    if len(read.elements) != len(scene.items):
        text = f"The work order has {len(read.elements)} elements instead of {len(scene.items)}."
        found.append(Mismatch("elements", "", text))
    for item, each in zip(scene.items, read.elements, strict=False):
        found += [Mismatch("element", item.element, text, item.box) for text in _differs(item, each, profile)]
    colours = tuple(dict.fromkeys(_colour(item) for item in scene.items if not isinstance(item, Placed)))
    if read.colours != colours:
        found.append(Mismatch("colours", "", f"The work order lists {len(read.colours)} other colours."))
    return found


def _differs(item: Item, read: _Read, profile: Profile) -> Iterator[str]:
    """What of one element is wrong."""
    if read.name != item.element:
        yield f"{item.element} does not come in its place: the work order has {read.name}."
        return
    kind = "picture" if isinstance(item, Placed) else "line" if isinstance(item, Stroke) else item.kind
    text = "" if isinstance(item, (Placed, Stroke)) else item.text
    if read.kind != kind or read.text != text:
        yield f"{item.element} says {read.text or read.kind!r} instead of {text or kind!r}."
    if isinstance(item, Stroke) and not _alike((read.width,), (item.width_um / 1000,)):
        yield f"{item.element} is {read.width:g} mm wide instead of {item.width_um / 1000:g} mm."
    box = _around(item)
    wanted = tuple(value / 1000 for value in (box.left, box.top, box.width, box.height))
    if not _alike(read.place, wanted):
        yield f"{item.element} has another size or place."
    if isinstance(item, Placed):
        if read.picture != (item.sha256, item.pixel_width, item.pixel_height):
            yield f"{item.element} is another picture."
        if abs(read.turned - item.rotation_mdeg / 1000) > 0.001:
            yield f"{item.element} is turned otherwise."
        return
    near = profile.nearest(_colour(item))
    thread = (near.ink.code, near.ink.name) if near else None
    if read.ink != _colour(item) or read.thread != thread:
        yield f"{item.element} has the colour {read.ink} ({' '.join(read.thread or ('by eye',))})."


def _colour(item: Item) -> str:
    return "" if isinstance(item, Placed) else PLAIN.get(item.role, "") or item.colour


def _around(item: Item) -> Box:
    """The upright box around an element, turned as it is; whole µm, as the order counts."""
    if not isinstance(item, Placed) or not item.rotation_mdeg:
        return item.box
    corners = corners_of(item, lambda x, y: (x, y))
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Box(round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys)))


def _alike(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(abs(a - b) <= ROUNDING for a, b in zip(one, other, strict=True))
