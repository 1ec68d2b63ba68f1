"""What a browser needs to set the same texts as the server: fonts by name, and what they are for.

The modules under static/js/layout do there what `shaping` and `text` do here, with the same library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

import uharfbuzz as hb
from fontTools.unicodedata import script

from configurator.engine.fonts import Face, FontFile, FontLibrary
from configurator.engine.geometry import path_data
from configurator.engine.layout.elements import Element, TextElement, role_and_colour
from configurator.engine.layout.line_breaking import WORDS_BY_MODEL, needs_server
from configurator.engine.layout.pictures import ImageElement, standing
from configurator.engine.layout.scene import Item, Outline, Placed, Scene, Stroke, contour_of
from configurator.engine.layout.text import TextFrame
from configurator.engine.placing import PER_MILLE, WHOLE, Crop, Placement, write_placement

# Of fonts with more bytes a browser fetches only the letters that it needs (`letters`).
MOST_BYTES = 4 * 1024 * 1024


def face_name(face: Face) -> str:
    """A font at one weight, as `FontLibrary.face` takes it."""
    return face.code if face.weight is None else f"{face.code}:{face.weight}"


def face_json(face: Face, path: FilePath) -> dict[str, Any]:
    """`cap`: height of a capital in font units; `scripts`: those that the font has any letter of, so that
    no font is fetched only to find that it cannot help."""
    return {"cap": face.cap_height, "weight": face.weight, "scripts": list(scripts_of(path))}


@lru_cache(maxsize=256)
def scripts_of(path: FilePath) -> tuple[str, ...]:
    """The scripts (ISO 15924) of the characters that a font file has."""
    unicodes = hb.Face(hb.Blob.from_file_path(str(path))).unicodes
    return tuple(sorted({script(chr(code)) for code in unicodes}))


def artwork_json(
    scene: Scene, elements: Sequence[Element], *, options: Mapping[str, str], fonts: FontLibrary
) -> dict[str, Any]:
    """A surface as the browser draws and edits it, in µm: texts as what they are set from, the rest as made.

    `elements` are those that `elements_of` finds with `blank`; `options` names the option that fills an
    element, where one does.
    """
    made = {item.element: item for item in scene.items}
    contour = contour_of(scene)
    items = []
    for element in elements:
        name = element.frame.element if isinstance(element, TextElement) else element.element
        item = made.get(name)
        placed = element.placement if isinstance(element, TextElement | ImageElement) else None
        known: dict[str, Any] = {
            "element": name,
            "option": options.get(name, ""),
            "place": element.place if isinstance(element, TextElement | ImageElement) else "",
            "placement": write_placement(placed) if placed else "",
            "box": None if item is None else item.box.as_json(),
        }
        if isinstance(element, TextElement):
            items.append({**known, **_text_json(element, item, scene.process, fonts)})
        elif isinstance(element, ImageElement) and element.asset.kind == "vector":
            items.append({**known, **_drawing_json(element, scene.process)})
        elif item is not None:
            items.append({**known, **_item_json(item)})
    return {
        "surface": scene.surface,
        "process": scene.process,
        "width": scene.width_um,
        "height": scene.height_um,
        "corner_radius": scene.corner_radius_um,
        "outline": path_data(contour.path) if contour is not None else "",
        "safe": scene.safe_um,
        "bleed": scene.bleed_um,
        "background": scene.background,
        "items": items,
    }


def _text_json(element: TextElement, item: Item | None, process: str, fonts: FontLibrary) -> dict[str, Any]:
    """`by_server`: scripts (ISO 15924) that the page leaves to the server here; `path` is what that made of
    the text when it has such letters."""
    frame = element.frame
    role, colour = role_and_colour(element.colour, process)
    wraps = frame.fit == "wrap"
    left_to_server = wraps and needs_server(element.text)
    return {
        "by_server": sorted(WORDS_BY_MODEL) if wraps else [],
        "path": path_data(item.path) if left_to_server and isinstance(item, Outline) else None,
        "kind": "text",
        "text": element.text,
        "role": role,
        "colour": colour,
        "fonts": list(fonts.names(frame.font)),
        "frame": frame_json(frame),
    }


def frame_json(frame: TextFrame) -> dict[str, Any]:
    """A frame as static/js/layout/text.js takes it."""
    return {
        "box": frame.box.as_json(),
        "align": frame.align,
        "valign": frame.valign,
        "size": frame.size_um,
        "min_size": frame.min_size_um,
        "fit": frame.fit,
        "arc": frame.arc_um,
    }


@lru_cache(maxsize=256)
def is_served(file: FontFile) -> bool:
    return file.path.stat().st_size <= MOST_BYTES


def _drawing_json(element: ImageElement, process: str) -> dict[str, Any]:
    """A drawing stands where a picture of its proportions would; its outlines come by themselves
    (`engine.drawing.outlines_json`), in units that are its `pixels`."""
    place = standing(element, process=process)
    return {**_placed_json(place), "kind": "drawing", "box": place.box.as_json()}


def _placed_json(item: Placed) -> dict[str, Any]:
    return {
        "kind": "picture",
        "role": item.role,
        "sha256": item.sha256,
        "rotation": item.rotation_mdeg,
        "crop": item.crop.as_json(),
        "pixels": [item.pixel_width, item.pixel_height],
    }


def _item_json(item: Item) -> dict[str, Any]:
    if isinstance(item, Placed):
        return _placed_json(item)
    return {
        "kind": "path",
        "role": item.role,
        "colour": item.colour,
        "path": path_data(item.path),
        "stroke": item.width_um if isinstance(item, Stroke) else 0,
    }


def placements_of(artworks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Where everything that can be placed stands now, by the option that says it, as that option's choice."""
    return {
        item["place"]: item["placement"] or write_placement(_placement_of(item))
        for artwork in artworks
        for item in artwork["items"]
        if item["place"] and item["box"]
    }


def _placement_of(item: Mapping[str, Any]) -> Placement:
    """Of something that stands where its family puts it."""
    left, top, right, bottom = item["box"]
    crop = WHOLE
    if "crop" in item:
        across, down = item["pixels"]
        crop = Crop(
            *(
                round(side * PER_MILLE / pixels)
                for side, pixels in zip(item["crop"], (across, down, across, down), strict=True)
            )
        )
    return Placement((left + right) // 2, (top + bottom) // 2, right - left, 0, crop)
