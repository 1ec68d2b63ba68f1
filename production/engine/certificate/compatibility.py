"""What is in one run belongs together."""

from collections.abc import Iterator

from production.engine.certificate.case import Case
from production.engine.certificate.findings import Breach, clock
from production.engine.work import Unit


def check(case: Case) -> Iterator[Breach]:
    sheet_centres = {centre.code for centre in case.shop.work_centres if centre.mode in ("bed", "sheet")}
    for run in case.proposal.runs:
        key = (run.key.work_centre, run.key.material, run.key.setup_family, run.key.step)
        earliest: int | None = None
        for name in run.units:
            unit = case.units.get(name)
            if unit is None:
                continue
            if unit.due is not None and (earliest is None or unit.due < earliest):
                earliest = unit.due
            own = _own_key(unit, sheet_centres)
            if own is None:
                yield case.of_unit("key-mismatch", name, "The unit has no routing at all.", run=run)
            elif own != key:
                yield case.of_unit("key-mismatch", name, f"The unit needs {own}, its run is {key}.", run=run)
        if run.due != earliest:
            yield case.of_run(
                "due-mismatch", run, f"The run says {_said(run.due)}, its units {_said(earliest)}."
            )


def _own_key(unit: Unit, sheet_centres: set[str]) -> tuple[str, str, str, int] | None:
    """Work centre, material, set-up and number of the first step that takes sheets, else of the first."""
    if not unit.routing:
        return None
    common = unit.routing[0]
    for step in unit.routing:
        if step.work_centre in sheet_centres:
            common = step
            break
    material = unit.sheet_material if unit.parts else ""
    return common.work_centre, material, common.setup_family, common.step


def _said(due: int | None) -> str:
    return "no date" if due is None else clock(due)
