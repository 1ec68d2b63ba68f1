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

from configurator.engine.fonts import Face, FontLibrary
from configurator.engine.geometry import path_data
from configurator.engine.layout.elements import Element, TextElement, role_and_colour
from configurator.engine.layout.scene import Item, Placed, Scene, Stroke


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
    items = []
    for element in elements:
        if isinstance(element, TextElement):
            items.append(_text_json(element, scene.process, options, fonts))
        elif item := made.get(element.element):
            items.append(_item_json(item, options))
    return {
        "surface": scene.surface,
        "process": scene.process,
        "width": scene.width_um,
        "height": scene.height_um,
        "corner_radius": scene.corner_radius_um,
        "safe": scene.safe_um,
        "bleed": getattr(scene, "bleed_um", 0),
        "background": scene.background,
        "items": items,
    }


def _text_json(
    element: TextElement, process: str, options: Mapping[str, str], fonts: FontLibrary
) -> dict[str, Any]:
    frame = element.frame
    role, colour = role_and_colour(element.colour, process)
    return {
        "kind": "text",
        "element": frame.element,
        "option": options.get(frame.element, ""),
        "text": element.text,
        "role": role,
        "colour": colour,
        "fonts": [face_name(face) for face in fonts.chain(frame.font)],
        "frame": {
            "box": frame.box.as_json(),
            "align": frame.align,
            "valign": frame.valign,
            "size": frame.size_um,
            "min_size": frame.min_size_um,
        },
    }


def _item_json(item: Item, options: Mapping[str, str]) -> dict[str, Any]:
    known = {"element": item.element, "option": options.get(item.element, ""), "role": item.role}
    if isinstance(item, Placed):
        return {
            **known,
            "kind": "picture",
            "sha256": item.sha256,
            "box": item.box.as_json(),
            "crop": item.crop.as_json(),
            "pixels": [item.pixel_width, item.pixel_height],
        }
    return {
        **known,
        "kind": "path",
        "colour": item.colour,
        "path": path_data(item.path),
        "stroke": item.width_um if isinstance(item, Stroke) else 0,
    }
