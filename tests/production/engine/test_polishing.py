"""The exact model agrees with the decoder; what it polishes is certified, cheaper and the same again."""

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.batching import form_runs
from production.engine.certificate import Certificate, certify
from production.engine.planning import iterations, propose
from production.engine.proposal import FrozenOperation, Limits, Problem, Proposal, Weights, Zones
from production.engine.scheduling import polishing
from production.engine.scheduling.annealing import Search
from production.engine.scheduling.construct import compiled_around
from production.engine.scheduling.decoder import decode
from production.engine.scheduling.exact import Exact, TooLarge
from production.engine.scheduling.names import COST_RUN
from production.engine.shop import Calendar, Machine, Operator, SetupRule, Shop, Tool, WorkCentre
from production.engine.work import Alternate, Step, Unit
from tests.workshops import HOUR, MONDAY, eight_hours_a_day


def shop() -> Shop:
    """A printer that somebody sets up, two ovens, an attended bench with a helper beside it, one jig; the
    last two hours of each day are overtime."""
    day = eight_hours_a_day(12)
    late = tuple((end - 2 * HOUR, end) for _, end in day)
    mornings = tuple((start, start + 5 * HOUR) for start, _ in day)

    def machine(code: str, centre: str, speed: int = 100, **more: int) -> Machine:
        return Machine(code, centre, 0, 0, 0, 0, speed, "day", "", **more)

    return Shop(
        work_centres=(
            WorkCentre("print", "Printer", "bench", "print", skill="print", attended="setup"),
            WorkCentre("oven", "Ovens", "batch", "cure", load_seconds=600, capacity=3),
            WorkCentre("bench", "Bench", "bench", "pack", skill="pack", attended="run"),
            WorkCentre("helper", "Helper", "bench", "pack"),
        ),
        machines=(
            machine("print-1", "print", cost_rate=3000),
            machine("print-2", "print", 70),
            machine("oven-1", "oven", power_w=900),
            machine("oven-2", "oven", 80),
            machine("bench-1", "bench"),
            machine("helper-1", "helper"),
        ),
        calendars=(Calendar("day", day, overtime=late), Calendar("half", mornings)),
        setups=(
            SetupRule("print", None, "red", 900, 50),
            SetupRule("print", None, "blue", 900),
            SetupRule("print", "red", "blue", 300, 20),
            SetupRule("oven", None, "hot", 1200),
            SetupRule("oven", "hot", "mild", 600),
        ),
        materials=(),
        now=MONDAY,
        operators=(Operator("ann", "Ann", ("print", "pack"), "day"), Operator("bo", "Bo", ("pack",), "half")),
        tools=(Tool("jig", 1),),
    )


def piece(number: int, *routing: Step, due: int = 6 * HOUR, together: str = "") -> Unit:
    name = f"u{number}"
    return Unit(name, f"l{number}", "o", MONDAY + due, MONDAY, (), "", routing, (), together=together)


ROUTINGS = st.tuples(
    st.sampled_from(("red", "blue")),
    st.integers(60, 3 * HOUR),
    st.sampled_from(("hot", "mild", "")),
    st.integers(1, 3),
    st.integers(60, 2 * HOUR),
    st.sampled_from(("", "", "jig")),
    st.integers(0, 20),
    st.sampled_from(("", "", "", "with")),
)


def problem_of(facts: list[tuple[str, int, str, int, int, str, int, str]], *, frozen: bool) -> Problem:
    units = []
    for number, (colour, seconds, heat, load, pack, tool, due, together) in enumerate(facts):
        steps = [Step(10, "print", colour, seconds)]
        if heat:
            steps.append(Step(20, "oven", heat, 1800, load=load, min_lag=600))
        other = (Alternate("helper", 2 * pack, 1),) if number % 2 else ()
        steps.append(Step(30, "bench", "", pack, alternates=other, tool=tool))
        units.append(piece(number, *steps, due=due * HOUR, together=together))
    standing = FrozenOperation(
        "f", "old", 10, "print", "print-1", "blue", HOUR, MONDAY + HOUR, MONDAY + 7200, MONDAY + 3 * HOUR
    )
    return Problem(
        shop(),
        tuple(units),
        frozen=(standing,) if frozen else (),
        limits=Limits(review_seconds=0, max_seconds=2 * HOUR),
    )


