"""Why not, and the ways out: what is wished stays wished, and every kind of option has its part in it."""

from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configurator.engine.choices import codes_of
from configurator.engine.domains import Kernel
from configurator.engine.explanation import preferred, quickxplain
from configurator.engine.knowledge import compile_family
from configurator.engine.spec import Choice, FamilySpec, OptionSpec, RuleSpec, ValueSpec
from tests.configurator.engine.products import agrees, all_valid, families_of_all_kinds, possible_choices

Case = tuple[FamilySpec, dict[str, Choice]]
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

EXTRAS = OptionSpec("extras", "Extras", "multiple", values=(ValueSpec("a", "A"), ValueSpec("b", "B")), most=2)


def _family(*rules: str, options: tuple[OptionSpec, ...] = (EXTRAS,)) -> FamilySpec:
    coded = tuple(RuleSpec(f"R{number}", text) for number, text in enumerate(rules))
    return FamilySpec("hamper", "Hamper", options=options, rules=coded)


def _choice(code: str, count: int = 2) -> OptionSpec:
    return OptionSpec(code, code, "choice", values=tuple(ValueSpec(f"{code}{n}", "") for n in range(count)))


def test_a_wish_for_none_of_several_that_nothing_has_is_never_undone() -> None:
    kernel = Kernel(compile_family(_family("extras.count >= 1")))
    assert kernel.repairs({}, "extras", "") == ()
    assert kernel.repairs({"extras": ""}, "extras", "") == ()


def test_a_wish_is_not_named_against_itself() -> None:
    conflict = Kernel(compile_family(_family("extras.count >= 1"))).explain({}, "extras", "")
    assert conflict is not None
    assert (conflict.choices, [rule.code for rule in conflict.rules]) == ((), ["R0"])


def test_two_rules_in_a_row_are_both_named_and_no_other() -> None:
    options = tuple(_choice(code) for code in "abcd")
    rules = (
        "a == 'a0' => b == 'b0'",
        "d == 'd0' | a == 'a0'",
        "b == 'b0' => c == 'c0'",
        "c == 'c0' | d == 'd0'",
    )
    conflict = Kernel(compile_family(_family(*rules, options=options))).explain({"c": "c1"}, "a", "a0")
    assert conflict is not None
    assert (conflict.choices, [rule.code for rule in conflict.rules]) == ((("c", "c1"),), ["R0", "R2"])


@quick
@given(st.lists(st.sets(st.integers(0, 7), min_size=1), min_size=1), st.booleans())
def test_the_preferred_conflict_is_one_whatever_the_refusals_say(
    conflicts: list[set[int]], last: bool
) -> None:
    def core_of(elements: list[int]) -> list[int] | None:
        within = [each for each in conflicts if each <= set(elements)]
        return sorted(within[-1 if last else 0]) if within else None

    whole = list(range(8))
    guided = preferred(whole, core_of)
    plain = preferred(whole, lambda some: some if core_of(some) is not None else None, guided=False)
    assert guided == plain
    assert sorted(guided) == quickxplain(whole, lambda some: core_of(some) is not None)
    assert core_of(guided) is not None
    assert all(core_of([each for each in guided if each != without]) is None for without in guided)


@quick
@given(families_of_all_kinds(), st.data())
def test_repairs_of_all_kinds_of_options_are_all_the_smallest_there_are(
    case: Case, data: st.DataObject
) -> None:
    spec, choices = case
    options = [option for option in spec.options if option.kind != "multiple"]
    option = data.draw(st.sampled_from(options))
    value = data.draw(st.sampled_from([v for v in possible_choices(option) if v is not None]))
    repairs = Kernel(compile_family(spec)).repairs(choices, option.code, value)
    # Fewer of several values than there have to be leave the others open.
    others = {
        each.code: choices[each.code]
        for each in spec.options
        if each.code in choices
        and each.code != option.code
        and (each.kind != "multiple" or len(codes_of(choices[each.code])) >= each.least)
    }
    valid = [each for each in all_valid(spec) if agrees(spec, each, {option.code: value})]
    ways: list[frozenset[str]] = []
    for size in range(len(others) + 1):
        for changed in map(frozenset, combinations(others, size)):
            kept = {code: old for code, old in others.items() if code not in changed}
            smaller = any(way < changed for way in ways)
            if not smaller and any(agrees(spec, each, kept) for each in valid):
                ways.append(changed)
    found = [frozenset(change.option for change in each.changes) for each in repairs]
    assert len(found) == len(set(found)) == min(3, len(ways))
    assert set(found) <= set(ways)
    assert [len(each) for each in found] == [len(each) for each in ways[: len(found)]]
    for repair in repairs:
        assert repair.choices[option.code] == value
        assert any(agrees(spec, each, repair.choices) for each in valid)
