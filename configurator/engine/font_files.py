"""Every font file that text is made with: where it lies and what its bytes are.

The hash is written down here, not taken from the file that happens to be there: another file under the same
name is not used, and `problems` says so. Sources: the packages named (locked in requirements.txt), and
`configurator/fonts` (see its README).
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path as FilePath

OWN_FOLDER = FilePath(__file__).resolve().parent.parent / "fonts"
_INSTALL = "run `python3 manage.py up`, which installs what requirements.txt names"


@dataclass(frozen=True, slots=True)
class PinnedFont:
    """A font by its code; `package` is the Python package that holds the file, "" for the shop's own folder.

    `variable` fonts come in weights (`inter:700`); of the others every weight is the one there is.
    """

    code: str
    package: str
    file: str
    sha256: str
    variable: bool = False

    def path(self) -> FilePath | None:
        """Where the file should be; None where the package is not installed."""
        if not self.package:
            return OWN_FOLDER / self.file
        found = importlib.util.find_spec(self.package)
        return None if found is None or found.origin is None else FilePath(found.origin).parent / self.file


def _package(code: str, file: str, sha256: str) -> PinnedFont:
    package = "fontpkg_" + code.replace("-", "_")
    return PinnedFont(code, package, f"files/{file}", sha256, variable="[" in file)


PINNED = (
    _package(
        "great-vibes",
        "GreatVibes-Regular.ttf",
        "8d509802186f1b51572531ecf313e8098f9a5bfdfaca93f0c9b34467f9982d15",
    ),
    _package(
        "playfair-display",
        "PlayfairDisplay[wght].ttf",
        "c40f2293766a503bc70cce9e512ef844a4ccb7cbcde792fe2ea31d191917d8d6",
    ),
    _package(
        "cinzel", "Cinzel[wght].ttf", "f4d83d34d1f6c741193e4acf4b3dff9531e5a67b6aa65228d00a7db72a4e0f34"
    ),
    _package(
        "pacifico", "Pacifico-Regular.ttf", "5b6c0d5334a7bf77dea52b975c5a0c408878c0f7115ed5b6fb151f634b7bf701"
    ),
    _package(
        "inter", "Inter[opsz,wght].ttf", "29160a80ff49ddcab2c97711247e08b1fab27a484a329ce8b813d820dc559031"
    ),
    _package(
        "noto-sans",
        "NotoSans[wdth,wght].ttf",
        "bfb7bb691513f12e734dc346c03a03f784912432d7e3fa8e56efcf906fe86b3d",
    ),
    _package(
        "noto-serif",
        "NotoSerif[wdth,wght].ttf",
        "4d8e6761424656867019081a1a01336f3cb086982682698714054fc33f782713",
    ),
    _package(
        "noto-sans-arabic",
        "NotoSansArabic[wdth,wght].ttf",
        "63111b5b2e074dd48cc67692e0a2726d86ee94c1c37fe8598257b7b4e87e869e",
    ),
    _package("heebo", "Heebo[wght].ttf", "18f930b583fa8fe6b40b2f8263b7ac6afbac07adc91a12467874e7467d3ace30"),
    _package(
        "noto-sans-thai",
        "NotoSansThai[wdth,wght].ttf",
        "5a1c559bb539583c8a1fd99d1c5b9491e5e14478c9cd2bd0970d5c3096cc9ef8",
    ),
    PinnedFont(
        "noto-emoji",
        "",
        "NotoEmoji-Regular.ttf",
        "1f3f4b7f6d8fb2f30d2cc15558cd142c213d93cd7a7a02a1d8e366ae6dbc111e",
    ),
    PinnedFont(
        "noto-sans-cjk",
        "cvttf_NotoSansCJK_Regular",
        "NotoSansCJKtc-Regular.otf",
        "f57e46120a3dd025ac993801981849622405d1359b32093b1f046490f7885711",
    ),
)
BY_CODE = {font.code: font for font in PINNED}


def sha256_of(path: FilePath) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def problems() -> tuple[str, ...]:
    """What is wrong with the installed font files, each with the way to mend it; nothing when all is well."""
    return tuple(said for font in PINNED if (said := _problem(font)))


def _problem(font: PinnedFont) -> str:
    path = font.path()
    if path is None:
        return f"The font {font.code} is missing: its package is not installed. To mend it {_INSTALL}."
    mend = _INSTALL if font.package else "take the file from the release of the shop again"
    if not path.is_file():
        return f"The font {font.code} is missing: there is no {path.name}. To mend it {mend}."
    try:
        found = sha256_of(path)
    except OSError as error:
        return f"The font {font.code} cannot be read: {error.strerror}. Make {path} readable for the shop."
    if found != font.sha256:
        return (
            f"The font {font.code} is not the one that designs were approved with: {path.name} has the"
            f" SHA-256 {found[:12]}…, not {font.sha256[:12]}…. To mend it {mend}."
        )
    return ""
