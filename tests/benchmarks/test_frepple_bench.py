"""frePPLe is asked in its own words, and what it says is read; the core itself is built by the benchmark."""

from xml.etree import ElementTree

import pytest

from benchmarks.planning import frepple, frepple_core
from benchmarks.planning.plant import plant
from benchmarks.planning.plant_plans import as_proposal, sequences_of, tables
from benchmarks.planning.sizes import full
from production.engine.certificate import certify
from production.engine.planning import iterations, propose


@pytest.fixture(scope="module")
def planned():
    problem = plant(30, seed=3)
    return problem, propose(problem, stop=iterations(5))


def test_the_model_has_a_demand_a_run_and_an_operation_a_step(planned) -> None:
    problem, ours = planned
    given = sequences_of(problem, ours.runs, ours.operations)
    root = ElementTree.fromstring("\n".join(frepple.written(tables(problem), given, "PRIORITY")))
    names = [each.get("name", "").split()[0] for each in root.findall("operations/operation")]
    runs, loads = len(given.runs), len(given.loads)
    assert (names.count("print"), names.count("cure"), names.count("pack")) == (runs, loads, runs)
    assert len(root.findall("demands/demand")) == runs
    assert len(root.findall("resources/resource")) == 4 + 8
    late = [run for run in given.runs if any(problem.units[n].release > problem.shop.now for n in run)]
    assert len(root.findall("operationplans/operationplan")) == len(late)


def test_what_frepple_says_becomes_a_certified_proposal(planned) -> None:
    problem, ours = planned
    given = sequences_of(problem, ours.runs, ours.operations)
    said: dict[str, list[tuple[str, str]]] = {}
    for kind, orders in (("print", given.printed), ("cure", given.cured), ("pack", given.packed)):
        for machine, order in orders.items():
            work = [(f"2026-03-02T{place:02}", f"{kind} {number}") for place, number in enumerate(order)]
            said[machine] = work[::-1]
    proposal = as_proposal(problem, frepple.sequences(given, said))
    assert certify(problem, proposal).breaches == ()


def test_without_a_core_the_kept_figures_are_shown_as_kept(monkeypatch) -> None:
    def stopped() -> None:
        raise frepple_core.NoCore("there is no C++ compiler here")

    monkeypatch.setattr(frepple_core, "built", stopped)
    found = frepple.section(full(1))
    assert "no C++ compiler" in found.left_out[0] and "2026" in found.left_out[0]
    assert [bar.name.partition(", kept from ")[2] for bar in found.bars] == ["2026-11-22"] * 2


def test_a_core_that_cannot_be_compiled_says_why(monkeypatch, tmp_path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.cpp").write_text("")
    monkeypatch.setenv("FREPPLE_SOURCE", str(tmp_path))
    monkeypatch.setattr(frepple_core.env, "VAR_DIR", tmp_path)
    monkeypatch.setattr(frepple_core.shutil, "which", lambda name: None)
    with pytest.raises(frepple_core.NoCore, match="no C\\+\\+ compiler"):
        frepple_core.built()
