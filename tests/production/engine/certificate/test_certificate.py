"""One breach of each kind, planted into a sound plan: the certificate names it."""

import ast
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine import certificate as package
from production.engine.certificate import KINDS, certify
from production.engine.planning import propose
from production.engine.proposal import FrozenOperation, Operation, Problem, Proposal, Run, Unplanned
from production.engine.shop import Stock
from production.engine.work import Use
from tests.workshops import HOUR, MONDAY, shelf, sign, sign_shop

Mutation = Callable[[Problem, Proposal], tuple[Problem, Proposal]]
MUTATIONS: dict[str, list[Mutation]] = {}


def plants(kind: str) -> Callable[[Mutation], Mutation]:
    def register(mutation: Mutation) -> Mutation:
        MUTATIONS.setdefault(kind, []).append(mutation)
        return mutation

    return register


@cache
def sound() -> tuple[Problem, Proposal]:
    """Signs in two materials, shelves, one frozen operation, one unit that cannot be made."""
    frozen = FrozenOperation(
        id="f1",
        run="R1",
        step=10,
        work_centre="laser",
        machine="laser-1",
        setup_family="oak",
        seconds=HOUR,
        setup_start=MONDAY + HOUR,
        start=MONDAY + HOUR + 360,
        end=MONDAY + 2 * HOUR + 360,
    )
    units = (
        *(sign(n, width=180, height=110, may_rotate=n % 3 > 0) for n in range(12)),
        *(sign(n, material="walnut", finish="wax") for n in range(20, 28)),
        shelf(1),
        shelf(2, boards=6),
        replace(sign(99), routing=()),
    )
    problem = Problem(sign_shop(), units, frozen=(frozen,), claims=(Use("oil", 5),))
    proposal = propose(problem)
    assert certify(problem, proposal).ok
    return problem, proposal


def with_run(proposal: Proposal, change: Callable[[Run], Run], number: int = 0) -> Proposal:
    runs = list(proposal.runs)
    runs[number] = change(runs[number])
    return replace(proposal, runs=tuple(runs))


def with_placement(proposal: Proposal, **changes: object) -> Proposal:
    def change(run: Run) -> Run:
        first, *rest = run.sheets
        placed, *others = first.placements
        moved = replace(placed, **{k: v(placed) if callable(v) else v for k, v in changes.items()})
        return replace(run, sheets=(replace(first, placements=(moved, *others)), *rest))

    return with_run(proposal, change)


def with_operation(
    proposal: Proposal, which: Callable[[Operation], bool], change: Callable[[Operation], Operation]
) -> Proposal:
    operations = list(proposal.operations)
    index = next(n for n, operation in enumerate(operations) if which(operation))
    operations[index] = change(operations[index])
    return replace(proposal, operations=tuple(operations))


def laser(operation: Operation) -> bool:
    return operation.work_centre == "laser"


def packing(operation: Operation) -> bool:
    return operation.work_centre == "packing"


def later(seconds: int) -> Callable[[Operation], Operation]:
    return lambda o: replace(
        o, setup_start=o.setup_start + seconds, start=o.start + seconds, end=o.end + seconds
    )


# --- coverage ---------------------------------------------------------------------------------------------


@plants("unit-lost")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_run(proposal, lambda run: replace(run, units=run.units[1:]))


@plants("unit-lost")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, replace(proposal, unplanned=())


@plants("unit-waits")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    planned = proposal.runs[0].units[0]
    units = tuple(replace(u, waits="Its file is made.") if u.id == planned else u for u in problem.units)
    return replace(problem, units=units), proposal


@plants("unit-twice")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    doubled = proposal.runs[1].units[0]
    return problem, with_run(proposal, lambda run: replace(run, units=(*run.units, doubled)))


@plants("unit-twice")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    listed = Unplanned(proposal.runs[0].units[0], "no-machine", "Said to be unplanned as well.")
    return problem, replace(proposal, unplanned=(*proposal.unplanned, listed))


@plants("unit-unknown")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_run(proposal, lambda run: replace(run, units=(*run.units, "stranger")))


@plants("run-empty")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, replace(proposal, runs=(*proposal.runs, replace(proposal.runs[0], id="r99", units=())))


@plants("run-twice")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_run(proposal, lambda run: replace(run, id=proposal.runs[1].id))


