"""The planning benchmark works: its plant, its lines, its verdict. Figures are for the command to say."""

import pytest

from benchmarks.bars import Bar, Section
from benchmarks.environment import versions
from benchmarks.planning import command
from benchmarks.planning.environment import PEERS
from benchmarks.planning.measurements import MEASUREMENTS, full, quick
from benchmarks.planning.plant import plant, programme
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
