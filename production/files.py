"""What the floor works from: the ticket of a run and a drawing of each of its sheets, made once at release.

A sheet is drawn from the scenes of the lines on it, the same scenes that the shoppers saw.
Files are named by their content, so making them twice makes them once.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image

from configurator.catalogue import spec_of
from configurator.engine.layout.scene import AssetInfo, Scene
from configurator.engine.manufacturing import Work
from configurator.engine.rendering.sheet import PlacedScene, sheet_pdf, sheet_svg
from configurator.proofs import PREVIEW_SIZES, assets_of, fonts, preview, scene_of
from ledger.files import write_whole
from orders.models import Line
from production import tickets
from production.cutting import cut_list
from production.gangs import sheet_png
from production.models import Material, Piece, Placement, ProductionFile, Run, RunState, Sheet
from production.words import Names, read_names, short_number, told

JOB_KIND = "production.files"
ENDINGS = {"ticket": "pdf", "pdf": "pdf", "svg": "svg", "png": "png"}


@dataclass(frozen=True)
class Made:
    """A file that lies in the store, not yet noted in the database."""

    sheet: int | None
    kind: str
    path: str
    sha256: str


def sheet_picture(sheet: Sheet) -> str:
    """The sheet as SVG in real millimetres."""
    return _drawing(sheet, *_placed(sheet))


def _drawing(sheet: Sheet, placed: Sequence[PlacedScene], pictures: Mapping[str, AssetInfo]) -> str:
    return sheet_svg(
        placed,
        width_um=sheet.width_um,
        height_um=sheet.height_um,
        title=_title(sheet),
        fonts=fonts(),
        pictures={sha256: _data_uri(asset) for sha256, asset in pictures.items()},
    )


def make(*, run: Run) -> list[Made]:
    """Ticket and sheets of a run, written to the store. Heavy: for a job, with no transaction open."""
    made = [_keep(None, "ticket", tickets.pdf(ticket_of(run)))]
    for sheet in run.sheets.select_related("run", "material"):
        placed, pictures = _placed(sheet)
        drawing = sheet_pdf(
            placed,
            width_um=sheet.width_um,
            height_um=sheet.height_um,
            title=_title(sheet),
            fonts=fonts(),
            assets=pictures,
        )
        made.append(_keep(sheet.pk, "pdf", drawing))
        made.append(_keep(sheet.pk, "svg", _drawing(sheet, placed, pictures).encode()))
        pixels = sheet_png(sheet)
        if pixels is not None:
            made.append(_keep(sheet.pk, "png", pixels))
    return made


def note(*, run_id: str, made: Sequence[Made], now: datetime) -> None:
    """Note the files in the database, in the caller's transaction; a run taken back meanwhile gets none."""
    run = Run.objects.select_for_update().filter(pk=run_id).first()
    if run is None or run.state not in (RunState.RELEASED, RunState.STARTED, RunState.DONE):
        return
    run.files.all().delete()
    ProductionFile.objects.bulk_create(
        ProductionFile(
            run=run, sheet_id=each.sheet, kind=each.kind, path=each.path, sha256=each.sha256, created_at=now
        )
        for each in made
    )


def _placed(sheet: Sheet) -> tuple[list[PlacedScene], dict[str, AssetInfo]]:
    """The parts on the sheet with their artwork. Ours count from the lower left, scenes from the upper."""
    placements = sheet.placements.select_related("piece__line__order", "piece__line__design__version__family")
    scenes: dict[tuple[str, str], Scene] = {}
    works: dict[str, Work] = {}
    pictures: dict[str, AssetInfo] = {}
    placed = []
    for placement in placements:
        line = placement.piece.line
        if line.pk not in works:
            works[line.pk] = Work.from_json(line.work)
            pictures.update(assets_of(spec_of(line.design.version), line.choices))
        surface = next((part.surface for part in works[line.pk].parts if part.code == placement.part), "")
        if surface and (line.pk, surface) not in scenes:
            scenes[line.pk, surface] = scene_of(
                version=line.design.version, choices=line.choices, surface=surface
            )
        placed.append(
            PlacedScene(
                scene=scenes.get((line.pk, surface)),
                x_um=placement.x_um,
                y_um=sheet.height_um - placement.y_um - placement.height_um,
                width_um=placement.width_um,
                height_um=placement.height_um,
                rotated=placement.rotated,
                label=_label(line, placement),
            )
        )
    return placed, pictures


def _label(line: Line, placement: Placement) -> str:
    part = f" {placement.part} {placement.copy}" if placement.part else ""
    return f"{line.order.number}/{line.position} #{placement.piece.index}{part}"


def _title(sheet: Sheet) -> str:
    size = f"{sheet.width_um // 1000} × {sheet.height_um // 1000} mm"
    return f"R-{sheet.run.number}, sheet {sheet.index}, {sheet.material.name}, {size}"


def _data_uri(asset: AssetInfo) -> str:
    return "data:image/png;base64," + base64.b64encode(asset.read()).decode()


def ticket_of(run: Run) -> tickets.Ticket:
    """What stands on the ticket of a run."""
    zone = ZoneInfo(settings.WORKSHOP_ZONE)
    names = read_names()
    pieces = list(
        run.pieces.select_related("line__order", "line__design__version__family").order_by("line", "index")
    )
    facts = [("Why together", names.sentence(run.why))]
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
            for sheet in run.sheets.select_related("material").prefetch_related(
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
        title=f"{sheet.index}: {sheet.material.name}, {used} % used",
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
    )


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


def _keep(sheet: int | None, kind: str, content: bytes) -> Made:
    """The file under its hash: the same content is the same file."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = f"production/{sha256[:2]}/{sha256}.{ENDINGS[kind]}"
    target = Path(default_storage.path(path))
    if not target.exists():
        write_whole(target, content)
    return Made(sheet, kind, path, sha256)
