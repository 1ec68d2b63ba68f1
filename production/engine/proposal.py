"""The question to the planner and its answer: plain values that planner and certificate share.

Nothing here decides anything; the certificate imports these shapes and no planning code.
"""

from dataclasses import dataclass, field

from production.engine.shop import Shop
from production.engine.work import Unit, Use


@dataclass(frozen=True, slots=True)
class Limits:
    """What keeps a run small enough to be scheduled and to wait for.

    ``due_window`` seconds: pieces promised that much later than the first of a run join it only
    where they need no further sheet. ``review_seconds``: new work begins that long after now, so that
    staff can look at the proposal first. ``max_units``: so many units, those due first, are planned at all.
    """

    max_sheets: int = 10
    max_seconds: int = 4 * 3600
    due_window: int = 36 * 3600
    review_seconds: int = 900
    max_units: int = 5_000


@dataclass(frozen=True, slots=True)
class FrozenOperation:
    """Work that the planner has to leave where it is: released, started or pinned.

    ``after`` are ids of frozen operations of the same run that come before it. A started one has
    its times as they are expected now.
    """

    id: str
    run: str
    step: int
    work_centre: str
    machine: str
    setup_family: str
    seconds: int
    setup_start: int
    start: int
    end: int
    started: bool = False
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """``units`` are all to be planned. ``claims`` are materials of pinned runs, not yet reserved."""

    shop: Shop
    units: tuple[Unit, ...]
    frozen: tuple[FrozenOperation, ...] = ()
    claims: tuple[Use, ...] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def not_before(self) -> int:
        """When new work may begin."""
        return self.shop.now + self.limits.review_seconds


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What the pieces of a run have in common: the work centre, material and set-up of the gang step,
    and its place in the routing. Without a sheet step the material is empty."""

    work_centre: str
    material: str
    setup_family: str
    step: int


@dataclass(frozen=True, slots=True)
class Placement:
    """``width_um`` and ``height_um`` as laid (sides swapped when rotated); x and y of the lower left
    corner, from the corner of the sheet. ``copy`` counts from 1."""

    unit: str
    part: str
    copy: int
    x_um: int
    y_um: int
    width_um: int
    height_um: int
    rotated: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    material: str
    width_um: int
    height_um: int
    placements: tuple[Placement, ...]

    @property
    def used_area(self) -> int:
        return sum(p.width_um * p.height_um for p in self.placements)


@dataclass(frozen=True, slots=True)
class Run:
    """``due`` is the earliest promise among its units; ``why`` says why they are together."""

    id: str
    key: Key
    units: tuple[str, ...]
    sheets: tuple[Sheet, ...]
    due: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Operation:
    """Set-up from ``setup_start`` to ``start``, work on all ``units`` to ``end``; ``seconds`` of working
    time on that machine (without set-up)."""

    run: str
    step: int
    work_centre: str
    setup_family: str
    machine: str
    units: tuple[str, ...]
    seconds: int
    setup_start: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A unit that is in no run, with a stable reason code and what is missing."""

    unit: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Kpis:
    """Figures of the proposed runs (frozen work left out). ``sheet_use_permille``: area of parts per
    thousand of sheet area. ``makespan``: seconds from now to the last end. A unit is tardy when its
    last operation ends after its promise; ``tardiness`` sums those seconds."""

    units: int
    unplanned: int
    runs: int
    sheets: int
    sheet_use_permille: int
    setups: int
    setup_seconds: int
    tardy_units: int
    tardiness: int
    makespan: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """``frozen`` repeats every frozen operation with the times it has in this proposal."""

    runs: tuple[Run, ...]
    operations: tuple[Operation, ...]
    frozen: tuple[FrozenOperation, ...]
    unplanned: tuple[Unplanned, ...]
    kpis: Kpis
