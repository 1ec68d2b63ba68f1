"""`python -m tools.pictures.again sign mug tshirt shelf`: makes pictures again, elsewhere, and compares.

Prints for each file whether its bytes are the committed ones; otherwise how far its pixels are from them.
Exits 1 beyond `TOLERANCE`: Mitsuba compiles for the processor at hand, so on another machine the last bits of
a pass may differ, and what WebP makes of them.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from tools.pictures import mug, shelf, sign, studio, tshirt, tshirt_close, view

MAKERS = {"sign": sign, "mug": mug, "tshirt": tshirt_close, "shelf": shelf}
FOLDERS = {"sign": "walnut-sign", "mug": "enamel-mug", "tshirt": "t-shirt", "shelf": "shelf"}
TOLERANCE = 1.0  # mean distance of pixels in levels of 255; of maps in 65535ths of the surface's side


def distance(one: Path, other: Path) -> float:
    """Mean distance of two pictures' pixels; infinite when they are not of one size and kind."""
    with Image.open(one) as first, Image.open(other) as second:
        if (first.size, first.mode) != (second.size, second.mode):
            return float("inf")
        pixels = (np.asarray(each, dtype=np.int64) for each in (first, second))
        return float(np.abs(np.subtract(*pixels)).mean())


def compare(made: Path, kept: Path) -> dict[str, float]:
    """Of every file in either folder: 0 for the same bytes, else the distance of the pixels; infinite for
    files that are in one only, or that hold no pixels."""
    names = {
        path.relative_to(folder) for folder in (made, kept) for path in folder.rglob("*") if path.is_file()
    }
    found = {}
    for name in sorted(names):
        one, other = made / name, kept / name
        if not (one.is_file() and other.is_file()):
            found[str(name)] = float("inf")
        elif one.read_bytes() == other.read_bytes():
            found[str(name)] = 0.0
        else:
            found[str(name)] = distance(one, other) if name.suffix in (".png", ".webp") else float("inf")
    return found


def make_elsewhere(name: str, folder: Path) -> None:
    """Lets a family's script write into another folder; the shelf's pictures read its textures there."""
    for module in (view, sign, mug, tshirt, tshirt_close, shelf):
        if hasattr(module, "PICTURES"):
            module.PICTURES = folder
    MAKERS[name].make()


if __name__ == "__main__":
    studio.start()
    kept, worst = view.PICTURES, 0.0
    for family in sys.argv[1:] or list(MAKERS):
        with tempfile.TemporaryDirectory() as temporary:
            make_elsewhere(family, Path(temporary))
            for file, off in compare(Path(temporary) / FOLDERS[family], kept / FOLDERS[family]).items():
                print(
                    f"{FOLDERS[family]}/{file}: " + ("same bytes" if off == 0 else f"{off:.3f} off"),
                    flush=True,
                )
                worst = max(worst, off)
    sys.exit(worst > TOLERANCE)
