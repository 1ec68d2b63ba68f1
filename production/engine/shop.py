"""What makes things: work centres, machines, calendars, set-ups and materials, as plain values.

Lengths are integer micrometres, durations integer seconds, instants integer seconds since
1970 (UTC), quantities integers in the base unit of the material. Vocabulary: ISA-95.
"""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise


class BadShop(ValueError):
    """A shop that contradicts itself; ``problems`` names everything that is wrong with it."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class WorkCentre:
    """A stage of the work. ``mode`` is ``bed`` (a sheet is laid on it), ``sheet`` (sheets are fed)
    or ``bench`` (piece by piece); ``load_seconds`` go by for every sheet."""

    code: str
    name: str
    mode: str
    process: str
    load_seconds: int = 0

    @property
    def takes_sheets(self) -> bool:
        return self.mode != "bench"


@dataclass(frozen=True, slots=True)
class Machine:
    """``setup_state`` is the family it is set up for now; empty when nobody knows."""

    code: str
    work_centre: str
    bed_width_um: int
    bed_height_um: int
    margin_um: int
    gap_um: int
    speed_percent: int
    calendar: str
    setup_state: str

    def holds(self, width_um: int, height_um: int) -> bool:
        """Whether a sheet of this size lies on the bed, turned or not."""
        bed = (self.bed_width_um, self.bed_height_um)
        return (width_um <= bed[0] and height_um <= bed[1]) or (height_um <= bed[0] and width_um <= bed[1])

    def duration(self, seconds: int) -> int:
        """Seconds of work on this machine for work that takes ``seconds`` at 100 %: rounded up."""
        return -(-seconds * 100 // self.speed_percent)


@dataclass(frozen=True, slots=True)
class Stock:
    """``on_hand`` is what nobody has reserved. Sheets have a size, other materials 0."""

    material: str
    on_hand: int
    unit: str = "piece"
    width_um: int = 0
    height_um: int = 0

    @property
    def is_sheet(self) -> bool:
        return self.width_um > 0 and self.height_um > 0


@dataclass(frozen=True, slots=True)
class SetupRule:
    """``from_family`` None stands for every family (or unknown state) without a rule of its own."""

    work_centre: str
    from_family: str | None
    to_family: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working time as sorted intervals ``[start, end)`` that neither overlap nor touch."""

    code: str
    intervals: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Shop:
    """Everything that makes. ``now`` is the moment of the facts: no new work begins before it."""

    work_centres: tuple[WorkCentre, ...]
    machines: tuple[Machine, ...]
    calendars: tuple[Calendar, ...]
    setups: tuple[SetupRule, ...]
    materials: tuple[Stock, ...]
    now: int
    _rules: dict[tuple[str, str | None, str], int] = field(init=False, repr=False, compare=False)
    _worst: dict[tuple[str, str], int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self)):
            raise BadShop(problems)
        rules = {(rule.work_centre, rule.from_family, rule.to_family): rule.seconds for rule in self.setups}
        worst: dict[tuple[str, str], int] = {}
        for rule in self.setups:
            place = (rule.work_centre, rule.to_family)
            worst[place] = max(worst.get(place, 0), rule.seconds)
        object.__setattr__(self, "_rules", rules)
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

    def setup_seconds(self, work_centre: str, before: str, after: str) -> int:
        """Seconds to change from family ``before`` to ``after``: 0 for the same family or without a rule."""
        if before == after:
            return 0
        exact = self._rules.get((work_centre, before, after))
        return exact if exact is not None else self._rules.get((work_centre, None, after), 0)

    def worst_setup_seconds(self, work_centre: str, after: str) -> int:
        """The longest set-up to ``after`` from anything."""
        return self._worst.get((work_centre, after), 0)


def _problems(shop: Shop) -> list[str]:
    centres = {centre.code for centre in shop.work_centres}
    problems = [
        f"work centre {centre.code}: unknown mode {centre.mode!r} (bed, sheet or bench)"
        for centre in shop.work_centres
        if centre.mode not in ("bed", "sheet", "bench")
    ]
    for machine in shop.machines:
        if machine.work_centre not in centres:
            problems.append(f"machine {machine.code}: unknown work centre {machine.work_centre!r}")
        if machine.speed_percent < 1:
            problems.append(f"machine {machine.code}: speed must be at least 1 %")
        if min(machine.margin_um, machine.gap_um, machine.bed_width_um, machine.bed_height_um) < 0:
            problems.append(f"machine {machine.code}: bed, margin and gap cannot be negative")
    problems += [
        f"set-up to {r.to_family} at {r.work_centre}: negative" for r in shop.setups if r.seconds < 0
    ]
    problems += [
        f"material {stock.material}: negative stock" for stock in shop.materials if stock.on_hand < 0
    ]
    for calendar in shop.calendars:
        edges = [edge for interval in calendar.intervals for edge in interval]
        if any(before >= after for before, after in pairwise(edges)):
            problems.append(f"calendar {calendar.code}: intervals must be sorted and apart")
    return problems
