"""What a design looks like: its surfaces laid out, their pictures kept under the hash of what they show."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import reverse

from configurator.catalogue import spec_of
from configurator.engine.fonts import FontLibrary
from configurator.engine.identity import canonical
from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.layout.surfaces import lay_out
from configurator.engine.recent import Recent
from configurator.engine.rendering.preview import encode, picture_of
from configurator.engine.spec import Choice, FamilySpec
from configurator.models import Asset, Configuration, Design, Version
from ledger.files import write_whole

Form = Literal["png", "webp"]

PREVIEW_FORMAT = "2026-11-21"  # change it when the same scene comes to look different
PREVIEW_SIZES = (320, 640, 960, 1280)  # pixels on the longer side
DEFAULT_SIZE = 960
USE_NOTED_EVERY = 24 * 3600.0  # seconds
CACHED_DESIGNS = 128  # a process; the scenes of a design with much text are some hundred kilobytes


class UnknownSurface(LookupError):
    """The family has no surface of that code."""


# Made in turns: fonts are not to be shaped by two threads at once.
_scenes: Recent[tuple[str, str], tuple[Scene, ...]] = Recent(CACHED_DESIGNS)


@cache
def fonts() -> FontLibrary:
    return FontLibrary.installed()


def scene_of(*, version: Version, choices: Mapping[str, Choice], surface: str) -> Scene:
    """One surface laid out. Raises ``UnknownSurface``."""
    if surface not in spec_of(version).surface_by_code:
        raise UnknownSurface(f"{version.family_id} has no surface {surface}.")
    return next(scene for scene in scenes_of(version=version, choices=choices) if scene.surface == surface)


def scenes_of(*, version: Version, choices: Mapping[str, Choice]) -> tuple[Scene, ...]:
    """Every surface laid out, in the family's order; laid out once a process for the same choices."""
    return _scenes.get((version.content_hash, canonical(choices)), lambda: _lay_out(version, choices))


def _lay_out(version: Version, choices: Mapping[str, Choice]) -> tuple[Scene, ...]:
    spec = spec_of(version)
    pictures = assets_of(spec, choices)
    return tuple(
        lay_out(spec=spec, choices=choices, surface=surface.code, fonts=fonts(), assets=pictures)
        for surface in spec.surfaces
    )


def assets_of(spec: FamilySpec, choices: Mapping[str, Choice]) -> dict[str, AssetInfo]:
    """The pictures that these choices name, by hash; no query where none is named."""
    named = {
        str(choices[option.code])
        for option in spec.options
        if option.kind == "image" and choices.get(option.code)
    }
    if not named:
        return {}
    return {
        asset.sha256: AssetInfo(
            asset.sha256, asset.width, asset.height, Path(default_storage.path(asset.path))
        )
        for asset in Asset.objects.filter(sha256__in=named)
    }


def preview_hash(
    *, version: Version, choices: Mapping[str, Choice], surface: str, size: int = DEFAULT_SIZE
) -> str:
    """The name of a picture: the scene, the product's view and variant, the size and the way of drawing."""
    scene = scene_of(version=version, choices=choices, surface=surface)
    text = "\n".join((PREVIEW_FORMAT, scene.hash, version.content_hash, canonical(choices), str(size)))
    return hashlib.sha256(text.encode()).hexdigest()


def preview(
    *,
    version: Version,
    choices: Mapping[str, Choice],
    surface: str,
    size: int = DEFAULT_SIZE,
    form: Form = "png",
) -> bytes:
    """The picture of one surface on its product, drawn once and then read from ``MEDIA_ROOT/previews``.

    Several processes that want the same picture wait for the one that draws it. Raises
    ``UnknownSurface``, ``ValueError`` for a size that is not offered.
    """
    if size not in PREVIEW_SIZES:
        raise ValueError(f"Previews come in {', '.join(map(str, PREVIEW_SIZES))} pixels.")
    name = preview_hash(version=version, choices=choices, surface=surface, size=size)
    path = Path(settings.MEDIA_ROOT) / "previews" / name[:2] / f"{name}.{form}"
    drawn = _kept(path)
    if drawn is None:
        with _alone(path):
            drawn = _kept(path)
            if drawn is None:
                drawn = _draw(version, choices, surface, size, form)
                write_whole(path, drawn)
    return drawn


def preview_url(*, of: Configuration | Design, choices: Mapping[str, Choice], surface: str) -> str:
    """Where the shop serves the picture; the hash in it changes when the picture does, so it can be kept
    by browsers for ever."""
    version = of.version
    name = preview_hash(version=version, choices=choices, surface=surface)
    return f"{reverse('preview', args=[of.pk, surface])}?v={name[:16]}"


def design_picture(design: Design, *, width: int = DEFAULT_SIZE) -> str:
    """The address of a frozen design's first picture; empty where its family has none.

    A frozen design never changes, so no list has to lay it out only to name its picture.
    """
    surfaces = spec_of(design.version).surfaces
    if not surfaces:
        return ""
    return f"{reverse('preview', args=[design.pk, surfaces[0].code])}?v={frozen_name(design)}&w={width}"


def frozen_name(design: Design) -> str:
    """What names the pictures of a frozen design in their addresses."""
    return f"{design.content_hash[:16]}-{PREVIEW_FORMAT}"


def _draw(version: Version, choices: Mapping[str, Choice], surface: str, size: int, form: Form) -> bytes:
    spec = spec_of(version)
    image = picture_of(
        spec=spec,
        choices=choices,
        scene=scene_of(version=version, choices=choices, surface=surface),
        size=size,
        assets=assets_of(spec, choices),
    )
    return encode(image, form)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One drawer at a time for this picture, over all processes on this machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_suffix(".lock")
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _kept(path: Path) -> bytes | None:
    """The picture if it was drawn before. Its file's time says, to the day, when it was last shown:
    tidying goes by that and may take the file away at any moment."""
    try:
        picture = path.read_bytes()
        if time.time() - path.stat().st_mtime > USE_NOTED_EVERY:
            os.utime(path)
    except FileNotFoundError:
        return None
    return picture