@plants("reason-missing")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, replace(proposal, unplanned=(Unplanned("sign-99", "", ""),))


# --- what goes together -----------------------------------------------------------------------------------


@plants("key-mismatch")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_run(
        proposal, lambda run: replace(run, key=replace(run.key, setup_family="something else"))
    )


@plants("key-mismatch")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """A unit moves with all its parts into a run of another material."""
    stray = proposal.runs[1].units[0]
    moved = with_run(proposal, lambda run: replace(run, units=(*run.units, stray)))
    return problem, with_run(moved, lambda run: replace(run, units=run.units[1:]), 1)


@plants("due-mismatch")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_run(proposal, lambda run: replace(run, due=(run.due or 0) + 1))


# --- geometry ---------------------------------------------------------------------------------------------


@plants("part-lost")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    def drop(run: Run) -> Run:
        first, *rest = run.sheets
        return replace(run, sheets=(replace(first, placements=first.placements[1:]), *rest))

    return problem, with_run(proposal, drop)


@plants("part-twice")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    def double(run: Run) -> Run:
        first, *rest = run.sheets
        return replace(
            run, sheets=(replace(first, placements=(*first.placements, first.placements[0])), *rest)
        )

    return problem, with_run(proposal, double)


@plants("part-unknown")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_placement(proposal, part="lid")


@plants("part-unknown")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_placement(proposal, copy=2)


@plants("part-size")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """A tenth of a millimetre too small."""
    return problem, with_placement(proposal, width_um=lambda p: p.width_um - 100)


@plants("part-turned")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    units = tuple(
        replace(unit, parts=tuple(replace(part, may_rotate=False) for part in unit.parts))
        for unit in problem.units
    )
    return replace(problem, units=units), with_placement(
        proposal,
        rotated=lambda p: not p.rotated,
        width_um=lambda p: p.height_um,
        height_um=lambda p: p.width_um,
    )


@plants("sheet-size")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    def widen(run: Run) -> Run:
        first, *rest = run.sheets
        return replace(run, sheets=(replace(first, width_um=first.width_um + 1), *rest))

    return problem, with_run(proposal, widen)


@plants("sheet-size")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    def swap(run: Run) -> Run:
        first, *rest = run.sheets
        other = "walnut" if first.material == "oak" else "oak"
        return replace(run, sheets=(replace(first, material=other), *rest))

    number = next(n for n, run in enumerate(proposal.runs) if run.key.material in ("oak", "walnut"))
    return problem, with_run(proposal, swap, number)


@plants("sheet-empty")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    def add(run: Run) -> Run:
        return replace(run, sheets=(*run.sheets, replace(run.sheets[0], placements=())))

    return problem, with_run(proposal, add)


@plants("outside-sheet")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """A tenth of a millimetre into the margin."""
    return problem, with_placement(proposal, x_um=4_900)


@plants("outside-sheet")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_placement(proposal, y_um=10_000_000)


@plants("parts-overlap")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    def together(run: Run) -> Run:
        first, *rest = run.sheets
        one, two, *others = first.placements
        moved = replace(two, x_um=one.x_um, y_um=one.y_um)
        return replace(run, sheets=(replace(first, placements=(one, moved, *others)), *rest))

    return problem, with_run(proposal, together)


@plants("parts-overlap")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """The gap of every machine grows by a tenth of a millimetre: neighbours are now too near."""
    machines = tuple(replace(m, gap_um=m.gap_um + 100) for m in problem.shop.machines)
    return replace(problem, shop=replace(problem.shop, machines=machines)), proposal


# --- steps ------------------------------------------------------------------------------------------------


@plants("operation-lost")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, replace(proposal, operations=proposal.operations[:-1])


@plants("operation-lost")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_operation(proposal, packing, lambda o: replace(o, units=o.units[1:]))


@plants("operation-extra")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    extra = later(40 * HOUR)(proposal.operations[0])
    return problem, replace(proposal, operations=(*proposal.operations, extra))


@plants("operation-extra")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_operation(proposal, packing, lambda o: replace(o, units=(*o.units, "sign-99")))


@plants("operation-unknown-run")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_operation(proposal, packing, lambda o: replace(o, run="r99"))


@plants("machine-unknown")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_operation(proposal, packing, lambda o: replace(o, machine="packing-9"))


