"""The question to the planner and its answer: plain values that planner and certificate share.

Nothing here decides anything; the certificate imports these shapes and no planning code.
"""

from dataclasses import astuple, dataclass, field

from production.engine.outlines import Outline, area_of
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
class Weights:
    """What a plan costs, in minor units of money.

    ``tardiness``: for each minute that a line of weight 1 is late; ``setup``: a minute of set-up; ``run``,
    ``load``: each run, each load of a batch machine; ``sheet``: a square decimetre of sheet; ``overtime``: a
    minute of overtime; ``energy``: a kWh; ``preference``: a point of an alternate; ``moved``: each move of an
    operation (``Zones``).
    """

    tardiness: int = 10
    setup: int = 60
    run: int = 200
    load: int = 100
    sheet: int = 5
    overtime: int = 40
    energy: int = 30
    preference: int = 100
    moved: int = 300


@dataclass(frozen=True, slots=True)
class Zones:
    """How firm the base plan is. What begins before ``frozen_until`` stays as it is, and nothing new begins
    before it; runs of which something begins before ``slushy_until`` keep their units; what comes later is
    liquid. An operation begins with its set-up.

    Near or far, work moves only where that gains more than ``Weights.moved``: an operation of the base plan
    counts once when it is on another machine now, and once when it starts more than ``tolerance`` seconds
    off. One of which no operation of the new plan has all units that are still asked for (perhaps others
    too) at its step counts as both; one of which no unit is asked for does not count."""

    frozen_until: int = 0
    slushy_until: int = 0
    tolerance: int = 1800


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
    operator: str = ""
    tool: str = ""
    load: str = ""


@dataclass(frozen=True)
class Problem:
    """``units`` are all to be planned. ``claims`` are materials of pinned runs, not yet reserved. ``base`` is
    the plan in force, of which ``zones`` says what has to stay."""

    shop: Shop
    units: tuple[Unit, ...]
    frozen: tuple[FrozenOperation, ...] = ()
    claims: tuple[Use, ...] = ()
    limits: Limits = field(default_factory=Limits)
    weights: Weights = field(default_factory=Weights)
    zones: Zones = field(default_factory=Zones)
    base: "Proposal | None" = None

    @property
    def not_before(self) -> int:
        """When new work may begin."""
        return max(self.shop.now + self.limits.review_seconds, self.zones.frozen_until)


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
    corner, from the corner of the sheet. ``copy`` counts from 1. ``outline`` is the part's, if it has one,
    as laid, from that lower left corner: then only what is inside of it is taken."""

    unit: str
    part: str
    copy: int
    x_um: int
    y_um: int
    width_um: int
    height_um: int
    rotated: bool
    outline: Outline = ()

    @property
    def area(self) -> int:
        """Square micrometres that the part covers."""
        return area_of(self.outline) if self.outline else self.width_um * self.height_um


@dataclass(frozen=True, slots=True)
class Sheet:
    """``offcut`` names the left-over that is used in place of a sheet of the stock."""

    material: str
    width_um: int
    height_um: int
    placements: tuple[Placement, ...]
    offcut: str = ""

    @property
    def used_area(self) -> int:
        return sum(p.area for p in self.placements)


@dataclass(frozen=True, slots=True)
class LotUse:
    """So much of a lot that a run uses. ``order`` is named where an order takes it from one lot."""

    material: str
    lot: str
    quantity: int
    order: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """``due`` is the earliest promise among its units; ``why`` says why they are together. ``lots`` add up to
    what the run uses of each material that is kept by lots; it begins when all of them are there."""

    id: str
    key: Key
    units: tuple[str, ...]
    sheets: tuple[Sheet, ...]
    due: int | None
    why: str
    lots: tuple[LotUse, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """Set-up from ``setup_start`` to ``start``, work on all ``units`` to ``end``; ``seconds`` of working
    time on that machine (without set-up). ``work_centre`` is where it is done: that of the step or of one of
    its alternates. Operations of a batch machine with the same ``load`` are one load: same set-up, start and
    end. ``operator`` attends where the work centre asks for it; ``tool`` is the fixture in use."""

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
    operator: str = ""
    tool: str = ""
    load: str = ""


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A unit that is in no run, with a stable reason code and what is missing."""

    unit: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the proposed operations cost by cause, in minor units of money (``Weights``).

    Each is reckoned from the sum of its amounts and rounded down. ``tardiness`` counts lines: a line is as
    late as the latest of its units (a unit that ships together ends with the last of its group), times the
    highest weight of its units. ``setups`` is the time and, rounded apart, the rules' own cost for every
    change in front of a proposed operation; ``machines`` the machines' rates and ``energy`` their power over
    working time in set-up and work; ``sheets`` the area of every sheet that is no offcut; ``overtime`` the
    working time in set-up and work that is overtime of the machine's calendar; ``preference`` the points of
    each operation's alternate (the most among its units). The operations of one load count once everywhere.
    """

    tardiness: int = 0
    setups: int = 0
    runs: int = 0
    loads: int = 0
    sheets: int = 0
    overtime: int = 0
    energy: int = 0
    machines: int = 0
    preference: int = 0
    moved: int = 0

    @property
    def cost(self) -> int:
        return sum(astuple(self))


@dataclass(frozen=True, slots=True)
class Kpis:
    """Figures of the proposed runs (frozen work left out). ``sheet_use_permille``: area of parts per
    thousand of sheet area. ``makespan``: seconds from now to the last end. A unit is tardy when its
    last operation (of all that ships together with it, the last) ends after its own promise; ``tardiness``
    sums those seconds. ``setups`` and their seconds count a load once.
    ``moved`` are moves of operations of the base plan; ``bound`` is a cost that no plan of
    the same units can be below.
    """

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
    loads: int = 0
    overtime_seconds: int = 0
    moved: int = 0
    terms: Terms = field(default_factory=Terms)
    bound: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """``frozen`` repeats every frozen operation with the times it has in this proposal."""

    runs: tuple[Run, ...]
    operations: tuple[Operation, ...]
    frozen: tuple[FrozenOperation, ...]
    unplanned: tuple[Unplanned, ...]
    kpis: Kpis
