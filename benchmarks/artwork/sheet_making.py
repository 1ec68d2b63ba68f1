"""One gang sheet made one way, in a process of its own: ``python sheet_making.py WAY FOLDER``.

Prints processor seconds (without imports, which a worker has behind it), the most memory the process had
(bytes, imports and all), and the size of the file. The artworks lie in FOLDER, made before: `N.png` (pixels)
and `N.art` (streams of the product).
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MM_A_SHEET = (560, 1000)
DPI = 300
COLUMNS, ROWS = 8, 25
PITCH_MM = (69, 39)
MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024


Work = Callable[[], None]


def places() -> list[tuple[float, float]]:
    """The upper left corners of the 200 artworks, in mm."""
    return [
        (4 + PITCH_MM[0] * (n % COLUMNS), 4 + PITCH_MM[1] * (n // COLUMNS)) for n in range(COLUMNS * ROWS)
    ]


def pixels(mm: float) -> int:
    return round(mm * DPI / 25.4)


def by_pillow(folder: Path, target: Path) -> Work:
    """As it is usually done: one canvas for the sheet, every picture pasted, saved."""
    from PIL import Image  # noqa: PLC0415 - each way pays for its own imports only

    Image.MAX_IMAGE_PIXELS = None

    def work() -> None:
        canvas = Image.new("RGBA", (pixels(MM_A_SHEET[0]), pixels(MM_A_SHEET[1])))
        for number, (x, y) in enumerate(places()):
            with Image.open(folder / f"{number}.png") as opened:
                canvas.paste(opened, (pixels(x), pixels(y)))
        canvas.save(target, "PNG", compress_level=1, dpi=(DPI, DPI))

    return work


def by_bands(folder: Path, target: Path) -> Work:
    """As the product does it where a machine wants pixels."""
    import numpy as np  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    from configurator.engine.rendering.bands import PlacedPixels, gang_png  # noqa: PLC0415

    def placed(number: int, x: float, y: float) -> Any:
        path = folder / f"{number}.png"
        with Image.open(path) as opened:
            width, height = opened.size

        def read() -> Any:
            with Image.open(path) as opened:
                return np.asarray(opened)

        return PlacedPixels(pixels(x), pixels(y), width, height, read)

    def work() -> None:
        with target.open("wb") as out:
            gang_png(
                out,
                [placed(number, x, y) for number, (x, y) in enumerate(places())],
                width=pixels(MM_A_SHEET[0]),
                height=pixels(MM_A_SHEET[1]),
                dpi=DPI,
            )

    return work


def by_streams(folder: Path, target: Path) -> Work:
    """As the product does it for a PDF: streams made at approval are placed."""
    from configurator.engine import machines  # noqa: PLC0415
    from configurator.engine.rendering.pdfx import PlacedArtwork, gang_pdf  # noqa: PLC0415
    from configurator.engine.rendering.placeable import KeptArtwork  # noqa: PLC0415

    profile = machines.read_machines(None).profiles["dtf"]

    def work() -> None:
        digests = json.loads((folder / "digests.json").read_text())
        placed = [
            PlacedArtwork(KeptArtwork(digest, folder / f"{number}.art"), round(x * 1000), round(y * 1000))
            for number, ((x, y), digest) in enumerate(zip(places(), digests, strict=True))
        ]
        with target.open("wb") as out:
            gang_pdf(
                out,
                placed,
                profile,
                width_um=MM_A_SHEET[0] * 1000,
                height_um=MM_A_SHEET[1] * 1000,
                title="Sheet",
            )

    return work


WAYS: dict[str, Callable[[Path, Path], Work]] = {
    "pillow": by_pillow,
    "bands": by_bands,
    "streams": by_streams,
}


def main(way: str, folder: Path) -> None:
    target = folder / f"sheet-{way}"
    work = WAYS[way](folder, target)
    begun = time.process_time()
    work()
    cpu = time.process_time() - begun
    print(json.dumps({"cpu": cpu, "peak": peak(), "bytes": target.stat().st_size}))


def peak() -> int:
    """The most memory of this process. Linux counts in `ru_maxrss` what its parent had when it began."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MEMORY_UNIT


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
