"""Pieces and lines a second, planned and certified: a small workshop, as values, no database.

Generated signs and shelves with sizes, materials and promises by a seed. A line is an order's position of one
to six equal pieces. CPU seconds of this process.
"""

import random
import time
from dataclasses import replace

from benchmarks.bars import Bar, Section, Table
from benchmarks.planning.sizes import Scale
from production.engine.certificate import certify
from production.engine.planning import iterations, propose
from production.engine.proposal import Problem
from production.engine.work import Unit
from tests.workshops import DAY, MONDAY, shelf, sign, sign_shop

SIZES = (500, 2_000)
ITERATIONS = 60


def section(scale: Scale) -> Section:
    """A row for each number of pieces; a plan with a breach is counted, not timed."""
    found = Section("workshop", "A small workshop")
    found.notes.append((__doc__ or "").strip())
    rows, breaches = [], 0
    for size in SIZES if scale.large else SIZES[:1]:
        problem = generated(size, scale.seed)
        begun = time.process_time()
        proposal = propose(problem, seed=scale.seed, stop=iterations(ITERATIONS))
        proposed = time.process_time()
        certificate = certify(problem, proposal)
        ended = time.process_time()
        breaches += len(certificate.breaches)
        planned = {unit for run in proposal.runs for unit in run.units}
        lines = len({unit.line for unit in problem.units if unit.id in planned})
        took = ended - begun
        figures = (size, lines, len(proposal.runs), len(proposal.unplanned))
        times = (f"{proposed - begun:.2f}", f"{ended - proposed:.2f}")
        speeds = (f"{lines / took:,.0f}", f"{len(planned) / took:,.0f}")
        rows.append([*(f"{each:,}" for each in figures), *times, *speeds])
    columns = ["pieces", "lines", "runs", "listed", "propose, s", "certify, s", "lines/s", "pieces/s"]
    found.tables.append(Table(f"{ITERATIONS} schedules each", columns, rows))
    found.bars.append(Bar("breaches in plans of the workshop", breaches, 0, "wrong", at_most=True))
    return found


def generated(size: int, seed: int) -> Problem:
    """So many units in the small workshop with enough material."""
    chance = random.Random(seed)
    units: list[Unit] = []
    while len(units) < size:
        line, due = f"line-{len(units)}", MONDAY + chance.randint(3, 20) * DAY
        if chance.random() < 0.15:
            model = shelf(0, boards=chance.randint(1, 6), width=chance.randint(40, 120) * 10, due=due)
        else:
            model = sign(
                0,
                material=chance.choice(("oak", "walnut")),
                width=chance.randint(80, 380),
                height=chance.randint(50, 250),
                finish=chance.choice((None, "oil", "wax")),
                due=due,
                seconds=chance.randint(40, 300),
            )
        for _ in range(min(chance.randint(1, 6), size - len(units))):
            units.append(replace(model, id=f"unit-{len(units)}", line=line, order=line))
    shop = sign_shop()
    plenty = tuple(replace(stock, on_hand=1_000_000) for stock in shop.materials)
    return Problem(replace(shop, materials=plenty), tuple(units))
