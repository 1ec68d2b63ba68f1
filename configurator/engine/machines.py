"""What machines take: one profile a machine, as data.

The profiles that come with the product lie in `configurator/machines/*.yaml`. An operator's folder may hold
more: a file with the same `code` replaces ours, a file with `default: true` becomes the one its process uses.
Every file is read strictly; what is wrong with it is told with its line and column. Lengths in the files are
in millimetres (`0.3 mm`), here in integer micrometres.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from math import ceil
from pathlib import Path
from typing import Any, Literal

from configurator.engine.colours import Lab, difference, lab_of
from configurator.engine.document import Problem, Unreadable, read_document, where_of
from configurator.engine.geometry import MICROMETRES_PER_MM
from configurator.engine.machines_schema import schema_problems

BUILT_IN = Path(__file__).resolve().parents[1] / "machines"

Format = Literal["pdf", "png", "tiff", "svg", "dxf", "work-order"]
Mode = Literal["fill", "stroke"]


class UnknownProcess(LookupError):
    """No machine is described that does this."""

    def __init__(self, process: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"No machine profile has the process {process!r}; there are: {', '.join(known)}."
            " Add a profile with this process and `default: true`."
        )
        self.process, self.known = process, known


class BadProfiles(Exception):
    """Profiles that cannot be used; `problems` names everything that is wrong, by file."""

    def __init__(self, problems: tuple[tuple[Path, Problem], ...]) -> None:
        super().__init__("; ".join(f"{file.name}: {problem}" for file, problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Ink:
    """A thread, a vinyl or a foil: `colour` is `#rrggbb` as it looks, `lab` the same measured (D65)."""

    code: str
    name: str
    colour: str
    lab: Lab


@dataclass(frozen=True, slots=True)
class Layer:
    """How a laser or cutter tells one kind of work from another: by this exact colour and this name."""

    name: str
    colour: str
    mode: Mode


# Squares of three dots were still read when they were blurred by half their width, squares of two were
# not; one dot more for those that fall between.
MODULE_DOTS = 4
MICROMETRES_PER_INCH = 25_400
PRINTED: frozenset[str] = frozenset({"png", "tiff", "pdf"})


@dataclass(frozen=True, slots=True)
class NearestInk:
    ink: Ink
    difference: float


@dataclass(frozen=True)
class Profile:
    """A machine. Lengths in µm; limits that are None do not matter to it.

    `layers` (lasers, cutters) and `spots` (printers) are by role of the scene. `kerf_um` is the width of what
    a cut takes away; `choke_um` how far the white base stays inside the colour; `quiet_modules` the white
    border of a QR code. `icc` is the operator's output profile, a file. `marks` is the role in which sheets
    get names, codes and registration marks beside their parts; empty: they get none.
    """

    code: str
    name: str
    process: str
    formats: tuple[Format, ...]
    dpi: int
    bed_um: tuple[int, int]
    bleed_um: int
    safe_um: int
    mirror: bool
    min_stroke_um: int
    min_gap_um: int
    min_text_um: int
    min_dpi_refuse: int
    min_dpi_warn: int
    max_colours: int | None = None
    max_ink_percent: int | None = None
    max_soft_alpha_percent: int | None = None
    palette: tuple[Ink, ...] = ()
    layers: Mapping[str, Layer] = field(default_factory=dict)
    spots: Mapping[str, str] = field(default_factory=dict)
    icc: Path | None = None
    white_base: bool = False
    choke_um: int = 0
    kerf_um: int = 0
    hairline_um: int = 100
    quiet_modules: int = 4
    marks: str = ""
    default: bool = False

    @property
    def least_module_um(self) -> int:
        """The smallest square of a code that it makes: no thinner than a line or a gap, and where it prints
        dots, so many of them that rounding to whole ones leaves the squares alike."""
        dots = ceil(MODULE_DOTS * MICROMETRES_PER_INCH / self.dpi) if set(self.formats) & PRINTED else 0
        return max(self.min_stroke_um, self.min_gap_um, dots)

    def nearest(self, colour: str) -> NearestInk | None:
        """The ink of the palette that looks most like `#rrggbb` (CIEDE2000); None without a palette."""
        wanted = lab_of(colour)
        near = [NearestInk(ink, difference(wanted, ink.lab)) for ink in self.palette]
        return min(near, key=lambda each: (each.difference, each.ink.code), default=None)


@dataclass(frozen=True)
class Machines:
    """All profiles of a shop, each by its code."""

    profiles: Mapping[str, Profile]

    @cached_property
    def defaults(self) -> Mapping[str, Profile]:
        """The profile that each process uses."""
        return {profile.process: profile for profile in self.profiles.values() if profile.default}

    def for_process(self, process: str) -> Profile:
        try:
            return self.defaults[process]
        except KeyError:
            raise UnknownProcess(process, tuple(sorted(self.defaults))) from None


def profile_for(process: str, *, operator: Path | None = None) -> Profile:
    """The profile a process uses; `operator` is the folder of the shop's own profiles.

    Raises `UnknownProcess`, `BadProfiles`.
    """
    return read_machines(operator).for_process(process)


@lru_cache(maxsize=8)
def read_machines(operator: Path | None = None) -> Machines:
    """Our profiles and the operator's, read once a process. Raises `BadProfiles`."""
    ours, problems = _read_folder(BUILT_IN)
    theirs, more = _read_folder(operator) if operator else ({}, [])
    problems += more
    if problems:
        raise BadProfiles(tuple(problems))
    taken = {profile.process for _, profile in theirs.values() if profile.default}
    kept = {
        code: profile
        for code, (_, profile) in ours.items()
        if code not in theirs and not (profile.default and profile.process in taken)
    }
    return Machines({**kept, **{code: profile for code, (_, profile) in theirs.items()}})


