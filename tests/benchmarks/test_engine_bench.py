"""The engine's benchmark works: truth, made-up product, lines. Peers where they are installed."""

import json
import random
from pathlib import Path

import pytest

from benchmarks import running
from benchmarks.bars import Bar, Section, Table
from benchmarks.engine import brute_force, command, domains, models
from benchmarks.engine.domains import OnClauses, OnFeatures, State, offered
from benchmarks.engine.environment import PEERS, Peer
from benchmarks.engine.made_to_measure import FAMILY, _differences, _for_peer, problem_of
from benchmarks.engine.second_opinion import sxfm_clauses
from benchmarks.engine.serving import as_family_file
from benchmarks.engine.shopper import Shopper, judged
from benchmarks.engine.small_products import random_product
from benchmarks.environment import PeerFailed, versions
from configurator.engine.domains import Kernel
from configurator.engine.family import read_family
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import Choices
from configurator.engine.uvl import read_uvl

needs_peers = pytest.mark.skipif(
    not PEERS.installed(), reason="the peers are not installed: `manage.py bench engine` does that"
)
SXFM = """<feature_tree>
:r Lamp(_r)
\t:m Shade(_s)
\t\t:g (_g) [1,1]
\t\t\t: Glass(_glass)
\t\t\t: Paper(_paper)
\t:o Dimmer(_d)
</feature_tree>
<constraints>
c1:~_paper or _d
</constraints>
"""


def test_the_kernel_agrees_with_brute_force() -> None:
    found = brute_force.check(products=12, seed="test")
    assert found.wrong == []
    assert found.states == 12 * brute_force.STATES_A_PRODUCT
    assert found.values and found.explanations


def test_brute_force_finds_a_kernel_that_errs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brute_force, "compile_family", lambda spec: compile_family(_without_rules(spec)))
    assert brute_force.check(products=12, seed="test").wrong


def _without_rules(spec):
    return type(spec)(code=spec.code, name=spec.name, groups=spec.groups, options=spec.options)


def test_the_truth_of_a_small_product_is_what_its_rules_say() -> None:
    small = random_product(random.Random(5))
    assert small.obeying(set(small.rules)) == list(small.valid)
    assert len(small.obeying(set())) >= len(small.valid)


@pytest.fixture(scope="module")
def synthetic():
    return models.made_up(seed=3)


def test_the_made_up_product_has_40_options_and_250_values(synthetic) -> None:
    assert len(synthetic.spec.options) == 40
    assert sum(len(option.values) for option in synthetic.spec.options) == 250
    assert Kernel(synthetic.knowledge).answer({}).consistent


def test_the_made_up_product_is_the_same_in_uvl(synthetic) -> None:
    other = read_uvl(synthetic.uvl, code="other", name="Other")
    answer = Kernel(compile_family(other)).answer({})
    theirs = {other.option_by_code[code].value_by_code[value].name for code, value in offered(answer)}
    assert theirs == {value for _, value in offered(Kernel(synthetic.knowledge).answer({}))}


def test_the_made_up_product_can_be_published(synthetic) -> None:
    text = json.dumps(as_family_file(synthetic.spec))
    assert compile_family(read_family(text)).clauses == synthetic.knowledge.clauses


def test_a_shopper_is_never_stuck_and_walks_the_same_way_again() -> None:
    model = next(model for model in models.families() if model.name == "walnut-sign")
    kernel = Kernel(model.knowledge)
    walks = [Shopper(kernel, random.Random(4)).walk(most=8, changes=0.3) for _ in range(2)]
    assert walks[0].states == walks[1].states
    assert judged(kernel, walks[0])


def test_a_second_reader_of_sxfm_sees_tree_groups_and_constraints() -> None:
    names, clauses = sxfm_clauses(SXFM)
    assert names == ["Lamp", "Shade", "Glass", "Paper", "Dimmer"]
    assert [1] in clauses  # the root
    assert [-1, 2] in clauses  # mandatory
    assert [-2, 3, 4] in clauses and [-3, -4] in clauses  # exactly one
    assert [-4, 5] in clauses  # the constraint


def test_the_peer_of_the_made_to_measure_panel_is_given_whole_numbers() -> None:
    problem = problem_of(models.read(FAMILY).spec)
    assert problem["attributes"]["density"]["oak"] == 72
    assert problem["ranges"]["width"] == (400, 2400)
    assert len(problem["tables"]) == 26


