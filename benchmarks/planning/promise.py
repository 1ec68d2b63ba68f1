"""Dates that are promised: how long an answer takes, and whether what was promised is kept.

The small workshop. Speed: a plan of 1,000 open lines, 300 different configurations asked one after the other,
each with its sooner dates; the capacity is prepared once, as a process keeps it. CPU milliseconds.

Replay: lines come one after the other through the days, at about three quarters of what the workshop can
make. Each is promised with what was promised before it in place, one in ten takes a sooner date; twice a day
everything that has not begun is planned anew, and what begins before the next plan is released and stays.
Nothing breaks and nobody helps. A promise is kept when the last piece of its line ends by it.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import quantiles

from benchmarks.bars import Bar, Section, Table
from benchmarks.planning.environment import the_product
from benchmarks.planning.sizes import Scale
from benchmarks.planning.workshop import generated
from production.engine.certificate import certify
from production.engine.planning import iterations, propose
from production.engine.promising import (
    Busy,
    Capacity,
    Choice,
    Load,
    OpenRun,
    OpenSheet,
    earliest,
    prepare,
)
from production.engine.proposal import FrozenOperation, Limits, Operation, Problem, Proposal, Run
from production.engine.shop import Calendar, Shop
from production.engine.work import Unit, Work
from tests.workshops import DAY, eight_hours_a_day, shelf, sign, sign_shop

OPEN_LINES = 1_000
ASKED = 300
A_PLAN = 40  # promises between two plans
SOONER = 0.1  # of the lines take a sooner date where one is offered
RUSHED = 4  # the weight of a line that paid for its date


def section(scale: Scale) -> Section:
    found = Section("promise", "Promises")
    found.notes.append((__doc__ or "").strip())
    lines = OPEN_LINES if scale.large else 400
    asked = ASKED if scale.large else 80
    plain = answered(lines, asked, scale.seed)
    with the_product() as product:
        compiled, _ = product.call("benchmarks.planning.promise:answered", lines, asked, scale.seed)
    rows = [_row("plain Python", plain), _row("compiled", compiled)]
    columns = ["", "answers", "median, ms", "p95, ms", "slowest, ms"]
    found.tables.append(Table(f"A date with its sooner ones, {lines:,} open lines", columns, rows))
    found.bars += [
        Bar("promise: p95 in plain Python", 1000 * _p95(plain), 150, "ms", at_most=True),
        Bar("promise: p95 compiled", 1000 * _p95(compiled), 20, "ms", at_most=True),
    ]
    replayed = replay(10_000 if scale.large else 400, seed=scale.seed)
    columns = ["promised", "sooner", "joined", "plans", "late", "breaches"]
    columns += ["nearest to late, h", "median early, h"]
    found.tables.append(Table("Promises replayed", columns, [replayed.row()]))
    found.bars += [
        Bar("promise: promises not kept", replayed.late, 0, "wrong", at_most=True),
        Bar("promise: breaches in plans of promises", replayed.breaches, 0, "wrong", at_most=True),
    ]
    return found


def _p95(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=20, method="inclusive")[18]


def _row(name: str, seconds: Sequence[float]) -> list[str]:
    middle = sorted(seconds)[len(seconds) // 2]
    figures = (middle, _p95(seconds), max(seconds))
    return [name, f"{len(seconds):,}", *(f"{each * 1000:.2f}" for each in figures)]


# --- speed ------------------------------------------------------------------------------------------------


def answered(lines: int, asked: int, seed: int) -> list[float]:
    """CPU seconds of each answer, with so many lines in the plan."""
    problem = generated(int(lines * 3.5), seed)
    problem = replace(problem, units=_first_lines(problem.units, lines))
    capacity = capacity_of(problem.shop, propose(problem, seed=seed, stop=iterations(0)))
    chance = random.Random(seed)
    seconds = []
    for number in range(asked):
        unit = _wanted(number, chance)
        work = Work(unit.parts, unit.sheet_material, unit.routing, unit.materials)
        quantity = chance.randint(1, 6)
        begun = time.process_time()
        earliest(work, quantity, capacity, sooner=True)
        seconds.append(time.process_time() - begun)
    return seconds


def _first_lines(units: Sequence[Unit], lines: int) -> tuple[Unit, ...]:
    kept = set(list(dict.fromkeys(unit.line for unit in units))[:lines])
    return tuple(unit for unit in units if unit.line in kept)


def _wanted(number: int, chance: random.Random) -> Unit:
    if chance.random() < 0.15:
        return shelf(number, boards=chance.randint(1, 6), width=chance.randint(40, 120) * 10)
    return sign(
        number,
        material=chance.choice(("oak", "walnut")),
        width=chance.randint(80, 380),
        height=chance.randint(50, 250),
        finish=chance.choice((None, "oil", "wax")),
        seconds=chance.randint(40, 300),
    )


def capacity_of(
    shop: Shop, plan: Proposal | None, *, frozen: Sequence[FrozenOperation] = (), held: Sequence[Busy] = ()
) -> Capacity:
    """The capacity as the product reads it: the plan's runs are open, what is frozen stays."""
    runs = {run.id: run for run in plan.runs} if plan is not None else {}
    busy = [
        Busy(
            o.machine, o.setup_start, o.start, o.end, o.setup_family, (o.run,), o.step, o.seconds,
            runs[o.run].due, fixed=False, load=o.load, operator=o.operator, tool=o.tool,
        )
        for o in (plan.operations if plan is not None else ())
    ]  # fmt: skip
    busy += [Busy(f.machine, f.setup_start, f.start, f.end, f.setup_family) for f in frozen]
    return prepare(
        shop,
        Load(busy=tuple(busy), runs=tuple(_open(run) for run in runs.values()), held=tuple(held)),
        review_seconds=Limits().review_seconds,
    )


