"""What makes things: work centres, machines, calendars, set-ups and materials, as plain values.

Lengths are integer micrometres, durations integer seconds, instants integer seconds since
1970 (UTC), quantities integers in the base unit of the material. Vocabulary: ISA-95.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise


class BadShop(ValueError):
    """A shop that contradicts itself; ``problems`` names everything that is wrong with it."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


MODES = ("bed", "sheet", "bench", "batch", "line", "rate")


@dataclass(frozen=True, slots=True)
class WorkCentre:
    """A stage of the work; ``mode`` says how long an operation takes there (``durations``).

    - ``bed`` (a sheet is laid on it) and ``sheet`` (sheets are fed): the seconds of the units one after
      the other, and ``load_seconds`` for every sheet;
    - ``bench``: the seconds of the units one after the other;
    - ``batch`` (curing, pressing: a p-batch): what is in one load starts and ends together and takes the
      longest of its seconds and ``load_seconds``; ``capacity`` is how much load a machine holds;
    - ``line``: every unit takes its seconds, at least ``takt_seconds``, and the last one passes the other
      ``stations``;
    - ``rate``: ``rate`` of load an hour, whatever the seconds of the units.

    ``attended`` says while what an operator with ``skill`` has to be there: ``setup``, ``run`` (set-up and
    work) or nothing (empty). ``site`` is where it stands.
    """

    code: str
    name: str
    mode: str
    process: str
    load_seconds: int = 0
    site: str = ""
    capacity: int = 0
    takt_seconds: int = 0
    stations: int = 1
    rate: int = 0
    skill: str = ""
    attended: str = ""

    @property
    def takes_sheets(self) -> bool:
        return self.mode in ("bed", "sheet")


