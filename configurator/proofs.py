"""What a design looks like: its surfaces laid out, their pictures kept under the hash of what they show."""

import fcntl
import hashlib
import io
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image

from configurator.catalogue import spec_of
from configurator.engine.fonts import FontLibrary
from configurator.engine.identity import canonical
from configurator.engine.layout.live import artwork_json
from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.layout.surfaces import elements_of, lay_out, named
from configurator.engine.recent import Recent
from configurator.engine.rendering.grid import grid_json
from configurator.engine.rendering.made_to_measure import DRAWING, has_drawing
from configurator.engine.rendering.preview import encode, picture_of, view_of
from configurator.engine.spec import Choice, FamilySpec
from configurator.models import Asset, Configuration, Design, Version
from ledger.files import write_whole
from ledger.requesting import request

Form = Literal["jpeg", "png", "webp"]

PREVIEW_FORMAT = "2026-11-22.4"  # change it when the same scene comes to look different
SMALLER_JOB = "configurator.pictures"
SMALLER_EFFORT = 4  # of WebP, 0 to 6: a third fewer bytes for three times the work
PREVIEW_SIZES = (320, 640, 960, 1280)  # pixels on the longer side
DEFAULT_SIZE = 960
EDITED_PIXELS = 1200
USE_NOTED_EVERY = 24 * 3600.0  # seconds
CACHED_DESIGNS = 128  # a process; the scenes of a design with much text are some hundred kilobytes


# Where an editor fetches what shoppers have handed in, by what it is on a surface.
PLACED = {"picture": "artwork-picture", "drawing": "artwork-outlines"}


class UnknownSurface(LookupError):
    """The family has no surface of that code."""


# Made in turns: fonts are not to be shaped by two threads at once.
_scenes: Recent[tuple[str, str], tuple[Scene, ...]] = Recent(CACHED_DESIGNS)
_artworks: Recent[tuple[str, str], list[dict[str, Any]]] = Recent(CACHED_DESIGNS)
_names: Recent[tuple[str, str, str, str, int, bool, int], str] = Recent(4 * CACHED_DESIGNS)


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


def artwork_of(
    *, of: Configuration, choices: Mapping[str, Choice], scenes: Sequence[Scene]
) -> list[dict[str, Any]]:
    """Every surface as the browser draws and edits it (`engine.layout.live`): ``views`` say where the surface
    is seen in each of its pictures, ``bare`` where these pictures are without the texts that are typed."""
    key = (of.version.content_hash, canonical(choices))
    described = _artworks.get(key, lambda: _artworks_of(of.version, choices, scenes))
    return [
        {
            **each,
            "bare": [
                preview_url(of=of, choices=choices, surface=each["surface"], bare=True, view=view)
                for view in range(len(each["views"]))
            ],
            "pictures": {
                item["sha256"]: reverse(PLACED[item["kind"]], args=[of.pk, item["sha256"]])
                for item in each["items"]
                if item["kind"] in PLACED
            },
        }
        for each in described
    ]


def _artworks_of(
    version: Version, choices: Mapping[str, Choice], scenes: Sequence[Scene]
) -> list[dict[str, Any]]:
    spec = spec_of(version)
    pictures = assets_of(spec, choices)
    described = []
    for scene in scenes:
        _, elements = elements_of(
            spec=spec, choices=choices, surface=scene.surface, assets=pictures, blank=True
        )
        shown = [
            view_of(spec=spec, choices=choices, scene=scene, number=number)
            for number in range(len(views_of(spec, scene.surface)))
        ]
        described.append(
            {
                **artwork_json(
                    scene,
                    elements,
                    options=_filled_by(spec, scene.surface),
                    fonts=fonts(),
                ),
                "views": [None if view is None else grid_json(*view, scene) for view in shown],
            }
        )
    return described


def _filled_by(spec: FamilySpec, surface: str) -> dict[str, str]:
    """Element -> the option that fills it."""
    return {name: element.option for name, element in named(spec.surface_by_code[surface].elements)}


