"""What is in one run belongs together."""

from collections.abc import Iterator

from production.engine.certificate.findings import Breach
from production.engine.proposal import Proposal
from production.engine.shop import Shop
from production.engine.work import Unit


def check(shop: Shop, proposal: Proposal, units: dict[str, Unit]) -> Iterator[Breach]:
    sheet_centres = {centre.code for centre in shop.work_centres if centre.mode != "bench"}
    for run in proposal.runs:
        for unit_id in run.units:
            unit = units.get(unit_id)
            if unit is None:
                continue
            common = next((s for s in unit.routing if s.work_centre in sheet_centres), None)
            common = common or next(iter(unit.routing), None)
            if common is None:
                yield Breach("key-mismatch", f"{run.id} {unit_id}", "The unit has no routing at all.")
                continue
            own = (
                common.work_centre,
                unit.sheet_material if unit.parts else "",
                common.setup_family,
                common.step,
            )
            key = (run.key.work_centre, run.key.material, run.key.setup_family, run.key.step)
            if own != key:
                yield Breach(
                    "key-mismatch", f"{run.id} {unit_id}", f"The unit needs {own}, its run is {key}."
                )
        dues = [units[u].due for u in run.units if u in units]
        known = [due for due in dues if due is not None]
        if run.due != (min(known) if known else None):
            yield Breach(
                "due-mismatch", run.id, f"The run says {run.due}, its units {min(known, default=None)}."
            )