def _open(run: Run) -> OpenRun:
    sheets = tuple(
        OpenSheet(
            sheet.width_um,
            sheet.height_um,
            tuple((p.x_um, p.y_um, p.width_um, p.height_um) for p in sheet.placements),
        )
        for sheet in run.sheets
    )
    return OpenRun(run.id, run.key, sheets, run.due)


# --- replay -----------------------------------------------------------------------------------------------


@dataclass
class Replay:
    """`early` are the seconds by which each line is done before its promise (below 0: late)."""

    promised: int = 0
    sooner: int = 0
    joined: int = 0
    plans: int = 0
    breaches: int = 0
    early: list[int] = field(default_factory=list)

    @property
    def late(self) -> int:
        return self.promised - sum(each >= 0 for each in self.early)

    def row(self) -> list[str]:
        counts = (self.promised, self.sooner, self.joined, self.plans, self.late, self.breaches)
        early = sorted(self.early)
        hours = (early[0] / 3600, early[len(early) // 2] / 3600)
        return [*(f"{each:,}" for each in counts), *(f"{each:.1f}" for each in hours)]


@dataclass
class _Floor:
    """The workshop while promises are replayed."""

    shop: Shop
    waiting: dict[str, Unit] = field(default_factory=dict)
    due: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    frozen: list[FrozenOperation] = field(default_factory=list)
    plan: Proposal | None = None
    held: list[Busy] = field(default_factory=list)


def replay(promises: int, *, seed: int) -> Replay:
    """So many promises, one after the other, planned and made."""
    chance, told = random.Random(seed), Replay()
    floor = _Floor(_workshop(promises))
    while told.promised < promises:
        for _ in range(min(A_PLAN, promises - told.promised)):
            _promise(floor, told, chance)
        _plan(floor, told, until=floor.shop.now + DAY // 2)
    _plan(floor, told, until=1 << 62)
    told.early = [floor.due[line] - end for line, end in floor.ends.items()]
    return told


def _workshop(promises: int) -> Shop:
    shop = sign_shop()
    days = 60 + promises // A_PLAN
    plenty = tuple(replace(stock, on_hand=10_000_000) for stock in shop.materials)
    return replace(shop, materials=plenty, calendars=(Calendar("day", eight_hours_a_day(days)),))


def _promise(floor: _Floor, told: Replay, chance: random.Random) -> None:
    number = told.promised
    unit, quantity = _wanted(number, chance), chance.randint(1, 4)
    work = Work(unit.parts, unit.sheet_material, unit.routing, unit.materials)
    hurries = chance.random() < SOONER
    capacity = capacity_of(floor.shop, floor.plan, frozen=floor.frozen, held=floor.held)
    answer = earliest(work, quantity, capacity, sooner=hurries)
    choice: Choice = answer.choices[-1] if hurries else answer.choices[0]
    due = -(-choice.ready_at // 900) * 900
    told.promised += 1
    told.sooner += choice is not answer.choices[0]
    told.joined += bool(choice.joins)
    floor.held += choice.busy
    line = f"line-{number}"
    floor.due[line] = due
    weight = RUSHED if choice is not answer.choices[0] else 1
    for piece in range(quantity):
        name = f"{line}:{piece}"
        floor.waiting[name] = replace(unit, id=name, line=line, order=line, due=due, release=0, weight=weight)


def _plan(floor: _Floor, told: Replay, *, until: int) -> None:
    """A plan of everything that has not begun; what begins before ``until`` is released."""
    problem = Problem(floor.shop, tuple(floor.waiting.values()), frozen=tuple(floor.frozen))
    plan = propose(problem, seed=told.plans, stop=iterations(0))
    told.plans += 1
    if told.plans % 10 == 1:
        told.breaches += len(certify(problem, plan).breaches)
    of_run: dict[str, list[Operation]] = {}
    for operation in plan.operations:
        of_run.setdefault(operation.run, []).append(operation)
    begun = {
        run
        for run, operations in of_run.items()
        if min(o.setup_start for o in operations) < until + Limits().review_seconds
    }
    for run in begun:
        _release(floor, f"{told.plans}-{run}", of_run[run])
    floor.plan = replace(
        plan,
        runs=tuple(run for run in plan.runs if run.id not in begun),
        operations=tuple(o for o in plan.operations if o.run not in begun),
    )
    floor.held.clear()
    _go_on(floor, until)


def _release(floor: _Floor, run: str, operations: Sequence[Operation]) -> None:
    ordered = sorted(operations, key=lambda o: (o.step, o.start))
    for number, o in enumerate(ordered):
        before = tuple(f"{run}:{n}" for n, other in enumerate(ordered[:number]) if other.step < o.step)
        floor.frozen.append(
            FrozenOperation(
                f"{run}:{number}", run, o.step, o.work_centre, o.machine, o.setup_family, o.seconds,
                o.setup_start, o.start, o.end, after=before,
            )
        )  # fmt: skip
        for unit in o.units:
            line = unit.rpartition(":")[0]
            floor.ends[line] = max(floor.ends.get(line, 0), o.end)
            floor.waiting.pop(unit, None)


def _go_on(floor: _Floor, until: int) -> None:
    """Time goes on: what has ended leaves its machine set up, what goes on has started."""
    states = {}
    for frozen in sorted(floor.frozen, key=lambda f: f.end):
        if frozen.end <= until:
            states[frozen.machine] = frozen.setup_family
    floor.frozen = [replace(f, started=f.setup_start < until) for f in floor.frozen if f.end > until]
    machines = tuple(replace(m, setup_state=states.get(m.code, m.setup_state)) for m in floor.shop.machines)
    if until < 1 << 62:
        floor.shop = replace(floor.shop, machines=machines, now=until)