def without_typed(scene: Scene, spec: FamilySpec) -> Scene:
    """The scene without the texts that shoppers type."""
    options = _filled_by(spec, scene.surface)
    typed = {name for name, code in options.items() if code and spec.option_by_code[code].kind == "text"}
    return replace(scene, items=tuple(item for item in scene.items if item.element not in typed))


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
            asset.sha256,
            asset.width,
            asset.height,
            Path(default_storage.path(asset.path)),
            "vector" if asset.kind == Asset.Kind.VECTOR else "picture",
        )
        for asset in Asset.objects.filter(sha256__in=named)
    }


def preview_hash(
    *,
    version: Version,
    choices: Mapping[str, Choice],
    surface: str,
    size: int = DEFAULT_SIZE,
    bare: bool = False,
    view: int = 0,
) -> str:
    """The name of a picture: the scene, the product's view and variant, the size and the way of drawing."""
    key = (PREVIEW_FORMAT, version.content_hash, canonical(choices), surface, size, bare, view)
    return _names.get(key, lambda: _named(version, choices, surface, size, bare, view))


def _named(
    version: Version, choices: Mapping[str, Choice], surface: str, size: int, bare: bool, view: int
) -> str:
    scene = scene_of(version=version, choices=choices, surface=surface)
    if not 0 <= view < len(views_of(spec_of(version), surface)):
        raise UnknownSurface(f"{version.family_id} has no view {view} of {surface}.")
    if bare:
        # What is typed must not change it: it is loaded once and stays while somebody types.
        spec = spec_of(version)
        scene = without_typed(scene, spec)
        choices = {code: value for code, value in choices.items() if spec.option_by_code[code].kind != "text"}
    seen = f"{size}:{view}" if view else str(size)
    text = "\n".join((PREVIEW_FORMAT, scene.hash, version.content_hash, canonical(choices), seen))
    return hashlib.sha256(text.encode()).hexdigest()


def preview(
    *,
    version: Version,
    choices: Mapping[str, Choice],
    surface: str,
    size: int = DEFAULT_SIZE,
    form: Form = "png",
    bare: bool = False,
    view: int = 0,
) -> bytes:
    """The picture of one surface on its product, drawn once and then read from ``MEDIA_ROOT/previews``;
    ``bare`` without the texts that shoppers type; ``view`` counts the views of the surface from 0.

    Several processes that want the same picture wait for the one that draws it. Raises
    ``UnknownSurface``, ``ValueError`` for a size that is not offered.
    """
    if size not in PREVIEW_SIZES:
        raise ValueError(f"Previews come in {', '.join(map(str, PREVIEW_SIZES))} pixels.")
    name = preview_hash(version=version, choices=choices, surface=surface, size=size, bare=bare, view=view)
    path = _path(name, form)
    drawn = _kept(path)
    if drawn is None:
        with _alone(path):
            drawn = _kept(path)
            if drawn is None:
                drawn = _draw(version, choices, surface, size, form, bare, view)
                write_whole(path, drawn)
    return drawn


def preview_url(
    *,
    of: Configuration | Design,
    choices: Mapping[str, Choice],
    surface: str,
    bare: bool = False,
    view: int = 0,
) -> str:
    """Where the shop serves the picture; the hash in it changes when the picture does, so it can be kept
    by browsers for ever."""
    version = of.version
    name = preview_hash(version=version, choices=choices, surface=surface, bare=bare, view=view)
    asked = f"v={name[:16]}{'&bare=1' if bare else ''}{f'&view={view}' if view else ''}"
    return f"{reverse('preview', args=[of.pk, surface])}?{asked}"


def views_of(spec: FamilySpec, surface: str) -> tuple[str, ...]:
    """The names of a surface's views; the first is called as the surface where it has no name of its own."""
    described = spec.surface_by_code[surface]
    first = described.name or surface.capitalize()
    if described.picture is None:
        return (first,)
    return (described.picture.name or first, *(other.name for other in described.picture.also))


def previews_of(
    *, of: Configuration | Design, choices: Mapping[str, Choice], surfaces: Iterable[str]
) -> list[dict[str, Any]]:
    """Every picture of a design: surface, number and name of the view, address."""
    spec = spec_of(of.version)
    return [
        {
            "surface": surface,
            "view": view,
            "name": name,
            "url": preview_url(of=of, choices=choices, surface=surface, view=view),
        }
        for surface in surfaces
        for view, name in enumerate(views_of(spec, surface))
    ]


