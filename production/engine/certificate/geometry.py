"""Parts lie on sheets that there are, inside them, apart, and on no defect."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator, Sequence

from production.engine.certificate.case import Case
from production.engine.certificate.findings import Breach
from production.engine.certificate.outlines import Corners, outline_of, overlaps_box, polygon, too_near
from production.engine.proposal import Placement, Run, Sheet
from production.engine.shop import Machine, Offcut
from production.engine.work import Part


def check(case: Case) -> Iterator[Breach]:
    offcuts = {offcut.code: offcut for offcut in case.shop.offcuts}
    used: dict[str, str] = {}
    for run in case.proposal.runs:
        yield from _parts(case, run)
        machines = _machines(case, run)
        outlines = _outlines(case, run)
        for number, sheet in enumerate(run.sheets, start=1):
            name = f"sheet {number}"
            offcut = offcuts.get(sheet.offcut) if sheet.offcut else None
            if sheet.offcut:
                if sheet.offcut in used:
                    text = f"The left-over {sheet.offcut} is {used[sheet.offcut]} already."
                    yield case.of_run("offcut-twice", run, text, name=name)
                used[sheet.offcut] = f"{name} of {run.id}"
            yield from _size(case, run, name, sheet, offcut)
            if not sheet.placements:
                yield case.of_run("sheet-empty", run, "Nothing lies on the sheet.", name=name)
            yield from _places(case, run, name, sheet, machines, offcut, outlines)


def _machines(case: Case, run: Run) -> list[Machine]:
    """Where the run is made together: these machines decide over margin and gap."""
    found = []
    for number in case.operations_of.get(run.id, ()):
        operation = case.proposal.operations[number]
        machine = case.machines.get(operation.machine)
        common = (operation.step, operation.setup_family) == (run.key.step, run.key.setup_family)
        if common and machine is not None:
            found.append(machine)
    return found


def _parts(case: Case, run: Run) -> Iterator[Breach]:
    wanted: dict[tuple[str, str, int], Part] = {
        (name, part.code, copy): part
        for name in run.units
        if name in case.units
        for part in case.units[name].parts
        for copy in range(1, part.count + 1)
    }
    laid = Counter((p.unit, p.part, p.copy) for sheet in run.sheets for p in sheet.placements)
    if laid.keys() != wanted.keys():
        for place in wanted:
            if place not in laid:
                yield _of_part(case, run, "part-lost", place, "The part lies on no sheet.")
        for place in laid:
            if place not in wanted:
                yield _of_part(case, run, "part-unknown", place, "The run has no such part.")
    if len(laid) != laid.total():
        for place, times in laid.items():
            if times > 1:
                yield _of_part(case, run, "part-twice", place, f"The part lies on {times} places.")
    for sheet in run.sheets:
        for p in sheet.placements:
            part = wanted.get((p.unit, p.part, p.copy))
            if part is None:
                continue
            size = (part.height_um, part.width_um) if p.rotated else (part.width_um, part.height_um)
            if (p.width_um, p.height_um) != size:
                text = f"Laid as {p.width_um} × {p.height_um} µm, the part is {size[0]} × {size[1]} µm."
                yield _of_part(case, run, "part-size", (p.unit, p.part, p.copy), text)
            if (p.outline or part.outline) and p.outline != outline_of(part, rotated=p.rotated):
                text = "The outline as laid is not that of the part."
                yield _of_part(case, run, "part-shape", (p.unit, p.part, p.copy), text)
            if p.rotated and not part.may_rotate:
                text = "The part may not be turned."
                yield _of_part(case, run, "part-turned", (p.unit, p.part, p.copy), text)


def _outlines(case: Case, run: Run) -> dict[tuple[str, str], Part]:
    """The parts of the run that are no rectangles."""
    return {
        (name, part.code): part
        for name in run.units
        if name in case.units
        for part in case.units[name].parts
        if part.outline
    }


def _lying(p: Placement, outlines: dict[tuple[str, str], Part]) -> Corners:
    """The outline of what lies there, by its part; none where it is a rectangle, or has not its size."""
    part = outlines.get((p.unit, p.part))
    if part is None:
        return ()
    size = (part.height_um, part.width_um) if p.rotated else (part.width_um, part.height_um)
    return outline_of(part, rotated=p.rotated) if (p.width_um, p.height_um) == size else ()


def _of_part(case: Case, run: Run, kind: str, place: tuple[str, str, int], text: str) -> Breach:
    return case.of_unit(kind, place[0], text, run=run, name=f"{place[1]} {place[2]}")


def _size(case: Case, run: Run, name: str, sheet: Sheet, offcut: Offcut | None) -> Iterator[Breach]:
    size = (sheet.width_um, sheet.height_um)
    if sheet.offcut:
        if offcut is None:
            text = f"There is no left-over {sheet.offcut}."
            yield case.of_run("offcut-unknown", run, text, name=name)
        elif (offcut.material, offcut.width_um, offcut.height_um) != (sheet.material, *size):
            text = f"The left-over is {offcut.material}, {offcut.width_um} × {offcut.height_um} µm."
            yield case.of_run("offcut-unknown", run, text, name=name)
        if sheet.material != run.key.material:
            yield case.of_run("sheet-size", run, f"The run is of {run.key.material}.", name=name)
        return
    stock = case.stocks.get(sheet.material)
    if (
        stock is None
        or sheet.material != run.key.material
        or size != (stock.width_um, stock.height_um)
        or min(size) <= 0
    ):
        text = "The sheet is not of the material and size that is kept."
        yield case.of_run("sheet-size", run, text, name=name)


def _places(
    case: Case,
    run: Run,
    name: str,
    sheet: Sheet,
    machines: Sequence[Machine],
    offcut: Offcut | None,
    outlines: dict[tuple[str, str], Part],
) -> Iterator[Breach]:
    margin = max((machine.margin_um for machine in machines), default=0)
    gap = max((machine.gap_um for machine in machines), default=0)
    right, top = sheet.width_um - margin, sheet.height_um - margin
    for p in sheet.placements:
        if p.x_um < margin or p.y_um < margin or p.x_um + p.width_um > right or p.y_um + p.height_um > top:
            text = f"{_where(p)} is outside the usable area, {margin} µm from the edges of {name}."
            yield _of_part(case, run, "outside-sheet", (p.unit, p.part, p.copy), text)
    corners = [_lying(p, outlines) for p in sheet.placements] if outlines else []
    shapes = (
        [polygon(p, each) for p, each in zip(sheet.placements, corners, strict=True)] if any(corners) else []
    )
    near = (
        ((sheet.placements[one], sheet.placements[other]) for one, other in too_near(shapes, gap))
        if shapes
        else _too_near(sheet.placements, gap)
    )
    for one, other in near:
        text = f"On {name}, {_where(one)} is nearer than {gap} µm to {_where(other)}."
        breach = _of_part(case, run, "parts-overlap", (one.unit, one.part, one.copy), text)
        yield breach
    for x, y, width, height in offcut.defects if offcut else ():
        for number, p in enumerate(sheet.placements):
            if (
                p.x_um < x + width
                and x < p.x_um + p.width_um
                and p.y_um < y + height
                and y < p.y_um + p.height_um
            ) and (not shapes or overlaps_box(shapes[number], x, y, width, height)):
                text = f"{_where(p)} lies on the defect {width} × {height} µm at {x}, {y} of {name}."
                yield _of_part(case, run, "on-defect", (p.unit, p.part, p.copy), text)


def _too_near(placements: Sequence[Placement], gap: int) -> Iterator[tuple[Placement, Placement]]:
    """Pairs of rectangles nearer than ``gap`` both ways: a line swept from left to right over the parts that
    it cuts, kept by their lower edges. Where those are apart, a new one can only be too near to its
    neighbours in that order."""
    moments = []
    for number, p in enumerate(placements):
        moments.append((p.x_um, 1, number))
        # Leaving comes before entering at the same place, and never before the part's own entering.
        moments.append((max(p.x_um + p.width_um + gap, p.x_um + 1), 0, number))
    moments.sort()
    cut: list[tuple[int, int]] = []
    for _, enters, number in moments:
        p = placements[number]
        mine = (p.y_um, number)
        index = bisect_left(cut, mine)
        if not enters:
            del cut[index]
            continue
        for near in cut[max(index - 1, 0) : index + 1]:
            other = placements[near[1]]
            if p.y_um < other.y_um + other.height_um + gap and other.y_um < p.y_um + p.height_um + gap:
                yield p, other
        insort(cut, mine)


def _where(p: Placement) -> str:
    return f"{p.part} {p.copy} of {p.unit} ({p.width_um} × {p.height_um} µm at {p.x_um}, {p.y_um})"
