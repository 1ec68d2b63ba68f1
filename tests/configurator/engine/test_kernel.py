"""The kernel against trying everything, on random small products."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configurator.engine.answers import State
from configurator.engine.choices import codes_of
from configurator.engine.domains import Kernel, Undecided
from configurator.engine.knowledge import compile_family
from configurator.engine.memory import MOST_PROOFS, MOST_WITNESSES
from configurator.engine.rules import environment_of, rule_holds
from configurator.engine.spec import Choice, FamilySpec, OptionSpec, PriceSpec, RuleSpec, ValueSpec
from tests.configurator.engine.products import (
    agrees,
    all_valid,
    families_of_all_kinds,
    families_with_choices,
    measure,
    possible_choices,
    random_family,
)

random_products = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
Case = tuple[FamilySpec, dict[str, Choice]]
Valid = list[dict[str, Choice | None]]


def products() -> st.SearchStrategy[Case]:
    return st.one_of(families_with_choices(), families_of_all_kinds())


def _remaining(spec: FamilySpec, valid: Valid, choices: dict[str, Choice], code: str) -> set[Any]:
    """What an option can still be, given the choices for the others."""
    return {measure(spec, code, each[code]) for each in valid if agrees(spec, each, choices, but=code)}


def _states(
    spec: FamilySpec, valid: Valid, choices: dict[str, Choice], option: OptionSpec
) -> dict[str, State]:
    """Each value of several, given the choices for the other options and its fellow values."""
    states: dict[str, State] = {}
    for code in option.codes:
        fellows = set(codes_of(choices.get(option.code, ""))) - {code}
        there = {
            code in codes_of(each[option.code] or "")
            for each in valid
            if agrees(spec, each, choices, but=option.code)
            and (option.code not in choices or set(codes_of(each[option.code] or "")) - {code} == fellows)
        }
        states[code] = "impossible" if True not in there else "possible" if False in there else "forced"
    return states


@random_products
@given(products())
def test_domains_are_exact(case: Case) -> None:
    spec, choices = case
    answer = Kernel(compile_family(spec)).answer(choices)
    valid = all_valid(spec)
    assert answer.consistent is any(agrees(spec, each, choices) for each in valid)
    for option in spec.options:
        found, remaining = answer.options[option.code], _remaining(spec, valid, choices, option.code)
        if option.kind == "multiple":
            assert dict(found.values) == _states(spec, valid, choices, option)
        elif option.kind in ("choice", "switch"):
            possible = {code for code, state in found.values.items() if state in ("possible", "forced")}
            assert possible == remaining
            assert "unknown" not in found.values.values()
            assert found.forced == (next(iter(remaining)) if len(remaining) == 1 else None)
        else:
            ends = (min(remaining, default=None), max(remaining, default=None))
            low, high = (
                (found.low, found.high) if option.kind == "integer" else (found.length_low, found.length_high)
            )
            assert (low, high) == ends
            between = range(ends[0], ends[1], option.step) if option.kind == "integer" and remaining else ()
            holes = [number for first, last in found.holes for number in range(first, last + 1, option.step)]
            assert holes == [number for number in between if number not in remaining]


@random_products
@given(products())
def test_a_configuration_is_complete_when_all_is_chosen_and_all_rules_hold(case: Case) -> None:
    spec, choices = case
    answer = Kernel(compile_family(spec)).answer(choices)
    needed = [o.code for o in spec.options if o.code not in choices and (o.required or o.kind == "integer")]
    environment = environment_of(spec, choices, finished=True)
    valid = all(rule_holds(rule, environment) is True for rule in spec.rules if rule.severity == "must")
    assert answer.complete is (not needed and valid)
    if answer.consistent:
        assert set(needed) <= set(answer.missing)
        assert bool(answer.missing) is not answer.complete


def _rules_kept(spec: FamilySpec, rules: set[str]) -> FamilySpec:
    kept = tuple(rule for rule in spec.rules if rule.code in rules)
    return FamilySpec(code=spec.code, name=spec.name, options=spec.options, rules=kept)


def _wishes(option: OptionSpec) -> list[Choice]:
    nothing = (None,) if option.kind == "multiple" else (None, "")
    return [value for value in possible_choices(option) if value not in nothing]


def _has_wish(
    spec: FamilySpec,
    each: Mapping[str, Choice | None],
    option: OptionSpec,
    value: Choice,
    choices: dict[str, Choice],
) -> bool:
    """Whether a configuration has what is wished: of several values what is put in or left out."""
    if option.kind != "multiple":
        return agrees(spec, each, {option.code: value})
    before, after = set(codes_of(choices.get(option.code, ""))), set(codes_of(value))
    there = set(codes_of(each[option.code] or ""))
    if after == before and len(after) >= option.least:
        return there == after
    return after - before <= there and not (before - after) & there


@random_products
@given(products(), st.data())
def test_an_explanation_is_there_when_a_value_is_impossible_and_none_of_it_can_be_left_out(
    case: Case, data: st.DataObject
) -> None:
    spec, choices = case
    option = data.draw(st.sampled_from(spec.options))
    value = data.draw(st.sampled_from(_wishes(option)))
    conflict = Kernel(compile_family(spec)).explain(choices, option.code, value)
    others = {code: old for code, old in choices.items() if code != option.code}
    possible = any(agrees(spec, each, {**others, option.code: value}) for each in all_valid(spec))
    assert (conflict is None) is possible
    if conflict is None:
        return
    against, rules = dict(conflict.choices), {rule.code for rule in conflict.rules}
    assert conflict.sentence
    assert all(others[code] == old for code, old in against.items() if code != option.code)
    if option.code in against:
        # The values beside the wish: with them all of it is wished.
        against[option.code] = value

    def excluded(kept: dict[str, Choice], kept_rules: set[str]) -> bool:
        return not any(
            agrees(spec, each, kept) and _has_wish(spec, each, option, value, choices)
            for each in all_valid(_rules_kept(spec, kept_rules))
        )

    assert excluded(against, rules)
    for code in against:
        assert not excluded({other: old for other, old in against.items() if other != code}, rules)
    for rule in rules:
        assert not excluded(against, rules - {rule})


@random_products
@given(products(), st.data())
def test_a_repair_works_and_changes_the_fewest_choices(case: Case, data: st.DataObject) -> None:
    spec, choices = case
    option = data.draw(st.sampled_from(spec.options))
    value = data.draw(st.sampled_from(_wishes(option)))
    kernel = Kernel(compile_family(spec))
    repair = kernel.repair(choices, option.code, value)
    others = {code: old for code, old in choices.items() if code != option.code}
    if option.kind == "multiple":
        others[option.code] = value
    valid = [each for each in all_valid(spec) if _has_wish(spec, each, option, value, choices)]
    assert (repair is None) is (not valid)
    if repair is None:
        return
    assert kernel.answer(repair.choices).consistent
    changed = {change.option for change in repair.changes}
    assert _has_wish(spec, repair.choices, option, value, choices)
    assert repair.choices[option.code] == value or option.code in changed
    assert all(repair.choices[code] == old for code, old in others.items() if code not in changed)
    for change in repair.changes:
        assert change.old == others[change.option]
        assert change.new == repair.choices.get(change.option) != change.old
    for kept in combinations(others, len(others) - len(changed) + 1):
        assert not any(agrees(spec, each, {code: others[code] for code in kept}) for each in valid)


@random_products
@given(products())
def test_a_completion_keeps_the_choices_and_prefers_defaults(case: Case) -> None:
    spec, choices = case
    kernel = Kernel(compile_family(spec))
    complete = kernel.complete(choices)
    valid = [each for each in all_valid(spec) if agrees(spec, each, choices)]
    assert (complete is None) is (not valid)
    if complete is None:
        return
    assert all(complete[code] == value for code, value in choices.items())
    assert any(agrees(spec, each, complete) for each in valid)
    open_options = [option for option in spec.options if option.code not in complete]
    assert all(option.kind in ("text", "image") for option in open_options)
    first = next((o for o in spec.options if o.code not in choices and o.default is not None), None)
    if first is None:
        return
    earlier = [option for option in spec.options if spec.options.index(option) < spec.options.index(first)]
    before = {option.code: complete[option.code] for option in earlier if option.code in complete}
    # What is optional and has no default was left out before.
    left_out = [option.code for option in earlier if option.code not in complete and not option.required]
    if any(
        agrees(spec, each, {**choices, **before, first.code: first.default})
        and not any(each[code] for code in left_out)
        for each in valid
    ):
        assert complete[first.code] == first.default


@random_products
@given(products())
def test_violations_are_the_broken_rules_of_a_full_configuration(case: Case) -> None:
    spec, choices = case
    kernel = Kernel(compile_family(spec))
    violations = {violation.rule for violation in kernel.violations(choices)}
    consistent = kernel.answer(choices).consistent
    if all(option.code in choices for option in spec.options):
        environment = environment_of(spec, choices, finished=True)
        assert violations == {
            rule.code
            for rule in spec.rules
            if rule.severity == "must" and rule_holds(rule, environment) is False
        }
    elif not consistent:
        assert violations


@random_products
@given(products(), st.data())
def test_answers_do_not_depend_on_what_was_asked_before(case: Case, data: st.DataObject) -> None:
    spec, choices = case
    knowledge = compile_family(spec)
    used = Kernel(knowledge)
    for _ in range(3):
        other = {o.code: data.draw(st.sampled_from([None, *possible_choices(o)])) for o in spec.options}
        used.answer(other)
        used.complete(other)
    fresh = Kernel(knowledge)
    assert used.answer(choices) == fresh.answer(choices)
    for option in spec.options:
        for value in possible_choices(option):
            if value in _wishes(option):
                assert used.explain(choices, option.code, value) == fresh.explain(choices, option.code, value)
                repairs = fresh.repairs(choices, option.code, value)
                assert used.repairs(choices, option.code, value) == repairs
                assert used.repair(choices, option.code, value) == (repairs[0] if repairs else None)
    assert used.complete(choices) == fresh.complete(choices)


@random_products
@given(families_with_choices(), st.data())
def test_up_to_three_repairs_are_smallest_first_and_none_changes_too_much(
    case: Case, data: st.DataObject
) -> None:
    spec, choices = case
    option = data.draw(st.sampled_from(spec.options))
    value = data.draw(st.sampled_from([v for v in possible_choices(option) if v not in (None, "")]))
    priced = replace(spec, prices=(PriceSpec("P", "Per value", amount=_amount(spec)),))
    repairs = Kernel(compile_family(priced)).repairs(choices, option.code, value)
    others = {code: old for code, old in choices.items() if code != option.code}
    valid = [each for each in all_valid(spec) if agrees(spec, each, {option.code: value})]

    def works(given_up: frozenset[str]) -> bool:
        kept = {code: old for code, old in others.items() if code not in given_up}
        return any(agrees(spec, each, kept) for each in valid)

    ways: list[frozenset[str]] = []
    for size in range(len(others) + 1):
        tried = [frozenset(each) for each in combinations(others, size)]
        ways += [each for each in tried if works(each) and not any(way < each for way in ways)]
    found = [frozenset(change.option for change in each.changes) for each in repairs]
    assert len(found) == len(set(found)) == min(3, len(ways))
    assert set(found) <= set(ways)
    assert [len(each) for each in found] == [len(each) for each in ways[: len(found)]]
    costs = [(len(each.changes), each.unit_price) for each in repairs]
    assert costs == sorted(costs)


def _amount(spec: FamilySpec) -> str:
    """Every value of a choice costs something else."""
    first = next(option for option in spec.options if option.kind == "choice")
    return f"if({first.code} == '{first.codes[0]}', 3 EUR, 1 EUR)"


def random_choices(dice: Random, spec: FamilySpec) -> dict[str, Choice]:
    chosen = {option.code: dice.choice([None, *possible_choices(option)]) for option in spec.options}
    return {code: value for code, value in chosen.items() if value not in (None, "")}


def test_eight_threads_have_the_answers_of_one() -> None:
    spec = random_family(Random(7))
    questions = [random_choices(Random(seed), spec) for seed in range(60)]
    alone, shared = Kernel(compile_family(spec)), Kernel(compile_family(spec))
    expected = [alone.answer(each) for each in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.answer, questions)) == expected


def test_what_is_remembered_is_bounded() -> None:
    spec = replace(random_family(Random(3)), rules=())
    kernel = Kernel(compile_family(spec))
    for seed in range(1_500):
        kernel.answer(random_choices(Random(seed), spec))
    assert len(kernel._search.witnesses) <= MOST_WITNESSES
    assert len(kernel._search.proofs) <= MOST_PROOFS


@pytest.mark.parametrize("pigeons", [9, 11, 14])
def test_rules_that_are_too_hard_are_told_as_unknown_in_bounded_time(pigeons: int) -> None:
    """One pigeon more than holes: a solver of clauses would need hours to prove that they do not fit."""
    holes = [f"h{number}" for number in range(pigeons - 1)]
    options = [_choice("go", ["no", "yes"]), *(_choice(f"p{n}", [*holes, "out"]) for n in range(pigeons))]
    rules = [RuleSpec(f"IN{n}", f"go == 'yes' => p{n} != 'out'") for n in range(pigeons)]
    for one, other in combinations(range(pigeons), 2):
        apart = " & ".join(f"!(p{one} == '{hole}' & p{other} == '{hole}')" for hole in holes)
        rules.append(RuleSpec(f"D{one}_{other}", apart))
    kernel = Kernel(compile_family(FamilySpec("php", "Php", options=tuple(options), rules=tuple(rules))))
    answer = kernel.answer({"p0": "h0"})
    assert answer.consistent
    assert answer.options["go"].values["no"] == "possible"
    assert answer.options["go"].values["yes"] in ("unknown", "impossible")
    assert "unknown" not in answer.options["p1"].values.values()
    for ask in (kernel.explain, kernel.repairs):
        with suppress(Undecided):
            ask({"p0": "h0"}, "go", "yes")


def _choice(code: str, values: list[str]) -> OptionSpec:
    return OptionSpec(code, code, "choice", values=tuple(ValueSpec(each, each) for each in values))
