"""What the floor works from: the ticket of a run and the files of its sheets, made once at release.

A sheet is put together from the files of its lines that were read back at the gate, and read back itself.
Where one cannot be, the run gets no files at all and says why. Files are named by their content, so making
them twice makes them once.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image

from configurator.catalogue import spec_of
from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.readback.sheets import compare_sheet
from configurator.engine.rendering.raster import rasterise
from configurator.engine.rendering.refusals import CannotBeMade
from configurator.engine.rendering.sheet import (
    Composition,
    compose,
    formats_of,
    sheet_dxf,
    sheet_svg,
    write_sheet_pdf,
    write_sheet_png,
)
from configurator.engine.rendering.sheet_picture import sheet_picture
from configurator.proofs import PREVIEW_SIZES, assets_of, fonts, preview, scene_of
from ledger.entries import record
from ledger.files import write_under_hash
from ledger.models import Job
from ledger.requesting import request
from orders.models import Line
from production import tickets
from production.cutting import cut_list
from production.models import Material, Piece, ProductionFile, Run, RunState, Sheet
from production.sheets import NO_MACHINE, Planned, SheetStopped, planned
from production.words import Names, read_names, short_number, told

JOB_KIND = "production.files"
ENDINGS = {"ticket": "pdf", "pdf": "pdf", "svg": "svg", "dxf": "dxf", "png": "png", "picture": "webp"}
CONTENT_TYPES = {
    "ticket": "application/pdf",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "dxf": "image/vnd.dxf",
    "png": "image/png",
    "picture": "image/webp",
}
PICTURE_SIDE = 1600  # pixels of a sheet's picture, on its longer side
NAMED = 5  # parts that went without their code are named up to here, then counted


class FilesStopped(Exception):
    """The files of a run cannot be made; ``reasons`` are everything against it, for staff."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


class NothingToMakeAgain(Exception):
    """The run's files are there, or being made, or it is not released."""


@dataclass(frozen=True)
class Made:
    """A file that lies in the store, not yet noted in the database."""

    sheet: int | None
    kind: str
    path: str
    sha256: str


def make(*, run: Run) -> list[Made]:
    """Ticket and sheets of a run, written to the store. Heavy: for a job, with no transaction open.

    Raises ``FilesStopped`` with what is wrong with every sheet; then nothing of the run is to be used.
    """
    made: list[Made] = []
    reasons: list[str] = []
    notes: dict[int, list[str]] = {}
    for sheet in run.sheets.select_related("run", "material", "offcut"):
        try:
            files, notes[sheet.pk] = _sheet_files(sheet)
            made += files
        except SheetStopped as stopped:
            reasons.append(str(stopped))
    if reasons:
        raise FilesStopped(reasons)
    ticket = tickets.pdf(ticket_of(run, notes))
    return [_keep(None, "ticket", lambda file: _write(file, ticket)), *made]


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)


def _sheet_files(sheet: Sheet) -> tuple[list[Made], list[str]]:
    """The files of a sheet, and what its ticket says about them. Raises ``SheetStopped``."""
    lies = planned(sheet)
    try:
        made = composition(lies)
        formats, notes = _formats(lies)
        lies.unchanged(formats)
        writers: Mapping[str, Callable[[BinaryIO], None]] = {
            "pdf": partial(_write_pdf, made),
            "png": partial(_write_png, made),
            "svg": lambda file: _write(file, sheet_svg(made)),
            "dxf": lambda file: _write(file, sheet_dxf(made)),
        }
        files = [_keep(sheet.pk, format, writers[format], _read_back(made, format)) for format in formats]
    except CannotBeMade as fault:
        raise SheetStopped(sheet, str(fault)) from fault
    picture = picture_of(lies, made)
    files.append(_keep(sheet.pk, "picture", lambda file: _write(file, picture)))
    return files, [*notes, *_without_room(made)]


def _read_back(made: Composition, format: str) -> Callable[[Path], None]:
    """The check of a file before it gets its name. It raises ``CannotBeMade``."""

    def check(path: Path) -> None:
        found = compare_sheet(made.wanted, path, format)
        if found:
            told = " ".join(each.message for each in found[:NAMED])
            more = f" And {len(found) - NAMED} more." if len(found) > NAMED else ""
            raise CannotBeMade(f"its {format.upper()} is not what was planned: {told}{more}")

    return check


def _write_pdf(made: Composition, file: BinaryIO) -> None:
    write_sheet_pdf(file, made)


def _write_png(made: Composition, file: BinaryIO) -> None:
    write_sheet_png(file, made)


def composition(lies: Planned) -> Composition:
    """The sheet with its marks. Raises ``CannotBeMade``."""
    return compose(lies.plan, lies.profile or NO_MACHINE, lies.artworks, fonts=fonts())


