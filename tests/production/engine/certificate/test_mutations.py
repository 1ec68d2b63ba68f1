"""Whatever is planted into a sound plan is found and named as what it is; sound plans are left alone."""

import random
from dataclasses import replace

import pytest

from production.engine.certificate import KINDS, certify
from production.engine.proposal import FrozenOperation, Problem, Proposal
from tests.production.engine.certificate.mutations import MUTATIONS, Mutation, planted
from tests.production.engine.certificate.plant import plant, remeasured, sound


def test_the_plan_by_hand_is_sound() -> None:
    problem, proposal = sound()
    assert certify(problem, proposal).breaches == ()
    assert {centre.mode for centre in plant().work_centres} == {
        "bed", "sheet", "bench", "batch", "line", "rate",
    }  # fmt: skip


def test_every_kind_is_planted() -> None:
    assert {mutation.kind for mutation in MUTATIONS} == KINDS.keys()
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 100


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_planted_breach_is_named_as_its_kind(mutation: Mutation) -> None:
    for seed in range(4):
        problem, proposal = planted(mutation, *sound(), random.Random(f"{mutation.name} {seed}"))
        found = certify(problem, proposal).breaches
        assert mutation.kind in {breach.kind for breach in found}
        assert all(breach.kind in KINDS and breach.where and breach.text for breach in found)


def test_a_breach_names_line_run_machine_and_moment() -> None:
    mutation = next(m for m in MUTATIONS if m.name == "operation_a_second_short")
    problem, proposal = planted(mutation, *sound(), random.Random(1))
    (breach,) = certify(problem, proposal).breaches
    shorter = next(
        o for o, old in zip(proposal.operations, sound()[1].operations, strict=True) if o is not old
    )
    assert (breach.run, breach.machine, breach.at) == (shorter.run, shorter.machine, shorter.start)
    assert breach.line.startswith("line-")
    assert shorter.run in breach.where
    assert shorter.machine in breach.where


def test_a_part_over_the_bed_is_named_with_its_line_and_the_machine() -> None:
    mutation = next(m for m in MUTATIONS if m.name == "part_over_the_far_edge")
    problem, proposal = planted(mutation, *sound(), random.Random(3))
    breach = next(b for b in certify(problem, proposal).breaches if b.kind == "outside-sheet")
    made = next(o for o in proposal.operations if o.run == breach.run and o.step == 10)
    assert (breach.machine, breach.at) == (made.machine, made.start)
    assert breach.line in {unit.line for unit in problem.units if unit.id in made.units}


def with_one_run_of_a_load_released() -> tuple[Problem, Proposal]:
    """The mugs of the first load are released: what stays in it with them was there before."""
    problem, proposal = sound()
    mugs = next(o for o in proposal.operations if (o.run, o.step) == ("r2", 30))
    released = FrozenOperation(
        id="f3",
        run="R2",
        step=mugs.step,
        work_centre=mugs.work_centre,
        machine=mugs.machine,
        setup_family=mugs.setup_family,
        seconds=mugs.seconds,
        setup_start=mugs.setup_start,
        start=mugs.start,
        end=mugs.end,
        load=mugs.load,
    )
    problem = replace(
        problem,
        units=tuple(unit for unit in problem.units if unit.line != "line-mugs"),
        frozen=(*problem.frozen, released),
        base=proposal,
        zones=replace(problem.zones, frozen_until=0, slushy_until=0),
    )
    proposal = replace(
        proposal,
        runs=tuple(run for run in proposal.runs if run.id != "r2"),
        operations=tuple(o for o in proposal.operations if o.run != "r2"),
        frozen=problem.frozen,
    )
    return problem, remeasured(problem, proposal)


def test_what_is_in_a_load_with_released_work_may_stay_in_it() -> None:
    assert certify(*with_one_run_of_a_load_released()).breaches == ()


def test_nothing_joins_a_load_with_released_work() -> None:
    problem, proposal = with_one_run_of_a_load_released()
    found = certify(replace(problem, base=None), proposal).breaches
    assert [(breach.kind, breach.run) for breach in found] == [("load-unfit", "r1")]
