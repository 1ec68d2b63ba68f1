"""What the certificate finds: kinds of breaches, one breach, the whole answer."""

from dataclasses import dataclass
from datetime import UTC, datetime

KINDS = {
    "unit-lost": "a unit is in no run and not listed as unplanned",
    "unit-twice": "a unit is in two runs, twice in one, or planned and listed as unplanned",
    "unit-waits": "a unit is planned that still waits for its production file",
    "unit-unknown": "a unit that nobody asked for",
    "together-split": "of units that ship together some are planned and some are not",
    "reason-missing": "an unplanned unit without a reason",
    "reason-wrong": "an unplanned unit with a reason that does not hold",
    "run-empty": "a run without units",
    "run-twice": "two runs with one id",
    "key-mismatch": "a unit whose work centre, material or set-up is not that of its run",
    "due-mismatch": "a run whose due date is not the earliest promise of its units",
    "part-lost": "a part of a unit lies on no sheet",
    "part-twice": "a part of a unit lies on two places",
    "part-unknown": "a placement of a part that its run does not have",
    "part-size": "a placement whose size is not that of the part",
    "part-shape": "a placement whose outline is not that of the part",
    "part-turned": "a part is turned that may not be turned",
    "sheet-size": "a sheet that is not of the material or size that is kept",
    "sheet-empty": "a sheet without parts",
    "outside-sheet": "a part reaches into the margin or over the edge",
    "parts-overlap": "two parts overlap or are nearer than the gap",
    "on-defect": "a part lies on a defect of its sheet",
    "offcut-unknown": "a left-over that is not there, or of another material or size",
    "offcut-twice": "a left-over is used twice",
    "operation-lost": "a step of a unit is done by no operation",
    "operation-extra": "an operation that no step asks for",
    "operation-split": "the same step of a run is done by two operations",
    "operation-unknown-run": "an operation of a run that is not there",
    "centre-unfit": "an operation at a work centre that cannot do the step",
    "machine-unknown": "an operation on a machine that the shop does not have",
    "machine-unfit": "a machine of another work centre, or whose bed does not hold the sheet",
    "machine-family": "a machine that cannot be set up for the family",
    "machine-overlap": "a machine does two things at once",
    "load-mismatch": "operations of one load that differ in machine, set-up, start, end or operator",
    "load-unfit": "a load where nothing is loaded, or one that stands fast already",
    "load-overfull": "more in a load than the machine holds",
    "setup-mismatch": "the set-up time is not what the sequence on the machine asks for",
    "duration-mismatch": "the working time is not what the units need on that machine",
    "times-disordered": "an operation ends before it begins",
    "outside-calendar": "work or set-up outside working time",
    "planned-stop": "work or set-up while the machine is stopped by plan",
    "paused": "work pauses over the end of a shift without need",
    "operator-missing": "nobody attends work that has to be attended",
    "operator-unknown": "an operator whom the shop does not have",
    "operator-unskilled": "an operator without the skill that the work centre asks for",
    "operator-absent": "an operator attends outside their working time",
    "operator-twice": "an operator attends two things at once",
    "tool-missing": "an operation without the tool that its step needs",
    "tool-unasked": "an operation with a tool that none of its steps needs",
    "tool-unknown": "a tool that the shop does not have",
    "tool-overbooked": "more of a tool in use at once than there is",
    "precedence": "a step begins before the step in front of it has ended",
    "lag-short": "a step begins sooner after the step in front of it than it may",
    "lag-long": "a step begins later after the step in front of it than it may",
    "too-early": "work begins before it may",
    "material-overbooked": "more material than there is",
    "material-unknown": "a material that the shop does not keep",
    "lot-unknown": "a lot that is not there",
    "lot-sum": "lots that do not add up to what the run uses",
    "lot-overbooked": "more of a lot than there is",
    "lot-too-early": "work begins before the material has arrived",
    "lot-expired": "work ends after the material has expired",
    "lot-mixed": "an order that takes a material from one lot gets it from two",
    "frozen-lost": "frozen work is missing",
    "frozen-changed": "frozen work was changed or moved without need",
    "zone-moved": "work of the plan in force is in the frozen zone and does not stay as it is",
    "zone-entered": "new work begins in the frozen zone",
    "figure-wrong": "a figure or a cost that does not follow from the plan",
    "bound-wrong": "a lower bound above the cost of the plan",
}


@dataclass(frozen=True, slots=True)
class Breach:
    """``kind`` is one of KINDS; ``where`` names unit, run, sheet, machine or material in one text; ``line``,
    ``run``, ``machine`` and ``at`` (an instant) name them one by one, as far as the breach has them."""

    kind: str
    where: str
    text: str
    line: str = ""
    run: str = ""
    machine: str = ""
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """``checked`` counts what was looked at: units, runs, placements, operations."""

    breaches: tuple[Breach, ...]
    checked: tuple[tuple[str, int], ...]

    @property
    def ok(self) -> bool:
        return not self.breaches


def clock(instant: int) -> str:
    """An instant as people write it, in UTC; the bare number where no calendar has it."""
    try:
        return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return str(instant)
