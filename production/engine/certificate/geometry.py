"""Parts lie on sheets that there are, inside them and apart."""

from collections import Counter
from collections.abc import Iterator, Sequence

from production.engine.certificate.findings import Breach
from production.engine.proposal import Placement, Proposal, Run, Sheet
from production.engine.shop import Machine, Shop
from production.engine.work import Part, Unit


def check(shop: Shop, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
    stocks = {stock.material: stock for stock in shop.materials}
    machines = {machine.code: machine for machine in shop.machines}
    for run in proposal.runs:
        # The machine of the common step decides over margin and gap.
        used = [
            machines[operation.machine]
            for operation in proposal.operations
            if operation.run == run.id
            and operation.work_centre == run.key.work_centre
            and operation.step == run.key.step
            and operation.machine in machines
        ]
        wanted = {
            (unit_id, part.code, copy): part
            for unit_id in run.units
            if unit_id in units
            for part in units[unit_id].parts
            for copy in range(1, part.count + 1)
        }
        laid = Counter((p.unit, p.part, p.copy) for sheet in run.sheets for p in sheet.placements)
        for place in wanted:
            if laid[place] == 0:
                yield Breach("part-lost", _part_name(run, place), "The part lies on no sheet.")
        for place, times in laid.items():
            if place not in wanted:
                yield Breach("part-unknown", _part_name(run, place), "The run has no such part.")
            elif times > 1:
                yield Breach("part-twice", _part_name(run, place), f"The part lies on {times} places.")
        for number, sheet in enumerate(run.sheets, start=1):
            name = f"{run.id} sheet {number}"
            stock = stocks.get(sheet.material)
            if (
                stock is None
                or sheet.material != run.key.material
                or (sheet.width_um, sheet.height_um) != (stock.width_um, stock.height_um)
            ):
                yield Breach("sheet-size", name, "The sheet is not of the material and size that is kept.")
            if not sheet.placements:
                yield Breach("sheet-empty", name, "Nothing lies on the sheet.")
            yield from _sizes(name, sheet, wanted)
            yield from _places(name, sheet, used)


def _sizes(name: str, sheet: Sheet, wanted: dict[tuple[str, str, int], Part]) -> Iterator[Breach]:
    for laid in sheet.placements:
        part = wanted.get((laid.unit, laid.part, laid.copy))
        if part is None:
            continue
        size = (part.height_um, part.width_um) if laid.rotated else (part.width_um, part.height_um)
        if (laid.width_um, laid.height_um) != size:
            yield Breach(
                "part-size", f"{name} {laid.unit} {laid.part}", f"Laid as {laid}, the part is {size}."
            )
        if laid.rotated and not part.may_rotate:
            yield Breach("part-turned", f"{name} {laid.unit} {laid.part}", "The part may not be turned.")


def _places(name: str, sheet: Sheet, machines: Sequence[Machine]) -> Iterator[Breach]:
    margin = max((machine.margin_um for machine in machines), default=0)
    gap = max((machine.gap_um for machine in machines), default=0)
    for laid in sheet.placements:
        if (
            laid.x_um < margin
            or laid.y_um < margin
            or laid.x_um + laid.width_um > sheet.width_um - margin
            or laid.y_um + laid.height_um > sheet.height_um - margin
        ):
            yield Breach(
                "outside-sheet", f"{name} {laid.unit} {laid.part}", f"Outside the usable area: {laid}."
            )
    by_left = sorted(sheet.placements, key=lambda p: p.x_um)
    for number, one in enumerate(by_left):
        for other in by_left[number + 1 :]:
            if other.x_um >= one.x_um + one.width_um + gap:
                break
            if _near(one, other, gap):
                yield Breach(
                    "parts-overlap",
                    f"{name} {one.unit} {one.part}, {other.unit} {other.part}",
                    f"Nearer than {gap} µm: {one} and {other}.",
                )


def _near(one: Placement, other: Placement, gap: int) -> bool:
    return (
        one.x_um < other.x_um + other.width_um + gap
        and other.x_um < one.x_um + one.width_um + gap
        and one.y_um < other.y_um + other.height_um + gap
        and other.y_um < one.y_um + one.height_um + gap
    )


def _part_name(run: Run, place: tuple[str, str, int]) -> str:
    return f"{run.id} {place[0]} {place[1]} {place[2]}"