def _formats(lies: Planned) -> tuple[list[str], list[str]]:
    """In which formats the sheet is made; a picture cannot be in a DXF, then the SVG has to do."""
    formats: list[str] = list(formats_of(lies.profile)) if lies.profile else []
    pictured = [
        part.name
        for part in lies.plan.parts
        if part.artwork and "dxf" not in lies.artworks[part.artwork].files
    ]
    if "dxf" in formats and "svg" in formats and pictured:
        formats.remove("dxf")
        return formats, [f"No DXF: there is a picture on {_listed(pictured)}; use the SVG."]
    return formats, []


def _without_room(made: Composition) -> list[str]:
    parts, marks = made.sheet.parts, made.marks
    said = [f"No room for {each}." for each in marks.left_out]
    if marks.without_code:
        names = [parts[number].name.split(" · ")[0] for number in marks.without_code]
        said.append(f"No room for the code beside {_listed(names)}.")
    if marks.without_name:
        names = [parts[number].name.split(" · ")[0] for number in marks.without_name]
        said.append(f"No room for the name beside {_listed(names)}.")
    return said


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def drawn_now(sheet: Sheet) -> bytes:
    """The picture of a sheet that has no files yet; parts whose file is not ready are drawn empty.

    Raises ``SheetStopped``."""
    lies = planned(sheet, awaited=True)
    try:
        return picture_of(lies, composition(lies))
    except CannotBeMade as fault:
        raise SheetStopped(sheet, str(fault)) from fault


def picture_of(lies: Planned, made: Composition) -> bytes:
    """The sheet for people, as WebP."""
    scenes: dict[str, Scene] = {}
    assets: dict[str, AssetInfo] = {}
    for artwork, (line, surface) in lies.lines.items():
        scenes[artwork] = scene_of(version=line.design.version, choices=line.choices, surface=surface)
        assets.update(assets_of(spec_of(line.design.version), line.choices))

    def draw(scene: Scene, pixels_per_mm: float) -> Image.Image:
        return rasterise(scene, pixels_per_mm=pixels_per_mm, assets=assets)

    return sheet_picture(made, scenes, side=PICTURE_SIDE, draw=draw)


def note(*, run_id: str, made: Sequence[Made], now: datetime) -> None:
    """Note the files in the database, in the caller's transaction; a run taken back meanwhile gets none."""
    run = _awaiting(run_id)
    if run is None:
        return
    run.files.all().delete()
    ProductionFile.objects.bulk_create(
        ProductionFile(
            run=run, sheet_id=each.sheet, kind=each.kind, path=each.path, sha256=each.sha256, created_at=now
        )
        for each in made
    )
    _stopped(run, "")


def note_stopped(*, run_id: str, reasons: Sequence[str], now: datetime) -> None:
    """Note why a run has no files, in the caller's transaction; those that it had are not to be used."""
    run = _awaiting(run_id)
    if run is None:
        return
    run.files.all().delete()
    _stopped(run, " ".join(reasons))
    record(
        stream=f"run:{run.pk}",
        kind="files.stopped",
        actor="system:files",
        data={"reasons": list(reasons)},
        now=now,
    )


def _awaiting(run_id: str) -> Run | None:
    run = Run.objects.select_for_update().filter(pk=run_id).first()
    released = (RunState.RELEASED, RunState.STARTED, RunState.DONE)
    return run if run is not None and run.state in released else None


def _stopped(run: Run, reason: str) -> None:
    run.files_stopped = reason
    run.save(update_fields=["files_stopped"])


def make_again(*, run: Run, actor: str, now: datetime) -> Job:
    """Have the files of a run made once more after they were stopped. Raises ``NothingToMakeAgain``."""
    with transaction.atomic():
        held = Run.objects.select_for_update().get(pk=run.pk)
        if not held.files_stopped or held.state not in (RunState.RELEASED, RunState.STARTED):
            raise NothingToMakeAgain("The files of this run are not stopped.")
        _stopped(held, "")
        stream = f"run:{held.pk}"
        tried = Job.objects.filter(kind=JOB_KIND, payload__stream=stream).count()
        record(stream=stream, kind="files.again", actor=actor, data={}, now=now)
        return request(kind=JOB_KIND, payload={"stream": stream}, key=f"files:{held.pk}:{tried}", now=now)