def design_picture(design: Design, *, width: int = DEFAULT_SIZE, surface: str = "") -> str:
    """The address of a frozen design's picture, of its first surface where none is named; empty where its
    family has none.

    A frozen design never changes, so no list has to lay it out only to name its picture.
    """
    surfaces = spec_of(design.version).surfaces
    if not surfaces:
        return ""
    address = reverse("preview", args=[design.pk, surface or surfaces[0].code])
    return f"{address}?v={frozen_name(design)}&w={width}"


def other_views(design: Design) -> list[dict[str, str]]:
    """The pictures of a frozen design besides the first of each surface: name, address, and the sheet of one
    that is a drawing with dimensions."""
    spec = spec_of(design.version)
    return [
        {
            "name": name,
            "picture": preview_url(of=design, choices=design.choices, surface=surface, view=view),
            "drawing": reverse("drawing", args=[design.pk, surface])
            if described.picture is not None and described.picture.views[view] == DRAWING
            else "",
        }
        for surface, described in spec.surface_by_code.items()
        for view, name in enumerate(views_of(spec, surface))
        if view
    ]


def drawings_of(design: Design) -> list[str]:
    """Where the drawings with dimensions are that a frozen design comes with."""
    spec = spec_of(design.version)
    return [
        reverse("drawing", args=[design.pk, surface])
        for surface in spec.surface_by_code
        if has_drawing(spec, surface)
    ]


def frozen_name(design: Design) -> str:
    """What names the pictures of a frozen design in their addresses."""
    return f"{design.content_hash[:16]}-{PREVIEW_FORMAT}"


def ask_for_smaller(design: Design, *, now: datetime) -> None:
    """Have the pictures of a design that is kept made anew, smaller; asking twice is asking once."""
    if spec_of(design.version).surfaces:
        request(kind=SMALLER_JOB, payload={"design": design.pk}, key=f"{SMALLER_JOB}:{design.pk}", now=now)


def make_smaller(design: Design) -> int:
    """Put well-packed WebP files in place of those that were drawn in haste, under the same names; how many.

    While somebody chooses, a picture has to come soon; a design that is kept is looked at often.
    """
    version, choices, made = design.version, design.choices, 0
    spec = spec_of(version)
    for surface in spec.surface_by_code:
        for view in range(len(views_of(spec, surface))):
            name = preview_hash(version=version, choices=choices, surface=surface, view=view)
            path = _path(name, "webp")
            with _alone(path):
                smaller = _draw(
                    version, choices, surface, DEFAULT_SIZE, "webp", False, view, effort=SMALLER_EFFORT
                )
                write_whole(path, smaller)
            made += 1
    return made


def _path(name: str, form: Form) -> Path:
    return Path(settings.MEDIA_ROOT) / "previews" / name[:2] / f"{name}.{form}"


def _draw(
    version: Version,
    choices: Mapping[str, Choice],
    surface: str,
    size: int,
    form: Form,
    bare: bool,
    view: int,
    *,
    effort: int = 0,
) -> bytes:
    spec = spec_of(version)
    scene = scene_of(version=version, choices=choices, surface=surface)
    image = picture_of(
        spec=spec,
        choices=choices,
        scene=without_typed(scene, spec) if bare else scene,
        size=size,
        assets=assets_of(spec, choices),
        number=view,
    )
    return encode(image, form, effort=effort)


def small_picture(asset: AssetInfo) -> bytes:
    """A handed-in picture for the editor: WebP, at most ``EDITED_PIXELS`` on its longer side; kept."""
    path = Path(settings.MEDIA_ROOT) / "previews" / asset.sha256[:2] / f"{asset.sha256}.small.webp"
    made = _kept(path)
    if made is None:
        with Image.open(io.BytesIO(asset.read())) as opened:
            opened.thumbnail((EDITED_PIXELS, EDITED_PIXELS))
            made = encode(opened, "webp")
        write_whole(path, made)
    return made


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