def _read_folder(folder: Path) -> tuple[dict[str, tuple[Path, Profile]], list[tuple[Path, Problem]]]:
    read: dict[str, tuple[Path, Profile]] = {}
    defaults: dict[str, Path] = {}
    problems: list[tuple[Path, Problem]] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            profile = read_profile(file.read_text(encoding="utf-8"), folder=folder)
        except UnicodeDecodeError:
            problems.append((file, Problem(1, 1, "", "not UTF-8 text", "save it as UTF-8")))
            continue
        except BadProfile as error:
            problems += [(file, problem) for problem in error.problems]
            continue
        if profile.code in read:
            other = read[profile.code][0].name
            problems.append((file, Problem(1, 1, "code", f"{other} is {profile.code} too", "rename one")))
        elif profile.default and profile.process in defaults:
            words = f"{defaults[profile.process].name} is the default of {profile.process} too"
            problems.append((file, Problem(1, 1, "default", words, "leave one of them without it")))
        read[profile.code] = (file, profile)
        if profile.default:
            defaults[profile.process] = file
    return read, problems


class BadProfile(Exception):
    """A profile that cannot be used; `problems` names everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def read_profile(text: str, *, folder: Path) -> Profile:
    """One profile; files that it names are looked for in `folder`. Raises `BadProfile`."""
    try:
        document = read_document(text)
    except Unreadable as error:
        raise BadProfile((error.problem,)) from None
    problems = [*document.repeated, *schema_problems(document)]
    if not problems:
        problems = [
            Problem(*document.place(path), where_of(path), message, hint)
            for path, message, hint in _contradictions(document.data, folder)
        ]
    if problems:
        raise BadProfile(tuple(sorted(problems, key=lambda each: (each.line, each.column, each.message))))
    return _profile(document.data, folder)


def _contradictions(data: Mapping[str, Any], folder: Path) -> list[tuple[tuple[str | int, ...], str, str]]:
    """What no schema can say."""
    found: list[tuple[tuple[str | int, ...], str, str]] = []
    if data["min_dpi_refuse"] > data["min_dpi_warn"]:
        message = (
            f"below {data['min_dpi_refuse']} dpi is refused, but only below {data['min_dpi_warn']} warned of"
        )
        found.append((("min_dpi_warn",), message, "warn at the same or a higher resolution"))
    if not set(data["formats"]).isdisjoint({"svg", "dxf"}) and not data.get("layers"):
        found.append((("formats",), "SVG and DXF need layers", "add `layers`, one for each role"))
    if data.get("white_base") and "white" not in data.get("spots", {}):
        found.append((("white_base",), "the white base has no name", "add `white` to `spots`"))
    codes = [ink["code"] for ink in data.get("palette", ())]
    for index, code in enumerate(codes):
        if code in codes[:index]:
            found.append((("palette", index, "code"), f"{code} is in the palette twice", "give each its own"))
    lacking = set(data.get("layers", {})) and {data.get("marks")} - {None, *data["layers"]}
    for role in lacking:
        found.append((("marks",), f"{role} has no layer", f"add `{role}` to `layers`, or leave `marks` out"))
    seen: dict[str, str] = {}
    for role, layer in data.get("layers", {}).items():
        other = seen.setdefault(layer["colour"].lower(), role)
        if other != role:
            message = f"{role} and {other} have the same colour, so the machine cannot tell them apart"
            found.append((("layers", role, "colour"), message, "choose another colour"))
    if "icc" in data:
        trouble = _icc_trouble(folder / data["icc"])
        if trouble:
            found.append(
                (("icc",), trouble, "put an output profile (.icc) for this machine beside this file")
            )
    return found


def _icc_trouble(file: Path) -> str:
    """Why a file is no ICC profile of an output device (ICC.1: bytes 12-15 class, 16-19 colour space)."""
    try:
        head = file.read_bytes()[:128]
    except OSError:
        return f"{file.name} is not there"
    if len(head) < 128 or head[36:40] != b"acsp":
        return f"{file.name} is not an ICC profile"
    if head[12:16] != b"prtr" or head[16:20] not in (b"CMYK", b"RGB "):
        return f"{file.name} is not the profile of a CMYK or RGB printer"
    return ""


def _profile(data: Mapping[str, Any], folder: Path) -> Profile:
    width, height = (_um(length) for length in data["bed"])
    return Profile(
        code=data["code"],
        name=data["name"],
        process=data["process"],
        formats=tuple(data["formats"]),
        dpi=data["dpi"],
        bed_um=(width, height),
        bleed_um=_um(data["bleed"]),
        safe_um=_um(data["safe"]),
        mirror=data["mirror"],
        min_stroke_um=_um(data["min_stroke"]),
        min_gap_um=_um(data["min_gap"]),
        min_text_um=_um(data["min_text"]),
        min_dpi_refuse=data["min_dpi_refuse"],
        min_dpi_warn=data["min_dpi_warn"],
        max_colours=data.get("max_colours"),
        max_ink_percent=data.get("max_ink_percent"),
        max_soft_alpha_percent=data.get("max_soft_alpha_percent"),
        palette=tuple(_ink(ink) for ink in data.get("palette", ())),
        layers={
            role: Layer(layer["name"], layer["colour"].lower(), layer["mode"])
            for role, layer in data.get("layers", {}).items()
        },
        spots=dict(data.get("spots", {})),
        icc=folder / data["icc"] if "icc" in data else None,
        white_base=data.get("white_base", False),
        choke_um=_um(data.get("choke", "0 mm")),
        kerf_um=_um(data.get("kerf", "0 mm")),
        hairline_um=_um(data.get("hairline", "0.1 mm")),
        quiet_modules=data.get("quiet_modules", 4),
        marks=data.get("marks", ""),
        default=data.get("default", False),
    )


def _ink(data: Mapping[str, Any]) -> Ink:
    colour = data["colour"].lower()
    if "lab" in data:
        light, a, b = (float(value) for value in data["lab"])
        return Ink(data["code"], data["name"], colour, (light, a, b))
    return Ink(data["code"], data["name"], colour, lab_of(colour))


def _um(length: str) -> int:
    """Micrometres of a length such as `0.3 mm`."""
    return int(Decimal(length.removesuffix("mm").strip()) * MICROMETRES_PER_MM)
