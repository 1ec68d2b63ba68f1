"""Machines, people, tools, loads and lags: what the schedule makes of them, certified."""

import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from production.engine.certificate import certify
from production.engine.planning import iterations, propose
from production.engine.proposal import FrozenOperation, Limits, Operation, Problem, Proposal
from production.engine.shop import Calendar, Machine, Operator, SetupRule, Shop, Tool, WorkCentre
from production.engine.work import Alternate, Step, Unit
from tests.workshops import DAY, HOUR, MONDAY, eight_hours_a_day


def workshop() -> Shop:
    """A printer that somebody sets up, two ovens for three loads' worth, a line, a press at a rate, a bench
    with a slower one beside it, and a jig of which there is one."""
    return Shop(
        work_centres=(
            WorkCentre("print", "Printer", "bench", "print", skill="print", attended="setup"),
            WorkCentre("oven", "Ovens", "batch", "cure", load_seconds=600, capacity=3),
            WorkCentre("line", "Line", "line", "sew", takt_seconds=120, stations=3),
            WorkCentre("press", "Press", "rate", "press", rate=30),
            WorkCentre("bench", "Bench", "bench", "pack", skill="pack", attended="run"),
            WorkCentre("helper", "Helper", "bench", "pack"),
        ),
        machines=(
            _machine("print-1", "print"),
            _machine("oven-1", "oven"),
            _machine("oven-2", "oven", speed=80),
            _machine("line-1", "line"),
            _machine("press-1", "press", stops=((MONDAY + 2 * HOUR, MONDAY + 3 * HOUR),)),
            _machine("bench-1", "bench"),
            _machine("helper-1", "helper"),
        ),
        calendars=(Calendar("day", eight_hours_a_day()), Calendar("half", _mornings())),
        setups=(
            SetupRule("print", None, "red", 900),
            SetupRule("print", None, "blue", 900),
            SetupRule("print", "red", "blue", 300),
            SetupRule("oven", None, "hot", 1200),
            SetupRule("oven", "hot", "mild", 600),
        ),
        materials=(),
        now=MONDAY,
        operators=(Operator("ann", "Ann", ("print", "pack"), "day"), Operator("bo", "Bo", ("pack",), "half")),
        tools=(Tool("jig", 1),),
    )


def _machine(code: str, centre: str, *, speed: int = 100, stops: tuple[tuple[int, int], ...] = ()) -> Machine:
    return Machine(code, centre, 0, 0, 0, 0, speed, "day", "", stops=stops)


def _mornings() -> tuple[tuple[int, int], ...]:
    return tuple((start, start + 4 * HOUR) for start, _ in eight_hours_a_day())


def piece(number: int, *routing: Step, **changes: object) -> Unit:
    unit = Unit(f"u{number}", f"l{number}", f"o{number}", MONDAY + DAY, MONDAY, (), "", routing, ())
    return replace(unit, **changes)  # type: ignore[arg-type]


def planned(*units: Unit, shop: Shop | None = None, tried: int = 120, **changes: object) -> Proposal:
    problem = Problem(shop or workshop(), units, limits=Limits(review_seconds=0))
    problem = replace(problem, **changes)  # type: ignore[arg-type]
    proposal = propose(problem, seed=3, stop=iterations(tried))
    assert certify(problem, proposal).breaches == ()
    return proposal


def at(proposal: Proposal, centre: str) -> list[Operation]:
    return [o for o in proposal.operations if o.work_centre == centre]


def cure(family: str = "hot", *, seconds: int = 1800, load: int = 1, step: int = 20) -> Step:
    return Step(step, "oven", family, seconds, load=load)


def test_runs_of_one_programme_share_a_load() -> None:
    red, blue = (Step(10, "press", family, 60) for family in ("red", "blue"))
    proposal = planned(piece(1, red, cure()), piece(2, blue, cure(seconds=2400)))
    loads = {operation.load for operation in at(proposal, "oven")}
    assert len(proposal.runs) == 2
    assert len(loads) == proposal.kpis.loads == 1


def test_a_load_is_never_overfull() -> None:
    families = [Step(10, "press", f"f{n}", 60) for n in range(4)]
    proposal = planned(*(piece(n, step, cure(load=2)) for n, step in enumerate(families)))
    assert proposal.kpis.loads == 4


