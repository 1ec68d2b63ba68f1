"""Breaches of every kind planted into sound plans, sound plans left alone, and the time that proof takes.

The sound plan by hand uses every mode of work and every kind of limit; a mutation plants one breach of a
known kind, somewhere and by some amount as the seed has it, and reckons the figures anew, so that nothing is
found by them alone. It counts as found where the certificate names that kind. False alarms are breaches
named in sound plans: that one, plans of the planner, and large ones made here by putting one run after the
other.
"""

import random
import time
from collections import Counter

from benchmarks.bars import Bar, Section, Table
from benchmarks.planning.sizes import Scale
from benchmarks.planning.workshop import generated
from production.engine.certificate import certify
from production.engine.measuring import measure
from production.engine.planning import propose
from production.engine.proposal import Key, Operation, Placement, Problem, Proposal, Run, Sheet
from production.engine.shop import Calendar, Machine, SetupRule, Shop, Stock, WorkCentre
from production.engine.work import Part, Step, Unit
from tests.production.engine.certificate.mutations import MUTATIONS, planted
from tests.production.engine.certificate.plant import sound
from tests.workshops import HOUR, MONDAY, eight_hours_a_day

PLANS = 1_000
PIECES_A_LINE = 3
# 24 pieces on a sheet; a cell of two lasers, an oven and a bench for every so many lines.
PIECES_A_RUN, LINES_A_CELL = 24, 250
LIMITS = {10_000: 5.0, 100_000: 40.0}  # CPU seconds


def section(scale: Scale) -> Section:
    found = Section("certificate", "The certificate")
    found.notes.append((__doc__ or "").strip())
    _planted(found, scale.seed)
    alarms = _alarms(scale.seed, plans=40 if scale.large else 8)
    rows = []
    for lines, limit in LIMITS.items():
        if lines > 10_000 and not scale.large:
            found.left_out.append(f"{lines:,} lines: only in the full run")
            continue
        problem, proposal = large(lines)
        begun = time.process_time()
        breaches = certify(problem, proposal).breaches
        took = time.process_time() - begun
        alarms += len(breaches)
        units = len(problem.units)
        rows.append(
            [f"{lines:,}", f"{units:,}", f"{len(proposal.runs):,}", f"{took:.1f}", f"{units / took:,.0f}"]
        )
        found.bars.append(Bar(f"certificate of {lines:,} lines", took, limit, "s", at_most=True))
    columns = ["lines", "pieces", "runs", "CPU seconds", "pieces/s"]
    found.tables.append(Table("Time to prove a plan", columns, rows))
    found.bars.append(Bar("breaches named in sound plans", alarms, 0, "wrong", at_most=True))
    return found


def _planted(found: Section, seed: int) -> None:
    tried: Counter[str] = Counter()
    named: Counter[str] = Counter()
    kinds: set[str] = set()
    for number in range(PLANS):
        mutation = MUTATIONS[number % len(MUTATIONS)]
        problem, proposal = planted(mutation, *sound(), random.Random(f"{seed} {number}"))
        tried[mutation.kind] += 1
        breaches = {breach.kind for breach in certify(problem, proposal).breaches}
        if mutation.kind in breaches:
            named[mutation.kind] += 1
            kinds.add(mutation.name)
    found.bars += [
        Bar("kinds of planted breaches found and named", len(kinds), 40, "configurations"),
        Bar(f"of {PLANS:,} mutated plans, not named", PLANS - named.total(), 0, "wrong", at_most=True),
    ]
    rows = [[kind, str(tried[kind]), str(named[kind])] for kind in sorted(tried)]
    found.tables.append(Table("Planted breaches by kind", ["kind", "planted", "named"], rows))
    found.raw["mutations"] = {"different": len(MUTATIONS), "plans": PLANS, "named": named.total()}


def _alarms(seed: int, *, plans: int) -> int:
    """Breaches named in sound plans."""
    problem, proposal = sound()
    breaches = len(certify(problem, proposal).breaches)
    for number in range(plans):
        problem = generated(40 + number, seed + number)
        breaches += len(certify(problem, propose(problem, seed=number)).breaches)
    return breaches