def searched(problem: Problem) -> Search:
    """The best of the rules of dispatch, decoded."""
    runs, _ = form_runs(problem.units, problem.shop, limits=problem.limits)
    compiled, _ = compiled_around(runs, problem)
    search = Search(compiled, seed=1)
    search.dispatch(iterations(40))
    search.settle_best()
    return search


@settings(max_examples=12, deadline=None)
@given(facts=st.lists(ROUTINGS, min_size=1, max_size=7), frozen=st.booleans())
def test_the_model_holds_what_the_decoder_makes_at_the_same_cost(facts, frozen) -> None:
    search = searched(problem_of(facts, frozen=frozen))
    exact = Exact(search.compiled)
    cost = int(decode(search.p, search.s, search.prm))
    runs = len(exact.runs) * int(search.p[COST_RUN])
    found = exact.model.ask(exact.cost, work=1.0, fixed=exact.model.hints)
    assert found.status == "optimal"
    # Energy and machine hours are rounded down once a set-up and once a task.
    assert abs(found.value + runs - cost) <= 3 * len(exact.tasks)


@settings(max_examples=6, deadline=None)
@given(facts=st.lists(ROUTINGS, min_size=2, max_size=5), frozen=st.booleans(), seed=st.integers(0, 9))
def test_a_polished_plan_is_certified_and_costs_no_more(facts, frozen, seed) -> None:
    problem = problem_of(facts, frozen=frozen)
    plain = propose(problem, seed=seed, stop=iterations(30))
    with pytest.MonkeyPatch.context() as patch:
        kept = watched(patch)
        polished = propose(problem, seed=seed, stop=iterations(30))
    assert all(kept)
    assert certify(problem, polished).ok
    assert polished.kpis.unplanned == plain.kpis.unplanned
    assert polished.kpis.terms.cost <= plain.kpis.terms.cost


def watched(patch: pytest.MonkeyPatch) -> list[bool]:
    """Polish after few schedules already; told is whether what came out of it was certified."""
    patch.setattr(polishing, "FROM", 20)
    patch.setattr(polishing, "WORK", 2.0)
    kept: list[bool] = []

    def told(problem: Problem, proposal: Proposal) -> Certificate:
        certificate = certify(problem, proposal)
        kept.append(certificate.ok)
        return certificate

    patch.setattr(polishing, "certify", told)
    return kept


def crowded() -> Problem:
    """Seven pieces for two printers and two ovens: few schedules do not find the best order."""
    chance = random.Random(4)
    colours, heats = ("red", "blue"), ("hot", "mild")
    facts = [
        (chance.choice(colours), chance.randrange(3600), chance.choice(heats), 1, 900, "", n, "")
        for n in range(7)
    ]
    return problem_of(facts, frozen=False)


def test_polishing_finds_what_few_schedules_do_not_and_finds_it_again(monkeypatch) -> None:
    plain = propose(crowded(), stop=iterations(30))
    kept = watched(monkeypatch)
    polished = propose(crowded(), stop=iterations(30))
    assert kept and all(kept)
    assert polished.kpis.bound <= polished.kpis.terms.cost < plain.kpis.terms.cost
    assert propose(crowded(), stop=iterations(30)) == polished


def test_who_says_stop_is_not_kept_waiting_for_polish(monkeypatch) -> None:
    kept = watched(monkeypatch)
    asked = itertools.count()
    propose(crowded(), stop=lambda tried: next(asked) > 40)
    assert kept == []


def test_quick_answers_are_not_polished(monkeypatch) -> None:
    monkeypatch.setattr(polishing, "Exact", None)
    propose(crowded(), stop=iterations(polishing.FROM - 500))


def test_work_that_pauses_is_left_to_the_search() -> None:
    steps = Step(10, "helper", "", 11 * HOUR)
    problem = Problem(shop(), (piece(1, steps),), limits=Limits(review_seconds=0, max_seconds=20 * HOUR))
    with pytest.raises(TooLarge):
        Exact(searched(problem).compiled)


def test_what_moves_little_stays_where_the_base_plan_has_it(monkeypatch) -> None:
    problem = crowded()
    base = propose(problem, stop=iterations(30))
    zones = Zones(slushy_until=MONDAY + 4 * HOUR, tolerance=600)
    again = replace(problem, base=base, zones=zones, weights=Weights(moved=10**6))
    kept = watched(monkeypatch)
    after = propose(again, stop=iterations(30))
    assert all(kept)
    assert certify(again, after).ok
    assert after.kpis.moved == 0
