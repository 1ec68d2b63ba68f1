"""Sums over many values as clauses: exact for every subset, and few."""

from fractions import Fraction
from itertools import product
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.engine.rules import environment_of, rule_holds
from configurator.engine.spec import FamilySpec, OptionSpec, Quantity, RuleSpec, ValueSpec


def family(dice: Random, count: int) -> FamilySpec:
    """Several values with numbers, a number beside them, and a rule over their sum or count."""
    values = tuple(
        ValueSpec(f"v{n}", f"V{n}", {"n": Quantity(Fraction(dice.randint(-3, 5)))}) for n in range(count)
    )
    several = OptionSpec("m", "M", "multiple", values=values, most=count)
    number = OptionSpec("x", "X", "integer", minimum=-2, maximum=4, step=2)
    total = dice.choice(["sum(m.n)", "m.count", "sum(m.n) / 2", "2 * sum(m.n) - m.count", "3 - m.count"])
    other = dice.choice([str(dice.randint(-6, 12)), "x", "3 * x + 1", "-x"])
    operator = dice.choice(["<", "<=", ">", ">=", "==", "!="])
    rule = f"{total} {operator} {other}"
    if dice.random() < 0.4:
        rule = dice.choice([f"!({rule})", f"m.v0 => {rule}", f"({rule}) <=> m.v1"])
    return FamilySpec("f", "F", options=(several, number), rules=(RuleSpec("R", rule),))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_a_sum_allows_exactly_the_subsets_that_keep_it(seed: int) -> None:
    dice = Random(seed)
    spec = family(dice, dice.randint(6, 7))
    kernel = Kernel(compile_family(spec))
    several, number = spec.options
    for chosen in product((False, True), repeat=len(several.values)):
        codes = ",".join(code for code, there in zip(several.codes, chosen, strict=True) if there)
        choices = {"m": codes, "x": dice.choice(range(number.minimum, number.maximum + 1, number.step))}
        kept = rule_holds(spec.rules[0], environment_of(spec, choices))
        assert kernel.consistent(choices) is kept, (spec.rules[0].expr, choices)


def test_a_count_over_a_hundred_values_takes_few_clauses() -> None:
    values = tuple(ValueSpec(f"v{n}", f"V{n}") for n in range(100))
    several = OptionSpec("m", "M", "multiple", values=values, most=100)
    spec = FamilySpec("f", "F", options=(several,), rules=(RuleSpec("R", "m.count <= 5"),))
    knowledge = compile_family(spec)
    assert knowledge.arithmetic == ()
    assert len(knowledge.clauses) < 1_500
