"""The made-up plant on which planners are compared: lines, machines and weights by a seed.

A cell has eight machines: two UV printers and two lasers of unequal speed, two ovens that hold what four
sheets carry and cure one programme at a time, two benches for control and packing. 24 families, half printed
and half lasered, each with one of six cure programmes; set-ups depend on the sequence on printers, lasers and
ovens. Two shifts a day, nothing is worked across their ends. A line is one piece, a strip as wide as the
sheet, so that what fits a sheet is a sum of heights for every planner; a run has one sheet. One line of five
comes later. Beyond one cell a plant has more of the same machines and more families.

Cost: a minute of a line's being late by its weight, ten a minute of set-up, 100 a run, 60 a load of an oven.
"""

import random
from dataclasses import dataclass

from production.engine.proposal import Limits, Problem, Weights
from production.engine.shop import Calendar, Machine, SetupRule, Shop, Stock, WorkCentre
from production.engine.work import Part, Step, Unit

# A Monday, 06:00 UTC.
NOW = 1_772_431_200
MINUTE, HOUR, DAY = 60, 3_600, 86_400
SHEET_WIDTH, SHEET_HEIGHT = 300_000, 420_000
LOAD_SHEETS = 4
FAMILIES, PROGRAMMES = 24, 6
WEIGHTS = Weights(
    tardiness=1, setup=10, run=100, load=60, sheet=0, overtime=0, energy=0, preference=0, moved=0
)
CURE = (20, 25, 30, 30, 35, 40)
UV, LASER, OVEN, PACK = "uv", "laser", "oven", "pack"


@dataclass(frozen=True)
class Line:
    """A line before it is a unit; times in seconds from the start of work, weights as `Unit.weight`."""

    family: int
    height_um: int
    print_seconds: int
    pack_seconds: int
    release: int
    due: int
    weight: int


def plant(lines: int, *, seed: int, cells: int = 1, families: int | None = None) -> Problem:
    """So many lines for a plant of so many cells; the same again for the same arguments."""
    kinds = families or FAMILIES * max(1, min(cells, 10))
    chance = random.Random(f"plant {lines} {seed} {cells} {kinds}")
    windows = _windows(days=30 + lines // (800 * cells))
    shop = Shop(
        work_centres=(
            WorkCentre(UV, "UV printers", "bed", "print", load_seconds=300),
            WorkCentre(LASER, "Lasers", "bed", "engrave", load_seconds=240),
            WorkCentre(OVEN, "Ovens", "batch", "cure", capacity=LOAD_SHEETS * SHEET_HEIGHT // 1000),
            WorkCentre(PACK, "Control and packing", "bench", "pack"),
        ),
        machines=tuple(machine for cell in range(1, cells + 1) for machine in _machines(cell)),
        calendars=(Calendar("two-shifts", windows),),
        setups=tuple(_setups(kinds, chance)),
        materials=tuple(
            Stock(f"sheet-{family:03}", lines, "sheet", SHEET_WIDTH, SHEET_HEIGHT) for family in range(kinds)
        ),
        now=NOW,
    )
    made = _lines(lines, kinds, cells, windows, chance)
    units = tuple(_unit(number, line) for number, line in enumerate(made))
    limits = Limits(
        max_sheets=1, max_seconds=8 * HOUR, due_window=10 * DAY, review_seconds=0, max_units=lines
    )
    return Problem(shop, units, limits=limits, weights=WEIGHTS)


def programme(family: int) -> int:
    """The cure programme of a family."""
    return family // 2 % PROGRAMMES


def _machines(cell: int) -> list[Machine]:
    def machine(kind: str, number: int, speed: int) -> Machine:
        bed = (SHEET_WIDTH, SHEET_HEIGHT) if kind in (UV, LASER) else (0, 0)
        return Machine(f"{kind}-{cell:02}-{number}", kind, *bed, 0, 0, speed, "two-shifts", "")

    speeds = {UV: (100, 80), LASER: (100, 70), OVEN: (100, 100), PACK: (100, 100)}
    return [machine(kind, n, speed) for kind, pair in speeds.items() for n, speed in enumerate(pair, start=1)]


def _windows(days: int) -> tuple[tuple[int, int], ...]:
    """06:00-14:00 and 14:30-22:30 every day."""
    starts = (NOW + day * DAY + shift for day in range(days) for shift in (0, 8 * HOUR + 30 * MINUTE))
    return tuple((start, start + 8 * HOUR) for start in starts)


def _setups(kinds: int, chance: random.Random) -> list[SetupRule]:
    """Families of one group of four are near each other; the first set-up of a machine has a time too."""
    rules = []
    for centre in (UV, LASER):
        own = [family for family in range(kinds) if _centre(family) == centre]
        for after in own:
            rules.append(SetupRule(centre, None, _name(after), chance.randint(8, 14) * MINUTE))
            for before in own:
                if before != after:
                    near = before // 8 == after // 8
                    minutes = chance.randint(4, 9) if near else chance.randint(10, 25)
                    rules.append(SetupRule(centre, _name(before), _name(after), minutes * MINUTE))
    for after in range(PROGRAMMES):
        rules.append(SetupRule(OVEN, None, _cure(after), 10 * MINUTE))
        for before in range(PROGRAMMES):
            if before != after:
                minutes = chance.randint(5, 20)
                rules.append(SetupRule(OVEN, _cure(before), _cure(after), minutes * MINUTE))
    return rules


def _lines(
    count: int, kinds: int, cells: int, windows: tuple[tuple[int, int], ...], chance: random.Random
) -> list[Line]:
    """Promises are spread over the time that the printers of a cell need at three quarters of their time."""
    # A line takes about a sixtieth of an hour of packing and four minutes of printing on four machines.
    working = max(count * 100 // cells, 6 * HOUR)
    lines = []
    for _ in range(count):
        release = chance.randrange(working * 6 // 10) if chance.random() < 0.2 else 0
        due = release + 4 * HOUR + chance.randrange(working)
        lines.append(
            Line(
                family=chance.randrange(kinds),
                height_um=chance.randint(15, 55) * 1000,
                print_seconds=chance.randint(120, 330),
                pack_seconds=chance.randint(30, 75),
                release=0 if not release else _instant(release, windows) - NOW,
                due=_instant(due, windows) - NOW,
                weight=chance.choice((1, 1, 1, 2, 4)),
            )
        )
    return lines


def _instant(working: int, windows: tuple[tuple[int, int], ...]) -> int:
    """The instant after so many working seconds."""
    for start, end in windows:
        if working <= end - start:
            return start + working
        working -= end - start
    return windows[-1][1]


def _unit(number: int, line: Line) -> Unit:
    name = f"line-{number:06}"
    cure = programme(line.family)
    return Unit(
        id=name,
        line=name,
        order=name,
        due=NOW + line.due,
        release=NOW + line.release,
        parts=(Part("strip", SHEET_WIDTH, line.height_um, may_rotate=False),),
        sheet_material=f"sheet-{line.family:03}",
        routing=(
            Step(1, _centre(line.family), _name(line.family), line.print_seconds),
            Step(2, OVEN, _cure(cure), CURE[cure] * MINUTE, load=line.height_um // 1000),
            Step(3, PACK, "", line.pack_seconds),
        ),
        materials=(),
        weight=line.weight,
    )


def _centre(family: int) -> str:
    return (UV, LASER)[family % 2]


def _name(family: int) -> str:
    return f"family-{family:03}"


def _cure(number: int) -> str:
    return f"cure-{number}"
