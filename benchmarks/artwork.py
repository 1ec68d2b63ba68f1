"""``manage.py bench artwork``: what a fresh preview, a sheet and an upload cost, in processor time of one
core.

Every preview has a text that was not drawn before, as when somebody types; the pictures of the product are
warm.
Processor time, not the clock: it says the same on a busy machine. Seeds are fixed; no peers are involved.
"""

import io
import platform
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from PIL import Image

from configurator.engine.family import read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.imaging import take_in
from configurator.engine.layout import lay_out
from configurator.engine.rendering.preview import encode, picture_of
from configurator.engine.rendering.sheet import PlacedScene, sheet_pdf, sheet_svg
from configurator.engine.spec import FamilySpec

FAMILIES = Path(__file__).parents[1] / "configurator/families"
NAMES = (
    "Özdemir",
    "Anna & Omar",
    "عمر",
    "Łukasz",
    "שרה",
    "Willemijn",
    "Θεοδώρα",
    "Мария",
    "Müller",
    "Ngô Bảo",
)
PREVIEW_BAR_MS = 120.0
SHEET_BAR_MS = 25.0


def main(arguments: Sequence[str]) -> int:
    """Print one line a figure; 1 when a bar is missed."""
    parser = ArgumentParser(prog="manage.py bench artwork")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    rounds = 12 if parser.parse_args(arguments).quick else 40
    print(f"Python {platform.python_version()}, {platform.machine()}; processor milliseconds of one core")
    fonts = FontLibrary.installed()
    held = True
    for code, surface, option in (
        ("walnut-sign", "front", "line1"),
        ("enamel-mug", "wrap", "line1"),
        ("t-shirt", "front", "name"),
    ):
        spec = read_family((FAMILIES / f"{code}.yaml").read_text(encoding="utf-8"))
        costs = [typed(spec, surface, option, f"{NAMES[n % len(NAMES)]} {n}", fonts) for n in range(rounds)]
        held &= report(f"fresh preview, {code}, layout to JPEG", costs[2:], PREVIEW_BAR_MS)
    held &= sheets(fonts, parts=rounds * 5)
    report("upload of 12 million pixels (with its process)", [uploaded() for _ in range(3)], None)
    return 0 if held else 1


def typed(spec: FamilySpec, surface: str, option: str, text: str, fonts: FontLibrary) -> float:
    choices = {**spec.defaults, option: text}

    def fresh() -> None:
        scene = lay_out(spec=spec, choices=choices, surface=surface, fonts=fonts, assets={})
        encode(picture_of(spec=spec, choices=choices, scene=scene), "jpeg")

    return cost_of(fresh)


def sheets(fonts: FontLibrary, *, parts: int) -> bool:
    """A sheet of signs that all differ."""
    spec = read_family((FAMILIES / "walnut-sign.yaml").read_text(encoding="utf-8"))
    placed = []
    for number in range(parts):
        choices = {**spec.defaults, "size": "s", "letter_height": 14, "line1": f"Özdemir {number}"}
        scene = lay_out(spec=spec, choices=choices, surface="front", fonts=fonts, assets={})
        x, y = 205_000 * (number % 20), 125_000 * (number // 20)
        placed.append(PlacedScene(scene, x, y, 200_000, 120_000, False, f"{number:04d}"))
    width, height = 20 * 205_000, 125_000 * (parts // 20 + 1)

    def as_pdf() -> None:
        sheet_pdf(placed, width_um=width, height_um=height, title="Sheet", fonts=fonts)

    def as_svg() -> None:
        sheet_svg(placed, width_um=width, height_um=height, title="Sheet", fonts=fonts)

    pdf_held = report(
        f"sheet of {parts} different signs as PDF, a part", [cost_of(as_pdf) / parts], SHEET_BAR_MS
    )
    return (
        report(f"sheet of {parts} different signs as SVG, a part", [cost_of(as_svg) / parts], SHEET_BAR_MS)
        and pdf_held
    )


def uploaded() -> float:
    """The child's processor time counts too, so this one is by the clock."""
    noise = np.random.default_rng(7).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise, "RGB").resize((4000, 3000), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    started = time.perf_counter()
    take_in(out.getvalue())
    return (time.perf_counter() - started) * 1000


def cost_of(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def report(name: str, costs: Sequence[float], bar: float | None) -> bool:
    middle = median(costs)
    high = quantiles(costs, n=20)[-1] if len(costs) > 2 else max(costs)
    limit = f" (bar {bar:.0f})" if bar is not None else ""
    verdict = "" if bar is None else " ok" if middle <= bar else " short"
    print(f"{name}: {middle:.1f} ms, p95 {high:.1f}{limit}{verdict}")
    return bar is None or middle <= bar


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
