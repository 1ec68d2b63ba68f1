"""Repair after a breakdown: the printer that has most to do stops for four hours in the middle of a plan.

The plan is the product's own for the made-up plant; an hour later the machine is out for four. The first
answer only puts work off (`repairing.right_shift`), the second is what the search finds of the same problem
with moves counted as a cost (`repairing.improve`). Both pass the certificate before they count. Costs are the
same sum for both, moves included; a future run has changed machine when one of its steps goes elsewhere.
Wall clock for the first answer with its certificate, as staff wait for it, in Python; the search of the full
run has compiled kernels.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from benchmarks.bars import Bar, Section, Table
from benchmarks.planning.environment import the_product
from benchmarks.planning.plant import HOUR, plant
from benchmarks.planning.sizes import Scale
from production.engine.certificate import certify
from production.engine.planning import iterations, propose
from production.engine.proposal import Problem, Proposal, Zones
from production.engine.repairing import improve, right_shift

MOVED = 150  # as measured best for this plant: an operation of the near plan that moves
ROUNDS = {True: 20_000, False: 500}
PROPOSE = "production.engine.planning:propose"
IMPROVE = "production.engine.repairing:improve"
LINES = {True: (200, 1_000), False: (200,)}


def section(scale: Scale) -> Section:
    """A row a size. Bars of the largest."""
    found = Section("repair", "Repair after a breakdown")
    found.notes.append((__doc__ or "").strip())
    rows = []
    with ExitStack() as stack:
        search = _search(stack, scale)
        for lines in LINES[scale.large]:
            problem, machine = _broken(plant(lines, seed=scale.seed), search)
            begun = time.perf_counter()
            first = right_shift(problem)
            wrong = len(certify(problem, first).breaches)
            waited = time.perf_counter() - begun
            better = search(IMPROVE, problem, first)
            wrong += len(certify(problem, better).breaches)
            changed, runs = _changed(problem, better)
            ratio = better.kpis.terms.cost / max(first.kpis.terms.cost, 1)
            rows.append(
                (
                    f"{lines:,}",
                    machine,
                    f"{waited:.2f}",
                    f"{first.kpis.terms.cost:,}",
                    f"{better.kpis.terms.cost:,}",
                    f"{ratio:.2f}x",
                    f"{changed} of {runs}",
                    str(wrong),
                )
            )
    found.tables.append(
        Table(
            "A printer is out for four hours",
            [
                "lines",
                "machine",
                "first answer, s",
                "put off",
                "repaired",
                "cost",
                "to another machine",
                "wrong",
            ],
            rows,
        )
    )
    found.bars += [
        Bar("repair: first valid answer", waited, 1, "s", at_most=True),
        Bar("repair: cost over putting off", ratio, 0.6, at_most=True),
        Bar("repair: future runs that change machine", 100 * changed / max(runs, 1), 15, "%", at_most=True),
        Bar("repair: breaches of both answers", wrong, 0, "wrong", at_most=True),
    ]
    return found


def _search(stack: ExitStack, scale: Scale) -> Callable[..., Proposal]:
    """What asks the planner for so many schedules: with compiled kernels in the full run."""
    if scale.large:
        product = stack.enter_context(the_product())

        def compiled(name: str, *asked: Any) -> Proposal:
            found: Proposal = product.call(name, *asked, seed=scale.seed, tries=ROUNDS[True])[0]
            return found

        return compiled
    functions: dict[str, Callable[..., Proposal]] = {PROPOSE: propose, IMPROVE: improve}
    return lambda name, *asked: functions[name](*asked, seed=scale.seed, stop=iterations(ROUNDS[False]))


def _broken(asked: Problem, search: Callable[..., Proposal]) -> tuple[Problem, str]:
    """The problem an hour later, with the busiest machine of the next hours out for four."""
    base = search(PROPOSE, asked)
    now = asked.shop.now + HOUR
    begun = {unit for o in base.operations if o.setup_start < now for unit in o.units}
    units = tuple(unit for unit in asked.units if unit.id not in begun)
    left = {unit.id for unit in units}
    future = replace(
        base,
        runs=tuple(run for run in base.runs if left.issuperset(run.units)),
        operations=tuple(o for o in base.operations if left.issuperset(o.units)),
        unplanned=(),
    )
    load: dict[str, int] = {}
    for o in future.operations:
        if o.start < now + 4 * HOUR:
            load[o.machine] = load.get(o.machine, 0) + o.seconds
    printers = {code: seconds for code, seconds in load.items() if code.startswith("uv")}
    hit = max(printers or load, key=lambda code: (load[code], code))
    shop = replace(
        asked.shop,
        now=now,
        machines=tuple(
            replace(machine, stops=((now, now + 4 * HOUR),)) if machine.code == hit else machine
            for machine in asked.shop.machines
        ),
    )
    problem = replace(
        asked,
        shop=shop,
        units=units,
        limits=replace(asked.limits, review_seconds=0),
        weights=replace(asked.weights, moved=MOVED),
        zones=Zones(slushy_until=now + 30 * 24 * HOUR),  # the whole plan is firm
        base=future,
    )
    return problem, hit


def _changed(problem: Problem, after: Proposal) -> tuple[int, int]:
    """How many runs of the base plan have a step on another machine now, and of how many."""
    assert problem.base is not None
    machine = {(unit, o.step): o.machine for o in after.operations for unit in o.units}
    moved = {
        o.run
        for o in problem.base.operations
        if any(machine.get((unit, o.step), o.machine) != o.machine for unit in o.units)
    }
    return len(moved), len(problem.base.runs)
