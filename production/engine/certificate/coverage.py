"""Every unit is answered once, with a reason where it is not planned."""

from collections import Counter
from collections.abc import Iterator

from production.engine.certificate.case import Case
from production.engine.certificate.findings import Breach
from production.engine.proposal import Unplanned


def check(case: Case) -> Iterator[Breach]:
    yield from _units(case)
    yield from _runs(case)
    yield from _together(case)
    for unplanned in case.proposal.unplanned:
        if not unplanned.code or not unplanned.text:
            yield case.of_unit("reason-missing", unplanned.unit, "The unit is unplanned without a reason.")
        elif unplanned.unit in case.units and (wrong := _refuted(case, unplanned)):
            yield case.of_unit("reason-wrong", unplanned.unit, wrong)


def _units(case: Case) -> Iterator[Breach]:
    seen = Counter(unit for run in case.proposal.runs for unit in run.units)
    seen.update(unplanned.unit for unplanned in case.proposal.unplanned)
    for unit in case.units:
        if unit not in seen:
            yield case.of_unit("unit-lost", unit, "The unit is in no run and has no reason.")
    for unit, times in seen.items():
        if unit not in case.units:
            yield case.of_unit("unit-unknown", unit, "Nobody asked for this unit.")
        elif times > 1:
            yield case.of_unit("unit-twice", unit, f"The unit is answered {times} times.")
    for run in case.proposal.runs:
        for name in run.units:
            found = case.units.get(name)
            if found is not None and found.waits:
                yield case.of_unit("unit-waits", name, found.waits, run=run)


def _runs(case: Case) -> Iterator[Breach]:
    for name, times in Counter(run.id for run in case.proposal.runs).items():
        if times > 1:
            yield case.of_run("run-twice", case.runs[name], f"{times} runs have this id.")
    for run in case.proposal.runs:
        if not run.units:
            yield case.of_run("run-empty", run, "The run has no units.")


def _together(case: Case) -> Iterator[Breach]:
    planned = {unit for run in case.proposal.runs for unit in run.units}
    groups: dict[str, list[str]] = {}
    for unit in case.problem.units:
        if unit.together:
            groups.setdefault(unit.together, []).append(unit.id)
    for name, members in groups.items():
        left = [unit for unit in members if unit not in planned]
        if left and len(left) < len(members):
            yield case.of_unit(
                "together-split",
                left[0],
                f"It ships together with {len(members) - 1} others ({name}), of which "
                f"{len(members) - len(left)} are planned; all of them are or none.",
            )


def _refuted(case: Case, unplanned: Unplanned) -> str:
    """What shows that a reason does not hold; empty where nothing does. Only what the facts alone decide."""
    unit = case.units[unplanned.unit]
    if unplanned.code == "waits" and not unit.waits:
        return "The unit waits for nothing."
    if unplanned.code == "material-unknown":
        sheet = case.stocks.get(unit.sheet_material)
        lies = not unit.parts or (sheet is not None and sheet.width_um > 0 and sheet.height_um > 0)
        if lies and all(use.material in case.stocks for use in unit.materials):
            return "The shop keeps all its materials."
    if unplanned.code == "together" and not unit.together:
        return "The unit ships with no other."
    return ""
