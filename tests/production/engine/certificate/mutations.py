"""Breaches of every kind, planted into the sound plan of the plant that uses every mode.

Each mutation takes problem, proposal and a random number generator that chooses where and by how much, and
gives back both with one thing wrong. The figures are reckoned anew, so that no breach is found by them alone.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple

from production.engine.proposal import (
    FrozenOperation,
    Kpis,
    LotUse,
    Operation,
    Placement,
    Problem,
    Proposal,
    Run,
    Sheet,
    Terms,
    Unplanned,
)
from production.engine.shop import Machine, Offcut, Stock
from production.engine.work import Step, Unit, Use
from tests.production.engine.certificate.plant import at, remeasured
from tests.workshops import DAY, HOUR

Answer = tuple[Problem, Proposal]
Change = Callable[[Problem, Proposal, random.Random], Answer]


class Mutation(NamedTuple):
    """``name`` says what is planted; ``kind`` is how the certificate has to name it."""

    name: str
    kind: str
    plant: Change
    keeps_figures: bool = False


MUTATIONS: list[Mutation] = []


def plants(kind: str, *, keeps_figures: bool = False) -> Callable[[Change], Change]:
    def register(change: Change) -> Change:
        MUTATIONS.append(Mutation(change.__name__, kind, change, keeps_figures))
        return change

    return register


def planted(mutation: Mutation, problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    problem, proposal = mutation.plant(problem, proposal, chance)
    return problem, proposal if mutation.keeps_figures else remeasured(problem, proposal)


# --- small changes ----------------------------------------------------------------------------------------


def changed(thing: Any, **changes: Any) -> Any:
    """``replace`` where the names of the fields are only known then."""
    return replace(thing, **changes)


def with_run(proposal: Proposal, old: Run, new: Run) -> Proposal:
    return replace(proposal, runs=tuple(new if run is old else run for run in proposal.runs))


def with_operation(proposal: Proposal, old: Operation, **changes: Any) -> Proposal:
    new = changed(old, **changes)
    return replace(proposal, operations=tuple(new if o is old else o for o in proposal.operations))


def with_shop(problem: Problem, **changes: Any) -> Problem:
    return replace(problem, shop=changed(problem.shop, **changes))


def with_machine(problem: Problem, code: str, **changes: Any) -> Problem:
    machines = tuple(changed(m, **changes) if m.code == code else m for m in problem.shop.machines)
    return with_shop(problem, machines=machines)


def with_stock(problem: Problem, code: str, change: Callable[[Stock], Stock]) -> Problem:
    materials = tuple(change(s) if s.material == code else s for s in problem.shop.materials)
    return with_shop(problem, materials=materials)


def with_units(problem: Problem, names: Sequence[str], change: Callable[[Unit], Unit]) -> Problem:
    return replace(problem, units=tuple(change(u) if u.id in names else u for u in problem.units))


def with_steps(problem: Problem, number: int, **changes: Any) -> Problem:
    def change(unit: Unit) -> Unit:
        steps: tuple[Step, ...] = tuple(
            changed(step, **changes) if step.step == number else step for step in unit.routing
        )
        return replace(unit, routing=steps)

    return with_units(problem, [unit.id for unit in problem.units], change)


def shifted(operation: Operation, seconds: int) -> dict[str, int]:
    return {name: getattr(operation, name) + seconds for name in ("setup_start", "start", "end")}


def the(proposal: Proposal, run: str, step: int) -> Operation:
    return next(o for o in proposal.operations if (o.run, o.step) == (run, step))


def run_of(proposal: Proposal, name: str) -> Run:
    return next(run for run in proposal.runs if run.id == name)


def some_sheet(proposal: Proposal, chance: random.Random) -> tuple[Run, int]:
    run = chance.choice([run for run in proposal.runs if run.sheets])
    return run, chance.randrange(len(run.sheets))


def with_sheet(proposal: Proposal, run: Run, number: int, **changes: Any) -> Proposal:
    sheets: list[Sheet] = list(run.sheets)
    sheets[number] = replace(sheets[number], **changes)
    return with_run(proposal, run, replace(run, sheets=tuple(sheets)))


def with_placement(
    proposal: Proposal, chance: random.Random, change: Callable[[Sheet, Placement], Placement]
) -> Proposal:
    run, number = some_sheet(proposal, chance)
    sheet = run.sheets[number]
    placements = list(sheet.placements)
    index = chance.randrange(len(placements))
    placements[index] = change(sheet, placements[index])
    return with_sheet(proposal, run, number, placements=tuple(placements))


# --- coverage ---------------------------------------------------------------------------------------------


@plants("unit-lost")
def unit_without_an_answer(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = chance.choice([run for run in proposal.runs if len(run.units) > 1])
    gone = chance.choice(run.units)
    return problem, with_run(proposal, run, replace(run, units=tuple(u for u in run.units if u != gone)))


@plants("unit-lost")
def line_lost_with_all_its_traces(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    planned = {unit for run in proposal.runs for unit in run.units}
    line = chance.choice(sorted({unit.line for unit in problem.units if unit.id in planned}))
    gone = {unit.id for unit in problem.units if unit.line == line}
    runs = [
        replace(
            run,
            units=tuple(u for u in run.units if u not in gone),
            sheets=tuple(
                replace(s, placements=tuple(p for p in s.placements if p.unit not in gone))
                for s in run.sheets
            ),
        )
        for run in proposal.runs
    ]
    operations = [replace(o, units=tuple(u for u in o.units if u not in gone)) for o in proposal.operations]
    return problem, replace(
        proposal,
        runs=tuple(run for run in runs if run.units),
        operations=tuple(o for o in operations if o.units),
    )


@plants("unit-lost")
def unplanned_unit_not_listed(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    gone = chance.choice(proposal.unplanned)
    return problem, replace(proposal, unplanned=tuple(u for u in proposal.unplanned if u != gone))


@plants("unit-twice")
def line_doubled_in_another_run(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one, other = chance.sample(proposal.runs, 2)
    return problem, with_run(proposal, one, replace(one, units=(*one.units, chance.choice(other.units))))


@plants("unit-twice")
def planned_and_listed(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    unit = chance.choice(chance.choice(proposal.runs).units)
    listed = Unplanned(unit, "no-machine", "Said to be unplanned as well.")
    return problem, replace(proposal, unplanned=(*proposal.unplanned, listed))


@plants("unit-unknown")
def stranger_in_a_run(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = chance.choice(proposal.runs)
    return problem, with_run(proposal, run, replace(run, units=(*run.units, "stranger")))


@plants("unit-waits")
def planned_before_its_file_is_ready(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    unit = chance.choice(chance.choice(proposal.runs).units)
    return with_units(problem, [unit], lambda u: replace(u, waits="Its file is made.")), proposal


@plants("together-split")
def shipment_planned_in_part(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = run_of(proposal, "r2")
    left = chance.choice(run.units)
    proposal = with_run(proposal, run, replace(run, units=tuple(u for u in run.units if u != left)))
    return problem, replace(
        proposal, unplanned=(*proposal.unplanned, Unplanned(left, "material-short", "No varnish."))
    )


@plants("reason-missing")
def unplanned_without_a_reason(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice(proposal.unplanned)
    bare = changed(one, **{chance.choice(("code", "text")): ""})
    return problem, replace(proposal, unplanned=tuple(bare if u is one else u for u in proposal.unplanned))


@plants("reason-wrong")
def reason_that_does_not_hold(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = next(u for u in proposal.unplanned if u.unit == "card-52")
    wrong = replace(one, code="waits", text="Said to wait.")
    return problem, replace(proposal, unplanned=tuple(wrong if u is one else u for u in proposal.unplanned))


@plants("reason-wrong")
def material_said_to_be_unknown(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = next(u for u in proposal.unplanned if u.unit == "card-51")
    wrong = replace(one, code="material-unknown", text="No card.")
    return problem, replace(proposal, unplanned=tuple(wrong if u is one else u for u in proposal.unplanned))


@plants("run-empty")
def run_without_units(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    empty = replace(chance.choice(proposal.runs), id="r99", units=(), sheets=(), lots=())
    return problem, replace(proposal, runs=(*proposal.runs, empty))


@plants("run-twice")
def two_runs_of_one_name(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one, other = chance.sample(proposal.runs, 2)
    return problem, with_run(proposal, one, replace(one, id=other.id))


# --- what goes together -----------------------------------------------------------------------------------


@plants("key-mismatch")
def run_said_to_be_of_another_set_up(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = chance.choice(proposal.runs)
    return problem, with_run(proposal, run, replace(run, key=replace(run.key, setup_family="else")))


@plants("key-mismatch")
def unit_of_another_material_in_the_run(
    problem: Problem, proposal: Proposal, chance: random.Random
) -> Answer:
    unit = chance.choice(run_of(proposal, "r1").units)
    return with_units(problem, [unit], lambda u: replace(u, sheet_material="card")), proposal


@plants("due-mismatch")
def run_due_a_second_later(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = chance.choice(proposal.runs)
    return problem, with_run(proposal, run, replace(run, due=(run.due or 0) + chance.choice((-1, 1))))


# --- geometry ---------------------------------------------------------------------------------------------


@plants("part-lost")
def part_on_no_sheet(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run, number = some_sheet(proposal, chance)
    placements = list(run.sheets[number].placements)
    placements.pop(chance.randrange(len(placements)))
    return problem, with_sheet(proposal, run, number, placements=tuple(placements))


@plants("part-twice")
def part_on_two_places(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run, number = some_sheet(proposal, chance)
    placements = run.sheets[number].placements
    return problem, with_sheet(
        proposal, run, number, placements=(*placements, replace(chance.choice(placements), x_um=1_000_000))
    )


@plants("part-unknown")
def part_that_nobody_has(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    name, value = chance.choice((("part", "lid"), ("copy", 9), ("unit", "oak-99"), ("copy", 0)))
    return problem, with_placement(proposal, chance, lambda _, p: changed(p, **{name: value}))


@plants("part-size")
def part_a_tenth_of_a_millimetre_off(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    side = chance.choice(("width_um", "height_um"))
    return problem, with_placement(
        proposal, chance, lambda _, p: changed(p, **{side: getattr(p, side) - chance.choice((1, 100))})
    )


@plants("part-shape")
def part_with_a_corner_cut_off(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    return problem, with_placement(
        proposal,
        chance,
        lambda _, p: changed(
            p, outline=((0, 0), (p.width_um, 0), (p.width_um, p.height_um - 100), (0, p.height_um))
        ),
    )


@plants("part-turned")
def part_turned_that_may_not_be(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = run_of(proposal, "r3")
    sheet = run.sheets[0]
    index = chance.randrange(len(sheet.placements))
    placements = list(sheet.placements)
    p = placements[index]
    placements[index] = replace(p, width_um=p.height_um, height_um=p.width_um, rotated=True)
    return problem, with_sheet(proposal, run, 0, placements=tuple(placements))


@plants("sheet-size")
def sheet_a_micrometre_larger(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = chance.choice([run for run in proposal.runs if run.sheets and not run.sheets[0].offcut])
    side = chance.choice(("width_um", "height_um"))
    return problem, with_sheet(proposal, run, 0, **{side: getattr(run.sheets[0], side) + 1})


@plants("sheet-size")
def sheet_of_another_material(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run, number = some_sheet(proposal, chance)
    other = "card" if run.key.material == "oak" else "oak"
    return problem, with_sheet(proposal, run, number, material=other)


@plants("sheet-empty")
def sheet_without_parts(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run, number = some_sheet(proposal, chance)
    empty = replace(run.sheets[number], placements=(), offcut="")
    return problem, with_run(proposal, run, replace(run, sheets=(*run.sheets, empty)))


@plants("outside-sheet")
def part_in_the_margin(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    """By a micrometre, or a tenth of a millimetre; the margin of the printer is wider."""
    side = chance.choice(("x_um", "y_um"))
    deep = chance.choice((1, 100))
    return problem, with_placement(proposal, chance, lambda _, p: changed(p, **{side: 5_000 - deep}))


@plants("outside-sheet")
def part_over_the_far_edge(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    side, size = chance.choice((("x_um", "width_um"), ("y_um", "height_um")))
    return problem, with_placement(
        proposal,
        chance,
        lambda sheet, p: changed(p, **{side: getattr(sheet, size) - getattr(p, size) - 4_900}),
    )


@plants("parts-overlap")
def gap_a_micrometre_too_small(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    code = chance.choice(("laser-1", "printer-1"))
    machine = next(m for m in problem.shop.machines if m.code == code)
    return with_machine(problem, code, gap_um=machine.gap_um + 1), proposal


@plants("parts-overlap")
def parts_on_each_other(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = chance.choice([run for run in proposal.runs if run.sheets and len(run.sheets[0].placements) > 1])
    one, other = chance.sample(run.sheets[0].placements, 2)
    moved = replace(one, x_um=other.x_um, y_um=other.y_um)
    placements = tuple(moved if p is one else p for p in run.sheets[0].placements)
    return problem, with_sheet(proposal, run, 0, placements=placements)


@plants("on-defect")
def part_on_a_defect(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    """By a micrometre at least; the part lies from 5 to 105 and 5 to 155 mm."""
    defect = (105_000 - chance.choice((1, 50_000)), chance.choice((0, 154_999)), 10_000, 6_000)
    offcuts: tuple[Offcut, ...] = tuple(
        replace(o, defects=(*o.defects, defect)) if o.code == "left-1" else o for o in problem.shop.offcuts
    )
    return with_shop(problem, offcuts=offcuts), proposal


@plants("offcut-unknown")
def left_over_that_is_not_there(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    return problem, with_sheet(proposal, run_of(proposal, "r4"), 0, offcut=f"left-{chance.randint(3, 9)}")


@plants("offcut-unknown")
def left_over_smaller_than_said(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    side = chance.choice(("width_um", "height_um"))
    offcuts = tuple(
        changed(o, **{side: getattr(o, side) - chance.choice((1, 100))}) if o.code == "left-1" else o
        for o in problem.shop.offcuts
    )
    return with_shop(problem, offcuts=offcuts), proposal


@plants("offcut-twice")
def left_over_used_twice(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = chance.choice([run_of(proposal, "r1"), run_of(proposal, "r5"), run_of(proposal, "r3")])
    return problem, with_sheet(proposal, run, 0, offcut="left-1")


# --- steps ------------------------------------------------------------------------------------------------


@plants("operation-lost")
def step_that_nobody_does(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    gone = chance.choice(proposal.operations)
    return problem, replace(proposal, operations=tuple(o for o in proposal.operations if o is not gone))


@plants("operation-lost")
def unit_passed_over_at_a_step(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    operation = chance.choice([o for o in proposal.operations if len(o.units) > 1])
    gone = chance.choice(operation.units)
    return problem, with_operation(proposal, operation, units=tuple(u for u in operation.units if u != gone))


@plants("operation-extra")
def step_done_twice(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice(proposal.operations)
    again = changed(one, **shifted(one, 5 * DAY), load="")
    return problem, replace(proposal, operations=(*proposal.operations, again))


@plants("operation-extra")
def operation_on_a_unit_of_another_run(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    operation = chance.choice(proposal.operations)
    other = chance.choice([run for run in proposal.runs if run.id != operation.run])
    return problem, with_operation(proposal, operation, units=(*operation.units, other.units[0]))


@plants("operation-extra")
def step_that_no_unit_has(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice(proposal.operations)
    return problem, replace(
        proposal, operations=(*proposal.operations, changed(one, **shifted(one, 5 * DAY), step=35, load=""))
    )


@plants("operation-split")
def one_step_of_a_run_in_two_places(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if len(o.units) > 1 and not o.load])
    cut = chance.randrange(1, len(one.units))
    later = changed(one, units=one.units[cut:], **shifted(one, 5 * DAY))
    parts = replace(one, units=one.units[:cut]), later
    left = tuple(o for o in proposal.operations if o is not one)
    return problem, replace(proposal, operations=(*left, *parts))


@plants("operation-unknown-run")
def operation_of_no_run(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    return problem, with_operation(proposal, chance.choice(proposal.operations), run="r99")


@plants("precedence")
def step_before_the_one_in_front_has_ended(
    problem: Problem, proposal: Proposal, chance: random.Random
) -> Answer:
    later = the(proposal, chance.choice(("r1", "r2", "r3", "r4", "r5")), 40)
    before = max((o for o in proposal.operations if o.run == later.run and o.step < 40), key=lambda o: o.end)
    return problem, with_operation(
        proposal, later, **shifted(later, before.end - later.start - chance.choice((1, 60)))
    )


@plants("lag-short")
def taken_on_a_second_too_soon(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    before, after = the(proposal, "r4", 20), the(proposal, "r4", 30)
    return with_steps(problem, 30, min_lag=after.start - before.end + chance.choice((1, 600))), proposal


@plants("lag-long")
def taken_on_a_second_too_late(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    before, after = the(proposal, "r4", 20), the(proposal, "r4", 30)
    return (
        with_steps(problem, 30, min_lag=0, max_lag=after.start - before.end - chance.choice((1, 600))),
        proposal,
    )


@plants("too-early")
def work_before_staff_could_look(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = the(proposal, "r1", 10)
    return problem, with_operation(
        proposal,
        one,
        **shifted(one, problem.shop.now + problem.limits.review_seconds - one.setup_start - 1),
    )


@plants("too-early")
def work_before_its_unit_is_there(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    first = the(proposal, chance.choice(proposal.runs).id, 40)
    run = run_of(proposal, first.run)
    start = min(o.start for o in proposal.operations if o.run == run.id)
    return with_units(problem, [chance.choice(run.units)], lambda u: replace(u, release=start + 1)), proposal


# --- machines ---------------------------------------------------------------------------------------------


@plants("centre-unfit")
def step_at_a_work_centre_that_cannot(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    """The alternate is taken away, or packing is done by hand."""
    if chance.random() < 0.5:
        return with_steps(problem, 20, alternates=()), proposal
    one = the(proposal, chance.choice(("r1", "r2", "r3")), 40)
    return problem, with_operation(
        proposal, one, work_centre="hand", machine="hand-1", **shifted(one, 5 * DAY)
    )


@plants("machine-unknown")
def machine_that_is_not_there(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    return problem, with_operation(proposal, chance.choice(proposal.operations), machine="packing-9")


@plants("machine-unfit")
def machine_of_another_work_centre(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice(proposal.operations)
    other: Machine = chance.choice([m for m in problem.shop.machines if m.work_centre != one.work_centre])
    return problem, with_operation(proposal, one, machine=other.code)


@plants("machine-unfit")
def bed_a_micrometre_too_small(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    code, height = chance.choice((("laser-1", 400_000), ("printer-1", 500_000), ("laser-2", 200_000)))
    return with_machine(problem, code, bed_height_um=height - 1, bed_width_um=height + 1), proposal


@plants("machine-family")
def machine_that_cannot_run_the_family(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice(proposal.operations)
    return with_machine(problem, one.machine, families=("else",)), proposal


@plants("machine-overlap")
def two_operations_overlap_by_a_minute(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    mine = sorted((o for o in proposal.operations if o.machine == "packing-1"), key=lambda o: o.start)
    number = chance.randrange(len(mine) - 1)
    one, after = mine[number], mine[number + 1]
    return problem, with_operation(
        proposal, after, **shifted(after, one.end - after.setup_start - chance.choice((1, 60)))
    )


@plants("machine-overlap")
def new_work_on_frozen_work(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    frozen = chance.choice(proposal.frozen)
    one = the(proposal, "r1", 10 if frozen.machine == "laser-1" else 20)
    return problem, with_operation(
        proposal, one, machine=frozen.machine, **shifted(one, frozen.end - 60 - one.setup_start)
    )


@plants("setup-mismatch")
def set_up_missing(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if o.setup_start < o.start and o.load != "load-1"])
    return problem, with_operation(proposal, one, setup_start=one.start)


@plants("setup-mismatch")
def set_up_a_second_short(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if o.setup_start < o.start and o.load != "load-1"])
    return problem, with_operation(proposal, one, setup_start=one.setup_start + 1)


@plants("setup-mismatch")
def set_up_rule_a_second_longer(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    used = {("laser", "walnut"), ("finishing", None), ("oven", None), ("line", None), ("mill", None)}
    place = chance.choice(sorted(used, key=str))
    setups = tuple(
        replace(r, seconds=r.seconds + 1) if (r.work_centre, r.from_family) == place else r
        for r in problem.shop.setups
    )
    return with_shop(problem, setups=setups), proposal


@plants("setup-mismatch")
def machine_set_up_for_something_else(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    code, state = chance.choice((("laser-2", "oak"), ("line-1", "mug"), ("oven-1", "cure-80")))
    return with_machine(problem, code, setup_state=state), proposal


@plants("setup-mismatch")
def frozen_neighbour_of_another_family(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    """The started work before r1 leaves the laser in another state."""
    family = chance.choice(("oak", "birch"))
    frozen = tuple(replace(f, setup_family=family) if f.id == "f1" else f for f in problem.frozen)
    return replace(problem, frozen=frozen), replace(proposal, frozen=frozen)


@plants("duration-mismatch")
def operation_a_second_short(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if o.load != "load-1"])
    less = chance.choice((1, 60, one.seconds // 2))
    return problem, with_operation(proposal, one, end=one.end - less, seconds=one.seconds - less)


@plants("duration-mismatch")
def seconds_that_are_not_worked(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if o.load != "load-1"])
    return problem, with_operation(proposal, one, seconds=one.seconds + chance.choice((-1, 1)))


@plants("duration-mismatch")
def machine_a_per_cent_slower(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if o.seconds > 100])
    machine = next(m for m in problem.shop.machines if m.code == one.machine)
    return with_machine(problem, machine.code, speed_percent=machine.speed_percent - 1), proposal


@plants("duration-mismatch")
def mode_reckoned_otherwise(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    """Time for a sheet, takt, stations, rate or a load: each is a little more than was planned with."""
    code, name, value = chance.choice(
        (
            ("laser", "load_seconds", 61),
            ("printer", "load_seconds", 31),
            ("line", "takt_seconds", 51),
            ("line", "stations", 4),
            ("mill", "rate", 119),
            ("oven", "load_seconds", 601),
            ("line", "mode", "bench"),
        )
    )
    centres = tuple(changed(c, **{name: value}) if c.code == code else c for c in problem.shop.work_centres)
    return with_shop(problem, work_centres=centres), proposal


@plants("duration-mismatch")
def longest_of_a_load_is_longer(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    unit = chance.choice(run_of(proposal, "r1").units)

    def slower(unit: Unit) -> Unit:
        steps = tuple(replace(s, seconds=2401) if s.step == 30 else s for s in unit.routing)
        return replace(unit, routing=steps)

    return with_units(problem, [unit], slower), proposal


@plants("duration-mismatch")
def alternate_slower_than_thought(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    (unit,) = run_of(proposal, "r4").units

    def slower(unit: Unit) -> Unit:
        steps = tuple(
            replace(s, alternates=tuple(replace(a, seconds=a.seconds + 1) for a in s.alternates))
            for s in unit.routing
        )
        return replace(unit, routing=steps)

    return with_units(problem, [unit], slower), proposal


@plants("times-disordered")
def end_before_its_beginning(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice(proposal.operations)
    changes = chance.choice(({"end": one.start}, {"end": one.start - 60}, {"setup_start": one.start + 1}))
    return problem, with_operation(proposal, one, **changes)


@plants("outside-calendar")
def work_after_the_last_shift(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if o.run != "r6" and not o.load])
    return problem, with_operation(
        proposal, one, **shifted(one, at(8, day=4) - one.end + chance.choice((1, 9 * HOUR)))
    )


@plants("planned-stop")
def work_into_a_planned_stop(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = the(proposal, "r3", 20)
    return problem, with_operation(
        proposal, one, **shifted(one, at(1, day=1) - one.end + chance.choice((1, 60)))
    )


@plants("planned-stop")
def stop_planned_where_work_is(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if o.run != "r6" and o.machine != "mill-1"])
    stop = (one.start + 1, one.start + 20) if chance.random() < 0.5 else (one.end - 1, one.end + 60)
    return with_machine(problem, one.machine, stops=(stop,)), proposal


@plants("paused")
def short_work_over_the_end_of_a_shift(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = the(proposal, chance.choice(("r1", "r2", "r3")), 40)
    begin = at(8, day=3) - chance.randint(1, one.seconds - 1)
    return problem, with_operation(
        proposal, one, setup_start=begin, start=begin, end=begin + one.seconds + 16 * HOUR
    )


# --- loads ------------------------------------------------------------------------------------------------


@plants("load-mismatch")
def member_of_a_load_a_second_later(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = the(proposal, chance.choice(("r1", "r2")), 30)
    changes = chance.choice(
        ({"end": one.end + 1}, {"setup_start": one.setup_start - 1}, shifted(one, 1), {"machine": "oven-2"})
    )
    return problem, with_operation(proposal, one, **changes)


@plants("load-unfit")
def load_where_nothing_is_loaded(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if not o.load])
    return problem, with_operation(proposal, one, load="load-9")


@plants("load-unfit")
def put_into_a_load_that_stands_fast(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = the(proposal, chance.choice(("r4", "r5")), 30)
    frozen = tuple(replace(f, load="F") for f in problem.frozen)
    return replace(problem, frozen=frozen), replace(with_operation(proposal, one, load="F"), frozen=frozen)


@plants("load-overfull")
def machine_holds_one_less(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    """36 and 20 in the first load, 6 in the second."""
    code, capacity = chance.choice((("oven-1", 55), ("oven-2", 5)))
    return with_machine(problem, code, capacity=capacity), proposal


@plants("load-overfull")
def unit_fills_more_than_thought(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    unit = chance.choice((*run_of(proposal, "r1").units, *run_of(proposal, "r2").units))

    def larger(unit: Unit) -> Unit:
        steps = tuple(replace(s, load=s.load + 45) if s.step == 30 else s for s in unit.routing)
        return replace(unit, routing=steps)

    return with_units(problem, [unit], larger), proposal


# --- people and tools -------------------------------------------------------------------------------------


def _attended(proposal: Proposal, chance: random.Random) -> Operation:
    return chance.choice([o for o in proposal.operations if o.operator])


@plants("operator-missing")
def nobody_attends(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    return problem, with_operation(proposal, _attended(proposal, chance), operator="")


@plants("operator-unknown")
def operator_whom_nobody_knows(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    return problem, with_operation(proposal, _attended(proposal, chance), operator="zoe")


@plants("operator-unskilled")
def operator_without_the_skill(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = _attended(proposal, chance)
    operators = tuple(
        replace(o, skills=("cooking",)) if o.code == one.operator else o for o in problem.shop.operators
    )
    return with_shop(problem, operators=operators), proposal


@plants("operator-absent")
def operator_of_another_shift(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if o.operator in ("ana", "ben")])
    return problem, with_operation(proposal, one, operator="cem")


@plants("operator-absent")
def operator_leaves_a_second_early(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    """Attended work of r5 ends at 6:41:40 of the second day."""
    one = the(proposal, "r5", 20)
    calendars = tuple(
        replace(c, intervals=((at(6, day=1), one.end - chance.choice((1, 60))),)) if c.code == "late" else c
        for c in problem.shop.calendars
    )
    return with_shop(problem, calendars=calendars), proposal


@plants("operator-twice")
def operator_at_two_machines(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    """The finishing goes to Ana, from the last minute of her set-up of a laser."""
    setup, other = the(proposal, "r1", 10), the(proposal, "r1", 20)
    shift = setup.start - chance.choice((1, 60)) - other.setup_start
    return problem, with_operation(proposal, other, operator="ana", **shifted(other, shift))


@plants("operator-twice")
def operator_busy_with_frozen_work(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = the(proposal, "r1", 20)
    frozen: tuple[FrozenOperation, ...] = tuple(
        replace(f, operator="ben") if f.id == "f2" else f for f in problem.frozen
    )
    proposal = replace(proposal, frozen=frozen)
    return replace(problem, frozen=frozen), with_operation(
        proposal, one, **shifted(one, at(1, 29) - one.setup_start)
    )


@plants("tool-missing")
def operation_without_its_tool(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if o.tool])
    return problem, with_operation(
        proposal, one, tool=chance.choice(("", "tray" if one.tool == "jig" else "jig"))
    )


@plants("tool-unasked")
def tool_that_no_step_needs(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice([o for o in proposal.operations if not o.tool])
    return problem, with_operation(proposal, one, tool="tray")


@plants("tool-unknown")
def tool_that_the_shop_does_not_have(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    gone = chance.choice(("jig", "tray"))
    return with_shop(problem, tools=tuple(t for t in problem.shop.tools if t.code != gone)), proposal


@plants("tool-overbooked")
def one_jig_at_two_lasers(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one, other = the(proposal, "r1", 10), the(proposal, "r4", 10)
    return problem, with_operation(
        proposal, other, **shifted(other, one.end - chance.choice((1, 60)) - other.setup_start)
    )


@plants("tool-overbooked")
def tool_in_use_by_frozen_work(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    tools = tuple(replace(t, count=1) if t.code == "tray" else t for t in problem.shop.tools)
    frozen = tuple(
        replace(f, machine="oven-2", start=at(3, 30), setup_start=at(3, 30), end=at(4), seconds=1800)
        if f.id == "f2"
        else f
        for f in problem.frozen
    )
    return replace(with_shop(problem, tools=tools), frozen=frozen), replace(proposal, frozen=frozen)


# --- materials --------------------------------------------------------------------------------------------


@plants("material-overbooked")
def one_sheet_less_than_is_used(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    code, left = chance.choice((("card", 1), ("oil", 144)))
    return with_stock(problem, code, lambda s: replace(s, on_hand=left)), proposal


@plants("material-overbooked")
def material_that_pinned_runs_claim(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    claim = chance.choice((Use("oil", 860), Use("card", 49), Use("oak", 12), Use("varnish", 400)))
    return replace(problem, claims=(*problem.claims, claim)), proposal


@plants("material-unknown")
def material_that_is_not_kept(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    unit = chance.choice(chance.choice(proposal.runs).units)
    return with_units(
        problem, [unit], lambda u: replace(u, materials=(*u.materials, Use("silk", 1)))
    ), proposal


def _with_lot(proposal: Proposal, chance: random.Random, **changes: Any) -> Proposal:
    run = chance.choice([run for run in proposal.runs if run.lots])
    lots: list[LotUse] = list(run.lots)
    index = chance.randrange(len(lots))
    lots[index] = replace(lots[index], **changes)
    return with_run(proposal, run, replace(run, lots=tuple(lots)))


@plants("lot-unknown")
def lot_that_is_not_there(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    return problem, _with_lot(proposal, chance, lot="lot-9")


@plants("lot-unknown")
def wrong_lot_of_another_material(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = run_of(proposal, "r2")
    wrong = replace(run.lots[0], lot=chance.choice(("oak-1", "oak-2")))
    return problem, with_run(proposal, run, replace(run, lots=(wrong,)))


@plants("lot-sum")
def lots_that_do_not_add_up(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = chance.choice([run for run in proposal.runs if run.lots])
    lots = list(run.lots)
    index = chance.randrange(len(lots))
    lots[index] = replace(lots[index], quantity=lots[index].quantity + chance.choice((-1, 1)))
    return problem, with_run(proposal, run, replace(run, lots=tuple(lots)))


@plants("lot-sum")
def use_that_no_lot_covers(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = chance.choice([run for run in proposal.runs if run.lots])
    return problem, with_run(proposal, run, replace(run, lots=()))


@plants("lot-overbooked")
def more_of_a_lot_than_there_is(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    """46 of the first lot of varnish are used, 60 of the second."""

    def less(stock: Stock) -> Stock:
        lots = {"var-1": 45, "var-2": 200} if chance.random() < 0.5 else {"var-1": 300, "var-2": 59}
        return replace(
            stock,
            on_hand=sum(lots.values()),
            lots=tuple(replace(lot, quantity=lots[lot.code]) for lot in stock.lots),
        )

    return with_stock(problem, "varnish", less), proposal


@plants("lot-too-early")
def work_before_its_material_arrives(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = the(proposal, "r5", 10)
    late = one.start + chance.choice((1, HOUR))

    def delay(stock: Stock) -> Stock:
        return replace(stock, lots=(stock.lots[0], replace(stock.lots[1], available_at=late)))

    return with_stock(problem, "oak", delay), proposal


@plants("lot-too-early")
def wrong_lot_that_has_not_arrived(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = run_of(proposal, "r1")
    lots = tuple(replace(use, lot="oak-2") if use.lot == "oak-1" else use for use in run.lots)
    return problem, with_run(proposal, run, replace(run, lots=lots))


@plants("lot-expired")
def work_after_its_material_expired(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    last = the(proposal, chance.choice(("r1", "r2")), 40)

    def spoil(stock: Stock) -> Stock:
        return replace(stock, lots=(replace(stock.lots[0], expires_at=last.end - 1), stock.lots[1]))

    return with_stock(problem, "varnish", spoil), proposal


@plants("lot-mixed")
def order_from_two_lots(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = run_of(proposal, "r1")
    order = chance.choice(("order-0", "order-1"))
    mixed: list[LotUse] = []
    for use in run.lots:
        if use.order == order:
            some = chance.randint(1, use.quantity - 1)
            other = "var-2" if use.lot == "var-1" else "var-1"
            mixed += [replace(use, quantity=some), replace(use, lot=other, quantity=use.quantity - some)]
        else:
            mixed.append(use)
    return problem, with_run(proposal, run, replace(run, lots=tuple(mixed)))


@plants("lot-mixed")
def sheets_of_an_order_from_two_lots(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    """Half of order-30 is said to be of order-1, whose sheet came from the other lot."""
    unit = chance.choice(run_of(proposal, "r5").units)
    return with_units(problem, [unit], lambda u: replace(u, order="order-1")), proposal


# --- frozen work ------------------------------------------------------------------------------------------


def _with_frozen(proposal: Proposal, chance: random.Random, **changes: Any) -> Proposal:
    one = chance.choice(proposal.frozen)
    wanted = {name: value(one) if callable(value) else value for name, value in changes.items()}
    return replace(proposal, frozen=tuple(changed(f, **wanted) if f is one else f for f in proposal.frozen))


@plants("frozen-lost")
def released_work_missing(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    gone = chance.choice(proposal.frozen)
    return problem, replace(proposal, frozen=tuple(f for f in proposal.frozen if f is not gone))


@plants("frozen-changed")
def frozen_work_moved(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    by = chance.choice((-60, -1, 1, 60, HOUR))
    return problem, _with_frozen(
        proposal,
        chance,
        setup_start=lambda f: f.setup_start + by,
        start=lambda f: f.start + by,
        end=lambda f: f.end + by,
    )


@plants("frozen-changed")
def frozen_work_on_another_machine(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    name, value = chance.choice(
        (("machine", "laser-2"), ("operator", "ana"), ("tool", "jig"), ("seconds", 60), ("load", "load-7"))
    )
    return problem, _with_frozen(proposal, chance, **{name: value})


@plants("frozen-changed")
def frozen_work_that_is_not_frozen(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = chance.choice(proposal.frozen)
    extra = replace(one, id="f9", start=one.start + 5 * DAY, end=one.end + 5 * DAY)
    return problem, replace(proposal, frozen=(*proposal.frozen, extra))


@plants("zone-moved")
def work_moved_out_of_the_frozen_zone(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = the(proposal, "r3", 10)
    return problem, with_operation(
        proposal, one, **shifted(one, at(1) - one.setup_start + chance.choice((0, 1)))
    )


@plants("zone-moved")
def run_of_the_frozen_zone_given_up(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    run = run_of(proposal, "r3")
    listed = tuple(Unplanned(unit, "later", "Not now.") for unit in run.units)
    return problem, replace(
        proposal,
        runs=tuple(r for r in proposal.runs if r is not run),
        operations=tuple(o for o in proposal.operations if o.run != run.id),
        unplanned=(*proposal.unplanned, *listed),
    )


@plants("zone-entered")
def new_work_in_the_frozen_zone(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    one = the(proposal, chance.choice(("r1", "r2")), 10)
    return problem, with_operation(proposal, one, **shifted(one, -chance.choice((1, 60))))


# --- figures ----------------------------------------------------------------------------------------------


def _wrong(value: int, chance: random.Random) -> int:
    return value + chance.choice((-1, 1, 60))


for _each in fields(Kpis):
    if _each.name not in ("terms", "bound"):

        def _wrong_figure(
            problem: Problem, proposal: Proposal, chance: random.Random, name: str = _each.name
        ) -> Answer:
            wrong = changed(proposal.kpis, **{name: _wrong(getattr(proposal.kpis, name), chance)})
            return problem, replace(proposal, kpis=wrong)

        MUTATIONS.append(Mutation(f"wrong_{_each.name}", "figure-wrong", _wrong_figure, True))

for _each in fields(Terms):

    def _wrong_term(
        problem: Problem, proposal: Proposal, chance: random.Random, name: str = _each.name
    ) -> Answer:
        terms = changed(proposal.kpis.terms, **{name: _wrong(getattr(proposal.kpis.terms, name), chance)})
        return problem, replace(proposal, kpis=replace(proposal.kpis, terms=terms))

    MUTATIONS.append(Mutation(f"wrong_cost_of_{_each.name}", "figure-wrong", _wrong_term, True))


@plants("bound-wrong", keeps_figures=True)
def bound_above_the_cost(problem: Problem, proposal: Proposal, chance: random.Random) -> Answer:
    bound = proposal.kpis.terms.cost + chance.choice((1, 1000))
    return problem, replace(proposal, kpis=replace(proposal.kpis, bound=bound))
