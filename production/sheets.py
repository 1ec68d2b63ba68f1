"""The sheets of a run as the engine composes them: where every part lies, what it is called, and the files of
its artwork that were read back at the gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import default_storage

from configurator.engine.geometry import Box
from configurator.engine.machines import BadProfiles, Profile, UnknownProcess
from configurator.engine.manufacturing import Work
from configurator.engine.rendering.pdfx import KeptArtwork
from configurator.engine.rendering.refusals import CannotBeMade
from configurator.engine.rendering.sheet import Artwork
from configurator.engine.sheet import Part
from configurator.engine.sheet import Sheet as Plan
from configurator.profiles import profile_for, shop_machines
from orders.models import Line
from production import checked
from production.models import LineFile, Placement, Sheet, WorkCentre
from production.words import told

LONGEST_TEXT = 28  # letters of a shopper's text on the name of a part
ISOLATED = "\u2068{}\u2069"  # text of any direction leaves the order of its surroundings as it is


# A sheet that no machine is given a file of: its picture has the outlines of the parts alone.
NO_MACHINE = Profile(
    code="none",
    name="No machine",
    process="none",
    formats=("work-order",),
    dpi=300,
    bed_um=(0, 0),
    bleed_um=0,
    safe_um=0,
    mirror=False,
    min_stroke_um=0,
    min_gap_um=0,
    min_text_um=0,
    min_dpi_refuse=0,
    min_dpi_warn=0,
    spots={"cut": "Cut"},
)


class SheetStopped(Exception):
    """A sheet cannot be put together; says which one, why, and what to do."""

    def __init__(self, sheet: Sheet, reason: str) -> None:
        super().__init__(f"Sheet {sheet.index}: {reason}")


@dataclass(frozen=True)
class Planned:
    """A sheet, the machine that it is for (None where no machine is described), and the artworks on it."""

    plan: Plan
    profile: Profile | None
    artworks: Mapping[str, Artwork]
    lines: Mapping[str, tuple[Line, str]]  # by artwork, its line and surface

    def unchanged(self, formats: Iterable[str]) -> None:
        """Every file that is placed is still what was read back. Raises ``CannotBeMade``."""
        for artwork in self.artworks.values():
            paths = [artwork.files[format] for format in formats if format in artwork.files]
            if artwork.streams is not None and "pdf" in formats:
                paths.append(artwork.streams.path)
            for path in paths:
                if checked.hash_of(str(path)) != path.stem:
                    raise CannotBeMade(
                        f"the file {path.name} was changed or lost since it was read back: have the files of"
                        " its line made again."
                    )


def planned(sheet: Sheet, *, awaited: bool = False) -> Planned:
    """The sheet with what lies on it, in a constant number of queries. Raises ``SheetStopped``; with
    ``awaited``, parts whose file is not ready are taken as parts without artwork instead."""
    placements = list(
        sheet.placements.select_related(
            "piece__line__order", "piece__line__design__version__family"
        ).order_by("pk")
    )
    lines = {placement.piece.line_id: placement.piece.line for placement in placements}
    files = {
        (file.line_id, file.surface): file for file in LineFile.objects.filter(line__in=list(lines.values()))
    }
    works = {pk: Work.from_json(line.work) for pk, line in lines.items()}
    parts, used = [], dict[str, LineFile]()
    for placement in placements:
        line = placement.piece.line
        surface = next((part.surface for part in works[line.pk].parts if part.code == placement.part), "")
        file = _file_of(sheet, line, surface, files, awaited=awaited) if surface else None
        if file is not None:
            used[str(file.pk)] = file
        parts.append(_part(sheet, placement, file, awaited=awaited))
    plan = Plan(sheet.width_um, sheet.height_um, title_of(sheet), code_of(sheet), tuple(parts))
    return Planned(
        plan,
        _profile(sheet, used.values()),
        {key: _artwork(file) for key, file in used.items()},
        {key: (lines[file.line_id], file.surface) for key, file in used.items()},
    )


def title_of(sheet: Sheet) -> str:
    size = f"{sheet.width_um // 1000} × {sheet.height_um // 1000} mm"
    offcut = f", offcut {sheet.offcut}" if sheet.offcut else ""
    return f"R-{sheet.run.number}, sheet {sheet.index}{offcut}, {sheet.material.name}, {size}"


def code_of(sheet: Sheet) -> str:
    """What the sheet's own code says; those of its parts are the numbers of their placements."""
    return f"R-{sheet.run.number}/{sheet.index}"


