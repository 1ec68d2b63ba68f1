"""What a picture costs while somebody types, beside packing the same picture well, and when it is kept."""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from django.test import override_settings

from benchmarks.artwork.scale import Scale
from benchmarks.bars import Bar, Section, Table, milliseconds, p99, ratio, spread
from configurator import artefacts, proofs
from configurator.engine.family import read_family
from configurator.engine.fonts import FontLibrary
from configurator.engine.layout import lay_out
from configurator.engine.rendering.preview import encode, picture_of
from configurator.engine.spec import FamilySpec
from configurator.models import Version

FAMILIES = Path(__file__).parents[2] / "configurator/families"
PIXELS = 1000
FRESH_LIMIT = 0.40
HIT_LIMIT_PERCENT = 1.0
WARM_UP = 2
# Family, surface, the option that is typed into.
TYPED = (
    ("walnut-sign", "front", "line1"),
    ("enamel-mug", "wrap", "line1"),
    ("t-shirt", "front", "name"),
)
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


def section(scale: Scale) -> Section:
    made = Section("previews", "Previews while somebody types")
    fonts = FontLibrary.installed()
    rows: list[list[str]] = []
    fresh: list[float] = []
    packed: list[float] = []
    for code, surface, option in TYPED:
        spec = read_family((FAMILIES / f"{code}.yaml").read_text(encoding="utf-8"))
        mine, theirs = _typed(spec, surface, option, fonts, scale.previews)
        fresh += mine
        packed += theirs
        rows.append(
            [code, spread(mine), f"{p99(mine) * 1000:.1f}", spread(theirs), f"{ratio(mine, theirs):.2f}"]
        )
        made.raw[code] = milliseconds({"fresh": mine, "webp 4": theirs})
    made.bars.append(
        Bar(
            f"fresh preview of {PIXELS} px, {len(fresh)} new texts, against the same as WebP method 4",
            ratio(fresh, packed),
            FRESH_LIMIT,
            at_most=True,
        )
    )
    made.tables.append(
        Table(
            "A new text, from layout to a file: JPEG as while typing, and WebP method 4; CPU ms",
            ["family", "JPEG: min / quartiles / max", "p99", "WebP method 4", "ratio"],
            rows,
        )
    )
    _kept(scale, made)
    return made


def _typed(
    spec: FamilySpec, surface: str, option: str, fonts: FontLibrary, rounds: int
) -> tuple[list[float], list[float]]:
    """CPU seconds from a new text to its picture as JPEG, and as WebP method 4; the first ones warm up.

    Both are of one drawing, to which the one packing and the other is added.
    """
    mine: list[float] = []
    theirs: list[float] = []
    for number in range(rounds + WARM_UP):
        choices = {**spec.defaults, option: f"{NAMES[number % len(NAMES)]} {number}"}
        begun = time.process_time()
        scene = lay_out(spec=spec, choices=choices, surface=surface, fonts=fonts, assets={})
        picture = picture_of(spec=spec, choices=choices, scene=scene, size=PIXELS)
        drawn = time.process_time()
        encode(picture, "jpeg")
        shown = time.process_time()
        encode(picture, "webp", effort=4)
        packed = time.process_time()
        if number >= WARM_UP:
            mine.append(shown - begun)
            theirs.append(drawn - begun + packed - shown)
    return mine, theirs


def _kept(scale: Scale, made: Section) -> None:
    """What a picture costs the first time and when it is asked for again, by the same door as pages do."""
    misses: list[float] = []
    hits: list[float] = []
    for code, surface, option in TYPED:
        source = (FAMILIES / f"{code}.yaml").read_text(encoding="utf-8")
        version = Version(
            family_id=code,
            source=source,
            source_format=Version.Format.FAMILY,
            content_hash=hashlib.sha256(source.encode()).hexdigest(),
        )
        defaults = read_family(source).defaults
        with _own_shelf():
            for number in range(scale.previews // 2 + WARM_UP):
                choices = {**defaults, option: f"{NAMES[number % len(NAMES)]} {number}"}
                seconds = []
                for _ in range(2):
                    begun = time.process_time()
                    proofs.preview(version=version, choices=choices, surface=surface, form="webp")
                    seconds.append(time.process_time() - begun)
                if number >= WARM_UP:
                    misses.append(seconds[0])
                    hits.append(seconds[1])
    made.bars.append(
        Bar(
            "a kept preview against drawing it",
            100 * ratio(hits, misses),
            HIT_LIMIT_PERCENT,
            "%",
            at_most=True,
        )
    )
    made.tables.append(
        Table(
            "The same preview asked for twice, CPU ms",
            ["", "min / quartiles / max"],
            [["drawn", spread(misses)], ["kept", spread(hits)]],
        )
    )
    made.raw["kept"] = milliseconds({"drawn": misses, "kept": hits})


@contextmanager
def _own_shelf() -> Iterator[None]:
    """Pictures are kept in a folder of this run; the database, which has nothing of these versions, is not
    asked for compiled ones."""
    with (
        tempfile.TemporaryDirectory() as folder,
        override_settings(MEDIA_ROOT=folder),
        mock.patch.object(artefacts, "stored_diagram", return_value=None),
        mock.patch.object(artefacts, "knowledge", return_value=None),
    ):
        yield