@plants("machine-unfit")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_operation(proposal, packing, lambda o: replace(o, machine="finishing-1"))


@plants("machine-unfit")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """The beds of the lasers shrink below the sheet."""
    machines = tuple(
        replace(m, bed_width_um=599_999) if m.work_centre == "laser" else m for m in problem.shop.machines
    )
    return replace(problem, shop=replace(problem.shop, machines=machines)), proposal


@plants("duration-mismatch")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """A minute short."""
    return problem, with_operation(
        proposal, packing, lambda o: replace(o, end=o.end - 60, seconds=o.seconds - 60)
    )


@plants("duration-mismatch")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """The machine is slower than it was planned with."""
    machines = tuple(replace(m, speed_percent=m.speed_percent - 1) for m in problem.shop.machines)
    return replace(problem, shop=replace(problem.shop, machines=machines)), proposal


@plants("times-disordered")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_operation(proposal, packing, lambda o: replace(o, end=o.start))


@plants("precedence")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, with_operation(proposal, laser, later(3 * HOUR))


@plants("too-early")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    first = min(proposal.operations, key=lambda o: o.setup_start)
    return problem, with_operation(
        proposal, lambda o: o == first, later(problem.not_before - first.setup_start - 1)
    )


@plants("too-early")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """A unit arrives after its first operation has begun."""
    units = tuple(replace(unit, release=MONDAY + 1000 * HOUR) for unit in problem.units)
    return replace(problem, units=units), proposal


# --- machines ---------------------------------------------------------------------------------------------


@plants("machine-overlap")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """Two operations of a machine overlap by a minute."""
    mine = sorted((o for o in proposal.operations if packing(o)), key=lambda o: o.start)
    shift = mine[0].end - 60 - mine[1].setup_start
    return problem, with_operation(proposal, lambda o: o == mine[1], later(shift))


@plants("machine-overlap")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """New work lies on frozen work."""
    (frozen,) = problem.frozen
    return problem, with_operation(
        proposal, laser, lambda o: later(frozen.start - o.start)(replace(o, machine="laser-1"))
    )


@plants("setup-mismatch")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """A set-up left out."""
    return problem, with_operation(
        proposal, lambda o: o.start > o.setup_start, lambda o: replace(o, setup_start=o.start)
    )


@plants("setup-mismatch")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """A machine is set up for something else than was thought."""
    machines = tuple(
        replace(m, setup_state="oil") if m.code.startswith("finishing") else m for m in problem.shop.machines
    )
    return replace(problem, shop=replace(problem.shop, machines=machines)), proposal


@plants("outside-calendar")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    last = max(proposal.operations, key=lambda o: o.end)
    night = problem.shop.calendars[0].intervals[20][1] + HOUR
    return problem, with_operation(proposal, lambda o: o == last, later(night - last.setup_start))


@plants("outside-calendar")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """The day of the plan becomes a holiday."""
    calendars = tuple(replace(c, intervals=c.intervals[5:]) for c in problem.shop.calendars)
    return replace(problem, shop=replace(problem.shop, calendars=calendars)), proposal


@plants("paused")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """The last packing begins ten seconds before the end of a shift and goes on the next day."""
    last = max((o for o in proposal.operations if packing(o)), key=lambda o: o.end)
    (_, closes), (opens, _) = problem.shop.calendars[0].intervals[20:22]
    begin = closes - 10
    return problem, with_operation(
        proposal,
        lambda o: o == last,
        lambda o: replace(o, setup_start=begin, start=begin, end=opens + o.seconds - 10),
    )


# --- material ---------------------------------------------------------------------------------------------


def with_stock(problem: Problem, change: Callable[[Stock], Stock]) -> Problem:
    materials = tuple(change(stock) for stock in problem.shop.materials)
    return replace(problem, shop=replace(problem.shop, materials=materials))


@plants("material-overbooked")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """One sheet less than is needed."""
    used = sum(len(run.sheets) for run in proposal.runs if run.key.material == "oak")
    return with_stock(problem, lambda s: replace(s, on_hand=used - 1) if s.material == "oak" else s), proposal


@plants("material-overbooked")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """What pinned runs have a right to is not there for others."""
    return replace(problem, claims=(Use("oil", 99_990),)), proposal