def large(lines: int) -> tuple[Problem, Proposal]:
    """A sound plan of so many lines of three pieces, one run after the other on each laser; two runs share
    each load of the oven of their cell."""
    cells = -(-lines // LINES_A_CELL)
    days = eight_hours_a_day(30)
    shop = Shop(
        work_centres=(
            WorkCentre("laser", "Lasers", "bed", "engrave", 60),
            WorkCentre("oven", "Ovens", "batch", "cure", 300, capacity=2 * PIECES_A_RUN),
            WorkCentre("pack", "Packing", "bench", "pack"),
        ),
        machines=tuple(machine for cell in range(cells) for machine in _cell(cell)),
        calendars=(Calendar("day", days),),
        setups=(SetupRule("laser", None, "oak", 300), SetupRule("oven", None, "cure", 300)),
        materials=(Stock("oak", lines, "sheet", 900_000, 600_000),),
        now=MONDAY - HOUR,
    )
    routing = (Step(1, "laser", "oak", 60), Step(2, "oven", "cure", 1200), Step(3, "pack", "", 30))
    part = (Part("board", 120_000, 110_000),)
    due = days[-1][1]
    units = tuple(
        Unit(f"u{n}-{p}", f"l{n}", f"o{n}", due, 0, part, "oak", routing, ())
        for n in range(lines)
        for p in range(PIECES_A_LINE)
    )
    runs: list[Run] = []
    operations: list[Operation] = []
    a_cell = LINES_A_CELL * PIECES_A_LINE
    for cell in range(cells):
        mine = [unit.id for unit in units[cell * a_cell : (cell + 1) * a_cell]]
        groups = [tuple(mine[n : n + PIECES_A_RUN]) for n in range(0, len(mine), PIECES_A_RUN)]
        for number in range(0, len(groups), 2):
            _pair(cell, number // 2, groups[number : number + 2], runs, operations, due)
    problem = Problem(shop, units)
    return problem, Proposal(tuple(runs), tuple(operations), (), (), measure(problem, runs, operations, 0))


def _cell(cell: int) -> list[Machine]:
    bed = (900_000, 600_000, 5_000, 3_000, 100, "day", "")
    bare = (0, 0, 0, 0, 100, "day", "")
    return [
        Machine(f"laser-{cell}-0", "laser", *bed),
        Machine(f"laser-{cell}-1", "laser", *bed),
        Machine(f"oven-{cell}", "oven", *bare),
        Machine(f"pack-{cell}", "pack", *bare),
    ]


def _pair(
    cell: int,
    number: int,
    groups: list[tuple[str, ...]],
    runs: list[Run],
    operations: list[Operation],
    due: int,
) -> None:
    """Two runs side by side on the lasers of a cell, then in one load, then packed: two hours, four a day."""
    day, slot = divmod(number, 3)
    begin = MONDAY + day * 24 * HOUR + slot * 2 * HOUR
    cured = begin + HOUR
    for laser, units in enumerate(groups):
        name = f"r{cell}-{number}-{laser}"
        placements = tuple(
            Placement(
                unit, "board", 1, 5_000 + n % 6 * 123_000, 5_000 + n // 6 * 113_000, 120_000, 110_000, False
            )
            for n, unit in enumerate(units)
        )
        sheet = Sheet("oak", 900_000, 600_000, placements)
        runs.append(Run(name, Key("laser", "oak", "oak", 1), units, (sheet,), due, "One after the other."))
        setup = 300 if number == 0 else 0
        engraved = begin + setup
        seconds = 60 * len(units) + 60
        pack = cured + 1800 + laser * 1200
        load = f"load-{cell}-{number}"
        operations += [
            Operation(
                name, 1, "laser", "oak", f"laser-{cell}-{laser}", units, seconds, begin, engraved,
                engraved + seconds,
            ),
            Operation(
                name, 2, "oven", "cure", f"oven-{cell}", units, 1500, cured, cured + setup,
                cured + setup + 1500, load=load,
            ),
            Operation(
                name, 3, "pack", "", f"pack-{cell}", units, 30 * len(units), pack, pack,
                pack + 30 * len(units),
            ),
        ]  # fmt: skip
