"""The plainest explanation is the one that its definition says: told here once more, by trying everything."""

from dataclasses import dataclass
from itertools import product
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from configurator.engine.answers import Answer
from configurator.engine.domains import Kernel
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import FamilySpec, OptionSpec, RuleSpec, TableSpec, ValueSpec

Domains = dict[str, tuple[str, ...]]
Chosen = dict[str, str]


@dataclass(frozen=True)
class Told:
    """A rule, and the combinations of its options' values that keep it."""

    rule: RuleSpec
    options: tuple[str, ...]
    rows: frozenset[tuple[str, ...]]

    def possible(self, fixed: Chosen) -> bool:
        where = [(n, fixed[option]) for n, option in enumerate(self.options) if option in fixed]
        return any(all(row[n] == value for n, value in where) for row in self.rows)


def _family(*rules: RuleSpec, domains: Domains) -> FamilySpec:
    options = tuple(
        OptionSpec(code, code, "choice", values=tuple(ValueSpec(each, each) for each in values))
        for code, values in domains.items()
    )
    return FamilySpec("small", "Small", options=options, rules=rules)


def _rule(dice: Random, code: str, domains: Domains) -> Told:
    options = tuple(sorted(dice.sample(list(domains), dice.choice([2, 3]))))
    every = list(product(*(domains[option] for option in options)))
    kind = dice.choice(["table", "exclusion", "requirement"])
    if kind == "table":
        rows = [row for row in every if dice.random() < 0.6] or every[:1]
        cells = tuple(tuple((value,) for value in row) for row in rows)
        return Told(RuleSpec(code, table=TableSpec(options, cells, True)), options, frozenset(rows))
    # Never all values of an option: such a rule does not speak of it.
    parts = [
        dice.sample(domains[option], dice.randint(1, min(2, len(domains[option]) - 1))) for option in options
    ]
    said = [
        f"{option} in ({', '.join(map(repr, part))})" for option, part in zip(options, parts, strict=True)
    ]
    hit = [[value in part for value, part in zip(row, parts, strict=True)] for row in every]
    if kind == "exclusion":
        text, keeps = f"!({' & '.join(said)})", [not all(each) for each in hit]
    else:
        text = f"{' & '.join(said[:-1])} => {said[-1]}"
        keeps = [each[-1] or not all(each[:-1]) for each in hit]
    return Told(
        RuleSpec(code, text), options, frozenset(row for row, kept in zip(every, keeps, strict=True) if kept)
    )


def _plainest(
    rules: list[Told], domains: Domains, chosen: Chosen, wish: Chosen
) -> tuple[list[str], list[str]] | None:
    """The conflicts of one rule, and of one choice and two rules, as they are defined."""
    for option, value in chosen.items():
        for told in rules:
            if {option, *wish} <= set(told.options) and not told.possible({option: value, **wish}):
                return [option], [told.rule.code]
    for told in rules:
        there = {option: value for option, value in chosen.items() if option in told.options}
        if set(wish) <= set(told.options) and not told.possible({**there, **wish}):
            for option in reversed(list(there)):
                rest = {other: value for other, value in there.items() if other != option}
                there = there if told.possible({**rest, **wish}) else rest
            return list(there), [told.rule.code]
    for option, value in chosen.items():
        for first, second in product(rules, rules):
            if not set(wish) <= set(first.options) or option not in second.options:
                continue
            for middle in set(first.options) & set(second.options) - {option, *wish}:
                if not any(
                    first.possible({**wish, middle: each}) and second.possible({option: value, middle: each})
                    for each in domains[middle]
                ):
                    return [option], sorted({first.rule.code, second.rule.code})
    return None