def test_a_line_and_a_rate_take_the_time_of_their_modes() -> None:
    proposal = planned(*(piece(n, Step(10, "line", "", 30), Step(20, "press", "", 9)) for n in range(5)))
    assert [o.seconds for o in at(proposal, "line")] == [5 * 120 + 2 * 120]
    assert [o.seconds for o in at(proposal, "press")] == [5 * 3600 // 30]


def test_nothing_runs_while_a_machine_is_stopped_by_plan() -> None:
    proposal = planned(*(piece(n, Step(10, "press", f"f{n}", 1, load=30)) for n in range(3)))
    stop = workshop().machine["press-1"].stops[0]
    assert all(o.end <= stop[0] or o.setup_start >= stop[1] for o in at(proposal, "press"))


def test_one_person_attends_one_thing_at_a_time() -> None:
    first = [piece(n, Step(10, "print", "red" if n % 2 else "blue", 600)) for n in range(4)]
    second = [piece(n, Step(10, "bench", f"f{n}", 1200)) for n in range(4, 8)]
    proposal = planned(*first, *second)
    busy = [(o.operator, o.setup_start, o.end) for o in at(proposal, "bench")]
    busy += [(o.operator, o.setup_start, o.start) for o in at(proposal, "print") if o.start > o.setup_start]
    assert all(operator for operator, _, _ in busy)
    for operator in ("ann", "bo"):
        spans = sorted(span[1:] for span in busy if span[0] == operator)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_a_fixture_of_which_there_is_one_is_in_one_place() -> None:
    steps = [
        Step(10, centre, f"f{n}", 900, tool="jig") for n, centre in enumerate(("press", "helper", "line"))
    ]
    spans = sorted((o.setup_start, o.end) for o in planned(*map(piece, range(3), steps)).operations)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_pieces_that_need_different_fixtures_for_a_step_are_in_different_runs() -> None:
    fixtures = ("jig", "vice", "")
    routings = [
        (Step(10, "press", "any", 60), Step(20, "helper", "", 300, tool=fixtures[n % 3])) for n in range(9)
    ]
    shop = replace(workshop(), tools=(Tool("jig", 1), Tool("vice", 1)))
    proposal = planned(*(piece(n, *steps) for n, steps in enumerate(routings)), shop=shop, tried=600)
    done = sorted((o.tool, len(o.units)) for o in at(proposal, "helper"))
    assert done == [("", 3), ("jig", 3), ("vice", 3)]


def test_a_run_of_pieces_that_need_no_fixture_has_none() -> None:
    """Others of the same key need one; runs of a changed composition must not keep it."""
    routings = [
        (Step(10, "press", "any", 60 + n), Step(20, "helper", "", 3000, tool=("jig", "")[n % 2]))
        for n in range(6)
    ]
    pieces = [piece(n, *steps, due=MONDAY + n * HOUR) for n, steps in enumerate(routings)]
    limits = Limits(review_seconds=0, max_seconds=2 * HOUR)
    proposal = planned(*pieces, tried=300, limits=limits)
    jigged = {unit for o in at(proposal, "helper") if o.tool for unit in o.units}
    assert jigged == {"u0", "u2", "u4"}


def test_an_alternate_is_taken_where_that_is_sooner() -> None:
    step = Step(10, "bench", "", 4 * HOUR, alternates=(Alternate("helper", 5 * HOUR, 1),))
    units = [piece(n, replace(step, setup_family=f"f{n}"), due=MONDAY + 6 * HOUR) for n in range(2)]
    proposal = planned(*units)
    assert {o.work_centre for o in proposal.operations} == {"bench", "helper"}
    assert proposal.kpis.terms.preference == 100


def test_a_maximum_lag_makes_the_step_before_wait() -> None:
    units = [piece(n, Step(10, "helper", f"f{n}", 60), cure(f"p{n}", load=3, step=20)) for n in range(6)]
    late = [replace(u, routing=(u.routing[0], replace(u.routing[1], max_lag=300))) for u in units]
    proposal = planned(*late)
    ends = {o.run: o.end for o in at(proposal, "helper")}
    assert all(0 <= o.start - ends[o.run] <= 300 for o in at(proposal, "oven"))


def test_a_minimum_lag_is_kept() -> None:
    proposal = planned(piece(1, Step(10, "helper", "", 60), Step(20, "line", "", 60, min_lag=7200)))
    first, second = proposal.operations
    assert second.start - first.end >= 7200


def test_work_goes_between_what_is_frozen_with_the_set_up_that_this_then_needs() -> None:
    frozen = FrozenOperation(
        "f",
        "old",
        10,
        "print",
        "print-1",
        "blue",
        HOUR,
        MONDAY + HOUR,
        MONDAY + HOUR + 900,
        MONDAY + 2 * HOUR,
    )
    shop = replace(workshop(), work_centres=tuple(replace(c, attended="") for c in workshop().work_centres))
    unit = piece(1, Step(10, "print", "red", 1200))
    proposal = planned(unit, shop=shop, frozen=(frozen,))
    (red,) = proposal.operations
    assert red.end <= proposal.frozen[0].setup_start
    assert proposal.frozen[0].start - proposal.frozen[0].setup_start == 300


steps = st.builds(
    Step,
    step=st.just(0),
    work_centre=st.sampled_from(("print", "oven", "line", "press", "bench", "helper")),
    setup_family=st.sampled_from(("red", "blue", "hot", "mild")),
    seconds=st.integers(0, 3 * HOUR),
    load=st.integers(0, 3),
    min_lag=st.sampled_from((0, 0, 600)),
    max_lag=st.sampled_from((None, None, None, 20 * HOUR)),
)


@settings(max_examples=25, deadline=None)
@given(
    routings=st.lists(st.lists(steps, min_size=1, max_size=4), min_size=1, max_size=6),
    counts=st.lists(st.integers(1, 5), min_size=6, max_size=6),
    seed=st.integers(0, 100),
)
def test_whatever_the_routings_the_plan_is_certified(
    routings: list[list[Step]], counts: list[int], seed: int
) -> None:
    units = [
        piece(10 * n + copy, *(replace(s, step=10 * i) for i, s in enumerate(routing, start=1)), line=f"l{n}")
        for n, (routing, count) in enumerate(zip(routings, counts, strict=False))
        for copy in range(count)
    ]
    problem = Problem(workshop(), tuple(units), limits=Limits(review_seconds=0))
    proposal = propose(problem, seed=seed, stop=iterations(90))
    assert certify(problem, proposal).breaches == ()
    assert propose(problem, seed=seed, stop=iterations(90)) == proposal
