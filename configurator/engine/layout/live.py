"""What a browser needs to set the same texts as the server: fonts by name, and what they are for.

The modules under static/js/layout do there what `shaping` and `text` do here, with the same library.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

import uharfbuzz as hb
from fontTools.unicodedata import script

from configurator.engine.fonts import Face


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
