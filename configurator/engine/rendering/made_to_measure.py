"""Products without a fixed shape, shown from their measures: a picture, or a drawing with dimensions.

The family names the renderer (``picture: {renderer: shelf, ...}``) and where each measure comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from configurator.engine import rules
from configurator.engine.layout.elements import LayoutError
from configurator.engine.layout.surfaces import StillOpen
from configurator.engine.rendering.shelf import render_shelf
from configurator.engine.rendering.shelf_drawing import drawing_picture, shelf_drawing
from configurator.engine.spec import Choices, FamilySpec, PictureSpec

DRAWING = "drawing"  # what families call the view with dimensions
HEIGHT_SHARE = 0.8  # of a picture's width


def rendered(
    described: PictureSpec,
    environment: rules.Environment,
    *,
    surface: str,
    title: str,
    size: int,
    pictures: Path,
    number: int,
) -> Image.Image:
    """A view, ``size`` pixels wide. Raises ``LayoutError``, ``StillOpen``."""
    measures = _measures(described, environment, surface)
    view, pixels = described.views[number] or "angled", (size, round(size * HEIGHT_SHARE))
    if view == DRAWING:
        return drawing_picture(shelf_drawing(**measures, title=title), size=pixels)
    hanging = (
        "hanging" in described.parameters and _word(described, environment, surface, "hanging") == "wall"
    )
    return render_shelf(**measures, hanging=hanging, pictures=pictures, size=pixels, view=view)


def has_drawing(spec: FamilySpec, surface: str) -> bool:
    """Whether the family shows this surface with dimensions, too."""
    picture = spec.surface_by_code[surface].picture
    return picture is not None and bool(picture.renderer) and DRAWING in picture.views


def drawing_of(*, spec: FamilySpec, choices: Choices, surface: str) -> str:
    """The drawing with dimensions as SVG on A4, of a surface that has one. Raises ``StillOpen``."""
    picture = spec.surface_by_code[surface].picture
    assert picture is not None and has_drawing(spec, surface)
    environment = rules.environment_of(spec, choices, finished=True)
    return shelf_drawing(**_measures(picture, environment, surface), title=spec.name)


def _measures(described: PictureSpec, environment: rules.Environment, surface: str) -> Mapping[str, Any]:
    if described.renderer != "shelf":
        raise LayoutError(f"{surface}: there is no renderer {described.renderer!r}, only 'shelf'.")

    def length(name: str) -> int:
        number = rules.number_of(described.parameters[name], environment)
        if number is None:
            raise StillOpen(surface, f"the {name} in its picture")
        return round(number)

    return {
        "width_mm": length("width"),
        "height_mm": length("height"),
        "depth_mm": length("depth"),
        "boards": length("boards"),
        "thickness_mm": length("thickness"),
        "material": _word(described, environment, surface, "material"),
        "back": _word(described, environment, surface, "back"),
    }


def _word(described: PictureSpec, environment: rules.Environment, surface: str, name: str) -> str:
    filled = rules.fill(described.parameters[name], environment)
    if filled is None:
        raise StillOpen(surface, f"the {name} in its picture")
    return filled
