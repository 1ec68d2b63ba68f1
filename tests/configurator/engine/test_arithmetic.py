"""Rules that are too much for clauses: decided as exactly as all others."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.arithmetic import Arithmetic
from configurator.engine.assumptions import Assumptions
from configurator.engine.compiled import Knowledge, TooLarge
from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import FamilySpec, OptionSpec, Quantity, RuleSpec, ValueSpec
from tests.configurator.engine.products import (
    agrees,
    all_valid,
    families_with_choices,
    possible_choices,
    random_case,
)

CHECKOUT = Path(__file__).resolve().parents[3]


def by_arithmetic(spec: FamilySpec) -> Knowledge:
    """The family with none of its expressions among the clauses."""
    bare = replace(spec, rules=tuple(rule for rule in spec.rules if rule.expr is None))
    knowledge = compile_family(bare)
    selectors = dict(knowledge.selectors)
    top = knowledge.top
    for rule in spec.rules:
        if rule.expr is not None:
            top += 1
            selectors[rule.code] = top
    ordered = {rule.code: selectors[rule.code] for rule in spec.rules}
    codes = tuple(rule.code for rule in spec.rules if rule.expr is not None)
    return replace(knowledge, spec=spec, selectors=ordered, top=top, arithmetic=codes)


def number(code: str, low: int, high: int, unit: str = "mm") -> OptionSpec:
    return OptionSpec(code=code, name=code.upper(), kind="integer", unit=unit, minimum=low, maximum=high)


def tank(*, rule: str, high: int = 8, low: int = 1) -> FamilySpec:
    """A tank of width, height and depth, and a glass that has a thickness."""
    values = tuple(
        ValueSpec(f"g{n}", f"{n} mm", {"t": Quantity(Fraction(n), "mm"), "k": Quantity(Fraction(n, 3))})
        for n in (4, 6)
    )
    glass = OptionSpec(code="glass", name="Glass", kind="choice", values=values)
    numbers = tuple(number(code, low, high) for code in "whd")
    return FamilySpec("tank", "Tank", options=(*numbers, glass), rules=(RuleSpec("volume", rule),))


@settings(max_examples=60, deadline=None)
@given(families_with_choices(), st.integers(0, 2**32))
def test_a_configuration_is_found_exactly_where_there_is_one(
    case: tuple[FamilySpec, dict[str, str | int]], seed: int
) -> None:
    spec, _ = case
    knowledge, dice = by_arithmetic(spec), Random(seed)
    arithmetic, assumptions, valid = Arithmetic(knowledge), Assumptions(knowledge), all_valid(spec)
    for _ in range(4):
        every = {option.code: dice.choice(possible_choices(option)) for option in spec.options}
        chosen = {code: value for code, value in every.items() if value is not None and dice.random() < 0.5}
        literals = [
            literal for code, value in chosen.items() for literal in assumptions.literals(code, value)
        ]
        found = arithmetic.solve(literals, 10)
        assert found is not None
        assert (found is not False) == any(agrees(spec, each, chosen) for each in valid)
        if found:
            assert arithmetic.keeps(found)
        else:
            core = arithmetic.core()
            assert core <= set(literals)
            assert arithmetic.solve(sorted(core), 10) is False


@settings(max_examples=40, deadline=None)
@given(families_with_choices())
def test_answers_conflicts_and_repairs_are_those_of_the_clauses(
    case: tuple[FamilySpec, dict[str, str | int]],
) -> None:
    spec, choices = case
    clauses, arithmetic = Kernel(compile_family(spec)), Kernel(by_arithmetic(spec))
    answers = [kernel.answer(choices) for kernel in (arithmetic, clauses)]
    assert replace(answers[0], conflict=None) == replace(answers[1], conflict=None)
    assert arithmetic.complete(choices) == clauses.complete(choices)
    option = spec.options[0]
    value = next(each for each in possible_choices(option) if each not in (None, ""))
    # Both are minimal; which one is plainest is seen by propagation, which only clauses have.
    found, other = (kernel.explain(choices, option.code, value) for kernel in (arithmetic, clauses))
    assert (found is None) == (other is None)
    if found is not None:
        named = {rule.code for rule in found.rules}
        chosen = {code: choice for code, choice in found.choices if code != option.code}
        alone = replace(spec, rules=tuple(rule for rule in spec.rules if rule.code in named))
        assert Kernel(compile_family(alone)).explain(chosen, option.code, value) is not None
    assert arithmetic.repair(choices, option.code, value) == clauses.repair(choices, option.code, value)


def test_a_family_that_the_solvers_presolve_once_called_impossible_is_possible() -> None:
    # OR-tools 9.15 with its default presolve found nothing here; trying everything finds eleven.
    spec, _ = random_case(50233)
    assert len(all_valid(spec)) == 11
    assert Arithmetic(by_arithmetic(spec)).solve([], 10)


RULES_OF_THREE = [
    "w * h * d <= 60 mm3",
    "w * h * d == 64 mm3 & w <= h & h <= d",
    "w * h / d <= 2 * glass.t",
    "(w - 4 mm) / (h - d) > 0.5",
    "floor(w * h / (d * 1 mm)) * glass.t >= 12 mm",
    "ceil((w - h) / (d - 3 mm)) != 1",
    "if(glass == 'g4', w * h, h * d) * 1 mm <= max(w, h, d) * min(w, h) * glass.t",
    "abs(w - h) * abs(h - d) in (2 mm2, glass.t * 1 mm) <=> w / d >= glass.k",
    "w * h * d * glass.k <= 33 mm3 | w / (h - 3 mm) + d / (h - 5 mm) >= 1",
]


@pytest.mark.parametrize("rule", RULES_OF_THREE)
def test_ranges_and_values_under_a_rule_of_three_numbers_are_those_of_trying_everything(rule: str) -> None:
    spec = tank(rule=rule, high=7)
    kernel, valid = Kernel(by_arithmetic(spec)), all_valid(spec)
    for choices in ({}, {"w": 3}, {"w": 6, "h": 5}, {"d": 3, "glass": "g6"}):
        answer = kernel.answer(choices)
        for option in spec.options:
            left = {each[option.code] for each in valid if agrees(spec, each, choices, but=option.code)}
            found = answer.options[option.code]
            if option.kind == "integer":
                assert (found.low, found.high) == (min(left, default=None), max(left, default=None))
            else:
                assert {code for code, state in found.values.items() if state != "impossible"} == left


def test_numbers_beyond_64_bits_are_refused_with_the_rule_and_the_way_to_mend_it() -> None:
    spec = tank(rule="w * h * d * w * h * d <= 5 mm3", high=4_000)
    with pytest.raises(TooLarge, match="coarser") as refusal:
        Arithmetic(by_arithmetic(spec))
    assert refusal.value.rule == "volume"


def test_what_time_is_too_short_for_stays_unknown() -> None:
    spec = tank(rule="w * h * d == 360360 mm3 & w * w + h * h == d * d + 17 mm2", high=900)
    assert Arithmetic(by_arithmetic(spec)).solve([], 1e-4) is None


def test_a_process_without_such_rules_never_loads_the_solver() -> None:
    program = (
        "import sys\n"
        "from configurator.engine.domains import Kernel\n"
        "from configurator.engine.knowledge import compile_family\n"
        "from configurator.engine.spec import FamilySpec\n"
        "Kernel(compile_family(FamilySpec('f', 'F'))).answer({})\n"
        "print([name for name in sys.modules if name.startswith('ortools')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