def ticket_of(run: Run, notes: Mapping[int, Sequence[str]] | None = None) -> tickets.Ticket:
    """What stands on the ticket of a run; `notes` are about the files of its sheets, by sheet."""
    zone = ZoneInfo(settings.WORKSHOP_ZONE)
    names = read_names()
    pieces = list(
        run.pieces.select_related("line__order", "line__design__version__family").order_by("line", "index")
    )
    facts = [("Why together", names.sentence(run.why))]
    sheets = dict(run.sheets.values_list("pk", "index"))
    facts += [(f"Sheet {sheets[pk]}", each) for pk, said in (notes or {}).items() for each in said]
    if run.due_at:
        facts.insert(0, ("First promise", f"{run.due_at.astimezone(zone):%a %d %b %Y, %H:%M}"))
    return tickets.Ticket(
        title=f"R-{run.number}",
        subtitle=names.run(run.key),
        code=run.pk,
        facts=tuple(facts),
        tables=(_way(run, names, zone), _material(run, names), *cut_list(run)),
        sheets=tuple(
            _sketch(sheet)
            for sheet in run.sheets.select_related("material", "offcut").prefetch_related(
                "placements__piece__line__order"
            )
        ),
        members=tuple(_members(pieces)),
    )


def _way(run: Run, names: Names, zone: ZoneInfo) -> tickets.Table:
    columns = (("Step", 42), ("Machine", 40), ("Set up for", 34), ("From", 22), ("To", 22), ("Done by", 18))
    return tickets.Table(
        "Way over the machines",
        columns,
        tuple(
            (
                f"{operation.step} {operation.work_centre.name}",
                operation.machine.name,
                names.setup(operation.setup_family),
                f"{operation.start.astimezone(zone):%a %H:%M}",
                f"{operation.end.astimezone(zone):%a %H:%M}",
                "",
            )
            for operation in run.operations.select_related("machine", "work_centre")
        ),
    )


def _material(run: Run, names: Names) -> tickets.Table:
    units = dict(Material.objects.filter(pk__in=list(run.needs)).values_list("code", "unit"))
    return tickets.Table(
        "Material",
        (("Material", 90), ("Quantity", 40)),
        tuple(
            (names.materials.get(code, code), f"{quantity:,} {units.get(code, '')}")
            for code, quantity in sorted(run.needs.items())
        ),
    )


def _sketch(sheet: Sheet) -> tickets.SheetSketch:
    used = 100 * sheet.used_area // (sheet.width_um * sheet.height_um)
    return tickets.SheetSketch(
        title=f"{sheet.index}: {sheet.material.name}{_offcut(sheet)}, {used} % used",
        width=sheet.width_um / 1000,
        height=sheet.height_um / 1000,
        parts=tuple(
            (
                placement.x_um / 1000,
                placement.y_um / 1000,
                placement.width_um / 1000,
                placement.height_um / 1000,
                f"{short_number(placement.piece.line)} #{placement.piece.index}",
            )
            for placement in sheet.placements.all()
        ),
        outlines={
            number: tuple(
                ((placement.x_um + x) / 1000, (placement.y_um + y) / 1000) for x, y in placement.outline
            )
            for number, placement in enumerate(sheet.placements.all())
            if placement.outline
        },
    )


def _offcut(sheet: Sheet) -> str:
    return f", offcut {sheet.offcut}" if sheet.offcut else ""


def _members(pieces: Sequence[Piece]) -> Iterator[tickets.Member]:
    """The lines of these pieces, which come line by line."""
    for _, group in groupby(pieces, key=lambda piece: piece.line_id):
        own = list(group)
        line = own[0].line
        words = told(line, shown=100)
        yield tickets.Member(
            name=f"{line.order.number}/{line.position}",
            pieces=f"{'piece' if len(own) == 1 else 'pieces'} {spans([piece.index for piece in own])}"
            f" of {line.quantity}",
            product=line.family_name,
            words="  ·  ".join(words.texts),
            choices=words.choices,
            picture=_thumbnail(line),
        )


def spans(numbers: Sequence[int]) -> str:
    """``[1, 2, 3, 7]`` as 1-3, 7."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def _thumbnail(line: Line) -> bytes:
    """The line's picture as a small JPEG; empty where its family has none."""
    surfaces = spec_of(line.design.version).surfaces
    if not surfaces:
        return b""
    drawn = preview(
        version=line.design.version, choices=line.choices, surface=surfaces[0].code, size=min(PREVIEW_SIZES)
    )
    out = io.BytesIO()
    with Image.open(io.BytesIO(drawn)) as picture:
        picture.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def _keep(
    sheet: int | None,
    kind: str,
    write: Callable[[BinaryIO], None],
    check: Callable[[Path], None] | None = None,
) -> Made:
    """The file under its hash: the same content is the same file."""
    folder = Path(default_storage.path("production"))
    path, sha256 = write_under_hash(folder, ENDINGS[kind], write, check)
    return Made(sheet, kind, str(path.relative_to(default_storage.path(""))), sha256)