def _possible(answer: Answer, code: str) -> list[str]:
    return [value for value, state in answer.options[code].values.items() if state != "impossible"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_the_plainest_conflict_is_found_where_there_is_one(seed: int) -> None:
    dice = Random(seed)
    domains = {code: tuple(f"{code}{n}" for n in range(dice.randint(2, 4))) for code in "abcdefg"}
    rules = [_rule(dice, f"R{number}", domains) for number in range(dice.randint(4, 9))]
    kernel = Kernel(compile_family(_family(*(told.rule for told in rules), domains=domains)))
    ever = kernel.answer({})
    assume(ever.consistent)
    chosen: Chosen = {}
    for code in dice.sample(list(domains), 4):
        chosen[code] = dice.choice(_possible(kernel.answer(chosen), code))
    chosen = dict(sorted(chosen.items()))
    for option in set(domains) - set(chosen):
        for value in _possible(ever, option):
            conflict = kernel.explain(chosen, option, value)
            expected = _plainest(rules, domains, chosen, {option: value})
            if conflict is None:
                assert expected is None
            elif expected is not None:
                found = [code for code, _ in conflict.choices], [rule.code for rule in conflict.rules]
                assert found == expected


def test_one_rule_is_named_rather_than_two_of_which_the_family_speaks_first() -> None:
    domains = {code: tuple(f"{code}{n}" for n in range(4)) for code in "abm"}
    rules = ("a == 'a0' => m in ('m0', 'm1')", "b == 'b0' => m in ('m2', 'm3')", "!(a == 'a0' & b == 'b0')")
    spec = _family(*(RuleSpec(f"R{n}", text) for n, text in enumerate(rules)), domains=domains)
    conflict = Kernel(compile_family(spec)).explain({"b": "b0"}, "a", "a0")
    assert conflict is not None
    assert [rule.code for rule in conflict.rules] == ["R2"]


def test_two_rules_that_leave_an_option_without_values_are_both_named() -> None:
    domains = {code: tuple(f"{code}{n}" for n in range(4)) for code in "abm"}
    rules = ("a == 'a0' => m in ('m0', 'm1')", "b == 'b0' => m in ('m2', 'm3')")
    spec = _family(*(RuleSpec(f"R{n}", text) for n, text in enumerate(rules)), domains=domains)
    conflict = Kernel(compile_family(spec)).explain({"b": "b0"}, "a", "a0")
    assert conflict is not None
    assert conflict.choices == (("b", "b0"),)
    assert [rule.code for rule in conflict.rules] == ["R0", "R1"]
    assert conflict.sentence.startswith("a “a0” does not go with b “b0”.")


def test_a_rule_about_three_options_names_both_choices() -> None:
    domains = {code: tuple(f"{code}{n}" for n in range(3)) for code in "abc"}
    spec = _family(RuleSpec("R", "!(a == 'a0' & b == 'b0' & c == 'c0')"), domains=domains)
    conflict = Kernel(compile_family(spec)).explain({"b": "b0", "c": "c0"}, "a", "a0")
    assert conflict is not None
    assert conflict.choices == (("b", "b0"), ("c", "c0"))


def test_a_choice_is_not_blamed_for_a_value_that_is_never_possible() -> None:
    domains = {code: tuple(f"{code}{n}" for n in range(3)) for code in "abc"}
    rules = ("a == 'a0' => b == 'b0'", "a == 'a0' => c == 'c0'", "!(b == 'b0' & c == 'c0')")
    spec = _family(*(RuleSpec(f"R{n}", text) for n, text in enumerate(rules)), domains=domains)
    conflict = Kernel(compile_family(spec)).explain({"b": "b1"}, "a", "a0")
    assert conflict is not None
    assert conflict.choices == ()


def test_values_of_several_that_stay_are_named_with_the_rule_between_them() -> None:
    extras = OptionSpec("x", "X", "multiple", values=(ValueSpec("p", "P"), ValueSpec("q", "Q")), most=2)
    rule = RuleSpec("R", "!(x.p & x.q)")
    conflict = Kernel(compile_family(FamilySpec("s", "S", options=(extras,), rules=(rule,)))).explain(
        {"x": "p"}, "x", "p,q"
    )
    assert conflict is not None
    assert ([code for code, _ in conflict.choices], [rule.code for rule in conflict.rules]) == (["x"], ["R"])
