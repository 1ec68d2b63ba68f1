"""Gang sheets of 200 different artworks: as PDF from streams, as PNG in bands, and both against Pillow."""

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.artwork import sheet_making, whole_sheets
from benchmarks.artwork.designs import WORDS, photo
from benchmarks.artwork.scale import Scale
from benchmarks.artwork.sheet_making import MM_A_SHEET, WAYS, places
from benchmarks.bars import Bar, Section, Table
from configurator.engine import machines
from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box
from configurator.engine.layout import AssetInfo, Frame, ImageElement, TextElement, TextFrame, compose
from configurator.engine.machines import Profile
from configurator.engine.rendering.placeable import placeable
from configurator.engine.rendering.raster import production_png

ROOT = Path(__file__).parents[2]
WIDTH_UM, HEIGHT_UM = 66_000, 36_000
PDF_TIMES, PDF_MEMORY = 20.0, 0.25
PNG_TIMES, PNG_MEMORY = 1.4, 0.45
MEGA = 1_000_000


def section(scale: Scale) -> Section:
    made = Section("sheets", "Gang sheets")
    count = len(places())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, count=count, pictured=scale.sheet_pictures, seed=scale.seed)
        runs: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
        for _ in range(scale.sheet_rounds):
            for way in WAYS:
                runs[way].append(made_by(way, folder))
        equal = digest_of(folder / "sheet-pillow") == digest_of(folder / "sheet-bands")
        film = _film(scale.sheet_pictures)
        digests = json.loads((folder / "digests.json").read_text())[: scale.sheet_parts]
        whole, steps = whole_sheets.measured(folder, digests, film, (WIDTH_UM, HEIGHT_UM))
    cpu = {way: median(run["cpu"] for run in each) for way, each in runs.items()}
    peak = {way: median(run["peak"] for run in each) for way, each in runs.items()}
    sheet = f"sheet of {count}, {MM_A_SHEET[0]} x {MM_A_SHEET[1]} mm"
    made.bars += [
        Bar(f"{sheet}, PDF: faster than a Pillow canvas", cpu["pillow"] / cpu["streams"], PDF_TIMES),
        Bar(
            f"{sheet}, PDF: memory of a Pillow canvas",
            peak["streams"] / peak["pillow"],
            PDF_MEMORY,
            at_most=True,
        ),
        Bar(f"{sheet}, PNG: faster than a Pillow canvas", cpu["pillow"] / cpu["bands"], PNG_TIMES),
        Bar(
            f"{sheet}, PNG: memory of a Pillow canvas",
            peak["bands"] / peak["pillow"],
            PNG_MEMORY,
            at_most=True,
        ),
        Bar(f"{sheet}, PNG: pixels differ from Pillow's", 0 if equal else 1, 0, "wrong", at_most=True),
    ]
    made.bars += whole
    titles = {"pillow": "Pillow canvas, PNG", "bands": "bands, PNG", "streams": "streams, PDF"}
    made.tables.append(
        Table(
            f"{count} artworks of 66 x 36 mm, 300 dpi, 1 in {scale.sheet_pictures} with a photo; PNG level 1",
            ["way", "CPU s", "peak MB of the process", "file MB"],
            [
                [
                    titles[way],
                    f"{cpu[way]:.2f}",
                    f"{peak[way] / MEGA:.0f}",
                    f"{runs[way][-1]['bytes'] / MEGA:.1f}",
                ]
                for way in WAYS
            ],
        )
    )
    made.tables.append(steps)
    made.raw = dict(runs)
    return made


def prepare(folder: Path, *, count: int, pictured: int, seed: int) -> None:
    """The artworks as pixels and as streams, by two processes; none is like another.

    One in `pictured` has a photograph; where not all have, they have no white under them, to be quick.
    """
    photos = [
        photo(folder / f"photo-{number}.png", seed + number, width=600, height=450) for number in range(8)
    ]
    one = partial(_artwork, folder=folder, photos=photos, pictured=pictured, seed=seed)
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        digests = list(pool.map(one, range(count), chunksize=10))
    (folder / "digests.json").write_text(json.dumps(digests))


def _film(pictured: int) -> Profile:
    film = machines.read_machines(None).profiles["dtf"]
    return film if pictured == 1 else replace(film, white_base=False)


def _artwork(number: int, *, folder: Path, photos: Sequence[AssetInfo], pictured: int, seed: int) -> str:
    """Make one artwork; gives the digest of its streams."""
    chance = random.Random(f"{seed} {number}")
    profile = _film(pictured)
    words = [word for each in WORDS.values() for word in each]
    around = Box(0, 0, WIDTH_UM, HEIGHT_UM)
    text = TextFrame("line", "inter", around.inset(6_000), "center", "middle", 9_000, 2_000)
    elements: list[ImageElement | TextElement] = []
    given = photos[number % len(photos)]
    if number % pictured == 0:
        # Every crop is another one: no two artworks share pixels, which a PDF would hold once.
        left, width = chance.randrange(12_000), 40_000 + 40 * number
        elements.append(ImageElement("photo", given, Box(left, 0, left + width, 36_000), "cover"))
    elements.append(TextElement(text, f"{chance.choice(words)} {number}", "#1b2a4b"))
    scene = compose(Frame("front", "dtf", WIDTH_UM, HEIGHT_UM), elements, fonts=_fonts())
    assets = {given.sha256: given}
    (folder / f"{number}.png").write_bytes(production_png(scene, profile, assets))
    artwork = placeable(scene, profile, assets)
    (folder / f"{number}.art").write_bytes(artwork.as_bytes())
    return artwork.sha256


@cache
def _fonts() -> FontLibrary:
    return FontLibrary.installed()


def made_by(way: str, folder: Path) -> dict[str, Any]:
    # By its path: the package would bring all of the benchmark into the memory that is measured.
    command = [sys.executable, "-P", str(Path(sheet_making.__file__)), way, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def digest_of(path: Path) -> str:
    """Of the pixels."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with Image.open(path) as opened:
            whole: NDArray[np.uint8] = np.asarray(opened)
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    return hashlib.sha256(str(whole.shape).encode() + whole.tobytes()).hexdigest()