def test_a_bar_says_its_figure_its_limit_and_whether_it_holds() -> None:
    assert Bar("speed", 97.4, 60).line() == "speed: 97.4x (bar >= 60x) ok"
    assert Bar("p99", 31.0, 25, unit="ms", at_most=True).line() == "p99: 31 ms (bar <= 25 ms) short"
    assert Bar("speed", 1.398, 1.4).line() == "speed: 1.398x (bar >= 1.4x) short"
    assert Bar("sheets", 1.0765, 1.08, at_most=True).line() == "sheets: 1.08x (bar <= 1.08x) ok"
    assert Bar("answers", 0, 0, unit="wrong", at_most=True).line() == "answers: 0 (bar 0) ok"
    assert Bar("speed", None, 60, why="the peer failed").line() == "speed: the peer failed (bar >= 60x) short"


def test_the_command_ends_with_1_when_a_bar_is_short(capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = Bar("good", 2, 1), Bar("bad", 1, 2)
    assert running.conclude([Section("s", "S", bars=[good])], 1.0) == 0
    assert running.conclude([Section("s", "S", bars=[good, bad])], 1.0) == 1
    assert "bad: 1x (bar >= 2x) short" in capsys.readouterr().out


def test_the_page_has_bars_tables_and_what_was_left_out() -> None:
    table = Table("Times", ["model"], [["a|b"]])
    section = Section("s", "S", bars=[Bar("good", 2, 1)], tables=[table], left_out=["the rest: no data"])
    text = command.BENCHMARK.section_of([section], command="python3 manage.py bench engine", seconds=1)
    assert "good: 2x (bar >= 1x) ok" in text and "| a\\|b |" in text and "- the rest: no data" in text


def test_the_peers_lock_has_versions_and_hashes() -> None:
    assert {"clingo", "flamapy-configurator", "ortools", "python-sat", "z3-solver"} <= set(
        versions(PEERS.lock)
    )
    text = PEERS.lock.read_text().replace("\\\n", " ")
    assert [line for line in text.splitlines() if line.strip() and "--hash=sha256:" not in line] == []


@needs_peers
def test_peers_and_kernel_agree_on_the_made_up_product(synthetic) -> None:
    choices = {"o1": "o1_v0", "o7": "o7_v2"}
    answer = Kernel(synthetic.knowledge).answer(choices)
    if not answer.consistent:
        choices = {}
        answer = Kernel(synthetic.knowledge).answer(choices)
    state = State(choices, {})
    for question, peer in (("every_value", "sat_calls"), ("undecided", "clingo_brave")):
        rival = OnClauses(peer, question, synthetic, peer)
        try:
            _, theirs = rival.ask(state)
            assert rival.same(state, answer, theirs)
        finally:
            rival.peer.close()


@needs_peers
def test_flamapy_agrees_on_a_feature_model(tmp_path: Path) -> None:
    path = tmp_path / "lamp.uvl"
    path.write_text(
        "features\n\tLamp\n\t\tmandatory\n\t\t\tShade\n\t\t\t\talternative\n\t\t\t\t\tGlass\n"
        "\t\t\t\t\tPaper\n\t\toptional\n\t\t\tDimmer\nconstraints\n\tPaper => Dimmer\n"
    )
    model = models.read(path)
    rival = OnFeatures(model)
    try:
        option = next(option for option in model.spec.options if option.kind == "choice")
        paper = next(value.code for value in option.values if value.name == "Paper")
        state = State({option.code: paper}, {})
        _, theirs = rival.ask(state)
        answer = Kernel(model.knowledge).answer(state.choices)
        assert theirs["Dimmer"] is True
        assert rival.same(state, answer, theirs)
        # The shade is chosen, and could be changed: what is said of it is compared too.
        assert "Glass" not in theirs and "Paper" not in theirs
        assert not rival.same(state, answer, {**theirs, "Glass": False})
    finally:
        rival.peer.close()


@needs_peers
def test_cp_sat_agrees_on_what_a_choice_could_be_changed_to() -> None:
    model = models.read(FAMILY)
    choices: Choices = {"width": 800, "material": "oak", "line1": "Olga"}
    with Peer("cpsat_sizes") as peer:
        peer.ask("load", **problem_of(model.spec))
        theirs = peer.ask("full", chosen=_for_peer(model.spec, choices)).value
    answer = Kernel(model.knowledge).answer(choices)
    assert _differences(answer, choices, theirs) == []
    assert len(_differences(answer, choices, {**theirs, "width": [800, 800]})) == 1


@needs_peers
def test_a_peer_that_cannot_answer_says_why() -> None:
    with Peer("flamapy_z3") as peer, pytest.raises(PeerFailed, match="flamapy_z3"):
        peer.ask("read", path="/nowhere.uvl")


def test_the_same_states_are_sampled_each_time() -> None:
    assert domains._some(100, 7) == domains._some(100, 7)
    assert domains._some(2, 5) == {0, 1}
