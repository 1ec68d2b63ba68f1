"""Numbers in rules: exact ranges against trying every point, on grids with many points, and the limits."""

import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configurator.engine import neighbours, valid_domains
from configurator.engine.answers import OptionAnswer
from configurator.engine.choices import ChoiceError
from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.engine.rules import environment_of, rule_holds
from configurator.engine.spec import FamilySpec, OptionSpec, Quantity, RuleSpec, ValueSpec


def integer(code: str, low: int, high: int, step: int = 1) -> OptionSpec:
    return OptionSpec(code=code, name=code, kind="integer", unit="mm", minimum=low, maximum=high, step=step)


def family(*options: OptionSpec, rules: list[str]) -> FamilySpec:
    numbered = tuple(RuleSpec(code=f"R{number}", expr=rule) for number, rule in enumerate(rules, start=1))
    return FamilySpec(code="test", name="Test", options=options, rules=numbered)


BOARD = OptionSpec(
    code="board",
    name="Board",
    kind="choice",
    values=tuple(
        ValueSpec(f"t{span}", f"{span}", {"span": Quantity(Fraction(span), "mm")})
        for span in (40, 55, 55, 70)
    )[1:],
)
MONOTONE = [
    "w * h <= 900",
    "h <= 3 * w",
    "w <= board.span",
    "w + 2 * h >= 30",
    "w != 24",
    "h == 14 => w < 20",
]
CURVED = ["w * w <= 4 * h * h", "max(w, h) <= 50", "abs(w - h) <= 25 & !(w in (12, 14))", "floor(w / 7) != 3"]

