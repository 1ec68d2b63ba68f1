"""The file a machine is given for a scene, in the first format of its profile or in another one it takes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.machines import Format, Profile
from configurator.engine.rendering.dxf import laser_dxf
from configurator.engine.rendering.laser import laser_svg
from configurator.engine.rendering.pdfx import production_pdf
from configurator.engine.rendering.raster import production_png
from configurator.engine.rendering.refusals import CannotBeMade
from configurator.engine.rendering.tiff import cmyk_tiff
from configurator.engine.rendering.work_order import work_order

ENDINGS: Mapping[Format, str] = {
    "pdf": "pdf",
    "png": "png",
    "tiff": "tif",
    "svg": "svg",
    "dxf": "dxf",
    "work-order": "txt",
}
MEDIA_TYPES: Mapping[Format, str] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "tiff": "image/tiff",
    "svg": "image/svg+xml",
    "dxf": "image/vnd.dxf",
    "work-order": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class ProductionFile:
    """What a machine is given; `sha256` (hexadecimal) is that of `data`."""

    format: Format
    data: bytes
    sha256: str

    @property
    def ending(self) -> str:
        return ENDINGS[self.format]

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]


def production_file(
    scene: Scene,
    profile: Profile,
    assets: Mapping[str, AssetInfo] | None = None,
    *,
    title: str = "",
    format: Format | None = None,
) -> ProductionFile:
    """The file of a scene for a machine; `format` None: the first of its profile.

    A pure function: the same scene, profile and pictures give the same bytes in every process. Raises
    `CannotBeMade` for what the format cannot hold or the machine does not take, `NoOutputProfile` for CMYK
    without a press profile, `PictureMissing`.
    """
    chosen = format or profile.formats[0]
    if chosen not in profile.formats:
        raise CannotBeMade(
            f"{profile.name} takes {', '.join(profile.formats)}, not {chosen}: choose one of these, or add it"
            f" to the machine profile {profile.code}."
        )
    data = _made(scene, profile, assets or {}, chosen, title)
    return ProductionFile(chosen, data, hashlib.sha256(data).hexdigest())


def _made(
    scene: Scene, profile: Profile, assets: Mapping[str, AssetInfo], chosen: Format, title: str
) -> bytes:
    if chosen == "pdf":
        return production_pdf(scene, profile, assets, title=title)
    if chosen == "png":
        return production_png(scene, profile, assets)
    if chosen == "tiff":
        return cmyk_tiff(scene, profile, assets)
    if chosen == "svg":
        return laser_svg(scene, profile, assets)
    if chosen == "dxf":
        return laser_dxf(scene, profile)
    return work_order(scene, profile, title=title)