@plants("material-unknown")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    materials = tuple(s for s in problem.shop.materials if s.material != "oil")
    return replace(problem, shop=replace(problem.shop, materials=materials)), proposal


# --- frozen work ------------------------------------------------------------------------------------------


@plants("frozen-lost")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    return problem, replace(proposal, frozen=())


@plants("frozen-changed")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """Frozen work moves later though nothing forces it."""
    (frozen,) = proposal.frozen
    moved = replace(frozen, setup_start=frozen.setup_start + 60, start=frozen.start + 60, end=frozen.end + 60)
    return problem, replace(proposal, frozen=(moved,))


@plants("frozen-changed")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    (frozen,) = proposal.frozen
    return problem, replace(proposal, frozen=(replace(frozen, machine="laser-2"),))


@plants("frozen-changed")
def _(problem: Problem, proposal: Proposal) -> tuple[Problem, Proposal]:
    """Started work moves although it is late."""
    (frozen,) = problem.frozen
    late = replace(frozen, started=True, setup_start=MONDAY - 60, start=MONDAY - 60, end=MONDAY + HOUR)
    moved = replace(late, start=MONDAY, setup_start=MONDAY)
    return replace(problem, frozen=(late,)), replace(proposal, frozen=(moved,))


# --- figures ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "figure",
    [
        "units",
        "unplanned",
        "runs",
        "sheets",
        "sheet_use_permille",
        "setups",
        "setup_seconds",
        "tardy_units",
        "tardiness",
        "makespan",
    ],
)
def test_every_wrong_figure_is_named(figure: str) -> None:
    problem, proposal = sound()
    wrong = replace(proposal.kpis, **{figure: getattr(proposal.kpis, figure) + 1})
    found = certify(problem, replace(proposal, kpis=wrong)).breaches
    assert [(breach.kind, breach.where) for breach in found] == [("figure-wrong", figure)]


MUTATIONS["figure-wrong"] = []


# --- the tests --------------------------------------------------------------------------------------------


def test_a_sound_plan_has_no_breach() -> None:
    problem, proposal = sound()
    certificate = certify(problem, proposal)
    assert certificate.ok
    assert dict(certificate.checked)["units"] == 23


@pytest.mark.parametrize(
    ("kind", "number"),
    [(kind, number) for kind, planted in MUTATIONS.items() for number in range(len(planted))],
)
def test_a_planted_breach_is_named(kind: str, number: int) -> None:
    problem, proposal = MUTATIONS[kind][number](*sound())
    found = certify(problem, proposal).breaches
    assert kind in {breach.kind for breach in found}
    assert all(breach.kind in KINDS and breach.where and breach.text for breach in found)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_change_of_a_number_is_found(data: st.DataObject) -> None:
    """Any time of any operation, any place of any part: changed by anything, the plan is refused."""
    problem, proposal = sound()
    amount = data.draw(st.integers(1, 90_000) | st.integers(-90_000, -1))
    if data.draw(st.booleans()):
        index = data.draw(st.integers(0, len(proposal.operations) - 1))
        name = data.draw(st.sampled_from(["setup_start", "start", "end", "seconds", "step"]))
        operations = list(proposal.operations)
        operations[index] = replace(operations[index], **{name: getattr(operations[index], name) + amount})
        changed = replace(proposal, operations=tuple(operations))
    else:
        run = data.draw(st.integers(0, len(proposal.runs) - 1))
        name = data.draw(st.sampled_from(["width_um", "height_um", "copy"]))
        runs = list(proposal.runs)
        first, *rest = runs[run].sheets
        index = data.draw(st.integers(0, len(first.placements) - 1))
        placements = list(first.placements)
        placements[index] = replace(placements[index], **{name: getattr(placements[index], name) + amount})
        runs[run] = replace(runs[run], sheets=(replace(first, placements=tuple(placements)), *rest))
        changed = replace(proposal, runs=tuple(runs))
    assert not certify(problem, changed).ok


def test_it_imports_the_shapes_of_question_and_answer_and_nothing_else_of_the_engine() -> None:
    shapes = {f"production.engine.{name}" for name in ("proposal", "shop", "work")}
    for module in sorted(Path(package.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("production"):
                known = node.module in shapes or (node.module or "").startswith(package.__name__)
                assert known, f"{module.name} imports {node.module}"