MIXED = [
    "w <= 12 | w >= 40 | h == 20",
    "100 / h >= 2 * w / 10 | h > 30",
    "ceil(w * h / 7) * 7 - w * h <= 3",
    "(w - 30) * (h - 30) >= -200",
    "w * 1 cm <= 4 cm2 | board.span > 60",
    "h in (10, 20, 40) | w - 40 < 0 - h",
    "board == 't55' <=> w + h < 50",
    "1 / (h - 20) > 0 => w < 33",
]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(MONOTONE + CURVED), min_size=1, max_size=3, unique=True),
    st.one_of(st.none(), st.integers(5, 60)),
)
def test_ranges_over_two_numbers_are_exact(rules: list[str], width: int | None) -> None:
    spec = family(integer("w", 5, 60), integer("h", 2, 62, 2), BOARD, rules=rules)
    choices = {} if width is None else {"w": width}
    valid = [
        (w, h)
        for w in ([width] if width else range(5, 61))
        for h in range(2, 63, 2)
        for board in ("t55", "t70")
        if all(
            rule_holds(rule, environment_of(spec, {"w": w, "h": h, "board": board})) for rule in spec.rules
        )
    ]
    answer = Kernel(compile_family(spec)).answer(choices)
    heights = [h for _, h in valid]
    found = answer.options["h"]
    assert (found.low, found.high) == (min(heights, default=None), max(heights, default=None))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in families with a hundred thousand clauses: neighbours are not looked at, all grids are fine."""
    monkeypatch.setattr(neighbours, "MOST_READ", 0)
    monkeypatch.setattr(valid_domains, "MANY_POINTS", 2)
    monkeypatch.setattr(valid_domains, "MAX_QUESTIONS", 200)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(MONOTONE + CURVED + MIXED), min_size=1, max_size=4, unique=True),
    st.one_of(st.none(), st.integers(5, 60)),
)
@pytest.mark.usefixtures("alone")
def test_ranges_and_holes_of_large_families_are_exact(rules: list[str], width: int | None) -> None:
    spec = family(integer("w", 5, 60), integer("h", 2, 62, 2), BOARD, rules=rules)
    valid = _valid(spec)
    found = Kernel(compile_family(spec)).answer({} if width is None else {"w": width})
    heights = {h for w, h, _ in valid if width in (None, w)}
    assert _numbers(found.options["h"], 2) == heights
    assert _numbers(found.options["w"], 1) == {w for w, _, _ in valid}


def _valid(spec: FamilySpec) -> set[tuple[int, int, str]]:
    return {
        (w, h, board)
        for w in range(5, 61)
        for h in range(2, 63, 2)
        for board in ("t55", "t70")
        if all(
            rule_holds(rule, environment_of(spec, {"w": w, "h": h, "board": board})) for rule in spec.rules
        )
    }


def _numbers(answer: OptionAnswer, step: int) -> set[int]:
    """What a range without its holes leaves."""
    if answer.low is None or answer.high is None:
        return set()
    holes = {number for low, high in answer.holes for number in range(low, high + 1)}
    return set(range(answer.low, answer.high + 1, step)) - holes


def test_a_number_in_a_hole_is_refused_with_its_reason() -> None:
    spec = family(integer("w", 0, 100), rules=["w <= 20 | w >= 60"])
    kernel = Kernel(compile_family(spec))
    found = kernel.answer({}).options["w"]
    assert (found.low, found.high) == (0, 100)
    conflict = kernel.explain({}, "w", 40)
    assert conflict is not None and [rule.code for rule in conflict.rules] == ["R1"]


def test_a_repair_moves_a_number_to_the_nearest_that_is_possible() -> None:
    spec = family(integer("w", 0, 100), integer("h", 0, 100), rules=["w + h <= 120", "h != 60"])
    repair = Kernel(compile_family(spec)).repair({"h": 90}, "w", 60)
    assert repair is not None
    assert repair.choices == {"w": 60, "h": 59}
    assert repair.sentence == "For w “60 mm”, change h from “90 mm” to “59 mm”."


def test_a_monotone_rule_over_two_fine_grids_stays_small() -> None:
    spec = family(integer("w", 300, 2400), integer("h", 300, 2700), rules=["w * h <= 2.4 m2", "h <= 3 * w"])
    knowledge = compile_family(spec)
    assert len(knowledge.clauses) < 15_000
    answer = Kernel(knowledge).answer({"w": 1000})
    assert (answer.options["h"].low, answer.options["h"].high) == (300, 2400)


def test_a_rule_over_too_many_combinations_is_left_to_arithmetic() -> None:
    options = [integer(code, 0, 1200) for code in ("w", "h", "d")]
    knowledge = compile_family(family(*options, rules=["w < h", "w * h * d <= 30000000"]))
    assert knowledge.arithmetic == ("R2",)


def test_three_numbers_on_coarse_grids_are_exact() -> None:
    options = [integer(code, 1, 12) for code in ("w", "h", "d")]
    kernel = Kernel(compile_family(family(*options, rules=["w * h * d == 60", "w < h & h < d"])))
    answer = kernel.answer({})
    ranges = {code: (option.low, option.high) for code, option in answer.options.items()}
    assert ranges == {"w": (1, 3), "h": (3, 6), "d": (5, 12)}


def test_units_are_turned_into_one_another() -> None:
    centimetres = OptionSpec(code="w", name="w", kind="integer", unit="cm", minimum=1, maximum=50)
    kernel = Kernel(compile_family(family(centimetres, rules=["w <= 123 mm"])))
    assert kernel.answer({}).options["w"].high == 12


def test_a_number_off_the_grid_is_refused_with_the_nearest() -> None:
    kernel = Kernel(compile_family(family(integer("w", 10, 100, 10), rules=[])))
    with pytest.raises(ChoiceError) as refusal:
        kernel.answer({"w": 27})
    assert refusal.value.problems[0].hint == "the nearest is 30 mm"


def test_hard_rules_do_not_hold_a_click_for_long() -> None:
    """Twelve pigeons in eleven holes: no solver of this kind proves quickly that they do not fit."""
    holes = tuple(ValueSpec(f"h{number}", f"Hole {number}") for number in range(11))
    pigeons = [OptionSpec(code=f"p{n}", name=f"Pigeon {n}", kind="choice", values=holes) for n in range(12)]
    rules = [f"away == 'no' => p{a} != p{b}" for a in range(12) for b in range(a)]
    away = OptionSpec(
        code="away", name="Away", kind="choice", values=(ValueSpec("yes", "Yes"), ValueSpec("no", "No"))
    )
    kernel = Kernel(compile_family(family(away, *pigeons, rules=rules)))
    started = time.process_time()
    answer = kernel.answer({})
    assert time.process_time() - started < 10
    assert answer.options["away"].values == {"yes": "possible", "no": "unknown"}


def test_eight_threads_get_the_answers_that_one_gets() -> None:
    knowledge = compile_family(family(integer("w", 5, 60), integer("h", 2, 62, 2), BOARD, rules=MONOTONE))
    asked = [{"w": 5 + number % 50} for number in range(80)]
    shared = Kernel(knowledge)
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(shared.answer, asked))
    alone = Kernel(knowledge)
    assert together == [alone.answer(choices) for choices in asked]


def test_a_clause_with_two_bounds_of_one_number_does_not_widen_its_range() -> None:
    """Found at random: "not from 1 or not from 5" does not follow at once as "not from 5" does."""
    values = tuple(
        ValueSpec(code, code, {"n": Quantity(Fraction(n)), "big": big})
        for code, n, big in (("low", -2, False), ("mid", 4, False), ("top", 6, True))
    )
    spec = FamilySpec(
        code="f",
        name="F",
        options=(
            OptionSpec(code="y", name="Y", kind="integer", minimum=1, maximum=10, step=3),
            OptionSpec(code="a", name="A", kind="choice", values=values),
            OptionSpec(code="x", name="X", kind="integer", minimum=-3, maximum=7, step=2),
        ),
        rules=(
            RuleSpec("R0", expr="(x >= max(a.n, -2)) => ((x < 10) & (a.big))"),
            RuleSpec("R1", expr="(a.n * y >= a.n) <=> (max(x, -1) - if(a == 'low', y, 4) < 3)"),
        ),
    )
    answer = Kernel(compile_family(spec)).answer({"y": 7, "a": "mid", "x": 1}).options["x"]
    assert (answer.low, answer.high) == (-3, 3)
