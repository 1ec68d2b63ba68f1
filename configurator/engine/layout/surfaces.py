"""From a family's surface and a shopper's choices to a scene: expressions worked out, elements laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from configurator.engine import rules
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box
from configurator.engine.layout.codes import Level, Symbology
from configurator.engine.layout.elements import (
    CodeElement,
    Element,
    Frame,
    LayoutError,
    Shape,
    ShapeElement,
    TextElement,
    asset_of,
    compose,
)
from configurator.engine.layout.pictures import Fit, ImageElement
from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.layout.text import Align, TextFit, TextFrame, VAlign
from configurator.engine.outlines import RECTANGLE, SHAPES, UnknownShape
from configurator.engine.placing import Placement, read_placement
from configurator.engine.spec import Choices, ElementSpec, FamilySpec, SurfaceSpec

DEFAULT_FONT = "noto-sans"
DEFAULT_COLOUR = "#000000"
DEFAULT_BACKGROUND = "#ffffff"
# The smallest module of a code that a telephone reads at arm's length.
DEFAULT_MODULE = "0.4 mm"


class StillOpen(LayoutError):
    """A surface cannot be laid out yet: its size or an element depends on something not chosen."""

    def __init__(self, surface: str, what: str) -> None:
        super().__init__(f"{surface}: {what} depends on something that is not chosen yet.")
        self.surface, self.what = surface, what


@dataclass(frozen=True, slots=True)
class _Reader:
    """Works out the expressions of one surface."""

    surface: str
    environment: rules.Environment

    def length(self, text: str, what: str) -> int:
        """A length in µm."""
        try:
            length = rules.length_um(text, self.environment)
        except rules.Undefined as error:
            raise LayoutError(f"{self.surface}: {what} is {text!r}: {error}.") from error
        if length is None:
            raise StillOpen(self.surface, what)
        return length

    def words(self, template: str, what: str) -> str:
        filled = rules.fill(template, self.environment)
        if filled is None:
            raise StillOpen(self.surface, what)
        return filled

    def holds(self, condition: str | None) -> bool:
        return rules.holds(condition, self.environment) is True


def lay_out(
    *,
    spec: FamilySpec,
    choices: Choices,
    surface: str,
    fonts: FontLibrary,
    assets: Mapping[str, AssetInfo],
) -> Scene:
    """The scene of one surface under these choices.

    Texts and pictures that are not chosen are left out. Raises `LookupError` for an unknown surface,
    `StillOpen` while a size is not known yet, `LayoutError` when the family or the assets are at fault.
    """
    frame, elements = elements_of(spec=spec, choices=choices, surface=surface, assets=assets)
    return compose(frame, elements, fonts=fonts)


def elements_of(
    *,
    spec: FamilySpec,
    choices: Choices,
    surface: str,
    assets: Mapping[str, AssetInfo],
    blank: bool = False,
) -> tuple[Frame, list[Element]]:
    """What is to be laid out on a surface, every expression worked out; raises as `lay_out`.

    With `blank`, texts that the shopper has left empty are there too, so that it is known where they will
    stand once something is typed.
    """
    described = spec.surface_by_code.get(surface)
    if described is None:
        known = ", ".join(spec.surface_by_code)
        raise LookupError(f"{spec.name} has no surface {surface!r}; it has: {known or 'none'}.")
    reader = _Reader(surface, rules.environment_of(spec, choices, finished=True))
    frame = frame_of(described, reader)
    elements: list[Element] = []
    for number, (name, element) in enumerate(named(described.elements), start=1):
        if reader.holds(element.when):
            made = _element(element, name, f"element {number}", spec, choices, reader, assets, blank)
            elements += [] if made is None else [made]
    return frame, elements


def frame_of(surface: SurfaceSpec, reader: _Reader) -> Frame:
    width, height = reader.length(surface.width, "its width"), reader.length(surface.height, "its height")
    if width <= 0 or height <= 0:
        raise LayoutError(f"{surface.code}: a surface of {width / 1000} × {height / 1000} mm cannot be made.")
    return Frame(
        surface=surface.code,
        process=reader.words(surface.process, "its process"),
        width_um=width,
        height_um=height,
        safe_um=reader.length(surface.safe, "its safe border"),
        bleed_um=reader.length(surface.bleed, "its bleed"),
        corner_radius_um=reader.length(surface.corner_radius, "its corner radius"),
        outline=_outline(surface, reader),
        background=reader.words(surface.background, "its background") or DEFAULT_BACKGROUND,
    )


def _outline(surface: SurfaceSpec, reader: _Reader) -> str:
    shape = reader.words(surface.outline, "its outline") or RECTANGLE
    if shape not in SHAPES:
        raise LayoutError(f"{surface.code}: {UnknownShape(shape)}.")
    return shape


def named(elements: Sequence[ElementSpec]) -> list[tuple[str, ElementSpec]]:
    """Each element with a name that is its own: the option that fills it, else its code, else its kind."""
    names: list[tuple[str, ElementSpec]] = []
    taken: set[str] = set()
    for number, element in enumerate(elements, start=1):
        name = element.option or element.code
        if not name or name in taken:
            name = f"{name or element.shape or element.kind}-{number}"
        taken.add(name)
        names.append((name, element))
    return names


def _element(
    element: ElementSpec,
    name: str,
    what: str,
    spec: FamilySpec,
    choices: Choices,
    reader: _Reader,
    assets: Mapping[str, AssetInfo],
    blank: bool,
) -> Element | None:
    left, top, width, height = (
        reader.length(side, f"the {word} of {what} ({name})")
        for side, word in zip(element.box, ("left", "top", "width", "height"), strict=True)
    )
    box = Box(left, top, left + width, top + height)
    if element.kind == "image":
        return _image(element, name, box, choices, assets)
    colour = reader.words(element.colour or DEFAULT_COLOUR, f"the colour of {what} ({name})")
    if element.kind == "shape":
        stroke = reader.length(element.stroke, f"the stroke of {name}") if element.stroke else 0
        radius = reader.length(element.radius, f"the radius of {name}") if element.radius else 0
        return ShapeElement(name, cast(Shape, element.shape), box, stroke, radius, colour)
    words = str(choices.get(element.option) or "") if element.option else reader.words(element.text, name)
    if element.kind == "code":
        return _code(element, name, box, words, colour, reader)
    if not words.strip() and not (blank and element.option and width > 0 and height > 0):
        return None
    if width <= 0 or height <= 0:
        raise LayoutError(
            f"{reader.surface}: the box of {name} is empty ({width / 1000} × {height / 1000} mm)."
        )
    size = reader.length(element.size, f"the size of {name}") if element.size else height
    least = reader.length(element.min_size, f"the least size of {name}") if element.min_size else size
    frame = TextFrame(
        element=name,
        font=reader.words(element.font or DEFAULT_FONT, f"the font of {name}"),
        box=box,
        align=cast(Align, element.align),
        valign=cast(VAlign, element.valign),
        size_um=size,
        min_size_um=least,
        fit=cast(TextFit, element.fit or "shrink"),
        arc_um=reader.length(element.arc, f"the radius of the circle of {name}") if element.arc else 0,
    )
    return TextElement(frame, words, colour, placement_of(element, choices), element.place)


def placement_of(element: ElementSpec, choices: Choices) -> Placement | None:
    """Where the shopper has put the element; None where they left it to the family."""
    chosen = choices.get(element.place) if element.place else None
    return read_placement(str(chosen)) if chosen else None


def _code(
    element: ElementSpec, name: str, box: Box, words: str, colour: str, reader: _Reader
) -> CodeElement | None:
    if not words.strip():
        return None
    if box.width <= 0 or box.height <= 0:
        raise LayoutError(f"{reader.surface}: the box of {name} is empty.")
    module = reader.length(element.module or DEFAULT_MODULE, f"the least module of {name}")
    return CodeElement(
        element=name,
        text=words,
        symbology=cast(Symbology, element.symbology),
        level=cast(Level, element.level),
        box=box,
        least_module_um=module,
        colour=colour,
    )


def _image(
    element: ElementSpec,
    name: str,
    box: Box,
    choices: Choices,
    assets: Mapping[str, AssetInfo],
) -> ImageElement | None:
    chosen = choices.get(element.option)
    if not chosen:
        return None
    asset = asset_of(str(chosen), assets, element=name)
    return ImageElement(
        name,
        asset,
        box,
        cast(Fit, element.fit or "contain"),
        placement_of(element, choices),
        element.place,
    )