@dataclass(frozen=True, slots=True)
class Machine:
    """``setup_state`` is the family it is set up for now; empty when nobody knows.

    ``families`` are the set-up families that it can run (none named: all). ``capacity`` above 0 is how much
    load it holds, in place of its work centre's. ``cost_rate`` is in minor units of money an hour,
    ``power_w`` in watts, both while it is set up or works. ``stops`` are planned maintenance, sorted and
    apart.
    """

    code: str
    work_centre: str
    bed_width_um: int
    bed_height_um: int
    margin_um: int
    gap_um: int
    speed_percent: int
    calendar: str
    setup_state: str
    families: tuple[str, ...] = ()
    capacity: int = 0
    cost_rate: int = 0
    power_w: int = 0
    stops: tuple[tuple[int, int], ...] = ()

    def runs(self, family: str) -> bool:
        """Whether it can be set up for the family."""
        return not self.families or family in self.families

    def holds(self, width_um: int, height_um: int) -> bool:
        """Whether a sheet of this size lies on the bed, turned or not."""
        bed = (self.bed_width_um, self.bed_height_um)
        return (width_um <= bed[0] and height_um <= bed[1]) or (height_um <= bed[0] and width_um <= bed[1])

    def duration(self, seconds: int) -> int:
        """Seconds of work on this machine for work that takes ``seconds`` at 100 %: rounded up."""
        return -(-seconds * 100 // self.speed_percent)


@dataclass(frozen=True, slots=True)
class Operator:
    """A person: one thing at a time, in the working time of ``calendar``, with what ``skills`` allow."""

    code: str
    name: str
    skills: tuple[str, ...]
    calendar: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A fixture or jig, ``count`` of it: an operation that needs it has one from its set-up to its end."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class Lot:
    """So much of a material that nobody has reserved, from ``available_at`` until ``expires_at``: what an
    operation uses, it uses before it ends."""

    code: str
    quantity: int
    available_at: int = 0
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """``on_hand`` is what nobody has reserved. Sheets have a size, other materials 0.

    A material that is kept by ``lots`` (also those that are still to arrive) has nothing besides: ``on_hand``
    is the sum of those that are here.
    """

    material: str
    on_hand: int
    unit: str = "piece"
    width_um: int = 0
    height_um: int = 0
    lots: tuple[Lot, ...] = ()

    @property
    def is_sheet(self) -> bool:
        return self.width_um > 0 and self.height_um > 0


@dataclass(frozen=True, slots=True)
class Offcut:
    """A piece of sheet that was left over, or a sheet with ``defects``: rectangles (x, y, width, height) from
    its lower left corner on which nothing may lie."""

    code: str
    material: str
    width_um: int
    height_um: int
    defects: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SetupRule:
    """``from_family`` None stands for every family (or unknown state) without a rule of its own. ``cost`` is
    in minor units of money, besides the time."""

    work_centre: str
    from_family: str | None
    to_family: str
    seconds: int
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working time as sorted intervals ``[start, end)`` that neither overlap nor touch. ``overtime`` are the
    parts of them that cost extra, sorted and apart too."""

    code: str
    intervals: tuple[tuple[int, int], ...]
    overtime: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Shop:
    """Everything that makes. ``now`` is the moment of the facts: no new work begins before it."""

    work_centres: tuple[WorkCentre, ...]
    machines: tuple[Machine, ...]
    calendars: tuple[Calendar, ...]
    setups: tuple[SetupRule, ...]
    materials: tuple[Stock, ...]
    now: int
    operators: tuple[Operator, ...] = ()
    tools: tuple[Tool, ...] = ()
    offcuts: tuple[Offcut, ...] = ()
    _rules: dict[tuple[str, str | None, str], int] = field(init=False, repr=False, compare=False)
    _costs: dict[tuple[str, str | None, str], int] = field(init=False, repr=False, compare=False)
    _worst: dict[tuple[str, str], int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self)):
            raise BadShop(problems)
        rules = {(rule.work_centre, rule.from_family, rule.to_family): rule.seconds for rule in self.setups}
        costs = {(rule.work_centre, rule.from_family, rule.to_family): rule.cost for rule in self.setups}
        worst: dict[tuple[str, str], int] = {}
        for rule in self.setups:
            place = (rule.work_centre, rule.to_family)
            worst[place] = max(worst.get(place, 0), rule.seconds)
        object.__setattr__(self, "_rules", rules)
        object.__setattr__(self, "_costs", costs)
        object.__setattr__(self, "_worst", worst)

    @cached_property
    def centre(self) -> dict[str, WorkCentre]:
        return {centre.code: centre for centre in self.work_centres}

    @cached_property
    def machine(self) -> dict[str, Machine]:
        return {machine.code: machine for machine in self.machines}

    @cached_property
    def machines_of(self) -> dict[str, tuple[Machine, ...]]:
        """Machines by work centre, in a fixed order."""
        return {
            centre.code: tuple(
                sorted((m for m in self.machines if m.work_centre == centre.code), key=lambda m: m.code)
            )
            for centre in self.work_centres
        }

    @cached_property
    def stock(self) -> dict[str, Stock]:
        return {stock.material: stock for stock in self.materials}

    @cached_property
    def intervals(self) -> dict[str, tuple[tuple[int, int], ...]]:
        return {calendar.code: calendar.intervals for calendar in self.calendars}

    @cached_property
    def windows(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """By machine: its working time without its planned stops. Empty without a calendar."""
        return {
            machine.code: apart(self.intervals.get(machine.calendar, ()), machine.stops)
            for machine in self.machines
        }

    @cached_property
    def operators_of(self) -> dict[str, tuple[Operator, ...]]:
        """Operators by skill, in a fixed order."""
        skills = sorted({skill for operator in self.operators for skill in operator.skills})
        return {
            skill: tuple(sorted((o for o in self.operators if skill in o.skills), key=lambda o: o.code))
            for skill in skills
        }

    @cached_property
    def tool(self) -> dict[str, Tool]:
        return {tool.code: tool for tool in self.tools}

    def capacity_of(self, machine: Machine) -> int:
        """How much load it holds; 0 where no limit is known."""
        return machine.capacity or self.centre[machine.work_centre].capacity

    def setup_cost(self, work_centre: str, before: str, after: str) -> int:
        """Minor units of money for the change, besides its time."""
        if before == after:
            return 0
        exact = self._costs.get((work_centre, before, after))
        return exact if exact is not None else self._costs.get((work_centre, None, after), 0)

    def setup_seconds(self, work_centre: str, before: str, after: str) -> int:
        """Seconds to change from family ``before`` to ``after``: 0 for the same family or without a rule."""
        if before == after:
            return 0
        exact = self._rules.get((work_centre, before, after))
        return exact if exact is not None else self._rules.get((work_centre, None, after), 0)

    def worst_setup_seconds(self, work_centre: str, after: str) -> int:
        """The longest set-up to ``after`` from anything."""
        return self._worst.get((work_centre, after), 0)


def apart(
    intervals: tuple[tuple[int, int], ...], without: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    """What of sorted intervals is left without others, sorted too."""
    left: list[tuple[int, int]] = []
    for start, end in intervals:
        at = start
        for gone, back in without:
            if back <= at or gone >= end:
                continue
            if gone > at:
                left.append((at, gone))
            at = max(at, back)
        if at < end:
            left.append((at, end))
    return tuple(left)


def _problems(shop: Shop) -> list[str]:
    return [
        *_centre_problems(shop),
        *_machine_problems(shop),
        *(
            f"set-up to {r.to_family} at {r.work_centre}: negative"
            for r in shop.setups
            if min(r.seconds, r.cost) < 0
        ),
        *_material_problems(shop),
        *_calendar_problems(shop),
        *(f"tool {tool.code}: there cannot be {tool.count}" for tool in shop.tools if tool.count < 0),
    ]


def _centre_problems(shop: Shop) -> Iterator[str]:
    for centre in shop.work_centres:
        if centre.mode not in MODES:
            yield f"work centre {centre.code}: unknown mode {centre.mode!r} (one of {', '.join(MODES)})"
        if centre.mode == "rate" and centre.rate < 1:
            yield f"work centre {centre.code}: a rate of at least 1 an hour is needed"
        if centre.attended not in ("", "setup", "run"):
            yield f"work centre {centre.code}: attended at {centre.attended!r} (setup, run or nothing)"
        if centre.attended and not centre.skill:
            yield f"work centre {centre.code}: attended, but no skill is named"
        if centre.stations < 1 or min(centre.load_seconds, centre.takt_seconds, centre.capacity) < 0:
            yield f"work centre {centre.code}: times and capacity cannot be negative, a line has a station"


def _machine_problems(shop: Shop) -> Iterator[str]:
    centres = {centre.code for centre in shop.work_centres}
    for machine in shop.machines:
        if machine.work_centre not in centres:
            yield f"machine {machine.code}: unknown work centre {machine.work_centre!r}"
        if machine.speed_percent < 1:
            yield f"machine {machine.code}: speed must be at least 1 %"
        if min(machine.margin_um, machine.gap_um, machine.bed_width_um, machine.bed_height_um) < 0:
            yield f"machine {machine.code}: bed, margin and gap cannot be negative"
        if min(machine.capacity, machine.cost_rate, machine.power_w) < 0:
            yield f"machine {machine.code}: capacity, cost and power cannot be negative"
        if not _are_apart(machine.stops):
            yield f"machine {machine.code}: planned stops must be sorted and apart"


def _material_problems(shop: Shop) -> Iterator[str]:
    for stock in shop.materials:
        if stock.on_hand < 0 or any(lot.quantity < 0 for lot in stock.lots):
            yield f"material {stock.material}: negative stock"
        here = sum(lot.quantity for lot in stock.lots if lot.available_at <= shop.now)
        if stock.lots and here != stock.on_hand:
            yield f"material {stock.material}: {stock.on_hand} on hand, {here} in lots that are here"
        if len({lot.code for lot in stock.lots}) < len(stock.lots):
            yield f"material {stock.material}: a lot is there twice"


def _calendar_problems(shop: Shop) -> Iterator[str]:
    for calendar in shop.calendars:
        if not _are_apart(calendar.intervals):
            yield f"calendar {calendar.code}: intervals must be sorted and apart"
        if not _are_apart(calendar.overtime) or apart(calendar.overtime, calendar.intervals):
            yield f"calendar {calendar.code}: overtime must be sorted, apart and part of the working time"


def _are_apart(intervals: tuple[tuple[int, int], ...]) -> bool:
    edges = [edge for interval in intervals for edge in interval]
    return all(before < after for before, after in pairwise(edges))
