"""What the certificate finds: kinds of breaches, one breach, the whole answer."""

from dataclasses import dataclass

KINDS = {
    "unit-lost": "a unit is in no run and not listed as unplanned",
    "unit-twice": "a unit is in two runs, twice in one, or planned and listed as unplanned",
    "unit-waits": "a unit is planned that still waits for its production file",
    "unit-unknown": "a unit that nobody asked for",
    "run-empty": "a run without units",
    "run-twice": "two runs with one id",
    "key-mismatch": "a unit whose work centre, material or set-up is not that of its run",
    "part-lost": "a part of a unit lies on no sheet",
    "part-twice": "a part of a unit lies on two places",
    "part-unknown": "a placement of a part that its run does not have",
    "part-size": "a placement whose size is not that of the part",
    "part-turned": "a part is turned that may not be turned",
    "sheet-size": "a sheet that is not of the material or size that is kept",
    "sheet-empty": "a sheet without parts",
    "outside-sheet": "a part reaches into the margin or over the edge",
    "parts-overlap": "two parts overlap or are nearer than the gap",
    "operation-lost": "a step of a unit is done by no operation",
    "operation-extra": "an operation that no step asks for",
    "operation-unknown-run": "an operation of a run that is not there",
    "machine-unknown": "an operation on a machine that the shop does not have",
    "machine-unfit": "a machine of another work centre, or whose bed does not hold the sheet",
    "machine-overlap": "a machine does two things at once",
    "setup-mismatch": "the set-up time is not what the sequence on the machine asks for",
    "duration-mismatch": "the working time is not what the units need on that machine",
    "times-disordered": "an operation ends before it begins",
    "outside-calendar": "work or set-up outside working time",
    "paused": "work pauses over the end of a shift without need",
    "precedence": "a step begins before the step in front of it has ended",
    "too-early": "work begins before it may",
    "material-overbooked": "more material than there is",
    "material-unknown": "a material that the shop does not keep",
    "frozen-lost": "frozen work is missing",
    "frozen-changed": "frozen work was changed or moved without need",
    "due-mismatch": "a run whose due date is not the earliest promise of its units",
    "reason-missing": "an unplanned unit without a reason",
    "figure-wrong": "a figure that does not follow from the plan",
}


@dataclass(frozen=True, slots=True)
class Breach:
    """``kind`` is one of KINDS; ``where`` names unit, run, sheet, machine or material."""

    kind: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """``checked`` counts what was looked at: units, placements, operations."""

    breaches: tuple[Breach, ...]
    checked: tuple[tuple[str, int], ...]

    @property
    def ok(self) -> bool:
        return not self.breaches
