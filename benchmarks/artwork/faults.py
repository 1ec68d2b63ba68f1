"""Faults put into production files, and whether reading them back finds every one."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.artwork.designs import designs
from benchmarks.artwork.fault_cases import Case, DoesNotApply, cases
from benchmarks.artwork.file_faults import FILE_FAULTS
from benchmarks.artwork.scale import Scale
from benchmarks.artwork.scene_faults import SCENE_FAULTS
from benchmarks.bars import Bar, Section, Table
from configurator.engine.fonts import FontLibrary
from configurator.engine.layout.scene import Placed
from configurator.engine.readback import FORMATS, Mismatch, compare

FAULTS: Mapping[str, Callable[[Case], bytes]] = {**SCENE_FAULTS, **FILE_FAULTS}


@dataclass(frozen=True)
class Missed:
    """A fault that was not found, or (without one) a clean file that was refused."""

    case: str
    fault: str
    told: str


def _told(found: Sequence[Mismatch]) -> str:
    return "; ".join(each.message for each in found[:3])


def _designed(folder: Path, scale: Scale) -> Iterator[Case]:
    """Designs of many scripts as every machine gets them: a gate that stops them is as bad as one that lets
    faults through."""
    made = designs(
        scale.clean,
        seed=scale.seed,
        processes=("engrave", "print", "dtf", "sublimation"),
        fonts=FontLibrary.installed(),
        folder=folder,
    )
    for design in made:
        pictured = any(isinstance(item, Placed) for item in design.scene.items)
        for format in design.profile.formats:
            if format in FORMATS and format != "tiff" and not (format == "dxf" and pictured):
                yield Case(design.name, design.scene, design.profile, format, design.assets)


def section(scale: Scale) -> Section:
    """A quick run takes every so many-th fault, and fewer designs."""
    made = Section("faults", "Faults in production files")
    faults = clean = 0
    missed: list[Missed] = []
    with tempfile.TemporaryDirectory() as folder:
        for place, case in enumerate(cases(Path(folder))):
            plain = b""
            for number, (fault, inject) in enumerate([("", Case.made), *FAULTS.items()]):
                if fault and (number + place) % scale.fault_share:
                    continue
                try:
                    produced = inject(case)
                except DoesNotApply:
                    continue
                if fault and produced == plain:
                    continue  # nothing that this kind of file could say otherwise
                plain = plain or produced
                found = compare(case.scene, produced, case.format, case.profile, case.assets)
                faults += bool(fault)
                clean += not fault
                if bool(found) != bool(fault):
                    missed.append(Missed(f"{case.name} ({case.format})", fault, _told(found)))
        for case in _designed(Path(folder), scale):
            found = compare(case.scene, case.made(), case.format, case.profile, case.assets)
            clean += 1
            if found:
                missed.append(Missed(f"{case.name} ({case.format})", "", _told(found)))
    passed = sum(bool(each.fault) for each in missed)
    made.bars += [
        Bar(f"faults of {faults} that reading back did not find", passed, 0, "missed", at_most=True),
        Bar(f"clean files of {clean} refused", len(missed) - passed, 0, "wrong", at_most=True),
    ]
    rows = [[each.case, each.fault or f"clean, but refused: {each.told}"] for each in missed]
    made.tables.append(
        Table(f"Missed, of {faults} faults of {len(FAULTS)} kinds", ["file", "fault"], rows or [["none", ""]])
    )
    return made
