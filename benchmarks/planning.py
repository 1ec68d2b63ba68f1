"""``manage.py bench planning``: pieces and lines a second, planned and certified.

Generated signs and shelves with sizes, materials and promises by a seed, in a small workshop, as values: no
database. A line is an order's position of one to six equal pieces. CPU seconds of this process, so that
what else the machine does counts little.
"""

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import replace

from production.engine.certificate import certify
from production.engine.planning import iterations, propose
from production.engine.proposal import Problem
from production.engine.work import Unit
from production.planning import ITERATIONS
from tests.workshops import DAY, MONDAY, shelf, sign, sign_shop

SIZES = (500, 2_000)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py bench planning", description=__doc__.split("\n")[0])
    parser.add_argument("--units", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    print_table(options.units, seed=options.seed)
    return 0


def print_table(sizes: Sequence[int], *, seed: int) -> None:
    """A row for each number of units; raises ``SystemExit`` when a plan is not certified."""
    print(f"planning, generated signs and shelves, seed {seed}, {ITERATIONS} schedules each, CPU seconds")
    print("  units   lines    runs  listed  propose  certify   lines/s  pieces/s")
    for size in sizes:
        problem = generated(size, seed)
        begun = time.process_time()
        proposal = propose(problem, seed=seed, stop=iterations(ITERATIONS))
        proposed = time.process_time()
        certificate = certify(problem, proposal)
        ended = time.process_time()
        if not certificate.ok:
            raise SystemExit(f"The plan of {size} units is not certified: {certificate.breaches[0]}")
        planned = {unit for run in proposal.runs for unit in run.units}
        lines = len({unit.line for unit in problem.units if unit.id in planned})
        took = ended - begun
        print(
            f"{size:7d} {lines:7d} {len(proposal.runs):7d} {len(proposal.unplanned):7d} "
            f"{proposed - begun:8.2f} {ended - proposed:8.2f} {lines / took:9.0f} {len(planned) / took:9.0f}"
        )


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
