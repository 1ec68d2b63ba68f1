"""The planning benchmark works: its plant, its lines, its verdict. Figures are for the command to say."""

from dataclasses import replace

import pytest

from benchmarks.bars import Bar, Section
from benchmarks.environment import versions
from benchmarks.planning import command
from benchmarks.planning.environment import PEERS
from benchmarks.planning.measurements import MEASUREMENTS, full, quick
from benchmarks.planning.osp import files
from benchmarks.planning.others import FULL, NONE_FOUND, Answer, Round, bars, hint_of
from benchmarks.planning.plant import plant, programme
from benchmarks.planning.plant_plans import Stuck, as_proposal, sequences_of, tables
from production.engine.certificate import certify
from production.engine.planning import iterations, propose
from production.engine.routing import obstacles


def test_a_bar_that_is_short_ends_the_command_with_1(monkeypatch, capsys) -> None:
    sections = {
        "good": lambda scale: Section("good", "Good", bars=[Bar("speed", 2.0, 1.0)]),
        "bad": lambda scale: Section("bad", "Bad", bars=[Bar("wrong", 1, 0, "wrong", at_most=True)]),
    }
    monkeypatch.setattr(command, "MEASUREMENTS", sections)
    monkeypatch.setattr(type(PEERS), "install", lambda self: None)
    assert command.main(["--quick", "--only", "good"]) == 0
    assert command.main(["--quick", "--seed", "3"]) == 1
    assert "wrong: 1 (bar 0) short" in capsys.readouterr().out


def test_a_quick_run_ends_within_its_time() -> None:
    assert quick(1).seconds < 50
    assert not quick(1).large and full(1).large
    assert "workshop" in MEASUREMENTS


def test_the_plant_is_the_same_again_and_can_be_planned() -> None:
    problem = plant(40, seed=3)
    assert problem == plant(40, seed=3)
    assert problem.units != plant(40, seed=4).units
    assert [list(obstacles(unit, problem.shop)) for unit in problem.units] == [[]] * 40
    proposal = propose(problem, stop=iterations(5))
    assert certify(problem, proposal).breaches == ()
    assert proposal.unplanned == ()


def test_a_larger_plant_has_more_of_the_same_cells() -> None:
    shop = plant(100, seed=3, cells=3).shop
    assert [len(shop.machines_of[centre]) for centre in ("uv", "laser", "oven", "pack")] == [6, 6, 6, 6]
    assert shop.capacity_of(shop.machines_of["oven"][0]) == 4 * 420


def test_every_cure_programme_has_printed_and_lasered_families() -> None:
    assert {(family % 2, programme(family)) for family in range(24)} == {
        (centre, number) for centre in (0, 1) for number in range(6)
    }


@pytest.mark.parametrize("name", ["pyjobshop", "rectpack", "simpy", "numba", "ortools"])
def test_the_peers_lock_has_every_peer(name) -> None:
    assert name in versions(PEERS.lock)


@pytest.fixture(scope="module")
def planned():
    problem = plant(40, seed=3)
    return problem, propose(problem, stop=iterations(5))


def test_sequences_of_another_planner_become_a_certified_proposal(planned) -> None:
    problem, ours = planned
    sequences = sequences_of(problem, ours.runs, ours.operations)
    assert sorted(unit for run in sequences.runs for unit in run) == list(range(40))
    assert sorted(run for load in sequences.loads for run in load) == list(range(len(sequences.runs)))
    proposal = as_proposal(problem, sequences)
    assert certify(problem, proposal).breaches == ()
    assert proposal.kpis.terms.loads == 60 * len(sequences.loads)
    assert proposal.kpis.terms.runs == 100 * len(sequences.runs)


def test_sequences_that_wait_for_each_other_are_no_plan(planned) -> None:
    problem, ours = planned
    sequences = sequences_of(problem, ours.runs, ours.operations)
    lost = {machine: list(order)[1:] for machine, order in sequences.printed.items()}
    with pytest.raises(Stuck):
        as_proposal(problem, replace(sequences, printed=lost))


def test_peers_are_told_the_plant_and_hinted_with_a_plan(planned) -> None:
    problem, ours = planned
    told = tables(problem)
    assert len(told["lines"]) == 40
    assert told["oven"] == 4 * told["sheet"] == 1680
    assert all(len(row) == len(told["setups"]["uv"]) for row in told["setups"]["uv"])
    hint = hint_of(problem, ours, sequences_of(problem, ours.runs, ours.operations))
    assert len(hint["times"]) == 2 * len(hint["runs"]) + len(hint["loads"])


@pytest.mark.parametrize(("why", "figure"), [(NONE_FOUND, 1.0), ("cpsat_plant has ended", None)])
def test_our_first_plan_stands_in_for_a_peer_that_found_nothing_not_for_one_that_failed(
    planned, why, figure
) -> None:
    first, ours = (Answer(who, 1.0, planned[1]) for who in ("first", "ours"))
    answers = {"first": first, "ours": ours, "cpsat": Answer("CP-SAT", 5.0, why=why)}
    (bar,) = bars(Round(80, 5, 0, 5, True, 1.0), answers)
    assert bar.figure == figure
    assert bar.holds == (figure is not None)
    assert figure is not None or bar.why == "CP-SAT: cpsat_plant has ended"


def test_the_full_run_asks_peers_at_the_sizes_of_the_bars() -> None:
    assert [(each.lines, each.pyjobshop, each.cpsat) for each in FULL] == [
        (80, 0, 240),
        (200, 40, 240),
        (1_000, 240, 240),
    ]


def test_a_folder_of_instances_is_read_as_a_whole(tmp_path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.dat", "deep/b.dzn", "c.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in files(quick(1, tmp_path))] == ["a.dat", "b.dzn"]