def name_of(placement: Placement) -> str:
    """A part's name for people: order, line and piece, which part of it, and what its shopper wrote."""
    line = placement.piece.line
    count = sum(part.count for part in Work.from_json(line.work).parts)
    part = f" {placement.part} {placement.copy}" if count > 1 else ""
    texts = told(line).texts
    said = " ".join(texts[0].split()) if texts else ""
    short = f"{said[:LONGEST_TEXT].rstrip()}…" if len(said) > LONGEST_TEXT else said
    name = f"{line.order.number}/{line.position} #{placement.piece.index}{part}"
    return f"{name} · {ISOLATED.format(short)}" if short else name


def _file_of(
    sheet: Sheet, line: Line, surface: str, files: Mapping[tuple[str, str], LineFile], *, awaited: bool
) -> LineFile | None:
    """The file of a surface; None where nothing was approved for it, so that there is nothing to make."""
    approved = next((proof["scene"] for proof in line.proof if proof["surface"] == surface), None)
    if approved is None:
        return None
    file = files.get((line.pk, surface))
    if file is None:
        reason = "is being made."
    elif file.state != LineFile.State.READY:
        reason = f"is stopped: {file.reason}"
    elif file.scene != approved:
        reason = "is not of what was approved: have it made again."
    elif not file.shape:
        reason = "was made before sheets were put together from it: have it made again."
    else:
        return file
    if awaited:
        return None
    raise SheetStopped(sheet, f"the file of {line.order.number}/{line.position} {reason}")


def _part(sheet: Sheet, placement: Placement, file: LineFile | None, *, awaited: bool) -> Part:
    """Ours count from the lower left corner, the engine from the upper."""
    top = sheet.height_um - placement.y_um - placement.height_um
    left = placement.x_um
    shape = file.shape if file is not None else {}
    own_contour = bool(shape.get("own_contour", 0))
    if placement.outline and not own_contour and not awaited:
        raise SheetStopped(
            sheet, f"{name_of(placement)} has an outline that its file lacks: have it made again."
        )
    return Part(
        box=Box(left, top, left + placement.width_um, top + placement.height_um),
        name=name_of(placement),
        code=str(placement.pk),
        artwork=str(file.pk) if file is not None else "",
        rotated=placement.rotated,
        bleed_um=shape.get("bleed", 0),
        corner_um=shape.get("corner", 0),
        own_contour=own_contour,
        outline=()
        if own_contour
        else tuple((left + x, sheet.height_um - placement.y_um - y) for x, y in placement.outline),
    )


def _artwork(file: LineFile) -> Artwork:
    streams = None
    if file.placeable:
        path = Path(default_storage.path(checked.path_of(file.placeable, "placeable")))
        streams = KeptArtwork(file.placeable, path)
    kept = {format: Path(default_storage.path(one["path"])) for format, one in file.kept.items()}
    return Artwork(file.shape["width"], file.shape["height"], kept, streams)


def _profile(sheet: Sheet, files: Iterable[LineFile]) -> Profile | None:
    codes = sorted({file.profile for file in files})
    if len(codes) > 1:
        raise SheetStopped(sheet, f"its parts were made for different machines ({', '.join(codes)}).")
    try:
        if codes:
            return shop_machines().profiles[codes[0]]
        centre = WorkCentre.objects.filter(code=sheet.run.key.get("work_centre", "")).first()
        return profile_for(centre.process) if centre is not None else None
    except UnknownProcess:
        return None
    except KeyError:
        raise SheetStopped(sheet, f"there is no machine profile {codes[0]} any more.") from None
    except BadProfiles as fault:
        raise SheetStopped(sheet, f"the machine profiles cannot be read: {fault}") from None
